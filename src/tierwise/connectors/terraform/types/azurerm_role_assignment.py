"""Role assignments and custom roles; a role counts for the scope at which it is given, a resource group or more being wide."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tierwise.access.azure_roles import BUILT_IN, WIDE, Role, assignment_facts, definition_facts, role_of
from tierwise.connectors.terraform import azure
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_grants import (
    ASSIGNMENT,
    DEFINITION,
    READS,
    WIDE_TYPES,
    name_by_id,
    permissions_of,
    role_given,
)
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.references import Resolved, references_of
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

_STORES: Final = frozenset(
    {
        "azurerm_storage_account", "azurerm_key_vault", "azurerm_cosmosdb_account", "azurerm_eventhub_namespace",
        "azurerm_servicebus_namespace", "azurerm_servicebus_queue", "azurerm_log_analytics_workspace", "azurerm_kusto_cluster",
        "azurerm_key_vault_secret",
    }
)  # fmt: skip
_STORE_ID: Final = re.compile(
    r"/providers/microsoft\.(?:storage|keyvault|documentdb|eventhub|servicebus|operationalinsights|kusto)/", re.IGNORECASE
)


def convert(planned: Planned, plan: Plan) -> Resource:
    """A planned role assignment or custom role."""
    return _assignment(planned, plan) if planned.type == ASSIGNMENT else _definition(planned, plan)


def _assignment(one: Planned, plan: Plan) -> Resource:
    sheet = FactSheet()
    role, wide = _role(one, plan), _wide(one, plan)
    condition = one.root.text("condition")
    bound: Maybe[bool] = condition if isinstance(condition, Unknown) else Known(condition.value is not None, condition.via)
    if isinstance(condition, Unknown) and azure.is_left_out(one, "condition", condition):
        bound = Known(False, condition.via)
    sheet.facts.update(assignment_facts(role, wide, bound))
    sheet.not_applicable("privilege.inline_wildcard", "a role is not written into its principal", one.root.via)
    links: tuple[Link, ...] = ()
    if isinstance(role, Known) and role.value.data:
        links = tuple(link for link in plan.links(Rel.READS, one, one.root, ("scope",), _STORES) if link.to and _is_store(link.to, plan))
    attached = plan.links(Rel.ATTACHES, one, one.root, ("role_definition_id",), {DEFINITION})
    own = tuple(link for link in attached if link.to in {plan.id_of(each.address) for each in plan.by_type.get(DEFINITION, ())})
    name = text_or(one.root, "role_definition_name") or name_by_id(text_or(one.root, "role_definition_id")) or one.place.name
    return plan.resource(one, Kind.POLICY, name, sheet.facts, links=(*links, *own), aliases=(text_or(one.root, "id"),))


def _is_store(to: str, plan: Plan) -> bool:
    return to.removeprefix(plan.prefix) in plan.by_address or _STORE_ID.search(to) is not None


def _role(one: Planned, plan: Plan) -> Maybe[Role]:
    """The role that an assignment gives."""
    found = role_given(one, plan)
    if isinstance(found, Unknown):
        return found
    if isinstance(found, Planned):
        return _permissions(found)
    via = one.at("role_definition_name")
    if (role := BUILT_IN.get(found)) is not None:
        return Known(role, via)
    return Unknown(UnknownReason.NOT_COLLECTED, via, "the permissions of this role are not in the plan")


def _permissions(definition: Planned) -> Maybe[Role]:
    found = permissions_of(definition)
    if isinstance(found, Unknown):
        return found
    lists = (
        [word for one in found.value for word in getattr(one, name)]
        for name in ("actions", "not_actions", "data_actions", "not_data_actions")
    )
    return Known(role_of(*lists), found.via)


def _wide(one: Planned, plan: Plan) -> Maybe[bool]:
    """Whether an assignment is for a resource group or more."""
    scope = one.root.text("scope")
    if isinstance(scope, Known) and scope.value:
        return Known(WIDE.match(scope.value) is not None, scope.via)
    way = plan.resolve(one, one.root, ("scope",), WIDE_TYPES)
    named = references_of(one.root.expression("scope"))
    if isinstance(way, Resolved) or _names_wide(named):
        return Known(True, scope.via)
    if getattr(way, "elsewhere", False) and named and not any(name.startswith("data.") for name in named):
        return Known(False, scope.via)
    return scope if isinstance(scope, Unknown) else Unknown(UnknownReason.NOT_COLLECTED, scope.via, "no scope is written")


def _names_wide(named: Iterable[str]) -> bool:
    """A data source that is read outside the plan is named by its type all the same."""
    return any(name.startswith(tuple(f"{kind}." for kind in WIDE_TYPES)) for name in named)


def _definition(one: Planned, plan: Plan) -> Resource:
    sheet = FactSheet()
    role = _permissions(one)
    sheet.facts.update(definition_facts(role, one.root.via))
    sheet.not_applicable("privilege.inline_wildcard", "a role is not written into a principal", one.root.via)
    aliases = (text_or(one.root, "role_definition_resource_id"), text_or(one.root, "id"), text_or(one.root, "role_definition_id"))
    name = text_or(one.root, "name") or one.place.name
    return plan.resource(one, Kind.POLICY, name, sheet.facts, aliases=aliases, description=text_or(one.root, "description"))


CONVERTER = Converter(frozenset({ASSIGNMENT, DEFINITION}), convert, reads=_STORES | READS)
