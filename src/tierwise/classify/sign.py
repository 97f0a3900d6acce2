"""Signs: single pieces of evidence about what a resource's data is, and how confidence in a category adds up."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from tierwise.model.marking import ParsedMarking
from tierwise.model.register import DataCategory, Group
from tierwise.model.sensitivity import Tier

WEAK: Final = 0.5
"""Confidence in a category for which there is weak evidence of one kind only."""
PAIRED: Final = 0.75
"""Confidence where weak evidence of two kinds agrees."""
CERTAIN: Final = 1.0


class Origin(StrEnum):
    """Who says it."""

    TAG = "tag"
    REGISTER = "register"
    FOUND = "found"
    """Recognised in names, texts, schemas, or by another tool."""


class Sign(msgspec.Struct, frozen=True, gc=False):
    """One piece of evidence. It speaks of a category, a tier, a marking, a group or a number of people."""

    origin: Origin
    rule: str
    """The trace step's rule, by which an evidence correction names it."""
    source: str
    """What it rests on: the tag, the register line, the words, the column."""
    because: str
    category: DataCategory | None = None
    tier: Tier | None = None
    marking: ParsedMarking | None = None
    group: Group | None = None
    subjects: int | None = None
    linked: bool = False
    controllers: int = 0
    medium: str = ""
    """Where it was found: name, tag, description, schema, value, imported; weak evidence needs two."""
    word: str = ""
    """The word that was found; the same word in two places is one piece of evidence."""
    confidence: float = CERTAIN
    weak: bool = False


def confidence_in(signs: Iterable[Sign]) -> float:
    """The confidence that signs of one category give together; more signs never give less.

    Strong signs in different media are independent and add up; weak signs reach `PAIRED` only where two media
    carry two different words.
    """
    best: dict[str, float] = {}
    weak: set[tuple[str, str]] = set()
    for sign in signs:
        if sign.weak:
            weak.add((sign.medium, sign.word))
        else:
            best[sign.medium] = max(best.get(sign.medium, 0.0), sign.confidence)
    doubt = 1.0
    for medium in sorted(best):
        doubt *= 1.0 - best[medium]
    paired = any(one[0] != other[0] and one[1] != other[1] for one in weak for other in weak)
    from_weak = PAIRED if paired else WEAK if weak else 0.0
    return max(1.0 - doubt, from_weak)
