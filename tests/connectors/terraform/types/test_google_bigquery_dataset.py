from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import NA, Case, Part, Seen, iam_cases
from tierwise.model.fact import UNLIMITED, Unknown, UnknownReason
from tierwise.model.resource import Column, Kind
from tierwise.model.vocabulary import facts_of

DATASET, TABLE = "google_bigquery_dataset", "google_bigquery_table"
COMPUTED = {"id": True, "project": True, "access": True, "default_encryption_configuration": True, "max_time_travel_hours": True}
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
_ELSEWHERE = "app@elsewhere-prod.iam.gserviceaccount.com"
_OUT = frozenset({"elsewhere-prod"})
CASES = (
    Case(DATASET, "default_encryption_configuration.0.kms_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(DATASET, "default_table_expiration_ms", "retention.delete_after_days", {86400000: 1}, absent=UNLIMITED),
    Case(DATASET, "max_time_travel_hours", "retention.backup_days", {48: 2}, absent=7),
    Case(
        DATASET,
        "access.0.special_group",
        "access.any_authenticated",
        {"allAuthenticatedUsers": True, "projectReaders": False},
        absent=False,
    ),
    Case(DATASET, "access.0.iam_member", "access.anonymous_read", {"allUsers": True}, absent=False),
    Case(DATASET, "access.0.user_by_email", "access.external_principals", {_ELSEWHERE: _OUT}, absent=frozenset()),
    *(
        Case(DATASET, f"access.0.{one}", "access.external_principals", {"gmail.com": frozenset({"gmail.com"})}, absent=frozenset())
        for one in ("domain",)
    ),
    Case(
        DATASET, "access.0.group_by_email", "access.external_principals", {"people@gmail.com": frozenset({"gmail.com"})}, absent=frozenset()
    ),
    Case(
        "google_bigquery_dataset_access",
        "special_group",
        "access.any_authenticated",
        {"allAuthenticatedUsers": True, "projectReaders": False},
        absent=False,
        of=DATASET,
    ),
    Case("google_bigquery_dataset_access", "iam_member", "access.anonymous_read", {"allUsers": True}, absent=False, of=DATASET),
    Case(
        "google_bigquery_dataset_access", "user_by_email", "access.external_principals", {_ELSEWHERE: _OUT}, absent=frozenset(), of=DATASET
    ),
    Case(
        "google_bigquery_dataset_access",
        "domain",
        "access.external_principals",
        {"gmail.com": frozenset({"gmail.com"})},
        absent=frozenset(),
        of=DATASET,
    ),
    Case(
        "google_bigquery_dataset_access",
        "group_by_email",
        "access.external_principals",
        {"people@gmail.com": frozenset({"gmail.com"})},
        absent=frozenset(),
        of=DATASET,
    ),
    *iam_cases(DATASET),
    Case(
        DATASET,
        "access.0.condition",
        "access.external_conditioned",
        [([{"expression": "e"}], True), ([], False)],
        absent=False,
        bare=NA,
        unknown=True,
        sensitive=True,
        having={"access": [{"user_by_email": _ELSEWHERE}]},
    ),
    Case(
        "google_bigquery_dataset_access",
        "role",
        "access.anonymous_write",
        {"WRITER": True, "READER": False},
        absent=False,
        having={"iam_member": "allUsers"},
        of=DATASET,
    ),
)
_WHO = "serviceAccount:app@elsewhere-prod.iam.gserviceaccount.com"
_ROLE = {"role": "roles/viewer"}
_IN_DATASET = Seen(DATASET, "", by="dataset_id")
PARTS = (
    Part(TABLE, DATASET, {"table_id": "cases", "schema": json.dumps([{"name": "nino", "type": "STRING"}])}),
    Part(f"{TABLE}_iam_member", TABLE, {**_ROLE, "member": _WHO}, seen=_IN_DATASET),
    Part(f"{TABLE}_iam_binding", TABLE, {**_ROLE, "members": [_WHO]}, seen=_IN_DATASET),
    Part(f"{TABLE}_iam_policy", TABLE, {"policy_data": json.dumps({"bindings": [{**_ROLE, "members": [_WHO]}]})}, seen=_IN_DATASET),
)


@pytest.fixture
def plan():
    return GooglePlan()


def dataset(plan, name="d", after=None, **rest):
    rest.setdefault("unknown", {key: True for key in COMPUTED if key not in (after or {})})
    return plan.put(DATASET, name, {"dataset_id": name, "location": "EU", **(after or {})}, **rest)


def test_a_new_dataset_that_says_nothing(plan, tmp_path):
    dataset(plan)
    one = plan.one(tmp_path, f"{DATASET}.d")
    assert (one.kind, one.account, one.region) == (Kind.WAREHOUSE, PROJECT, "eu")
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "access.anonymous_read") is False
    assert value(one, "logging.data_read") is True
    assert value(one, "retention.backup_days") == 7
    assert value(one, "retention.delete_after_days") == UNLIMITED
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_milliseconds_and_hours(plan, tmp_path):
    dataset(plan, after={"default_table_expiration_ms": 90 * 86400 * 1000, "max_time_travel_hours": "48"})
    one = plan.one(tmp_path, f"{DATASET}.d")
    assert value(one, "retention.expiry_configured") is True
    assert value(one, "retention.delete_after_days") == 90
    assert value(one, "retention.backup_days") == 2


def test_unknown_and_sensitive_expiry(plan, tmp_path):
    name = "default_table_expiration_ms"
    dataset(plan, "u", unknown={**COMPUTED, name: True}, expressions={name: ref("local.x")})
    dataset(plan, "s", {name: 1}, sensitive={name: True})
    assert reason(plan.one(tmp_path, f"{DATASET}.u"), "retention.expiry_configured") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(plan.one(tmp_path, f"{DATASET}.s"), "retention.delete_after_days") is UnknownReason.REDACTED


@pytest.mark.parametrize(
    ("entry", "fact"),
    [
        ({"role": "READER", "iam_member": "allUsers"}, "access.anonymous_read"),
        ({"role": "WRITER", "iam_member": "allUsers"}, "access.anonymous_write"),
        ({"role": "READER", "special_group": "allAuthenticatedUsers"}, "access.any_authenticated"),
    ],
)
def test_access_entries_inline_and_in_a_resource_of_their_own(plan, tmp_path, entry, fact):
    dataset(plan, "i", {"access": [{"role": "OWNER", "special_group": "projectOwners"}, entry]})
    dataset(plan, "o")
    plan.put(f"{DATASET}_access", "a", entry, unknown={"dataset_id": True}, expressions={"dataset_id": ref(f"{DATASET}.o.dataset_id")})
    dataset(plan, "n", {"access": [{"role": "OWNER", "special_group": "projectOwners"}]})
    found = plan.read(tmp_path)
    assert value(found[f"{DATASET}.i"], fact) is True
    assert value(found[f"{DATASET}.o"], fact) is True
    assert value(found[f"{DATASET}.n"], fact) is False


def test_views_of_another_project_are_outside(plan, tmp_path):
    dataset(plan, after={"access": [{"view": [{"project_id": "partner-prod", "dataset_id": "x", "table_id": "v"}]}]})
    assert value(plan.one(tmp_path, f"{DATASET}.d"), "access.external_principals") == frozenset({"partner-prod"})


def test_a_table_open_to_everybody_opens_the_dataset(plan, tmp_path):
    dataset(plan)
    plan.put(TABLE, "t", {"dataset_id": "d", "table_id": "claims"}, unknown={"id": True})
    assert value(plan.one(tmp_path, f"{DATASET}.d"), "access.anonymous_read") is False
    plan.put(
        f"{TABLE}_iam_member", "m", {"dataset_id": "d", "table_id": "claims", "role": "roles/bigquery.dataViewer", "member": "allUsers"}
    )
    assert value(plan.one(tmp_path, f"{DATASET}.d"), "access.anonymous_read") is True


def test_members_by_dataset_id_and_loose_ones(plan, tmp_path):
    dataset(plan)
    member = {"role": "roles/bigquery.dataViewer", "member": "group:all@example.gov.uk"}
    plan.put(f"{DATASET}_iam_member", "m", {"dataset_id": "d", **member})
    found = plan.one(tmp_path, f"{DATASET}.d").facts["access.external_principals"]
    assert isinstance(found, Unknown)
    assert found.reason is UnknownReason.OUT_OF_SCOPE
    plan.put(
        f"{DATASET}_iam_member",
        "l",
        {**member, "member": "allUsers"},
        unknown={"dataset_id": True},
        expressions={"dataset_id": ref("local.d")},
    )
    assert reason(plan.one(tmp_path, f"{DATASET}.d"), "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE


def test_columns_of_its_tables_with_fields_of_records(plan, tmp_path):
    dataset(plan)
    schema = [
        {"name": "nhs_number", "type": "STRING"},
        {"name": "home", "type": "RECORD", "fields": [{"name": "postcode", "type": "STRING"}]},
    ]
    plan.put(TABLE, "t", {"dataset_id": "d", "table_id": "claims", "schema": json.dumps(schema)})
    plan.put(TABLE, "broken", {"dataset_id": "d", "table_id": "x", "schema": "[{"})
    columns = plan.one(tmp_path, f"{DATASET}.d").evidence.columns
    assert set(columns) == {
        Column("claims", "nhs_number", "STRING"),
        Column("claims", "home", "RECORD"),
        Column("claims", "home.postcode", "STRING"),
    }
