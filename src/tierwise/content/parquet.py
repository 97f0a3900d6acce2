"""Parquet: names and types from the footer, values from the first page of each column; a page at a time, by ranges.

Encodings that are read: PLAIN and dictionary, uncompressed, Snappy, gzip and Zstandard, which is what writers make unless told otherwise.
A column of another encoding gives its name alone. Source: Apache Parquet, parquet.thrift and Encodings.md.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tierwise.content.blob import KIB, Blob, Bounds, Reason, UnreadableError
from tierwise.content.table import Reading, Table
from tierwise.content.thrift import Compact, Struct
from tierwise.content.unpack import inflate, snappy, zstd_frame

_TAIL: Final = 16 * KIB
_HEADER: Final = 512
"""Bytes in which a page header is looked for; statistics in it can be longer, and then it is read again."""
_BOOLEAN, _INT32, _INT64, _INT96, _FLOAT, _DOUBLE, _BYTES, _FIXED = range(8)
_WIDTHS: Final = {_INT32: ("<i", 4), _INT64: ("<q", 8), _FLOAT: ("<f", 4), _DOUBLE: ("<d", 8)}
_DATA, _DICTIONARY, _DATA_V2 = 0, 2, 3
_PLAIN, _PLAIN_DICTIONARY, _RLE_DICTIONARY = 0, 2, 8
_DATE, _MICROS, _MILLIS = 6, 10, 9
"""Converted types: days, and timestamps."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A column of the schema."""

    name: str
    type: int
    length: int
    converted: int | None
    definition: int
    """The highest definition level: how many of it and its parents may be missing."""
    repetition: int


def read_parquet(blob: Blob, bounds: Bounds) -> Reading:
    """The columns of the first row group; UnreadableError where the footer cannot be believed."""
    footer = _footer(blob, bounds)
    leaves = _leaves(footer.get(2), bounds)
    table = Table(bounds)
    for leaf in leaves:
        table.column(leaf.name)
    group: object = next(iter(_listed(footer.get(4))), None)
    chunks = _listed(group.get(1) if isinstance(group, dict) else None)
    pages = _Pages(blob, bounds)
    skipped = 0
    for leaf, chunk in zip(leaves, chunks, strict=False):
        try:
            for value in pages.values(leaf, chunk):
                table.put(leaf.name, value)
        except UnreadableError:
            skipped += 1
        except (KeyError, TypeError, AttributeError, ValueError, struct.error, OverflowError, IndexError):
            # A footer that lies: a field that is missing, or of another type than the format says.
            skipped += 1
    table.rows = min(bounds.rows, _whole(footer.get(3)))
    return table.reading("parquet", f"values of {skipped} columns were not read" if skipped else "")


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(value: object) -> str:
    """A name; a number in its place would be taken for so many bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _footer(blob: Blob, bounds: Bounds) -> Struct:
    start = max(0, blob.size - _TAIL)
    tail = blob.read(start, _TAIL)
    if tail[-4:] == b"PARE":
        raise UnreadableError(Reason.ENCRYPTED, "parquet")
    if len(tail) < 12 or tail[-4:] != b"PAR1":
        raise UnreadableError(Reason.CORRUPT, "parquet")
    length = int.from_bytes(tail[-8:-4], "little")
    if length > blob.size - 12:
        raise UnreadableError(Reason.CORRUPT, "parquet")
    if length > bounds.most // 4:
        raise UnreadableError(Reason.TOO_LARGE, "parquet")
    data = tail[-8 - length : -8] if length + 8 <= len(tail) else blob.read(blob.size - 8 - length, length)
    return Compact(data).struct()


def _leaves(schema: Any, bounds: Bounds) -> list[_Leaf]:
    """The columns of a schema, which is a list of its tree's nodes in depth-first order."""
    if not isinstance(schema, list) or not schema or not all(isinstance(one, dict) for one in schema):
        raise UnreadableError(Reason.CORRUPT, "parquet")
    leaves: list[_Leaf] = []
    open_nodes: list[list[Any]] = [[_whole(schema[0].get(5)), "", 0, 0]]
    for node in schema[1:]:
        while open_nodes and open_nodes[-1][0] <= 0:
            open_nodes.pop()
        if not open_nodes or len(leaves) >= bounds.columns:
            break
        if len(open_nodes) > bounds.depth:
            raise UnreadableError(Reason.TOO_DEEP, "parquet")
        open_nodes[-1][0] -= 1
        _, above, definition, repetition = open_nodes[-1]
        kind, name = node.get(3), _name(node.get(4))
        definition += kind in (1, 2)
        repetition += kind == 2
        shown = above if name in ("list", "element", "item", "array", "key_value", "bag", "array_element") and above else name
        if children := _whole(node.get(5)):
            open_nodes.append([children, shown, definition, repetition])
        else:
            leaves.append(_Leaf(shown, _whole(node.get(1)), _whole(node.get(2)), node.get(6), definition, repetition))
    return leaves


@dataclass(slots=True)
class _Pages:
    """Reads the first pages of columns within what is left of the bounds."""

    blob: Blob
    bounds: Bounds
    spent: int = 0

    def values(self, leaf: _Leaf, chunk: Struct) -> list[Any]:
        """The values of the first data page; of flags none, which say nothing of anybody."""
        if leaf.type == _BOOLEAN:
            return []
        meta = chunk[3]
        codec = meta.get(4, 0)
        dictionary: list[Any] | None = None
        at = min(place for place in (meta.get(11), meta[9]) if place)
        for _ in range(4):
            header, data_at = self._header(at)
            size, full, kind = header[3], header[2], header[1]
            if size < 0 or not 0 <= full <= self.bounds.expanded:
                raise UnreadableError(Reason.EXPANDS)
            body = self._read(data_at, size)
            if kind == _DICTIONARY:
                dictionary = _plain(leaf, _unpacked(body, codec, full), min(_whole(header[7][1]), full), self.bounds.cell)
            elif kind == _DATA:
                return self._page(leaf, header[5], _unpacked(body, codec, full), dictionary)
            elif kind == _DATA_V2:
                return self._page_v2(leaf, header[8], body, codec, full, dictionary)
            at = data_at + size
        return []

    def _page(self, leaf: _Leaf, head: Struct, data: bytes, dictionary: list[Any] | None) -> list[Any]:
        count, at = min(head[1], self.bounds.rows), 0
        present = count
        for level in (leaf.repetition, leaf.definition):
            if level:
                length = int.from_bytes(data[at : at + 4], "little")
                levels = _hybrid(data[at + 4 : at + 4 + length], level.bit_length(), count)
                present = sum(1 for one in levels if one == leaf.definition)
                at += 4 + length
        return _decoded(leaf, head[2], data[at:], present, dictionary, self.bounds.cell)

    def _page_v2(self, leaf: _Leaf, head: Struct, body: bytes, codec: int, full: int, dictionary: list[Any] | None) -> list[Any]:
        count, split = min(head[1], self.bounds.rows), head[5] + head[6]
        levels = _hybrid(body[head[6] : split], leaf.definition.bit_length(), count) if leaf.definition else []
        present = sum(1 for one in levels if one == leaf.definition) if leaf.definition else count
        data = _unpacked(body[split:], codec, full - split) if head.get(7, True) else body[split:]
        return _decoded(leaf, head[4], data, present, dictionary, self.bounds.cell)

    def _header(self, at: int) -> tuple[Struct, int]:
        for length in (_HEADER, 32 * _HEADER):
            reader = Compact(self._read(at, length))
            try:
                return reader.struct(), at + reader.at
            except UnreadableError:
                if length > _HEADER:
                    raise
        raise UnreadableError(Reason.CORRUPT)

    def _read(self, at: int, length: int) -> bytes:
        if self.spent + length > self.bounds.most // 4 or at < 0:
            raise UnreadableError(Reason.TOO_LARGE)
        self.spent += length
        return self.blob.read(at, length)


def _unpacked(data: bytes, codec: int, full: int) -> bytes:
    if codec == 0:
        return data
    if codec == 1:
        return snappy(data, full)
    if codec == 2:
        return inflate(data, full)
    if codec == 6:
        return zstd_frame(data, full)
    raise UnreadableError(Reason.BINARY)


def _decoded(leaf: _Leaf, encoding: int, data: bytes, count: int, dictionary: list[Any] | None, cell: int) -> list[Any]:
    if encoding == _PLAIN:
        return _plain(leaf, data, count, cell)
    if encoding in (_PLAIN_DICTIONARY, _RLE_DICTIONARY) and dictionary is not None and data:
        return [dictionary[one] for one in _hybrid(data[1:], min(data[0], 32), count) if one < len(dictionary)]
    raise UnreadableError(Reason.BINARY)


def _plain(leaf: _Leaf, data: bytes, count: int, cell: int) -> list[Any]:
    if leaf.type == _BYTES:
        found: list[Any] = []
        at = 0
        while len(found) < count and at + 4 <= len(data):
            length = int.from_bytes(data[at : at + 4], "little")
            found.append(data[at + 4 : at + 4 + min(length, cell)])
            at += 4 + length
        return found
    if leaf.type == _FIXED and leaf.length > 0:
        return [data[at : at + min(leaf.length, cell)] for at in range(0, min(len(data), count * leaf.length), leaf.length)]
    if leaf.type not in _WIDTHS:
        return []
    shape, width = _WIDTHS[leaf.type]
    numbers = [one for (one,) in struct.iter_unpack(shape, data[: min(count, len(data) // width) * width])]
    return [_moment(one, leaf.converted) for one in numbers]


def _moment(value: Any, converted: int | None) -> Any:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    try:
        if converted == _DATE:
            return (start + timedelta(days=value)).date().isoformat()
        if converted in (_MILLIS, _MICROS):
            return (start + timedelta(milliseconds=value) if converted == _MILLIS else start + timedelta(microseconds=value)).isoformat()
    except OverflowError:
        pass
    return value


def _hybrid(data: bytes, width: int, count: int) -> Sequence[int]:
    """The first numbers of a run-length and bit-packed sequence."""
    found: list[int] = []
    at, size = 0, (width + 7) // 8
    while len(found) < count and at < len(data):
        head, shift = 0, 0
        while at < len(data) and shift < 35:
            byte = data[at]
            at += 1
            head |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        wanted = count - len(found)
        if head & 1:
            groups = head >> 1
            bits = int.from_bytes(data[at : at + min(groups, wanted // 8 + 1) * width], "little")
            found += [bits >> (place * width) & ((1 << width) - 1) for place in range(min(groups * 8, wanted))]
            at += groups * width
        else:
            found += [int.from_bytes(data[at : at + size], "little")] * min(head >> 1, wanted)
            at += size
            if not head >> 1:
                raise UnreadableError(Reason.CORRUPT)
    return found
