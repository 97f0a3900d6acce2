from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.worlds import World, expected_run, random_world, whole_picture
from tierwise.evaluate.progress import compare
from tierwise.model.finding import Verdict
from tierwise.model.history import Cause, Sort
from tierwise.model.sensitivity import Tier

FAIL, PASS, UNKNOWN, ABSENT = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


def compared(then: World, now: World):
    return compare(whole_picture(then, expected_run(then, 1)), whole_picture(now, expected_run(now, 2)))


def world(verdict=None, tier=Tier.T3, **more):
    """Two buckets of which one may have a verdict of the first control."""
    return World({"claims": tier, "patients": Tier.T2}, {} if verdict is None else {("claims", 1): verdict}, **more)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=150)
def test_opening_and_all_lines_make_closing_in_every_row(one, other):
    then, now = random_world(random.Random(one)), random_world(random.Random(other))
    bridge = compared(then, now).bridge
    made = Counter(bridge.opening)
    for line in bridge.lines.values():
        made.update(line)
    assert {row: number for row, number in made.items() if number} == bridge.closing
    assert sum(bridge.opening.values()) + sum(map(bridge.total, bridge.lines)) == sum(bridge.closing.values())


@given(st.integers(0, 10**9))
@settings(max_examples=20)
def test_a_run_beside_itself_has_not_changed(seed):
    same = random_world(random.Random(seed))
    found = compared(same, same)
    assert (found.moves, found.tiers, found.bridge.lines) == ((), (), {})
    assert found.bridge.opening == found.bridge.closing


CASES = [
    ("it passed", world(PASS), world(FAIL), Sort.NEW, Cause.NEWLY_SEEN, +1),
    ("it did not apply", world(ABSENT), world(FAIL), Sort.NEW, Cause.NEWLY_SEEN, +1),
    ("it was not asked for", world(), world(FAIL), Sort.NEW, Cause.NEWLY_SEEN, +1),
    ("the resource was not there", World({}, {}), World({"claims": Tier.T3}, {("claims", 1): FAIL}), Sort.NEW, Cause.NEW_ESTATE, +1),
    ("the listing that may have had it had failed", World({}, {}, blind=True), World({"claims": Tier.T3}, {("claims", 1): FAIL}), Sort.NEW, Cause.NEWLY_SEEN, +1),
    ("it was unknown, and fails", world(UNKNOWN), world(FAIL), Sort.WORSE, Cause.NEWLY_SEEN, +1),
    ("it passes", world(FAIL), world(PASS), Sort.FIXED, Cause.FIXED, -1),
    ("it no longer applies", world(FAIL), world(ABSENT), Sort.FIXED, Cause.FIXED, -1),
    ("it failed, and cannot be told now", world(FAIL), world(UNKNOWN), Sort.BECAME_UNKNOWN, Cause.BECAME_UNKNOWN, -1),
    ("it passed", world(PASS), world(UNKNOWN), Sort.BECAME_UNKNOWN, None, 0),
    ("the resource is no longer there", world(FAIL), World({"patients": Tier.T2}, {}), Sort.GONE, Cause.GONE, -1),
    ("the listing that had it failed", world(FAIL), World({"patients": Tier.T2}, {}, blind=True), Sort.UNSEEN, Cause.UNSEEN, -1),
    ("accepted by a.senior until 2027-01-31", world(FAIL), world(FAIL, accepted=frozenset({("claims", 1)})), Sort.ACCEPTED, Cause.ACCEPTED, -1),
    ("was accepted by a.senior until 2027-01-31", world(FAIL, accepted=frozenset({("claims", 1)})), world(FAIL), Sort.ACCEPTANCE_ENDED, Cause.ACCEPTANCE_ENDED, +1),
    ("the control is no longer asked", world(FAIL), world(versions={2: 1}), Sort.RULE, Cause.RULES, -1),
    ("the control was not asked", world(versions={2: 1}), world(FAIL), Sort.RULE, Cause.RULES, +1),
    ("the control asks something else now", world(FAIL), world(PASS, versions={1: 2, 2: 1, 3: 1}), Sort.RULE, Cause.RULES, -1),
    ("tier T3 heightened is T1 internal (the tag says so: secretreason)", world(FAIL), world(PASS, Tier.T1), Sort.RE_TIERED, None, -1),
    ("tier T2 personal is T3 heightened; severity medium is high", world(FAIL, Tier.T2), world(FAIL), Sort.WORSE, Cause.RE_TIERED, 0),
    ("tier T3 heightened is T2 personal; severity high is medium", world(FAIL), world(FAIL, Tier.T2), Sort.BETTER, Cause.RE_TIERED, 0),
    ("tier T3 heightened, assumed is T3 heightened", world(FAIL, assumed=frozenset({"claims"})), world(FAIL), Sort.WORSE, Cause.RE_TIERED, 0),
]  # fmt: skip


@pytest.mark.parametrize(("why", "then", "now", "sort", "cause", "number"), CASES, ids=[f"{case[3].value}, {case[0]}" for case in CASES])
def test_each_change_has_one_name_one_reason_and_one_line(why, then, now, sort, cause, number):
    found = compared(then, now)
    (move,) = found.moves
    assert move.sort is sort
    assert why in move.why
    if cause is not None:
        assert {one: found.bridge.total(one) for one in found.bridge.lines} == {cause: number}
        assert sum(abs(each) for each in found.bridge.lines[cause].values()) == (abs(number) or 2)


def test_what_makes_two_runs_less_than_alike_is_said():
    found = compared(world(FAIL), world(FAIL, versions={1: 1, 4: 1}, blind=True))
    assert "rules differ between the runs: ENC-02, ENC-03, ENC-04" in found.notes
    assert any("not gone, but not visible" in note for note in found.notes)


@pytest.mark.parametrize(("then", "now", "why"), [(PASS, FAIL, "it was attested"), (FAIL, PASS, "it is attested")])
def test_what_was_attested_has_not_passed(then, now, why):
    sides = [whole_picture(world(verdict), expected_run(world(verdict), 1)) for verdict in (then, now)]
    datasets = [replace(one, places={key: replace(place, attested=True) for key, place in one.places.items()}) for one in sides]
    (move,) = compare(*datasets).moves
    assert move.why == why
