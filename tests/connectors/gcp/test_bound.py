"""Custom roles that policies bind, and deny policies above what lets everybody in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.gcp.cloud import CHAIN, NUMBER, ORGANISATION, PROJECT, Cloud, asset, error
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tests.connectors.gcp.test_kms import ROWS as KEYS
from tests.connectors.gcp.test_storage import BARE
from tests.connectors.gcp.test_tags import bound as binding_of
from tierwise.access.google_deny import EVERYBODY
from tierwise.connectors.gcp.services.storage import TYPE
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Link, Rel

SERVICES = ("storage",)
READER, AUDITOR = f"projects/{PROJECT}/roles/reader", f"organizations/{ORGANISATION}/roles/auditor"
OUTSIDE = "serviceAccount:loader@elsewhere.iam.gserviceaccount.com"
_ROOTS = ("projects/1001", "folders/7", f"organizations/{ORGANISATION}")


def role(*permissions: str, **more: Any) -> dict[str, Any]:
    return {"name": READER, "includedPermissions": list(permissions), **more}


def denying(node: str, *permissions: str, **more: Any) -> dict[str, Any]:
    """A deny policy of a level, as it is listed and as it is read."""
    path = f"iam/v2/policies/cloudresourcemanager.googleapis.com/{node}/denypolicies"
    name = f"policies/cloudresourcemanager.googleapis.com%2F{node.replace('/', '%2F')}/denypolicies/d"
    denied = {"deniedPrincipals": [EVERYBODY], "exceptionPrincipals": [], "deniedPermissions": list(permissions), **more}
    return {path: {"policies": [{"name": name}]}, f"{path}/d": {"name": name, "rules": [{"denyRule": denied}]}}


def bound(name: str, *bindings: tuple[str, str], ancestors: tuple[str, ...] = CHAIN) -> dict[str, Any]:
    policy = {"bindings": [{"role": one, "members": [member]} for one, member in bindings]}
    return asset(
        TYPE, f"//storage.googleapis.com/{name}", {**BARE, "name": name, "iamConfiguration": {}}, policy=policy, ancestors=ancestors
    )


_TEST = {"expression": f"resource.matchTag('{ORGANISATION}/environment', 'test')"}
"""Of no level of the example."""
ROWS = [bound("bound", (READER, "allUsers"), (AUDITOR, OUTSIDE))]
_ROLES = {f"iam/v1/{READER}": role("storage.objects.get", "storage.objects.list"), f"iam/v1/{AUDITOR}": role("storage.buckets.get", stage="GA", deleted=False)}  # fmt: skip
DOCS = {
    **_ROLES,
    "storage/storage/v1/b": {"items": [one["resource"]["data"] for one in ROWS]},
    "storage/storage/v1/b/bound/iam": ROWS[0]["iamPolicy"],
    **{
        path: answer
        for node in _ROOTS
        for path, answer in denying(node, "storage.googleapis.com/objects.*", exceptionPermissions=[], denialCondition=_TEST).items()
    },
}  # fmt: skip


def facts_of(collect, cloud):
    (found,) = collect(cloud, ALL_FACTS).values()
    return found.facts


@pytest.mark.parametrize(
    ("answer", "reads", "writes"),
    [
        (role("storage.objects.get"), True, False),
        (role("storage.objects.create"), False, True),
        (role("storage.buckets.get", "compute.disks.use"), False, False),
        (role("storage.objects.get", deleted=True), False, False),
        (role("storage.objects.get", stage="DISABLED"), False, False),
        ({"name": READER}, False, False),
        (role("storage.objects.get", includedPermissions=3), "unknown", "unknown"),
        (error(403, "IAM_PERMISSION_DENIED"), "unknown", "unknown"),
    ],
)
def test_a_custom_role_gives_what_its_permissions_are(collect, answer, reads, writes):
    facts = facts_of(collect, Cloud([bound("b", (READER, "allUsers"))], {f"iam/v1/{READER}": answer}))
    assert [said(facts)[name] for name in ("access.anonymous_read", "access.anonymous_write")] == [reads, writes]


def test_a_custom_role_that_may_not_be_read_names_the_permission(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({"iam.roles.get"})
    found = facts_of(collect, cloud)["access.anonymous_read"]
    assert (found.reason, found.via.action) == (UnknownReason.PERMISSION_DENIED, "iam.roles.get")


def test_a_custom_role_is_read_once_and_where_none_is_bound_none_is(collect):
    cloud = Cloud([bound("a", (READER, OUTSIDE)), bound("b", (READER, OUTSIDE)), bound("c", ("roles/storage.admin", OUTSIDE))], _ROLES)
    collect(cloud, ALL_FACTS)
    assert cloud.asked(f"iam/v1/{READER}") == 1
    assert cloud.asked("/denypolicies") == 0


def test_a_custom_role_on_the_project_counts_at_its_stores_and_at_its_binding(collect):
    policy = {"bindings": [{"role": READER, "members": [OUTSIDE]}, {"role": AUDITOR, "members": [OUTSIDE]}]}
    level = f"//cloudresourcemanager.googleapis.com/projects/{NUMBER}"
    rows = [bound("b"), asset("cloudresourcemanager.googleapis.com/Project", level, {"projectId": PROJECT}, policy=policy)]
    escalating = {**_ROLES, f"iam/v1/{AUDITOR}": role("iam.serviceAccounts.actAs")}
    estate = collect(Cloud(rows, escalating), ALL_FACTS, services=("storage", "resourcemanager"))
    assert estate["//storage.googleapis.com/b"].facts["access.external_principals"].value == {"elsewhere"}
    reads, escalates = (estate[f"{level}#{one}"] for one in (READER, AUDITOR))
    assert (reads.links, said(reads.facts)["privilege.escalation"]) == ((Link(Rel.READS, "reads:storage:*"),), False)
    assert (escalates.links, said(escalates.facts)["privilege.escalation"]) == ((), True)
    cloud = Cloud(rows, escalating)
    cloud.denied = frozenset({"iam.roles.get"})
    lost = collect(cloud, services=("resourcemanager",))[f"{level}#{READER}"]
    assert [(link.rel, link.unknown and link.unknown.reason) for link in lost.links] == [(Rel.READS, UnknownReason.PERMISSION_DENIED)]


def test_a_custom_role_that_decrypts_counts_at_the_key(collect):
    key = {**KEYS[0], "iamPolicy": {"bindings": [{"role": READER, "members": ["domain:dept.example"]}]}}
    for permission, named in (("cloudkms.cryptoKeyVersions.useToDecrypt", False), ("cloudkms.cryptoKeys.get", True)):
        facts = facts_of(
            lambda cloud, wanted: collect(cloud, wanted, services=("kms",)), Cloud([key], {f"iam/v1/{READER}": role(permission)})
        )
        assert facts["key.decrypt_named_only"].value is named


@pytest.mark.parametrize("node", [f"projects/{NUMBER}", "folders/7", f"organizations/{ORGANISATION}"])
def test_a_deny_policy_at_any_level_outweighs_a_grant_to_everybody(collect, node):
    chain = (f"projects/{NUMBER}", "folders/7", f"organizations/{ORGANISATION}")
    rows = [bound("b", ("roles/storage.objectAdmin", "allUsers"), ("roles/storage.objectViewer", "allAuthenticatedUsers"), ancestors=chain)]
    reads = [f"storage.googleapis.com/objects.{one}" for one in ("get", "list")]
    names = ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated")
    assert [said(facts_of(collect, Cloud(rows)))[one] for one in names] == [True, True, True]
    assert [said(facts_of(collect, Cloud(rows, denying(node, *reads))))[one] for one in names] == [False, True, False]
    rows.append(binding_of("//storage.googleapis.com/projects/_/buckets/b", "1/a/b", ancestors=chain))
    for condition, left in (("matchTag('1/a', 'b')", False), ("matchTag('1/a', 'c')", True), ("matchTagId('tagKeys/1', 'tagValues/2')", "unknown"), ("hasTagKey('1/x')", True)):  # fmt: skip
        tagged = denying(node, "storage.googleapis.com/*.*", denialCondition={"expression": f"resource.{condition}"})
        assert [said(facts_of(collect, Cloud(rows, tagged)))[one] for one in names] == [left] * 3, condition
    cloud = Cloud(rows, denying(node, "storage.googleapis.com/*.*", denialCondition={"expression": "resource.hasTagKey('1/x')"}))
    cloud.denied = frozenset({"resourcemanager.hierarchyNodes.listEffectiveTags"})
    assert {facts_of(collect, cloud)[one].via.action for one in names} == cloud.denied


@pytest.mark.parametrize("action", ["iam.denypolicies.list", "iam.denypolicies.get"])
def test_deny_policies_that_may_not_be_read_leave_a_grant_to_everybody_open(collect, action):
    cloud = Cloud(
        [bound("b", ("roles/storage.objectViewer", "allUsers"))], denying(f"organizations/{ORGANISATION}", "a.googleapis.com/b.c")
    )
    cloud.denied = frozenset({action})
    facts = facts_of(collect, cloud)
    assert (facts["access.anonymous_read"].reason, facts["access.anonymous_read"].via.action) == (UnknownReason.PERMISSION_DENIED, action)
    assert facts["access.anonymous_write"].value is False, "what nobody grants needs no denial"
    levels = f"projects/{NUMBER}, organizations/{ORGANISATION}" if action.endswith("list") else f"organizations/{ORGANISATION}"
    assert facts["access.anonymous_read"].detail == (
        f"everybody is let in, unless a deny policy of {levels} takes that away, which could not be read (IAM_PERMISSION_DENIED)"
    )


def test_a_deny_policy_that_closes_it_settles_it_whatever_the_others_say(collect):
    cloud = Cloud(
        [bound("b", ("roles/storage.objectViewer", "allUsers"))], denying(f"projects/{NUMBER}", "storage.googleapis.com/objects.*")
    )
    cloud.faults[f"iam/v2/policies/cloudresourcemanager.googleapis.com/organizations/{ORGANISATION}"] = error(403, "IAM_PERMISSION_DENIED")
    assert facts_of(collect, cloud)["access.anonymous_read"].value is False
    cloud.docs |= denying(f"projects/{NUMBER}", "bigquery.googleapis.com/*.*")
    assert facts_of(collect, cloud)["access.anonymous_read"].via.action == "iam.denypolicies.list"
