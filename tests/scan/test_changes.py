"""What a plan brings and what was there: both judged, before and after, by the same controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.connectors.terraform.plans import PlanBuilder
from tests.scan.plans import judge
from tierwise.model.change import Action, Part
from tierwise.model.fact import Known
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier

BUCKET = "aws_s3_bucket"
LETTERS = f"{BUCKET}.letters"
NAME = {"bucket": "letters", "id": "letters", "arn": "arn:aws:s3:::letters", "region": "eu-west-2"}
ON = [{"enabled": True, "mfa_delete": False}]
OFF = [{"enabled": False, "mfa_delete": False}]
BLOCK = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True)


def tagged(tier: str, **values: Any) -> dict[str, Any]:
    tags = {"data-classification": tier, "owner": "post-room"}
    return {**NAME, "tags": tags, "tags_all": tags, **values}


def updated(before: Mapping[str, Any], after: Mapping[str, Any], action: str = "update") -> PlanBuilder:
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", after, actions=(action,), before=before)
    return plan


def test_what_failed_at_the_same_rung_before_only_advises(tmp_path):
    plan = updated(tagged("personal", versioning=OFF), tagged("personal", versioning=OFF, force_destroy=True))
    found = judge(plan, tmp_path).finding(LETTERS, "RES-03")
    assert (found.verdict, found.before, found.introduced, found.brought_by) == (Verdict.FAIL, Verdict.FAIL, False, "")


def test_what_newly_fails_is_brought_by_the_plan_which_says_why(tmp_path):
    judged = judge(updated(tagged("personal", versioning=ON), tagged("personal", versioning=OFF)), tmp_path)
    found = judged.finding(LETTERS, "RES-03")
    assert (found.verdict, found.before, found.introduced) == (Verdict.FAIL, Verdict.PASS, True)
    assert found.brought_by == "aws_s3_bucket.letters is changed, which weakens recovery.versioning"
    (weak,) = judged.change(LETTERS).weakened
    assert (weak.fact, weak.before, weak.after, weak.via) == ("recovery.versioning", "true", "false", f"{LETTERS}#versioning.0.enabled")
    assert [(rung.control, rung.before, rung.after) for rung in weak.rungs] == [("RES-03", "pass", "fail")]


def test_what_the_plan_mends_is_none_of_its_doing(tmp_path):
    judged = judge(updated(tagged("personal", versioning=OFF), tagged("personal", versioning=ON)), tmp_path)
    found = judged.finding(LETTERS, "RES-03")
    assert (found.verdict, found.before, found.introduced) == (Verdict.PASS, Verdict.FAIL, False)
    assert judged.result.changes == ()


def test_what_becomes_unknown_is_brought_by_the_plan_and_what_was_unknown_is_not(tmp_path):
    plan = PlanBuilder()
    after = tagged("personal")
    plan.add(BUCKET, "letters", after, unknown={"versioning": True}, actions=("update",), before=tagged("personal", versioning=ON))
    found = judge(plan, tmp_path).finding(LETTERS, "RES-03")
    assert (found.verdict, found.before, found.introduced) == (Verdict.UNKNOWN, Verdict.PASS, True)
    plan.changes[0]["change"]["before"] = tagged("personal", force_destroy=True)
    found = judge(plan, tmp_path).finding(LETTERS, "RES-03")
    assert (found.verdict, found.before, found.introduced) == (Verdict.UNKNOWN, Verdict.UNKNOWN, False)


def test_what_failed_before_and_gets_weaker_is_brought_by_the_plan(tmp_path):
    def database(days: int) -> dict[str, Any]:
        return {"identifier": "claims", "engine": "postgres", "engine_version": "15.4", "backup_retention_period": days} | {
            "tags": {"data-classification": "special-category"}
        }

    plan = PlanBuilder()
    plan.add("aws_db_instance", "claims", database(1), actions=("update",), before=database(5))
    judged = judge(plan, tmp_path)
    found = judged.finding("aws_db_instance.claims", "RES-01")
    assert (found.verdict, found.before, found.introduced) == (Verdict.FAIL, Verdict.FAIL, True)
    assert found.brought_by == "aws_db_instance.claims is changed, which weakens retention.backup_days"
    plan.changes[0]["change"]["before"] = database(0)
    found = judge(plan, tmp_path).finding("aws_db_instance.claims", "RES-01")
    assert (found.verdict, found.before, found.introduced) == (Verdict.FAIL, Verdict.FAIL, False)


def test_a_weakening_above_the_bar_is_told_and_brings_no_finding(tmp_path):
    def database(days: int) -> dict[str, Any]:
        return {"identifier": "claims", "engine": "postgres", "engine_version": "15.4", "backup_retention_period": days} | {
            "tags": {"data-classification": "personal"}
        }

    plan = PlanBuilder()
    plan.add("aws_db_instance", "claims", database(30), actions=("update",), before=database(35))
    judged = judge(plan, tmp_path)
    assert judged.brought("aws_db_instance.claims") == {}
    weak = {one.fact: one for one in judged.change("aws_db_instance.claims").weakened}["retention.backup_days"]
    assert (weak.before, weak.after) == ("35", "30")
    assert {rung.after for rung in weak.rungs} == {"pass"}


def test_a_created_resource_is_the_plans_doing_and_says_so(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", tagged("personal", versioning=OFF))
    found = judge(plan, tmp_path).finding(LETTERS, "RES-03")
    assert (found.before, found.introduced, found.brought_by) == (None, True, "aws_s3_bucket.letters is created")


def test_what_stays_as_it_is_was_there_beside_what_is_made(tmp_path):
    plan = updated(tagged("personal", versioning=OFF), tagged("personal", versioning=OFF), action="no-op")
    plan.add(BUCKET, "other", {"bucket": "other"})
    found = judge(plan, tmp_path).finding(LETTERS, "RES-03")
    assert (found.before, found.introduced) == (Verdict.FAIL, False)


def test_a_raised_tier_lists_what_newly_applies_and_what_of_it_fails(tmp_path):
    judged = judge(updated(tagged("personal", versioning=ON), tagged("special-category", versioning=ON)), tmp_path)
    move = judged.change(LETTERS).tier
    assert move is not None
    assert (move.before, move.after, move.declared_before, move.declared_after) == (Tier.T2, Tier.T3, Tier.T2, Tier.T3)
    assert {rung.before for rung in move.rungs} == {"no rung"}
    assert {rung.tier for rung in move.rungs} == {Tier.T3}
    assert [(rung.control, rung.words) for rung in move.rungs if rung.after == "fail"] == [
        ("OWN-01", "ownership.roles includes asset-owner")
    ]
    found = judged.finding(LETTERS, "OWN-01")
    assert (found.verdict, found.introduced) == (Verdict.FAIL, True)
    assert found.brought_by == "the tier rises from T2 personal to T3 heightened"


def test_what_a_higher_tier_asks_more_of_has_not_been_weakened(tmp_path):
    judged = judge(updated(tagged("personal"), tagged("special-category")), tmp_path)
    before, after = (judged.fact(LETTERS, "tags.missing"), judged.change(LETTERS).weakened)
    assert isinstance(before, Known)
    assert before.value
    assert after == ()


def test_a_tag_that_goes_is_a_weakening(tmp_path):
    after = {name: value for name, value in tagged("personal").items() if name not in ("tags", "tags_all")}
    judged = judge(updated(tagged("personal"), {**after, "tags": {"data-classification": "personal"}}), tmp_path)
    assert {one.fact for one in judged.change(LETTERS).weakened} == {"ownership.roles", "tags.missing"}


def test_a_lowered_declaration_says_what_no_longer_applies_and_brings_nothing_where_nothing_contradicts_it(tmp_path):
    judged = judge(updated(tagged("special-category"), tagged("internal")), tmp_path)
    move = judged.change(LETTERS).tier
    assert move is not None
    assert (move.declared_before, move.declared_after) == (Tier.T3, Tier.T1)
    assert ("OWN-01", Tier.T3, "fail", "no rung") in [(rung.control, rung.tier, rung.before, rung.after) for rung in move.rungs]
    assert judged.brought(LETTERS) == {}


def test_a_lowered_declaration_that_the_evidence_contradicts_is_a_finding_that_the_plan_brings(tmp_path):
    names = {"bucket": "patient-exports", "id": "patient-exports"}
    judged = judge(updated(tagged("special-category") | names, tagged("internal") | names), tmp_path)
    move = judged.change(LETTERS).tier
    assert move is not None
    assert (move.before, move.after, move.declared_after) == (Tier.T3, Tier.T3, Tier.T1)
    found = judged.finding(LETTERS, "OWN-03")
    assert (found.verdict, found.before, found.introduced) == (Verdict.FAIL, Verdict.PASS, True)
    assert "classification.understated" in found.brought_by


def test_a_store_that_stays_as_it_is_rises_with_what_the_plan_sends_to_it(tmp_path):
    """The tier of an existing bucket rises because a new one delivers its logs there."""
    logs = {"bucket": "logs", "id": "logs", "tags": {"data-classification": "internal"}}
    plan = PlanBuilder()
    plan.add(BUCKET, "logs", logs, actions=("no-op",), before=logs)
    plan.add(BUCKET, "letters", {**tagged("special-category"), "replication_configuration": [{"rules": [_to("arn:aws:s3:::logs")]}]})
    plan.changes[0]["change"]["after"]["arn"] = "arn:aws:s3:::logs"
    judged = judge(plan, tmp_path)
    move = judged.change(f"{BUCKET}.logs").tier
    assert move is not None
    assert (move.before, move.after) == (Tier.T1, Tier.T3)
    assert judged.change(f"{BUCKET}.logs").action is Action.KEEP
    assert judged.finding(f"{BUCKET}.logs", "OWN-01").introduced


def _to(bucket: str) -> dict[str, Any]:
    return {"status": "Enabled", "destination": [{"bucket": bucket}]}


def test_a_deleted_part_is_named_as_the_cause(tmp_path):
    bucket = tagged("personal")
    plan = updated(bucket, bucket, action="no-op")
    plan.add(
        f"{BUCKET}_versioning",
        "letters",
        before={"bucket": "letters", "versioning_configuration": [{"status": "Enabled"}]},
        actions=("delete",),
    )
    judged = judge(plan, tmp_path)
    assert judged.finding(LETTERS, "RES-03").brought_by == (
        "aws_s3_bucket_versioning.letters is deleted, which weakens recovery.versioning"
    )
    assert judged.change(LETTERS).parts == (Part(f"{BUCKET}_versioning.letters", f"{BUCKET}_versioning", Action.DELETE),)


@pytest.mark.parametrize(
    ("actions", "lost"), [(("delete",), True), (("delete", "create"), True), (("create", "forget"), False), (("update",), False)]
)
def test_data_that_goes_with_a_store_is_told_with_what_can_be_got_back(tmp_path, actions, lost):
    database = {
        "identifier": "claims",
        "engine": "postgres",
        "engine_version": "15.4",
        "backup_retention_period": 7,
        "storage_encrypted": True,
    }
    plan = PlanBuilder()
    plan.add("aws_db_instance", "claims", {**database, "storage_encrypted": False}, actions=actions, before=database)
    change = judge(plan, tmp_path).change("aws_db_instance.claims")
    told = {one.fact: one.value for one in change.loses or ()}
    assert (change.loses is not None) is lost
    assert told.get("retention.backup_days") == ("7" if lost else None)


def test_what_leaves_management_is_told_and_judged_as_it_is(tmp_path):
    plan = PlanBuilder()
    bucket = tagged("personal", versioning=OFF)
    plan.changes.append(
        {"address": LETTERS, "mode": "managed", "type": BUCKET, "name": "letters"}
        | {"change": {"actions": ["forget"], "before": bucket, "after": None}}
    )
    judged = judge(plan, tmp_path)
    assert judged.change(LETTERS).action is Action.FORGET
    found = judged.finding(LETTERS, "RES-03")
    assert (found.verdict, found.introduced) == (Verdict.FAIL, False)


def test_a_plan_that_changes_nothing_has_nothing_to_say(tmp_path):
    bucket = tagged("personal", versioning=OFF)
    judged = judge(updated(bucket, bucket, action="no-op"), tmp_path)
    assert judged.result.changes == ()
    assert not any(one.introduced for one in judged.result.findings)
    assert judged.finding(LETTERS, "RES-03").before is Verdict.FAIL
