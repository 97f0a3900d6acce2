"""What is rolled out in an organisation: a template that its own linter passes, and Terraform that parses to the same."""

from __future__ import annotations

import json
import re
from typing import Any

import hcl2
import pytest

from tests.cli.conftest import Run
from tierwise.connectors.aws import history, recorded, rollout
from tierwise.connectors.aws.permissions import CONTENT_READS, policy_document
from tierwise.connectors.aws.role import SESSION_NAME


def statement(document: Any, number: int = 0) -> Any:
    return document["Statement"][number]


def test_the_template_passes_its_linter() -> None:
    from cfnlint.api import lint_all  # importing it takes most of a second, which every worker would pay

    # Its informational rules are advice on style; errors and warnings are what CloudFormation takes amiss.
    assert [str(one) for one in lint_all(json.dumps(rollout.stackset())) if not one.rule.id.startswith("I")] == []


def test_the_role_asks_who_comes_how_and_for_how_long() -> None:
    role = rollout.stackset()["Resources"]["Role"]["Properties"]
    trust = statement(role["AssumeRolePolicyDocument"])
    assert trust["Principal"] == {"AWS": {"Ref": "Caller"}}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}, "sts:RoleSessionName": SESSION_NAME}}
    assert role["MaxSessionDuration"] == 3600
    assert role["PermissionsBoundary"]["Fn::If"][1] == {"Ref": "PermissionsBoundary"}
    # A role's inline policies may have 10,240 characters in all (IAM User Guide, "IAM and STS quotas").
    assert len(json.dumps(role["Policies"][0]["PolicyDocument"], separators=(",", ":"))) <= 10_240


def test_it_may_do_in_its_account_what_a_scan_does_there_and_go_nowhere_else() -> None:
    found = rollout.member_policy()
    assert statement(policy_document()) == statement(found)
    assert "sts:AssumeRole" not in json.dumps(found)
    assert (statement(found, 1)["Effect"], statement(found, 1)["Action"]) == ("Deny", list(CONTENT_READS))


def test_the_caller_enters_that_role_alone_and_reads_the_organisation() -> None:
    listing, enter = rollout.caller_policy()["Statement"]
    assert enter["Resource"] == ["arn:aws:iam::*:role/tierwise-scan"]
    assert {one.partition(":")[0] for one in listing["Action"]} == {"organizations"}
    assert {"organizations:ListAccountsForParent", "organizations:ListTagsForResource", "organizations:DescribeAccount"} <= set(
        listing["Action"]
    )


@pytest.fixture
def resources(tierwise: Run) -> Any:
    """`resources("aws", "--stackset")`: the resources of what `permissions ... --terraform` prints, by type."""

    def parsed(*words: str) -> dict[str, Any]:
        found = hcl2.loads(tierwise("permissions", *words, "--terraform").out)
        return {plain(kind): next(iter(named.values())) for block in found["resource"] for kind, named in block.items()}

    return parsed


def plain(text: str) -> str:
    return text.strip('"')


def misset(text: str) -> list[str]:
    """Lines whose equals sign `terraform fmt` would move: neighbours of one line each have theirs in one column, what opens a bracket has it behind its name."""
    found: list[str] = []
    run: list[tuple[str, str]] = []
    for line in [*re.sub(r"<<-JSON\n.*?\n\s*JSON", "<<-JSON", text, flags=re.DOTALL).splitlines(), ""]:
        match = re.fullmatch(r"( *\w+)( +)= (.*)", line)
        if match and sum(map(match[3].count, "([{")) == sum(map(match[3].count, ")]}")):
            run.append((match[1], match[2]))
            continue
        width = max((len(name) for name, _ in run), default=0) + 1
        found += [name for name, gap in run if len(name) + len(gap) != width] + ([line] if match and match[2] != " " else [])
        run = []
    return found


def test_terraform_is_printed_as_its_formatter_would_set_it(tierwise: Run) -> None:
    assert misset('  name   = "a"\n  policy = jsonencode({\n    A   = "b"\n    BCD = "c"\n  })\n') == ["  name"]
    assert misset('  name = "a"\n  id = "b"\n') == ["  id"]
    for words in (
        ("aws",),
        ("aws", "--caller"),
        ("aws", "--stackset"),
        ("azure", "--scope", "/subscriptions/x", "--assign-to", "y"),
        ("azure", "--directory"),
        ("gcp", "--organization", "1", "--assign-to", "user:x@example.org"),
    ):
        assert misset(tierwise("permissions", *words, "--terraform").out) == [], words


def test_terraform_rolls_the_same_template_out_to_accounts_that_come_later_too(resources: Any, tierwise: Run) -> None:
    found = resources("aws", "--stackset")
    assert found.keys() == {"aws_cloudformation_stack_set", "aws_cloudformation_stack_set_instance", "aws_iam_policy"}
    made = found["aws_cloudformation_stack_set"]
    assert plain(made["permission_model"]) == "SERVICE_MANAGED"
    assert made["auto_deployment"][0]["enabled"] is True
    body = re.search(r"<<-JSON\n(.*)\n\s*JSON", tierwise("permissions", "aws", "--stackset", "--terraform").out, re.DOTALL)
    assert body is not None
    assert json.loads(body[1]) == json.loads(tierwise("permissions", "aws", "--stackset").out) == rollout.stackset()


def test_terraform_assigns_the_role_above_all_subscriptions_and_projects(resources: Any) -> None:
    group = "/providers/Microsoft.Management/managementGroups/departments"
    azure = resources("azure", "--scope", group, "--assign-to", "00000000-0000-0000-0000-000000000001")
    assert plain(azure["azurerm_role_assignment"]["scope"]) == plain(azure["azurerm_role_definition"]["scope"]) == group
    graph = resources("azure", "--directory", "--assign-to", "00000000-0000-0000-0000-000000000001")["azuread_app_role_assignment"]
    assert plain(graph["principal_object_id"]) == "00000000-0000-0000-0000-000000000001"
    assert "User.Read.All" in str(graph["for_each"])
    gcp = resources("gcp", "--organization", "123456789012", "--assign-to", "serviceAccount:scan@audit.iam.gserviceaccount.com")
    assert plain(gcp["google_organization_iam_member"]["member"]) == "serviceAccount:scan@audit.iam.gserviceaccount.com"
    assert (
        plain(gcp["google_organization_iam_member"]["org_id"])
        == plain(gcp["google_organization_iam_custom_role"]["org_id"])
        == "123456789012"
    )


def test_what_does_not_go_together_is_told(tierwise: Run) -> None:
    tierwise("permissions", "aws", "--stackset", "--caller").complains(2, "one at a time")
    tierwise("permissions", "azure", "--assign-to", "x").complains(2, "--terraform", "az role assignment create")
    tierwise("permissions", "gcp", "--assign-to", "x").complains(2, "--terraform", "gcloud organizations add-iam-policy-binding")


def test_a_profile_narrows_the_policy_and_one_that_does_not_exist_is_told(tierwise: Run) -> None:
    tierwise("permissions", "aws", "--profile", "cis-aws-6").complains(2, "did you mean 'cis-aws-6.0'?")
    of_all, of_one = (json.loads(tierwise("permissions", "aws", *more).out) for more in ((), ("--profile", "cis-aws-6.0")))
    assert set(statement(of_one)["Action"]) < set(statement(of_all)["Action"])


def test_who_asks_an_aggregator_may_read_it_and_the_role_in_each_account_may_not(tierwise: Run) -> None:
    wanted = {read.action for read in recorded.READS}
    for option, more in (([], set()), (["--caller"], {"ec2:DescribeRegions"})):
        asked = statement(json.loads(tierwise("permissions", "aws", *option, "--inventory", "config").out), 1)
        assert (set(asked["Action"]), asked["Effect"]) == (wanted | more, "Allow"), option
    role = json.loads(tierwise("permissions", "aws", "--stackset", "--since").out)["Resources"]["Role"]["Properties"]
    assert statement(role["Policies"][0]["PolicyDocument"], 1)["Action"] == [history.LOOKUP.action]
    tierwise("permissions", "aws", "--caller", "--since").complains(2, "--stackset")
    assert not wanted & set(statement(rollout.member_policy())["Action"])
    tierwise("permissions", "aws", "--stackset", "--inventory", "config").complains(2, "--caller")
