"""Makes UTF-8 JSON text of the bytes of a file: encodings, what CI wrappers put around it, what is not text at all; knows nothing of plans."""

from __future__ import annotations

import codecs
import re
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
_SPACE: Final = re.compile(rb"[ \t\n\r\v\f]*")
_BOM: Final = b"\xef\xbb\xbf"
_TAIL: Final = 4096
_PIECE: Final = 1 << 20


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
        return raw[:].decode(encoding).encode()
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
    found = _SPACE.match(text, start)
    return found.end() if found else start


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
