"""`tierwise gate replay`: a row for each plan, which controls block most, and what other bars would do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.connectors.terraform.plans import PlanBuilder


@pytest.fixture
def old(home: Path) -> Path:
    """A plan whose one failure was there before it."""
    table = {"name": "case-files", "tags": {"data-classification": "heightened"}, "billing_mode": "PAY_PER_REQUEST"}
    plan = PlanBuilder()
    plan.add("aws_dynamodb_table", "cases", table, before=table, actions=("no-op",))
    return plan.write(home, "old.json")


def rows(tierwise: Run, *args: object) -> dict[str, Any]:
    ran = tierwise("gate", "replay", *args, "--format", "json")
    assert ran.code == 0
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_each_plan_has_a_row_with_what_would_block(tierwise: Run, plan: Path, quiet_plan: Path) -> None:
    made = rows(tierwise, plan, quiet_plan)
    assert made["schema"] == "tierwise/replay/1"
    assert [(Path(one["plan"]).name, one["result"], sum(one["blocking"].values())) for one in made["plans"]] == [
        ("plan.json", "would block", 3),
        ("quiet.json", "would pass", 0),
    ]
    gate = json.loads(tierwise("scan", "plan", plan, "--format", "json").out)
    blocking = {one["control"] for one in gate["findings"] if one["fingerprint"] in gate["gate"]["blocking"]}
    assert set(made["plans"][0]["blocking"]) == blocking == {one["control"] for one in made["controls"]}


def test_the_control_that_stops_most_plans_comes_first(tierwise: Run, plan: Path, old: Path) -> None:
    made = rows(tierwise, plan, old, "--gate", "full")
    assert made["controls"][0] == {"control": "ENC-02", "plans": 2, "findings": 2}
    assert [one["plans"] for one in made["controls"][1:]] == [1] * (len(made["controls"]) - 1)


def test_other_bars_and_modes_are_counted_beside_the_one_that_is_asked(tierwise: Run, plan: Path, old: Path) -> None:
    bars = {(one["mode"], one["fail_on"]): one["plans"] for one in rows(tierwise, plan, old)["bars"]}
    assert (bars["new", "critical"], bars["new", "high"], bars["full", "high"]) == (0, 1, 2)


def test_what_was_there_already_blocks_in_full_mode_only(tierwise: Run, old: Path) -> None:
    assert rows(tierwise, old)["plans"][0]["result"] == "would pass"
    assert rows(tierwise, old, "--gate", "full")["plans"][0]["result"] == "would block"


def test_observe_asks_what_new_would_do(tierwise: Run, plan: Path, home: Path) -> None:
    tierwise("init")
    made = rows(tierwise, plan)
    assert (made["mode"], made["plans"][0]["result"]) == ("new", "would block")


def test_a_register_changes_what_a_plan_would_have_met(tierwise: Run, old: Path, home: Path) -> None:
    document = json.loads(old.read_text("utf-8"))
    document["resource_changes"][0]["change"]["after"]["tags"] = {}
    old.write_text(json.dumps(document), "utf-8")
    (home / "register.yaml").write_text("entries:\n  - {select: {name: case-*}, tier: T4}\n", "utf-8")
    assert rows(tierwise, old, "--gate", "full")["plans"][0]["result"] == "would pass"
    assert rows(tierwise, old, "--gate", "full", "--register", "register.yaml")["plans"][0]["result"] == "would block"


def test_what_only_apply_will_tell_of_the_tier_never_blocks_even_where_unknowns_do(tierwise: Run, home: Path) -> None:
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "b", {"bucket": "patient-exports"}, unknown={"tags": True, "tags_all": True, "id": True})
    (home / "own.yaml").write_text(
        "id: own\ntitle: own\ndescription: own\nextends: uk-gov-personal-data\ngate: {unknown_from: T0, fail_on: low, mode: full}\n",
        "utf-8",
    )
    ran = tierwise("scan", "plan", plan.write(home), "--profile", "./own.yaml", "--format", "json")
    made = json.loads(ran.out)
    open_ = [one for one in made["findings"] if any(part["reason"] == "tier-undetermined" for part in one["unknowns"])]
    assert open_
    assert [part for one in open_ for part in one["unknowns"] if part["action"]] == []
    assert {one["fingerprint"] for one in open_}.isdisjoint(made["gate"]["blocking"])


def test_a_plan_that_is_not_whole_is_not_said_to_pass(tierwise: Run, quiet_plan: Path) -> None:
    document = json.loads(quiet_plan.read_text("utf-8"))
    quiet_plan.write_text(json.dumps(document | {"errored": True}), "utf-8")
    (one,) = rows(tierwise, quiet_plan)["plans"]
    assert (one["result"], len(one["missing"])) == ("incomplete", 1)


def test_what_cannot_be_read_ends_with_2_after_the_others_were_judged(tierwise: Run, plan: Path, home: Path) -> None:
    (home / "cut.json").write_text("{", "utf-8")
    ran = tierwise("gate", "replay", "cut.json", "nowhere.json", plan.name)
    assert ran.code == 2
    assert "2 of 3 plans cannot be read" in ran.err
    text = " ".join(ran.out.split())
    assert "cut.json unreadable 0 0 cut.json: the JSON ends too early" in text
    assert "plan.json would block 5 3 ACC-01, ACC-15, ENC-02" in text
    assert "ENC-02 The key belongs to the organisation: 1 of 1 plan, 1 finding" in text


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), ("PLANS",)),
        (("plan.json", "--format", "csv"), ("csv",)),
        (("plan.json", "--gate", "ful"), ("did you mean 'full'?",)),
        (("plan.json", "--fail-on", "hihg"), ("did you mean 'high'?",)),
        (("plan.json", "--profile", "uk-gov"), ("uk-gov",)),
    ],
    ids=["none", "format", "gate", "bar", "profile"],
)
def test_bad_usage_is_2(tierwise: Run, plan: Path, args: tuple[str, ...], words: tuple[str, ...]) -> None:
    tierwise("gate", "replay", *args).complains(2, *words)


def test_hostile_names_do_nothing_to_the_terminal(tierwise: Run, home: Path, quiet_plan: Path) -> None:
    hostile = home / "::error::\x1b[31mred.json"
    hostile.write_bytes(quiet_plan.read_bytes())
    ran = tierwise("gate", "replay", hostile.name)
    assert "\x1b" not in ran.out
    assert not any(line.lstrip().startswith("::") for line in ran.out.splitlines())
