"""What came of the calls that a cloud's caller made; shared by clouds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tierwise.connectors.declared import SHARED
from tierwise.model.fact import Unknown
from tierwise.model.resource import ReadOutcome


@dataclass(slots=True)
class Tally:
    """Calls that were answered by number, those that failed one by one; of a document that several resources share a failure counts once, whoever read it."""

    account: str
    region: str = ""
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    failures: list[ReadOutcome] = field(default_factory=list)

    def came(self, operation: str, outcome: str = "ok") -> None:
        """A call was answered: `ok`, or `absent` where the answer is that nothing is configured."""
        self.counts[operation, outcome, SHARED.get(), ""] += 1

    def failed(self, unknown: Unknown, operation: str, resource: str = "") -> Unknown:
        """A call failed; why, as it was given."""
        if shared := SHARED.get():
            self.counts[operation, unknown.reason.value, shared, resource] += 1
        else:
            self.failures.append(ReadOutcome(self.account, self.region, operation, unknown.reason.value, resource))
        return unknown

    def take(self, other: Tally) -> None:
        """Count what another has counted too."""
        self.counts.update(other.counts)
        self.failures += other.failures

    def outcomes(self) -> Iterator[ReadOutcome]:
        """What came of all calls so far."""
        for (operation, outcome, shared, resource), count in self.counts.items():
            yield ReadOutcome(self.account, self.region, operation, outcome, resource, count, shared)
        yield from self.failures
