"""What several listings tell of one resource is the same in whichever order they come, and no more than they agree on."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from tests.connectors.collected import read_whole
from tests.connectors.gcp.cloud import ORGANISATION, PROJECT, Cloud, Token, asset, binding, error, project
from tests.connectors.gcp.conftest import ALL_FACTS, STARTED
from tierwise.config import GcpConfig
from tierwise.connectors.gcp.connect import open_projects
from tierwise.connectors.gcp.source import GoogleSource
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Column, Evidence, FactUpdate, Grant, Inherited, Kind, Link, Rel, Resource
from tierwise.scan import Collected

ROOT, _MANAGER = f"organizations/{ORGANISATION}", "cloudresourcemanager/v3"
NAME = "//storage.googleapis.com/records"
DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("a:b", "c"), "403")
BASE = Resource(NAME, Kind.OBJECT_STORE, "storage.googleapis.com/Bucket", "gcp", "records-prod", "eu", "records")


def fact(chance: random.Random) -> AnyFact:
    via = Provenance(chance.choice(("a:b", "d:e")), as_of=chance.choice(("", "2026-11-01")))
    return chance.choice(
        (
            Known(chance.choice((1, 2, 30)), via),
            Known(frozenset(chance.sample("abcd", 2)), via),
            Known(chance.random() < 0.5, via),
            NotApplicable("no", via),
            Unknown(UnknownReason.THROTTLED, via, includes=frozenset(chance.sample("abcd", 1))),
            DENIED,
            NOT_COLLECTED,
        )
    )


def facts(chance: random.Random) -> dict[str, AnyFact]:
    return {name: fact(chance) for name in ("one", "two", "three", "four") if chance.random() < 0.8}


def links(chance: random.Random) -> tuple[Link, ...]:
    return tuple(
        Link(Rel.USES_KEY, key) if key else Link(Rel.LOGS_TO, "", DENIED) for key in chance.sample(("k", "l", ""), chance.randrange(3))
    )


def listing(chance: random.Random) -> Resource:
    """One of several, each of which knows something."""
    read = Known({"owner": chance.choice(("team", "team", "other")), chance.choice("xy"): "1"}, Provenance(chance.choice(("a:b", "d:e"))))
    tags = chance.choice((read, read, DENIED))
    evidence = Evidence(
        columns=tuple(Column("t", one) for one in chance.sample(("nhs_number", "total"), chance.randrange(3))),
        unread=chance.choice(((), (DENIED,))),
        inherited=chance.choice(((), (Inherited("project", DENIED),), (Inherited("folder", Known({"tier": "T3"})),))),
    )
    return replace(
        BASE,
        region=chance.choice(("eu", "global")),
        unit=chance.choice(("", "organizations/1")),
        tags=tags,
        facts=facts(chance),
        links=links(chance),
        aliases=tuple(chance.sample(("x", "y"), chance.randrange(3))),
        evidence=evidence,
        grants=tuple(Grant(one, ("read",), (NAME,)) for one in chance.sample("ab", chance.randrange(3))),
    )


def update(chance: random.Random) -> FactUpdate:
    return FactUpdate(NAME, facts(chance), (), chance.choice((None, links(chance))))


@pytest.mark.parametrize("seed", range(12))
def test_the_order_in_which_listings_come_makes_no_difference(seed: int) -> None:
    for number in range(12):
        chance = random.Random(seed * 100 + number)
        listings, updates = [listing(chance) for _ in range(3)], [update(chance) for _ in range(chance.randrange(3))]
        made = []
        orders: list[list[Resource | FactUpdate]] = [
            [*first, *then] for first in itertools.permutations(listings) for then in itertools.permutations(updates)
        ]
        for order in orders:
            collected = Collected()
            for one in order:
                collected.take(one)
            made.append((collected.resources[NAME], list(collected.remarks())))
        assert all(one == made[0] for one in made), seed * 100 + number
        whole, told = made[0][0], [one.facts for one in (updates or listings)]
        for name, known in whole.facts.items():
            if isinstance(known, Known):
                said = {one[name].value for one in (*told, *(each.facts for each in listings)) if isinstance(one.get(name), Known)}
                assert known.value in said
                mine = [one[name] for one in told if isinstance(one.get(name), Known | NotApplicable)]
                assert all(isinstance(one, Known) and one.value == known.value for one in mine)


def known(**told: AnyFact) -> Resource:
    return replace(BASE, facts=told)


def both(one: Resource, other: Resource) -> tuple[Resource, list[str]]:
    collected = Collected()
    collected.take(one)
    collected.take(other)
    return collected.resources[NAME], list(collected.remarks())


def test_what_is_known_in_one_listing_is_known() -> None:
    read = Known(True, Provenance("a:b"))
    told = replace(
        known(a=DENIED, b=NOT_COLLECTED, c=read), tags=DENIED, evidence=Evidence(unread=(DENIED,)), links=(Link(Rel.LOGS_TO, "", DENIED),)
    )
    whole, said = both(told, replace(known(a=read, b=DENIED), tags=Known({"owner": "team"})))
    assert whole.facts == {"a": read, "b": DENIED, "c": read}
    assert (whole.tags, whole.evidence, whole.links, said) == (Known({"owner": "team"}), Evidence(), (), [])


def test_what_is_told_otherwise_is_unknown_but_for_what_is_alike_and_a_line_says_so() -> None:
    one = replace(known(a=Known(True), b=Known(7), c=Known(frozenset("xy")), d=NotApplicable("none")), tags=Known({"tier": "T1"}))
    other = replace(known(a=Known(False), b=Known(30), c=Known(frozenset("yz")), d=Known(1)), tags=Known({"tier": "T3"}))
    whole, said = both(one, other)
    assert all(isinstance(each, Unknown) for each in (whole.tags, *whole.facts.values()))
    a, b, c, _ = (each for each in whole.facts.values() if isinstance(each, Unknown))
    assert (a.between, b.between, c.includes) == (None, (7, 30), frozenset("y"))
    assert said == [
        f"resources that were listed more than once and told otherwise: 1, the first {NAME}; what was told otherwise is unknown"
    ]


def surveyed(fault: str, orders: list[str]) -> Resource:
    """A bucket of a project that is scanned by itself and as one of its organisation's, the scopes in this order."""
    data = {"name": "records", "location": "EUROPE-WEST2", "labels": {"owner": "records"}}
    listed = asset("storage.googleapis.com/Bucket", NAME, data, policy={"bindings": [binding("storage.objectViewer", "allUsers")]})
    cloud = Cloud([listed], {f"{_MANAGER}/projects?parent={ROOT}": {"projects": [project()]}, f"{_MANAGER}/folders?parent={ROOT}": {}, "storage/storage/v1/b": {"items": [data]}})  # fmt: skip
    cloud.faults = {fault: error(403, "IAM_PERMISSION_DENIED")} if fault else {}
    config = GcpConfig(projects=(PROJECT,), organizations=(ORGANISATION,), services=("storage",), requests_per_second=0)
    (source,) = open_projects(config, STARTED, credentials=Token(), inner=cloud, sleep=cloud.slept.append)
    assert isinstance(source, GoogleSource)
    source._run.scopes = sorted(source._run.scopes, key=lambda one: orders.index(one.name))
    return read_whole(source, ALL_FACTS).resources[NAME]


@pytest.mark.parametrize(
    "fault", ["", f"cloudasset/v1/projects/{PROJECT}", f"cloudasset/v1/{ROOT}", f"{_MANAGER}/{ROOT}:getIamPolicy", "managedFolders", "/iam"]
)
def test_scopes_that_overlap_tell_the_same_in_either_order(fault: str) -> None:
    scopes = [f"projects/{PROJECT}", ROOT]
    one, other = surveyed(fault, scopes), surveyed(fault, scopes[::-1])
    assert one == other
    assert one.facts["access.public_blocked"] == Known(False, one.facts["access.public_blocked"].via)
