"""What blocks, by mode, bar, tier state and baseline, and when a scan saw too little to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from msgspec import structs

from tests.reports.sample import BUCKET, PLANNED, classification, finding, resources, result_of
from tierwise.evaluate.baseline import baseline_of, digests, held_against, unlike
from tierwise.evaluate.coverage import coverage_of
from tierwise.evaluate.findings import fingerprint
from tierwise.evaluate.gate import decide, with_bar
from tierwise.evaluate.override import refusal
from tierwise.model.baseline import Baseline, Standing
from tierwise.model.control import Compare, Control, Op, Severity
from tierwise.model.coverage import Coverage
from tierwise.model.fact import Facts, Known, Provenance, Unknown, UnknownReason
from tierwise.model.finding import Acceptance, Finding, Override, UnknownPart, Verdict
from tierwise.model.profile import GatePolicy
from tierwise.model.resource import Gap, Kind, ReadOutcome
from tierwise.model.sensitivity import Tier, TierState

ALL, HALF = Coverage(1.0), Coverage(0.5)
NEW, FULL, OBSERVE = (GatePolicy(mode=mode) for mode in ("new", "full", "observe"))
HELD = {one.id: one for one in resources()}
ACCEPTED = Acceptance("old system", "asset-owner", "a.senior", "2027-01-31", "acceptances.yaml")
brought = finding(1, Verdict.FAIL, resource=PLANNED, introduced=True)
OVERRIDE = Override(
    "INC-1", "Priya Shah", "ships tonight", "2026-03-05T22:10:00+00:00", "2026-03-06T12:00:00+00:00", file="overrides.yaml:2"
)
there = finding(2, Verdict.FAIL, resource=PLANNED)


def control(**changes: object) -> Control:
    rung = Compare("encryption.at_rest", Op.IS, operand=True)
    made = Control(
        "ENC-01", "title", "encryption", (Kind.OBJECT_STORE,), {Tier.T1: rung}, {Tier.T1: Severity.LOW}, "why", {"aws": "how"}, "source"
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # test data by name


def standing(one: Finding, **changes: object) -> Baseline:
    found = Standing(one.control, one.resource, one.verdict, one.tier)
    return Baseline("b.json", "p", {}, {one.fingerprint: replace(found, **changes)})  # type: ignore[arg-type]  # test data by name


def held(one: Finding, baseline: Baseline, moved: dict[str, str] | None = None) -> Finding:
    (found,) = held_against([one], baseline, HELD, moved or {})
    return found


@pytest.mark.parametrize(
    ("policy", "result", "blocking"),
    [(NEW, "failed", {brought}), (FULL, "failed", {brought, there}), (OBSERVE, "passed", {brought, there})],
    ids=["new", "full", "observe"],
)
def test_each_mode_blocks_on_what_it_says(policy, result, blocking):
    gate = decide((brought, there), (), ALL, policy)
    assert gate.result == result
    assert set(gate.blocking) == {one.fingerprint for one in blocking}


@pytest.mark.parametrize(
    "changes",
    [{"assumed": True}, {"accepted": ACCEPTED}, {"severity": Severity.MEDIUM}, {"verdict": Verdict.PASS}, {"in_baseline": True}],
    ids=["assumed", "accepted", "below the bar", "passed", "in the baseline"],
)
def test_what_may_never_block_advises_in_full_mode_too(changes):
    assert decide((structs.replace(brought, **changes),), (), ALL, FULL).result == "passed"


def test_an_unknown_blocks_only_from_the_profiles_tier_and_only_where_someone_can_settle_it():
    denied = finding(3, Verdict.UNKNOWN, introduced=True)
    later = structs.replace(denied, unknowns=(UnknownPart("encryption.at_rest", "known-after-apply", "aws_s3_bucket.b#id"),))
    asks = replace(NEW, unknown_from=Tier.T3)
    assert decide((denied,), (), ALL, NEW).result == "passed"
    assert decide((denied,), (), ALL, asks).result == "failed"
    assert decide((later,), (), ALL, asks).result == "passed"
    assert decide((structs.replace(denied, tier=Tier.T2),), (), ALL, asks).result == "passed"


def test_a_gap_or_little_coverage_is_incomplete_unless_something_fails():
    gap = Gap("aws", "1", "eu-west-1", "dynamodb", "permission-denied", "dynamodb:ListTables")
    assert decide((), (gap,), ALL, NEW).result == "incomplete"
    assert decide((), (replace(gap, expected=True),), ALL, NEW).result == "passed"
    assert decide((), (), HALF, NEW).result == "incomplete"
    assert decide((brought,), (gap,), HALF, NEW).result == "failed"


def test_coverage_is_asked_of_each_tier_that_has_something_and_what_falls_short_is_named():
    strict = replace(NEW, min_coverage={**dict.fromkeys(Tier, 0.8), Tier.T3: 0.95, Tier.T4: 0.995})
    enough = Coverage(0.9, {Tier.T2: 0.8, Tier.T3: 0.95})
    assert decide((), (), enough, strict).result == "passed"
    short = decide((), (), replace(enough, tiers={Tier.T2: 0.85, Tier.T3: 0.9, Tier.T4: 0.99}), strict)
    assert (short.result, short.reasons) == (
        "incomplete",
        (
            "coverage of T3 heightened is 90.0%, and the profile needs 95%",
            "coverage of T4 exceptional is 99.0%, and the profile needs 99.5%",
        ),
    )


def test_the_coverage_of_a_tier_is_that_of_the_reads_its_facts_rest_on():
    acl, policy, constant = (
        Provenance("s3:GetBucketAcl", "s3:GetBucketAcl"),
        Provenance("s3:GetBucketPolicy", "p"),
        Provenance("constant: x"),
    )
    denied, silent = Unknown(UnknownReason.PERMISSION_DENIED, acl), Unknown(UnknownReason.NOT_SUPPORTED, policy)
    facts: Facts = {"a": denied, "b": denied, "c": Known(True, policy), "d": silent, "e": Known(True, constant)}
    stores = [
        replace(resources()[0], id=name, facts=facts if name != "plain" else {"c": facts["c"]}) for name in ("t3", "plain", "assumed")
    ]
    tiers = {
        "t3": classification(Tier.T3),
        "plain": classification(Tier.T2),
        "assumed": replace(classification(Tier.T2), state=TierState.ASSUMED),
    }
    outcomes = [ReadOutcome("1", "", "s3:GetBucketAcl", "permission-denied"), ReadOutcome("1", "", "s3:GetBucketPolicy", "absent", count=3)]
    assert coverage_of(outcomes, stores, tiers) == Coverage(0.75, {Tier.T2: 1.0, Tier.T3: 0.5})
    assert coverage_of(outcomes[1:], stores, tiers) == Coverage(1.0, {Tier.T2: 1.0, Tier.T3: 1.0})


def test_the_command_lines_bar_leaves_the_rest_of_the_policy():
    least = dict.fromkeys(Tier, 0.5)
    policy = GatePolicy("observe", Severity.HIGH, Tier.T3, least)
    assert with_bar(policy, Severity.LOW, "full") == GatePolicy("full", Severity.LOW, Tier.T3, least)
    assert with_bar(policy, None, None) == policy


def test_what_stands_in_the_baseline_advises_and_the_gate_says_how_much():
    found = held(brought, standing(brought))
    assert (found.in_baseline, found.introduced) == (True, False)
    gate = decide((found,), (), ALL, FULL, standing(brought))
    assert gate.result == "passed"
    assert gate.reasons == ("1 finding at high or above stands in the baseline b.json and only advises",)


def test_an_override_lets_failures_pass_and_changes_no_finding():
    gate = decide((brought, there), (), ALL, FULL, None, OVERRIDE)
    assert (gate.result, gate.blocking) == ("passed", ())
    assert set(gate.overridden) == {brought.fingerprint, there.fingerprint}
    assert gate.decision == "passed by override of Priya Shah until 2026-03-06T12:00:00+00:00, would have failed: 2"


def test_an_override_of_named_findings_lets_no_other_through():
    gate = decide((brought, there), (), ALL, FULL, None, replace(OVERRIDE, findings=frozenset({brought.fingerprint})))
    assert (gate.result, gate.blocking, gate.overridden) == ("failed", (there.fingerprint,), (brought.fingerprint,))
    assert gate.decision.startswith("failed, beyond the override of Priya Shah")


def test_an_override_reaches_no_higher_than_the_profile_lets_it():
    gate = decide((structs.replace(brought, tier=Tier.T4),), (), ALL, replace(NEW, override_up_to=Tier.T3), None, OVERRIDE)
    assert gate.result == "failed"
    assert "1 of it above T3 heightened" in gate.reasons[1]


def test_an_override_never_stands_for_what_was_not_read():
    gate = decide((brought,), (), HALF, NEW, None, OVERRIDE)
    assert gate.result == "incomplete"
    assert gate.decision.startswith("incomplete by override of Priya Shah")


def test_an_override_that_nothing_needs_is_said_to_be_so():
    gate = decide((), (), ALL, NEW, None, OVERRIDE)
    assert (gate.decision, gate.reasons) == ("passed", ("override INC-1 was not needed",))


@pytest.mark.parametrize(
    ("changes", "policy", "words"),
    [
        ({}, NEW, ""),
        ({"expires": "2026-03-05T23:00:00+00:00"}, NEW, "expired at"),
        ({"created": "2026-03-06T09:00:00+00:00"}, NEW, "yet to come"),
        ({"expires": "2026-03-09T22:10:01+00:00"}, NEW, "longer than the 72 hours"),
        ({"expires": "2026-03-08T22:10:00+00:00"}, NEW, ""),
        ({"expires": "2026-03-06T11:00:00+00:00"}, replace(NEW, override_hours=12), "longer than the 12 hours"),
        ({}, replace(NEW, override_hours=0), "allows no overrides"),
    ],
    ids=["good", "expired", "early", "long", "longest", "profile", "none"],
)
def test_an_override_is_refused_for_its_times(changes, policy, words):
    found = refusal(replace(OVERRIDE, **changes), policy, datetime(2026, 3, 6, 0, 0, tzinfo=UTC))
    assert bool(found) is bool(words)
    assert words in found


def test_what_is_gone_of_the_baseline_is_counted_for_the_controls_that_judge():
    left = standing(finding(9, Verdict.FAIL), control=brought.control)
    other = standing(finding(8, Verdict.FAIL))
    both = replace(left, standing={**left.standing, **other.standing})
    assert any(reason.startswith("1 finding of the baseline is gone") for reason in decide((brought,), (), ALL, NEW, both).reasons)


@pytest.mark.parametrize(
    ("then", "now", "covers"),
    [
        ({}, {}, True),
        ({"verdict": Verdict.UNKNOWN}, {}, False),
        ({"verdict": Verdict.FAIL}, {"verdict": Verdict.UNKNOWN}, True),
        ({"tier": Tier.T2}, {}, False),
        ({"tier": Tier.T4}, {}, True),
        ({}, {"before": Verdict.PASS}, False),
        ({}, {"before": Verdict.FAIL}, False),
    ],
    ids=["same", "was unknown", "is unknown", "was lower", "was higher", "broken by the plan", "weakened by the plan"],
)
def test_a_baseline_covers_what_is_no_worse_than_it_was(then, now, covers):
    assert held(structs.replace(brought, **now), standing(brought, **then)).in_baseline is covers


def test_what_a_live_scan_finds_beside_the_baseline_is_new():
    live = finding(1, Verdict.FAIL, resource=BUCKET)
    assert held(live, standing(there)).introduced
    assert not held(live, standing(live)).introduced
    assert not held(structs.replace(live, accepted=ACCEPTED), standing(there)).introduced


def test_what_a_plan_leaves_alone_is_not_new_for_standing_in_no_baseline():
    assert not held(there, standing(brought)).introduced


def test_a_moved_resource_keeps_the_baseline_of_its_old_address():
    old = replace(HELD[PLANNED], id="aws_s3_bucket.old", address="aws_s3_bucket.old")
    before = structs.replace(brought, resource=old.id, fingerprint=fingerprint(brought.control, old))
    assert held(brought, standing(before), {PLANNED: old.id}).in_baseline
    assert not held(brought, standing(before)).in_baseline
    found = held(brought, standing(before), {PLANNED: old.id})
    assert not any("gone" in reason for reason in decide((found,), (), ALL, NEW, standing(before)).reasons)


def test_a_baseline_holds_what_failed_or_is_unknown_and_nothing_that_someone_answers_for():
    findings = (
        brought,
        finding(2, Verdict.UNKNOWN),
        finding(3, Verdict.PASS),
        finding(4, Verdict.NOT_APPLICABLE),
        finding(5, Verdict.FAIL, accepted=ACCEPTED),
    )
    found = baseline_of(result_of(findings), [control()], "b.json")
    assert set(found.standing) == {findings[0].fingerprint, findings[1].fingerprint}
    assert found.standing[brought.fingerprint] == Standing(brought.control, PLANNED, Verdict.FAIL, Tier.T3)
    assert list(found.controls) == ["ENC-01"]


def test_a_baseline_of_another_profile_or_other_controls_is_told_apart():
    found = Baseline("b.json", "p", digests([control(), control(id="ENC-02")]), {})
    assert unlike(found, "p", [control()]) == ""
    assert "'q'" in unlike(found, "q", [control()])
    assert "without ENC-03" in unlike(found, "p", [control(id="ENC-03")])
    stricter = control(severity={Tier.T1: Severity.HIGH})
    assert "ENC-01 asked for something else" in unlike(found, "p", [stricter])


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"title": "another"}, True),
        ({"rationale": "another"}, True),
        ({"remediation": {"aws": "another"}}, True),
        ({"applies_to": (Kind.KEY,)}, False),
        ({"ladder": {Tier.T2: Compare("encryption.at_rest", Op.IS, operand=True)}}, False),
        ({"ladder": {Tier.T1: Compare("location.region", Op.NONE_OUTSIDE, frozenset({"a", "b"}))}}, False),
        ({"extra": {Tier.T2: (Compare("encryption.at_rest", Op.IS, operand=True),)}}, False),
        ({"when": Compare("encryption.at_rest", Op.IS, operand=True)}, False),
    ],
    ids=lambda value: "".join(value) if isinstance(value, dict) else None,
)
def test_a_digest_changes_with_what_is_asked_and_not_with_its_texts(changes, same):
    assert (digests([control()]) == digests([control(**changes)])) is same


def test_a_digest_does_not_depend_on_the_order_in_which_a_set_is_kept():
    first, second = frozenset(f"r{number}" for number in range(40)), frozenset(f"r{number}" for number in reversed(range(40)))
    one, other = (control(ladder={Tier.T1: Compare("location.region", Op.NONE_OUTSIDE, each)}) for each in (first, second))
    assert digests([one]) == digests([other])
