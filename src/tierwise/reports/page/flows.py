"""Where data flows: copies, replicas, exports and logs between what the scan saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tierwise.model.resource import HELD, Rel, Resource
from tierwise.reports.page.first import First
from tierwise.reports.shown import Shown

WORDS: Final = {
    Rel.COPY_OF: "is a copy of",
    Rel.BACKUP_OF: "is a backup of",
    Rel.REPLICATES_TO: "replicates to",
    Rel.EXPORTS_TO: "exports to",
    Rel.LOGS_TO: "logs to",
}


@dataclass(frozen=True, slots=True)
class Flow:
    """One way that data takes."""

    source: str
    words: str
    target: str
    tiers: str


class Flows:
    """Of very many only the first are held: highest tier first, in the order of the names of where they begin."""

    def __init__(self, most: int) -> None:
        """`most` is how many are told."""
        self._first: First[tuple[int, str, int, int]] = First(most)
        """The highest tier of both ends, the name, and the place of the resource and of the link on it."""

    def add(self, page: Shown, place: int, resource: Resource) -> None:
        """Those that a resource at a place tells of."""
        if resource.kind not in HELD:
            return
        tiers = page.result.classifications
        for at, link in enumerate(resource.links):
            if link.rel in WORDS:
                other = tiers.get(link.to)
                tier = max(tiers[resource.id].tier, other.tier if other else 0)
                self._first.add((-tier, resource.name or resource.id, place, at))

    def join(self, other: Flows) -> None:
        """What was found elsewhere."""
        self._first.join(other._first)

    @property
    def number(self) -> int:
        """How many there are."""
        return self._first.number

    def told(self, page: Shown) -> Iterator[Flow]:
        """The first."""
        for _tier, source, place, at in self._first.told():
            resource = page.result.resources[place]
            link = resource.links[at]
            other = page.resources.get(link.to)
            tiers = [page.result.classifications[one.id].tier for one in (resource, other) if one is not None]
            target = (other.name or other.id) if other else link.to or "something that could not be read"
            yield Flow(source, WORDS[link.rel], target, " and ".join(dict.fromkeys(tier.label for tier in tiers)))
