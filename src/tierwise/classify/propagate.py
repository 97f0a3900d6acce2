"""Spreading values along edges to the least fixed point; values only rise, so any order of work gives the same end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from tierwise.classify.flow import Edge


def spread(start: Iterable[int], given_by: Mapping[int, Sequence[Edge]], through: Callable[[Edge, int], int]) -> bytearray:
    """The least values at or above `start` for which every taker has at least `through(edge, giver's value)`.

    `through` must be monotone and may lower what flows; values come from a finite scale, so this ends.
    """
    values = bytearray(start)
    waiting = deque(place for place in given_by if values[place])
    queued = set(waiting)
    while waiting:
        giver = waiting.popleft()
        queued.remove(giver)
        value = values[giver]
        for edge in given_by.get(giver, ()):
            offered = through(edge, value)
            if offered > values[edge.taker]:
                values[edge.taker] = offered
                if edge.taker not in queued:
                    queued.add(edge.taker)
                    waiting.append(edge.taker)
    return values


def reach(start: Iterable[int], given_by: Mapping[int, Sequence[Edge]], along: Callable[[Edge], bool]) -> bytearray:
    """Which places can be reached from the marked ones along the edges that count: 1 for each that can, 0 for the others."""
    return spread(map(bool, start), given_by, lambda edge, value: value if along(edge) else 0)
