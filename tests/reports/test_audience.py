"""The table of audiences in `docs/reports.md` is what the formats write: no more and no less, for each thing, format and audience."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.reports.sample import ACCOUNT, BUCKET, PLANNED, finding, result_of, sample, text_of
from tierwise.model.attestation import State
from tierwise.model.change import Action, PlanChange, Recoverable, Weakening
from tierwise.model.fact import Known
from tierwise.model.finding import Override, ScanResult, Verdict
from tierwise.model.resource import REGISTER, Kind, Resource
from tierwise.model.sensitivity import Tier, TierState, TraceStep
from tierwise.reports.base import View, reports

PAGE = (Path(__file__).parents[2] / "docs/reports.md").read_text("utf-8")
AUDIENCES = ("public", "team", "restricted")
PLANTED = {
    "resource, control, verdict, severity, tier, what would settle an unknown": (
        "patients",
        "ENC-01",
        "T3",
        "s3:GetEncryptionConfiguration",
    ),
    "until when a risk is accepted": ("2027-01-31",),
    "account ids": (ACCOUNT,),
    "facts as they were read": ("livefact",),
    "owner": ("health-team",),
    "who accepted a risk": ("a.senior",),
    "why a risk was accepted": ("old system",),
    "who overrides a failing gate": ("p.shah",),
    "why it is overridden": ("ships tonight",),
    "steps by which the tier came about": ("secretreason",),
    "categories of the data, number of people, dataset": ("C3", "54321", "secretdataset"),
    "name of a dataset, as the resource of an [attested](attestations.md) finding": ("secretname",),
    "tags": ("secrettag",),
    "facts before and after a plan": ("valuebefore", "valueafter", "valuelost"),
}


def table() -> dict[str, dict[str, str]]:
    """The least audience by thing and format; `-` for nobody."""
    section = re.search(r"^## Audience\n(.*?)^## ", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert section
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section[1].splitlines() if line.startswith("|")]
    formats = [name.split(", ") for name in rows[0][1:]]
    return {row[0]: {name: cell for names, cell in zip(formats, row[1:], strict=True) for name in names} for row in rows[2:]}


def planted() -> ScanResult:
    """The sample with tags, a tier that evidence raised, and what a plan weakens and loses."""
    made = sample()
    classified = made.classifications[BUCKET]
    trace = (TraceStep("name-token", "the name says so: secretreason", Tier.T3, "name"),)
    inferred = replace(classified, state=TierState.INFERRED, trace=trace)
    tagged = tuple(replace(one, tags=Known({"secrettag": "x"})) for one in made.resources)
    override = Override(
        "INC-1", "p.shah", "ships tonight", "2026-01-15T09:00:00+00:00", "2026-01-16T09:00:00+00:00", file="overrides.yaml:2"
    )
    gate = replace(made.gate, override=override, overridden=(made.findings[6].fingerprint,))
    weakened = Weakening("encryption.at_rest", "valuebefore", "valueafter", "address#attribute", "it is deleted")
    change = PlanChange(PLANNED, Action.REPLACE, weakened=(weakened,), loses=(Recoverable("recovery.backup_days", "valuelost"),))
    dataset = Resource("dataset:secretname", Kind.DATASET, "dataset", REGISTER, "", "", "secretname")
    unattested = finding(8, Verdict.FAIL, resource=dataset.id, attested=State.MISSING, actual=())
    return replace(
        made,
        changes=(change,),
        resources=(*tagged, dataset),
        classifications={**made.classifications, BUCKET: inferred, dataset.id: replace(classified, dataset="")},
        findings=(*made.findings, unattested),
        fixes=(*made.fixes, *result_of((unattested,)).fixes),
        gate=gate,
    )


def test_the_table_names_every_format_and_every_thing_that_is_planted():
    assert set(table()) == set(PLANTED)
    assert all(set(row) == set(reports()) for row in table().values())


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("name", sorted(reports()))
def test_a_format_shows_an_audience_what_the_table_says_and_nothing_else(name, audience):
    made = reports()[name].render(planted(), View(audience=audience, width=400))
    text = text_of(made).replace("54,321", "54321")
    for what, words in PLANTED.items():
        least = table()[what][name]
        seen = least != "-" and AUDIENCES.index(audience) >= AUDIENCES.index(least)
        assert {word: word in text for word in words} == dict.fromkeys(words, seen), what
