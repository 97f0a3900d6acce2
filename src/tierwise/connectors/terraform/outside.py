"""What stands outside a plan and has parts in it: a bucket that another configuration made and whose policy this one writes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from tierwise.connectors.terraform.address import Address
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child, parents_named, path_of, values_of
from tierwise.connectors.terraform.plan import Plan, grouped
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.references import Resolved, Unresolved, origin_of, resolve
from tierwise.model.fact import Known, UnknownReason

OUTSIDE: Final = "outside"


def with_outside(plan: Plan, converters: Collection[Converter]) -> Plan:
    """The plan with what stands outside it and is named by a part that it has; all that the part does not say is not known.

    Only by a value that is known: a part whose parent cannot be told is a loose end of those that it may belong to.
    """
    found: dict[str, Planned] = {}
    inside: dict[tuple[str, tuple[str, ...]], Mapping[str, list[str]]] = {}
    for parent, child in _parts(converters):
        for one in plan.by_type.get(child.type, ()):
            if one.address in plan.judged or one.is_gone:
                if (parent, child.keys) not in inside:
                    inside[parent, child.keys] = values_of(plan.by_type.get(parent, ()), child.keys)
                if name := _name(plan, one, child, parent, inside[parent, child.keys]):
                    made = _made(one, child, parent, name)
                    found.setdefault(made.address, made)
    if not found:
        return plan
    by_type = dict(plan.by_type)
    for kind, several in grouped(found.values(), lambda one: one.type).items():
        by_type[kind] = (*by_type.get(kind, ()), *several)
    return replace(plan, by_type=by_type, by_address={**plan.by_address, **found}, judged=plan.judged | found.keys())


def _parts(converters: Collection[Converter]) -> Iterator[tuple[str, Child]]:
    """Parent types and the types of their parts, where a part can belong to that type alone and is not judged by itself."""
    owners = Counter(child.type for converter in converters for child in converter.children)
    judged = {kind for converter in converters for kind in converter.types}
    for converter in converters:
        for child in converter.children:
            parents = [kind for kind in converter.types if len(converter.types) == 1 or child.type.startswith(f"{kind}_")]
            if (
                len(parents) == 1
                and owners[child.type] == 1
                and child.type not in judged
                and not (child.many or child.shared or child.below)
            ):
                yield parents[0], child


def _name(plan: Plan, one: Planned, child: Child, parent: str, inside: Mapping[str, list[str]]) -> str:
    """What a part calls its parent, where that leads to nothing of the plan."""
    path = path_of(child, one)
    named = one.root.text(*path)
    if not (isinstance(named, Known) and named.value) or parents_named(inside, named.value, child):
        return ""
    way = resolve(plan.layout, origin_of(one), one.root.expression(*path), {parent})
    leads = isinstance(way, Resolved) or (isinstance(way, Unresolved) and way.candidates)
    return "" if leads else named.value.removeprefix(child.prefix)


def _made(one: Planned, child: Child, parent: str, name: str) -> Planned:
    address = f"{OUTSIDE}.{parent}[{json.dumps(name, ensure_ascii=False)}]"
    root = Node(address, dict.fromkeys(child.keys, name), _omits=UnknownReason.NOT_COLLECTED)
    return Planned(address, Address((), "managed", parent, name), ("no-op",), root, provider=one.provider, source=one.source, outside=True)
