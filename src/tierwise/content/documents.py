"""JSON and JSON Lines, by tokens: no tree, no recursion, and a document that is cut off gives what comes before the cut."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Final

from tierwise.content.blob import Bounds, Reason, UnreadableError
from tierwise.content.table import Reading, Table

_TOKEN: Final = re.compile(r'\s*+(?:("(?:[^"\\]++|\\.)*+")|([{}\[\]:,])|([^\s{}\[\]:,"]++))', re.DOTALL)
_LITERAL: Final = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_TYPED: Final = frozenset({"S", "N", "string", "long", "int", "double"})
"""Keys that only say the type of what is under them: DynamoDB's exports, Avro's JSON encoding. The key above them is the column."""
_FEW: Final = 24
"""Keys of one document that still read as one record."""


def read_json(text: str, bounds: Bounds, *, whole: bool) -> Reading:
    """The values of a document (or of a document a line) by their keys; UnreadableError where it is none, or nested beyond the bounds.

    A key that comes once is a value of its own, not a column: it may be somebody's name or number.
    """
    found: list[tuple[str | None, str]] = []
    documents = _walk(text, bounds, found, whole=whole)
    seen = Counter(key for key, _ in found)
    table = Table(bounds)
    table.rows = documents
    for key, value in found:
        if key is not None and (seen[key] > 1 or (documents == 1 and len(seen) <= _FEW)):
            table.put(key, value)
        else:
            table.put(None, value if key is None else f"{key}: {value}")
    return table.reading("jsonl" if documents > 1 else "json")


def _walk(text: str, bounds: Bounds, found: list[tuple[str | None, str]], *, whole: bool) -> int:
    """Append each scalar with its key; the number of top-level values."""
    stack: list[tuple[str, str | None]] = []
    key: str | None = None
    expect_key = False
    documents, at, most = 0, 0, bounds.rows * _FEW * 4
    while (token := _TOKEN.match(text, at)) is not None and len(found) < most and documents <= bounds.rows:
        at = token.end()
        string, mark, word = token.groups()
        if mark in ("{", "["):
            if len(stack) >= bounds.depth:
                raise UnreadableError(Reason.TOO_DEEP, "json")
            documents += not stack
            stack.append((mark, key))
            expect_key = mark == "{"
        elif mark in ("}", "]"):
            if not stack or (stack[-1][0] == "{") is not (mark == "}"):
                raise UnreadableError(Reason.CORRUPT, "json")
            key = stack.pop()[1]
            expect_key = False
        elif mark == ",":
            expect_key = bool(stack) and stack[-1][0] == "{"
        elif mark == ":":
            expect_key = False
        elif string is not None and expect_key:
            key = _key(string, stack[-1][1])
        else:
            documents += not stack
            found.append((key if stack else None, _scalar(string, word)))
    stopped = len(found) >= most or documents > bounds.rows
    if not documents or (whole and not stopped and (stack or text[at:].strip())):
        raise UnreadableError(Reason.CORRUPT, "json")
    return documents


def _key(string: str, above: str | None) -> str:
    name = _scalar(string, None)
    return above if name in _TYPED and above is not None else name


def _scalar(string: str | None, word: str | None) -> str:
    if string is None:
        if word in (None, "null", "true", "false"):
            return ""
        if not _LITERAL.fullmatch(str(word)):
            raise UnreadableError(Reason.CORRUPT, "json")
        return str(word)
    try:
        return str(json.loads(string, strict=False))
    except ValueError:
        return string[1:-1]
