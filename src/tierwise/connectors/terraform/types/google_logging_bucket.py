"""Log buckets of Cloud Logging, of projects, folders, organisations and billing accounts."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_database import put_no_policy
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_project import project_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Resource

TYPES: Final = frozenset(f"google_logging_{level}_bucket_config" for level in ("project", "folder", "organization", "billing_account"))
_KEPT: Final = "Cloud Logging, log buckets: 30 days unless another time is given; _Required keeps 400 days, which nobody can change"
_NO_IAM: Final = "Cloud Logging, access control: IAM of the project and of log views; logs cannot be opened to everybody"


def convert(bucket: Planned, plan: Plan) -> Resource:
    """A planned log bucket."""
    sheet = FactSheet()
    links = gcp.put_key(plan, bucket, ("cmek_settings", 0, "kms_key_name"), sheet)
    put_no_policy(sheet, _NO_IAM)
    name = text_or(bucket.root, "bucket_id")
    required = name == "_Required"
    days = gcp.number(bucket, "retention_days", default=400 if required else 30, doc=_KEPT)
    locked = gcp.flag(bucket, "locked", default=required, doc=_KEPT)
    sheet.put("retention.log_days", days)
    sheet.constant("retention.expiry_configured", True, "Cloud Logging, log buckets: entries are deleted when their retention ends")
    sheet.put("immutability.mode", _mode(locked))
    sheet.put("immutability.min_days", _least(locked, days))
    # Cloud Logging, "Lock a log bucket": a locked bucket cannot be deleted while it holds entries.
    sheet.put("recovery.delete_protected", locked)
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


def _mode(locked: Maybe[bool]) -> Maybe[str]:
    return locked if isinstance(locked, Unknown) else Known("compliance" if locked.value else "none", locked.via)


def _least(locked: Maybe[bool], days: Maybe[int]) -> Maybe[int]:
    if isinstance(locked, Unknown) or not locked.value:
        return locked if isinstance(locked, Unknown) else Known(0, locked.via)
    return days


CONVERTER = Converter(TYPES, convert, reads=gcp.KEY_TYPES | READS)
