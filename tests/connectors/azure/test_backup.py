from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import Cloud, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_compute import DISK, DISKS, MACHINE
from tests.connectors.azure.test_compute import SAFE as A_DISK
from tests.connectors.azure.test_storage import ACCOUNT, value
from tierwise.model.fact import Unknown
from tierwise.model.resource import Kind, Link, Rel

RECOVERY, BACKUP = "Microsoft.RecoveryServices/vaults", "Microsoft.DataProtection/backupVaults"
ITEMS, INSTANCES = f"{RECOVERY}/backupFabrics/protectionContainers/protectedItems", f"{BACKUP}/backupInstances"
VAULT, OTHER = named(RECOVERY, "vault").lower(), named(BACKUP, "safe").lower()
ITEM, INSTANCE = named(ITEMS, "vault/Azure/box/item").lower(), named(INSTANCES, "safe/blobs").lower()
SAFE = {
    "publicNetworkAccess": "Disabled",
    "encryption": {"keyVaultProperties": {"keyUri": "https://vault.vault.azure.net/keys/backup/1"}},
    "securitySettings": {"immutabilitySettings": {"state": "Locked"}},
}
UNDER_KEY = {
    "securitySettings": {
        "encryptionSettings": {"state": "Enabled", "keyVaultProperties": {"keyUri": "https://vault.vault.azure.net/keys/backup"}},
        "immutabilitySettings": {"state": "Unlocked"},
    }
}
ROWS = [
    row(RECOVERY, "vault", SAFE),
    row(BACKUP, "safe", UNDER_KEY),
    row(ITEMS, "vault/Azure/box/item", {"sourceResourceId": MACHINE}),
    row(INSTANCES, "safe/blobs", {"dataSourceInfo": {"resourceID": ACCOUNT.upper()}}),
]


@pytest.fixture
def read(collect):
    return lambda rows=ROWS: collect(Cloud(rows), ALL_FACTS)


def test_a_recovery_services_vault_is_read_whole(read):
    found = read()[VAULT]
    facts = {name: value(fact) for name, fact in found.facts.items()}
    wanted = {
        "encryption.key_custody": "customer",
        "immutability.mode": "compliance",
        "network.public_endpoint": False,
        "access.anonymous_read": False,
    }
    assert {name: facts[name] for name in wanted} == wanted
    assert isinstance(found.facts["immutability.min_days"], Unknown)
    assert found.links == (Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/backup"),)


def test_a_backup_vault_is_read_whole(read):
    facts = {name: value(fact) for name, fact in read()[OTHER].facts.items()}
    assert (facts["encryption.key_custody"], facts["immutability.mode"], facts["network.public_endpoint"]) == (
        "customer",
        "governance",
        True,
    )


@pytest.mark.parametrize("of", [RECOVERY, BACKUP])
def test_a_vault_with_nothing_set(read, of):
    facts = {name: value(fact) for name, fact in read([row(of, "bare", {})])[named(of, "bare").lower()].facts.items()}
    assert (facts["encryption.key_custody"], facts["immutability.mode"], facts["immutability.min_days"]) == ("provider-owned", "none", 0)
    assert facts["network.public_endpoint"] is True


def test_a_protected_item_selects_its_source_and_is_stored_in_its_vault(read):
    found = read()
    assert found[INSTANCE].kind is Kind.BACKUP_PLAN
    assert set(found[INSTANCE].links) == {Link(Rel.PROTECTS, ACCOUNT), Link(Rel.STORES_IN, OTHER)}
    assert Link(Rel.STORES_IN, VAULT) in found[ITEM].links


def test_the_backup_of_a_machine_protects_the_disks_attached_to_it(read):
    found = read([*ROWS, row(DISKS, "disk", A_DISK, managedBy=MACHINE.upper())])
    assert set(found[ITEM].links) == {Link(Rel.PROTECTS, DISK), Link(Rel.STORES_IN, VAULT)}


def test_an_item_that_does_not_name_its_source_may_protect_anything(read):
    (link,) = [one for one in read([row(ITEMS, "vault/Azure/box/item", {})])[ITEM].links if one.rel is Rel.PROTECTS]
    assert link.unknown is not None
