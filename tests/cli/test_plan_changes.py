"""From the command line: what a plan brings ends the pipeline, what was there already advises, and every format says which is which."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.terraform.plans import PlanBuilder, ref

TAGS = {"data-classification": "special-category", "owner": "health-assessments"}
BUCKET = {"bucket": "assessments", "id": "assessments", "arn": "arn:aws:s3:::assessments", "tags": TAGS, "tags_all": TAGS}
KEY = {"key_id": "k1", "id": "k1", "arn": "arn:aws:kms:eu-west-2:111122223333:key/k1", "enable_key_rotation": True}
UNDER = {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY["arn"]}
SSE = {"bucket": "assessments", "rule": [{"apply_server_side_encryption_by_default": [UNDER]}]}
PART = "aws_s3_bucket_server_side_encryption_configuration"


def plan(action: str | None, folder: Path) -> str:
    """A bucket whose tags change, and the encryption under its own key, which is deleted, kept, or was never there."""
    made = PlanBuilder()
    made.add("aws_kms_key", "k", KEY, actions=("no-op",), before=KEY)
    before: dict[str, Any] = {**BUCKET, "tags": {**TAGS, "team": "old"}, "tags_all": {**TAGS, "team": "old"}}
    made.add("aws_s3_bucket", "assessments", BUCKET, actions=("update",), before=before)
    if action:
        key = ref("aws_kms_key.k.arn")
        rule = [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": key, "sse_algorithm": {"constant_value": "aws:kms"}}]}]
        expressions = {"bucket": ref("aws_s3_bucket.assessments.id"), "rule": rule}
        made.add(PART, "assessments", SSE, actions=(action,), before=SSE, expressions=expressions)
    else:
        made.add(
            PART, "assessments", {"bucket": "assessments", "rule": []}, actions=("no-op",), before={"bucket": "assessments", "rule": []}
        )
    return str(made.write(folder))


def custody(text: str) -> dict[str, Any]:
    (found,) = (
        one for one in json.loads(text)["findings"] if one["control"] == "ENC-02" and one["resource"] == "aws_s3_bucket.assessments"
    )
    return dict(found)


def test_a_deletion_that_takes_the_key_away_fails_the_gate_and_is_named(tierwise, home):
    kinds = ("json", "sarif", "markdown", "csv", "junit")
    ran = tierwise("scan", "plan", plan("delete", home), *(f"--format={kind}=out.{kind}" for kind in kinds))
    assert ran.code == 1
    by = f"{PART}.assessments is deleted, which weakens encryption.key_custody"
    out = {kind: (home / f"out.{kind}").read_text("utf-8") for kind in kinds}
    found = custody(out["json"])
    assert (found["verdict"], found["before"], found["introduced"], found["brought_by"]) == ("fail", "pass", True, by)
    assert f"encryption.key_custody customer -> provider-owned: {PART}.assessments is deleted; breaks ENC-02" in " ".join(ran.out.split())
    assert f" by {PART}.assessments is deleted, which weakens encryption" in " ".join(ran.out.split())
    results = json.loads(out["sarif"])["runs"][0]["results"]
    assert [each["properties"]["broughtBy"] for each in results if each["properties"]["control"] == "ENC-02"] == [by]
    rows = [row for row in csv.DictReader(io.StringIO(out["csv"])) if row["control"] == "ENC-02" and row["verdict"] == "fail"]
    assert [(row["introduced"], row["before"]) for row in rows] == [("yes", "pass")]
    assert f"The plan brings it: {by}" in out["junit"]
    assert "Weakens, raises, lowers, takes away" in out["markdown"]


@pytest.mark.parametrize("action", ["no-op", None])
def test_what_was_so_before_the_change_does_not_fail_the_gate(tierwise, home, action):
    ran = tierwise("scan", "plan", plan(action, home), "--format", "json=out.json")
    found = custody((home / "out.json").read_text("utf-8"))
    assert ran.code == 0
    assert found["introduced"] is False
    assert found["before"] == found["verdict"] == ("pass" if action else "fail")


def test_explain_says_what_brings_it_and_how_it_stood_before(tierwise, home):
    tierwise("scan", "plan", plan("delete", home), "-q", "--format", "json=out.json")
    told = " ".join(tierwise("explain", custody((home / "out.json").read_text("utf-8"))["fingerprint"]).out.split())
    assert f"before pass; {PART}.assessments is deleted, which weakens encryption.key_custody" in told
