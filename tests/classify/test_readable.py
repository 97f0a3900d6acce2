from __future__ import annotations

import pytest

from tests.classify.profiles import many, store
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
