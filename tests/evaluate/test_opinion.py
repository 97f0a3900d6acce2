from __future__ import annotations

import pytest

from tierwise.catalogue.controls import load_catalogue
from tierwise.evaluate.opinion import relation, rung_of, second_opinion
from tierwise.model.control import Severity
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.finding import Verdict
from tierwise.model.opinion import Answer, Opinion, PartOf, Question, Relation, Said, Sense
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierInterval, TierState

BUCKET, OTHER = "aws_s3_bucket.b", "aws_s3_bucket.c"
CONTROLS = load_catalogue().controls
ENCRYPTED = Question("X_ENC", "ENC-01", Tier.T1, frozenset({"aws_s3_bucket"}))
OWN_KEY = Question("X_KEY", "ENC-02", Tier.T2, frozenset({"aws_s3_bucket"}))
CLOSED = Question("X_POLICY", "EXP-01", Tier.T1, frozenset({"aws_s3_bucket_policy"}), frozenset({"access.anonymous_read"}))
AFTER_APPLY = Unknown(UnknownReason.KNOWN_AFTER_APPLY)


def bucket(address=BUCKET, prefix="", **facts):
    read = {name.replace("__", "."): fact if isinstance(fact, Unknown) else Known(fact) for name, fact in facts.items()}
    return Resource(prefix + address, Kind.OBJECT_STORE, "aws_s3_bucket", "aws", "", "", address, address=address, facts=read)


def hear(resources, *said, questions=(ENCRYPTED, OWN_KEY, CLOSED), tier=Tier.T1, parts=None, controls=None, answers=None) -> list[Opinion]:
    one = Classification(tier, TierInterval(tier, tier), TierState.DECLARED)
    return list(
        second_opinion(
            "Checkov",
            answers or [Answer("plan.json", "", said, "3.3.30")],
            questions,
            [*CONTROLS.values()] if controls is None else controls,
            resources,
            {resource.id: one for resource in resources},
            parts or {},
        ).opinions
    )


def only(opinions, check):
    (found,) = [one for one in opinions if one.check == check]
    return found


P, F, U, N = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("sense", "theirs", "ours", "expected"),
    [
        (Sense.SAME, P, P, Relation.AGREES),
        (Sense.SAME, F, F, Relation.AGREES),
        (Sense.SAME, P, F, Relation.DISAGREES),
        (Sense.SAME, F, P, Relation.DISAGREES),
        (Sense.SAME, P, U, Relation.OURS_UNKNOWN),
        (Sense.SAME, F, N, Relation.NOT_COMPARABLE),
        (Sense.WEAKER, P, F, Relation.NOT_COMPARABLE),
        (Sense.WEAKER, P, U, Relation.NOT_COMPARABLE),
        (Sense.WEAKER, F, P, Relation.DISAGREES),
        (Sense.WEAKER, F, F, Relation.AGREES),
        (Sense.STRONGER, F, P, Relation.NOT_COMPARABLE),
        (Sense.STRONGER, F, F, Relation.NOT_COMPARABLE),
        (Sense.STRONGER, P, F, Relation.DISAGREES),
        (Sense.STRONGER, P, P, Relation.AGREES),
    ],
)
def test_only_the_direction_that_says_something_is_compared(sense, theirs, ours, expected):
    assert relation(sense, theirs, ours) is expected


def test_a_verdict_is_held_against_the_named_rung_whatever_the_tier():
    found = only(
        hear([bucket(encryption__key_custody="provider-owned")], Said("X_KEY", "key", BUCKET, passed=False), tier=Tier.T1), "X_KEY"
    )
    assert (found.relation, found.ours, found.control, found.rung) == (Relation.AGREES, Verdict.FAIL, "ENC-02", Tier.T2)
    assert (found.tier, found.asked, found.severity) == (Tier.T1, False, Severity.INFO), "ENC-02 asks nothing at T1"
    found = only(hear([bucket(encryption__key_custody="customer")], Said("X_KEY", "key", BUCKET, passed=True), tier=Tier.T3), "X_KEY")
    assert (found.relation, found.asked, found.severity) == (Relation.AGREES, True, Severity.HIGH)


def test_where_ours_is_unknown_the_other_is_an_opinion_and_ours_stays():
    found = only(hear([bucket(encryption__at_rest=AFTER_APPLY)], Said("X_ENC", "enc", BUCKET, passed=False)), "X_ENC")
    assert (found.relation, found.verdict, found.ours) == (Relation.OURS_UNKNOWN, Verdict.FAIL, Verdict.UNKNOWN)


def test_two_definite_verdicts_that_differ_disagree():
    found = only(hear([bucket(encryption__at_rest=True)], Said("X_ENC", "enc", BUCKET, passed=False)), "X_ENC")
    assert (found.relation, found.ours) == (Relation.DISAGREES, Verdict.PASS)


def test_a_mapped_check_without_a_verdict_is_unknown():
    found = hear([bucket(encryption__at_rest=True)])
    assert {(one.check, one.verdict, one.relation, one.ours) for one in found} == {
        ("X_ENC", Verdict.UNKNOWN, Relation.NOT_ANSWERED, Verdict.PASS),
        ("X_KEY", Verdict.UNKNOWN, Relation.NOT_ANSWERED, Verdict.UNKNOWN),
    }
    assert {one.detail for one in found} == {"no verdict was given for this resource"}


def test_a_file_that_was_not_read_is_unknown_throughout():
    found = hear([bucket(encryption__at_rest=True)], answers=[Answer("plan.json", "", trouble="cut short")])
    assert {(one.verdict, one.detail) for one in found} == {(Verdict.UNKNOWN, "cut short")}


def test_of_two_files_each_answers_for_its_own_resources():
    here, there = bucket(prefix="a#", encryption__at_rest=True), bucket(prefix="b#", encryption__at_rest=False)
    said = (Said("X_ENC", "enc", BUCKET, passed=True),)
    found = hear([here, there], questions=[ENCRYPTED], answers=[Answer("a.json", "a#", said), Answer("b.json", "b#", trouble="cut short")])
    assert [(one.resource, one.relation) for one in found] == [(f"a#{BUCKET}", Relation.AGREES), (f"b#{BUCKET}", Relation.NOT_ANSWERED)]


@pytest.mark.parametrize(
    ("tier", "severity"),
    [(Tier.T0, Severity.INFO), (Tier.T1, Severity.LOW), (Tier.T2, Severity.MEDIUM), (Tier.T3, Severity.HIGH), (Tier.T4, Severity.HIGH)],
)
def test_what_no_control_asks_has_a_severity_by_the_tier(tier, severity):
    found = only(hear([bucket()], Said("X_OTHER", "other", BUCKET, passed=False), questions=[], tier=tier), "X_OTHER")
    assert (found.relation, found.severity, found.tier, found.control, found.ours) == (Relation.UNMAPPED, severity, tier, "", None)


def test_what_is_no_resource_of_ours_has_no_tier():
    found = only(hear([], Said("X_OTHER", "other", "aws_instance.i", passed=False)), "X_OTHER")
    assert (found.relation, found.severity, found.tier) == (Relation.UNMAPPED, Severity.INFO, None)
    assert only(hear([], Said("X_ENC", "enc", "aws_instance.i", passed=False)), "X_ENC").relation is Relation.NOT_COMPARABLE


def test_a_part_is_held_against_the_whole_that_it_belongs_to():
    policy = "aws_s3_bucket_policy.p"
    open_bucket = bucket(access__anonymous_read=True)
    said = Said("X_POLICY", "policy", policy, passed=False)
    found = only(hear([open_bucket], said, questions=[CLOSED], parts={policy: PartOf("aws_s3_bucket_policy", (BUCKET,))}), "X_POLICY")
    assert (found.resource, found.relation, found.control) == (policy, Relation.AGREES, "EXP-01")
    shared = PartOf("aws_s3_bucket_policy", (BUCKET, OTHER))
    found = only(hear([open_bucket, bucket(OTHER)], said, questions=[CLOSED], parts={policy: shared}), "X_POLICY")
    assert found.relation is Relation.NOT_COMPARABLE, "of two wholes it speaks of neither alone"


def test_a_control_that_the_run_does_not_have_answers_nothing():
    found = hear([bucket(encryption__at_rest=False)], Said("X_ENC", "enc", BUCKET, passed=True), controls=[CONTROLS["ENC-02"]])
    assert only(found, "X_ENC").relation is Relation.UNMAPPED


def test_a_kind_that_the_control_does_not_speak_of_is_not_compared():
    question = Question("X_ENC", "ENC-05", Tier.T0, frozenset({"aws_s3_bucket"}))
    assert (
        only(hear([bucket()], Said("X_ENC", "enc", BUCKET, passed=True), questions=[question]), "X_ENC").relation is Relation.NOT_COMPARABLE
    )


def test_only_the_named_part_of_a_rung_answers():
    narrow = rung_of(CLOSED, CONTROLS["EXP-01"])
    assert {fact for part in narrow.compiled.rungs[Tier.T1] for fact in part.facts} == {"access.anonymous_read"}
    assert narrow.verdict(bucket(access__anonymous_read=False, access__anonymous_write=True)) is Verdict.PASS
    with pytest.raises(ValueError, match="X_POLICY: EXP-01 asks nothing of"):
        rung_of(Question("X_POLICY", "EXP-01", Tier.T0, frozenset(), frozenset({"access.anonymous_read"})), CONTROLS["EXP-01"])


@pytest.mark.parametrize("questions", [("weaker", "stronger"), ("stronger", "weaker")])
def test_between_two_rungs_a_fail_is_held_against_the_one_and_a_pass_against_the_other(questions):
    kinds = frozenset({"aws_s3_bucket"})
    sides = {
        "weaker": Question("X_KMS", "ENC-02", Tier.T2, kinds, sense=Sense.WEAKER),
        "stronger": Question("X_KMS", "ENC-01", Tier.T1, kinds, sense=Sense.STRONGER),
    }
    own = bucket(encryption__at_rest=True, encryption__key_custody="provider-managed")
    for passed, control, ours in ((True, "ENC-01", P), (False, "ENC-02", F)):
        (one,) = hear([own], Said("X_KMS", "", BUCKET, passed), questions=[sides[name] for name in questions])
        assert (one.control, one.ours, one.relation) == (control, ours, Relation.AGREES)
