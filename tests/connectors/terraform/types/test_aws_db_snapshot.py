from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import Case
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

DB, SNAPSHOT, COPY = "aws_db_instance", "aws_db_snapshot", "aws_db_snapshot_copy"
COMPUTED = dict.fromkeys(("encrypted", "kms_key_id", "db_snapshot_arn", "allocated_storage"), True)
_SNAPSHOTS = (SNAPSHOT, COPY, "aws_db_cluster_snapshot", "aws_rds_cluster_snapshot_copy")
_EVERY = (*_SNAPSHOTS, "aws_docdb_cluster_snapshot", "aws_neptune_cluster_snapshot")
CASES = (
    Case(_SNAPSHOTS, "shared_accounts", "access.external_principals", [(["222222222222"], frozenset({"222222222222"}))], absent=frozenset()),
    Case(_EVERY, "kms_key_id", "uses-key", {"alias/app-of-ours": ("alias/app-of-ours",)}, absent=()),
    Case(SNAPSHOT, "db_instance_identifier", "copy-of", {"records-primary": ("records-primary",)}, absent=()),
    Case(
        ("aws_db_cluster_snapshot", "aws_docdb_cluster_snapshot", "aws_neptune_cluster_snapshot"), "db_cluster_identifier", "copy-of",
        {"records-cluster": ("records-cluster",)}, absent=(),
    ),
    Case(COPY, "source_db_snapshot_identifier", "copy-of", {"records-snap": ("records-snap",)}, absent=()),
    Case("aws_rds_cluster_snapshot_copy", "source_db_cluster_snapshot_identifier", "copy-of", {"records-snap": ("records-snap",)}, absent=()),
)  # fmt: skip


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_snapshot_that_says_everything(plan, tmp_path):
    plan.add(
        SNAPSHOT, "s",
        {
            "db_snapshot_identifier": "s", "db_instance_identifier": "records", "encrypted": False, "allocated_storage": 5,
            "shared_accounts": ["all", "222222222222"],
        },
        actions=("no-op",),
    )  # fmt: skip
    one = checked(plan, tmp_path, f"{SNAPSHOT}.s")
    assert (one.kind, one.name, unsaid(one)) == (Kind.SNAPSHOT, "s", set())
    assert value(one, "encryption.at_rest") is False
    assert value(one, "access.anonymous_read") is True
    assert value(one, "access.external_principals") == {"222222222222"}
    assert value(one, "access.public_blocked") is False
    assert value(one, "volume.bytes") == 5 * 1024**3


@pytest.mark.parametrize("way", WAYS)
def test_a_snapshot_is_as_encrypted_as_its_database(plan, tmp_path, way):
    database = {"storage_encrypted": True, "kms_key_id": "alias/app", "engine": "mysql"}
    joined(plan, way, (DB, database), (SNAPSHOT, {}), "db_instance_identifier", "identifier")
    (one,) = [each for each in plan.read(tmp_path).values() if each.type == SNAPSHOT]
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "access.external_principals") == frozenset()
    assert {Rel.COPY_OF, Rel.USES_KEY} == {link.rel for link in one.links}


def test_of_a_plain_database_it_is_plain(plan, tmp_path):
    plan.add(DB, "d", {"identifier": "d", "storage_encrypted": False, "engine": "mysql"})
    plan.add(SNAPSHOT, "s", {"db_instance_identifier": "d"}, unknown=COMPUTED)
    one = checked(plan, tmp_path, f"{SNAPSHOT}.s")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)


def test_of_a_database_elsewhere_it_is_unknown_unless_it_is_a_copy_under_a_key(plan, tmp_path):
    plan.add(SNAPSHOT, "s", {"db_instance_identifier": "elsewhere"}, unknown=COMPUTED)
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True})
    plan.add(
        COPY, "c", {"source_db_snapshot_identifier": "elsewhere"}, unknown={"kms_key_id": True, "encrypted": True},
        expressions={"kms_key_id": ref("aws_kms_key.k.arn")},
    )  # fmt: skip
    assert reason(checked(plan, tmp_path, f"{SNAPSHOT}.s"), "encryption.at_rest") is UnknownReason.UNRESOLVED_REFERENCE
    one = checked(plan, tmp_path, f"{COPY}.c")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"


def test_a_copy_of_a_snapshot_in_the_plan_is_as_encrypted_as_the_database_below(plan, tmp_path):
    plan.add(DB, "d", {"identifier": "d", "storage_encrypted": True, "engine": "mysql"}, unknown={"kms_key_id": True})
    plan.add(SNAPSHOT, "s", {"db_instance_identifier": "d"}, unknown=COMPUTED)
    plan.add(
        COPY, "c", {}, unknown={**COMPUTED, "source_db_snapshot_identifier": True},
        expressions={"source_db_snapshot_identifier": ref("aws_db_snapshot.s.db_snapshot_arn")},
    )  # fmt: skip
    assert value(checked(plan, tmp_path, f"{COPY}.c"), "encryption.at_rest") is True


def test_sharing_that_apply_decides_is_unknown_and_a_sensitive_flag_redacted(plan, tmp_path):
    plan.add(
        SNAPSHOT,
        "s",
        {"shared_accounts": [None, "222222222222"]},
        unknown={"shared_accounts": [True, False]},
        expressions={"shared_accounts": ref("local.x")},
    )
    plan.add(SNAPSHOT, "t", {"encrypted": True}, sensitive={"encrypted": True, "shared_accounts": True})
    one = checked(plan, tmp_path, f"{SNAPSHOT}.s")
    assert reason(one, "access.external_principals") is UnknownReason.KNOWN_AFTER_APPLY
    assert one.facts["access.external_principals"].includes == {"222222222222"}
    assert reason(checked(plan, tmp_path, f"{SNAPSHOT}.t"), "access.external_principals") is UnknownReason.REDACTED


def test_with_whom_an_existing_cluster_snapshot_of_documentdb_is_shared_no_argument_says(plan, tmp_path):
    plan.add("aws_docdb_cluster_snapshot", "s", {"storage_encrypted": True}, actions=("no-op",))
    assert reason(checked(plan, tmp_path, "aws_docdb_cluster_snapshot.s"), "access.external_principals") is UnknownReason.NOT_COLLECTED
