"""Compute Engine disks, zonal and regional, and snapshots, with their IAM bindings."""

from __future__ import annotations

from typing import Final

from tierwise.access.google_iam import put_audience
from tierwise.connectors import gcp_stores, gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import iam_children, policy_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.model.fact import AnyFact, FactSheet, Known
from tierwise.model.resource import Kind, Link, Rel, Resource

DISK, REGIONAL, SNAPSHOT = "google_compute_disk", "google_compute_region_disk", "google_compute_snapshot"
DISKS: Final = frozenset({DISK, REGIONAL})
_KEYS: Final = {
    DISK: ("disk_encryption_key", "kms_key_self_link"),
    REGIONAL: ("disk_encryption_key", "kms_key_name"),
    SNAPSHOT: ("snapshot_encryption_key", "kms_key_self_link"),
}
_SUPPLIED: Final = ("raw_key", "rsa_encrypted_key")
_SOURCES: Final = {"snapshot": frozenset({SNAPSHOT}), "source_disk": DISKS}


def convert(disk: Planned, plan: Plan) -> Resource:
    """A planned disk or snapshot."""
    sheet = FactSheet()
    kind = Kind.SNAPSHOT if disk.type == SNAPSHOT else Kind.BLOCK_VOLUME
    links = [*_encryption(disk, plan, sheet), *_sources(disk, plan)]
    grants = put_audience(policy_of(plan, disk), "compute", sheet, kind)
    if kind is Kind.SNAPSHOT:
        gcp_stores.put_snapshot(sheet)
    else:
        gcp_stores.put_disk(sheet)
    size = disk.root.number("disk_size_gb" if kind is Kind.SNAPSHOT else "size")
    if isinstance(size, Known) and size.value:
        sheet.known("volume.bytes", size.value * gcp_terms.GIB, size.via)
    name = text_or(disk.root, "name")
    return gcp.resource(
        plan, disk, kind, name or disk.place.name, sheet, links=links, aliases=(name,), grants=grants, description=text_or(disk.root, "description"),
        region=_place(disk) if kind is Kind.SNAPSHOT else None,
    )  # fmt: skip


def _encryption(disk: Planned, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    block, key = _KEYS[disk.type]
    links = gcp.put_key(plan, disk, (block, 0, key), sheet)
    custody: AnyFact = sheet.facts["encryption.key_custody"]
    for name in _SUPPLIED:
        path: tuple[Step, ...] = (block, 0, name)
        # A key that the customer supplies is sensitive, so that its value is redacted: that it is written is enough.
        if disk.root.is_written(*path) and custody != Known("customer", disk.at(block, 0, key)):
            sheet.known("encryption.key_custody", "customer", disk.at(*path))
    return links


def _sources(disk: Planned, plan: Plan) -> list[Link]:
    found: list[Link] = []
    for name, kinds in _SOURCES.items():
        if (disk.type != SNAPSHOT or name != "snapshot") and not gcp.is_unwritten(disk.root, (name,)):
            found += plan.links(Rel.COPY_OF, disk, disk.root, (name,), kinds)
    return found


def _place(snapshot: Planned) -> str:
    """Where a snapshot is kept: its storage location, else the multi-region nearest to its disk, which a plan does not say."""
    places = snapshot.root.texts("storage_locations")
    known = places.value.known if isinstance(places, Known) else ()
    return known[0].lower() if len(known) == 1 else ""


_NAMES: Final = ("name", "id", "self_link")
CONVERTER = Converter(
    DISKS | {SNAPSHOT},
    convert,
    (*iam_children(DISK, "name", _NAMES), *iam_children(REGIONAL, "name", _NAMES), *iam_children(SNAPSHOT, "name", _NAMES)),
    gcp.KEY_TYPES | READS | IDENTITIES,
)
