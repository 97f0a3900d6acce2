"""Which objects of a store are looked at: a few from everywhere below its prefixes rather than the first ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tierwise.content.blob import spread
from tierwise.content.budget import Limits
from tierwise.content.read import extension

_WIDTH: Final = 6
"""Prefixes of one level that are followed at first, evenly from first to last; the others where listings are left."""
_MARKS: Final = ("9", "Z", "m")
"""Where further pages of a long level begin: after its digits, its capitals and half of its letters, in the order of UTF-8 that keys are listed in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as a listing gives it."""

    key: str
    size: int
    version: str = ""
    """What tells that it is still the same when it is read: an ETag or a generation."""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """What lies directly below a prefix: one page of it."""

    prefixes: tuple[str, ...]
    entries: tuple[Entry, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The objects to look at, and what was seen on the way."""

    entries: tuple[Entry, ...]
    keys: tuple[str, ...]
    tops: int
    """How many different first parts the keys have."""


def choose(level: Callable[[str, str], Level], limits: Limits) -> Chosen:
    """Walk down from the root, level by level, until there is enough; `level(prefix, after)` lists one page.

    Of each level some prefixes are followed and some objects kept, one of each format before a second of any.
    """
    waiting, later, kept, keys, tops = [""], list[str](), list[list[Entry]](), dict[str, None](), set[str]()
    visits = Counter[str]()
    pages = 0
    while waiting and pages < limits.listings:
        # The part of the store that has been seen least, and in it the deepest: objects mostly lie at the bottom.
        prefix = min(waiting, key=lambda one: (visits[_top(one)], -one.count("/")))
        waiting.remove(prefix)
        visits[_top(prefix)] += 1
        found = [level(prefix, "")]
        pages += 1
        for mark in _MARKS if found[0].more else ():
            if pages < limits.listings:
                found.append(level(prefix, prefix + mark))
                pages += 1
        entries = {entry.key: entry for page in found for entry in page.entries if entry.size and not entry.key.endswith("/")}
        prefixes = list(dict.fromkeys(one for page in found for one in page.prefixes))
        keys |= dict.fromkeys([*entries, *prefixes])
        tops |= {_top(key) for key in (*entries, *prefixes)}
        if entries:
            kept.append(_one_of_each(list(entries.values()), limits.objects))
        followed = {prefixes[place] for place in spread(range(len(prefixes)), _WIDTH)}
        waiting += [one for one in prefixes if one in followed]
        later += [one for one in prefixes if one not in followed]
        if not waiting:
            waiting = [later.pop(place) for place in reversed(spread(range(len(later)), _WIDTH))]
    return Chosen(tuple(_in_turn(kept, limits.objects)), tuple(keys), len(tops))


def _top(key: str) -> str:
    return key.split("/", 1)[0]


def _one_of_each(entries: list[Entry], count: int) -> list[Entry]:
    """Objects of a level, its formats in turn, each from all over its keys."""
    kinds: dict[str, list[Entry]] = {}
    for entry in entries:
        kinds.setdefault(extension(entry.key), []).append(entry)
    return _in_turn([[kind[place] for place in spread(range(len(kind)), count)] for _, kind in sorted(kinds.items())], count)


def _in_turn(groups: list[list[Entry]], count: int) -> list[Entry]:
    """One of each group, then a second of each, until there are enough."""
    found: list[Entry] = []
    for turn in range(max(map(len, groups), default=0)):
        found += [group[turn] for group in groups if turn < len(group)]
        if len(found) >= count:
            break
    return found[:count]
