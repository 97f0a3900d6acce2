"""Reads a CSV register as the document that a YAML register would be, so that one set of rules judges both."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tierwise.catalogue.reader import did_you_mean
from tierwise.catalogue.yamlfile import MAX_BYTES, Entry, Items, Leaf, Node, Table
from tierwise.errors import CatalogueError

SELECTORS: Final = ("id", "name", "tag", "project", "account", "unit")
FIELDS: Final = (
    "dataset",
    "tier",
    "categories",
    "subjects",
    "groups",
    "controllers",
    "linked",
    "marking",
    "personal_data",
    "owner",
    "team",
    "asset_owner",
    "custodian",
    "retention",
    "retention_schedule",
    "environment",
    "references",
    "regions",
    "known_principals",
)
COLUMNS: Final = (*SELECTORS, *FIELDS)
"""The columns of a CSV register: a selector's parts, then an entry's fields; lists are parted by `;`."""
PRINCIPAL: Final = ("account", "agreement", "expires")


def csv_text(path: Path, label: str) -> str:
    """The text of a CSV file; CatalogueError where it cannot be read whole."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{label}:1:1: byte {error.start} is not UTF-8; save the spreadsheet as CSV UTF-8"]) from error
    except OSError as error:
        raise CatalogueError([f"{label}:1:1: cannot be read: {error.strerror or 'input error'}"]) from error
    if len(data) > MAX_BYTES:
        raise CatalogueError([f"{label}:1:1: the file is larger than {MAX_BYTES} bytes; split it"])
    return text


def csv_nodes(text: str, label: str) -> Node:
    """A CSV register as the document that a YAML register would be, so that both are read by the same rules."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[str] = []
    items: list[Node] = []
    try:
        header = [name.strip().lower().replace(" ", "_").replace("-", "_") for name in next(rows, [])]
        problems += _header_problems(header, label)
        line = rows.line_num + 1
        for row in rows:
            if len(row) > len(header):
                problems.append(f"{label}:{line}:1: {len(row)} cells, but the header has {len(header)}; quote a cell that holds a comma")
            if any(cell.strip() for cell in row):
                items.append(_row(header, row, line))
            line = rows.line_num + 1
    except csv.Error as error:
        problems.append(f"{label}:{rows.line_num}:1: not readable as CSV: {error}")
    if problems:
        raise CatalogueError(problems)
    return Table({"entries": Entry("entries", Items(tuple(items), 1, 1), 1, 1)}, 1, 1)


def _header_problems(header: list[str], label: str) -> list[str]:
    if not header:
        return [f"{label}:1:1: the file is empty; its first line names the columns"]
    unknown = [name for name in header if name not in COLUMNS]
    problems = [f"{label}:1:1: unknown column {name!r}{did_you_mean(name, COLUMNS)}; columns are {', '.join(COLUMNS)}" for name in unknown]
    return problems + [f"{label}:1:1: column {name!r} stands twice" for name in sorted({name for name in header if header.count(name) > 1})]


def _row(header: list[str], row: list[str], line: int) -> Node:
    cells = {
        name: Leaf(cell.strip(), cell.strip(), quoted=True, line=line, column=place)
        for place, (name, cell) in enumerate(zip(header, row, strict=False), 1)
        if cell.strip()
    }
    chosen = {name: _as_entry(name, leaf) for name, leaf in cells.items() if name in SELECTORS}
    entries = {name: _as_entry(name, _cell(name, leaf)) for name, leaf in cells.items() if name in FIELDS}
    if chosen:
        entries["select"] = Entry("select", Table(chosen, line, 1), line, 1)
    return Table(entries, line, 1)


def _as_entry(name: str, node: Node) -> Entry:
    return Entry(name, node, node.line, node.column)


def _cell(name: str, leaf: Leaf) -> Node:
    typed: Mapping[str, Callable[[Leaf], Node]] = {
        "subjects": _number,
        "controllers": _number,
        "linked": _bool,
        "categories": _list,
        "groups": _list,
        "regions": _list,
        "references": _pairs,
        "known_principals": _sharing,
    }
    return typed[name](leaf) if name in typed else leaf


def _with(leaf: Leaf, text: str, value: str | int | bool) -> Leaf:
    return Leaf(value, text, quoted=False, line=leaf.line, column=leaf.column)


def _number(leaf: Leaf) -> Node:
    digits = leaf.raw.replace(",", "").replace(" ", "")
    return _with(leaf, leaf.raw, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else leaf


def _bool(leaf: Leaf) -> Node:
    word = leaf.raw.lower()
    return _with(leaf, leaf.raw, word in {"true", "yes"}) if word in {"true", "yes", "false", "no"} else leaf


def _list(leaf: Leaf) -> Node:
    return Items(tuple(_with(leaf, part.strip(), part.strip()) for part in leaf.raw.split(";") if part.strip()), leaf.line, leaf.column)


def _pairs(leaf: Leaf) -> Node:
    pairs = (part.partition("=") for part in leaf.raw.split(";") if part.strip())
    return Table(
        {key.strip(): _as_entry(key.strip(), _with(leaf, value.strip(), value.strip())) for key, _, value in pairs}, leaf.line, leaf.column
    )


def _sharing(leaf: Leaf) -> Node:
    items: list[Node] = []
    for part in leaf.raw.split(";"):
        words = part.split()
        if words:
            middle = " ".join(words[1:-1])
            given = dict(zip(PRINCIPAL, (words[0], middle, words[-1] if len(words) > 1 else ""), strict=True))
            items.append(
                Table({key: _as_entry(key, _with(leaf, text, text)) for key, text in given.items() if text}, leaf.line, leaf.column)
            )
    return Items(tuple(items), leaf.line, leaf.column)
