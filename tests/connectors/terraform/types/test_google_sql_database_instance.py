from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import const, reason, ref, value
from tests.connectors.terraform.types.cases import Case, Part, plain
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import facts_of

SQL = "google_sql_database_instance"
COMPUTED = {"encryption_key_name": True, "master_instance_name": True, "connection_name": True, "clone": [], "restore_backup_context": []}
UNSET = {"ip_configuration": True, "backup_configuration": True, "user_labels": True, "disk_size": True, "connector_enforcement": True}
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
_IP, _BACKUP = "settings.0.ip_configuration.0", "settings.0.backup_configuration.0"
_BACKED_UP = {"settings": [{"backup_configuration": [{"enabled": True}]}]}
_KEPT = {"settings": [{"backup_configuration": [{"enabled": True, "point_in_time_recovery_enabled": True}]}]}
CASES = (
    Case(SQL, "encryption_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(SQL, f"{_IP}.ipv4_enabled", "network.public_endpoint", {True: True, False: False}, absent=True),
    Case(SQL, f"{_IP}.private_network", "network.private_endpoint", {"networks/of-ours": True}, absent=False),
    Case(SQL, f"{_IP}.psc_config.0.psc_enabled", "network.private_endpoint", {True: True, False: False}, absent=False),
    Case(SQL, f"{_IP}.authorized_networks.0.value", "network.ingress_any", {"0.0.0.0/0": True, "81.2.69.160/32": False}, absent=False),
    Case(
        SQL, f"{_IP}.ssl_mode", "transport.tls_required", {"ENCRYPTED_ONLY": True, "ALLOW_UNENCRYPTED_AND_ENCRYPTED": False}, absent=False
    ),
    Case(SQL, f"{_IP}.require_ssl", "transport.tls_required", {True: True, False: False}, absent=False),
    Case(SQL, "settings.0.connector_enforcement", "transport.tls_required", {"REQUIRED": True, "NOT_REQUIRED": False}, absent=False),
    Case(
        SQL,
        "settings.0.database_flags.0.name",
        "access.central_identity_enabled",
        {"cloudsql.iam_authentication": True, "other": False},
        absent=False,
        having={"settings": [{"database_flags": [{"value": "on"}]}]},
    ),
    Case(
        SQL,
        "settings.0.database_flags.0.value",
        "access.central_identity_enabled",
        {"on": True, "off": False},
        absent=False,
        having={"settings": [{"database_flags": [{"name": "cloudsql.iam_authentication"}]}]},
    ),
    Case(SQL, "database_version", "logging.data_read", {"POSTGRES_15": False}, absent=UnknownReason.UNRESOLVED_REFERENCE),
    Case(SQL, "settings.0.availability_type", "recovery.redundancy", {"REGIONAL": "multi-zone", "ZONAL": "zone"}, absent="zone"),
    Case(SQL, "settings.0.deletion_protection_enabled", "recovery.delete_protected", {True: True, False: False}, absent=False),
    Case(SQL, f"{_BACKUP}.enabled", "retention.backup_days", {False: 0}, absent=0),
    *(
        Case(SQL, f"{_BACKUP}.{one}", "recovery.point_in_time", {True: True, False: False}, absent=False, having=_BACKED_UP)
        for one in ("point_in_time_recovery_enabled", "binary_log_enabled")
    ),
    Case(
        SQL,
        f"{_BACKUP}.transaction_log_retention_days",
        "retention.backup_days",
        {3: UnknownReason.NOT_SUPPORTED},
        absent=7,
        bare=0,
        having=_KEPT,
    ),
    Case(SQL, "master_instance_name", "copy-of", {"instance-of-ours": ("instance-of-ours",)}, absent=()),
    Case(SQL, "clone.0.source_instance_name", "copy-of", {"instance-of-ours": ("instance-of-ours",)}, absent=()),
    Case(SQL, "restore_backup_context.0.instance_id", "copy-of", {"instance-of-ours": ("instance-of-ours",)}, absent=()),
    Case(SQL, "settings.0.sql_server_audit_config.0.bucket", "logs-to", {"gs://logs-of-ours": ("gs://logs-of-ours",)}, absent=()),
)
PARTS = (Part("google_sql_database", SQL, {"name": "cases"}),)


@pytest.fixture
def plan():
    return GooglePlan()


def database(plan, name="d", settings=None, after=None, **rest):
    given = {"tier": "db-custom-2-8192", "availability_type": "ZONAL", "database_flags": [], **(settings or {})}
    computed = {key: mark for key, mark in COMPUTED.items() if key not in (after or {})}
    rest.setdefault("unknown", {**computed, "settings": [{key: True for key in UNSET if key not in given}]})
    values = {"name": name, "database_version": "POSTGRES_16", "deletion_protection": True, "settings": [given], **(after or {})}
    return plan.put(SQL, name, values, **rest)


def one_of(plan, tmp_path, settings=None, after=None, **rest):
    database(plan, settings=settings, after=after, **rest)
    return plan.one(tmp_path, f"{SQL}.d")


def test_a_new_instance_that_says_nothing(plan, tmp_path):
    one = one_of(plan, tmp_path)
    assert (one.kind, one.account, one.region) == (Kind.RELATIONAL_DB, PROJECT, "europe-west2")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "network.public_endpoint") is True
    assert value(one, "network.ingress_any") is False
    assert value(one, "network.private_endpoint") is False
    assert value(one, "transport.tls_required") is False
    assert value(one, "recovery.redundancy") == "zone"
    assert value(one, "retention.backup_days") == 0
    assert value(one, "recovery.point_in_time") is False
    assert value(one, "access.central_identity_enabled") is False
    assert value(one, "logging.data_read") is False
    assert one.tags.value == {}
    assert one.links == ()
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_the_clients_deletion_protection_is_not_the_providers(plan, tmp_path):
    assert value(one_of(plan, tmp_path), "recovery.delete_protected") is False
    other = GooglePlan()
    assert (
        value(one_of(other, tmp_path, {"deletion_protection_enabled": True}, {"deletion_protection": False}), "recovery.delete_protected")
        is True
    )


@pytest.mark.parametrize(
    ("ip", "public", "any_source", "private", "tls"),
    [
        ({"ipv4_enabled": False, "private_network": "projects/p/global/networks/n"}, False, None, True, False),
        ({"ipv4_enabled": True, "authorized_networks": [{"value": "0.0.0.0/0"}], "ssl_mode": "ENCRYPTED_ONLY"}, True, True, False, True),
        ({"authorized_networks": [{"value": "0.0.0.0/1"}, {"value": "128.0.0.0/1"}], "require_ssl": True}, True, True, False, True),
        ({"authorized_networks": [{"value": "203.0.113.0/24"}], "ssl_mode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}, True, False, False, False),
        (
            {"ipv4_enabled": False, "psc_config": [{"psc_enabled": True}], "ssl_mode": "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"},
            False,
            None,
            True,
            True,
        ),
    ],
)
def test_addresses_and_tls(plan, tmp_path, ip, public, any_source, private, tls):
    one = one_of(plan, tmp_path, {"ip_configuration": [ip]})
    assert value(one, "network.public_endpoint") is public
    assert value(one, "network.private_endpoint") is private
    assert value(one, "transport.tls_required") is tls
    if any_source is None:
        assert isinstance(one.facts["network.ingress_any"], NotApplicable)
    else:
        assert value(one, "network.ingress_any") is any_source


def test_a_private_network_by_reference_is_one_before_its_name_is_known(plan, tmp_path):
    written = {"ipv4_enabled": const(False), "private_network": ref("google_compute_network.n.id")}
    one = one_of(
        plan, tmp_path, {"ip_configuration": [{"ipv4_enabled": False}]},
        unknown={**COMPUTED, "settings": [{"ip_configuration": [{"private_network": True}]}]},
        expressions={"settings": [{"ip_configuration": [written], "tier": const("x")}]},
    )  # fmt: skip
    assert value(one, "network.private_endpoint") is True


def test_networks_that_are_not_known_leave_it_open_unless_another_is_the_internet(plan, tmp_path):
    hidden = {**COMPUTED, "settings": [{"ip_configuration": [{"authorized_networks": [{"value": True}, {}]}]}]}
    networks = [{}, {"value": "203.0.113.0/24"}]
    one = one_of(plan, tmp_path, {"ip_configuration": [{"ipv4_enabled": True, "authorized_networks": networks}]}, unknown=hidden)
    assert reason(one, "network.ingress_any") is UnknownReason.KNOWN_AFTER_APPLY
    other = GooglePlan()
    networks = [{}, {"value": "0.0.0.0/0"}]
    one = one_of(other, tmp_path, {"ip_configuration": [{"ipv4_enabled": True, "authorized_networks": networks}]}, unknown=hidden)
    assert value(one, "network.ingress_any") is True


@pytest.mark.parametrize(
    ("backup", "days", "between", "precise"),
    [
        ({"enabled": True, "point_in_time_recovery_enabled": True, "transaction_log_retention_days": 7}, 7, None, True),
        ({"enabled": True, "binary_log_enabled": True, "transaction_log_retention_days": 3}, None, (3, 7), True),
        ({"enabled": True, "backup_retention_settings": [{"retained_backups": 30}]}, None, (1, 30), False),
        ({"enabled": False, "point_in_time_recovery_enabled": True}, 0, None, False),
    ],
)
def test_a_number_of_backups_is_not_a_number_of_days(plan, tmp_path, backup, days, between, precise):
    one = one_of(plan, tmp_path, {"backup_configuration": [backup]})
    assert value(one, "recovery.point_in_time") is precise
    if between is None:
        assert value(one, "retention.backup_days") == days
    else:
        assert one.facts["retention.backup_days"].between == between


@pytest.mark.parametrize(
    ("version", "flags", "reads", "writes"),
    [
        ("POSTGRES_16", {"cloudsql.enable_pgaudit": "on", "pgaudit.log": "read,write"}, True, True),
        ("POSTGRES_16", {"cloudsql.enable_pgaudit": "on", "pgaudit.log": "write"}, False, True),
        ("POSTGRES_16", {"pgaudit.log": "all"}, False, False),
        ("POSTGRES_16", {"log_statement": "mod"}, False, True),
        ("MYSQL_8_0", {"general_log": "on"}, True, True),
        ("MYSQL_8_0", {}, False, False),
    ],
)
def test_statements_are_logged_by_flags(plan, tmp_path, version, flags, reads, writes):
    listed = [{"name": name, "value": given} for name, given in flags.items()]
    one = one_of(plan, tmp_path, {"database_flags": listed}, {"database_version": version})
    assert (value(one, "logging.data_read"), value(one, "logging.data_write")) == (reads, writes)


def test_an_audit_that_is_set_inside_the_database_is_not_supported(plan, tmp_path):
    flags = [{"name": "cloudsql_mysql_audit", "value": "ON"}]
    one = one_of(plan, tmp_path, {"database_flags": flags}, {"database_version": "MYSQL_8_0"})
    assert reason(one, "logging.data_read") is UnknownReason.NOT_SUPPORTED


@pytest.mark.parametrize("flag", ["cloudsql.iam_authentication", "cloudsql_iam_authentication"])
def test_iam_logins(plan, tmp_path, flag):
    one = one_of(plan, tmp_path, {"database_flags": [{"name": flag, "value": "on"}]})
    assert value(one, "access.central_identity_enabled") is True
    assert value(one, "access.local_auth_enabled") is True


def test_a_replica_is_a_copy_of_its_primary_and_backed_up_through_it(plan, tmp_path):
    database(plan, "p")
    unknown = {**COMPUTED, "settings": [dict.fromkeys(UNSET, True)]}
    database(plan, "r", unknown=unknown, expressions={"master_instance_name": ref(f"{SQL}.p.name")})
    database(plan, "n", after={"master_instance_name": "p"}, unknown={"settings": [dict.fromkeys(UNSET, True)]})
    for name, link in (("r", f"{SQL}.p"), ("n", "p")):
        one = plan.one(tmp_path, f"{SQL}.{name}")
        assert Link(Rel.COPY_OF, link) in one.links
        assert isinstance(one.facts["retention.backup_days"], NotApplicable)
    assert "p" in plan.one(tmp_path, f"{SQL}.p").aliases


@pytest.mark.parametrize(
    ("region", "key", "expected"),
    [
        ("europe-west2", {}, "customer"),
        ("europe-west1", {}, UnknownReason.UNRESOLVED_REFERENCE),
        ("europe-west1", {"encryption_key_name": "projects/k/locations/europe-west1/keyRings/r/cryptoKeys/dr"}, "customer"),
    ],
    ids=["same region", "another region", "a key of its own"],
)
@pytest.mark.parametrize("by", ["value", "reference"])
def test_a_replica_is_under_the_key_of_its_primary_in_its_region_alone(plan, tmp_path, region, key, expected, by):
    database(
        plan, "p", after={"encryption_key_name": "projects/k/locations/europe-west2/keyRings/r/cryptoKeys/k", "region": "europe-west2"}
    )
    named = {"master_instance_name": "p"} if by == "value" else {}
    expressions = {"master_instance_name": ref(f"{SQL}.p.name"), **{name: const(one) for name, one in key.items()}}
    database(plan, "r", after={"region": region, **named, **key}, expressions=expressions)
    one = plan.one(tmp_path, f"{SQL}.r")
    assert plain(one.facts["encryption.key_custody"]) == expected
    if expected == "customer":
        (link,) = [link for link in one.links if link.rel is Rel.USES_KEY]
        assert link.to.rpartition("/")[2] == ("dr" if key else "k")


def test_a_replica_whose_primary_is_elsewhere_does_not_say_whose_key_it_is_under(plan, tmp_path):
    database(plan, "r", expressions={"master_instance_name": ref("local.primary")})
    assert reason(plan.one(tmp_path, f"{SQL}.r"), "encryption.key_custody") is UnknownReason.UNRESOLVED_REFERENCE


def test_the_default_labels_of_the_provider_are_no_user_labels(tmp_path):
    plan = GooglePlan(default_labels={"data": "published"})
    assert one_of(plan, tmp_path, {"user_labels": {"team": "records"}}).tags.value == {"team": "records"}


def test_user_labels_key_and_databases(plan, tmp_path):
    key = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
    database(plan, settings={"user_labels": {"team": "records"}}, after={"encryption_key_name": key})
    plan.put("google_sql_database", "b", {"name": "benefit_claims", "instance": "d"})
    one = plan.one(tmp_path, f"{SQL}.d")
    assert one.tags.value == {"team": "records"}
    assert value(one, "encryption.key_custody") == "customer"
    assert one.evidence.description == "benefit_claims"


def test_settings_that_are_sensitive_or_hidden_by_a_dynamic_block(plan, tmp_path):
    one = one_of(plan, tmp_path, {"availability_type": "REGIONAL"}, sensitive={"settings": [{"availability_type": True}]})
    assert reason(one, "recovery.redundancy") is UnknownReason.REDACTED
    other = GooglePlan()
    one = one_of(
        other, tmp_path, unknown={**COMPUTED, "settings": [{"ip_configuration": True}]},
        expressions={"settings": [{"tier": const("x"), "ip_configuration": [{}]}]},
    )  # fmt: skip
    assert reason(one, "network.public_endpoint") is UnknownReason.KNOWN_AFTER_APPLY
