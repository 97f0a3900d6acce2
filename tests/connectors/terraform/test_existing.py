"""What a plan leaves as it is was there already; what it or a change to one of its parts touches is the plan's doing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.terraform.plans import PlanBuilder, ref

BUCKET = {"bucket": "letters", "id": "letters"}
VERSIONS = {"bucket": "letters", "versioning_configuration": [{"status": "Enabled"}]}


@pytest.mark.parametrize(
    ("bucket", "part", "existing"),
    [
        (("no-op",), ("no-op",), True),
        (("no-op",), None, True),
        (("create",), None, False),
        (("update",), ("no-op",), False),
        (("no-op",), ("create",), False),
        (("no-op",), ("update",), False),
        (("no-op",), ("delete",), False),
        (("delete", "create"), ("no-op",), False),
    ],
)
def test_a_bucket_is_there_already_only_where_neither_it_nor_a_part_of_it_changes(tmp_path: Path, bucket, part, existing):
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "letters", BUCKET, actions=bucket, before=BUCKET)
    if part:
        plan.add(
            "aws_s3_bucket_versioning",
            "letters",
            VERSIONS,
            actions=part,
            before=VERSIONS,
            expressions={"bucket": ref("aws_s3_bucket.letters.id")},
        )
    assert plan.read(tmp_path)["aws_s3_bucket.letters"].existing is existing


def test_a_part_that_may_belong_to_it_leaves_it_the_plans_doing(tmp_path: Path):
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "letters", BUCKET, actions=("no-op",), before=BUCKET)
    unknown = {"bucket": True}
    plan.add("aws_s3_bucket_versioning", "loose", {}, unknown=unknown, expressions={"bucket": {"references": ["local.name"]}})
    assert plan.read(tmp_path)["aws_s3_bucket.letters"].existing is False
