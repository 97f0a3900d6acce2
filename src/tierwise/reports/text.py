"""Hostile text made harmless for a terminal and for the log of a pipeline, and small helpers for words and counts."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from tierwise.model import words

count: Final = words.count
"""As everywhere: `1 bucket`, `3 buckets`."""
_SHOWN: Final = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")
_COMMAND: Final = re.compile(r"#(?=#(?:vso)?\[)")
"""GitHub's runner obeys `##[name]` and Azure's agent `##vso[name]` wherever in a line they stand (ActionCommand.TryParse in
actions/runner, Command.TryParse in microsoft/azure-pipelines-agent)."""
_LINE_COMMAND: Final = re.compile(r"^([ \t]*):(?=:)", re.MULTILINE)
"""GitHub's runner obeys `::name::` at the beginning of a line, spaces aside (ActionCommand.TryParseV2)."""

_BLANKS: Final = re.compile(r"[ \t]+$", re.MULTILINE)
_AZURE: Final = re.compile(r"^/subscriptions/[^/]+/.*/providers/(?:microsoft\.)?(?P<type>[^/]+/[^/]+/.+)$", re.IGNORECASE)
"""An id of Azure Resource Manager; of one resource of an extension the last provider is its own."""
_GOOGLE: Final = re.compile(r"^//(?P<service>[a-z0-9-]+)\.googleapis\.com/(?:projects/[^/]+/)?(?P<rest>.+)$")
"""A full resource name of Google Cloud."""


def safe_text(text: str, limit: int = 0) -> str:
    """The text with control, escape, bidirectional and zero-width characters and the signs of log commands written out; cut to `limit` if given."""
    # Nearly all text is plain ASCII, and reports of many findings are mostly this function.
    out = text if text.isascii() and text.isprintable() else "".join(char if _plain(char) else _written(char) for char in text)
    if "##" in out:
        out = _COMMAND.sub(r"\\x23", out)
    return out if not limit or len(out) <= limit else out[: limit - 1] + "…"


def log_lines(text: str) -> str:
    """Lines for people without blanks at their ends, of which none is a command to the runner of a pipeline, wherever they were wrapped."""
    return _LINE_COMMAND.sub(r"\1\\x3a", _BLANKS.sub("", text))


def _plain(char: str) -> bool:
    return (
        char.isprintable()
        and char not in _SHOWN
        and unicodedata.bidirectional(char) not in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
    )


def _written(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def listed(words: list[str], most: int = 4) -> str:
    """The first few words, and how many more there are."""
    shown = ", ".join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown


def short_id(resource_id: str, limit: int = 64) -> str:
    """A resource id with what tells it apart first, safe for a terminal: an ARN without partition and account, an Azure id from its provider on, a Google name without its project."""
    text = resource_id
    if text.startswith("arn:") and text.count(":") >= 5:
        _arn, _partition, service, region, _account, rest = text.split(":", 5)
        text = f"{service}:{region}:{rest}" if region else f"{service}:{rest}"
    elif (azure := _AZURE.search(text)) is not None:
        text = azure["type"]
    elif (google := _GOOGLE.match(text)) is not None:
        text = f"{google['service']}:{google['rest']}"
    text = safe_text(text)
    return text if len(text) <= limit else text[: limit // 2 - 1] + "…" + text[-(limit // 2) :]
