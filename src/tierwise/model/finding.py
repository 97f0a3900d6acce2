"""Verdicts and findings, and the result of a scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload

import msgspec

from tierwise import shelf
from tierwise.model.attestation import State
from tierwise.model.change import Change, Pending, PlanChange
from tierwise.model.content import Look
from tierwise.model.control import Severity
from tierwise.model.coverage import Coverage
from tierwise.model.resource import DATASETS, Gap, Kind, ReadOutcome, RegionStatus, Resource
from tierwise.model.sensitivity import Classification, Tier
from tierwise.shelf import Named, each, shelved

if TYPE_CHECKING:
    from tierwise.model.opinion import SecondOpinion


class Verdict(StrEnum):
    """What a control says of a resource."""

    PASS = "pass"
    ATTESTED = "attested"
    """The rung is met by what somebody attested; never counted with what was read."""
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


PROBLEMS: Final = frozenset({Verdict.FAIL, Verdict.UNKNOWN})
MOST_PROBLEMS: Final = 50_000
"""How many of these are held as they are, at most."""


def most_problems() -> int:
    """How many of these are held as they are, where fewer resources are than usual fewer in proportion."""
    return min(MOST_PROBLEMS, 5 * shelf.MOST)


class UnknownPart(msgspec.Struct, frozen=True, gc=False):
    """One fact that keeps a verdict open, why, and what would settle it."""

    fact: str
    reason: str
    via: str
    action: str = ""
    detail: str = ""


class Actual(msgspec.Struct, frozen=True, gc=False):
    """A fact that decided a verdict, as it was read."""

    fact: str
    value: str
    """Rendered for people; `unknown (reason)` where it was not read."""
    via: str


MERGED: Final = "merged in "
"""How what is said of a commit begins."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A risk acceptance as written in a reviewed file; the tool verifies files, not people."""

    reason: str
    owner: str
    approver: str
    expires: str
    file: str
    role: str = ""
    """The approver's, as written."""
    evidence: str = ""
    """Where the decision is recorded."""
    ticket: str = ""
    """The ticket under which it is to be mended by the day on which the acceptance expires."""
    merged: str = ""
    """The commit that brought it, in words."""

    @property
    def answered(self) -> str:
        """Until when, by whom and where it is written; until when alone for an audience that may not see the rest."""
        return f"until {self.expires}{f' by {self.by}, {self.written}' if self.approver else ''}"

    @property
    def written(self) -> str:
        """Where it is written, and the commit that brought it there."""
        return f"as written in {self.file}{f', {self.merged}' if self.merged else ''}"

    @property
    def by(self) -> str:
        """Who accepted it, with the role and the planned fix where they are written."""
        who = f"{self.approver}, {self.role}" if self.role else self.approver
        return f"{who}, fix planned in {self.ticket}" if self.ticket else who


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One control's verdict on one resource, with all that explains it."""

    fingerprint: str
    control: str
    title: str
    family: str
    verdict: Verdict
    severity: Severity
    tier: Tier
    resource: str
    """The resource's id."""
    expected: str
    """The part of the effective rung that is not met or not settled, in words; the whole rung for a pass."""
    actual: tuple[Actual, ...]
    unknowns: tuple[UnknownPart, ...] = ()
    why: str = ""
    """Why this bar applies: the tier, its state, and the rung's tier."""
    at_assumed: Verdict | None = None
    """Where the tier is an interval: the verdict at the assumed tier."""
    owner: str = ""
    cause: str = ""
    fix_at: str = ""
    remediation: str = ""
    danger: bool = False
    assumed: bool = False
    """The tier is only assumed: advises, never blocks."""
    introduced: bool = False
    """The change under judgement brings it (a plan): it is new, fails a rung that did not fail before, or weakens what failed. What a live scan finds is there already."""
    before: Verdict | None = None
    """In a plan: the verdict before the change; None where the resource or its rung was not there."""
    brought_by: str = ""
    """What the plan does that brings it, in a sentence; empty where it was there already."""
    setting: str = ""
    """Of what fails or is unknown, the read that decided it: findings of one resource and one setting are closed by one change."""
    first_seen: str | None = None
    accepted: Acceptance | None = None
    lapsed: str = ""
    """The acceptance that names it and is not in force, and why; empty where none does, or another holds."""
    attested: State | None = None
    """Of a control over attested evidence: how that evidence stands; None for what was read, and for what could not be checked."""
    as_of: str = ""
    """When what it rests on was read or recorded, the earliest of it; empty where all was read when the scan was made."""
    in_baseline: bool = False
    """The baseline of the run has it: it is not this change's doing, and advises."""
    back: str = ""
    """Since when it is one again, where it had ended after it was first seen; empty where it had not, or no store knows."""

    @property
    def since(self) -> str:
        """The day from which it has been one without a break; empty where no store knows."""
        return (self.back or self.first_seen or "")[:10]


class Sort(NamedTuple):
    """What findings that are counted together have in common."""

    control: str
    family: str
    verdict: Verdict
    tier: Tier
    assumed: bool

    @classmethod
    def of(cls, one: Finding) -> Sort:
        """The sort of a finding."""
        return cls(one.control, one.family, one.verdict, one.tier, one.assumed)


class Parted(NamedTuple):
    """The findings of one resource: those that fail or are unknown, and the sorts of the others."""

    resource: str
    problems: Sequence[Finding]
    others: Sequence[Sort]


class Findings(Sequence[Finding]):
    """Findings in their order. Those that fail or are unknown are held; the others, most of them, may be made each time they are looked at."""

    __slots__ = ("_parted", "ends", "made_of", "problems", "rows", "tally")

    def __init__(
        self,
        problems: Iterable[Finding],
        tally: Mapping[Sort, int],
        rows: Sequence[Any],
        made_of: Callable[[Iterable[Any]], Iterator[Finding]],
        ends: Sequence[int] | None = None,
        parted: Callable[[Iterable[Any]], Iterator[Parted]] | None = None,
    ) -> None:
        self.problems: Sequence[Finding] = problems if isinstance(problems, Sequence) else shelved(problems, most=most_problems())
        """Those that fail or are unknown, in their order."""
        self.tally = tally
        """How many there are of each sort."""
        self.rows = rows
        """What they are made of, in their order, and of no concern to anyone but `made_of`: some of them can be made without the others."""
        self.made_of = made_of
        """The findings of some rows."""
        self.ends = ends
        """Where the problems of each resource end, in the order of the resources and after the nought at which the first begin; None where nobody knows without looking."""
        self._parted = parted

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Findings:
        """The same findings, whatever holds them."""
        if isinstance(findings, Findings):
            return findings
        held = (one for one in findings if one.verdict in PROBLEMS)
        return cls(held, Counter(map(Sort.of, findings)), findings, iter)

    def parted(self, rows: Iterable[Any]) -> Iterator[Parted]:
        """The findings of some rows, resource by resource: those that fail or are unknown, and of the others only the sort where they need not be made for it."""
        if self._parted is not None:
            yield from self._parted(rows)
            return
        for resource, some in groupby(self.made_of(rows), key=lambda one: one.resource):
            found = list(some)
            problems = [one for one in found if one.verdict in PROBLEMS]
            yield Parted(resource, problems, [Sort.of(one) for one in found if one.verdict not in PROBLEMS])

    @property
    def verdicts(self) -> Counter[Verdict]:
        """How many there are of each verdict."""
        found: Counter[Verdict] = Counter()
        for sort, count in self.tally.items():
            found[sort.verdict] += count
        return found

    def mapped(self, change: Callable[[Finding], Finding], *, renames: bool = False) -> Findings:
        """Each of them changed, in what no tally counts; `renames`: perhaps in what resource it is of."""
        return self._with(map(change, self.problems), change, None if renames else self.parted)

    def told(self, change: Callable[[Finding], Finding]) -> Findings:
        """The same by a change that costs less than holding what it makes: of very many it is made whenever one is looked at."""
        return self._with(each(self.problems, change), change, self.parted)

    def _with(
        self,
        problems: Iterable[Finding],
        change: Callable[[Finding], Finding],
        parted: Callable[[Iterable[Any]], Iterator[Parted]] | None,
    ) -> Findings:
        def changed(rows: Iterable[Any]) -> Iterator[Parted]:
            return (Parted(key, list(map(change, some)), others) for key, some, others in self.parted(rows))

        return Findings(problems, self.tally, self.rows, lambda rows: map(change, self.made_of(rows)), self.ends, parted and changed)

    def having(self, verdicts: frozenset[str]) -> Findings:
        """Those of some verdicts only."""
        tally = {key: count for key, count in self.tally.items() if key.verdict in verdicts}
        problems = self.problems
        if not verdicts >= PROBLEMS:
            problems = shelved((one for one in problems if one.verdict in verdicts), most=most_problems())
        if verdicts <= PROBLEMS:
            return Findings(problems, tally, problems, iter)
        return Findings(problems, tally, self.rows, lambda rows: (one for one in self.made_of(rows) if one.verdict in verdicts))

    def __iter__(self) -> Iterator[Finding]:
        return self.made_of(self.rows)

    def __len__(self) -> int:
        return sum(self.tally.values())

    @overload
    def __getitem__(self, at: int) -> Finding: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Finding, ...]: ...

    def __getitem__(self, at: int | slice) -> Finding | tuple[Finding, ...]:
        return tuple(self)[at]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sequence)
            and len(self) == len(other)
            and all(mine == theirs for mine, theirs in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]  # as of a list: equal to any sequence of the same findings


class Fix(msgspec.Struct, frozen=True, gc=False):
    """One change that closes several findings."""

    fix_at: str
    control: str
    title: str
    remedy: str
    findings: tuple[str, ...]
    """Fingerprints."""
    resources: tuple[str, ...]
    severity: Severity
    tiers: tuple[Tier, ...]
    owner: str = ""


@dataclass(frozen=True, slots=True)
class RequirementEvidence:
    """What a scan shows of one requirement of the profile's framework."""

    id: str
    title: str
    words: str
    """`evidence seen`, `evidence attested`, `evidence missing` or `not visible`"""
    passed: int
    failed: int
    unknown: int
    attestation: str = ""
    """What must be attested beside it, where no scan can see it."""
    coverage: str = "not visible"
    """What is known of it at all, well or ill: `scanned`, `partly` (scanned, and something is open or for somebody to attest), `attested`, `not visible`."""
    standing: Mapping[State, int] = field(default_factory=dict)
    """How what is attested for it stands; in none of the three numbers above."""
    controls: tuple[str, ...] = ()
    """Those that give evidence of it."""


@dataclass(frozen=True, slots=True)
class Override:
    """An entry of an overrides file: a person lets a failing gate pass until a time. It changes no verdict and hides nothing."""

    id: str
    by: str
    """Who answers for it; empty for an audience that may not see names."""
    reason: str
    created: str
    """ISO 8601, with its time zone."""
    expires: str
    findings: frozenset[str] = frozenset()
    """The fingerprints that it lets through; empty for all that blocks."""
    file: str = ""


KEPT: Final = "kept"
"""The mode of a gate of which only the decision is kept: a run from the store."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The decision of a run and what it rests on."""

    result: str
    """`passed`, `failed` or `incomplete`"""
    mode: str
    fail_on: Severity
    blocking: tuple[str, ...] = ()
    """Fingerprints of what blocks, or in observe mode would."""
    reasons: tuple[str, ...] = ()
    override: Override | None = None
    overridden: tuple[str, ...] = ()
    """Fingerprints of what would block without the override."""
    baseline: str = ""
    """The baseline that the findings were held against, as it was asked for."""

    @property
    def decision(self) -> str:
        """The result as every format says it, with the override that it rests on."""
        if self.override is None or not self.overridden:
            return self.result
        who = f"override{f' of {self.override.by}' if self.override.by else ''} until {self.override.expires}"
        if self.result == "failed":
            return f"failed, beyond the {who} that lets through {len(self.overridden)}"
        return f"{self.result} by {who}, would have failed: {len(self.overridden)}"


@dataclass(frozen=True, slots=True)
class Run:
    """A run's own data; the clock is read once, at its start."""

    id: str
    started: str
    finished: str
    profile: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Everything that a report may show."""

    run: Run
    resources: Sequence[Resource]
    """In the order of their ids."""
    classifications: Mapping[str, Classification]
    findings: Sequence[Finding]
    """`Findings.of` tells those that fail or are unknown, and counts them all, without making the others."""
    gaps: tuple[Gap, ...]
    gate: Gate
    coverage: Coverage
    outcomes: Sequence[ReadOutcome] = ()
    regions: tuple[RegionStatus, ...] = ()
    looks: tuple[Look, ...] = ()
    """What came of looking into stores, where that was asked for."""
    no_rung: int = 0
    """Pairs of control and resource that have no rung at the resource's tier."""
    fixes: Sequence[Fix] = ()
    deselected: tuple[tuple[str, str], ...] = ()
    """Controls that the profile leaves out, and why."""
    what_if: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For stores whose tier is only assumed: how many findings each possible tier would bring, counted where someone asks."""
    requirements: tuple[RequirementEvidence, ...] = ()
    framework: str = ""
    notes: tuple[str, ...] = ()
    changes: tuple[PlanChange, ...] = ()
    """What a plan weakens, raises, lowers, removes and takes away, worst first; empty for a live scan."""
    earlier: tuple[Change, ...] = ()
    """What the plan changes, as its reader told it: the material of judging the same result again."""
    pending: tuple[Pending, ...] = ()
    """What only the applied plan will tell, and the live read that will tell it."""
    second: SecondOpinion | None = None
    """What another tool says of the plans, where it was asked."""

    @property
    def by_id(self) -> Mapping[str, Resource]:
        """The resources by their ids."""
        if isinstance(self.classifications, Named):
            return Named(self.classifications.names, self.resources)
        return {one.id: one for one in self.resources}

    @property
    def datasets(self) -> tuple[Resource, ...]:
        """The datasets among the resources; of very many no others are looked at."""
        by_id = self.by_id
        named = (by_id[key] for key in by_id if key.startswith(DATASETS))
        return tuple(one for one in named if one.kind is Kind.DATASET)
