"""What a detector is, and the walk that finds every `DETECTOR` under `detectors/`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from tierwise.classify import detectors
from tierwise.classify.names import singular, split_words
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory


class Match(Enum):
    """What a detector says of a text."""

    NO = "no"
    SYNTHETIC = "synthetic"
    """A documented test value, or a value from a range that is never issued."""
    REAL = "real"


def strongest(matches: Iterable[Match]) -> Match:
    """Real if one is, else synthetic if one is."""
    seen = Match.NO
    for match in matches:
        if match is Match.REAL:
            return match
        seen = match if match is Match.SYNTHETIC else seen
    return seen


class ColumnType(Enum):
    """What sort of values a declared column type holds."""

    FLAG = "flag"
    NUMBER = "number"
    MOMENT = "moment"
    TEXT = "text"
    UNSTATED = "unstated"


TEXT: Final = frozenset({ColumnType.TEXT, ColumnType.UNSTATED})
TEXT_OR_NUMBER: Final = TEXT | {ColumnType.NUMBER}
MOMENT_OR_TEXT: Final = TEXT | {ColumnType.MOMENT}


@dataclass(frozen=True, slots=True)
class Values:
    """How a detector judges the values of a column, and candidates in running text."""

    shape: str
    """What a value looks like as written: a regular expression for the whole of it, without look-around, back-references or anchors."""
    judge: Callable[[str], Match]
    """Tests a value of the shape, upper case and without separators; as written where `as_written`."""
    strength: Strength
    chance: float
    """Share of random values of the shape that pass: what a column of something else would show."""
    random: tuple[str, ...] = ()
    """Templates of such random values: `9` a digit, `A` a capital letter, `X` either, the rest itself."""
    rate: float = 0.85
    """Share of a column's values of the shape that must pass where the name says nothing."""
    named_rate: float = 0.2
    """The same where the name agrees."""
    coverage: float = 0.5
    """Share of a column's filled values that must have the shape, or be explained by another detector that stands alone."""
    varies: tuple[tuple[int, int], ...] = ()
    """Parts (from, to) that differ from person to person; a column in which one never changes holds something else."""
    crowded: bool = False
    """Numbers of it may lie next to each other, as when one office issues them in turn."""
    as_written: bool = False
    people: bool = False
    """Counts only beside other signs of people in the same table: things have it as well as people."""
    of_things: bool = False
    """Organisations have it as well, so that it is no sign of people to other columns."""
    of_one: Callable[[str], str] | None = None
    """The part of a value that is somebody's own; where most values share theirs, they are posts and not people."""
    vocabulary: bool = False
    """Words for what people have in common: a list that has each but once explains them, and a table of statistics counts them."""
    context: frozenset[str] = frozenset()
    """Words before a candidate in running text that are evidence of their own."""
    in_text: bool = False
    """Also looked for in running text."""
    bounded: bool = True
    """In running text it starts and ends at the edge of a word."""
    positives: tuple[str, ...] = ()
    synthetic: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detector:
    """Recognises one identifier or attribute of people, in texts, in column names, or in both."""

    id: str
    title: str
    category: DataCategory
    columns: tuple[str, ...] = ()
    """Column names as words (`nhs number`), found as whole runs of words."""
    hints: tuple[str, ...] = ()
    """Whole column names that other things have as well: they support what the values say, and prove nothing alone."""
    column_confidence: float = 0.8
    weak: bool = False
    """A column name alone is weak evidence."""
    types: frozenset[ColumnType] = TEXT
    """Column types that can hold it; any other type is a veto."""
    find: Callable[[str], Match] | None = None
    """For names and tags; a detector that has it is strong enough to stand alone."""
    needs: str = ""
    """A pattern of what every text has in which it finds something: most texts have nothing of the kind, and are asked no more."""
    values: Values | None = None
    """For content."""
    loose: Values | None = None
    """Another way of writing them that many other things have: it counts only where the column's name or a label says what they are."""
    written: Values | None = None
    """For running text, where it is looked for in another way than in columns."""
    narrow: Values | None = None
    """A way of writing them that few other things have: it counts for more."""
    positives: tuple[str, ...] = ()
    synthetic: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()
    column_positives: tuple[str, ...] = ()
    """Columns as `name` or `name:type`."""
    column_negatives: tuple[str, ...] = ()


_VETO_WORDS: Final = frozenset(
    [
        "verified",
        "enabled",
        "disabled",
        "sent",
        "count",
        "flag",
        "is",
        "has",
        "template",
        "valid",
        "status",
        "opt",
        "consent",
        "policy",
        "version",
        "format",
        "length",
        "required",
        "allowed",
        "notification",
        "notified",
        "requested",
        "url",
        "link",
        "label",
        "type",
        "kind",
        "lookup",
        "schema",
        "config",
        "setting",
        "server",
        "host",
        "bounce",
        "retry",
        "queue",
        "bucket",
        "topic",
        "field",
        "column",
        "table",
        "mask",
        "regex",
        "pattern",
        "ext",
        "extension",
    ]
)
"""Words that make a column one about the thing and not the thing itself: `email_template`, `postcode_lookup_url`."""
_FLAGS: Final = frozenset({"bool", "boolean", "bit"})
_MOMENTS: Final = frozenset({"date", "datetime", "timestamp", "timestamptz", "smalldatetime", "time"})
_NUMBERS: Final = frozenset(
    [
        "int",
        "integer",
        "bigint",
        "smallint",
        "tinyint",
        "number",
        "numeric",
        "decimal",
        "float",
        "double",
        "real",
        "long",
        "int64",
        "int32",
        "n",
        "float64",
        "bignumeric",
        "money",
    ]
)


def column_type(declared: str) -> ColumnType:
    """The sort of values of a declared type, whatever its dialect: `varchar(20)` is text, `TINYINT(1)` a number."""
    word = re.split(r"[^a-z0-9]+", declared.strip().lower(), maxsplit=1)[0]
    if not word:
        return ColumnType.UNSTATED
    if word in _FLAGS:
        return ColumnType.FLAG
    if word in _MOMENTS:
        return ColumnType.MOMENT
    return ColumnType.NUMBER if word in _NUMBERS else ColumnType.TEXT


def names_column(detector: Detector, name: str, declared: str) -> bool:
    """Whether a column of this name and declared type holds what the detector looks for."""
    if column_type(declared) not in detector.types:
        return False
    words = _written_out(name)
    return any(_named_by(entry, words) for entry in _entries(detector.columns))


def hints_column(detector: Detector, name: str) -> bool:
    """Whether a name supports what the values say: one of the detector's hints, or a name that only a veto keeps from counting where words tell."""
    words = _written_out(name)
    worded = detector.values is not None and detector.values.vocabulary
    return words in _entries(detector.hints) or (worded and any(_runs(entry, words) for entry in _entries(detector.columns)))


@cache
def _entries(columns: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(map(_written_out, columns))


@lru_cache(maxsize=4096)
def _written_out(name: str) -> tuple[str, ...]:
    """The words of a column's name, without plural endings and usual abbreviations."""
    return tuple(_SHORT.get(word, word) for word in map(singular, split_words(name)))


_SHORT: Final = {
    "nm": "name", "no": "number", "num": "number", "nbr": "number", "nr": "number", "addr": "address", "adr": "address", "tel": "telephone", "telno": "telephone",
    "mob": "mobile", "cust": "customer", "appl": "applicant", "emp": "employee", "pat": "patient", "desc": "description", "diag": "diagnosis", "cd": "code",
    "dt": "date", "pcode": "postcode", "fname": "forename", "lname": "surname", "sname": "surname", "acct": "account", "acc": "account", "ref": "reference",
    "cert": "certificate", "lic": "licence", "license": "licence", "reg": "registration", "doc": "document",
}  # fmt: skip
"""Abbreviations as the columns of databases and spreadsheets have them."""


def _named_by(entry: tuple[str, ...], words: tuple[str, ...]) -> bool:
    if len(entry) == 1 and entry[0] in _ALONE:
        return words == entry
    return any(_VETO_WORDS.isdisjoint((*words[:start], *words[start + len(entry) :])) for start in _runs(entry, words))


def _runs(entry: tuple[str, ...], words: tuple[str, ...]) -> list[int]:
    """Where an entry stands in a name."""
    return [start for start in range(len(words) - len(entry) + 1) if words[start : start + len(entry)] == entry]


_ALONE: Final = frozenset(
    {"name", "sex", "gender", "address", "street", "age", "title", "race", "faith", "pan", "location", "alias", "caution", "sentence"}
)
"""Words that mean something only as the whole column name: `address`, but not `ip_address`."""


@cache
def all_detectors() -> tuple[Detector, ...]:
    """Every detector of the package, by id."""
    found: list[Detector] = []
    for module in iter_modules(detectors.__path__):
        detector = import_module(f"{detectors.__name__}.{module.name}").DETECTOR
        if isinstance(detector, Detector):
            found.append(detector)
    return tuple(sorted(found, key=lambda detector: detector.id))
