"""Every join: a part that stands elsewhere counts by value and by reference, in one instance of a module, and is never missed silently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.connectors.terraform.names import asked, published
from tests.connectors.terraform.plans import PlanBuilder, ref
from tests.connectors.terraform.types.cases import (
    GONE,
    Part,
    add,
    all_joins,
    builder_for,
    join_of,
    listed,
    plain,
    put,
    steps_of,
    unknown_at,
    without,
)
from tierwise.connectors.terraform.joins import Child
from tierwise.model.fact import AnyFact, Unknown
from tierwise.model.resource import Resource

NAME = "the-parent"
EVIDENCE = frozenset({"name", "description", "columns"})
"""What names tell; an unread one is no fact."""


def part_of(parent: str, child: Child) -> Part | None:
    """Arguments of a part that make a difference to its parent: as a module lists them, else those of the first case that has one."""
    cases, parts = listed()
    for part in parts:
        if child.type in each(part.types) and (not part.of or parent in each(part.of)):
            return part
    for case in cases:
        if child.type in case.each_type and case.of == parent:
            telling = next((value for value, expected in case.values if expected != case.absent), None)
            if telling is not None:
                return Part(child.type, parent, put(without(dict(case.having), case.steps), case.steps, telling), beside=case.beside)
    return None


def each(one: str | tuple[str, ...]) -> tuple[str, ...]:
    return (one,) if isinstance(one, str) else one


JOINS = [(parent, child, part) for parent, child in all_joins() if (part := part_of(parent, child)) is not None]
IDS = [f"{child.type}-{parent}" for parent, child, _ in JOINS]


def test_every_join_has_arguments_that_make_a_difference():
    assert [f"{child.type} of {parent}" for parent, child in all_joins() if part_of(parent, child) is None] == []


def saying(resource: Resource | None) -> dict[str, object]:
    """What a resource says: facts, links and the names that are evidence, each by what it says and not where."""
    if resource is None:
        return {GONE: True}
    links = {(link.rel.value, link.unknown.reason if link.unknown else here(link.to)) for link in resource.links}
    evidence = {"name": resource.name, "description": resource.evidence.description, "columns": resource.evidence.columns}
    return {name: in_full(fact) for name, fact in resource.facts.items()} | {"links": links} | evidence


def in_full(fact: AnyFact) -> object:
    """What a fact says, with what is known of one that is unknown."""
    return (fact.reason, fact.between, fact.includes) if isinstance(fact, Unknown) else plain(fact)


def here(address: str) -> str:
    """An address without the module that it stands in."""
    return address.removeprefix('module.m["k"].').removeprefix('module.m["other"].')


def named(child: Child, attribute: str, name: str, part: Part) -> Mapping[str, Any]:
    """The part's values, naming its parent."""
    value = child.prefix + name + part.suffix
    values: Mapping[str, Any] = put(dict(part.having), steps_of(attribute), [value] if child.many else value)
    return values


def referring(attribute: str, reference: dict[str, Any]) -> dict[str, Any]:
    steps = steps_of(attribute)
    return {"unknown": put({}, steps, True), "expressions": put({}, steps, reference)}


@pytest.mark.parametrize(("parent", "child", "part"), JOINS, ids=IDS)
def test_a_part_counts_by_value_and_by_reference_in_its_module_alone(parent, child, part):
    key = child.keys[0]
    alone = saying(by_value(parent, key, part))
    whole = saying(by_value(parent, key, part, child, child.attribute))
    told = {name for name in whole.keys() | alone.keys() if whole.get(name) != alone.get(name)}
    told = {GONE} if GONE in told else told
    assert told, "it makes no difference"

    others = [*((one, child.attribute) for one in child.keys), *((key, one) for one in child.older)]
    for other, attribute in others if not part.also and not part.seen else ():
        again = saying(by_value(parent, other, part, child, attribute))
        assert {name: again.get(name) for name in told} == {name: whole.get(name) for name in told}, f"by {other} in {attribute}"

    plan = builder_for(parent)
    instances = [in_module(plan, parent, key, part, instance) for instance in (("k",) if part.lone else ("k", "other"))]
    open_ = referring(child.attribute, ref(f"{parent}.p.{key}"))
    add(plan, child.type, "c", bare(child, part), module="m", module_keys=("k",), **open_)
    found = plan.judged()
    joined = saying(found.get(instances[0]))
    if part.suffix:
        # Which part of the parent is meant stands in no reference, so that a plan does not tell before the name is known.
        assert [name for name in told - {"links"} if not isinstance(found[instances[0]].facts[name], Unknown)] == []
    else:
        assert {name: joined.get(name) for name in told} == {name: whole.get(name) for name in told}, "by reference"
    for instance in instances[1:]:
        other = saying(found.get(instance))
        assert {name: other.get(name) for name in told} == {name: alone.get(name) for name in told}, "the other instance has no such part"


@pytest.mark.parametrize(("parent", "child", "part"), JOINS, ids=IDS)
def test_a_part_whose_parent_cannot_be_told_leaves_open_what_it_could_change(parent, child, part):
    key = child.keys[0]
    before = saying(by_value(parent, key, part))
    whole = saying(by_value(parent, key, part, child, child.attribute))
    lost = by_value(parent, key, part, child, "")
    if lost is None:
        # The part is a resource itself, and the parent stands for parts only where there are none.
        assert whole == {GONE: True}
        return
    facts = [name for name in whole if whole[name] != before.get(name) and name in lost.facts]
    assert [name for name in facts if not isinstance(lost.facts[name], Unknown)] == []
    if whole["links"] != before["links"]:
        assert any(link.unknown is not None for link in lost.links), "a link may be missing, and nothing says so"


def by_value(parent: str, key: str, part: Part, child: Child | None = None, attribute: str = "") -> Resource | None:
    """The resource by which one sees the parent; with a part that names it by value, or that names nothing that can be told."""
    plan = builder_for(parent)
    held = {part.seen.by: "the-viewer"} if part.seen and part.seen.by else {}
    address = add(plan, parent, "p", {key: NAME, **part.beside, **held})
    for number, (kind, values) in enumerate(part.also):
        join = join_of(parent, kind)
        add(plan, kind, f"also{number}", named(join, join.attribute, NAME, Part(kind, parent, values)))
    if child is not None and attribute:
        add(plan, child.type, "c", named(child, attribute, NAME, part))
    elif child is not None:
        add(plan, child.type, "c", bare(child, part), **referring(child.attribute, ref("local.open")))
    if part.seen is not None:
        value = [NAME] if part.seen.attribute.endswith("s") else NAME
        naming = {part.seen.attribute: value} if part.seen.attribute else {"id": "the-viewer"}
        if part.seen.between:
            kind, seen, parent_of = part.seen.between
            add(plan, kind, "between", {seen: "the-viewer", parent_of: NAME})
        address = add(plan, part.seen.type, "v", {**part.seen.having, **naming})
    return plan.judged().get(address)


def in_module(plan: PlanBuilder, parent: str, key: str, part: Part, instance: str) -> str:
    """The same in an instance of a module, where the parent's name is not known yet."""
    place: dict[str, Any] = {"module": "m", "module_keys": (instance,)}
    seen = part.seen
    held = referring(seen.by, ref(f"{seen.type}.v.id")) if seen and seen.by else {"unknown": {}}
    held["unknown"] |= {key: True}
    address = add(plan, parent, "p", dict(part.beside), **held, **place)
    for number, (kind, values) in enumerate(part.also):
        add(plan, kind, f"also{number}", values, **referring(join_of(parent, kind).attribute, ref(f"{parent}.p.{key}")), **place)
    if seen is None:
        return address
    if seen.between:
        kind, viewer, held_by = seen.between
        both = {viewer: ref(f"{seen.type}.v.id"), held_by: ref(f"{parent}.p.{key}")}
        add(plan, kind, "between", {}, unknown=dict.fromkeys(both, True), expressions=both, **place)
    if not seen.attribute:
        return add(plan, seen.type, "v", dict(seen.having), unknown={"id": True}, **place)
    reference = referring(seen.attribute, ref(f"{parent}.p.{key}"))
    return add(plan, seen.type, "v", dict(seen.having), **reference, **place)


def bare(child: Child, part: Part) -> dict[str, Any]:
    """The part's values without what names its parent."""
    found: dict[str, Any] = without(dict(part.having), steps_of(child.attribute))
    return found


def test_every_argument_of_a_part_that_changes_a_fact_has_a_case():
    covered: dict[str, set[str]] = defaultdict(set)
    for case in listed()[0]:
        for kind in case.each_type:
            path = [step for step in case.steps if isinstance(step, str)]
            covered[kind] |= {".".join(path[:depth]) for depth in range(1, len(path) + 1)}
    missing = set()
    for parent, child, part in JOINS:
        with asked() as found:
            by_value(parent, child.keys[0], part, child, child.attribute)
            by_value(parent, child.keys[0], replace(part, having={}), child, child.attribute)
        naming = {"".join(one.split(".")[:1]) for one in (child.attribute, *child.older)}
        names = {name for kind, name in found if kind == child.type and name in published()[kind]} - covered[child.type]
        missing |= {f"{child.type}.{name}" for name in names if name.split(".")[0] not in naming and matters(parent, child, part, name)}
    assert sorted(missing) == []


def matters(parent: str, child: Child, part: Part, name: str) -> bool:
    """Whether the parent says something else where an argument of its part is not known."""
    *above, last = name.split(".")
    steps = (*(step for block in above for step in (block, 0)), last)
    settled = by_value(parent, child.keys[0], part, child, child.attribute)
    plan = builder_for(parent)
    address = add(plan, parent, "p", {child.keys[0]: NAME, **part.beside})
    values = without(named(child, child.attribute, NAME, part), steps)
    add(plan, child.type, "c", values, **unknown_at(steps))
    if part.also or part.seen:
        return False
    one, other = saying(plan.judged().get(address)), saying(settled)
    return any(one.get(name) != other.get(name) for name in one.keys() | other.keys() if name not in EVIDENCE)
