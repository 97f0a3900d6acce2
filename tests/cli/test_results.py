"""What a scan from the command line writes, and with which code it ends: live, from a plan, and from an inventory."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.scan.estate import ACCOUNT, STARTED
from tests.scan.recording import Stand, refused
from tests.scan.worlds import recorded, source
from tests.shared import shared_path

SCHEMA = json.loads((files("tierwise.reports") / "scan.schema.json").read_text("utf-8"))
LIVE = ("scan", "aws", "--region", "eu-west-2")


@pytest.fixture
def estate(monkeypatch, home):
    """Puts the recorded estate in the place of AWS; `estate({("s3", "ListBuckets"): refused})` denies some of it."""

    def use(failing=None) -> None:
        monkeypatch.setattr("tierwise.connectors.aws.connect.open_accounts", lambda *_, **__: (source(Stand(recorded(), failing=failing)),))

    monkeypatch.setattr("tierwise.cli.scan.utc_now", lambda: STARTED)
    use()
    return use


def verdicts(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(one["control"], one["resource"]): one["verdict"] for one in document["findings"]}


def read(home, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / name).read_text("utf-8"))
    return found


def test_a_gate_that_nothing_closes_is_0(tierwise, quiet_plan):
    assert tierwise("scan", "plan", quiet_plan).code == 0


def test_failures_that_are_new_close_the_gate_with_1(tierwise, plan):
    assert tierwise("scan", "plan", plan, "--gate", "full", "--fail-on", "high").code == 1


def test_a_bar_of_none_is_0_whatever_fails(tierwise, plan):
    assert tierwise("scan", "plan", plan, "--fail-on", "none").code == 0


def test_usage_is_2(tierwise):
    assert tierwise("scan", "plan").code == 2


def test_a_listing_that_failed_is_3_where_nothing_fails(tierwise, estate):
    estate({("kinesis", "ListStreams"): refused})
    ran = tierwise(*LIVE, "--control", "GEO-*", "--fail-on", "critical")
    assert ran.code == 3
    assert "kinesis:ListStreams" in ran.out


def test_the_same_scan_without_the_denial_is_0(tierwise, estate):
    assert tierwise(*LIVE, "--control", "GEO-*", "--fail-on", "critical").code == 0


def test_the_json_of_a_live_scan_keeps_its_schema(tierwise, estate, home):
    estate({("s3", "GetBucketAcl"): refused, ("sqs", "ListQueues"): refused})
    tierwise(*LIVE, "-q", "--format", "json=out.json")
    made = read(home, "out.json")
    assert {one["verdict"] for one in made["findings"]} == {"pass", "fail", "unknown", "not-applicable"}
    assert made["gaps"]
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(made)] == []


def test_the_json_of_a_plan_keeps_its_schema(tierwise, plan):
    made = json.loads(tierwise("scan", "plan", plan, "--format", "json").out)
    assert made["findings"]
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(made)] == []


def test_an_inventory_gives_the_verdicts_of_its_scan_and_keeps_the_schema(tierwise, estate, home):
    estate({("s3", "GetBucketLogging"): refused, ("rds", "DescribeDBSnapshots"): refused})
    first = tierwise(*LIVE, "-q", "--save-inventory", "estate.jsonl", "--format", "json=live.json")
    again = tierwise("scan", "inventory", "estate.jsonl", "-q", "--format", "json=again.json")
    live, judged = read(home, "live.json"), read(home, "again.json")
    assert len(live["findings"]) > 300
    assert verdicts(judged) == verdicts(live)
    assert {one["id"]: one["classification"]["interval"] for one in judged["resources"]} == {
        one["id"]: one["classification"]["interval"] for one in live["resources"]
    }
    assert judged["gaps"] == live["gaps"]
    assert judged["run"]["started"] == live["run"]["started"]
    assert again.code == first.code
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(judged)] == []


def test_findings_of_other_tools_give_a_store_its_tier(tierwise, plan, home):
    tierwise("scan", "plan", plan, "--save-inventory", "estate.jsonl", "-q")
    made = json.loads(tierwise("scan", "inventory", "estate.jsonl", "--format", "json").out)
    store = next(one for one in made["resources"] if one["kind"] == "relational-db")
    asset = {"qualifiedName": store["id"], "classification": ["MICROSOFT.PERSONAL.ETHNIC_GROUP"]}
    (home / "purview.json").write_text(json.dumps({"value": [asset, {**asset, "qualifiedName": "https://other.example/x"}]}))
    ran = tierwise("scan", "inventory", "estate.jsonl", "--format", "json", "--import-findings", "purview.json")
    found = next(one for one in json.loads(ran.out)["resources"] if one["id"] == store["id"])
    assert found["classification"]["tier"] == "T3"
    assert "imported" in {step["rule"] for step in found["classification"]["trace"]}
    (home / "purview.json").write_text("{}")
    tierwise("scan", "inventory", "estate.jsonl", "--import-findings", "purview.json").complains(2, "purview.json")


def test_an_inventory_of_a_plan_gives_the_verdicts_of_its_plan(tierwise, plan, home):
    tierwise("scan", "plan", plan, "-q", "--save-inventory", "plan.jsonl", "--format", "json=live.json")
    tierwise("scan", "inventory", "plan.jsonl", "-q", "--format", "json=again.json")
    assert verdicts(read(home, "again.json")) == verdicts(read(home, "live.json"))


MIXED = "plans/generated/t1_mixed_update_replace_delete_import_moved_removed_drift_check.json"


@pytest.fixture
def mixed():
    """A real plan with every kind of change; asked for before `home`, which forgets where the test material lies."""
    return str(shared_path(MIXED))


@pytest.mark.parametrize("saved", [("--save-inventory", "saved"), ("--format", "json=saved")])
def test_a_plan_with_changes_judged_again_tells_the_same_of_before_and_after(mixed, tierwise, home, saved):
    tierwise("scan", "plan", mixed, "-q", *saved, "--format", "json=first.json")
    again = tierwise("scan", "inventory", "saved", "-q", "--format", "json=again.json")
    first, judged = read(home, "first.json"), read(home, "again.json")
    assert again.code == 0
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(first)] == []
    assert {one["action"] for one in first["changes"]} == {"replace", "update", "no-op"}
    assert judged["changes"] == first["changes"]
    keys = ("fingerprint", "verdict", "introduced", "before", "brought_by")
    assert [[one[key] for key in keys] for one in judged["findings"]] == [[one[key] for key in keys] for one in first["findings"]]


def test_for_the_public_no_account_owner_tag_or_fact_is_told(tierwise, estate, home):
    estate({("sqs", "ListQueues"): refused})
    tierwise(*LIVE, "-q", "--audience", "public", "--format", "json=out.json")
    text = (home / "out.json").read_text("utf-8")
    made = json.loads(text)
    assert ACCOUNT not in text
    assert "444455556666" not in text
    assert made["findings"]
    assert {one.get("owner") for one in (*made["findings"], *made["resources"])} == {None}
    assert [one for one in made["resources"] if one.get("tags") or one.get("facts")] == []
    assert [one for one in made["findings"] if one["actual"]] == []


def test_for_the_public_the_console_names_no_account(tierwise, estate):
    ran = tierwise(*LIVE, "--audience", "public")
    assert ran.out
    assert ACCOUNT not in ran.out


def test_quiet_writes_files_alone(tierwise, plan, home):
    ran = tierwise("scan", "plan", plan, "-q", "--format", "json=out.json")
    assert (ran.out, ran.err) == ("", "")
    assert read(home, "out.json")["schema"] == "tierwise/scan/1"


def test_a_piped_report_is_plain(tierwise, plan):
    assert "\x1b" not in tierwise("scan", "plan", plan).out


@pytest.mark.parametrize("command", [("explain", "aws_s3_bucket.assessments"), ("fixes",), ("explain", "ENC-02")], ids=" ".join)
def test_what_is_told_of_the_last_scan_is_as_wide_as_the_terminal(tierwise, plan, monkeypatch, command):
    tierwise("scan", "plan", plan, "-q")
    monkeypatch.setattr(f"tierwise.cli.{command[0]}.width", lambda: 70)
    lines = tierwise(*command).out.splitlines()
    assert max(len(line) for line in lines if " " in line.strip()) in range(60, 71)


def test_chosen_verdicts_are_the_only_ones(tierwise, plan):
    made = json.loads(tierwise("scan", "plan", plan, "--format", "json", "--findings", "fail").out)
    assert {one["verdict"] for one in made["findings"]} == {"fail"}


def profile_of(ran) -> str:
    return str(json.loads(ran.out)["run"]["profile"])


def test_settings_are_found_above_and_flags_outweigh_environment_outweighs_file(tierwise, quiet_plan, home, monkeypatch):
    scan = ("scan", "plan", quiet_plan, "--format", "json")
    assert profile_of(tierwise(*scan)) == "uk-gov-personal-data"
    (home / "tierwise.toml").write_text('profile = "iso-27001-2022"\n', "utf-8")
    inside = home / "deep" / "down"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert profile_of(tierwise(*scan)) == "iso-27001-2022"
    monkeypatch.setenv("TIERWISE_PROFILE", "uk-gdpr-security-evidence")
    assert profile_of(tierwise(*scan)) == "uk-gdpr-security-evidence"
    assert profile_of(tierwise(*scan, "--profile", "ncsc-cloud-security-principles")) == "ncsc-cloud-security-principles"


def test_settings_above_the_root_of_a_repository_are_not_looked_for(tierwise, quiet_plan, home, monkeypatch):
    (home / "tierwise.toml").write_text('profile = "iso-27001-2022"\n', "utf-8")
    inside = home / "repository"
    (inside / ".git").mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert profile_of(tierwise("scan", "plan", quiet_plan, "--format", "json")) == "uk-gov-personal-data"


def test_paths_in_settings_are_meant_from_their_file(tierwise, plan, home, monkeypatch):
    (home / "tierwise.toml").write_text('register = "lines.yaml"\n', "utf-8")
    inside = home / "deep"
    inside.mkdir()
    monkeypatch.chdir(inside)
    tierwise("scan", "plan", plan).complains(2, os.fspath(home / "lines.yaml"))


def test_init_writes_settings_that_a_scan_accepts_and_does_not_overwrite(tierwise, quiet_plan, home):
    assert tierwise("init").code == 0
    assert tierwise("scan", "plan", quiet_plan).code == 0
    tierwise("init").complains(2, "exists already", "--force")
    assert tierwise("init", "--force").code == 0
