"""Customer-managed IAM policies."""

from __future__ import annotations

from tierwise.access.applied import policy_facts, policy_links
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.principals import POLICY, document_of
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Resource


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
