from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.store.worlds import FIRST, SERIES, World, arn, expected_run, random_world, whole_picture
from tierwise.errors import StoreError
from tierwise.evaluate.progress import compare
from tierwise.model.finding import Findings, Verdict
from tierwise.model.history import Counts, Ending
from tierwise.model.sensitivity import Tier
from tierwise.store.check import check
from tierwise.store.compare import comparison
from tierwise.store.read import (
    Seen,
    ages_of,
    came_back,
    find_run,
    first_seen,
    history_of,
    runs_of,
    series_id,
    series_of,
    times_of,
    trend_of,
)
from tierwise.store.restore import restored
from tierwise.store.save import save
from tierwise.store.tables import STANDINGS

FAIL, PASS, UNKNOWN, ABSENT = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
ONE = World({"claims": Tier.T3, "patients": Tier.T2}, {("claims", 1): FAIL, ("claims", 2): PASS, ("patients", 1): FAIL})


def keep(store, *worlds, days=7.0, first=1):
    for number, world in enumerate(worlds, first):
        save(store, world.result(number, days), series=SERIES, controls=world.controls)


def standing(store, fingerprint):
    with store.reading() as connection:
        return connection.execute(STANDINGS.select().where(STANDINGS.c.key == fingerprint)).one()


def but(world, **verdicts):
    """The world with other verdicts: `claims_1=PASS`; None for a control that says nothing of it."""
    changed = {(name.rpartition("_")[0], int(name.rpartition("_")[2])): verdict for name, verdict in verdicts.items()}
    left = {pair: verdict for pair, verdict in {**world.verdicts, **changed}.items() if verdict is not None}
    return World(world.tiers, left, world.accepted, world.assumed, world.versions, world.blind)


def test_a_run_is_kept_as_it_was_counted(store):
    keep(store, ONE)
    with store.reading() as connection:
        assert find_run(connection, "", "last") == expected_run(ONE, 1)
    assert check(store).problems == ()


def test_any_history_is_whole_and_its_differences_are_those_of_the_results_themselves(store):
    for seed in range(5):
        chance = random.Random(seed)
        worlds = [random_world(chance) for _ in range(3)]
        name = f"series {seed}"
        for number, world in enumerate(worlds, 1):
            result = world.result(number)
            result = replace(result, run=replace(result.run, id=f"{seed}-{number}"))
            save(store, result, series=name, controls=world.controls)
        with store.reading() as connection:
            runs = tuple(reversed(runs_of(connection, series_id(connection, name))))
            for before, then in zip(runs, worlds, strict=True):
                for after, now in zip(runs, worlds, strict=True):
                    found = comparison(connection, before, after)
                    wanted = compare(whole_picture(then, before), whole_picture(now, after))
                    assert (found.moves, found.tiers, found.bridge) == (wanted.moves, wanted.tiers, wanted.bridge), (
                        seed,
                        before.number,
                        after.number,
                    )
    assert check(store).problems == ()


def test_what_is_fixed_and_comes_back_keeps_its_first_day(store):
    keep(store, ONE, but(ONE, claims_1=PASS), but(ONE, claims_1=PASS), ONE)
    found = standing(store, "claims-1")
    assert (found.first_seen, found.opened) == (FIRST.isoformat(), (FIRST + timedelta(days=21)).isoformat())
    assert (found.reopened, found.ended, found.ending, found.days) == (1, None, None, None)


def test_what_a_failed_listing_hid_has_neither_come_back_nor_grown_young(store):
    keep(store, ONE, World({"patients": Tier.T2}, {("patients", 1): FAIL}, blind=True), ONE)
    found = standing(store, "claims-1")
    assert (found.first_seen, found.opened, found.reopened, found.ended) == (FIRST.isoformat(), FIRST.isoformat(), 0, None)
    with store.reading() as connection:
        assert {one.row: one.oldest_days for one in ages_of(connection, 1, FIRST + timedelta(days=14))} == {"T3": 14, "T2": 14}
        assert times_of(connection, 1) == ()


@pytest.mark.parametrize(
    ("then", "ending"),
    [
        (but(ONE, claims_1=PASS), Ending.FIXED),
        (but(ONE, claims_1=ABSENT), Ending.NOT_APPLICABLE),
        (but(ONE, claims_1=None), Ending.RE_TIERED),
        (World({"patients": Tier.T2}, {}), Ending.GONE),
        (World({"patients": Tier.T2}, {}, blind=True), Ending.UNSEEN),
        (World(ONE.tiers, {}, versions={2: 1}), Ending.RULE),
    ],
    ids=lambda one: one.value if isinstance(one, Ending) else "",
)
def test_why_a_finding_is_none_any_more_is_kept_with_when(store, then, ending):
    keep(store, ONE, then)
    found = standing(store, "claims-1")
    assert found.ending == ending.value
    assert (found.last_seen, found.ended, found.days) == (FIRST.isoformat(), (FIRST + timedelta(days=7)).isoformat(), 7)
    assert (found.row, found.verdict) == ("T3", "fail")


def test_ages_and_times_count_from_when_a_failure_was_opened(store):
    keep(store, ONE, but(ONE, claims_1=PASS, patients_2=FAIL), but(ONE, claims_1=PASS, patients_2=FAIL))
    with store.reading() as connection:
        (age,) = ages_of(connection, 1, FIRST + timedelta(days=30))
        (time,) = times_of(connection, 1)
    assert (age.row, age.open, age.median_days, age.oldest_days, age.buckets) == ("T2", 2, 23, 30, (0, 1, 1, 0, 0))
    assert (time.row, time.fixed, time.median_days, time.slowest_days, time.reopened) == ("T3", 1, 7, 7, 0)


def test_the_last_run_of_a_day_stands_for_the_day(store):
    keep(store, ONE, but(ONE, claims_1=PASS), but(ONE, claims_1=UNKNOWN), days=0.5)
    with store.reading() as connection:
        points = trend_of(connection, 1)
    assert [point.day for point in points] == ["2026-01-05", "2026-01-06"]
    assert points[0].by_row() == {"T3": Counts(passed=2), "T2": Counts(failed=1)}
    assert points[-1].by_row() == {"T3": Counts(passed=1, unknown=1), "T2": Counts(failed=1)}
    assert points[-1].resources == {"T3": 1, "T2": 1}


def test_what_is_attested_is_counted_by_itself_and_never_as_passed(store):
    keep(store, but(ONE, claims_2=Verdict.ATTESTED, claims_3=Verdict.ATTESTED))
    with store.reading() as connection:
        (point,) = trend_of(connection, 1)
    assert point.by_row() == {"T3": Counts(failed=1, attested=2), "T2": Counts(failed=1)}


def test_first_seen_is_told_by_series(store):
    keep(store, ONE)
    with store.reading() as connection:
        seen, nothing = first_seen(connection, SERIES), first_seen(connection, "another")
    assert [seen.get(one, "never") for one in ("claims-1", "patients-1", "claims-", "claims-1 0", "", "other")] == [
        FIRST.isoformat()
    ] * 2 + ["never"] * 4
    assert nothing.get("claims-1", "never") == "never"


def test_what_came_back_says_since_when_and_what_was_hidden_was_there_all_the_time(store):
    hidden = World({}, {}, blind=True)
    keep(store, ONE, but(ONE, claims_1=PASS), ONE, hidden)
    with store.reading() as connection:
        seen, back = first_seen(connection, SERIES), came_back(connection, SERIES)
    again = (FIRST + timedelta(days=14)).isoformat()
    assert [seen.get(one, "never") for one in ("claims-1", "patients-1")] == [FIRST.isoformat()] * 2
    assert back == {"claims-1": again}
    with store.reading() as connection:
        told = {name: Findings.of(restored(connection, find_run(connection, "", name)).findings).problems for name in ("first", "last~1")}
    since = {name: {one.fingerprint: one.since for one in problems} for name, problems in told.items()}
    first = FIRST.date().isoformat()
    assert since == {"first": {"claims-1": first, "patients-1": first}, "last~1": {"claims-1": again[:10], "patients-1": first}}


def test_first_seen_of_very_many_that_begin_alike_is_that_of_each():
    told = [(f"{number % 7:016x}{number * 7919 % 1000:04x}", f"2026-01-{1 + number % 28:02}") for number in range(1000)]
    told += [("A" * 20, "2026-02-01"), ("a b" * 8, "2026-02-02"), ("abc", "2026-02-03")]
    for order in (told, sorted(told)):
        seen = Seen(order)
        assert [seen.get(key, "never") for key, _when in told] == [when for _key, when in told]
        assert {seen.get(key, "never") for key in (f"{0:016x}{1001:04x}", "f" * 20, "a" * 20, "", "abcd")} == {"never"}


def test_series_do_not_touch_each_other(store):
    keep(store, ONE)
    other = World({"claims": Tier.T1}, {("claims", 1): PASS})
    save(store, other.result(2), series="other", controls=other.controls)
    with store.reading() as connection:
        assert [one.name for one in series_of(connection)] == ["other", SERIES]
        assert find_run(connection, SERIES, "last").failed == 2
        assert find_run(connection, "oth", "last").failed == 0
        assert history_of(connection, series_of(connection)[1]).runs[0].number == 1
    assert check(store).problems == ()


def test_an_old_inventory_is_not_put_behind_a_newer_run_and_an_overlapping_scan_is(store):
    keep(store, ONE, ONE)
    with pytest.raises(StoreError, match="save runs in their order"):
        save(store, ONE.result(0), series=SERIES, controls={})
    late = ONE.result(3, days=3.4)
    assert datetime.fromisoformat(late.run.started) < FIRST + timedelta(days=7)
    assert save(store, late, series=SERIES, controls={}).number == 3
    assert check(store).problems == ()


def test_runs_are_named_by_place_day_and_the_beginning_of_their_id(store):
    keep(store, ONE, ONE, ONE)
    with store.reading() as connection:
        named = {text: find_run(connection, "", text).number for text in ("first", "last", "last~2", "2026-01-12", "2026-01-18", "run-2")}
        for wrong in ("run-", "run-9", "last~x", "last~7", "2026-01-04", "%"):
            with pytest.raises(StoreError):
                find_run(connection, "", wrong)
    assert named == {"first": 1, "last": 3, "last~2": 1, "2026-01-12": 2, "2026-01-18": 2, "run-2": 2}


def test_names_that_a_database_cannot_hold_are_kept_as_escapes(store):
    hostile = World({"a\0b\ud800'; DROP TABLE runs;--": Tier.T3}, {})
    keep(store, hostile)
    assert check(store).problems == ()
    with store.reading() as connection:
        assert find_run(connection, "", "last").resources == 1


def test_a_resource_reads_as_it_was_at_the_run_asked_for(store):
    moved = World({"claims": Tier.T4, "patients": Tier.T2}, ONE.verdicts)
    keep(store, ONE, moved, ONE)
    with store.reading() as connection:
        found = comparison(connection, find_run(connection, "", "first"), find_run(connection, "", "last~1"))
        back = comparison(connection, find_run(connection, "", "first"), find_run(connection, "", "last"))
    assert [(one.resource, one.before, one.after) for one in found.tiers] == [(arn("claims"), "T3 heightened", "T4 exceptional")]
    assert (back.tiers, back.moves) == ((), ())
