"""The least-privilege custom role for a scan, derived from the declared rows and reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from tierwise.connectors.declared import needed
from tierwise.connectors.gcp.collectors import declared_reads
from tierwise.connectors.hcl import hcl

Document: TypeAlias = Mapping[str, object]
ROLE: Final = "tierwiseScan"
_TITLE: Final = "tierwise scan"
_ABOUT: Final = "Reads configuration and metadata for tierwise; no permission that opens data or changes anything."
ORGANISATION: Final = "ORGANISATION"
"""What stands for the organisation until one is given."""


def role_definition(facts: frozenset[str] | None = None) -> Document:
    """The custom role that a scan needs: all declared reads, or those that the given facts need (stage-1 reads are always made).

    In the form that `gcloud iam roles create tierwiseScan --organization ORGANISATION --file FILE` takes.
    """
    actions = sorted({read.action for read in declared_reads() if needed(read, facts)})
    return {"title": _TITLE, "description": _ABOUT, "stage": "GA", "includedPermissions": actions}


def as_terraform(document: Document) -> str:
    """The role as a Terraform resource, for review beside other infrastructure."""
    return (
        'resource "google_organization_iam_custom_role" "tierwise" {\n'
        f"  org_id      = {hcl(ORGANISATION, 1)}\n"
        f"  role_id     = {hcl(ROLE, 1)}\n"
        f"  title       = {hcl(document['title'], 1)}\n"
        f"  description = {hcl(document['description'], 1)}\n"
        f"  permissions = {hcl(document['includedPermissions'], 1)}\n"
        "}\n"
    )
