"""The stages of one scan over its sources: survey, looks into stores, details; what an earlier process has read is not read again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Final

from tierwise.connectors.base import Detailed, Item, Lookable, Resumable, Source, Unit
from tierwise.model.resource import ANSWERED, Gap
from tierwise.scan.collect import Collected, Progress, run_units

if TYPE_CHECKING:
    from tierwise.content.look import Looker
    from tierwise.scan.checkpoint import Checkpoint

NOTHING: Final[Mapping[str, frozenset[str]]] = {}


@dataclass(frozen=True, slots=True)
class Pool:
    """Sources, and what has been collected of them."""

    sources: Sequence[Source]
    collected: Collected
    jobs: int
    progress: Progress | None
    checkpoint: Checkpoint | None = None
    asked: dict[str, frozenset[str]] = field(default_factory=dict)
    """What details were asked for so far, by resource."""
    rounds: list[int] = field(default_factory=list)
    """Of how many resources each round of stage 2 that has ended read more."""

    def survey(self) -> None:
        """Stage 1."""
        self._run((unit for source in self.sources for unit in source.survey()), "survey")
        # What follows must not depend on which unit ended first.
        self.collected.resources.sort()

    @property
    def has_details(self) -> bool:
        """Whether more can be read of any source."""
        return any(isinstance(source, Detailed) for source in self.sources)

    @property
    def looked_into(self) -> frozenset[str]:
        """The types of stores that its sources look into."""
        return frozenset[str]().union(*(source.looked_into for source in self.sources if isinstance(source, Lookable)))

    def look(self, resources: Collection[str], looker: Looker) -> None:
        """Look into these stores; what came of it is not kept for another process."""
        self._survey_again(self.lost(resources))
        known = self.collected.as_asked(resources)
        self._run((unit for one in self.sources if isinstance(one, Lookable) for unit in one.looks(known, looker)), "looking into stores")

    def details(self, asks: Mapping[str, frozenset[str]]) -> bool:
        """Stage 2: what is asked for, by resource; False where no source has it."""
        known: Sequence[Item] = ()
        earlier = dict(self.asked)
        for key, names in asks.items():
            self.asked[key] = earlier[key] | names if key in earlier else names
        if self.checkpoint is not None:
            known, asks = self.checkpoint.answered(asks)
            for item in known:
                self.collected.take(item)
        lost = self.lost(asks)
        found = self._read({key: names for key, names in asks.items() if key not in lost}) or bool(known)
        for some in self._in_parts(lost):
            unlisted = self._survey_again(some, earlier)
            found = self._read({key: asks[key] for key in some}, unlisted) or found
        self.rounds.append(len(asks))
        return found

    def _read(self, asks: Mapping[str, frozenset[str]], unlisted: Collection[str] = ()) -> bool:
        """Read what is asked of resources that the sources have listed, and keep what none of them has a read for; False where that is all of it."""
        own = dict(zip(self.collected.as_asked(asks), asks, strict=True))
        units = self._details({name: asks[key] for name, key in own.items()})
        if self.checkpoint is not None:
            due = {own[name] for unit in units for name in unit.asked}.union(unlisted)
            self.checkpoint.keep_unread({key: names for key, names in asks.items() if key not in due})
        found = bool(units)
        self._run(_taken(units), "details")
        return found

    def lost(self, resources: Iterable[str]) -> dict[str, str]:
        """Those that an earlier process has listed and this one has not, with the units in which they are: account by account, and what failed for now after all else."""
        if self.checkpoint is None:
            return {}
        restored, failed = self.checkpoint.restored, self.checkpoint.failed
        return dict(
            sorted(((one, restored[one]) for one in resources if one in restored), key=lambda pair: (pair[0] in failed, *pair[::-1]))
        )

    def _in_parts(self, lost: Mapping[str, str]) -> Iterator[list[str]]:
        """What is listed again and read together: of what this process lists, the next would know nothing, so that the first part is small and each other twice the one before."""
        left, size = list(lost), self.checkpoint.part if self.checkpoint is not None else 0
        while left:
            yield left[:size]
            del left[:size]
            size *= 2

    def _details(self, asks: Mapping[str, frozenset[str]]) -> list[Unit]:
        return [unit for source in self.sources if isinstance(source, Detailed) for unit in source.details(asks)]

    def _run(self, units: Iterable[Unit], stage: str) -> None:
        run_units(units, self.collected, jobs=self.jobs, stage=stage, progress=self.progress, checkpoint=self.checkpoint)
        # Whatever is unknown because of several gaps names the first, and reports tell of places in one order.
        self.collected.gaps.sort(key=_place_of)
        self.collected.regions.sort(key=astuple)

    def _survey_again(self, resources: Collection[str], earlier: Mapping[str, frozenset[str]] = NOTHING) -> Collection[str]:
        """Have the sources list those resources once more that an earlier process has listed, so that more can be read of them.

        With them what was asked of them `earlier`, since facts are made of all that was read. What was read of them stays as it is; only what fails now is told beside it.
        Those that were not listed this time are returned: what more could be read of them nobody knows.
        """
        if self.checkpoint is None or not resources:
            return ()
        lost = set(resources)
        collected, mask = self.collected, self.collected.mask

        def wanted(own: str) -> bool:
            return mask.text(own) in lost or mask.text(own, staff=True) in lost

        beside, only = Collected(mask=mask), self.checkpoint.units_of(lost)
        units = [unit for source in self.sources if isinstance(source, Resumable) for unit in source.again(wanted, len(self.rounds))]
        self.checkpoint.listing_again = True
        run_units(units, beside, jobs=self.jobs, stage="survey again", progress=self.progress, only=only)
        own = zip(beside.as_asked(lost), lost, strict=True)
        if again := {name: earlier[key] for name, key in own if key in earlier}:
            run_units(self._details(again), beside, jobs=self.jobs, stage="details again", progress=self.progress, only=only)
        for one in lost:
            del self.checkpoint.restored[one]
        collected.masked |= beside.masked
        collected.crashes += beside.crashes
        collected.gaps += [one for one in beside.gaps if one not in collected.gaps]
        for outcome in beside.outcomes:
            # That of a document that several resources share was perhaps told of another of them; it counts once.
            if outcome.outcome not in ANSWERED and outcome not in collected.outcomes:
                collected.take(outcome)
        return {one for one in lost if one not in beside.resources}


def _taken(units: list[Unit]) -> Iterator[Unit]:
    """Them, in their order; the list keeps none, so that what a unit holds goes with it."""
    units.reverse()
    while units:
        yield units.pop()


def _place_of(gap: Gap) -> tuple[str, ...]:
    return gap.provider, gap.account, gap.region, gap.service, gap.action, gap.reason, gap.detail, *sorted(gap.kinds)
