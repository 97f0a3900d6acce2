"""Puts a run into temporary tables of one connection, counting as it goes by."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, insert

from tierwise.model.codec import fact_out, link_out
from tierwise.model.finding import PROBLEMS, Finding, ScanResult, Verdict
from tierwise.model.history import row_of
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification, TierState
from tierwise.store.tables import STAGED_FACTS, STAGED_FINDINGS, STAGED_RESOURCES

T = TypeVar("T")
_BATCH: Final = 2000
_COLUMN: Final = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.UNKNOWN: "unknown",
    Verdict.NOT_APPLICABLE: "not_applicable",
    Verdict.ATTESTED: "attested",
}


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch


@dataclass(slots=True)
class Tally:
    """What is counted while a run goes by."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By row, family and column of `days`."""
    rows: Counter[str] = field(default_factory=Counter)
    unknowns: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    settled: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Controls that pass and that do not apply, by resource; equal texts are one text."""

    def total(self, column: str) -> int:
        """One column over all rows and families."""
        return sum(number for (_row, _family, name), number in self.counts.items() if name == column)

    def by_row(self, column: str) -> dict[str, int]:
        """One column by row."""
        found: Counter[str] = Counter()
        for (row, _family, name), number in self.counts.items():
            if name == column:
                found[row] += number
        return dict(sorted(found.items()))


def stage(connection: Connection, result: ScanResult) -> Tally:
    """Fill the staged tables, which are there and empty; the counts of what went in."""
    tally = Tally()
    for rows in _batches(_finding_rows(result, tally)):
        connection.execute(insert(STAGED_FINDINGS), rows)
    for resources in _batches(result.resources):
        classified = [(one, result.classifications[one.id]) for one in resources]
        tally.rows.update(row_of(one.tier, assumed=one.state is TierState.ASSUMED) for _, one in classified)
        settled = tally.settled
        connection.execute(insert(STAGED_RESOURCES), [_resource_row(*pair, settled.get(pair[0].id, ("", ""))) for pair in classified])
        connection.execute(insert(STAGED_FACTS), [_facts_row(*pair) for pair in classified])
    return tally


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def text(value: object) -> str:
    """JSON in plain ASCII: half a surrogate pair and a null, which databases refuse, are written as escapes."""
    return json.dumps(value, separators=(",", ":"))


def plain(name: str) -> str:
    """A name as a database takes it: no null, no half of a surrogate pair."""
    return name if name.isprintable() else name.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _finding_rows(result: ScanResult, tally: Tally) -> Iterator[dict[str, Any]]:
    texts: dict[str, str] = {}
    for resource, findings in groupby(result.findings, key=lambda one: one.resource):
        settled: dict[Verdict, list[str]] = {Verdict.PASS: [], Verdict.NOT_APPLICABLE: []}
        # A dataset has attested controls alone: what is listed of it as met was attested.
        settled[Verdict.ATTESTED] = settled[Verdict.PASS]
        for one in findings:
            row = row_of(one.tier, assumed=one.assumed)
            tally.counts[row, one.family, "accepted" if one.accepted else _COLUMN[one.verdict]] += 1
            if one.verdict not in PROBLEMS:
                settled[one.verdict].append(one.control)
                continue
            for reason, action in {(part.reason, part.action) for part in one.unknowns}:
                tally.unknowns[row, reason, action] += 1
            yield _finding_row(one)
        before = tally.settled.get(resource, ("", ""))
        passes, absent = (
            " ".join(sorted([*old.split(), *new]))
            for old, new in zip(before, (settled[Verdict.PASS], settled[Verdict.NOT_APPLICABLE]), strict=True)
        )
        tally.settled[resource] = (texts.setdefault(passes, passes), texts.setdefault(absent, absent))


def _finding_row(one: Finding) -> dict[str, Any]:
    accepted = ""
    if one.accepted is not None:
        said = one.accepted
        accepted = text(
            {
                "approver": said.approver,
                "owner": said.owner,
                "reason": said.reason,
                "expires": said.expires,
                "file": said.file,
                "role": said.role,
                "evidence": said.evidence,
                "ticket": said.ticket,
                "merged": said.merged,
            }
        )
    row = {
        "key": one.fingerprint,
        "control": one.control,
        "family": one.family,
        "resource": plain(one.resource),
        "verdict": one.verdict.value,
        "severity": int(one.severity),
        "tier": int(one.tier),
        "assumed": one.assumed,
        "accepted": accepted,
    }
    detail = {
        "title": one.title,
        "why": one.why,
        "expected": one.expected,
        "actual": [[part.fact, part.value, part.via] for part in one.actual],
        "unknowns": [[part.fact, part.reason, part.via, part.action, part.detail] for part in one.unknowns],
        "owner": one.owner,
        "fix_at": one.fix_at,
        "remediation": one.remediation,
        "cause": one.cause,
        "setting": one.setting,
        "danger": one.danger,
        "lapsed": one.lapsed,
        "as_of": one.as_of,
    }
    return {**row, "state": _digest(row), "detail": text(detail)}


def _resource_row(resource: Resource, one: Classification, settled: tuple[str, str]) -> dict[str, Any]:
    classification = {
        "interval": [one.interval.lo.name, one.interval.hi.name],
        "state": one.state.value,
        "declared": one.declared.name if one.declared is not None else None,
        "inferred": one.inferred.name if one.inferred is not None else None,
        "personal_data": one.personal_data.value,
        "marking": one.marking.value,
        "categories": [category.value for category in one.categories],
        "subjects": one.subjects,
        "owner": one.owner,
    }
    row = {
        "key": plain(resource.id),
        "kind": resource.kind.value,
        "provider": resource.provider,
        "account": plain(resource.account),
        "region": plain(resource.region),
        "name": plain(resource.name),
        "tier": int(one.tier),
        "assumed": one.state is TierState.ASSUMED,
        "dataset": plain(one.dataset),
        "classification": text(classification),
        "passes": settled[0],
        "not_applicable": settled[1],
    }
    detail = {
        "trace": [[step.rule, step.because, step.tier.name if step.tier is not None else None, step.source] for step in one.trace],
        "understated": one.understated,
        "confidence": one.confidence,
        "unread": list(one.unread),
        "type": resource.type,
        "address": resource.address,
        "aliases": list(resource.aliases),
        "links": [link_out(link) for link in resource.links],
    }
    return {**row, "state": _digest(row), "detail": text(detail)}


def _facts_row(resource: Resource, one: Classification) -> dict[str, Any]:
    made = text({name: fact_out(fact) for name, fact in sorted(resource.facts.items())}).encode()
    state = hashlib.sha256(made).hexdigest()[:16]
    return {"key": plain(resource.id), "state": state, "tier": int(one.interval.hi), "detail": zlib.compress(made, 6)}
