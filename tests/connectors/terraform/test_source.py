from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

from tests.connectors.terraform.plans import PlanBuilder, const, known, last, reason, ref, value, why
from tests.scan.worlds import judging
from tierwise.connectors.terraform.converter import converters
from tierwise.connectors.terraform.providers import CLOUDS, cloud_of
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.model.codec import resource_out
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.resource import Gap, Kind, ReadOutcome, Resource
from tierwise.scan import scan

BUCKET = "aws_s3_bucket"
CANARY = "canary-7f3a"


def items(source):
    return [item for unit in source.survey() for item in unit.run()]


def test_an_empty_plan_has_no_resources(tmp_path):
    source = open_plans([PlanBuilder().write(tmp_path)])
    assert items(source) == []
    assert source.name == "plan:plan.json"


def test_deleted_resources_are_not_judged_and_no_ops_and_replacements_are(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "gone", before={"bucket": "x"}, actions=("delete",))
    plan.add(BUCKET, "same", {"bucket": "y"}, actions=("no-op",))
    plan.add(BUCKET, "anew", {"bucket": "z"}, actions=("delete", "create"))
    plan.changes.append(
        {"address": f"{BUCKET}.same", "type": BUCKET, "name": "same", "mode": "managed", "deposed": "ab12"}
        | {"change": {"actions": ["delete"], "before": {"bucket": "old"}, "after": None}}
    )
    source = open_plans([plan.write(tmp_path)])
    counts = source.plans[0].counts
    found = items(source)
    assert [one.id for one in found if isinstance(one, Resource)] == [f"{BUCKET}.same", f"{BUCKET}.anew"]
    assert [one.count for one in found if isinstance(one, ReadOutcome)] == [2]
    assert (counts.changes, counts.managed_after, counts.deleted) == (4, 2, 2)


def test_several_files_are_told_apart_and_keep_their_links(tmp_path):
    paths = []
    for name in ("one", "two"):
        plan = PlanBuilder()
        plan.add(BUCKET, "b", {"bucket": name}, unknown={"id": True})
        plan.add(BUCKET, "logs", {}, unknown={"id": True, "bucket": True})
        plan.add(
            f"{BUCKET}_logging",
            "l",
            {"bucket": name},
            unknown={"target_bucket": True},
            expressions={"target_bucket": ref("aws_s3_bucket.logs.id")},
        )
        paths.append(plan.write(tmp_path, f"{name}.json"))
    found = {one.id: one for one in items(open_plans(paths)) if isinstance(one, Resource)}
    assert set(found) == {f"{stem}#aws_s3_bucket.{name}" for stem in ("one", "two") for name in ("b", "logs")}
    assert found["two#aws_s3_bucket.b"].address == "aws_s3_bucket.b"
    assert [link.to for link in found["two#aws_s3_bucket.b"].links] == ["two#aws_s3_bucket.logs"]


def test_a_state_is_read_as_it_stands(tmp_path):
    values = {"bucket": "data", "id": "data", "arn": "arn:aws:s3:::data", "tags": {"a": "b"}}
    block = {
        "bucket": "data",
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    }
    module = {"resources": [{"address": "module.m.aws_s3_bucket_public_access_block.p", "values": block}]}
    root = {"resources": [{"address": "aws_s3_bucket.b", "mode": "managed", "values": values}], "child_modules": [module]}
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": root}}))
    (bucket,) = resources(open_plans([path]).plans[0])
    assert value(bucket, "access.public_blocked") is True
    assert bucket.tags == Known({"a": "b"}, bucket.tags.via)


def test_planned_values_are_read_where_no_changes_stand(tmp_path):
    path = tmp_path / "p.json"
    root = {"resources": [{"address": "aws_s3_bucket.b", "mode": "managed", "type": BUCKET, "name": "b", "values": {"bucket": "data"}}]}
    path.write_text(json.dumps({"format_version": "0.1", "planned_values": {"root_module": root}}))
    (bucket,) = resources(open_plans([path]).plans[0])
    assert bucket.name == "data"
    assert reason(bucket, "recovery.versioning") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_targeted_plan_joins_what_stands_in_the_prior_state_only(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "b", {"bucket": "data"}, actions=("no-op",))
    prior = {
        "address": "aws_s3_bucket_versioning.v",
        "mode": "managed",
        "values": {"bucket": "data", "versioning_configuration": [{"status": "Enabled"}]},
    }
    plan.extra["prior_state"] = {"values": {"root_module": {"resources": [prior]}}}
    found = plan.read(tmp_path)
    assert list(found) == ["aws_s3_bucket.b"]
    assert value(found["aws_s3_bucket.b"], "recovery.versioning") is True


def test_tags_all_come_first_then_tags_over_the_default_tags(tmp_path):
    plan = PlanBuilder(default_tags={"owner": "platform", "tier": "T1"})
    plan.add(BUCKET, "all", {"tags": {"a": "1"}, "tags_all": {"a": "1", "owner": "x"}})
    plan.add(BUCKET, "own", {"tags": {"tier": "T3"}}, unknown={"tags_all": True})
    plan.add(BUCKET, "none", {"tags": None})
    plan.add(BUCKET, "unknown", {}, unknown={"tags": True, "tags_all": True})
    plan.add(BUCKET, "secret", {"tags": {"a": CANARY}}, sensitive={"tags": True, "tags_all": True})
    plan.add(BUCKET, "part", {"tags_all": {"tier": "T3"}}, unknown={"tags_all": {"name": True}})
    found = {last(one): one for one in plan.read(tmp_path).values()}
    assert known(found["all"].tags) == {"a": "1", "owner": "x"}
    assert known(found["own"].tags) == {"owner": "platform", "tier": "T3"}
    assert known(found["none"].tags) == {"owner": "platform", "tier": "T1"}
    assert why(found["unknown"].tags) is UnknownReason.KNOWN_AFTER_APPLY
    assert why(found["secret"].tags) is UnknownReason.REDACTED
    assert known(found["part"].tags) == {"tier": "T3"}
    assert [one.via.via for one in found["part"].evidence.unread] == ["aws_s3_bucket.part#tags_all.name"]


def test_the_region_comes_from_the_resource_then_from_its_provider(tmp_path):
    plan = PlanBuilder(region=None)
    plan.providers["aws"]["expressions"]["region"] = ref("var.region")
    plan.providers["aws.west"] = {"name": "aws", "alias": "west", "expressions": {"region": const("us-west-2")}}
    plan.providers["module.m:aws"] = {"name": "aws", "module_address": "module.m", "expressions": {"region": ref("var.place")}}
    plan.root["variables"] = {"region": {"default": "eu-west-1"}}
    plan.extra["variables"] = {"region": {"value": "eu-west-2"}}
    plan.module("m", {"place": const("ap-south-1")})
    plan.add(BUCKET, "plain")
    plan.add(BUCKET, "west", provider="aws.west")
    plan.add(BUCKET, "own", {"region": "eu-north-1"})
    plan.add(BUCKET, "inside", module="m", provider="module.m:aws")
    plan.add(BUCKET, "lost", provider="aws.none")
    found = {last(one): one.region for one in plan.read(tmp_path).values()}
    assert found == {"plain": "eu-west-2", "west": "us-west-2", "own": "eu-north-1", "inside": "ap-south-1", "lost": ""}


def test_the_account_comes_from_the_own_arn_or_the_callers_identity(tmp_path):
    plan = PlanBuilder()
    plan.add("aws_db_instance", "old", {"arn": "arn:aws:rds:eu-west-2:111122223333:db:x", "identifier": "x"}, actions=("no-op",))
    plan.add("aws_db_instance", "new", {"identifier": "y"})
    path = plan.write(tmp_path)
    found = {one.name: one.account for one in resources(open_plans([path]).plans[0])}
    assert found == {"x": "111122223333", "y": ""}
    plan.providers["aws"]["expressions"]["allowed_account_ids"] = const(["444455556666"])
    found = {one.name: one.account for one in plan.read(tmp_path).values()}
    assert found == {"x": "111122223333", "y": "444455556666"}


def test_sensitive_values_never_reach_a_resource(tmp_path):
    plan = PlanBuilder(region=None, default_tags={})
    plan.providers["aws"]["expressions"]["region"] = ref("var.region")
    plan.root["variables"] = {"region": {"sensitive": True}}
    plan.extra["variables"] = {"region": {"value": CANARY}, "pw": {"value": CANARY}}
    plan.extra["prior_state"] = {"values": {"root_module": {"resources": []}}}
    secret = {
        name: f"{CANARY}-{name}"
        for name in ("bucket", "bucket_prefix", "policy", "identifier", "password", "db_name", "description", "name")
    }
    mask = dict.fromkeys(secret, True) | {"tags": {"a": True}, "rule": True, "parameter": True, "assume_role_policy": True}
    hidden = {**secret, "tags": {"a": CANARY}, "assume_role_policy": CANARY, "password": CANARY}
    for kind in converters():
        plan.add(kind, "x", hidden, sensitive=mask)
        plan.add(kind, "y", hidden, sensitive=True)
    plan.add("aws_db_parameter_group", "g", {"name": "g", "parameter": [{"name": CANARY, "value": CANARY}]}, sensitive=mask)
    found = plan.read(tmp_path)
    # What is part of another resource (the guardrails of one account, an instance of databases) is none of its own.
    assert len({one.type for one in found.values()}) > 0.9 * len(converters())
    for one in found.values():
        assert CANARY not in json.dumps(resource_out(one), default=str)
        assert CANARY not in repr(one)


def test_policies_that_cannot_be_parsed_are_not_repeated(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "b", {"bucket": "data"})
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "data", "policy": "<<nonsense>> not a policy"})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    fact = bucket.facts["transport.tls_required"]
    assert isinstance(fact, Unknown)
    assert fact.reason is UnknownReason.UNPARSABLE
    assert "nonsense" not in repr(bucket)


def test_a_plan_says_once_that_trails_and_backups_may_stand_elsewhere(tmp_path):
    plan = PlanBuilder()
    for name in ("a", "b"):
        plan.add("aws_s3_bucket", name, {"bucket": name})
    gaps = [one for one in items(open_plans([plan.write(tmp_path)])) if isinstance(one, Gap)]
    assert [(gap.kinds, gap.expected) for gap in gaps] == [(frozenset({Kind.AUDIT_TRAIL, Kind.BACKUP_PLAN}), True)]


def test_what_trails_and_backups_outside_the_plan_may_do_is_unknown_and_the_scan_is_whole(tmp_path):
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "b", {"bucket": "b"})
    result = scan([open_plans([plan.write(tmp_path)])], judging(), started=datetime(2026, 1, 1, tzinfo=UTC)).result
    (bucket,) = result.resources
    assert result.gate.result != "incomplete"
    assert reason(bucket, "logging.data_read") is UnknownReason.NOT_COLLECTED
    assert reason(bucket, "recovery.backup_covered") is UnknownReason.NOT_COLLECTED


def test_converters_stand_in_modules_that_are_called_by_their_cloud():
    for cloud in CLOUDS:
        found = converters(frozenset({cloud}))
        assert found
        assert {cloud_of(kind) for kind in found} == {cloud}
    assert sum(len(converters(frozenset({cloud}))) for cloud in CLOUDS) == len(converters())


def test_converters_of_clouds_that_a_plan_has_nothing_of_are_not_imported(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "b", {"bucket": "data"})
    code = (
        "import sys, pathlib; from tierwise.connectors.terraform.source import open_plans, resources\n"
        "source = open_plans([pathlib.Path(sys.argv[1])])\n"
        "print(len(list(resources(source.plans[0]))), *{name.rsplit('.')[-1].split('_')[0] for name in sys.modules if '.terraform.types.' in name})"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(plan.write(tmp_path))], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["1", "aws"]
