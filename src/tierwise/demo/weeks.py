"""The sample estate as it was in the weeks before: what was read on the day of the sample, less what `data/weeks.yaml` says came later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from tierwise.connectors.base import Item, Unit
from tierwise.model.fact import Known
from tierwise.model.resource import Resource

WEEKS: Final = Path(__file__).parent / "data" / "weeks.yaml"


@dataclass(frozen=True, slots=True)
class WeekSource:
    """One source's part of an estate, already read."""

    name: str
    items: tuple[Item, ...]

    def survey(self) -> Iterable[Unit]:
        """One unit with everything."""
        return [Unit("", "", "sample", lambda: self.items)]


def weeks_before(
    resources: Collection[Resource], others: Sequence[Item], names: Sequence[str], day: datetime
) -> Iterator[tuple[datetime, tuple[WeekSource, ...]]]:
    """When each earlier week's scan began, the earliest first, and its sources, called as those of the day.

    `resources` as they were collected; `others` is what else was: alike in each week.
    """
    for week in yaml.safe_load(WEEKS.read_text("utf-8"))["weeks"]:
        items: tuple[Item, ...] = (*_before(resources, week), *others)
        yield day - timedelta(weeks=week["ago"]), tuple(WeekSource(name, () if number else items) for number, name in enumerate(names))


def _before(resources: Iterable[Resource], week: Mapping[str, Any]) -> Iterator[Resource]:
    for one in resources:
        if one.id.endswith(tuple(week["absent"])):
            continue
        changed: Mapping[str, Any] = next((facts for end, facts in week["facts"].items() if one.id.endswith(end)), {})
        yield replace(one, facts={**one.facts, **{name: Known(value, one.facts[name].via) for name, value in changed.items()}})
