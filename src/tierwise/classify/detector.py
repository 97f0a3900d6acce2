"""What a detector is, and the walk that finds every `DETECTOR` under `detectors/`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from tierwise.classify import detectors
from tierwise.classify.names import singular, split_words
from tierwise.model.register import DataCategory


class Match(Enum):
    """What a detector says of a text."""

    NO = "no"
    SYNTHETIC = "synthetic"
    """A documented test value, or a value from a range that is never issued."""
    REAL = "real"


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
class Detector:
    """Recognises one identifier or attribute of people, in texts, in column names, or in both."""

    id: str
    title: str
    category: DataCategory
    columns: tuple[str, ...] = ()
    """Column names as words (`nhs number`), found as whole runs of words."""
    column_confidence: float = 0.8
    weak: bool = False
    """A column name alone is weak evidence."""
    types: frozenset[ColumnType] = TEXT
    """Column types that can hold it; any other type is a veto."""
    find: Callable[[str], Match] | None = None
    """For texts; a detector that has it is strong enough to stand alone."""
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
    words = tuple(singular(word) for word in split_words(name))
    return any(_named_by(entry, words) for entry in _entries(detector.columns))


@cache
def _entries(columns: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(singular(word) for word in split_words(entry)) for entry in columns)


def _named_by(entry: tuple[str, ...], words: tuple[str, ...]) -> bool:
    if len(entry) == 1 and entry[0] in _ALONE:
        return words == entry
    for start in range(len(words) - len(entry) + 1):
        end = start + len(entry)
        if words[start:end] == entry and _VETO_WORDS.isdisjoint((*words[:start], *words[end:])):
            return True
    return False


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
