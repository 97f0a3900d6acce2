"""Bigtable tables with the keys, place, labels and IAM bindings that they have from their instance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.google_iam import Policy, merged, put_audience
from tierwise.connectors import gcp_stores, gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_database import put_iam_database, put_unset
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import iam_children, policy_of
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Resource

TABLE, INSTANCE, EXPIRY = "google_bigtable_table", "google_bigtable_instance", "google_bigtable_gc_policy"
_ON_TABLES: Final = "it is set on each table, and the plan has none of this instance"
_PROTECTED: Final = "Bigtable, deletion protection of tables: UNPROTECTED unless the table says otherwise"


def convert(table: Planned, plan: Plan) -> Resource | None:
    """A planned table; an instance stands for tables that are made elsewhere, where the plan has none of its."""
    if table.type == INSTANCE and (plan.children(table, TABLE).found or plan.children(table, TABLE).loose):
        return None
    sheet = FactSheet()
    instance = table if table.type == INSTANCE else _instance(table, plan)
    put_iam_database(plan, table, sheet, Kind.DOCUMENT_DB, "bigtable.googleapis.com")
    clusters = tuple(_clusters(instance)) if instance else ()
    links = _encryption(table, instance, plan, sheet)
    sheet.put("recovery.redundancy", _redundancy(table, instance, clusters))
    if table.type == TABLE:
        protected = gcp_terms.is_word(gcp.text(table, "deletion_protection", default="UNPROTECTED", doc=_PROTECTED), "PROTECTED")
        sheet.put("recovery.delete_protected", protected)
        sheet.put("retention.backup_days", _backup_days(table))
        _expiry(table, plan, sheet)
        elsewhere = Policy((), absent(table.at("instance_name"), "not in this plan: the instance and whom it lets in"))
        policy = merged(policy_of(plan, table), policy_of(plan, instance) if instance else elsewhere)
    else:
        put_unset(
            sheet,
            table,
            _ON_TABLES,
            "recovery.delete_protected",
            "retention.backup_days",
            "retention.expiry_configured",
            "retention.delete_after_days",
        )
        policy = policy_of(plan, table)
    gcp_stores.put_bigtable(sheet)
    grants = put_audience(policy, "bigtable", sheet, Kind.DOCUMENT_DB)
    name = text_or(table.root, "name")
    return gcp.resource(
        plan,
        table,
        Kind.DOCUMENT_DB,
        name or table.place.name,
        sheet,
        links=links,
        aliases=(name,),
        grants=grants,
        region=clusters[0] if len(set(clusters)) == 1 else "",
        labels=(instance or table, ("labels",)),
    )


def _instance(table: Planned, plan: Plan) -> Planned | None:
    way = plan.resolve(table, table.root, ("instance_name",), {INSTANCE})
    if isinstance(way, Resolved):
        return plan.by_address.get(way.address)
    named = text_or(table.root, "instance_name")
    found = [one for one in plan.by_type.get(INSTANCE, ()) if not one.is_gone and named and text_or(one.root, "name") == named]
    return found[0] if len(found) == 1 else None


def _clusters(instance: Planned) -> Iterator[str]:
    """The region of each cluster; empty where it is not known."""
    found = instance.root.blocks("cluster")
    for one in found.value if isinstance(found, Known) else ():
        yield gcp_terms.as_region(text_or(one, "zone")) if text_or(one, "zone") else ""


def _encryption(table: Planned, instance: Planned | None, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    sheet.constant("encryption.at_rest", True, "Google Cloud, default encryption at rest")
    if instance is None:
        why = Unknown(UnknownReason.UNRESOLVED_REFERENCE, table.at("instance_name"), "the instance, whose key it is, is not in this plan")
        sheet.put("encryption.key_custody", why)
        return ()
    clusters = instance.root.blocks("cluster")
    if isinstance(clusters, Unknown) or not clusters.value:
        why = (
            clusters
            if isinstance(clusters, Unknown)
            else Unknown(UnknownReason.NOT_COLLECTED, clusters.via, "the instance shows no cluster")
        )
        sheet.put("encryption.key_custody", why)
        return ()
    links: list[Link] = []
    custody: list[AnyFact] = []
    for number in range(len(clusters.value)):
        links += gcp.put_key(plan, instance, ("cluster", number, "kms_key_name"), sheet)
        custody.append(sheet.facts["encryption.key_custody"])
    sheet.put("encryption.key_custody", gcp_terms.weakest(custody))
    return tuple(links)


def _redundancy(table: Planned, instance: Planned | None, clusters: tuple[str, ...]) -> Maybe[str]:
    if instance is None or not clusters or "" in clusters:
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, table.root.via, "the clusters of the instance are not in this plan")
    return gcp_stores.bigtable_redundancy(clusters, instance.at("cluster"))


def _backup_days(table: Planned) -> AnyFact:
    found = gcp.blocks(table, "automated_backup_policy")
    if isinstance(found, Unknown):
        return found
    if not found.value:
        return Known(0, found.via)
    hours = gcp_stores.hours(found.value[0].text("retention_period"))
    return hours if isinstance(hours, Unknown) else Known(hours.value // 24, hours.via)


def _expiry(table: Planned, plan: Plan, sheet: FactSheet) -> None:
    """Garbage collection by age, column family by column family; all data goes only if every family has an age."""
    names = ("retention.expiry_configured", "retention.delete_after_days")
    rules = plan.children(table, EXPIRY)
    families = table.root.blocks("column_family")
    if rules.loose is not None or isinstance(families, Unknown):
        for name in names:
            sheet.put(name, rules.loose or families if isinstance(families, Unknown) else rules.loose or absent(table.root.via))
        return
    ages: dict[str, int] = {}
    still: Unknown | None = None
    for one in rules.found:
        hours = gcp_stores.hours(one.root.text("max_age", 0, "duration"))
        if isinstance(hours, Unknown) or one.root.has("gc_rules"):
            still = hours if isinstance(hours, Unknown) else still
        family = one.root.text("column_family")
        still = family if isinstance(family, Unknown) else still
        if isinstance(hours, Known) and hours.value and isinstance(family, Known):
            ages[family.value or ""] = -(-hours.value // 24)
    if still is None and not rules.found and not table.is_new:
        still = absent(table.root.via, "not in this plan: its garbage collection policies")
    wanted = {text_or(one, "family") for one in families.value}
    sheet.put(names[0], Known(True, table.root.via) if ages else still or Known(False, table.root.via))
    whole = bool(wanted) and wanted <= set(ages)
    sheet.put(names[1], still or Known(max(ages.values()) if whole else UNLIMITED, table.root.via))


CONVERTER = Converter(
    frozenset({TABLE, INSTANCE}),
    convert,
    (
        *iam_children(TABLE, "table", ("name", "id")),
        *iam_children(INSTANCE, "instance", ("name", "id")),
        Child(TABLE, "instance_name", ("name", "id"), of=INSTANCE),
        Child(EXPIRY, "table", ("name", "id"), of=TABLE),
    ),
    gcp.KEY_TYPES | READS | IDENTITIES,
)
