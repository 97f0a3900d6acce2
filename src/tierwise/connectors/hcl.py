"""Texts, lists and mappings as Terraform writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def hcl(value: object, depth: int) -> str:
    """A value as Terraform writes it, indented for a place that many blocks deep."""
    pad, end = "  " * (depth + 1), "  " * depth
    match value:
        case Mapping():
            width = max((len(str(key)) for key in value), default=0)
            inner = "".join(f"{pad}{key!s:<{width}} = {hcl(one, depth + 1)}\n" for key, one in value.items())
            return "{\n" + inner + end + "}"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${") + '"'
        case Sequence():
            inner = "".join(f"{pad}{hcl(one, depth + 1)},\n" for one in value)
            return "[\n" + inner + end + "]"
        case _:
            raise TypeError(f"a policy holds texts, lists and mappings, not {type(value).__name__}")
