"""Parses the `hcl` of a control's remediation: a strict subset of HCL, one argument or brace a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tierwise.catalogue.reader import Reader
from tierwise.catalogue.yamlfile import Entry, Leaf, Node
from tierwise.model.snippet import Argument, Beside, Item, Nested, Snippet

TYPE: Final = re.compile(r"(?:aws|azurerm|google)_(?:[a-z0-9_]+|\*)\Z", re.ASCII)
"""A resource type, or all of a provider's: `aws_*`."""
_BESIDE: Final = re.compile(r'resource "([a-z0-9_]+)" "NAME" \{\Z', re.ASCII)
_NESTED: Final = re.compile(r"([a-z][a-z0-9_-]*)( =)? \{( # stands)?\Z", re.ASCII)
_ARGUMENT: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]*) += (\S.*)\Z", re.ASCII)
_VALUE: Final = re.compile(
    r'(?:true|false|\d+|"(?:[^"\\$%]|\\.)*"|[A-Za-z_][\w.\[\]*-]*|\[(?:(?:"[^"\\$%]*"|[A-Za-z_][\w.\[\]*-]*)(?:, )?)*\])\Z', re.ASCII
)
MOST_LINES: Final = 9
"""What blocks is told in twelve lines, so that the change has nine."""


def parse_snippets(reader: Reader, entry: Entry | None) -> Mapping[str, Snippet]:
    """Snippets by Terraform type."""
    if entry is None:
        return {}
    return {key: _snippet(reader, key, one) for key, one in reader.table(entry.node, "hcl").items()}


def _snippet(reader: Reader, key: str, entry: Entry) -> Snippet:
    if not TYPE.match(key):
        reader.say(entry, f"{key!r} is no Terraform type of a known provider, such as aws_s3_bucket, or aws_* for all of one")
    text = entry.node.value if isinstance(entry.node, Leaf) else None
    if not isinstance(text, str) or not text.strip():
        reader.say(entry.node, f"hcl {key} takes lines of HCL: write |, then an argument or a block a line")
        return Snippet()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        reader.say(entry, f"hcl {key} has {len(lines)} lines; at most {MOST_LINES} can be shown")
    parser = _Parser(reader, entry.node, iter(lines))
    own, beside = parser.top()
    if not own and not beside:
        reader.say(entry, f"hcl {key} changes nothing")
    for one in beside:
        if one.type.split("_")[0] != key.split("_", maxsplit=1)[0]:
            reader.say(entry, f"hcl {key} puts a {one.type} beside it, which is another provider's")
    return Snippet(own, beside)


class _Parser:
    """One snippet, line by line; a problem is told once, with the line that makes it."""

    def __init__(self, reader: Reader, node: Node, lines: Iterator[str]) -> None:
        self.reader, self.node, self.lines = reader, node, lines

    def top(self) -> tuple[tuple[Item, ...], tuple[Beside, ...]]:
        """The items of the resource's own block, then the resources beside it."""
        own: list[Item] = []
        beside: list[Beside] = []
        for line in self.lines:
            if found := _BESIDE.match(line):
                beside.append(Beside(found[1], self._inside(found[1])))
            elif beside:
                self._say(line, "an argument of the resource itself stands before the resources beside it")
            elif (item := self._item(line)) is not None:
                own.append(item)
        return tuple(own), tuple(beside)

    def _inside(self, what: str) -> tuple[Item, ...]:
        items: list[Item] = []
        for line in self.lines:
            if line == "}":
                return tuple(items)
            if (item := self._item(line)) is not None:
                items.append(item)
        self._say(what, "the block is not closed")
        return tuple(items)

    def _item(self, line: str) -> Item | None:
        if found := _NESTED.match(line):
            return Nested(found[1], self._inside(found[1]), is_map=bool(found[2]), stands=bool(found[3]))
        if (found := _ARGUMENT.match(line)) and _VALUE.match(found[2]):
            return Argument(found[1], found[2])
        self._say(line, "not 'name = value', 'name {', '}' or 'resource \"type\" \"NAME\" {'")
        return None

    def _say(self, line: str, problem: str) -> None:
        self.reader.say(self.node, f"hcl line {line!r}: {problem}")
