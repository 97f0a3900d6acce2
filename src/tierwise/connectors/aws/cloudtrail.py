"""CloudTrail trails: whether they record, what, where they deliver and under which key.

Trails are listed from every scanned region and kept once: from their home region where that is scanned, else by their shadow in another
region, so that a scan of one region sees the trails of all regions that record it. Organisation trails are seen from member accounts too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.selectors import recorded, records_management
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.declared import Doc, Draft, field_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

LIST = Read("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails", kinds=frozenset({Kind.AUDIT_TRAIL}), links=True)
STATUS = Read("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus", facts=frozenset({"logging.control_plane"}), links=True)
SELECTORS = Read("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors", facts=frozenset({"logging.control_plane"}), links=True)
TAGS = Read("cloudtrail", "ListTags", "cloudtrail:ListTags")
"""Trails are read across regions, so their tags are asked for one by one and not taken from a region's bulk read."""


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the trails of all scanned regions, each once."""
    found: dict[str, tuple[Mapping[str, Any], Caller]] = {}
    failed: ListingFailedError | None = None
    for regional in caller.everywhere():
        try:
            for item in regional.listing(LIST, "trailList", includeShadowTrails=True):
                arn = str(item["TrailARN"])
                if arn not in found or item.get("HomeRegion") == regional.region:
                    found[arn] = (item, regional)
        except ListingFailedError as error:
            failed = failed or error
    for arn, (item, regional) in found.items():
        yield _draft(arn, item, regional)
    if failed:
        raise failed


def _draft(arn: str, item: Mapping[str, Any], caller: Caller) -> Draft:
    name = str(item.get("Name") or arn.rsplit("/", 1)[-1])
    # The trail of an organisation belongs to the account in its ARN, whichever account's listing shows it.
    account = arn.split(":")[4] or caller.account
    home = str(item.get("HomeRegion") or caller.region)
    tags = _tags(caller.ask(TAGS, arn, ResourceIdList=[arn]))
    resource = Resource(arn, Kind.AUDIT_TRAIL, "cloudtrail.trail", "aws", account, home, name, tags=tags, aliases=(name,))
    docs = {
        LIST.operation: Known(item, LIST.via),
        STATUS.operation: caller.ask(STATUS, arn, Name=arn),
        SELECTORS.operation: caller.ask(SELECTORS, arn, TrailName=arn),
    }
    return Draft(resource, dict(docs))


def _tags(answer: Maybe[Doc | None]) -> Maybe[Mapping[str, str]]:
    listed = field_of(answer, "ResourceTagList", absent=())
    if isinstance(listed, Unknown):
        return listed
    return Known(tag_map(pair for one in listed.value for pair in one.get("TagsList") or ()), TAGS.via)


def links(draft: Draft) -> tuple[Link, ...]:
    """Where the trail delivers, its key, and what it records if it is on."""
    listed = draft.doc(LIST)
    item = listed.value if isinstance(listed, Known) and listed.value else {}
    found: list[Link] = []
    if bucket := item.get("S3BucketName"):
        found.append(Link(Rel.LOGS_TO, f"arn:{draft.resource.id.split(':')[1]}:s3:::{bucket}"))
    if group := item.get("CloudWatchLogsLogGroupArn"):
        found.append(Link(Rel.LOGS_TO, str(group).removesuffix(":*")))
    found.extend(keys.key_links(item.get("KmsKeyId")))
    if item.get("IsOrganizationTrail"):
        found.append(Link(Rel.RECORDS, "records:organisation"))
    return (*found, *_records(draft))


def _records(draft: Draft) -> tuple[Link, ...]:
    logging, selectors = field_of(draft.doc(STATUS), "IsLogging"), draft.doc(SELECTORS)
    if isinstance(logging, Known) and not logging.value:
        return ()
    if isinstance(selectors, Unknown):
        return (Link(Rel.RECORDS, "", selectors),)
    targets = recorded(selectors.value or {})
    if isinstance(logging, Unknown):
        return (Link(Rel.RECORDS, "", logging),) if targets else ()
    return tuple(Link(Rel.RECORDS, target) for target in targets)


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a trail that its documents so far allow."""
    sheet, listed = FactSheet(), draft.doc(LIST)
    item = listed.value if isinstance(listed, Known) and listed.value else {}
    sheet.put("logging.control_plane", _control_plane(draft))
    # Both are false where they are absent (API Reference, Trail; CreateTrail, "The default is false").
    sheet.known("logging.all_regions", bool(item.get("IsMultiRegionTrail", False)), LIST.via)
    sheet.known("logging.integrity_validated", bool(item.get("LogFileValidationEnabled", False)), LIST.via)
    return sheet.facts


def _control_plane(draft: Draft) -> AnyFact:
    logging, selectors = field_of(draft.doc(STATUS), "IsLogging"), draft.doc(SELECTORS)
    if isinstance(logging, Known) and not logging.value:
        return Known(False, STATUS.via)
    if isinstance(selectors, Known) and not records_management(selectors.value or {}):
        return Known(False, SELECTORS.via)
    return next((one for one in (logging, selectors) if isinstance(one, Unknown)), Known(True, STATUS.via))


COLLECTOR = Collector("cloudtrail", (LIST, STATUS, SELECTORS, TAGS), survey, facts, links, everywhere=True)
