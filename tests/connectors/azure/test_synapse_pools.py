from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import Cloud, error, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_analytics import AUDIT, LAKE, SYNAPSE, SYNAPSES
from tests.connectors.azure.test_analytics import DOCS as OF_WORKSPACE
from tests.connectors.azure.test_storage import value
from tierwise.model.fact import NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

TYPE = f"{SYNAPSES}/sqlPools"
POOL = named(TYPE, "lake/pool").lower()
OFF = {"properties": {"state": "Disabled"}}
ROWS = [row(TYPE, "lake/pool", {"maxSizeBytes": 263882790666240, "storageAccountType": "GRS"})]
DOCS = {f"{POOL}/transparentdataencryption/current": {"properties": {"status": "Enabled"}}, f"{POOL}/extendedauditingsettings/default": OFF}


@pytest.fixture
def read(collect):
    def run(docs=None, lake=LAKE, rows=ROWS):
        workspace = [] if lake is None else [row(SYNAPSES, "lake", lake)]
        return collect(Cloud([*workspace, *rows], {**OF_WORKSPACE, **DOCS, **(docs or {})}), ALL_FACTS)[POOL]

    return run


def test_a_pool_is_read_whole_with_what_its_workspace_decides(read):
    found = read()
    assert found.kind is Kind.WAREHOUSE
    wanted = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.min_tls": "1.2",
        "network.public_endpoint": True,
        "network.ingress_any": True,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "logging.data_read": True,
        "retention.backup_days": 7,
        "recovery.point_in_time": False,
        "recovery.redundancy": "zone",
        "recovery.delete_protected": False,
        "access.external_principals": frozenset(),
    }
    assert {name: value(found.facts[name]) for name in wanted} == wanted
    assert Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/lake") in found.links


@pytest.mark.parametrize(
    ("own", "above", "recorded"),
    [(OFF, OFF, False), (AUDIT, OFF, True), (OFF, AUDIT, True), (error(403, "AuthorizationFailed"), AUDIT, True)],
)
def test_a_pool_is_audited_by_its_own_settings_or_its_workspaces(read, own, above, recorded):
    docs = {f"{POOL}/extendedauditingsettings/default": own, f"{SYNAPSE}/extendedauditingsettings/default": above}
    assert value(read(docs).facts["logging.data_read"]) is recorded


def test_a_pool_without_transparent_data_encryption_is_not_encrypted(read):
    facts = read({f"{POOL}/transparentdataencryption/current": {"properties": {"status": "Disabled"}}}).facts
    assert value(facts["encryption.at_rest"]) is False
    assert isinstance(facts["encryption.key_custody"], NotApplicable)


def test_a_pool_that_was_restored_is_a_copy(read):
    source = named(TYPE, "lake/first")
    assert Link(Rel.COPY_OF, source.lower()) in read(rows=[row(TYPE, "lake/pool", {"sourceDatabaseId": source})]).links


def test_what_was_denied_is_unknown(read):
    denied = {f"{POOL}/transparentdataencryption/current": error(403, "AuthorizationFailed"), SYNAPSE: error(403, "AuthorizationFailed")}
    facts = read(denied, lake=None).facts
    for name in ("encryption.at_rest", "network.public_endpoint", "access.local_auth_enabled"):
        assert isinstance(facts[name], Unknown)
        assert facts[name].reason is UnknownReason.PERMISSION_DENIED
