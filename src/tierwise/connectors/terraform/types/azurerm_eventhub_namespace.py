"""Event Hubs namespaces with their hubs."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform import azure, azure_reach
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_messaging import Spelling, put_namespace
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

NAMESPACE, HUB = "azurerm_eventhub_namespace", "azurerm_eventhub"
_KEY: Final = f"{NAMESPACE}_customer_managed_key"
_SPELLING: Final = Spelling(_KEY, "key_vault_key_ids", "", "", "network_rulesets", ("ip_rule", "ip_mask"), "local_authentication_enabled")
_MOST: Final = 90


def convert(namespace: Planned, plan: Plan) -> Resource:
    """A planned namespace."""
    sheet = FactSheet()
    links = [*put_namespace(sheet, Kind.STREAM, namespace, plan, _SPELLING)]
    hubs = plan.children(namespace, HUB)
    last = _last(namespace, plan)
    sheet.put("retention.delete_after_days", last)
    # Every event goes after the retention of its hub (Event Hubs documentation, event retention).
    sheet.constant("retention.expiry_configured", True, "Azure Event Hubs documentation: events go after 90 days at most")
    for hub in hubs.found:
        links += _capture(hub, plan)
    name = text_or(namespace.root, "name")
    holds = ", ".join(text_or(hub.root, "name") for hub in hubs.found)
    aliases = (text_or(namespace.root, "id"), name)
    return plan.resource(namespace, Kind.STREAM, name or namespace.place.name, sheet.facts, links=links, aliases=aliases, description=holds)


def _last(namespace: Planned, plan: Plan) -> Maybe[float]:
    """The longest retention of its hubs, in days, or in hours where a hub says so."""
    hubs = plan.children(namespace, HUB)
    longest: Known[float] = Known(0, namespace.root.via)
    for hub in hubs.found:
        path = ("retention_description", 0, "retention_time_in_hours")
        hours, days = hub.root.number(*path), hub.root.number("message_retention")
        if isinstance(hours, Known) and hours.value is not None:
            found: Maybe[float] = Known(hours.value / 24, hours.via)
        elif isinstance(days, Known) and days.value is not None:
            found = Known(days.value, days.via)
        else:
            why = days if isinstance(days, Unknown) else hours
            found = why if isinstance(why, Unknown) else absent(hub.at("message_retention"))
        if isinstance(found, Unknown):
            return Unknown(found.reason, found.via, found.detail, between=(longest.value, _MOST))
        longest = found if found.value > longest.value else longest
    if hubs.loose is not None or not hubs.found:
        why = hubs.loose or absent(namespace.root.via, f"not in this plan: hubs of {namespace.address}")
        return Unknown(why.reason, why.via, why.detail, between=(longest.value, _MOST))
    return longest


def _capture(hub: Planned, plan: Plan) -> tuple[Link, ...]:
    """Where a hub writes its events as files."""
    block = hub.root.block("capture_description")
    if isinstance(block, Unknown) or block.value is None:
        return ()
    path = ("capture_description", 0, "destination", 0, "storage_account_id")
    return plan.links(Rel.EXPORTS_TO, hub, hub.root, path, {azure_reach.ACCOUNT})


CONVERTER = Converter(
    frozenset({NAMESPACE}),
    convert,
    (
        Child(HUB, "namespace_id", ("id", "name"), older=("namespace_name",)),
        Child(_KEY, "eventhub_namespace_id", ("id",)),
        *azure_reach.REACHED,
    ),
    azure.KEY_TYPES,
)
