"""BigQuery datasets with their access entries, and the schemas and IAM policies of their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.access.google_iam import Binding, Policy, merged
from tierwise.access.google_member import Home, Member, read_member
from tierwise.connectors import fields, gcp_bigquery, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import iam
from tierwise.connectors.gcp.above import AUDIENCE, domain_of
from tierwise.connectors.gcp.ids import values_of
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp.store import api_store
from tierwise.connectors.gcp_bigquery import Labels
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Column, Evidence, Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

DATASET, TABLE = "bigquery.googleapis.com/Dataset", "bigquery.googleapis.com/Table"
_DATASETS: Final = "/bigquery/v2/projects/{}/datasets"
_TABLES: Final = f"{_DATASETS}/{{}}/tables"
_UNSET: Final = "BigQuery API v2, datasets: none where it was never set"
_EMPTY: Final = frozenset({"VIEW", "EXTERNAL"})
"""Types of tables that hold nothing of their own (BigQuery API v2, tables)."""
_OWN_ENTRIES: Final = "BigQuery API v2, datasets: where no access is given, that of the project's own readers, writers and owners is added"
_WAREHOUSE: Final = frozenset({Kind.WAREHOUSE})
_ENTRIES: Final = {"userByEmail": "user", "groupByEmail": "group", "domain": "domain", "iamMember": ""}
_KEPT, _POLICY = "tables", "policy"
LIST: Final = Read("bigquery", _DATASETS, "bigquery.datasets.get", stage=Stage.SURVEY, items="datasets", query=(("maxResults", "1000"), ("all", "true")), kinds=_WAREHOUSE)  # fmt: skip
GET: Final = Read("bigquery", f"{_DATASETS}/{{}}", "bigquery.datasets.get", stage=Stage.SURVEY)
LIST_TABLES: Final = Read("bigquery", _TABLES, "bigquery.tables.list", stage=Stage.SURVEY, items="tables", query=(("maxResults", "1000"),))
GET_TABLE: Final = Read("bigquery", f"{_TABLES}/{{}}", "bigquery.tables.get", stage=Stage.SURVEY)
TABLE_POLICY: Final = Read("bigquery", f"{_TABLES}/{{}}:getIamPolicy", "bigquery.tables.getIamPolicy", post=True)
TAGS: Final = Read(
    "datacatalog",
    "/v1/projects/{}/locations/{}/taxonomies/{}/policyTags",
    "datacatalog.taxonomies.get",
    stage=Stage.SURVEY,
    items="policyTags",
    query=(("pageSize", "1000"),),
)
"""What the policy tags of a taxonomy are called; the taxonomy's readers may list them (Data Catalog, "IAM permissions")."""
STORE: Final = api_store(DATASET, "bigquery", "")


def _policies(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """The policies of its tables, where the inventory did not give them."""
    found: dict[str, Maybe[Doc | None]] = {}
    for table in _tables(draft):
        unlisted = table.data if isinstance(table.data, Unknown) and not table.name else None
        found[table.name] = table.policy or unlisted or caller.ask(TABLE_POLICY, values_of(table.name), table.name)
    return Known(found, TABLE_POLICY.via)


POLICIES: Final = Read(
    TABLE_POLICY.host, TABLE_POLICY.path, TABLE_POLICY.action, DATASET, facts=AUDIENCE, post=True, label="+", make=_policies
)


def _walk(caller: Caller, declared: Row) -> Iterator[Asset | Unknown]:
    """The datasets of a project, each with its tables: the listing of either says little but names."""
    for listed in _each(caller, LIST, (caller.place.id,)):
        if isinstance(listed, Unknown):
            yield listed
            continue
        values = (caller.place.id, _named(listed, "datasetReference", "datasetId"))
        document = caller.ask(GET, values)
        name = f"//bigquery.googleapis.com/projects/{values[0]}/datasets/{values[1]}"
        if isinstance(document, Unknown):
            yield document
            continue
        yield Asset(name, declared.type, Known(document.value or {}, document.via), parts=tuple(_walk_tables(caller, values, name)))


def _walk_tables(caller: Caller, values: tuple[str, str], name: str) -> Iterator[Asset]:
    for listed in _each(caller, LIST_TABLES, values):
        if isinstance(listed, Unknown):
            yield Asset("", TABLE, listed)
            continue
        table = _named(listed, "tableReference", "tableId")
        document = caller.ask(GET_TABLE, (*values, table))
        data: Maybe[Doc] = document if isinstance(document, Unknown) else Known(document.value or {}, document.via)
        yield Asset(f"{name}/tables/{table}", TABLE, data)


def _each(caller: Caller, read: Read, values: tuple[str, ...]) -> Iterator[Mapping[str, Any] | Unknown]:
    listed = fields.items(caller.ask(read, values), read.items)
    yield from (listed,) if isinstance(listed, Unknown) else listed.value


def _named(doc: Mapping[str, Any], *path: str) -> str:
    found = fields.word(Known(doc), *path, absent="", because=_UNSET)
    return found.value if isinstance(found, Known) else ""


DATASETS: Final = Row(
    DATASET,
    _WAREHOUSE,
    (LIST, GET),
    lambda doc, place: f"//bigquery.googleapis.com/projects/{place.id}/datasets/{_named(doc, 'datasetReference', 'datasetId')}",
    facts=AUDIENCE | {"encryption.key_custody", "retention.backup_days", "retention.expiry_configured", "retention.delete_after_days"},
    walk=_walk,
    policed=True,
)
TABLES: Final = Row(
    TABLE,
    frozenset(),
    (LIST_TABLES, GET_TABLE),
    lambda doc, _place: str(doc.get("id") or ""),
    TABLE_POLICY,
    facts=frozenset({"volume.items", "volume.bytes"}),
    within=DATASET,
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per dataset, with the columns of its tables as evidence."""
    region = fields.word(asset.data, "location", absent="", because=_UNSET)
    name = values_of(asset.name)[-1]
    place = region.value if isinstance(region, Known) else ""
    draft = drafted(caller.place, declared, asset, Kind.WAREHOUSE, region=place, aliases=(name, f"{caller.place.id}.{name}"))
    draft.docs[iam.PLACE] = Known({"place": caller.place})
    draft.docs[_KEPT] = Known({_KEPT: asset.parts, _POLICY: asset.policy})
    texts = [_named(asset.data.value, one) for one in ("friendlyName", "description")] if isinstance(asset.data, Known) else []
    labels, lost = _labels(caller, asset.parts)
    unread = (*(one.data for one in asset.parts if isinstance(one.data, Unknown)), *lost)
    columns = tuple(column for table in asset.parts for column in _columns(table, labels))
    rows = tuple(counted for table in asset.parts for counted in _rows(table))
    evidence = Evidence(" ".join(text for text in texts if text), columns, unread, rows=rows)
    draft.resource = replace(draft.resource, evidence=evidence)
    yield draft


def _schema(table: Asset) -> object:
    schema = fields.value(table.data, "schema", "fields", absent=[], because=_UNSET)
    return schema.value if isinstance(schema, Known) else []


def _columns(table: Asset, labels: Labels) -> Iterator[Column]:
    keys = fields.words(table.data, "tableConstraints", "primaryKey", "columns", because=_UNSET)
    yield from gcp_bigquery.columns(table.name.rpartition("/")[2], _schema(table), labels, keys.value if isinstance(keys, Known) else ())


def _rows(table: Asset) -> Iterator[tuple[str, int]]:
    """How many rows a table has; views and external tables have no count."""
    counted = fields.word(table.data, "numRows", absent="", because=_UNSET)
    number = fields.whole(counted.value) if isinstance(counted, Known) else None
    if number is not None and number >= 0:
        yield table.name.rpartition("/")[2], number


def _labels(caller: Caller, tables: tuple[Asset, ...]) -> tuple[Labels, tuple[Unknown, ...]]:
    """What the policy tags of the tables are called, each taxonomy read once, and why some of that is not known."""
    named = {tag for table in tables for tag in gcp_bigquery.policy_tags(_schema(table))}
    tags: dict[str, Mapping[str, Any]] = {}
    lost: list[Unknown] = []
    for taxonomy in sorted({tag.partition("/policyTags/")[0] for tag in named}):
        listed = fields.items(caller.place.above(f"taxonomy:{taxonomy}", partial(caller.ask, TAGS, values_of(taxonomy))), TAGS.items)
        if isinstance(listed, Unknown):
            lost.append(listed)
        else:
            tags |= {str(one.get("name")): one for one in listed.value}
    return {tag: tuple(_called(tag, tags)) for tag in named}, tuple(lost)


def _called(tag: str, tags: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The names of a policy tag and of those above it."""
    seen: set[str] = set()
    while tag in tags and tag not in seen:
        seen.add(tag)
        yield str(tags[tag].get("displayName") or "")
        tag = str(tags[tag].get("parentPolicyTag") or "")


def _tables(draft: Draft) -> tuple[Asset, ...]:
    kept = draft.docs.get(_KEPT)
    return kept.value[_KEPT] if isinstance(kept, Known) and kept.value else ()


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key."""
    key = _key(draft)
    return (Link(Rel.USES_KEY, gcp_terms.unversioned(key.value)),) if isinstance(key, Known) and key.value else ()


def _key(draft: Draft) -> Maybe[str]:
    return fields.word(draft.doc(DATASETS), "defaultEncryptionConfiguration", "kmsKeyName", absent="", because=gcp_terms.ENCRYPTED)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a dataset that its documents so far allow."""
    sheet, row = FactSheet(), draft.doc(DATASETS)
    gcp_terms.put_custody(sheet, _key(draft))
    gcp_bigquery.put_constants(sheet)
    hours = _whole(fields.word(row, "maxTimeTravelHours", absent="168", because=gcp_bigquery.TRAVEL))
    sheet.put("retention.backup_days", hours if isinstance(hours, Unknown) else Known((hours.value or 0) // 24, hours.via))
    gcp_bigquery.put_expiry(sheet, _whole(fields.word(row, "defaultTableExpirationMs", absent="", because=_UNSET)))
    for name, field in (("volume.items", "numRows"), ("volume.bytes", "numBytes")):
        sheet.put(name, _total(draft, field))
    STORE.put(draft, sheet, _own(draft))
    return sheet.facts


def _total(draft: Draft, field: str) -> Maybe[int]:
    """A count over all tables; known where each has it that holds anything of its own."""
    total = 0
    for table in _tables(draft):
        kind, count = (
            fields.word(table.data, "type", absent="TABLE", because=_UNSET),
            fields.word(table.data, field, absent="", because=_UNSET),
        )
        if isinstance(count, Unknown):
            return count
        number = fields.whole(count.value)
        if number is None and not (isinstance(kind, Known) and kind.value in _EMPTY):
            return Unknown(UnknownReason.NOT_COLLECTED, count.via, f"a table without {field}")
        total += number or 0
    return Known(total, DATASETS.via)


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of its access entries and of its tables' policies."""
    return STORE.put(draft, FactSheet(), _own(draft))


def _whole(text: Maybe[str]) -> Maybe[int | None]:
    """A number that the API writes as a text; None for an empty one."""
    if isinstance(text, Unknown):
        return text
    if text.value and not (text.value.isdecimal() and len(text.value) < 19):
        return Unknown(UnknownReason.UNPARSABLE, text.via, "not a whole number")
    return Known(int(text.value) if text.value else None, text.via)


def _own(draft: Draft) -> Policy:
    place, entries = iam.place_in(draft), fields.items(draft.doc(DATASETS), "access", because=_OWN_ENTRIES)
    if isinstance(entries, Unknown):
        return Policy((), entries, entries.via)
    home = iam.home_of(place, domain_of(draft.doc(STORE.above)), entries.via)
    own = Policy(tuple(_entry(one, home, entries) for one in entries.value), None, entries.via)
    kept = draft.docs.get(_KEPT)
    listed = kept.value[_POLICY] if isinstance(kept, Known) and kept.value else None
    # The entries again, as the inventory writes them; where it cannot be asked the entries have all.
    if isinstance(listed, Known):
        own = merged(own, iam.policy_in(draft, listed, home))
    return merged(own, *(_of_table(draft, table) for table in _tables(draft)))


def _of_table(draft: Draft, table: Asset) -> Policy:
    told = draft.doc(POLICIES)
    document = table.policy or (told if isinstance(told, Unknown) else (told.value or {}).get(table.name) or Unknown(UnknownReason.NOT_COLLECTED, told.via))  # fmt: skip
    return iam.policy_in(draft, document, iam.home_of(iam.place_in(draft), domain_of(draft.doc(STORE.above)), document.via))


def _entry(entry: Mapping[str, Any], home: Home, entries: Known[list[Mapping[str, Any]]]) -> Binding:
    """One access entry; a view, routine or dataset that may read this one counts as its project."""
    members: list[Member] = []
    if entry.get("specialGroup") == "allAuthenticatedUsers":
        members.append(read_member("allAuthenticatedUsers", home))
    for name, kind in _ENTRIES.items():
        given = entry.get(name)
        if isinstance(given, str) and given:
            word = "serviceAccount" if kind == "user" and given.endswith("gserviceaccount.com") else kind
            members.append(read_member(f"{word}:{given}" if word else given, home))
    for path in (("view", "projectId"), ("routine", "projectId"), ("dataset", "dataset", "projectId")):
        if project := _named(entry, *path):
            members.append(read_member(f"projectViewer:{project}", home))
    role = gcp_bigquery.role_of(str(entry.get("role") or ""))
    return Binding(Known(role, entries.via), tuple(members), Known(bool(entry.get("condition")), entries.via), entries.via)


COLLECTOR = Collector("bigquery", (DATASETS, TABLES), (*STORE.reads, POLICIES), survey, facts, links, grants, (TAGS,))
