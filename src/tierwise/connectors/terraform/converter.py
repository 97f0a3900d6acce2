"""What a converter of Terraform types is, and how the converters are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tierwise.connectors.terraform import types
from tierwise.connectors.terraform.flows import flows_of
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.providers import CLOUDS, cloud_of
from tierwise.model.resource import Resource


@dataclass(frozen=True, slots=True)
class Converter:
    """Makes resources of some Terraform types; a module of `types/` has one as `CONVERTER`."""

    types: frozenset[str]
    convert: Callable[[Planned, Plan], Resource | None]
    """The resource; None where it is part of another one, or holds nothing that is judged."""
    children: tuple[Child, ...] = ()
    """The types that set parts of these resources, and how they name them."""
    reads: frozenset[str] = frozenset()
    """Further types whose values are looked at; `data.T` for data sources."""
    others: tuple[tuple[str, tuple[Child, ...]], ...] = ()
    """Further types that are parents themselves, with their children."""
    outlived: bool = False
    """Whether these types only set parts of what it makes (an account), which is there without them and stays when they go."""


@cache
def converters(clouds: frozenset[str] = CLOUDS) -> Mapping[str, Converter]:
    """The converters of some clouds by Terraform type; those of other clouds are not imported."""
    return {name: converter for cloud in sorted(clouds) for name, converter in _of(cloud).items()}


@cache
def _of(cloud: str) -> Mapping[str, Converter]:
    """The converters of a cloud, whose modules begin with the prefix of the types that they convert."""
    found: dict[str, Converter] = {}
    for module in sorted(one.name for one in pkgutil.iter_modules(types.__path__) if cloud_of(one.name) == cloud):
        converter = importlib.import_module(f"{types.__name__}.{module}").CONVERTER
        if not isinstance(converter, Converter):
            raise TypeError(f"{types.__name__}.{module}.CONVERTER is not a Converter")
        for name in converter.types:
            if name in found:
                raise ValueError(f"two converters for {name}")
            found[name] = converter
    return found


def _carriers(kind: str) -> Iterator[Child]:
    """What carries data out of stores of a type, or into them."""
    return (flow.child for flow in flows_of(kind))


@cache
def kept_types(clouds: frozenset[str]) -> frozenset[str]:
    """The types of some clouds whose values a converter may look at."""
    kept: set[str] = set()
    for one in converters(clouds).values():
        carriers = (child for kind in one.types for child in _carriers(kind))
        kept |= one.types | one.reads | {child.type for child in (*one.children, *carriers)}
        for parent, children in one.others:
            kept |= {parent, *(child.type for child in children)}
    return frozenset(kept)


@cache
def parts(clouds: frozenset[str]) -> frozenset[str]:
    """The types of some clouds that only set parts of others."""
    return frozenset(child.type for _, children in joins(clouds) for child in children) - converters(clouds).keys()


@cache
def joins(clouds: frozenset[str]) -> tuple[tuple[frozenset[str], tuple[Child, ...]], ...]:
    """Which types of some clouds are children of which, each parent once."""
    found: dict[str, dict[Child, None]] = defaultdict(dict)
    for one in {id(one): one for one in converters(clouds).values()}.values():
        for parent in sorted(one.types):
            found[parent] |= dict.fromkeys(child for child in one.children if child.of in ("", parent))
            found[parent] |= dict.fromkeys(_carriers(parent))
        for parent, children in one.others:
            found[parent] |= dict.fromkeys(children)
    return tuple((frozenset({parent}), tuple(children)) for parent, children in found.items())
