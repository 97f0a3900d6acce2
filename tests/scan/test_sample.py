"""Which stores are looked into, from where, and what becomes of what is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from tests.classify.profiles import PROFILE
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import apply_profile
from tierwise.connectors.base import Unit
from tierwise.content.budget import Limits
from tierwise.model.codec import resource_in, resource_out
from tierwise.model.content import Depth, Found, Look
from tierwise.model.detection import Detection, Strength
from tierwise.model.fact import Known
from tierwise.model.register import NO_CORRECTIONS, Register, RegisterEntry, Selector
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Tier, TierState
from tierwise.scan import Judging, scan
from tierwise.scan.sample import Sampling

NUMBER = Found(Detection("nino", "ni", 20, 20, 0, 20, 0.9, Strength.STRONG, 0.1, ("values",)), "csv objects", 3)
HEALTH = replace(NUMBER, detection=replace(NUMBER.detection, detector="diagnosis", column="diagnosis", hits=0))


def bucket(name: str, tier: str | None = None, region: str = "eu-west-2") -> Resource:
    tags = Known({"data-classification": tier} if tier else {})
    return Resource(f"arn:{name}", Kind.OBJECT_STORE, "s3.bucket", "aws", "1" * 12, region, name, tags=tags)


@dataclass(slots=True)
class Estate:
    """A source that holds some stores, and finds in each what it is told to."""

    stores: tuple[Resource, ...]
    finds: Mapping[str, Look] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)
    name: str = "estate"
    looked_into: frozenset[str] = frozenset({"s3.bucket"})

    def survey(self) -> Iterator[Unit]:
        yield Unit("", "", "s3", lambda: self.stores)

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        return ()

    def looks(self, resources: Iterable[str], looker: object) -> Iterator[Unit]:
        self.looked += resources
        yield Unit("", "", "s3", lambda: [self.finds.get(one, Look(one, Depth.CONTENT)) for one in self.looked])


def judged(source: Estate, *, location: str = "eu-west-2", stated: bool = True, dry_run: bool = False, register: Register | None = None):
    catalogue = load_catalogue([])
    judging = Judging(PROFILE, apply_profile(catalogue, PROFILE)[:3], register or Register(), NO_CORRECTIONS, PROFILE.gate)
    sampling = Sampling(Depth.CONTENT, location, stated, Limits(), dry_run)
    outcome = scan([source], judging, started=datetime(2026, 1, 2, tzinfo=UTC), jobs=1, sampling=sampling)
    assert outcome.crashes == ()
    return outcome


def test_what_is_found_inside_gives_the_tier_and_says_so():
    source = Estate(
        (bucket("a"), bucket("b", "T1"), bucket("c")), {f"arn:{name}": Look(f"arn:{name}", Depth.CONTENT, found=(HEALTH,)) for name in "ab"}
    )
    result = judged(source).result
    found = {key: (one.tier, one.state) for key, one in result.classifications.items()}
    assert found["arn:a"] == found["arn:b"] == (Tier.T3, TierState.INFERRED)
    assert found["arn:c"][1] is TierState.ASSUMED
    assert any(step.rule == "content" for step in result.classifications["arn:b"].trace)


def test_a_store_that_is_settled_is_not_looked_into():
    source = Estate((bucket("a", "T2"), bucket("b", "T3"), bucket("c", "T4")))
    result = judged(source).result
    assert source.looked == ["arn:a", "arn:b"]
    assert {look.resource: look.refused for look in result.looks if look.refused} == {"arn:c": "settled: T4 exceptional"}


@pytest.mark.parametrize(
    ("location", "stated", "regions", "looked"),
    [
        ("eu-west-2", True, (), True),
        ("eu-west-2", False, (), True),
        ("eu-west-1", False, (), False),
        ("eu-west-1", True, (), True),
        ("eu-west-1", True, ("GB",), False),
        ("uksouth", False, ("GB",), True),
        ("GB", True, ("eu-west-2",), True),
        ("us-east-1", True, ("eu-west-2", "IE"), False),
    ],
)
def test_a_store_is_looked_into_only_from_where_that_is_allowed(location, stated, regions, looked):
    register = Register((RegisterEntry(Selector(name="a"), regions=regions),)) if regions else None
    source = Estate((bucket("a"),))
    result = judged(source, location=location, stated=stated, register=register).result
    assert (source.looked == ["arn:a"]) is looked
    assert bool(result.looks[0].refused) is not looked


def test_a_dry_run_says_the_most_that_would_be_read_and_reads_nothing():
    source = Estate((bucket("a"),), {"arn:a": Look("arn:a", Depth.CONTENT, found=(NUMBER,))})
    outcome = judged(source, dry_run=True)
    (look,) = outcome.result.looks
    assert (look.planned, look.objects, look.requests) == (True, Limits().objects, Limits().objects + Limits().listings)
    assert outcome.result.classifications["arn:a"].state is TierState.ASSUMED


def test_where_all_content_is_denied_the_tier_stays_open():
    source = Estate((bucket("a", "T1"),), {"arn:a": Look("arn:a", Depth.CONTENT, blocked="s3:GetObject")})
    one = judged(source).result.classifications["arn:a"]
    assert (one.interval.lo, one.interval.hi) == (Tier.T1, Tier.T4)
    assert "s3:GetObject" in one.unread


def test_a_saved_inventory_keeps_what_was_found():
    source = Estate((bucket("a"),), {"arn:a": Look("arn:a", Depth.CONTENT, found=(NUMBER,))})
    kept = judged(source).collected.resources["arn:a"]
    assert resource_in(resource_out(kept)).evidence.found == (NUMBER,)
