"""The pipeline: collect in two stages, classify, derive, judge. The only clock."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tierwise.beside import aside
from tierwise.connectors.base import Remarking, Source
from tierwise.connectors.reported import Reported
from tierwise.evaluate.compiled import compile_control
from tierwise.model.finding import Run, ScanResult
from tierwise.model.resource import Gap
from tierwise.scan.asks import asked, by_kind
from tierwise.scan.assess import Judging, assess, reassess, with_facts, with_unused
from tierwise.scan.collect import Collected, Progress
from tierwise.scan.datasets import with_datasets
from tierwise.scan.past import pasts_of
from tierwise.scan.pool import Pool
from tierwise.scan.result import Material, result_of

if TYPE_CHECKING:
    from tierwise.scan.checkpoint import Checkpoint
    from tierwise.scan.sample import Sampling


def now() -> datetime:
    """The clock; read once at a run's start and once at its end."""
    return datetime.now(UTC).replace(microsecond=0)


def run_name(started: datetime) -> str:
    """An id for a run: when it began, and what tells it from others that began then."""
    return f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"


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
    checkpoint: Checkpoint | None = None,
    meanwhile: Callable[[Collected], None] | None = None,
) -> Outcome:
    """Collect from all sources, judge, and return everything that a report may show.

    `gaps` are failures from before collection (an account whose role could not be assumed). Without `sampling` no store is looked into.
    `reported` is what other tools found in the stores.
    With a `checkpoint` what is read is kept as it comes, and what it has already is not read again.
    `meanwhile` is done with what the survey gave while tiers are weighed, by another process where the system allows.
    """
    collected, today = Collected(mask=judging.mask), started.date()
    pool = Pool(sources, collected, jobs, progress, checkpoint)
    for gap in gaps:
        collected.take(gap)
    pool.survey()
    for one in reported:
        collected.report(one)
    compiled = [compile_control(control) for control in judging.controls]
    with _done_beside(meanwhile, collected):
        first = assess(collected, judging, today)
    if sampling:
        # The readers of content are loaded where someone asked for it.
        from tierwise.scan.sample import sample

        if sample(pool, first, judging, sampling):
            first = assess(collected, judging, today)
    made: dict[str, frozenset[str]] = {}
    while pool.has_details and (asks := asked(first, collected.resources, compiled, made)):
        if not pool.details(asks):
            break
        if not collected.relinked:
            first = reassess(first, collected)
            break
        # A link that waited for its holder's tier may raise another's, for which more has to be read then.
        collected.relinked = False
        made = {key: made.get(key, frozenset()) | asks.get(key, frozenset()) for key in (*made, *asks)}
        first = assess(collected, judging, today)
    said = (note for source in sources if isinstance(source, Remarking) for note in source.remarks())
    collected.notes += dict.fromkeys(judging.mask.text(note) for note in (*said, *collected.remarks()))
    first = with_datasets(with_facts(first, collected, judging, today), judging.attestations, today)
    first = with_unused(first, judging, by_kind(compiled), collected.gaps)
    pasts = pasts_of(collected, first, compiled, judging, today)
    name = checkpoint.run if checkpoint is not None else run_name(started)
    run = Run(name, started.isoformat(), now().isoformat(), judging.profile.id, tuple(judging.mask.text(source.name) for source in sources))
    return Outcome(result_of(Material(run, collected, first, pasts, compiled), judging, today), collected)


@contextmanager
def _done_beside(meanwhile: Callable[[Collected], None] | None, collected: Collected) -> Iterator[None]:
    """Have it done by the end of the context."""
    if meanwhile is None:
        yield
        return
    with aside(partial(meanwhile, collected)) as done:
        yield
        done()
