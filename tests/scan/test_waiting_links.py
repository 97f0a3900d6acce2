"""Links that wait for the tier: read from T2 upward whatever is selected, never below, and tiers follow what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from tests.scan.estate import STARTED
from tests.scan.worlds import judging
from tierwise.connectors.base import Unit, link_name
from tierwise.model.codec import link_in, link_out
from tierwise.model.fact import NOT_COLLECTED, Known
from tierwise.model.resource import FactUpdate, Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Tier
from tierwise.scan import Outcome, scan

WAITS = Link(Rel.LOGS_TO, "", NOT_COLLECTED, waits=True)
LOGS = link_name(Rel.LOGS_TO)


def store(name: str, classification: str, kind: Kind = Kind.OBJECT_STORE, links: tuple[Link, ...] = (WAITS,)) -> Resource:
    tags = Known({"data-classification": classification})
    return Resource(name, kind, "test", "azure", "sub", "uksouth", name, tags=tags, links=links)


@dataclass
class Cloud:
    """A source whose links are read in stage 2."""

    resources: tuple[Resource, ...]
    leads: Mapping[str, str]
    asked: list[Mapping[str, frozenset[str]]] = field(default_factory=list)
    name: str = "azure:test"

    def survey(self) -> Iterable[Unit]:
        yield Unit("sub", "", "all", lambda: self.resources, provider="azure")

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        self.asked.append(asks)
        for resource, names in asks.items():
            if LOGS in names:
                links = (Link(Rel.LOGS_TO, self.leads[resource]),) if resource in self.leads else ()
                yield Unit("sub", "", "all", partial(iter, (FactUpdate(resource, {}, links=links),)), provider="azure")


def scanned(cloud: Cloud, *controls: str) -> Outcome:
    every = judging()
    some = [one for one in every.controls if one.id in controls] if controls else every.controls
    outcome = scan([cloud], replace(every, controls=some), started=STARTED)
    assert outcome.crashes == ()
    return outcome


@pytest.mark.parametrize("controls", [(), ("ENC-02",)])
def test_a_log_store_takes_the_tier_of_what_turns_out_to_log_there(controls):
    cloud = Cloud((store("records", "special-category"), store("logs", "internal", Kind.LOG_STORE, ())), {"records": "logs"})
    tiers = scanned(cloud, *controls).result.classifications
    assert (tiers["records"].tier, tiers["logs"].tier) == (Tier.T3, Tier.T3)


def test_a_store_below_t2_is_not_asked_and_widens_nothing():
    cloud = Cloud((store("leaflets", "internal"), store("logs", "internal", Kind.LOG_STORE, ())), {"leaflets": "logs"})
    tiers = scanned(cloud).result.classifications
    assert all(LOGS not in names for asks in cloud.asked for names in asks.values())
    assert (tiers["logs"].interval.lo, tiers["logs"].interval.hi) == (Tier.T1, Tier.T1)


def test_what_rises_is_asked_in_its_turn():
    chain = (store("records", "special-category"), store("logs", "internal", Kind.LOG_STORE), store("archive", "internal", links=()))
    cloud = Cloud(chain, {"records": "logs", "logs": "archive"})
    assert scanned(cloud).result.classifications["archive"].tier is Tier.T3
    assert [LOGS in asks.get("logs", ()) for asks in cloud.asked][:2] == [False, True]


def test_nothing_is_asked_twice():
    cloud = Cloud((store("records", "special-category"), store("logs", "internal", Kind.LOG_STORE, ())), {"records": "logs"})
    scanned(cloud)
    pairs = [(resource, name) for asks in cloud.asked for resource, names in asks.items() for name in names]
    assert len(pairs) == len(set(pairs))


def test_a_waiting_link_outlives_an_inventory():
    assert link_in(link_out(WAITS)) == WAITS
