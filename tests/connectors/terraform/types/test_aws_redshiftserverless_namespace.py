from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

NAMESPACE, WORKGROUP = "aws_redshiftserverless_namespace", "aws_redshiftserverless_workgroup"
STRICT = [
    {"parameter_key": "require_ssl", "parameter_value": "true"},
    {"parameter_key": "enable_user_activity_logging", "parameter_value": "true"},
]
CASES = (
    Case(NAMESPACE, "kms_key_id", "encryption.key_custody", {"alias/ours": "customer"}, absent="provider-owned"),
    Case(NAMESPACE, "log_exports", "logging.data_read", [(["useractivitylog"], UNSAID), (["userlog"], False), ([], False)], absent=False),
    Case(WORKGROUP, "publicly_accessible", "network.public_endpoint", {True: True, False: False}, absent=False, of=NAMESPACE),
    Case(
        WORKGROUP, "security_group_ids", "network.ingress_any", [(["sg-0123456"], UnknownReason.UNRESOLVED_REFERENCE)], absent=UNSAID,
        having={"publicly_accessible": True}, of=NAMESPACE,
    ),
    Case(
        WORKGROUP, "config_parameter.0.parameter_key", "transport.tls_required", {"require_ssl": True, "datestyle": UNSAID}, absent=UNSAID,
        having={"config_parameter": [{"parameter_value": "true"}]}, of=NAMESPACE,
    ),
    Case(
        WORKGROUP, "config_parameter.0.parameter_value", "transport.tls_required", {"true": True, "false": False}, absent=False, bare=UNSAID,
        having={"config_parameter": [{"parameter_key": "require_ssl"}]}, of=NAMESPACE,
    ),
    Case(WORKGROUP, "config_parameter", "transport.tls_required", [(STRICT, True)], absent=UNSAID, of=NAMESPACE),
)  # fmt: skip
PARTS = (Part(WORKGROUP, NAMESPACE, {"publicly_accessible": True, "config_parameter": STRICT}),)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_namespace_with_its_workgroup_says_every_fact_of_warehouses(plan, tmp_path):
    plan.add(NAMESPACE, "n", {"namespace_name": "w", "db_name": "people", "kms_key_id": "alias/ours", "log_exports": ["useractivitylog"]})
    plan.add(WORKGROUP, "g", {"namespace_name": "w", "publicly_accessible": False, "config_parameter": STRICT})
    one = checked(plan, tmp_path, f"{NAMESPACE}.n")
    assert (one.kind, one.name, one.evidence.description, unsaid(one)) == (Kind.WAREHOUSE, "w", "people", set())
    assert value(one, "transport.tls_required") is True
    assert value(one, "logging.data_read") is True
    assert value(one, "network.public_endpoint") is False
    assert (Rel.LOGS_TO, "/aws/redshift/w/useractivitylog") in {(link.rel, link.to) for link in one.links}


def test_a_new_namespace_without_a_workgroup_answers_nobody(plan, tmp_path):
    plan.add(NAMESPACE, "n", {"namespace_name": "w"})
    one = checked(plan, tmp_path, f"{NAMESPACE}.n")
    assert value(one, "network.public_endpoint") is False
    assert isinstance(one.facts["network.ingress_any"], NotApplicable)


def test_the_workgroup_of_an_existing_namespace_may_stand_elsewhere(plan, tmp_path):
    plan.add(NAMESPACE, "n", {"namespace_name": "w"}, actions=("no-op",))
    assert reason(checked(plan, tmp_path, f"{NAMESPACE}.n"), "network.public_endpoint") is UnknownReason.NOT_COLLECTED


def test_the_activity_log_is_empty_where_its_parameter_is_off(plan, tmp_path):
    off = [{"parameter_key": "enable_user_activity_logging", "parameter_value": "false"}]
    plan.add(NAMESPACE, "n", {"namespace_name": "w", "log_exports": ["useractivitylog"]})
    plan.add(WORKGROUP, "g", {"namespace_name": "w", "config_parameter": off})
    assert value(checked(plan, tmp_path, f"{NAMESPACE}.n"), "logging.data_write") is False
