"""Log buckets of Cloud Logging, of projects, folders, organisations and billing accounts."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import gcp_logs
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_project import project_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import elsewhere
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance
from tierwise.model.resource import Kind, Resource

TYPES: Final = frozenset(f"google_logging_{level}_bucket_config" for level in ("project", "folder", "organization", "billing_account"))


def convert(bucket: Planned, plan: Plan) -> Resource:
    """A planned log bucket."""
    sheet = FactSheet()
    links = gcp.put_key(plan, bucket, ("cmek_settings", 0, "kms_key_name"), sheet)
    name = text_or(bucket.root, "bucket_id")
    required = name == "_Required"
    days = gcp.number(bucket, "retention_days", default=400 if required else 30, doc=gcp_logs.KEPT)
    locked = gcp.flag(bucket, "locked", default=required, doc=gcp_logs.KEPT)
    # The provider has no argument for fields that are denied to readers.
    free: Maybe[bool] = (
        Known(False, Provenance(f"constant: {gcp_logs.UNRESTRICTED}")) if bucket.is_new else elsewhere(bucket, "restricted fields")
    )
    gcp_logs.put_bucket(sheet, days, locked, free)
    path = f"projects/{project}/locations/{place}/buckets/{name}" if (project := project_of(plan, bucket)) and (place := text_or(bucket.root, "location")) and name else ""  # fmt: skip
    return gcp.resource(
        plan,
        bucket,
        Kind.LOG_STORE,
        name or bucket.place.name,
        sheet,
        links=links,
        aliases=(text_or(bucket.root, "name"), path),
        description=text_or(bucket.root, "description"),
    )


CONVERTER = Converter(TYPES, convert, reads=gcp.KEY_TYPES | READS)
