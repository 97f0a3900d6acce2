"""Requirements are never met by a scan: they have evidence, lack it, or are not visible."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tierwise.evaluate.requirements import evidence_of
from tierwise.model.attestation import State
from tierwise.model.control import Severity
from tierwise.model.finding import Finding, Verdict
from tierwise.model.profile import Requirement
from tierwise.model.sensitivity import Tier


def finding(control: str, verdict: Verdict) -> Finding:
    return Finding(f"{control}-{verdict}", control, "t", "f", verdict, Severity.LOW, Tier.T2, "r", "e", ())


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ([Verdict.PASS], "evidence seen"),
        ([Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN], "evidence missing"),
        ([Verdict.PASS, Verdict.UNKNOWN], "not visible"),
        ([Verdict.UNKNOWN], "not visible"),
        ([Verdict.NOT_APPLICABLE], "not visible"),
        ([], "not visible"),
    ],
)
def test_the_words_follow_the_verdicts_of_its_controls(verdicts: list[Verdict], words: str) -> None:
    found = [finding("A-1", verdict) for verdict in verdicts] + [finding("B-1", Verdict.FAIL)]
    (one,) = evidence_of([Requirement("R1", "title", ("A-1",))], found)
    assert one.words == words


def test_what_no_scan_can_see_keeps_what_must_be_attested() -> None:
    (one,) = evidence_of([Requirement("P10", "Skills", (), "clearance roster")], [finding("A-1", Verdict.PASS)])
    assert (one.words, one.passed, one.attestation) == ("not visible", 0, "clearance roster")


def test_evidence_that_could_not_be_read_is_unknown_beside_what_is_attested() -> None:
    found = [replace(finding("A-1", Verdict.ATTESTED), attested=State.ATTESTED), finding("A-1", Verdict.UNKNOWN)]
    (one,) = evidence_of([Requirement("P10", "Skills", ("A-1",))], found, {"A-1"})
    assert (one.words, one.coverage, one.unknown, one.standing) == ("not visible", "attested", 1, {State.ATTESTED: 1})
    (one,) = evidence_of([Requirement("P10", "Skills", ("A-1",))], found[:1], {"A-1"})
    assert (one.words, one.unknown) == ("evidence attested", 0)
