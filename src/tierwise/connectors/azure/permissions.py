"""The least-privilege custom role for a scan, derived from the declared rows and reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from tierwise.connectors.azure.collectors import declared_reads
from tierwise.connectors.azure.directory import LOOKUPS
from tierwise.connectors.azure.read import Declaration, Lookup
from tierwise.connectors.azure.services.storage_reads import BY_DEPTH
from tierwise.connectors.declared import needed
from tierwise.connectors.hcl import arguments, block, hcl
from tierwise.model.content import Depth

Document: TypeAlias = Mapping[str, object]
NAME: Final = "tierwise scan"
_ABOUT: Final = "Reads configuration and metadata for tierwise; no action that opens data, hands out keys or changes anything."
_SAMPLING: Final = "tierwise sampling"
_DEEPER: Final = "Lists blobs and reads samples of them for tierwise, beside the role of its inventory; no action that hands out keys or changes anything."
MICROSOFT_GRAPH: Final = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph's own application id, the same in every tenant."""
_ROLES: Final[Mapping[str, str]] = {
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
}
"""The ids of its application permissions (Microsoft Graph permissions reference)."""
PRINCIPAL: Final = "OBJECT-ID"
PLACE: Final = "/providers/Microsoft.Management/managementGroups/MANAGEMENT-GROUP"
"""What stands for the scope until one is given."""


def role_definition(
    facts: frozenset[str] | None = None, scopes: Sequence[str] = (), depth: Depth = Depth.METADATA, more: Sequence[Declaration] = ()
) -> Document:
    """The custom role that a scan needs: all declared reads, or those that the given facts need (stage-1 reads are always made), and `more`.

    In the form that `az role definition create --role-definition FILE` takes. It grants no data action; a deeper look needs a role of its
    own, beside the inventory's, which grants nothing else.
    """
    deeper = depth is not Depth.METADATA
    actions = (
        []
        if deeper
        else sorted(
            {read.action for read in (*declared_reads(), *more) if not isinstance(read, Lookup) and needed(read, facts)}, key=str.lower
        )
    )
    return {
        "Name": _SAMPLING if deeper else NAME,
        "IsCustom": True,
        "Description": _DEEPER if deeper else _ABOUT,
        "Actions": actions,
        "NotActions": [],
        "DataActions": list(BY_DEPTH[depth]),
        "NotDataActions": [],
        "AssignableScopes": list(scopes) or [PLACE],
    }


def graph_permissions(facts: frozenset[str] | None = None) -> Sequence[str]:
    """The permissions in Microsoft Graph that a scan needs beside its role, for the given facts or for all."""
    return sorted({read.action for read in LOOKUPS if needed(read, facts)})


def as_manifest(permissions: Sequence[str]) -> Sequence[Document]:
    """The permissions as `az ad app update --required-resource-accesses FILE` takes them."""
    return [{"resourceAppId": MICROSOFT_GRAPH, "resourceAccess": [{"id": _ROLES[one], "type": "Role"} for one in permissions]}]


def grants_in_terraform(permissions: Sequence[str], principal: str = "") -> str:
    """The permissions as Terraform resources that grant them to a service principal, a managed identity's among them."""
    graph = "data.azuread_service_principal.microsoft_graph"
    return (
        block('data "azuread_service_principal" "microsoft_graph"', {"client_id": hcl(MICROSOFT_GRAPH, 1)})
        + "\n"
        + block(
            'resource "azuread_app_role_assignment" "tierwise"',
            {
                "for_each": f"toset({hcl(list(permissions), 1)})",
                "app_role_id": f"{graph}.app_role_ids[each.value]",
                "principal_object_id": hcl(principal or PRINCIPAL, 1),
                "resource_object_id": f"{graph}.object_id",
            },
        )
    )


def as_terraform(document: Document, principal: str = "") -> str:
    """The role as a Terraform resource, for review beside other infrastructure; with a principal, its assignment in the role's first scope."""
    scopes = document["AssignableScopes"]
    first = scopes[0] if isinstance(scopes, list) else PLACE
    allowed = arguments({"actions": hcl(document["Actions"], 2), "data_actions": hcl(document["DataActions"], 2)}, 2)
    return block(
        'resource "azurerm_role_definition" "tierwise"',
        {
            "name": hcl(document["Name"], 1),
            "description": hcl(document["Description"], 1),
            "scope": hcl(first, 1),
            "assignable_scopes": hcl(scopes, 1),
        },
        f"  permissions {{\n{allowed}  }}\n",
    ) + (_assignment(first, principal) if principal else "")


def _assignment(scope: object, principal: str) -> str:
    """An assignment holds for all that is below its scope: every subscription of a management group, those to come too."""
    return "\n" + block(
        'resource "azurerm_role_assignment" "tierwise"',
        {
            "scope": hcl(scope, 1),
            "role_definition_id": "azurerm_role_definition.tierwise.role_definition_resource_id",
            "principal_id": hcl(principal, 1),
        },
    )
