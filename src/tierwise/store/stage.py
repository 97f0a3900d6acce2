"""Puts a run into temporary tables of one connection, counting as it goes by."""

from __future__ import annotations

import hashlib
import json
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from tierwise.beside import in_two
from tierwise.model.codec import facts_json, facts_out, link_out
from tierwise.model.finding import Finding, Findings, Parted, ScanResult, Verdict
from tierwise.model.history import row_of
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification, TierState
from tierwise.shelf import places_of
from tierwise.store.connect import insert_rows
from tierwise.store.tables import STAGED, STAGED_FACTS, STAGED_FINDINGS, STAGED_RESOURCES, by_key

_BATCH: Final = 256
"""How many resources are made into rows, and inserted, together."""
_COLUMN: Final = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.UNKNOWN: "unknown",
    Verdict.NOT_APPLICABLE: "not_applicable",
    Verdict.ATTESTED: "attested",
}


@dataclass(slots=True)
class Tally:
    """What is counted while a run goes by."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By row, family and column of `days`."""
    rows: Counter[str] = field(default_factory=Counter)
    unknowns: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    words: dict[str, str] = field(default_factory=dict)
    """What findings have alike, by its digest."""

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


class _Settled:
    """The controls that pass and that do not apply, of each resource by its place; equal texts are one text."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self._places = places
        self._texts: dict[tuple[str, str], int] = {("", ""): 0}
        self._pairs = [("", "")]
        self._of = array("I", bytes(4 * len(places)))

    def add(self, resource: str, passes: Iterable[str], absent: Iterable[str]) -> None:
        """Some more of a resource."""
        place = self._places[resource]
        before = self._pairs[self._of[place]]
        pair = (" ".join(sorted([*before[0].split(), *passes])), " ".join(sorted([*before[1].split(), *absent])))
        at = self._texts.setdefault(pair, len(self._pairs))
        if at == len(self._pairs):
            self._pairs.append(pair)
        self._of[place] = at

    def at(self, place: int) -> tuple[str, str]:
        """Those of the resource at a place."""
        return self._pairs[self._of[place]]


def stage(connection: Connection, result: ScanResult) -> Tally:
    """Fill the staged tables, which are there and empty; the counts of what went in. Of many resources a second process makes a part of the rows."""
    tally, settled, findings = Tally(), _Settled(places_of(result.by_id)), Findings.of(result.findings)
    for found in in_two(findings.rows, lambda rows: _judged(findings.parted(rows))):
        tally.counts.update(found.counts)
        tally.unknowns.update(found.unknowns)
        for told in found.settled:
            settled.add(*told)
        tally.words.update(found.words)
        insert_rows(connection, STAGED_FINDINGS, found.rows)
    for seen in in_two(range(len(result.resources)), lambda span: _seen(result, settled, span)):
        tally.rows.update(seen.tiers)
        insert_rows(connection, STAGED_RESOURCES, seen.resources)
        insert_rows(connection, STAGED_FACTS, seen.facts)
    for staged, _spans in STAGED:
        by_key(connection, staged)
    return tally


_SORTED: Final = msgspec.json.Encoder(order="sorted")


def _digest(row: Mapping[str, str | int]) -> str:
    """Of the JSON of a list that has the row alone, keys sorted and spaces behind what separates: what is in stores was made so."""
    try:
        made = msgspec.json.format(_SORTED.encode([row]), indent=0)
    except UnicodeEncodeError:
        made = b"\xff"
    # As with `text`: the same to the byte, and several times as fast.
    same = made.isascii() and b"\x7f" not in made
    return hashlib.sha256(made if same else json.dumps([row], sort_keys=True).encode()).hexdigest()[:16]


def text(value: object) -> str:
    """JSON in plain ASCII: half a surrogate pair and a null, which databases refuse, are written as escapes."""
    try:
        made = msgspec.json.encode(value)
    except UnicodeEncodeError:
        made = b"\xff"
    # The same to the byte, and several times as fast.
    return made.decode() if made.isascii() else json.dumps(value, separators=(",", ":"))


def plain(name: str) -> str:
    """A name as a database takes it: no null, no half of a surrogate pair."""
    return name if name.isprintable() else name.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the findings of some resources come to."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unknowns: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    settled: list[tuple[str, list[str], list[str]]] = field(default_factory=list)


def _judged(parts: Iterable[Parted]) -> Iterator[_Judged]:
    left = iter(parts)
    while some := list(islice(left, _BATCH)):
        found = _Judged()
        for resource, problems, others in some:
            for one in problems:
                row = row_of(one.tier, assumed=one.assumed)
                found.counts[row, one.family, "accepted" if one.accepted else _COLUMN[one.verdict]] += 1
                found.unknowns.update({(row, part.reason, part.action) for part in one.unknowns})
                digest, said = _words(one.title, one.why, one.expected, one.remediation, one.cause, danger=one.danger)
                found.words[digest] = said
                found.rows.append(_finding_row(one, digest))
            # A dataset has attested controls alone: what is listed of it as met was attested.
            passes = [one.control for one in others if one.verdict is not Verdict.NOT_APPLICABLE]
            found.settled.append((resource, passes, [one.control for one in others if one.verdict is Verdict.NOT_APPLICABLE]))
        for sort, number in Counter(chain.from_iterable(part.others for part in some)).items():
            found.counts[row_of(sort.tier, assumed=sort.assumed), sort.family, _COLUMN[sort.verdict]] += number
        yield found


@dataclass(frozen=True, slots=True)
class _Seen:
    """Some resources, as rows."""

    tiers: Counter[str]
    resources: list[tuple[Any, ...]]
    facts: list[tuple[Any, ...]]


def _seen(result: ScanResult, settled: _Settled, span: Sequence[int]) -> Iterator[_Seen]:
    for first in range(0, len(span), _BATCH):
        places = span[first : first + _BATCH]
        some = [(place, one, result.classifications[one.id]) for place in places for one in (result.resources[place],)]
        yield _Seen(
            Counter(row_of(told.tier, assumed=told.state is TierState.ASSUMED) for _, _, told in some),
            [_resource_row(one, told, settled.at(place)) for place, one, told in some],
            [_facts_row(one, told) for _, one, told in some],
        )


def _finding_row(one: Finding, words: str) -> tuple[Any, ...]:
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
        "actual": [[part.fact, part.value, part.via] for part in one.actual],
        "unknowns": [[part.fact, part.reason, part.via, part.action, part.detail] for part in one.unknowns],
        "owner": one.owner,
        "fix_at": one.fix_at,
        "setting": one.setting,
        "lapsed": one.lapsed,
        "as_of": one.as_of,
    }
    key, *values = row.values()
    return (key, _digest(row), *values, words, text(detail))


@lru_cache(maxsize=4096)
def _words(title: str, why: str, expected: str, remediation: str, cause: str, *, danger: bool) -> tuple[str, str]:
    """What many findings have alike in their details, and its digest."""
    said = text({"title": title, "why": why, "expected": expected, "remediation": remediation, "cause": cause, "danger": danger})
    return hashlib.sha256(said.encode()).hexdigest()[:16], said


def _resource_row(resource: Resource, one: Classification, settled: tuple[str, str]) -> tuple[Any, ...]:
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
    key, *values = row.values()
    return (key, _digest(row), *values, text(detail))


def _compressed(made: bytes) -> bytes:
    """As `zlib.compress` at level 1 to a few bytes, without half a megabyte that is made ready each time: the facts of a resource are a few thousand bytes."""
    packer = zlib.compressobj(1, wbits=12, memLevel=6)
    return packer.compress(made) + packer.flush()


def _facts_row(resource: Resource, one: Classification) -> tuple[Any, ...]:
    written = facts_json(resource.facts)
    made = bytes(written) if isinstance(written, msgspec.Raw) else b"\xff"
    if not made.isascii():
        made = text(facts_out(resource.facts)).encode()
    state = hashlib.sha256(made).hexdigest()[:16]
    return plain(resource.id), state, int(one.interval.hi), _compressed(made)
