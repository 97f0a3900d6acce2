"""Whether an override may be used now, and what of a failing gate it lets through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from tierwise.model.finding import Override
from tierwise.model.profile import GatePolicy
from tierwise.model.sensitivity import Tier

Blocking: TypeAlias = tuple[str, Tier]
"""The fingerprint and tier of a finding that blocks."""


def refusal(override: Override, policy: GatePolicy, now: datetime) -> str:
    """Why the override may not be used at a time; empty where it may."""
    created, expires = datetime.fromisoformat(override.created), datetime.fromisoformat(override.expires)
    most = timedelta(hours=policy.override_hours)
    if not policy.override_hours:
        return "the profile allows no overrides (gate: override_hours)"
    if created > now:
        return f"it was created at {override.created}, which is yet to come"
    if expires - created > most:
        return (
            f"it lives longer than the {policy.override_hours} hours that the profile allows; let it end by {(created + most).isoformat()}"
        )
    if expires <= now:
        return f"it expired at {override.expires}; a further one is an entry of its own, with who answers for it now"
    return ""


def let_through(override: Override, blocking: Sequence[Blocking], policy: GatePolicy) -> tuple[Blocking, ...]:
    """The findings that the override covers: those that it names, or all; none above the profile's tier."""
    return tuple((print_, tier) for print_, tier in blocking if tier <= policy.override_up_to and print_ in (override.findings or {print_}))
