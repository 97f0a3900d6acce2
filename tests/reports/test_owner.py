"""An owner's paper: what is unknown or taken as a risk is not as it should be."""

from __future__ import annotations

import pytest

from tests.reports.sample import finding, result_of, sample
from tierwise.catalogue.controls import load_catalogue
from tierwise.model.finding import Finding, Verdict
from tierwise.reports.base import View
from tierwise.reports.owner import MEANING, owner_paper
from tierwise.reports.paper import Grid, Text
from tierwise.reports.shown import shown

ACCEPTED = next(one.accepted for one in sample().findings if one.accepted)


@pytest.mark.parametrize(
    ("findings", "answer", "stands"),
    [
        ((finding(1, Verdict.PASS),), "All 2 places where your data is kept have what they call for.", "as it should be"),
        (
            (finding(1, Verdict.UNKNOWN),),
            "Nothing is known to be wrong with the 2 places where your data is kept, but for 1 of them we could not find out everything.",
            "1 question open",
        ),
        (
            (finding(1, Verdict.FAIL, accepted=ACCEPTED),),
            "Nothing else is wrong with the 2 places where your data is kept."
            " Somebody has agreed to take 1 risk with it, until a day that the full report names.",
            "1 risk taken",
        ),
        (
            (finding(1, Verdict.FAIL), finding(2, Verdict.FAIL, accepted=ACCEPTED)),
            "1 of 2 places where your data is kept lacks something that they call for."
            " Somebody has agreed to take 1 risk with it, until a day that the full report names.",
            "1 thing to put right, 1 risk taken",
        ),
    ],
)
def test_only_what_is_known_to_be_well_is_said_to_be(findings: tuple[Finding, ...], answer: str, stands: str) -> None:
    paper = owner_paper(shown(result_of(findings, held=tuple(sample().resources[:2])), View()), "health-team")
    said = next(part for part in paper.parts if isinstance(part, Text))
    (table,) = [part for part in paper.parts if isinstance(part, Grid)]
    assert said.text.replace(" For 1 of them we could not find out who can.", "") == answer
    assert stands in [row[-1] for row in table.rows]


def test_every_family_of_controls_has_its_meaning_for_an_owner() -> None:
    assert {one.family for one in load_catalogue().controls.values()} <= MEANING.keys()
