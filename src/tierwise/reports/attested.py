"""How attested evidence stands, counted apart from what was scanned, in the words that formats share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from tierwise.model.attestation import State
from tierwise.model.finding import Findings, RequirementEvidence, ScanResult, Verdict
from tierwise.model.vocabulary import is_attested

OPEN: Final = "open"
"""Attested, and the evidence could not be read."""
STATES: Final = (*(state.value for state in State), OPEN)


def standing_of(result: ScanResult) -> dict[str, int]:
    """Verdicts over attested evidence by how it stands; empty where no file of attestations was given."""
    if not result.datasets:
        return {}
    findings = Findings.of(result.findings)
    found = Counter(one.attested.value for one in findings.problems if one.attested is not None)
    found[OPEN] = sum(any(is_attested(part.fact) for part in one.unknowns) for one in findings.problems)
    found[State.ATTESTED.value] = findings.verdicts[Verdict.ATTESTED]
    return {state: found[state] for state in STATES}


def told(standing: Mapping[str, int]) -> str:
    """`12 attested, 3 stale, 5 missing, 1 rejected`, with what is open where there is any."""
    return ", ".join(f"{number:,} {state}" for state, number in standing.items() if number or state != OPEN)


def beside(one: RequirementEvidence) -> str:
    """What is attested for a requirement, or that it needs to be."""
    if one.standing:
        return told({state.value: number for state, number in one.standing.items()})
    return "needs attestation" if one.attestation else ""
