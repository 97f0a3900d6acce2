"""CloudWatch log groups; log events are never read.

What `not configured` means here: no `retentionInDays` keeps events for ever, except in the Delivery class, which keeps them for one day; no
`kmsKeyId` leaves encryption to a key of the service (API Reference, LogGroup; User Guide, "Encrypt log data using AWS KMS").
"""

from __future__ import annotations

from collections.abc import Iterator

from tierwise.access.document import Policy, Statement
from tierwise.access.pattern import overlaps
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.gather import gather
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.resource_policy import facts_of_policy, grants_of, parsed_together, policy_fact_names
from tierwise.connectors.declared import Doc, Draft, field_of
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Grant, Kind, Link, Resource

LIST = Read("logs", "DescribeLogGroups", "logs:DescribeLogGroups", kinds=frozenset({Kind.LOG_STORE}), links=True)
POLICIES = Read("logs", "DescribeResourcePolicies", "logs:DescribeResourcePolicies", facts=policy_fact_names(Kind.LOG_STORE))
"""One call a region: policies of CloudWatch Logs belong to account and region, and name the groups that they open."""


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the log groups of one region."""
    policies: Maybe[Doc | None] | None = None
    for item in caller.listing(LIST, "logGroups"):
        policies = policies or gather(caller, POLICIES, "resourcePolicies")
        name = str(item["logGroupName"])
        # `arn` ends in `:*`, `logGroupArn` does not and is the newer field (API Reference, LogGroup); tags go by the latter form.
        arn = str(item.get("logGroupArn") or item["arn"]).removesuffix(":*")
        resource = Resource(
            arn,
            Kind.LOG_STORE,
            "logs.group",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=caller.tags_of(arn),
            aliases=(name, f"{arn}:*"),
        )
        yield Draft(resource, {LIST.operation: Known(item, LIST.via), POLICIES.operation: policies, keys.ALIASES: keys.aliases(caller)})


def links(draft: Draft) -> tuple[Link, ...]:
    """The log group's key."""
    key = field_of(draft.doc(LIST), "kmsKeyId")
    return () if isinstance(key, Unknown) else keys.key_links(key.value)


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a log group that its documents so far allow."""
    sheet, listed = FactSheet(), draft.doc(LIST)
    item = listed.value if isinstance(listed, Known) and listed.value else {}
    sheet.constant("encryption.at_rest", True, "CloudWatch Logs User Guide, data protection: log data is always encrypted at rest")
    sheet.put("encryption.key_custody", keys.custody(item.get("kmsKeyId"), draft.docs, LIST.via))
    days = 1 if item.get("logGroupClass") == "DELIVERY" else item.get("retentionInDays")
    sheet.known("retention.log_days", int(days) if days else UNLIMITED, LIST.via)
    sheet.known("retention.expiry_configured", bool(days), LIST.via)
    sheet.constant("immutability.mode", "none", "CloudWatch Logs has no write-once mode: whoever may delete a log group or stream can")
    sheet.constant("immutability.min_days", 0, "CloudWatch Logs has no write-once mode")
    # Log groups that never had it set lack the field: deletion protection is off by default (API Reference, PutLogGroupDeletionProtection).
    sheet.known("recovery.delete_protected", bool(item.get("deletionProtectionEnabled", False)), LIST.via)
    # A group without a policy of its own or of its account has neither field (API Reference, LogGroup).
    masked = item.get("dataProtectionStatus") == "ACTIVATED" or "ACCOUNT_DATA_PROTECTION" in (item.get("inheritedProperties") or ())
    sheet.known("logging.masking", masked, LIST.via)
    if "storedBytes" in item:
        sheet.known("volume.bytes", int(item["storedBytes"]), LIST.via)
    facts_of_policy(_policy(draft), "logs", draft.resource.account, POLICIES.via, sheet, kind=Kind.LOG_STORE)
    return sheet.facts


def _policy(draft: Draft) -> Maybe[Policy | None]:
    """The statements of the region's policies that reach this log group."""
    listed = field_of(draft.doc(POLICIES), "resourcePolicies", absent=())
    if isinstance(listed, Unknown):
        return listed
    names = (draft.resource.id, f"{draft.resource.id}:*")

    def reaches(statement: Statement) -> bool:
        return not statement.resources or any(overlaps(pattern, name) for pattern in statement.resources for name in names)

    return parsed_together(
        Known(tuple(str(one.get("policyDocument", "")) for one in listed.value), POLICIES.via), POLICIES.via, keep=reaches
    )


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The statements of the region's policies that reach the log group, as evidence."""
    return grants_of(_policy(draft), POLICIES.via)


COLLECTOR = Collector("logs", (LIST, POLICIES, keys.LIST_ALIASES), survey, facts, links, grants)
