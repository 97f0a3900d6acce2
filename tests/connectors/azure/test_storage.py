from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import GROUP, SUBSCRIPTION, Cloud, error, named, resource_group, row, subscription
from tests.connectors.azure.conftest import ALL_FACTS
from tierwise.model.fact import UNLIMITED, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

TYPE = "Microsoft.Storage/storageAccounts"
ACCOUNT = named(TYPE, "records").lower()
SAFE = {
    "encryption": {
        "keySource": "Microsoft.Keyvault",
        "keyvaultproperties": {"keyvaulturi": "https://Vault.vault.azure.net/", "keyname": "records", "keyversion": "1"},
    },
    "supportsHttpsTrafficOnly": True,
    "minimumTlsVersion": "TLS1_2",
    "allowBlobPublicAccess": False,
    "allowSharedKeyAccess": False,
    "allowedCopyScope": "AAD",
    "allowCrossTenantReplication": False,
    "publicNetworkAccess": "Disabled",
    "networkAcls": {"defaultAction": "Deny", "ipRules": []},
    "privateEndpointConnections": [{"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}],
    "keyCreationTime": {"key1": "2026-01-01T00:00:00.1234567Z", "key2": "2026-10-01T00:00:00Z"},
    "primaryEndpoints": {"blob": "https://records.blob.core.windows.net/"},
}
BLOBS, CONTAINERS = f"{ACCOUNT}/blobservices/default", f"{ACCOUNT}/blobservices/default/containers"
LOGS = f"{BLOBS}/providers/microsoft.insights/diagnosticsettings"
POLICY = f"{ACCOUNT}/managementpolicies/default"
WORKSPACE = named("Microsoft.OperationalInsights/workspaces", "central")


def account(properties=None, kind="StorageV2", sku="Standard_GRS", **more):
    return row(TYPE, "records", SAFE if properties is None else properties, kind=kind, sku={"name": sku}, **more)


def container(name, **properties):
    return {"name": name, "properties": {"publicAccess": "None", "hasImmutabilityPolicy": False, "hasLegalHold": False, **properties}}


def settings(*logs, **targets):
    return {"value": [{"properties": {"logs": list(logs), **targets}}]}


SCOPE_KEY = "https://Scopes.vault.azure.net/keys/people/1"
DOCS = {
    BLOBS: {
        "properties": {
            "isVersioningEnabled": True,
            "deleteRetentionPolicy": {"enabled": True, "days": 30},
            "restorePolicy": {"enabled": True, "days": 7},
            "cors": {"corsRules": []},
        }
    },
    CONTAINERS: {"value": [container("one")]},
    POLICY: {
        "properties": {
            "policy": {
                "rules": [
                    {
                        "enabled": True,
                        "definition": {
                            "filters": {"blobTypes": ["blockBlob"]},
                            "actions": {
                                "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 365}},
                                "version": {"delete": {"daysAfterCreationGreaterThan": 90}},
                            },
                        },
                    }
                ]
            }
        }
    },
    LOGS: settings(
        {"category": "StorageRead", "enabled": True},
        {"categoryGroup": "allLogs", "enabled": False},
        {"category": "StorageWrite", "enabled": True},
        {"category": "StorageDelete", "enabled": True},
        workspaceId=WORKSPACE,
    ),
}

OPEN = named(TYPE, "open").lower()
ROWS = [
    account(),
    row(
        TYPE,
        "open",
        {"encryption": {"keySource": "Microsoft.Storage"}, "supportsHttpsTrafficOnly": False},
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
    ),
]
ROWS.append(row(TYPE, "shares", {**SAFE, "networkAcls": None}, kind="FileStorage", sku={"name": "Premium_LRS"}))
ROWS.append(
    row(
        TYPE,
        "general",
        {**SAFE, "primaryEndpoints": {one: f"https://general.{one}.core.windows.net/" for one in ("blob", "file", "queue", "table")}},
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
    )
)
GENERAL = named(TYPE, "general").lower()
INSIDE = {"file": "shares", "queue": "queues", "table": "tables"}
ALL_LOGS = settings({"categoryGroup": "allLogs", "enabled": True}, workspaceId=WORKSPACE)
SCOPES = f"{ACCOUNT}/encryptionscopes"
DOCS |= {
    SCOPES: {
        "value": [
            {
                "name": "own",
                "properties": {
                    "source": "Microsoft.KeyVault",
                    "state": "Enabled",
                    "keyVaultProperties": {"keyUri": "https://vault.vault.azure.net/keys/records"},
                },
            }
        ]
    },
    f"{OPEN}/blobservices/default": {"properties": {}},
    f"{OPEN}/blobservices/default/containers": {"value": [container("all", publicAccess="Blob")]},
    f"{OPEN}/managementpolicies/default": error(404, "ManagementPolicyNotFound"),
    **{f"{GENERAL}/{one}services/default/{inside}": {"value": [{"name": "one"}]} for one, inside in INSIDE.items()},
    **{f"{GENERAL}/{one}services/default/providers/microsoft.insights/diagnosticsettings": ALL_LOGS for one in ("blob", *INSIDE)},
    f"{GENERAL}/blobservices/default": {"properties": {"deleteRetentionPolicy": {"enabled": True, "days": 30}}},
    f"{GENERAL}/fileservices/default": {"properties": {"shareDeleteRetentionPolicy": {"enabled": True, "days": 14}}},
    f"{named(TYPE, 'shares')}/fileservices/default": {"properties": {"shareDeleteRetentionPolicy": {"enabled": True, "days": 14}}},
}


@pytest.fixture
def records(collect):
    """The account with some properties, and answers of its services, after all reads."""

    def run(properties=None, docs=None, **more):
        return collect(Cloud([account(properties, **more)], {**DOCS, **(docs or {})}), ALL_FACTS)[ACCOUNT]

    return run


def value(fact):
    return fact.value if isinstance(fact, Known) else fact


def test_a_safe_account_is_read_whole(records):
    found = records()
    facts = {name: value(fact) for name, fact in found.facts.items()}
    assert found.kind is Kind.OBJECT_STORE
    assert (found.account, found.region, found.name, found.unit) == (SUBSCRIPTION, "uksouth", "records", "departments")
    wanted = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.public_blocked": True,
        "access.shared_key_enabled": False,
        "access.bearer_link_max_hours": 168,
        "access.website_enabled": False,
        "access.cors_any_origin": False,
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "recovery.versioning": True,
        "recovery.soft_delete_days": 30,
        "recovery.point_in_time": True,
        "recovery.redundancy": "multi-region",
        "retention.expiry_configured": True,
        "retention.delete_after_days": 365,
        "retention.noncurrent_days": 90,
        "retention.legal_hold": False,
        "immutability.mode": "none",
        "logging.data_read": True,
        "logging.data_write": True,
    }
    assert {name: facts[name] for name in wanted} == wanted
    assert isinstance(facts["network.ingress_any"], NotApplicable)
    assert set(found.links) == {Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/records"), Link(Rel.LOGS_TO, WORKSPACE.lower())}


def test_what_was_never_set_has_the_meaning_that_azure_documents(records):
    facts = {
        name: value(fact)
        for name, fact in records({"encryption": {"keySource": "Microsoft.Storage"}, "supportsHttpsTrafficOnly": True}).facts.items()
    }
    assert facts["encryption.key_custody"] == "provider-owned"
    assert facts["transport.min_tls"] == "1.0"
    assert facts["access.public_blocked"] is False
    assert facts["access.shared_key_enabled"] is True
    assert facts["network.public_endpoint"] is True
    assert facts["network.ingress_any"] is True
    assert facts["access.bearer_link_max_hours"] == UNLIMITED


def test_fields_that_have_no_documented_meaning_when_absent_are_unknown(records):
    facts = records({}, sku="").facts
    for name in ("encryption.key_custody", "transport.tls_required", "recovery.redundancy"):
        assert isinstance(facts[name], Unknown), name


@pytest.mark.parametrize(
    ("allowed", "level", "expected"),
    [(True, "Blob", True), (True, "Container", True), (True, "None", False), (False, "Container", False), (None, "Blob", True)],
)
def test_an_open_container_makes_the_account_open_where_its_switch_allows_it(records, allowed, level, expected):
    properties = {**SAFE, "allowBlobPublicAccess": allowed}
    found = records(properties, {CONTAINERS: {"value": [container("one"), container("two", publicAccess=level)]}})
    assert value(found.facts["access.anonymous_read"]) is expected


def test_the_container_of_a_website_leaves_open_whether_it_is_served(records):
    found = records(None, {CONTAINERS: {"value": [container("$web")]}})
    assert found.facts["access.website_enabled"].reason is UnknownReason.NOT_SUPPORTED
    assert isinstance(found.facts["access.anonymous_read"], Unknown)


@pytest.mark.parametrize(
    ("containers", "mode", "days"),
    [
        ([], "none", 0),
        ([("Locked", 30)], "compliance", 30),
        ([("Locked", 30), ("Unlocked", 7)], "governance", 7),
        ([("Locked", 30), None], "none", 0),
    ],
)
def test_the_weakest_container_decides_how_immutable_it_is(records, containers, mode, days):
    listed = [
        container(str(n))
        if one is None
        else container(
            str(n),
            hasImmutabilityPolicy=True,
            immutabilityPolicy={"properties": {"state": one[0], "immutabilityPeriodSinceCreationInDays": one[1]}},
        )
        for n, one in enumerate(containers)
    ]
    found = records(None, {CONTAINERS: {"value": listed}})
    assert (value(found.facts["immutability.mode"]), value(found.facts["immutability.min_days"])) == (mode, days)


def test_a_policy_that_the_listing_does_not_describe_is_no_guess(records):
    found = records(None, {CONTAINERS: {"value": [container("one", hasImmutabilityPolicy=True, hasLegalHold=True)]}})
    assert found.facts["immutability.mode"].between == ("governance", "compliance")
    assert value(found.facts["retention.legal_hold"]) is True


def test_the_policy_of_the_account_comes_before_its_containers(records):
    worm = {"enabled": True, "immutabilityPolicy": {"state": "Locked", "immutabilityPeriodSinceCreationInDays": 400}}
    found = records({**SAFE, "immutableStorageWithVersioning": worm})
    assert (value(found.facts["immutability.mode"]), value(found.facts["immutability.min_days"])) == ("compliance", 400)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"defaultAction": "Allow"}, True),
        ({"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24", "action": "Allow"}]}, False),
        ({"defaultAction": "Deny", "ipRules": [{"value": "0.0.0.0/1"}, {"value": "128.0.0.0/1"}]}, True),
    ],
)
def test_network_rules_say_whether_the_internet_is_admitted(records, rules, expected):
    found = records({**SAFE, "publicNetworkAccess": "Enabled", "networkAcls": rules})
    assert value(found.facts["network.ingress_any"]) is expected


@pytest.mark.parametrize(
    ("properties", "inside"),
    [
        ({"publicNetworkAccess": "SecuredByPerimeter"}, True),
        ({"allowedCopyScope": "AAD", "allowCrossTenantReplication": False}, True),
        ({"allowedCopyScope": "PrivateLink", "allowCrossTenantReplication": False}, True),
        ({"allowedCopyScope": "All", "allowCrossTenantReplication": False}, False),
        ({"allowCrossTenantReplication": False}, False),
        ({"allowedCopyScope": "AAD", "allowCrossTenantReplication": True}, False),
        ({}, False),
    ],
)
def test_data_stays_inside_a_perimeter_or_where_neither_copies_nor_replication_leave_the_tenant(records, properties, inside):
    assert value(records({"publicNetworkAccess": "Enabled", **properties}).facts["access.organisation_perimeter"]) is inside


def test_replication_that_was_never_set_depends_on_when_the_account_was_made(records):
    assert isinstance(records({"allowedCopyScope": "AAD"}).facts["access.organisation_perimeter"], Unknown)


def test_rules_of_a_perimeter_are_not_guessed(records):
    found = records({**SAFE, "publicNetworkAccess": "SecuredByPerimeter"})
    assert isinstance(found.facts["network.ingress_any"], Unknown)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (None, UNLIMITED),
        ({"sasExpirationPeriod": "1.12:00:00", "expirationAction": "Block"}, 36),
        ({"sasExpirationPeriod": "1.00:00:00", "expirationAction": "Log"}, UNLIMITED),
    ],
)
def test_a_policy_that_only_logs_limits_no_signature(records, policy, expected):
    found = records({**SAFE, "allowSharedKeyAccess": True, "sasPolicy": policy})
    assert value(found.facts["access.bearer_link_max_hours"]) == expected


def test_the_older_key_counts_and_keys_that_open_nothing_do_not(records):
    assert isinstance(records().facts["credential.oldest_key_days"], NotApplicable)
    assert value(records({**SAFE, "allowSharedKeyAccess": True}).facts["credential.oldest_key_days"]) == 303
    old = records({**SAFE, "allowSharedKeyAccess": True, "keyCreationTime": {"key1": None, "key2": "2026-10-01T00:00:00Z"}})
    assert old.facts["credential.oldest_key_days"].between == (31, UNLIMITED)


def test_only_settings_of_the_blob_service_record_reads_and_changes(records):
    found = records(None, {LOGS: settings({"category": "StorageRead", "enabled": True}, storageAccountId=ACCOUNT)})
    assert value(found.facts["logging.data_read"]) is True
    assert value(found.facts["logging.data_write"]) is False
    found = records(
        None,
        {
            LOGS: settings(
                {"categoryGroup": "audit", "enabled": True},
                eventHubAuthorizationRuleId=f"{GROUP}/providers/Microsoft.EventHub/namespaces/hub/authorizationRules/all",
            )
        },
    )
    assert value(found.facts["logging.data_write"]) is True
    assert Link(Rel.LOGS_TO, f"{GROUP}/providers/microsoft.eventhub/namespaces/hub".lower()) in found.links


def test_an_account_of_file_shares_is_judged_by_its_file_service(collect):
    shares = f"{ACCOUNT}/fileservices/default"
    docs = {
        shares: {"properties": {"shareDeleteRetentionPolicy": {"enabled": True, "days": 14}}},
        f"{shares}/providers/microsoft.insights/diagnosticsettings": settings(
            {"categoryGroup": "allLogs", "enabled": True}, workspaceId=WORKSPACE
        ),
    }
    cloud = Cloud([account(kind="FileStorage", sku="Premium_ZRS")], docs)
    found = collect(cloud, ALL_FACTS)[ACCOUNT]
    assert found.kind is Kind.FILE_SHARE
    assert value(found.facts["recovery.soft_delete_days"]) == 14
    assert value(found.facts["logging.data_read"]) is True
    assert value(found.facts["recovery.redundancy"]) == "multi-zone"
    assert cloud.asked("containers") == 0


def test_without_a_policy_nothing_is_deleted_by_age(records):
    found = records(None, {POLICY: error(404, "ManagementPolicyNotFound")})
    assert value(found.facts["retention.expiry_configured"]) is False
    assert value(found.facts["retention.delete_after_days"]) == UNLIMITED


@pytest.mark.parametrize("narrow", [{"prefixMatch": ["logs/"]}, {"blobTypes": ["appendBlob"]}, {"blobIndexMatch": [{"name": "a"}]}])
def test_a_rule_for_some_blobs_is_no_rule_for_all(records, narrow):
    rule = {
        "definition": {
            "filters": {"blobTypes": ["blockBlob"], **narrow},
            "actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 30}}},
        }
    }
    found = records(None, {POLICY: {"properties": {"policy": {"rules": [rule]}}}})
    assert value(found.facts["retention.expiry_configured"]) is True
    assert value(found.facts["retention.delete_after_days"]) == UNLIMITED


def test_before_the_details_the_logs_wait_and_nothing_below_the_account_is_read(collect):
    cloud = Cloud([account()], DOCS)
    found = collect(cloud)[ACCOUNT]
    assert [link.waits for link in found.links if link.rel is Rel.LOGS_TO] == [True]
    assert [path for _, path in cloud.calls if ACCOUNT in path.lower()] == []
    assert found.facts["logging.data_read"].reason is UnknownReason.NOT_COLLECTED
    assert value(found.facts["access.public_blocked"]) is True


@pytest.mark.parametrize(
    ("denied", "names"),
    [
        (f"{TYPE}/blobServices/read", ("recovery.versioning", "recovery.soft_delete_days", "access.cors_any_origin")),
        (f"{TYPE}/blobServices/containers/read", ("access.anonymous_read", "immutability.mode", "retention.legal_hold")),
        (f"{TYPE}/managementPolicies/read", ("retention.expiry_configured", "retention.delete_after_days")),
        ("Microsoft.Insights/diagnosticSettings/read", ("logging.data_read", "logging.data_write")),
    ],
)
def test_a_denied_read_is_unknown_and_names_its_action(collect, denied, names):
    cloud = Cloud([account()], DOCS)
    cloud.denied = frozenset({denied})
    facts = collect(cloud, ALL_FACTS)[ACCOUNT].facts
    for name in names:
        assert isinstance(facts[name], Unknown), name
        assert (facts[name].reason, facts[name].via.action) == (UnknownReason.PERMISSION_DENIED, denied)


def test_a_denied_log_setting_does_not_wait_but_is_unknown(collect):
    cloud = Cloud([account()], DOCS)
    cloud.denied = frozenset({"Microsoft.Insights/diagnosticSettings/read"})
    (link,) = [one for one in collect(cloud, ALL_FACTS)[ACCOUNT].links if one.rel is Rel.LOGS_TO]
    assert (link.to, link.waits, link.unknown.reason) == ("", False, UnknownReason.PERMISSION_DENIED)


def test_tenants_to_which_a_subscription_is_delegated_are_let_in(collect):
    containers = [subscription(managedByTenants=[{"tenantId": "99999999-9999-9999-9999-999999999999"}]), resource_group()]
    found = collect(Cloud([account()], DOCS, containers), ALL_FACTS)[ACCOUNT]
    assert value(found.facts["access.external_principals"]) == frozenset({"99999999-9999-9999-9999-999999999999"})


OWN = {"name": "own", "properties": {"source": "Microsoft.KeyVault", "keyVaultProperties": {"keyUri": SCOPE_KEY}}}
WEAK = {"name": "weak", "properties": {"source": "Microsoft.Storage", "state": "Enabled"}}
OFF = {"name": "weak", "properties": {"source": "Microsoft.Storage", "state": "Disabled"}}
BARRED = {"defaultEncryptionScope": "$account-encryption-key", "denyEncryptionScopeOverride": True}


@pytest.mark.parametrize(
    ("scopes", "containers", "custody"),
    [
        ([], [container("one")], "customer"),
        ([OWN], [container("one")], "customer"),
        ([OWN, OFF], [container("one")], "customer"),
        ([WEAK], [], "customer"),
        ([WEAK], [container("one")], "provider-owned"),
        ([WEAK], [container("one", **BARRED)], "customer"),
        ([WEAK], [container("one", **BARRED), container("two")], "provider-owned"),
        ([WEAK], [container("one", **{**BARRED, "defaultEncryptionScope": "weak"})], "provider-owned"),
    ],
)
def test_blobs_may_be_under_any_scope_that_is_not_barred(records, scopes, containers, custody):
    found = records(docs={SCOPES: {"value": scopes}, CONTAINERS: {"value": containers}})
    assert value(found.facts["encryption.key_custody"]) == custody
    keys = {one.to for one in found.links if one.rel is Rel.USES_KEY}
    assert ("https://scopes.vault.azure.net/keys/people" in keys) is (OWN in scopes)


@pytest.mark.parametrize(("path", "action"), [(SCOPES, "encryptionScopes"), (CONTAINERS, "blobServices/containers")])
def test_scopes_or_containers_that_are_denied_leave_the_custody_open(records, path, action):
    fact = records(docs={SCOPES: {"value": [WEAK]}, path: error(403, "AuthorizationFailed")}).facts["encryption.key_custody"]
    assert (fact.reason, fact.via.action) == (UnknownReason.PERMISSION_DENIED, f"{TYPE}/{action}/read")
    assert fact.between == ("provider-owned", "customer")


def test_scopes_of_an_account_under_microsofts_key_are_not_read(collect):
    cloud = Cloud([ROWS[1]], DOCS)
    assert value(collect(cloud, ALL_FACTS)[OPEN].facts["encryption.key_custody"]) == "provider-owned"
    assert cloud.asked("/encryptionscopes") == 0


DENIED = error(403, "AuthorizationFailed")
EMPTY: dict[str, object] = {"value": []}


def logs_of(service):
    return f"{GENERAL}/{service}services/default/providers/microsoft.insights/diagnosticsettings"


def listing_of(service):
    return f"{GENERAL}/{service}services/default/{INSIDE[service]}"


@pytest.mark.parametrize(
    ("docs", "recorded", "kept"),
    [
        ({}, True, 14),
        ({logs_of("table"): EMPTY}, False, 14),
        ({logs_of("table"): EMPTY, listing_of("table"): EMPTY}, True, 14),
        ({logs_of("queue"): DENIED}, UnknownReason.PERMISSION_DENIED, 14),
        ({listing_of("queue"): DENIED}, True, 14),
        ({listing_of("queue"): DENIED, logs_of("queue"): EMPTY}, UnknownReason.PERMISSION_DENIED, 14),
        ({listing_of("file"): EMPTY, logs_of("file"): EMPTY}, True, 30),
        ({listing_of("file"): DENIED}, True, UnknownReason.PERMISSION_DENIED),
        ({f"{GENERAL}/fileservices/default": {"properties": {}}}, True, 0),
        ({f"{GENERAL}/fileservices/default": DENIED}, True, UnknownReason.PERMISSION_DENIED),
        ({f"{GENERAL}/blobservices/default": {"properties": {}}, listing_of("file"): DENIED}, True, 0),
        ({logs_of("blob"): EMPTY}, False, 14),
    ],
)
def test_files_queues_and_tables_count_where_there_are_any(collect, docs, recorded, kept):
    found = collect(Cloud([one for one in ROWS if one["name"] == "general"], {**DOCS, **docs}), ALL_FACTS)[GENERAL]
    told = {name: value(fact) for name, fact in found.facts.items()}
    assert reason_or(told["logging.data_read"]) == reason_or(told["logging.data_write"]) == recorded
    assert reason_or(told["recovery.soft_delete_days"]) == kept


def reason_or(told):
    return told.reason if isinstance(told, Unknown) else told


def test_a_service_that_the_account_does_not_have_is_not_asked(collect):
    cloud = Cloud([account()], DOCS)
    collect(cloud, ALL_FACTS)
    assert not [path for _, path in cloud.calls if any(f"/{one}services/" in path.lower() for one in INSIDE)]


def test_the_logs_of_every_service_have_their_links(collect):
    other = settings({"categoryGroup": "allLogs", "enabled": True}, storageAccountId=OPEN)
    found = collect(Cloud([one for one in ROWS if one["name"] == "general"], {**DOCS, logs_of("queue"): other}), ALL_FACTS)[GENERAL]
    assert {link.to for link in found.links if link.rel is Rel.LOGS_TO} == {WORKSPACE.lower(), OPEN}
