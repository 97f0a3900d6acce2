"""Customer-managed IAM policies."""

from __future__ import annotations

from typing import Final

from tierwise.access.applied import policy_facts, policy_links
from tierwise.access.document import Policy
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT, policy_at
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

POLICY: Final = "aws_iam_policy"


def document_of(policy: Planned, plan: Plan) -> Maybe[Policy]:
    """The document of a policy; a policy without one is not a policy."""
    found = policy_at(plan, policy, policy.root, "policy")
    if isinstance(found, Unknown):
        return found
    if found.value is None:
        return Unknown(UnknownReason.UNPARSABLE, found.via, "the policy has no document")
    return Known(found.value, found.via)


def convert(policy: Planned, plan: Plan) -> Resource:
    """A planned policy."""
    sheet = FactSheet()
    document = document_of(policy, plan)
    policy_facts(document, document.via, sheet)
    name = text_or(policy.root, "name")
    return plan.resource(
        policy,
        Kind.POLICY,
        name or text_or(policy.root, "name_prefix") or policy.place.name,
        sheet.facts,
        links=policy_links(document),
        aliases=(text_or(policy.root, "arn"), name),
        description=text_or(policy.root, "description"),
    )


CONVERTER = Converter(frozenset({POLICY}), convert, reads=frozenset({DOCUMENT}))
