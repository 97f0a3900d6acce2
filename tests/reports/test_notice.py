"""What a notice tells, to whom, and how little of it could do harm where it is read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.reports.hostile import HOSTILE
from tests.store.worlds import SERIES, World, whole_picture
from tierwise.evaluate.progress import compare
from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.model.history import KeptRun
from tierwise.model.sensitivity import Tier
from tierwise.reports.notice import Wanted, as_chat, as_json, notice_of

FAIL, PASS, UNKNOWN = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN
THEN = World(
    {"claims": Tier.T3, "patients": Tier.T4}, {("claims", 1): PASS, ("claims", 2): FAIL, ("claims", 3): FAIL, ("patients", 1): UNKNOWN}
)
NOW = World(
    {"claims": Tier.T3, "patients": Tier.T4, "schools": Tier.T1},
    {("claims", 1): FAIL, ("claims", 2): PASS, ("claims", 3): UNKNOWN, ("patients", 1): FAIL, ("schools", 1): FAIL},
)
ALL = Wanted(Severity.INFO)


def run(number):
    started = f"2026-01-{7 * number - 2:02}T09:00:00+00:00"
    return KeptRun(f"run-{number}", SERIES, number, started, started, "p", "0", (), dict.fromkeys(("ENC-01", "ENC-02", "ENC-03"), "x"), "failed", 1.0, 3, 0, 0, 0, 0)  # fmt: skip


MOVED = compare(whole_picture(THEN, run(1)), whole_picture(NOW, run(2)))


def accepted(expires, owner="records"):
    return {"controls": ["LOG-02"], "findings": 2, "expires": expires, "owner": owner, "file": "acceptances.yaml:3", "approver": "A. Name"}


def told(wanted=ALL, risks=()):
    return json.loads(as_json(notice_of(run(2), MOVED, risks, wanted), "run-2/team"))


def test_it_tells_what_is_new_worse_unknown_and_fixed_and_of_which_tier():
    made = told()
    assert made["counts"] == {"new": {"T3": 1, "T1": 1}, "worse": {"T4": 1}, "became unknown": {"T3": 1}, "fixed": {"T3": 1}}
    assert [(one["change"], one["resource"].rpartition(":")[2], one["control"]) for one in made["findings"]] == [
        ("new", "claims", "ENC-01"),
        ("new", "schools", "ENC-01"),
        ("worse", "patients", "ENC-01"),
        ("became unknown", "claims", "ENC-03"),
        ("fixed", "claims", "ENC-02"),
    ]
    assert (made["run"], made["since"]["id"]) == ({"id": "run-2", "started": run(2).started, "gate": "failed"}, "run-1")


@pytest.mark.parametrize(
    ("wanted", "counts"),
    [
        (replace(ALL, tier=Tier.T4), {"worse": {"T4": 1}}),
        (Wanted(Severity.CRITICAL), {"worse": {"T4": 1}}),
        (replace(ALL, owners=("nobody",)), {}),
        (replace(ALL, owners=("nobody", "health-team"), tier=Tier.T4), {"worse": {"T4": 1}}),
    ],
)
def test_a_receiver_hears_of_its_tiers_severities_and_owners_alone(wanted, counts):
    made = notice_of(run(2), MOVED, (), wanted)
    assert (made.counts, made.empty) == (counts, not counts)


def test_what_somebody_accepted_is_no_news():
    now = replace(NOW, accepted=frozenset({("claims", 1), ("schools", 1), ("patients", 1)}))
    made = notice_of(run(2), compare(whole_picture(THEN, run(1)), whole_picture(now, run(2))), (), ALL)
    assert "new" not in made.counts
    assert "worse" not in made.counts


@pytest.mark.parametrize(
    ("expires", "heard"),
    [("2026-02-04", False), ("2026-02-05", True), ("2026-02-11", True), ("2026-02-12", False), ("2026-01-12", False), ("2026-01-13", True), ("2026-01-19", True), ("2026-01-20", False)],
)  # fmt: skip
def test_an_acceptance_is_told_of_a_month_and_a_week_before_its_end_and_once_each(expires, heard):
    assert bool(told(risks=(accepted(expires),))["acceptances_ending"]) is heard


def test_an_acceptance_of_another_owner_is_not_told():
    risks = (accepted("2026-02-05"), accepted("2026-02-06", owner="payroll"))
    (one,) = told(Wanted(Severity.INFO, owners=("payroll",)), risks)["acceptances_ending"]
    assert one == {"controls": ["LOG-02"], "findings": 2, "expires": "2026-02-06", "owner": "payroll", "file": "acceptances.yaml:3"}


def test_the_public_hears_numbers_alone():
    text = json.dumps(told(Wanted(Severity.INFO, audience="public"), (accepted("2026-02-05"),)))
    chat = as_chat(notice_of(run(2), MOVED, (accepted("2026-02-05"),), Wanted(Severity.INFO, audience="public"))).decode()
    for word in ("arn:", "claims", "health-team", "records", "acceptances.yaml", "LOG-02", "A. Name", "123456789012"):
        assert word not in text + chat
    assert json.loads(text)["counts"]["worse"] == {"T4": 1}


@pytest.mark.parametrize("audience", ["public", "team", "restricted"])
def test_nobody_hears_of_numbers_of_people_categories_facts_or_approvers(audience):
    made = notice_of(run(2), MOVED, (accepted("2026-02-05"),), Wanted(Severity.INFO, audience=audience))
    for text in (as_json(made, "d").decode(), as_chat(made).decode()):
        for word in ("54321", "54,321", "C3", "livefact", "secretreason", "secretdataset", "A. Name"):
            assert word not in text


def test_the_first_run_tells_only_what_ends():
    made = notice_of(run(1), None, (accepted("2026-02-01"),), ALL)
    assert (made.counts, made.since, len(made.ends)) == ({}, None, 1)
    assert notice_of(run(1), None, (), ALL).empty


def test_no_name_becomes_a_link_a_mention_a_picture_or_a_control_character():
    for hostile in (*HOSTILE, "<!channel>", "<@U1>", "@all", "![x](https://example.org/x.png)", "<https://example.org|ok>"):
        moves = tuple(
            replace(one, after=one.after and replace(one.after, resource=hostile, owner=hostile, title=hostile)) for one in MOVED.moves
        )
        made = notice_of(run(2), replace(MOVED, moves=moves), (), ALL)
        chat = json.loads(as_chat(made))
        assert (chat["mrkdwn"], chat["parse"], chat["unfurl_links"]) == (False, "none", False)
        for sign in ("<", ">", "@", "](", "\x1b", "\u202e"):
            assert sign not in chat["text"], hostile
        assert len(json.loads(as_json(made, "d"))["findings"]) == 5


def test_of_very_many_the_worst_are_named_and_the_rest_counted():
    now = World({f"s{number:02}": Tier.T3 for number in range(30)}, {(f"s{number:02}", 1): FAIL for number in range(30)})
    made = notice_of(run(2), compare(whole_picture(World({}, {}), run(1)), whole_picture(now, run(2))), (), ALL)
    assert (len(made.findings), made.more) == (20, 10)
    assert "and 10 more: tierwise diff run-1 run-2" in json.loads(as_chat(made))["text"]
    assert len(as_chat(made)) < 8000
