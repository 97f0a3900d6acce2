"""Sinks of Cloud Logging that route audit logs, as audit trails; a sink whose filter leaves audit logs out is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

TYPES: Final = frozenset(f"google_logging_{level}_sink" for level in ("project", "folder", "organization", "billing_account"))
_TARGETS: Final = frozenset(
    {"google_storage_bucket", "google_bigquery_dataset", "google_pubsub_topic"}
    | {f"google_logging_{level}_bucket_config" for level in ("project", "folder", "organization", "billing_account")}
)
_SERVICE: Final = re.compile(r"(?:storage|bigquery|pubsub|logging)\.googleapis\.com/")
_ONLY_ACTIVITY: Final = re.compile(
    r"""\s*(?:log_?name|log_id)\s*(?:[:=]|\()\s*"?[\w/.:%-]*cloudaudit\.googleapis\.com(?:(?:%2F|/)activity)?"?\s*\)?\s*\Z""", re.IGNORECASE
)
_AUDIT: Final = "cloudaudit.googleapis.com"


def convert(sink: Planned, plan: Plan) -> Resource | None:
    """A planned sink, where it routes audit logs or may do so."""
    wanted = sink.root.text("filter")
    if isinstance(wanted, Known) and wanted.value and _AUDIT not in wanted.value:
        return None
    sheet = FactSheet()
    sheet.put("logging.control_plane", _records(sink, wanted))
    sheet.constant("logging.all_regions", True, "Cloud Logging, routing: a sink takes the entries of every region")
    sheet.not_applicable(
        "logging.integrity_validated",
        "Cloud Logging signs no digests; a locked bucket keeps entries as they are",
        Provenance("constant: Cloud Logging"),
    )
    name = text_or(sink.root, "name")
    return gcp.resource(
        plan,
        sink,
        Kind.AUDIT_TRAIL,
        name or sink.place.name,
        sheet,
        links=_destination(sink, plan),
        aliases=(name,),
        description=text_or(sink.root, "description"),
        region="global",
    )


def _records(sink: Planned, wanted: Maybe[str | None]) -> Maybe[bool]:
    """Whether all administrative activity passes through."""
    off = sink.root.flag("disabled")
    if isinstance(off, Known) and off.value:
        return Known(False, off.via)
    if isinstance(off, Unknown) and not gcp.is_unwritten(sink.root, ("disabled",)):
        return off
    if isinstance(wanted, Unknown):
        return wanted
    exclusions = gcp.blocks(sink, "exclusions")
    if isinstance(exclusions, Unknown):
        return exclusions
    if wanted.value is not None and not _ONLY_ACTIVITY.match(wanted.value):
        return Unknown(UnknownReason.NOT_SUPPORTED, wanted.via, "what the filter leaves out is not worked out")
    if exclusions.value:
        return Unknown(UnknownReason.NOT_SUPPORTED, exclusions.via, "what the exclusions leave out is not worked out")
    return Known(True, wanted.via)


def _destination(sink: Planned, plan: Plan) -> Iterator[Link]:
    """`storage.googleapis.com/B`, `bigquery.googleapis.com/projects/P/datasets/D` and the like."""
    way = plan.resolve(sink, sink.root, ("destination",), _TARGETS)
    if isinstance(way, Resolved):
        yield Link(Rel.LOGS_TO, plan.id_of(way.address))
        return
    for link in plan.links(Rel.LOGS_TO, sink, sink.root, ("destination",), _TARGETS):
        yield Link(link.rel, _SERVICE.sub("", link.to, count=1), link.unknown)


CONVERTER = Converter(TYPES, convert, reads=_TARGETS | READS)
