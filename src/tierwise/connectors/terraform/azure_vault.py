"""What a key vault decides for its keys and secrets: network, logging, soft deletion, who is let in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.azure_audience import Given, Strangers
from tierwise.connectors.azure_terms import admits_ranges
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import flag, number
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import put_listed

VAULT, POLICY = "azurerm_key_vault", "azurerm_key_vault_access_policy"
HSM: Final = "azurerm_key_vault_managed_hardware_security_module"
CHILDREN: Final = (Child(POLICY, "key_vault_id", ("id",)), *azure_reach.REACHED)
_RECORDS: Final = frozenset({"auditevent"})
_LOCAL: Final = "who may use a managed HSM is told by roles within it (Managed HSM documentation, local RBAC)"
_OPEN: Final = "constant: Azure Key Vault documentation, networking: every network is admitted where no rules are set"
NAMES: Final = (
    "network.public_endpoint", "network.private_endpoint", "network.ingress_any", "logging.data_read", "logging.data_write",
    "access.external_principals", "access.external_conditioned",
)  # fmt: skip


def put_vault(sheet: FactSheet, kind: Kind, vault: Planned, plan: Plan, store: Planned) -> None:
    """The facts that a vault decides for itself and what it holds, of it or of `store`, which it holds."""
    public = flag(vault, "public_network_access_enabled", default=True)
    azure_terms.put_network(sheet, kind, public, _admits(vault), azure_reach.has_private_endpoint(plan, vault))
    read, write = azure_reach.recorded(plan, vault, _RECORDS, _RECORDS)
    put_listed(sheet, {"logging.data_read": read, "logging.data_write": write}, kind)
    roles = by_rbac(vault)
    closed = isinstance(roles, Known) and not roles.value
    own = () if store is vault else (vault,)
    azure_grants.put_audience(sheet, kind, store, plan, *own, more=_let_in(vault, plan, roles), data=not closed)


def put_lost(sheet: FactSheet, kind: Kind, lost: Unknown) -> None:
    """The same facts where the vault is not in the plan."""
    azure_grants.put_lost(sheet, kind, lost)
    put_listed(sheet, dict.fromkeys(NAMES, lost), kind)


def soft_delete_days(vault: Planned) -> Maybe[int]:
    """Ninety days by default; on for every vault since December 2020, whatever provider 2 may ask (Key Vault documentation, soft-delete)."""
    return number(vault, "soft_delete_retention_days", default=90)


def purge_protected(vault: Planned) -> Maybe[bool]:
    """Whether nobody can purge before the retention is over."""
    return flag(vault, "purge_protection_enabled", default=False)


def by_rbac(vault: Planned) -> Maybe[bool]:
    """Whether roles, not access policies, open the vault."""
    return flag(vault, "rbac_authorization_enabled", "enable_rbac_authorization", default=False)


def _admits(vault: Planned) -> Maybe[bool]:
    block = azure.block_or_none(vault, "network_acls")
    if isinstance(block, Unknown):
        return block
    if block.value is None:
        return Known(True, Provenance(_OPEN))
    action, ranges = block.value.text("default_action"), block.value.texts("ip_rules")
    if isinstance(action, Unknown):
        return action
    if (action.value or "Allow").lower() != "deny":
        return Known(True, action.via)
    if isinstance(ranges, Unknown):
        return ranges
    wide = admits_ranges(ranges.value.known, action.via)
    if isinstance(wide, Unknown) or wide.value:
        return wide
    return ranges.value.open or Known(False, action.via)


def _policies(vault: Planned, plan: Plan) -> Iterator[tuple[Planned, Node] | Unknown]:
    """The access policies of a vault, inline and apart, each with what it stands in."""
    inline = vault.root.blocks("access_policy")
    if isinstance(inline, Known):
        yield from ((vault, one) for one in inline.value)
    elif not azure.is_left_out(vault, "access_policy", inline):
        yield inline
    children = plan.children(vault, POLICY)
    if children.loose is not None:
        yield children.loose
    for one in children.found:
        yield one, one.root


def _let_in(vault: Planned, plan: Plan, by_roles: Maybe[bool]) -> Iterator[Given]:
    """Whom the vault's own list lets in: its access policies, where roles do not decide; of a managed HSM its local roles, which are not read."""
    if vault.type == HSM:
        yield Strangers(open=Unknown(UnknownReason.NOT_COLLECTED, vault.root.via, _LOCAL)), False
    elif not (isinstance(by_roles, Known) and by_roles.value):
        own = vault.root.text("tenant_id")
        for policy in _policies(vault, plan):
            yield Strangers(open=policy) if isinstance(policy, Unknown) else _named(*policy, own, plan), False


def _named(holder: Planned, policy: Node, own: Maybe[str | None], plan: Plan) -> Strangers:
    """Those from outside whom an access policy names: all of another tenant's, and of the own tenant its guests."""
    tenant = policy.text("tenant_id")
    if isinstance(tenant, Unknown):
        # Of a tenant that is not known yet, nothing says that it is another one; nor that it is not.
        return Strangers(open=tenant)
    if tenant.value and isinstance(own, Known) and own.value and tenant.value.lower() != own.value.lower():
        return Strangers(frozenset({tenant.value.lower()}))
    return azure_grants.principal(holder, policy, "object_id", plan)
