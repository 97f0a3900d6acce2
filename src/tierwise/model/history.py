"""What a store tells of the runs that it keeps: plain rows, for reports and commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import TIER_IDS, Tier

ASSUMED: Final = "assumed"
ROWS: Final = (*reversed(TIER_IDS), ASSUMED)
"""The rows of every table by tier, strictest first: what is only assumed stands apart."""


def row_of(tier: int, *, assumed: bool) -> str:
    """The row in which something of a tier is counted."""
    return ASSUMED if assumed else TIER_IDS[tier]


class Ending(StrEnum):
    """Why a finding is no longer one."""

    FIXED = "fixed"
    """The control passes now."""
    NOT_APPLICABLE = "not-applicable"
    RE_TIERED = "re-tiered"
    """The control asks nothing at the tier that the resource has now."""
    RULE = "rule"
    """The control is no longer asked."""
    GONE = "gone"
    """The resource is no longer there."""
    UNSEEN = "unseen"
    """The listing that had the resource failed: nothing is known of it."""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """One run of a store."""

    id: str
    series: str
    number: int
    """In its series, from 1."""
    started: str
    finished: str
    profile: str
    tool: str
    sources: tuple[str, ...]
    controls: Mapping[str, str]
    """The controls that judged, with the digest of what each asked."""
    gate: str
    coverage: float
    resources: int
    failed: int
    """Failed verdicts without those that are accepted."""
    unknown: int
    accepted: int
    gaps: int
    open: Mapping[str, int] = field(default_factory=dict)
    """`failed` by row."""
    pruned: bool = False
    """Only what is kept for longest is still there: findings and evidence of T3 and T4."""

    @property
    def day(self) -> str:
        """The day on which it began (UTC)."""
        return self.started[:10]


@dataclass(frozen=True, slots=True)
class Counts:
    """Verdicts of one row of a table."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    not_applicable: int = 0
    accepted: int = 0
    """Failed or unknown, and someone answers for it; in neither of the two above."""
    attested: int = 0
    """Met by what somebody attested; never counted with what passed."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.unknown + other.unknown,
            self.not_applicable + other.not_applicable,
            self.accepted + other.accepted,
            self.attested + other.attested,
        )


@dataclass(frozen=True, slots=True)
class DayPoint:
    """The last run of one day."""

    day: str
    coverage: float
    resources: Mapping[str, int]
    """By row (`T4` ... `T0`, `assumed`)."""
    counts: Mapping[tuple[str, str], Counts]
    """By row and family of controls."""

    def by_row(self) -> dict[str, Counts]:
        """The counts of all families together."""
        found: dict[str, Counts] = {}
        for (row, _family), counts in self.counts.items():
            found[row] = found.get(row, Counts()) + counts
        return found


@dataclass(frozen=True, slots=True)
class Age:
    """How long what fails now has failed, in one row."""

    row: str
    open: int
    oldest_days: int
    median_days: int
    buckets: tuple[int, ...]
    """How many are younger than each of `BUCKETS` in turn, and how many are older than all."""


BUCKETS: Final = (7, 30, 90, 180)


@dataclass(frozen=True, slots=True)
class TimeToFix:
    """How long fixed failures of a row took."""

    row: str
    fixed: int
    median_days: int
    slowest_days: int
    reopened: int
    """How many came back after they had ended; what a failed listing hid is none of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding at one run, as far as comparing needs it."""

    fingerprint: str
    control: str
    resource: str
    verdict: Verdict
    severity: Severity
    tier: Tier
    assumed: bool
    accepted: str = ""
    """Who accepted it until when; empty where nobody did."""
    title: str = ""
    why: str = ""
    expected: str = ""
    actual: str = ""
    owner: str = ""

    @property
    def row(self) -> str:
        """The row in which it is counted."""
        return row_of(self.tier, assumed=self.assumed)

    @property
    def open(self) -> bool:
        """Whether it is counted as failed: nobody has accepted it."""
        return self.verdict is Verdict.FAIL and not self.accepted


@dataclass(frozen=True, slots=True)
class Place:
    """A resource at one run, as far as comparing needs it."""

    resource: str
    tier: Tier
    assumed: bool
    because: str = ""
    passes: frozenset[str] = frozenset()
    not_applicable: frozenset[str] = frozenset()
    attested: bool = False
    """It is a dataset: what it meets was attested, and has not passed."""

    @property
    def row(self) -> str:
        """The row in which it is counted."""
        return row_of(self.tier, assumed=self.assumed)


@dataclass(frozen=True, slots=True)
class Picture:
    """One run, as far as it differs from another: findings and resources that are the same in both may be left out of both."""

    run: KeptRun
    standings: Mapping[str, Standing]
    """Failed and unknown, by fingerprint."""
    places: Mapping[str, Place]
    """By resource id."""
    unseen: frozenset[str] = frozenset()
    """Resources that are not there and that a failed listing could have held."""

    def asks_otherwise(self, other: Picture, control: str) -> bool:
        """Whether a control asked something else then, or was not asked in one of the two runs."""
        return self.run.controls.get(control) != other.run.controls.get(control)


class Sort(StrEnum):
    """What became of a finding between two runs."""

    NEW = "new"
    FIXED = "fixed"
    WORSE = "worse"
    BETTER = "better"
    BECAME_UNKNOWN = "became unknown"
    ACCEPTED = "accepted"
    ACCEPTANCE_ENDED = "acceptance ended"
    GONE = "gone"
    UNSEEN = "no longer visible"
    RULE = "rule changed"
    RE_TIERED = "re-tiered"


@dataclass(frozen=True, slots=True)
class Move:
    """One finding that is not what it was."""

    sort: Sort
    why: str
    before: Standing | None
    after: Standing | None

    @property
    def shown(self) -> Standing:
        """The finding as it is, or as it was where it is none any more."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a move has a side")
        return found


@dataclass(frozen=True, slots=True)
class TierMoved:
    """A resource whose tier is another."""

    resource: str
    before: str
    after: str
    because: str


class Cause(StrEnum):
    """The lines of a bridge between what was open and what is."""

    NEW_ESTATE = "new estate"
    RE_TIERED = "re-tiered"
    RULES = "rule changes"
    NEWLY_SEEN = "newly seen"
    ACCEPTANCE_ENDED = "acceptance ended"
    FIXED = "fixed"
    ACCEPTED = "accepted"
    BECAME_UNKNOWN = "became unknown"
    GONE = "gone"
    UNSEEN = "no longer visible"


@dataclass(frozen=True, slots=True)
class Bridge:
    """From the open failures of one run to those of another: opening and all lines make closing, in every row and in all."""

    opening: Mapping[str, int]
    lines: Mapping[Cause, Mapping[str, int]]
    """Signed numbers by row."""
    closing: Mapping[str, int]

    def total(self, cause: Cause) -> int:
        """A line over all rows."""
        return sum(self.lines.get(cause, {}).values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of a series side by side."""

    before: KeptRun
    after: KeptRun
    moves: tuple[Move, ...]
    tiers: tuple[TierMoved, ...]
    bridge: Bridge
    notes: tuple[str, ...] = ()
    """What makes the two less than alike: other controls, lower coverage, failed listings."""


@dataclass(frozen=True, slots=True)
class LivePlace:
    """A resource at a live run, as far as holding a plan against it needs it."""

    id: str
    kind: str
    provider: str
    name: str
    aliases: tuple[str, ...]
    passes: frozenset[str]
    not_applicable: frozenset[str]
    standings: Mapping[str, Standing]
    """What fails or is unknown, by control."""

    def verdict(self, control: str) -> Verdict | None:
        """What the run said; None where the control was not asked."""
        if control in self.standings:
            return self.standings[control].verdict
        if control in self.passes:
            return Verdict.PASS
        return Verdict.NOT_APPLICABLE if control in self.not_applicable else None


class PlanSort(StrEnum):
    """What a plan makes of the verdicts of a live run."""

    BREAKS = "would fail"
    """It does not fail live, and would after the plan."""
    MENDS = "would be mended"
    GOES = "would go with its resource"
    OPEN = "cannot be told from the plan"
    """It fails live, and only the applied plan will tell."""
    DIFFERS = "differs without the plan"
    """The plan does not touch the resource, and says otherwise than the live run: somebody changed it by hand, or one of the two sees less."""


@dataclass(frozen=True, slots=True)
class PlanMove:
    """One verdict that a plan would change."""

    sort: PlanSort
    control: str
    title: str
    resource: str
    """The live resource's id; the address alone for what the plan makes anew."""
    address: str
    tier: Tier
    severity: Severity
    before: str
    """The live verdict; empty where there is none."""
    after: str


@dataclass(frozen=True, slots=True)
class PlanAgainst:
    """A plan held against a live run."""

    run: KeptRun
    matched: int
    """Resources of the plan that the run has."""
    made: int
    """Resources of the plan that it makes anew."""
    unmatched: tuple[str, ...]
    """Addresses of resources that exist by the plan and that the run does not have, or has several that it may be."""
    untouched: int
    """Resources of the run that the plan does not name."""
    stays: int
    """Failures that are there and stay."""
    moves: tuple[PlanMove, ...]
    """The worst first."""


@dataclass(frozen=True, slots=True)
class History:
    """The runs of a series and where they lead."""

    series: str
    runs: tuple[KeptRun, ...]
    """The latest first."""
    trend: tuple[DayPoint, ...]
    """The earliest first."""
    ages: tuple[Age, ...]
    times: tuple[TimeToFix, ...]
    bridge: Bridge | None = None
    """From the run before the last to the last."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look over a store found."""

    where: str
    runs: int
    series: int
    bytes: int
    problems: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    """Scans that were interrupted and can be gone on with, the latest first."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What has been dropped, or would be."""

    runs: int
    findings: int
    evidence: int
    days: int
    scans: int = 0
    """Scans that were interrupted and that nobody went on with."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept."""

    days: int = 90
    """Runs with everything."""
    months: int = 24
    """Daily figures, and findings and evidence of T3 and T4."""

    def whole_from(self, today: date) -> date:
        """Runs from this day on are kept with everything."""
        return date.fromordinal(max(1, today.toordinal() - self.days))

    def evidence_from(self, today: date) -> date:
        """Runs from this day on are kept with the evidence of T3 and T4."""
        months = today.year * 12 + today.month - 1 - self.months
        return date(max(1, months // 12), months % 12 + 1, min(today.day, 28))


@dataclass(frozen=True, slots=True)
class EvidenceResource:
    """A resource of a dataset as it was judged at a run."""

    id: str
    kind: str
    provider: str
    account: str
    region: str
    name: str
    classification: Mapping[str, object]
    facts: Mapping[str, object]
    """As the machine contract has them, each with the call that it was read by."""
    passes: tuple[str, ...]
    not_applicable: tuple[str, ...]
    findings: tuple[Mapping[str, object], ...]
    judged_since: str
    """When this classification was first seen."""
    read_since: str
    """When these facts were first read so."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an auditor gets of a dataset as of a date."""

    dataset: str
    as_of: str
    run: KeptRun
    resources: tuple[EvidenceResource, ...]
    controls: tuple[Mapping[str, object], ...]
    gaps: tuple[Mapping[str, object], ...] = ()
    coverage: tuple[tuple[str, str, int], ...] = field(default=())
    """(operation, outcome, count)"""
    kept_from: Tier | None = None
    """The tier from which resources are still kept, where the run is too old for others; None where all are."""
