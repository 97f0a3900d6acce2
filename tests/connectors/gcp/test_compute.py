from __future__ import annotations

from typing import Any

from tests.connectors.gcp.cloud import PROJECT, Cloud, asset, binding
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.compute import DISK, REGIONAL, SNAPSHOT
from tierwise.model.resource import Link, Rel

SERVICES = ("compute",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
API = "https://www.googleapis.com/compute/v1/"
HOME = f"projects/{PROJECT}"


def disk(kind: str, path: str, data: dict, *bindings: dict) -> dict:
    data = {"selfLink": f"{API}{HOME}/{path}", "name": path.rpartition("/")[2], **data}
    return asset(kind, f"//compute.googleapis.com/{HOME}/{path}", data, policy={"bindings": list(bindings)})


PUBLIC = binding("compute.storageAdmin", "allAuthenticatedUsers")
ROWS = [
    disk(DISK, "zones/europe-west2-a/disks/d", {"id": "7", "sizeGb": "10", "diskEncryptionKey": {"kmsKeyName": f"{KEY}/cryptoKeyVersions/1"}}),
    disk(REGIONAL, "regions/europe-west2/disks/rd", {"sizeGb": "20"}),
    disk(SNAPSHOT, "global/snapshots/s", {"diskSizeGb": "10", "storageLocations": ["eu"], "sourceDisk": f"{API}{HOME}/zones/europe-west2-a/disks/d"}, PUBLIC),
]  # fmt: skip
DOCS: dict[str, Any] = {
    f"compute/compute/v1/{HOME}/aggregated/disks": {
        "items": {
            "zones/europe-west2-a": {"disks": [ROWS[0]["resource"]["data"]]},
            "regions/europe-west2": {"disks": [ROWS[1]["resource"]["data"]]},
            "zones/europe-west2-b": {"warning": {"code": "NO_RESULTS_ON_PAGE"}},
        }
    },
    f"compute/compute/v1/{HOME}/global/snapshots": {"items": [ROWS[2]["resource"]["data"]]},
    f"compute/compute/v1/{HOME}/global/snapshots/s/getIamPolicy": {"bindings": [PUBLIC]},
}


def test_a_disk_and_its_snapshot(collect):
    found = collect(Cloud(ROWS, DOCS), ALL_FACTS)
    zonal, regional, snapshot = (found[one["name"]] for one in ROWS)
    assert [one.region for one in (zonal, regional, snapshot)] == ["europe-west2", "europe-west2", "eu"]
    assert zonal.links == (Link(Rel.USES_KEY, KEY),)
    assert snapshot.links == (Link(Rel.COPY_OF, zonal.id),)
    assert said(zonal.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "network.public_endpoint": False,
        "network.ingress_any": "n/a",
        "network.private_endpoint": True,
        "recovery.delete_protected": "n/a",
        "logging.data_read": False,
        "logging.data_write": False,
        "volume.bytes": 10 * 1024**3,
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
    }
    assert said(regional.facts)["encryption.key_custody"] == "provider-owned"
    facts = said(snapshot.facts)
    assert (facts["access.any_authenticated"], facts["access.public_blocked"], facts["immutability.mode"]) == (True, False, "none")


def test_a_key_that_the_customer_hands_in_is_the_customers_and_links_to_none(collect):
    (found,) = collect(Cloud([disk(DISK, "zones/a-b1-c/disks/d", {"diskEncryptionKey": {"sha256": "x"}})]), ALL_FACTS).values()
    assert (said(found.facts)["encryption.key_custody"], found.links) == ("customer", ())


def test_zones_that_did_not_answer_leave_the_listing_open(collect):
    listed: dict[str, Any] = {**DOCS[f"compute/compute/v1/{HOME}/aggregated/disks"], "unreachables": ["zones/europe-west2-c"]}
    cloud = Cloud(ROWS, {**DOCS, f"compute/compute/v1/{HOME}/aggregated/disks": listed})
    cloud.denied = frozenset({"cloudasset.assets.listResource"})
    estate = collect(cloud)
    assert {gap.action for gap in estate.gaps} == {"compute.disks.list"}
    assert set(estate) == {ROWS[2]["name"]}
