"""Documents in which one thing has another shape than it should have."""

from __future__ import annotations

from typing import Any


def faults(told: Any) -> list[Any]:
    """The same with each part left out, of another type, empty, or text."""
    made: list[Any] = []
    for name, value in told.items() if isinstance(told, dict) else ():
        made += [{key: one for key, one in told.items() if key != name}]
        made += [{**told, name: other} for other in (None, [], {}, "{", 7.5, *faults(value))]
    if isinstance(told, list):
        made += [[other, *told[1:]] for other in (None, "restore", {}, *faults(told[0]))]
    return made
