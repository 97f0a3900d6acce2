"""What `docs/plans.md` shows is what a scan of such a plan prints, and the lists on the page are those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.connectors.terraform.plans import PlanBuilder, ref
from tests.scan.plans import Judged, judge
from tierwise.connectors.terraform.flows import FLOWS
from tierwise.reports import console
from tierwise.reports.base import View

PAGE = (Path(__file__).parents[1] / "docs/plans.md").read_text("utf-8")
BLOCK = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True)


def bucket(tier: str) -> dict[str, Any]:
    tags = {"data-classification": tier, "owner": "health-assessments"}
    return {"bucket": "assessments", "id": "assessments", "arn": "arn:aws:s3:::assessments", "tags": tags, "tags_all": tags}


def example() -> PlanBuilder:
    """The plan of the page: a tag is raised, the bucket's versioning goes, a database is replaced without encryption, a policy is not known yet."""
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "assessments", bucket("special-category"), actions=("update",), before=bucket("personal"))
    versions = {"bucket": "assessments", "versioning_configuration": [{"status": "Enabled"}]}
    plan.add("aws_s3_bucket_versioning", "assessments", before=versions, actions=("delete",))
    plan.add(
        "aws_s3_bucket_policy",
        "assessments",
        {"bucket": "assessments"},
        unknown={"policy": True},
        expressions={"bucket": ref("aws_s3_bucket.assessments.id"), "policy": ref("data.aws_iam_policy_document.p.json")},
    )
    before = {"identifier": "claims", "engine": "postgres", "engine_version": "15.4", "backup_retention_period": 14}
    before |= {"storage_encrypted": True, "deletion_protection": False, "tags": {"data-classification": "personal", "owner": "claims"}}
    after = {**before, "storage_encrypted": False}
    plan.add("aws_db_instance", "claims", after, actions=("delete", "create"), before=before)
    plan.changes[-1]["action_reason"] = "replace_because_cannot_update"
    return plan


def judged(folder: Path) -> Judged:
    return judge(example(), folder)


def test_the_sample_is_what_the_console_prints(tmp_path):
    text = console.render(judged(tmp_path).result, View(width=160))
    printed = {" ".join(line.split()) for line in text.splitlines()}
    (sample,) = re.findall(r"^```text\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    lines = [" ".join(line.split()) for line in sample.splitlines() if line.strip() and line.strip() != "..."]
    assert len(lines) >= 9
    assert [line for line in lines if line not in printed] == []


def test_the_page_names_every_resource_that_only_carries_data():
    assert [flow.child.type for flow in FLOWS if f"`{flow.child.type}`" not in PAGE] == []


def test_the_page_names_every_key_of_the_contract_that_a_plan_fills():
    for key in ("introduced", "before", "brought_by", "changes", "weakened", "tier", "parts", "loses", "pending", "reads", "earlier"):
        assert f"`{key}`" in PAGE, key
