from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, reason, ref, value, why
from tests.scan.worlds import judging
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.outside import parts_of_one
from tierwise.connectors.terraform.providers import CLOUDS
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.change import Action
from tierwise.model.fact import Known, UnknownReason
from tierwise.model.vocabulary import check_fact
from tierwise.scan import scan

BUCKET = "aws_s3_bucket"
STUB = 'outside.aws_s3_bucket["records"]'
PUBLIC = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::records/*"}],
    }
)
BLOCK = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True)
ALWAYS = {"azurerm_mssql_managed_instance": {"network.private_endpoint"}}
"""What holds whatever the arguments are: a managed instance stands in a subnet."""
PAIRS = sorted(
    ((parent, child) for parent, child, _ in parts_of_one(CLOUDS)),
    key=lambda pair: (pair[0], pair[1].type, pair[1].attribute),
)


def test_a_part_of_what_stands_outside_is_judged_there_and_all_else_is_not_known(tmp_path):
    plan = PlanBuilder()
    plan.add(f"{BUCKET}_public_access_block", "p", {"bucket": "records", **BLOCK}, expressions={"bucket": const("records")})
    bucket = plan.read(tmp_path)[STUB]
    assert (bucket.name, bucket.region, bucket.existing) == ("records", "eu-west-2", False)
    assert value(bucket, "access.public_blocked") is True
    assert reason(bucket, "recovery.versioning") is UnknownReason.NOT_COLLECTED
    assert why(bucket.tags) is UnknownReason.NOT_COLLECTED


def test_a_policy_of_a_planned_directory_bucket_is_of_nothing_outside(tmp_path):
    plan = PlanBuilder()
    plan.add("aws_s3_directory_bucket", "d", {"bucket": "records--euw2-az1--x-s3"})
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "records--euw2-az1--x-s3", "policy": PUBLIC})
    assert set(plan.read(tmp_path)) == {"aws_s3_directory_bucket.d"}


def read_while_applying(plan, **after):
    """A bucket policy by a data source that Terraform reads only while it applies."""
    plan.add(BUCKET, "d", after, mode="data", actions=("read",), unknown={"id": True, "arn": True})
    plan.add(f"{BUCKET}_policy", "p", {"policy": PUBLIC}, unknown={"bucket": True}, expressions={"bucket": ref(f"data.{BUCKET}.d.id")})


def test_a_part_is_of_what_a_data_source_names_that_is_yet_to_be_read(tmp_path):
    plan = PlanBuilder()
    read_while_applying(plan, bucket="records")
    plan.add(f"{BUCKET}_public_access_block", "b", {"bucket": "records", **dict.fromkeys(BLOCK, False)})
    bucket = plan.read(tmp_path)[STUB]
    assert (bucket.name, value(bucket, "access.anonymous_read")) == ("records", True)


def test_a_data_source_that_names_a_planned_resource_leads_to_that_and_one_without_a_name_to_none(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "own", {"bucket": "records"}, unknown={"id": True, "arn": True})
    plan.add(f"{BUCKET}_public_access_block", "b", {"bucket": "records", **dict.fromkeys(BLOCK, False)})
    read_while_applying(plan, bucket="records")
    found = plan.read(tmp_path)
    assert set(found) == {f"{BUCKET}.own"}
    assert value(found[f"{BUCKET}.own"], "access.anonymous_read") is True
    nameless = PlanBuilder()
    read_while_applying(nameless)
    assert nameless.read(tmp_path) == {}


def test_a_store_of_azure_is_known_by_the_name_that_a_data_source_has(tmp_path):
    plan = PlanBuilder()
    account = "azurerm_storage_account"
    plan.add(account, "d", {"name": "records"}, mode="data", actions=("read",), unknown={"id": True})
    of = {"storage_account_id": ref(f"data.{account}.d.id")}
    key = {"key_vault_key_id": "https://v.vault.azure.net/keys/k"}
    plan.add(f"{account}_customer_managed_key", "k", key, unknown=dict.fromkeys(of, True), expressions=of)
    found = plan.read(tmp_path)[f'outside.{account}["records"]']
    assert (found.name, value(found, "encryption.key_custody")) == ("records", "customer")


def test_several_parts_are_of_one_outside_resource(tmp_path):
    plan = PlanBuilder()
    plan.add(f"{BUCKET}_versioning", "v", {"bucket": "records", "versioning_configuration": [{"status": "Enabled"}]})
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "records", "policy": PUBLIC})
    plan.add(f"{BUCKET}_policy", "q", {"bucket": "others", "policy": PUBLIC})
    found = plan.read(tmp_path)
    assert set(found) == {STUB, 'outside.aws_s3_bucket["others"]'}
    assert value(found[STUB], "recovery.versioning") is True


def test_what_the_plan_has_or_may_have_is_not_outside_it(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "b", {"bucket": "records"})
    plan.add(BUCKET, "old", before={"bucket": "gone"}, actions=("delete",))
    plan.add(f"{BUCKET}_versioning", "named", {"bucket": "records"})
    plan.add(f"{BUCKET}_versioning", "gone", before={"bucket": "gone"}, actions=("delete",))
    plan.add(f"{BUCKET}_versioning", "referring", {"bucket": "other"}, expressions={"bucket": ref("aws_s3_bucket.b.id")})
    plan.add(f"{BUCKET}_versioning", "unknown", {}, unknown={"bucket": True}, expressions={"bucket": ref("local.name")})
    plan.add(f"{BUCKET}_versioning", "secret", {"bucket": "hidden"}, sensitive={"bucket": True})
    plan.add(f"{BUCKET}_versioning", "absent", {"bucket": None})
    assert list(plan.read(tmp_path)) == ["aws_s3_bucket.b"]


def test_a_removed_part_of_what_stands_outside_is_a_change_of_it(tmp_path):
    plan = PlanBuilder()
    plan.add(f"{BUCKET}_public_access_block", "p", before={"bucket": "records", **BLOCK}, actions=("delete",))
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "records", "policy": PUBLIC})
    outcome = scan([open_plans([plan.write(tmp_path)])], judging(), started=datetime(2026, 1, 1, tzinfo=UTC), jobs=1)
    (bucket,) = outcome.result.resources
    assert bucket.id == STUB
    assert value(bucket, "access.anonymous_read") is True
    (change,) = outcome.result.changes
    assert (change.resource, change.action) == (STUB, Action.KEEP)


def test_a_hostile_name_stays_between_quotes(tmp_path):
    plan = PlanBuilder()
    plan.add(f"{BUCKET}_versioning", "v", {"bucket": 'a"]\n.b'})
    assert list(plan.read(tmp_path)) == ['outside.aws_s3_bucket["a\\"]\\n.b"]']


@pytest.mark.parametrize(("parent", "child"), PAIRS, ids=lambda one: f"{one.type}.{one.attribute}" if isinstance(one, Child) else one)
def test_nothing_is_taken_for_known_of_what_stands_outside_but_what_its_part_says(tmp_path, parent, child):
    plan = PlanBuilder()
    path = child.attribute.split(".")
    after: object = f"{child.prefix}records"
    for step in reversed(path):
        after = [after] if step.isdecimal() else {step: after}
    assert isinstance(after, dict)
    plan.add(child.type, "c", after)
    found = plan.read(tmp_path)
    stub = found.get(f'outside.{parent}["records"]')
    if stub is None:
        assert found == {}, "it is part of another one, or holds nothing that is judged"
        return
    assert [problem for fact in stub.facts if (problem := check_fact(fact, stub.facts[fact], stub.kind))] == []
    assumed = {name for name, fact in stub.facts.items() if isinstance(fact, Known) and fact.via.via.startswith(f"{stub.id}#")}
    assert assumed <= ALWAYS.get(parent, set())
