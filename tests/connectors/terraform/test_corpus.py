from __future__ import annotations

import json
import subprocess
import sys

from tests.shared import shared_path
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.model.vocabulary import check_fact, facts_of

LEFT_TO_OTHERS = ("retention.declared_days", "retention.schedule_declared", "ownership.roles", "environment.production", "marking.level")


def test_every_public_plan_is_read_with_the_counts_that_others_found():
    files = shared_path("plans", "files")
    expected = json.loads(shared_path("plans", "expected_counts.json").read_text())
    wrong: list[tuple[object, ...]] = []
    for name, counts in expected.items():
        (plan,) = open_plans([files / name]).plans
        found = plan.counts
        got = (found.changes, found.managed, found.managed_after, found.deleted, found.data)
        if got != (counts["changes"], counts["managed"], counts["managed_after"], counts["deleted"], counts["data"]):
            wrong.append((name, got, counts))
        wrong += [
            (name, one.id, problem)
            for one in resources(plan)
            for fact in one.facts
            if (problem := check_fact(fact, one.facts[fact], one.kind))
        ]
    assert len(expected) == 385
    assert wrong == []


def test_a_converter_leaves_no_fact_of_its_kind_unsaid():
    generated = shared_path("plans", "generated", "t1_create_aws3.39.json")
    (plan,) = open_plans([generated]).plans
    found = {one.id: one for one in resources(plan)}
    bucket = found["aws_s3_bucket.b[0]"]
    said = {
        "classification.declared",
        "credential.oldest_key_days",
        "retention.legal_hold",
        "volume.bytes",
        "volume.items",
        *LEFT_TO_OTHERS,
    }
    assert {spec.name for spec in facts_of(bucket.kind) if not spec.derived} - set(bucket.facts) <= said


def test_a_generated_plan_of_a_thousand_resources_is_read(tmp_path):
    script = shared_path("bench", "gen_plan.py")
    path = tmp_path / "plan.json"
    subprocess.run([sys.executable, str(script), "1000", str(path)], check=True)
    found = list(resources(open_plans([path]).plans[0]))
    assert len([one for one in found if one.type == "aws_s3_bucket"]) > 100
