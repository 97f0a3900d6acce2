"""A scan's calls before it is made: how many to each service, how long they take at the ceilings, and what is billed for them; pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from tierwise.reports.cost import PRICED, dollars, price_of
from tierwise.reports.text import count, safe_text

FORECAST_SCHEMA: Final = "tierwise/forecast/1"


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one kind in one account."""

    account: str
    service: str
    operation: str
    number: int
    per_second: float
    """The ceiling that it shares with the other calls of its service in the account."""


@dataclass(frozen=True, slots=True)
class Need:
    """What the declarations say of a service, where nobody knows yet how much of it there is."""

    service: str
    listings: int
    """Calls in each place that is scanned, more where an answer has several pages."""
    least: int
    """Calls for each resource, whatever its tier."""
    most: int
    """The same with all that the selected controls ask for at T4; of several types of resources, all together."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a scan is going to do."""

    sources: Sequence[str]
    made: Sequence[str]
    """The calls by which they were found."""
    run: str = ""
    """The last run of the same scope, profile and controls, whose calls are taken for the next one's; empty where none is kept."""
    day: str = ""
    calls: Sequence[Calls] = ()
    needs: Sequence[Need] = ()
    """Where there is no such run."""
    spared: int | None = None
    """How many of the calls `--since` spares at most; None where it was not asked for, or that is not known."""
    remark: str = ""
    """In what the run read otherwise than the next one does."""


@dataclass(frozen=True, slots=True)
class _Row:
    service: str
    calls: int
    minutes: float
    billed: int
    price: float


def _rows(calls: Sequence[Calls]) -> Iterator[_Row]:
    for service, some in groupby(sorted(calls, key=lambda one: one.service), key=lambda one: one.service):
        own = list(some)
        billed = [one for one in own if price_of(one.operation)]
        price = sum(one.number * price_of(one.operation) for one in billed)
        yield _Row(service, sum(one.number for one in own), _minutes(own), sum(one.number for one in billed), price)


def _minutes(calls: Sequence[Calls]) -> float:
    """How long they take at least: accounts have ceilings of their own and are read side by side, so the slowest is waited for."""
    seconds: Counter[tuple[str, float]] = Counter()
    for one in calls:
        seconds[one.account, one.per_second] += one.number
    return max((number / per_second for (_, per_second), number in seconds.items()), default=0.0) / 60


def forecast_text(told: Forecast) -> str:
    """For people."""
    lines = [f"A scan of {', '.join(map(safe_text, told.sources))}."]
    lines.append(f"Nothing was read but what finds them: {', '.join(told.made)}. No read of it is billed.")
    if told.run:
        rows = list(_rows(told.calls))
        lines += [
            "",
            f"Calls, as run {told.run} of {told.day} made them:",
            f"  {'service':<24}{'calls':>10}{'minutes':>10}{'billed':>10}{'price':>16}",
        ]
        lines += [f"  {one.service:<24}{one.calls:>10,}{one.minutes:>10.1f}{one.billed:>10,}{dollars(one.price):>16}" for one in rows]
        total, slowest, price = (
            sum(one.calls for one in rows),
            max((one.minutes for one in rows), default=0.0),
            sum(one.price for one in rows),
        )
        lines += ["", f"{count(total, 'call')}, at least {slowest:.1f} minutes at the ceilings; {dollars(price)} at {PRICED}."]
        if told.remark:
            lines.append(f"Note: {told.remark}.")
        if told.spared is not None:
            lines += [
                f"--since spares up to {told.spared:,} of them, where nothing has changed since that run; its history of changes takes a few."
            ]
    else:
        lines += [
            "",
            "No run of this scope, profile and choice of controls is kept, so how much there is to read is not known. Calls, by service:",
        ]
        lines += [f"  {'service':<24}{'listings in each place':>24}{'for each resource':>20}"]
        lines += [f"  {one.service:<24}{one.listings:>24}{_range(one):>20}" for one in told.needs]
        lines += ["", f"Prices of the calls that are billed: {PRICED}. After a first scan this says how many calls the next one makes."]
    return "\n".join(lines) + "\n"


def _range(one: Need) -> str:
    return str(one.most) if one.least == one.most else f"{one.least} to {one.most}"


def forecast_json(told: Forecast) -> str:
    """The same for machines."""
    rows = list(_rows(told.calls))
    made = {
        "schema": FORECAST_SCHEMA,
        "sources": list(told.sources),
        "made": list(told.made),
        "run": {"id": told.run, "day": told.day} if told.run else None,
        "calls": sum(one.calls for one in rows) if told.run else None,
        "spared": told.spared,
        "remark": told.remark,
        "minutes": round(max((one.minutes for one in rows), default=0.0), 3) if told.run else None,
        "price": {"usd": round(sum(one.price for one in rows), 6) if told.run else None, "at": PRICED},
        "services": [
            {"service": one.service, "calls": one.calls, "minutes": round(one.minutes, 3), "billed": one.billed, "usd": round(one.price, 6)}
            for one in rows
        ],
        "needs": [{"service": one.service, "listings": one.listings, "least": one.least, "most": one.most} for one in told.needs],
    }
    return json.dumps(made, indent=2) + "\n"
