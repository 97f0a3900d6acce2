"""Spanner databases with the place, labels and IAM policy that they have from their instance; an instance without databases holds nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.access.google_iam import Policy, merged
from tierwise.connectors import fields, gcp_stores, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import iam
from tierwise.connectors.gcp.above import AUDIENCE
from tierwise.connectors.gcp.ids import above, values_of
from tierwise.connectors.gcp.place import drafted, labels_of
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp.store import api_store
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Gap, Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

INSTANCE, DATABASE = "spanner.googleapis.com/Instance", "spanner.googleapis.com/Database"
_INSTANCES: Final = "/v1/projects/{}/instances"
_DATABASES: Final = f"{_INSTANCES}/{{}}/databases"
_OFF: Final = "Spanner API v1, Database: none or off where it was never set"
_KINDS: Final = frozenset({Kind.RELATIONAL_DB})
_PAGE: Final = (("pageSize", "1000"),)


def _instance_policy(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    name = above(draft.resource.id)
    kept = draft.docs.get(INSTANCE_IAM.operation)
    return kept or caller.place.above(f"policy:{name}", partial(caller.ask, INSTANCE_IAM, values_of(name), name))


LIST: Final = Read("spanner", _INSTANCES, "spanner.instances.list", stage=Stage.SURVEY, items="instances", query=_PAGE, kinds=_KINDS)
LIST_DATABASES: Final = Read(
    "spanner", _DATABASES, "spanner.databases.list", stage=Stage.SURVEY, items="databases", query=_PAGE, kinds=_KINDS
)
INSTANCE_IAM: Final = Read(
    "spanner",
    f"{_INSTANCES}/{{}}:getIamPolicy",
    "spanner.instances.getIamPolicy",
    DATABASE,
    facts=AUDIENCE,
    post=True,
    make=_instance_policy,
)
IAM: Final = Read("spanner", f"{_DATABASES}/{{}}:getIamPolicy", "spanner.databases.getIamPolicy", DATABASE, facts=AUDIENCE, post=True)
SCHEDULES: Final = Read(
    "spanner",
    f"{_DATABASES}/{{}}/backupSchedules",
    "spanner.backupSchedules.list",
    DATABASE,
    facts=frozenset({"retention.backup_days"}),
    items="backupSchedules",
    query=_PAGE,
)
STORE: Final = api_store(DATABASE, "spanner", "spanner.googleapis.com", IAM)


def _walk(caller: Caller, declared: Row) -> Iterator[Asset | Unknown]:
    """The instances of a project, each with its databases."""
    listed = caller.listed(LIST)
    if isinstance(listed, Unknown):
        yield listed
        return
    for one in listed.value:
        name = f"//spanner.googleapis.com/{one.get('name')}"
        databases = fields.items(caller.ask(LIST_DATABASES, values_of(name)), LIST_DATABASES.items)
        if isinstance(databases, Unknown):
            yield databases
            continue
        parts = tuple(_part(each, databases) for each in databases.value)
        yield Asset(name, declared.type, fields.inner(listed, one), parts=parts)


def _part(database: Mapping[str, Any], listed: Known[list[Mapping[str, Any]]]) -> Asset:
    return Asset(f"//spanner.googleapis.com/{database.get('name')}", DATABASE, fields.inner(listed, database))


INSTANCES: Final = Row(INSTANCE, _KINDS, (LIST,), lambda doc, _place: str(doc.get("name")), INSTANCE_IAM, walk=_walk)
DATABASES: Final = Row(
    DATABASE,
    _KINDS,
    (LIST_DATABASES,),
    lambda doc, _place: str(doc.get("name")),
    IAM,
    frozenset({"encryption.key_custody", "recovery.delete_protected", "recovery.redundancy", "retention.backup_days"}),
    within=INSTANCE,
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft | Gap]:
    """One draft per database of an instance."""
    config = fields.word(asset.data, "config", absent="", because=_OFF)
    title = fields.word(asset.data, "displayName", absent="", because=_OFF)
    region = gcp_stores.spanner_region(config.value) if isinstance(config, Known) else ""
    for part in asset.parts:
        draft = drafted(caller.place, DATABASES, part, Kind.RELATIONAL_DB, region=region, labels=None)
        evidence = replace(draft.resource.evidence, description=title.value if isinstance(title, Known) else "")
        place = "" if isinstance(config, Unknown) else draft.resource.region
        draft.resource = replace(draft.resource, tags=labels_of(asset.data), evidence=evidence, region=place)
        draft.docs[declared.operation] = asset.data
        if asset.policy is not None:
            draft.docs[INSTANCE_IAM.operation] = asset.policy
        draft.docs[iam.PLACE] = Known({"place": caller.place})
        yield draft


def _keys(draft: Draft) -> list[Maybe[str]]:
    """The keys of a database: one, or one for each region of a multi-region."""
    row = draft.doc(DATABASES)
    several = fields.value(row, "encryptionConfig", "kmsKeyNames", absent=[], because=gcp_terms.ENCRYPTED)
    if isinstance(several, Known) and isinstance(several.value, list) and several.value:
        return [Known(str(one), row.via) for one in several.value]
    return [fields.word(row, "encryptionConfig", "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED)]


def links(draft: Draft) -> tuple[Link, ...]:
    """Its keys."""
    return tuple(Link(Rel.USES_KEY, gcp_terms.unversioned(one.value)) for one in _keys(draft) if isinstance(one, Known) and one.value)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a database that its documents so far allow."""
    sheet, row = FactSheet(), draft.doc(DATABASES)
    gcp_terms.put_custody(sheet, _keys(draft)[0])
    gcp_terms.put_iam_logins(sheet, Kind.RELATIONAL_DB, "spanner.googleapis.com")
    sheet.put("recovery.delete_protected", fields.flag(row, "enableDropProtection", absent=False, because=_OFF))
    sheet.constant("recovery.point_in_time", True, gcp_stores.SPANNER_HOUR)
    config = fields.word(draft.doc(INSTANCES), "config")
    sheet.put("recovery.redundancy", config if isinstance(config, Unknown) else gcp_stores.spanner_redundancy(config))
    sheet.put("retention.backup_days", _backup_days(draft))
    STORE.put(draft, sheet, _own(draft))
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of its policy and of its instance's."""
    return STORE.put(draft, FactSheet(), _own(draft))


def _own(draft: Draft) -> Policy:
    place = iam.place_in(draft)
    return merged(*(iam.own_policy(draft, read, STORE.above, place) for read in (IAM, INSTANCE_IAM)))


def _backup_days(draft: Draft) -> AnyFact:
    """The longest of the window of versions and the schedules of backups."""
    window = gcp_stores.span(fields.word(draft.doc(DATABASES), "versionRetentionPeriod", absent="1h", because=gcp_stores.SPANNER_HOUR))
    schedules = fields.items(draft.doc(SCHEDULES), SCHEDULES.items)
    if isinstance(window, Unknown) or isinstance(schedules, Unknown):
        return next(one for one in (window, schedules) if isinstance(one, Unknown))
    best = window.value // gcp_terms.DAY
    for one in schedules.value:
        kept = gcp_terms.seconds(fields.word(fields.inner(schedules, one), "retentionDuration"))
        if isinstance(kept, Unknown):
            return kept
        best = max(best, (kept.value or 0) // gcp_terms.DAY)
    return Known(best, schedules.via)


COLLECTOR = Collector("spanner", (INSTANCES, DATABASES), (*STORE.reads, INSTANCE_IAM, SCHEDULES), survey, facts, links, grants)
