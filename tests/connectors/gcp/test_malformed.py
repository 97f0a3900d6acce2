"""Answers of another shape than the documented one: whatever stands where, nothing crashes and every fact is one that may be."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.connectors.collected import read_whole
from tests.connectors.gcp.cloud import ORGANISATION, PLACES, PROJECT, Cloud, reads_of
from tests.connectors.gcp.conftest import ALL_FACTS
from tests.connectors.gcp.estate import LEVELS, estate, opened, unlisted, unwired
from tierwise.connectors.gcp.collectors import collectors
from tierwise.model.fact import AnyFact, Known
from tierwise.model.vocabulary import check_fact
from tierwise.scan import Collected

WRONG: tuple[Any, ...] = (None, [], {}, "", "x", "a\\\\b", -1, 10**30, 1.5, True, [None], [[]], [{}], {"a": None}, ["x"], "9" * 30)
FAULTS = int(os.environ.get("TIERWISE_FAULTS", "200"))
"""How many single faults are tried; `make fuzz` tries more."""
KEPT = {*PLACES, *LEVELS}
"""Where the projects are, and what the fake cloud itself reads."""


@pytest.fixture(scope="module", autouse=True)
def _unwired() -> Iterator[None]:
    with unwired():
        yield


def broken(value: Any, chance: random.Random, share: float) -> Any:
    """A document with some of its parts replaced by what no service would write there."""
    if chance.random() < (share / 10 if isinstance(value, dict) else share):
        return chance.choice(WRONG)
    if isinstance(value, dict):
        return {name: broken(one, chance, share) for name, one in value.items()}
    return [broken(one, chance, share) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(16))
def test_answers_of_the_wrong_shape_crash_nothing(seed):
    chance = random.Random(seed)
    cloud = estate() if seed % 2 else unlisted(estate())
    share = 0.1 if seed % 4 < 2 else 0.2
    for place, one in enumerate(cloud.assets):
        parts = {name: broken(one[name], chance, share) for name in ("resource", "iamPolicy", "orgPolicy") if name in one}
        cloud.assets[place] = {**one, **parts}
    cloud.docs |= {path: broken(answer, chance, share) for path, answer in cloud.docs.items() if path not in KEPT}
    found = read_whole(opened(cloud, **({"organizations": (ORGANISATION,)} if seed % 8 > 3 else {})), ALL_FACTS)
    assert found.crashes == []
    assert [
        wrong for one in found.resources.values() for name, fact in one.facts.items() if (wrong := check_fact(name, fact, one.kind))
    ] == []


ELSEWHERE = frozenset({"projectId", "condition", "expression", "filter"})
"""Fields that say which resource it is, or narrow something: what is wrong there is another resource, or taken for not narrowing."""
SHARED = ("storage", "secretmanager")
"""Services that are looked at where a document is of none of its own."""


def other(value: Any, chance: random.Random) -> Any:
    """Something of another type, which no field of this one takes; null is left out, for it is absent."""
    match value:
        case bool():
            return chance.choice(("x", [True], {"a": 1}))
        case str():
            return chance.choice(([None], {"a": 1}, 7.5, [value], True))
        case int() | float():
            return chance.choice(("x", {"a": 1}, [value]))
        case list():
            return chance.choice(("x", 7, True, {"a": value}, [7], [[]]))
        case _:
            return chance.choice(("x", 7, [1], True, [value]))


def spots(doc: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    for key, value in doc.items() if isinstance(doc, dict) else enumerate(doc) if isinstance(doc, list) else ():
        yield (*path, key)
        yield from spots(value, (*path, key))


def with_other(doc: Any, path: tuple[Any, ...], chance: random.Random) -> Any:
    if not path:
        return other(doc, chance)
    if isinstance(doc, dict):
        return {**doc, path[0]: with_other(doc[path[0]], path[1:], chance)}
    return [with_other(one, path[1:], chance) if number == path[0] else one for number, one in enumerate(doc)]


def read_of(cloud: Cloud, services: tuple[str, ...], *, wide: bool) -> Collected:
    return read_whole(
        opened(cloud, services=services, **({"organizations": (ORGANISATION,)} if wide else {"projects": (PROJECT,)})), ALL_FACTS
    )


@cache
def as_it_is(services: tuple[str, ...], *, listed: bool, wide: bool) -> Collected:
    return read_of(estate() if listed else unlisted(estate()), services, wide=wide)


def services_of(kind: str, path: str) -> tuple[str, ...]:
    """The services whose resources a document is of, or those that are looked at for all."""
    reads = set(reads_of(path)) if path else set()
    found = [
        one.service
        for one in collectors()
        if any(row.type == kind for row in one.rows) or reads & {*one.reads, *one.lists, *(read for row in one.rows for read in row.lists)}
    ]
    return tuple(sorted(set(found))) or SHARED


def one_fault(seed: int) -> tuple[str, Collected, Collected]:
    """What is read where one place of one document has something of another type: where, and what is read with and without it."""
    chance = random.Random(seed)
    listed, wide = bool(seed % 2), bool(seed // 2 % 2)
    cloud = estate() if listed else unlisted(estate())
    if listed and chance.random() < 0.6:
        number = chance.randrange(len(cloud.assets))
        one = cloud.assets[number]
        path = chance.choice(
            [found for part in ("resource", "iamPolicy", "orgPolicy") if part in one for found in spots(one[part], (part,))]
        )
        cloud.assets[number], name = with_other(one, path, chance), one["name"]
        services = services_of(one["assetType"], "")
    else:
        name = chance.choice(sorted(path for path, doc in cloud.docs.items() if path not in KEPT and isinstance(doc, dict) and doc))
        path = chance.choice(list(spots(cloud.docs[name])))
        cloud.docs[name] = with_other(cloud.docs[name], path, chance)
        services = services_of("", name.partition("?")[0])
    where = f"{seed}: {name}: {path}"
    before = as_it_is(services, listed=listed, wide=wide)
    return where, before, before if ELSEWHERE & set(path) else read_of(cloud, services, wide=wide)


def is_no_more(fact: AnyFact, before: AnyFact | None) -> bool:
    """Whether a fact says nothing that was not so."""
    return not isinstance(fact, Known) or (isinstance(before, Known) and fact.value == before.value)


@pytest.mark.parametrize("seed", range(0, FAULTS, 20))
def test_something_of_another_type_makes_unknown_what_rests_on_it_and_nothing_otherwise(seed):
    for number in range(seed, seed + 20):
        where, before, found = one_fault(number)
        assert found.crashes == [], where
        wrong = [
            f"{key}: {name}: {fact}"
            for key, one in found.resources.items()
            if key in before.resources
            for name, fact in one.facts.items()
            if not is_no_more(fact, before.resources[key].facts.get(name))
        ]
        assert wrong == [], where
        gone = before.resources.keys() - found.resources.keys()
        assert not gone or len(found.gaps) > len(before.gaps) or len(found.resources) >= len(before.resources), where


@pytest.mark.parametrize("part", ["iamPolicy", "orgPolicy"])
def test_a_policy_of_the_inventory_that_is_none_may_have_been_any(part):
    for wide in (False, True):
        held: dict[str, int] = {}
        for number, one in enumerate(estate().assets):
            if one.get(part):
                held.setdefault(one["assetType"], number)
        assert held
        for kind, number in held.items():
            cloud, services = estate(), services_of(kind, "")
            cloud.assets[number] = {**cloud.assets[number], part: "none"}
            before, found = as_it_is(services, listed=True, wide=wide), read_of(cloud, services, wide=wide)
            assert found.crashes == [], kind
            wrong = [
                f"{key}: {name}: {fact}"
                for key, one in found.resources.items()
                for name, fact in one.facts.items()
                if not is_no_more(fact, before.resources[key].facts.get(name))
            ]
            assert wrong == [], kind
