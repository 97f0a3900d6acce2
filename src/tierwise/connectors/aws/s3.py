"""S3 buckets.

What `not configured` means here: default encryption is SSE-S3 since 5 January 2023 (S3 User Guide, "Default encryption FAQ"); ownership
controls are absent on buckets made before April 2023 that never set them, which means ACLs are in force; a missing public access block
means that nothing is blocked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.audience import (
    DATA_ACTIONS,
    Audience,
    acl_audience,
    audience_of,
    closed,
    combine,
    conditioned,
    organisation_restricted,
    restrict_policy,
    signature_age_hours,
    source_restricted,
    tls_of,
    unread_acl,
)
from tierwise.access.document import Policy, PolicyError, parse_policy
from tierwise.connectors.aws import keys, perimeter
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.history import History
from tierwise.connectors.aws.read import Collector
from tierwise.connectors.aws.s3_reads import (
    ACCOUNT_BLOCK,
    ACL,
    AUDIENCE,
    BLOCK,
    CORS,
    ENCRYPTION,
    LIFECYCLE,
    LIST,
    LOGGING,
    OBJECT_LOCK,
    OWNERSHIP,
    POLICY,
    REPLICATION,
    SWITCHES,
    VERSIONING,
    WEBSITE,
    ownership,
)
from tierwise.connectors.aws.s3_recorded import RECORDED
from tierwise.connectors.declared import Doc, Draft, field_of
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import either
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the buckets of one region."""
    account_block = caller.once_per_account(ACCOUNT_BLOCK.operation, lambda: caller.ask(ACCOUNT_BLOCK, AccountId=caller.account))
    for item in caller.listing(LIST, "Buckets", BucketRegion=caller.region):
        name = str(item["Name"])
        arn = f"arn:{caller.partition}:s3:::{name}"
        # It may be of a later change (S3 API Reference, Bucket: `CreationDate`), before which what was recorded is as little of use.
        caller.note_made(arn, item.get("CreationDate"))
        resource = Resource(
            arn, Kind.OBJECT_STORE, "s3.bucket", "aws", caller.account, caller.region, name, tags=caller.tags_of(arn), aliases=(name,)
        )
        yield Draft(resource, {"account-block": account_block, keys.ALIASES: keys.aliases(caller)})


def _rule(draft: Draft) -> Maybe[Any]:
    rules = field_of(draft.doc(ENCRYPTION), "ServerSideEncryptionConfiguration", "Rules", absent=[])
    if isinstance(rules, Unknown):
        return rules
    defaults = [rule.get("ApplyServerSideEncryptionByDefault") or {} for rule in rules.value]
    return Known(defaults[0] if defaults else {}, ENCRYPTION.via)


def links(draft: Draft) -> tuple[Link, ...]:
    """The bucket's key, log target and replication targets."""
    found: list[Link] = []
    rule = _rule(draft)
    if isinstance(rule, Unknown):
        found.append(Link(Rel.USES_KEY, "", rule))
    else:
        found.extend(keys.key_links(rule.value.get("KMSMasterKeyID")))
    target = field_of(draft.doc(LOGGING), "LoggingEnabled", "TargetBucket")
    if isinstance(target, Unknown):
        found.append(Link(Rel.LOGS_TO, "", target))
    elif target.value:
        found.append(Link(Rel.LOGS_TO, f"arn:{draft.resource.id.split(':')[1]}:s3:::{target.value}"))
    if REPLICATION.operation in draft.docs:
        rules = field_of(draft.doc(REPLICATION), "ReplicationConfiguration", "Rules", absent=[])
        if isinstance(rules, Unknown):
            found.append(Link(Rel.REPLICATES_TO, "", rules))
        else:
            targets = {str(one["Destination"]["Bucket"]) for one in rules.value if one.get("Status") == "Enabled"}
            found.extend(Link(Rel.REPLICATES_TO, arn) for arn in sorted(targets))
    return tuple(found)


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a bucket that its documents so far allow."""
    sheet = FactSheet()
    _encryption_facts(draft, sheet)
    _logging_facts(draft, sheet)
    _recovery_facts(draft, sheet)
    _access_facts(draft, sheet)
    _lifecycle_facts(draft, sheet)
    return sheet.facts


def _encryption_facts(draft: Draft, sheet: FactSheet) -> None:
    sheet.constant("encryption.at_rest", True, "S3 User Guide, default encryption, since 5 January 2023")
    rule = _rule(draft)
    if isinstance(rule, Unknown):
        sheet.put("encryption.key_custody", rule)
        return
    without = "provider-managed" if str(rule.value.get("SSEAlgorithm", "")).startswith("aws:kms") else "provider-owned"
    sheet.put("encryption.key_custody", keys.custody(rule.value.get("KMSMasterKeyID"), draft.docs, ENCRYPTION.via, without=without))


def _logging_facts(draft: Draft, sheet: FactSheet) -> None:
    # Server access logs name requester and object of each request (S3 User Guide, "Server access log format"); trails are added by derivation.
    target = field_of(draft.doc(LOGGING), "LoggingEnabled", "TargetBucket")
    recorded: AnyFact = target if isinstance(target, Unknown) else Known(bool(target.value), LOGGING.via)
    sheet.put("logging.data_read", recorded)
    sheet.put("logging.data_write", recorded)


def _recovery_facts(draft: Draft, sheet: FactSheet) -> None:
    status = field_of(draft.doc(VERSIONING), "Status")
    mfa = field_of(draft.doc(VERSIONING), "MFADelete")
    sheet.put("recovery.versioning", status if isinstance(status, Unknown) else Known(status.value == "Enabled", VERSIONING.via))
    sheet.put("recovery.mfa_delete", mfa if isinstance(mfa, Unknown) else Known(mfa.value == "Enabled", VERSIONING.via))
    sheet.not_applicable("recovery.soft_delete_days", "S3 restores by version, not by soft delete")
    sheet.not_applicable("retention.legal_hold", "S3 holds objects, not buckets")
    sheet.not_applicable("recovery.point_in_time", "S3 has no restore to a second of its own")
    sheet.constant("recovery.redundancy", "multi-zone", "S3 User Guide, data protection: at least three zones, One Zone classes excepted")
    lock = field_of(draft.doc(OBJECT_LOCK), "ObjectLockConfiguration", "Rule", "DefaultRetention", absent={})
    if isinstance(lock, Unknown):
        sheet.put("immutability.mode", lock)
        sheet.put("immutability.min_days", lock)
        return
    sheet.known("immutability.mode", str(lock.value.get("Mode", "none")).lower(), OBJECT_LOCK.via)
    sheet.known("immutability.min_days", int(lock.value.get("Days") or 365 * int(lock.value.get("Years") or 0)), OBJECT_LOCK.via)


def _block(doc: Maybe[Doc | None]) -> dict[str, Maybe[bool]]:
    if isinstance(doc, Unknown):
        return dict.fromkeys(SWITCHES, doc)
    settings = (doc.value or {}).get("PublicAccessBlockConfiguration") or {}
    return {switch: Known(bool(settings.get(switch, False)), doc.via) for switch in SWITCHES}


def _either(one: Maybe[bool], other: Maybe[bool]) -> Maybe[bool]:
    for fact in (one, other):
        if isinstance(fact, Known) and fact.value:
            return fact
    return one if isinstance(one, Unknown) else other


def _both(flags: list[Maybe[bool]], via: Provenance) -> Maybe[bool]:
    for flag in flags:
        if isinstance(flag, Known) and not flag.value:
            return Known(False, via)
    return next((flag for flag in flags if isinstance(flag, Unknown)), Known(True, via))


def _policy(draft: Draft) -> Maybe[Policy | None]:
    text = field_of(draft.doc(POLICY), "Policy")
    if isinstance(text, Unknown) or text.value is None:
        return text
    try:
        return Known(parse_policy(text.value), POLICY.via)
    except PolicyError as error:
        return Unknown(UnknownReason.UNPARSABLE, POLICY.via, str(error))


def _audience(draft: Draft) -> Audience | Unknown:
    own, account = (
        _block(draft.doc(BLOCK)),
        _block(draft.docs.get("account-block", Unknown(UnknownReason.NOT_COLLECTED, ACCOUNT_BLOCK.via))),
    )
    parts: list[Audience] = []
    policy = _policy(draft)
    if isinstance(policy, Unknown):
        return policy
    if policy.value is not None:
        found = audience_of(policy.value, account=draft.resource.account, via=POLICY.via, data_actions=DATA_ACTIONS["s3"])
        parts.append(restrict_policy(found, _either(own["RestrictPublicBuckets"], account["RestrictPublicBuckets"])))
    if ownership(draft) != Known("BucketOwnerEnforced", OWNERSHIP.via):
        acl, ignore = draft.doc(ACL), _either(own["IgnorePublicAcls"], account["IgnorePublicAcls"])
        parts.append(unread_acl(acl, ignore) if isinstance(acl, Unknown) else _by_acl(acl.value or {}, ignore))
    # No policy, and ACLs are disabled.
    return combine(*parts) if parts else closed(POLICY.via)


def _by_acl(acl: Mapping[str, Any], ignore: Maybe[bool]) -> Audience:
    owner = str((acl.get("Owner") or {}).get("ID", ""))
    return acl_audience(acl.get("Grants") or (), owner_id=owner, ignore_public=ignore, via=ACL.via)


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of policy and ACL, as evidence."""
    audience = _audience(draft)
    return () if isinstance(audience, Unknown) else audience.grants


def _access_facts(draft: Draft, sheet: FactSheet) -> None:
    audience = _audience(draft)
    if isinstance(audience, Unknown):
        for name in AUDIENCE:
            sheet.put(name, audience)
    else:
        sheet.put("access.anonymous_read", audience.anonymous_read)
        sheet.put("access.anonymous_write", audience.anonymous_write)
        sheet.put("access.any_authenticated", audience.any_authenticated)
        sheet.put("access.external_principals", audience.external)
        sheet.put("access.external_conditioned", conditioned(audience))
    own = _block(draft.doc(BLOCK))
    sheet.put("access.public_blocked", _both([own[switch] for switch in SWITCHES], BLOCK.via))
    sheet.put("access.public_acls_blocked", _both([own["BlockPublicAcls"], own["IgnorePublicAcls"]], BLOCK.via))
    mode = ownership(draft)
    sheet.put(
        "access.acls_disabled",
        mode if isinstance(mode, Unknown) else Known(mode.value == "BucketOwnerEnforced", OWNERSHIP.via),
    )
    sheet.constant("access.shared_key_enabled", False, "S3 has no store-wide shared key")
    for name, read, path in (
        ("access.website_enabled", WEBSITE, ("IndexDocument",)),
        ("access.cors_any_origin", CORS, ("CORSRules",)),
    ):
        found = field_of(draft.doc(read), *path, absent=None)
        if isinstance(found, Unknown):
            sheet.put(name, found)
        elif read is WEBSITE:
            redirect = field_of(draft.doc(read), "RedirectAllRequestsTo", absent=None)
            sheet.known(name, bool(found.value) or bool(isinstance(redirect, Known) and redirect.value), read.via)
        else:
            sheet.known(name, any("*" in (rule.get("AllowedOrigins") or ()) for rule in found.value or ()), read.via)
    _policy_facts(draft, sheet)


def _policy_facts(draft: Draft, sheet: FactSheet) -> None:
    policy, above = _policy(draft), perimeter.above(draft.doc(perimeter.ORGANISATION), "s3")
    sheet.constant("network.public_endpoint", True, "S3 is reached through public regional endpoints")
    if isinstance(policy, Unknown):
        for name in POLICY.facts - AUDIENCE:
            sheet.put(name, policy)
        sheet.put(perimeter.PERIMETER, either(policy, above))
        # Amazon S3 endpoints accept TLS 1.2 and newer only (AWS Security Blog, "TLS 1.2 to become the minimum", complete since 2024).
        sheet.constant("transport.min_tls", "1.2", "AWS API endpoints require TLS 1.2 or newer")
        return
    required, _floor = tls_of(policy.value, service="s3", via=POLICY.via)
    sheet.put("transport.tls_required", required)
    sheet.constant("transport.min_tls", "1.2", "AWS API endpoints require TLS 1.2 or newer")
    restricted = source_restricted(policy.value, POLICY.via) if policy.value else Known(False, POLICY.via)
    sheet.put("network.private_endpoint", restricted)
    sheet.put("network.ingress_any", restricted if isinstance(restricted, Unknown) else Known(not restricted.value, POLICY.via))
    inside = organisation_restricted(policy.value, "s3", POLICY.via) if policy.value else Known(False, POLICY.via)
    sheet.put(perimeter.PERIMETER, either(inside, above))
    age = signature_age_hours(policy.value, POLICY.via) if policy.value else Known(UNLIMITED, POLICY.via)
    # SigV4 pre-signed URLs live seven days at most (S3 User Guide, "Sharing objects with presigned URLs").
    sheet.put("access.bearer_link_max_hours", age if isinstance(age, Unknown) else Known(min(age.value, 168), age.via))


def _lifecycle_facts(draft: Draft, sheet: FactSheet) -> None:
    rules = field_of(draft.doc(LIFECYCLE), "Rules", absent=[])
    names = ("retention.expiry_configured", "retention.delete_after_days", "retention.noncurrent_days")
    if isinstance(rules, Unknown):
        for name in names:
            sheet.put(name, rules)
        return
    active = [rule for rule in rules.value if rule.get("Status") == "Enabled"]
    current = [rule for rule in active if (rule.get("Expiration") or {}).get("Days") or (rule.get("Expiration") or {}).get("Date")]
    whole = [int(rule["Expiration"]["Days"]) for rule in current if _whole_bucket(rule) and rule["Expiration"].get("Days")]
    sheet.known(names[0], bool(current), LIFECYCLE.via)
    sheet.known(names[1], min(whole, default=UNLIMITED), LIFECYCLE.via)
    old = [
        int(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        for rule in active
        if _whole_bucket(rule) and (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
    ]
    status = field_of(draft.doc(VERSIONING), "Status")
    if isinstance(status, Known) and status.value is None:
        sheet.put(names[2], NotApplicable("the bucket has never been versioned", VERSIONING.via))
    elif isinstance(status, Unknown):
        sheet.put(names[2], status)
    else:
        sheet.known(names[2], min(old, default=UNLIMITED), LIFECYCLE.via)


def _whole_bucket(rule: Mapping[str, Any]) -> bool:
    chosen = rule.get("Filter")
    if chosen is None:
        return not rule.get("Prefix")
    return not any(chosen.get(key) for key in ("Prefix", "Tag", "And", "ObjectSizeGreaterThan", "ObjectSizeLessThan"))


COLLECTOR = Collector(
    "s3",
    (
        LIST,
        ACCOUNT_BLOCK,
        keys.LIST_ALIASES,
        ENCRYPTION,
        LOGGING,
        VERSIONING,
        REPLICATION,
        BLOCK,
        POLICY,
        OWNERSHIP,
        ACL,
        LIFECYCLE,
        WEBSITE,
        CORS,
        OBJECT_LOCK,
        *perimeter.READS,
    ),
    survey,
    facts,
    links,
    grants,
    RECORDED,
    History(frozenset({"s3.amazonaws.com"}), frozenset({"AWS::S3::Bucket"}), frozenset({"CreateBucket"})),
)
