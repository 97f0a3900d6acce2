"""Whom the planned IAM bindings of a Google resource let in.

`_iam_policy` is the whole policy, `_iam_binding` all of one role, `_iam_member` an addition. What stands beside a resource that claims the
whole is in doubt: the provider's documentation says that they fight over the policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tierwise.connectors.terraform.aws import put_listed
from tierwise.connectors.terraform.gcp_guard import POLICY_DATA
from tierwise.connectors.terraform.gcp_member import IDENTITIES, Member, members_at, read_member
from tierwise.connectors.terraform.gcp_project import project_mark
from tierwise.connectors.terraform.gcp_roles import data_of
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import NOWHERE, AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind

READS: Final = IDENTITIES | {POLICY_DATA}
"""What a converter whose resources have IAM bindings has to read."""
_FIGHT: Final = "it stands beside a resource that claims the whole of the policy or the role, and the two undo each other"
_CUSTOM: Final = "what the role permits is not in the plan"


@dataclass(frozen=True, slots=True)
class Binding:
    """One role and its members."""

    role: Maybe[str]
    members: tuple[Member, ...]
    conditioned: Maybe[bool]
    via: Provenance
    doubt: Unknown | None = None
    """Why it may not come about."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The bindings of a resource."""

    bindings: tuple[Binding, ...]
    more: Unknown | None = None
    """Why there may be further bindings."""
    via: Provenance = NOWHERE


def iam_children(base: str, attribute: str, keys: tuple[str, ...], prefix: str = "") -> tuple[Child, ...]:
    """The children of a type that hold its IAM policy."""
    return tuple(Child(f"{base}_iam_{form}", attribute, keys, prefix=prefix) for form in ("policy", "binding", "member"))


def policy_of(plan: Plan, parent: Planned, base: str = "") -> Policy:
    """The IAM policy of a resource, as far as the plan has it."""
    kind = base or parent.type
    project = project_mark(plan, parent)
    parts = {form: plan.children(parent, f"{kind}_iam_{form}") for form in ("policy", "binding", "member")}
    whole = [one for child in parts["policy"].found for one in _of_policy(plan, child, project)]
    roles = [one for child in parts["binding"].found for one in _of_role(plan, child, "members", project)]
    added = [one for child in parts["member"].found for one in _of_role(plan, child, "member", project)]
    owned = {one.role.value for one in roles if isinstance(one.role, Known)}
    if parts["policy"].found:
        roles, added = [_doubted(one) for one in roles], [_doubted(one) for one in added]
    added = [_doubted(one) if isinstance(one.role, Known) and one.role.value in owned else one for one in added]
    more = next((part.loose for part in parts.values() if part.loose is not None), None)
    found = [one for one in (*whole, *roles, *added) if isinstance(one, Binding)]
    more = more or next((one for one in whole if isinstance(one, Unknown)), None)
    if more is None and not parent.is_new and not parts["policy"].found:
        more = absent(parent.root.via, f"not in this plan: whom else the IAM policy of {parent.address} lets in")
    return Policy(tuple(found), more, parent.root.via)


def bindings_at(plan: Plan, grant: Planned) -> tuple[Binding | Unknown, ...]:
    """The bindings that one `_iam_policy`, `_iam_binding` or `_iam_member` makes."""
    project = project_mark(plan, grant)
    if grant.type.endswith("_iam_policy"):
        return tuple(_of_policy(plan, grant, project))
    return tuple(_of_role(plan, grant, "members" if grant.type.endswith("_binding") else "member", project))


def merged(*policies: Policy) -> Policy:
    """The bindings of several policies that hold together, as a dataset's own and those of its project."""
    every = tuple(one for policy in policies for one in policy.bindings)
    return Policy(every, next((one.more for one in policies if one.more is not None), None), policies[0].via)


def _doubted(binding: Binding) -> Binding:
    return replace(binding, doubt=Unknown(UnknownReason.UNRESOLVED_REFERENCE, binding.via, _FIGHT))


def _of_role(plan: Plan, child: Planned, attribute: str, project: str) -> Iterator[Binding]:
    role = child.root.text("role")
    members = members_at(plan, child, child.root, attribute, project)
    yield Binding(_role(role), members, _conditioned(child.root), child.root.via)


def _role(role: Maybe[str | None]) -> Maybe[str]:
    return role if isinstance(role, Unknown) else Known(role.value or "", role.via)


def _conditioned(node: Node) -> Maybe[bool]:
    found = node.blocks("condition")
    if isinstance(found, Unknown):
        # A block is planned as a list of known length; only a dynamic one can be unknown as a whole.
        return found if node.is_written("condition") or not node.is_configured else Known(False, found.via)
    return Known(bool(found.value), found.via)


def _of_policy(plan: Plan, child: Planned, project: str) -> Iterator[Binding | Unknown]:
    data = child.root.text("policy_data")
    if isinstance(data, Known):
        yield from _of_document(plan, data.value or "{}", project, data.via)
        return
    way = plan.resolve(child, child.root, ("policy_data",), {POLICY_DATA})
    source = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    listed = source.root.blocks("binding") if source is not None else data
    if isinstance(listed, Unknown) or source is None:
        yield data if source is None else listed if isinstance(listed, Unknown) else data
        return
    for node in listed.value:
        yield Binding(_role(node.text("role")), members_at(plan, source, node, "members", project), _conditioned(node), node.via)


def _of_document(plan: Plan, text: str, project: str, via: Provenance) -> Iterator[Binding | Unknown]:
    wrong = Unknown(UnknownReason.UNPARSABLE, via, "not an IAM policy")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        yield wrong
        return
    bindings = document.get("bindings", []) if isinstance(document, dict) else None
    for one in bindings if isinstance(bindings, list) else [None]:
        entry = one if isinstance(one, dict) else {}
        role, members = entry.get("role"), entry.get("members", [])
        if not isinstance(role, str) or not isinstance(members, list):
            yield wrong
            continue
        found = tuple(read_member(plan, str(member), project, via) for member in members)
        yield Binding(Known(role, via), found, Known(bool(entry.get("condition")), via), via)


def put_audience(policy: Policy, service: str, sheet: FactSheet, kind: Kind, public: Maybe[bool] | None = None) -> tuple[Grant, ...]:
    """Sets whom a policy lets in; `public` is false where a guardrail keeps everybody out. Returns the grants as evidence."""
    reads, writes = _who(policy, service, "anyone")
    in_reads, in_writes = _who(policy, service, "authenticated")
    facts: dict[str, AnyFact] = {
        "access.anonymous_read": _kept(reads, public),
        "access.anonymous_write": _kept(writes, public),
        "access.any_authenticated": _kept(either((in_reads, in_writes), policy.via), public),
        "access.external_principals": external_of(policy),
        "access.external_conditioned": external_conditioned(policy),
    }
    put_listed(sheet, facts, kind)
    return tuple(grants_of(policy))


def either(parts: Iterable[Maybe[bool]], via: Provenance) -> Maybe[bool]:
    """True if one is, unknown if one is open and none is true."""
    still: Unknown | None = None
    for part in parts:
        if isinstance(part, Unknown):
            still = still or part
        elif part.value:
            return part
    return still or Known(False, via)


def _kept(fact: Maybe[bool], public: Maybe[bool] | None) -> Maybe[bool]:
    """A grant to everybody, where it may have no effect."""
    if public is None or (isinstance(fact, Known) and not fact.value):
        return fact
    if isinstance(public, Known) and public.value:
        return fact
    return public


def _who(policy: Policy, service: str, kind: str) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether everybody of a kind reads, and writes."""
    reads: list[Maybe[bool]] = []
    writes: list[Maybe[bool]] = []
    for binding in policy.bindings:
        wanted = [one for one in binding.members if one.kind in (kind, "open")]
        if not wanted:
            continue
        why = binding.doubt or (None if any(one.kind == kind for one in wanted) else wanted[0].why)
        for parts, fact in zip((reads, writes), _allowed(binding, service), strict=True):
            parts.append(why if why is not None and not (isinstance(fact, Known) and not fact.value) else fact)
    more = [policy.more] if policy.more is not None else []
    return either([*reads, *more], policy.via), either([*writes, *more], policy.via)


def _allowed(binding: Binding, service: str) -> tuple[Maybe[bool], Maybe[bool]]:
    if isinstance(binding.role, Unknown):
        return binding.role, binding.role
    reads, writes = data_of(service, binding.role.value)
    custom = Unknown(UnknownReason.NOT_SUPPORTED, binding.via, f"{binding.role.value}: {_CUSTOM}")
    return (custom if reads is None else Known(reads, binding.via)), (custom if writes is None else Known(writes, binding.via))


def external_of(policy: Policy) -> AnyFact:
    """`access.external_principals`: other projects and consumer domains for certain; whose domain the others are of, a plan does not say."""
    certain: set[str] = set()
    still: Unknown | None = policy.more
    for binding in policy.bindings:
        for member in binding.members:
            if member.kind == "outside" and binding.doubt is None:
                certain.add(member.who)
            elif member.kind in ("outside", "perhaps", "open"):
                still = still or binding.doubt or member.why
    if still is not None:
        return still.including(frozenset(certain))
    return Known(frozenset(certain), policy.via)


def external_conditioned(policy: Policy) -> AnyFact:
    """`access.external_conditioned`: whether every grant outside carries a condition."""
    parts: list[Maybe[bool]] = []
    still: Unknown | None = policy.more
    for binding in policy.bindings:
        kinds = {member.kind for member in binding.members}
        if "outside" in kinds and binding.doubt is None:
            parts.append(binding.conditioned)
        elif kinds & {"outside", "perhaps", "open"} and binding.conditioned != Known(True, binding.conditioned.via):
            still = still or next((one.why for one in binding.members if one.why is not None), binding.doubt)
    bare = next((one for one in parts if isinstance(one, Known) and not one.value), None)
    if bare is not None:
        return bare
    still = still or next((one for one in parts if isinstance(one, Unknown)), None)
    if still is not None:
        return still
    return parts[0] if parts else NotApplicable("no principal outside the project is let in", policy.via)


def grants_of(policy: Policy) -> Iterator[Grant]:
    """The grants as evidence; of a person only the domain."""
    for binding in policy.bindings:
        role = binding.role.value if isinstance(binding.role, Known) else "?"
        conditioned = isinstance(binding.conditioned, Known) and binding.conditioned.value
        for member in binding.members:
            if member.kind != "open" and binding.doubt is None:
                yield Grant(member.shown, (role,), (), conditioned=conditioned, via=binding.via)
