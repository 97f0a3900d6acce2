"""What is read: an object by ranges, the bounds of a look at it, and why one could not be read."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

KIB: Final = 1024
MIB: Final = 1024 * KIB


class Reason(StrEnum):
    """Why an object was not read; what a report counts."""

    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt, truncated or wrongly labelled"
    EXPANDS = "expands beyond the bounds"
    TOO_DEEP = "nested too deeply"
    TOO_LARGE = "a part that must be read whole is larger than the bounds"
    ENTITIES = "XML with a document type, which may define entities"
    BINARY = "no format that is read"
    NEEDS_EXTRA = "needs the readers of tierwise[content]"
    CHANGED = "changed while it was read"
    DENIED = "denied"
    ARCHIVED = "archived"
    GONE = "gone"
    FAILED = "the read failed"
    SPENT = "the budget was spent"


class UnreadableError(Exception):
    """An object, or a part of one, that cannot be read; counted by its reason, and the look goes on."""

    def __init__(self, reason: Reason, kind: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.kind = kind


class Blob(Protocol):
    """An object that is read by ranges."""

    @property
    def size(self) -> int:
        """Its length in bytes."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """A range; shorter only where the object ends. UnreadableError where it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is looked at of one object."""

    head: int = 64 * KIB
    """Bytes from the start, of formats that are read from the start: 0.6 % of 10 MB."""
    most: int = 4 * MIB
    """Bytes in all, of formats whose parts lie apart."""
    expanded: int = 4 * MIB
    """Bytes after decompression."""
    ratio: int = 300
    """Bytes after decompression for each byte before it, over the first kibibyte; DEFLATE cannot exceed 1,032."""
    rows: int = 200
    columns: int = 1000
    cell: int = 512
    """Characters of one value."""
    depth: int = 48
    """Nesting of a document."""
    layers: int = 3
    """A gzip in a zip in a zip."""
    members: int = 16
    """Members of an archive."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """An object that is in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        """A range of it."""
        return self.data[start : start + length]


class Window(io.RawIOBase):
    """A blob as a file that can be sought in: reads by blocks, each once, and never more than the bounds allow."""

    _BLOCK: Final = 32 * KIB

    def __init__(self, blob: Blob, most: int) -> None:
        self._blob, self._left, self._at = blob, most, 0
        self._blocks: dict[int, bytes] = {}

    def seekable(self) -> bool:
        """Always."""
        return True

    def readable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The place of the next read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; a place before the start is the start."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._blob.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Bytes from the place; UnreadableError(TOO_LARGE) where more is asked for than is left of the bounds."""
        end = self._blob.size if size is None or size < 0 else min(self._at + size, self._blob.size)
        if end - self._at > self._left + sum(map(len, self._blocks.values())):
            raise UnreadableError(Reason.TOO_LARGE)
        found = bytearray()
        while self._at < end:
            number, inside = divmod(self._at, self._BLOCK)
            part = self._block(number)[inside : inside + end - self._at]
            if not part:
                raise UnreadableError(Reason.CORRUPT)
            found += part
            self._at += len(part)
        return bytes(found)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if self._left < self._BLOCK:
                raise UnreadableError(Reason.TOO_LARGE)
            self._left -= self._BLOCK
            self._blocks[number] = self._blob.read(number * self._BLOCK, self._BLOCK)
        return self._blocks[number]


def spread(items: Sequence[int], count: int) -> list[int]:
    """At most `count` of some items, evenly from first to last."""
    if len(items) <= count:
        return list(items)
    return [items[place * (len(items) - 1) // max(1, count - 1)] for place in range(count)]
