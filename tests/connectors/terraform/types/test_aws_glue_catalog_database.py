from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked
from tests.connectors.terraform.plans import PlanBuilder, ref
from tests.connectors.terraform.types.cases import Case, Part
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

DATABASE, TABLE = "aws_glue_catalog_database", "aws_glue_catalog_table"
PEOPLE = {
    "name": "people",
    "partition_keys": [{"name": "year", "type": "int"}],
    "storage_descriptor": [{"location": "s3://lake/people/", "columns": [{"name": "nino", "type": "string"}]}],
}
CASES = (
    Case("aws_glue_catalog_database", "location_uri", "describes", {"s3://cases/raw": ("arn:aws:s3:::cases",)}, absent=()),
    Case(
        "aws_glue_catalog_table", "storage_descriptor.0.location", "describes", {"s3://cases/raw": ("arn:aws:s3:::cases",)}, absent=(),
        of="aws_glue_catalog_database",
    ),
    *(
        Case("aws_glue_catalog_table", path, "describes", [([{"name": "nino", "type": "string"}], ())], absent=(), of="aws_glue_catalog_database")
        for path in ("storage_descriptor.0.columns", "partition_keys")
    ),
)  # fmt: skip
PARTS = (
    Part(
        "aws_glue_catalog_table", "aws_glue_catalog_database",
        {"name": "cases", "storage_descriptor": [{"location": "s3://cases/raw", "columns": [{"name": "nino", "type": "string"}]}]},
    ),
)  # fmt: skip


@pytest.fixture
def plan():
    return PlanBuilder()


@pytest.mark.parametrize("way", WAYS)
def test_tables_are_evidence_of_their_database(plan, tmp_path, way):
    address = joined(plan, way, (DATABASE, {"description": "registers"}), (TABLE, PEOPLE), "database_name", "name")
    one = plan.read(tmp_path)[address]
    assert (one.kind, one.evidence.description) == (Kind.DATA_CATALOG, "registers")
    assert [(column.table, column.name, column.type) for column in one.evidence.columns] == [
        ("people", "nino", "string"),
        ("people", "year", "int"),
    ]
    assert [(link.rel, link.to) for link in one.links] == [(Rel.DESCRIBES, "arn:aws:s3:::lake")]


def test_a_location_by_reference_is_a_link_to_the_bucket(plan, tmp_path):
    plan.add("aws_s3_bucket", "lake", {}, unknown={"bucket": True})
    plan.add(DATABASE, "d", {"name": "d"}, unknown={"location_uri": True}, expressions={"location_uri": ref("aws_s3_bucket.lake.bucket")})
    assert [(link.rel, link.to) for link in checked(plan, tmp_path, f"{DATABASE}.d").links] == [(Rel.DESCRIBES, "aws_s3_bucket.lake")]


def test_columns_that_apply_decides_or_that_are_sensitive_are_evidence_that_was_not_read(plan, tmp_path):
    plan.add(DATABASE, "d", {"name": "d"})
    plan.add(
        TABLE,
        "t",
        {"database_name": "d", "name": "t"},
        unknown={"storage_descriptor": True},
        expressions={"storage_descriptor": ref("local.x")},
    )
    plan.add(DATABASE, "e", {"name": "e"})
    plan.add(TABLE, "u", {"database_name": "e", **PEOPLE}, sensitive={"storage_descriptor": True})
    reasons = [{one.reason for one in checked(plan, tmp_path, f"{DATABASE}.{name}").evidence.unread} for name in "de"]
    assert reasons == [{UnknownReason.KNOWN_AFTER_APPLY}, {UnknownReason.REDACTED}]


def test_a_new_database_without_tables_holds_none_and_an_existing_one_may(plan, tmp_path):
    plan.add(DATABASE, "new", {"name": "new"})
    plan.add(DATABASE, "old", {"name": "old"}, actions=("no-op",))
    assert checked(plan, tmp_path, f"{DATABASE}.new").evidence.unread == ()
    assert [one.reason for one in checked(plan, tmp_path, f"{DATABASE}.old").evidence.unread] == [UnknownReason.NOT_COLLECTED]
