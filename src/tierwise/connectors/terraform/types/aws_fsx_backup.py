"""Backups of FSx file systems and of their volumes, encrypted under the key of the file system (FSx API Reference, Backup)."""

from __future__ import annotations

from typing import Final

from tierwise.access.share import put_mutable, put_shared
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.snapshots import put_as_source
from tierwise.connectors.terraform.stores import neighbour
from tierwise.connectors.terraform.types.aws_fsx_file_system import ONTAP, OPENZFS, SYSTEMS
from tierwise.model.fact import FactSheet, Known
from tierwise.model.resource import Kind, Link, Rel, Resource

BACKUP: Final = "aws_fsx_backup"
_VOLUMES: Final = frozenset({"aws_fsx_ontap_volume", "aws_fsx_openzfs_volume"})
_MACHINE: Final = "aws_fsx_ontap_storage_virtual_machine"
_UP: Final = {
    "aws_fsx_ontap_volume": (("storage_virtual_machine_id",), frozenset({_MACHINE})),
    _MACHINE: (("file_system_id",), frozenset({ONTAP})),
    "aws_fsx_openzfs_volume": (("parent_volume_id",), frozenset({OPENZFS, "aws_fsx_openzfs_volume"})),
}
"""What a part of a file system says that it is part of."""
_DEEPEST: Final = 20
_UNSHARED: Final = "FSx User Guides, working with backups: a backup is restored in its own account; nothing shares it"


def convert(backup: Planned, plan: Plan) -> Resource:
    """A planned backup."""
    sheet = FactSheet()
    system = _system(backup, plan)
    keys = put_as_source(plan, backup, system, sheet)
    sheet.known("encryption.at_rest", True, backup.root.via)
    put_shared(sheet, Known(frozenset(), backup.root.via), _UNSHARED)
    sheet.constant("access.public_blocked", True, _UNSHARED)
    put_mutable(sheet, "FSx has no write-once mode for backups")
    own = text_or(backup.root, "id")
    return plan.resource(
        backup,
        Kind.SNAPSHOT,
        own or backup.place.name,
        sheet.facts,
        links=(*keys, *_copied(backup, plan, system)),
        aliases=(text_or(backup.root, "arn"), own),
    )


def _copied(backup: Planned, plan: Plan, system: Planned | None) -> tuple[Link, ...]:
    if system is not None:
        return (Link(Rel.COPY_OF, plan.id_of(system.address)),)
    systems = plan.links(Rel.COPY_OF, backup, backup.root, ("file_system_id",), SYSTEMS)
    return systems or plan.links(Rel.COPY_OF, backup, backup.root, ("volume_id",), SYSTEMS)


def _system(backup: Planned, plan: Plan) -> Planned | None:
    """The file system that it is taken of, or whose volume it is taken of."""
    found = neighbour(plan, backup, ("file_system_id",), SYSTEMS, ("id",)) or neighbour(plan, backup, ("volume_id",), _VOLUMES, ("id",))
    for _ in range(_DEEPEST):
        if found is None or found.type in SYSTEMS:
            return found
        path, types = _UP[found.type]
        found = neighbour(plan, found, path, types, ("id", "root_volume_id"))
    return None


CONVERTER = Converter(frozenset({BACKUP}), convert, reads=_VOLUMES | {_MACHINE})
