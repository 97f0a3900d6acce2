"""Facts that every Google database behind an API has alike."""

from __future__ import annotations

from tierwise.connectors import gcp_terms
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet, Unknown, UnknownReason
from tierwise.model.resource import Kind


def put_iam_database(plan: Plan, planned: Planned, sheet: FactSheet, kind: Kind, service: str) -> None:
    """Sets network, TLS, logins and logs of a database whose only door is Google's API and whose only users are IAM's."""
    gcp.put_api_store(plan, planned, service, sheet, kind)
    gcp.put_audit(plan, planned, service, sheet)
    gcp_terms.put_iam_logins(sheet, kind, service)


def put_unset(sheet: FactSheet, planned: Planned, why: str, *names: str) -> None:
    """Sets facts that are set on something that the plan does not show."""
    for name in names:
        sheet.put(name, Unknown(UnknownReason.NOT_COLLECTED, planned.root.via, why))
