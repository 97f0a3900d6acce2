"""What a scan shows of each requirement of the profile's framework: evidence seen, evidence missing, not visible. Never "compliant"."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from tierwise.model.finding import Finding, Findings, RequirementEvidence, Verdict
from tierwise.model.profile import Requirement

SEEN, MISSING, NOT_VISIBLE = "evidence seen", "evidence missing", "not visible"


def evidence_of(requirements: Sequence[Requirement], findings: Sequence[Finding]) -> tuple[RequirementEvidence, ...]:
    """One entry per requirement, in the framework's order. Findings on assumed tiers count like all others."""
    verdicts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    for (control, verdict), count in Findings.of(findings).tally.items():
        verdicts[control][verdict] += count
    found: list[RequirementEvidence] = []
    for one in requirements:
        counts: Counter[Verdict] = Counter()
        for control in one.controls:
            counts += verdicts[control]
        found.append(
            RequirementEvidence(
                one.id, one.title, _words(counts), counts[Verdict.PASS], counts[Verdict.FAIL], counts[Verdict.UNKNOWN], one.attestation
            )
        )
    return tuple(found)


def _words(counts: Counter[Verdict]) -> str:
    """Missing where anything fails; seen only where something passes; what is unknown or has no control is not visible."""
    if counts[Verdict.FAIL]:
        return MISSING
    return SEEN if counts[Verdict.PASS] and not counts[Verdict.UNKNOWN] else NOT_VISIBLE
