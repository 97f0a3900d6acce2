"""What a scan and attestations show of each requirement of the profile's framework: seen, attested, missing, not visible. Never "compliant"."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from tierwise.model.attestation import State
from tierwise.model.finding import Finding, Findings, RequirementEvidence, Verdict
from tierwise.model.profile import Requirement, Sight

SEEN, ATTESTED, MISSING, NOT_VISIBLE = "evidence seen", "evidence attested", "evidence missing", "not visible"


def evidence_of(
    requirements: Sequence[Requirement], findings: Sequence[Finding], attested: Collection[str] = frozenset()
) -> tuple[RequirementEvidence, ...]:
    """One entry per requirement, in the framework's order. Findings on assumed tiers count like all others.

    `attested` are the controls that rest on attestations: they are counted by how those stand, and never as passed.
    """
    held = Findings.of(findings)
    verdicts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    states: dict[str, Counter[State]] = defaultdict(Counter)
    for sort, count in held.tally.items():
        verdicts[sort.control][sort.verdict] += count
        if sort.verdict is Verdict.ATTESTED:
            states[sort.control][State.ATTESTED] += count
    for one in held.problems if attested else ():
        if one.attested is not None:
            states[one.control][one.attested] += 1
    return tuple(_evidence(one, verdicts, states, attested) for one in requirements)


def _evidence(
    one: Requirement, verdicts: dict[str, Counter[Verdict]], states: dict[str, Counter[State]], attested: Collection[str]
) -> RequirementEvidence:
    scanned, standing = Counter[Verdict](), Counter[State]()
    for control in one.controls:
        if control in attested:
            standing += states[control]
            # Evidence that could not be read: nobody knows whether it is attested.
            scanned[Verdict.UNKNOWN] += verdicts[control][Verdict.UNKNOWN]
        else:
            scanned += verdicts[control]
    return RequirementEvidence(
        one.id,
        one.title,
        _words(scanned, standing),
        scanned[Verdict.PASS],
        scanned[Verdict.FAIL],
        scanned[Verdict.UNKNOWN],
        one.attestation,
        _coverage(scanned, standing, one.sight),
        {state: standing[state] for state in State if standing[state]},
        one.controls,
    )


def _words(scanned: Counter[Verdict], standing: Counter[State]) -> str:
    """Missing where anything fails; seen only where something passes; what is unknown or has no control is not visible."""
    if scanned[Verdict.FAIL] or standing.total() > standing[State.ATTESTED]:
        return MISSING
    if scanned[Verdict.UNKNOWN]:
        return NOT_VISIBLE
    if scanned[Verdict.PASS]:
        return SEEN
    return ATTESTED if standing[State.ATTESTED] else NOT_VISIBLE


def _coverage(scanned: Counter[Verdict], standing: Counter[State], most: Sight) -> str:
    if scanned[Verdict.PASS] or scanned[Verdict.FAIL]:
        return Sight.SCANNED if most is Sight.SCANNED and not scanned[Verdict.UNKNOWN] else Sight.PARTLY
    return Sight.ATTESTED if standing[State.ATTESTED] else Sight.NOT_VISIBLE
