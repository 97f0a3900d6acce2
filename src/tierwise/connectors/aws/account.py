"""The account itself: root user, guardrails of the whole account, and guardrails that every region keeps for itself.

A regional guardrail is folded over the scanned regions that are open: it holds where every one of them has it. What `not configured` means:
a missing account block blocks nothing; an account outside any organisation, and the management account itself, can lift its own
guardrails (service control policies never restrict the management account: Organizations User Guide, "Service control policies").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tierwise.connectors.aws import account_lock, flow_logs
from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.organisation import TAGS, tags_of
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.s3_reads import ACCOUNT_BLOCK
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

_SWITCHES: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_PLANS: Final[Mapping[str, Kind]] = {
    "S3_DATA_EVENTS": Kind.OBJECT_STORE,
    "RDS_LOGIN_EVENTS": Kind.RELATIONAL_DB,
    "EBS_MALWARE_PROTECTION": Kind.BLOCK_VOLUME,
}
"""GuardDuty's protection plans by the kind of store that they watch (GuardDuty API Reference, DetectorFeatureResult)."""
_SUPPORT: Final = "AWS, Data Privacy FAQ: AWS does not access or use customers' content without their agreement"
_THREATS: Final = frozenset({"account.threat_detection", "account.threat_plans"})


def _disks(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    return _by_region(caller, DISKS.via, lambda place: place.ask(DISKS))


def _threats(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    return _by_region(caller, DETECTOR.via, _detector)


def _detector(place: Caller) -> Maybe[Doc | None]:
    """The region's detector; None where there is none. GuardDuty keeps at most one a region (CreateDetector)."""
    try:
        ids = [str(one) for one in place.listing(DETECTORS, "DetectorIds")]
    except ListingFailedError as failed:
        return Unknown(UnknownReason(failed.gap.reason), DETECTORS.via, failed.gap.detail)
    return place.ask(DETECTOR, DetectorId=ids[0]) if ids else Known(None, DETECTORS.via)


def _by_region(caller: Caller, via: Provenance, ask: Callable[[Caller], Maybe[Doc | None]]) -> Maybe[Doc | None]:
    """Answers by region, unknown ones included; unknown as a whole where no region was scanned."""
    answers = {place.region: ask(place) for place in caller.everywhere()}
    return Known(answers, via) if answers else Unknown(UnknownReason.NOT_COLLECTED, via, "no scanned region is open")


SUMMARY = Read(
    "iam",
    "GetAccountSummary",
    "iam:GetAccountSummary",
    Stage.DETAIL,
    frozenset({"account.root_mfa", "account.root_keys", "credential.mfa_enabled"}),
    params=lambda _draft: {},
)
DISKS = Read(
    "ec2",
    "GetEbsEncryptionByDefault",
    "ec2:GetEbsEncryptionByDefault",
    Stage.DETAIL,
    frozenset({"account.disk_encryption_default"}),
    make=_disks,
)
DETECTORS = Read("guardduty", "ListDetectors", "guardduty:ListDetectors", Stage.DETAIL, _THREATS)
DETECTOR = Read("guardduty", "GetDetector", "guardduty:GetDetector", Stage.DETAIL, _THREATS, make=_threats)


def survey(caller: Caller) -> Iterator[Draft]:
    """The one resource that is the account."""
    block = caller.once_per_account(ACCOUNT_BLOCK.operation, lambda: caller.ask(ACCOUNT_BLOCK, AccountId=caller.account))
    tags = tags_of(caller, caller.account, caller.once_per_account)
    arn = f"arn:{caller.partition}:iam::{caller.account}:root"
    resource = Resource(
        arn, Kind.ACCOUNT, "account", "aws", caller.account, caller.region, caller.account, tags=tags, aliases=(caller.account,)
    )
    yield Draft(resource, {ACCOUNT_BLOCK.operation: block})


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of the account that its documents so far allow."""
    sheet = FactSheet()
    sheet.put("account.public_access_blocked", _blocked(draft.doc(ACCOUNT_BLOCK)))
    sheet.put(account_lock.LOCKED, account_lock.locked(draft))
    _root_facts(draft, sheet)
    sheet.put("account.disk_encryption_default", _disks_encrypted(draft))
    _threat_facts(draft, sheet)
    sheet.put(flow_logs.FLOW_LOGS, flow_logs.kept(draft.doc(flow_logs.LOGS)))
    sheet.constant("account.support_access_controlled", True, _SUPPORT)
    return sheet.facts


def _blocked(block: Maybe[Doc | None]) -> Maybe[bool]:
    settings = field_of(block, "PublicAccessBlockConfiguration", absent={})
    if isinstance(settings, Unknown):
        return settings
    return Known(all((settings.value or {}).get(switch, False) for switch in _SWITCHES), ACCOUNT_BLOCK.via)


def _root_facts(draft: Draft, sheet: FactSheet) -> None:
    summary = field_of(draft.doc(SUMMARY), "SummaryMap", absent={})
    if isinstance(summary, Unknown):
        for name in SUMMARY.facts:
            sheet.put(name, summary)
        return
    mfa, keys = _count(summary.value, "AccountMFAEnabled"), _count(summary.value, "AccountAccessKeysPresent")
    sheet.put("account.root_keys", keys)
    password = summary.value.get("AccountPasswordPresent")
    if password == 0 and keys == Known(0, SUMMARY.via):
        # An organisation can take the root user's credentials away altogether (IAM User Guide, "Centrally manage root access").
        for name in ("account.root_mfa", "credential.mfa_enabled"):
            sheet.put(name, NotApplicable("the root user has neither password nor keys", SUMMARY.via))
        return
    enabled = mfa if isinstance(mfa, Unknown) else Known(mfa.value > 0, SUMMARY.via)
    sheet.put("account.root_mfa", enabled)
    sheet.put("credential.mfa_enabled", enabled)


def _count(summary: Mapping[str, Any], key: str) -> Maybe[int]:
    # Every key of the summary is always sent; one that is missing was not answered.
    return Known(int(summary[key]), SUMMARY.via) if key in summary else Unknown(UnknownReason.API_ERROR, SUMMARY.via, f"no {key}")


def _disks_encrypted(draft: Draft) -> Maybe[bool]:
    regions = draft.doc(DISKS)
    if isinstance(regions, Unknown):
        return regions
    answers = [field_of(answer, "EbsEncryptionByDefault", absent=False) for answer in (regions.value or {}).values()]
    return _all([answer if isinstance(answer, Unknown) else Known(bool(answer.value), answer.via) for answer in answers], DISKS.via)


def _threat_facts(draft: Draft, sheet: FactSheet) -> None:
    regions = draft.doc(DETECTOR)
    if isinstance(regions, Unknown):
        for name in _THREATS:
            sheet.put(name, regions)
        return
    detectors = list((regions.value or {}).values())
    running = [one if isinstance(one, Unknown) else Known(_runs(one.value), DETECTOR.via) for one in detectors]
    sheet.put("account.threat_detection", _all(running, DETECTOR.via))
    known = [_plans(one.value) for one in detectors if isinstance(one, Known)]
    shared = frozenset.intersection(*known) if known else frozenset[str]()
    unread = next((one for one in detectors if isinstance(one, Unknown)), None)
    # What every region covers can only shrink with a region that is not read: nothing is certain, but nothing left stays nothing.
    sheet.put("account.threat_plans", Known(shared, DETECTOR.via) if unread is None or (known and not shared) else unread)


def _runs(detector: Doc | None) -> bool:
    return detector is not None and detector.get("Status") == "ENABLED"


def _plans(detector: Doc | None) -> frozenset[str]:
    if detector is None or not _runs(detector):
        return frozenset()
    on = {str(one.get("Name")) for one in detector.get("Features") or () if one.get("Status") == "ENABLED"}
    return frozenset(kind.value for plan, kind in _PLANS.items() if plan in on)


def _all(flags: list[Maybe[bool]], via: Provenance) -> Maybe[bool]:
    """True where every region says so, false where one denies it, unknown where one is not read and none denies it."""
    if any(isinstance(flag, Known) and not flag.value for flag in flags):
        return Known(False, via)
    return next((flag for flag in flags if isinstance(flag, Unknown)), Known(True, via))


COLLECTOR = Collector(
    "account",
    (ACCOUNT_BLOCK, TAGS, SUMMARY, DISKS, DETECTORS, DETECTOR, *account_lock.READS, *flow_logs.READS),
    survey,
    facts,
    everywhere=True,
)
