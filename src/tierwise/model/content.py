"""What looking into stores found and took: counts and places; never a value, never an object's whole key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tierwise.model.detection import Detection

IN_KEYS: Final = "the keys"
"""The place of what was found in the keys of objects."""


class Depth(StrEnum):
    """How deeply a scan looks; each its own flag, permissions and guard."""

    METADATA = "metadata"
    """Names of resources, tags, schemas and counts."""
    NAMES = "names"
    """Keys of objects, which can themselves be personal data."""
    CONTENT = "content"
    """A bounded sample of what is in them."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one detector found in one column of a store's objects, or in their running text, all objects of a place together."""

    detection: Detection
    """With the sums over all objects; the different values are those of one object, at the least."""
    place: str
    """Where in the store: a format, and the first part of a key where many objects share it."""
    objects: int = 1


@dataclass(frozen=True, slots=True)
class Sampled:
    """How much was seen of a store, all objects together, as counts."""

    rows: int = 0
    signs: int = 0
    """Characters of these rows, as they would be written plainly."""
    people: tuple[tuple[str, int], ...] = ()
    """Different values that each detector recognised for certain, those of test ranges left out."""


NOT_SAMPLED: Final = Sampled()


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking into one store, or in a dry run what would be read."""

    resource: str
    depth: Depth
    planned: bool = False
    """A dry run: nothing was read, and the numbers are the most that would be."""
    listed: int = 0
    """Objects whose keys were seen."""
    objects: int = 0
    """Objects (or pages of items) that were read in part."""
    bytes: int = 0
    requests: int = 0
    read: Mapping[str, int] = field(default_factory=dict)
    """What was read, by format."""
    unread: Mapping[str, int] = field(default_factory=dict)
    """What was not read, by format and reason."""
    found: tuple[Found, ...] = ()
    sampled: Sampled = NOT_SAMPLED
    refused: str = ""
    """Why nothing of the store is read."""
    blocked: str = ""
    """Where all that was tried was denied, the action that would allow it."""
