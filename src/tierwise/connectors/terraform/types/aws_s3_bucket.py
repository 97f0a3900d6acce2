"""S3 buckets with their split resources (provider 4 and later) and inline blocks (before 4).

What is set nowhere: for a bucket that is being made, AWS's defaults for new buckets; for one that exists, the plan does not say, unless
the plan itself takes the setting away. A plan is judged by what it says: an account-wide public access block counts where it is in the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tierwise.access.audience import Audience, combine, restrict_policy, signature_age_hours, unread_acl
from tierwise.access.document import Policy
from tierwise.connectors.terraform import aws, s3_points
from tierwise.connectors.terraform.aws import Absent, Inline, Setting, Split, setting, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.lifecycle import lifecycle_facts
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.policies import DOCUMENT, policy_at
from tierwise.connectors.terraform.s3_acl import ACL, CANONICAL, acl_of
from tierwise.model.fact import FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource

BUCKET: Final = "aws_s3_bucket"
SSE, VERSIONING, LOGGING = f"{BUCKET}_server_side_encryption_configuration", f"{BUCKET}_versioning", f"{BUCKET}_logging"
LIFECYCLE, BLOCK, POLICY = f"{BUCKET}_lifecycle_configuration", f"{BUCKET}_public_access_block", f"{BUCKET}_policy"
OWNERSHIP, LOCK = f"{BUCKET}_ownership_controls", f"{BUCKET}_object_lock_configuration"
REPLICATION, CORS, WEBSITE = f"{BUCKET}_replication_configuration", f"{BUCKET}_cors_configuration", f"{BUCKET}_website_configuration"
ACCOUNT_BLOCK: Final = "aws_s3_account_public_access_block"

_LOCK_MODES: Final = frozenset({"none", "governance", "compliance"})
_NEW: Final = "constant: S3 User Guide, defaults for new buckets since April 2023: public access is blocked and ACLs are disabled"
_ENCRYPTED: Final = "S3 User Guide, default encryption, since 5 January 2023"
_SWITCHES: Final = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
_STATUS: Final = ("versioning_configuration", 0, "status")
_ENFORCED: Final = "BucketOwnerEnforced"


def convert(bucket: Planned, plan: Plan) -> Resource:
    """A planned bucket."""
    sheet = FactSheet()
    links = [
        *encryption(bucket, plan, sheet, "server_side_encryption_configuration"),
        *_logging(bucket, plan, sheet),
        *_replication(bucket, plan),
    ]
    _recovery(bucket, plan, sheet)
    grants = _access(bucket, plan, sheet)
    for name, fact in lifecycle_facts(setting(plan, bucket, LIFECYCLE, "lifecycle_rule"), _never_versioned(bucket, plan)).items():
        sheet.put(name, fact)
    name = text_or(bucket.root, "bucket")
    shown = name or text_or(bucket.root, "bucket_prefix") or bucket.place.name
    aliases = (name, text_or(bucket.root, "id"), text_or(bucket.root, "arn"), f"arn:aws:s3:::{name}" if name else "")
    return plan.resource(bucket, Kind.OBJECT_STORE, shown, sheet.facts, links=links, aliases=aliases, grants=grants)


def encryption(bucket: Planned, plan: Plan, sheet: FactSheet, inline: str = "") -> tuple[Link, ...]:
    """Sets encryption and whose key it is; returns the link to the key. `inline` is the older block, where the type has it."""
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    found = setting(plan, bucket, SSE, inline)
    if isinstance(found, Unknown):
        sheet.put("encryption.key_custody", found)
        return (Link(Rel.USES_KEY, "", found),)
    if isinstance(found, Absent):
        sheet.constant("encryption.key_custody", "provider-owned", _ENCRYPTED)
        return ()
    holder, node = (found.planned, found.planned.root) if isinstance(found, Split) else (bucket, found.blocks[0])
    path = ("rule", 0, "apply_server_side_encryption_by_default", 0)
    algorithm = node.text(*path, "sse_algorithm")
    if isinstance(algorithm, Unknown):
        sheet.put("encryption.key_custody", algorithm)
        return (Link(Rel.USES_KEY, "", algorithm),)
    without = "provider-managed" if (algorithm.value or "").startswith("aws:kms") else "provider-owned"
    key = (*path, "kms_master_key_id")
    sheet.put("encryption.key_custody", aws.custody(plan, holder, node, key, without=without))
    return aws.key_links(plan, holder, node, key)


def _logging(bucket: Planned, plan: Plan, sheet: FactSheet) -> tuple[Link, ...]:
    # Server access logs name requester and object of each request (S3 User Guide, "Server access log format").
    found = setting(plan, bucket, LOGGING, "logging")
    recorded: Maybe[bool]
    links: tuple[Link, ...] = ()
    match found:
        case Unknown():
            recorded, links = found, (Link(Rel.LOGS_TO, "", found),)
        case Absent(via=via):
            recorded = Known(False, via)
        case Split(planned=holder):
            recorded, links = Known(True, holder.root.via), plan.links(Rel.LOGS_TO, holder, holder.root, ("target_bucket",), {BUCKET})
        case Inline(blocks=blocks):
            recorded, links = Known(True, blocks[0].via), plan.links(Rel.LOGS_TO, bucket, blocks[0], ("target_bucket",), {BUCKET})
    sheet.put("logging.data_read", recorded)
    sheet.put("logging.data_write", recorded)
    return links


def _replication(bucket: Planned, plan: Plan) -> Iterable[Link]:
    found = setting(plan, bucket, REPLICATION, "replication_configuration")
    if isinstance(found, Absent):
        return
    if isinstance(found, Unknown):
        yield Link(Rel.REPLICATES_TO, "", found)
        return
    holder, node, name = (found.planned, found.planned.root, "rule") if isinstance(found, Split) else (bucket, found.blocks[0], "rules")
    rules = node.blocks(name)
    if isinstance(rules, Unknown):
        yield Link(Rel.REPLICATES_TO, "", rules)
        return
    for rule in rules.value:
        status = rule.text("status")
        if isinstance(status, Unknown) or status.value != "Disabled":
            yield from plan.links(Rel.REPLICATES_TO, holder, rule, ("destination", 0, "bucket"), {BUCKET})


def _recovery(bucket: Planned, plan: Plan, sheet: FactSheet) -> None:
    versioning, mfa = _versioning(setting(plan, bucket, VERSIONING, "versioning"))
    sheet.put("recovery.versioning", versioning)
    sheet.put("recovery.mfa_delete", mfa)
    sheet.not_applicable("recovery.soft_delete_days", "S3 restores by version, not by soft delete")
    sheet.not_applicable("recovery.point_in_time", "S3 has no restore to a second of its own")
    sheet.constant("recovery.redundancy", "multi-zone", "S3 User Guide, data protection: at least three zones, One Zone classes excepted")
    mode, days = _lock(setting(plan, bucket, LOCK, "object_lock_configuration"))
    sheet.put("immutability.mode", mode)
    sheet.put("immutability.min_days", days)


def _versioning(found: Setting) -> tuple[Maybe[bool], Maybe[bool]]:
    match found:
        case Unknown():
            return found, found
        case Absent(via=via):
            return Known(False, via), Known(False, via)
        case Split(planned=planned):
            mfa = planned.root.text("versioning_configuration", 0, "mfa_delete")
            return _is(planned.root.text(*_STATUS), "Enabled"), _is(mfa, "Enabled")
        case Inline(blocks=blocks):
            return _on(blocks[0].flag("enabled")), _on(blocks[0].flag("mfa_delete"))


def _never_versioned(bucket: Planned, plan: Plan) -> Maybe[bool]:
    """Whether no older versions can exist; a suspended bucket keeps those that it has."""
    match setting(plan, bucket, VERSIONING, "versioning"):
        case Unknown() as unknown:
            return unknown
        case Absent(new=new, via=via):
            return Known(new, via)
        case Split(planned=planned):
            return _is(planned.root.text(*_STATUS), "Disabled")
        case Inline(blocks=blocks):
            on = blocks[0].flag("enabled")
            return on if isinstance(on, Unknown) else Known(bucket.is_new and not on.value, on.via)


def _lock(found: Setting) -> tuple[Maybe[str], Maybe[int]]:
    match found:
        case Unknown():
            return found, found
        case Absent(via=via):
            return Known("none", via), Known(0, via)
        case Split(planned=planned):
            return _lock_rule(planned.root)
        case Inline(blocks=blocks):
            return _lock_rule(blocks[0])


def _lock_rule(node: Node) -> tuple[Maybe[str], Maybe[int]]:
    path = ("rule", 0, "default_retention", 0)
    mode, days, years = node.text(*path, "mode"), node.number(*path, "days"), node.number(*path, "years")
    shown: Maybe[str]
    if isinstance(mode, Unknown):
        shown = mode
    elif (word := (mode.value or "none").lower()) in _LOCK_MODES:
        shown = Known(word, mode.via)
    else:
        shown = Unknown(UnknownReason.NOT_SUPPORTED, mode.via, "not a mode of Object Lock that is known")
    if isinstance(days, Unknown):
        return shown, days
    if isinstance(years, Unknown):
        return shown, years
    return shown, Known(days.value or 365 * (years.value or 0), days.via)


def _is(value: Maybe[str | None], word: str) -> Maybe[bool]:
    return value if isinstance(value, Unknown) else Known(value.value == word, value.via)


def _on(value: Maybe[bool | None]) -> Maybe[bool]:
    return value if isinstance(value, Unknown) else Known(bool(value.value), value.via)


def _access(bucket: Planned, plan: Plan, sheet: FactSheet) -> tuple[Grant, ...]:
    block, ownership, policy = _block(setting(plan, bucket, BLOCK)), _ownership(bucket, plan), _policy(bucket, plan)
    grants = aws.put_audience(_audience(bucket, plan, (block, ownership, policy)), sheet, Kind.OBJECT_STORE)
    sheet.put("access.public_blocked", _all([block[switch] for switch in _SWITCHES]))
    sheet.put("access.public_acls_blocked", _all([block["block_public_acls"], block["ignore_public_acls"]]))
    sheet.put("access.acls_disabled", ownership if isinstance(ownership, Unknown) else Known(ownership.value == _ENFORCED, ownership.via))
    sheet.constant("access.shared_key_enabled", False, "S3 has no store-wide shared key")
    sheet.put("access.website_enabled", _present(setting(plan, bucket, WEBSITE, "website")))
    sheet.put("access.cors_any_origin", _any_origin(setting(plan, bucket, CORS, "cors_rule")))
    aws.put_endpoint(policy, "s3", bucket.root.via, sheet, Kind.OBJECT_STORE)
    if isinstance(policy, Unknown):
        sheet.put("access.bearer_link_max_hours", policy)
    else:
        sheet.put("access.bearer_link_max_hours", signature_age_hours(policy.value or Policy(()), policy.via))
    return grants


def _block(found: Setting) -> dict[str, Maybe[bool]]:
    match found:
        case Unknown():
            return dict.fromkeys(_SWITCHES, found)
        case Absent(new=True):
            return dict.fromkeys(_SWITCHES, Known(True, Provenance(_NEW)))
        case Absent(via=via):
            return dict.fromkeys(_SWITCHES, Known(False, via))
        case Split(planned=planned):
            return {switch: _on(planned.root.flag(switch)) for switch in _SWITCHES}
        case Inline():
            raise TypeError("no inline public access block exists")


def _all(flags: Sequence[Maybe[bool]]) -> Maybe[bool]:
    for flag in flags:
        if isinstance(flag, Known) and not flag.value:
            return flag
    return next((flag for flag in flags if isinstance(flag, Unknown)), flags[0])


def _ownership(bucket: Planned, plan: Plan) -> Maybe[str]:
    match setting(plan, bucket, OWNERSHIP):
        case Unknown() as unknown:
            return unknown
        case Absent(new=True):
            return Known(_ENFORCED, Provenance(_NEW))
        case Split(planned=planned):
            found = planned.root.text("rule", 0, "object_ownership")
            return found if isinstance(found, Unknown) else Known(found.value or "ObjectWriter", found.via)
        case Absent(via=via):
            return Known("ObjectWriter", via)
        case Inline():
            raise TypeError("no inline ownership controls exist")


def _policy(bucket: Planned, plan: Plan) -> Maybe[Policy | None]:
    found = setting(plan, bucket, POLICY)
    match found:
        case Split(planned=planned):
            return policy_at(plan, planned, planned.root, "policy")
        case Unknown() if plan.children(bucket, POLICY).loose is not None:
            return found
        case Absent(new=False, via=via):
            return Known(None, via)
        case _:
            pass
    own = bucket.root.get("policy")
    if isinstance(own, Known) and own.value is None:
        return found if isinstance(found, Unknown) and not bucket.root.has("policy") else Known(None, own.via)
    if isinstance(own, Unknown) and bucket.is_new and bucket.root.is_computed("policy"):
        return Known(None, own.via)
    return policy_at(plan, bucket, bucket.root, "policy")


def _audience(bucket: Planned, plan: Plan, settings: tuple[Mapping[str, Maybe[bool]], Maybe[str], Maybe[Policy | None]]) -> Audience:
    block, ownership, policy = settings
    account = [_block(Split(one)) for one in plan.by_type.get(ACCOUNT_BLOCK, ()) if one.provider == bucket.provider and not one.is_gone]
    effective = {switch: _either([block[switch], *(one[switch] for one in account)]) for switch in _SWITCHES}
    by_policy = aws.audience(policy, "s3", plan.providers.account(bucket), bucket.at("policy"))
    restricted = effective["restrict_public_buckets"]
    parts = [restrict_policy(by_policy, restricted)]
    parts += [restrict_policy(one, _either([restricted, own])) for one, own in s3_points.through_points(bucket, plan, policy)]
    if not (isinstance(ownership, Known) and ownership.value == _ENFORCED):
        ignored = effective["ignore_public_acls"]
        by_acl = acl_of(bucket, plan, ignored)
        parts.append(unread_acl(ownership, ignored) if isinstance(ownership, Unknown) and by_acl.grants else by_acl)
    return combine(*parts)


def _either(flags: Sequence[Maybe[bool]]) -> Maybe[bool]:
    for flag in flags:
        if isinstance(flag, Known) and flag.value:
            return flag
    return next((flag for flag in flags if isinstance(flag, Unknown)), flags[0])


def _present(found: Setting) -> Maybe[bool]:
    match found:
        case Unknown():
            return found
        case Absent(via=via):
            return Known(False, via)
        case Split(planned=planned):
            return Known(True, planned.root.via)
        case Inline(blocks=blocks):
            return Known(True, blocks[0].via)


def _any_origin(found: Setting) -> Maybe[bool]:
    rules: Maybe[tuple[Node, ...]]
    match found:
        case Unknown():
            return found
        case Absent(via=via):
            return Known(False, via)
        case Split(planned=planned):
            rules = planned.root.blocks("cors_rule")
        case Inline(blocks=blocks):
            rules = Known(blocks, blocks[0].via)
    if isinstance(rules, Unknown):
        return rules
    still: Unknown | None = None
    for rule in rules.value:
        origins = rule.texts("allowed_origins")
        if isinstance(origins, Known) and "*" in origins.value.known:
            return Known(True, origins.via)
        still = origins if isinstance(origins, Unknown) else origins.value.open or still
    return still or Known(False, rules.via)


_NAMES: Final = ("bucket", "id", "arn")
CONVERTER = Converter(
    frozenset({BUCKET}),
    convert,
    tuple(
        Child(kind, "bucket", _NAMES)
        for kind in (SSE, VERSIONING, LOGGING, LIFECYCLE, BLOCK, POLICY, ACL, OWNERSHIP, LOCK, REPLICATION, CORS, WEBSITE, s3_points.POINT)
    ),
    aws.KEY_TYPES | {DOCUMENT, ACCOUNT_BLOCK, CANONICAL},
    s3_points.OTHERS,
)
