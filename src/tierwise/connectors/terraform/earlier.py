"""The state before a plan, read as a plan that changes nothing, so that the same joins and converters tell what was there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from tierwise.connectors.terraform.assemble import MOST
from tierwise.connectors.terraform.document import decoded
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Shelf, Was
from tierwise.connectors.terraform.shapes import NULL
from tierwise.model.change import Action, Change, Part
from tierwise.model.fact import AnyFact, say_same, says_same
from tierwise.model.resource import Resource

_AS_IT_IS: Final = ("no-op",)


def earlier(plan: Plan, joins: Sequence[tuple[frozenset[str], tuple[Child, ...]]]) -> Plan | None:
    """The plan of what is there already, each resource as it is before the change; None where nothing is, or where nothing changes."""
    every = [one for planned in plan.by_type.values() for one in planned]
    there = [one for one in every if one.is_there]
    if not any(one.place.mode == "managed" for one in (*there, *plan.deposed)):
        return None
    if all(one.is_untouched and one.was is None for one in (*every, *plan.deposed)):
        return None
    shelf = Shelf(partial(_before, plan.document.name), MOST, plan.document.pages.looked_at)
    by_type = {kind: tuple(_then(one, shelf) for one in planned if one.is_there) for kind, planned in plan.by_type.items()}
    gone = {one.address for one in there if one.is_gone and one.place.mode == "managed"}
    by_address = {one.address: one for planned in by_type.values() for one in planned}
    then = replace(
        plan,
        by_type=by_type,
        by_address=by_address,
        judged=frozenset(by_address) & (plan.judged | gone),
        layout=plan.layout.holding((one.address, one.place) for one in by_address.values()),
        deposed=tuple(_then(one, shelf) for one in plan.deposed),
    )
    return then.joining(joins)


def _then(one: Planned, shelf: Shelf) -> Planned:
    return one if one.was is None else replace(one, actions=_AS_IT_IS, node=None, shelf=shelf, after=one, was=None)


def _before(name: str, planned: Planned) -> Node:
    """The values that a changed resource has before the plan."""
    after = planned.after or planned
    was = after.was or Was(NULL, None)
    return after.root.before(decoded(was.value, object, f"{name}: {planned.address}: before"), was.sensitive)


def compare(plan: Plan, now: Iterable[Resource], then: Iterable[Resource], outlived: frozenset[str]) -> Iterator[Resource | Change]:
    """The resources of a plan, marked where they stay as they are, and what the plan does to those that are there already.

    Resources of the types in `outlived` are what these types set parts of, and stand at one of them: they are found again by what they are.
    """
    was = {one.id: one for one in then}
    same = {(one.kind, one.provider, one.name): one.id for one in was.values() if one.type in outlived}
    touched = _touched(plan)
    for resource in now:
        if resource.type in outlived:
            before = was.pop(same.get((resource.kind, resource.provider, resource.name), ""), None)
            before = before and replace(before, id=resource.id, address=resource.address, type=resource.type)
            action = Action.KEEP
        else:
            before = was.pop(resource.id, None)
            action = plan.by_address[str(resource.address)].action
        stays = before is not None and action is not Action.REPLACE and _stays(before, resource)
        yield resource if resource.existing is stays else replace(resource, existing=stays)
        if before is not None and (not stays or action is Action.FORGET or resource.address in touched.moved):
            yield touched.part_changed(before, resource) if resource.type in outlived else touched.change(before, resource)
    for before in was.values():
        yield touched.change(before, None)


def _stays(one: Resource, other: Resource) -> bool:
    """Whether nothing differs that is judged, wherever it comes from."""
    return say_same(one.facts, other.facts) and replace(one, facts={}, existing=False) == replace(other, facts={}, existing=False)


@dataclass(frozen=True, slots=True)
class _Touched:
    """What a plan does something to."""

    resources: Mapping[str, Planned]
    """By address."""
    parts: Mapping[str, tuple[Part, ...]]
    """By the address of what they set parts of."""
    moved: frozenset[str]

    def change(self, before: Resource, after: Resource | None) -> Change:
        """What the plan does to a resource that is there already."""
        address = str(before.address)
        planned = self.resources.get(address)
        was = planned.was if planned is not None else None
        parts = dict.fromkeys([*self.parts.get(address, ()), *self._sources(before, after)])
        return Change(
            resource=before.id,
            action=planned.action if planned is not None else Action.KEEP,
            before=before,
            destroys=planned is not None and "delete" in planned.actions,
            previous_address=was.previous_address if was is not None else "",
            parts=tuple(part for part in parts if part.address != address),
            detail=was.detail if was is not None else "",
        )

    def part_changed(self, before: Resource, after: Resource) -> Change:
        """What the plan does to what sets parts of a resource that is there without them."""
        return Change(before.id, Action.KEEP, before, parts=tuple(dict.fromkeys(self._sources(before, after))))

    def _sources(self, before: Resource, after: Resource | None) -> Iterator[Part]:
        """What the facts that differ come from, and is changed: a parameter group, the block of an account."""
        for name, fact in after.facts.items() if after is not None else ():
            earlier_fact = before.facts.get(name)
            if earlier_fact is None or not says_same(earlier_fact, fact):
                for one in (earlier_fact, fact):
                    planned = self._at(one) if one is not None else None
                    if planned is not None:
                        yield Part(planned.address, planned.type, planned.action)

    def _at(self, fact: AnyFact) -> Planned | None:
        """The changed resource that a fact was read from; a key of `for_each` may hold the `#` that ends an address."""
        place = fact.via.via
        while place:
            if place in self.resources:
                return self.resources[place]
            place = place.rpartition("#")[0]
        return None


def _touched(plan: Plan) -> _Touched:
    every = [one for planned in plan.by_type.values() for one in planned]
    parts: dict[str, list[Part]] = defaultdict(list)
    for joined in plan.joined.values():
        for address, _kind, children in joined.every():
            parts[address] += [Part(one.address, one.type, one.action) for one in (*children.removed, *children.found) if one.is_touched]
    return _Touched(
        {one.address: one for one in (*every, *plan.deposed) if one.is_touched},
        {address: tuple(found) for address, found in parts.items() if found},
        frozenset(one.address for one in every if one.was is not None and one.was.previous_address),
    )
