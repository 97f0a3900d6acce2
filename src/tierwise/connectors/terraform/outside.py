"""What stands outside a plan and has parts in it: a bucket that another configuration made and whose policy this one writes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from tierwise.connectors.terraform.address import Address
from tierwise.connectors.terraform.converter import converters
from tierwise.connectors.terraform.joins import Child, parents_named, path_of, values_of
from tierwise.connectors.terraform.plan import Plan, grouped
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.references import Resolved, Unresolved, origin_of, resolve
from tierwise.model.fact import Known, Unknown, UnknownReason

OUTSIDE: Final = "outside"


def with_outside(plan: Plan) -> Plan:
    """The plan with what stands outside it and is named by a part that it has; all that the part does not say is not known.

    Only by a value that is known: a part whose parent cannot be told is a loose end of those that it may belong to.
    """
    found: dict[str, Planned] = {}
    led: dict[str, str] = {}
    inside: dict[object, Mapping[str, list[str]]] = {}
    for parent, child, types in parts_of_one(plan.clouds):
        for one in plan.by_type.get(child.type, ()):
            if one.address in plan.judged or one.is_gone:
                keys = types, child.keys, child.names
                if keys not in inside:
                    parents = [each for kind in sorted(types) for each in plan.by_type.get(kind, ())]
                    inside[keys] = values_of(plan, parents, child)
                if name := _name(plan, one, child, types, inside[keys]):
                    made = _made(one, parent, dict.fromkeys(child.keys, name), name)
                    found.setdefault(made.address, made)
                elif there := _by_data_source(plan, one, child, parent, inside[keys]):
                    source, values, name = there
                    made = _made(one, parent, values, name)
                    own = parents_named(inside[keys], name, child)
                    led[source] = own[0] if own else found.setdefault(made.address, made).address
    if not (found or led):
        return plan
    told = {address: (found.get(to) or plan.by_address[to]).type for address, to in led.items()}
    layout = replace(plan.layout, told={**plan.layout.told, **told}, merged={**plan.layout.merged, **led})
    by_type = dict(plan.by_type)
    for kind, several in grouped(found.values(), lambda one: one.type).items():
        by_type[kind] = (*by_type.get(kind, ()), *several)
    return replace(plan, by_type=by_type, by_address={**plan.by_address, **found}, judged=plan.judged | found.keys(), layout=layout)


@cache
def data_sources(clouds: frozenset[str]) -> frozenset[str]:
    """The data sources that may name what stands outside a plan of some clouds."""
    return frozenset(f"data.{parent}" for parent, _, _ in parts_of_one(clouds))


@cache
def parts_of_one(clouds: frozenset[str]) -> tuple[tuple[str, Child, frozenset[str]], ...]:
    """Parent types of some clouds and the types of their parts, with all types that such a part may name.

    Only where a part can belong to that type alone, or has its name from it (`aws_s3_bucket_policy`), and is not judged by itself.
    """
    return tuple(_parts_of_one(clouds))


def _parts_of_one(clouds: frozenset[str]) -> Iterator[tuple[str, Child, frozenset[str]]]:
    known = converters(clouds)
    every = tuple(dict.fromkeys(known.values()))
    owners: dict[str, set[str]] = defaultdict(set)
    for converter in every:
        for child in converter.children:
            owners[child.type] |= converter.types
    for converter in every:
        for child in converter.children:
            types = owners[child.type]
            own = [kind for kind in converter.types if child.type.startswith(f"{kind}_")] or list(types if len(types) == 1 else ())
            if len(own) == 1 and child.type not in known and not (child.many or child.shared or child.below):
                yield own[0], child, frozenset(types)


def _name(plan: Plan, one: Planned, child: Child, types: frozenset[str], inside: Mapping[str, list[str]]) -> str:
    """What a part calls its parent, where that leads to nothing of the plan."""
    path = path_of(child, one)
    named = one.root.text(*path)
    if not (isinstance(named, Known) and named.value) or parents_named(inside, named.value, child):
        return ""
    way = resolve(plan.layout, origin_of(one), one.root.expression(*path), types)
    leads = isinstance(way, Resolved) or (isinstance(way, Unresolved) and way.candidates)
    return "" if leads else named.value.removeprefix(child.prefix)


def _by_data_source(
    plan: Plan, one: Planned, child: Child, parent: str, inside: Mapping[str, list[str]]
) -> tuple[str, Mapping[str, str], str] | None:
    """The data source that is read only while the plan is applied and by which a part names its parent: its address, and how the parent is called."""
    path = path_of(child, one)
    if not isinstance(one.root.text(*path), Unknown):
        return None
    way = resolve(plan.layout, origin_of(one), one.root.expression(*path), {f"data.{parent}"})
    source = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if source is None:
        return None
    for key in (*child.keys, "name"):
        named = source.root.text(key)
        if isinstance(named, Known) and named.value and len(parents_named(inside, named.value, child)) < 2:
            return source.address, dict.fromkeys(child.keys if key in child.keys else (key,), named.value), named.value
    return None


def _made(one: Planned, parent: str, values: Mapping[str, str], name: str) -> Planned:
    address = f"{OUTSIDE}.{parent}[{json.dumps(name, ensure_ascii=False)}]"
    root = Node(address, dict(values), _omits=UnknownReason.NOT_COLLECTED)
    return Planned(address, Address((), "managed", parent, name), ("no-op",), root, provider=one.provider, source=one.source, outside=True)
