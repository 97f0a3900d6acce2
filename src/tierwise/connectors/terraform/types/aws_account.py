"""The account as the guardrails of a plan set it: one resource for each account, or for each provider block whose account is not known.

It stands at the first of its guardrails. A regional guardrail speaks for the region of its provider block; several of one account must all hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tierwise.connectors.terraform.aws import defaulted
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

BLOCK, DISKS = "aws_s3_account_public_access_block", "aws_ebs_encryption_by_default"
DETECTOR, FEATURE = "aws_guardduty_detector", "aws_guardduty_detector_feature"
TYPES: Final = frozenset({BLOCK, DISKS, DETECTOR})
_SETS: Final = {BLOCK: "account.public_access_blocked", DISKS: "account.disk_encryption_default", DETECTOR: "account.threat_detection"}
_SWITCHES: Final = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
_PLANS: Final = {
    "S3_DATA_EVENTS": Kind.OBJECT_STORE,
    "RDS_LOGIN_EVENTS": Kind.RELATIONAL_DB,
    "EBS_MALWARE_PROTECTION": Kind.BLOCK_VOLUME,
}
"""GuardDuty's protection plans by the kind of store that they watch (GuardDuty API Reference, DetectorFeatureResult)."""


def convert(guardrail: Planned, plan: Plan) -> Resource | None:
    """The account, at the first of its guardrails."""
    ours = [one for one in _guardrails(plan) if _place(one, plan) == _place(guardrail, plan)]
    if ours[0] is not guardrail:
        return None
    sheet = FactSheet()
    living = [one for one in ours if not one.is_gone]
    for one in ours:
        if one.is_gone:
            # Terraform AWS provider: deleting a guardrail deletes the block, disables the encryption, deletes the detector.
            sheet.known(_SETS[one.type], False, one.root.via)
    if blocks := [one for one in living if one.type == BLOCK]:
        # Terraform AWS provider, aws_s3_account_public_access_block: every switch is false by default.
        sheet.put(_SETS[BLOCK], _all(defaulted(one, name, False) for one in blocks for name in _SWITCHES))
    if disks := [one for one in living if one.type == DISKS]:
        sheet.put(_SETS[DISKS], _all(defaulted(one, "enabled", True) for one in disks))
    if detectors := [one for one in living if one.type == DETECTOR]:
        sheet.put(_SETS[DETECTOR], _all(defaulted(one, "enable", True) for one in detectors))
        _plans(detectors, plan, sheet)
    account = plan.providers.account(guardrail)
    found = plan.resource(guardrail, Kind.ACCOUNT, account or f"provider {guardrail.provider or 'aws'}", sheet.facts, aliases=(account,))
    tags = absent(guardrail.root.via, "the tags of an account are not in a plan")
    return replace(found, tags=tags, evidence=replace(found.evidence, unread=()))


def _guardrails(plan: Plan) -> Iterable[Planned]:
    """Those that stand after the plan in its order, then those that it deletes."""
    for address, one in plan.by_address.items():
        if one.type in TYPES and one.place.mode == "managed" and address in plan.judged:
            yield one
    for kind in sorted(TYPES):
        yield from (one for one in plan.by_type.get(kind, ()) if one.is_gone)


def _place(one: Planned, plan: Plan) -> str:
    return plan.providers.account(one) or one.provider


def _all(flags: Iterable[Maybe[bool]]) -> Maybe[bool]:
    """True where every one says so, false where one denies it."""
    every = list(flags)
    for flag in every:
        if isinstance(flag, Known) and not flag.value:
            return flag
    return next((flag for flag in every if isinstance(flag, Unknown)), every[0])


def _plans(detectors: list[Planned], plan: Plan, sheet: FactSheet) -> None:
    """What every detector watches: a plan that is not named keeps the default that GuardDuty chooses for the region."""
    certain: frozenset[str] | None = None
    open_: Unknown | None = None
    for one in detectors:
        on, off = _named(one, plan)
        if len(on) + len(off) < len(_PLANS):
            open_ = Unknown(UnknownReason.KNOWN_AFTER_APPLY, one.root.via, "protection plans that are not named keep GuardDuty's default")
        certain = on if certain is None else certain & on
    found = certain or frozenset()
    sheet.put("account.threat_plans", Known(found, detectors[0].root.via) if open_ is None else open_.including(found))


def _named(detector: Planned, plan: Plan) -> tuple[frozenset[str], frozenset[str]]:
    """The kinds whose protection plan is certainly on, and certainly off."""
    running = defaulted(detector, "enable", True)
    if isinstance(running, Known) and not running.value:
        return frozenset(), frozenset(kind.value for kind in _PLANS.values())
    on: set[str] = set()
    off: set[str] = set()
    state = detector.root.flag("datasources", 0, "s3_logs", 0, "enable")
    if isinstance(state, Known) and state.value is not None:
        (on if state.value else off).add(Kind.OBJECT_STORE.value)
    for feature in plan.children(detector, FEATURE).found:
        name, status = feature.root.text("name"), feature.root.text("status")
        kind = _PLANS.get(name.value or "") if isinstance(name, Known) else None
        if kind is not None and isinstance(status, Known):
            (on if status.value == "ENABLED" else off).add(kind.value)
    return frozenset(on), frozenset(off)


CONVERTER = Converter(TYPES, convert, (Child(FEATURE, "detector_id", ("id",), of=DETECTOR),), outlived=True)
