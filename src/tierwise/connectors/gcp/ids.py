"""Full resource names of Google Cloud, and what a name says by itself."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_PROJECT: Final = re.compile(r"(?:\A|/)projects/([^/]+)")
_NOT_PLACES: Final = frozenset({"", ".", ".."})
NAME: Final = r"[^/:\\]+(?:\.[^/:\\]+:[^/:\\]+)?"
"""A name in a path; a colon only after a domain (`example.com:project`), for after a name it begins a verb (`versions/1:access`)."""
_NAME: Final = re.compile(NAME)


def relative(name: str) -> str:
    """A full resource name without its service: `//storage.googleapis.com/b` is `b`."""
    return name.partition("//")[2].partition("/")[2] if name.startswith("//") else name


def values_of(name: str) -> tuple[str, ...]:
    """The names in a full resource name, each without its type: project, instance, and so on; of a bucket its name alone."""
    parts = relative(name).split("/")
    if len(parts) == 1:
        return (parts[0],)
    found: list[str] = []
    place = 0
    while place < len(parts):
        # `projects/p/global/snapshots/s`: what is of no zone and no region has a place without a name.
        if parts[place] != "global":
            found.append(parts[place + 1] if place + 1 < len(parts) else "")
            place += 1
        place += 1
    return tuple(found)


def project_in(name: str) -> str:
    """The project that a name names, by id or number; empty for none."""
    found = _PROJECT.search(name)
    return found[1] if found else ""


def above(name: str, levels: int = 1) -> str:
    """The name of what a resource is part of: each level is a type and a name."""
    return "/".join(name.split("/")[: -2 * levels])


def filled(template: str, values: tuple[str, ...], *, opaque: bool = False) -> str:
    """A path template with each `{}` filled; ValueError where a value could lead elsewhere. The slashes of an `opaque` last one are no parts of the path."""
    parts = template.split("{}")
    whole = values[:-1] if opaque else values
    if len(parts) != len(values) + 1 or any(one in _NOT_PLACES for one in values) or not all(_NAME.fullmatch(one) for one in whole):
        raise ValueError(template)
    return "".join(part + quote(value, safe=":@~") for part, value in zip(parts, (*values, ""), strict=True))
