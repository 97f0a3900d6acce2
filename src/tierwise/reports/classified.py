"""What is where: each store with its tier, on what that rests, how sure it is, and who has confirmed it; as a table, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierwise.classify.basis import Progress, basis_of, confirmed_by, is_confirmed, progress
from tierwise.model.finding import ScanResult
from tierwise.model.resource import HELD, Resource
from tierwise.model.sensitivity import TIER_IDS, Classification, TierState
from tierwise.reports.audience import for_audience
from tierwise.reports.base import View
from tierwise.reports.escape import json_bytes
from tierwise.reports.tabular import csv_bytes
from tierwise.reports.text import count, log_lines, safe_text, short_id

SCHEMA: Final = "tierwise/classify/1"
COLUMNS: Final = (
    "tier", "lowest", "highest", "state", "basis", "confidence", "confirmed", "confirmed_by", "declared", "inferred", "conflict",
    "provider", "account", "region", "kind", "name", "id", "dataset", "owner", "because",
)  # fmt: skip
_STATES: Final[Mapping[TierState, str]] = {
    TierState.DECLARED: "declared by a tag",
    TierState.REGISTERED: "from the asset register",
    TierState.INFERRED: "inferred from evidence",
    TierState.INHERITED: "by links",
    TierState.ASSUMED: "assumed",
}
_LONGEST: Final = 48


@dataclass(frozen=True, slots=True)
class Only:
    """Which stores are listed."""

    unclassified: bool = False
    """Those whose tier is assumed."""
    conflicts: bool = False
    """Those declared lower than the evidence shows."""

    def takes(self, one: Classification) -> bool:
        """Whether a store is listed."""
        return (not self.unclassified or one.state is TierState.ASSUMED) and (not self.conflicts or one.understated)


@dataclass(frozen=True, slots=True)
class Row:
    """One store."""

    resource: Resource
    one: Classification

    @property
    def because(self) -> str:
        """The last step that gave the tier."""
        return next((step.because for step in reversed(self.one.trace) if step.tier == self.one.tier), "")


def rows(result: ScanResult, only: Only) -> list[Row]:
    """The stores that are listed: those with a tier of their own first, the highest first."""
    found = [Row(one, result.classifications[one.id]) for one in result.resources if one.kind in HELD]
    found.sort(key=lambda row: (row.one.state is TierState.ASSUMED, -row.one.tier, row.resource.id))
    return [row for row in found if only.takes(row.one)]


def resting_on(one: Classification) -> str:
    """How a tier came about, in words."""
    sure = f" ({', '.join(basis_of(one)) or 'evidence'}; confidence {one.confidence:.2f})" if one.state is TierState.INFERRED else ""
    return f"{_STATES[one.state]}{sure}"


def conflict(one: Classification) -> str:
    """What is declared against what is shown."""
    return (
        f"CONFLICT: {one.declared.label if one.declared is not None else 'less'} is declared, {one.tier.label} is what the evidence shows"
    )


def table(result: ScanResult, only: Only, view: View) -> str:
    """One line for each store, and how far the estate is described."""
    seen = for_audience(result, view.audience)
    listed = rows(seen, only)
    cells = [_cells(row) for row in listed]
    head = ("TIER", "BASIS", "SURE", "STORE", "CONFIRMED BY, OR CONFLICT")
    widths = [max([len(head[place]), *(len(one[place]) for one in cells)]) for place in range(len(head) - 1)]
    lines = [*([head] if cells else []), *cells]
    made = ["  ".join([*(f"{text:<{width}}" for text, width in zip(one, widths, strict=False)), one[-1]]).rstrip() for one in lines]
    made += ["", *_summary(progress(seen.resources, seen.classifications), len(listed), only)]
    return log_lines("\n".join(made) + "\n")


def _cells(row: Row) -> tuple[str, ...]:
    one = row.one
    span = "" if one.interval.settled else f" ({TIER_IDS[one.interval.lo]} to {TIER_IDS[one.interval.hi]})"
    last = conflict(one) if one.understated else confirmed_by(one)
    return (
        f"{one.tier.label}{span}",
        ", ".join(basis_of(one)) or one.state.value,
        f"{one.confidence:.2f}" if one.state is not TierState.ASSUMED else "-",
        short_id(row.resource.id, _LONGEST),
        safe_text(last),
    )


def _summary(found: Progress, listed: int, only: Only) -> Iterator[str]:
    if only != Only():
        yield f"{listed} of {count(found.stores, 'store')} listed."
    yield f"{count(found.stores, 'store')}; a person has confirmed {found.confirmed} ({found.share:.0%})."
    told = [
        f"{found.by_state[state]} {words}"
        for state, words in (
            (TierState.DECLARED, "declared by tags"),
            (TierState.REGISTERED, "by the register"),
            (TierState.INHERITED, "by links to others"),
            (TierState.INFERRED, "by evidence alone"),
            (TierState.ASSUMED, "assumed, with nothing known"),
        )
        if found.by_state[state]
    ]
    told += [f"{found.conflicts} declared lower than the evidence shows"] if found.conflicts else []
    told += [f"{found.unsettled} not settled, as something could not be read"] if found.unsettled else []
    yield "; ".join(told) + ("." if told else "")
    if found.by_state[TierState.ASSUMED]:
        yield "Next: 'tierwise classify suggest' (the fewest register lines), 'tierwise classify worksheet' (questions for those who know)."


def as_csv(result: ScanResult, only: Only, view: View) -> bytes:
    """One row for each store, as RFC 4180 has it."""
    seen = for_audience(result, view.audience)
    return csv_bytes(COLUMNS, ([_text(made[name]) for name in COLUMNS] for made in map(_out, rows(seen, only))))


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(map(str, value))
        case _:
            return str(value)


def as_json(result: ScanResult, only: Only, view: View) -> bytes:
    """The same as JSON (`tierwise/classify/1`), with how far the estate is described."""
    seen = for_audience(result, view.audience)
    found = progress(seen.resources, seen.classifications)
    summary = {
        "stores": found.stores,
        "confirmed": found.confirmed,
        "confirmed_share": round(found.share, 4),
        "by_state": {state.value: number for state, number in found.by_state.items()},
        "conflicts": found.conflicts,
        "not_settled": found.unsettled,
    }
    return json_bytes({"schema": SCHEMA, "summary": summary, "stores": [_out(row) for row in rows(seen, only)]}) + b"\n"


def _out(row: Row) -> dict[str, Any]:
    one, resource = row.one, row.resource
    return {
        "tier": TIER_IDS[one.tier],
        "lowest": TIER_IDS[one.interval.lo],
        "highest": TIER_IDS[one.interval.hi],
        "state": one.state.value,
        "basis": [basis.value for basis in basis_of(one)],
        "confidence": round(one.confidence, 3),
        "confirmed": is_confirmed(one),
        "confirmed_by": confirmed_by(one),
        "declared": TIER_IDS[one.declared] if one.declared is not None else None,
        "inferred": TIER_IDS[one.inferred] if one.inferred is not None else None,
        "conflict": one.understated,
        "provider": resource.provider,
        "account": resource.account,
        "region": resource.region,
        "kind": resource.kind.value,
        "name": resource.name,
        "id": resource.id,
        "dataset": one.dataset,
        "owner": one.owner,
        "because": row.because,
    }


FORMATS: Final[Mapping[str, Callable[[ScanResult, Only, View], str | bytes]]] = {"console": table, "csv": as_csv, "json": as_json}
"""The listing by format."""
