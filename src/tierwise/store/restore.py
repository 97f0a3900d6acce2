"""A kept run as a result again, for any report: what was judged then, by what was asked then."""

from __future__ import annotations

import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from tierwise.errors import StoreError
from tierwise.model.codec import fact_in, link_in
from tierwise.model.control import Severity
from tierwise.model.coverage import Coverage
from tierwise.model.fact import oldest
from tierwise.model.finding import Acceptance, Actual, Finding, Findings, Gate, Run, ScanResult, Sort, UnknownPart, Verdict
from tierwise.model.history import KeptRun
from tierwise.model.resource import Gap, Kind, ReadOutcome, Resource
from tierwise.model.sensitivity import Category, Classification, Marking, PersonalData, Tier, TierInterval, TierState, TraceStep
from tierwise.store.prune import KEPT_LONGER
from tierwise.store.read import at_run, detail_of, said_of, series_id
from tierwise.store.tables import CONTROLS, COVERAGE, FACTS, FINDINGS, GAPS, RESOURCES, STANDINGS


def restored(connection: Connection, run: KeptRun) -> ScanResult:
    """The result of a run as far as a store keeps it: all but tags, regions and the fixes, which are made from what fails.

    StoreError where the run is so old that only its strictest tiers are left.
    """
    if run.pruned:
        raise StoreError(
            f"run {run.id} of {run.day} is no longer whole: of runs as old as that one only {KEPT_LONGER.label} and above is kept"
            f"\n'tierwise evidence --dataset NAME --as-of {run.day}' shows what there is"
        )
    series = series_id(connection, run.series)
    here = (RESOURCES.c.series == series, at_run(RESOURCES, run.number))
    rows = connection.execute(select(RESOURCES).where(*here).order_by(RESOURCES.c.key)).all()
    read = dict(
        connection.execute(select(FACTS.c.key, FACTS.c.detail).where(FACTS.c.series == series, at_run(FACTS, run.number))).tuples().all()
    )
    resources = tuple(_resource(row, read[row.key]) for row in rows)
    classifications = {row.key: _classification(row) for row in rows}
    return ScanResult(
        run=Run(run.id, run.started, run.finished, run.profile, run.sources),
        resources=resources,
        classifications=classifications,
        findings=_findings(connection, series, run, rows, {one.id: oldest(one.facts.values()) for one in resources}),
        gaps=tuple(_gaps(connection, run)),
        gate=Gate(run.gate, "kept", Severity.HIGH),
        coverage=Coverage(run.coverage),
        outcomes=tuple(_outcomes(connection, run)),
        notes=(f"this is run {run.id} as the store keeps it, with what was judged on {run.day}",),
    )


def _resource(row: Any, facts: bytes) -> Resource:
    detail, kind = detail_of(row), Kind(row.kind)
    return Resource(
        id=row.key,
        kind=kind,
        type=detail.get("type", row.kind),
        provider=row.provider,
        account=row.account,
        region=row.region,
        name=row.name,
        address=detail.get("address"),
        facts={name: fact_in(name, data, kind) for name, data in json.loads(zlib.decompress(facts)).items()},
        links=tuple(link_in(one) for one in detail.get("links", ())),
        aliases=tuple(detail.get("aliases", ())),
    )


def _classification(row: Any) -> Classification:
    said, detail = json.loads(row.classification), detail_of(row)
    lo, hi = (Tier[name] for name in said["interval"])
    return Classification(
        tier=Tier(row.tier),
        interval=TierInterval(lo, hi),
        state=TierState(said["state"]),
        personal_data=PersonalData(said["personal_data"]),
        declared=Tier[said["declared"]] if said["declared"] else None,
        inferred=Tier[said["inferred"]] if said["inferred"] else None,
        marking=Marking(said["marking"]),
        categories=tuple(Category(one) for one in said["categories"]),
        subjects=said["subjects"],
        confidence=detail.get("confidence", 0.0),
        trace=tuple(TraceStep(rule, because, Tier[tier] if tier else None, source) for rule, because, tier, source in detail["trace"]),
        understated=detail.get("understated", False),
        dataset=row.dataset,
        owner=said["owner"],
        unread=tuple(detail.get("unread", ())),
    )


def _findings(connection: Connection, series: int, run: KeptRun, rows: Sequence[Any], read: Mapping[str, str]) -> Findings:
    """The findings of a run; `read` is when what there is of each resource was read, where that was not in the run."""
    texts, said = _texts(connection, run), said_of(connection)
    problems: dict[str, list[Finding]] = defaultdict(list)
    seen = dict(connection.execute(select(STANDINGS.c.key, STANDINGS.c.first_seen).where(STANDINGS.c.series == series)).tuples().all())
    asked = (
        select(FINDINGS).where(FINDINGS.c.series == series, at_run(FINDINGS, run.number)).order_by(FINDINGS.c.resource, FINDINGS.c.control)
    )
    for row in connection.execute(asked):
        problems[row.resource].append(_finding(row, said(row), seen.get(row.key)))
    kept = [one for found in problems.values() for one in found]
    tally = Counter(map(Sort.of, kept))
    for row in rows:
        families = ((control, texts.get(control, {}).get("family", ""), verdict) for control, verdict in _settled(row))
        tally.update(Sort(*of, Tier(row.tier), row.assumed) for of in families)

    def made_of(some: Iterable[Any]) -> Iterator[Finding]:
        for row in some:
            made = [_plain(row, control, verdict, texts.get(control, {}), read[row.key]) for control, verdict in _settled(row)]
            yield from sorted([*problems.get(row.key, ()), *made], key=lambda one: one.control)

    return Findings(kept, tally, rows, made_of)


def _settled(row: Any) -> Iterator[tuple[str, Verdict]]:
    """The controls that are met or do not apply; those of a dataset are attested ones alone, which is no pass."""
    met = Verdict.ATTESTED if row.kind == Kind.DATASET else Verdict.PASS
    yield from ((control, met) for control in row.passes.split())
    yield from ((control, Verdict.NOT_APPLICABLE) for control in row.not_applicable.split())


def _texts(connection: Connection, run: KeptRun) -> Mapping[str, Mapping[str, Any]]:
    """What each control of the run asked, in words."""
    rows = connection.execute(select(CONTROLS.c.id, CONTROLS.c.digest, CONTROLS.c.text))
    return {id_: json.loads(text) for id_, digest, text in rows if run.controls.get(id_) == digest}


def _plain(row: Any, control: str, verdict: Verdict, words: Mapping[str, Any], as_of: str) -> Finding:
    """A finding that is none any more to mend: the store keeps that it was met, or did not apply, and what was asked."""
    tier = Tier(row.tier)
    return Finding(
        fingerprint="",
        control=control,
        title=words.get("title", control),
        family=words.get("family", ""),
        verdict=verdict,
        severity=Severity.INFO,
        tier=tier,
        resource=row.key,
        expected=words.get("ladder", {}).get(tier.name, ""),
        actual=(),
        assumed=row.assumed,
        as_of=as_of,
    )


def _finding(row: Any, detail: Mapping[str, Any], seen: str | None) -> Finding:
    return Finding(
        fingerprint=row.key,
        control=row.control,
        title=detail["title"],
        family=row.family,
        verdict=Verdict(row.verdict),
        severity=Severity(row.severity),
        tier=Tier(row.tier),
        resource=row.resource,
        expected=detail["expected"],
        actual=tuple(Actual(*part) for part in detail["actual"]),
        unknowns=tuple(UnknownPart(*part) for part in detail["unknowns"]),
        why=detail["why"],
        owner=detail["owner"],
        cause=detail.get("cause", ""),
        fix_at=detail["fix_at"],
        remediation=detail.get("remediation", ""),
        danger=detail.get("danger", False),
        assumed=row.assumed,
        setting=detail.get("setting", ""),
        first_seen=seen,
        lapsed=detail.get("lapsed", ""),
        as_of=detail.get("as_of", ""),
        accepted=Acceptance(**json.loads(row.accepted)) if row.accepted else None,
    )


def _gaps(connection: Connection, run: KeptRun) -> Iterator[Gap]:
    for row in connection.execute(select(GAPS).where(GAPS.c.run == run.id)):
        kinds = frozenset(Kind(one) for one in row.kinds.split())
        yield Gap(row.provider, row.account, row.region, row.service, row.reason, row.action, kinds=kinds, expected=row.expected)


def _outcomes(connection: Connection, run: KeptRun) -> Iterator[ReadOutcome]:
    for row in connection.execute(select(COVERAGE).where(COVERAGE.c.run == run.id)):
        yield ReadOutcome(row.account, "", row.operation, row.outcome, count=row._mapping["count"])
