"""The page tells what people attest by principle and by dataset, and never among what passed."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.reports.sample import bucket, classification, finding, result_of
from tierwise.model.attestation import State
from tierwise.model.finding import RequirementEvidence, Verdict
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier
from tierwise.reports.audience import for_audience
from tierwise.reports.base import View
from tierwise.reports.html_report import render
from tierwise.reports.page.census import census_of
from tierwise.reports.page.summary import heat_map
from tierwise.reports.shown import shown

NAME = "benefits <b>"
DATASET = replace(bucket(NAME, f"dataset:{NAME}"), kind=Kind.DATASET, provider="register", facts={})
REQUIREMENTS = (
    RequirementEvidence(
        "1", "Know your data", "evidence missing", 2, 1, 0, "a person says why", "partly", {State.ATTESTED: 3, State.STALE: 2}
    ),
    RequirementEvidence("2", "Train people", "evidence attested", 0, 0, 0, "training", "attested", {State.ATTESTED: 4}),
    RequirementEvidence("3", "Respond", "evidence missing", 0, 0, 0, "a plan", "not visible", {State.MISSING: 1, State.REJECTED: 1}),
    RequirementEvidence("4", "Purpose", "not visible", 0, 0, 0, "a purpose", "not visible"),
    RequirementEvidence("5", "Encrypt", "evidence seen", 7, 0, 0, "", "scanned"),
    RequirementEvidence("6", "Log", "not visible", 0, 0, 3, "", "not visible"),
)


def of_dataset(number, verdict, **more):
    return finding(number, verdict, resource=DATASET.id, family="people", **more)


def page(*, datasets=True, audience="team"):
    findings = [finding(1, Verdict.FAIL)]
    if datasets:
        findings += [
            of_dataset(2, Verdict.ATTESTED, attested=State.ATTESTED),
            of_dataset(3, Verdict.FAIL, attested=State.STALE),
            of_dataset(4, Verdict.FAIL, attested=State.MISSING),
            of_dataset(5, Verdict.UNKNOWN),
            of_dataset(6, Verdict.NOT_APPLICABLE),
        ]
    result = result_of(tuple(findings), held=(bucket(), DATASET) if datasets else (bucket(),))
    tiers = {bucket().id: classification(Tier.T3), **({DATASET.id: classification(Tier.T3)} if datasets else {})}
    result = replace(result, classifications=tiers, requirements=REQUIREMENTS)
    made = for_audience(result, audience)
    return render(made, View(audience=audience))


def section(text, name):
    return text.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def rows(text):
    """The cells of a table's rows, as a reader sees them."""
    body = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in body.split("</tr>")[:-1]
    ]


def test_each_principle_says_what_was_scanned_what_is_attested_and_what_is_left_to_people():
    assert [(row[0], row[1], row[5], row[6]) for row in rows(section(page(), "principles"))] == [
        ("1 Know your data", "evidence missing; partly scanned", "3 attested, 2 stale", "a person says why"),
        ("2 Train people", "evidence attested; cannot be scanned", "4 attested", "training"),
        ("3 Respond", "evidence missing; cannot be scanned", "1 missing, 1 rejected", "a plan"),
        ("4 Purpose", "cannot be scanned", "nothing", "a purpose"),
        ("5 Encrypt", "evidence seen; scanned", "nothing", "nothing"),
        ("6 Log", "not visible; what was asked could not be read", "nothing", "nothing"),
    ]


def test_each_dataset_is_counted_by_how_its_evidence_stands():
    told = section(page(), "attested")
    assert rows(told) == [["benefits &lt;b&gt;", "T3 heightened", "1", "1", "1", "0", "1"]]
    assert re.findall(r'<th scope="col"[^>]*>(.*?)</th>', told) == [
        "Dataset", "Tier", "Attested", "Stale", "Missing", "Rejected", "Could not be checked",
    ]  # fmt: skip
    assert "<b>" not in told.replace("&lt;b&gt;", "")


def test_what_is_stale_or_missing_stands_with_the_findings_and_is_overdue():
    text = page()
    assert '<span class="tag fail">fail</span> <span class="tag high">high</span> <span class="tag attested">stale</span>' in text
    assert '<span class="tag attested">missing</span>' in text
    assert "1 attestation is older than the tier allows." in text


def test_a_dataset_leads_to_what_was_said_of_it_where_by_whom_and_when():
    part = section(page(), "attested")
    target = re.search(r'<a href="#(a-\d+)">benefits &lt;b&gt;</a>', part)
    assert target
    told = part.partition(f'<details id="{target[1]}">')[2].partition("</details>")[0]
    assert "benefits &lt;b&gt;: 3 of 4 requirements are spoken of" in told
    assert re.search(r'class="tag fail">stale</span> Data is encrypted, way 3 .*?: s3:GetEncryptionConfiguration</li>', told)
    assert re.search(r'class="tag pass">attested</span> Data is encrypted, way 2', told)
    assert re.search(r'class="tag fail">missing</span> Data is encrypted, way 4', told)


def test_without_attestations_or_for_the_public_it_says_why_nothing_is_told():
    assert "No file of attestations was given" in section(page(datasets=False), "attested")
    public = page(audience="public")
    assert "What people attest is not told to this audience." in section(public, "attested")
    assert "benefits" not in public


def test_what_is_only_attested_is_told_in_its_cell_and_is_no_pass():
    one = of_dataset(1, Verdict.ATTESTED, attested=State.ATTESTED)
    result = replace(result_of((one,), held=(DATASET,)), classifications={DATASET.id: classification(Tier.T3)})
    _, (row,) = heat_map(census_of(shown(result, View())))
    assert [(cell.words, cell.state) for cell in row.cells] == [("1 attested", "none")]
