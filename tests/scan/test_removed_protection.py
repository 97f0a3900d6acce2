"""What protects a store from elsewhere is deleted: the store is judged without it, and the report names the deletion as the cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.connectors.terraform.plans import PlanBuilder, const
from tests.scan.plans import NOW, Judged, judge, judging
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.change import Action, Part, Weakening
from tierwise.model.finding import Verdict
from tierwise.scan import scan

ARN, LETTERS = "arn:aws:s3:::letters", "aws_s3_bucket.letters"
KEY = {"key_id": "k1", "id": "k1", "arn": "arn:aws:kms:eu-west-2:111122223333:key/k1", "deletion_window_in_days": 7}
BACKUP = {"name": "nightly", "id": "p1", "rule": [{"target_vault_name": "v", "schedule": "cron(0 5 * * ? *)"}]}
SELECTION = {"plan_id": "p1", "name": "stores", "resources": [ARN]}


def beside(bucket: dict[str, Any], *deleted: tuple[str, dict[str, Any]], kept: tuple[str, dict[str, Any]] | None = None) -> PlanBuilder:
    """A bucket of special-category data that stays as it is, and what is deleted beside it."""
    tags = {"data-classification": "special-category"}
    values = {"bucket": "letters", "id": "letters", "arn": ARN, "tags": tags, "tags_all": tags, "logging": [], **bucket}
    plan = PlanBuilder()
    plan.providers["aws"]["expressions"]["allowed_account_ids"] = const(["111122223333"])
    plan.add("aws_s3_bucket", "letters", values, actions=("no-op",), before=values)
    if kept is not None:
        plan.add(kept[0], "kept", kept[1], actions=("no-op",), before=kept[1])
    for kind, before in deleted:
        plan.add(kind, "gone", before=before, actions=("delete",))
    return plan


def weakened(judged: Judged, fact: str) -> Weakening:
    (found,) = (one for one in judged.change(LETTERS).weakened if one.fact == fact)
    return found


def test_a_trail_that_goes_leaves_the_recording_of_data_open(tmp_path: Path):
    selector = {"read_write_type": "All", "include_management_events": True}
    selector |= {"data_resource": [{"type": "AWS::S3::Object", "values": [f"{ARN}/"]}]}
    trail = {"name": "t", "arn": "arn:aws:cloudtrail:eu-west-2:111122223333:trail/t", "s3_bucket_name": "logs", "enable_logging": True}
    judged = judge(beside({}, ("aws_cloudtrail", {**trail, "event_selector": [selector]})), tmp_path)
    read = weakened(judged, "logging.data_read")
    assert (read.before, read.after, read.because) == ("true", "unknown (not-collected)", "aws_cloudtrail.gone is deleted")
    found = judged.finding(LETTERS, "LOG-02")
    assert (found.before, found.verdict, found.introduced) == (Verdict.PASS, Verdict.UNKNOWN, True)
    assert found.brought_by.startswith("aws_cloudtrail.gone is deleted, which weakens logging.data_")


def test_a_log_bucket_that_goes_takes_its_locked_logs_with_it(tmp_path: Path):
    lock = [{"rule": [{"default_retention": [{"mode": "COMPLIANCE", "days": 400}]}]}]
    logs = {"bucket": "logs", "id": "logs", "arn": "arn:aws:s3:::logs", "object_lock_configuration": lock}
    judged = judge(beside({"logging": [{"target_bucket": "logs"}]}, ("aws_s3_bucket", logs)), tmp_path)
    kept = weakened(judged, "logging.destination_immutable")
    assert (kept.before, kept.after, kept.because) == ("compliance", "unknown (out-of-scope)", "aws_s3_bucket.gone is deleted")
    change = judged.change("aws_s3_bucket.gone")
    assert change.action is Action.DELETE
    assert ("immutability.mode", "compliance") in [(one.fact, one.value) for one in change.loses or ()]


def test_a_backup_plan_that_goes_leaves_the_store_uncovered_as_far_as_the_plan_tells(tmp_path: Path):
    judged = judge(beside({}, ("aws_backup_plan", BACKUP), ("aws_backup_selection", SELECTION)), tmp_path)
    covered = weakened(judged, "recovery.backup_covered")
    assert (covered.before, covered.after, covered.because) == ("true", "unknown (not-collected)", "aws_backup_plan.gone is deleted")


def test_a_selection_that_goes_is_named_though_its_plan_survives(tmp_path: Path):
    judged = judge(beside({}, ("aws_backup_selection", SELECTION), kept=("aws_backup_plan", BACKUP)), tmp_path)
    assert weakened(judged, "recovery.backup_covered").because == "aws_backup_selection.gone is deleted"
    assert judged.change("aws_backup_plan.kept").parts == (Part("aws_backup_selection.gone", "aws_backup_selection", Action.DELETE),)


def test_a_key_that_goes_takes_the_data_with_it_and_is_named_by_the_store_that_uses_it(tmp_path: Path):
    rule = [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": KEY["arn"]}]}]
    judged = judge(beside({"server_side_encryption_configuration": [{"rule": rule}]}, ("aws_kms_key", KEY)), tmp_path)
    assert weakened(judged, "encryption.key_protection").because == "aws_kms_key.gone is deleted"
    assert ("key.deletion_window_days", "7") in [(one.fact, one.value) for one in judged.change("aws_kms_key.gone").loses or ()]


def test_the_block_of_an_account_that_goes_is_named_by_the_bucket_that_it_covered(tmp_path: Path):
    switches = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True)
    judged = judge(beside({}, ("aws_s3_account_public_access_block", {"account_id": "111122223333", **switches})), tmp_path)
    found = judged.finding(LETTERS, "EXP-01")
    assert (found.before, found.verdict, found.introduced) == (Verdict.PASS, Verdict.UNKNOWN, True)
    assert found.brought_by.startswith("aws_s3_account_public_access_block.gone is deleted, which weakens access.")


def test_two_files_keep_their_causes_apart(tmp_path: Path):
    """The same addresses stand in both plans; only one of them deletes."""
    part = ("aws_s3_bucket_versioning", {"bucket": "letters", "versioning_configuration": [{"status": "Enabled"}]})
    paths = [beside({}, part).write(tmp_path, "one.json"), beside({}, kept=part).write(tmp_path, "two.json")]
    result = scan([open_plans(paths)], judging(), started=NOW, jobs=1).result
    assert [(one.resource, one.weakened[0].because) for one in result.changes] == [
        (f"one#{LETTERS}", "one#aws_s3_bucket_versioning.gone is deleted")
    ]


def test_an_account_that_loses_its_guardrail_fails_and_names_the_deletion_and_what_it_failed_before_advises(tmp_path: Path):
    switches = dict.fromkeys(("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True)
    plan = beside(
        {},
        ("aws_s3_account_public_access_block", {"account_id": "111122223333", **switches}),
        kept=("aws_guardduty_detector", {"enable": False}),
    )
    judged = judge(plan, tmp_path)
    account = "aws_guardduty_detector.kept"
    lost, stood = judged.finding(account, "EXP-12"), judged.finding(account, "LOG-06")
    assert (lost.before, lost.verdict, lost.introduced) == (Verdict.PASS, Verdict.FAIL, True)
    assert lost.brought_by == "aws_s3_account_public_access_block.gone is deleted, which weakens account.public_access_blocked"
    assert (stood.before, stood.verdict, stood.introduced) == (Verdict.FAIL, Verdict.FAIL, False)
