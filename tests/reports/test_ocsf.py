"""OCSF events: valid under the official schema, each verdict in its own words, and nothing that an audience may not see."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.reports import ocsfcheck
from tests.reports.sample import ACCOUNT, classification, finding, result_of, sample
from tierwise.model.attestation import State
from tierwise.model.control import Severity
from tierwise.model.finding import Acceptance, Finding, ScanResult, Verdict
from tierwise.model.resource import REGISTER, Gap, Kind, Resource
from tierwise.model.sensitivity import PersonalData, Tier, TierState
from tierwise.reports.base import View
from tierwise.reports.ocsf import render, stream


def events(made: ScanResult, **view: Any) -> list[dict[str, Any]]:
    written = render(made, View(**view))
    assert ocsfcheck.problems(written) == []
    return [json.loads(line) for line in written.splitlines()]


def one(found: Finding, **view: Any) -> dict[str, Any]:
    return events(result_of((found,)), **view)[0]


@pytest.mark.parametrize("audience", ["public", "team", "restricted"])
def test_every_event_is_valid_under_the_official_schema(audience):
    dataset = Resource("dataset:benefits", Kind.DATASET, "dataset", REGISTER, "", "", "benefits")
    made = sample()
    told = replace(
        made,
        resources=(*made.resources, dataset),
        classifications={**made.classifications, dataset.id: classification(Tier.T3)},
        findings=(
            *made.findings,
            finding(9, Verdict.FAIL, resource=dataset.id, attested=State.MISSING),
            finding(8, Verdict.FAIL, resource="gone"),
        ),
    )
    found = events(told, audience=audience, marking="OFFICIAL")
    assert {event["class_uid"] for event in found} == {2003, 2006}
    assert {tuple(event["metadata"]["profiles"]) for event in found} == {(), ("cloud",)}


def test_the_check_would_see_what_is_not_of_the_schema():
    event = one(finding(1, Verdict.FAIL))
    wrong = (event | {"status_id": 77}, event | {"tier": "T3"}, {key: part for key, part in event.items() if key != "cloud"})
    assert [bool(ocsfcheck.problems(json.dumps(each).encode())) for each in wrong] == [True, True, True]


@pytest.mark.parametrize(
    ("verdict", "status", "severity"),
    [
        (Verdict.FAIL, (3, "Fail"), (4, "High")),
        (Verdict.UNKNOWN, (0, "Unknown"), (4, "High")),
        (Verdict.PASS, (1, "Pass"), (1, "Informational")),
        (Verdict.ATTESTED, (99, "Attested"), (1, "Informational")),
        (Verdict.NOT_APPLICABLE, (99, "Not applicable"), (1, "Informational")),
    ],
)
def test_each_verdict_has_its_own_status(verdict, status, severity):
    event = one(finding(1, verdict, Severity.HIGH))
    assert (event["compliance"]["status_id"], event["compliance"]["status"]) == status
    assert (event["severity_id"], event["severity"]) == severity
    assert event["unmapped"]["tierwise"]["verdict"] == verdict


def test_an_unknown_says_why_and_what_would_settle_it():
    event = one(finding(1, Verdict.UNKNOWN))
    (told,) = event["compliance"]["status_details"]
    assert "permission-denied" in told
    assert "s3:GetEncryptionConfiguration would settle it" in told
    assert event["unmapped"]["tierwise"]["unknowns"][0]["reason"] == "permission-denied"


def test_a_listing_that_failed_is_unknown_and_one_that_was_expected_is_suppressed():
    gap = Gap("aws", ACCOUNT, "eu-west-1", "dynamodb", "permission-denied", "dynamodb:ListTables", "detail", frozenset())
    made = replace(result_of((), held=()), gaps=(gap, replace(gap, service="rds", expected=True)))
    first, second = events(made)
    assert (first["compliance"]["status_id"], first["status"], first["severity"]) == (0, "New", "Unknown")
    assert first["compliance"]["status_details"] == ["permission-denied, dynamodb:ListTables would settle it"]
    assert second["status"] == "Suppressed"
    assert first["finding_info"]["uid"] != second["finding_info"]["uid"]


def test_an_accepted_risk_is_suppressed_until_its_day():
    accepted = Acceptance("old system", "owner", "a.senior", "2027-01-31", "acceptances.yaml")
    event = one(finding(1, Verdict.FAIL, accepted=accepted))
    assert (event["status_id"], event["compliance"]["status"]) == (3, "Fail")
    assert event["comment"] == "accepted until 2027-01-31 by a.senior, as written in acceptances.yaml: old system"
    assert one(finding(1, Verdict.FAIL, accepted=accepted), audience="public")["comment"] == "accepted until 2027-01-31"


def test_what_was_seen_before_is_an_update_and_keeps_its_first_day():
    event = one(finding(1, Verdict.FAIL, first_seen="2026-01-01T00:00:00+00:00"))
    assert (event["activity_name"], event["type_uid"]) == ("Update", 200302)
    assert event["finding_info"]["first_seen_time"] == 1767225600000
    assert one(finding(1, Verdict.FAIL))["type_uid"] == 200301


def test_the_tier_and_why_this_bar_applies_are_an_enrichment():
    (told,) = one(finding(1, Verdict.FAIL))["enrichments"]
    assert told["value"] == "T3 heightened"
    assert told["data"]["why"].startswith("protected as T3 heightened because")
    assert "because" not in told["data"]
    (restricted,) = one(finding(1, Verdict.FAIL), audience="restricted")["enrichments"]
    assert restricted["data"]["because"] == ["the tag says so: secretreason"]
    assert one(finding(1, Verdict.FAIL, assumed=True))["enrichments"][0]["value"] == "T3 heightened, assumed"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"tier": Tier.T1}, False),
        ({"state": TierState.ASSUMED}, False),
        ({"personal_data": PersonalData.NO}, False),
    ],
)
def test_a_store_of_people_s_data_is_a_data_security_finding(changes, told):
    made = result_of(())
    made = replace(made, classifications={key: replace(each, **changes) for key, each in made.classifications.items()})
    stores = [event for event in events(made) if event["class_uid"] == 2006]
    assert [event["resources"][0]["uid"] for event in stores] == ([each.id for each in made.resources] if told else [])
    if told:
        assert (stores[0]["risk_level"], stores[0]["data_security"]["confidentiality"]) == ("High", "T3 heightened")
        assert "discovery_details" not in stores[0]["data_security"]
        (restricted, *_) = [event for event in events(made, audience="restricted") if event["class_uid"] == 2006]
        assert restricted["data_security"]["discovery_details"] == [{"type": "C3"}]
        assert restricted["unmapped"]["tierwise"]["people"] == 54321


def test_only_the_verdicts_that_are_asked_for_are_written():
    fails = events(sample(), verdicts=frozenset({"fail"}))
    assert {event["compliance"]["status"] for event in fails} == {"Fail"}
    unknown = events(sample(), verdicts=frozenset({"unknown"}))
    assert [event["metadata"]["event_code"] for event in unknown] == ["ENC-03", "SCN-03"]


def test_pieces_are_whole_lines():
    pieces = list(stream(sample(), View()))
    assert all(piece.endswith(b"\n") and piece.count(b"\n") == 1 for piece in pieces)
    assert b"".join(pieces) == render(sample(), View())


def test_events_keep_their_ids_over_runs():
    before, after = (events(replace(sample(), run=replace(sample().run, id=name))) for name in ("run-1", "run-2"))
    assert [event["finding_info"]["uid"] for event in before] == [event["finding_info"]["uid"] for event in after]
    assert len({event["finding_info"]["uid"] for event in before}) == len(before)
    assert not {event["metadata"]["uid"] for event in before} & {event["metadata"]["uid"] for event in after}
