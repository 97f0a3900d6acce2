"""S3 directory buckets (S3 Express One Zone), whose settings that can be changed stand in the split resources of S3.

What they do not have, and that their public access block and disabled ACLs cannot be lifted: S3 User Guide, "Differences for directory
buckets".
"""

from __future__ import annotations

from typing import Final

from tierwise.access.audience import restrict_policy, signature_age_hours
from tierwise.access.document import Policy
from tierwise.connectors.terraform.aws import KEY_TYPES, audience, put_audience, put_endpoint, setting, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.lifecycle import lifecycle_facts
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import policy_of, put_unlogged
from tierwise.connectors.terraform.types.aws_s3_bucket import LIFECYCLE, POLICY, SSE, encryption
from tierwise.model.fact import FactSheet, Known, Provenance, Unknown
from tierwise.model.resource import Kind, Resource

BUCKET: Final = "aws_s3_directory_bucket"
_SERVICE: Final = "s3express"
_DIFFERENCES: Final = "S3 User Guide, differences for directory buckets"


def convert(bucket: Planned, plan: Plan) -> Resource:
    """A planned directory bucket."""
    sheet = FactSheet()
    always = Known(True, Provenance(f"constant: {_DIFFERENCES}"))
    links = encryption(bucket, plan, sheet)
    policy = policy_of(plan, bucket, POLICY)
    open_to = restrict_policy(audience(policy, _SERVICE, plan.providers.account(bucket), policy.via), always)
    grants = put_audience(open_to, sheet, Kind.OBJECT_STORE)
    put_endpoint(policy, _SERVICE, policy.via, sheet, Kind.OBJECT_STORE)
    links_live = policy if isinstance(policy, Unknown) else signature_age_hours(policy.value or Policy(()), policy.via)
    sheet.put("access.bearer_link_max_hours", links_live)
    for name in ("access.public_blocked", "access.public_acls_blocked", "access.acls_disabled"):
        sheet.put(name, always)
    for name in ("access.shared_key_enabled", "access.website_enabled", "access.cors_any_origin"):
        sheet.constant(name, False, f"{_DIFFERENCES}: none")
    put_unlogged(sheet, f"{_DIFFERENCES}: no server access logging")
    _put_recovery(sheet)
    for name, fact in lifecycle_facts(setting(plan, bucket, LIFECYCLE), always).items():
        sheet.put(name, fact)
    name = text_or(bucket.root, "bucket")
    aliases = (name, text_or(bucket.root, "id"), text_or(bucket.root, "arn"))
    return plan.resource(bucket, Kind.OBJECT_STORE, name or bucket.place.name, sheet.facts, links=links, aliases=aliases, grants=grants)


def _put_recovery(sheet: FactSheet) -> None:
    sheet.constant("recovery.versioning", False, f"{_DIFFERENCES}: no versioning")
    sheet.constant("recovery.mfa_delete", False, f"{_DIFFERENCES}: no versioning")
    sheet.not_applicable("recovery.soft_delete_days", "S3 has no soft delete")
    sheet.not_applicable("recovery.point_in_time", "S3 has no restore to a second of its own")
    sheet.constant("recovery.redundancy", "zone", f"{_DIFFERENCES}: one zone")
    sheet.constant("immutability.mode", "none", f"{_DIFFERENCES}: no object lock")
    sheet.constant("immutability.min_days", 0, f"{_DIFFERENCES}: no object lock")


_NAMES: Final = ("bucket", "id", "arn")
CONVERTER = Converter(
    frozenset({BUCKET}),
    convert,
    tuple(Child(kind, "bucket", _NAMES) for kind in (SSE, LIFECYCLE, POLICY)),
    KEY_TYPES | {DOCUMENT},
)
