from __future__ import annotations

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part, Seen, plain
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel
from tierwise.model.vocabulary import check_fact

DB, GROUP, PARAMETERS = "aws_db_instance", "aws_security_group", "aws_db_parameter_group"
OPEN_RULE = {"protocol": "tcp", "from_port": 5000, "to_port": 6000, "cidr_blocks": ["0.0.0.0/0"]}
_AS_SOURCE = UnknownReason.UNRESOLVED_REFERENCE
CASES = (
    Case(DB, "storage_encrypted", "encryption.at_rest", {True: True, False: False}, absent=False),
    Case(
        DB,
        "kms_key_id",
        "encryption.key_custody",
        {"alias/app-of-ours": "customer"},
        absent="provider-managed",
        having={"storage_encrypted": True},
    ),
    Case(DB, "publicly_accessible", "network.public_endpoint", {True: True, False: False}, absent=False),
    Case(DB, "iam_database_authentication_enabled", "access.central_identity_enabled", {True: True, False: False}, absent=False),
    Case(DB, "backup_retention_period", "retention.backup_days", {7: 7, 0: 0}, absent=0),
    Case(DB, "deletion_protection", "recovery.delete_protected", {True: True, False: False}, absent=False),
    Case(DB, "multi_az", "recovery.redundancy", {True: "multi-zone", False: "zone"}, absent="zone"),
    Case(DB, "allocated_storage", "volume.bytes", {20: 20 * 1024**3}, absent=None),
    Case(DB, "engine", "transport.tls_required", {"sqlserver-se": False}, absent=UnknownReason.UNRESOLVED_REFERENCE),
    Case(DB, "replicate_source_db", "copy-of", {"records-primary": ("records-primary",)}, absent=()),
    Case(DB, "snapshot_identifier", "copy-of", {"rds:records-1": ("rds:records-1",)}, absent=()),
    Case(DB, "restore_to_point_in_time.0.source_db_instance_identifier", "copy-of", {"records-primary": ("records-primary",)}, absent=()),
    Case(
        DB,
        "s3_import",
        "encryption.at_rest",
        [([{"bucket_name": "dumps"}], UnknownReason.UNRESOLVED_REFERENCE), ([], False)],
        absent=False,
        unknown=UnknownReason.UNRESOLVED_REFERENCE,
        sensitive=UnknownReason.UNRESOLVED_REFERENCE,
    ),
    Case(
        DB,
        "parameter_group_name",
        "transport.tls_required",
        {"group-of-ours": UnknownReason.UNRESOLVED_REFERENCE},
        absent=False,
        having={"engine": "mysql", "engine_version": "8.0"},
    ),
    Case(
        DB,
        "enabled_cloudwatch_logs_exports",
        "logging.data_read",
        [(["audit"], True), (["error"], False)],
        absent=False,
        having={"engine": "mysql"},
    ),
    Case(
        DB,
        "vpc_security_group_ids",
        "network.ingress_any",
        [(["sg-0123456"], UnknownReason.UNRESOLVED_REFERENCE)],
        absent=UNSAID,
        having={"publicly_accessible": True, "port": 5432},
    ),
)
_BEHIND = Seen(DB, "vpc_security_group_ids", {"publicly_accessible": True, "port": 5432})
_OPEN = {"from_port": 5432, "to_port": 5432}
PARTS = (
    Part(
        "aws_security_group_rule",
        "aws_security_group",
        {**_OPEN, "protocol": "tcp", "type": "ingress", "cidr_blocks": ["0.0.0.0/0"]},
        seen=_BEHIND,
    ),
    Part(
        "aws_vpc_security_group_ingress_rule", "aws_security_group", {**_OPEN, "ip_protocol": "tcp", "cidr_ipv4": "0.0.0.0/0"}, seen=_BEHIND
    ),
)


@pytest.fixture
def plan():
    return PlanBuilder()


def read(plan, tmp_path, name="d"):
    one = plan.read(tmp_path)[f"{DB}.{name}"]
    assert [problem for fact in one.facts if (problem := check_fact(fact, one.facts[fact], one.kind))] == []
    return one


def test_an_instance_that_says_everything(plan, tmp_path):
    plan.add(
        DB, "d",
        {
            "identifier": "records", "engine": "postgres", "engine_version": "16.4", "storage_encrypted": True, "kms_key_id": "alias/app",
            "publicly_accessible": False, "backup_retention_period": 35, "multi_az": True, "deletion_protection": True,
            "iam_database_authentication_enabled": True, "allocated_storage": 20, "db_name": "people",
        },
    )  # fmt: skip
    one = read(plan, tmp_path)
    assert (one.kind, one.name, one.evidence.description) == (Kind.RELATIONAL_DB, "records", "people")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "network.public_endpoint") is False
    assert isinstance(one.facts["network.ingress_any"], NotApplicable)
    assert value(one, "network.private_endpoint") is True
    assert value(one, "retention.backup_days") == 35
    assert value(one, "recovery.point_in_time") is True
    assert value(one, "recovery.delete_protected") is True
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "access.central_identity_enabled") is True
    assert value(one, "volume.bytes") == 20 * 1024**3
    assert value(one, "transport.tls_required") is True, "rds.force_ssl is on from PostgreSQL 15"


def test_an_instance_that_says_nothing_has_the_documented_defaults(plan, tmp_path):
    computed = dict.fromkeys(
        ("backup_retention_period", "multi_az", "kms_key_id", "port", "parameter_group_name", "vpc_security_group_ids"), True
    )
    plan.add(DB, "d", {"engine": "mysql", "engine_version": "8.0", "storage_encrypted": None}, unknown=computed)
    one = read(plan, tmp_path)
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)
    assert value(one, "retention.backup_days") == 0
    assert value(one, "recovery.point_in_time") is False
    assert value(one, "recovery.delete_protected") is False
    assert value(one, "recovery.redundancy") == "zone"
    assert value(one, "access.central_identity_enabled") is False
    assert value(one, "transport.tls_required") is False
    assert value(one, "logging.data_read") is False
    assert one.links == ()


def test_an_encrypted_instance_without_a_key_is_under_the_providers(plan, tmp_path):
    plan.add(DB, "d", {"storage_encrypted": True}, unknown={"kms_key_id": True})
    assert value(read(plan, tmp_path), "encryption.key_custody") == "provider-managed"


def test_a_key_by_reference_is_the_customers_before_it_exists(plan, tmp_path):
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True})
    plan.add(
        "aws_kms_alias",
        "a",
        {"name": "alias/x"},
        unknown={"target_key_id": True},
        expressions={"target_key_id": ref("aws_kms_key.k.key_id")},
    )
    for name, target in (("d", "aws_kms_key.k.arn"), ("e", "aws_kms_alias.a.target_key_arn")):
        plan.add(DB, name, {"storage_encrypted": True}, unknown={"kms_key_id": True}, expressions={"kms_key_id": ref(target)})
        one = read(plan, tmp_path, name)
        assert value(one, "encryption.key_custody") == "customer"
        assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, "aws_kms_key.k")]


def test_whose_a_key_is_that_was_read_beside_the_plan_is_what_its_data_source_says(plan, tmp_path):
    told = {
        "ours": ({"key_manager": "CUSTOMER"}, {}, "customer"),
        "theirs": ({"key_manager": "AWS"}, {}, "provider-managed"),
        "called": ({"key_id": "alias/app"}, {"key_manager": True}, "customer"),
        "aws": ({"key_id": "alias/aws/rds"}, {"key_manager": True}, "provider-managed"),
        "later": ({"key_id": "1-2"}, {"key_manager": True}, None),
    }
    for name, (after, unknown, _) in told.items():
        plan.add("aws_kms_key", name, after, unknown={"arn": True, **unknown}, mode="data", actions=("read",))
        key = {"kms_key_id": ref(f"data.aws_kms_key.{name}.arn")}
        plan.add(DB, name, {"storage_encrypted": True}, unknown={"kms_key_id": True}, expressions=key)
    for name, (_, _, custody) in told.items():
        one = read(plan, tmp_path, name)
        if custody is None:
            assert reason(one, "encryption.key_custody") is UnknownReason.UNRESOLVED_REFERENCE
        else:
            assert value(one, "encryption.key_custody") == custody, name


def test_values_that_only_apply_decides_are_unknown(plan, tmp_path):
    names = ("storage_encrypted", "publicly_accessible", "backup_retention_period", "deletion_protection", "multi_az", "engine")
    plan.add(DB, "d", {}, unknown=dict.fromkeys(names, True), expressions=dict.fromkeys(names, ref("local.x")))
    one = read(plan, tmp_path)
    for fact in (
        "encryption.at_rest", "encryption.key_custody", "network.public_endpoint", "network.ingress_any", "retention.backup_days",
        "recovery.point_in_time", "recovery.delete_protected", "recovery.redundancy", "transport.tls_required", "logging.data_read",
    ):  # fmt: skip
        assert reason(one, fact) is UnknownReason.KNOWN_AFTER_APPLY, fact


def test_a_sensitive_switch_is_redacted(plan, tmp_path):
    plan.add(DB, "d", {"storage_encrypted": True}, sensitive={"storage_encrypted": True})
    assert reason(read(plan, tmp_path), "encryption.at_rest") is UnknownReason.REDACTED


def public(plan, **more):
    after = {"publicly_accessible": True, "engine": "postgres", **more.pop("after", {})}
    plan.add(DB, "d", after, **more)


def test_an_open_group_by_reference_is_open_on_the_engines_port_only(plan, tmp_path):
    plan.add(GROUP, "g", {"ingress": [OPEN_RULE]}, unknown={"id": True})
    listed = {
        "unknown": {"vpc_security_group_ids": True, "port": True},
        "expressions": {"vpc_security_group_ids": ref("aws_security_group.g.id")},
    }
    public(plan, **listed)
    assert value(read(plan, tmp_path), "network.ingress_any") is True
    plan.changes[0]["change"]["after"]["ingress"][0]["to_port"] = 5001
    assert value(read(plan, tmp_path), "network.ingress_any") is False


def test_halves_of_the_internet_in_separate_rules_are_the_internet(plan, tmp_path):
    plan.add(GROUP, "g", {"id": "sg-1"}, actions=("no-op",))
    for name, half in (("low", "0.0.0.0/1"), ("high", "128.0.0.0/1")):
        plan.add(
            "aws_vpc_security_group_ingress_rule", name, {"ip_protocol": "-1", "cidr_ipv4": half},
            unknown={"security_group_id": True}, expressions={"security_group_id": ref("aws_security_group.g.id")},
        )  # fmt: skip
    public(plan, after={"vpc_security_group_ids": ["sg-1"]})
    assert value(read(plan, tmp_path), "network.ingress_any") is True


def test_an_egress_rule_opens_nothing_and_an_unknown_range_leaves_it_open(plan, tmp_path):
    plan.add(GROUP, "g", {"id": "sg-1", "ingress": []}, actions=("no-op",))
    rule = {"type": "egress", "security_group_id": "sg-1", "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}
    plan.add("aws_security_group_rule", "r", rule)
    public(plan, after={"vpc_security_group_ids": ["sg-1"]})
    assert value(read(plan, tmp_path), "network.ingress_any") is False
    plan.add("aws_security_group_rule", "s", {**rule, "type": "ingress", "cidr_blocks": None}, unknown={"cidr_blocks": True})
    assert reason(read(plan, tmp_path), "network.ingress_any") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_group_outside_the_plan_is_not_known_to_be_closed(plan, tmp_path):
    public(plan, after={"vpc_security_group_ids": ["sg-elsewhere"]})
    assert reason(read(plan, tmp_path), "network.ingress_any") is UnknownReason.UNRESOLVED_REFERENCE


def test_parameters_are_joined_by_name_and_by_reference(plan, tmp_path):
    on = [
        {"name": "rds.force_ssl", "value": "1"},
        {"name": "pgaudit.log", "value": "all"},
        {"name": "shared_preload_libraries", "value": "pgaudit"},
    ]
    plan.add(PARAMETERS, "named", {"name": "strict", "parameter": [*on, {"name": "ssl_min_protocol_version", "value": "TLSv1.2"}]})
    plan.add(PARAMETERS, "made", {"parameter": on}, unknown={"name": True})
    logs = {"engine": "postgres", "engine_version": "14.1", "enabled_cloudwatch_logs_exports": ["postgresql"], "identifier": "x"}
    plan.add(DB, "d", {**logs, "parameter_group_name": "strict"})
    plan.add(
        DB, "e", logs, unknown={"parameter_group_name": True}, expressions={"parameter_group_name": ref("aws_db_parameter_group.made.name")}
    )
    one, other = read(plan, tmp_path), read(plan, tmp_path, "e")
    assert value(one, "transport.min_tls") == "1.2"
    for found in (one, other):
        assert value(found, "transport.tls_required") is True
        assert (Rel.LOGS_TO, "/aws/rds/instance/x/postgresql") in [(link.rel, link.to) for link in found.links]


def test_a_parameter_known_after_apply_and_a_group_elsewhere_are_unknown(plan, tmp_path):
    plan.add(PARAMETERS, "g", {"name": "g", "parameter": [{"name": "rds.force_ssl"}]}, unknown={"parameter": [{"value": True}]})
    plan.add(DB, "d", {"engine": "postgres", "engine_version": "16", "parameter_group_name": "g"})
    plan.add(DB, "e", {"engine": "postgres", "engine_version": "16", "parameter_group_name": "elsewhere"})
    assert reason(read(plan, tmp_path), "transport.tls_required") is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(read(plan, tmp_path, "e"), "transport.tls_required") is UnknownReason.UNRESOLVED_REFERENCE


def test_a_replica_is_a_copy_and_as_encrypted_as_its_source(plan, tmp_path):
    plan.add(DB, "source", {"identifier": "source", "storage_encrypted": True})
    plan.add(
        DB, "d", {}, unknown={"replicate_source_db": True, "storage_encrypted": True},
        expressions={"replicate_source_db": ref("aws_db_instance.source.identifier")},
    )  # fmt: skip
    one = read(plan, tmp_path)
    assert (Rel.COPY_OF, "aws_db_instance.source") in [(link.rel, link.to) for link in one.links]
    assert value(one, "encryption.at_rest") is True


@pytest.mark.parametrize(
    ("made_from", "region", "expected"),
    [
        ({"replicate_source_db": "source"}, None, "customer"),
        ({"restore_to_point_in_time": [{"source_db_instance_identifier": "source"}]}, None, "customer"),
        ({"replicate_source_db": "source"}, "eu-west-1", UnknownReason.UNRESOLVED_REFERENCE),
        ({"replicate_source_db": "elsewhere"}, None, UnknownReason.UNRESOLVED_REFERENCE),
        ({"snapshot_identifier": "rds:of-some-database"}, None, UnknownReason.UNRESOLVED_REFERENCE),
    ],
    ids=["replica", "restore", "another region", "another database", "snapshot"],
)
def test_what_is_made_from_a_database_without_naming_a_key_is_under_the_key_of_its_source(plan, tmp_path, made_from, region, expected):
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True})
    plan.add(
        DB, "source", {"identifier": "source", "storage_encrypted": True}, unknown={"kms_key_id": True},
        expressions={"storage_encrypted": const(True), "kms_key_id": ref("aws_kms_key.k.arn")},
    )  # fmt: skip
    written = {name: const(one) if isinstance(one, str) else [{}] for name, one in made_from.items()} | {"storage_encrypted": const(True)}
    after = {"storage_encrypted": True, **({"region": region} if region else {}), **made_from}
    plan.add(DB, "d", after, unknown={"kms_key_id": True}, expressions=written)
    one = read(plan, tmp_path)
    assert plain(one.facts["encryption.key_custody"]) == expected
    (link,) = [link for link in one.links if link.rel is Rel.USES_KEY]
    assert (link.to == "aws_kms_key.k") is (expected == "customer")


@pytest.mark.parametrize("written", [False, True])
def test_a_snapshot_that_the_provider_computes_is_none_and_one_that_is_written_may_be(plan, tmp_path, written):
    """Providers 3 to 5 compute `snapshot_identifier`, so a plan leaves it open for every new database."""
    expressions = {"snapshot_identifier": ref("var.snapshot")} if written else {}
    plan.add(DB, "d", {"storage_encrypted": None}, unknown={"snapshot_identifier": True}, expressions=expressions)
    database = plan.read(tmp_path)["aws_db_instance.d"]
    if written:
        assert reason(database, "encryption.at_rest") is UnknownReason.UNRESOLVED_REFERENCE
    else:
        assert value(database, "encryption.at_rest") is False


def test_a_restored_database_takes_its_encryption_from_elsewhere(plan, tmp_path):
    plan.add(DB, "d", {"snapshot_identifier": "snap-1"}, expressions={"snapshot_identifier": const("snap-1")})
    one = read(plan, tmp_path)
    assert reason(one, "encryption.at_rest") is UnknownReason.UNRESOLVED_REFERENCE
    assert (Rel.COPY_OF, "snap-1") in [(link.rel, link.to) for link in one.links]


OPTIONS = "aws_db_option_group"
PLUGIN, NATIVE = "MARIADB_AUDIT_PLUGIN", "NATIVE_NETWORK_ENCRYPTION"


def setting(name, value):
    return [{"name": name, "value": value}]


@pytest.mark.parametrize(
    ("options", "more", "expected"),
    [
        ([{"option_name": PLUGIN, "option_settings": []}], {}, True),
        ([{"option_name": PLUGIN, "option_settings": setting("SERVER_AUDIT_EVENTS", "connect, query")}], {}, True),
        ([{"option_name": PLUGIN, "option_settings": setting("SERVER_AUDIT_EVENTS", "CONNECT")}], {}, False),
        ([], {}, False),
        ([{"option_name": "MEMCACHED"}], {}, False),
        (None, {"unknown": {"option": True}, "expressions": {"option": [{}]}}, UnknownReason.KNOWN_AFTER_APPLY),
        ([{"option_name": PLUGIN}], {"sensitive": {"option": True}}, UnknownReason.REDACTED),
    ],
    ids=["plugin", "queries", "connections alone", "none", "another", "unknown", "sensitive"],
)
def test_an_exported_audit_log_needs_the_plugin_of_the_option_group(plan, tmp_path, options, more, expected):
    plan.add(OPTIONS, "g", {"name": "g", "option": options}, **more)
    plan.add(DB, "d", {"engine": "mysql", "option_group_name": "g", "enabled_cloudwatch_logs_exports": ["audit"]})
    assert plain(read(plan, tmp_path).facts["logging.data_read"]) == expected


@pytest.mark.parametrize("named", ["default:mysql-8-0", "of-another-plan", None])
def test_an_option_group_that_is_not_in_the_plan_leaves_the_export_as_it_is(plan, tmp_path, named):
    plan.add(DB, "d", {"engine": "mysql", "option_group_name": named, "enabled_cloudwatch_logs_exports": ["audit"]})
    assert value(read(plan, tmp_path), "logging.data_read") is True


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([{"option_name": NATIVE, "option_settings": setting("SQLNET.ENCRYPTION_SERVER", "REQUIRED")}], True),
        ([{"option_name": NATIVE, "option_settings": setting("SQLNET.ENCRYPTION_SERVER", "REQUESTED")}], False),
        ([{"option_name": NATIVE, "option_settings": []}], False),
        ([], False),
    ],
    ids=["required", "requested", "default", "none"],
)
def test_oracle_refuses_plaintext_where_its_native_encryption_is_required(plan, tmp_path, options, expected):
    """By reference, in one instance of a module."""
    for key, each in (("ours", options), ("other", [])):
        place = {"module": "db", "module_keys": (key,)}
        plan.add(OPTIONS, "g", {"option": each}, unknown={"name": True, "id": True}, **place)
        named = {"option_group_name": ref(f"{OPTIONS}.g.name")}
        plan.add(DB, "d", {"engine": "oracle-ee"}, unknown={"option_group_name": True}, expressions=named, **place)
    found = plan.read(tmp_path)
    assert value(found['module.db["ours"].aws_db_instance.d'], "transport.tls_required") is expected
    assert value(found['module.db["other"].aws_db_instance.d'], "transport.tls_required") is False
