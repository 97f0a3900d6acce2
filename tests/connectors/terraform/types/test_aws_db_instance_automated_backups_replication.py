from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import Case
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

BACKUPS, DB = "aws_db_instance_automated_backups_replication", "aws_db_instance"
CASES = (
    Case(BACKUPS, "kms_key_id", "encryption.key_custody", {"alias/other-region": "customer"}, absent=UnknownReason.UNRESOLVED_REFERENCE),
    Case(BACKUPS, "source_db_instance_arn", "copy-of", {"arn:aws:rds:::db:cases": ("arn:aws:rds:::db:cases",)}, absent=()),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def replicated(plan, **values):
    plan.add(BACKUPS, "b", values, unknown={"source_db_instance_arn": True}, expressions={"source_db_instance_arn": ref(f"{DB}.d.arn")})
    return f"{BACKUPS}.b"


def test_backups_under_a_key_of_their_own_are_a_snapshot_that_nobody_else_gets(plan, tmp_path):
    plan.add(DB, "d", {"identifier": "cases", "storage_encrypted": True}, unknown={"arn": True})
    one = checked(plan, tmp_path, replicated(plan, kms_key_id="alias/app"))
    assert (one.kind, one.name, unsaid(one)) == (Kind.SNAPSHOT, "cases", set())
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "access.external_principals") == frozenset()
    assert (Rel.COPY_OF, f"{DB}.d") in [(link.rel, link.to) for link in one.links]


def test_backups_of_a_plain_database_are_plain(plan, tmp_path):
    plan.add(DB, "d", {"identifier": "cases", "storage_encrypted": False}, unknown={"arn": True})
    one = checked(plan, tmp_path, replicated(plan))
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)


def test_the_key_of_an_encrypted_database_is_not_that_of_its_backups_in_another_region(plan, tmp_path):
    plan.add(DB, "d", {"identifier": "cases", "storage_encrypted": True, "kms_key_id": "alias/app"}, unknown={"arn": True})
    one = checked(plan, tmp_path, replicated(plan))
    assert value(one, "encryption.at_rest") is True
    assert reason(one, "encryption.key_custody") is UnknownReason.NOT_COLLECTED
