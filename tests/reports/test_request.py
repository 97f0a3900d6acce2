from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO

from tests.reports.sample import BUCKET, bucket, finding, resources, result_of
from tierwise.model.acceptance import Rank
from tierwise.model.finding import Verdict
from tierwise.model.register import AcceptanceRule
from tierwise.reports.base import View
from tierwise.reports.paper import as_html, as_odt, as_text
from tierwise.reports.request import Request, request_paper
from tierwise.reports.shown import shown

RULE = AcceptanceRule(
    "waits for\x1b its end", "records", "J. Marlow", date(2026, 6, 30), "ENC-01", "patients", role=Rank.SIRO, ticket="OPS-12"
)


def asked(rule=RULE, *more):
    findings = (finding(1, Verdict.FAIL), finding(2, Verdict.UNKNOWN), *more)
    held = (*resources(), *(bucket(one.resource.rpartition(":")[2], one.resource) for one in more))
    return Request(rule, findings, shown(result_of(findings, held=held), View(marking="OFFICIAL-SENSITIVE")))


def test_the_page_says_what_whose_why_until_when_and_how_to_answer():
    text = as_text(request_paper(asked())).decode()
    assert all(len(line) <= 76 for line in text.splitlines())
    told = " ".join(text.split())
    for words in (
        "OFFICIAL-SENSITIVE",
        "J. Marlow, will you answer for this until 2026-06-30: patients?",
        "the data is not locked as strongly as it must be",
        "Data is encrypted, way 1 (ENC-01): this is not so.",
        "Data is encrypted, way 2 (ENC-02): this could not be seen.",
        "patients: what it is: sensitive: it could do people serious harm; people: up to 54,321",
        "The reason given: waits for\\x1b its end",
        "It is to be mended by 2026-06-30, under OPS-12.",
        f"Yes: I accept request {asked().reference} until 2026-06-30. J. Marlow, siro",
        f"No: I do not accept request {asked().reference}.",
    ):
        assert words in told, words
    assert b"\x1b" not in as_html(request_paper(asked()))
    with zipfile.ZipFile(BytesIO(as_odt(request_paper(asked())))) as archive:
        assert f"request {asked().reference}" in archive.read("content.xml").decode()


def test_a_reply_speaks_of_the_terms_that_were_shown_alone():
    first = asked().reference
    assert asked().reference == first
    for other in ({"expires": date(2026, 7, 1)}, {"reason": "another"}, {"approver": "B. Name"}, {"resource": "claims"}, {"ticket": ""}):
        assert asked(replace(RULE, **other)).reference != first, other


def test_of_very_many_it_names_the_first_and_counts_the_rest():
    many = [finding(number, Verdict.FAIL, resource=f"{BUCKET}-{number}") for number in range(3, 15)]
    text = as_text(request_paper(asked(RULE, *many))).decode()
    assert "And 5 more, which the person who asks you can list." in text
    assert "- And 6 more requirements." in text
