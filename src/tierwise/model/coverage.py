"""Coverage, and the least of it that a profile asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

from tierwise.model.sensitivity import Tier

LeastCoverage: TypeAlias = Mapping[Tier, float]
"""A share for every tier, of a higher one never less than of a lower."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The share of the reads that were due and got an answer."""

    whole: float = 1.0
    """Of the whole scan, listings included."""
    tiers: Mapping[Tier, float] = field(default_factory=dict)
    """Of the reads that the facts of a tier's resources rest on; what has only an assumed tier is in none."""

    def under(self, least: LeastCoverage) -> Iterator[str]:
        """Where it is less than asked for: of a tier, what it needs and what it got; of the whole scan, under what the lowest tier needs."""
        if self.whole < least[Tier.T0]:
            yield f"coverage {self.whole:.1%} is under the profile's {_percent(least[Tier.T0])}"
        for tier, share in sorted(self.tiers.items()):
            if share < least[tier]:
                yield f"coverage of {tier.label} is {share:.1%}, and the profile needs {_percent(least[tier])}"


def coverage_words(least: LeastCoverage) -> str:
    """`90%`, or `90% at T0 to T2, 95% at T3 to T4`."""
    runs = [(share, [tier.name for tier in tiers]) for share, tiers in groupby(Tier, least.__getitem__)]
    if len(runs) == 1:
        return _percent(runs[0][0])
    return ", ".join(f"{_percent(share)} at {' to '.join(dict.fromkeys((names[0], names[-1])))}" for share, names in runs)


def _percent(share: float) -> str:
    """A share as it was written: `90%`, `99.5%`."""
    return f"{share * 100:g}%"
