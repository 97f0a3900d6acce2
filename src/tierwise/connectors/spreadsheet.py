"""Reads a spreadsheet that people made (CSV, ODS or XLSX) whole, as lines of cells with their numbers, or says why it cannot."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from tierwise.content.blob import MIB, Bounds, UnreadableError
from tierwise.content.delimited import delimiter_of
from tierwise.content.heading import titles
from tierwise.content.read import ZIP_ERRORS, refuse_sealed
from tierwise.content.sheet import Line, ods_lines, xlsx_lines
from tierwise.errors import InputError

MOST_ROWS: Final = 50_000
MOST_BYTES: Final = 64 * MIB
_BOUNDS: Final = Bounds(rows=MOST_ROWS, columns=256, cell=4096, expanded=512 * MIB)
_TOP: Final = 100
"""Lines by which titles are told from the names of columns."""
_MARKS: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAVE: Final = "save it as .ods, .xlsx or CSV (UTF-8)"


@dataclass(frozen=True, slots=True)
class Grid:
    """The lines of a sheet that are neither blank nor titles above it, in their order; the first is its header."""

    path: Path
    lines: tuple[Line, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.lines[0].cells

    def place(self, line: Line, column: int) -> str:
        """A cell as spreadsheets call it, after the file's name: `answers.ods: F12`."""
        return f"{self.path}: {letters(column)}{line.number}"


def letters(column: int) -> str:
    """A column's letters: 0 is A, 26 is AA."""
    found = ""
    while column >= 0:
        found = chr(ord("A") + column % 26) + found
        column = column // 26 - 1
    return found


def read_grid(path: Path) -> Grid:
    """Read a file whole; InputError for what is no spreadsheet, is sealed, empty or too large."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: larger than {MOST_BYTES // MIB} MiB; split it, or take out pictures and other sheets")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from None
    lines = _office(path, data) if data.startswith(b"PK") else _delimited(path, data)
    if not lines:
        raise InputError(f"{path}: the sheet is empty; its first row names the columns")
    if len(lines) > MOST_ROWS:
        raise InputError(f"{path}: more than {MOST_ROWS:,} rows; split it")
    return Grid(path, tuple(lines[titles([line.cells for line in lines[:_TOP]]) :]))


def _office(path: Path, data: bytes) -> list[Line]:
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            refuse_sealed(archive, _BOUNDS)
            if "xl/workbook.xml" in names:
                return xlsx_lines(archive, _BOUNDS)
            if "content.xml" in names:
                return ods_lines(archive, _BOUNDS)
    except UnreadableError as error:
        raise InputError(f"{path}: {error.reason.value}; {_SAVE}, without a password") from None
    except ZIP_ERRORS as error:
        raise InputError(f"{path}: the file is broken ({error}); {_SAVE} again") from None
    raise InputError(f"{path}: an archive, but no spreadsheet; {_SAVE}")


def _delimited(path: Path, data: bytes) -> list[Line]:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        at = data[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: line {at}: byte {error.start} is not {encoding.upper().removesuffix('-SIG')}; {_SAVE}") from None
    if "\0" in text:
        raise InputError(f"{path}: line {text[: text.index(chr(0))].count(chr(10)) + 1}: no text; {_SAVE}")
    lines: list[Line] = []
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text) or ",", strict=True)
    try:
        for number, row in enumerate(rows, 1):
            if len(lines) > MOST_ROWS:
                break
            if any(cell.strip() for cell in row):
                lines.append(Line(number, tuple(row)))
    except csv.Error as error:
        raise InputError(f"{path}: line {rows.line_num}: not readable as CSV: {error}; {_SAVE} again") from None
    return lines
