"""What could not be listed, in sentences: one for each cause, however many places it came up in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Gap
from tierwise.reports.text import listed

_MOST_NAMED = 3
_HERE = "\0"
"""Stands for an account where two sentences are held beside each other."""
_ERRORS = frozenset({UnknownReason.API_ERROR.value, UnknownReason.THROTTLED.value})


@dataclass(frozen=True, slots=True)
class Lost:
    """What one cause has kept from being listed."""

    text: str
    """As the source told it: not escaped."""
    expected: bool
    listings: int


def losses(gaps: Sequence[Gap]) -> list[Lost]:
    """What is missing, by cause: whole accounts first, then what is missing in most places, what was expected last."""
    groups: dict[tuple[object, ...], list[Gap]] = defaultdict(list)
    for gap in dict.fromkeys(gaps):
        groups[_cause(gap)].append(gap)
    ordered = sorted(groups.values(), key=lambda group: (group[0].expected, not group[0].whole, -len(group)))
    return [Lost(_sentence(group), group[0].expected, len(group)) for group in ordered]


def _cause(gap: Gap) -> tuple[object, ...]:
    """What gaps of one cause have in common: the words, but for the account's own id in them."""
    if gap.whole or not gap.account:
        return gap.expected, (gap.whole or gap.detail or gap.service).replace(gap.account or _HERE, _HERE), gap.reason, gap.action
    return gap.expected, gap.reason, gap.needs, _told(gap).replace(gap.account, _HERE)


def _sentence(group: Sequence[Gap]) -> str:
    first = group[0]
    if first.expected and not first.account:
        return first.detail
    if first.whole:
        others = [gap.account for gap in group[1:]]
        return first.whole + (f"; likewise {first.service} {listed(others, _MOST_NAMED)}" if others else "")
    services = list(dict.fromkeys(gap.service for gap in group))
    # A call that nobody may make is known by its permission, whatever it would have listed.
    needs = f", needs {first.needs}" if first.needs else ""
    known = " (expected)" if first.expected else ""
    told = _told(first)
    return f"{listed(services, _MOST_NAMED)} in {_places(group)} could not be listed: {first.reason}{needs}{f' ({told})' if told else ''}{known}"


def _places(group: Sequence[Gap]) -> str:
    accounts = list(dict.fromkeys(gap.account for gap in group))
    regions = list(dict.fromkeys(gap.region or "global" for gap in group))
    if accounts == [""]:
        return "the input"
    if len(accounts) == len(regions) == 1:
        return f"{accounts[0]}/{regions[0]}"
    where = f"{listed(regions, _MOST_NAMED)} of " if regions != ["global"] else ""
    return where + listed(accounts, _MOST_NAMED)


def _told(gap: Gap) -> str:
    """A sentence of the source; of an error of the service its code."""
    return gap.detail if " " in gap.detail or gap.reason in _ERRORS else ""
