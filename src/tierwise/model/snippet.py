"""The change that meets a control in the files of Terraform, per resource type, as data: arguments, blocks, and resources beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Argument:
    """`name = value`, the value as it is written. A word in capitals in it is for the author to fill in."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Nested:
    """A block, or a map (`tags = { ... }`)."""

    name: str
    items: tuple[Item, ...]
    is_map: bool = False
    stands: bool = False
    """Where the resource is there, so is this block: the provider demands it, or nobody goes without it."""


Item: TypeAlias = Argument | Nested


@dataclass(frozen=True, slots=True)
class Beside:
    """A resource that sets part of another one."""

    type: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Snippet:
    """What to write into the resource's own block, and which resources to put beside it."""

    own: tuple[Item, ...] = ()
    beside: tuple[Beside, ...] = ()
