import gzip
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from msgspec import structs

from tests.reports import sarifcheck
from tests.reports.sample import ACCOUNT, BUCKET, PLANNED, finding, result_of, sample
from tierwise.catalogue.controls import load_catalogue
from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier
from tierwise.reports import sarif
from tierwise.reports.base import View
from tierwise.reports.locate import index


def run_of(raw: bytes) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(raw)["runs"][0]
    return run


def by_control(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {result["properties"]["control"]: result for result in run["results"]}


def github_word(score: str) -> str:
    """How GitHub's documentation reads a score."""
    number = float(score)
    return "critical" if number > 9.0 else "high" if number >= 7.0 else "medium" if number >= 4.0 else "low"


def with_controls() -> View:
    return View(controls=load_catalogue().controls)


@pytest.mark.parametrize("view", [View(), View(audience="public"), with_controls()])
def test_a_log_meets_what_the_standard_and_github_ask(view):
    assert sarifcheck.problems(sarif.render(sample(), view)) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("version",), "2.0.0", "'2.0.0' is not one of"),
        (("runs", 0, "results", 0, "level"), "fatal", "'fatal' is not one of"),
        (("runs", 0, "results", 0, "locations", 0, "physicalLocation", "region", "startLine"), 0, "less than the minimum of 1"),
        (("runs", 0, "results", 0, "locations", 0, "physicalLocation", "artifactLocation", "uri"), "a b", "is not a 'uri-reference'"),
        (("runs", 0, "invocations", 0, "startTimeUtc"), "yesterday", "is not a 'date-time'"),
    ],
)
def test_the_official_schema_refuses_a_log_that_breaks_it(path, value, said):
    log = json.loads(sarif.render(sample(), View()))
    inner = log
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert any(said in problem for problem in sarifcheck.problems(json.dumps(log).encode()))


def test_only_failed_and_unknown_findings_are_results_even_if_others_are_asked_for():
    assert set(by_control(run_of(sarif.render(sample(), View())))) == {"ENC-01", "ENC-02", "ENC-03", "ENC-06", "ENC-07"}
    assert set(by_control(run_of(sarif.render(sample(), View(verdicts=frozenset({"unknown", "pass"})))))) == {"ENC-03"}


@pytest.mark.parametrize("severity", [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW])
def test_github_reads_the_severity_back_as_the_same_word(severity):
    run = run_of(sarif.render(result_of((finding(1, Verdict.FAIL, severity),)), View()))
    assert github_word(run["tool"]["driver"]["rules"][0]["properties"]["security-severity"]) == severity.word


def test_one_control_at_two_tiers_keeps_both_severities():
    high = finding(1, Verdict.FAIL, Severity.HIGH)
    low = structs.replace(finding(1, Verdict.FAIL, Severity.LOW, tier=Tier.T1), fingerprint="f" * 20)
    run = run_of(sarif.render(result_of((low, high)), View()))
    words = {rule["id"]: github_word(rule["properties"]["security-severity"]) for rule in run["tool"]["driver"]["rules"]}
    assert words == {"ENC-01/high": "high", "ENC-01/low": "low"}
    assert [result["ruleId"] for result in run["results"]] == ["ENC-01/high", "ENC-01/low"]


def test_unknown_is_open_and_never_scored_as_a_failure():
    run = run_of(sarif.render(sample(), View()))
    unknown = by_control(run)["ENC-03"]
    assert (unknown["kind"], unknown["level"]) == ("open", "none")
    rule = run["tool"]["driver"]["rules"][unknown["ruleIndex"]]
    assert "security-severity" not in rule["properties"]
    assert "Unknown whether" in unknown["message"]["text"]
    assert "s3:GetEncryptionConfiguration" in unknown["message"]["text"]


def test_an_accepted_risk_is_a_suppressed_result_with_its_reason():
    held = by_control(run_of(sarif.render(sample(), View())))["ENC-06"]
    assert held["suppressions"][0]["status"] == "accepted"
    assert "old system" in held["suppressions"][0]["justification"]
    assert "a.senior" in held["suppressions"][0]["justification"]
    assert "suppressions" not in by_control(run_of(sarif.render(sample(), View())))["ENC-01"]


def test_results_say_whether_the_baseline_has_them_and_nothing_without_one():
    new, old = finding(1, Verdict.FAIL), structs.replace(finding(2, Verdict.FAIL), in_baseline=True)
    made = result_of((new, old))
    alone = run_of(sarif.render(made, View()))
    assert [one for one in alone["results"] if "baselineState" in one] == []
    held = run_of(sarif.render(replace(made, gate=replace(made.gate, baseline="main.json")), View()))
    assert {name: one["baselineState"] for name, one in by_control(held).items()} == {"ENC-01": "new", "ENC-02": "unchanged"}


def test_fingerprints_are_the_findings_own():
    one = by_control(run_of(sarif.render(sample(), View())))["ENC-01"]
    assert one["partialFingerprints"]["tierwise/v1"] == f"{1:020x}"


def test_a_planned_resource_is_located_in_its_file_where_the_source_is_known():
    files = [
        ("infra/main.tf", 'module "store" {\n  source = "./store"\n}\n'),
        ("infra/store/a.tf", '\n\nresource "aws_s3_bucket" "records" {\n}\n'),
    ]
    one = by_control(run_of(sarif.render(sample(), View(sources=index(files, "infra")))))["ENC-07"]
    physical = one["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "infra/store/a.tf"
    assert physical["region"]["startLine"] == 3
    assert one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == PLANNED


def test_over_the_limit_the_worst_are_kept_and_a_notification_says_how_many_were_cut(monkeypatch):
    monkeypatch.setattr(sarif, "MOST_RESULTS", 2)
    run = run_of(sarif.render(sample(), View()))
    assert [result["properties"]["control"] for result in run["results"]] == ["ENC-01", "ENC-07"]
    cut = [note for note in run["invocations"][0]["toolExecutionNotifications"] if note["descriptor"]["id"] == "cut"]
    assert cut[0]["message"]["text"].startswith("3 results cut")


def test_more_results_than_github_shows_are_said(monkeypatch):
    monkeypatch.setattr(sarif, "MOST_SHOWN", 4)
    notes = run_of(sarif.render(sample(), View()))["invocations"][0]["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in notes if note["descriptor"]["id"] == "shown"] == [
        "GitHub takes 5 results and shows the 4 most severe; the JSON report has all"
    ]


def test_over_the_size_the_worst_are_kept(monkeypatch):
    many = tuple(
        structs.replace(finding(1, Verdict.FAIL, Severity.LOW), fingerprint=sha256(bytes([number % 256, number // 256])).hexdigest())
        for number in range(400)
    )
    worst = finding(2, Verdict.FAIL, Severity.CRITICAL)
    whole = sarif.render(result_of((*many, worst)), View())
    monkeypatch.setattr(sarif, "MOST_BYTES", 8_000)
    made = sarif.render(result_of((*many, worst)), View())
    run = run_of(made)
    assert len(gzip.compress(whole)) > 8_000 >= len(gzip.compress(made))
    assert 0 < len(run["results"]) < 401
    assert run["results"][0]["properties"]["control"] == "ENC-02"
    assert any(note["descriptor"]["id"] == "cut" for note in run["invocations"][0]["toolExecutionNotifications"])


def test_a_listing_that_failed_is_a_notification():
    notes = run_of(sarif.render(sample(), View()))["invocations"][0]["toolExecutionNotifications"]
    assert any("dynamodb" in note["message"]["text"] and "dynamodb:ListTables" in note["message"]["text"] for note in notes)


def test_help_explains_the_control_per_tier():
    control = load_catalogue().controls["ENC-01"]
    run = run_of(sarif.render(sample(), View(controls={"ENC-01": control})))
    rule = run["tool"]["driver"]["rules"][by_control(run)["ENC-01"]["ruleIndex"]]
    assert "encryption.at_rest is true" in rule["help"]["text"]
    assert control.rationale.split(". ")[0].split()[-1] in rule["help"]["markdown"]


def test_the_public_sees_no_account_owner_or_live_fact():
    text = sarif.render(sample(), View(audience="public")).decode()
    assert not [word for word in (ACCOUNT, "health-team", "livefact", "a.senior", "old system", "54321") if word in text]
    assert BUCKET in text
