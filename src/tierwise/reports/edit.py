"""The change that meets a control, as a diff of Terraform's files: from the control's snippet, the plan's address, and the block where it is at hand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from tierwise.model.snippet import Argument, Item, Nested, Snippet
from tierwise.reports.hcl import Part, parts
from tierwise.reports.locate import SourceIndex, Spot, address_parts, locate

Line = tuple[str, str]
"""A sign (`+`, `-` or a space) and a text."""
_TOKEN: Final = re.compile(r"\b(?:SELF|NAME|TIER)\b")
_KEY: Final = re.compile(r"\[([^\]]*)\]\Z")
_DYNAMIC: Final = re.compile(r'^\s*dynamic\s+"([\w-]+)"', re.MULTILINE)
_MOST_OLD: Final = 2
"""Lines that are shown of an old value."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A diff, and the block that its first line is about."""

    lines: tuple[Line, ...]
    spot: Spot | None
    """Where the block stands, where that is known."""


@dataclass(frozen=True, slots=True)
class _Writer:
    """What the words in capitals that the tool knows itself stand for."""

    words: dict[str, str]
    shows_old: bool

    def value(self, text: str) -> str:
        """A value with what it stands for."""
        return _TOKEN.sub(lambda match: self.words[match[0]], text)


def edit_of(
    snippet: Snippet, address: str, read: Collection[str], sources: SourceIndex | None, *, tier: str = "", shows_old: bool = True
) -> Edit | None:
    """The diff for a planned resource; None where no honest one can be given: a block that changes is in a module from elsewhere, is
    written in JSON, or is made by an expression.

    `read` are the addresses that the facts were read from: a resource of a type that the snippet would put beside is changed, where one is
    there. `shows_old` is False where an old value is not for the reader.
    """
    found = address_parts(address)
    if found is None:
        return None
    _, (_, kind, name) = found
    # Labels of Google Cloud are in lower case (Resource Manager documentation, requirements for labels).
    words = {"NAME": name, "SELF": _reference(f"{kind}.{name}", address), "TIER": tier.lower() if kind.startswith("google_") else tier}
    writer = _Writer(words, shows_old)
    lines: list[Line] = []
    spots: list[Spot | None] = []
    for target in _targets(snippet, address, kind, read):
        spot = locate(sources, target.address or address) if sources is not None else None
        block = sources.block(spot) if sources is not None and spot is not None and target.address else ""
        if (spot is not None and (spot.call or spot.path.endswith(".json"))) or not _fits(target.items, block):
            return None
        spots.append(spot)
        if target.address:
            lines += _there(writer, target, block)
        else:
            lines += _made(writer, target, name, _each(kind, name, address))
    return Edit(tuple(lines), spots[0] if spots else None)


@dataclass(frozen=True, slots=True)
class _Target:
    """One block that changes or is made."""

    type: str
    items: tuple[Item, ...]
    address: str
    """Empty for a resource that is not there yet."""

    @property
    def label(self) -> str:
        """The name in its block's head."""
        found = address_parts(self.address)
        return found[1][2] if found is not None else ""


def _targets(snippet: Snippet, address: str, kind: str, read: Collection[str]) -> Iterator[_Target]:
    if snippet.own:
        yield _Target(kind, snippet.own, address)
    for each in snippet.beside:
        yield _Target(each.type, each.items, next((one for one in read if _type_of(one) == each.type), ""))


def _there(writer: _Writer, target: _Target, block: str) -> Iterator[Line]:
    """A resource that is there, with what changes in it."""
    yield " ", f'resource "{target.type}" "{target.label}" {{'
    yield from _changed(writer, target.items, block, 1)
    yield " ", "}"


def _made(writer: _Writer, target: _Target, name: str, each: Iterable[Argument]) -> Iterator[Line]:
    """A resource that is not there yet."""
    yield "+", f'resource "{target.type}" "{name}" {{'
    yield from _new(writer, (*each, *target.items), 1)
    yield "+", "}"


def written(snippet: Snippet) -> list[str]:
    """A snippet as a control's page shows it: SELF is the resource, NAME its name, and other words in capitals are for the author."""
    plain = _Writer({"NAME": "NAME", "SELF": "SELF", "TIER": "TIER"}, shows_old=False)
    lines = list(_texts(plain, snippet.own))
    for one in snippet.beside:
        lines += [f'resource "{one.type}" "NAME" {{', *(f"  {text}" for text in _texts(plain, one.items)), "}"]
    return lines


def _type_of(address: str) -> str:
    found = address_parts(address)
    return found[1][1] if found is not None else ""


def _reference(plain: str, address: str) -> str:
    """The resource as an expression beside it: one of its instances where it has several."""
    key = _KEY.search(address)
    if key is None:
        return plain
    return "each.value" if key[1].startswith('"') else f"{plain}[count.index]"


def _each(kind: str, name: str, address: str) -> Iterator[Argument]:
    """What makes as many of a new resource as there are of the one that it belongs to."""
    key = _KEY.search(address)
    if key is not None:
        plain = f"{kind}.{name}"
        yield Argument("for_each", plain) if key[1].startswith('"') else Argument("count", f"length({plain})")


def _fits(items: Sequence[Item], block: str) -> bool:
    """Whether the lines of a block are what they look like: nothing of what changes is made by an expression or a `dynamic` block."""
    here = {part.name: _slice(block, part) for part in parts(block)}
    dynamic = frozenset(_DYNAMIC.findall(block))
    for one in items:
        if not isinstance(one, Nested):
            continue
        text = here.get(one.name, "")
        if one.name in dynamic or (text and not re.match(rf'\s*"?{re.escape(one.name)}"?\s*=?\s*\{{', text)) or not _fits(one.items, text):
            return False
    return True


def _new(writer: _Writer, items: Sequence[Item], depth: int) -> Iterator[Line]:
    """All lines of something that is not there yet."""
    yield from (("+", "  " * depth + text) for text in _texts(writer, items))


def _texts(writer: _Writer, items: Sequence[Item]) -> Iterator[str]:
    """Lines as `terraform fmt` writes them: the equals signs of arguments that follow each other stand in one column."""
    for is_argument, run in groupby(items, key=lambda one: isinstance(one, Argument)):
        these = list(run)
        width = max(len(one.name) for one in these) if is_argument else 0
        for one in these:
            if isinstance(one, Argument):
                yield f"{one.name:<{width}} = {writer.value(one.value)}"
            else:
                yield f"{one.name}{' =' if one.is_map else ''} {{"
                yield from (f"  {text}" for text in _texts(writer, one.items))
                yield "}"


def _changed(writer: _Writer, items: Sequence[Item], block: str, depth: int) -> Iterator[Line]:
    """What changes inside a block that is there; `block` is its text, or empty where it is not at hand."""
    here = {part.name: part for part in reversed(list(parts(block)))}
    pad = "  " * depth
    for one in items:
        part = here.get(one.name)
        if isinstance(one, Nested):
            if part is not None or (one.stands and not block):
                inner = _slice(block, part) if part is not None else ""
                yield " ", f"{pad}{one.name}{' =' if one.is_map else ''} {{"
                yield from _changed(writer, one.items, inner, depth + 1)
                yield " ", f"{pad}}}"
            else:
                yield from _new(writer, [one], depth)
        elif not one.value.startswith("SELF"):
            yield from _argument(writer, one, _slice(block, part) if part is not None else "", pad)
        # What leads to the resource that it belongs to stands already.


def _argument(writer: _Writer, one: Argument, old: str, pad: str) -> Iterator[Line]:
    new = f"{one.name} = {writer.value(one.value)}"
    if old and " ".join(old.split()) == new:
        yield " ", pad + new
        return
    if old and writer.shows_old:
        lines = old.split("\n")
        yield from (("-", pad + line.strip()) for line in lines[:_MOST_OLD])
        if len(lines) > _MOST_OLD:
            yield "-", f"{pad}..."
    yield "+", pad + new


def _slice(block: str, part: Part) -> str:
    return "\n".join(block.split("\n")[part.line - 1 : part.end])
