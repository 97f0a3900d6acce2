from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import NUMBER, PROJECT, Cloud, asset, binding
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.serviceaccounts import TYPE
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

SERVICES = ("iam",)
EMAIL = f"app@{PROJECT}.iam.gserviceaccount.com"
DATA = {"name": f"projects/{PROJECT}/serviceAccounts/{EMAIL}", "email": EMAIL, "uniqueId": "104", "displayName": "Casework"}
ID = f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/{EMAIL}"
KEYS = f"iam/v1/projects/{PROJECT}/serviceAccounts/{EMAIL}/keys"
LEVEL = f"//cloudresourcemanager.googleapis.com/projects/{NUMBER}"


def key(made: str, **more: object) -> dict:
    return {"keyType": "USER_MANAGED", "validAfterTime": made, "validBeforeTime": "9999-12-31T23:59:59Z", **more}


ROWS = [asset(TYPE, f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/104", DATA, policy={"bindings": []})]
DOCS = {
    f"iam/v1/projects/{PROJECT}/serviceAccounts": {"accounts": [DATA]},
    KEYS: {"keys": [key("2026-10-02T00:00:00Z"), key("2020-01-01T00:00:00Z", disabled=True)]},
}


def one(collect, docs: dict | None = None, *bindings: dict):
    row = {**ROWS[0], "iamPolicy": {"bindings": list(bindings)}}
    (found,) = collect(Cloud([row], {**DOCS, **(docs or {})}), ALL_FACTS).values()
    return found


def test_an_account_with_a_key_and_a_role(collect):
    found = one(collect, {f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy": {"bindings": [binding("editor", f"serviceAccount:{EMAIL}")]}})  # fmt: skip
    assert (found.id, found.kind, found.name) == (ID, Kind.ROLE, "app")
    assert {EMAIL, f"serviceAccount:{EMAIL}", "104"} <= set(found.aliases)
    assert found.evidence.description == "Casework"
    assert found.links == (Link(Rel.ATTACHES, f"{LEVEL}#roles/editor"),)
    assert said(found.facts) == {
        "privilege.admin": True,
        "privilege.escalation": False,
        "privilege.inline_wildcard": False,
        "privilege.wildcard_data_actions": False,
        "privilege.wildcard_data_resources": False,
        "privilege.condition_bound": True,
        "credential.active_keys": 1,
        "credential.oldest_key_days": 30,
        "credential.idle_days": "unknown",
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
    }


@pytest.mark.parametrize(
    ("keys", "count", "age"),
    [
        ([], 0, "n/a"),
        ([key("2026-01-01T00:00:00Z", validBeforeTime="2026-02-01T00:00:00Z")], 0, "n/a"),
        ([key("2026-10-31T00:00:00Z"), key("2025-11-01T00:00:00Z")], 2, 365),
        ([key("once")], 1, "unknown"),
    ],
)
def test_keys_that_work_and_the_oldest_of_them(collect, keys, count, age):
    facts = said(one(collect, {KEYS: {"keys": keys}}).facts)
    assert (facts["credential.active_keys"], facts["credential.oldest_key_days"]) == (count, age)


def test_somebody_of_another_project_may_act_as_it(collect):
    found = one(collect, None, binding("iam.serviceAccountTokenCreator", "serviceAccount:x@other-prod.iam.gserviceaccount.com"))
    assert said(found.facts)["access.external_principals"] == {"other-prod"}


def test_a_level_above_that_cannot_be_read_leaves_open_what_it_may_do(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({"resourcemanager.organizations.getIamPolicy"})
    (found,) = collect(cloud, ALL_FACTS).values()
    fact = found.facts["privilege.admin"]
    assert isinstance(fact, Unknown)
    assert (fact.reason, fact.via.action) == (UnknownReason.PERMISSION_DENIED, "resourcemanager.organizations.getIamPolicy")
    assert [(one.rel, one.to, one.waits) for one in found.links] == [(Rel.ATTACHES, "", False)]
