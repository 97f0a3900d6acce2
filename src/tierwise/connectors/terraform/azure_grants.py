"""Who may be let in to a planned store of Azure's from outside: by a role that the plan gives, by delegation, by a list of the store's own.

A role is given for a scope and holds for all that is below it, and one that is given within a store lets in to the store, as the live connector has it
(`tierwise.connectors.azure.outsiders`). What stands outside a plan it does not tell: of what is new the roles of the plan count, of what is there others may
have been given. Whom an id stands for is in the tenant's directory, which nobody asks for a plan: the plan's own identities are the tenant's, and what else
names somebody leaves it open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tierwise.access.azure_roles import IDS, PERMITS, Permission, opens
from tierwise.connectors.azure_audience import MICROSOFT, NOBODY, Audience, Given, Strangers, audience
from tierwise.connectors.azure_audience import put_audience as put
from tierwise.connectors.terraform import azure
from tierwise.connectors.terraform.address import parse_address
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_reach import GROUP
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.connectors.terraform.references import Resolved, Unresolved, references_of
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind

ASSIGNMENT, DEFINITION = "azurerm_role_assignment", "azurerm_role_definition"
_ACTIVE: Final = "azurerm_pim_active_role_assignment"
_ASSIGNMENTS: Final = (ASSIGNMENT, _ACTIVE)
"""Roles that hold; those that somebody may activate do not yet, as live (`docs/azure.md`)."""
READ_DEFINITION: Final = f"data.{DEFINITION}"
COSMOS_ROLE: Final = Child("azurerm_cosmosdb_sql_role_assignment", "account_name", ("name", "id"))
"""A role of the API for NoSQL, which stands on the account beside Azure's."""
_DELEGATED, _OFFER = "azurerm_lighthouse_assignment", "azurerm_lighthouse_definition"
_WIDE: Final = ("azurerm_subscription", "azurerm_management_group")
WIDE_TYPES: Final = frozenset({GROUP, f"data.{GROUP}", *_WIDE, *(f"data.{one}" for one in _WIDE)})
_USER, _READ_USER, _INVITED = "azuread_user", "data.azuread_user", "azuread_invitation"
_MANAGED: Final = "azurerm_user_assigned_identity"
"""It has no ids but its own; of what else has an identity, which attribute is meant decides, and a reference by `each.key` or a splat does not tell it."""
_AGENT, _READ_AGENT, _APPLICATION = "azuread_service_principal", "data.azuread_service_principal", "azuread_application"
_WHOEVER: Final = frozenset({"data.azurerm_client_config", "data.azuread_client_config"})
READS: Final = WIDE_TYPES | frozenset(
    {
        *_ASSIGNMENTS, DEFINITION, READ_DEFINITION, _DELEGATED, _OFFER, _READ_USER, _USER, _AGENT, _READ_AGENT, *_WHOEVER,
    }
)  # fmt: skip
"""What has to be read to know who is let in."""
STORES: Final[Mapping[str, str]] = {
    "azurerm_storage_account": "microsoft.storage/storageaccounts",
    "azurerm_key_vault": "microsoft.keyvault/vaults",
    "azurerm_key_vault_managed_hardware_security_module": "microsoft.keyvault/managedhsms",
    "azurerm_cosmosdb_account": "microsoft.documentdb/databaseaccounts",
    "azurerm_eventhub_namespace": "microsoft.eventhub/namespaces",
    "azurerm_servicebus_namespace": "microsoft.servicebus/namespaces",
    "azurerm_log_analytics_workspace": "microsoft.operationalinsights/workspaces",
    "azurerm_kusto_cluster": "microsoft.kusto/clusters",
    "azurerm_synapse_workspace": "microsoft.synapse/workspaces",
    "azurerm_redis_cache": "microsoft.cache/redis",
    "azurerm_redis_enterprise_cluster": "microsoft.cache/redisenterprise",
    "azurerm_managed_redis": "microsoft.cache/redisenterprise",
    "azurerm_managed_disk": "microsoft.compute/disks",
    "azurerm_snapshot": "microsoft.compute/snapshots",
    "azurerm_recovery_services_vault": "microsoft.recoveryservices/vaults",
    "azurerm_data_protection_backup_vault": "microsoft.dataprotection/backupvaults",
    "azurerm_mssql_server": "microsoft.sql/servers",
    "azurerm_sql_server": "microsoft.sql/servers",
    "azurerm_mssql_managed_instance": "microsoft.sql/managedinstances",
    "azurerm_postgresql_server": "microsoft.dbforpostgresql/servers",
    "azurerm_postgresql_flexible_server": "microsoft.dbforpostgresql/flexibleservers",
    "azurerm_mysql_server": "microsoft.dbformysql/servers",
    "azurerm_mysql_flexible_server": "microsoft.dbformysql/flexibleservers",
    "azurerm_mariadb_server": "microsoft.dbformariadb/servers",
}
"""What stands in a resource group by itself and has its type in Azure (lower case)."""
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            "azurerm_storage_container", "azurerm_storage_share", "azurerm_storage_queue", "azurerm_storage_table",
            "azurerm_storage_data_lake_gen2_filesystem",
        ),
        ("storage_account_id", "storage_account_name"),
    ),
    **dict.fromkeys(("azurerm_key_vault_key", "azurerm_key_vault_secret", "azurerm_key_vault_certificate"), ("key_vault_id",)),
    **dict.fromkeys(("azurerm_mssql_database", "azurerm_sql_database"), ("server_id", "server_name")),
    **dict.fromkeys(("azurerm_eventhub", "azurerm_servicebus_queue", "azurerm_servicebus_topic"), ("namespace_id", "namespace_name")),
    "azurerm_mssql_managed_database": ("managed_instance_id",),
    "azurerm_kusto_database": ("cluster_name",),
    "azurerm_synapse_sql_pool": ("synapse_workspace_id",),
}  # fmt: skip
"""What a role may be given for that stands within a store, with the arguments that name the store."""
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([^/]+)(?:/resourcegroups/([^/]+)(?:/providers/(.+))?)?/?\Z", re.IGNORECASE)
_IDENTITY: Final = re.compile(r"(?:.*_)?identity(?:_principal_id)?\Z|principal_id\Z")
"""Attributes of a resource of Azure's that are its own identity, or that of an agent of it."""
_LISTS: Final = ("actions", "not_actions", "data_actions", "not_data_actions")
_DIRECTORY: Final = "who is from outside is in the tenant's directory alone, which is not asked for a plan"
_OPEN: Final = {
    **dict.fromkeys(_WHOEVER, "it names whoever applies the plan"),
    **dict.fromkeys(("azuread_group", "data.azuread_group"), "it names a group, which may have members from outside"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a role is given for, or where a store stands, as far as the plan tells."""

    within: tuple[str, ...] = ()
    """The addresses of a resource of this plan and of those that it is part of."""
    group_at: str = ""
    """The address of its resource group."""
    subscription: str = ""
    group: str = ""
    """The name, lower case like all that is compared."""
    path: tuple[str, ...] = ()
    """What follows `/providers/` in its id."""
    any: bool = False
    """Whether it may be anything."""
    is_group: bool = False
    """Whether it is a resource group of this plan."""

    @property
    def has_id(self) -> bool:
        """Whether it can be told in another file of the plan set."""
        return self.any or bool(self.subscription or self.group)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, given to somebody."""

    at: Scope
    permits: Maybe[tuple[Permission, ...]] | None
    """None where it is not a role that decides."""
    who: Strangers
    condition: Maybe[bool]
    """Whether a condition binds it."""
    via: Provenance


def put_audience(
    sheet: FactSheet,
    kind: Kind,
    store: Planned,
    plan: Plan,
    *above: Planned,
    anonymous: Maybe[bool] | None = None,
    more: Iterable[Given] = (),
    data: bool = True,
) -> None:
    """Who is let in to a planned store: `above` are those that it is part of, `more` whom it names itself; `data` says whether roles open its data."""
    put(sheet, kind, audience((*_given(store, plan, above, data=data), *more), store.root.via), anonymous)


def put_lost(sheet: FactSheet, kind: Kind, lost: Unknown) -> None:
    """The same where what it is part of, which decides, is not in the plan."""
    put(sheet, kind, Audience(open=lost, loose=lost, via=lost.via))


def _given(store: Planned, plan: Plan, above: tuple[Planned, ...], *, data: bool) -> Iterator[Given]:
    place = _place(store, plan, above)
    of = STORES.get((above or (store,))[-1].type, "")
    for grant in plan.once(_grants):
        covers = _covers(grant.at, place)
        strangers = grant.who
        if covers is False or strangers == NOBODY:
            continue
        opened = grant.permits
        if isinstance(opened, Known):
            if not opens(opened.value, _type_in(store, of), data=data):
                continue
        elif opened is not None:
            strangers = Strangers(open=opened)
        if covers is None:
            where = Unknown(UnknownReason.UNRESOLVED_REFERENCE, grant.via, f"whether {grant.via.via} is for it is not in this plan")
            strangers = Strangers(open=strangers.open or where)
        if isinstance(grant.condition, Unknown):
            yield strangers, True
            yield Strangers(open=grant.condition), False
        else:
            yield strangers, grant.condition.value
    if not (above or (store,))[-1].is_new:
        yield Strangers(open=absent(store.root.via, f"not in this plan: who else holds a role that opens {store.address}")), False


def _type_in(store: Planned, of: str) -> str:
    """The type in Azure; a key is opened by other actions than what else its vault holds."""
    return f"{of}/keys" if store.type == azure.KEY else of


def _covers(scope: Scope, place: Scope) -> bool | None:
    """Whether what is given for a scope lets in to what stands at a place; None where that cannot be told."""
    if scope.any:
        return None
    if scope.within:
        if scope.within[0] in (*place.within, place.group_at) or place.within[0] in scope.within:
            return True
        if not scope.group:
            return None if scope.is_group and not place.group_at else False
    pairs = [(scope.subscription, place.subscription)] + ([(scope.group, place.group)] if scope.group else [])
    pairs += zip(scope.path, place.path, strict=False)
    if any(one and other and one != other for one, other in pairs):
        return False
    # What is given within the whole may be for another part of it.
    other_part = len(scope.path) > len(place.path) and len(place.within) > 1
    return None if other_part or any(one != other for one, other in pairs) else True


def _place(store: Planned, plan: Plan, above: tuple[Planned, ...] = ()) -> Scope:
    """Where a store of this plan stands."""
    outer = (above or (store,))[-1]
    way = plan.resolve(outer, outer.root, ("resource_group_name",), {GROUP})
    group = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    found = _parsed(text_or(outer.root, "id"))
    named = found.group or text_or(outer.root, "resource_group_name") or (text_or(group.root, "name") if group else "")
    path = found.path or (*STORES.get(outer.type, "/").split("/"), text_or(outer.root, "name").lower())
    return Scope(
        (store.address, *(one.address for one in above)),
        group.address if group else "",
        found.subscription or plan.providers.account(outer),
        named.lower(),
        path,
    )


def _parsed(identifier: str) -> Scope:
    """A scope by its id; anything that is no resource, group or subscription may hold any."""
    match = _SUBSCRIPTION.match(identifier)
    if match is None:
        return Scope(any=True)
    return Scope((), "", match[1].lower(), (match[2] or "").lower(), tuple((match[3] or "").lower().split("/")) if match[3] else ())


def _grants(plan: Plan) -> tuple[Grant, ...]:
    """All that this plan gives anybody, and other files of its set by ids."""
    others = (one for other in plan.beside for one in other.once(_own_grants))
    return (*plan.once(_own_grants), *(replace(one, at=replace(one.at, within=())) for one in others if one.at.has_id))


def _own_grants(plan: Plan) -> tuple[Grant, ...]:
    found: list[Grant] = []
    for kind in (*_ASSIGNMENTS, _DELEGATED):
        for one in plan.by_type.get(kind, ()):
            scope = None if one.is_gone else _scope(one, plan)
            if scope is None:
                continue
            if kind == _DELEGATED:
                found.append(Grant(scope, None, _delegated(one, plan), Known(False), one.root.via))
            else:
                found.append(Grant(scope, permissions_given(one, plan), _holder(one, plan), _is_conditioned(one), one.root.via))
    return tuple(found)


def _is_conditioned(one: Planned) -> Maybe[bool]:
    condition: Maybe[str | None] = one.root.text("condition") if one.type == ASSIGNMENT else Known(None)
    if isinstance(condition, Unknown):
        return Known(False, condition.via) if azure.is_left_out(one, "condition", condition) else condition
    return Known(bool(condition.value), condition.via)


def _scope(one: Planned, plan: Plan) -> Scope | None:
    """What something is given for: by its id, else by what it refers to; None where that holds no store."""
    named = one.root.text("scope")
    wanted = STORES.keys() | _PARTS.keys() | WIDE_TYPES
    way = plan.resolve(one, one.root, ("scope",), wanted)
    target = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if isinstance(named, Known) and named.value:
        found = _parsed(named.value)
        return found if target is None else Scope(tuple(_chain(target, plan)), "", found.subscription, found.group, found.path, found.any)
    if target is None:
        return None if isinstance(way, Unresolved) and way.elsewhere and not _is_wide(one) else Scope(any=True)
    if target.type in STORES or target.type in _PARTS:
        return Scope(tuple(_chain(target, plan)))
    if target.type == GROUP:
        found = _parsed(text_or(target.root, "id"))
        return Scope(
            (target.address,), "", found.subscription or plan.providers.account(target), text_or(target.root, "name").lower(), is_group=True
        )
    return _parsed(text_or(target.root, "id"))


def _is_wide(one: Planned) -> bool:
    """Whether it refers to a subscription or the like that is read outside the plan."""
    return any(name.startswith(tuple(f"{kind}." for kind in WIDE_TYPES)) for name in references_of(one.root.expression("scope")))


def _chain(target: Planned, plan: Plan) -> Iterator[str]:
    """The address of a resource and of those that it is part of."""
    yield target.address
    names = _PARTS.get(target.type)
    above = azure.parent_of(plan, target, names, STORES) if names else None
    if above is not None:
        yield above.address


def role_given(one: Planned, plan: Plan) -> Planned | str | Unknown:
    """The role that an assignment gives: a definition of this plan, else its name."""
    name, by_id = one.root.text("role_definition_name") if one.type == ASSIGNMENT else Known(None), one.root.text("role_definition_id")
    way = plan.resolve(one, one.root, ("role_definition_id",), {DEFINITION, READ_DEFINITION})
    target = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if target is not None and target.place.mode == "managed":
        return target
    written = text_or(target.root, "name") if target is not None else ""
    found = (name.value if isinstance(name, Known) else None) or written or name_by_id(text_or(one.root, "role_definition_id"))
    if not found and not (isinstance(by_id, Known) and by_id.value):
        lost = by_id if isinstance(by_id, Unknown) else name
        reason = lost.reason if isinstance(lost, Unknown) else UnknownReason.NOT_COLLECTED
        return Unknown(reason, lost.via, "which role it gives is not known")
    custom = (each for each in plan.by_type.get(DEFINITION, ()) if found and not each.is_gone and text_or(each.root, "name") == found)
    return (None if found in PERMITS else next(custom, None)) or found or ""


def name_by_id(found: str) -> str:
    """The name of a built-in role by its id."""
    return IDS.get(found.rpartition("/")[2].lower(), "")


def permissions_given(one: Planned, plan: Plan) -> Maybe[tuple[Permission, ...]]:
    """What the role that an assignment gives permits, in lower case."""
    role = role_given(one, plan)
    if isinstance(role, Unknown):
        return role
    if isinstance(role, Planned):
        return permissions_of(role)
    via = one.at("role_definition_id" if one.type == _ACTIVE else "role_definition_name")
    known = PERMITS.get(role)
    return (
        Known(known, via)
        if known is not None
        else Unknown(UnknownReason.NOT_COLLECTED, via, "the permissions of this role are not in the plan")
    )


def permissions_of(definition: Planned) -> Maybe[tuple[Permission, ...]]:
    """The permissions of a custom role, in lower case."""
    blocks = definition.root.blocks("permissions")
    if isinstance(blocks, Unknown):
        return blocks
    found: list[Permission] = []
    for block in blocks.value:
        lists: list[tuple[str, ...]] = []
        for name in _LISTS:
            texts = block.texts(name)
            if isinstance(texts, Unknown) and block.is_configured and not block.is_written(name):
                lists.append(())
            elif isinstance(texts, Unknown):
                return texts
            elif texts.value.open is not None:
                return texts.value.open
            else:
                lists.append(tuple(one.lower() for one in texts.value.known))
        found.append(Permission(*lists))
    return Known(tuple(found), blocks.via)


def _delegated(one: Planned, plan: Plan) -> Strangers:
    """The tenant to which something is delegated."""
    way = plan.resolve(one, one.root, ("lighthouse_definition_id",), {_OFFER})
    offer = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if offer is None:
        why = "the definition that it is made by, which names the tenant, is not in this plan"
        return Strangers(open=Unknown(UnknownReason.UNRESOLVED_REFERENCE, one.at("lighthouse_definition_id"), why))
    tenant = offer.root.text("managing_tenant_id")
    if isinstance(tenant, Unknown) or not tenant.value:
        return Strangers(open=tenant if isinstance(tenant, Unknown) else absent(tenant.via))
    return Strangers(frozenset({tenant.value.lower()}))


def _holder(one: Planned, plan: Plan) -> Strangers:
    """Those from outside whom the holder of an assignment stands for."""
    crossing = one.root.text("delegated_managed_identity_resource_id") if one.type == ASSIGNMENT else Known(None)
    if (isinstance(crossing, Known) and crossing.value) or one.root.is_written("delegated_managed_identity_resource_id"):
        why = "it is given over the border of a tenant, and whose the identity is a plan does not say"
        return Strangers(open=Unknown(UnknownReason.OUT_OF_SCOPE, one.at("delegated_managed_identity_resource_id"), why))
    return principal(one, one.root, "principal_id", plan)


def principal(one: Planned, node: Node, attribute: str, plan: Plan) -> Strangers:
    """Those from outside whom an argument with an object id stands for, by what it refers to."""
    found = node.text(attribute)
    if isinstance(found, Known) and not found.value:
        return NOBODY
    way = plan.resolve(one, node, (attribute,), plan.once(_identities))
    if isinstance(found, Known) and _is_chosen(references_of(node.expression(attribute))):
        way = Unresolved("one of several")
    if isinstance(way, Resolved):
        return _stands_for(plan, way.address, way.attribute, node.at(attribute))
    if isinstance(way, Unresolved) and way.complete and way.candidates:
        every = NOBODY
        for address in way.candidates:
            every |= _stands_for(plan, address, "", node.at(attribute))
        return every
    if isinstance(found, Unknown):
        return Strangers(open=found if found.detail else Unknown(found.reason, found.via, "who it lets in is not known yet"))
    return Strangers(open=Unknown(UnknownReason.OUT_OF_SCOPE, found.via, f"it names a principal by an id: {_DIRECTORY}"))


def _is_chosen(names: Iterable[str]) -> bool:
    """Whether an id that is known comes from a variable or from something else, as in `coalesce(var.owner, azurerm_user_assigned_identity.i.principal_id)`."""
    given = [name.startswith(("var.", "local.")) for name in names]
    return any(given) and not all(given)


def _identities(plan: Plan) -> frozenset[str]:
    """The types of this plan that a principal may be of; what only repeats one is none."""
    kinds = plan.layout.instances.kinds()
    passing = {*_ASSIGNMENTS, COSMOS_ROLE.type, "azurerm_key_vault_access_policy"}
    return frozenset(one for one in kinds if one.removeprefix("data.").startswith(("azurerm_", "azuread_", "azapi_"))) - passing


def _stands_for(plan: Plan, address: str, attribute: str, via: Provenance) -> Strangers:
    """Those from outside whom a resource or data source of the plan stands for."""
    place, target = parse_address(address), plan.by_address.get(address)
    kind = f"data.{place.type}" if place.mode == "data" else place.type
    if kind == _INVITED:
        return Strangers(frozenset({f"guest:{address}"}))
    if target is not None and kind in (_USER, _READ_USER):
        return _user(target)
    if target is not None and kind in (_AGENT, _READ_AGENT):
        return _agent(target, plan)
    if place.type == _MANAGED or (place.type.startswith("azurerm_") and _IDENTITY.match(attribute)):
        # A managed identity is one of the tenant of its subscription (Microsoft Entra documentation, managed identities).
        return NOBODY
    why = _OPEN.get(kind, f"it names {address}")
    return Strangers(open=Unknown(UnknownReason.OUT_OF_SCOPE, via, f"{why}: {_DIRECTORY}"))


def _user(one: Planned) -> Strangers:
    """A user is from outside who is a guest, or was invited and made a member (`tierwise.connectors.azure.directory`)."""
    told = one.root.text("user_type"), one.root.text("creation_type")
    if any(isinstance(each, Known) and (each.value or "").lower() in ("guest", "invitation") for each in told):
        return Strangers(frozenset({f"guest:{text_or(one.root, 'object_id').lower() or one.address}"}))
    if one.place.mode == "managed" and one.is_new:
        # The provider makes users of the tenant's own domains alone; others it invites (AzureAD documentation of `azuread_user`, `azuread_invitation`).
        return NOBODY
    lost = next((each for each in told if isinstance(each, Unknown)), None)
    if lost is not None:
        return Strangers(open=Unknown(lost.reason, lost.via, lost.detail or "whether the user is a guest is not known yet"))
    says = isinstance(told[0], Known) and told[0].value
    return NOBODY if says else Strangers(open=absent(told[0].via, f"{one.address} does not say whether the user is a guest"))


def _agent(one: Planned, plan: Plan) -> Strangers:
    """An application is from outside that another tenant owns."""
    owner, own = one.root.text("application_tenant_id"), plan.once(_tenants)
    way = plan.resolve(one, one.root, (azure.first(one, ("client_id", "application_id")),), {_APPLICATION})
    if isinstance(owner, Known) and owner.value and (own or owner.value.lower() in MICROSOFT):
        return NOBODY if owner.value.lower() in MICROSOFT | own else Strangers(frozenset({owner.value.lower()}))
    if isinstance(way, Resolved):
        return NOBODY
    return Strangers(open=Unknown(UnknownReason.OUT_OF_SCOPE, owner.via, "which tenant owns the application is not in this plan"))


def _tenants(plan: Plan) -> frozenset[str]:
    """The tenant that the plan is for; none where it may be one of several."""
    found = {text_or(one.root, "tenant_id").lower() for kind in _WHOEVER for one in plan.by_type.get(kind, ())} - {""}
    return frozenset(found) if len(found) == 1 else frozenset()
