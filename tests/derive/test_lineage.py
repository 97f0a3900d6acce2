"""Copies that are stores: how many, and which the register knows."""

from __future__ import annotations

import pytest

from tierwise.derive.lineage import copy_count, copy_registered, resolves
from tierwise.derive.links import resolve
from tierwise.model.fact import UNLIMITED, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Classification, Tier, TierInterval, TierState

DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("s3:GetBucketReplication", "s3:GetReplicationConfiguration"))
YES, NO = Known(value=True), Known(value=False)


def one(name: str, *links: Link, kind: Kind = Kind.OBJECT_STORE) -> Resource:
    return Resource(name, kind, "t", "aws", "1", "eu-west-2", name, links=links)


def to(rel: Rel, name: str) -> Link:
    return Link(rel, name)


@pytest.mark.parametrize(
    ("resources", "count"),
    [
        ([one("a")], 0),
        ([one("a", to(Rel.REPLICATES_TO, "b")), one("b", to(Rel.EXPORTS_TO, "c")), one("c")], 2),
        ([one("a", to(Rel.REPLICATES_TO, "b")), one("b", to(Rel.REPLICATES_TO, "a"))], 1),
        ([one("a", to(Rel.REPLICATES_TO, "elsewhere"))], 1),
        ([one("a"), one("clone", to(Rel.COPY_OF, "a")), one("snap", to(Rel.COPY_OF, "a"), kind=Kind.SNAPSHOT)], 1),
    ],
)
def test_copies_are_counted_through_copies_and_without_snapshots(resources, count):
    estate = resolve(resources)
    fact = copy_count(estate, estate.resources["a"], None)
    assert isinstance(fact, Known)
    assert fact.value == count


def test_a_link_that_could_not_be_read_may_lead_to_more_copies():
    estate = resolve([one("a", to(Rel.REPLICATES_TO, "b"), Link(Rel.EXPORTS_TO, "", DENIED)), one("b")])
    fact = copy_count(estate, estate.resources["a"], None)
    assert isinstance(fact, Unknown)
    assert (fact.reason, fact.between) == (UnknownReason.PERMISSION_DENIED, (1, UNLIMITED))


def test_only_a_copy_is_asked_for_a_line_of_its_own():
    estate = resolve([one("a", to(Rel.EXPORTS_TO, "b")), one("b"), one("clone", to(Rel.COPY_OF, "gone"))])
    ends = estate.resources
    assert copy_registered(estate, ends["b"], NO, None) == NO
    assert copy_registered(estate, ends["clone"], YES, None) == YES
    assert isinstance(copy_registered(estate, ends["a"], NO, None), NotApplicable)
    assert isinstance(copy_registered(estate, ends["a"], NO, DENIED), Unknown)


def test_a_copy_of_a_registered_dataset_resolves_and_nothing_else_unregistered_does():
    found = Classification(Tier.T2, TierInterval(Tier.T2, Tier.T2), TierState.INHERITED, dataset="payroll")
    known = resolves(NO, found)
    assert isinstance(known, Known)
    assert known.value is True
    assert resolves(NO, Classification(Tier.T2, TierInterval(Tier.T2, Tier.T2), TierState.INFERRED)) == NO
    assert resolves(DENIED, found) == DENIED
