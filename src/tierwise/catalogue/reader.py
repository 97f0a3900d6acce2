"""Typed reads from a YAML document that note every problem with its place and go on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

from tierwise.catalogue.yamlfile import Entry, Items, Leaf, Node, Table
from tierwise.model.sensitivity import Tier

T = TypeVar("T")
TIERS = {tier.name: tier for tier in Tier}


def did_you_mean(word: str, valid: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest valid name, or nothing."""
    names = list(valid)
    folded = {_fold(name): name for name in reversed(names)}
    near = folded.get(_fold(word)) or next(iter(get_close_matches(word, names, n=1, cutoff=0.5)), None)
    if near is None and len(word) > 2:
        near = next((name for name in names if _fold(name).startswith(_fold(word))), None)
    return f"; did you mean {near!r}?" if near is not None else ""


def _fold(word: str) -> str:
    return word.lower().replace("_", "-")


@dataclass(slots=True)
class Reader:
    """One file under validation: its name and what is wrong with it so far."""

    name: str
    problems: list[str] = field(default_factory=list)

    def say(self, where: Node | Entry, message: str) -> None:
        """Note a problem at a place."""
        self.problems.append(f"{self.name}:{where.line}:{where.column}: {message}")

    def table(self, node: Node, what: str) -> Mapping[str, Entry]:
        """The entries of a mapping; a problem and none if it is something else."""
        if isinstance(node, Table):
            return node.entries
        self.say(node, f"{what} takes a mapping")
        return {}

    def fields(self, node: Node, what: str, required: Collection[str], optional: Collection[str] = ()) -> Mapping[str, Entry]:
        """The entries of a mapping with known keys: unknown ones are told with the nearest valid one, missing ones at its start."""
        entries = self.table(node, what)
        if not isinstance(node, Table):
            return entries
        valid = [*required, *optional]
        told = ""
        for key, entry in entries.items():
            if key not in valid:
                hint = did_you_mean(key, [name for name in valid if name not in entries])
                told += hint
                self.say(entry, f"unknown key {key!r} in {what}{hint or '; it takes ' + ', '.join(valid)}")
        for key in required:
            if key not in entries and repr(key) not in told:
                self.say(node, f"{what} has no {key!r}; add it")
        return entries

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """The members of a list."""
        if isinstance(node, Items):
            return node.items
        self.say(node, f"{what} takes a list")
        return ()

    def text(self, entry: Entry | None, what: str) -> str:
        """A text that is not empty; numbers and dates are taken as written."""
        if entry is None:
            return ""
        return self.word(entry.node, what)

    def word(self, node: Node, what: str) -> str:
        """A text that is not empty, given by its node."""
        if isinstance(node, Leaf) and node.value is not None and not isinstance(node.value, bool) and node.raw.strip():
            return " ".join(node.raw.split())
        self.say(node, f"{what} takes a text that is not empty")
        return ""

    def words(self, entry: Entry | None, what: str) -> tuple[str, ...]:
        """A list of texts, each once."""
        if entry is None:
            return ()
        found: list[str] = []
        for node in self.items(entry.node, what):
            word = self.word(node, f"each of {what}")
            if word in found:
                self.say(node, f"{word!r} stands twice in {what}")
            elif word:
                found.append(word)
        return tuple(found)

    def flag(self, entry: Entry | None, what: str, default: bool) -> bool:
        """True or false."""
        if entry is None:
            return default
        if isinstance(entry.node, Leaf) and isinstance(entry.node.value, bool):
            return entry.node.value
        self.say(entry.node, f"{what} takes true or false, not {shown(entry.node)}")
        return default

    def whole(self, node: Node, what: str, least: int = 0) -> int:
        """A whole number from `least` up."""
        if isinstance(node, Leaf) and isinstance(node.value, int) and not isinstance(node.value, bool) and node.value >= least:
            return node.value
        self.say(node, f"{what} takes a whole number from {least} up, not {shown(node)}")
        return least

    def number(self, node: Node, what: str) -> int | float:
        """A number, zero or more."""
        if isinstance(node, Leaf) and isinstance(node.value, int | float) and not isinstance(node.value, bool) and node.value >= 0:
            return node.value
        self.say(node, f"{what} takes a number from 0 up, not {shown(node)}")
        return 0

    def choice(self, node: Node, what: str, valid: Mapping[str, T]) -> T | None:
        """One of a closed list of words."""
        word = node.raw if isinstance(node, Leaf) else ""
        if isinstance(node, Leaf) and word in valid:
            return valid[word]
        listed = f"; it takes {', '.join(valid)}" if len(valid) <= 12 else ""
        self.say(node, f"unknown {what} {shown(node)}{did_you_mean(word, valid) if word else ''}{listed}")
        return None

    def by_tier(self, node: Node, what: str) -> Iterator[tuple[Tier, Entry]]:
        """The entries of a mapping from tier to anything."""
        for key, entry in self.table(node, what).items():
            if key in TIERS:
                yield TIERS[key], entry
            else:
                self.say(entry, f"unknown tier {key!r} in {what}{did_you_mean(key, TIERS)}; tiers are T0 to T4")


def shown(node: Node) -> str:
    """A value as a message quotes it."""
    match node:
        case Leaf(value=None):
            return "nothing"
        case Leaf(raw=raw):
            return repr(raw if len(raw) <= 60 else raw[:57] + "...")
        case Items():
            return "a list"
        case Table():
            return "a mapping"
