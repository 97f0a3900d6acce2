"""The page of the Terraform types: what becomes of each type of `terraform_types.yaml`, or why it is not looked at.

What a type becomes and what it is part of is what the converters declare; which facts it feeds is what their tests show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tests.connectors.terraform.types.cases import add, all_joins, builder_for, join_of, listed
from tests.connectors.terraform.types.test_joins import by_value, part_of, saying
from tierwise.connectors.terraform import flows
from tierwise.connectors.terraform.converter import converters
from tierwise.model.vocabulary import SPECS

DATA: Final = Path(__file__).with_suffix(".yaml")
PROVIDERS: Final = {"aws": "AWS", "azurerm": "Azure", "google": "Google Cloud"}
_FACTS: Final = frozenset(spec.name for spec in SPECS)
_MOST: Final = 3
"""Parents that are named before the rest is counted."""


@cache
def data() -> Mapping[str, Any]:
    """`types` by provider and parent, and `unread` with reasons."""
    found: Mapping[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return found


def types() -> tuple[str, ...]:
    """Every listed type."""
    return tuple(kind for groups in data()["types"].values() for kinds in groups.values() for kind in kinds)


@cache
def readers() -> Mapping[str, frozenset[str]]:
    """By type, the files that make something of it; for those of which none does, the files that look at it."""
    own: dict[str, set[str]] = defaultdict(set)
    beside: dict[str, set[str]] = defaultdict(set)
    for one in {id(one): one for one in converters().values()}.values():
        file = _file(one.convert.__module__)
        for kind in (*one.types, *(child.type for children in (one.children, *(each for _, each in one.others)) for child in children)):
            own[kind].add(file)
        for kind in (*one.reads, *(parent for parent, _ in one.others)):
            beside[kind].add(file)
    for flow in flows.FLOWS:
        own[flow.child.type].add(_file(flows.__name__))
    return {kind: frozenset(files) for kind, files in (beside | own).items()}


def _file(module: str) -> str:
    return module.removeprefix("tierwise.connectors.terraform.").replace(".", "/") + ".py"


def rows(kinds: list[str]) -> Iterator[tuple[str, ...]]:
    """The cells of each type: the type, what becomes of it, what it tells, and where it is read."""
    for kind in kinds:
        if kind in data()["unread"]:
            yield f"`{kind}`", f"not read: {data()['unread'][kind]}", "", ""
        else:
            told = ", ".join(f"`{name}`" for name in sorted(_told(kind)))
            yield f"`{kind}`", _becomes(kind), told, ", ".join(_first(readers()[kind]))


def _becomes(kind: str) -> str:
    if made := _made(kind):
        return f"a resource of kind {made}"
    if parents := {parent for parent, child in all_joins() if child.type == kind}:
        return f"part of {', '.join(_first(f'`{parent}`' for parent in parents))}"
    return "looked at for what others say"


def _first(names: Iterable[str]) -> list[str]:
    """The first names, and how many more there are."""
    found = sorted(names)
    return [*found[:_MOST], *([f"{len(found) - _MOST} more"] if len(found) > _MOST else [])]


def _made(kind: str) -> str:
    """The kind of the resource that a plan with nothing but one of a type has."""
    if kind not in converters():
        return ""
    plan = builder_for(kind)
    address = add(plan, kind, "x", {})
    found = plan.judged().get(address)
    return found.kind.value if found else ""


def _told(kind: str) -> set[str]:
    """The facts, and the relations of links, that the tests of the converters show to depend on a type."""
    found = {case.fact for case in listed()[0] if kind in case.each_type}
    for parent, child in all_joins() if not found else ():
        if child.type == kind and (part := part_of(parent, child)) is not None:
            before = saying(by_value(parent, child.keys[0], part))
            after = saying(by_value(parent, child.keys[0], part, join_of(parent, kind), child.attribute))
            found |= {name for name in before.keys() | after.keys() if name in _FACTS and before.get(name) != after.get(name)}
    return found
