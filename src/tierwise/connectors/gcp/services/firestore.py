"""Firestore databases with their backup schedules and the fields by which documents expire; never a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Draft, Stage
from tierwise.connectors.gcp import constraints, iam
from tierwise.connectors.gcp.above import RECORDED, iam_read, org_read
from tierwise.connectors.gcp.perimeter import edge_of, perimeter_read
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "firestore.googleapis.com/Database"
_OFF: Final = "Firestore API v1, Database: off where it was never set"
_API: Final = "datastore.googleapis.com"
"""Firestore's name in audit configurations (Firestore documentation, "Audit logging")."""
LIST: Final = Read(
    "firestore",
    "/v1/projects/{}/databases",
    "datastore.databases.list",
    stage=Stage.SURVEY,
    items="databases",
    kinds=frozenset({Kind.DOCUMENT_DB}),
)
SCHEDULES: Final = Read(
    "firestore",
    "/v1/projects/{}/databases/{}/backupSchedules",
    "datastore.backupSchedules.list",
    TYPE,
    facts=frozenset({"retention.backup_days"}),
    items="backupSchedules",
)
EXPIRY: Final = Read(
    "firestore",
    "/v1/projects/{}/databases/{}/collectionGroups/__default__/fields",
    "datastore.indexes.list",
    TYPE,
    facts=frozenset({"retention.expiry_configured", "retention.delete_after_days"}),
    items="fields",
    # Firestore documentation, "Manage data retention with TTL policies": all fields that have one.
    query=(("filter", "ttlConfig:*"),),
)
ABOVE: Final = iam_read(TYPE, RECORDED)
GUARDRAILS: Final = org_read(TYPE, frozenset({"transport.min_tls"}))
PERIMETERS: Final = perimeter_read(TYPE, TYPE.partition("/")[0])
DATABASE: Final = Row(
    TYPE,
    frozenset({Kind.DOCUMENT_DB}),
    (LIST,),
    lambda doc, _place: f"//firestore.googleapis.com/{doc.get('name')}",
    facts=frozenset({"encryption.key_custody", "recovery.point_in_time", "recovery.delete_protected", "recovery.redundancy"}),
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per database."""
    place = fields.word(asset.data, "locationId", absent="", because=_OFF)
    number = fields.word(asset.data, "uid", absent="", because=_OFF)
    aliases = (number.value,) if isinstance(number, Known) else ()
    draft = drafted(
        caller.place,
        declared,
        asset,
        Kind.DOCUMENT_DB,
        region=place.value if isinstance(place, Known) else "",
        aliases=aliases,
        labels=None,
    )
    draft.docs[iam.PLACE] = Known({"place": caller.place})
    yield draft


def _key(draft: Draft) -> Maybe[str]:
    return fields.word(draft.doc(DATABASE), "cmekConfig", "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED)


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key."""
    key = _key(draft)
    return (Link(Rel.USES_KEY, gcp_terms.unversioned(key.value)),) if isinstance(key, Known) and key.value else ()


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a database that its documents so far allow."""
    sheet, row = FactSheet(), draft.doc(DATABASE)
    gcp_terms.put_custody(sheet, _key(draft))
    gcp_terms.put_api_store(
        sheet,
        Kind.DOCUMENT_DB,
        constraints.oldest_tls(draft.doc(GUARDRAILS)),
        edge_of(draft.doc(PERIMETERS)).inward,
    )
    iam.put_recorded(draft, sheet, ABOVE, _API)
    gcp_terms.put_iam_logins(sheet, Kind.DOCUMENT_DB, _API)
    gcp_stores.put_firestore(sheet, row.via)
    state = fields.word(row, "pointInTimeRecoveryEnablement", absent="", because=_OFF)
    recovery = gcp_terms.is_word(state, "POINT_IN_TIME_RECOVERY_ENABLED")
    sheet.put("recovery.point_in_time", recovery)
    sheet.put("retention.backup_days", _backup_days(draft, recovery))
    kept = fields.word(row, "deleteProtectionState", absent="", because=_OFF)
    sheet.put("recovery.delete_protected", gcp_terms.is_word(kept, "DELETE_PROTECTION_ENABLED"))
    sheet.put("recovery.redundancy", gcp_terms.redundancy_of(fields.word(row, "locationId")))
    _expiry(draft, sheet)
    return sheet.facts


def _backup_days(draft: Draft, recovery: Maybe[bool]) -> AnyFact:
    """The longest of the window of point-in-time recovery (7 days) and the schedules of backups."""
    schedules = fields.items(draft.doc(SCHEDULES), SCHEDULES.items)
    if isinstance(recovery, Unknown) or isinstance(schedules, Unknown):
        return next(one for one in (recovery, schedules) if isinstance(one, Unknown))
    best = 7 if recovery.value else 0
    for one in schedules.value:
        kept = gcp_terms.seconds(fields.word(fields.inner(schedules, one), "retention"))
        if isinstance(kept, Unknown):
            return kept
        best = max(best, (kept.value or 0) // gcp_terms.DAY)
    return Known(best, schedules.via)


def _expiry(draft: Draft, sheet: FactSheet) -> None:
    """Deletion by the time that a field holds."""
    found = fields.items(draft.doc(EXPIRY), EXPIRY.items)
    names = ("retention.expiry_configured", "retention.delete_after_days")
    if isinstance(found, Unknown):
        for name in names:
            sheet.put(name, found)
    elif any(one.get("ttlConfig") is not None for one in found.value):
        sheet.known(names[0], True, found.via)
        sheet.not_applicable(names[1], "documents expire at the time that a field of theirs says", found.via)
    else:
        sheet.known(names[0], False, found.via)
        sheet.known(names[1], UNLIMITED, found.via)


COLLECTOR = Collector("firestore", (DATABASE,), (SCHEDULES, EXPIRY, ABOVE, GUARDRAILS, PERIMETERS), survey, facts, links)
