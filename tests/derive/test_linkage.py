from __future__ import annotations

from dataclasses import replace

import pytest

from tests.classify.profiles import PROFILE, TODAY, store
from tierwise.classify.engine import classify
from tierwise.derive.d2 import derive_by_tier
from tierwise.derive.links import Context, resolve
from tierwise.model.fact import AnyFact, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.register import NO_CORRECTIONS, Register
from tierwise.model.resource import Gap, Kind, Link, Rel, Resource

TO = Link(Rel.EXPORTS_TO, "arn:all")
DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("s3:GetBucketTagging", "s3:GetBucketTagging"))
INPUTS = (
    store("a", id="arn:a", tags={"data-classification": "T3"}, links=(TO,)),
    store("b", id="arn:b", tags={"data-classification": "T2"}, links=(TO,)),
)


def covered(declared: str, inputs: tuple[Resource, ...] = INPUTS, *, gaps: tuple[Gap, ...] = (), links: tuple[Link, ...] = ()) -> AnyFact:
    tags = {"data-classification": declared} if declared else {}
    resources = (store("all", id="arn:all", tags=tags, links=links), *inputs)
    estate = resolve(resources)
    found = classify(tuple(estate.resources.values()), PROFILE, Register(), NO_CORRECTIONS, gaps=gaps, today=TODAY)
    context = Context(gaps, Known(frozenset()), frozenset(), {}, TODAY)
    return derive_by_tier(estate, found, {}, context)["arn:all"]["linkage.inputs_covered"]


@pytest.mark.parametrize(("declared", "said"), [("T3", True), ("T4", True), ("T2", False), ("", False)])
def test_a_store_of_two_inputs_is_declared_as_the_higher(declared, said):
    fact = covered(declared)
    assert isinstance(fact, Known)
    assert fact.value is said


def test_copies_and_replicas_are_inputs_too():
    inputs = (replace(INPUTS[0], links=(Link(Rel.REPLICATES_TO, "arn:all"),)), replace(INPUTS[1], links=()))
    assert covered("T2", inputs, links=(Link(Rel.COPY_OF, "arn:b"),)) == Known(
        value=False, via=Provenance("derived: the tiers of its inputs from arn:a, arn:b")
    )


def test_with_one_input_there_is_nothing_to_combine():
    assert isinstance(covered("T2", INPUTS[:1]), NotApplicable)


@pytest.mark.parametrize("inputs", [INPUTS, INPUTS[:1]])
def test_a_listing_that_failed_may_hide_an_input(inputs):
    gap = Gap("aws", "", "", "s3", "permission-denied", "s3:ListBuckets", "", frozenset({Kind.OBJECT_STORE}))
    fact = covered("T3", inputs, gaps=(gap,))
    assert isinstance(fact, Unknown)
    assert fact.reason is UnknownReason.PERMISSION_DENIED


def test_what_is_certain_stays_so_where_more_is_hidden():
    gap = Gap("aws", "", "", "s3", "permission-denied", "s3:ListBuckets", "", frozenset({Kind.OBJECT_STORE}))
    fact = covered("T2", gaps=(gap,))
    assert isinstance(fact, Known)
    assert fact.value is False


def test_an_input_whose_tier_is_open_leaves_it_open():
    fact = covered("T3", (INPUTS[1], replace(INPUTS[0], tags=DENIED)))
    assert isinstance(fact, Unknown)
    assert fact.reason is UnknownReason.TIER_UNDETERMINED


def test_tags_that_cannot_be_read_declare_nothing_for_certain():
    resources = (store("all", id="arn:all", tags=DENIED), *INPUTS)
    estate = resolve(resources)
    found = classify(tuple(estate.resources.values()), PROFILE, Register(), NO_CORRECTIONS, today=TODAY)
    fact = derive_by_tier(estate, found, {})["arn:all"]["linkage.inputs_covered"]
    assert isinstance(fact, Unknown)
    assert fact.reason is UnknownReason.TIER_UNDETERMINED
