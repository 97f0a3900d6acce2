"""Texts, lists and mappings as Terraform writes them, and set as `terraform fmt` would set them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby


def hcl(value: object, depth: int) -> str:
    """A value as Terraform writes it, indented for a place that many blocks deep."""
    pad, end = "  " * (depth + 1), "  " * depth
    match value:
        case Mapping():
            return "{\n" + arguments({str(key): hcl(one, depth + 1) for key, one in value.items()}, depth + 1) + end + "}"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${") + '"'
        case Sequence():
            inner = "".join(f"{pad}{hcl(one, depth + 1)},\n" for one in value)
            return "[\n" + inner + end + "]"
        case _:
            raise TypeError(f"a policy holds texts, lists and mappings, not {type(value).__name__}")


def block(head: str, values: Mapping[str, str], rest: str = "") -> str:
    """A block with its arguments, which are expressions, and the blocks in it."""
    return f"{head} {{\n{arguments(values, 1)}{rest}}}\n"


def arguments(values: Mapping[str, str], depth: int) -> str:
    """Names with their expressions, that many blocks deep: of neighbours that take one line each, the signs stand below each other."""
    return "".join(line for _, group in groupby(values.items(), lambda one: "\n" in one[1]) for line in _beside(list(group), "  " * depth))


def _beside(group: Sequence[tuple[str, str]], pad: str) -> Iterable[str]:
    width = max(len(name) for name, one in group) if "\n" not in group[0][1] else 0
    return (f"{pad}{name:<{width}} = {one}\n" for name, one in group)
