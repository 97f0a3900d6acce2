from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import Cloud, error, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import value
from tierwise.model.fact import NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

TYPE = "Microsoft.Cache/redisEnterprise"
CLUSTER = named(TYPE, "sessions").lower()
DATABASES = f"{CLUSTER}/databases"
SAFE = {
    "hostName": "sessions.uksouth.redis.azure.net",
    "minimumTlsVersion": "1.2",
    "publicNetworkAccess": "Disabled",
    "privateEndpointConnections": [{"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}],
    "encryption": {"customerManagedKeyEncryption": {"keyEncryptionKeyUrl": "https://vault.vault.azure.net/keys/records/1"}},
}


def databases(*properties):
    return {"value": [{"name": "default", "properties": one} for one in properties]}


ENTRA, KEYS = {"clientProtocol": "Encrypted", "accessKeysAuthentication": "Disabled"}, {"accessKeysAuthentication": "Enabled"}
ROWS = [row(TYPE, "sessions", SAFE, zones=["1", "2", "3"])]
DOCS = {DATABASES: databases(ENTRA)}


@pytest.fixture
def read(collect):
    return lambda properties=SAFE, docs=DOCS, **more: collect(Cloud([row(TYPE, "sessions", properties, **more)], docs), ALL_FACTS)[CLUSTER]


def test_a_cluster_is_read_whole(read):
    found = read(zones=["1", "2", "3"])
    assert found.kind is Kind.CACHE
    assert found.links == (Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/records"),)
    assert isinstance(found.facts["network.ingress_any"], NotApplicable)
    wanted = {
        "encryption.key_custody": "customer",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "access.shared_key_enabled": False,
        "access.local_auth_enabled": False,
        "logging.data_read": False,
        "retention.backup_days": 0,
        "recovery.redundancy": "multi-zone",
        "access.external_principals": frozenset(),
    }
    assert {name: value(found.facts[name]) for name in wanted} == wanted


def test_a_bare_cluster_is_open_under_microsofts_key(read):
    facts = read({}, {DATABASES: databases({**KEYS, "clientProtocol": "Plaintext"})}).facts
    wanted = {
        "encryption.key_custody": "provider-owned",
        "transport.tls_required": False,
        "network.public_endpoint": True,
        "network.ingress_any": True,
        "access.shared_key_enabled": True,
        "recovery.redundancy": "zone",
    }
    assert {name: value(facts[name]) for name in wanted} == wanted
    assert isinstance(facts["transport.min_tls"], Unknown)


@pytest.mark.parametrize(
    ("listed", "tls", "keys"),
    [
        (databases(ENTRA, {**KEYS, "clientProtocol": "Plaintext"}), False, True),
        (databases(ENTRA, {}), UnknownReason.NOT_COLLECTED, UnknownReason.NOT_COLLECTED),
        (databases(), UnknownReason.NOT_COLLECTED, UnknownReason.NOT_COLLECTED),
        (error(403, "AuthorizationFailed"), UnknownReason.PERMISSION_DENIED, UnknownReason.PERMISSION_DENIED),
    ],
)
def test_the_weakest_database_decides(read, listed, tls, keys):
    facts = read(docs={DATABASES: listed}).facts
    for name, wanted in (("transport.tls_required", tls), ("access.shared_key_enabled", keys)):
        found = value(facts[name])
        assert (found.reason if isinstance(found, Unknown) else found) == wanted
