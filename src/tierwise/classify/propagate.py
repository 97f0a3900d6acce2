"""Spreading values along edges to the least fixed point; values only rise, so any order of work gives the same end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from tierwise.classify.flow import Edge


def spread(start: Sequence[int], given_by: Sequence[Sequence[Edge]], through: Callable[[Edge, int], int]) -> list[int]:
    """The least values at or above `start` for which every taker has at least `through(edge, giver's value)`.

    `through` must be monotone and may lower what flows; values come from a finite scale, so this ends.
    """
    values = list(start)
    waiting = deque(place for place, value in enumerate(values) if value)
    queued = [bool(value) for value in values]
    while waiting:
        giver = waiting.popleft()
        queued[giver] = False
        value = values[giver]
        for edge in given_by[giver]:
            offered = through(edge, value)
            if offered > values[edge.taker]:
                values[edge.taker] = offered
                if not queued[edge.taker]:
                    queued[edge.taker] = True
                    waiting.append(edge.taker)
    return values


def reach(start: Sequence[bool], given_by: Sequence[Sequence[Edge]], along: Callable[[Edge], bool]) -> list[bool]:
    """Which places can be reached from the marked ones along the edges that count."""
    reached = spread([int(mark) for mark in start], given_by, lambda edge, value: value if along(edge) else 0)
    return [bool(value) for value in reached]
