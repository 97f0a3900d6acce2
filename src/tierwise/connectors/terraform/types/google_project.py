"""Projects as accounts, with the organisation policies of the plan that bind them."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import gcp_account
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_guard import PUBLIC_ACCESS, READS, enforced, enforces, guardrails
from tierwise.connectors.terraform.gcp_project import PROJECT
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import AnyFact, FactSheet, Known, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

_ABOVE: Final = "organisation policies of folders and the organisation outside this plan may decide it"
_NETWORKS: Final = "a plan does not tell all networks of a project"
_APPROVAL: Final = "Access Approval may be set on the organisation outside this plan"
_CENTRE: Final = "Security Command Center is set on the organisation, which is not in this plan"


def convert(project: Planned, plan: Plan) -> Resource:
    """A planned project."""
    sheet = FactSheet()
    sheet.put("account.public_access_blocked", _blocked(project, plan))
    sheet.put("account.public_block_locked", _locked(project, plan))
    gcp_account.put_account(sheet, project.root.via, _CENTRE)
    sheet.put("network.flow_logs", Unknown(UnknownReason.NOT_COLLECTED, project.root.via, _NETWORKS))
    sheet.put("account.support_access_controlled", Unknown(UnknownReason.NOT_COLLECTED, project.root.via, _APPROVAL))
    name = text_or(project.root, "project_id")
    number = text_or(project.root, "number")
    return gcp.resource(
        plan,
        project,
        Kind.ACCOUNT,
        name or project.place.name,
        sheet,
        aliases=(name, number, f"projects/{name}" if name else ""),
        description=text_or(project.root, "name"),
        region="global",
    )


def _blocked(project: Planned, plan: Plan) -> AnyFact:
    found = enforced(plan, project, PUBLIC_ACCESS)
    if isinstance(found, Known) and found.value is None:
        return Unknown(UnknownReason.NOT_COLLECTED, found.via, _ABOVE)
    return found if isinstance(found, Unknown) else Known(bool(found.value), found.via)


def _locked(project: Planned, plan: Plan) -> AnyFact:
    """A policy of a folder or the organisation is out of the hands of the project's own administrators."""
    for one in guardrails(plan, project, PUBLIC_ACCESS):
        on = enforces(one.planned)
        if one.level != "project" and one.applies and isinstance(on, Known) and on.value:
            return on
    return Unknown(UnknownReason.NOT_COLLECTED, project.root.via, _ABOVE)


CONVERTER = Converter(frozenset({PROJECT}), convert, reads=READS)
