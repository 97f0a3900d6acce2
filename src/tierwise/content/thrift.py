"""Thrift's compact protocol, as far as Parquet's footer and page headers use it; every length is held against the bytes that are there.

Source: Apache Thrift, "Thrift compact protocol encoding"; Apache Parquet, parquet.thrift.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from tierwise.content.blob import Reason, UnreadableError

Struct: TypeAlias = dict[int, Any]
"""Fields by id: int, bool, bytes, list or Struct; doubles are None."""

_DEPTH: Final = 16
_TRUE, _FALSE = 1, 2
"""In a field head the type is the value; in a list an item is a byte."""


class Compact:
    """A reader over some bytes; `at` is where it stands."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at

    def struct(self, depth: int = 0) -> Struct:
        """The fields of a structure up to its end; UnreadableError where the bytes are none."""
        if depth > _DEPTH:
            raise UnreadableError(Reason.TOO_DEEP)
        found: Struct = {}
        last = 0
        while (head := self._byte()) & 0x0F:
            last = last + (head >> 4) if head >> 4 else self._zigzag()
            kind = head & 0x0F
            found[last] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        match kind:
            case 1 | 2:
                return self._byte() == _TRUE
            case 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._zigzag()
            case 7:
                self._take(8)
                return None
            case 8:
                return self._take(self._varint())
            case 9 | 10:
                return self._list(depth)
            case 12:
                return self.struct(depth + 1)
            case _:
                raise UnreadableError(Reason.CORRUPT)

    def _list(self, depth: int) -> list[Any]:
        if depth > _DEPTH:
            raise UnreadableError(Reason.TOO_DEEP)
        head = self._byte()
        length = self._varint() if head >> 4 == 0x0F else head >> 4
        if length > len(self._data) - self.at:
            # An item takes a byte at the least.
            raise UnreadableError(Reason.CORRUPT)
        return [self._value(head & 0x0F, depth + 1) for _ in range(length)]

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, length: int) -> bytes:
        if length > len(self._data) - self.at:
            raise UnreadableError(Reason.CORRUPT)
        self.at += length
        return self._data[self.at - length : self.at]

    def _varint(self) -> int:
        found = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return found
        raise UnreadableError(Reason.CORRUPT)

    def _zigzag(self) -> int:
        found = self._varint()
        return (found >> 1) ^ -(found & 1)
