"""The least-privilege custom role for a scan, derived from the declared rows and reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from tierwise.connectors.declared import needed
from tierwise.connectors.gcp.collectors import declared_reads
from tierwise.connectors.gcp.content import BY_DEPTH
from tierwise.connectors.gcp.read import Read
from tierwise.connectors.hcl import block, hcl
from tierwise.model.content import Depth

Document: TypeAlias = Mapping[str, object]
ROLE: Final = "tierwiseScan"
SAMPLING_ROLE: Final = "tierwiseSample"
_TITLE: Final = "tierwise scan"
_ABOUT: Final = "Reads configuration and metadata for tierwise; no permission that opens data or changes anything."
_SAMPLING: Final = "tierwise sampling"
_DEEPER: Final = {
    Depth.NAMES: "Lists the names of objects for tierwise, beside the role of its inventory; opens none.",
    Depth.CONTENT: "Lists objects and reads samples of them for tierwise, beside the role of its inventory.",
}
ORGANISATION: Final = "ORGANISATION"
"""What stands for the organisation until one is given."""


def role_definition(facts: frozenset[str] | None = None, depth: Depth = Depth.METADATA, more: Iterable[Read] = ()) -> Document:
    """The custom role that a scan needs: all declared reads, or those that the given facts need (stage-1 reads are always made).

    `more` are reads that belong to an option. A deeper look needs a role of its own, beside the inventory's.

    In the form that `gcloud iam roles create tierwiseScan --organization ORGANISATION --file FILE` takes.
    """
    if depth is not Depth.METADATA:
        actions = sorted({read.action for read in BY_DEPTH[depth]})
        return {"title": _SAMPLING, "description": _DEEPER[depth], "stage": "GA", "includedPermissions": actions}
    actions = sorted({read.action for read in declared_reads() if needed(read, facts)} | {read.action for read in more})
    return {"title": _TITLE, "description": _ABOUT, "stage": "GA", "includedPermissions": actions}


def as_terraform(document: Document, organisation: str = "", member: str = "") -> str:
    """The role as a Terraform resource, for review beside other infrastructure; with a member, its binding in the organisation."""
    number = hcl(organisation or ORGANISATION, 1)
    return block(
        'resource "google_organization_iam_custom_role" "tierwise"',
        {
            "org_id": number,
            "role_id": hcl(SAMPLING_ROLE if document["title"] == _SAMPLING else ROLE, 1),
            "title": hcl(document["title"], 1),
            "description": hcl(document["description"], 1),
            "permissions": hcl(document["includedPermissions"], 1),
        },
    ) + (_binding(number, member) if member else "")


def _binding(number: str, member: str) -> str:
    """A binding of one more member: whoever has a role in the organisation already keeps it. It holds for every project, those to come too."""
    return "\n" + block(
        'resource "google_organization_iam_member" "tierwise"',
        {"org_id": number, "role": "google_organization_iam_custom_role.tierwise.id", "member": hcl(member, 1)},
    )
