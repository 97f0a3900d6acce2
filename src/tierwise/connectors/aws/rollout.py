"""The role of a scan in every account of an organisation, as a StackSet's template and as Terraform; and what the caller of it may do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from tierwise.connectors.aws import account_lock, organisation
from tierwise.connectors.aws.permissions import asked_for, entering, policy_document
from tierwise.connectors.aws.read import Read
from tierwise.connectors.aws.role import ROLE_NAME, SESSION_NAME
from tierwise.connectors.hcl import arguments, block, hcl
from tierwise.model.content import Depth

Document: TypeAlias = Mapping[str, Any]

SESSION_SECONDS: Final = 3600
"""A session through a second role lasts an hour at most (IAM User Guide, "Role chaining"), and a scan renews its own."""
_ABOUT: Final = "Reads configuration and metadata for tierwise; denies reads of content."
_PARAMETERS: Final = {
    "Caller": "var.tierwise_caller",
    "ExternalId": "var.tierwise_external_id",
    "PermissionsBoundary": "var.tierwise_boundary",
}
_OVER: Final = (organisation.READS, (organisation.TAGS,), account_lock.READS)
"""Reads that Organizations answers its management account and delegated administrators alone."""


def stackset(facts: frozenset[str] | None = None, depth: Depth = Depth.METADATA, more: Sequence[Read] = ()) -> Document:
    """A CloudFormation template with the role of one account: who may assume it, for how long, and what it may read.

    `more` are reads of each account that an option of the scan asks for.
    """
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role through which tierwise reads this account.",
        "Parameters": {
            "RoleName": {"Type": "String", "Default": ROLE_NAME, "AllowedPattern": "[A-Za-z0-9_+=,.@-]{1,64}"},
            "Caller": {
                "Type": "String",
                "Description": "ARN of the role that runs the scan, in the management account or in a delegated administrator.",
                "AllowedPattern": "arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/.+",
            },
            "ExternalId": {
                "Type": "String",
                "Description": "What the scan passes as --external-id.",
                # STS API Reference, AssumeRole: 2 to 1,224 of these characters.
                "AllowedPattern": "[A-Za-z0-9_+=,.@:/-]{2,1224}",
            },
            "PermissionsBoundary": {"Type": "String", "Default": "", "Description": "ARN of a permissions boundary; empty for none."},
        },
        "Conditions": {"Bounded": {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]}},
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": {"Ref": "RoleName"},
                    "Description": _ABOUT,
                    "MaxSessionDuration": SESSION_SECONDS,
                    "PermissionsBoundary": {"Fn::If": ["Bounded", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]},
                    "AssumeRolePolicyDocument": _trust(),
                    "Policies": [{"PolicyName": "read-configuration", "PolicyDocument": member_policy(facts, depth, more)}],
                },
            }
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }


def _trust() -> Document:
    # The session's name is asked for too, so that no call through the role can go by another name in CloudTrail.
    conditions = {"sts:ExternalId": {"Ref": "ExternalId"}, "sts:RoleSessionName": SESSION_NAME}
    statement = {"Effect": "Allow", "Principal": {"AWS": {"Ref": "Caller"}}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": {"StringEquals": conditions}}]}


def member_policy(facts: frozenset[str] | None = None, depth: Depth = Depth.METADATA, more: Sequence[Read] = ()) -> Document:
    """What the role in an account may do: what a scan reads there, and to assume no further role."""
    return policy_document(facts, depth, more, enters=False)


def caller_policy(partition: str = "aws", role: str = ROLE_NAME, more: Sequence[Read] = ()) -> Document:
    """What the caller of a scan may do beside reading its own account: list the organisation, and assume the one role in its accounts.

    `more` are reads of the caller's own account that an option of the scan asks for.
    """
    over = sorted({read.action for reads in _OVER for read in reads})
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "ListTheOrganisation", "Effect": "Allow", "Action": over, "Resource": "*"},
            *asked_for(more),
            entering(partition, role),
        ],
    }


def as_terraform(template: Document) -> str:
    """A service-managed StackSet with the template, for the organisation's units; new accounts get the role by themselves."""
    body = json.dumps(template, indent=2).replace("${", "$${").replace("%{", "%%{")
    return "".join(
        [
            _variable("caller", "ARN of the role that runs the scan."),
            _variable("external_id", "What the scan passes as --external-id."),
            _variable("boundary", "ARN of a permissions boundary; empty for none.", default='""'),
            _variable("units", "Organisational units, or the root, whose accounts get the role.", kind="list(string)"),
            block(
                'resource "aws_cloudformation_stack_set" "tierwise"',
                {
                    "name": hcl(ROLE_NAME, 1),
                    "description": hcl(_ABOUT, 1),
                    "permission_model": hcl("SERVICE_MANAGED", 1),
                    "capabilities": f"[{hcl('CAPABILITY_NAMED_IAM', 1)}]",
                    "parameters": f"{{\n{arguments(_PARAMETERS, 2)}  }}",
                },
                f"  template_body = <<-JSON\n{body}\n  JSON\n"
                "  auto_deployment {\n"
                "    enabled                          = true\n"
                "    retain_stacks_on_account_removal = false\n"
                "  }\n"
                "  lifecycle {\n"
                # Provider's documentation of the resource: AWS sets it for service-managed sets, and a plan would remove it again.
                "    ignore_changes = [administration_role_arn]\n"
                "  }\n",
            ),
            "\n",
            block(
                'resource "aws_cloudformation_stack_set_instance" "tierwise"',
                {"stack_set_name": "aws_cloudformation_stack_set.tierwise.name"},
                "  deployment_targets {\n    organizational_unit_ids = var.tierwise_units\n  }\n",
            ),
            "\n",
            block(
                'resource "aws_iam_policy" "tierwise_caller"',
                {
                    "name": hcl("tierwise-caller", 1),
                    "description": hcl("Lists the organisation and enters its accounts for tierwise.", 1),
                    "policy": f"jsonencode({hcl(caller_policy(), 1)})",
                },
            ),
        ]
    )


def _variable(name: str, about: str, *, kind: str = "string", default: str = "") -> str:
    given = {"default": default} if default else {}
    return block(f'variable "tierwise_{name}"', {"type": kind, "description": hcl(about, 1), **given}) + "\n"
