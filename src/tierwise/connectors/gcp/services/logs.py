"""Log buckets and sinks of Cloud Logging; a sink whose filter leaves audit logs out is no audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_logs, gcp_terms
from tierwise.connectors.declared import Draft, Stage
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

BUCKET, SINK = "logging.googleapis.com/LogBucket", "logging.googleapis.com/LogSink"
_UNSET: Final = "Cloud Logging API v2: empty or off where it was never set"
_PAGE: Final = (("pageSize", "1000"),)
BUCKETS: Final = Row(
    BUCKET,
    frozenset({Kind.LOG_STORE}),
    # Every location at once: Cloud Logging API, projects.locations.buckets.list, "locations/-".
    (
        Read(
            "logging",
            "/v2/projects/{}/locations/-/buckets",
            "logging.buckets.list",
            stage=Stage.SURVEY,
            items="buckets",
            query=_PAGE,
            kinds=frozenset({Kind.LOG_STORE}),
        ),
    ),
    lambda doc, _place: f"//logging.googleapis.com/{doc.get('name')}",
    facts=frozenset(
        {
            "encryption.key_custody",
            "retention.log_days",
            "immutability.mode",
            "immutability.min_days",
            "recovery.delete_protected",
            "logging.masking",
        }
    ),
)
SINKS: Final = Row(
    SINK,
    frozenset({Kind.AUDIT_TRAIL}),
    (
        Read(
            "logging",
            "/v2/projects/{}/sinks",
            "logging.sinks.list",
            stage=Stage.SURVEY,
            items="sinks",
            query=_PAGE,
            kinds=frozenset({Kind.AUDIT_TRAIL}),
        ),
    ),
    lambda doc, place: f"//logging.googleapis.com/projects/{place.number or place.id}/sinks/{doc.get('name')}",
    facts=frozenset({"logging.control_plane"}),
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per bucket, and per sink that may route audit logs."""
    if declared is SINKS:
        wanted = fields.word(asset.data, "filter", absent="", because=_UNSET)
        if isinstance(wanted, Unknown) or not wanted.value or gcp_logs.AUDIT in wanted.value:
            yield drafted(caller.place, declared, asset, Kind.AUDIT_TRAIL, aliases=(asset.name.rpartition("/")[2],), labels=None)
        return
    values = values_of(asset.name)
    region = values[-2] if len(values) > 2 else ""
    yield drafted(caller.place, declared, asset, Kind.LOG_STORE, region="" if region == "global" else region, labels=None)


def links(draft: Draft) -> tuple[Link, ...]:
    """A bucket's key; where a sink sends."""
    if draft.resource.type == SINK:
        target = fields.word(draft.doc(SINKS), "destination", absent="", because=_UNSET)
        if isinstance(target, Unknown):
            return (Link(Rel.LOGS_TO, "", target),)
        return (Link(Rel.LOGS_TO, gcp_logs.target_of(target.value)),) if target.value else ()
    key = fields.word(draft.doc(BUCKETS), "cmekSettings", "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED)
    return (Link(Rel.USES_KEY, gcp_terms.unversioned(key.value)),) if isinstance(key, Known) and key.value else ()


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a bucket or a sink."""
    sheet = FactSheet()
    if draft.resource.type == SINK:
        gcp_logs.put_sink(sheet)
        sheet.put("logging.control_plane", _records(draft))
        return sheet.facts
    row = draft.doc(BUCKETS)
    gcp_terms.put_custody(sheet, fields.word(row, "cmekSettings", "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED))
    required = draft.resource.name == "_Required"
    days = fields.number(row, "retentionDays", absent=400 if required else 30, because=gcp_logs.KEPT)
    kept: Maybe[int] = days if isinstance(days, Unknown) else Known(int(days.value), days.via)
    fields_denied = fields.value(row, "restrictedFields", absent=[], because=gcp_logs.UNRESTRICTED)
    restricted: Maybe[bool] = fields_denied if isinstance(fields_denied, Unknown) else Known(bool(fields_denied.value), fields_denied.via)
    gcp_logs.put_bucket(sheet, kept, fields.flag(row, "locked", absent=required, because=gcp_logs.KEPT), restricted)
    return sheet.facts


def _records(draft: Draft) -> Maybe[bool]:
    row = draft.doc(SINKS)
    off = fields.flag(row, "disabled", absent=False, because=_UNSET)
    wanted = fields.word(row, "filter", absent="", because=_UNSET)
    exclusions = fields.items(row, "exclusions", because=gcp_terms.NO_LIST)
    if isinstance(off, Unknown) or isinstance(wanted, Unknown) or isinstance(exclusions, Unknown):
        return next(one for one in (off, wanted, exclusions) if isinstance(one, Unknown))
    if off.value:
        return Known(False, off.via)
    active = [one for one in exclusions.value if one.get("disabled") is not True]
    return gcp_logs.takes_activity(Known(wanted.value or None, wanted.via), bool(active))


COLLECTOR = Collector("logging", (BUCKETS, SINKS), (), survey, facts, links)
