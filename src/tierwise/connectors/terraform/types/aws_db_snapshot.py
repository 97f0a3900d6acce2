"""Snapshots of RDS instances and of Aurora, DocumentDB and Neptune clusters, and copies of them.

A snapshot is as encrypted as what it is taken of (RDS User Guide, "Encrypting Amazon RDS resources").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tierwise.access.share import put_mutable, put_shared
from tierwise.connectors.terraform import converter
from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import GIB, custody, elsewhere, is_filled_in, key_links, neighbour, texts
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

_SHARING: Final = "RDS User Guide, sharing a DB snapshot: whoever it is shared with may restore or copy it"
_NAMES: Final = ("identifier", "cluster_identifier", "id", "arn")


@dataclass(frozen=True, slots=True)
class _Sort:
    """How the provider spells one of the sorts of snapshots."""

    name: str
    arn: str
    source: str
    """The argument that names what it is taken or copied of."""
    of: str
    """The type of that."""
    encrypted: str
    shareable: bool = True


_SORTS: Final = {
    "aws_db_snapshot": _Sort("db_snapshot_identifier", "db_snapshot_arn", "db_instance_identifier", "aws_db_instance", "encrypted"),
    "aws_db_cluster_snapshot": _Sort(
        "db_cluster_snapshot_identifier", "db_cluster_snapshot_arn", "db_cluster_identifier", "aws_rds_cluster", "storage_encrypted"
    ),
    "aws_docdb_cluster_snapshot": _Sort(
        "db_cluster_snapshot_identifier",
        "db_cluster_snapshot_arn",
        "db_cluster_identifier",
        "aws_docdb_cluster",
        "storage_encrypted",
        False,
    ),
    "aws_neptune_cluster_snapshot": _Sort(
        "db_cluster_snapshot_identifier",
        "db_cluster_snapshot_arn",
        "db_cluster_identifier",
        "aws_neptune_cluster",
        "storage_encrypted",
        False,
    ),
    "aws_db_snapshot_copy": _Sort(
        "target_db_snapshot_identifier", "db_snapshot_arn", "source_db_snapshot_identifier", "aws_db_snapshot", "encrypted"
    ),
    "aws_rds_cluster_snapshot_copy": _Sort(
        "target_db_cluster_snapshot_identifier",
        "db_cluster_snapshot_arn",
        "source_db_cluster_snapshot_identifier",
        "aws_db_cluster_snapshot",
        "storage_encrypted",
    ),
}


def convert(snapshot: Planned, plan: Plan) -> Resource:
    """A planned snapshot or copy of one."""
    sort = _SORTS[snapshot.type]
    sheet = FactSheet()
    source = _source(snapshot, sort, plan)
    at_rest = _encrypted(snapshot, sort, source)
    sheet.put("encryption.at_rest", at_rest)
    links = _put_custody(snapshot, plan, source, at_rest, sheet)
    put_shared(sheet, _shared_with(snapshot, sort), _SHARING)
    # RDS User Guide, sharing a DB snapshot: an encrypted snapshot cannot be made public; no other switch forbids it.
    sheet.put("access.public_blocked", at_rest)
    put_mutable(sheet, "RDS has no write-once mode for snapshots")
    size = snapshot.root.number("allocated_storage")
    if isinstance(size, Known) and size.value and sort.of.startswith("aws_db_"):
        sheet.known("volume.bytes", size.value * GIB, size.via)
    name = text_or(snapshot.root, sort.name)
    return plan.resource(
        snapshot,
        Kind.SNAPSHOT,
        name or snapshot.place.name,
        sheet.facts,
        links=(*links, *plan.links(Rel.COPY_OF, snapshot, snapshot.root, (sort.source,), {sort.of})),
        aliases=(name, text_or(snapshot.root, sort.arn), text_or(snapshot.root, "id")),
        description=text_or(snapshot.root, sort.source),
    )


def _source(snapshot: Planned, sort: _Sort, plan: Plan) -> Resource | None:
    """What it is taken of; a copy's own source is not looked through, so that no chain of names can run in a circle."""
    found = neighbour(plan, snapshot, (sort.source,), {sort.of}, (*_NAMES, _SORTS[sort.of].name if sort.of in _SORTS else "arn"))
    if found is None or found is snapshot:
        return None
    if found.type in _SORTS:
        inner = _SORTS[found.type]
        below = neighbour(plan, found, (inner.source,), {inner.of}, _NAMES)
        found = below if below is not None and below.type not in _SORTS else found
    return None if found.type in _SORTS else converter.converters()[found.type].convert(found, plan)


def _encrypted(snapshot: Planned, sort: _Sort, source: Resource | None) -> Maybe[bool]:
    own = snapshot.root.flag(sort.encrypted)
    if isinstance(own, Known) and own.value is not None:
        return Known(own.value, own.via)
    key = snapshot.root.text("kms_key_id")
    if snapshot.root.is_written("kms_key_id") or (isinstance(key, Known) and key.value):
        # A copy under a key is encrypted (RDS User Guide, "Copying a DB snapshot").
        return Known(True, key.via)
    fact = source.facts.get("encryption.at_rest") if source else None
    if isinstance(fact, Known):
        return Known(bool(fact.value), fact.via)
    if isinstance(fact, Unknown):
        return fact
    return Unknown(UnknownReason.UNRESOLVED_REFERENCE, snapshot.at(sort.source), "what it is taken of is not in this plan")


def _put_custody(snapshot: Planned, plan: Plan, source: Resource | None, at_rest: Maybe[bool], sheet: FactSheet) -> tuple[Link, ...]:
    key = snapshot.root.text("kms_key_id")
    found: AnyFact
    links: tuple[Link, ...] = ()
    if isinstance(at_rest, Unknown):
        found = at_rest
    elif not at_rest.value:
        found = NotApplicable("not encrypted", at_rest.via)
    elif snapshot.root.is_written("kms_key_id") or (isinstance(key, Known) and key.value):
        found, links = custody(plan, snapshot, ("kms_key_id",), without="provider-managed"), key_links(plan, snapshot, ("kms_key_id",))
    elif source is not None:
        unsaid = Unknown(UnknownReason.NOT_COLLECTED, at_rest.via, "whose key its source is under")
        found = source.facts.get("encryption.key_custody", unsaid)
        links = tuple(link for link in source.links if link.rel is Rel.USES_KEY)
    else:
        found = Unknown(UnknownReason.UNRESOLVED_REFERENCE, snapshot.root.via, "what it is taken of is not in this plan")
    sheet.put("encryption.key_custody", found)
    return links


def _shared_with(snapshot: Planned, sort: _Sort) -> Maybe[frozenset[str]]:
    via = snapshot.at("shared_accounts")
    if not sort.shareable or not (snapshot.is_new or snapshot.root.has("shared_accounts")):
        return Known(frozenset(), via) if snapshot.is_new else elsewhere(snapshot, "with whom the snapshot is shared")
    named = snapshot.root.get("shared_accounts")
    if isinstance(named, Unknown) and is_filled_in(snapshot, "shared_accounts", found=named):
        return Known(frozenset(), via)
    known, still = texts(snapshot, "shared_accounts")
    if still is not None:
        return Unknown(still.reason, still.via, still.detail, includes=frozenset(known))
    return Known(frozenset(known), via)


CONVERTER = Converter(frozenset(_SORTS), convert, reads=KEY_TYPES)
