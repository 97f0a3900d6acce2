"""From bytes to text, and text that has no columns: prose, logs, source."""

from __future__ import annotations

import codecs
from typing import Final

from tierwise.content.blob import Bounds, Reason, UnreadableError
from tierwise.content.table import Reading, Table

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS: Final = frozenset(range(32)) - {9, 10, 12, 13, 27}
_SHARE: Final = 0.02
"""Control characters that a text may hold: a stray one, but not a tenth."""
_LINE: Final = 4096
"""Characters of a line that are looked at together."""


def decode(data: bytes) -> str:
    """The text of bytes that may be cut off inside a character; UnreadableError(BINARY) where they are none."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "ignore")
    even, odd = data[:KEEP:2].count(0), data[1:KEEP:2].count(0)
    half = min(len(data), KEEP) // 2
    if half and max(even, odd) > half * 0.7 and min(even, odd) < half * 0.1:
        return data.decode("utf-16-le" if odd > even else "utf-16-be", "ignore")
    sample = data[:KEEP]
    if sum(1 for one in sample if one in _CONTROLS) > len(sample) * _SHARE:
        raise UnreadableError(Reason.BINARY, "binary")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


KEEP: Final = 4096
"""Bytes by which text and binary are told apart."""


def read_text(text: str, kind: str, bounds: Bounds) -> Reading:
    """The lines of a text, all under no name; a gigantic line is looked at in pieces, as far as the bounds of a column go."""
    table = Table(Bounds(rows=bounds.rows, cell=_LINE))
    for line in text.splitlines():
        table.rows += 1
        for start in range(0, len(line), _LINE):
            table.put(None, line[start : start + _LINE])
        if table.full:
            break
    return table.reading(kind)
