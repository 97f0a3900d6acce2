"""AlloyDB backups that a plan takes of a cluster."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import gcp_stores
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.types.google_alloydb_cluster import CLUSTER
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Rel, Resource

BACKUP: Final = "google_alloydb_backup"


def convert(backup: Planned, plan: Plan) -> Resource:
    """A planned backup; without a key of its own it is under Google's, whatever its cluster is under (AlloyDB API, Backup.encryptionConfig)."""
    sheet = FactSheet()
    keys = gcp.put_key(plan, backup, ("encryption_config", 0, "kms_key_name"), sheet)
    gcp_stores.put_backup(sheet, shared=False)
    name = text_or(backup.root, "backup_id")
    return gcp.resource(
        plan,
        backup,
        Kind.SNAPSHOT,
        name or backup.place.name,
        sheet,
        links=(*keys, *plan.links(Rel.COPY_OF, backup, backup.root, ("cluster_name",), {CLUSTER})),
        aliases=(text_or(backup.root, "name"), name),
        description=" ".join(text for part in ("display_name", "description") if (text := text_or(backup.root, part))),
    )


CONVERTER = Converter(frozenset({BACKUP}), convert, reads=gcp.KEY_TYPES)
