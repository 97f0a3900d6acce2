"""A strict YAML reader: plain values with their line and column, and none of YAML's surprises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
import yaml

from tierwise.errors import CatalogueError

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 24
MAX_DIGITS: Final = 18

Scalar: TypeAlias = str | int | float | bool | None
Plain: TypeAlias = Scalar | list["Plain"] | dict[str, "Plain"]

_INT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\Z", re.ASCII)
_FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+\Z", re.ASCII)


class Leaf(msgspec.Struct, frozen=True, gc=False):
    """A single value. Only `true` and `false` are booleans; `no`, `010` and `2026-02-01` stay text."""

    value: Scalar
    raw: str
    """The text as written, without quotes: `1.0` where the value is the number 1.0."""
    quoted: bool
    line: int
    column: int


class Items(msgspec.Struct, frozen=True, gc=False):
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A key of a mapping with its own place, and what it holds."""

    key: str
    node: Node
    line: int
    column: int


class Table(msgspec.Struct, frozen=True, gc=False):
    """A mapping with text keys, in file order."""

    entries: Mapping[str, Entry]
    line: int
    column: int


Node: TypeAlias = Leaf | Items | Table


def plain(node: Node) -> Plain:
    """The values alone, without places."""
    match node:
        case Leaf(value=value):
            return value
        case Items(items=items):
            return [plain(item) for item in items]
        case Table(entries=entries):
            return {key: plain(entry.node) for key, entry in entries.items()}


def load(source: Path | str, name: str = "") -> Node:
    """The one document of a file (Path) or text (str). CatalogueError lists all that is wrong, each `name:line:column: problem`."""
    shown = name or (str(source) if isinstance(source, Path) else "<text>")
    text = _read(source, shown) if isinstance(source, Path) else source
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise CatalogueError([f"{shown}:1:1: the file is larger than {MAX_BYTES} bytes; split it"])
    builder = _Builder(shown)
    try:
        node = builder.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise CatalogueError([*builder.problems, f"{shown}:{place}: not readable as YAML: {error.problem or error.context}"]) from error
    except _Stop as stop:
        raise CatalogueError([*builder.problems, str(stop)]) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise CatalogueError([f"{shown}:1:1: not readable as YAML: {_one_line(error)}"]) from error
    if builder.problems:
        raise CatalogueError(builder.problems)
    return node


def _read(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError([f"{shown}:1:1: byte {error.start} is not UTF-8; save the file as UTF-8"]) from error
    except OSError as error:
        raise CatalogueError([f"{shown}:1:1: cannot be read: {error.strerror or 'input error'}"]) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


class _Stop(Exception):  # noqa: N818 - it ends the reading of a file and never leaves this module
    """A file that cannot sensibly be read on; says where and why."""


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Builder:
    """Turns one event stream into nodes, collecting problems; events, because depth is bounded before anything recurses."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[str] = []

    def document(self, events: Iterator[yaml.Event]) -> Node:
        """The one document of the stream."""
        next(events)
        event = next(events)
        if isinstance(event, yaml.StreamEndEvent):
            raise _Stop(f"{self.name}:1:1: the file is empty")
        node = self._node(next(events), events, 0)
        next(events)
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._say(after, "a second document begins here; one file holds one document")
        return node

    def _say(self, event: yaml.Event, message: str) -> None:
        line, column = _place(event)
        self.problems.append(f"{self.name}:{line}:{column}: {message}")

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        line, column = _place(event)
        if depth > MAX_DEPTH:
            raise _Stop(f"{self.name}:{line}:{column}: nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            self._say(event, f"alias *{event.anchor} is not allowed; write the value out")
            return Leaf(None, "", quoted=False, line=line, column=column)
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            raise TypeError(f"no node begins with {event!r}")
        if event.anchor is not None:
            self._say(event, f"anchor &{event.anchor} is not allowed; write the value out")
        if event.tag is not None:
            self._say(event, f"tag {event.tag} is not allowed; write a plain value")
        if isinstance(event, yaml.ScalarEvent):
            quoted = bool(event.style)
            return Leaf(event.value if quoted else self._resolve(event), event.value, quoted, line, column)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(child := next(events), yaml.SequenceEndEvent):
                items.append(self._node(child, events, depth + 1))
            return Items(tuple(items), line, column)
        return Table(self._entries(events, depth), line, column)

    def _entries(self, events: Iterator[yaml.Event], depth: int) -> Mapping[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Leaf):
                self._say(event, "a key must be plain text")
            elif key.raw == "<<" and not key.quoted:
                self._say(event, "merge key << is not allowed; write the keys out")
            elif key.raw in entries:
                first = entries[key.raw]
                self._say(event, f"key {key.raw!r} is already set at line {first.line}; keep one")
            else:
                entries[key.raw] = Entry(key.raw, value, key.line, key.column)
        return entries

    def _resolve(self, event: yaml.ScalarEvent) -> Scalar:
        text: str = event.value
        if text == "true":
            return True
        if text == "false":
            return False
        if text in {"", "~", "null"}:
            return None
        if text[-1].isdigit() and (_INT.match(text) or _FLOAT.match(text)):
            if len(text) > MAX_DIGITS:
                self._say(event, f"a number of more than {MAX_DIGITS} digits; quote it if it is text")
                return None
            return float(text) if "." in text else int(text)
        return text
