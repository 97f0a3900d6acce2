"""How attested evidence stands in the page: by dataset, and beside what was scanned of each principle."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from tierwise.model.attestation import State
from tierwise.model.finding import Finding, Findings, RequirementEvidence, Verdict
from tierwise.reports.attested import OPEN, STATES, beside
from tierwise.reports.page.census import Census
from tierwise.reports.page.measures import Part, part_of
from tierwise.reports.shown import Shown

HEADS = tuple({State.ATTESTED.value: "Attested", OPEN: "Could not be checked"}.get(state, state.capitalize()) for state in STATES)
"""The heads of the columns of states."""
_COVERAGE = {
    "scanned": "scanned",
    "partly": "partly scanned",
    "attested": "cannot be scanned",
    "not visible": "what was asked could not be read",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody attested of a dataset, or what keeps it from counting: where it is written, by whom and when."""

    state: str
    look: str
    control: str
    title: str
    told: str


@dataclass(frozen=True, slots=True)
class AttestedRow:
    """One dataset and how what is attested of it stands."""

    name: str
    tier: str
    counts: tuple[int, ...]
    """In the order of the states."""
    said: tuple[Said, ...]
    missing: tuple[Said, ...]
    """Of which nothing is said."""


@dataclass(frozen=True, slots=True)
class PrincipleRow:
    """One requirement of the framework: what is known of it, from what, and what is left to people."""

    id: str
    title: str
    known: str
    passed: int
    failed: int
    unknown: int
    attested: str
    asked: str
    parts: tuple[Part, ...]
    """What each control says of it."""


def datasets_of(census: Census) -> tuple[AttestedRow, ...]:
    """Each dataset, the strictest tier first; none where no file of attestations was given."""
    page, places = census.page, census.seen.datasets
    datasets = {one.id: one for place in places for one in (page.result.resources[place],)}
    findings = Findings.of(page.result.findings)
    # Where it is known which rows are theirs, no others are made.
    theirs = findings if findings.ends is None else (one for place in places for one in findings.made_of(findings.rows[place : place + 1]))
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    said: dict[str, list[Said]] = defaultdict(list)
    for one in theirs if datasets else ():
        if one.resource in datasets and one.verdict is not Verdict.NOT_APPLICABLE:
            said[one.resource].append(_said(one))
            tally[one.resource][said[one.resource][-1].state] += 1
    tiers = page.result.classifications
    ordered = sorted(datasets.values(), key=lambda one: (-tiers[one.id].tier, one.name))
    return tuple(
        AttestedRow(
            one.name,
            tiers[one.id].tier.label,
            tuple(tally[one.id][state] for state in STATES),
            tuple(entry for entry in said[one.id] if entry.state != State.MISSING),
            tuple(entry for entry in said[one.id] if entry.state == State.MISSING),
        )
        for one in ordered
    )


def _said(one: Finding) -> Said:
    look = "pass" if one.verdict is Verdict.ATTESTED else one.verdict.value
    told = "; ".join(dict.fromkeys(part.via for part in one.actual))
    return Said(one.attested.value if one.attested is not None else OPEN, look, one.control, one.title, told)


def principles_of(page: Shown) -> tuple[PrincipleRow, ...]:
    """The requirements in the framework's order."""
    verdicts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    for sort, number in Findings.of(page.result.findings).tally.items():
        verdicts[sort.control][sort.verdict] += number
    return tuple(
        PrincipleRow(
            one.id,
            one.title,
            _known(one),
            one.passed,
            one.failed,
            one.unknown,
            beside(one) if one.standing else "nothing",
            one.attestation or "nothing",
            tuple(part_of(page, name, verdicts[name]) for name in one.controls),
        )
        for one in page.result.requirements
    )


def _known(one: RequirementEvidence) -> str:
    """What is known of it, and from what: what no scan can see is never said to be scanned."""
    scanned = one.passed or one.failed or one.unknown
    if not scanned and not one.standing:
        return "cannot be scanned"
    return f"{one.words}; {_COVERAGE[one.coverage] if scanned else 'cannot be scanned'}"
