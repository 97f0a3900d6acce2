"""The services of a storage account beside blobs: what is in files, queues and tables counts where there is any, as the account is judged as one store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.read import Read
from tierwise.connectors.azure.services.storage_reads import ACCOUNT, FILES, TYPE, VERSION, kind_of
from tierwise.connectors.declared import Draft
from tierwise.model.fact import Known, Maybe, Unknown
from tierwise.model.kleene import all_of, either, negated
from tierwise.model.resource import Link


@dataclass(frozen=True, slots=True)
class Part:
    """One service of an account."""

    name: str
    """As endpoints have it: `queue`."""
    listing: Read
    """What there is in it."""
    logs: Read
    """Where its logs go."""


def _part(name: str, inside: str, facts: frozenset[str]) -> Part:
    service = f"{name}Services"

    def has(draft: Draft) -> bool:
        if kind_of(draft) == FILES:
            return False
        # A service that the kind of account does not have has no endpoint (Storage resource provider, Endpoints).
        endpoints = fields.value(draft.doc(ACCOUNT), "properties", "primaryEndpoints")
        return not (isinstance(endpoints, Known) and isinstance(endpoints.value, dict) and not endpoints.value.get(name))

    def used(draft: Draft) -> bool:
        found = _is_used(listing, draft)
        return has(draft) and not (isinstance(found, Known) and not found.value)

    action = f"{TYPE}/{service}/{inside}/read"
    listing = Read(TYPE, f"{service}/default/{inside}", VERSION, action, facts=facts, links=reach.LOGGED, listing=True, when=has)
    return Part(name, listing, reach.diagnostics(TYPE, f"{service}/default", when=_or_alone(used) if name == "file" else used))


def _or_alone(used: Callable[[Draft], bool]) -> Callable[[Draft], bool]:
    return lambda draft: kind_of(draft) == FILES or used(draft)


def _is_used(listing: Read, draft: Draft) -> Maybe[bool]:
    """Whether there is anything in a service; nothing where the account has no such service."""
    if not listing.when(draft):
        return Known(False, ACCOUNT.via)
    found = fields.items(draft.doc(listing), "value")
    return found if isinstance(found, Unknown) else Known(bool(found.value), found.via)


SHARED: Final = _part("file", "shares", reach.RECORDED | {"recovery.soft_delete_days"})
PARTS: Final = (SHARED, _part("queue", "queues", reach.RECORDED), _part("table", "tables", reach.RECORDED))
SHARES: Final = Read(
    TYPE,
    "fileServices/default",
    VERSION,
    f"{TYPE}/fileServices/read",
    facts=frozenset({"recovery.soft_delete_days"}),
    # What clients set of a file service are metrics, origins and SMB (File service REST API, Set File Service Properties).
    told=True,
    when=SHARED.logs.when,
)
READS: Final = (*(one.listing for one in PARTS), SHARES, *(one.logs for one in PARTS))


def shares_used(draft: Draft) -> Maybe[bool]:
    """Whether a general account has file shares."""
    return _is_used(SHARED.listing, draft)


def sends(draft: Draft, blobs: Maybe[bool], wanted: frozenset[str]) -> Maybe[bool]:
    """Whether the blob service and every other that holds something send some categories of log."""
    every = (either(negated(_is_used(one.listing, draft)), reach.sends(draft.doc(one.logs), wanted)) for one in PARTS)
    return all_of(blobs, *every)


def log_links(draft: Draft) -> Iterator[Link]:
    """Where the logs of the services beside blobs go."""
    for one in PARTS:
        if one.logs.when(draft):
            yield from reach.log_links(draft.doc(one.logs))
