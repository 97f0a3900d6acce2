"""Holds what came of the reads that were due: of answers how many there were, and each failure; knows nothing of sources or units."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tierwise.model.resource import ANSWERED, ReadOutcome


class Outcomes(Collection[ReadOutcome]):
    """What came of reads. Of the very many that are answers, those of an account, a region and an operation are one with their number, held as a place in a list."""

    __slots__ = ("_failed", "_numbers", "_places", "_shared")

    def __init__(self) -> None:
        self._failed: list[ReadOutcome] = []
        """Those that are no answers, or are of one resource."""
        self._numbers: dict[tuple[str, str], int] = {}
        """By operation and outcome, where an account and region has how many there were."""
        self._places: dict[tuple[str, str], list[int]] = {}
        """How many there were, by account and region."""
        self._shared: set[tuple[str, str, str]] = set()
        """The outcomes of shared documents that have come in: operation, outcome and document."""

    def add(self, told: ReadOutcome) -> None:
        """Count one; that of a document that several resources share counts once."""
        if told.shared:
            shared = (told.operation, told.outcome, told.shared)
            if shared in self._shared:
                return
            self._shared.add(shared)
        if told.resource or told.outcome not in ANSWERED:
            self._failed.append(told)
            return
        number = self._numbers.setdefault((told.operation, told.outcome), len(self._numbers))
        counts = self._places.setdefault((told.account, told.region), [])
        counts.extend([0] * (number + 1 - len(counts)))
        counts[number] += told.count

    def __len__(self) -> int:
        return len(self._failed) + sum(len(counts) - counts.count(0) for counts in self._places.values())

    def __iter__(self) -> Iterator[ReadOutcome]:
        """The answers by account and region, then the failures as they came in."""
        operations = list(self._numbers)
        for (account, region), counts in self._places.items():
            for (operation, outcome), count in zip(operations, counts, strict=False):
                if count:
                    yield ReadOutcome(account, region, operation, outcome, count=count)
        yield from self._failed

    def __contains__(self, one: object) -> bool:
        return one in self._failed or any(one == other for other in self)
