"""Terraform addresses taken apart, aware of quotes: `module.team["a.b"].module.x[0].aws_s3_bucket.b["raw"]`."""

from __future__ import annotations

import json
import re
from typing import Final, TypeAlias

import msgspec

Index: TypeAlias = int | str | None
ModuleInstance: TypeAlias = tuple[tuple[str, Index], ...]
"""The module calls from the root down, each with its key."""

_NAME: Final = re.compile(r"[^.\[\]\"]+")
_NUMBER: Final = re.compile(r"\[(-?\d+)\]")
_TEXT: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]')
_PLAIN: Final = re.compile(r"[^.\[\]\"*]+(?:\.[^.\[\]\"*]+)*")
"""Names and dots only, as most addresses and references are."""
_SPLAT: Final = re.compile(r"\[\*\]|\.\*(?=\.|\Z)")


class Part(msgspec.Struct, frozen=True, gc=False):
    """A name and the key in brackets after it."""

    name: str
    index: Index = None


class Address(msgspec.Struct, frozen=True, gc=False):
    """Where a resource stands."""

    module: ModuleInstance
    mode: str
    """`managed` or `data`"""
    type: str
    name: str
    index: Index = None


def tokens(text: str) -> tuple[Part, ...]:
    """The dotted parts of an address or a reference; ValueError where it is none."""
    if _PLAIN.fullmatch(text):
        return tuple([Part(name) for name in text.split(".")])
    found: list[Part] = []
    at = 0
    while at < len(text):
        if found:
            if splat := _SPLAT.match(text, at):
                at = splat.end()
                continue
            if text[at] != ".":
                raise ValueError(f"not an address: {text!r}")
            at += 1
        name = _NAME.match(text, at)
        if name is None:
            raise ValueError(f"not an address: {text!r}")
        at = name.end()
        index: Index = None
        if number := _NUMBER.match(text, at):
            index, at = int(number[1]), number.end()
        elif quoted := _TEXT.match(text, at):
            index, at = unquoted(quoted[1]), quoted.end()
        found.append(Part(name[0], index))
    if not found:
        raise ValueError("not an address: it is empty")
    return tuple(found)


def unquoted(text: str) -> str:
    """The text between quotes, with its escapes undone."""
    plain = text.replace("$${", "${").replace("%%{", "%{")
    if "\\" not in plain:
        return plain
    try:
        return str(json.loads(f'"{plain}"'))
    except ValueError:
        return plain.replace('\\"', '"').replace("\\\\", "\\")


def parse_module(text: str) -> ModuleInstance:
    """The module instance that a `module_address` names; ValueError where it names none."""
    parts = tokens(text)
    if len(parts) % 2 or any(part.name != "module" for part in parts[::2]):
        raise ValueError(f"not a module's address: {text!r}")
    return tuple((part.name, part.index) for part in parts[1::2])


def parse_address(text: str) -> Address:
    """The parts of a resource's address; ValueError where it is none."""
    parts = list(tokens(text))
    module: list[tuple[str, Index]] = []
    while len(parts) > 2 and parts[0].name == "module":
        module.append((parts[1].name, parts[1].index))
        parts = parts[2:]
    mode = "data" if len(parts) == 3 and parts[0].name == "data" else "managed"
    if mode == "data":
        parts = parts[1:]
    if len(parts) != 2:
        raise ValueError(f"not a resource's address: {text!r}")
    return Address(tuple(module), mode, parts[0].name, parts[1].name, parts[1].index)


def written(place: Address) -> str:
    """The address of a place, as Terraform writes it."""
    parts = [f"module.{name}{_key(index)}" for name, index in place.module]
    if place.mode == "data":
        parts.append("data")
    return ".".join([*parts, place.type, f"{place.name}{_key(place.index)}"])


def _key(index: Index) -> str:
    if index is None:
        return ""
    text = json.dumps(index, ensure_ascii=False)
    return f"[{text.replace('${', '$${').replace('%{', '%%{')}]"
