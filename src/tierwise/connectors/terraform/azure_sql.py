"""What Azure SQL servers and instances decide for their databases: network, logins, TLS, key and auditing."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_reach
from tierwise.connectors.terraform.aws import Absent, Inline, Split, setting
from tierwise.connectors.terraform.azure import flag
from tierwise.connectors.terraform.azure_reach import ACCOUNT
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.model.fact import UNLIMITED, AnyFact, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

SERVER, LEGACY, INSTANCE = "azurerm_mssql_server", "azurerm_sql_server", "azurerm_mssql_managed_instance"
SERVERS: Final = frozenset({SERVER, LEGACY})
RULES: Final = {SERVER: "azurerm_mssql_firewall_rule", LEGACY: "azurerm_sql_firewall_rule"}
ADMINS: Final = {
    LEGACY: "azurerm_sql_active_directory_administrator",
    INSTANCE: f"{INSTANCE}_active_directory_administrator",
}
ENCRYPTIONS: Final = {SERVER: f"{SERVER}_transparent_data_encryption", INSTANCE: f"{INSTANCE}_transparent_data_encryption"}
AUDIT: Final = f"{SERVER}_extended_auditing_policy"
DATABASE_AUDIT: Final = "azurerm_mssql_database_extended_auditing_policy"
_SWITCHED: Final = frozenset({AUDIT, DATABASE_AUDIT})
"""The auditing policies that have a switch of their own."""
_AUDITED_INLINE: Final = SERVERS | {"azurerm_mssql_database", "azurerm_sql_database"}
_INLINE_ADMIN: Final = {SERVER: "azuread_administrator", INSTANCE: "azure_active_directory_administrator"}
_OWN_KEY: Final = "transparent_data_encryption_key_vault_key_id"
_SERVICE_KEY: Final = "constant: Azure SQL documentation, transparent data encryption: the service manages the key where no other is set"
_PERIODS: Final = ("weekly_retention", "monthly_retention", "yearly_retention")
_ONLY: Final = "azuread_authentication_only"
_TLS: Final = "constant: Azure SQL documentation, connectivity settings: connections are encrypted always"
CHILDREN: Final = tuple(
    Child(kind, "server_id", ("id", "name"), older=("server_name",), of=server)
    for server, kind in (*RULES.items(), (LEGACY, ADMINS[LEGACY]), (SERVER, ENCRYPTIONS[SERVER]), (SERVER, AUDIT), (LEGACY, AUDIT))
)
"""The children of servers, besides those of any resource."""


def server_facts(server: Planned, plan: Plan) -> dict[str, AnyFact]:
    """The facts that a logical server decides for itself and its databases, the network's excepted."""
    read, write = audited(plan, server, AUDIT)
    local, central = logins(server, plan)
    return {
        "transport.tls_required": Known(True, Provenance(_TLS)),
        "transport.min_tls": _min_tls(server, plan),
        "access.local_auth_enabled": local,
        "access.central_identity_enabled": central,
        "logging.data_read": read,
        "logging.data_write": write,
    }


def _min_tls(server: Planned, plan: Plan) -> Maybe[str]:
    if server.type == LEGACY:
        return Unknown(UnknownReason.NOT_SUPPORTED, server.root.via, f"{LEGACY} has no argument for it")
    default = azure.by_version(plan, server, {2: "Disabled", 3: "1.2", 4: "1.2"})
    return azure_terms.min_tls(azure.text(server, "minimum_tls_version", default="1.2" if server.type == INSTANCE else default))


def network(server: Planned, plan: Plan) -> tuple[Maybe[bool], Maybe[bool], Maybe[bool]]:
    """Public endpoint, admission and private endpoint of a logical server."""
    public = flag(server, "public_network_access_enabled", default=True)
    return public, azure_reach.admits_by_rules(plan, server, RULES[server.type]), azure_reach.has_private_endpoint(plan, server)


def logins(server: Planned, plan: Plan) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether SQL logins are accepted, and whether Entra identities are."""
    found = setting(plan, server, ADMINS.get(server.type, ""), _INLINE_ADMIN.get(server.type, ""))
    match found:
        case Unknown():
            return found, found
        case Absent(via=via):
            return Known(True, via), Known(False, via)
        case Split(planned=holder):
            return _local(holder.root, _ONLY), Known(True, holder.root.via)
        case Inline(blocks=blocks):
            name = f"{_ONLY}_enabled" if server.type == INSTANCE else _ONLY
            return _local(blocks[0], name), Known(True, blocks[0].via)


def _local(node: Node, name: str) -> Maybe[bool]:
    only = node.flag(name)
    if isinstance(only, Unknown):
        # Computed where nobody wrote it: SQL logins stay on (AzureRM documentation of `azuread_authentication_only`).
        unwritten = only.reason is UnknownReason.KNOWN_AFTER_APPLY and node.is_configured and not node.is_written(name)
        return Known(True, only.via) if unwritten else only
    return Known(not only.value, only.via)


def key_of(server: Planned, plan: Plan) -> tuple[Maybe[str], tuple[Link, ...]]:
    """The custody of the protector of transparent data encryption, and the link to its key."""
    kind = ENCRYPTIONS.get(server.type, "")
    children = plan.children(server, kind)
    if children.found:
        return _key(plan, children.found[0], ("key_vault_key_id", "managed_hsm_key_id"))
    if children.loose is not None:
        return children.loose, (Link(Rel.USES_KEY, "", children.loose),)
    if server.type == SERVER and (server.root.has(_OWN_KEY) or server.root.is_written(_OWN_KEY)):
        return _key(plan, server, (_OWN_KEY,))
    if server.is_new or children.removed:
        return Known(azure_terms.PROVIDER_KEY, Provenance(_SERVICE_KEY)), ()
    lost = absent(server.root.via, f"not in this plan: no {kind or _OWN_KEY} in it is for {server.address}")
    return lost, (Link(Rel.USES_KEY, "", lost),)


def _key(plan: Plan, holder: Planned, names: tuple[str, ...]) -> tuple[Maybe[str], tuple[Link, ...]]:
    name = azure.first(holder, names)
    return azure.custody(plan, holder, holder.root, name), azure.key_links(plan, holder, holder.root, name)


def backup_days(database: Planned, short: Maybe[int]) -> Maybe[float]:
    """How far back its backups reach: the longer of the two retention policies, as `tierwise.connectors.azure.services.sql` has it."""
    parts: list[Maybe[float]] = [short if isinstance(short, Unknown) else Known(float(short.value), short.via)]
    policy = azure.block_or_none(database, "long_term_retention_policy")
    if isinstance(policy, Unknown):
        parts.append(policy)
    elif policy.value is not None:
        parts += [_kept(policy.value, name) for name in _PERIODS]
    known = [one for one in parts if isinstance(one, Known)]
    still = next((one for one in parts if isinstance(one, Unknown)), None)
    most = max(known, key=lambda one: one.value, default=None)
    if still is None and most is not None:
        return most
    lost = still or absent(database.root.via)
    return lost if most is None else Unknown(lost.reason, lost.via, lost.detail, between=(most.value, UNLIMITED))


def _kept(policy: Node, name: str) -> Maybe[float]:
    found = policy.text(name)
    if isinstance(found, Unknown) and policy.is_configured and not policy.is_written(name):
        return Known(0.0, found.via)
    return azure_terms.days(found, 0)


def audited(plan: Plan, planned: Planned, kind: str) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether an auditing policy records each read and each change; without a list of actions it records every batch."""
    found = setting(plan, planned, kind, _inline_audit(planned))
    match found:
        case Unknown():
            return found, found
        case Absent(via=via):
            return Known(False, via), Known(False, via)
        case Inline(blocks=blocks):
            return Known(True, blocks[0].via), Known(True, blocks[0].via)
        case Split(planned=holder):
            # A policy of a Synapse workspace has no switch; only that of a server lists what it records.
            on = holder.root.flag("enabled") if kind in _SWITCHED else Known(True, holder.root.via)
            if isinstance(on, Unknown):
                return on, on
            if on.value is False:
                return Known(False, on.via), Known(False, on.via)
            every = Known(True, on.via)
            return _audits(holder.root, on) if kind == AUDIT else (every, every)


def _inline_audit(planned: Planned) -> str:
    """The block of provider 2 for the auditing of a server or database."""
    return "extended_auditing_policy" if planned.type in _AUDITED_INLINE else ""


def _audits(node: Node, on: Known[bool | None]) -> tuple[Maybe[bool], Maybe[bool]]:
    groups = node.texts("audit_actions_and_groups")
    if isinstance(groups, Unknown):
        computed = (
            groups.reason is UnknownReason.KNOWN_AFTER_APPLY and node.is_configured and not node.is_written("audit_actions_and_groups")
        )
        return (Known(True, on.via), Known(True, on.via)) if computed else (groups, groups)
    lost = groups.value.open
    read, write = azure_terms.sql_audited(groups.value.known) if groups.value.known or lost is None else (False, False)
    return (
        lost if lost is not None and not read else Known(read, groups.via),
        lost if lost is not None and not write else Known(write, groups.via),
    )


def audit_links(plan: Plan, planned: Planned, kind: str) -> tuple[Link, ...]:
    """The storage account that receives an audit, by its blob endpoint."""
    found = setting(plan, planned, kind, _inline_audit(planned))
    match found:
        case Split(planned=holder):
            return plan.links(Rel.LOGS_TO, holder, holder.root, ("storage_endpoint",), {ACCOUNT})
        case Inline(blocks=blocks):
            return plan.links(Rel.LOGS_TO, planned, blocks[0], ("storage_endpoint",), {ACCOUNT})
        case Unknown():
            return (Link(Rel.LOGS_TO, "", found),)
        case Absent():
            return ()
