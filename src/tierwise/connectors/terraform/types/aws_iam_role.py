"""IAM roles with their trust, inline policies, attachments and boundary."""

from __future__ import annotations

from typing import Final

from tierwise.access.applied import Applied, privilege_facts
from tierwise.connectors.terraform import aws
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import policy_at
from tierwise.connectors.terraform.principals import READS, Principal, applied_links, attached_to, boundary_of, inline_of, put_lost
from tierwise.model.fact import FactSheet, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

ROLE: Final = "aws_iam_role"
_SORT: Final = Principal(ROLE, "role", listed=True)


def convert(role: Planned, plan: Plan) -> Resource:
    """A planned role."""
    sheet = FactSheet()
    attached, lost = attached_to(_SORT, role, plan)
    applied = Applied(tuple(inline_of(_SORT, role, plan)), attached, boundary=boundary_of(role, plan), unresolved=lost)
    privilege_facts(applied, role.root.via, sheet)
    if lost is not None:
        put_lost(sheet, lost)
    sheet.constant("credential.active_keys", 0, "IAM User Guide, IAM roles: a role has no long-lived keys")
    sheet.not_applicable("credential.oldest_key_days", "a role has no long-lived keys", role.root.via)
    sheet.put("credential.idle_days", Unknown(UnknownReason.NOT_COLLECTED, role.root.via, "a plan does not tell when a role was used"))
    trust = policy_at(plan, role, role.root, "assume_role_policy")
    grants = aws.put_audience(aws.audience(trust, "sts", plan.providers.account(role), trust.via), sheet, Kind.ROLE)
    name = text_or(role.root, "name")
    return plan.resource(
        role,
        Kind.ROLE,
        name or text_or(role.root, "name_prefix") or role.place.name,
        sheet.facts,
        links=applied_links(applied, lost),
        aliases=(text_or(role.root, "arn"), name, text_or(role.root, "unique_id")),
        description=text_or(role.root, "description"),
        grants=grants,
    )


CONVERTER = Converter(frozenset({ROLE}), convert, _SORT.children, READS)
