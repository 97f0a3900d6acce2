"""The names that the providers publish, as `tools/provider_names.py` wrote them, and the names that converters ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

import pytest

from tests.connectors.terraform.plans import PlanBuilder, ref
from tierwise.connectors.terraform.address import parse_address
from tierwise.connectors.terraform.assemble import label
from tierwise.connectors.terraform.converter import converters, joins
from tierwise.connectors.terraform.planned import Node
from tierwise.connectors.terraform.providers import CLOUDS

FOLDER: Final = Path(__file__).parent / "provider_names"
PROVIDERS: Final = ("aws", "azuread", "azurerm", "google")


EVERYWHERE: Final = {
    "aws": {"id", "arn", "region", "location", "tags", "tags_all"},
    "azuread": {"id", "arn", "region", "location", "tags", "tags_all"},
    "azurerm": {"id", "arn", "region", "location", "tags", "tags_all"},
    "google": {
        "id", "arn", "region", "location", "tags", "tags_all", "labels", "effective_labels", "terraform_labels", "project", "zone",
        "name", "self_link", "parent",
    },
}  # fmt: skip
"""What is asked of every resource alike, to learn its place and its tags."""


def provider_of(kind: str) -> str:
    return kind.removeprefix("data.").split("_", maxsplit=1)[0]


@cache
def published() -> Mapping[str, Mapping[str, frozenset[int]]]:
    """By type (`data.T` for data sources) and path, the major versions of the provider that have it."""
    found: dict[str, dict[str, frozenset[int]]] = {}
    for provider in PROVIDERS:
        for kind, groups in json.loads((FOLDER / f"{provider}.json").read_text(encoding="utf-8"))["types"].items():
            paths = found.setdefault(kind, {})
            for majors, names in groups.items():
                for path in paths_of(names):
                    paths[path] = paths.get(path, frozenset()) | {int(major) for major in majors.split()}
    return found


def paths_of(text: str) -> Iterator[str]:
    """The paths of `acl versioning(enabled mfa_delete)`: `acl`, `versioning`, `versioning.enabled`, `versioning.mfa_delete`."""
    above: list[str] = []
    last = ""
    for word in re.findall(r"\w+|[()]", text):
        if word == "(":
            above.append(last)
        elif word == ")":
            above.pop()
        else:
            last = ".".join((*above[-1:], word))
            yield last


@contextmanager
def asked() -> Iterator[set[tuple[str, str]]]:
    """The types and paths, numbers left out, that nodes are asked for while this lasts."""
    raw: set[tuple[str, tuple[Any, ...]]] = set()
    found: set[tuple[str, str]] = set()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_find", "expression", "is_written", "has"):
            patch.setattr(Node, name, _recording(getattr(Node, name), raw, starred=name != "_find"))
        yield found
    for where, path in raw:
        if where.startswith("outside."):
            # No address of Terraform's; what it is asked for is asked of the plans' own resources as well.
            continue
        address, _, inside = where.partition("#")
        steps = [*inside.split("."), *path] if inside else list(path)
        named = ".".join(str(step) for step in steps if not str(step).isdecimal())
        # What is told in the words of AzureRM is asked for by them, as its own resources are (`test_azapi.py` holds those words).
        if named and address and not (kind := label(parse_address(address))).startswith("azapi_"):
            found.add((kind, named))


def _recording(method: Any, raw: set[tuple[str, tuple[Any, ...]]], *, starred: bool) -> Any:
    def recorded(self: Node, *path: Any) -> Any:
        raw.add((self.where, path if starred else tuple(path[0])))
        return method(self, *path)

    return recorded


Form = Literal["known", "unknown", "hollow", "bare"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
"""Everything known; everything unknown; blocks that are there with nothing in them; nothing at all."""


def full_plan(kind: str, form: Form, *, alone: bool) -> PlanBuilder:
    """A resource of a type with everything its provider publishes, alone or with one child of each type that names it."""
    plan = PlanBuilder()
    _put(plan, kind, "x", {}, form)
    children = dict.fromkeys(child for parents, every in joins(CLOUDS) if kind in parents for child in every)
    for number, child in enumerate(children if not alone else ()):
        named = child.attribute.split(".", maxsplit=1)[0]
        _put(plan, child.type, f"c{number}", {named: _reference(child.attribute, ref(f"{kind}.x.{child.keys[0]}"))}, form)
    return plan


def _reference(attribute: str, reference: dict[str, Any]) -> Any:
    _, _, inside = attribute.partition(".")
    return [{inside.rpartition(".")[2]: reference}] if inside else reference


def _put(plan: PlanBuilder, kind: str, name: str, expressions: dict[str, Any], form: Form) -> None:
    tree: dict[str, Any] = {}
    for path in published().get(kind, {}) if form != "bare" else ():
        here = tree
        for step in path.split("."):
            here = here.setdefault(step, {})
    values = _values(tree, form)
    masks = _masks(tree) if form == "unknown" else {}
    for argument in expressions:
        values.pop(argument, None)
        masks[argument] = True
    written = {argument: {"constant_value": "x"} for argument in (tree if form in ("known", "unknown") else ())}
    plan.add(kind, name, values, unknown=masks, expressions=written | expressions)


def _values(tree: dict[str, Any], form: Form) -> dict[str, Any]:
    return {name: [_values(inside, form)] if inside else "1" for name, inside in tree.items() if inside or form == "known"}


def _masks(tree: dict[str, Any]) -> dict[str, Any]:
    return {name: [_masks(inside)] if inside else True for name, inside in tree.items()}


def judged_types() -> tuple[str, ...]:
    """Every type that a converter makes resources of."""
    return tuple(sorted(converters()))
