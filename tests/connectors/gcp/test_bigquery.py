from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import DOMAIN, PROJECT, Cloud, asset, binding
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.bigquery import DATASET, TABLE
from tierwise.model.fact import UNLIMITED, Unknown, UnknownReason
from tierwise.model.resource import Column, Link, Rel

SERVICES = ("bigquery",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
BASE = f"//bigquery.googleapis.com/projects/{PROJECT}/datasets/people"
PATH = f"bigquery/bigquery/v2/projects/{PROJECT}/datasets"
OWNERS = [{"role": "OWNER", "specialGroup": "projectOwners"}, {"role": "READER", "userByEmail": f"ann@{DOMAIN}"}]
SAFE = {
    "id": f"{PROJECT}:people",
    "datasetReference": {"projectId": PROJECT, "datasetId": "people"},
    "location": "EU",
    "friendlyName": "People",
    "access": OWNERS,
    "defaultEncryptionConfiguration": {"kmsKeyName": KEY},
    "defaultTableExpirationMs": "5184000000",
    "maxTimeTravelHours": "72",
}
TAXONOMY = f"projects/{PROJECT}/locations/eu/taxonomies/7"
TAGS = {
    "policyTags": [
        {"name": f"{TAXONOMY}/policyTags/1", "displayName": "Special category"},
        {"name": f"{TAXONOMY}/policyTags/2", "displayName": "NHS number", "parentPolicyTag": f"{TAXONOMY}/policyTags/1"},
    ]
}
SCHEMA = {"fields": [{"name": "nhs_number", "type": "STRING", "policyTags": {"names": [f"{TAXONOMY}/policyTags/2"]}}, {"name": "home", "type": "RECORD", "fields": [{"name": "postcode", "type": "STRING"}]}]}  # fmt: skip
TABLE_DATA = {"id": f"{PROJECT}:people.cases", "tableReference": {"projectId": PROJECT, "datasetId": "people", "tableId": "cases"}, "schema": SCHEMA, "numRows": "120000", "numBytes": "9000000", "tableConstraints": {"primaryKey": {"columns": ["nhs_number"]}}}  # fmt: skip


def dataset(data: dict) -> dict:
    return asset(DATASET, BASE, {**data, "datasetReference": SAFE["datasetReference"]})


def table(name: str, *bindings: dict) -> dict:
    return asset(TABLE, f"{BASE}/tables/{name}", TABLE_DATA, policy={"bindings": list(bindings)})


ROWS = [table("cases"), dataset(SAFE)]
DOCS = {
    PATH: {"datasets": [{"datasetReference": SAFE["datasetReference"]}]},
    f"{PATH}/people": SAFE,
    f"{PATH}/people/tables": {"tables": [{"tableReference": TABLE_DATA["tableReference"]}]},
    f"{PATH}/people/tables/cases": TABLE_DATA,
    f"datacatalog/v1/{TAXONOMY}/policyTags": TAGS,
}


def one(collect, data: dict, *more: dict, docs: dict | None = None):
    (found,) = collect(Cloud([dataset(data), *more], docs), ALL_FACTS).values()
    return found


def test_a_dataset_with_everything_set(collect):
    found = one(collect, SAFE, table("cases"), docs=DOCS)
    assert (found.region, found.links) == ("eu", (Link(Rel.USES_KEY, KEY),))
    assert set(found.evidence.columns) == {Column("cases", "nhs_number", "STRING", key=True, labels=("NHS number", "Special category")), Column("cases", "home", "RECORD"), Column("cases", "home.postcode", "STRING")}  # fmt: skip
    assert (found.evidence.description, found.evidence.rows, found.evidence.unread) == ("People", (("cases", 120000),), ())
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "logging.data_read": True,
        "logging.data_write": True,
        "transport.internode_encrypted": True,
        "transport.tls_required": True,
        "transport.min_tls": "1.0",
        "network.public_endpoint": "n/a",
        "network.ingress_any": "n/a",
        "network.private_endpoint": False,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
        "retention.backup_days": 3,
        "retention.expiry_configured": True,
        "retention.delete_after_days": 60,
        "recovery.point_in_time": True,
        "recovery.delete_protected": "n/a",
        "recovery.redundancy": "multi-zone",
        "volume.items": 120_000,
        "volume.bytes": 9_000_000,
    }


@pytest.mark.parametrize(("kind", "rows"), [("VIEW", 120_000), ("EXTERNAL", 120_000), ("TABLE", "unknown")])
def test_rows_are_told_where_every_table_that_holds_some_is_counted(collect, kind, rows):
    other = asset(TABLE, f"{BASE}/tables/other", {"tableReference": TABLE_DATA["tableReference"], "type": kind})
    assert said(one(collect, SAFE, table("cases"), other).facts)["volume.items"] == rows


def test_what_was_never_set(collect):
    facts = said(one(collect, {}).facts)
    assert (facts["encryption.key_custody"], facts["retention.backup_days"]) == ("provider-owned", 7)
    assert (facts["retention.expiry_configured"], facts["retention.delete_after_days"]) == (False, UNLIMITED)


@pytest.mark.parametrize(
    ("entry", "name", "value"),
    [
        ({"role": "READER", "specialGroup": "allAuthenticatedUsers"}, "access.any_authenticated", True),
        ({"role": "READER", "iamMember": "allUsers"}, "access.anonymous_read", True),
        ({"role": "WRITER", "iamMember": "allUsers"}, "access.anonymous_write", True),
        ({"role": "READER", "userByEmail": "x@other-prod.iam.gserviceaccount.com"}, "access.external_principals", {"other-prod"}),
        ({"role": "READER", "userByEmail": "x@gmail.com"}, "access.external_principals", {"gmail.com"}),
        ({"view": {"projectId": "other-prod", "datasetId": "d", "tableId": "t"}}, "access.external_principals", {"other-prod"}),
        ({"dataset": {"dataset": {"projectId": PROJECT, "datasetId": "d"}}}, "access.external_principals", frozenset()),
        ({"role": "READER", "groupByEmail": "team@agency.example"}, "access.external_principals", "unknown"),
    ],
)
def test_whom_access_entries_let_in(collect, entry, name, value):
    assert said(one(collect, {"access": [entry]}).facts)[name] == value


def test_a_table_of_its_own_policy_opens_the_dataset(collect):
    public = binding("bigquery.dataViewer", "allUsers")
    assert said(one(collect, SAFE, table("cases", public)).facts)["access.anonymous_read"] is True
    cloud = Cloud([dataset(SAFE), table("cases")], {f"{PATH}/people/tables/cases:getIamPolicy": {"bindings": [public]}})
    cloud.denied = frozenset({"cloudasset.assets.listIamPolicy"})
    (found,) = collect(cloud, ALL_FACTS).values()
    assert said(found.facts)["access.anonymous_read"] is True
    cloud.denied |= {"bigquery.tables.getIamPolicy"}
    (found,) = collect(cloud, ALL_FACTS).values()
    fact = found.facts["access.anonymous_read"]
    assert isinstance(fact, Unknown)
    assert (fact.reason, fact.via.action) == (UnknownReason.PERMISSION_DENIED, "bigquery.tables.getIamPolicy")


def test_tables_that_cannot_be_listed_are_evidence_that_is_missing(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({"cloudasset.assets.listResource", "bigquery.tables.list"})
    (found,) = collect(cloud).values()
    assert [one.via.action for one in found.evidence.unread] == ["bigquery.tables.list"]


def test_a_deep_schema_and_one_that_is_none_are_no_crash(collect):
    deep: dict = {"name": "x", "type": "RECORD"}
    for _ in range(200):
        deep = {"name": "x", "type": "RECORD", "fields": [deep]}
    schemas: tuple[object, ...] = ({"fields": [deep]}, {"fields": "x"}, [])
    for schema in schemas:
        made = asset(TABLE, f"{BASE}/tables/t", {**TABLE_DATA, "schema": schema})
        assert len(one(collect, SAFE, made).evidence.columns) <= 15


def test_policy_tags_that_may_not_be_read_leave_the_evidence_open(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({"datacatalog.taxonomies.get"})
    (found,) = collect(cloud).values()
    assert [(why.reason, why.via.action) for why in found.evidence.unread] == [
        (UnknownReason.PERMISSION_DENIED, "datacatalog.taxonomies.get")
    ]
    assert [column.labels for column in found.evidence.columns] == [()] * 3


def test_a_taxonomy_is_read_once_and_where_no_column_is_tagged_none_is(collect):
    plain = {**TABLE_DATA, "schema": {"fields": [{"name": "id", "type": "STRING", "policyTags": {}}]}, "numRows": "many"}
    for tables, asked in ((["a", "b"], 1), ([], 0)):
        cloud = Cloud([*(table(name) for name in tables), asset(TABLE, f"{BASE}/tables/plain", plain), dataset(SAFE)], DOCS)
        (found,) = collect(cloud).values()
        assert (cloud.asked("/policyTags"), len(found.evidence.rows)) == (asked, len(tables))


def test_tags_above_each_other_have_an_end(collect):
    ring = {"policyTags": [{"name": f"{TAXONOMY}/policyTags/2", "displayName": "Loop", "parentPolicyTag": f"{TAXONOMY}/policyTags/2"}]}
    (found,) = collect(Cloud(ROWS, {**DOCS, f"datacatalog/v1/{TAXONOMY}/policyTags": ring})).values()
    assert {column.labels for column in found.evidence.columns} == {(), ("Loop",)}
