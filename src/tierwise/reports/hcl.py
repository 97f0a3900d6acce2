"""The top-level blocks of a Terraform file with their lines: a small reader that knows comments, strings, templates and heredocs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

_SKIP: Final = re.compile(r"(?:[ \t\r\n\f\v\ufeff]+|#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z))+", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d][\w-]*")
_HEREDOC: Final = re.compile(r"<<-?([^\W\d][\w-]*)[ \t\r]*\n")
_PLAIN: Final = re.compile(r'[^"\\$%\n{}]+')
_OPEN, _CLOSE = frozenset("{[("), frozenset("}])")


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level block: `resource "aws_s3_bucket" "b" { ... }`."""

    kind: str
    labels: tuple[str, ...]
    line: int
    end: int
    source: str = ""
    """The literal `source` of a module call, where there is one."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    """`word`, `string`, `heredoc`, or the character itself"""
    text: str
    at: int
    end: int


_NONE: Final = _Token("", "", -1, -1)
Lines = Callable[[int], int]


def blocks(text: str) -> Iterator[Block]:
    """Top-level blocks in order. A file that breaks off in a block still gives it, up to the end of the file."""
    line = line_of(text)
    head: list[_Token] = []
    opened: tuple[str, tuple[str, ...], int] | None = None
    source, depth, last = "", 0, [_NONE, _NONE]
    token = _NONE
    for token in _tokens(text):
        if depth == 1 and token.kind == "string" and [one.text for one in last] == ["source", "="] and not source:
            source = token.text
        last = [last[1], token]
        if token.kind in _OPEN:
            if depth == 0 and token.kind == "{" and head and head[0].kind == "word":
                opened, source = (head[0].text, tuple(one.text for one in head[1:]), line(head[0].at)), ""
            depth += 1
            head = []
        elif token.kind in _CLOSE:
            depth = max(0, depth - 1)
            if depth == 0 and opened is not None:
                yield Block(*opened, line(token.at), source)
                opened = None
        elif depth == 0:
            head = _headed(head, token, line)
    if opened is not None:
        yield Block(*opened, line(max(token.at, 0)), source)


@dataclass(frozen=True, slots=True)
class Part:
    """An argument or a block directly inside another block; lines count from 1 in the text that was given."""

    name: str
    line: int
    end: int


def parts(text: str) -> Iterator[Part]:
    """The arguments and blocks directly inside the first block of a text, in order."""
    line = line_of(text)
    depth, found, last = 0, None, 0
    for token in _tokens(text):
        here = line(token.at)
        if depth == 1 and token.kind in {"word", "string"} and here > last:
            if found is not None:
                yield found
            found = Part(token.text, here, here)
        depth += (token.kind in _OPEN) - (token.kind in _CLOSE)
        if depth == 0 and token.kind in _CLOSE:
            break
        last = line(token.end - 1)
        if found is not None:
            found = replace(found, end=last)
    if found is not None:
        yield found


def line_of(text: str) -> Lines:
    """The line, counted from 1, on which a place in a text stands."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return partial(bisect_right, starts)


def _headed(head: list[_Token], token: _Token, line: Lines) -> list[_Token]:
    """The words of a block's head so far; a new line begins a new head."""
    if token.kind not in {"word", "string"}:
        return []
    return [*head, token] if head and line(head[0].at) == line(token.at) else [token]


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        if skipped := _SKIP.match(text, at):
            at = skipped.end()
            continue
        token = _token(text, at)
        yield token
        at = token.end


def _token(text: str, at: int) -> _Token:
    if text[at] == '"':
        end = _string_end(text, at + 1)
        return _Token("string", text[at + 1 : end - 1] if text[end - 1 : end] == '"' else text[at + 1 : end], at, end)
    if word := _WORD.match(text, at):
        return _Token("word", word[0], at, word.end())
    if heredoc := _HEREDOC.match(text, at):
        closing = re.compile(rf"^[ \t]*{re.escape(heredoc[1])}[ \t\r]*$", re.MULTILINE).search(text, heredoc.end())
        return _Token("heredoc", "", at, closing.end() if closing else len(text))
    return _Token(text[at], text[at], at, at + 1)


def _string_end(text: str, at: int) -> int:
    """The place after the closing quote; a line that ends inside the quotes ends the string, for such a file is broken."""
    inside = ['"']
    while at < len(text):
        if inside[-1] == '"':
            at = _quoted(text, at, inside)
        else:
            at = _templated(text, at, inside)
        if not inside:
            return at
    return len(text)


def _quoted(text: str, at: int, inside: list[str]) -> int:
    """One step between quotes, where `${` opens a template."""
    if plain := _PLAIN.match(text, at):
        return plain.end()
    if text[at] == "\\":
        return at + 2
    if text[at : at + 3] in {"$${", "%%{"}:
        return at + 3
    if text[at : at + 2] in {"${", "%{"}:
        inside.append("{")
        return at + 2
    if text[at] == '"':
        inside.pop()
    elif text[at] == "\n" and len(inside) == 1:
        inside.pop()
        return at
    return at + 1


def _templated(text: str, at: int, inside: list[str]) -> int:
    """One step inside `${ ... }`, where quotes open strings of their own and braces nest."""
    char = text[at]
    if char in '"{':
        inside.append(char)
    elif char == "}":
        inside.pop()
    return at + 1
