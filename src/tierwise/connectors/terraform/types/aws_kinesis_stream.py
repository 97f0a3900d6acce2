"""Kinesis data streams with their resource policy."""

from __future__ import annotations

from math import ceil
from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import mapped, number, policy_of, put_encryption, put_policy, word
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Resource

STREAM: Final = "aws_kinesis_stream"
POLICY: Final = "aws_kinesis_resource_policy"


def convert(stream: Planned, plan: Plan) -> Resource:
    """A planned stream."""
    sheet = FactSheet()
    at_rest = mapped(word(stream, "encryption_type", "NONE"), lambda value: value == "KMS")
    links = put_encryption(plan, stream, sheet, at_rest, ("kms_key_id",), without="provider-managed")
    sheet.constant("retention.expiry_configured", True, "Kinesis Developer Guide, data retention period: 24 hours to 365 days")
    sheet.put("retention.delete_after_days", mapped(number(stream, "retention_period", 24), lambda hours: ceil(hours / 24)))
    sheet.not_applicable("transport.internode_encrypted", "a data stream has no nodes that its owner runs")
    sheet.constant(
        "access.shared_key_enabled", False, "Kinesis Developer Guide: requests are signed by principals; there is no stream-wide key"
    )
    grants = put_policy(plan, stream, policy_of(plan, stream, POLICY), "kinesis", sheet, Kind.STREAM)
    name = text_or(stream.root, "name")
    aliases = (text_or(stream.root, "arn"), text_or(stream.root, "id"), name)
    return plan.resource(stream, Kind.STREAM, name or stream.place.name, sheet.facts, links=links, aliases=aliases, grants=grants)


CONVERTER = Converter(frozenset({STREAM}), convert, (Child(POLICY, "resource_arn", ("arn", "id")),), KEY_TYPES | {DOCUMENT})
