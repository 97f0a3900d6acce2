"""What past plans would have met at the gate: by plan, by control, and at each bar and mode; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tierwise.evaluate.gate import blocks, unseen
from tierwise.model.control import Severity
from tierwise.model.finding import Findings, ScanResult
from tierwise.model.profile import GatePolicy

MODES: Final = ("new", "full")
BARS: Final = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One plan: what would have blocked it, or why it could not be read."""

    plan: str
    resources: int = 0
    blocking: Mapping[str, int] = field(default_factory=dict)
    """Findings that would block, by control."""
    missing: tuple[str, ...] = ()
    """Why too little was read to say that nothing would block."""
    problem: str = ""
    """Why it could not be read."""
    at: Mapping[tuple[str, Severity], int] = field(default_factory=dict)
    """Findings that would block, by mode and bar."""

    @property
    def result(self) -> str:
        """`unreadable`, `would block`, `incomplete` or `would pass`."""
        if self.problem:
            return "unreadable"
        return "would block" if self.blocking else "incomplete" if self.missing else "would pass"


@dataclass(frozen=True, slots=True)
class Noise:
    """How often one control would have blocked."""

    control: str
    plans: int
    findings: int


def deciding(policy: GatePolicy) -> GatePolicy:
    """The policy with a mode that can block: observe asks what `new` would do."""
    return replace(policy, mode="new") if policy.mode == "observe" else policy


def replayed(plan: str, result: ScanResult, policy: GatePolicy) -> Replayed:
    """What a policy makes of one plan's result."""
    problems = Findings.of(result.findings).problems
    stopped = Counter(one.control for one in problems if blocks(one, policy))
    at = {(mode, bar): sum(blocks(one, replace(policy, mode=mode, fail_on=bar)) for one in problems) for mode in MODES for bar in BARS}
    return Replayed(plan, len(result.resources), dict(stopped.most_common()), unseen(result.gaps, result.coverage, policy), at=at)


def noise(plans: Iterable[Replayed]) -> list[Noise]:
    """The controls that would have blocked, those that stop most plans first."""
    found: dict[str, list[int]] = {}
    for one in plans:
        for control, number in one.blocking.items():
            found.setdefault(control, []).append(number)
    made = [Noise(control, len(numbers), sum(numbers)) for control, numbers in found.items()]
    return sorted(made, key=lambda one: (-one.plans, -one.findings, one.control))


def stopped(plans: Sequence[Replayed], mode: str, bar: Severity) -> int:
    """How many plans would have been blocked at a mode and bar."""
    return sum(one.at.get((mode, bar), 0) > 0 for one in plans)
