"""Writes more entries into a file of decisions or a register, leaving every other line as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from typing import TypeAlias

from tierwise.catalogue.yamlfile import Items, Node, Table, load
from tierwise.errors import CatalogueError

Value: TypeAlias = "str | int | Sequence[str] | Mapping[str, str | bool]"


def with_entry(text: str, name: str, section: str, fields: Mapping[str, Value]) -> str:
    """The text of a file with an entry at the head of one of its lists; CatalogueError where the list is not written in lines."""
    return with_entries(text, name, section, [fields])


def with_entries(text: str, name: str, section: str, entries: Sequence[Mapping[str, Value]]) -> str:
    """The same with several, in their order."""
    if not entries:
        return text
    if not text.strip():
        return f"{section}:\n{_entries(entries, 2)}"
    document = load(text, name)
    found = document.entries.get(section) if isinstance(document, Table) else None
    if found is None:
        return f"{text.rstrip()}\n{section}:\n{_entries(entries, 2)}"
    lines = text.splitlines(keepends=True)
    first = _first(found.node)
    head = lines[first.line - 1] if first is not None else ""
    if first is None or first.column < 3 or head[: first.column - 1].strip() != "-":
        raise CatalogueError([f"{name}:{found.line}:{found.column}: write {section!r} as lines that begin with '- ', and try again"])
    indent = len(head) - len(head.lstrip())
    return "".join([*lines[: first.line - 1], _entries(entries, indent), *lines[first.line - 1 :]])


def _first(node: Node) -> Node | None:
    return node.items[0] if isinstance(node, Items) and node.items else None


def _entries(entries: Sequence[Mapping[str, Value]], indent: int) -> str:
    return "".join(_entry(fields, indent) for fields in entries)


def _entry(fields: Mapping[str, Value], indent: int) -> str:
    """Each text in quotes, so that none is taken for anything else."""
    lines = [f"{key}: {_written(value)}" for key, value in fields.items() if value]
    return "".join(f"{' ' * indent}{'- ' if number == 0 else '  '}{line}\n" for number, line in enumerate(lines))


def _written(value: Value) -> str:
    match value:
        case str() | int():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            return "{" + ", ".join(f"{key}: {_written(part)}" for key, part in value.items()) + "}"
        case _:
            return "[" + ", ".join(map(_written, value)) + "]"


def added(before: str, after: str) -> str:
    """The lines that are new, for people."""
    return "".join(
        line[1:]
        for line in unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), n=0)
        if line[:1] == "+" and line[:3] != "+++"
    )
