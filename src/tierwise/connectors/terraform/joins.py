"""Finds the resources that set parts of another one: by the same known value, else by reference; what is left loose makes facts unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from tierwise.connectors.terraform.address import ModuleInstance
from tierwise.connectors.terraform.layout import Layout
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.connectors.terraform.references import Constant, Resolved, Unresolved, origin_of, resolve
from tierwise.model.fact import Known, Unknown, UnknownReason

if TYPE_CHECKING:
    from tierwise.connectors.terraform.plan import Plan


@dataclass(frozen=True, slots=True)
class Child:
    """How resources of one type name the resource that they belong to."""

    type: str
    attribute: str
    """Of the child; `block.0.argument` inside a block."""
    keys: tuple[str, ...]
    """Of the parent: the attributes that the child's may equal."""
    many: bool = False
    """Whether the attribute is a list, each of whose members is a parent."""
    older: tuple[str, ...] = ()
    """Other names of the attribute, in other versions of the provider."""
    shared: bool = False
    """Whether the attribute may name resources of many types, so that one which leads elsewhere is no loose end."""
    below: bool = False
    """Whether the attribute may name a part of the parent: `<id>/blobServices/default`."""
    prefix: str = ""
    """What the child may put before the value: `b/` before the name of a bucket."""
    of: str = ""
    """The one type of its converter that it belongs to; empty for all of them."""
    names: Callable[[Plan, Planned], Iterable[str]] | None = None
    """Further names by which it may name the parent: `europe/ring/key`."""


class Children(msgspec.Struct, frozen=True, gc=False):
    """The children of one type of one parent."""

    found: tuple[Planned, ...] = ()
    loose: Unknown | None = None
    """Why one more may belong here."""
    removed: tuple[Planned, ...] = ()
    """Those that the plan deletes."""


NONE = Children()


class _Gathered(msgspec.Struct, gc=False):
    found: list[Planned] = []
    loose: Unknown | None = None
    since: int = 0
    """When it was noted that one more may belong here; what is noted last counts."""
    removed: list[Planned] = []


class _Gathering:
    """The children of parents of one type, as they are found.

    A loose child of which no more can be told than its module is noted once for the module, not at each parent in it: where a plan tells little of many resources, the
    parents times the children would be more than anybody waits for.
    """

    def __init__(self, parents: Sequence[Planned]) -> None:
        self._parents = parents
        self.children: dict[tuple[str, str], _Gathered] = defaultdict(_Gathered)
        """By the parent's address and the child's type."""
        self._near: dict[str, dict[ModuleInstance, tuple[int, Unknown]]] = defaultdict(dict)
        """By the child's type and the module in which its parent is: when it was noted, and why."""
        self._noted = 0

    @cached_property
    def _modules(self) -> frozenset[ModuleInstance]:
        """Those that have a parent, or have one below them."""
        return frozenset(parent.module[:depth] for parent in self._parents for depth in range(len(parent.module) + 1))

    def may_belong(self, one: Planned, kind: str, addresses: Iterable[str], unknown: Unknown) -> None:
        """Note that a loose child may belong to any of these parents: where none is named, to those of its module, else to those around it, else to all."""
        self._noted += 1
        named = False
        for address in addresses:
            gathered, named = self.children[address, kind], True
            gathered.loose, gathered.since = unknown, self._noted
        module = one.module
        while not named and module not in self._modules and module:
            module = module[:-1]
        if not named:
            self._near[kind][module] = self._noted, unknown

    def settle(self) -> None:
        """Tell each parent what is noted for the modules that it is in."""
        for kind, near in self._near.items():
            for parent in self._parents:
                around = [near[module] for depth in range(len(parent.module) + 1) if (module := parent.module[:depth]) in near]
                if around:
                    noted, unknown = max(around, key=itemgetter(0))
                    gathered = self.children[parent.address, kind]
                    if noted > gathered.since:
                        gathered.loose = unknown


@dataclass(frozen=True, slots=True)
class Joined:
    """All joins of one parent type."""

    by_type: Mapping[str, Mapping[str, Children]]
    """Child's type to parent's address to children."""

    def of(self, parent: Planned, child: str) -> Children:
        """The children of a type that belong to a parent."""
        found = self.by_type.get(child)
        return found.get(parent.address, NONE) if found else NONE

    def every(self) -> Iterator[tuple[str, str, Children]]:
        """Each parent's address with a child's type and the children."""
        for kind, found in self.by_type.items():
            yield from ((address, kind, children) for address, children in found.items())


def join(plan: Plan, parents: Sequence[Planned], children: Iterable[tuple[Child, Sequence[Planned], frozenset[str]]]) -> Joined:
    """Join the children of some types to parents of one type; each with all types that it may name, so that another's is no loose end.

    What other files of the plan set have of a parent is a loose end here.
    """
    own = {parent.address for parent in parents} if plan.elsewhere else frozenset[str]()
    gathering = _Gathering(parents)
    gathering.children.update({key: _Gathered(loose=why) for key, why in plan.elsewhere.items() if key[0] in own})
    by_keys: dict[object, Mapping[str, list[str]]] = {}
    for child, resources, types in children:
        keys = child.keys, child.names
        if resources and keys not in by_keys:
            by_keys[keys] = values_of(plan, parents, child)
        for one in resources:
            _attach(plan.layout, one, child, types, by_keys[keys], gathering)
    gathering.settle()
    by_type: dict[str, dict[str, Children]] = defaultdict(dict)
    for (address, kind), each in gathering.children.items():
        by_type[kind][address] = Children(tuple(each.found), each.loose, tuple(each.removed))
    return Joined(by_type)


def values_of(plan: Plan, parents: Sequence[Planned], child: Child) -> dict[str, list[str]]:
    """The values by which children of a type may name parents, each with their addresses."""
    found: dict[str, list[str]] = defaultdict(list)
    for parent in parents:
        named = (parent.root.text(key) for key in child.keys)
        values = [one.value for one in named if isinstance(one, Known) and one.value]
        for value in dict.fromkeys(_same(one) for one in (*values, *(child.names(plan, parent) if child.names else ()))):
            found[value].append(parent.address)
    return found


def _same(value: str) -> str:
    """A value as it is compared: ids of Azure's Resource Manager are the same in either case (Resource Manager documentation)."""
    return value.lower() if value[:15].lower() == "/subscriptions/" else value


def parents_named(values: Mapping[str, list[str]], value: str | None, child: Child) -> list[str]:
    """The addresses of the parents that a child's value names."""
    rest = _same(value.removeprefix(child.prefix)) if value else ""
    while rest:
        if rest in values:
            return values[rest]
        rest = rest.rpartition("/")[0] if child.below else ""
    return []


def path_of(child: Child, one: Planned) -> tuple[Step, ...]:
    """Where a child names its parent: the first name that is written or has a value."""
    paths = [_path(name) for name in (child.attribute, *child.older)]
    if len(paths) > 1:
        for path in paths:
            named = one.root.text(*path)
            if one.root.is_written(*path) or (isinstance(named, Known) and named.value):
                return path
    return paths[0]


def _path(name: str) -> tuple[Step, ...]:
    return tuple(int(step) if step.isdecimal() else step for step in name.split("."))


def _attach(
    layout: Layout,
    one: Planned,
    child: Child,
    types: frozenset[str],
    values: Mapping[str, list[str]],
    gathering: _Gathering,
) -> None:
    if child.many:
        _attach_many(layout, one, child, types, values, gathering)
        return
    gathered = gathering.children
    path = path_of(child, one)
    named = one.root.text(*path)
    value = named.value if isinstance(named, Known) else None
    same = parents_named(values, value, child)
    if one.is_gone:
        for address in same:
            gathered[address, child.type].removed.append(one)
        return
    if len(same) == 1:
        gathered[same[0], child.type].found.append(one)
        return
    way = resolve(layout, origin_of(one), one.root.expression(*path), types)
    match way:
        case Resolved(address=address):
            gathered[address, child.type].found.append(one)
        case Unresolved(elsewhere=True) if child.shared:
            return
        case Unresolved() if value and not same:
            # A known name that no resource of the plan has belongs to one outside it.
            return
        case Constant() if value and not same:
            return
        case Unresolved() | Constant():
            detail = way.detail if isinstance(way, Unresolved) else "its argument names nothing that this plan has"
            unknown = Unknown(UnknownReason.UNRESOLVED_REFERENCE, one.at(*path), f"{one.address}: {detail}")
            gathering.may_belong(one, child.type, same or _named(way), unknown)


def _attach_many(
    layout: Layout,
    one: Planned,
    child: Child,
    types: frozenset[str],
    values: Mapping[str, list[str]],
    gathering: _Gathering,
) -> None:
    gathered, named = gathering.children, one.root.texts(child.attribute)
    if isinstance(named, Known):
        for address in {address for value in named.value.known for address in parents_named(values, value, child)}:
            (gathered[address, child.type].removed if one.is_gone else gathered[address, child.type].found).append(one)
        if one.is_gone or (named.value.open is None and (named.value.known or not one.root.is_written(child.attribute))):
            return
    way = resolve(layout, origin_of(one), one.root.expression(child.attribute), types)
    match way:
        case Resolved(address=address):
            _add(gathered, (address,), one, child)
        case Unresolved(candidates=candidates, complete=True) if candidates:
            _add(gathered, candidates, one, child)
        case Unresolved() | Constant():
            detail = way.detail if isinstance(way, Unresolved) else "its argument names nothing that this plan has"
            unknown = Unknown(UnknownReason.UNRESOLVED_REFERENCE, one.at(child.attribute), f"{one.address}: {detail}")
            gathering.may_belong(one, child.type, _named(way), unknown)


def _add(gathered: dict[tuple[str, str], _Gathered], parents: Iterable[str], one: Planned, child: Child) -> None:
    for address in parents:
        if one not in gathered[address, child.type].found:
            gathered[address, child.type].found.append(one)


def _named(way: Unresolved | Constant) -> Sequence[str]:
    """The parents that a loose child may belong to as far as it names them."""
    return way.candidates if isinstance(way, Unresolved) and way.complete else ()
