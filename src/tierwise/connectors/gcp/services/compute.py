"""Compute Engine disks, zonal and regional, and snapshots, with their IAM policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.access.google_iam import Policy
from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import iam
from tierwise.connectors.gcp.above import AUDIENCE, iam_read
from tierwise.connectors.gcp.bound import deny_read, role_read
from tierwise.connectors.gcp.ids import relative, values_of
from tierwise.connectors.gcp.place import Place, drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

DISK, REGIONAL, SNAPSHOT = "compute.googleapis.com/Disk", "compute.googleapis.com/RegionDisk", "compute.googleapis.com/Snapshot"
_PROJECT: Final = "/compute/v1/projects/{}"
_UNSET: Final = "Compute Engine API v1: none where it was never set"
_PAGE: Final = (("maxResults", "500"),)
_VERSION: Final = (("optionsRequestedPolicyVersion", "3"),)
_SOURCES: Final = {DISK: ("sourceSnapshot", "sourceDisk"), REGIONAL: ("sourceSnapshot", "sourceDisk"), SNAPSHOT: ("sourceDisk",)}
_KEYS: Final = {DISK: "diskEncryptionKey", REGIONAL: "diskEncryptionKey", SNAPSHOT: "snapshotEncryptionKey"}


def _policy(of: str, path: str, action: str) -> Read:
    return Read("compute", f"{_PROJECT}/{path}/getIamPolicy", f"compute.{action}.getIamPolicy", of, facts=AUDIENCE, query=_VERSION)


def _row(of: str, kind: Kind, listed: Read) -> Row:
    return Row(of, frozenset({kind}), (listed,), _name, POLICIES[of], frozenset({"encryption.key_custody"}), _walk)


def _name(doc: Doc, _place: Place) -> str:
    """The full name by the link that every resource has to itself."""
    return f"//compute.googleapis.com/{str(doc.get('selfLink') or '').rpartition('/compute/v1/')[2]}"


def _walk(caller: Caller, row: Row) -> Iterator[Doc | Unknown]:
    """Disks of zones and of regions come in one list."""
    read = row.lists[0]
    found = caller.listed(read)
    if isinstance(found, Unknown):
        yield found
    else:
        yield from (
            one for one in found.value if row.type == SNAPSHOT or ("/regions/" in str(one.get("selfLink"))) == (row.type == REGIONAL)
        )


POLICIES: Final = {
    DISK: _policy(DISK, "zones/{}/disks/{}", "disks"),
    REGIONAL: _policy(REGIONAL, "regions/{}/disks/{}", "disks"),
    SNAPSHOT: _policy(SNAPSHOT, "global/snapshots/{}", "snapshots"),
}
DISKS_LIST: Final = Read(
    "compute", f"{_PROJECT}/aggregated/disks", "compute.disks.list", stage=Stage.SURVEY, items="items", query=_PAGE, kinds=frozenset({Kind.BLOCK_VOLUME})
)  # fmt: skip
SNAPSHOTS_LIST: Final = Read(
    "compute", f"{_PROJECT}/global/snapshots", "compute.snapshots.list", stage=Stage.SURVEY, items="items", query=_PAGE, kinds=frozenset({Kind.SNAPSHOT})
)  # fmt: skip
ABOVE: Final = {of: iam_read(of, AUDIENCE) for of in (DISK, REGIONAL, SNAPSHOT)}
BOUND: Final = tuple(read for of in POLICIES for read in (role_read(of), deny_read(of)))
ROWS: Final = {
    DISK: _row(DISK, Kind.BLOCK_VOLUME, DISKS_LIST),
    REGIONAL: _row(REGIONAL, Kind.BLOCK_VOLUME, DISKS_LIST),
    SNAPSHOT: _row(SNAPSHOT, Kind.SNAPSHOT, SNAPSHOTS_LIST),
}


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per disk or snapshot."""
    kind = Kind.SNAPSHOT if declared.type == SNAPSHOT else Kind.BLOCK_VOLUME
    values = values_of(asset.name)
    region = values[1] if kind is Kind.BLOCK_VOLUME and len(values) > 2 else ""
    if kind is Kind.SNAPSHOT:
        places = fields.words(asset.data, "storageLocations", because=_UNSET)
        region = places.value[0] if isinstance(places, Known) and len(places.value) == 1 else ""
    link = fields.word(asset.data, "selfLink", absent="", because=_UNSET)
    number = fields.word(asset.data, "id", absent="", because=_UNSET)
    aliases = [one.value for one in (link, number) if isinstance(one, Known)]
    draft = drafted(caller.place, declared, asset, kind, region=region, aliases=aliases)
    draft.docs[iam.PLACE] = Known({"place": caller.place})
    yield draft


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the disk or snapshot that it was made from."""
    row, found = draft.doc(ROWS[draft.resource.type]), list[Link]()
    key = _key(draft)
    if isinstance(key, Known) and key.value.startswith("projects/"):
        found.append(Link(Rel.USES_KEY, gcp_terms.unversioned(key.value)))
    for name in _SOURCES[draft.resource.type]:
        source = fields.word(row, name, absent="", because=_UNSET)
        if isinstance(source, Known) and source.value:
            found.append(
                Link(Rel.COPY_OF, f"//compute.googleapis.com/{relative(source.value.replace('https:', '')).rpartition('compute/v1/')[2]}")
            )
    return tuple(found)


def _key(draft: Draft) -> Maybe[str]:
    """The name of the customer's key, or the hash of one that the customer hands in with each request."""
    row, block = draft.doc(ROWS[draft.resource.type]), _KEYS[draft.resource.type]
    managed = fields.word(row, block, "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED)
    if isinstance(managed, Unknown) or managed.value:
        return managed
    return fields.word(row, block, "sha256", absent="", because=gcp_terms.ENCRYPTED)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a disk or snapshot that its documents so far allow."""
    sheet = FactSheet()
    gcp_terms.put_custody(sheet, _key(draft))
    if draft.resource.kind is Kind.SNAPSHOT:
        gcp_stores.put_snapshot(sheet)
    else:
        gcp_stores.put_disk(sheet)
    name = "diskSizeGb" if draft.resource.kind is Kind.SNAPSHOT else "sizeGb"
    size = fields.word(draft.doc(ROWS[draft.resource.type]), name, absent="", because=_UNSET)
    if isinstance(size, Known) and size.value.isdecimal() and len(size.value) < 12:
        sheet.known("volume.bytes", int(size.value) * gcp_terms.GIB, size.via)
    _reach(draft, sheet)
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of its policy."""
    return _reach(draft, FactSheet())


def _reach(draft: Draft, sheet: FactSheet) -> tuple[Grant, ...]:
    of, place = draft.resource.type, iam.place_in(draft)
    own: Policy = iam.own_policy(draft, POLICIES[of], ABOVE[of], place)
    return iam.put_reach(draft, sheet, draft.resource.kind, "compute", own, ABOVE[of], place)


COLLECTOR = Collector("compute", tuple(ROWS.values()), (*POLICIES.values(), *ABOVE.values(), *BOUND), survey, facts, links, grants)
