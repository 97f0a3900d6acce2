"""One control over plan and live: each case is planted in the emulated account and written as a plan, and must get the same verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.terraform.plans import PlanBuilder, ref
from tests.scan.estate import ACCOUNT, BLOCKED, REGION, STARTED, STRANGER, Make, document, emulated, tls_only
from tests.scan.worlds import judging, live, source
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.finding import Verdict
from tierwise.scan import Judging, scan

TAGS = {"data-classification": "special-category", "owner": "records", "environment": "production", "retention-period": "P1Y"}
NEW = {"id": True, "arn": True}
ARN = "arn:aws:s3:::parity"
Plan = Callable[[PlanBuilder], None]
Plant = Callable[[Make], None]


@dataclass(frozen=True)
class Case:
    """What makes a control pass, and what makes it fail, in both worlds; `name` is the resource that is judged."""

    control: str
    name: str
    passing: tuple[Plant, Plan]
    failing: tuple[Plant, Plan]


def bucket(**settings: Any) -> tuple[Plant, Plan]:
    """A bucket with S3 settings by the split resource's short name, in the SDK's words for one world and Terraform's for the other."""

    def plant(make: Make) -> None:
        s3 = make("s3")
        place = {"LocationConstraint": REGION}
        ownership = settings.get("ownership_controls", "BucketOwnerEnforced")
        s3.create_bucket(
            Bucket="parity", CreateBucketConfiguration=place, ObjectOwnership=ownership, ObjectLockEnabledForBucket="lock" in settings
        )
        s3.put_bucket_tagging(Bucket="parity", Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in TAGS.items()]})
        if settings.get("public_access_block", True):
            s3.put_public_access_block(Bucket="parity", PublicAccessBlockConfiguration=BLOCKED)
        for name, put in LIVE.items():
            if name in settings:
                put(make, settings[name])

    def plan(builder: PlanBuilder) -> None:
        lock = {"object_lock_enabled": "lock" in settings}
        builder.add("aws_s3_bucket", "parity", {"bucket": "parity", "tags": TAGS, "tags_all": TAGS, **lock}, unknown=NEW)
        split(builder, "ownership_controls", {"rule": [{"object_ownership": settings.get("ownership_controls", "BucketOwnerEnforced")}]})
        switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        split(builder, "public_access_block", dict.fromkeys(switches, settings.get("public_access_block", True)))
        for name, write in PLANNED.items():
            if name in settings:
                write(builder, settings[name])

    return plant, plan


def split(builder: PlanBuilder, name: str, after: dict[str, Any], **more: Any) -> None:
    """A resource of its own that belongs to the bucket by reference."""
    expressions = {"bucket": ref("aws_s3_bucket.parity.id"), **more.pop("expressions", {})}
    unknown = {"bucket": True, "id": True, **more.pop("unknown", {})}
    builder.add(f"aws_s3_bucket_{name}", "parity", after, unknown=unknown, expressions=expressions, **more)


def _encrypt(make: Make, custom: bool) -> None:
    rule: dict[str, Any] = {"SSEAlgorithm": "AES256"}
    if custom:
        rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": make("kms").create_key()["KeyMetadata"]["Arn"]}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
    make("s3").put_bucket_encryption(Bucket="parity", ServerSideEncryptionConfiguration=rules)


def _planned_encryption(builder: PlanBuilder, custom: bool) -> None:
    if not custom:
        plain = {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]}
        split(builder, "server_side_encryption_configuration", plain)
        return
    builder.add("aws_kms_key", "own", {"enable_key_rotation": True}, unknown={"arn": True, "key_id": True, "id": True})
    inner = {"kms_master_key_id": ref("aws_kms_key.own.arn")}
    split(
        builder,
        "server_side_encryption_configuration",
        {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]},
        unknown={"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]},
        expressions={"rule": [{"apply_server_side_encryption_by_default": [inner]}]},
    )


def _log(make: Make, _on: bool) -> None:
    s3 = make("s3")
    s3.create_bucket(Bucket="parity-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    grant = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    s3.put_bucket_policy(Bucket="parity-logs", Policy=document({**grant, "Resource": "arn:aws:s3:::parity-logs/*"}))
    s3.put_bucket_logging(Bucket="parity", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "parity-logs", "TargetPrefix": ""}})


def _planned_log(builder: PlanBuilder, _on: bool) -> None:
    builder.add("aws_s3_bucket", "logs", {"bucket": "parity-logs"}, unknown=NEW)
    split(builder, "logging", {"target_bucket": "parity-logs", "target_prefix": ""})


def _end(make: Make, days: int) -> None:
    rule = {"ID": "end", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}
    make("s3").put_bucket_lifecycle_configuration(Bucket="parity", LifecycleConfiguration={"Rules": [rule]})


def _planned_end(builder: PlanBuilder, days: int) -> None:
    rule = {"id": "end", "status": "Enabled", "filter": [{"prefix": ""}], "expiration": [{"days": days}]}
    split(builder, "lifecycle_configuration", {"rule": [rule]})


def _lock(make: Make, days: int) -> None:
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
    make("s3").put_object_lock_configuration(Bucket="parity", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})


def _planned_lock(builder: PlanBuilder, days: int) -> None:
    rule = {"default_retention": [{"mode": "COMPLIANCE", "days": days}]}
    split(builder, "object_lock_configuration", {"object_lock_enabled": "Enabled", "rule": [rule]})


def _website(make: Make, _on: bool) -> None:
    make("s3").put_bucket_website(Bucket="parity", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})


LIVE: dict[str, Callable[[Make, Any], None]] = {
    "encryption": _encrypt,
    "versioning": lambda make, _on: make("s3").put_bucket_versioning(Bucket="parity", VersioningConfiguration={"Status": "Enabled"}),
    "logging": _log,
    "lifecycle": _end,
    "lock": _lock,
    "policy": lambda make, text: make("s3").put_bucket_policy(Bucket="parity", Policy=text),
    "website": _website,
}
PLANNED: dict[str, Callable[[PlanBuilder, Any], None]] = {
    "encryption": _planned_encryption,
    "versioning": lambda builder, _on: split(builder, "versioning", {"versioning_configuration": [{"status": "Enabled"}]}),
    "logging": _planned_log,
    "lifecycle": _planned_end,
    "lock": _planned_lock,
    "policy": lambda builder, text: split(builder, "policy", {"policy": text}),
    "website": lambda builder, _on: split(builder, "website_configuration", {"index_document": [{"suffix": "index.html"}]}),
}
CLOSED = document(tls_only("s3:*", ARN, f"{ARN}/*"))
PRIVATE = document(
    {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [ARN, f"{ARN}/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}},
    }
)
OPEN = document({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{ARN}/*"})
STRANGERS = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}, "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
BOUND = document({**STRANGERS, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}})


def role(policy: dict[str, Any], principal: dict[str, Any] | None = None, condition: dict[str, Any] | None = None) -> tuple[Plant, Plan]:
    """A role with one inline policy, that reads a bucket of sensitive data."""
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": principal or {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if condition:
        trust["Condition"] = condition
    store = bucket()

    def plant(make: Make) -> None:
        store[0](make)
        iam = make("iam")
        iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document(trust))
        iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=document(policy))

    def plan(builder: PlanBuilder) -> None:
        store[1](builder)
        inline = [{"name": "own", "policy": document(policy)}]
        after = {"name": "reader", "assume_role_policy": document(trust), "inline_policy": inline, "managed_policy_arns": []}
        builder.add("aws_iam_role", "reader", after, unknown=NEW)

    return plant, plan


NARROW = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{ARN}/letters/*"}
WIDE = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
NAMED = {"StringEquals": {"sts:ExternalId": "agreed"}}
OTHER = {"AWS": f"arn:aws:iam::{STRANGER}:root"}


def database(**changes: Any) -> tuple[Plant, Plan]:
    """A database; `changes` are Terraform's words, which are the SDK's in another case."""
    words = {
        "engine": "postgres",
        "engine_version": "16.4",
        "instance_class": "db.r6g.large",
        "allocated_storage": 100,
        "storage_encrypted": True,
        "publicly_accessible": False,
        "backup_retention_period": 14,
        "multi_az": True,
        "deletion_protection": True,
        **changes,
    }
    sdk = {
        "engine": "Engine",
        "engine_version": "EngineVersion",
        "instance_class": "DBInstanceClass",
        "allocated_storage": "AllocatedStorage",
        "storage_encrypted": "StorageEncrypted",
        "publicly_accessible": "PubliclyAccessible",
        "backup_retention_period": "BackupRetentionPeriod",
        "multi_az": "MultiAZ",
        "deletion_protection": "DeletionProtection",
    }

    def plant(make: Make) -> None:
        given = {sdk[name]: value for name, value in words.items()}
        tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
        make("rds").create_db_instance(
            DBInstanceIdentifier="parity", MasterUsername="records", MasterUserPassword="not-a-secret", Tags=tags, **given
        )

    def plan(builder: PlanBuilder) -> None:
        builder.add("aws_db_instance", "parity", {"identifier": "parity", "tags": TAGS, "tags_all": TAGS, **words}, unknown=NEW)

    return plant, plan


CASES = (
    Case("ENC-02", "parity", bucket(encryption=True), bucket(encryption=False)),
    Case("ENC-07", "parity", bucket(policy=CLOSED), bucket()),
    Case("EXP-01", "parity", bucket(policy=CLOSED), bucket(policy=OPEN, public_access_block=False)),
    Case("EXP-02", "parity", bucket(), bucket(public_access_block=False, ownership_controls="ObjectWriter")),
    Case("EXP-07", "parity", bucket(), bucket(ownership_controls="ObjectWriter")),
    Case("EXP-08", "parity", bucket(), bucket(website=True)),
    Case("EXP-10", "parity", bucket(policy=PRIVATE), bucket()),
    Case("RET-02", "parity", bucket(lifecycle=300), bucket()),
    Case("RES-03", "parity", bucket(versioning=True), bucket()),
    Case("RES-08", "parity", bucket(lock=30), bucket(versioning=True)),
    Case("LOG-02", "parity", bucket(logging=True), bucket()),
    Case("ACC-08", "parity", bucket(policy=BOUND), bucket(policy=document(STRANGERS))),
    Case("ENC-01", "parity", database(), database(storage_encrypted=False)),
    Case("RES-01", "parity", database(), database(backup_retention_period=1)),
    Case("RES-06", "parity", database(), database(multi_az=False)),
    Case("ACC-01", "reader", role(NARROW), role(WIDE)),
    Case("ACC-15", "reader", role(NARROW), role(WIDE)),
    Case("ACC-08", "reader", role(NARROW, OTHER, NAMED), role(NARROW, OTHER)),
)


def only(control: str) -> Judging:
    """The default judging, of one control."""
    return replace(judging(), controls=tuple(one for one in judging().controls if one.id == control))


def verdict(source_: Any, control: str, name: str) -> Verdict:
    outcome = scan([source_], only(control), started=STARTED, jobs=1)
    assert outcome.crashes == ()
    ids = {one.id for one in outcome.result.resources if one.name == name}
    found = [one for one in outcome.result.findings if one.resource in ids]
    assert len(found) == 1, [one.id for one in outcome.result.resources]
    return found[0].verdict


@contextmanager
def planted(plant: Plant) -> Iterator[Any]:
    with emulated() as make:
        plant(make)
        yield source(live(), "s3", "rds", "iam", "kms")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.control}-{case.name}")
@pytest.mark.parametrize("expected", [Verdict.PASS, Verdict.FAIL])
def test_plan_and_account_get_the_same_verdict(tmp_path: Path, case: Case, expected: Verdict) -> None:
    plant, plan = case.passing if expected is Verdict.PASS else case.failing
    builder = PlanBuilder()
    builder.add("aws_caller_identity", "here", {"account_id": ACCOUNT}, mode="data", actions=("read",))
    plan(builder)
    # Without a log of its own, a planned store may still be recorded by a trail that stands elsewhere.
    planned = Verdict.UNKNOWN if (case.control, expected) == ("LOG-02", Verdict.FAIL) else expected
    assert verdict(open_plans([builder.write(tmp_path)]), case.control, case.name) is planned, "planned"
    with planted(plant) as account:
        assert verdict(account, case.control, case.name) is expected, "live"


def test_the_cases_cover_what_they_should() -> None:
    assert len({case.control for case in CASES}) >= 12
    roles = {case.control for case in CASES if case.name == "reader"}
    assert roles == {"ACC-01", "ACC-15", "ACC-08"}
    builder = PlanBuilder()
    for case in CASES:
        for _, plan in (case.passing, case.failing):
            plan(builder)
    text = json.dumps(builder.document())
    for name in ("server_side_encryption_configuration", "versioning", "logging", "lifecycle_configuration", "policy"):
        assert f"aws_s3_bucket_{name}" in text
    assert ACCOUNT not in text
