"""Firestore databases with their backup schedules and fields."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import gcp_stores, gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_database import put_iam_database
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

DATABASE, SCHEDULE, FIELD = "google_firestore_database", "google_firestore_backup_schedule", "google_firestore_field"
_OFF: Final = "Firestore, create databases: off by default"
_WEEK: Final = 7


def convert(database: Planned, plan: Plan) -> Resource:
    """A planned database."""
    sheet = FactSheet()
    links = gcp.put_key(plan, database, ("cmek_config", 0, "kms_key_name"), sheet)
    put_iam_database(plan, database, sheet, Kind.DOCUMENT_DB, "datastore.googleapis.com")
    gcp_stores.put_firestore(sheet, database.root.via)
    recovery = gcp_terms.is_word(
        gcp.text(database, "point_in_time_recovery_enablement", default="POINT_IN_TIME_RECOVERY_DISABLED", doc=_OFF),
        "POINT_IN_TIME_RECOVERY_ENABLED",
    )
    sheet.put("recovery.point_in_time", recovery)
    sheet.put("retention.backup_days", _backup_days(database, plan, recovery))
    state = gcp.text(database, "delete_protection_state", default="DELETE_PROTECTION_DISABLED", doc=_OFF)
    sheet.put("recovery.delete_protected", gcp_terms.is_word(state, "DELETE_PROTECTION_ENABLED"))
    place = database.root.text("location_id")
    sheet.put("recovery.redundancy", place if isinstance(place, Unknown) else Known(_redundancy(place.value), place.via))
    _expiry(database, plan, sheet)
    name = text_or(database.root, "name")
    region = (text_or(database.root, "location_id")).lower()
    return gcp.resource(
        plan,
        database,
        Kind.DOCUMENT_DB,
        name or database.place.name,
        sheet,
        links=links,
        aliases=(text_or(database.root, "uid"),),
        region=region,
    )


def _redundancy(place: str | None) -> str:
    return "multi-region" if gcp_terms.is_multi_region((place or "").lower()) else "multi-zone"


def _backup_days(database: Planned, plan: Plan, recovery: Maybe[bool]) -> AnyFact:
    """The longest of the window of point-in-time recovery (7 days) and the schedules of backups."""
    if isinstance(recovery, Unknown):
        return recovery
    best = _WEEK if recovery.value else 0
    schedules = plan.children(database, SCHEDULE)
    for one in schedules.found:
        kept = gcp_terms.seconds(one.root.text("retention"))
        if isinstance(kept, Unknown):
            return kept
        best = max(best, (kept.value or 0) // gcp_terms.DAY)
    if not schedules.found and not database.is_new:
        return Unknown(UnknownReason.NOT_COLLECTED, database.root.via, "not in this plan: its backup schedules", between=(best, 98))
    return schedules.loose or Known(best, recovery.via)


def _expiry(database: Planned, plan: Plan, sheet: FactSheet) -> None:
    """Deletion by the time that a field holds, where the plan sets it on one."""
    fields = plan.children(database, FIELD)
    settings = [(one, one.root.blocks("ttl_config")) for one in fields.found]
    ttl = [one for one, found in settings if isinstance(found, Known) and found.value]
    # A setting is planned as a list of known length; one that is computed because nobody wrote it is none.
    still = next((found for one, found in settings if isinstance(found, Unknown) and not one.root.is_computed("ttl_config")), fields.loose)
    if ttl:
        sheet.known("retention.expiry_configured", True, ttl[0].root.via)
        sheet.not_applicable("retention.delete_after_days", "documents expire at the time that a field of theirs says", ttl[0].root.via)
    elif still is not None or not database.is_new:
        why = still or Unknown(UnknownReason.NOT_COLLECTED, database.root.via, "not in this plan: which fields expire")
        sheet.put("retention.expiry_configured", why)
        sheet.put("retention.delete_after_days", why)
    else:
        sheet.known("retention.expiry_configured", False, database.root.via)
        sheet.known("retention.delete_after_days", UNLIMITED, database.root.via)


_NAMES: Final = ("name", "id")
CONVERTER = Converter(
    frozenset({DATABASE}), convert, (Child(SCHEDULE, "database", _NAMES), Child(FIELD, "database", _NAMES)), gcp.KEY_TYPES | READS
)
