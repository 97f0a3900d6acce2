from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import Cloud, error, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import settings, value
from tierwise.model.fact import UNLIMITED, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

STREAMS, QUEUES = "Microsoft.EventHub/namespaces", "Microsoft.ServiceBus/namespaces"
HUBS, BUS = named(STREAMS, "hubs").lower(), named(QUEUES, "bus").lower()
ACCOUNT = named("Microsoft.Storage/storageAccounts", "records")
SAFE = {
    "encryption": {
        "keySource": "Microsoft.KeyVault",
        "keyVaultProperties": [{"keyName": "bus", "keyVaultUri": "https://vault.vault.azure.net"}],
    },
    "minimumTlsVersion": "1.2",
    "disableLocalAuth": True,
    "publicNetworkAccess": "Enabled",
}
CLOSED = {"properties": {"defaultAction": "Deny", "ipRules": [{"ipMask": "203.0.113.0/24", "action": "Allow"}]}}
LOGGED = settings({"category": "RuntimeAuditLogs", "enabled": True}, storageAccountId=ACCOUNT)


def hub(name, capture=False, **properties):
    destination = {"properties": {"storageAccountResourceId": ACCOUNT}}
    return {"name": name, "properties": {**properties, "captureDescription": {"enabled": capture, "destination": destination}}}


def queue(name, life):
    return {"id": f"{BUS}/queues/{name}", "name": name, "properties": {"defaultMessageTimeToLive": life}}


ROWS = [row(STREAMS, "hubs", SAFE), row(QUEUES, "bus", SAFE)]
DOCS = {
    f"{HUBS}/eventhubs": {
        "value": [hub("visits", capture=True, messageRetentionInDays=7), hub("logins", retentionDescription={"retentionTimeInHours": 240})]
    },
    f"{HUBS}/networkrulesets/default": CLOSED,
    f"{HUBS}/providers/microsoft.insights/diagnosticsettings": LOGGED,
    f"{BUS}/queues": {"value": [queue("letters", "P14D")]},
    f"{BUS}/networkrulesets/default": CLOSED,
    f"{BUS}/providers/microsoft.insights/diagnosticsettings": LOGGED,
}


@pytest.fixture
def read(collect):
    def run(docs=None, rows=ROWS):
        return collect(Cloud(rows, {**DOCS, **(docs or {})}), ALL_FACTS)

    return run


@pytest.mark.parametrize("name", [HUBS, BUS, f"{BUS}/queues/letters"])
def test_a_namespace_decides_for_what_is_in_it(read, name):
    facts = {name: value(fact) for name, fact in read()[name].facts.items()}
    wanted = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "access.shared_key_enabled": False,
        "network.public_endpoint": True,
        "network.ingress_any": False,
        "logging.data_read": True,
    }
    assert {name: facts[name] for name in wanted} == wanted


def test_the_hub_that_keeps_longest_decides(read):
    found = read()[HUBS]
    assert value(found.facts["retention.delete_after_days"]) == 10
    assert found.evidence.description == "visits, logins"
    assert {Link(Rel.EXPORTS_TO, ACCOUNT.lower()), Link(Rel.LOGS_TO, ACCOUNT.lower())} <= set(found.links)


def test_a_hub_whose_retention_is_not_told_leaves_it_open(read):
    found = read({f"{HUBS}/eventhubs": {"value": [hub("a", messageRetentionInDays=7), hub("b")]}})[HUBS]
    assert found.facts["retention.delete_after_days"].between == (7, 90)


@pytest.mark.parametrize(
    ("lives", "days", "expires"),
    [(["P14D"], 14, True), (["P14D", "P10675199DT2H48M5.4775807S"], UNLIMITED, True), (["P10675199DT2H48M5.4775807S"], UNLIMITED, False)],
)
def test_the_queue_that_keeps_longest_decides_for_its_namespace(read, lives, days, expires):
    facts = read({f"{BUS}/queues": {"value": [queue(str(n), life) for n, life in enumerate(lives)]}})[BUS].facts
    assert (value(facts["retention.delete_after_days"]), value(facts["retention.expiry_configured"])) == (days, expires)


def test_a_queue_is_a_store_of_its_own_in_its_namespace(read):
    found = read()[f"{BUS}/queues/letters"]
    assert (found.kind, found.region) == (Kind.QUEUE, "uksouth")
    assert Link(Rel.MEMBER_OF, BUS) in found.links
    assert value(found.facts["retention.delete_after_days"]) == 14


def test_what_was_never_set_has_the_meaning_that_azure_documents(read):
    facts = read({f"{BUS}/networkrulesets/default": {"properties": {}}}, [row(QUEUES, "bus", {})])[BUS].facts
    assert (value(facts["encryption.key_custody"]), value(facts["access.shared_key_enabled"])) == ("provider-owned", True)
    assert value(facts["network.ingress_any"]) is True
    assert isinstance(facts["transport.min_tls"], Unknown)


def test_queues_that_cannot_be_listed_are_a_gap(collect):
    estate = collect(Cloud(ROWS[1:], {**DOCS, f"{BUS}/queues": error(403, "AuthorizationFailed")}))
    assert [(gap.action, gap.kinds) for gap in estate.gaps] == [(f"{QUEUES}/queues/read", {Kind.QUEUE})]
    assert len(estate[BUS].evidence.unread) == 1


@pytest.mark.parametrize(
    ("held", "keys"),
    [
        (
            [
                {"keyName": "bus", "keyVaultUri": "https://One.vault.azure.net/"},
                {"keyName": "old", "keyVaultUri": "https://two.vault.azure.net"},
            ],
            ["https://one.vault.azure.net/keys/bus", "https://two.vault.azure.net/keys/old"],
        ),
        ([], [""]),
        ([{"keyName": "bus"}], [""]),
        (None, [""]),
    ],
)
def test_each_key_of_a_namespace_opens_it_and_one_that_is_not_named_is_open(read, held, keys):
    encryption = {"keySource": "Microsoft.KeyVault", "keyVaultProperties": held}
    for kind, name in ((STREAMS, "hubs"), (QUEUES, "bus")):
        found = read(rows=[row(kind, name, {**SAFE, "encryption": encryption})])[named(kind, name).lower()]
        assert [one.to for one in found.links if one.rel is Rel.USES_KEY] == keys
        assert value(found.facts["encryption.key_custody"]) == "customer"


def test_a_setting_whose_logs_cannot_be_read_sends_what_nobody_knows(read):
    path = f"{HUBS}/providers/microsoft.insights/diagnosticsettings"
    broken = {"properties": {"logs": "all", "storageAccountId": ACCOUNT}}
    found = read({path: {"value": [broken]}})[HUBS]
    assert found.facts["logging.data_read"].reason is UnknownReason.UNPARSABLE
    assert Link(Rel.LOGS_TO, ACCOUNT.lower()) in found.links
    assert value(read({path: {"value": [broken, *LOGGED["value"]]}})[HUBS].facts["logging.data_read"]) is True
    assert value(read({path: {"value": [{"properties": {"metrics": []}}]}})[HUBS].facts["logging.data_read"]) is False
