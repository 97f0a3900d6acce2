"""Avro container files: names from the schema in the header, values from the first blocks; no recursion beyond a bound, whatever the data says.

Source: Apache Avro 1.12 specification, "Object Container Files" and "Binary Encoding".
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tierwise.content.blob import Bounds, Reason, UnreadableError
from tierwise.content.table import Reading, Table
from tierwise.content.unpack import inflate, snappy, zstd

_MAGIC: Final = b"Obj\x01"
_SYNC: Final = 16
_STEPS: Final = 200_000
"""Values of one file that are decoded at most: an array of nulls takes no bytes, and would never end."""


def read_avro(data: bytes, bounds: Bounds) -> Reading:
    """The columns of a file's head, which may be cut off anywhere after the schema."""
    source = _Source(data, len(_MAGIC))
    header: dict[str, bytes] = {}
    while (count := source.long()) != 0:
        if count < 0:
            source.long()
        for _ in range(min(abs(count), 64)):
            name = source.taken(source.long()).decode("utf-8", "replace")
            header[name] = source.taken(source.long())
    source.taken(_SYNC)
    codec = header.get("avro.codec", b"null").decode("ascii", "replace")
    schema = _Schema(_parsed(header.get("avro.schema", b"")), bounds)
    table = Table(bounds)
    schema.list_columns(table)
    note = ""
    try:
        while not table.full and source.left > _SYNC:
            count, size = source.long(), source.long()
            block = _unpacked(source.upto(size), codec, bounds)
            schema.records(block, count, table)
            source.upto(_SYNC)
    except UnreadableError as error:
        if error.reason not in (Reason.CORRUPT, Reason.BINARY):
            raise
        note = "" if table.rows else "values were not read"
    return table.reading("avro", note)


def _parsed(text: bytes) -> Any:
    depth = most = 0
    for byte in text:
        depth += (byte in b"{[") - (byte in b"}]")
        most = max(most, depth)
    if most > 128:
        raise UnreadableError(Reason.TOO_DEEP, "avro")
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnreadableError(Reason.CORRUPT, "avro") from error


def _unpacked(data: bytes, codec: str, bounds: Bounds) -> bytes:
    match codec:
        case "null":
            return data
        case "deflate":
            return inflate(data, bounds.expanded, raw=True)
        case "zstandard":
            return zstd(data, bounds.expanded)
        case "snappy":
            # The last four bytes are a checksum of the block (specification, "snappy").
            return snappy(data[:-4], bounds.expanded)
        case _:
            raise UnreadableError(Reason.BINARY, "avro")


class _Source:
    """Bytes that are taken from the front."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self._at = data, at

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def long(self) -> int:
        found = 0
        for shift in range(0, 70, 7):
            byte = self.taken(1)[0]
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (found >> 1) ^ -(found & 1)
        raise UnreadableError(Reason.CORRUPT, "avro")

    def taken(self, length: int) -> bytes:
        if not 0 <= length <= self.left:
            raise UnreadableError(Reason.CORRUPT, "avro")
        return self.upto(length)

    def upto(self, length: int) -> bytes:
        start = self._at
        self._at = min(len(self._data), start + max(0, length))
        return self._data[start : self._at]


_Put = Callable[[str | None, Any], None]


class _Schema:
    """A parsed schema, with the types that it names."""

    def __init__(self, root: Any, bounds: Bounds) -> None:
        self._root, self._bounds, self._steps = root, bounds, _STEPS
        self._named: dict[str, Mapping[str, Any]] = {}
        self._name(root, 0)

    def _name(self, node: Any, depth: int) -> None:
        if depth > self._bounds.depth:
            raise UnreadableError(Reason.TOO_DEEP, "avro")
        if isinstance(node, list):
            for one in node:
                self._name(one, depth + 1)
        elif isinstance(node, Mapping):
            if isinstance(name := node.get("name"), str) and isinstance(node.get("type"), str):
                self._named[name.rsplit(".", 1)[-1]] = node
            for one in _fields(node):
                self._name(one.get("type"), depth + 1)
            for key in ("items", "values", "type"):
                self._name(node.get(key), depth + 1)

    def list_columns(self, table: Table) -> None:
        """The names of the outermost record's fields."""
        if isinstance(self._root, Mapping):
            for one in _fields(self._root):
                table.column(str(one.get("name")))

    def records(self, block: bytes, count: int, table: Table) -> None:
        """Decode records of a block, as far as it goes."""
        source = _Source(block)
        for _ in range(max(0, min(count, self._bounds.rows))):
            if table.full or not source.left:
                return
            self._value(source, self._root, None, table.put, 0)
            table.rows += 1

    def _value(self, source: _Source, kind: Any, name: str | None, put: _Put, depth: int) -> None:
        self._steps -= 1
        if depth > self._bounds.depth or self._steps < 0:
            raise UnreadableError(Reason.TOO_DEEP, "avro")
        if isinstance(kind, list):
            branch = source.long()
            if not 0 <= branch < len(kind):
                raise UnreadableError(Reason.CORRUPT, "avro")
            self._value(source, kind[branch], name, put, depth + 1)
        elif isinstance(kind, Mapping):
            self._complex(source, kind, name, put, depth)
        elif isinstance(kind, str) and kind in _PRIMITIVES:
            put(name, _PRIMITIVES[kind](source))
        elif isinstance(kind, str) and (known := self._named.get(kind.rsplit(".", 1)[-1])) is not None:
            self._value(source, known, name, put, depth + 1)
        else:
            raise UnreadableError(Reason.CORRUPT, "avro")

    def _complex(self, source: _Source, node: Mapping[str, Any], name: str | None, put: _Put, depth: int) -> None:
        match node.get("type"):
            case "record" | "error":
                for one in _fields(node):
                    self._value(source, one.get("type"), str(one.get("name")), put, depth + 1)
            case "enum":
                source.long()
            case "fixed":
                size = node.get("size")
                put(name, source.taken(size if isinstance(size, int) else -1))
            case "array":
                for _ in self._items(source):
                    self._value(source, node.get("items"), name, put, depth + 1)
            case "map":
                for _ in self._items(source):
                    put(None, source.taken(source.long()))
                    self._value(source, node.get("values"), name, put, depth + 1)
            case other:
                self._value(source, other, name, put, depth + 1)

    def _items(self, source: _Source) -> Iterator[int]:
        while (count := source.long()) != 0:
            if count < 0:
                source.long()
            yield from range(abs(count))


def _fields(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    fields = node.get("fields")
    return [one for one in fields if isinstance(one, Mapping)] if isinstance(fields, list) else []


def _bytes(source: _Source) -> bytes:
    return source.taken(source.long())


_PRIMITIVES: Final[Mapping[str, Callable[[_Source], Any]]] = {
    "null": lambda _: None,
    "boolean": lambda source: source.taken(1) and None,
    "int": _Source.long,
    "long": _Source.long,
    "float": lambda source: struct.unpack("<f", source.taken(4))[0],
    "double": lambda source: struct.unpack("<d", source.taken(8))[0],
    "bytes": _bytes,
    "string": _bytes,
}
