"""CloudWatch log groups; the region's resource policies of the plan count for the groups that they name."""

from __future__ import annotations

from typing import Final

from tierwise.access.document import Policy, Statement
from tierwise.access.pattern import covers, overlaps
from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT, policy_at
from tierwise.connectors.terraform.stores import custody, elsewhere, key_links, mapped, number, put_policy
from tierwise.model.fact import UNLIMITED, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

GROUP: Final = "aws_cloudwatch_log_group"
PROTECTION: Final = "aws_cloudwatch_log_data_protection_policy"
POLICY: Final = "aws_cloudwatch_log_resource_policy"


def convert(group: Planned, plan: Plan) -> Resource:
    """A planned log group."""
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, "CloudWatch Logs User Guide, data protection: log data is always encrypted at rest")
    sheet.put("encryption.key_custody", custody(plan, group, ("kms_key_id",), without="provider-owned"))
    days = number(group, "retention_in_days", 0)
    if text_or(group.root, "log_group_class") == "DELIVERY":
        # The Delivery class keeps events for one day (CloudWatch Logs API Reference, LogGroup).
        days = Known(1, group.at("log_group_class"))
    # 0, the provider's default, keeps events for ever.
    sheet.put("retention.log_days", mapped(days, lambda value: value or UNLIMITED))
    sheet.put("retention.expiry_configured", mapped(days, bool))
    sheet.constant("immutability.mode", "none", "CloudWatch Logs has no write-once mode: whoever may delete a log group or stream can")
    sheet.constant("immutability.min_days", 0, "CloudWatch Logs has no write-once mode")
    protected = defaulted(group, "deletion_protection_enabled", False)
    if not group.is_new and not group.root.has("deletion_protection_enabled"):
        protected = elsewhere(group, "deletion protection, which this version of the provider does not read")
    sheet.put("recovery.delete_protected", protected)
    sheet.put("logging.masking", _masking(group, plan))
    name = text_or(group.root, "name")
    grants = put_policy(plan, group, _policy(group, plan, name), "logs", sheet, Kind.LOG_STORE)
    arn = text_or(group.root, "arn").removesuffix(":*")
    return plan.resource(
        group,
        Kind.LOG_STORE,
        name or text_or(group.root, "name_prefix") or group.place.name,
        sheet.facts,
        links=key_links(plan, group, ("kms_key_id",)),
        aliases=(name, arn, f"{arn}:*" if arn else ""),
        grants=grants,
    )


def _masking(group: Planned, plan: Plan) -> Maybe[bool]:
    """Whether a data protection policy masks it; where the plan has none, one of the account may."""
    own = plan.children(group, PROTECTION)
    if own.found:
        return Known(True, own.found[0].root.via)
    return own.loose or elsewhere(group, "a data protection policy of the group or of its account")


def _policy(group: Planned, plan: Plan, name: str) -> Maybe[Policy | None]:
    """The statements of the plan's resource policies that reach this group; policies belong to account and region."""
    statements: list[Statement] = []
    for one in plan.by_type.get(POLICY, ()):
        if one.is_gone or one.provider != group.provider:
            continue
        policy = policy_at(plan, one, one.root, "policy_document")
        if isinstance(policy, Unknown):
            return policy
        for statement in policy.value.statements if policy.value else ():
            if not statement.resources or any(_names(each, name, group, plan) for each in statement.resources):
                statements.append(statement)
            elif not name:
                return Unknown(UnknownReason.KNOWN_AFTER_APPLY, group.at("name"), f"whether {one.address} names the group")
    if statements:
        return Known(Policy(tuple(statements)), group.root.via)
    return Known(None, group.root.via) if group.is_new else elsewhere(group, "the resource policies of the account's region")


def _names(pattern: str, name: str, group: Planned, plan: Plan) -> bool:
    """Whether a resource of a policy is this group; where the plan does not tell region or account, they are those of the policy."""
    parts = pattern.split(":")
    if len(parts) < 7:
        return covers(pattern, f"arn:aws:logs:{plan.providers.region(group)}:{plan.providers.account(group)}:log-group:{name or '*'}")
    place = f"arn:{parts[1]}:logs:{plan.providers.region(group) or parts[3]}:{plan.providers.account(group) or parts[4]}:log-group"
    if not name:
        return covers(pattern, f"{place}:*")
    return any(overlaps(pattern, spelt) for spelt in (f"{place}:{name}", f"{place}:{name}:*"))


CONVERTER = Converter(
    frozenset({GROUP}), convert, (Child(PROTECTION, "log_group_name", ("name", "id")),), reads=KEY_TYPES | {POLICY, DOCUMENT}
)
