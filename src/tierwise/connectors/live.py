"""The live read that settles a fact of a planned resource, as the live connectors declare it; loaded where a plan leaves something open."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from tierwise.model.change import LiveRead


class _File(msgspec.Struct, frozen=True):
    reads: list[tuple[str, str]]
    types: dict[str, dict[str, list[int]]]


@cache
def live_reads() -> Mapping[str, Mapping[str, tuple[LiveRead, ...]]]:
    """Terraform type to fact (or `tags`) to the reads that tell it; types that no live connector reads are not in it."""
    found = msgspec.json.decode((files(__package__) / "live_reads.json").read_bytes(), type=_File)
    reads = [LiveRead(call, action) for call, action in found.reads]
    return {
        kind: {name: tuple(reads[number] for number in numbers) for name, numbers in facts.items()} for kind, facts in found.types.items()
    }
