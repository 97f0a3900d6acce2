"""Broken plans: each is refused with a message or judged; none crashes, none hangs."""

from __future__ import annotations

import os
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.connectors.terraform.mutation import mutant
from tests.hang import ending
from tests.scan.worlds import judging
from tierwise.connectors.terraform.source import PlanSource, open_plans
from tierwise.errors import InputError
from tierwise.model.resource import Resource
from tierwise.model.vocabulary import check_fact
from tierwise.reports.base import View, reports
from tierwise.scan import scan

MUTANTS = int(os.environ.get("TIERWISE_MUTANTS", "2000"))
TOGETHER = 25
"""Plans judged in one scan, since most of the time of a small one goes into what does not depend on it."""
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


def opened(number: int, path: Path) -> PlanSource | str | None:
    """The plan of a number, nothing where it is refused as it should be, or what went wrong."""
    # A new file each time: one that is written over is flushed to the disk at once (ext4(5), auto_da_alloc).
    path.unlink(missing_ok=True)
    path.write_bytes(mutant(number))
    try:
        with ending():
            return open_plans([path])
    except InputError as refused:
        lines = str(refused).splitlines()
        return None if len(lines) <= 6 and "Traceback" not in str(refused) else f"{number}: {len(lines)} lines"
    except Exception:  # noqa: BLE001 - whatever it is, it is told with the number of its plan
        return f"{number}: {traceback.format_exc()}"


def judged(sources: dict[int, PlanSource]) -> list[str]:
    """What went wrong when these were judged together and reported, each crash with the numbers that share it."""
    several = list(reports().values())
    plans = tuple(replace(plan, prefix=f"{number}#") for number, source in sources.items() for plan in source.plans)
    try:
        with ending():
            outcome = scan([PlanSource("plan:mutants", plans)], judging(), started=STARTED, jobs=1)
            wrong = [problem for one in outcome.collected.resources.values() for problem in problems(one)]
            report = several[min(sources) // TOGETHER % len(several)]
            assert report.render(outcome.result, View()) is not None
    except Exception:  # noqa: BLE001 - whatever it is, it is told with the number of its plan
        if len(sources) == 1:
            return [f"{next(iter(sources))}: {traceback.format_exc()}"]
        return [wrong for number, source in sources.items() for wrong in judged({number: source})]
    if outcome.crashes and len(sources) > 1:
        return [wrong for number, source in sources.items() for wrong in judged({number: source})]
    return wrong + [f"{next(iter(sources))}: {crash}" for crash in outcome.crashes]


def problems(one: Resource) -> list[str]:
    """The facts and links of a resource that are not what the vocabulary allows."""
    facts = [f"{one.id}: {problem}" for fact in one.facts if (problem := check_fact(fact, one.facts[fact], one.kind))]
    return facts + [f"{one.id}: {link.rel} has the range of a fact" for link in one.links if link.unknown and link.unknown.between]


@pytest.mark.parametrize("first", range(0, MUTANTS, TOGETHER * 4))
def test_a_broken_plan_is_refused_or_judged(tmp_path, first):
    wrong: list[str] = []
    for start in range(first, min(first + TOGETHER * 4, MUTANTS), TOGETHER):
        sources: dict[int, PlanSource] = {}
        for number in range(start, min(start + TOGETHER, MUTANTS)):
            match opened(number, tmp_path / "plan.json"):
                case PlanSource() as source:
                    sources[number] = source
                case str() as crash:
                    wrong.append(crash)
                case None:
                    pass
        assert len(sources) > TOGETHER // 3, "too many are refused for the rest to say much"
        wrong += judged(sources)
    assert wrong == []
