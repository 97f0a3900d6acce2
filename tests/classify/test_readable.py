from __future__ import annotations

import pytest

from tests.classify.profiles import many, store
from tierwise.classify.flow import Estate
from tierwise.model.fact import Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Tier

OWN = "111122223333"
OTHER = "444455556666"
SPECIAL, PERSONAL = {"data-classification": "special_category"}, {"data-classification": "personal"}
ESTATE = (
    store("health-records", id="arn:aws:s3:::health-records", tags=SPECIAL),
    store("press", id="arn:aws:s3:::press", tags={"data-classification": "public"}),
    store("orders", id=f"arn:aws:dynamodb:eu-west-2:{OWN}:table/orders", kind=Kind.DOCUMENT_DB, tags=PERSONAL),
    store("refuge-addresses", id="arn:aws:s3:::refuge-addresses", tags={"data-classification": "exceptional"}, account=OTHER),
)
ACCOUNT = Resource(f"arn:aws:iam::{OWN}:root", Kind.ACCOUNT, "account", "aws", OWN, "", OWN)


def reader(*links: Link, name: str = "reader", kind: Kind = Kind.ROLE) -> Resource:
    return Resource(f"arn:aws:iam::{OWN}:{kind.value}/{name}", kind, f"iam.{kind.value}", "aws", OWN, "", name, links=links)


@pytest.mark.parametrize(
    ("target", "tier"),
    [
        ("reads:*:*", Tier.T3),
        ("reads:s3:*", Tier.T3),
        ("reads:dynamodb:*", Tier.T2),
        ("reads-like:arn:aws:s3:::health-*", Tier.T3),
        ("reads-like:arn:aws:s3:::pres?", Tier.T0),
        ("reads-like:arn:aws:dynamodb:*:*:table/ord*", Tier.T2),
        ("arn:aws:s3:::health-records", Tier.T3),
    ],
)
@pytest.mark.parametrize("estate", [ESTATE, (*ESTATE, ACCOUNT)], ids=["without account", "with account"])
def test_a_principal_takes_the_highest_tier_of_its_account_that_it_reads(target: str, tier: Tier, estate: tuple[Resource, ...]) -> None:
    found = many(*estate, reader(Link(Rel.READS, target)))["reader"]
    assert (found.interval.lo, found.interval.hi) == (tier, tier)


def test_a_role_takes_over_what_a_policy_that_it_attaches_reads() -> None:
    policy = reader(Link(Rel.READS, "reads:s3:*"), name="read-all", kind=Kind.POLICY)
    role = reader(Link(Rel.ATTACHES, policy.id))
    assert many(*ESTATE, policy, role)["reader"].interval.lo is Tier.T3


def test_a_pattern_that_matches_nothing_gives_nothing() -> None:
    assert many(*ESTATE, reader(Link(Rel.READS, "reads-like:arn:aws:s3:::nothing-*")))["reader"].interval.lo < Tier.T2


def test_reads_that_could_not_be_told_leave_the_tier_open() -> None:
    unread = Unknown(UnknownReason.UNPARSABLE, Provenance("iam:GetAccountAuthorizationDetails"))
    found = many(*ESTATE, reader(Link(Rel.READS, "", unread), Link(Rel.READS, "reads:dynamodb:*")))["reader"]
    assert (found.interval.lo, found.interval.hi) == (Tier.T2, Tier.T4)
    assert any("may read could not be told" in step.because for step in found.trace)


def test_edges_grow_with_readers_plus_stores_and_not_with_their_product() -> None:
    stores = [store(f"s{at}", id=f"arn:aws:s3:::s{at}", tags=SPECIAL if at == 7 else PERSONAL) for at in range(40)]
    targets = ("reads:s3:*", "reads-like:arn:aws:s3:::s*", "reads:*:*")
    readers = [reader(Link(Rel.READS, targets[at % 3]), name=f"r{at}") for at in range(60)]
    estate = Estate([*stores, *readers], frozenset(), lambda _resource, _link: True)
    assert sum(len(edges) for edges in estate.given_by.values()) == 3 * len(stores) + len(readers)
    found = many(*stores, *readers)
    assert {found[one.name].tier for one in readers} == {Tier.T3}
    assert {step.source for one in readers for step in found[one.name].trace if step.rule == "inherit"} == {"arn:aws:s3:::s7"}


def test_a_store_that_reads_its_own_kind_is_explained_by_another_store() -> None:
    link = Link(Rel.READS, "reads:s3:*")
    stores = [store(f"s{at}", id=f"arn:aws:s3:::s{at}", tags=SPECIAL if at else None, links=(link,)) for at in range(3)]
    found = many(*stores)
    assert [step.source for step in found["s0"].trace if step.rule == "inherit"] == ["arn:aws:s3:::s1"]
    assert found["s0"].tier is Tier.T3
