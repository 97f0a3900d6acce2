from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from tests.reports.sample import BUCKET, bucket, classification, finding
from tests.store.worlds import control
from tierwise.evaluate.accept import FACT, accept, fact_of, faults, told_unused, unused
from tierwise.evaluate.compiled import compile_control
from tierwise.evaluate.findings import fingerprint
from tierwise.model.acceptance import STANDARD, Fault, Rank, months_after
from tierwise.model.control import Compare, Control, Op, Severity
from tierwise.model.fact import Known, NotApplicable, Provenance
from tierwise.model.finding import Findings, Verdict
from tierwise.model.register import AcceptanceRule
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier

VIA = Provenance("test")
TODAY = date(2026, 6, 15)
GOOD = AcceptanceRule(
    "waits for its end",
    "the owner",
    "A. Name",
    date(2026, 8, 31),
    "ENC-01",
    "patients",
    "",
    "acceptances.yaml:3",
    date(2026, 6, 1),
    Rank.SIRO,
)
RESOURCES = {BUCKET: bucket()}
FAIL = finding(1, Verdict.FAIL)

STATES = [
    ("in force", GOOD, Tier.T4, set()),
    ("ends today", replace(GOOD, expires=TODAY), Tier.T1, {Fault.EXPIRES_SOON}),
    ("ended yesterday", replace(GOOD, expires=date(2026, 6, 14)), Tier.T1, {Fault.EXPIRED}),
    ("ends in a month", replace(GOOD, expires=date(2026, 7, 15)), Tier.T1, set()),
    ("a year at T2", replace(GOOD, expires=date(2027, 6, 1)), Tier.T2, set()),
    ("a year and a day at T2", replace(GOOD, expires=date(2027, 6, 2)), Tier.T2, {Fault.TOO_LONG}),
    ("half a year at T3", replace(GOOD, expires=date(2026, 12, 1)), Tier.T3, set()),
    ("more at T3", replace(GOOD, expires=date(2026, 12, 2)), Tier.T3, {Fault.TOO_LONG}),
    ("more than three months at T4", replace(GOOD, expires=date(2026, 9, 2)), Tier.T4, {Fault.TOO_LONG}),
    ("made tomorrow", replace(GOOD, created=date(2026, 6, 16)), Tier.T1, {Fault.FUTURE}),
    ("undated at T1", replace(GOOD, created=None), Tier.T1, set()),
    ("undated and far off at T1", replace(GOOD, created=None, expires=date(2027, 6, 16)), Tier.T1, {Fault.TOO_LONG}),
    ("undated at T2", replace(GOOD, created=None), Tier.T2, {Fault.UNDATED}),
    ("asset owner at T2", replace(GOOD, role=Rank.ASSET_OWNER), Tier.T2, set()),
    ("service owner at T2", replace(GOOD, role=Rank.SERVICE_OWNER), Tier.T2, {Fault.RANK}),
    ("asset owner at T3", replace(GOOD, role=Rank.ASSET_OWNER), Tier.T3, {Fault.RANK}),
    ("deputy at T3", replace(GOOD, role=Rank.DEPUTY_SIRO), Tier.T3, set()),
    ("deputy at T4", replace(GOOD, role=Rank.DEPUTY_SIRO), Tier.T4, {Fault.RANK}),
    ("no role at T1", replace(GOOD, role=None), Tier.T1, set()),
    ("no role at T2", replace(GOOD, role=None), Tier.T2, {Fault.RANK}),
    ("everything", replace(GOOD, resource="*"), Tier.T1, {Fault.TOO_BROAD}),
    ("every control", replace(GOOD, control="*"), Tier.T1, {Fault.TOO_BROAD}),
    ("a pattern at T3", replace(GOOD, resource="patient*"), Tier.T3, set()),
    ("a pattern at T4", replace(GOOD, resource="patient*"), Tier.T4, {Fault.TOO_BROAD}),
    ("several at once", replace(GOOD, created=None, role=None, expires=date(2026, 6, 14)), Tier.T3, {Fault.EXPIRED, Fault.UNDATED, Fault.RANK}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "tier", "wrong"), [case[1:] for case in STATES], ids=[case[0] for case in STATES])
def test_what_is_wrong_with_an_acceptance_at_a_tier_and_whether_it_counts(rule, tier, wrong):
    assert faults(rule, tier, STANDARD, TODAY, danger=False) == wrong
    (found,) = accept((structs.replace(FAIL, tier=tier),), RESOURCES, (rule,), STANDARD, TODAY)
    assert (found.accepted is not None) == (wrong <= {Fault.EXPIRES_SOON})
    assert found.verdict is Verdict.FAIL
    words = [fault.words for fault in sorted(wrong - {Fault.EXPIRES_SOON})]
    assert found.lapsed.partition("not in force, as ")[2] == ", ".join(words)


def test_a_finding_that_comes_back_says_which_acceptance_ended_and_why():
    ended = replace(GOOD, expires=date(2026, 6, 14), merged="merged in 0123456789ab")
    (found,) = accept((FAIL,), RESOURCES, (ended,), STANDARD, TODAY)
    assert found.lapsed == (
        "A. Name, siro accepted it until 2026-06-14, as written in acceptances.yaml:3, merged in 0123456789ab: not in force, as it has expired"
    )
    (held,) = accept((FAIL,), RESOURCES, (ended, replace(GOOD, file="acceptances.yaml:9")), STANDARD, TODAY)
    assert (held.lapsed, held.accepted.written) == ("", "as written in acceptances.yaml:9")


def test_what_is_dangerous_may_not_be_accepted_at_the_highest_tier():
    assert faults(GOOD, Tier.T3, STANDARD, TODAY, danger=True) == set()
    assert faults(GOOD, Tier.T4, STANDARD, TODAY, danger=True) == {Fault.NOT_ACCEPTABLE}
    found = accept((structs.replace(FAIL, tier=Tier.T4, danger=True),), RESOURCES, (GOOD,), STANDARD, TODAY)
    assert [one.accepted for one in found] == [None]


def test_an_acceptance_that_counts_is_taken_where_another_does_not():
    broken = replace(GOOD, expires=date(2026, 1, 1), approver="Another")
    (found,) = accept((FAIL,), RESOURCES, (broken, GOOD), STANDARD, TODAY)
    assert found.accepted is not None
    assert (found.accepted.by, found.accepted.file) == ("A. Name, siro", "acceptances.yaml:3")


def test_the_fact_names_each_fault_with_its_place_and_is_not_applicable_where_nothing_names_the_resource():
    controls = [control(1), control(2)]
    by_print = replace(GOOD, control="", resource="", fingerprint=fingerprint("ENC-02", bucket()), role=None, file="acceptances.yaml:9")
    other = replace(GOOD, resource="another", expires=date(2020, 1, 1))
    fact = fact_of(bucket(), Tier.T3, (GOOD, by_print, other), controls, STANDARD, TODAY)
    assert isinstance(fact, Known)
    assert fact.value == frozenset({"acceptances.yaml:9 rank"})
    assert isinstance(fact_of(bucket(), Tier.T3, (other,), controls, STANDARD, TODAY), NotApplicable)
    assert isinstance(fact_of(bucket(), Tier.T3, (replace(GOOD, control="LOG-02"),), controls, STANDARD, TODAY), NotApplicable)


def test_an_acceptance_of_what_does_not_fail_is_unused():
    found = Findings.of((FAIL, finding(2, Verdict.PASS)))
    passes = replace(GOOD, control="ENC-02")
    assert unused(found, (GOOD, passes), RESOURCES) == (passes,)


def own_06():
    return compile_control(Control("OWN-06", "In order", "ownership", (Kind.OBJECT_STORE,), {Tier.T1: Compare(FACT, Op.EMPTY, operand=True)}, dict.fromkeys(Tier, Severity.LOW), "why.", {}, "s"))  # fmt: skip


def judged(resource, *, encrypted, tier=Tier.T2, named=True):
    """A resource with its tier and facts; `encrypted` decides whether ENC-01 fails."""
    facts = {"encryption.at_rest": Known(encrypted, VIA), FACT: Known(frozenset(), VIA) if named else NotApplicable("none", VIA)}
    return resource, classification(tier), facts


def test_an_acceptance_is_unused_where_nothing_that_it_names_fails_anywhere():
    due = {Kind.OBJECT_STORE: [compile_control(control(1)), own_06()]}
    one, other = bucket(), bucket("claims", "arn:aws:s3:::claims")
    both = replace(GOOD, resource="*s", file="acceptances.yaml:9")
    cases = [
        # (what is there, the acceptances, which of them are told where)
        ([judged(one, encrypted=True)], [GOOD], {BUCKET: {"acceptances.yaml:3 unused"}}),
        ([judged(one, encrypted=False)], [GOOD], {}),
        ([judged(one, encrypted=True), judged(other, encrypted=False)], [both], {}),
        ([judged(one, encrypted=True), judged(other, encrypted=True)], [GOOD, both], {
            BUCKET: {"acceptances.yaml:3 unused", "acceptances.yaml:9 unused"}, other.id: {"acceptances.yaml:9 unused"}}),
        ([judged(one, encrypted=True, tier=Tier.T0)], [GOOD], {BUCKET: {"acceptances.yaml:3 unused"}}),
        ([judged(one, encrypted=True, named=False)], [GOOD], {}),
        ([judged(replace(one, address="aws_s3_bucket.patients"), encrypted=True)], [GOOD], {}),
        ([judged(one, encrypted=True)], [replace(GOOD, control="OWN-06")], {}),
        ([judged(one, encrypted=True)], [replace(GOOD, resource="another")], {}),
    ]  # fmt: skip
    for number, (there, rules, wanted) in enumerate(cases):
        found = told_unused(there, rules, due)
        assert {key: fact.value for key, fact in found.items()} == wanted, number


def test_an_acceptance_of_what_is_gone_is_told_by_the_account_in_which_others_of_its_sort_were_listed():
    due = {Kind.OBJECT_STORE: [compile_control(control(1)), own_06()]}
    account = replace(bucket("a", "arn:aws:iam::111122223333:root"), kind=Kind.ACCOUNT, account="111122223333")
    queue = "arn:aws:sqs:eu-west-2:111122223333:"
    there = [judged(account, encrypted=True, named=False), judged(bucket("q", f"{queue}q"), encrypted=True, named=False)]
    gone = replace(GOOD, resource=f"{queue}gone")
    told = {account.id: {"acceptances.yaml:3 unused"}}
    cases = [
        # (what is there, the acceptance, accounts of which a listing failed, what is told)
        (there, gone, (), told),
        (there, gone, ("111122223333",), {}),
        (there[:1], gone, (), {}),
        (there[1:], gone, (), {}),
        (there, replace(gone, resource="arn:aws:sqs:us-east-1:111122223333:gone"), (), {}),
        (there, replace(gone, resource="arn:aws:sqs:eu-west-2:444455556666:gone"), (), {}),
        (there, replace(gone, resource=f"{queue}gone*"), (), {}),
        (there, replace(gone, resource="gone"), (), {}),
        (there, replace(gone, control="LOG-02"), (), {}),
        (there, replace(gone, resource=f"{queue}q"), (), {}),
    ]
    for number, (seen, rule, unlisted, wanted) in enumerate(cases):
        found = told_unused(seen, [rule], due, unlisted)
        assert {key: fact.value for key, fact in found.items()} == wanted, number


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [("2026-01-31", 1, "2026-02-28"), ("2026-11-30", 3, "2027-02-28"), ("2024-02-29", 12, "2025-02-28"), ("2026-10-31", 2, "2026-12-31")],
)
def test_months_end_with_the_month(day, months, later):
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(later)
