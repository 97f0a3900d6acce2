"""A blob that remembers which ranges were asked for."""

from __future__ import annotations


class Ranged:
    """Some bytes, one after the other."""

    def __init__(self, *parts: bytes) -> None:
        self.data = b"".join(parts)
        self.asked: list[tuple[int, int]] = []

    @property
    def size(self) -> int:
        """Their length."""
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        """A range, which is remembered."""
        self.asked.append((start, length))
        return self.data[start : start + length]
