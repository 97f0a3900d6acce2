"""Customer managed KMS keys: where their material lives, who may use and administer them, and whether they rotate.

AWS managed keys are no resources of their own: nobody outside AWS can change them. They are told by their alias (`alias/aws/...`), without a
call per key. Where a field of DescribeKey is absent, the docstring of the fact's function says what that means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, Final

from tierwise.access.audience import combine
from tierwise.access.key import key_use
from tierwise.access.key_grants import grant_audience, is_constrained, named_only, overlap
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.gather import gather
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.recorded import Recorded, members, part
from tierwise.connectors.aws.resource_policy import (
    audience_from,
    grants_of,
    parsed,
    policy_fact_names,
    policy_facts,
    policy_text,
    put_audience,
)
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import (
    NOWHERE,
    UNLIMITED,
    AnyFact,
    FactSheet,
    Known,
    Maybe,
    Provenance,
    Unknown,
    UnknownReason,
)
from tierwise.model.resource import Evidence, Grant, Kind, Resource

_KEY_FACTS = frozenset({"key.decrypt_named_only", "key.admin_user_overlap"})
_ROTATION: Final = ("key.rotation_enabled", "key.rotation_days")
_STARTED: Final = "the run's start"
_WINDOW: Final = (7, 30)
"""The shortest and longest wait in days before a key is deleted (API Reference, ScheduleKeyDeletion, PendingWindowInDays)."""
_STATES: Final = {
    # Developer Guide, "Key states of AWS KMS keys": a key being updated works, one being created, awaiting import or cut off from its
    # custom key store does not.
    "Enabled": "enabled",
    "Updating": "enabled",
    "Disabled": "disabled",
    "Creating": "disabled",
    "PendingImport": "disabled",
    "Unavailable": "disabled",
    "PendingDeletion": "pending-deletion",
    "PendingReplicaDeletion": "pending-deletion",
}
_PROTECTION: Final = {"EXTERNAL": "hsm", "AWS_CLOUDHSM": "hsm", "EXTERNAL_KEY_STORE": "external"}


def _key(draft: Draft) -> Mapping[str, Any]:
    return {"KeyId": draft.resource.id}


def _if_rotatable(draft: Draft) -> Mapping[str, Any] | None:
    return None if _why_no_rotation(draft) else _key(draft)


def _policy_named(draft: Draft) -> Mapping[str, Any]:
    return {"KeyId": draft.resource.id, "PolicyName": "default"}


def _grants(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    return gather(caller, GRANTS, "Grants", KeyId=draft.resource.id)


LIST = Read("kms", "ListKeys", "kms:ListKeys", kinds=frozenset({Kind.KEY}))
DESCRIBE = Read("kms", "DescribeKey", "kms:DescribeKey", facts=frozenset({"key.protection_level", "key.state", "key.deletion_window_days"}))
ROTATION = Read("kms", "GetKeyRotationStatus", "kms:GetKeyRotationStatus", Stage.DETAIL, frozenset(_ROTATION), params=_if_rotatable)
POLICY = Read("kms", "GetKeyPolicy", "kms:GetKeyPolicy", Stage.DETAIL, policy_fact_names(Kind.KEY) | _KEY_FACTS, params=_policy_named)
GRANTS = Read(
    "kms",
    "ListGrants",
    "kms:ListGrants",
    Stage.DETAIL,
    _KEY_FACTS | {"access.external_principals", "access.external_conditioned"},
    make=_grants,
)


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the customer managed keys of one region."""
    table = keys.aliases(caller)
    for item in caller.listing(LIST, "Keys"):
        key, arn = str(item["KeyId"]), str(item["KeyArn"])
        names = field_of(table, key, absent=[])
        aliases = [str(name) for name in names.value] if isinstance(names, Known) else []
        if any(name.startswith("alias/aws/") for name in aliases):
            continue
        described = caller.ask(DESCRIBE, arn, KeyId=key)
        manager = field_of(described, "KeyMetadata", "KeyManager")
        if isinstance(manager, Known) and manager.value == "AWS":
            continue
        text = field_of(described, "KeyMetadata", "Description", absent="")
        head = f"arn:{caller.partition}:kms:{caller.region}:{caller.account}:"
        resource = Resource(
            arn,
            Kind.KEY,
            "kms.key",
            "aws",
            caller.account,
            caller.region,
            aliases[0].removeprefix("alias/") if aliases else key,
            tags=caller.tags_of(arn),
            aliases=(key, *aliases, *(head + name for name in aliases)),
            evidence=Evidence(str(text.value)) if isinstance(text, Known) else Evidence(),
        )
        yield Draft(resource, {DESCRIBE.operation: described, _STARTED: Known({"now": caller.now}, NOWHERE)})


def _meta(draft: Draft, name: str) -> Maybe[Any]:
    return field_of(draft.doc(DESCRIBE), "KeyMetadata", name)


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a key that its documents so far allow."""
    sheet = FactSheet()
    sheet.put("key.protection_level", _protection_level(draft))
    state = _meta(draft, "KeyState")
    sheet.put("key.state", state if isinstance(state, Unknown) else _word(_STATES, state.value, "KeyState"))
    sheet.put("key.deletion_window_days", _deletion_window(draft, state))
    sheet.constant(
        "key.purge_protected", True, "KMS API Reference, ScheduleKeyDeletion: no key is deleted before a wait of at least 7 days"
    )
    _rotation_facts(draft, sheet)
    _access_facts(draft, sheet)
    return sheet.facts


def _word(table: Mapping[str, str], value: object, field: str) -> AnyFact:
    if str(value) in table:
        return Known(table[str(value)], DESCRIBE.via)
    return Unknown(UnknownReason.NOT_SUPPORTED, DESCRIBE.via, f"{field} {value}")


def _protection_level(draft: Draft) -> AnyFact:
    """Where the material lives, by Origin; it is always returned for customer managed keys."""
    origin = _meta(draft, "Origin")
    if isinstance(origin, Unknown):
        return origin
    if origin.value == "AWS_KMS":
        return Known(
            "hsm", Provenance("constant: KMS Developer Guide, data protection: keys are kept in FIPS 140-3 validated HSMs", DESCRIBE.action)
        )
    return _word(_PROTECTION, origin.value, "Origin")


def _deletion_window(draft: Draft, state: Maybe[Any]) -> AnyFact:
    """The wait before deletion: it is chosen when deletion is asked for, and then at least as long as what is left of it.

    PendingDeletionWindowInDays is present for the primary of a multi-Region key alone, DeletionDate while a deletion is pending.
    """
    given, until = _meta(draft, "PendingDeletionWindowInDays"), _meta(draft, "DeletionDate")
    if isinstance(state, Unknown) or isinstance(given, Unknown) or isinstance(until, Unknown):
        why = state if isinstance(state, Unknown) else Unknown(UnknownReason.NOT_COLLECTED, DESCRIBE.via)
        return Unknown(why.reason, DESCRIBE.via, why.detail, between=_WINDOW)
    if given.value:
        return Known(int(given.value), DESCRIBE.via)
    now = field_of(draft.docs.get(_STARTED, Known(None)), "now")
    if until.value is None or isinstance(now, Unknown) or now.value is None:
        return Unknown(UnknownReason.NOT_SUPPORTED, DESCRIBE.via, "the window is chosen when deletion is asked for", between=_WINDOW)
    left = ceil((until.value - now.value).total_seconds() / 86_400)
    if left >= _WINDOW[1]:
        return Known(_WINDOW[1], DESCRIBE.via)
    detail = f"{max(left, 0)} days of the window are left"
    return Unknown(UnknownReason.NOT_SUPPORTED, DESCRIBE.via, detail, between=(max(left, _WINDOW[0]), _WINDOW[1]))


def _why_no_rotation(draft: Draft) -> str:
    """Why a key cannot rotate by itself; empty where it can, or where that is not known.

    Automatic rotation is for symmetric encryption keys whose material KMS made (Developer Guide, "Rotate AWS KMS keys").
    """
    origin, spec = _meta(draft, "Origin"), _meta(draft, "KeySpec")
    if isinstance(origin, Known) and origin.value not in (None, "AWS_KMS"):
        return f"KMS does not rotate keys of origin {origin.value}"
    if isinstance(spec, Known) and spec.value not in (None, "SYMMETRIC_DEFAULT"):
        return f"KMS does not rotate {spec.value} keys"
    return ""


def _rotation_facts(draft: Draft, sheet: FactSheet) -> None:
    if why := _why_no_rotation(draft):
        for name in _ROTATION:
            sheet.not_applicable(name, why, DESCRIBE.via)
        return
    enabled = field_of(draft.doc(ROTATION), "KeyRotationEnabled", absent=False)
    # The period is 365 days where none is given (API Reference, GetKeyRotationStatus, RotationPeriodInDays).
    period = field_of(draft.doc(ROTATION), "RotationPeriodInDays", absent=365)
    if isinstance(enabled, Unknown) or isinstance(period, Unknown):
        for name in _ROTATION:
            sheet.put(name, enabled if isinstance(enabled, Unknown) else period)
        return
    sheet.known("key.rotation_enabled", bool(enabled.value), ROTATION.via)
    sheet.known("key.rotation_days", int(period.value) if enabled.value else UNLIMITED, ROTATION.via)


def _access_facts(draft: Draft, sheet: FactSheet) -> None:
    account, text = draft.resource.account, policy_text(draft.doc(POLICY), "Policy")
    policy_facts(text, "kms", account, POLICY.via, sheet, kind=Kind.KEY)
    policy, listed = parsed(text, POLICY.via), field_of(draft.doc(GRANTS), "Grants", absent=())
    by_grants = grant_audience(listed, account, GRANTS.via)
    put_audience(combine(audience_from(policy, "kms", account, POLICY.via), by_grants), sheet, Kind.KEY)
    if isinstance(policy, Unknown) or policy.value is None:
        why = policy if isinstance(policy, Unknown) else Unknown(UnknownReason.UNPARSABLE, POLICY.via, "the key has no policy")
        for name in _KEY_FACTS:
            sheet.put(name, why)
        return
    use = key_use(policy.value, account=account, via=POLICY.via)
    sheet.put("key.decrypt_named_only", named_only(use.decrypt_named_only, listed, account, GRANTS.via))
    sheet.put("key.admin_user_overlap", overlap(use, listed))


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The statements of the key policy and the key's grants, as evidence."""
    found = list(grants_of(parsed(policy_text(draft.doc(POLICY), "Policy"), POLICY.via), POLICY.via))
    listed = field_of(draft.doc(GRANTS), "Grants", absent=())
    for one in listed.value if isinstance(listed, Known) else ():
        operations = tuple(f"kms:{name}" for name in one.get("Operations") or ())
        principal = str(one.get("GranteePrincipal") or one.get("GranteeServicePrincipal") or "")
        found.append(Grant(principal, operations, (draft.resource.id,), conditioned=is_constrained(one), via=GRANTS.via))
    return tuple(found)


def _described(item: Mapping[str, Any]) -> Doc | None:
    """What DescribeKey answers, out of an item of AWS Config, whose schema has these members of `KeyMetadata`.

    It has no PendingDeletionWindowInDays, so keys that wait for deletion are described by KMS. CustomerMasterKeySpec is the older name of KeySpec and has the
    same value (API Reference, KeyMetadata). Of rotation it has the switch alone (`KeyRotationStatus`), without the period.
    """
    told = members(
        part(item, "configuration"), KeyId=str, KeyManager=str, KeyState=str, Origin=str, CustomerMasterKeySpec=str, Description=str
    )
    if told is None or _STATES.get(told["KeyState"]) not in ("enabled", "disabled"):
        return None
    return {"KeyMetadata": {**told, "KeySpec": told["CustomerMasterKeySpec"]}}


_COLUMNS: Final = tuple(
    f"configuration.{name}" for name in ("keyId", "keyManager", "keyState", "origin", "customerMasterKeySpec", "description")
)
RECORDED: Final = Recorded("AWS::KMS::Key", _COLUMNS, {DESCRIBE.operation: _described})
COLLECTOR = Collector("kms", (LIST, keys.LIST_ALIASES, DESCRIBE, ROTATION, POLICY, GRANTS), survey, facts, grants=grants, recorded=RECORDED)
