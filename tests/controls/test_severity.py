"""The distribution of severities over the shipped controls: it must discriminate, or nobody reads the report."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import pytest

from tierwise.catalogue.controls import load_catalogue
from tierwise.model.control import Control, Severity
from tierwise.model.sensitivity import Tier

# DOMAIN section 3(a): tier -> most that may be critical, most that may be high or above.
BOUNDS = {Tier.T3: (Fraction(1, 10), Fraction(1, 3)), Tier.T4: (Fraction(1, 5), Fraction(2, 5))}
HYGIENE = {"OWN-04", "OWN-05", "RET-01", "ENC-03", "ENC-04", "GEO-01", "LOG-03"}


@pytest.fixture(scope="module")
def controls() -> tuple[Control, ...]:
    return tuple(load_catalogue().controls.values())


def _severities(controls: Sequence[Control], tier: Tier) -> Counter[Severity]:
    """Severities of the controls whose effective rung at the tier asks anything."""
    return Counter(control.severity[tier] for control in controls if tier in control.severity)


def _table(controls: Sequence[Control]) -> str:
    rows = []
    for tier in Tier:
        count = _severities(controls, tier)
        rows.append(f"{tier.name} {count.total():3d} controls: " + ", ".join(f"{count[word]} {word.word}" for word in reversed(Severity)))
    return "\n".join(rows)


@pytest.mark.parametrize("tier", BOUNDS)
def test_few_severities_are_critical_or_high(controls: tuple[Control, ...], tier: Tier) -> None:
    count = _severities(controls, tier)
    critical, high = count[Severity.CRITICAL], count[Severity.CRITICAL] + count[Severity.HIGH]
    table = _table(controls)
    sys.stdout.write(f"{table}\n")
    most_critical, most_high = BOUNDS[tier]
    assert count.total() >= 50, table
    assert Fraction(critical, count.total()) <= most_critical, table
    assert Fraction(high, count.total()) <= most_high, table


def test_hygiene_is_never_above_medium(controls: tuple[Control, ...]) -> None:
    found = {control.id: max(control.severity.values()) for control in controls if control.id in HYGIENE}
    assert found.keys() == HYGIENE
    assert {name for name, worst in found.items() if worst > Severity.MEDIUM} == set()


def test_every_tier_uses_more_than_two_severities(controls: tuple[Control, ...]) -> None:
    assert [tier for tier in Tier if len(_severities(controls, tier)) < 3] == []


def test_a_marking_above_official_is_critical_at_every_tier(controls: tuple[Control, ...]) -> None:
    marking = next(control for control in controls if control.id == "MRK-01")
    assert dict(marking.severity) == dict.fromkeys(Tier, Severity.CRITICAL)


def test_what_is_open_to_the_world_is_critical_from_t3(controls: tuple[Control, ...]) -> None:
    public = [control for control in controls if control.id in {"EXP-01", "EXP-04"}]
    assert [control.danger for control in public] == [True, True]
    assert all(control.severity[tier] is Severity.CRITICAL for control in public for tier in (Tier.T3, Tier.T4))
