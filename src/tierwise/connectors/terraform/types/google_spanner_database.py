"""Spanner databases with the place, labels and IAM bindings that they have from their instance."""

from __future__ import annotations

from typing import Final

from tierwise.access.google_iam import Policy, merged, put_audience
from tierwise.connectors import gcp_stores, gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_database import put_iam_database
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import iam_children, policy_of
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Resource

DATABASE, INSTANCE, SCHEDULE = "google_spanner_database", "google_spanner_instance", "google_spanner_backup_schedule"
_KEYS: Final = ("encryption_config", 0, "kms_key_name")


def convert(database: Planned, plan: Plan) -> Resource | None:
    """A planned database; an instance stands for databases that are made elsewhere, where the plan has none of its."""
    if database.type == INSTANCE and (plan.children(database, DATABASE).found or plan.children(database, DATABASE).loose):
        return None
    sheet = FactSheet()
    instance = database if database.type == INSTANCE else _instance(database, plan)
    put_iam_database(plan, database, sheet, Kind.RELATIONAL_DB, "spanner.googleapis.com")
    links: tuple[Link, ...] = ()
    if database.type == DATABASE:
        links = gcp.put_key(plan, database, _KEYS, sheet)
        sheet.put("recovery.delete_protected", gcp.flag(database, "enable_drop_protection", default=False, doc="Spanner: off by default"))
        policy = merged(policy_of(plan, database), policy_of(plan, instance) if instance else _elsewhere(database))
    else:
        _undecided(database, sheet)
        policy = policy_of(plan, database)
    _recovery(database, instance, plan, sheet)
    grants = put_audience(policy, "spanner", sheet, Kind.RELATIONAL_DB)
    name = text_or(database.root, "name")
    return gcp.resource(
        plan,
        database,
        Kind.RELATIONAL_DB,
        name or database.place.name,
        sheet,
        links=links,
        aliases=(name,),
        grants=grants,
        region=_place(instance),
        labels=(instance or database, ("labels",)),
        description=text_or(instance.root, "display_name") if instance else "",
    )


def _elsewhere(database: Planned) -> Policy:
    return Policy((), absent(database.at("instance"), "not in this plan: the instance and whom it lets in"))


def _instance(database: Planned, plan: Plan) -> Planned | None:
    way = plan.resolve(database, database.root, ("instance",), {INSTANCE})
    if isinstance(way, Resolved):
        return plan.by_address.get(way.address)
    named = text_or(database.root, "instance")
    found = [one for one in plan.by_type.get(INSTANCE, ()) if not one.is_gone and named and text_or(one.root, "name") == named]
    return found[0] if len(found) == 1 else None


def _undecided(instance: Planned, sheet: FactSheet) -> None:
    """What is set on each database, of which the plan has none."""
    sheet.constant("encryption.at_rest", True, "Google Cloud, default encryption at rest")
    why = Unknown(UnknownReason.NOT_COLLECTED, instance.root.via, "it is set on each database, and the plan has none of this instance")
    for name in ("encryption.key_custody", "recovery.delete_protected"):
        sheet.put(name, why)


def _recovery(database: Planned, instance: Planned | None, plan: Plan, sheet: FactSheet) -> None:
    sheet.constant("recovery.point_in_time", True, gcp_stores.SPANNER_HOUR)
    sheet.put("recovery.redundancy", _redundancy(database, instance))
    sheet.put("retention.backup_days", _backup_days(database, plan))


def _backup_days(database: Planned, plan: Plan) -> AnyFact:
    """The longest of the window of versions and the schedules of backups."""
    if database.type == INSTANCE:
        return Unknown(UnknownReason.NOT_COLLECTED, database.root.via, "it is set on each database, and the plan has none of this instance")
    window = gcp_stores.span(gcp.text(database, "version_retention_period", default="1h", doc=gcp_stores.SPANNER_HOUR))
    if isinstance(window, Unknown):
        return window
    best = window.value // gcp_terms.DAY
    schedules = plan.children(database, SCHEDULE)
    for one in schedules.found:
        kept = gcp_terms.seconds(one.root.text("retention_duration"))
        if isinstance(kept, Unknown):
            return kept
        best = max(best, (kept.value or 0) // gcp_terms.DAY)
    if not schedules.found and not database.is_new:
        return Unknown(UnknownReason.NOT_COLLECTED, database.root.via, "not in this plan: its backup schedules", between=(best, 366))
    return schedules.loose or Known(best, window.via)


def _redundancy(database: Planned, instance: Planned | None) -> Maybe[str]:
    if instance is None:
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, database.at("instance"), "the instance, whose place it is, is not in this plan")
    config = instance.root.text("config")
    if isinstance(config, Unknown):
        return config
    return gcp_stores.spanner_redundancy(Known(config.value or "", config.via))


def _place(instance: Planned | None) -> str:
    return gcp_stores.spanner_region(text_or(instance.root, "config") if instance else "")


_INSTANCE_NAMES: Final = ("name", "id")
CONVERTER = Converter(
    frozenset({DATABASE, INSTANCE}),
    convert,
    (
        *iam_children(DATABASE, "database", ("name", "id")),
        *iam_children(INSTANCE, "instance", _INSTANCE_NAMES),
        Child(DATABASE, "instance", _INSTANCE_NAMES, of=INSTANCE),
        Child(SCHEDULE, "database", ("name", "id"), of=DATABASE),
    ),
    gcp.KEY_TYPES | READS | IDENTITIES,
)
