"""Sinks of Cloud Logging that route audit logs, as audit trails; a sink whose filter leaves audit logs out is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.connectors import gcp_logs
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

TYPES: Final = frozenset(f"google_logging_{level}_sink" for level in ("project", "folder", "organization", "billing_account"))
_TARGETS: Final = frozenset(
    {"google_storage_bucket", "google_bigquery_dataset", "google_pubsub_topic"}
    | {f"google_logging_{level}_bucket_config" for level in ("project", "folder", "organization", "billing_account")}
)


def convert(sink: Planned, plan: Plan) -> Resource | None:
    """A planned sink, where it routes audit logs or may do so."""
    wanted = sink.root.text("filter")
    if isinstance(wanted, Known) and wanted.value and gcp_logs.AUDIT not in wanted.value:
        return None
    sheet = FactSheet()
    sheet.put("logging.control_plane", _records(sink, wanted))
    gcp_logs.put_sink(sheet)
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
    return gcp_logs.takes_activity(wanted, bool(exclusions.value))


def _destination(sink: Planned, plan: Plan) -> Iterator[Link]:
    """`storage.googleapis.com/B`, `bigquery.googleapis.com/projects/P/datasets/D` and the like."""
    way = plan.resolve(sink, sink.root, ("destination",), _TARGETS)
    if isinstance(way, Resolved):
        yield Link(Rel.LOGS_TO, plan.id_of(way.address))
        return
    for link in plan.links(Rel.LOGS_TO, sink, sink.root, ("destination",), _TARGETS):
        yield Link(link.rel, gcp_logs.target_of(link.to), link.unknown)


CONVERTER = Converter(TYPES, convert, reads=_TARGETS | READS)
