"""What a plan leaves as it is was there already; what it or a change to one of its parts touches is the plan's doing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.terraform.plans import PlanBuilder, ref

BUCKET = {"bucket": "letters", "id": "letters"}
VERSIONS = {"bucket": "letters", "versioning_configuration": [{"status": "Enabled"}]}
SUSPENDED = {"bucket": "letters", "versioning_configuration": [{"status": "Suspended"}]}


def versioning(plan: PlanBuilder, action: str, before: Mapping[str, Any] = VERSIONS) -> None:
    plan.add(
        "aws_s3_bucket_versioning",
        "letters",
        VERSIONS,
        actions=(action,),
        before=None if action == "create" else before,
        expressions={"bucket": ref("aws_s3_bucket.letters.id")},
    )


@pytest.mark.parametrize(
    ("bucket", "part", "existing"),
    [
        (("no-op",), "no-op", True),
        (("no-op",), None, True),
        (("create",), None, False),
        (("update",), "no-op", True),
        (("no-op",), "create", False),
        (("no-op",), "delete", False),
        (("delete", "create"), "no-op", False),
    ],
)
def test_a_bucket_stays_as_it_is_only_where_neither_it_nor_a_part_of_it_becomes_another(tmp_path: Path, bucket, part, existing):
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "letters", BUCKET, actions=bucket, before=None if bucket == ("create",) else BUCKET)
    if part:
        versioning(plan, part)
    assert plan.read(tmp_path)["aws_s3_bucket.letters"].existing is existing


@pytest.mark.parametrize(("before", "existing"), [(VERSIONS, True), (SUSPENDED, False)])
def test_an_updated_part_counts_by_what_it_changes(tmp_path: Path, before, existing):
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "letters", BUCKET, actions=("no-op",), before=BUCKET)
    versioning(plan, "update", before)
    assert plan.read(tmp_path)["aws_s3_bucket.letters"].existing is existing


def test_a_part_that_may_belong_to_it_leaves_it_the_plans_doing(tmp_path: Path):
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "letters", BUCKET, actions=("no-op",), before=BUCKET)
    unknown = {"bucket": True}
    plan.add("aws_s3_bucket_versioning", "loose", {}, unknown=unknown, expressions={"bucket": {"references": ["local.name"]}})
    assert plan.read(tmp_path)["aws_s3_bucket.letters"].existing is False


def test_what_stands_in_no_join_counts_as_well(tmp_path: Path):
    """The parameter group of a database is found by name, not by a join."""
    plan = PlanBuilder()
    database = {"identifier": "claims", "engine": "postgres", "engine_version": "14.2", "parameter_group_name": "strict"}
    plan.add("aws_db_instance", "claims", database, actions=("no-op",), before=database)
    forced = {"name": "strict", "parameter": [{"name": "rds.force_ssl", "value": "1"}]}
    free = {"name": "strict", "parameter": [{"name": "rds.force_ssl", "value": "0"}]}
    plan.add("aws_db_parameter_group", "strict", free, actions=("update",), before=forced)
    assert plan.read(tmp_path)["aws_db_instance.claims"].existing is False
