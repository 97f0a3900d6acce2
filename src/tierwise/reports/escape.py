"""Hostile text made harmless for each format: Markdown, tables for spreadsheets, workflow commands, SARIF messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tierwise.reports.text import safe_text

_ENCODER: Final = msgspec.json.Encoder()
_APART: Final = "\u200b"
_MARKS: Final = re.compile(r"[\\`*_\[\]~|$]")
_LEADING: Final = re.compile(r"^([-+#=]|\d+(?=[.)]))")
_LINKS: Final = re.compile(r"(?<=@)(?=[\w-])|(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=\bmailto)(?=:)|(?<=\bxmpp)(?=:)|(?<=#)(?=\d)", re.IGNORECASE)
_FORMULA: Final = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
_UNSEEN: Final = re.compile(rb"#(?=#(?:vso)?\[)|\x7f|\xc2[\x80-\x9f\xad]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0\xa6-\xa9]|\xef\xbb\xbf")
"""In UTF-8: the sign of a log command (see `text`), DEL, C1 controls, soft hyphen, zero-width, line and paragraph separators, bidirectional controls."""
_SIGNS: Final = re.compile(rb"##")
"""What the sign of a log command begins with; as a pattern it is found in a third of the time that `in` takes, which looks at every byte."""
_AFTER_SPLIT: Final = re.compile(r"(;[ \t]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")

_ADDED: Final = re.compile(r"(;[ \t]*)'(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def code(text: str, limit: int = 160) -> str:
    """Text as a Markdown code span, in which nothing is live: no HTML, link, image or mention."""
    shown = safe_text(text[: limit + 1], limit) or " "
    runs = [len(run) for run in re.findall(r"`+", shown)]
    fence = "`" * next(size for size in range(1, len(runs) + 2) if size not in runs)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, limit: int = 600) -> str:
    """Text as Markdown that reads the same and in which nothing is live; a zero-width space breaks mentions and links."""
    shown = _LINKS.sub(_APART, safe_text(" ".join(text.split())[: limit + 1], limit))
    shown = _MARKS.sub(lambda match: "\\" + match[0], shown)
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LEADING.sub(lambda match: "\\" + match[0] if not match[0].isdigit() else f"{match[0]}{_APART}", shown)


def cell(text: str) -> str:
    """Text as a cell of a table that a spreadsheet will not take for a formula: a leading apostrophe keeps it text."""
    shown = _AFTER_SPLIT.sub(r"\1'", safe_text(text))
    return f"'{shown}" if text[:1] and text[0] in _FORMULA else shown


def uncell(text: str) -> str:
    """What `cell` was given, where a cell comes back from a spreadsheet; control characters stay written out."""
    plain = text[1:] if text[:1] == "'" and text[1:2] and text[1] in _FORMULA else text
    return _ADDED.sub(r"\1", plain)


def command_data(text: str) -> str:
    """The message of a workflow command."""
    return safe_text(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """A property of a workflow command (`file=`, `title=`)."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")


def message(text: str, limit: int = 0) -> str:
    """Plain text of a SARIF message, in which `[text](target)` would be a link."""
    return safe_text(text, limit).replace("](", "] (")


def json_bytes(value: Any) -> bytes:
    """Compact JSON in which what a terminal or a log would obey or hide is a Unicode escape; half of a surrogate pair, which UTF-8 cannot carry, is written out."""
    try:
        made = msgspec.json.encode(value)
    except UnicodeEncodeError:
        made = msgspec.json.encode(_encodable(value))
    return _harmless(made)


def json_lines(values: Sequence[Any]) -> bytes:
    """The same of each, one a line."""
    try:
        made = _ENCODER.encode_lines(values)
    except UnicodeEncodeError:
        made = _ENCODER.encode_lines(_encodable(values))
    return _harmless(made)


def _harmless(made: bytes) -> bytes:
    if made.isascii() and _SIGNS.search(made) is None and b"\x7f" not in made:
        # Nearly all of a report is this, and the pattern reads slower than these three.
        return made
    return _UNSEEN.sub(lambda match: b"\\u%04x" % ord(match[0].decode()), made)


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_encodable(key): _encodable(one) for key, one in value.items()}
        case list() | tuple():
            return [_encodable(one) for one in value]
        case msgspec.Struct():
            return {name: _encodable(getattr(value, name)) for name in value.__struct_fields__}
        case _:
            return value
