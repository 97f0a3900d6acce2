from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from msgspec import structs

from tests.store.test_save import ONE, but, keep
from tests.store.worlds import FIRST, SERIES, World, arn
from tierwise.errors import StoreError
from tierwise.model.fact import Known
from tierwise.model.finding import Actual, Verdict
from tierwise.model.history import Retention
from tierwise.model.resource import Gap
from tierwise.model.sensitivity import Tier
from tierwise.reports.evidence import bundle
from tierwise.store.check import check
from tierwise.store.compare import comparison
from tierwise.store.evidence import evidence_of
from tierwise.store.prune import prune, tidy
from tierwise.store.read import acceptances_of, find_run, runs_of, trend_of
from tierwise.store.save import save
from tierwise.store.tables import FINDINGS

STEPS = ((Tier.T2, Verdict.PASS), (Tier.T3, Verdict.PASS), (Tier.T3, Verdict.NOT_APPLICABLE), (Tier.T3, Verdict.PASS))
ACCEPTED = replace(ONE, accepted=frozenset({("claims", 1)}))


def kept_since(store):
    with store.reading() as connection:
        runs = runs_of(connection, 1)
        spans = connection.execute(FINDINGS.select().order_by(FINDINGS.c.key, FINDINGS.c.since)).all()
        return (
            [(one.number, one.pruned) for one in reversed(runs)],
            [(one.key, one.since, one.until) for one in spans],
            len(trend_of(connection, 1)),
        )


def test_old_runs_keep_what_is_kept_for_longer_and_then_nothing(store):
    keep(store, ONE, but(ONE, claims_1=Verdict.PASS, patients_1=Verdict.PASS), ONE, days=60)
    day = date(2026, 5, 10)
    assert prune(store, Retention(), day, dry=True).findings == 1
    assert kept_since(store)[0] == [(1, False), (2, False), (3, False)]
    prune(store, Retention(), day)
    runs, spans, days = kept_since(store)
    assert runs == [(1, True), (2, False), (3, False)]
    assert spans == [("claims-1", 1, 2), ("claims-1", 3, None), ("patients-1", 3, None)]
    assert days == 3
    prune(store, Retention(), date(2029, 1, 1))
    assert kept_since(store) == ([(3, False)], [("claims-1", 3, None), ("patients-1", 3, None)], 1)
    assert check(store).problems == ()


def test_a_scan_prunes_once_a_day(store):
    keep(store, ONE, ONE, days=200)
    tidy(store, Retention(), date(2026, 1, 6))
    tidy(store, Retention(), date(2026, 1, 6))
    assert kept_since(store)[0] == [(1, False), (2, False)]
    tidy(store, Retention(), date(2026, 7, 30))
    assert kept_since(store)[0] == [(1, True), (2, False)]


def test_a_pruned_run_is_not_compared(store):
    keep(store, ONE, ONE, days=200)
    prune(store, Retention(), date(2026, 7, 30))
    with store.reading() as connection, pytest.raises(StoreError, match="T3 and T4 evidence only"):
        comparison(connection, find_run(connection, "", "first"), find_run(connection, "", "last"))


def test_evidence_is_of_the_run_by_then_with_acceptances_texts_and_digests(store):
    moved = replace(ACCEPTED, tiers={**ONE.tiers, "claims": Tier.T4})
    keep(store, ACCEPTED, moved)
    with store.reading() as connection:
        run = find_run(connection, "", "2026-01-11")
        found = evidence_of(connection, run, "secretdataset", "2026-01-11")
        later = evidence_of(connection, find_run(connection, "", "last"), "secretdataset", "2026-01-12")
    files = bundle(found)
    told = json.loads(files["evidence.json"])
    claims = next(one for one in told["resources"] if one["id"] == arn("claims"))
    assert (claims["classification"]["tier"], claims["classification"]["so_since"]) == ("T3", FIRST.isoformat())
    assert claims["facts"] == {"access.anonymous_read": {"value": True, "via": "s3:GetBucketAcl"}}
    assert (claims["pass"], [(one["control"], one["verdict"]) for one in claims["findings"]]) == (["ENC-02"], [("ENC-01", "fail")])
    assert [(one["approver"], one["expires"], one["findings"]) for one in told["acceptances"]] == [("a.senior", "2027-01-31", ["claims-1"])]
    assert [one["id"] for one in told["controls"]] == ["ENC-01", "ENC-02"]
    assert all(one["digest"] == run.controls[one["id"]] for one in told["controls"])
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in ("evidence.json", "evidence.md")]
    assert files["SHA256SUMS"].decode().splitlines() == sums
    assert [one.classification["tier"] for one in later.resources if one.id == arn("claims")] == ["T4"]


def told_by(store, run):
    """What the bundle says of the one bucket: its trace, since when it has its tier, and of its finding what was read and since when it is one."""
    with store.reading() as connection:
        (one,) = json.loads(bundle(evidence_of(connection, find_run(connection, "", run), "secretdataset", ""))["evidence.json"])[
            "resources"
        ]
    (found,) = one["findings"]
    classified = one["classification"]
    return classified["trace"][0]["because"], classified["so_since"], found["actual"][0]["value"], found["why"], found["so_since"]


def test_evidence_is_what_that_run_saw_and_not_what_a_later_one_did_of_the_same_verdict(store):
    world = World({"claims": Tier.T3}, {("claims", 1): Verdict.FAIL})
    said = ("its tag", "its name", "its columns")
    for number, (days, because) in enumerate(zip(("7 days", "9 days", "9 days"), said, strict=True), 1):
        made = world.result(number)
        told = made.classifications[arn("claims")]
        findings = tuple(structs.replace(one, actual=(Actual("retention.days", days, "s3"),), why=because) for one in made.findings)
        trace = replace(told, trace=(replace(told.trace[0], because=because),))
        save(store, replace(made, findings=findings, classifications={arn("claims"): trace}), series=SERIES, controls=world.controls)
    began = FIRST.isoformat()
    assert told_by(store, "first") == ("its tag", began, "7 days", "its tag", began)
    assert told_by(store, "last~1") == ("its name", began, "9 days", "its name", began)
    assert told_by(store, "last") == ("its columns", began, "9 days", "its columns", began)
    with store.reading() as connection:
        found = comparison(connection, find_run(connection, "", "first"), find_run(connection, "", "last"))
    assert (found.moves, found.tiers, found.bridge.lines) == ((), (), {})
    assert check(store).problems == ()


def test_a_tier_is_so_since_it_is_so_whatever_is_mended_meanwhile(store):
    worlds = [World({"claims": tier}, {("claims", 1): Verdict.FAIL, ("claims", 2): verdict}) for tier, verdict in STEPS]
    keep(store, *worlds)
    began = [(FIRST + timedelta(days=7 * number)).isoformat() for number in range(4)]
    assert [told_by(store, f"last~{back}")[1] for back in (3, 2, 1, 0)] == [began[0], began[1], began[1], began[1]]


def test_of_an_old_run_only_what_is_kept_whole_is_evidence_and_that_is_said(store):
    old, new = ONE.result(1, 100), but(ONE, patients_1=Verdict.PASS).result(2, 100)
    mended = tuple(replace(one, facts={**one.facts, "encryption.at_rest": Known(value=True)}) for one in new.resources)
    for result in (old, replace(new, resources=mended)):
        save(store, result, series=SERIES, controls=ONE.controls)
    prune(store, Retention(), date(2026, 7, 30))
    with store.reading() as connection:
        found = evidence_of(connection, find_run(connection, "", "first"), "secretdataset", "2026-01-05")
        with pytest.raises(StoreError, match="only T3 heightened and above is kept"):
            evidence_of(connection, find_run(connection, "", "first"), "secretdatset", "2026-01-05")
    files = bundle(found)
    told = json.loads(files["evidence.json"])
    assert ([one["id"] for one in told["resources"]], told["kept_from"]) == ([arn("claims")], "T3")
    assert "only resources of T3 heightened and above are kept" in files["evidence.md"].decode()
    with store.reading() as connection:
        assert evidence_of(connection, find_run(connection, "", "last"), "secretdataset", "").kept_from is None


def test_a_dataset_that_a_run_has_not_is_met_with_the_nearest(store):
    keep(store, ONE)
    with store.reading() as connection, pytest.raises(StoreError, match="did you mean 'secretdataset'"):
        evidence_of(connection, find_run(connection, "", "last"), "secretdatset", "2026-01-05")


def test_what_is_hostile_in_names_is_plain_text_in_the_page(store):
    evil = World({"x`](javascript:alert(1))<script>\n# not a heading": Tier.T3}, {})
    keep(store, evil)
    with store.reading() as connection:
        page = bundle(evidence_of(connection, find_run(connection, "", "last"), "secretdataset", "2026-01-05"))["evidence.md"].decode()
    assert "\n# not" not in page
    assert all(line.count("`") >= 2 for line in page.splitlines() if "script>" in line)


def test_what_is_hostile_in_places_and_gaps_is_plain_text_in_the_page(store):
    evil = "x<img src=y>\n# not a heading"
    result = ONE.result(1)
    gap = Gap("aws", result.resources[0].account, evil, evil, evil, evil)
    save(
        store,
        replace(result, resources=tuple(replace(one, region=evil) for one in result.resources), gaps=(gap,)),
        series=SERIES,
        controls=ONE.controls,
    )
    with store.reading() as connection:
        page = bundle(evidence_of(connection, find_run(connection, "", "last"), "secretdataset", "2026-01-05"))["evidence.md"].decode()
    assert "\n# not" not in page
    assert "What could not be listed" in page
    live = re.sub(r"`[^`\n]*`", "", page)
    assert "<img" not in live


def test_acceptances_in_force_are_told_once_with_what_they_cover(store):
    keep(store, replace(ACCEPTED, accepted=frozenset({("claims", 1), ("patients", 1)})), ONE)
    with store.reading() as connection:
        (one,) = acceptances_of(connection, 1, 1)
        assert acceptances_of(connection, 1, 2) == ()
    assert (one["approver"], one["controls"], one["findings"]) == ("a.senior", ["ENC-01"], 2)


def test_a_later_version_of_a_control_has_its_own_text(store):
    other = replace(ONE, versions={1: 2, 2: 1, 3: 1})
    keep(store, ONE)
    save(store, other.result(2), series=SERIES, controls=other.controls)
    with store.reading() as connection:
        texts = [
            evidence_of(connection, find_run(connection, "", name), "secretdataset", "").controls[0]["ladder"] for name in ("first", "last")
        ]
    assert texts == [{"T1": "encryption.at_rest is true"}, {"T1": "encryption.at_rest is false"}]
