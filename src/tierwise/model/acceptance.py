"""What a risk acceptance must be at each tier, and what may be wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import Final

from tierwise.model.sensitivity import Tier


class Rank(IntEnum):
    """Who may answer for a risk, ascending."""

    SERVICE_OWNER = 1
    ASSET_OWNER = 2
    DEPUTY_SIRO = 3
    SIRO = 4

    @property
    def word(self) -> str:
        """As files write it: `asset-owner`."""
        return self.name.lower().replace("_", "-")


RANKS: Final[Mapping[str, Rank]] = {rank.word: rank for rank in Rank}


class Fault(StrEnum):
    """What is wrong with an acceptance, as the fact `acceptance.faults` has it."""

    EXPIRED = "expired"
    TOO_LONG = "too-long"
    """It lives longer than its tier allows."""
    FUTURE = "future"
    """It is dated in the future."""
    UNDATED = "undated"
    """It does not say when it was made, so nobody can tell how long it lives."""
    RANK = "rank"
    """Its approver, as written, may not answer for a risk at this tier."""
    TOO_BROAD = "too-broad"
    """It accepts more than anyone can have looked at."""
    NOT_ACCEPTABLE = "not-acceptable"
    """What it accepts may not be accepted at this tier by anyone."""
    EXPIRES_SOON = "expires-soon"
    UNUSED = "unused"
    """Nothing of what it accepts fails or is unknown."""

    @property
    def words(self) -> str:
        """What is wrong, as the end of a sentence about an acceptance."""
        match self:
            case Fault.EXPIRED:
                return "it has expired"
            case Fault.TOO_LONG:
                return "it lives longer than this tier allows"
            case Fault.FUTURE:
                return "it is dated in the future"
            case Fault.UNDATED:
                return "it does not say when it was made"
            case Fault.RANK:
                return "its approver may not answer for this tier"
            case Fault.TOO_BROAD:
                return "it covers more than anyone can have looked at"
            case Fault.NOT_ACCEPTABLE:
                return "nobody may accept this at this tier"
            case Fault.EXPIRES_SOON:
                return "it ends soon"
            case Fault.UNUSED:
                return "what it accepts no longer fails"


@dataclass(frozen=True, slots=True)
class AcceptancePolicy:
    """The profile's terms for risk acceptances."""

    months: Mapping[Tier, int] = field(default_factory=lambda: {Tier.T0: 12, Tier.T1: 12, Tier.T2: 12, Tier.T3: 6, Tier.T4: 3})
    """The longest life."""
    approver: Mapping[Tier, Rank] = field(
        default_factory=lambda: {
            Tier.T0: Rank.SERVICE_OWNER,
            Tier.T1: Rank.SERVICE_OWNER,
            Tier.T2: Rank.ASSET_OWNER,
            Tier.T3: Rank.DEPUTY_SIRO,
            Tier.T4: Rank.SIRO,
        }
    )
    """The lowest rank that may approve one."""
    soon_days: int = 30
    """How long before its end an acceptance is told to be ending."""


STANDARD: Final = AcceptancePolicy()
"""What holds where a profile says nothing else."""


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of that month."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - date.resolution).day
    return date(year, month + 1, min(day.day, last))
