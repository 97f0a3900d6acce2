"""Listings that several collectors or resources of a region need: read once, whole, and shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Gap

Shared: TypeAlias = Callable[[str, Callable[[], Maybe[Doc | None]]], Maybe[Doc | None]]
"""What reads a document once for all who need it."""


def whole(caller: Caller, read: Read, key: str, **params: object) -> Maybe[Doc | None]:
    """All items of a listing as `{key: [...]}`, read once a region for the same parameters; unknown where a page fails."""
    return whole_by(caller.once, caller, read, key, params)


def whole_by(once: Shared, caller: Caller, read: Read, key: str, params: Mapping[str, object]) -> Maybe[Doc | None]:
    """The same, read as often as `once` has it."""

    def make() -> Maybe[Doc | None]:
        try:
            return Known({key: list(caller.listing(read, key, **params))}, read.via)
        except ListingFailedError as failed:
            return Unknown(UnknownReason(failed.gap.reason), read.via, failed.gap.detail)

    name = ":".join((read.service, read.operation, *(f"{name}={value}" for name, value in sorted(params.items()))))
    return once(name, make)


def items(caller: Caller, read: Read, key: str, **params: object) -> list[Any]:
    """The same for a survey that lists its resources with it: raises ListingFailedError where a page fails."""
    return items_of(whole(caller, read, key, **params), caller, read, key)


def items_of(doc: Maybe[Doc | None], caller: Caller, read: Read, key: str) -> list[Any]:
    """What a listing has told; raises ListingFailedError where a page failed."""
    if isinstance(doc, Unknown):
        raise ListingFailedError(
            Gap("aws", caller.account, caller.region, read.service, doc.reason.value, read.action, doc.detail, read.kinds)
        )
    return list((doc.value or {}).get(key) or ())


def flag(item: Doc, name: str, via: Provenance) -> Maybe[bool]:
    """A yes or no of a listed item; unknown where the answer leaves it out, since a default would be a guess."""
    if isinstance(item.get(name), bool):
        return Known(bool(item[name]), via)
    return Unknown(UnknownReason.NOT_COLLECTED, via, f"the answer has no {name}")
