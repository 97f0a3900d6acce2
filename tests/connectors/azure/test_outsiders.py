from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.connectors.azure.cloud import GROUP, SUBSCRIPTION, TENANT, Cloud, Reply, error, named, resource_group, row, subscription
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_authorization import ABOVE, BLOB_READER, MEMBER, OWNER, READER, WHOLE, assignment, definition
from tests.connectors.azure.test_storage import ACCOUNT, account, value
from tierwise.connectors.azure.directory import LOOKUPS
from tierwise.connectors.azure.outsiders import ASSIGNMENT, DEFINITION, DELEGATED, OFFERED
from tierwise.connectors.azure_audience import MICROSOFT
from tierwise.model.fact import NotApplicable, Unknown, UnknownReason

EXTERNAL, CONDITIONED = "access.external_principals", "access.external_conditioned"
GUEST, APP, MACHINE, OURS, THEIRS = (f"bbbbbbbb-0000-0000-0000-00000000000{number}" for number in range(5))
STAFF, PARTNER, GONE = (
    "cccccccc-0000-0000-0000-000000000001",
    "99999999-9999-9999-9999-999999999999",
    "dddddddd-0000-0000-0000-000000000001",
)
CONTRIBUTOR, CRYPTO, BLOBS = (
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
    "Microsoft.Storage/storageAccounts",
)
BUILT_IN = [
    definition(OWNER, "Owner", actions=["*"]),
    definition(READER, "Reader", actions=["*/read"]),
    definition(
        CONTRIBUTOR, "Contributor", actions=["*"], notActions=["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"]
    ),
    definition(
        BLOB_READER, "Storage Blob Data Reader", dataActions=["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]
    ),
    definition(CRYPTO, "Key Vault Crypto Officer", dataActions=["Microsoft.KeyVault/vaults/keys/*"]),
]
USERS, APPLICATIONS = "/v1.0/users", "/v1.0/serviceprincipals"
PEOPLE, AGENTS = (f"/v1.0/groups/{STAFF}/transitivemembers/microsoft.graph.{kind}" for kind in ("user", "serviceprincipal"))
DIRECTORY: dict[str, Any] = {
    USERS: {"@odata.count": 1, "value": [{"id": GUEST.upper()}]},
    APPLICATIONS: {
        "value": [
            {"id": APP, "appOwnerOrganizationId": PARTNER.upper(), "servicePrincipalType": "Application"},
            {"id": OURS, "appOwnerOrganizationId": TENANT, "servicePrincipalType": "Application"},
            {"id": THEIRS, "appOwnerOrganizationId": min(MICROSOFT), "servicePrincipalType": "Application"},
            {"id": MACHINE, "appOwnerOrganizationId": None, "servicePrincipalType": "ManagedIdentity"},
        ]
    },
    PEOPLE: {"value": [{"id": GUEST}, {"id": MEMBER}]},
    AGENTS: {"value": [{"id": APP}, {"id": OURS}]},
}
BUS, VAULT = named("Microsoft.ServiceBus/namespaces", "bus"), named("Microsoft.KeyVault/vaults", "vault")
COSMOS = named("Microsoft.DocumentDB/databaseAccounts", "docs")
OFFER = {
    **row(OFFERED.type, "x", {"managedByTenantId": PARTNER.upper()}),
    "id": f"{WHOLE}/providers/Microsoft.ManagedServices/registrationDefinitions/Offer",
}


def delegation(scope, offer="offer"):
    offered = {"registrationDefinitionId": f"{WHOLE}/providers/Microsoft.ManagedServices/registrationDefinitions/{offer}"}
    return {**row(DELEGATED.type, "x", offered), "id": f"{scope}/providers/Microsoft.ManagedServices/registrationAssignments/d"}


DOCS = {**DIRECTORY, f"{COSMOS}/sqlRoleAssignments": {"value": [{"properties": {"principalId": MACHINE}}]}}
ROWS = [
    BUILT_IN[2],
    delegation(f"{WHOLE}/resourceGroups/other"),
    OFFER,
    assignment(ACCOUNT, BLOB_READER, "g", principalId=GUEST),
    assignment(BUS, CONTRIBUTOR, "h", principalId=APP, principalType="ServicePrincipal"),
    assignment(GROUP, BLOB_READER, "i", principalId=STAFF, principalType="Group"),
    assignment(VAULT, OWNER, "j", principalId=OURS, principalType="ServicePrincipal"),
]


def given(number=BLOB_READER, scope=WHOLE, **properties):
    """A tenant in which a role is given to somebody."""
    return Cloud([account(), *BUILT_IN, assignment(scope, number, **properties)], DIRECTORY)


@pytest.fixture
def told(collect):
    def run(cloud, resource=ACCOUNT):
        facts = collect(cloud, ALL_FACTS)[resource.lower()].facts
        return value(facts[EXTERNAL]), value(facts[CONDITIONED])

    return run


GUESTS, PARTNERS = frozenset({f"guest:{GUEST}"}), frozenset({PARTNER})


@pytest.mark.parametrize(
    ("cloud", "named_", "conditioned"),
    [
        (given(principalId=MEMBER), frozenset(), None),
        (given(principalId=GUEST), GUESTS, False),
        (given(principalId=GUEST.upper(), principalType="USER"), GUESTS, False),
        (given(principalId=GUEST, condition="@Resource[...]"), GUESTS, True),
        (given(CONTRIBUTOR, ABOVE, principalId=GUEST), GUESTS, False),
        (given(OWNER, "/", principalId=GUEST), GUESTS, False),
        (given(scope=f"{ACCOUNT}/blobServices/default/containers/one", principalId=GUEST), GUESTS, False),
        (given(READER, principalId=GUEST), frozenset(), None),
        (given(CRYPTO, principalId=GUEST), frozenset(), None),
        (given(scope=f"{ACCOUNT}2", principalId=GUEST), frozenset(), None),
        (given(scope=f"{GROUP}2", principalId=GUEST), frozenset(), None),
        (given(scope=ABOVE.replace("departments", "others"), principalId=GUEST), frozenset(), None),
        (given(principalId=APP, principalType="ServicePrincipal"), PARTNERS, False),
        (given(principalId=OURS, principalType="ServicePrincipal"), frozenset(), None),
        (given(principalId=THEIRS, principalType="ServicePrincipal"), frozenset(), None),
        (given(principalId=MACHINE, principalType="ServicePrincipal"), frozenset(), None),
        (given(principalId=GONE, principalType="ServicePrincipal"), frozenset(), None),
        (
            given(principalId=GONE, principalType="ServicePrincipal", delegatedManagedIdentityResourceId=f"{GROUP}/x"),
            frozenset({f"delegated:{GONE}"}),
            False,
        ),
        (given(principalId=STAFF, principalType="Group"), GUESTS | PARTNERS, False),
        (given(principalId=GONE, principalType="Group"), frozenset(), None),
        (given(principalId=GONE, principalType="ForeignGroup"), frozenset({f"foreign-group:{GONE}"}), False),
        (given(principalId=GONE, principalType="Device"), frozenset(), None),
        (given(principalId=STAFF, principalType=None), GUESTS | PARTNERS, False),
        (given(principalId=MEMBER, principalType="DirectoryObjectOrGroup"), frozenset(), None),
    ],
)
def test_who_from_outside_holds_a_role_that_reaches_an_account(told, cloud, named_, conditioned):
    found, bound = told(cloud)
    assert found == named_
    assert isinstance(bound, NotApplicable) if conditioned is None else bound is conditioned


def test_one_of_two_that_no_condition_binds_is_enough(told):
    cloud = given(principalId=GUEST, condition="@Resource[...]")
    cloud.rows.append(assignment(GROUP, CONTRIBUTOR, "b", principalId=APP, principalType="ServicePrincipal"))
    assert told(cloud) == (GUESTS | PARTNERS, False)


def everyone(**properties):
    """A tenant whose roles are given to guests, applications and groups alike."""
    held = [("User", GUEST), ("ServicePrincipal", APP), ("Group", STAFF), ("ForeignGroup", GONE)]
    rows = [assignment(WHOLE, BLOB_READER, kind, principalId=one, principalType=kind, **properties) for kind, one in held]
    return Cloud([account(), *BUILT_IN, *rows], DIRECTORY)


FAULTS = [
    (error(403, "Authorization_RequestDenied"), "permission-denied"),
    (error(429, "TooManyRequests", Retry_After="900"), "throttled"),
    (error(500, "InternalServerError"), "api-error"),
    (error(400, "Request_BadRequest"), "api-error"),
    (Reply(200, raw=b""), "unparsable"),
    (Reply(200, raw=b'{"value": [{"id"'), "unparsable"),
    (Reply(200, {}), "unparsable"),
    (Reply(200, {"value": None}), "unparsable"),
    (Reply(200, {"value": [{}]}), "unparsable"),
    (Reply(200, {"@odata.count": 3, "value": [{"id": MEMBER}]}), "api-error"),
]


@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda one: one.operation)
def test_a_list_that_cannot_be_read_leaves_it_open_and_keeps_who_is_known(told, lookup):
    every, _ = told(everyone())
    for fault, reason in FAULTS:
        cloud = everyone(condition="@Resource[...]")
        cloud.failing = {lookup.operation: fault}
        found, bound = told(cloud)
        assert isinstance(found, Unknown)
        assert bound is True, "a condition binds all of them, whoever they are"
        assert (found.reason, found.via.action) == (UnknownReason(reason), lookup.action)
        assert {f"foreign-group:{GONE}"} <= found.includes <= every


@pytest.mark.parametrize("condition", [None, "@Resource[...]"])
def test_who_may_be_from_outside_leaves_it_open_whether_all_are_bound(told, condition):
    cloud = given(principalId=GUEST, condition=condition)
    cloud.denied = frozenset({"User.Read.All"})
    found, bound = told(cloud)
    assert isinstance(found, Unknown)
    assert isinstance(bound, Unknown), "bound, or nobody"


def test_the_directory_is_not_asked_where_nobody_could_be_from_outside(told):
    for cloud in (given(READER, principalId=GUEST), given(principalId=GONE, principalType="ForeignGroup"), Cloud([account()])):
        told(cloud)
        assert cloud.hosts == {"management.azure.com"}
    cloud = given(principalId=MACHINE, principalType="ServicePrincipal")
    told(cloud)
    assert [path for _, path in cloud.calls if path.startswith("/v1.0")] == ["/v1.0/servicePrincipals"]


def test_lists_are_read_once_for_all_stores_of_all_subscriptions(collect):
    second = "33333333-3333-3333-3333-333333333333"
    cloud = everyone()
    cloud.rows += [subscription(second), *(account(), account())]
    for number, one in enumerate(cloud.rows[-2:]):
        one.update(id=f"{ACCOUNT}{number}".replace(SUBSCRIPTION, second), subscriptionId=second)
    cloud.rows += [{**one, "id": one["id"].replace(SUBSCRIPTION, second)} for one in cloud.rows if one["type"].endswith("/roleassignments")]
    for one in cloud.rows:
        if one["type"].endswith("/roleassignments") and second in one["id"]:
            one["properties"] = {**one["properties"], "scope": f"/subscriptions/{second}"}
    found = collect(cloud, ALL_FACTS)
    assert {one.facts[EXTERNAL] for one in found.values() if one.type == BLOBS} == {found[ACCOUNT].facts[EXTERNAL]}
    assert sorted(path.lower() for _, path in cloud.calls if path.startswith("/v1.0")) == sorted((USERS, APPLICATIONS, PEOPLE, AGENTS))
    assert cloud.graph_calls == 5


def test_roles_are_listed_where_the_chosen_services_do_not_list_them_and_only_if_asked(collect):
    cloud = given(principalId=GUEST)
    collect(cloud, frozenset({"transport.min_tls"}), services=("storage",))
    assert cloud.graph_calls == 2
    cloud = given(principalId=GUEST)
    assert value(collect(cloud, ALL_FACTS, services=("storage",))[ACCOUNT].facts[EXTERNAL]) == GUESTS
    assert cloud.graph_calls == 4


def test_only_ids_are_asked_for_and_counted(told):
    cloud = everyone()
    told(cloud)
    queries = {urlsplit(url).path: parse_qs(urlsplit(url).query) for url in cloud.urls if "graph.microsoft.com" in url}
    assert {one["$select"][0] for path, one in queries.items() if path != "/v1.0/servicePrincipals"} == {"id"}
    assert queries["/v1.0/users"]["$filter"] == ["userType eq 'Guest' or creationType eq 'Invitation'"]
    assert all(one["$count"] == ["true"] for one in queries.values())


def test_each_host_gets_the_token_of_its_own_audience(told):
    cloud = everyone()
    told(cloud)
    assert cloud.tokens_of == {
        "management.azure.com": {"Bearer token"},
        "graph.microsoft.com": {"Bearer token for https://graph.microsoft.com/.default"},
    }


def pages(following):
    def answer(times):
        return {"value": [{"id": MEMBER}], "@odata.nextLink": following} if times == 1 else {"value": [{"id": GUEST}]}

    return answer


HOME = "https://graph.microsoft.com"
NEXT = "users?$select=id&$count=true&$top=999&$filter=userType+eq+%27Guest%27+or+creationType+eq+%27Invitation%27&$skiptoken=abc"


def test_further_pages_are_read(told):
    cloud = given(principalId=GUEST)
    cloud.docs[USERS] = pages(f"{HOME}/v1.0/{NEXT}")
    assert told(cloud) == (GUESTS, False)


@pytest.mark.parametrize(
    "following",
    [
        f"https://evil.example/v1.0/{NEXT}",
        f"https://management.azure.com/v1.0/{NEXT}",
        f"https://graph.microsoft.com@evil.example/v1.0/{NEXT}",
        f"http://graph.microsoft.com/v1.0/{NEXT}",
        f"{HOME}/beta/{NEXT}",
        f"{HOME}/v1.0/{NEXT.replace('users', 'me/messages')}",
        f"{HOME}/v1.0/{NEXT.replace('$select=id', '$select=id,mail')}",
        f"{HOME}/v1.0/{NEXT.replace('$select=id&', '')}",
        f"{HOME}/v1.0/{NEXT}&$expand=manager",
        f"{HOME}/v1.0/{NEXT}&$select=mail",
        f"{HOME}/v1.0/users?$select=id&$skiptoken=abc",
    ],
)
def test_a_next_page_that_leads_elsewhere_is_not_fetched(told, following):
    cloud = given(principalId=GUEST)
    cloud.docs[USERS] = pages(following)
    found, _ = told(cloud)
    assert isinstance(found, Unknown)
    assert found.reason is UnknownReason.UNPARSABLE
    assert cloud.hosts == {"management.azure.com", "graph.microsoft.com"}
    assert sum(path == "/v1.0/users" for _, path in cloud.calls) == 1


def test_an_object_id_that_leads_elsewhere_is_not_asked_for(told):
    cloud = given(principalId="../../me", principalType="Group")
    found, _ = told(cloud)
    assert isinstance(found, Unknown)
    assert not any(path.startswith("/v1.0/groups") for _, path in cloud.calls)


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        (lambda cloud: cloud.rows[-1]["properties"].pop("principalId"), "does not say"),
        (lambda cloud: cloud.rows[-1].update(properties=None), "does not say"),
        (lambda cloud: cloud.rows[-1]["properties"].update(scope=None), "does not say"),
        (lambda cloud: cloud.rows[-1]["properties"].update(roleDefinitionId="/x/unheard-of"), "not among those"),
        (lambda cloud: cloud.rows[-2]["properties"].update(permissions=None), "permissions"),
        (lambda cloud: cloud.rows[-2]["properties"]["permissions"][0].update(actions="*"), "no list"),
        (lambda cloud: cloud.docs[APPLICATIONS]["value"][0].update(appOwnerOrganizationId=None), "who owns an application"),
    ],
)
def test_what_does_not_say_what_it_should_is_open(told, broken, detail):
    held = assignment(WHOLE, CRYPTO[:-1] + "4", principalId=APP, principalType="ServicePrincipal")
    applications = {"value": [dict(one) for one in DIRECTORY[APPLICATIONS]["value"]]}
    cloud = Cloud([account(), definition(CRYPTO[:-1] + "4", "Custom", "CustomRole", actions=["*"]), held], {APPLICATIONS: applications})
    broken(cloud)
    found, bound = told(cloud)
    assert isinstance(found, Unknown)
    assert detail in found.detail
    assert isinstance(bound, Unknown)


def test_a_role_that_is_not_seen_is_nothing_where_the_tenants_own_hold_it(told):
    assert told(given("0" * 8, principalId=MEMBER))[0] == frozenset()


@pytest.mark.parametrize("hidden", [ASSIGNMENT, DEFINITION, DELEGATED, OFFERED], ids=lambda one: one.type)
def test_what_the_caller_may_not_list_leaves_it_open(told, hidden):
    cloud = given(principalId=MEMBER)
    cloud.denied = frozenset({hidden.action})
    found, _ = told(cloud)
    assert isinstance(found, Unknown)
    assert (found.reason, found.via.action) == (UnknownReason.PERMISSION_DENIED, hidden.action)


def test_permissions_that_are_not_known_leave_it_open(told):
    cloud = given(principalId=MEMBER)
    cloud.denied = frozenset({"Microsoft.Authorization/permissions/read"})
    found, _ = told(cloud)
    assert isinstance(found, Unknown)


@pytest.mark.parametrize(
    ("scope", "expected"), [(WHOLE, PARTNERS), (GROUP.upper(), PARTNERS), (f"{WHOLE}/resourceGroups/other", frozenset())]
)
def test_tenants_to_which_a_resource_group_is_delegated_are_let_in(told, scope, expected):
    assert told(Cloud([account(), delegation(scope), OFFER]))[0] == expected


def test_a_delegation_to_somebody_unknown_is_open(told):
    found, _ = told(Cloud([account(), delegation(GROUP, "another"), OFFER]))
    assert isinstance(found, Unknown)


def vault(*policies, **properties):
    named_ = [{"tenantId": TENANT, "objectId": one, "permissions": {"secrets": ["get"]}} for one in policies]
    return row("Microsoft.KeyVault/vaults", "vault", {"tenantId": TENANT, "accessPolicies": named_, **properties})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([vault(GUEST)], GUESTS),
        ([vault(APP)], PARTNERS),
        ([vault(STAFF)], GUESTS | PARTNERS),
        ([vault(MEMBER, OURS)], frozenset()),
        ([vault(GUEST, enableRbacAuthorization=True)], frozenset()),
        ([vault(), assignment(VAULT, CRYPTO, principalId=GUEST)], frozenset()),
        ([vault(), assignment(VAULT, CONTRIBUTOR, principalId=GUEST)], GUESTS),
        ([vault(enableRbacAuthorization=True), assignment(VAULT, CRYPTO, principalId=GUEST)], frozenset()),
    ],
)
def test_a_vault_lets_in_whom_its_access_policies_name_or_roles_where_it_goes_by_them(told, rows, expected):
    assert told(Cloud([*rows, *BUILT_IN], DIRECTORY), VAULT)[0] == expected


def test_a_role_on_keys_opens_the_keys_and_not_the_secrets_of_a_vault(collect):
    key = f"{VAULT}/keys/k"
    keys = {f"{VAULT}/keys": {"value": [{"id": key, "name": "k", "properties": {"attributes": {"enabled": True}}}]}}
    rows = [vault(enableRbacAuthorization=True), *BUILT_IN, assignment(WHOLE, CRYPTO, principalId=GUEST)]
    found = collect(Cloud(rows, {**DIRECTORY, **keys}), ALL_FACTS)
    assert value(found[key.lower()].facts[EXTERNAL]) == GUESTS
    assert value(found[VAULT.lower()].facts[EXTERNAL]) == frozenset()


def test_a_reader_reads_the_entries_of_a_workspace(told):
    workspace = row("Microsoft.OperationalInsights/workspaces", "central", {"retentionInDays": 30})
    cloud = Cloud([workspace, *BUILT_IN, assignment(WHOLE, READER, principalId=GUEST)], DIRECTORY)
    assert told(cloud, workspace["id"])[0] == GUESTS


@pytest.mark.parametrize(
    ("account_", "roles", "expected"),
    [
        ({}, [{"properties": {"principalId": GUEST}}], GUESTS),
        ({}, [{"properties": {"principalId": MACHINE}}], frozenset()),
        ({}, [], frozenset()),
        ({}, [{"properties": None}], None),
        ({"capabilities": [{"name": "EnableCassandra"}]}, [], frozenset()),
        ({"capabilities": [{"name": "EnableTable"}]}, [], None),
    ],
)
def test_roles_of_a_cosmos_db_account_let_in_too(told, account_, roles, expected):
    one = row("Microsoft.DocumentDB/databaseAccounts", "docs", account_, kind="GlobalDocumentDB")
    found, _ = told(Cloud([one], {**DIRECTORY, f"{COSMOS}/sqlRoleAssignments": {"value": roles}}), COSMOS)
    assert isinstance(found, Unknown) if expected is None else found == expected


def test_a_tenant_without_guests_lets_nobody_in(told):
    cloud = Cloud([account(), *BUILT_IN, assignment(WHOLE, OWNER, principalId=MEMBER)], {USERS: {"@odata.count": 0, "value": []}})
    found, bound = told(cloud)
    assert found == frozenset()
    assert isinstance(bound, NotApplicable)


def test_hidden_groups_do_not_matter(told):
    cloud = given(principalId=GUEST)
    cloud.rows = [one for one in cloud.rows if one != resource_group()]
    assert told(cloud)[0] == GUESTS
