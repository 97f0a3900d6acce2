"""Spreadsheets: XLSX and ODS, streamed through expat; no tree, no entities, no row or column that is only claimed.

What stands beside a cell's text (a comment, the reading of a word) is no part of its value; what is hidden in comments is looked at as text.

Source: ECMA-376 part 1, section 18 (SpreadsheetML; 18.4.6 phonetic runs, 18.7 comments); OASIS OpenDocument 1.3 part 3, sections 9 (tables) and
14.1 (annotations).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat
from zipfile import ZipFile

from tierwise.content.blob import KIB, Bounds, Reason, UnreadableError
from tierwise.content.heading import heading
from tierwise.content.table import Reading, Table

_CHUNK: Final = 16 * KIB
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})\d+")
_STRINGS: Final = 20_000
"""Shared strings of a workbook that are kept."""
_LINE_STRINGS: Final = 500_000
"""The same of a workbook that is read whole."""
_SHEETS: Final = 8
_COMMENTS: Final = re.compile(r"xl/(?:comments/)?comments?\d*\.xml")
_ROUNDED: Final = re.compile(r"\dE[+-]?\d|##")
"""How a number is shown that its column has no room for; its value is an attribute beside it."""
_BESIDE: Final = frozenset({"rPh", "annotation"})
"""Elements inside a cell whose text is not the cell's."""
_DIGITS: Final = 9
"""Of a number of repetitions: more of them say no more than too many."""


class _EnoughError(Exception):
    """Raised inside a handler to end the parse."""


def read_xlsx(archive: ZipFile, bounds: Bounds) -> Iterator[Reading]:
    """The columns of the first sheets; the first row names them where it reads as a header."""
    strings: list[str] = []
    names = archive.namelist()
    if "xl/sharedStrings.xml" in names:
        _parse(archive, "xl/sharedStrings.xml", _SharedStrings(strings, bounds), bounds)
    comments = _Comments(bounds)
    for name in sorted(one for one in names if _COMMENTS.fullmatch(one))[:_SHEETS]:
        _parse(archive, name, comments, bounds)
    for place, name in enumerate(sorted(one for one in names if re.fullmatch(r"xl/worksheets/[^/]+\.xml", one))[:_SHEETS]):
        sheet = _Sheet(strings, bounds)
        _parse(archive, name, sheet, bounds)
        yield _reading("xlsx", sheet.rows, bounds, () if place else comments.beside)


def read_ods(archive: ZipFile, bounds: Bounds) -> Iterator[Reading]:
    """The columns of the tables, one after the other."""
    tables = _Tables(bounds)
    _parse(archive, "content.xml", tables, bounds)
    for place, rows in enumerate(tables.tables[:_SHEETS]):
        yield _reading("ods", rows, bounds, () if place else tables.beside)


def _reading(kind: str, rows: list[list[str]], bounds: Bounds, beside: Sequence[str]) -> Reading:
    names, start = heading(rows)
    table = Table(bounds)
    for name in names:
        table.column(name)
    for row in rows[start:]:
        table.row(names, row)
    for text in beside:
        table.put(None, text)
    return table.reading(kind)


class _Text:
    """The text of one element, as far as the bounds of a value go."""

    def __init__(self, most: int) -> None:
        self._most, self._length = most, 0
        self._pieces: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, data: str) -> None:
        """Keep what there is room for."""
        if self._length < self._most:
            self._pieces.append(data)
            self._length += len(data)

    def taken(self) -> str:
        """All of it; what comes next is another's."""
        found = "".join(self._pieces)[: self._most]
        self._pieces, self._length = [], 0
        return found


class _Cells:
    """What the parsers of cells share: the text of the element that is being read, and what stands beside it."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._own, self._aside = _Text(bounds.cell), _Text(bounds.cell)
        self._depth = 0
        self.beside: list[str] = []
        """Texts of comments and readings."""

    def text(self, data: str) -> None:
        """Keep text where it belongs."""
        (self._aside if self._depth else self._own).add(data)

    def enter(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins; inside what stands beside a cell nothing else does."""
        if name in _BESIDE:
            self._depth += 1
        elif not self._depth:
            self.start(name, attributes)

    def leave(self, name: str) -> None:
        """An element ends."""
        if name in _BESIDE:
            self._depth -= 1
            found = self._aside.taken()
            if len(self.beside) < self._bounds.rows:
                self.beside.append(found)
        elif self._depth:
            self._aside.add(" ")
        else:
            self.end(name)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element of the sheet itself begins; each parser says what that means."""

    def end(self, name: str) -> None:
        """An element of the sheet itself ends."""

    def _taken(self) -> str:
        return self._own.taken()


class _Comments(_Cells):
    """The comments on a worksheet's cells, which SpreadsheetML keeps in parts of their own."""

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        """A comment's text begins."""
        if name == "text":
            self._taken()

    def end(self, name: str) -> None:
        """A comment's text ends."""
        if name == "text" and len(self.beside) < self._bounds.rows:
            self.beside.append(self._taken())


class _SharedStrings(_Cells):
    """The texts that cells refer to by number."""

    def __init__(self, strings: list[str], bounds: Bounds, most: int = _STRINGS) -> None:
        super().__init__(bounds)
        self._strings, self._most = strings, most

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        """A string begins."""
        if name == "si":
            self._taken()

    def end(self, name: str) -> None:
        """A string ends."""
        if name == "si":
            self._strings.append(self._taken())
            if len(self._strings) >= self._most:
                raise _EnoughError


class _Sheet(_Cells):
    """The rows of a worksheet; a cell beyond the bounds' columns is dropped, and rows that are only skipped do not count."""

    def __init__(self, strings: list[str], bounds: Bounds) -> None:
        super().__init__(bounds)
        self.rows: list[list[str]] = []
        self._strings, self._place, self._type = strings, 0, ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """A row, a cell or a value begins."""
        if name == "row":
            self.rows.append([])
            self._place = 0
        elif name == "c":
            self._type = attributes.get("t", "")
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            if found is not None:
                self._place = _column_number(found[1])
        if name in ("c", "v", "is"):
            self._taken()

    def end(self, name: str) -> None:
        """A value is put in its place."""
        if name in ("v", "is") and self.rows:
            value = self._taken()
            if self._type == "s":
                value = self._strings[int(value)] if value.isdecimal() and len(value) < 9 and int(value) < len(self._strings) else ""
            row = self.rows[-1]
            if self._place < self._bounds.columns:
                row.extend([""] * (self._place + 1 - len(row)))
                row[self._place] = value
        elif name == "c":
            self._place += 1
        elif name == "row" and len(self.rows) > self._bounds.rows:
            raise _EnoughError


class _Tables(_Cells):
    """The tables of an OpenDocument sheet; what is repeated without a value is skipped, however often."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(bounds)
        self.tables: list[list[list[str]]] = []
        self._repeated, self._exact = 1, ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """A table, a row or a cell begins."""
        match name:
            case "table":
                if len(self.tables) == _SHEETS:
                    raise _EnoughError
                self.tables.append([])
            case "table-row" if self.tables:
                self.tables[-1].append([])
            case "table-cell" | "covered-table-cell":
                said = attributes.get("table:number-columns-repeated", "1")
                self._repeated = int(said) if said.isdecimal() and len(said) < 9 else 1
                self._exact = attributes.get("office:value", "")
                self._taken()
            case "s":
                said = attributes.get("text:c", "1")
                self.text(" " * min(int(said) if said.isdecimal() and len(said) < 9 else 1, self._bounds.cell))
            case "tab" | "line-break":
                self.text(" ")
            case "p" if self._own:
                self.text(" ")
            case _:
                pass

    def end(self, name: str) -> None:
        """A cell is put in its place, as often as it is repeated within the bounds."""
        match name:
            case "table-cell" | "covered-table-cell" if self.tables and self.tables[-1]:
                row, shown = self.tables[-1][-1], self._taken()
                value = self._exact if self._exact and _ROUNDED.search(shown) else shown
                row.extend([value] * min(self._repeated, self._bounds.columns - len(row)))
            case "table-row" if self.tables and self.tables[-1]:
                row = self.tables[-1][-1]
                while row and not row[-1]:
                    row.pop()
                if not row:
                    self.tables[-1].pop()
                if len(self.tables[-1]) > self._bounds.rows + 1:
                    # The tables after a long one are looked at as well.
                    self.tables[-1].pop()
            case _:
                pass


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet that is not blank, with the number that a spreadsheet shows beside it."""

    number: int
    cells: tuple[str, ...]


def ods_lines(archive: ZipFile, bounds: Bounds) -> list[Line]:
    """The rows of the first table; more than the bounds' rows where there are more."""
    rows = _TableLines(bounds)
    _parse(archive, "content.xml", rows, bounds)
    return rows.lines()


def xlsx_lines(archive: ZipFile, bounds: Bounds) -> list[Line]:
    """The rows of the first worksheet that has any; UnreadableError where the workbook has more texts than are kept."""
    strings: list[str] = []
    names = archive.namelist()
    if "xl/sharedStrings.xml" in names:
        _parse(archive, "xl/sharedStrings.xml", _SharedStrings(strings, bounds, _LINE_STRINGS), bounds)
        if len(strings) >= _LINE_STRINGS:
            raise UnreadableError(Reason.TOO_LARGE, "xlsx")
    for name in sorted((one for one in names if re.fullmatch(r"xl/worksheets/[^/]+\.xml", one)), key=lambda one: (len(one), one)):
        sheet = _SheetLines(strings, bounds)
        _parse(archive, name, sheet, bounds)
        if found := sheet.lines():
            return found
    return []


class _SheetLines(_Sheet):
    """A worksheet whose rows keep their numbers (ECMA-376 part 1, section 18.3.1.73)."""

    def __init__(self, strings: list[str], bounds: Bounds) -> None:
        super().__init__(strings, bounds)
        self._numbers: list[int] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """A row's number is written, or is one more than the last."""
        super().start(name, attributes)
        if name == "row":
            said = attributes.get("r", "")
            last = self._numbers[-1] if self._numbers else 0
            self._numbers.append(int(said) if said.isdecimal() and len(said) < 9 else last + 1)

    def lines(self) -> list[Line]:
        """The rows that hold something."""
        return [
            Line(number, tuple(row)) for number, row in zip(self._numbers, self.rows, strict=False) if any(cell.strip() for cell in row)
        ]


class _TableLines(_Tables):
    """The first table, whose rows keep their numbers."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(bounds)
        self._lines: list[Line] = []
        self._next, self._times = 1, 1

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Rows are counted as often as they are repeated."""
        if name == "table" and self.tables:
            raise _EnoughError
        if name == "table-row":
            said = attributes.get("table:number-rows-repeated", "1")
            self._times = int(said[:_DIGITS]) if said.isdecimal() else 1
        super().start(name, attributes)

    def end(self, name: str) -> None:
        """A row is kept where it holds something, under its number, as often as it is repeated."""
        if name != "table-row" or not self.tables:
            super().end(name)
            return
        cells = tuple(self.tables[-1].pop()) if self.tables[-1] else ()
        if any(cell.strip() for cell in cells):
            room = self._bounds.rows + 1 - len(self._lines)
            self._lines += [Line(self._next + more, cells) for more in range(min(self._times, room))]
        self._next += self._times
        if len(self._lines) > self._bounds.rows:
            raise _EnoughError

    def lines(self) -> list[Line]:
        """The rows that hold something."""
        return self._lines


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _parse(archive: ZipFile, name: str, handler: _Cells, bounds: Bounds) -> None:
    """Feed a member to a handler until it has enough or the bounds are reached."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.CharacterDataHandler = handler.text
    depth = _Depth(bounds.depth)
    parser.StartElementHandler = depth.entering(handler.enter)
    parser.EndElementHandler = depth.leaving(handler.leave)
    left = bounds.expanded
    try:
        with archive.open(name) as member:
            while left > 0 and (data := member.read(min(_CHUNK, left))):
                left -= len(data)
                parser.Parse(data)
    except _EnoughError:
        return
    except expat.ExpatError as error:
        raise UnreadableError(Reason.CORRUPT) from error


def _refuse(*_declaration: object) -> None:
    raise UnreadableError(Reason.ENTITIES)


class _Depth:
    """Counts the open elements, whose names expat keeps, and gives handlers the names without their prefix."""

    def __init__(self, most: int) -> None:
        self._most, self._open = most, 0

    def entering(self, then: Callable[[str, Mapping[str, str]], None]) -> Callable[[str, Mapping[str, str]], None]:
        """The handler of starts, which refuses what lies too deep."""

        def start(name: str, attributes: Mapping[str, str]) -> None:
            self._open += 1
            if self._open > self._most:
                raise UnreadableError(Reason.TOO_DEEP)
            then(name.rpartition(":")[2], attributes)

        return start

    def leaving(self, then: Callable[[str], None]) -> Callable[[str], None]:
        """The handler of ends."""

        def end(name: str) -> None:
            self._open -= 1
            then(name.rpartition(":")[2])

        return end
