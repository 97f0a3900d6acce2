"""S3 access points: whom their policies let in where the policy of the bucket leaves the decision to them.

A request through an access point needs the bucket's consent as well; a bucket that delegates gives it to every request that comes through
access points of an account (S3 User Guide, "Delegating access control to access points").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.audience import Audience, unread
from tierwise.access.document import Policy
from tierwise.connectors.terraform.aws import audience
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.stores import elsewhere, policy_of, switch
from tierwise.model.fact import Known, Maybe, Unknown

POINT, POLICY = "aws_s3_access_point", "aws_s3control_access_point_policy"
OTHERS: Final = ((POINT, (Child(POLICY, "access_point_arn", ("arn", "id")),)),)
_DELEGATES: Final = "s3:dataaccesspoint"


def through_points(bucket: Planned, plan: Plan, policy: Maybe[Policy | None]) -> Iterator[tuple[Audience, Maybe[bool]]]:
    """Whom the access points that a bucket delegates to let in, each with whether its own block keeps out what a public policy grants."""
    if isinstance(policy, Unknown) or policy.value is None or not _delegates(policy.value):
        return
    points = plan.children(bucket, POINT)
    account = plan.providers.account(bucket)
    for point in points.found:
        found = policy_of(plan, point, POLICY, "policy")
        # Terraform AWS provider, public_access_block_configuration: each is true by default; without the block all are.
        restricted = switch(point, "public_access_block_configuration", "restrict_public_buckets", absent_is=True, default=True)
        yield audience(found, "s3", account, found.via), restricted
    unseen = None if points.found or bucket.is_new else elsewhere(bucket, "the access points that its policy delegates to")
    lost = points.loose or unseen
    if lost is not None:
        yield unread(lost), Known(False, lost.via)


def _delegates(policy: Policy) -> bool:
    return any(
        condition.key.lower().startswith(_DELEGATES)
        for one in policy.statements
        if one.effect.lower() == "allow"
        for condition in one.conditions
    )
