"""KMS keys with their aliases, key policy and grants.

A key without a policy gets the default key policy: the account's root may do everything, so that IAM decides who else may (KMS Developer
Guide, "Default key policy").
"""

from __future__ import annotations

from typing import Final

from tierwise.access.audience import DATA_ACTIONS, audience_of, combine
from tierwise.access.document import Policy, parse_policy
from tierwise.access.key import key_use
from tierwise.access.key_grants import KeyGrant, grant_audience, named_only, overlap
from tierwise.connectors.terraform import aws
from tierwise.connectors.terraform.aws import Absent, Split, defaulted, setting, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT, policy_at
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Resource

KEY, ALIAS, POLICY, GRANT = "aws_kms_key", "aws_kms_alias", "aws_kms_key_policy", "aws_kms_grant"
_PRINCIPALS: Final = frozenset({"aws_iam_role", "aws_iam_user"})
_IMPORTED: Final = frozenset({"aws_kms_external_key", "aws_kms_replica_external_key"})
_REPLICAS: Final = frozenset({"aws_kms_replica_key", "aws_kms_replica_external_key"})
_NOBODY: Final = "000000000000"
"""Stands for the own account where it is not known; the default key policy names no other."""
_DEFAULT: Final = "constant: KMS Developer Guide, default key policy: the account's root may do everything"
_ROTATION: Final = ("key.rotation_enabled", "key.rotation_days")
_YEAR: Final = 365
_MONTH: Final = 30


def convert(key: Planned, plan: Plan) -> Resource:
    """A planned key."""
    sheet = FactSheet()
    _material(key, sheet)
    _rotation(key, plan, sheet)
    enabled = defaulted(key, "enabled" if key.type != KEY else "is_enabled", True)
    sheet.put("key.state", enabled if isinstance(enabled, Unknown) else Known("enabled" if enabled.value else "disabled", enabled.via))
    days = key.root.number("deletion_window_in_days")
    # 30 days where nothing is written (KMS API Reference, ScheduleKeyDeletion, PendingWindowInDays).
    sheet.put("key.deletion_window_days", days if isinstance(days, Unknown) else Known(days.value or _MONTH, days.via))
    sheet.constant(
        "key.purge_protected", True, "KMS API Reference, ScheduleKeyDeletion: no key is deleted before a wait of at least 7 days"
    )
    grants = _access(key, plan, sheet)
    names = [name for one in plan.children(key, ALIAS).found if (name := text_or(one.root, "name"))]
    arns = [text_or(one.root, "arn") for one in plan.children(key, ALIAS).found]
    shown = names[0].removeprefix("alias/") if names else key.place.name
    aliases = (text_or(key.root, "key_id"), text_or(key.root, "arn"), *names, *arns)
    description = text_or(key.root, "description")
    return plan.resource(key, Kind.KEY, shown, sheet.facts, aliases=aliases, description=description, grants=grants)


def _material(key: Planned, sheet: FactSheet) -> None:
    """Where the key material lives; imported material is kept in KMS's modules too, a custom key store in CloudHSM or outside AWS."""
    outside = key.root.text("xks_key_id")
    if isinstance(outside, Unknown) and (key.root.is_written("xks_key_id") or not key.is_new):
        sheet.put("key.protection_level", outside)
    elif isinstance(outside, Known) and outside.value:
        sheet.known("key.protection_level", "external", outside.via)
    else:
        sheet.constant("key.protection_level", "hsm", "KMS Developer Guide, data protection: keys are kept in FIPS 140-3 validated HSMs")


def _rotation(key: Planned, plan: Plan, sheet: FactSheet) -> None:
    if why := _why_no_rotation(key):
        for name in _ROTATION:
            sheet.not_applicable(name, why, key.root.via)
        return
    if key.type in _REPLICAS:
        # Rotation is a shared property of a multi-Region key, set on its primary (KMS Developer Guide, "Multi-Region keys").
        way = plan.resolve(key, key.root, ("primary_key_arn",), {KEY})
        primary = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
        if primary is None:
            unknown = Unknown(UnknownReason.UNRESOLVED_REFERENCE, key.at("primary_key_arn"), "rotation is set on the primary key")
            for name in _ROTATION:
                sheet.put(name, unknown)
            return
        key = primary
    enabled = defaulted(key, "enable_key_rotation", False)
    period = key.root.number("rotation_period_in_days")
    if isinstance(period, Unknown) and key.root.is_computed("rotation_period_in_days"):
        period = Known(None, period.via)
    sheet.put(_ROTATION[0], enabled)
    interval: AnyFact
    if isinstance(enabled, Unknown):
        interval = enabled
    elif not enabled.value:
        interval = Known(UNLIMITED, enabled.via)
    else:
        # 365 days where no period is written (KMS API Reference, EnableKeyRotation).
        interval = period if isinstance(period, Unknown) else Known(period.value or _YEAR, period.via)
    sheet.put(_ROTATION[1], interval)


def _why_no_rotation(key: Planned) -> str:
    """Why a key cannot rotate by itself: only symmetric encryption keys whose material KMS made can."""
    if key.type in _IMPORTED:
        return "KMS does not rotate keys of origin EXTERNAL"
    spec = next((text for name in ("customer_master_key_spec", "key_spec") if (text := text_or(key.root, name))), "SYMMETRIC_DEFAULT")
    if spec != "SYMMETRIC_DEFAULT":
        return f"KMS does not rotate {spec} keys"
    store = key.root.text("custom_key_store_id")
    named = store.value if isinstance(store, Known) else key.root.is_written("custom_key_store_id")
    return "KMS does not rotate keys of a custom key store" if named else ""


def _policy(key: Planned, plan: Plan) -> Maybe[Policy | None]:
    """The key policy; None for the default one."""
    own = setting(plan, key, POLICY)
    match own:
        case Split(planned=planned):
            return policy_at(plan, planned, planned.root, "policy")
        case Unknown() if plan.children(key, POLICY).loose is not None:
            return own
        case Absent(new=False, via=via):
            return Known(None, via)
        case _:
            pass
    written = key.root.text("policy")
    if isinstance(written, Unknown) and key.is_new and key.root.is_computed("policy"):
        return Known(None, written.via)
    if isinstance(written, Known) and written.value is None and isinstance(own, Unknown) and not key.root.has("policy"):
        return own
    return policy_at(plan, key, key.root, "policy")


def _access(key: Planned, plan: Plan, sheet: FactSheet) -> tuple[Grant, ...]:
    policy, account = _policy(key, plan), plan.providers.account(key)
    via = key.at("policy")
    if isinstance(policy, Known):
        via = policy.via
        if policy.value is None:
            account = account or _NOBODY
            via = Provenance(_DEFAULT)
            policy = Known(_default_policy(account), via)
    aws.put_endpoint(policy, "kms", via, sheet, Kind.KEY)
    if isinstance(policy, Unknown) or policy.value is None:
        why = policy if isinstance(policy, Unknown) else Unknown(UnknownReason.UNPARSABLE, via, "the key has no policy")
        for name in ("key.decrypt_named_only", "key.admin_user_overlap"):
            sheet.put(name, why)
        return aws.put_audience(aws.audience(why, "kms", account, via), sheet, Kind.KEY)
    by_grants = _grants(key, plan)
    found = audience_of(policy.value, account=account, via=via, data_actions=DATA_ACTIONS["kms"])
    grants = aws.put_audience(combine(found, grant_audience(by_grants, account, by_grants.via)), sheet, Kind.KEY)
    use = key_use(policy.value, account=account, via=via)
    sheet.put("key.decrypt_named_only", named_only(use.decrypt_named_only, by_grants, account, by_grants.via))
    sheet.put("key.admin_user_overlap", overlap(use, by_grants))
    return grants


def _grants(key: Planned, plan: Plan) -> Maybe[tuple[KeyGrant, ...]]:
    """The grants of this plan, in the shape in which KMS lists them; those that services give themselves stand in no plan."""
    children = plan.children(key, GRANT)
    if children.loose is not None:
        return children.loose
    found: list[KeyGrant] = []
    for child in children.found:
        one = _grant(child, plan)
        if isinstance(one, Unknown):
            return one
        found.append(one.value)
    return Known(tuple(found), children.found[0].root.via if children.found else key.root.via)


def _grant(grant: Planned, plan: Plan) -> Maybe[KeyGrant]:
    operations, constraints = grant.root.texts("operations"), grant.root.blocks("constraints")
    grantee = grant.root.text("grantee_principal")
    for part in (operations, constraints):
        if isinstance(part, Unknown):
            return part
    if isinstance(operations, Known) and operations.value.open is not None:
        return operations.value.open
    if isinstance(grantee, Unknown) and grantee.reason is UnknownReason.KNOWN_AFTER_APPLY:
        # A role or user of this plan is one of its own account, whatever its ARN will be.
        way = plan.resolve(grant, grant.root, ("grantee_principal",), _PRINCIPALS)
        grantee = Known(plan.id_of(way.address), grantee.via) if isinstance(way, Resolved) else grantee
    if isinstance(grantee, Unknown):
        return grantee
    contexts: dict[str, object] = {}
    for block in constraints.value if isinstance(constraints, Known) else ():
        for argument in ("encryption_context_equals", "encryption_context_subset"):
            context = block.entries(argument)
            if isinstance(context, Unknown):
                return context
            contexts[argument] = context.value
    names = operations.value.known if isinstance(operations, Known) else ()
    return Known({"GranteePrincipal": grantee.value or "", "Operations": names, "Constraints": contexts}, grant.root.via)


def _default_policy(account: str) -> Policy:
    root = f"arn:aws:iam::{account}:root"
    statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]})


_NAMES: Final = ("key_id", "arn", "id")
CONVERTER = Converter(
    aws.KEYS,
    convert,
    (Child(ALIAS, "target_key_id", _NAMES), Child(POLICY, "key_id", _NAMES), Child(GRANT, "key_id", _NAMES)),
    frozenset({DOCUMENT}),
)
