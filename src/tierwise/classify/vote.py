"""Column voting: whether the values of a column are what a detector looks for, or only look like it.

A column is judged, never a value. Its different values of the detector's shape are tested, and three things must hold: enough of the
column has the shape, far more of them pass than random values of that shape would (a Chernoff bound on the binomial tail), and they
vary as those of people do. Columns of flags, moments, UUIDs, hashes and running numbers are vetoed whatever passes.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from statistics import quantiles
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.classify.withheld import Distinct, Withheld
from tierwise.model.sensitivity import Category

MAX_VALUES: Final = 1000
"""Values of a column that are looked at, spread evenly over those given."""
MAX_LENGTH: Final = 400
"""A longer value is running text."""
UNLIKELY: Final = 1e-6
"""Chance below which a column's hits are no accident."""
_EMPTY: Final = frozenset(
    {"", "null", "none", "nil", "na", "n/a", "nan", "nat", "-", "--", ".", "?", "unknown", "not known", "\\n", "#n/a", "undefined"}
)


def is_empty(text: str) -> bool:
    """Whether a cell says that nothing is known."""
    return text.strip().lower() in _EMPTY


_FLAGS: Final = frozenset({"true", "false", "t", "f", "y", "n", "yes", "no", "0", "1", "on", "off", "0.0", "1.0"})
_SEPARATORS: Final = str.maketrans("", "", " -")
_DOTS: Final = str.maketrans("", "", "._")
"""Separators that are parts of other values: stripped where a value has a detector's shape."""
_EXACT_FLOAT: Final = re.compile(r"\d{4,19}\.0+", re.ASCII)
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,2}", re.ASCII)
_UUID: Final = re.compile(r"\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?", re.ASCII | re.IGNORECASE)
_HASH: Final = re.compile(
    r"(?:[a-z0-9]+:)?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})", re.ASCII | re.IGNORECASE
)
_CLOCK: Final = re.compile(
    r"(?:19|20)\d\d-?[01]\d-?[0-3]\d[T ]?[0-2]\d:?[0-5]\d(?::?[0-5]\d(?:[.,]\d+)?)?(?:Z|[ +-].*)?|\d\d?[/.]\d\d?[/.]\d{2,4},? \d\d?:\d\d.*|\d\d?:\d\d(?::\d\d.*)?",
    re.ASCII,
)
_ISBN: Final = re.compile(r"(?:\d[ -]?){9}[\dXx]", re.ASCII)
_ISBN_X: Final = re.compile(r"\d{9}X", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_EPOCH: Final = re.compile(r"1[0-9]{9}(?:[0-9]{3}){0,3}(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Value:
    """One of a column's different values."""

    written: str
    plain: str
    """Upper case, without spaces and hyphens."""
    rows: int

    def __repr__(self) -> str:
        return "Value(<withheld>)"


@dataclass(frozen=True, slots=True)
class Sample:
    """What of a column is looked at."""

    values: tuple[Value, ...]
    prose: tuple[str, ...]
    """Values that are running text."""
    checked: int
    type: str
    """The type that a schema would declare for such values: boolean, timestamp, numeric, or nothing in particular."""
    listed: bool
    """It has each of its values but once."""
    opaque: bool
    """Its values are UUIDs, hashes or the numbers of books."""
    crowded: bool
    """Its values are numbers in close or even succession."""

    @property
    def vetoed(self) -> bool:
        """Whether no detector can mean such values."""
        return self.opaque or self.type in {"boolean", "timestamp"}

    def plausible(self, detector: Detector) -> bool:
        """Whether a column that is named for the detector can be what its name says; credentials are kept as hashes."""
        return not self.opaque or detector.category.category is Category.C6

    def __repr__(self) -> str:
        return f"Sample({self.checked} checked, <withheld>)"


def tidy(text: str) -> str:
    """A value as people would write it: full-width signs as ASCII, exact numbers without exponent, no quotes around it."""
    text = (
        text
        if text.isascii()
        else unicodedata.normalize("NFKC", text).replace("\N{EN DASH}", "-").replace("\N{ZERO WIDTH NO-BREAK SPACE}", "")
    )
    text = text.strip().strip("'\"").strip()
    if _EXACT_FLOAT.fullmatch(text):
        return text.partition(".")[0]
    if _SCIENTIFIC.fullmatch(text) and int(re.split("[eE]", text)[1]) <= 20:
        number = Decimal(text)
        if number == number.to_integral_value():
            return str(int(number))
    return text


def sample_of(values: Sequence[str]) -> Sample:
    """The filled values of a column, at most `MAX_VALUES`, spread evenly."""
    filled = [one for one in values if not is_empty(one)]
    if len(filled) > MAX_VALUES:
        step = len(filled) / MAX_VALUES
        filled = [filled[int(place * step)] for place in range(MAX_VALUES)]
    prose = tuple(one for one in filled if _is_prose(one))
    return _sample(Counter(tidy(one) for one in filled if not _is_prose(one)), prose, len(filled))


def _sample(written: Counter[str], prose: tuple[str, ...], checked: int) -> Sample:
    different = tuple(Value(one, plain(one), rows) for one, rows in written.items())
    listed = checked >= _LIST and len(different) == checked
    return Sample(
        different, prose, checked, _type(different), listed, _mostly(different, _UUID, _HASH) or _books(different), _crowded(different)
    )


_LIST: Final = 8
"""Fewer different values may be so by chance."""


def without_label(sample: Sample) -> tuple[tuple[str, ...], Sample]:
    """The words with which most values begin, and the sample without them: `NHS No: 943 476 5919` is a number that says what it is."""
    written = Counter({one.written: one.rows for one in sample.values})
    label: list[str] = []
    ended = False
    while not ended and len(label) < _LABEL_WORDS:
        firsts = {one: found for one in written if (found := _LABEL.match(one)) is not None}
        word, often = next(iter(Counter(found[1].lower() for found in firsts.values()).most_common(1)), ("", 0))
        if not word or often < 0.8 * len(written):
            break
        label.append(word)
        rest = Counter[str]()
        for one, rows in written.items():
            found = firsts.get(one)
            if found is None or found[1].lower() != word:
                rest[one] += rows
            else:
                rest[one[found.end() :]] += rows
                ended = ended or not _ENDS.isdisjoint(found[2])
        written = rest
    return tuple(label), _sample(written, sample.prose, sample.checked) if label else sample


_LABEL: Final = re.compile(r"\(?([A-Za-z]-?[A-Za-z]{1,20})([ .:#=/_)-]+|(?=\d))", re.ASCII)
_ENDS: Final = frozenset(":#=)")
"""Signs that a label ends with; after others another word of it may come."""
_LABEL_WORDS: Final = 4


def _is_prose(text: str) -> bool:
    return len(text) > MAX_LENGTH or text.count(" ") >= _WORDS


_WORDS: Final = 8


def plain(text: str) -> str:
    """A value as identifiers are compared: upper case, without spaces and hyphens."""
    return text.translate(_SEPARATORS).upper()


def _type(values: Sequence[Value]) -> str:
    if values and all(one.written.lower() in _FLAGS for one in values):
        return "boolean"
    if _mostly(values, _CLOCK, _EPOCH):
        return "timestamp"
    return "numeric" if _mostly(values, _NUMBER) else ""


def _mostly(values: Sequence[Value], *patterns: re.Pattern[str]) -> bool:
    """Whether nine in ten values match one of the patterns."""
    return bool(values) and any(sum(one.fullmatch(value.written) is not None for value in values) >= 0.9 * len(values) for one in patterns)


def _books(values: Sequence[Value]) -> bool:
    """Whether they are ISBNs of ten digits: the check of NHS numbers, but one in eleven ends in X, which no person's number does."""
    ending = sum(_ISBN_X.fullmatch(one.plain) is not None for one in values)
    return ending > 0.03 * len(values) and _mostly(values, _ISBN)


def _crowded(values: Sequence[Value]) -> bool:
    """Whether most are numbers whose steps are small, or all alike: those of people lie apart and at random."""
    numbers = sorted({int(one.plain) for one in values if len(one.plain) <= 20 and one.plain.isdigit() and one.plain.isascii()})
    if len(numbers) < 12 or len(numbers) < 0.8 * len(values):
        return False
    low, middle, high = quantiles([after - before for before, after in pairwise(numbers)], n=4)
    # Steps between random numbers follow an exponential law, whose quartiles lie 1.6 medians apart.
    return middle < _CLOSE or high - low < 0.5 * middle


_CLOSE: Final = 1000


@dataclass(frozen=True, slots=True)
class Tally:
    """How the values of one detector's shape fared."""

    checked: int = 0
    """Different values, or candidates in a text."""
    shaped: int = 0
    passed: int = 0
    """Different values that pass."""
    hits: int = 0
    """Rows that pass."""
    synthetic: int = 0
    distinct: int = 0
    people: Distinct | None = None
    """The different values that are from no test range."""
    varied: bool = True
    own: bool = True
    """Whether most values have a part that is somebody's own, where the detector knows which that is."""

    def over_chance(self, chance: float, rate: float) -> bool:
        """Whether so many pass that at least `rate` of them must be more than chance."""
        return self.passed > 0 and self.passed >= self.shaped * (chance + (1 - chance) * rate) - 1e-9

    def chance_of(self, chance: float) -> float:
        """How likely at most random values would show so many hits."""
        return tail(self.passed, self.shaped, chance)


def tail(passed: int, tried: int, chance: float) -> float:
    """At most this likely are so many hits among random values: the Chernoff bound exp(-n D(rate || chance))."""
    if tried == 0 or passed <= chance * tried:
        return 1.0
    rate = passed / tried
    divergence = rate * math.log(rate / chance)
    if rate < 1.0:
        divergence += (1 - rate) * math.log((1 - rate) / (1 - chance))
    return math.exp(-tried * divergence)


@cache
def whole(shape: str) -> re.Pattern[str]:
    """A detector's shape as a pattern for a whole value."""
    return re.compile(shape, re.ASCII)


def bare(plain: str) -> Withheld:
    """A value without any separators, so that however it is written it is counted once."""
    return Withheld(plain.translate(_DOTS).encode(errors="replace"))


def judged(values: Values, written: str, plain: str) -> Match:
    """What a detector says of a value of its shape."""
    return values.judge(written if values.as_written else plain.translate(_DOTS))


def tally(values: Values, sample: Iterable[Value], checked: int) -> Tally:
    """How a column's different values fare under one detector's test."""
    pattern = whole(values.shape)
    shaped = passed = hits = synthetic = 0
    kept, people = Distinct(), Distinct()
    own: set[str] = set()
    parts: list[set[str]] = [set() for _ in values.varies]
    for one in sample:
        if pattern.fullmatch(one.written) is None:
            continue
        shaped += 1
        match = judged(values, one.written, one.plain)
        if match is Match.NO:
            continue
        passed += 1
        hits += one.rows
        synthetic += one.rows if match is Match.SYNTHETIC else 0
        value = bare(one.plain)
        kept.add(value)
        if values.of_one is not None:
            own.add(values.of_one(one.plain))
        if match is Match.REAL:
            people.add(value)
        for part, seen in zip(values.varies, parts, strict=True):
            if len(seen) < _DIFFERENT:
                seen.add(one.plain[slice(*part)])
    varied = passed < 8 or all(len(seen) >= _needed(seen, passed) for seen in parts)
    owned = passed < 8 or values.of_one is None or len(own) * 2 > passed
    return Tally(checked, shaped, passed, hits, synthetic, kept.count, people, varied, owned)


_DIFFERENT: Final = 8
"""A part of several signs of people's numbers takes more values than this; the codes of a catalogue begin in a handful of ways."""


def _needed(seen: set[str], passed: int) -> int:
    """How many different values a part has to show in so many numbers; two where it is one sign."""
    return max(2, min(_DIFFERENT, passed // _DIFFERENT)) if any(len(one) > 1 for one in seen) else 2


@dataclass(frozen=True, slots=True)
class Vote:
    """What a column says for one detector."""

    detector: Detector
    tally: Tally
    named: bool
    by_values: bool
    """The values alone tell it from chance."""


def vote(detector: Detector, values: Values, sample: Sample, *, named: bool, misnamed: bool, hinted: bool = False) -> Vote | None:
    """The vote of a column, or None where its values speak against the detector or say nothing."""
    if sample.vetoed or not sample.values or (sample.crowded and not values.crowded and not named):
        return None
    result = tally(values, sample.values, len(sample.values))
    if not result.shaped or not result.own:
        return None
    alone = (
        result.passed > 0
        and result.over_chance(values.chance, min(values.rate, _HINTED) if hinted else values.rate)
        and result.chance_of(values.chance) <= (_UNLIKELY_HELPED if hinted or values.vocabulary else UNLIKELY)
        and result.varied
        and result.shaped >= values.coverage * result.checked
        and not (misnamed and values.chance > _NARROW)
    )
    chance = values.chance if values.chance < _SAYS_LITTLE and values.named_rate else 0.0
    agrees = named and result.shaped >= 0.1 * result.checked and result.over_chance(chance, values.named_rate)
    return Vote(detector, result, named, alone) if alone or agrees else None


_HINTED: Final = 0.15
"""Share of values that has to pass where the column's name supports them."""
_UNLIKELY_HELPED: Final = 1e-3
"""The same as `UNLIKELY` where the name supports the values, and for words: a column has few different ones, and they need other evidence beside them."""
_NARROW: Final = 1e-3
"""A test of such a chance is not outweighed by a name that speaks of things."""
_SAYS_LITTLE: Final = 0.3
"""A test that random values pass more often than this only asks whether a named column has the right shape."""
