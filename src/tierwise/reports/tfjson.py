"""The blocks of a Terraform file in JSON syntax with their lines: a small scanner, since a JSON reader tells no lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tierwise.reports.hcl import Block, line_of

_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[{}\[\],:]')
_LABELS: Final = {"resource": 2, "data": 2, "module": 1}


@dataclass(frozen=True, slots=True)
class _Key:
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class _Open:
    block: tuple[str, tuple[str, ...], int]
    depth: int
    """The brackets that stand open around its body."""


def blocks(text: str) -> Iterator[Block]:
    """Blocks of resources, data sources and module calls in order; a file that breaks off in a block still gives it.

    Objects may stand in arrays at any level (developer.hashicorp.com/terraform/language/syntax/json, "Nested Block Mapping"), so the
    path to a body is the keys of the objects around it, arrays aside.
    """
    line = line_of(text)
    brackets: list[str] = []
    keys: list[_Key] = []
    opened: _Open | None = None
    source, expects_key, at = "", False, 0
    for token in _TOKEN.finditer(text):
        at = token.start()
        match token[0]:
            case "{" | "[" as bracket:
                if bracket == "{" and opened is None and (head := _head(keys)) is not None:
                    opened, source = _Open((*head, line(keys[-1].at)), len(brackets)), ""
                brackets.append(bracket)
                if bracket == "{":
                    keys.append(_Key("", at))
                expects_key = bracket == "{"
            case "}" | "]" if brackets:
                if brackets.pop() == "{":
                    keys.pop()
                expects_key = False
                if opened is not None and len(brackets) == opened.depth:
                    yield Block(*opened.block, line(at), source)
                    opened = None
            case ",":
                expects_key = bool(brackets) and brackets[-1] == "{"
            case ":":
                expects_key = False
            case word if word.startswith('"') and keys:
                if expects_key:
                    keys[-1] = _Key(_string(word), at)
                elif [one.text for one in (keys[0], keys[-1])] == ["module", "source"] and len(keys) == 3:
                    source = _string(word)
    if opened is not None:
        yield Block(*opened.block, line(at), source)


def _head(keys: list[_Key]) -> tuple[str, tuple[str, ...]] | None:
    """The kind and labels of the body that these keys lead to, if it is that of a block which plans name."""
    if not keys or _LABELS.get(keys[0].text) != len(keys) - 1:
        return None
    return keys[0].text, tuple(one.text for one in keys[1:])


def _string(word: str) -> str:
    """A JSON string's text; as it is written where it is none."""
    try:
        return str(json.loads(word))
    except json.JSONDecodeError:
        return word.strip('"')
