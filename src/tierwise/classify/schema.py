"""Evidence from schemas: what the columns of a store say of its data, table by table; never a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from tierwise.classify.detector import Detector, all_detectors, names_column
from tierwise.classify.sign import PAIRED, WEAK, Origin, Sign
from tierwise.model.register import DataCategory
from tierwise.model.resource import Column
from tierwise.model.sensitivity import Category

_BASICS: Final = frozenset({"full_name", "email", "phone", "postal_address", "uk_postcode", "date_of_birth", "sex"})
_PLACES: Final = frozenset({"postal_address", "uk_postcode"})
_QUASI: Final = frozenset({"uk_postcode", "date_of_birth", "sex"})


@lru_cache(maxsize=32768)
def column_detectors(name: str, declared: str) -> tuple[Detector, ...]:
    """The detectors that a column's name and declared type satisfy."""
    return tuple(detector for detector in all_detectors() if detector.columns and names_column(detector, name, declared))


def column_signs(columns: Iterable[Column], basics: int) -> list[Sign]:
    """What the columns say; `basics` is how many basic details (with date of birth and address) make an identity kit."""
    signs: list[Sign] = []
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    for column in sorted(columns, key=lambda one: (one.table, one.name, one.type)):
        for detector in column_detectors(column.name, column.type):
            signs.append(_column_sign(column, detector))
            tables[column.table].setdefault(detector.id, column.name)
    for table, found in sorted(tables.items()):
        kit = identity_kit(table, found, basics)
        if kit is not None:
            signs.append(kit)
    return signs


def _column_sign(column: Column, detector: Detector) -> Sign:
    place = f"{column.table}.{column.name}" if column.table else column.name
    tail = ", which counts only with evidence of another kind" if detector.weak else ""
    because = f"the column {place!r} is named as {detector.title} ({detector.category.label}){tail}"
    confidence = WEAK if detector.weak else detector.column_confidence
    return Sign(
        Origin.FOUND,
        "column-name-weak" if detector.weak else "column-name",
        f"column {place}",
        because,
        detector.category,
        medium="schema",
        word=detector.id,
        confidence=confidence,
        weak=detector.weak,
    )


def identity_kit(table: str, found: Mapping[str, str], basics: int, *, medium: str = "schema") -> Sign | None:
    """The sign that columns, by detector, identify a person together; None where they do not."""
    present = _BASICS & found.keys()
    enough = len(present) >= basics and "date_of_birth" in present and bool(_PLACES & present)
    if not enough and not present >= _QUASI:
        return None
    where = f"the table {table!r}" if table else "the schema"
    listed = ", ".join(sorted(found[one] for one in present))
    because = f"{where} holds {listed} together, which identifies a person (an identity kit, C2)"
    return Sign(
        Origin.FOUND,
        "identity-kit",
        f"{'table' if medium == 'schema' else medium} {table}".rstrip(),
        because,
        DataCategory(Category.C2),
        medium=medium,
        word="kit",
        confidence=PAIRED,
    )
