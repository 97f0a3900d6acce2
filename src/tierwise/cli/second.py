"""What `scan plan` needs to ask Checkov for a second opinion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tierwise.cli.options import together

if TYPE_CHECKING:
    from tierwise.connectors.terraform.source import PlanSource
    from tierwise.model.opinion import PartOf
    from tierwise.scan import Judging, Outcome, Progress


@dataclass(frozen=True, slots=True)
class Asking:
    """Checkov, found, and the files that it is asked about."""

    executable: Path
    files: tuple[tuple[Path, str], ...]
    """Each with what is put before the addresses in it."""
    parts: Mapping[str, PartOf]
    """The resources of the files that set parts of others, by id."""
    timeout: float


second_options = together(
    click.option("--with-checkov", is_flag=True, help="Show what Checkov says beside our verdicts; it advises. Default: off."),
    click.option(
        "--checkov-bin",
        type=click.Path(path_type=Path),
        help="Checkov's executable; default: 'checkov' on the path. Implies --with-checkov.",
    ),
    click.option(
        "--checkov-timeout",
        type=click.FloatRange(1),
        default=600.0,
        help="Seconds after which Checkov is stopped, per file; default: 600.",
    ),
)
"""The options of a second opinion."""


def asking(values: Mapping[str, Any], paths: Sequence[Path | str], source: PlanSource) -> Asking | None:
    """What was asked for of the plans at these paths, None where nothing was; UsageError without Checkov, InputError for what it could not read."""
    if not values["with_checkov"] and values["checkov_bin"] is None:
        return None
    from tierwise.connectors.checkov.run import as_files, find

    executable = find(values["checkov_bin"])
    files = tuple((file, plan.prefix) for file, plan in zip(as_files(paths), source.plans, strict=True))
    return Asking(executable, files, source.parts(), values["checkov_timeout"])


def with_second(outcome: Outcome, asked: Asking | None, judging: Judging, progress: Progress | None) -> Outcome:
    """The outcome with what Checkov says of the same files, where it was asked."""
    if asked is None:
        return outcome
    from tierwise.connectors.checkov.mapping import load_map
    from tierwise.connectors.checkov.run import TOOL, ask
    from tierwise.evaluate.opinion import second_opinion

    answers, named = [], judging.mask.text
    for answer in ask(asked.executable, asked.files, asked.timeout):
        answers.append(replace(answer, said=tuple(replace(one, address=named(one.address)) for one in answer.said)))
        if progress is not None:
            progress(TOOL, len(answers), len(asked.files))
    result = outcome.result
    parts = {named(key): replace(part, wholes=tuple(map(named, part.wholes))) for key, part in asked.parts.items()}
    second = second_opinion(TOOL, answers, load_map().questions, judging.controls, result.resources, result.classifications, parts)
    return replace(outcome, result=replace(result, second=second))
