from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, reason, ref, value
from tests.connectors.terraform.types.cases import OTHER, Case, Part, Seen, policy
from tierwise.model.fact import UNLIMITED, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel

BUCKET = "aws_s3_bucket"
BLOCK = f"{BUCKET}_public_access_block"
SSE, LIFECYCLE = f"{BUCKET}_server_side_encryption_configuration", f"{BUCKET}_lifecycle_configuration"
ALL_ON = {"block_public_acls": True, "block_public_policy": True, "ignore_public_acls": True, "restrict_public_buckets": True}
ALL_OFF = dict.fromkeys(ALL_ON, False)
PUBLIC = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}],
    }
)
NEW = {"id": True, "arn": True}
THIS = ref("aws_s3_bucket.b.id")
_KMS = "rule.0.apply_server_side_encryption_by_default.0"
_INLINE = f"server_side_encryption_configuration.0.{_KMS}"
_BY_KMS = {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]}
_RETENTION = "rule.0.default_retention.0"
_HELD = "object_lock_configuration.0"
_OWNED = "rule.0.object_ownership"
_OURS = {"alias/app-of-ours": "customer", "alias/aws/s3": "provider-managed"}
_ALGORITHMS = {"AES256": "provider-owned", "aws:kms": "provider-managed", "aws:kms:dsse": "provider-managed"}
_TO_C = ("arn:aws:s3:::c",)
_DEST = {"arn:aws:s3:::copies-of-ours": ("arn:aws:s3:::copies-of-ours",)}
_LIFE = {"status": "Enabled", "expiration": [{"days": 30}]}
DELEGATES = policy("*", "s3:*", Condition={"StringEquals": {"s3:DataAccessPointAccount": "111111111111"}})
CASES = (
    Case(BUCKET, f"{_INLINE}.sse_algorithm", "encryption.key_custody", _ALGORITHMS, absent="provider-owned"),
    Case(
        BUCKET,
        f"{_INLINE}.kms_master_key_id",
        "encryption.key_custody",
        _OURS,
        absent="provider-managed",
        bare="provider-owned",
        having={"server_side_encryption_configuration": [_BY_KMS]},
    ),
    Case(SSE, f"{_KMS}.sse_algorithm", "encryption.key_custody", _ALGORITHMS, absent="provider-owned", of=BUCKET),
    Case(
        SSE,
        f"{_KMS}.kms_master_key_id",
        "encryption.key_custody",
        _OURS,
        absent="provider-managed",
        bare="provider-owned",
        having=_BY_KMS,
        of=BUCKET,
    ),
    Case(BUCKET, "versioning.0.enabled", "recovery.versioning", {True: True, False: False, "true": True}, absent=False),
    Case(BUCKET, "versioning.0.mfa_delete", "recovery.mfa_delete", {True: True, False: False}, absent=False),
    Case(
        f"{BUCKET}_versioning",
        "versioning_configuration.0.status",
        "recovery.versioning",
        {"Enabled": True, "Suspended": False, "Disabled": False},
        absent=False,
        of=BUCKET,
    ),
    Case(
        f"{BUCKET}_versioning",
        "versioning_configuration.0.mfa_delete",
        "recovery.mfa_delete",
        {"Enabled": True, "Disabled": False},
        absent=False,
        of=BUCKET,
    ),
    Case(BUCKET, "logging.0.target_bucket", "logs-to", {"logs-of-ours": ("logs-of-ours",)}, absent=()),
    Case(f"{BUCKET}_logging", "target_bucket", "logs-to", {"logs-of-ours": ("logs-of-ours",)}, absent=(), of=BUCKET),
    Case(
        BUCKET,
        "lifecycle_rule.0.enabled",
        "retention.delete_after_days",
        {True: 30, False: UNLIMITED},
        absent=UNLIMITED,
        having={"lifecycle_rule": [{"expiration": [{"days": 30}]}]},
    ),
    Case(
        BUCKET,
        "lifecycle_rule.0.expiration.0.days",
        "retention.delete_after_days",
        {30: 30},
        absent=UNLIMITED,
        having={"lifecycle_rule": [{"enabled": True}]},
    ),
    Case(
        BUCKET,
        "lifecycle_rule.0.expiration.0.date",
        "retention.expiry_configured",
        {"2030-01-01T00:00:00Z": True},
        absent=False,
        having={"lifecycle_rule": [{"enabled": True}]},
    ),
    Case(
        BUCKET,
        "lifecycle_rule.0.prefix",
        "retention.delete_after_days",
        {"tmp-of-ours/": UNLIMITED, "": 30},
        absent=30,
        bare=UNLIMITED,
        having={"lifecycle_rule": [{"enabled": True, "expiration": [{"days": 30}]}]},
    ),
    Case(
        BUCKET,
        "lifecycle_rule.0.tags",
        "retention.delete_after_days",
        [({"a": "b"}, UNLIMITED)],
        absent=30,
        bare=UNLIMITED,
        having={"lifecycle_rule": [{"enabled": True, "expiration": [{"days": 30}]}]},
    ),
    Case(
        BUCKET,
        "lifecycle_rule.0.noncurrent_version_expiration.0.days",
        "retention.noncurrent_days",
        {7: 7},
        absent=UNLIMITED,
        having={"lifecycle_rule": [{"enabled": True}], "versioning": [{"enabled": True}]},
    ),
    Case(
        LIFECYCLE,
        "rule.0.status",
        "retention.delete_after_days",
        {"Enabled": 30, "Disabled": UNLIMITED},
        absent=UNLIMITED,
        having={"rule": [{"expiration": [{"days": 30}]}]},
        of=BUCKET,
    ),
    Case(
        LIFECYCLE,
        "rule.0.expiration.0.days",
        "retention.delete_after_days",
        {30: 30},
        absent=UNLIMITED,
        having={"rule": [{"status": "Enabled"}]},
        of=BUCKET,
    ),
    Case(
        LIFECYCLE,
        "rule.0.expiration.0.date",
        "retention.expiry_configured",
        {"2030-01-01T00:00:00Z": True},
        absent=False,
        having={"rule": [{"status": "Enabled"}]},
        of=BUCKET,
    ),
    *(
        Case(
            LIFECYCLE,
            f"rule.0.{path}",
            "retention.delete_after_days",
            [(narrow, UNLIMITED)],
            absent=30,
            bare=UNLIMITED,
            having={"rule": [_LIFE]},
            of=BUCKET,
        )
        for path, narrow in (("prefix", "tmp-of-ours/"), ("filter", [{"prefix": "tmp-of-ours/"}]))
    ),
    Case(
        LIFECYCLE,
        "rule.0.noncurrent_version_expiration.0.noncurrent_days",
        "retention.noncurrent_days",
        {7: 7},
        absent=UNLIMITED,
        having={"rule": [{"status": "Enabled"}]},
        of=BUCKET,
        beside={"versioning": [{"enabled": True}]},
    ),
    Case(
        BUCKET, f"{_HELD}.{_RETENTION}.mode", "immutability.mode", {"COMPLIANCE": "compliance", "GOVERNANCE": "governance"}, absent="none"
    ),
    Case(BUCKET, f"{_HELD}.{_RETENTION}.days", "immutability.min_days", {30: 30}, absent=0),
    Case(BUCKET, f"{_HELD}.{_RETENTION}.years", "immutability.min_days", {2: 730}, absent=0),
    Case(
        f"{BUCKET}_object_lock_configuration",
        f"{_RETENTION}.mode",
        "immutability.mode",
        {"COMPLIANCE": "compliance", "GOVERNANCE": "governance", "ETERNAL": UnknownReason.NOT_SUPPORTED},
        absent="none",
        of=BUCKET,
    ),
    Case(f"{BUCKET}_object_lock_configuration", f"{_RETENTION}.days", "immutability.min_days", {30: 30}, absent=0, of=BUCKET),
    Case(f"{BUCKET}_object_lock_configuration", f"{_RETENTION}.years", "immutability.min_days", {2: 730}, absent=0, of=BUCKET),
    Case(BUCKET, "replication_configuration.0.rules.0.destination.0.bucket", "replicates-to", _DEST, absent=()),
    Case(
        BUCKET,
        "replication_configuration.0.rules.0.status",
        "replicates-to",
        {"Disabled": (), "Enabled": _TO_C},
        absent=_TO_C,
        bare=(),
        unknown=_TO_C,
        sensitive=_TO_C,
        having={"replication_configuration": [{"rules": [{"destination": [{"bucket": "arn:aws:s3:::c"}]}]}]},
    ),
    Case(f"{BUCKET}_replication_configuration", "rule.0.destination.0.bucket", "replicates-to", _DEST, absent=(), of=BUCKET),
    Case(
        f"{BUCKET}_replication_configuration",
        "rule.0.status",
        "replicates-to",
        {"Disabled": (), "Enabled": _TO_C},
        absent=_TO_C,
        bare=(),
        unknown=_TO_C,
        sensitive=_TO_C,
        having={"rule": [{"destination": [{"bucket": "arn:aws:s3:::c"}]}]},
        of=BUCKET,
    ),
    Case(BUCKET, "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset()),
    Case(f"{BUCKET}_policy", "policy", "access.external_principals", {OTHER: frozenset({"222222222222"})}, absent=frozenset(), of=BUCKET),
    Case(
        f"{BUCKET}_ownership_controls",
        _OWNED,
        "access.acls_disabled",
        {"BucketOwnerEnforced": True, "ObjectWriter": False},
        absent=False,
        of=BUCKET,
    ),
    *(Case(BLOCK, one, "access.public_blocked", {True: True, False: False}, absent=False, having=ALL_ON, of=BUCKET) for one in ALL_ON),
    Case(BUCKET, "cors_rule.0.allowed_origins", "access.cors_any_origin", [(["*"], True), (["https://a.example"], False)], absent=False),
    Case(
        f"{BUCKET}_cors_configuration",
        "cors_rule.0.allowed_origins",
        "access.cors_any_origin",
        [(["*"], True), (["https://a.example"], False)],
        absent=False,
        of=BUCKET,
    ),
    Case(BUCKET, "website", "access.website_enabled", [([{"index_document": "index.html"}], True), ([], False)], absent=False),
    *(
        Case(
            LIFECYCLE,
            f"rule.0.filter.0.{name}",
            "retention.delete_after_days",
            [(value, UNLIMITED)],
            absent=30,
            bare=[UNLIMITED, 30],
            having={"rule": [_LIFE]},
            of=BUCKET,
        )
        for name, value in (
            ("prefix", "tmp-of-ours/"),
            ("tag", [{"key": "a", "value": "b"}]),
            ("object_size_greater_than", 1),
            ("object_size_less_than", 9),
            ("and", [{"prefix": "tmp-of-ours/"}]),
        )
    ),
    Case(
        "aws_s3_access_point",
        "policy",
        "access.external_principals",
        {OTHER: frozenset({"222222222222"})},
        absent=frozenset(),
        of=BUCKET,
        beside={"policy": DELEGATES},
    ),
)
_ACLS_COUNT = ((f"{BUCKET}_ownership_controls", {"rule": [{"object_ownership": "ObjectWriter"}]}), (BLOCK, ALL_OFF))
PARTS = (
    Part(BLOCK, BUCKET, ALL_OFF),
    Part(f"{BUCKET}_ownership_controls", BUCKET, {"rule": [{"object_ownership": "ObjectWriter"}]}),
    Part(f"{BUCKET}_acl", BUCKET, {"acl": "public-read"}, also=_ACLS_COUNT),
    Part(f"{BUCKET}_website_configuration", BUCKET, {"index_document": [{"suffix": "index.html"}]}),
    Part(
        "aws_s3control_access_point_policy",
        "aws_s3_access_point",
        {"policy": OTHER},
        seen=Seen(BUCKET, "", {"policy": DELEGATES}, by="bucket"),
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def new(plan, after=None, **more):
    return plan.add(BUCKET, "b", {"bucket": "data", **(after or {})}, unknown=NEW, **more)


def test_a_new_bucket_alone_has_the_defaults_of_new_buckets(plan, tmp_path):
    address = new(plan)
    bucket = plan.read(tmp_path)[address]
    assert (bucket.kind, bucket.type, bucket.provider, bucket.region, bucket.name) == (
        Kind.OBJECT_STORE,
        BUCKET,
        "aws",
        "eu-west-2",
        "data",
    )
    assert bucket.address == address
    assert value(bucket, "access.public_blocked") is True
    assert bucket.facts["access.public_blocked"].via.via.startswith("constant: ")
    assert value(bucket, "access.acls_disabled") is True
    assert value(bucket, "encryption.at_rest") is True
    assert value(bucket, "encryption.key_custody") == "provider-owned"
    assert value(bucket, "recovery.versioning") is False
    assert value(bucket, "logging.data_read") is False
    assert value(bucket, "access.anonymous_read") is False
    assert isinstance(bucket.facts["retention.noncurrent_days"], NotApplicable)


def test_an_existing_bucket_alone_is_not_judged_by_what_the_plan_leaves_out(plan, tmp_path):
    address = plan.add(BUCKET, "b", {"bucket": "data", "id": "data", "versioning": [{"enabled": True}]}, actions=("no-op",))
    bucket = plan.read(tmp_path)[address]
    assert reason(bucket, "access.public_blocked") is UnknownReason.NOT_COLLECTED
    assert "not in this plan" in bucket.facts["access.public_blocked"].detail
    assert reason(bucket, "access.acls_disabled") is UnknownReason.NOT_COLLECTED
    assert value(bucket, "recovery.versioning") is True


def test_a_split_resource_is_joined_by_name_and_by_reference(plan, tmp_path):
    new(plan)
    other = plan.add(BUCKET, "c", {"bucket": "other"}, unknown=NEW)
    plan.add(BLOCK, "by_value", {"bucket": "data", **ALL_OFF})
    plan.add(
        BLOCK,
        "by_reference",
        ALL_ON | {"ignore_public_acls": False},
        unknown={"bucket": True},
        expressions={"bucket": ref("aws_s3_bucket.c.id")},
    )
    found = plan.read(tmp_path)
    assert value(found["aws_s3_bucket.b"], "access.public_blocked") is False
    assert found["aws_s3_bucket.b"].facts["access.public_blocked"].via.via.startswith(f"{BLOCK}.by_value#")
    assert found[other].facts["access.public_acls_blocked"].via.via == f"{BLOCK}.by_reference#ignore_public_acls"
    assert value(found[other], "access.public_acls_blocked") is False


def test_a_block_that_cannot_be_joined_leaves_every_bucket_of_its_module_undetermined(plan, tmp_path):
    new(plan)
    plan.add(BUCKET, "c", {"bucket": "other"}, unknown=NEW)
    inside = plan.add(BUCKET, "d", {"bucket": "inside"}, unknown=NEW, module="m")
    plan.add(BLOCK, "p", ALL_ON, unknown={"bucket": True}, module="m", expressions={"bucket": ref("local.name")})
    found = plan.read(tmp_path)
    assert reason(found[inside], "access.public_blocked") is UnknownReason.UNRESOLVED_REFERENCE
    assert "local.name" in found[inside].facts["access.public_blocked"].detail
    assert value(found["aws_s3_bucket.b"], "access.public_blocked") is True


def test_a_removed_block_unblocks_a_bucket_that_stays(plan, tmp_path):
    address = plan.add(BUCKET, "b", {"bucket": "data", "id": "data"}, actions=("no-op",))
    plan.add(BLOCK, "p", before={"bucket": "data", **ALL_ON}, actions=("delete",))
    bucket = plan.read(tmp_path)[address]
    assert value(bucket, "access.public_blocked") is False


def test_a_forgotten_block_goes_on_blocking(plan, tmp_path):
    address = plan.add(BUCKET, "b", {"bucket": "data", "id": "data"}, actions=("no-op",))
    plan.changes.append(
        {"address": f"{BLOCK}.p", "type": BLOCK, "name": "p", "mode": "managed"}
        | {"change": {"actions": ["forget"], "before": {"bucket": "data", **ALL_ON}, "after": None}}
    )
    assert value(plan.read(tmp_path)[address], "access.public_blocked") is True


def test_a_switch_known_after_apply_is_unknown_and_one_that_is_off_settles_it(plan, tmp_path):
    new(plan)
    plan.add(
        BLOCK,
        "p",
        {"bucket": "data", "block_public_acls": True, "block_public_policy": True},
        unknown=dict.fromkeys(list(ALL_ON)[2:], True),
    )
    assert reason(plan.read(tmp_path)["aws_s3_bucket.b"], "access.public_blocked") is UnknownReason.KNOWN_AFTER_APPLY
    plan.changes[-1]["change"]["after"]["block_public_acls"] = False
    assert value(plan.read(tmp_path)["aws_s3_bucket.b"], "access.public_blocked") is False


def test_a_sensitive_switch_is_redacted(plan, tmp_path):
    new(plan)
    plan.add(BLOCK, "p", {"bucket": "data", **ALL_ON}, sensitive={"block_public_acls": True})
    assert reason(plan.read(tmp_path)["aws_s3_bucket.b"], "access.public_blocked") is UnknownReason.REDACTED


def sse(algorithm, **key):
    return {"bucket": "data", "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": algorithm, **key}]}]}


def sse_reference(*names):
    inner = {"sse_algorithm": const("aws:kms"), "kms_master_key_id": ref(*names)}
    return {"rule": [{"apply_server_side_encryption_by_default": [inner]}]}


KEY_UNKNOWN = {"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]}


@pytest.mark.parametrize(
    ("after", "custody"),
    [
        (sse("AES256"), "provider-owned"),
        (sse("aws:kms"), "provider-managed"),
        (sse("aws:kms", kms_master_key_id="alias/aws/s3"), "provider-managed"),
        (sse("aws:kms", kms_master_key_id="alias/app"), "customer"),
        (sse("aws:kms", kms_master_key_id=None), "provider-managed"),
    ],
)
def test_custody_by_the_named_key(plan, tmp_path, after, custody):
    new(plan)
    plan.add(SSE, "e", after)
    assert value(plan.read(tmp_path)["aws_s3_bucket.b"], "encryption.key_custody") == custody


def test_a_reference_to_a_key_settles_custody_and_links_before_its_arn_is_known(plan, tmp_path):
    new(plan)
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True, "key_id": True})
    plan.add(SSE, "e", sse("aws:kms"), unknown=KEY_UNKNOWN, expressions=sse_reference("aws_kms_key.k.arn"))
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "encryption.key_custody") == "customer"
    assert [(link.rel, link.to) for link in bucket.links] == [(Rel.USES_KEY, "aws_kms_key.k")]


def test_a_key_behind_a_local_value_is_unresolved_and_so_is_the_link(plan, tmp_path):
    new(plan)
    plan.add(SSE, "e", sse("aws:kms"), unknown=KEY_UNKNOWN, expressions=sse_reference("local.key"))
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert reason(bucket, "encryption.key_custody") is UnknownReason.UNRESOLVED_REFERENCE
    (link,) = bucket.links
    assert (link.rel, link.to) == (Rel.USES_KEY, "")
    assert link.unknown is not None
    assert link.unknown.reason is UnknownReason.UNRESOLVED_REFERENCE


def test_inline_settings_of_old_providers(plan, tmp_path):
    inline = {
        "versioning": [{"enabled": True, "mfa_delete": True}],
        "logging": [{"target_prefix": "x"}],
        "server_side_encryption_configuration": [{"rule": sse("aws:kms", kms_master_key_id="alias/app")["rule"]}],
        "lifecycle_rule": [{"enabled": True, "prefix": "", "expiration": [{"days": 30}], "noncurrent_version_expiration": [{"days": 7}]}],
        "object_lock_configuration": [{"rule": [{"default_retention": [{"mode": "COMPLIANCE", "years": 2}]}]}],
        "website": [{"index_document": "index.html"}],
        "cors_rule": [{"allowed_origins": ["*"]}],
    }
    new(plan, inline, expressions={"logging": [{"target_bucket": ref("aws_s3_bucket.logs.id")}]})
    plan.changes[-1]["change"]["after_unknown"]["logging"] = [{"target_bucket": True}]
    plan.add(BUCKET, "logs", {"bucket": "logs"}, unknown=NEW)
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "recovery.versioning") is True
    assert value(bucket, "recovery.mfa_delete") is True
    assert value(bucket, "logging.data_read") is True
    assert value(bucket, "encryption.key_custody") == "customer"
    assert value(bucket, "retention.expiry_configured") is True
    assert value(bucket, "retention.delete_after_days") == 30
    assert value(bucket, "retention.noncurrent_days") == 7
    assert value(bucket, "immutability.mode") == "compliance"
    assert value(bucket, "immutability.min_days") == 730
    assert value(bucket, "access.website_enabled") is True
    assert value(bucket, "access.cors_any_origin") is True
    assert (Rel.LOGS_TO, "aws_s3_bucket.logs") in [(link.rel, link.to) for link in bucket.links]


def test_inline_blocks_that_the_provider_computes_are_not_unknown(plan, tmp_path):
    new(plan)
    plan.changes[-1]["change"]["after_unknown"] |= dict.fromkeys(
        ("versioning", "logging", "policy", "acl", "grant", "lifecycle_rule"), True
    )
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "recovery.versioning") is False
    assert value(bucket, "transport.tls_required") is False
    assert value(bucket, "retention.delete_after_days") == float("inf")


def test_a_public_policy_is_public_only_where_the_block_is_off(plan, tmp_path):
    new(plan)
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "data", "policy": PUBLIC})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "access.anonymous_read") is False
    plan.add(BLOCK, "p", {"bucket": "data", **ALL_OFF})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "access.anonymous_read") is True
    assert value(bucket, "access.anonymous_write") is False


def test_a_public_acl_counts_where_acls_are_in_force(plan, tmp_path):
    new(plan)
    plan.add(f"{BUCKET}_acl", "a", {"bucket": "data", "acl": "public-read"})
    plan.add(BLOCK, "p", {"bucket": "data", **ALL_OFF})
    assert value(plan.read(tmp_path)["aws_s3_bucket.b"], "access.anonymous_read") is False
    plan.add(f"{BUCKET}_ownership_controls", "o", {"bucket": "data", "rule": [{"object_ownership": "ObjectWriter"}]})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "access.anonymous_read") is True
    assert value(bucket, "access.acls_disabled") is False


@pytest.mark.parametrize(("key", "inside"), [("aws:PrincipalOrgID", True), ("aws:SourceVpce", None)])
def test_a_policy_that_refuses_outsiders_is_a_perimeter_and_without_one_the_organisation_may_have_it(plan, tmp_path, key, inside):
    new(plan)
    named = {"aws:PrincipalOrgID": "o-abcdefgh12", "aws:SourceVpce": "vpce-1"}[key]
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]}
    statement = {**denial, "Condition": {"StringNotEquals": {key: named}}}
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "data", "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    if inside:
        assert value(bucket, "access.organisation_perimeter") is True
    else:
        assert reason(bucket, "access.organisation_perimeter") is UnknownReason.NOT_COLLECTED


def test_an_unknown_policy_is_unknown_where_it_decides(plan, tmp_path):
    new(plan)
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "data"}, unknown={"policy": True}, expressions={"bucket": THIS, "policy": ref("local.p")})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert reason(bucket, "transport.tls_required") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_policy_document_with_unknown_resources_is_rebuilt(plan, tmp_path):
    new(plan)
    statement = {
        "actions": ["s3:*"], "effect": "Deny", "resources": [None, None], "principals": [{"type": "*", "identifiers": ["*"]}],
        "condition": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}],
    }  # fmt: skip
    allow = {
        "actions": ["s3:GetObject"],
        "resources": [None],
        "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::111122223333:root"]}],
    }
    plan.add(
        "aws_iam_policy_document", "d", {"statement": [statement, allow]}, mode="data", actions=("read",),
        unknown={"json": True, "statement": [{"resources": [True, True]}, {"resources": [True]}]},
    )  # fmt: skip
    plan.add(
        f"{BUCKET}_policy", "p", {"bucket": "data"}, unknown={"policy": True},
        expressions={"policy": ref("data.aws_iam_policy_document.d.json")},
    )  # fmt: skip
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "access.anonymous_read") is False
    external = bucket.facts["access.external_principals"]
    assert isinstance(external, Unknown)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ({"status": "Enabled", "filter": [{"prefix": ""}], "expiration": [{"days": 90}]}, 90),
        ({"status": "Enabled", "filter": [{"prefix": "logs/"}], "expiration": [{"days": 90}]}, float("inf")),
        ({"status": "Disabled", "filter": [{"prefix": ""}], "expiration": [{"days": 90}]}, float("inf")),
    ],
)
def test_only_a_rule_for_the_whole_bucket_deletes_all(plan, tmp_path, rule, days):
    new(plan)
    plan.add(f"{BUCKET}_lifecycle_configuration", "l", {"bucket": "data", "rule": [rule]})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "retention.delete_after_days") == days
    assert value(bucket, "retention.expiry_configured") is (rule["status"] == "Enabled")


def test_days_known_after_apply_leave_a_range(plan, tmp_path):
    new(plan)
    rules = [
        {"status": "Enabled", "filter": [{}], "expiration": [{"days": 365}]},
        {"status": "Enabled", "filter": [{}], "expiration": [{}]},
    ]
    plan.add(
        f"{BUCKET}_lifecycle_configuration",
        "l",
        {"bucket": "data", "rule": rules},
        unknown={"rule": [{}, {"expiration": [{"days": True}]}]},
    )
    fact = plan.read(tmp_path)["aws_s3_bucket.b"].facts["retention.delete_after_days"]
    assert isinstance(fact, Unknown)
    assert fact.between == (1, 365)


def test_replication_links_by_value_and_by_reference(plan, tmp_path):
    new(plan)
    plan.add(BUCKET, "copy", {"bucket": "copy"}, unknown=NEW)
    rules = [
        {"status": "Enabled", "destination": [{"bucket": "arn:aws:s3:::far"}]},
        {"status": "Enabled", "destination": [{}]},
        {"status": "Disabled", "destination": [{"bucket": "arn:aws:s3:::never"}]},
    ]
    plan.add(
        f"{BUCKET}_replication_configuration", "r", {"bucket": "data", "rule": rules},
        unknown={"rule": [{}, {"destination": [{"bucket": True}]}, {}]},
        expressions={"rule": [{}, {"destination": [{"bucket": ref("aws_s3_bucket.copy.arn")}]}, {}]},
    )  # fmt: skip
    links = plan.read(tmp_path)["aws_s3_bucket.b"].links
    assert [(link.rel, link.to) for link in links] == [(Rel.REPLICATES_TO, "arn:aws:s3:::far"), (Rel.REPLICATES_TO, "aws_s3_bucket.copy")]


def test_the_grants_of_a_policy_stay_beside_the_facts_as_evidence(plan, tmp_path):
    new(plan)
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "data", "policy": PUBLIC})
    plan.add(BLOCK, "p", {"bucket": "data", **ALL_OFF})
    (grant,) = plan.read(tmp_path)["aws_s3_bucket.b"].grants
    assert (grant.principal, grant.actions, grant.effect) == ("*", ("s3:GetObject",), "Allow")


def test_an_acl_written_grant_by_grant(plan, tmp_path):
    new(plan)
    everyone = {"grantee": [{"type": "Group", "uri": "http://acs.amazonaws.com/groups/global/AllUsers"}], "permission": "WRITE"}
    owner = {"grantee": [{"type": "CanonicalUser", "id": "me"}], "permission": "FULL_CONTROL"}
    plan.add(f"{BUCKET}_acl", "a", {"bucket": "data", "access_control_policy": [{"grant": [everyone, owner], "owner": [{"id": "me"}]}]})
    plan.add(BLOCK, "p", {"bucket": "data", **ALL_OFF})
    plan.add(f"{BUCKET}_ownership_controls", "o", {"bucket": "data", "rule": [{"object_ownership": "ObjectWriter"}]})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "access.anonymous_write") is True
    assert value(bucket, "access.anonymous_read") is False
    assert value(bucket, "access.external_principals") == frozenset({"*"})
    plan.changes[1]["change"]["after_unknown"] = {"access_control_policy": True}
    assert reason(plan.read(tmp_path)["aws_s3_bucket.b"], "access.anonymous_write") is UnknownReason.KNOWN_AFTER_APPLY


@pytest.mark.parametrize(("ignored", "expected"), [(True, False), (False, UnknownReason.KNOWN_AFTER_APPLY)])
def test_grants_that_only_apply_will_tell_open_nothing_where_public_acls_are_ignored(plan, tmp_path, ignored, expected):
    new(plan)
    plan.add(f"{BUCKET}_ownership_controls", "o", {"bucket": "data", "rule": [{"object_ownership": "ObjectWriter"}]})
    plan.add(f"{BUCKET}_acl", "a", {"bucket": "data"}, unknown={"access_control_policy": True})
    plan.add(BLOCK, "p", {"bucket": "data", **ALL_ON, "ignore_public_acls": ignored})
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    for name in ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated"):
        assert (value(bucket, name) if expected is False else reason(bucket, name)) is expected
    assert reason(bucket, "access.external_principals") is UnknownReason.KNOWN_AFTER_APPLY


def test_an_account_wide_block_of_the_plan_counts(plan, tmp_path):
    new(plan)
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "data", "policy": PUBLIC})
    plan.add(BLOCK, "p", {"bucket": "data", **ALL_OFF})
    plan.add("aws_s3_account_public_access_block", "a", ALL_ON)
    bucket = plan.read(tmp_path)["aws_s3_bucket.b"]
    assert value(bucket, "access.anonymous_read") is False
    assert value(bucket, "access.public_blocked") is False, "the switch of the bucket itself stays off"


def test_a_key_inside_a_dynamic_block_is_not_taken_for_the_default(plan, tmp_path):
    new(plan, {"server_side_encryption_configuration": [{"rule": sse("aws:kms")["rule"]}]})
    inner = {"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]}
    plan.changes[0]["change"]["after_unknown"]["server_side_encryption_configuration"] = [inner]
    fact = plan.read(tmp_path)["aws_s3_bucket.b"].facts["encryption.key_custody"]
    assert isinstance(fact, Unknown)
    assert fact.between == ("provider-managed", "customer")


def test_an_access_point_lets_nobody_in_where_the_bucket_does_not_delegate(plan, tmp_path):
    address = new(plan)
    plan.add("aws_s3_access_point", "p", {"bucket": "data", "policy": OTHER})
    assert value(plan.read(tmp_path)[address], "access.external_principals") == frozenset()


@pytest.mark.parametrize(
    ("own", "found"), [(None, False), ({"restrict_public_buckets": True}, False), ({"restrict_public_buckets": False}, True)]
)
def test_what_an_access_point_makes_public_its_own_block_keeps_back(plan, tmp_path, own, found):
    address = new(plan)
    plan.add(BLOCK, "k", {"bucket": "data", **ALL_OFF})
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "data", "policy": DELEGATES})
    block = {"public_access_block_configuration": [own]} if own else {}
    plan.add("aws_s3_access_point", "a", {"bucket": "data", "policy": PUBLIC, **block})
    assert value(plan.read(tmp_path)[address], "access.anonymous_read") is found


def test_access_points_of_an_existing_bucket_that_delegates_are_not_in_the_plan(plan, tmp_path):
    plan.add("aws_caller_identity", "here", {"account_id": "111111111111"}, mode="data", actions=("read",))
    address = plan.add(BUCKET, "b", {"bucket": "data"}, actions=("no-op",))
    plan.add(f"{BUCKET}_ownership_controls", "o", {"bucket": "data", "rule": [{"object_ownership": "BucketOwnerEnforced"}]})
    plan.add(BLOCK, "k", {"bucket": "data", **ALL_OFF})
    plan.add(f"{BUCKET}_policy", "p", {"bucket": "data", "policy": DELEGATES})
    assert reason(plan.read(tmp_path)[address], "access.external_principals") is UnknownReason.NOT_COLLECTED
