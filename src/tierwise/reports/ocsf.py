"""OCSF 1.8.0 as lines: a Compliance Finding for each finding and each listing that failed, a Data Security Finding for each store of people's data.

Class and attribute names, numbers and captions are those of https://schema.ocsf.io/1.8.0; tests hold what is written to that schema.
What it has no attribute for stands under `unmapped.tierwise`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tierwise import __version__
from tierwise.model.attestation import State
from tierwise.model.control import Severity
from tierwise.model.finding import PROBLEMS, Finding, ScanResult, Verdict
from tierwise.model.resource import HELD, Gap, Resource
from tierwise.model.sensitivity import Classification, PersonalData, Tier, TierState
from tierwise.reports.base import Report, View
from tierwise.reports.escape import json_bytes, message
from tierwise.reports.shown import Shown, open_parts, published, sentence

VERSION: Final = "1.8.0"
_COMPLIANCE, _DATA_SECURITY = 2003, 2006
_CLASSES: Final = {_COMPLIANCE: "Compliance Finding", _DATA_SECURITY: "Data Security Finding"}
_CREATE, _UPDATE = (1, "Create"), (2, "Update")
_NEW, _SUPPRESSED = (1, "New"), (3, "Suppressed")
_CLOUDS: Final = frozenset({"aws", "azure", "gcp"})
_ACCOUNTS: Final = {"aws": (10, "AWS Account"), "azure": (13, "Azure Subscription"), "gcp": (11, "GCP Project")}
_UNKNOWN_SEVERITY: Final = (0, "Unknown")


def stream(result: ScanResult, view: View) -> Iterator[bytes]:
    """One event a line: findings in the result's order, then what could not be listed, then where people's data is."""
    page = published(result, view)
    yield from (_line(_of_finding(one, page)) for one in page.all())
    if view.verdicts and Verdict.UNKNOWN not in view.verdicts:
        return
    yield from (_line(_of_gap(one, page)) for one in page.result.gaps)
    if not view.verdicts:
        yield from (_line(_of_store(one, told, page)) for one, told in _stores(page.result))


def render(result: ScanResult, view: View) -> bytes:
    """All lines."""
    return b"".join(stream(result, view))


def _line(event: Mapping[str, Any]) -> bytes:
    return json_bytes(event) + b"\n"


def _of_finding(one: Finding, page: Shown) -> dict[str, Any]:
    resource = page.resources.get(one.resource)
    status = _SUPPRESSED if one.accepted is not None else _NEW
    run = page.result.run
    update = one.first_seen is not None and one.first_seen[:10] < run.started[:10]
    event = _event(_COMPLIANCE, _UPDATE if update else _CREATE, _severity(one), status, one.fingerprint, resource, page)
    event["metadata"]["event_code"] = one.control
    event["message"] = message(sentence(one), 4000) if one.verdict in PROBLEMS else message(f"{one.title}: {one.verdict}", 4000)
    info = {
        "uid": one.fingerprint,
        "title": message(one.title),
        "desc": message(one.why),
        "types": [one.family],
        "analytic": {"uid": one.control, "name": message(one.title), "type_id": 1, "type": "Rule"},
        "last_seen_time": _milliseconds(run.started),
    }
    if one.first_seen is not None:
        info["first_seen_time"] = info["created_time"] = _milliseconds(one.first_seen)
    event["finding_info"] = info
    event["compliance"] = _compliance(one, page)
    event["resources"] = [_resource(one.resource, resource, one.tier, one.owner)]
    if one.verdict in PROBLEMS and one.remediation:
        event["remediation"] = {"desc": message(" ".join(one.remediation.split()))}
    if one.accepted is not None:
        because = f": {one.accepted.reason}" if one.accepted.reason else ""
        event["comment"] = message(f"accepted {one.accepted.answered}{because}", 2000)
    event["enrichments"] = [_why(one.tier, page.result.classifications.get(one.resource), one.why, page.told(one), assumed=one.assumed)]
    event["unmapped"] = {"tierwise": _unmapped(one, page)}
    return event


def _compliance(one: Finding, page: Shown) -> dict[str, Any]:
    number, word = _compliance_status(one.verdict)
    told: dict[str, Any] = {
        "control": f"{one.control} {message(one.title)}",
        "category": one.family,
        "desc": message(one.expected),
        "standards": [page.result.run.profile],
        "status_id": number,
        "status": word,
    }
    details = []
    if one.verdict is Verdict.UNKNOWN:
        details = [open_parts(one)]
    elif one.attested is not None:
        details = [
            f"its attestation is {one.attested}"
            if one.attested is not State.ATTESTED
            else "met by what somebody attested, not by what was read"
        ]
    if details:
        told["status_details"] = [message(text, 2000) for text in details]
    return told


def _compliance_status(verdict: Verdict) -> tuple[int, str]:
    """What is attested, and what does not apply, is neither passed nor failed; what could not be read is unknown."""
    match verdict:
        case Verdict.PASS:
            return 1, "Pass"
        case Verdict.FAIL:
            return 3, "Fail"
        case Verdict.UNKNOWN:
            return 0, "Unknown"
        case Verdict.ATTESTED:
            return 99, "Attested"
        case Verdict.NOT_APPLICABLE:
            return 99, "Not applicable"


def _severity(one: Finding) -> tuple[int, str]:
    """Of what is not met or not known the control's severity at the tier; else there is nothing to act on."""
    if one.verdict not in PROBLEMS:
        return 1, "Informational"
    match one.severity:
        case Severity.CRITICAL:
            return 5, "Critical"
        case Severity.HIGH:
            return 4, "High"
        case Severity.MEDIUM:
            return 3, "Medium"
        case Severity.LOW:
            return 2, "Low"
        case Severity.INFO:
            return 1, "Informational"


def _event(
    class_uid: int,
    activity: tuple[int, str],
    severity: tuple[int, str],
    status: tuple[int, str],
    uid: str,
    resource: Resource | None,
    page: Shown,
) -> dict[str, Any]:
    """What every event has; `metadata.profiles` names `cloud` where the resource is in one."""
    run = page.result.run
    cloud = _place(resource.provider, resource.account, resource.region) if resource is not None else None
    labels = [page.view.marking] if page.view.marking else []
    event: dict[str, Any] = {
        "class_uid": class_uid,
        "class_name": _CLASSES[class_uid],
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": activity[0],
        "activity_name": activity[1],
        "type_uid": class_uid * 100 + activity[0],
        "type_name": f"{_CLASSES[class_uid]}: {activity[1]}",
        "severity_id": severity[0],
        "severity": severity[1],
        "status_id": status[0],
        "status": status[1],
        "time": _milliseconds(run.started),
        "metadata": {
            "version": VERSION,
            "product": {"name": "tierwise", "vendor_name": "tierwise", "version": __version__},
            "uid": f"{run.id}:{uid}",
            "correlation_uid": run.id,
            "profiles": ["cloud"] if cloud is not None else [],
            **({"labels": labels} if labels else {}),
        },
    }
    if cloud is not None:
        event["cloud"] = cloud
    return event


def _place(provider: str, account: str, region: str) -> dict[str, Any] | None:
    """Where something is, if in a cloud; datasets are in none."""
    if provider not in _CLOUDS:
        return None
    number, word = _ACCOUNTS[provider]
    told: dict[str, Any] = {"provider": provider}
    if account:
        told["account"] = {"uid": account, "type_id": number, "type": word}
    return told | ({"region": region} if region else {})


def _resource(id_: str, resource: Resource | None, tier: Tier, owner: str) -> dict[str, Any]:
    told: dict[str, Any] = {"uid": id_, "name": resource.name or id_ if resource is not None else id_, "criticality": tier.label}
    if resource is not None:
        told |= {"type": resource.type, "labels": [resource.kind.value], **_whereabouts(resource.provider, resource.region)}
    return told | ({"owner": {"name": owner}} if owner else {})


def _whereabouts(provider: str, region: str) -> dict[str, str]:
    """Provider and region of a resource, which the schema knows with the profile `cloud` alone."""
    if provider not in _CLOUDS:
        return {}
    return {"provider": provider, **({"region": region} if region else {})}


def _why(tier: Tier, classified: Classification | None, why: str, told: Classification | None, *, assumed: bool) -> dict[str, Any]:
    """Why this bar applies: the tier, how it came about, and its steps for who may know them."""
    data: dict[str, Any] = {"tier": tier.name, "assumed": assumed, "why": why}
    if classified is not None:
        data |= {"state": classified.state, "between": [classified.interval.lo.name, classified.interval.hi.name]}
    if told is not None:
        data["because"] = [step.because for step in told.trace]
    return {
        "name": "protection tier",
        "type": "tier",
        "provider": "tierwise",
        "value": f"{tier.label}{', assumed' if assumed else ''}",
        "data": data,
    }


def _unmapped(one: Finding, page: Shown) -> dict[str, Any]:
    told = page.told(one)
    out: dict[str, Any] = {
        "control": one.control,
        "verdict": one.verdict,
        "severity": one.severity.word,
        "tier": one.tier.name,
        "assumed": one.assumed,
        "blocking": page.blocks(one),
        "override": page.result.gate.decision if page.overridden(one) else None,
        "introduced": one.introduced,
        "before": one.before,
        "in_baseline": one.in_baseline,
        "attested": one.attested,
        "accepted_until": one.accepted.expires if one.accepted is not None else None,
        "lapsed": one.lapsed or None,
        "expected": one.expected,
        "actual": [{"fact": part.fact, "value": part.value, "via": part.via} for part in one.actual],
        "unknowns": [{"fact": part.fact, "reason": part.reason, "action": part.action or None} for part in one.unknowns],
        "fix_at": one.fix_at,
    }
    return out | _data(told) if told is not None else out


def _data(told: Classification) -> dict[str, Any]:
    return {"dataset": told.dataset or None, "categories": list(told.categories), "people": told.subjects}


def _of_gap(gap: Gap, page: Shown) -> dict[str, Any]:
    """A listing that failed: whether anything of it is met, nobody knows."""
    uid = hashlib.sha256("\x1f".join(("gap", gap.provider, gap.account, gap.region, gap.service)).encode("utf-8", "replace")).hexdigest()[
        :20
    ]
    where = "/".join(part for part in (gap.account, gap.region) if part)
    title = f"{gap.service}{f' in {where}' if where else ''} could not be listed"
    reason = f"{gap.reason}{f', {gap.needs} would settle it' if gap.needs else ''}"
    event = _event(_COMPLIANCE, _CREATE, _UNKNOWN_SEVERITY, _SUPPRESSED if gap.expected else _NEW, uid, None, page)
    place = _place(gap.provider, gap.account, gap.region)
    if place is not None:
        event["metadata"]["profiles"], event["cloud"] = ["cloud"], place
    event["metadata"]["event_code"] = "SCN-03"
    event["message"] = message(f"{title}: {reason}", 4000)
    event["finding_info"] = {"uid": uid, "title": message(title), "types": ["scan"], "last_seen_time": event["time"]}
    event["compliance"] = {
        "control": "SCN-03 What is due is read",
        "category": "scan",
        "standards": [page.result.run.profile],
        "status_id": 0,
        "status": "Unknown",
        "status_details": [message(reason, 2000)],
    }
    event["resources"] = [{"uid": where or gap.provider, "name": gap.service, "type": "listing", **_whereabouts(gap.provider, gap.region)}]
    event["unmapped"] = {"tierwise": {"gap": gap.reason, "action": gap.action or None, "expected": gap.expected}}
    return event


def _stores(result: ScanResult) -> Iterable[tuple[Resource, Classification]]:
    """Stores that hold data about people by what somebody said or the evidence shows."""
    for one in result.resources:
        told = result.classifications[one.id]
        if one.kind in HELD and told.tier >= Tier.T2 and told.state is not TierState.ASSUMED and told.personal_data is not PersonalData.NO:
            yield one, told


def _of_store(one: Resource, told: Classification, page: Shown) -> dict[str, Any]:
    """Where people's data is, and at which tier it is to be protected."""
    uid = hashlib.sha256(
        "\x1f".join(("store", one.provider, one.account, one.region, one.type, one.id)).encode("utf-8", "replace")
    ).hexdigest()[:20]
    event = _event(_DATA_SECURITY, _CREATE, (1, "Informational"), _NEW, uid, one, page)
    title = f"{one.type} is protected as {told.tier.label}, {told.state}"
    event["message"] = message(
        f"{one.name or one.id}: {title}{', declared lower than the evidence shows' if told.understated else ''}", 4000
    )
    event["finding_info"] = {"uid": uid, "title": message(title), "types": ["classification"], "last_seen_time": event["time"]}
    number, word = _risk(told.tier)
    event |= {"risk_level_id": number, "risk_level": word}
    security: dict[str, Any] = {
        "detection_system_id": 12,
        "detection_system": "Data Security Posture Management",
        "data_lifecycle_state_id": 1,
        "data_lifecycle_state": "Data at-Rest",
        "confidentiality_id": 99,
        "confidentiality": told.tier.label,
        "policy": {"name": page.result.run.profile},
    }
    if told.personal_data is PersonalData.YES:
        security |= {"category_id": 1, "category": "Personal"}
    restricted = page.view.audience == "restricted"
    if restricted and told.categories:
        security["discovery_details"] = [{"type": category.value} for category in told.categories]
    event["data_security"] = security
    event["resources"] = [_resource(one.id, one, told.tier, told.owner)]
    event["enrichments"] = [_why(told.tier, told, title, told if restricted else None, assumed=False)]
    event["unmapped"] = {
        "tierwise": {"understated": told.understated, "personal_data": told.personal_data, **(_data(told) if restricted else {})}
    }
    return event


def _risk(tier: Tier) -> tuple[int, str]:
    """The risk level that a tier stands for."""
    match tier:
        case Tier.T0:
            return 0, "Info"
        case Tier.T1:
            return 1, "Low"
        case Tier.T2:
            return 2, "Medium"
        case Tier.T3:
            return 3, "High"
        case Tier.T4:
            return 4, "Critical"


def _milliseconds(moment: str) -> int:
    """Since the epoch, as OCSF's timestamps are."""
    read = datetime.fromisoformat(moment)
    return int((read if read.tzinfo is not None else read.replace(tzinfo=UTC)).timestamp() * 1000)


REPORT = Report("ocsf", render, f"OCSF {VERSION} events as lines: compliance and data-security findings", stream)
