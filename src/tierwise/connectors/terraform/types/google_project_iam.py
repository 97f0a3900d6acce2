"""IAM bindings on whole projects, folders and organisations, each judged once as a policy."""

from __future__ import annotations

from tierwise.access.google_iam import Binding, Policy, grants_of
from tierwise.access.google_privilege import put_privilege
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.gcp_grants import GRANTS, opened
from tierwise.connectors.terraform.gcp_guard import READS
from tierwise.connectors.terraform.gcp_iam import READS as IDENTITIES
from tierwise.connectors.terraform.gcp_iam import bindings_at
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import FactSheet, Unknown
from tierwise.model.resource import Kind, Resource


def convert(grant: Planned, plan: Plan) -> Resource:
    """A planned binding, or a whole policy of them."""
    sheet = FactSheet()
    every = bindings_at(plan, grant)
    bindings = tuple(one for one in every if isinstance(one, Binding))
    lost = next((one for one in every if isinstance(one, Unknown)), None)
    via = grant.root.via
    put_privilege(sheet, bindings, lost, via)
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
