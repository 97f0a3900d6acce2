"""A kept run as a result again, for any report: what was judged then, by what was asked then; very many resources are held in files."""

from __future__ import annotations

import json
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, and_, select

from tierwise.errors import StoreError
from tierwise.evaluate.attest import state_of
from tierwise.evaluate.findings import fingerprint_by, identity_of
from tierwise.evaluate.render import render_fact
from tierwise.model.attestation import State
from tierwise.model.codec import fact_in, link_in
from tierwise.model.control import Severity
from tierwise.model.coverage import Coverage
from tierwise.model.fact import Facts, oldest
from tierwise.model.finding import (
    KEPT,
    MOST_PROBLEMS,
    Acceptance,
    Actual,
    Finding,
    Findings,
    Gate,
    Run,
    ScanResult,
    Sort,
    UnknownPart,
    Verdict,
)
from tierwise.model.history import KeptRun
from tierwise.model.resource import Gap, Kind, ReadOutcome, Resource
from tierwise.model.sensitivity import TIER_IDS, Category, Classification, Marking, PersonalData, Tier, TierInterval, TierState, TraceStep
from tierwise.model.vocabulary import is_attested
from tierwise.shelf import Alike, Named, Shelf
from tierwise.store.prune import KEPT_LONGER
from tierwise.store.read import at_run, detail_of, said_of, series_id
from tierwise.store.tables import CONTROLS, COVERAGE, FACTS, FINDINGS, GAPS, RESOURCES, STANDINGS

_ROWS: Final = 500
"""How many rows are taken from the database at a time."""
_CLOSE: Final = 8
"""How many resources are read from their file together."""


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
    names: dict[str, int] = {}
    datasets: dict[str, Facts] = {}
    resources, classifications, rows = Shelf[Resource](batch=_CLOSE), Alike[Classification](()), Shelf[_Row](batch=_CLOSE)
    for place, row in enumerate(_kept(connection, series, run)):
        resource = _resource(row)
        names[row.key] = place
        resources.add(resource)
        if resource.kind is Kind.DATASET:
            datasets[row.key] = resource.facts
        classifications.add(_classification(row))
        as_of = oldest(resource.facts.values())
        rows.add(_Row(place, row.key, Tier(row.tier), row.assumed, row.kind, row.passes, row.not_applicable, identity_of(resource), as_of))
    return ScanResult(
        run=Run(run.id, run.started, run.finished, run.profile, run.sources),
        resources=resources if resources.many else tuple(resources),
        classifications=Named(names, classifications) if resources.many else dict(zip(names, classifications, strict=True)),
        findings=_findings(connection, series, run, names, rows if rows.many else tuple(rows), datasets),
        gaps=tuple(_gaps(connection, run)),
        gate=Gate(run.gate, KEPT, Severity.HIGH),
        coverage=Coverage(run.coverage),
        outcomes=tuple(_outcomes(connection, run)),
        notes=(f"this is run {run.id} as the store keeps it, with what was judged on {run.day}",),
    )


class _Row(msgspec.Struct, frozen=True, gc=False):
    """What is kept of one resource of which nothing needs to be mended."""

    place: int
    key: str
    tier: Tier
    assumed: bool
    kind: str
    passes: str
    not_applicable: str
    identity: str
    as_of: str
    """When what there is of it was read, where that was not in the run."""


def _kept(connection: Connection, series: int, run: KeptRun) -> Iterator[Any]:
    """The resources of a run with what was read of each (`read`), in the order of their keys; few at a time are in memory."""
    same = and_(FACTS.c.series == RESOURCES.c.series, FACTS.c.key == RESOURCES.c.key, at_run(FACTS, run.number))
    asked = select(RESOURCES, FACTS.c.detail.label("read")).select_from(RESOURCES.outerjoin(FACTS, same))
    asked = asked.where(RESOURCES.c.series == series, at_run(RESOURCES, run.number)).order_by(RESOURCES.c.key)
    yield from connection.execute(asked, execution_options={"yield_per": _ROWS})


def _resource(row: Any) -> Resource:
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
        facts={name: fact_in(name, data, kind) for name, data in json.loads(zlib.decompress(row.read)).items()},
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


def _findings(
    connection: Connection, series: int, run: KeptRun, names: Mapping[str, int], rows: Sequence[_Row], datasets: Mapping[str, Facts]
) -> Findings:
    """The findings of a run, in the order of its resources; very many are held in a file. `datasets` are what was attested of each."""
    texts, said = _texts(connection, run), said_of(connection)
    problems = Shelf[Finding](most=MOST_PROBLEMS)
    numbers = array("I", bytes(4 * len(rows)))
    tally: Counter[Sort] = Counter()
    for row in _open(connection, series, run):
        one = _finding(row, said(row), _first(row, run), datasets.get(row.resource, {}))
        problems.add(one)
        numbers[names[one.resource]] += 1
        tally[Sort.of(one)] += 1
    ends = array("Q", accumulate(numbers, initial=0))
    for each in rows:
        families = ((control, texts.get(control, {}).get("family", ""), verdict) for control, verdict in _settled(each))
        tally.update(Sort(*of, each.tier, each.assumed) for of in families)

    def made_of(some: Iterable[_Row]) -> Iterator[Finding]:
        for each in some:
            facts = datasets.get(each.key, {})
            made = [_plain(each, control, verdict, texts.get(control, {}), facts) for control, verdict in _settled(each)]
            yield from sorted([*held[ends[each.place] : ends[each.place + 1]], *made], key=lambda found: found.control)

    held: Sequence[Finding] = problems if problems.many else tuple(problems)
    return Findings(held, tally, rows, made_of, ends)


def _open(connection: Connection, series: int, run: KeptRun) -> Iterator[Any]:
    """What failed or was unknown at a run, with when each was first seen, in the order in which `_kept` has the resources; few at a time are in memory."""
    first = and_(STANDINGS.c.series == FINDINGS.c.series, STANDINGS.c.key == FINDINGS.c.key)
    asked = select(FINDINGS, STANDINGS.c.first_seen, STANDINGS.c.opened).select_from(FINDINGS.outerjoin(STANDINGS, first))
    asked = asked.where(FINDINGS.c.series == series, at_run(FINDINGS, run.number)).order_by(FINDINGS.c.resource, FINDINGS.c.control)
    yield from connection.execute(asked, execution_options={"yield_per": _ROWS})


def _settled(row: _Row) -> Iterator[tuple[str, Verdict]]:
    """The controls that are met or do not apply; those of a dataset are attested ones alone, which is no pass."""
    met = Verdict.ATTESTED if row.kind == Kind.DATASET else Verdict.PASS
    yield from ((control, met) for control in row.passes.split())
    yield from ((control, Verdict.NOT_APPLICABLE) for control in row.not_applicable.split())


def _texts(connection: Connection, run: KeptRun) -> Mapping[str, Mapping[str, Any]]:
    """What each control of the run asked, in words."""
    rows = connection.execute(select(CONTROLS.c.id, CONTROLS.c.digest, CONTROLS.c.text))
    return {id_: json.loads(text) for id_, digest, text in rows if run.controls.get(id_) == digest}


def _plain(row: _Row, control: str, verdict: Verdict, words: Mapping[str, Any], facts: Facts) -> Finding:
    """A finding that is none any more to mend: the store keeps that it was met, or did not apply, and what was asked; of a dataset what was attested, too."""
    ladder, extra = words.get("ladder", {}), words.get("extra", {})
    asked = [rung for tier in TIER_IDS[: row.tier + 1] for rung in ([ladder[tier]] if tier in ladder else []) + extra.get(tier, [])]
    attested = verdict is Verdict.ATTESTED
    rests = [name for name in facts if is_attested(name) and any(name in str(rung).split() for rung in ladder.values())] if attested else []
    return Finding(
        fingerprint=fingerprint_by(control, row.identity),
        control=control,
        title=words.get("title", control),
        family=words.get("family", ""),
        verdict=verdict,
        severity=_severity(words.get("severity", {}), row.tier),
        tier=row.tier,
        resource=row.key,
        expected=" and ".join(asked),
        actual=tuple([Actual(name, render_fact(facts[name]), facts[name].via.via) for name in rests]),
        attested=State.ATTESTED if attested else None,
        assumed=row.assumed,
        as_of=row.as_of,
    )


def _severity(words: Mapping[str, str], tier: Tier) -> Severity:
    """That of the tier, else of the highest below it that has one."""
    said = [words[name] for name in TIER_IDS[: tier + 1] if name in words]
    return Severity[said[-1].upper()] if said else Severity.INFO


def _first(row: Any, run: KeptRun) -> tuple[str | None, str]:
    """When a finding was first seen, and since when it was one again at a run; of an earlier life than its last the store knows only the first day."""
    return row.first_seen, row.opened if row.first_seen and row.first_seen < row.opened <= run.started else ""


def _finding(row: Any, detail: Mapping[str, Any], seen: tuple[str | None, str], facts: Facts) -> Finding:
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
        first_seen=seen[0],
        back=seen[1],
        lapsed=detail.get("lapsed", ""),
        as_of=detail.get("as_of", ""),
        accepted=Acceptance(**json.loads(row.accepted)) if row.accepted else None,
        attested=state_of(Verdict(row.verdict), [part[0] for part in detail["actual"]], facts) if facts else None,
    )


def _gaps(connection: Connection, run: KeptRun) -> Iterator[Gap]:
    for row in connection.execute(select(GAPS).where(GAPS.c.run == run.id)):
        kinds = frozenset(Kind(one) for one in row.kinds.split())
        yield Gap(row.provider, row.account, row.region, row.service, row.reason, row.action, kinds=kinds, expected=row.expected)


def _outcomes(connection: Connection, run: KeptRun) -> Iterator[ReadOutcome]:
    for row in connection.execute(select(COVERAGE).where(COVERAGE.c.run == run.id)):
        yield ReadOutcome(row.account, "", row.operation, row.outcome, count=row._mapping["count"])
