"""Checkov's verdicts on the public plans held against ours, and both on a plan of our own; the figures of docs/checkov.md."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tests.connectors.checkov.world import world
from tests.shared import shared_path
from tierwise.cli.settings import load_judging
from tierwise.config import Config
from tierwise.connectors.checkov.mapping import load_map
from tierwise.connectors.terraform.source import open_plans
from tierwise.evaluate.opinion import second_opinion
from tierwise.model.opinion import Answer, Opinion, Relation, Said
from tierwise.scan import scan
from tools.checkov_agreement import JUDGED, MEASURED, compared_both_ways, main, measure

RECORDED = Path(__file__).parent / "recorded.json"


def judged() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(JUDGED.read_text("utf-8"))
    return found


def own_opinions(folder: Path) -> tuple[Opinion, ...]:
    """What Checkov said of our own plan, recorded from a real run, with ours beside it."""
    recorded = json.loads(RECORDED.read_text("utf-8"))
    said = tuple(
        Said(check, "", address, passed) for passed in (True, False) for check, address in recorded["passed" if passed else "failed"]
    )
    path = folder / "plan.json"
    path.write_text(json.dumps(world().document()), "utf-8")
    source, judging = open_plans([path]), load_judging(Config())
    parts = source.parts()
    result = scan([source], judging, started=datetime(2026, 1, 1, tzinfo=UTC), jobs=1).result
    return second_opinion(
        "Checkov", [Answer("plan.json", "", said)], load_map().questions, judging.controls, result.resources, result.classifications,
        parts,
    ).opinions  # fmt: skip


def test_the_two_agree_on_the_public_plans_and_every_disagreement_is_judged():
    measured = measure(shared_path("plans"))
    assert measured == json.loads(MEASURED.read_text("utf-8")), "run 'make docs'"
    total: Counter[str] = Counter()
    for counts in measured["mapped"].values():
        total.update(counts)
    compared = total["agrees"] + total["disagrees"]
    seen = [check for check in measured["mapped"] if check in measured["said"]]
    assert len(seen) >= 60
    assert sum(1 for check in seen if set(measured["said"][check]) == {"pass", "fail"}) >= 30
    assert len(compared_both_ways(measured)) >= 29
    assert compared >= 1_000
    assert total["agrees"] / compared >= 0.98
    differ = sorted((one["check"], one["where"]) for one in measured["disagreements"])
    assert differ == sorted((one["check"], where) for one in judged()["disagreements"] for where in one["where"])
    assert {one["right"] for one in judged()["disagreements"]} <= {"tierwise", "checkov", "neither"}


def test_every_check_that_ran_on_the_public_plans_is_mapped_or_has_a_reason():
    said = json.loads(MEASURED.read_text("utf-8"))["said"]
    reasons = Counter(check for group in judged()["unmapped"] for check in group["checks"])
    assert [check for check, number in reasons.items() if number > 1] == []
    mapped = {question.check for question in load_map().questions}
    assert set(reasons) & mapped == set()
    assert set(reasons) | (mapped & set(said)) == set(said)


def test_the_page_is_up_to_date():
    assert main(["--check"]) == 0


def test_the_two_agree_on_a_plan_of_our_own_in_both_directions(tmp_path):
    opinions = own_opinions(tmp_path)
    compared = [one for one in opinions if one.relation in {Relation.AGREES, Relation.DISAGREES}]
    both = Counter(check for check, _verdict in {(one.check, one.verdict) for one in compared})
    assert sum(1 for number in both.values() if number == 2) >= 80
    # Checkov passes a database without a parameter group, and a queue that a resource of its own opens.
    differ = [(one.check, one.resource) for one in compared if one.relation is Relation.DISAGREES]
    assert differ == [("CKV2_AWS_69", "aws_db_instance.loose"), ("CKV_AWS_168", "aws_sqs_queue.loose")]
