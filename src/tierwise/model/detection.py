"""What looking at content found: counts, rates and the place; never a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Strength(StrEnum):
    """How much a detector's test of values is worth alone."""

    STRONG = "strong"
    """A narrow format, mostly with a check: values alone settle it."""
    MEDIUM = "medium"
    """A check or a range that ordinary numbers pass now and then: a column of values settles it."""
    WEAK = "weak"
    """A format that many other things have: two kinds of evidence out of name, values and context are needed."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What one detector found in one column, or in the running text of an object."""

    detector: str
    column: str | None
    """The column's name, withheld where it is itself an identifier; None for running text."""
    hits: int
    """Values that pass the detector's test, synthetic ones among them."""
    checked: int
    """Values looked at: the filled values of a column, the candidates in a text."""
    synthetic: int
    """Hits from a documented test range."""
    distinct: int
    """Different values among the hits, estimated from a sketch above a thousand."""
    confidence: float
    strength: Strength
    chance: float = 0.0
    """Share of random values of the same shape that pass."""
    evidence: tuple[str, ...] = ()
    """Kinds of evidence that agree: name, values, context."""

    @property
    def real(self) -> bool:
        """Whether it rests on more than test values: at least one hit in twenty is from no test range."""
        return self.hits == 0 or (self.hits - self.synthetic) * 20 > self.hits
