"""What a backup selection protects, written as the targets of `protects` links; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.pattern import covers
from tierwise.model.fact import Provenance, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel


def selected(selection: Mapping[str, Any], via: Provenance) -> Iterator[Link]:
    """What a selection (in the shape of the AWS Backup API) protects: ARNs with their wildcards, and `tag:key=value`.

    Resources are alternatives, and so are the tags of ListOfTags; Conditions must all hold for a resource to stay selected (API Reference,
    BackupSelection). What cannot be written as one pattern is a link whose other end is not known.
    """
    named = [str(one) for one in selection.get("Resources") or ()]
    tags = [_tag(str(one["ConditionKey"]), str(one["ConditionValue"])) for one in selection.get("ListOfTags") or ()]
    conditions = [
        (operator, str(one.get("ConditionKey", "")), str(one.get("ConditionValue", "")))
        for operator, listed in (selection.get("Conditions") or {}).items()
        for one in listed or ()
    ]
    if not named and not tags:
        # "Otherwise, Backup attempts to select all supported and opted-in storage resources" (API Reference, BackupSelection).
        named = ["*"]
    if conditions:
        yield _conditioned(named, tags, conditions, via)
    elif selection.get("NotResources"):
        yield from _without(named, tags, [str(one) for one in selection["NotResources"]], via)
    else:
        for to in [*named, *tags]:
            yield Link(Rel.PROTECTS, to)


def _conditioned(named: list[str], tags: list[str], conditions: list[tuple[str, str, str]], via: Provenance) -> Link:
    if named == ["*"] and not tags and len(conditions) == 1 and conditions[0][0] == "StringEquals":
        _operator, key, value = conditions[0]
        return Link(Rel.PROTECTS, _tag(key, value))
    return Link(Rel.PROTECTS, "", Unknown(UnknownReason.NOT_SUPPORTED, via, "the selection combines several conditions"))


def _tag(key: str, value: str) -> str:
    return f"tag:{key.removeprefix('aws:ResourceTag/')}={value}"


def _without(named: list[str], tags: list[str], excluded: list[str], via: Provenance) -> Iterator[Link]:
    kept = [one for one in named if "*" not in one and not any(covers(pattern, one) for pattern in excluded)]
    for to in kept:
        yield Link(Rel.PROTECTS, to)
    if tags or any("*" in one for one in named):
        yield Link(Rel.PROTECTS, "", Unknown(UnknownReason.NOT_SUPPORTED, via, "the selection leaves out some of what it selects"))
