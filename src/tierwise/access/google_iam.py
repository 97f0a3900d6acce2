"""Whom the IAM bindings of a Google resource let in. Pure: bindings in, facts out; where they come from is the connectors' business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from tierwise.access import google_permissions
from tierwise.access.google_member import Home, Member, read_member
from tierwise.access.google_roles import data_of
from tierwise.access.google_tags import holds
from tierwise.model.fact import NOWHERE, AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind
from tierwise.model.vocabulary import put_listed

_CUSTOM: Final = "what the role permits is not known"
Left: TypeAlias = tuple[Maybe[bool], Maybe[bool]]
"""Whether everybody, where they are let in, still reads and still writes."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One role and its members."""

    role: Maybe[str]
    members: tuple[Member, ...]
    conditioned: Maybe[bool]
    via: Provenance
    doubt: Unknown | None = None
    """Why it may not come about."""
    permits: Maybe[frozenset[str]] | None = None
    """The permissions of a role that Google did not write, where it is at hand."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The bindings of a resource."""

    bindings: tuple[Binding, ...]
    more: Unknown | None = None
    """Why there may be further bindings."""
    via: Provenance = NOWHERE


def bindings_in(
    document: object, home: Home, via: Provenance, levels: Iterable[Maybe[Mapping[str, str]]] | None = None
) -> Iterator[Binding | Unknown]:
    """The bindings of an IAM policy as Google's APIs write one; unknown for each that is none.

    A condition on tags is held against those of what is asked for, where they are given (`google_tags.holds`): a binding whose condition does not
    hold gives nothing and is left out.
    """
    tags = None if levels is None else tuple(levels)
    wrong = Unknown(UnknownReason.UNPARSABLE, via, "not an IAM policy")
    listed = document.get("bindings") or [] if isinstance(document, dict) else None
    for one in listed if isinstance(listed, list) else [None]:
        entry = one if isinstance(one, dict) else {}
        role, members, condition = entry.get("role"), entry.get("members") or [], entry.get("condition")
        if not isinstance(role, str) or not isinstance(members, list) or not isinstance(condition, dict | None):
            yield wrong
            continue
        if not all(isinstance(member, str) for member in members):
            yield wrong
        met = holds(condition, tags, via) if tags is not None else None
        if isinstance(met, Known) and not met.value:
            continue
        found = tuple(read_member(member, home) for member in members if isinstance(member, str))
        yield Binding(Known(role, via), found, Known(bool(condition), via), via, met if isinstance(met, Unknown) else None)


def merged(*policies: Policy) -> Policy:
    """The bindings of several policies that hold together, as a dataset's own and those of its project."""
    every = tuple(one for policy in policies for one in policy.bindings)
    return Policy(every, next((one.more for one in policies if one.more is not None), None), policies[0].via)


def put_audience(
    policy: Policy, service: str, sheet: FactSheet, kind: Kind, public: Maybe[bool] | None = None, left: Left | None = None
) -> tuple[Grant, ...]:
    """Sets whom a policy lets in; `public` is false where a guardrail keeps everybody out, `left` what deny policies leave to them. Returns the grants as evidence."""
    left_reads, left_writes = left or (None, None)
    reads, writes = _who(policy, service, "anyone")
    in_reads, in_writes = _who(policy, service, "authenticated")
    facts: dict[str, AnyFact] = {
        "access.anonymous_read": _kept(_kept(reads, public), left_reads),
        "access.anonymous_write": _kept(_kept(writes, public), left_writes),
        "access.any_authenticated": _kept(either((_kept(in_reads, left_reads), _kept(in_writes, left_writes)), policy.via), public),
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


def _kept(fact: Maybe[bool], effect: Maybe[bool] | None) -> Maybe[bool]:
    """A grant to everybody, where it may have no effect."""
    if effect is None or (isinstance(fact, Known) and not fact.value):
        return fact
    if isinstance(effect, Unknown):
        return fact if isinstance(fact, Unknown) else effect
    return fact if effect.value else effect


def _who(policy: Policy, service: str, kind: str) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether everybody of a kind reads, and writes."""
    reads: list[Maybe[bool]] = []
    writes: list[Maybe[bool]] = []
    for binding in policy.bindings:
        wanted = [one for one in binding.members if one.kind in (kind, "open")]
        if not wanted:
            continue
        why = binding.doubt or (None if any(one.kind == kind for one in wanted) else wanted[0].why)
        for parts, fact in zip((reads, writes), allowed(binding, service), strict=True):
            parts.append(why if why is not None and not (isinstance(fact, Known) and not fact.value) else fact)
    more = [policy.more] if policy.more is not None else []
    return either([*reads, *more], policy.via), either([*writes, *more], policy.via)


def allowed(binding: Binding, service: str) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether a binding's role reads, and whether it changes, the data of a service."""
    if isinstance(binding.permits, Unknown):
        return binding.permits, binding.permits
    if binding.permits is not None:
        named = google_permissions.data_of(service, binding.permits.value)
        return Known(named[0], binding.permits.via), Known(named[1], binding.permits.via)
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
