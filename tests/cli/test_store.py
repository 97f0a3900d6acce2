from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.reports.sample import sample
from tests.store.worlds import control
from tierwise.cli.keeping import Keeping, keeping_of, series_name
from tierwise.cli.options import Options
from tierwise.config import AwsConfig, Config, GcpConfig
from tierwise.connectors.inventory.files import lines
from tierwise.errors import StoreError
from tierwise.model.fact import NOT_COLLECTED
from tierwise.model.resource import Kind, Resource
from tierwise.scan import Collected, Outcome


@pytest.fixture
def two_runs(tierwise, plan):
    """The sample plan kept twice, the second time with other controls; the second run's JSON."""
    assert tierwise("scan", "plan", plan, "--store", "kept.db", "--series", "plan", "--format", "json").code == 1
    ran = tierwise("scan", "plan", plan, "--store", "kept.db", "--series", "plan", "--format", "json", "--control", "ENC-*")
    return json.loads(ran.out)


def test_a_plan_is_kept_only_where_a_store_is_named(tierwise, plan):
    tierwise("scan", "plan", plan, "-q")
    tierwise("history").complains(2, "there is no store at", "tierwise scan aws")


def test_a_store_that_is_named_and_not_there_is_told_with_what_makes_it(tierwise, home):
    tierwise("history", "--store", "my runs.db").complains(2, "no store at my runs.db yet", "a scan with --store 'my runs.db' makes it")
    tierwise("history", "--store", home).complains(2, "is a directory", "name a file in it")


def test_history_tells_runs_trend_and_ages(tierwise, two_runs):
    shown = tierwise("history", "--store", "kept.db")
    assert shown.code == 0
    assert shown.out.splitlines()[-1].startswith("Next: tierwise diff --store kept.db")
    for word in ("plan: run 2", "Runs", "rule changes", "How long it has been open", "opening", "closing"):
        assert word in shown.out
    told = json.loads(tierwise("history", "--store", "kept.db", "--format", "json").out)
    assert [one["number"] for one in told["runs"]] == [2, 1]
    now, then = (one["started"][:10] for one in told["runs"])
    assert (f"On {now}, from run 1 to 2" if now == then else f"From {then} to {now}") + ": open failures" in shown.out
    bridge = told["bridge"]
    assert bridge["opening"]["all"] + sum(line["all"] for line in bridge["lines"]) == bridge["closing"]["all"] == told["runs"][0]["failed"]


def test_the_last_scan_and_a_kept_run_are_shown_under_what_was_scanned_and_without_a_mode_that_nobody_kept(tierwise, two_runs):
    for more in ((), ("--run", "last", "--store", "kept.db")):
        assert json.loads(tierwise("report", "--format", "json", *more).out)["run"]["sources"] == two_runs["run"]["sources"]
    for format_ in ("console", "markdown"):
        told = tierwise("report", "--run", "last", "--store", "kept.db", "--format", format_).out.lower()
        assert "gate failed" in told
        assert "mode kept" not in told


def test_diff_tells_what_changed_and_why(tierwise, two_runs):
    shown = tierwise("diff", "--store", "kept.db")
    assert "Rule changed" in shown.out
    assert "the control is no longer asked" in shown.out
    told = json.loads(tierwise("diff", "last", "first", "--store", "kept.db", "--format", "json").out)
    assert {one["change"] for one in told["findings"]} == {"rule changed"}
    assert told["bridge"]["closing"]["all"] == told["after"]["failed"]


def test_a_plan_is_held_against_the_last_live_run_and_not_kept(tierwise, home, plan):
    name = planned_name(plan)
    store = Resource(f"arn:aws:s3:::{name}", Kind.OBJECT_STORE, "s3.bucket", "aws", "123456789012", "eu-west-2", name)
    (home / "live.jsonl").write_bytes(b"".join(lines([store], (), (), (), started=datetime.now(UTC), organisation=NOT_COLLECTED)))
    (home / "tierwise.toml").write_text('store = "kept.db"\n')
    tierwise("scan", "inventory", "live.jsonl", "-q")
    tierwise("scan", "plan", plan, "-q")
    told = json.loads(tierwise("diff", "--plan", plan, "--format", "json").out)
    assert (told["schema"], told["matched"], told["not_in_the_plan"]) == ("tierwise/plan-diff/1", 1, 0)
    assert told["made_anew"] > 0
    assert ("would fail", store.id, "unknown", "fail") in {
        (one["change"], one["resource"], one["before"], one["after"]) for one in told["findings"]
    }
    shown = tierwise("diff", "--plan", plan, "--fail-on", "high")
    assert shown.code == 1
    assert "Would fail:" in shown.out
    assert len(json.loads(tierwise("history", "--format", "json").out)["runs"]) == 1
    tierwise("diff", "last", "first", "--plan", plan).complains(2, "one RUN is named")


def planned_name(plan):
    """The name of the sample plan's bucket of assessments."""
    changes = json.loads(plan.read_text())["resource_changes"]
    return next(one["change"]["after"]["bucket"] for one in changes if one["address"] == "aws_s3_bucket.assessments")


def test_diff_fails_on_what_is_new_at_the_bar(tierwise, plan, quiet_plan):
    for one in (quiet_plan, plan):
        tierwise("scan", "plan", one, "--store", "kept.db", "--series", "plan", "-q")
    assert tierwise("diff", "--store", "kept.db").code == 0
    assert tierwise("diff", "--store", "kept.db", "--fail-on", "high").code == 1
    assert tierwise("diff", "last", "first", "--store", "kept.db", "--fail-on", "high").code == 0
    tierwise("diff", "--store", "kept.db", "--fail-on", "hihg").complains(2, "did you mean 'high'?")


def test_a_finding_says_when_it_was_first_seen(tierwise, two_runs):
    first = json.loads(tierwise("history", "--store", "kept.db", "--format", "json").out)["runs"][-1]["started"]
    assert {one["first_seen"] for one in two_runs["findings"] if one["verdict"] in ("fail", "unknown")} == {first}
    assert {one["first_seen"] for one in two_runs["findings"] if one["verdict"] == "pass"} == {None}


def test_a_kept_run_is_shown_with_the_framework_of_the_profile_that_judged_it(tierwise, home, plan):
    (home / "ours.yaml").write_text("id: ours\ntitle: Ours\ndescription: ours\nextends: uk-gov-personal-data\n")
    scan = ("scan", "plan", plan, "--store", "kept.db", "--series", "plan", "--format", "json")
    shipped, ours = (json.loads(tierwise(*scan, *more).out) for more in ((), ("--profile", "ours.yaml")))
    kept = ("report", "--store", "kept.db", "--format", "json", "--run")
    assert json.loads(tierwise(*kept, "last~1").out)["requirements"] == shipped["requirements"] != []
    told = json.loads(tierwise(*kept, "last").out)
    assert (told["requirements"], told["notes"][-1]) == ([], "profile 'ours' is not at hand, so that no framework is shown")
    (home / "tierwise.toml").write_text('profile = "ours.yaml"\n')
    assert json.loads(tierwise(*kept, "last").out)["requirements"] == ours["requirements"]


def test_the_public_sees_nothing_of_a_store(tierwise, two_runs, monkeypatch):
    for command in (("history",), ("diff",), ("evidence", "--dataset", "x")):
        tierwise(*command, "--store", "kept.db", "--audience", "public").complains(2, "the public may not see", "--audience team")
    monkeypatch.setattr("tierwise.cli.visibility.why_public", lambda _environ: "the repository is public")
    tierwise("history", "--store", "kept.db").complains(2, "--audience team")
    assert tierwise("history", "--store", "kept.db", "--audience", "team").code == 0


def test_evidence_is_written_as_a_bundle(tierwise, home, plan):
    (home / "register.yaml").write_text('entries:\n  - select: {name: "*"}\n    dataset: everything\n    tier: T3\n')
    tierwise("scan", "plan", plan, "--register", "register.yaml", "--store", "kept.db", "-q")
    assert tierwise("store", "check", "--store", "kept.db").out.startswith("kept.db is whole: 1 run of 1 series")
    shown = tierwise("evidence", "--store", "kept.db", "--dataset", "everything", "--output", "audit")
    assert "T3 heightened, registered since" in shown.out
    assert sorted(one.name for one in (home / "audit").iterdir()) == ["SHA256SUMS", "evidence.json", "evidence.md"]
    told = json.loads(tierwise("evidence", "--store", "kept.db", "--dataset", "everything", "--format", "json").out)
    assert (told["schema"], told["controls"] != []) == ("tierwise/evidence/1", True)
    tierwise("evidence", "--store", "kept.db", "--dataset", "everythin").complains(2, "did you mean 'everything'?")


def test_where_a_store_is_can_be_asked_before_there_is_one(tierwise, home, tmp_path):
    assert tierwise("store", "path").out.strip() == str(tmp_path / "data" / "store.db")
    assert tierwise("store", "path", "--store", "postgresql://ada:secret@db/tierwise").out.strip() == "postgresql://ada:***@db/tierwise"
    (home / "tierwise.toml").write_text('store = "runs/kept.db"\n')
    assert tierwise("store", "path").out.strip() == str(home / "runs" / "kept.db")


def test_a_password_in_the_settings_is_refused_and_not_repeated(tierwise, home):
    (home / "tierwise.toml").write_text('store = "postgresql://ada:s3cret@db/tierwise"\n')
    ran = tierwise("store", "path")
    ran.complains(2, "tierwise.toml:1", "PGPASSWORD", "TIERWISE_STORE")
    assert "s3cret" not in ran.err


def test_a_store_that_cannot_be_used_is_told_before_anything_is_scanned(tierwise, home, plan):
    (home / "kept.db").write_text("not a database, and longer than a header of one would be" * 30)
    tierwise("scan", "plan", plan, "--store", "kept.db").complains(2, "damaged or no store", "mv kept.db kept.db.broken")


def fails(*_args, **_more):
    raise StoreError("the disk is full\nmake room")


def test_a_run_that_cannot_be_kept_is_reported_all_the_same_and_can_be_kept_later(tierwise, quiet_plan, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("tierwise.store.save.save", fails)
        ran = tierwise("scan", "plan", quiet_plan, "--store", "kept.db", "--series", "plan")
    assert (ran.code, "Gate passed" in ran.out) == (2, True)
    assert len(ran.err.splitlines()) <= 6
    again = (
        next(line for line in ran.err.splitlines() if "tierwise scan inventory" in line)
        .partition("run tierwise ")[2]
        .replace("'", "")
        .split()
    )
    assert tierwise(*again, "-q").code == 0
    assert "plan: run 1" in tierwise("history", "--store", "kept.db").out


def test_the_command_that_keeps_a_run_later_shows_no_password_and_is_quoted(tierwise, quiet_plan, home):
    tierwise("scan", "plan", quiet_plan, "-q")
    way = Keeping("postgresql://u:s3cret@db/x", "a series; of mine", {}, True, 90, 24)._way_back()
    assert "s3cret" not in way
    assert way.endswith("--series 'a series; of mine'")
    assert "--store 'my runs.db' " in Keeping("my runs.db", "one", {}, True, 90, 24)._way_back()


def test_a_run_is_kept_though_what_is_old_cannot_be_dropped(tierwise, quiet_plan, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("tierwise.store.prune.tidy", fails)
        ran = tierwise("scan", "plan", quiet_plan, "--store", "kept.db", "--series", "plan")
    assert (ran.code, "is not in the store" in ran.err, "tierwise store prune" in ran.err) == (0, False, True)
    assert "plan: run 1" in tierwise("history", "--store", "kept.db").out


def test_a_failed_gate_stays_a_failed_gate_where_the_run_cannot_be_kept(tierwise, plan, monkeypatch):
    monkeypatch.setattr("tierwise.store.save.save", fails)
    assert tierwise("scan", "plan", plan, "--store", "kept.db", "-q").code == 1


def test_an_inventory_of_another_time_zone_is_of_its_day_in_utc(tierwise, home):
    store = Resource("arn:aws:s3:::claims", Kind.OBJECT_STORE, "s3.bucket", "aws", "123456789012", "eu-west-2", "claims")
    for text, day in (("2026-01-17T00:30:00+02:00", "2026-01-16"), ("2026-01-17T23:30:00-02:00", "2026-01-18")):
        started = datetime.fromisoformat(text)
        (home / "kept.jsonl").write_bytes(b"".join(lines([store], (), (), (), started=started, organisation=NOT_COLLECTED)))
        tierwise("scan", "inventory", "kept.jsonl", "--store", "kept.db", "--series", "one", "-q")
        (last, *_) = json.loads(tierwise("history", "--store", "kept.db", "--format", "json").out)["runs"]
        assert (last["started"][:10], last["id"][:8]) == (day, day.replace("-", ""))
    made = (home / "kept.jsonl").read_text().replace("2026-01-17T23:30:00-02:00", "0001-01-01T00:00:00+02:00")
    (home / "kept.jsonl").write_text(made)
    tierwise("scan", "inventory", "kept.jsonl").complains(2, "the header's 'started' is not a time: '0001-01-01T00:00:00+02:00'")


def test_how_long_runs_are_kept_is_for_the_settings_to_say(tierwise, home):
    store = Resource("arn:aws:s3:::claims", Kind.OBJECT_STORE, "s3.bucket", "aws", "123456789012", "eu-west-2", "claims")
    (home / "tierwise.toml").write_text('store = "kept.db"\nkeep-days = 400\n')
    for number, day in enumerate((5, 200, 395)):
        started = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        (home / "kept.jsonl").write_bytes(b"".join(lines([store], (), (), (), started=started, organisation=NOT_COLLECTED)))
        assert tierwise("scan", "inventory", "kept.jsonl", "--series", "one", "-q").code == 0, number
    pruned = [one["pruned"] for one in json.loads(tierwise("history", "--format", "json").out)["runs"]]
    assert pruned == [False, False, False]
    (home / "tierwise.toml").write_text('store = "kept.db"\nkeep-months = 0\n')
    tierwise("history").complains(2, "keep-months takes a number above 0, not 0")


def test_store_prune_says_what_it_drops(tierwise, two_runs):
    assert (
        tierwise("store", "prune", "--store", "kept.db", "--dry-run").out
        == "would drop 0 runs, 0 findings, 0 rows of evidence, 0 days and 0 interrupted scans\n"
    )
    told = json.loads(tierwise("store", "prune", "--store", "kept.db", "--format", "json").out)
    assert told == {"runs": 0, "findings": 0, "evidence": 0, "days": 0, "scans": 0, "dropped": True}


def outcome(*sources):
    made = sample()
    return Outcome(replace(made, run=replace(made.run, sources=sources)), Collected())


SERIES = [
    (("aws:1",), Config(), Options(), "aws:1 profile=uk-gov-personal-data"),
    (
        ("aws:1",),
        Config(aws=AwsConfig(regions=("eu-west-2",), services=("s3",))),
        Options(),
        "aws:1 regions=eu-west-2 services=s3 profile=uk-gov-personal-data",
    ),
    (
        ("aws:111111111111",),
        Config(aws=AwsConfig(role_arns=("arn:aws:iam::222222222222:role/r", "arn:aws:iam::111111111111:role/r"))),
        Options(),
        "aws:111111111111 aws:222222222222 profile=uk-gov-personal-data",
    ),
    (("gcp:records+3",), Config(), Options(), "gcp profile=uk-gov-personal-data"),
    (("gcp:records+3",), Config(gcp=GcpConfig(folders=("7",))), Options(), "gcp folders=7 profile=uk-gov-personal-data"),
    (("inventory:monday.jsonl",), Config(), Options(control=("ENC-*",)), "aws:123456789012 profile=uk-gov-personal-data controls=ENC-*"),
    (("plan:plan.json",), Config(), Options(), "plan:plan.json profile=uk-gov-personal-data"),
]


@pytest.mark.parametrize(("sources", "config", "options", "name"), SERIES, ids=[case[3] for case in SERIES])
def test_runs_of_the_same_scope_are_one_series(sources, config, options, name):
    assert series_name(outcome(*sources), config, options) == name


def test_a_very_long_scope_is_cut_and_stays_apart():
    arns = tuple(f"arn:aws:iam::{number:012}:role/r" for number in range(40))
    names = {series_name(outcome("aws:0"), Config(aws=AwsConfig(role_arns=some)), Options()) for some in (arns, arns[:-1])}
    assert [len(one) for one in names] == [120, 120]


def test_live_scans_are_kept_unless_someone_says_no():
    judging = SimpleNamespace(controls=(control(1),))
    live = outcome("aws:1")
    kept = keeping_of(live, Config(), Options(series="own"), judging)  # type: ignore[arg-type]  # only its controls are looked at
    assert kept is not None
    assert (kept.where, kept.series, kept.asked, list(kept.controls)) == ("", "own", False, ["ENC-01"])
    assert keeping_of(live, Config(store="none"), Options(), judging) is None  # type: ignore[arg-type]
    assert keeping_of(outcome("plan:x"), Config(), Options(), judging) is None  # type: ignore[arg-type]
    named = keeping_of(outcome("plan:x"), Config(store="kept.db"), Options(), judging)  # type: ignore[arg-type]
    assert named is not None
    assert named.asked


def test_where_nobody_named_a_store_a_run_that_cannot_be_kept_is_a_warning(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("TIERWISE_DATA", str(tmp_path))
    monkeypatch.setattr("tierwise.store.save.save", fails)
    kept = keeping_of(outcome("aws:1"), Config(), Options(), SimpleNamespace(controls=()))  # type: ignore[arg-type]
    assert kept is not None
    assert kept.save(sample())
    assert "is not in the store: the disk is full" in capsys.readouterr().err
    assert Path(tmp_path / "store.db").exists()


def test_the_html_report_shows_the_days_before_this_run(tierwise, plan, monkeypatch, home):
    for day in ("2026-01-01", "2026-01-08"):
        monkeypatch.setattr("tierwise.cli.scan.utc_now", lambda day=day: datetime.fromisoformat(f"{day}T09:00:00+00:00"))
        ran = tierwise("scan", "plan", plan, "--store", "kept.db", "--format", f"html={day}.html")
        assert ran.code == 1, ran.err
    first, second = ((home / f"{day}.html").read_text("utf-8") for day in ("2026-01-01", "2026-01-08"))
    assert "so this report cannot say" in first
    assert "As many are unmet as on 2026-01-01" in second
    assert '<th scope="col">2026-01-01</th>' in second
