"""What the store held of one dataset at one date, for an auditor."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, and_, select

from tierwise.errors import StoreError
from tierwise.model.control import Severity
from tierwise.model.history import Evidence, EvidenceResource, KeptRun
from tierwise.model.sensitivity import Tier
from tierwise.store.prune import KEPT_LONGER
from tierwise.store.read import at_run, detail_of, said_of, series_id
from tierwise.store.tables import CONTROLS, COVERAGE, FACTS, FINDINGS, GAPS, RESOURCES, RUNS

_TIERED: Final = ("tier", "assumed", "dataset", "classification")
"""What of a resource is its classification."""
_STANDS: Final = ("state",)


def evidence_of(connection: Connection, run: KeptRun, dataset: str, as_of: str) -> Evidence:
    """The resources of a dataset as they were judged at a run, with what was read of them; StoreError where the run has none."""
    series = series_id(connection, run.series)
    here: tuple[ColumnElement[bool], ...] = (RESOURCES.c.series == series, at_run(RESOURCES, run.number))
    if run.pruned:
        # Of lower tiers only that is left which has not changed since: a part of a resource would be taken for all of it.
        here = (*here, RESOURCES.c.tier >= KEPT_LONGER)
    rows = connection.execute(select(RESOURCES).where(*here, RESOURCES.c.dataset == dataset).order_by(RESOURCES.c.key)).all()
    if not rows:
        known = connection.execute(select(RESOURCES.c.dataset).where(*here, RESOURCES.c.dataset != "").distinct()).scalars().all()
        near = get_close_matches(dataset, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(sorted(known)[:5]) or 'none: name them in the register'}"
        older = f"\nof runs as old as that one only {KEPT_LONGER.label} and above is kept" if run.pruned else ""
        raise StoreError(f"run {run.id} of {run.day} has no dataset {dataset!r}{hint}{older}")
    began = dict(connection.execute(select(RUNS.c.number, RUNS.c.started).where(RUNS.c.series == series)).tuples().all())
    oldest = min(began.values())
    said = said_of(connection)
    resources = tuple(_resource(connection, series, run, row, said, began, oldest) for row in rows)
    asked = {
        control for one in resources for control in (*one.passes, *one.not_applicable, *(str(each["control"]) for each in one.findings))
    }
    gaps = connection.execute(select(GAPS).where(GAPS.c.run == run.id)).mappings().all()
    accounts = {one.account for one in resources}
    reads = connection.execute(
        select(COVERAGE.c.operation, COVERAGE.c.outcome, COVERAGE.c.count).where(COVERAGE.c.run == run.id, COVERAGE.c.account.in_(accounts))
    )
    return Evidence(
        dataset,
        as_of,
        run,
        resources,
        tuple(_controls(connection, run, asked)),
        tuple({key: value for key, value in gap.items() if key != "run"} for gap in gaps if gap["account"] in accounts),
        tuple(sorted((operation, outcome, count) for operation, outcome, count in reads)),
        KEPT_LONGER if run.pruned else None,
    )


def _resource(
    connection: Connection,
    series: int,
    run: KeptRun,
    row: Any,
    said: Callable[[Any], Mapping[str, Any]],
    began: dict[int, str],
    oldest: str,
) -> EvidenceResource:
    facts = connection.execute(select(FACTS).where(FACTS.c.series == series, FACTS.c.key == row.key, at_run(FACTS, run.number))).one()
    findings = connection.execute(
        select(FINDINGS)
        .where(FINDINGS.c.series == series, FINDINGS.c.resource == row.key, at_run(FINDINGS, run.number))
        .order_by(FINDINGS.c.control)
    )
    trace = [{"rule": rule, "because": because, "tier": tier, "source": source} for rule, because, tier, source in detail_of(row)["trace"]]
    return EvidenceResource(
        id=row.key,
        kind=row.kind,
        provider=row.provider,
        account=row.account,
        region=row.region,
        name=row.name,
        classification={"tier": Tier(row.tier).name, **json.loads(row.classification), "trace": trace},
        facts=json.loads(zlib.decompress(facts.detail)),
        passes=tuple(row.passes.split()),
        not_applicable=tuple(row.not_applicable.split()),
        findings=tuple(_finding(one, said(one), began.get(_since(connection, FINDINGS, one, _STANDS), oldest)) for one in findings.all()),
        judged_since=began.get(_since(connection, RESOURCES, row, _TIERED), oldest),
        read_since=began.get(facts.since, oldest),
    )


def _since(connection: Connection, table: Table, row: Any, alike: Sequence[str]) -> int:
    """The run from which a row was so without a break in these columns, whatever else it said meanwhile."""
    earlier = and_(table.c.series == row.series, table.c.key == row.key, table.c.since < row.since)
    asked = select(table.c.since, table.c.until, *(table.c[name] for name in alike)).where(earlier).order_by(table.c.since.desc())
    since = int(row.since)
    for before in connection.execute(asked):
        if before.until != since or any(getattr(before, name) != getattr(row, name) for name in alike):
            break
        since = int(before.since)
    return since


def _finding(row: Any, detail: Mapping[str, Any], since: str) -> dict[str, object]:
    return {
        "fingerprint": row.key,
        "control": row.control,
        "title": detail["title"],
        "verdict": row.verdict,
        "severity": Severity(row.severity).word,
        "why": detail["why"],
        "expected": detail["expected"],
        "actual": [{"fact": fact, "value": value, "via": via} for fact, value, via in detail["actual"]],
        "unknowns": [dict(zip(("fact", "reason", "via", "action", "detail"), part, strict=True)) for part in detail["unknowns"]],
        "owner": detail["owner"] or None,
        "accepted": json.loads(row.accepted) if row.accepted else None,
        "so_since": since,
    }


def _controls(connection: Connection, run: KeptRun, asked: set[str]) -> list[dict[str, object]]:
    found = []
    for control in sorted(asked & run.controls.keys()):
        digest = run.controls[control]
        text = connection.execute(select(CONTROLS.c.text).where(CONTROLS.c.id == control, CONTROLS.c.digest == digest)).scalar_one()
        found.append({**json.loads(text), "digest": digest})
    return found
