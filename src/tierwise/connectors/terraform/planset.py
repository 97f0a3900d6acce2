"""Several files that are one plan set: what one of them sets of a resource that stands in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from msgspec import structs

from tierwise.connectors.terraform.converter import joins
from tierwise.connectors.terraform.joins import Child, parents_named, values_of
from tierwise.connectors.terraform.plan import Plan, grouped
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import Unknown, UnknownReason

_EVERYWHERE: Final = frozenset({"aws_s3_bucket", "google_storage_bucket", "azurerm_storage_account"})
"""Types whose names are one of a kind whoever has them (S3, Cloud Storage and Azure Storage documentation, naming)."""
_WHOLE: Final = ("arn:", "/subscriptions/", "projects/", "https://")
"""How ids begin that say where they stand."""


@dataclass(frozen=True, slots=True)
class _Stub:
    """What stands outside a plan and has parts in it."""

    plan: Plan
    outside: Planned
    parts: tuple[tuple[Child, Planned], ...]

    @property
    def name(self) -> str:
        """The name or id by which its parts know it."""
        return self.outside.place.name

    def is_known_by(self, home: Plan, parent: Planned) -> bool:
        """Whether the name is that of a resource of another plan for certain, not of a namesake in another account or region."""
        if parent.type in _EVERYWHERE or self.name.lower().startswith(_WHOLE):
            return True
        places = {(plan.providers.account(one), plan.providers.region(one)) for plan, one in self._all(home, parent)}
        return len(places) == 1 and all(account for account, _ in places)

    def _all(self, home: Plan, parent: Planned) -> Iterator[tuple[Plan, Planned]]:
        yield home, parent
        yield from ((self.plan, part) for _, part in self.parts)


def told_of_each_other(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """The plans, each with the parts of its resources that others of them have.

    A part belongs to the one resource of the set that is known by the name that it gives. What it refers to can be told in its own file only, so
    that of its values those count that are known. Where several go by the name, or one that may stand elsewhere, it is neither missing nor read.
    """
    found = {id(plan): plan for plan in plans}
    known: dict[tuple[int, str, Child], Mapping[str, list[str]]] = {}
    for stub in [stub for plan in plans for stub in _stubs(plan)]:
        homes = [
            (plan, address, child)
            for plan in plans
            if plan is not stub.plan
            for child in dict.fromkeys(child for child, _ in stub.parts)
            for address in _parents(plan, stub, child, known)
        ]
        parents = {(id(plan), address) for plan, address, _ in homes}
        if len(parents) == 1 and stub.is_known_by(homes[0][0], homes[0][0].by_address[homes[0][1]]):
            home = id(homes[0][0])
            found[home] = _with(found[home], [_told_in(part, stub.plan) for _, part in stub.parts])
            found[id(stub.plan)] = _without(found[id(stub.plan)], stub.outside)
        else:
            for plan, address, child in homes:
                found[id(plan)] = _open(found[id(plan)], address, child, stub)
    joined = (after if after is before else after.joining(joins(after.clouds)) for before, after in zip(plans, found.values(), strict=True))
    return tuple(
        replace(one, beside=tuple(other for other in plans if other is not before), memo={}) if len(plans) > 1 else one
        for before, one in zip(plans, joined, strict=True)
    )


def _stubs(plan: Plan) -> Iterator[_Stub]:
    for kinds, children in joins(plan.clouds):
        for outside in (one for kind in sorted(kinds) for one in plan.by_type.get(kind, ()) if one.outside):
            every = ((child, plan.children(outside, child.type)) for child in children)
            yield _Stub(plan, outside, tuple((child, part) for child, own in every for part in (*own.found, *own.removed)))


def _parents(plan: Plan, stub: _Stub, child: Child, known: dict[tuple[int, str, Child], Mapping[str, list[str]]]) -> list[str]:
    """The addresses of a plan's resources that go by the name of what stands outside another."""
    key = id(plan), stub.outside.type, child
    if key not in known:
        here = [one for one in plan.by_type.get(stub.outside.type, ()) if not (one.is_gone or one.outside)]
        known[key] = values_of(plan, here, child)
    return parents_named(known[key], stub.name, child)


def _told_in(part: Planned, plan: Plan) -> Planned:
    """A part as another file of the set sees it: with its values, without what they come from."""
    address = plan.id_of(part.address)
    place = structs.replace(part.place, module=())
    return Planned(address, place, part.actions, part.root.told_in(address), source=part.source, was=part.was)


def _with(plan: Plan, parts: Sequence[Planned]) -> Plan:
    by_type = dict(plan.by_type)
    for kind, several in grouped(parts, lambda one: one.type).items():
        by_type[kind] = (*by_type.get(kind, ()), *several)
    return replace(plan, by_type=by_type, foreign=plan.foreign | {part.address for part in parts})


def _without(plan: Plan, outside: Planned) -> Plan:
    by_type = {**plan.by_type, outside.type: tuple(one for one in plan.by_type[outside.type] if one is not outside)}
    by_address = {address: one for address, one in plan.by_address.items() if one is not outside}
    return replace(plan, by_type=by_type, by_address=by_address, judged=plan.judged - {outside.address})


def _open(plan: Plan, address: str, child: Child, stub: _Stub) -> Plan:
    part = next(part for own, part in stub.parts if own is child)
    why = Unknown(
        UnknownReason.UNRESOLVED_REFERENCE, part.root.via, f"{stub.plan.id_of(part.address)} may set it in another file of the plan set"
    )
    return replace(plan, elsewhere={(address, child.type): why, **plan.elsewhere})
