"""Bigtable tables with the keys, place, labels and IAM policy that they have from their instance and its clusters."""

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
from tierwise.connectors.gcp_terms import as_region
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

INSTANCE, CLUSTER, TABLE = (f"bigtableadmin.googleapis.com/{one}" for one in ("Instance", "Cluster", "Table"))
_INSTANCES: Final = "/v2/projects/{}/instances"
_TABLES: Final = f"{_INSTANCES}/{{}}/tables"
_OFF: Final = "Bigtable Admin API v2: none or off where it was never set"
_KINDS: Final = frozenset({Kind.DOCUMENT_DB})
_CLUSTERS: Final = "clusters"
_HOST: Final = "//bigtable.googleapis.com/"


def _instance_policy(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    name = above(draft.resource.id)
    kept = draft.docs.get(INSTANCE_IAM.operation)
    return kept or caller.place.above(f"policy:{name}", partial(caller.ask, INSTANCE_IAM, values_of(name), name))


LIST: Final = Read("bigtableadmin", _INSTANCES, "bigtable.instances.list", stage=Stage.SURVEY, items="instances", kinds=_KINDS)
LIST_CLUSTERS: Final = Read("bigtableadmin", f"{_INSTANCES}/{{}}/clusters", "bigtable.clusters.list", stage=Stage.SURVEY, items="clusters")
LIST_TABLES: Final = Read("bigtableadmin", _TABLES, "bigtable.tables.list", stage=Stage.SURVEY, items="tables", kinds=_KINDS)
DETAILS: Final = Read(
    "bigtableadmin",
    f"{_TABLES}/{{}}",
    "bigtable.tables.get",
    TABLE,
    facts=frozenset({"recovery.delete_protected", "retention.backup_days", "retention.expiry_configured", "retention.delete_after_days"}),
    query=(("view", "FULL"),),
)
INSTANCE_IAM: Final = Read(
    "bigtableadmin",
    f"{_INSTANCES}/{{}}:getIamPolicy",
    "bigtable.instances.getIamPolicy",
    TABLE,
    facts=AUDIENCE,
    post=True,
    make=_instance_policy,
)
IAM: Final = Read("bigtableadmin", f"{_TABLES}/{{}}:getIamPolicy", "bigtable.tables.getIamPolicy", TABLE, facts=AUDIENCE, post=True)
STORE: Final = api_store(TABLE, "bigtable", "bigtable.googleapis.com", IAM)


def _walk(caller: Caller, declared: Row) -> Iterator[Asset | Unknown]:
    """The instances of a project, each with its clusters and tables."""
    listed = caller.listed(LIST)
    if isinstance(listed, Unknown):
        yield listed
        return
    for one in listed.value:
        name = f"{_HOST}{one.get('name')}"
        parts: list[Asset] = []
        lost: list[Unknown] = []
        for kind, read in ((CLUSTER, LIST_CLUSTERS), (TABLE, LIST_TABLES)):
            found = fields.items(caller.ask(read, values_of(name)), read.items)
            if isinstance(found, Unknown):
                lost.append(found)
            else:
                parts += [Asset(f"{_HOST}{each.get('name')}", kind, fields.inner(found, each)) for each in found.value]
        if lost:
            yield lost[0]
            continue
        yield Asset(name, declared.type, fields.inner(listed, one), parts=tuple(parts))


def _name(doc: Doc, _place: object) -> str:
    return f"{_HOST}{doc.get('name')}"


INSTANCES: Final = Row(INSTANCE, _KINDS, (LIST,), _name, INSTANCE_IAM, walk=_walk)
CLUSTERS: Final = Row(CLUSTER, frozenset(), (LIST_CLUSTERS,), _name, facts=frozenset({"encryption.key_custody", "recovery.redundancy"}), within=INSTANCE)  # fmt: skip
TABLES: Final = Row(TABLE, _KINDS, (LIST_TABLES,), _name, IAM, within=INSTANCE)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per table of an instance."""
    clusters = [one.data for one in asset.parts if one.type == CLUSTER]
    regions = {_region(one) for one in clusters}
    for part in asset.parts:
        if part.type != TABLE:
            continue
        draft = drafted(caller.place, TABLES, part, Kind.DOCUMENT_DB, labels=None)
        place = next(iter(regions)) if len(regions) == 1 else ""
        draft.resource = replace(draft.resource, tags=labels_of(asset.data), region=place)
        draft.docs[declared.operation] = asset.data
        draft.docs[_CLUSTERS] = Known({_CLUSTERS: clusters})
        if asset.policy is not None:
            draft.docs[INSTANCE_IAM.operation] = asset.policy
        draft.docs[iam.PLACE] = Known({"place": caller.place})
        yield draft


def _region(cluster: Maybe[Doc]) -> str:
    found = fields.word(cluster, "location", absent="", because=_OFF)
    return as_region(found.value) if isinstance(found, Known) else ""


def _of_clusters(draft: Draft) -> list[Maybe[Any]]:
    kept = draft.docs.get(_CLUSTERS)
    return list(kept.value[_CLUSTERS]) if isinstance(kept, Known) and kept.value else []


def _keys(draft: Draft) -> list[Maybe[str]]:
    """The key of each cluster."""
    return [fields.word(one, "encryptionConfig", "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED) for one in _of_clusters(draft)]


def links(draft: Draft) -> tuple[Link, ...]:
    """Its keys."""
    names = [gcp_terms.unversioned(one.value) for one in _keys(draft) if isinstance(one, Known) and one.value]
    return tuple(Link(Rel.USES_KEY, one) for one in dict.fromkeys(names))


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a table that its documents so far allow."""
    sheet, clusters = FactSheet(), _of_clusters(draft)
    none = Unknown(UnknownReason.NOT_COLLECTED, CLUSTERS.via, "no cluster of the instance was listed")
    custody: list[AnyFact] = []
    for key in _keys(draft) or [none]:
        gcp_terms.put_custody(sheet, key)
        custody.append(sheet.facts["encryption.key_custody"])
    sheet.put("encryption.key_custody", gcp_terms.weakest(custody))
    lost = next((one for one in clusters if isinstance(one, Unknown)), None if clusters else none)
    regions = [_region(one) for one in clusters]
    sheet.put("recovery.redundancy", lost or gcp_stores.bigtable_redundancy(regions, CLUSTERS.via))
    gcp_stores.put_bigtable(sheet)
    gcp_terms.put_iam_logins(sheet, Kind.DOCUMENT_DB, "bigtable.googleapis.com")
    _kept(draft, sheet)
    STORE.put(draft, sheet, _own(draft))
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of its policy and of its instance's."""
    return STORE.put(draft, FactSheet(), _own(draft))


def _own(draft: Draft) -> Policy:
    place = iam.place_in(draft)
    return merged(*(iam.own_policy(draft, read, STORE.above, place) for read in (IAM, INSTANCE_IAM)))


def _kept(draft: Draft, sheet: FactSheet) -> None:
    """What the full view of a table has: the listings leave it out."""
    row = draft.doc(DETAILS)
    sheet.put("recovery.delete_protected", fields.flag(row, "deletionProtection", absent=False, because=_OFF))
    backups = gcp_terms.seconds(fields.word(row, "automatedBackupPolicy", "retentionPeriod", absent="0s", because=_OFF))
    sheet.put(
        "retention.backup_days", backups if isinstance(backups, Unknown) else Known((backups.value or 0) // gcp_terms.DAY, backups.via)
    )
    families = fields.mapping(row, "columnFamilies", because=_OFF)
    names = ("retention.expiry_configured", "retention.delete_after_days")
    if isinstance(families, Unknown):
        for name in names:
            sheet.put(name, families)
        return
    rules = [fields.value(Known(one, row.via), "gcRule", absent={}, because=_OFF) for one in families.value.values()]
    ages = [_age(rule) for rule in rules]
    lost = next((age for age in ages if isinstance(age, Unknown)), None)
    found = [age.value for age in ages if isinstance(age, Known) and age.value is not None]
    sheet.put(names[0], Known(True, row.via) if found else lost or Known(False, row.via))
    sheet.put(names[1], lost or Known(max(found) if found and len(found) == len(ages) else UNLIMITED, row.via))


def _age(rule: Maybe[Any]) -> Maybe[int | None]:
    """After how many days a rule deletes all cells: by age alone, or where one of several rules does; a rule of several that must all hold need not."""
    own = _plain_age(rule)
    parts = fields.items(rule, "union", "rules", because=_OFF)
    if isinstance(own, Unknown) or own.value is not None or isinstance(parts, Unknown):
        return parts if isinstance(own, Known) and own.value is None and isinstance(parts, Unknown) else own
    ages = [_plain_age(fields.inner(parts, one)) for one in parts.value]
    lost = next((age for age in ages if isinstance(age, Unknown)), None)
    return lost or Known(min((age.value for age in ages if isinstance(age, Known) and age.value is not None), default=None), parts.via)


def _plain_age(rule: Maybe[Any]) -> Maybe[int | None]:
    found = gcp_terms.seconds(fields.value(rule, "maxAge", absent=None, because=_OFF))
    if isinstance(found, Unknown):
        return found
    return Known(None if found.value is None else -(-found.value // gcp_terms.DAY), found.via)


COLLECTOR = Collector("bigtable", (INSTANCES, CLUSTERS, TABLES), (*STORE.reads, INSTANCE_IAM, DETAILS), survey, facts, links, grants)
