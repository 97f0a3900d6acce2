"""IAM bindings on whole projects, folders and organisations: what they give to whom, and which stores of the plan that opens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tierwise.connectors.terraform.gcp_iam import Binding, bindings_at, either
from tierwise.connectors.terraform.gcp_roles import ADMIN, ESCALATING, SERVICES, is_predefined, is_wide, touches_data
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

LEVELS: Final = ("project", "folder", "organization")
GRANTS: Final = frozenset(f"google_{level}_iam_{form}" for level in LEVELS for form in ("policy", "binding", "member"))
_CUSTOM: Final = "what a role of the project's own permits is not read from the plan"


def judged(binding: Binding, names: frozenset[str]) -> Maybe[bool]:
    """Whether a role is one of those; a role that Google did not write may be as strong."""
    if isinstance(binding.role, Unknown):
        return binding.role
    if not is_predefined(binding.role.value):
        return Unknown(UnknownReason.NOT_SUPPORTED, binding.via, f"{binding.role.value}: {_CUSTOM}")
    return Known(binding.role.value.removeprefix("roles/") in names, binding.via)


def any_of(bindings: Iterable[Binding], names: frozenset[str], via: Provenance) -> Maybe[bool]:
    """Whether one of the roles is one of those."""
    return either([judged(one, names) for one in bindings], via)


def admin(bindings: Iterable[Binding], via: Provenance) -> Maybe[bool]:
    """Whether one of the roles may do everything, or give it."""
    return any_of(bindings, ADMIN, via)


def escalation(bindings: Iterable[Binding], via: Provenance) -> Maybe[bool]:
    """Whether one of the roles leads to more."""
    return any_of(bindings, ESCALATING, via)


def on_data(binding: Binding) -> Maybe[bool]:
    """Whether a role gives data."""
    if isinstance(binding.role, Unknown):
        return binding.role
    found = touches_data(binding.role.value)
    if found is None:
        return Unknown(UnknownReason.NOT_SUPPORTED, binding.via, f"{binding.role.value}: its permissions are not known")
    return Known(found, binding.via)


def wide(binding: Binding) -> Maybe[bool]:
    """Whether a role gives every action on data."""
    if isinstance(binding.role, Known) and is_predefined(binding.role.value):
        return Known(is_wide(binding.role.value), binding.via)
    return on_data(binding)


def bound(bindings: Iterable[Binding], via: Provenance) -> Maybe[bool]:
    """Whether every grant on data carries a condition."""
    still: Unknown | None = None
    for one in bindings:
        data = on_data(one)
        if data == Known(False, data.via) or one.conditioned == Known(True, one.conditioned.via):
            continue
        unknown = next((part for part in (data, one.conditioned) if isinstance(part, Unknown)), None)
        if unknown is None:
            return Known(False, one.via)
        still = unknown
    return still or Known(True, via)


def opened(grant: Planned, bindings: Iterable[Binding]) -> tuple[Link, ...]:
    """What the roles let their members read: all of a service in the project; below a folder or organisation, in projects not known."""
    services = sorted({service for one in bindings for service in _read(one)})
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


def _read(binding: Binding) -> frozenset[str]:
    if not isinstance(binding.role, Known) or not is_predefined(binding.role.value):
        return frozenset()
    name = binding.role.value.removeprefix("roles/")
    return frozenset(service for service, roles in SERVICES.items() if name in roles.reads)
