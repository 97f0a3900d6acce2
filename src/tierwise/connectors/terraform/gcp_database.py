"""Facts that every Google database behind an API has alike."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind

_EVERYWHERE: Final = "Google Cloud, encryption in transit: traffic between Google's machines is encrypted"


def put_iam_database(plan: Plan, planned: Planned, sheet: FactSheet, kind: Kind, service: str) -> None:
    """Sets network, TLS, logins and logs of a database whose only door is Google's API and whose only users are IAM's."""
    gcp.put_api_store(plan, planned, sheet, kind)
    gcp.put_audit(plan, planned, service, sheet)
    sheet.constant("access.local_auth_enabled", False, f"{service}, access control: IAM identities only")
    sheet.constant("access.central_identity_enabled", True, f"{service}, access control: IAM identities only")
    if kind is Kind.DOCUMENT_DB:
        sheet.constant("access.shared_key_enabled", False, f"{service}, access control: no shared keys")


def put_unset(sheet: FactSheet, planned: Planned, why: str, *names: str) -> None:
    """Sets facts that are set on something that the plan does not show."""
    for name in names:
        sheet.put(name, Unknown(UnknownReason.NOT_COLLECTED, planned.root.via, why))


def put_no_policy(sheet: FactSheet, doc: str) -> None:
    """Sets whom a store lets in that has no IAM policy of its own."""
    for name in ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated"):
        sheet.constant(name, False, doc)
    sheet.constant("access.external_principals", frozenset(), doc)
    sheet.not_applicable("access.external_conditioned", "no principal outside the project is let in", Provenance(f"constant: {doc}"))


def put_network_only(sheet: FactSheet, doc: str) -> None:
    """Sets the network facts of a store that has an address inside a network alone."""
    sheet.constant("network.public_endpoint", False, doc)
    sheet.not_applicable("network.ingress_any", "it has no public address", Provenance(f"constant: {doc}"))
    sheet.constant("network.private_endpoint", True, doc)
