"""Makes UTF-8 JSON text of the bytes of a file: encodings, what CI wrappers put around it, what is not text at all; knows nothing of plans."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from mmap import mmap
from pathlib import Path
from typing import Final, TypeAlias

from tierwise.errors import InputError

Buffer: TypeAlias = bytes | mmap | memoryview
MEND: Final = "write it with: terraform show -json plan.bin > plan.json (tofu show -json does as well)"
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_STARTS: Final = frozenset(b"{[ \r\n\t")
_ECHO: Final = re.compile(rb"(?:\[command\]|[^\n{]{0,400}\b(?:terraform|tofu)(?:-bin)?\b[^\n{]{0,400}\bshow\b)[^\n]{0,4000}\n(?=\s*\{)")
_BOM: Final = b"\xef\xbb\xbf"
_TAIL: Final = 4096
_PIECE: Final = 1 << 20
_DIGITS: Final = b"0123456789"
_IN_NUMBERS: Final = _DIGITS + b".+-eE"
_LOOK: Final = bytes.maketrans(
    bytes(range(256)),
    bytes(ord("0") if one in _DIGITS else ord("e") if one in b"eE" else one if one == ord("+") else ord(" ") for one in range(256)),
)
"""Any digit as a nought, any e as a small one, and all else but plus signs as blanks."""
_LARGE: Final = (b"0" * 200, b"0e000", b"0e+000")
"""How every number of 1e308 or more looks then, beyond which Python's floats end, and every whole one of more digits than it reads; many a smaller one looks so too."""
_AROUND: Final = 64
"""How many bytes before and behind such a place tell whether it may be in a number."""
_MOST_PLACES, _MOST_NUMBERS = 50_000, 16
"""How many of these places are looked at, and how many numbers are told: of a file that is made of them more would take longer than coming upon them later."""


def json_text(raw: bytes | mmap, name: str) -> Buffer:
    """The JSON in these bytes as UTF-8, which is not copied where it can be helped; InputError where they hold no text."""
    if raw[:4] == b"PK\x03\x04":
        raise InputError(f"{name}: is a binary plan, not its JSON\n  convert it: terraform show -json {Path(name).name} > plan.json")
    text = _unwrapped(_as_utf8(raw, name))
    start = _blank(text)
    match bytes(text[start : start + 1]):
        case b"{":
            _refuse_foreign_bytes(text, name)
            return text
        case b"":
            raise InputError(f"{name}: the file is empty\n  {MEND}")
        case _:
            raise InputError(f"{name}: is not JSON: it does not begin with '{{'\n  {MEND}")


def _as_utf8(raw: bytes | mmap, name: str) -> bytes | mmap:
    """The same text in UTF-8; PowerShell's `>` writes UTF-16."""
    for mark, encoding in _MARKS:
        if raw[: len(mark)] == mark:
            return _recoded(raw, encoding, name)
    if raw[1:2] == b"\x00" and raw[0] in _STARTS:
        return _recoded(raw, "utf-16-le", name)
    if raw[:1] == b"\x00" and raw[1:2] in (b"{", b"["):
        return _recoded(raw, "utf-16-be", name)
    return raw


def _recoded(raw: bytes | mmap, encoding: str, name: str) -> bytes:
    try:
        return str(memoryview(raw), encoding).encode()
    except UnicodeError:
        raise InputError(f"{name}: is not whole {encoding.upper()} text\n  {MEND}") from None


def _unwrapped(text: bytes | mmap) -> Buffer:
    """Without a byte order mark and the lines that CI puts around the output of a command.

    The wrapper that hashicorp/setup-terraform installs echoes `[command]/path/terraform-bin show -json plan` before it, and runners write
    workflow commands (`::debug::exitcode: 0`) after it.
    """
    first = len(_BOM) if text[: len(_BOM)] == _BOM else 0
    echo = _ECHO.match(text, _blank(text, first))
    start, end = echo.end() if echo else first, len(text)
    if not text[-_TAIL:].rstrip().endswith(b"}"):
        while (footer := text.rfind(b"\n::", start, end)) != -1 and _is_last_line(text, footer + 1, end):
            end = footer
    return text if (start, end) == (0, len(text)) else memoryview(text)[start:end]


def _is_last_line(text: bytes | mmap, start: int, end: int) -> bool:
    below = text.find(b"\n", start, end)
    return below == -1 or _blank(text, below) >= end


def _blank(text: Buffer, start: int = 0) -> int:
    """Where the white space from a place on ends."""
    while start < len(text):
        piece = bytes(text[start : start + _PIECE])
        left = len(piece.lstrip())
        start += len(piece) - left
        if left:
            break
    return start


def large_numbers(text: Buffer) -> frozenset[bytes]:
    """Of what may be numbers beyond all range, a part of each as it is written; some of them are none, as they stand in a text or are not that large.

    The decoder passes over any number that it is not asked for, so that such a one would be come upon when everything before it is made.
    """
    found = (_number_at(text, at) for at in islice(_large_places(text), _MOST_PLACES))
    return frozenset(islice((one for one in found if one), _MOST_NUMBERS))


def _large_places(text: Buffer) -> Iterator[int]:
    for start in range(0, len(text), _PIECE):
        piece = bytes(text[start : start + _PIECE + len(_LARGE[0])]).translate(_LOOK)
        for look in _LARGE:
            at = piece.find(look)
            while at != -1:
                yield start + at
                at = piece.find(look, at + len(look))


def _number_at(text: Buffer, at: int) -> bytes:
    """What is around a place, as far as it belongs to a number; empty where that is none, as it goes on in letters or a quotation mark."""
    before, behind = bytes(text[max(at - _AROUND, 0) : at]), bytes(text[at : at + _AROUND])
    first, last = before.rstrip(_IN_NUMBERS), behind.lstrip(_IN_NUMBERS)
    if first[-1:] not in b" \t\r\n:[," or last[:1] not in b" \t\r\n,]}":
        return b""
    return before[len(first) :] + behind[: len(behind) - len(last)]


def _refuse_foreign_bytes(text: Buffer, name: str) -> None:
    """What is not UTF-8 anywhere, also where nobody would look at it; a piece at a time, so that it costs no memory."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    pending = False
    try:
        for start in range(0, len(text), _PIECE):
            piece = bytes(text[start : start + _PIECE])
            if pending or not piece.isascii():
                decoder.decode(piece)
                pending = decoder.getstate()[0] != b""
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise InputError(f"{name}: is not UTF-8 text\n  {MEND}") from None
