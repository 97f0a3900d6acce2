"""Whether less is certain of a protection than before."""

from __future__ import annotations

import pytest

from tierwise.model.direction import has_fallen
from tierwise.model.fact import UNLIMITED, AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.vocabulary import Better, spec_of

OPEN = Unknown(UnknownReason.KNOWN_AFTER_APPLY)
NONE = NotApplicable("no")


def between(lo: int | str, hi: int | float | str) -> Unknown:
    return Unknown(UnknownReason.NOT_COLLECTED, between=(lo, hi))


def certain(*members: str) -> Unknown:
    return Unknown(UnknownReason.NOT_COLLECTED, includes=frozenset(members))


def members(*words: str) -> Known[frozenset[str]]:
    return Known(frozenset(words))


@pytest.mark.parametrize(
    ("fact", "before", "after", "falls"),
    [
        ("recovery.versioning", Known(True), Known(False), True),
        ("recovery.versioning", Known(False), Known(True), False),
        ("recovery.versioning", Known(True), Known(True), False),
        ("recovery.versioning", Known(True), OPEN, True),
        ("recovery.versioning", Known(False), OPEN, False),
        ("recovery.versioning", OPEN, Known(False), False),
        ("access.anonymous_read", Known(False), Known(True), True),
        ("access.anonymous_read", Known(True), Known(False), False),
        ("encryption.key_custody", Known("customer"), Known("provider-managed"), True),
        ("encryption.key_custody", Known("provider-owned"), Known("customer"), False),
        ("encryption.key_custody", Known("provider-managed"), between("provider-managed", "customer"), False),
        ("encryption.key_custody", Known("customer"), between("provider-managed", "customer"), True),
        ("encryption.key_custody", Known("customer"), NONE, False),
        ("encryption.key_custody", NONE, Known("provider-owned"), False),
        ("retention.backup_days", Known(35), Known(7), True),
        ("retention.backup_days", between(7, 35), between(1, 35), True),
        ("retention.delete_after_days", Known(30), Known(UNLIMITED), True),
        ("retention.delete_after_days", Known(UNLIMITED), Known(30), False),
        ("environment.production", Known(True), Known(False), False),
    ],
)
def test_an_ordered_fact_falls_where_its_worst_possible_value_does(fact: str, before: AnyFact, after: AnyFact, falls: bool):
    assert has_fallen(spec_of(fact), spec_of(fact).better, before, after) is falls


@pytest.mark.parametrize(
    ("better", "before", "after", "falls"),
    [
        (Better.HIGH, members("a", "b"), members("a"), True),
        (Better.HIGH, members("a"), members("a", "b"), False),
        (Better.HIGH, members("a", "b"), certain("a"), True),
        (Better.HIGH, certain("a"), members("a"), False),
        (Better.LOW, members("a"), members("a", "b"), True),
        (Better.LOW, members("a", "b"), members("a"), False),
        (Better.LOW, members("a"), certain("a"), True),
        (Better.LOW, certain("a"), certain("a"), False),
        (Better.LOW, certain("a"), members("a", "b"), True),
        (Better.SET, members("a"), members("b"), False),
        (Better.NEUTRAL, members("a"), members("b"), False),
    ],
)
def test_a_set_falls_by_the_direction_that_the_rungs_give_it(better: Better, before: AnyFact, after: AnyFact, falls: bool):
    assert has_fallen(spec_of("access.external_principals"), better, before, after) is falls
