"""The NCSC's measures as lights: each rule in both directions, and nothing that nobody knows is green."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from tests.reports.sample import BUCKET, DATABASE, finding, result_of
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import load_profile
from tierwise.model.attestation import State
from tierwise.model.control import Severity
from tierwise.model.finding import Acceptance, Finding, Verdict
from tierwise.model.profile import Requirement
from tierwise.model.resource import Gap
from tierwise.model.sensitivity import Tier
from tierwise.reports.base import View
from tierwise.reports.html_report import render
from tierwise.reports.page.census import census_of
from tierwise.reports.page.measures import PROFILE, Light, Measure, measures_of
from tierwise.reports.shown import shown

CONTROLS = load_catalogue().controls
SCANNED = Requirement("M1", "one that is scanned", ("ENC-01",))
BOTH = Requirement("M2", "one that is scanned and attested", ("ENC-01", "RES-07"))
PASSED = finding(1, Verdict.PASS)
FAILED = finding(1, Verdict.FAIL, Severity.HIGH)
ATTESTED = structs.replace(finding(7, Verdict.ATTESTED), control="RES-07", attested=State.ATTESTED)
STALE = structs.replace(ATTESTED, verdict=Verdict.FAIL, attested=State.STALE)
ACCEPTED = Acceptance("waits", "owner", "approver", "2027-01-31", "acceptances.yaml")


def measured(one: Requirement, *findings: Finding, gaps: tuple[Gap, ...] = (), audience: str = "team") -> Measure:
    page = shown(replace(result_of(findings), gaps=gaps), View(audience=audience, controls=CONTROLS, measures=(one,)))
    (found,) = measures_of(census_of(page))
    return found


@pytest.mark.parametrize(
    ("one", "findings", "light"),
    [
        (SCANNED, [PASSED], Light.GREEN),
        (SCANNED, [PASSED, FAILED], Light.RED),
        (SCANNED, [PASSED, structs.replace(FAILED, severity=Severity.MEDIUM)], Light.AMBER),
        (SCANNED, [PASSED, structs.replace(FAILED, assumed=True)], Light.AMBER),
        (SCANNED, [PASSED, structs.replace(FAILED, accepted=ACCEPTED)], Light.AMBER),
        (SCANNED, [PASSED, finding(1, Verdict.UNKNOWN)], Light.AMBER),
        (SCANNED, [finding(1, Verdict.UNKNOWN)], Light.AMBER),
        (SCANNED, [finding(1, Verdict.NOT_APPLICABLE)], Light.NOT_KNOWN),
        (SCANNED, [], Light.NOT_KNOWN),
        (SCANNED, [finding(2, Verdict.PASS)], Light.NOT_KNOWN),
        (SCANNED, [structs.replace(PASSED, tier=Tier.T1)], Light.NOT_KNOWN),
        (SCANNED, [PASSED, structs.replace(FAILED, tier=Tier.T1)], Light.GREEN),
        (replace(SCANNED, attestation="the rest"), [PASSED], Light.AMBER),
        (replace(SCANNED, controls=("ENC-01", "XXX-01")), [PASSED], Light.AMBER),
        (BOTH, [PASSED, ATTESTED], Light.GREEN),
        (BOTH, [PASSED], Light.AMBER),
        (BOTH, [PASSED, STALE], Light.AMBER),
        (BOTH, [PASSED, structs.replace(STALE, attested=State.MISSING)], Light.RED),
    ],
)
def test_the_light_follows_the_rules(one: Requirement, findings: list[Finding], light: Light) -> None:
    assert measured(one, *findings).light is light


def test_a_listing_that_failed_is_no_green_unless_it_was_expected() -> None:
    gap = Gap("aws", "1", "eu-west-2", "s3", "permission-denied", "s3:ListAllMyBuckets", "", frozenset())
    assert measured(SCANNED, PASSED, gaps=(gap,)).light is Light.AMBER
    assert measured(SCANNED, PASSED, gaps=(replace(gap, expected=True),)).light is Light.GREEN


def test_the_public_is_not_told_that_nobody_has_attested() -> None:
    told = measured(BOTH, PASSED, audience="public")
    assert (told.light, "not shown to the public" in told.because) == (Light.AMBER, True)


def test_a_measure_leads_to_its_controls_and_to_the_worst_stores() -> None:
    told = measured(BOTH, PASSED, structs.replace(FAILED, resource=DATABASE), finding(2, Verdict.FAIL, Severity.CRITICAL, BUCKET))
    assert [(part.control, part.words) for part in told.parts] == [("ENC-01", "1 failed, 1 passed"), ("RES-07", "nothing judged")]
    assert [(spot.name, spot.failed) for spot in told.spots] == [("claims", 1)]


def test_each_colour_has_its_word_and_every_measure_its_row() -> None:
    measures = load_profile(PROFILE, load_catalogue()).requirements
    text = render(result_of((PASSED, FAILED)), View(controls=CONTROLS, measures=measures))
    section = text[text.index('id="measures"') : text.index('id="accepted"')]
    for light in Light:
        assert f'<span class="tag {light.look}">{light}</span>' in section
    assert section.count('<th scope="row">') == len(measures)
    assert "The measures were not asked for." in render(result_of((PASSED,)), View())
