"""What the event selectors of a trail record, written as the targets of `records` links; pure.

A selector counts only for what it covers whole: all buckets or tables, or one. One that narrows further (a prefix, an event name, an
exclusion) does not count as covering. Sources: CloudTrail API Reference, DataResource, EventSelector, AdvancedFieldSelector.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_SERVICES: Final = {"AWS::S3::Object": "s3", "AWS::DynamoDB::Table": "dynamodb"}
_MODES: Final = {"All": "all", "ReadOnly": "read", "WriteOnly": "write"}
_EXCLUDABLE: Final = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
"""High-volume sources of management events that may be left out (User Guide, "Logging management events")."""


def recorded(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """What GetEventSelectors selects: `records:s3:*#write`, `arn:aws:s3:::name#all`; sorted, each once."""
    found = {*_classic(answer.get("EventSelectors") or ()), *_advanced(answer.get("AdvancedEventSelectors") or ())}
    return tuple(sorted(found))


def records_management(answer: Mapping[str, Any]) -> bool:
    """Whether changes to the account are recorded. A trail without any selector records them: it is how trails are made."""
    classic, advanced = answer.get("EventSelectors") or (), answer.get("AdvancedEventSelectors") or ()
    if not classic and not advanced:
        return True
    # IncludeManagementEvents is true and ReadWriteType is All by default (API Reference, EventSelector).
    if any(one.get("IncludeManagementEvents", True) and one.get("ReadWriteType", "All") != "ReadOnly" for one in classic):
        return True
    return any(_is_management(one.get("FieldSelectors") or ()) for one in advanced)


def _is_management(fields: Sequence[Mapping[str, Any]]) -> bool:
    category = False
    for one in fields:
        match one.get("Field"):
            case "eventCategory":
                category = _only(one, "Equals") == ["Management"]
            case "readOnly":
                if "false" not in (_only(one, "Equals") or ()):
                    return False
            case "eventSource":
                if not set(_only(one, "NotEquals") or ("other",)) <= _EXCLUDABLE:
                    return False
            case _:
                return False
    return category


def _classic(selectors: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for selector in selectors:
        mode = _MODES.get(str(selector.get("ReadWriteType", "All")), "all")
        for resource in selector.get("DataResources") or ():
            service = _SERVICES.get(str(resource.get("Type")))
            if service is None:
                continue
            for value in resource.get("Values") or ():
                target = _target(service, str(value))
                if target:
                    yield f"{target}#{mode}"


def _advanced(selectors: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for selector in selectors:
        fields = selector.get("FieldSelectors") or ()
        service, mode, arns = _data_selector(fields)
        for arn in arns:
            target = _target(service, arn)
            if target:
                yield f"{target}#{mode}"


def _data_selector(fields: Sequence[Mapping[str, Any]]) -> tuple[str, str, tuple[str, ...]]:
    """Service, mode and ARN prefixes of a selector of data events; no ARNs where it selects something else or narrows further."""
    service, mode, category = "", "all", False
    arns: list[str] | None = None
    for one in fields:
        equals = _only(one, "Equals")
        match one.get("Field"):
            case "eventCategory":
                category = equals == ["Data"]
            case "resources.type":
                service = _SERVICES.get(equals[0], "") if equals and len(equals) == 1 else ""
            case "readOnly" if equals:
                mode = "all" if len(set(equals)) == 2 else "read" if equals == ["true"] else "write"
            case "resources.ARN":
                arns = _only(one, "StartsWith") or equals or []
            case _:
                return "", mode, ()
    if not category or not service:
        return "", mode, ()
    return service, mode, ("",) if arns is None else tuple(arns)


def _only(field: Mapping[str, Any], operator: str) -> list[str] | None:
    """The values of a field selector that uses this operator alone."""
    used = {name for name, values in field.items() if name != "Field" and values}
    return [str(value) for value in field[operator]] if used == {operator} else None


def _target(service: str, arn: str) -> str:
    """The store that an ARN or the beginning of one covers whole: all of a service, one bucket, one table; empty for less.

    `arn:aws:s3` and `arn:aws:s3:::` stand for all buckets, `arn:aws:s3:::name/` for one; objects have no ARN shorter than that.
    """
    parts = arn.split(":", 5)
    if len(parts) <= 5 or not parts[5]:
        head = parts[:3]
        return f"records:{service}:*" if len(head) < 3 or head[2] in ("", service) else ""
    if service == "s3":
        bucket, slash, prefix = parts[5].partition("/")
        return f"{':'.join(parts[:5])}:{bucket}" if slash and not prefix else ""
    _table, slash, name = parts[5].partition("/")
    if slash and not name:
        return f"records:{service}:*"
    return arn if slash and "/" not in name else ""
