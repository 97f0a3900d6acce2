"""The pipeline: collect in two stages, classify, derive, judge. The only clock."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tierwise.connectors.base import Source
from tierwise.connectors.reported import Reported
from tierwise.evaluate.compiled import compile_control
from tierwise.model.finding import Run, ScanResult
from tierwise.model.resource import Gap
from tierwise.scan.asks import asked
from tierwise.scan.assess import Judging, add_facts_of_tiers, assess, reassess
from tierwise.scan.collect import Collected, Progress, run_units
from tierwise.scan.past import pasts_of
from tierwise.scan.result import Material, result_of
from tierwise.scan.sample import Sampling, sample


def now() -> datetime:
    """The clock; read once at a run's start and once at its end."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scan's result, and what it was made from."""

    result: ScanResult
    collected: Collected
    """What was read, before anything was derived: the material of a saved inventory."""

    @property
    def crashes(self) -> tuple[str, ...]:
        """Tracebacks of units that a bug ended."""
        return tuple(self.collected.crashes)


def scan(
    sources: Sequence[Source],
    judging: Judging,
    *,
    started: datetime,
    gaps: Sequence[Gap] = (),
    jobs: int = 16,
    progress: Progress | None = None,
    sampling: Sampling | None = None,
    reported: Sequence[Reported] = (),
) -> Outcome:
    """Collect from all sources, judge, and return everything that a report may show.

    `gaps` are failures from before collection (an account whose role could not be assumed). Without `sampling` no store is looked into.
    `reported` is what other tools found in the stores.
    """
    collected, today = Collected(mask=judging.mask), started.date()
    for gap in gaps:
        collected.take(gap)
    run_units((unit for source in sources for unit in source.survey()), collected, jobs=jobs, stage="survey", progress=progress)
    for one in reported:
        collected.report(one)
    compiled = [compile_control(control) for control in judging.controls]
    first = assess(collected, judging, today)
    if sampling and sample(sources, first, collected, judging, sampling, jobs=jobs, progress=progress):
        first = assess(collected, judging, today)
    made: dict[str, frozenset[str]] = {}
    while asks := asked(first, collected.resources, compiled, made):
        details = [unit for source in sources for unit in source.details(dict(zip(collected.as_asked(asks), asks.values(), strict=True)))]
        if not details:
            break
        run_units(details, collected, jobs=jobs, stage="details", progress=progress)
        if not collected.relinked:
            first = reassess(first, collected, judging, today)
            break
        # A link that waited for its holder's tier may raise another's, for which more has to be read then.
        collected.relinked = False
        made = {key: made.get(key, frozenset()) | asks.get(key, frozenset()) for key in (*made, *asks)}
        first = assess(collected, judging, today)
    add_facts_of_tiers(first, collected, judging, today)
    pasts = pasts_of(collected, first, compiled, judging, today)
    name = f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
    run = Run(name, started.isoformat(), now().isoformat(), judging.profile.id, tuple(judging.mask.text(source.name) for source in sources))
    return Outcome(result_of(Material(run, collected, first, pasts, compiled), judging, today), collected)
