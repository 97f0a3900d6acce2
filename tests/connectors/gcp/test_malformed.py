"""Answers of another shape than the documented one: whatever stands where, nothing crashes and every fact is one that may be."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.collected import read_whole
from tests.connectors.gcp.cloud import ORGANISATION, PLACES
from tests.connectors.gcp.conftest import ALL_FACTS
from tests.connectors.gcp.estate import LEVELS, estate, opened, unlisted, unwired
from tierwise.model.vocabulary import check_fact

WRONG: tuple[Any, ...] = (None, [], {}, "", "x", "a\\\\b", -1, 10**30, 1.5, True, [None], [[]], [{}], {"a": None}, ["x"], "9" * 30)
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
