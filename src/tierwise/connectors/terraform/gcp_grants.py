"""Planned IAM bindings on whole projects, folders and organisations: who has which, and which stores of the plan that opens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tierwise.access.google_iam import Binding
from tierwise.access.google_privilege import read_services
from tierwise.connectors.terraform.gcp_iam import bindings_at
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

LEVELS: Final = ("project", "folder", "organization")
GRANTS: Final = frozenset(f"google_{level}_iam_{form}" for level in LEVELS for form in ("policy", "binding", "member"))


def opened(grant: Planned, bindings: Iterable[Binding]) -> tuple[Link, ...]:
    """What the roles let their members read: all of a service in the project; below a folder or organisation, in projects not known."""
    services = sorted({service for one in bindings for service in read_services(one)})
    if services and not grant.type.startswith("google_project_"):
        return (
            Link(Rel.READS, "", Unknown(UnknownReason.UNRESOLVED_REFERENCE, grant.root.via, "which projects are below is not in the plan")),
        )
    return tuple(Link(Rel.READS, f"reads:{service}:*") for service in services)


@dataclass(slots=True)
class Grants:
    """The bindings of a plan on whole projects, folders and organisations."""

    by_member: dict[str, list[tuple[Planned, Binding]]] = field(default_factory=dict)
    """By the member's text, or the address that it refers to."""
    is_open: bool = False
    """Whether a member, or a whole policy, is not known."""


def grants_by_member(plan: Plan) -> Grants:
    """Who is given what in this plan; to be asked for with `Plan.once`."""
    found = Grants()
    for kind in sorted(GRANTS):
        for grant in plan.by_type.get(kind, ()):
            for binding in () if grant.is_gone else bindings_at(plan, grant):
                if isinstance(binding, Unknown):
                    found.is_open = True
                    continue
                for member in binding.members:
                    found.is_open = found.is_open or member.kind == "open"
                    if member.identity:
                        found.by_member.setdefault(member.identity, []).append((grant, binding))
    return found
