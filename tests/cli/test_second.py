"""`scan plan --with-checkov` from end to end, with a small executable in Checkov's place that says what the real one said of the same plan."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.connectors.checkov.fake import CANARY, NOT_A_PLAN, Fake, report
from tests.connectors.checkov.test_agreement import RECORDED
from tests.connectors.checkov.world import world
from tests.reports import sarifcheck
from tests.reports.sample import text_of
from tierwise.reports.base import reports

SCHEMA = json.loads((files("tierwise.reports") / "scan.schema.json").read_text("utf-8"))
SECRET = "pl4nted-p4ssword"


@pytest.fixture
def checkov(tmp_path):
    """The executable, with what was recorded of the invented plan."""
    recorded = json.loads(RECORDED.read_text("utf-8"))
    passed, failed = (
        {check: [at for one, at in recorded[word] if one == check] for check, _ in recorded[word]} for word in ("passed", "failed")
    )
    return Fake(tmp_path / "bin", json.dumps(report(passed, failed)))


@pytest.fixture
def invented(home):
    """The invented plan, with a sensitive value planted in it."""
    document = world().document()
    database = next(one for one in document["resource_changes"] if one["address"] == "aws_db_instance.kept")
    database["change"]["after"]["password"] = SECRET
    database["change"]["after_sensitive"] = {"password": True}
    path = home / "plan.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def opinions(text: str) -> dict[str, Any]:
    document = json.loads(text)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(document)] == []
    found: dict[str, Any] = document["second_opinion"]
    return found


def test_the_json_has_every_verdict_with_ours_beside_it_and_keeps_the_schema(tierwise, checkov, invented):
    found = opinions(tierwise("scan", "plan", invented, "--checkov-bin", checkov.path, "--format", "json").out)
    assert (found["tool"], found["version"]) == ("Checkov", "3.3.30")
    assert found["sources"] == [{"name": str(invented), "trouble": None}]
    by_key = {(one["check"], one["resource"]): one for one in found["opinions"]}
    closed = by_key["CKV_AWS_17", "aws_db_instance.kept"]
    assert (closed["verdict"], closed["control"], closed["rung"], closed["ours"], closed["relation"]) == (
        "pass",
        "EXP-03",
        "T2",
        "pass",
        "agrees",
    )
    relations = found["summary"]["relations"]
    assert relations["agrees"] > 200
    disagreeing = {(one["check"], one["resource"]) for one in found["opinions"] if one["relation"] == "disagrees"}
    assert disagreeing == {("CKV2_AWS_69", "aws_db_instance.loose"), ("CKV_AWS_168", "aws_sqs_queue.loose")}
    assert sum(relations.values()) == len(found["opinions"])
    assert sum(found["summary"]["unmapped_failures"].values()) > 50


def test_a_second_opinion_changes_no_verdict_and_no_exit_code(tierwise, checkov, invented):
    alone = tierwise("scan", "plan", invented, "--format", "json", "--gate", "full")
    both = tierwise("scan", "plan", invented, "--format", "json", "--gate", "full", "--checkov-bin", checkov.path)
    first, second = json.loads(alone.out), json.loads(both.out)
    assert alone.code == both.code == 1
    assert "second_opinion" not in first
    assert (first["findings"], first["gate"]) == (second["findings"], second["gate"])


def test_no_format_has_a_value_of_the_plan_or_what_checkov_prints_beside_its_verdicts(tierwise, checkov, invented, home):
    asked = [part for name in sorted(reports()) for part in ("--format", f"{name}=out.{name}")]
    ran = tierwise("scan", "plan", invented, "--checkov-bin", checkov.path, *asked, "--save-inventory", "inventory.jsonl")
    written = {path.name: text_of(path.read_bytes()) for path in home.iterdir() if path != invented}
    assert len(written) == len(reports()) + 1
    for text in (ran.out, ran.err, *written.values()):
        assert CANARY not in text
        assert SECRET not in text


def test_console_and_markdown_lead_with_what_it_comes_to(tierwise, checkov, invented):
    for name in ("console", "markdown"):
        text = tierwise("scan", "plan", invented, "--checkov-bin", checkov.path, "--format", name).out.replace("\\", "")
        assert "Second opinion: Checkov 3.3.30; it advises and never blocks" in text
        assert re.search(r"where a control asks the same, 2\d\d agree and 2 disagree", " ".join(text.split()))
        assert "CKV_AWS_168 on aws_sqs_queue.loose: Checkov says pass, EXP-01 at T1 internal says fail" in " ".join(text.split())
        assert "Checkov alone (" in text


def test_sarif_has_a_run_of_its_own_that_no_merge_stops_on(tierwise, checkov, invented):
    raw = tierwise("scan", "plan", invented, "--checkov-bin", checkov.path, "--format", "sarif").out.encode()
    assert sarifcheck.problems(raw) == []
    ours, theirs = json.loads(raw)["runs"]
    assert (ours["tool"]["driver"]["name"], theirs["tool"]["driver"]["name"]) == ("tierwise", "Checkov")
    assert {result["level"] for result in theirs["results"]} == {"note"}
    assert all("security-severity" not in rule["properties"] for rule in theirs["tool"]["driver"]["rules"])
    assert len({result["partialFingerprints"]["tierwise/v1"] for result in theirs["results"]}) == len(theirs["results"]) > 50


def test_jsonl_counts_the_opinions_in_its_end(tierwise, checkov, invented):
    lines = [
        json.loads(line) for line in tierwise("scan", "plan", invented, "--checkov-bin", checkov.path, "--format", "jsonl").out.splitlines()
    ]
    assert lines[-1]["end"]["opinions"] == sum(1 for line in lines if "opinion" in line) > 400
    assert lines[-2]["second_opinion"]["tool"] == "Checkov"


def test_each_of_several_plans_is_asked_about_and_one_that_it_cannot_read_is_unknown(tierwise, tmp_path, invented, plan):
    other = invented.with_name("other.json")
    other.write_bytes(invented.read_bytes())
    fake = Fake(tmp_path / "bin", json.dumps(NOT_A_PLAN), code=0)
    ran = tierwise("scan", "plan", invented, other, "--checkov-bin", fake.path, "--format", "json", "--gate", "observe")
    found = opinions(ran.out)
    assert [one["name"] for one in found["sources"]] == [str(invented), str(other)]
    assert {one["trouble"] for one in found["sources"]} == {"Checkov did not take the file for a plan"}
    assert {one["verdict"] for one in found["opinions"]} == {"unknown"}
    assert {one["resource"].partition("#")[0] for one in found["opinions"]} == {"plan", "other"}
    assert len(fake.calls) == 2
    assert ran.code == 0


def test_without_checkov_the_exit_code_is_2_and_one_line_says_how_to_get_it(tierwise, invented, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = tierwise("scan", "plan", invented, "--with-checkov")
    ran.complains(2, "Checkov is not installed", "uv tool install checkov", "--checkov-bin")
    assert len(ran.err.splitlines()) == 1


def test_standard_input_cannot_be_read_twice(tierwise, checkov, invented, monkeypatch):
    with invented.open(encoding="utf-8") as piped:
        monkeypatch.setattr("sys.stdin", piped)
        tierwise("scan", "plan", "-", "--checkov-bin", checkov.path).complains(2, "takes files", "terraform show -json")
    assert checkov.calls == []


def test_a_plan_that_is_not_there_is_told_as_ever(tierwise, checkov, home):
    tierwise("scan", "plan", home / "missing.json", "--checkov-bin", checkov.path).complains(2, "there is no such file")


def test_the_public_sees_no_account_in_it(tierwise, tmp_path, invented):
    fake = Fake(tmp_path / "bin", json.dumps(report(failed={"CKV_AWS_999": ['aws_instance.i["111111111111"]']})))
    ran = tierwise("scan", "plan", invented, "--checkov-bin", fake.path, "--format", "json", "--audience", "public")
    assert [one["resource"] for one in opinions(ran.out)["opinions"] if one["check"] == "CKV_AWS_999"] == ['aws_instance.i["account-x"]']
