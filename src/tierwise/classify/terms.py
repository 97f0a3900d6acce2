"""Values that are words: a column of special-category terms, found as whole runs of words."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from tierwise.classify.detector import Match, Values
from tierwise.classify.names import singular, split_words
from tierwise.model.detection import Strength


def terms(*phrases: str, positives: tuple[str, ...], negatives: tuple[str, ...]) -> Values:
    """Values that hold one of the phrases. Words are weak evidence: a name or people beside them must agree."""
    entries = frozenset(tuple(singular(word) for word in split_words(phrase)) for phrase in phrases)
    begins = re.compile("|".join(sorted({entry[0][: max(_STEM, len(entry[0]) - 1)] for entry in entries})), re.IGNORECASE)
    return Values(
        shape=r"[A-Za-z][^\n]{1,200}",
        judge=partial(_judged, begins, entries, frozenset(len(entry) for entry in entries)),
        strength=Strength.WEAK,
        chance=0.02,
        rate=0.5,
        named_rate=0.0,
        as_written=True,
        vocabulary=True,
        positives=positives,
        negatives=negatives,
    )


_STEM: Final = 2
"""Letters with which a plural and its singular begin alike; what has none of these is not split into words."""


def _judged(begins: re.Pattern[str], entries: frozenset[tuple[str, ...]], lengths: frozenset[int], text: str) -> Match:
    if text.isascii() and begins.search(text) is None:
        return Match.NO
    words = tuple(singular(word) for word in split_words(text))
    runs = (words[start : start + length] for length in lengths for start in range(len(words) - length + 1))
    return Match.REAL if any(run in entries for run in runs) else Match.NO
