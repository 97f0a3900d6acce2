"""Running text: where candidates of the detectors stand in it. One pass of a regular-expression engine finds them, the detectors judge them.

The engine is RE2 where the extra `fast` is installed and Python's own otherwise. Both read the same pattern, which has one meaning in
both (leftmost match, first alternative, ASCII classes, no look-around), so that the findings are the same; only the speed differs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from tierwise.classify.detector import Detector, Match, Values, all_detectors
from tierwise.classify.names import singular, split_words
from tierwise.classify.vote import Tally, bare, judged, plain, whole
from tierwise.classify.withheld import Distinct, Withheld

WHOLE: Final = 1 << 18
"""Texts up to this many bytes are looked at whole."""
SHARE: Final = 16
"""Of a longer text one byte in so many is looked at."""
BLOCK: Final = 1 << 14
"""Longer texts are looked at in pieces of this size, spread evenly."""
_BEFORE: Final = 48
"""Bytes before a candidate in which a word counts as its context."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A way to find all matches of a pattern in bytes."""

    name: str
    compile: Callable[[bytes], Any]
    """The pattern as an object with `finditer(bytes)`."""


PURE: Final = Engine("re", re.compile)


@cache
def default_engine() -> Engine:
    """RE2 where it is installed, else Python's own."""
    try:
        return accelerated()
    except ImportError:
        return PURE


def accelerated() -> Engine:
    """RE2, of the extra `fast`; raises ImportError where it is not installed."""
    re2 = import_module("re2")
    options = re2.Options()
    # Without it RE2 reads bytes above 127 as UTF-8 and steps over those that are not.
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    return Engine("re2", lambda pattern: re2.compile(pattern, options))


@cache
def _looked_for() -> tuple[tuple[Detector, Values], ...]:
    found = ((one, one.written or one.values) for one in all_detectors())
    return tuple((one, values) for one, values in found if values is not None and values.in_text)


@cache
def _pattern() -> bytes:
    """All shapes as one pattern: what may be inside a word in group 2, the rest in group 1."""
    bounded = "|".join(dict.fromkeys(values.shape for _, values in _looked_for() if values.bounded))
    free = "|".join(dict.fromkeys(values.shape for _, values in _looked_for() if not values.bounded))
    return (rf"(?:\b|_)({bounded})(?:\b|_)" + (f"|({free})" if free else "")).encode("ascii")


@cache
def _words() -> frozenset[str]:
    return frozenset[str]().union(*(values.context for _, values in _looked_for()))


@cache
def matcher(engine: Engine) -> Callable[[bytes], Iterator[Any]]:
    """An engine's bare pass: all matches of the pattern in a text."""
    finditer: Callable[[bytes], Iterator[Any]] = engine.compile(_pattern()).finditer
    return finditer


def probe(size: int, *, exhaustive: bool = False) -> tuple[tuple[int, int], ...]:
    """Which bytes of a text of this size are looked at: all of a short one, evenly spread blocks of a long one."""
    if exhaustive or size <= WHOLE:
        return ((0, size),)
    count = max(WHOLE, size // SHARE) // BLOCK
    step = (size - BLOCK) / (count - 1)
    return tuple((start, start + BLOCK) for start in (round(place * step) for place in range(count)))


@dataclass(slots=True)
class _Count:
    """A tally in the making."""

    values: Values
    shaped: int = 0
    passed: int = 0
    hits: int = 0
    synthetic: int = 0
    distinct: Distinct | None = None
    people: Distinct | None = None

    def take(self, match: Match, candidate: Withheld, times: int) -> None:
        self.shaped += 1
        if match is Match.NO:
            return
        self.passed += 1
        self.hits += times
        if self.distinct is None or self.people is None:
            self.distinct, self.people = Distinct(), Distinct()
        self.distinct.add(candidate)
        if match is Match.SYNTHETIC:
            self.synthetic += times
        else:
            self.people.add(candidate)

    @property
    def tally(self) -> Tally:
        distinct = self.distinct.count if self.distinct else 0
        return Tally(self.shaped, self.shaped, self.passed, self.hits, self.synthetic, distinct, self.people)


@dataclass(frozen=True, slots=True)
class InText:
    """How the candidates of one detector fared: all of them, and those with a word of context before them."""

    detector: Detector
    values: Values
    everywhere: Tally
    in_context: Tally


def scan(data: bytes, engine: Engine, *, exhaustive: bool = False) -> list[InText]:
    """Every detector that has candidates in the text; a value that stands there twice is judged once."""
    times: Counter[bytes] = Counter()
    contexts: dict[bytes, frozenset[str]] = {}
    for start, end in probe(len(data), exhaustive=exhaustive):
        block = _whole_words(data, start, end)
        for at, until in _candidates(block, engine):
            raw = block[at:until]
            times[raw] += 1
            if near := _context(block, at):
                contexts[raw] = contexts.get(raw, frozenset()) | near
    counts: dict[str, tuple[Detector, _Count, _Count]] = {}
    for raw, often in times.items():
        near = contexts.get(raw, frozenset())
        candidate, matches = Withheld(raw).tested(_matches)
        for detector, values, match in matches:
            _, everywhere, beside = counts.setdefault(detector.id, (detector, _Count(values), _Count(values)))
            everywhere.take(match, candidate, often)
            if not values.context.isdisjoint(near):
                beside.take(match, candidate, often)
    return [InText(detector, total.values, total.tally, beside.tally) for _, (detector, total, beside) in sorted(counts.items())]


def _whole_words(data: bytes, start: int, end: int) -> bytes:
    """The bytes from the first white space after the start to the last before the end, so that no number is cut; all of a text's own ends."""
    block = data[start:end] if end - start < len(data) else data
    if start > 0:
        cut = _SPACE.search(block, 0, _LONGEST)
        block = block[cut.start() :] if cut else block
    if end < len(data):
        last = max(block.rfind(space, len(block) - _LONGEST) for space in (b" ", b"\n", b"\t"))
        block = block[:last] if last > 0 else block
    return block


_SPACE: Final = re.compile(rb"[ \t\n]")
_LONGEST: Final = 512


def _matches(text: str) -> tuple[Withheld, list[tuple[Detector, Values, Match]]]:
    """What each detector whose shape a candidate has says of it; and the candidate without separators."""
    simple = plain(text)
    return bare(simple), [(detector, values, judged(values, text, simple)) for detector, values, has_shape in _shapes() if has_shape(text)]


@cache
def _shapes() -> tuple[tuple[Detector, Values, Callable[[str], object]], ...]:
    return tuple((detector, values, whole(values.shape).fullmatch) for detector, values in _looked_for())


def _candidates(block: bytes, engine: Engine) -> Iterator[tuple[int, int]]:
    for found in matcher(engine)(block):
        at, until = found.span(1)
        if at < 0:
            yield found.span(2)
        elif not _inside_a_token(block, at, until):
            yield at, until


def _inside_a_token(block: bytes, at: int, until: int) -> bool:
    """Whether it is a piece of something longer: a UUID's, a decimal number's or a version's part."""
    before, after = block[max(0, at - 2) : at], block[until : until + 2]
    return (
        (before[1:] == b"-" and before[:1] in _HEX)
        or (after[:1] == b"-" and after[1:] in _HEX)
        or _PART.search(before + b" " + after) is not None
    )


_HEX: Final = frozenset(bytes([one]) for one in b"0123456789abcdefABCDEF")
_PART: Final = re.compile(rb"\d\. | \.\d", re.ASCII)


def _context(block: bytes, at: int) -> frozenset[str]:
    """The words of context that stand before a candidate on its line."""
    before = block[max(0, at - _BEFORE) : at].rpartition(b"\n")[2]
    if _speaks().search(before.lower()) is None:
        return frozenset()
    return _words().intersection(singular(word) for word in split_words(before.decode("ascii", errors="replace")))


@cache
def _speaks() -> re.Pattern[bytes]:
    """Letters of a word of context: a quick look before words are split."""
    return re.compile("|".join(sorted(map(re.escape, _words()))).encode("ascii"))
