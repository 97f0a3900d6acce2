"""Listings that belong to one resource or region as one document, so that a failed page makes a fact unknown and not a gap."""

from __future__ import annotations

from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason


def gather(caller: Caller, read: Read, key: str, **params: object) -> Maybe[Doc | None]:
    """All items of a listing as `{key: [items]}`; unknown where a page fails: a part is never taken for the whole."""
    try:
        return Known({key: list(caller.listing(read, key, **params))}, read.via)
    except ListingFailedError as failed:
        return Unknown(UnknownReason(failed.gap.reason), read.via, failed.gap.detail)
