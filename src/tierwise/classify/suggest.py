"""Which few register lines would settle most stores of which nothing is known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.classify.names import split_words
from tierwise.model.fact import Known
from tierwise.model.register import Register, Selector, plain_word
from tierwise.model.resource import HELD, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState

_EACH_ITS_OWN: Final = frozenset(
    {"name", "id", "uuid", "created", "createdat", "createdby", "creationdate", "version", "tagversion", "lastmodified"}
)
"""Tags whose values say nothing about groups of stores."""
LEAST: Final = 2
"""A line that settles fewer stores selects the store by its id."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One register line: whom it selects, and what it would settle."""

    selector: Selector
    settles: int
    """Stores that no earlier suggestion settles."""
    resources: tuple[str, ...]
    """Their ids."""
    siblings: Mapping[Tier, int]
    """The tiers of stores that the line would select too and that have evidence: a hint, never a tier to take over."""


def suggest(resources: Sequence[Resource], classifications: Mapping[str, Classification], register: Register) -> tuple[Suggestion, ...]:
    """Register lines that settle all stores with only an assumed tier, those that settle most first.

    Selectors by account, unit, tag value and name pattern compete; where two settle as many, the narrower wins, since it
    says more. A selector that would also select stores of different known tiers is not proposed, nor one that the
    register has already: it says nothing there about the data.
    """
    held = [resource for resource in resources if resource.kind in HELD]
    silent = {resource.id: resource for resource in held if classifications[resource.id].state is TierState.ASSUMED}
    return cover(held, silent, classifications, register, _selectors)


def cover(
    held: Sequence[Resource],
    silent: Mapping[str, Resource],
    classifications: Mapping[str, Classification],
    register: Register,
    selectors: Callable[[Resource], Sequence[Selector]],
) -> tuple[Suggestion, ...]:
    """Lines for the stores that are silent, by id, as `suggest` finds them, with the selectors that are given for each store."""
    chosen_by = _candidates(held, selectors)
    known = {resource.id: classifications[resource.id].tier for resource in held if resource.id not in silent}
    taken = {entry.selector for entry in register.entries if entry.describes_data}
    usable = {
        selector: ids for selector, ids in chosen_by.items() if selector not in taken and _agree(ids, known) and not ids.isdisjoint(silent)
    }
    found: list[Suggestion] = []
    left = set(silent)
    while left:
        best = min(usable, key=lambda selector: (-len(usable[selector] & left), len(usable[selector]), *_plainest(selector)), default=None)
        if best is None or len(usable[best] & left) < LEAST:
            found += [_single(silent[one]) for one in sorted(left)]
            break
        settled = usable[best] & left
        found.append(Suggestion(best, len(settled), tuple(sorted(settled)), Counter(known[one] for one in usable[best] if one in known)))
        left -= settled
        usable = {selector: ids for selector, ids in usable.items() if not ids.isdisjoint(left)}
    return tuple(found)


def _plainest(selector: Selector) -> tuple[bool, int, str]:
    """The order among equals: an account, tag or unit before a name's beginning, and the longer beginning before the shorter."""
    return bool(selector.name), -len(selector.name), selector.words


def _single(resource: Resource) -> Suggestion:
    return Suggestion(Selector(id=resource.id), 1, (resource.id,), {})


def _agree(ids: frozenset[str], known: Mapping[str, Tier]) -> bool:
    return len({known[one] for one in ids if one in known}) <= 1


def _candidates(held: Sequence[Resource], selectors: Callable[[Resource], Sequence[Selector]]) -> dict[Selector, frozenset[str]]:
    found: dict[Selector, set[str]] = defaultdict(set)
    for resource in held:
        for selector in selectors(resource):
            found[selector].add(resource.id)
    return {selector: frozenset(ids) for selector, ids in found.items()}


def _selectors(resource: Resource) -> list[Selector]:
    selectors = [Selector(account=resource.account)] if resource.account else []
    if resource.unit:
        selectors.append(Selector(unit=resource.unit))
    if isinstance(resource.tags, Known):
        for key, value in resource.tags.value.items():
            if plain_word(value) and plain_word(key) not in _EACH_ITS_OWN and not set("*?=") & set(key + value):
                selectors.append(Selector(tag=(key, value)))
    selectors += [Selector(name=pattern) for pattern in name_patterns(resource.name)]
    return selectors


def name_patterns(name: str) -> list[str]:
    """Patterns from the first one and two words of a name, as far as they are written: `case-*`, `case-files-*`."""
    words = split_words(name)
    patterns: list[str] = []
    end = 0
    for word in words[:2]:
        start = name.lower().find(word, end)
        if word.isdigit() or start < 0 or (start > end and end == 0 and start > 1):
            break
        end = start + len(word)
        if end < len(name) and not name[end].isalnum():
            patterns.append(name[: end + 1] + "*")
    return [pattern for pattern in patterns if not set("*?") & set(pattern[:-1])]
