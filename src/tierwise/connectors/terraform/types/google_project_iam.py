"""IAM bindings on whole projects, folders and organisations, each judged once as a policy."""

from __future__ import annotations

from typing import Final

from tierwise.access.google_iam import Binding, Policy, either, grants_of
from tierwise.access.google_privilege import admin, bound, escalation, on_data, wide
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_grants import GRANTS, opened
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import bindings_at
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Resource

_FACTS: Final = ("privilege.admin", "privilege.escalation", "privilege.wildcard_data_actions", "privilege.wildcard_data_resources")
_BOUND: Final = "privilege.condition_bound"


def convert(grant: Planned, plan: Plan) -> Resource:
    """A planned binding, or a whole policy of them."""
    sheet = FactSheet()
    every = bindings_at(plan, grant)
    bindings = tuple(one for one in every if isinstance(one, Binding))
    lost = next((one for one in every if isinstance(one, Unknown)), None)
    via = grant.root.via
    found: tuple[Maybe[bool], ...] = (
        admin(bindings, via),
        escalation(bindings, via),
        either([wide(one) for one in bindings], via),
        # A binding on a project, a folder or an organisation is on all data inside it.
        either([on_data(one) for one in bindings], via),
    )
    for name, fact in zip(_FACTS, found, strict=True):
        sheet.put(name, lost if lost is not None and not (isinstance(fact, Known) and fact.value) else fact)
    kept = bound(bindings, via)
    sheet.put(_BOUND, lost if lost is not None and not (isinstance(kept, Known) and not kept.value) else kept)
    sheet.not_applicable("privilege.inline_wildcard", "a binding stands by itself", via)
    name = text_or(grant.root, "role") or f"IAM policy {grant.place.name}"
    return gcp.resource(
        plan,
        grant,
        Kind.POLICY,
        name,
        sheet,
        links=opened(grant, bindings),
        grants=tuple(grants_of(Policy(bindings, lost, via))),
        region="global",
    )


CONVERTER = Converter(GRANTS, convert, reads=READS | IDENTITIES)
