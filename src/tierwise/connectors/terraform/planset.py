"""Several files that are one plan set: what one of them sets of a resource that stands in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tierwise.connectors.terraform.converter import joins
from tierwise.connectors.terraform.joins import Child, parents_named, values_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.model.fact import Unknown, UnknownReason


def told_of_each_other(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """The plans, each with the parts of its resources that others of them have.

    What such a part refers to can be told in its own file only, so what it brings is not determined: it is neither missing nor read.
    """
    parts = [(plan, *part) for plan in plans for part in _parts_of_others(plan)]
    return tuple(_told(plan, [(child, outside, why) for other, child, outside, why in parts if other is not plan]) for plan in plans)


def _parts_of_others(plan: Plan) -> Iterator[tuple[Child, Planned, Unknown]]:
    """The parts of what stands outside a plan, each with its parent."""
    for kinds, children in joins(plan.clouds):
        for outside in (one for kind in sorted(kinds) for one in plan.by_type.get(kind, ()) if one.outside):
            for child in children:
                for part in plan.children(outside, child.type).found:
                    detail = f"{plan.id_of(part.address)} sets it in another file of the plan set"
                    yield child, outside, Unknown(UnknownReason.UNRESOLVED_REFERENCE, part.root.via, detail)


def _told(plan: Plan, parts: Sequence[tuple[Child, Planned, Unknown]]) -> Plan:
    elsewhere: dict[tuple[str, str], Unknown] = {}
    by_parent: dict[tuple[str, Child], Mapping[str, list[str]]] = {}
    for child, outside, why in parts:
        key = outside.type, child
        if key not in by_parent:
            here = [one for one in plan.by_type.get(outside.type, ()) if not (one.is_gone or one.outside)]
            by_parent[key] = values_of(plan, here, child)
        for address in parents_named(by_parent[key], outside.place.name, child):
            elsewhere.setdefault((address, child.type), why)
    return replace(plan, elsewhere=elsewhere).joining(joins(plan.clouds)) if elsewhere else plan
