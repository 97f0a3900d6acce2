"""Values gathered by column while a sample is read, within the bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tierwise.classify.content import Column
from tierwise.content.blob import Bounds


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one object, or of one member of an archive."""

    format: str
    columns: tuple[Column, ...]
    """In the order of first sight; values of no column under the name None. A column whose values were not read has none."""
    rows: int = 0
    note: str = ""
    """What of it was not looked at, and why."""


@dataclass(slots=True)
class Table:
    """Columns in the making."""

    bounds: Bounds
    values: dict[str | None, list[str]] = field(default_factory=dict)
    rows: int = 0
    dropped: bool = False
    """Whether there are more columns than the bounds allow."""

    def column(self, name: str | None) -> None:
        """Make sure that a column is listed."""
        self._room(name)

    def put(self, name: str | None, value: object) -> None:
        """Keep a value, cut to the bounds; None and empty texts are no values."""
        text = _text(value)
        if text and (room := self._room(name)) is not None and len(room) < self.bounds.rows * (4 if name is None else 1):
            room.append(text[: self.bounds.cell])

    def row(self, names: Iterable[str | None], cells: Iterable[object]) -> None:
        """Keep a row; cells beyond the names are dropped."""
        self.rows += 1
        for name, cell in zip(names, cells, strict=False):
            self.put(name, cell)

    @property
    def full(self) -> bool:
        """Whether enough rows have been read."""
        return self.rows >= self.bounds.rows

    def reading(self, kind: str, note: str = "") -> Reading:
        """What was gathered."""
        note = note or ("more columns than are looked at" if self.dropped else "")
        return Reading(kind, tuple(Column(name, tuple(found)) for name, found in self.values.items()), self.rows, note)

    def _room(self, name: str | None) -> list[str] | None:
        if name is not None:
            name = name[: self.bounds.cell]
        found = self.values.get(name)
        if found is None:
            if len(self.values) >= self.bounds.columns:
                self.dropped = True
                return None
            found = self.values[name] = []
        return found


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return str(value).strip()


def unnamed(place: int) -> str:
    """How a column without a name is called."""
    return f"column {place + 1}"
