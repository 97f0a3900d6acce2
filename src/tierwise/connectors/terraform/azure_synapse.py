"""What Azure Synapse workspaces decide for themselves and their pools: connections, network, logins, key and auditing."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_reach
from tierwise.connectors.terraform.aws import Absent, setting
from tierwise.connectors.terraform.azure import flag
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model import kleene
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link

WORKSPACE: Final = "azurerm_synapse_workspace"
AUDIT, ADMIN = f"{WORKSPACE}_extended_auditing_policy", f"{WORKSPACE}_sql_aad_admin"
_RULE: Final = "azurerm_synapse_firewall_rule"
OF: Final = "synapse_workspace_id"
CHILDREN: Final = (*(Child(kind, OF, ("id",)) for kind in (_RULE, AUDIT, ADMIN)), *azure_reach.COMMON)
ENCRYPTED: Final = "Azure Synapse documentation, encryption: data is encrypted at rest always"
_TLS: Final = "Azure Synapse documentation, connectivity settings: workspaces accept TLS 1.2 or later alone, encrypted always"
NO_AGE: Final = "tables of a pool have no age of their own"


def put_decided(sheet: FactSheet, kind: Kind, workspace: Planned, plan: Plan) -> None:
    """Sets connections, network and logins."""
    sheet.constant("transport.tls_required", True, _TLS)
    sheet.constant("transport.min_tls", "1.2", _TLS)
    sheet.constant("transport.internode_encrypted", True, azure_terms.LINKS)
    public = flag(workspace, "public_network_access_enabled", default=True)
    admits = azure_reach.admits_by_rules(plan, workspace, _RULE)
    azure_terms.put_network(sheet, kind, public, admits, azure_reach.has_private_endpoint(plan, workspace))
    sheet.put("access.local_auth_enabled", kleene.negated(flag(workspace, "azuread_authentication_only", default=False)))
    admin = setting(plan, workspace, ADMIN, "sql_aad_admin")
    central: Maybe[bool] = admin if isinstance(admin, Unknown) else Known(not isinstance(admin, Absent), workspace.root.via)
    sheet.put("access.central_identity_enabled", central)


def key_of(workspace: Planned, plan: Plan) -> tuple[Maybe[str], tuple[Link, ...]]:
    """The custody of the key of a workspace, and the link to it."""
    # The URL of a key is written without its version (AzureRM documentation of `key_versionless_id`).
    return azure.key_in(plan, workspace, "customer_managed_key", "key_versionless_id", f"{ENCRYPTED}, under Microsoft's keys")
