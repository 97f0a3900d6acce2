"""What a key vault decides for its keys and secrets: network, logging, soft deletion, who is let in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.azure_terms import admits_ranges
from tierwise.connectors.terraform import azure, azure_reach
from tierwise.connectors.terraform.azure import flag, number
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import put_listed

VAULT, POLICY = "azurerm_key_vault", "azurerm_key_vault_access_policy"
CHILDREN: Final = (Child(POLICY, "key_vault_id", ("id",)), *azure_reach.REACHED)
_RECORDS: Final = frozenset({"auditevent"})
_OPEN: Final = "constant: Azure Key Vault documentation, networking: every network is admitted where no rules are set"
NAMES: Final = (
    "network.public_endpoint", "network.private_endpoint", "network.ingress_any", "logging.data_read", "logging.data_write",
    "access.external_principals", "access.external_conditioned",
)  # fmt: skip


def put_vault(sheet: FactSheet, kind: Kind, vault: Planned, plan: Plan) -> None:
    """The facts that a vault decides for itself and what it holds."""
    public = flag(vault, "public_network_access_enabled", default=True)
    azure_terms.put_network(sheet, kind, public, _admits(vault), azure_reach.has_private_endpoint(plan, vault))
    read, write = azure_reach.recorded(plan, vault, _RECORDS, _RECORDS)
    put_listed(sheet, {"logging.data_read": read, "logging.data_write": write}, kind)
    azure_terms.put_audience(sheet, kind, external=_external(vault, plan))


def put_lost(sheet: FactSheet, kind: Kind, lost: Unknown) -> None:
    """The same facts where the vault is not in the plan."""
    azure_terms.put_audience(sheet, kind, external=lost)
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


def policies(vault: Planned, plan: Plan) -> Iterator[Node | Unknown]:
    """The access policies of a vault, inline and apart."""
    inline = vault.root.blocks("access_policy")
    if isinstance(inline, Known):
        yield from inline.value
    elif not azure.is_left_out(vault, "access_policy", inline):
        yield inline
    children = plan.children(vault, POLICY)
    if children.loose is not None:
        yield children.loose
    for one in children.found:
        yield one.root


def _external(vault: Planned, plan: Plan) -> AnyFact:
    """The tenants other than its own that a vault's access policies name."""
    own = vault.root.text("tenant_id")
    found: set[str] = set()
    still: Unknown | None = None
    for policy in policies(vault, plan):
        tenant = policy if isinstance(policy, Unknown) else policy.text("tenant_id")
        if isinstance(tenant, Unknown):
            # Of a tenant that is not known yet, nothing says that it is another one; nor that it is not.
            still = tenant
        elif tenant.value and isinstance(own, Known) and own.value and tenant.value.lower() != own.value.lower():
            found.add(tenant.value.lower())
    if still is not None:
        return Unknown(still.reason, still.via, still.detail, includes=frozenset(found))
    return Known(frozenset(found), vault.at("access_policy"))
