from __future__ import annotations

import pytest

from tests.connectors.azure.cloud import Cloud, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import value
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

DISKS, SNAPSHOTS, SETS = "Microsoft.Compute/disks", "Microsoft.Compute/snapshots", "Microsoft.Compute/diskEncryptionSets"
DISK, SNAPSHOT, SET = (named(of, name).lower() for of, name in ((DISKS, "disk"), (SNAPSHOTS, "snap"), (SETS, "set")))
MACHINE = named("Microsoft.Compute/virtualMachines", "vm")
UNDER_SET = {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": SET.upper()}
SAFE = {
    "encryption": UNDER_SET,
    "networkAccessPolicy": "DenyAll",
    "publicNetworkAccess": "Disabled",
    "diskSizeBytes": 4294967296,
    "creationData": {"createOption": "Empty"},
}
COPY = {"encryption": UNDER_SET, "creationData": {"createOption": "Copy", "sourceResourceId": DISK.upper()}, "diskSizeBytes": 1}
KEY_SET = {"activeKey": {"keyUrl": "https://vault.vault.azure.net/keys/disks/1"}}
ROWS = [
    row(DISKS, "disk", SAFE, managedBy=MACHINE),
    row(SNAPSHOTS, "snap", COPY),
    row(SETS, "set", KEY_SET),
    row(DISKS, "open", {"diskSizeBytes": 1}),
]
DOCS: dict = {}


@pytest.fixture
def read(collect):
    def run(properties=None, rows=ROWS[1:3]):
        return collect(Cloud([row(DISKS, "disk", SAFE if properties is None else properties), *rows]), ALL_FACTS)

    return run


def test_a_disk_is_read_whole(read):
    found = read()[DISK]
    facts = {name: value(fact) for name, fact in found.facts.items()}
    wanted = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "network.public_endpoint": False,
        "volume.bytes": 4294967296,
        "recovery.delete_protected": False,
    }
    assert {name: facts[name] for name in wanted} == wanted
    assert isinstance(found.facts["network.ingress_any"], NotApplicable)
    assert found.links == (Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/disks"),)


def test_a_snapshot_is_a_copy_under_the_key_of_its_set(read):
    found = read()[SNAPSHOT]
    assert found.kind is Kind.SNAPSHOT
    assert value(found.facts["access.public_blocked"]) is True
    assert set(found.links) == {Link(Rel.USES_KEY, "https://vault.vault.azure.net/keys/disks"), Link(Rel.COPY_OF, DISK)}


def test_a_set_that_is_not_seen_leaves_its_key_unknown(read):
    (link,) = read(rows=[])[DISK].links
    assert (link.unknown.reason, link.unknown.via.action) == (
        UnknownReason.UNRESOLVED_REFERENCE,
        "Microsoft.Compute/diskEncryptionSets/read",
    )


@pytest.mark.parametrize(
    ("policy", "switch", "public", "private"),
    [
        ("AllowAll", "Enabled", True, False),
        ("AllowPrivate", "Enabled", False, True),
        ("DenyAll", "Enabled", False, True),
        ("AllowAll", "Disabled", False, True),
        (None, None, True, False),
    ],
)
def test_a_disk_is_exported_where_its_policy_lets_it(read, policy, switch, public, private):
    facts = read({**SAFE, "networkAccessPolicy": policy, "publicNetworkAccess": switch})[DISK].facts
    assert (value(facts["network.public_endpoint"]), value(facts["network.private_endpoint"])) == (public, private)


@pytest.mark.parametrize(
    ("kind", "custody"),
    [
        ("EncryptionAtRestWithPlatformKey", "provider-owned"),
        ("EncryptionAtRestWithPlatformAndCustomerKeys", "customer"),
        (None, "provider-owned"),
    ],
)
def test_the_type_of_encryption_says_whose_key_it_is(read, kind, custody):
    assert value(read({"encryption": {"type": kind}})[DISK].facts["encryption.key_custody"]) == custody
