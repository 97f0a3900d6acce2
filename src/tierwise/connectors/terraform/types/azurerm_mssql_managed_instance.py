"""Azure SQL managed instances: they stand in a subnet, with a public endpoint only where it is asked for."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach, azure_sql
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.azure_sql import ADMINS, ENCRYPTIONS, INSTANCE
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource
from tierwise.model.vocabulary import put_listed

_READ: Final = frozenset({"sqlsecurityauditevents"})
_GROUPS: Final = "the network security group of its subnet decides, port 3342"
_RESTORABLE: Final = "Azure SQL documentation, automated backups: every database can be restored to a point in time"


def convert(instance: Planned, plan: Plan) -> Resource:
    """A planned instance."""
    sheet, kind = FactSheet(), Kind.RELATIONAL_DB
    sheet.constant(
        "encryption.at_rest", True, "Azure SQL documentation, transparent data encryption: on for every new database of an instance"
    )
    custody, links = azure_sql.key_of(instance, plan)
    sheet.put("encryption.key_custody", custody)
    public = flag(instance, "public_data_endpoint_enabled", default=False)
    admits = Unknown(UnknownReason.NOT_COLLECTED, instance.at("subnet_id"), _GROUPS)
    azure_terms.put_network(sheet, kind, public, admits, Known(True, instance.at("subnet_id")))
    azure_grants.put_audience(sheet, kind, instance, plan)
    put_listed(sheet, azure_sql.server_facts(instance, plan), kind)
    read, write = azure_reach.recorded(plan, instance, _READ, _READ)
    sheet.put("logging.data_read", read)
    sheet.put("logging.data_write", write)
    sheet.not_applicable("retention.backup_days", "it is set on each database of the instance", instance.root.via)
    sheet.constant("recovery.point_in_time", True, _RESTORABLE)
    spread = flag(instance, "zone_redundant_enabled", default=False)
    redundancy: Maybe[str] = spread if isinstance(spread, Unknown) else Known("multi-zone" if spread.value else "zone", spread.via)
    sheet.put("recovery.redundancy", redundancy)
    sheet.put("recovery.delete_protected", azure_reach.delete_protected(plan, instance))
    name = text_or(instance.root, "name")
    aliases = (text_or(instance.root, "id"), name, text_or(instance.root, "fqdn"))
    links = (*links, *azure_reach.log_links(plan, instance))
    return plan.resource(instance, kind, name or instance.place.name, sheet.facts, links=links, aliases=aliases)


CONVERTER = Converter(
    frozenset({INSTANCE}),
    convert,
    (
        *(Child(one, "managed_instance_id", ("id",)) for one in (ADMINS[INSTANCE], ENCRYPTIONS[INSTANCE])),
        azure_reach.LOCKED,
        azure_reach.RECORDED,
    ),
    azure.KEY_TYPES,
)
