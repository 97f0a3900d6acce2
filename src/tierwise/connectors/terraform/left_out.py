"""Parts that the configuration has and the plan does not: put off, left out by `-target` or `-exclude`, or behind an error.

What they set of a resource is not known, and never missing. A plan that is whole has an instance of every block without a count or keys, so that
one that has none of it was limited, though only Terraform from 1.8 on says so (`complete`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from tierwise.connectors.terraform.address import Address, ModuleInstance, written
from tierwise.connectors.terraform.layout import Layout, ModulePath, path_of
from tierwise.connectors.terraform.plan import Plan, grouped
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.shapes import ConfigResource, ModuleCall
from tierwise.model.fact import UnknownReason

_NEVER: Final = {"constant_value": 0}
"""A count by which there is none."""


def with_left_out(plan: Plan, kinds: Collection[str]) -> Plan:
    """The plan with the parts of some types that it leaves out, of whose values only those are known that the configuration writes."""
    found = grouped(_left_out(plan, kinds), lambda one: one.type) if plan.document.kind == "plan" else {}
    if not found:
        return plan
    return replace(plan, by_type={**plan.by_type, **{kind: (*plan.by_type.get(kind, ()), *several) for kind, several in found.items()}})


def _left_out(plan: Plan, kinds: Collection[str]) -> Iterator[Planned]:
    partial = bool(plan.document.notes)
    modules: dict[ModulePath, list[ModuleInstance]] = defaultdict(list)
    for one in plan.layout.instances.modules():
        modules[path_of(one)].append(one)
    for path, kind, name in plan.layout.resources.names():
        if kind not in kinds:
            continue
        here = modules.get(path, [])
        without = [module for module in here if not plan.layout.instances.of(module, ("managed", kind, name))]
        if len(without) < len(here) and not (partial and without):
            continue
        block = plan.layout.resources.of(path, ("managed", kind, name))
        if block is None or not (partial or _is_one(block)) or block.count_expression == _NEVER:
            continue
        if not here and (partial or _is_called_once(plan.layout, path)):
            without = [tuple((each, None) for each in path)]
        yield from (_unplanned(Address(module, "managed", kind, name), block) for module in without)


def _is_one(block: ConfigResource | ModuleCall) -> bool:
    return block.count_expression is None and block.for_each_expression is None


def _is_called_once(layout: Layout, path: ModulePath) -> bool:
    calls = (layout.calls.get(path[: depth + 1]) for depth in range(len(path)))
    return all(call is not None and _is_one(call) for call in calls)


def _unplanned(place: Address, block: ConfigResource) -> Planned:
    expressions = block.expressions or {}
    constants = {key: one["constant_value"] for key, one in expressions.items() if isinstance(one, dict) and "constant_value" in one}
    address = written(place)
    node = Node(address, constants, _omits=UnknownReason.KNOWN_AFTER_APPLY, _expression=expressions)
    return Planned(address, place, ("create",), node, provider=block.provider_config_key or "", for_each=block.for_each_expression)
