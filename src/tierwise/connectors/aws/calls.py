"""The one place where SDK errors become facts and gaps; no other module of this package catches them."""

from __future__ import annotations

import math
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tierwise.connectors.aws.credentials import code_of
from tierwise.connectors.aws.given_up import GivenUpError
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import SHARED, Doc, Draft
from tierwise.model.fact import NOWHERE, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Gap, ReadOutcome

if TYPE_CHECKING:
    from tierwise.connectors.aws.aggregator import Answers

T = TypeVar("T")

# Error codes by meaning; AWS documents them per service under "Common Errors". `AuthorizationError` is SNS's, `AccessDeniedException`
# the JSON services', `UnauthorizedOperation` EC2's, `AuthFailure` EC2's for regions that are not enabled.
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedAccess",
        "Forbidden",
        "403",
    }
)
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "RequestThrottled",
        "ProvisionedThroughputExceededException",
    }
)
_UNSUPPORTED = frozenset({"UnsupportedOperation", "UnsupportedOperationException", "NotImplemented", "501"})
_DISABLED = frozenset(
    {"AuthFailure", "OptInRequired", "SubscriptionRequiredException", "InvalidClientTokenId", "UnrecognizedClientException"}
)
_BY_POLICY = re.compile(r"explicit deny in a (?:service|resource) control policy", re.IGNORECASE)


_POLICY: Final = "denied by a service control policy"


SDK_ERRORS = (ClientError, BotoCoreError, ResponseParserError, ValueError)
"""What a call may raise: ResponseParserError (a body that is not what it says) is no BotoCoreError, and botocore raises bare ValueErrors for endpoints."""


class ListingFailedError(Exception):
    """A listing that could not be read to its end; carries the gap."""

    def __init__(self, gap: Gap) -> None:
        self.gap = gap
        super().__init__(f"{gap.action}: {gap.reason}")


def unknown_from(error: Exception, via: Provenance) -> Unknown:
    """Why a call failed, in the vocabulary's words. Messages of the service are not kept: they can carry names of principals."""
    if isinstance(error, ClientError):
        code = code_of(error.response.get("Error", {}))
        if code in _DENIED:
            by_policy = _BY_POLICY.search(str(error.response.get("Error", {}).get("Message", "")))
            return Unknown(UnknownReason.PERMISSION_DENIED, via, _POLICY if by_policy else code)
        if code in _THROTTLED:
            return Unknown(UnknownReason.THROTTLED, via, code)
        if code in _UNSUPPORTED:
            return Unknown(UnknownReason.NOT_SUPPORTED, via, code)
        if code in _DISABLED:
            return Unknown(UnknownReason.REGION_DISABLED, via, code)
        return Unknown(UnknownReason.API_ERROR, via, code)
    return Unknown(UnknownReason.API_ERROR, via, str(error) if isinstance(error, GivenUpError) else type(error).__name__)


def is_closed(reason: str, detail: str) -> bool:
    """Whether a call was refused since its region is: not enabled, or closed by a policy of the organisation."""
    return detail == _POLICY or reason == UnknownReason.REGION_DISABLED


def _not_emulated(via: Provenance) -> Unknown:
    # NOTE: an emulator in process raises NotImplementedError for an operation that it lacks, where a server answers with an error.
    return Unknown(UnknownReason.NOT_SUPPORTED, via, "NotImplementedError")


def attempt(make: Callable[[], T]) -> T | Unknown:
    """What `make` gives, or why the SDK could not be set up for it (a profile that does not exist, a file that cannot be parsed)."""
    try:
        return make()
    except BotoCoreError as error:
        return unknown_from(error, NOWHERE)


@dataclass(slots=True)
class Caller:
    """Makes declared calls for one account and region, and keeps count of what came of them."""

    account: str
    region: str
    partition: str
    client: Callable[[str], Any]
    """boto3 client by service name, for this account and region."""
    tags: Callable[[], Maybe[Mapping[str, Mapping[str, str]]]]
    """All tags of this account and region by ARN (Resource Groups Tagging API), read once; untagged resources are not in it."""
    now: Any
    """The run's start (datetime, UTC): ages are counted from it."""
    once: Callable[[str, Callable[[], Maybe[Doc | None]]], Maybe[Doc | None]]
    """Reads a document that several resources of this account and region need, once: `once(name, make)`."""
    once_per_account: Callable[[str, Callable[[], Maybe[Doc | None]]], Maybe[Doc | None]]
    """The same for a document of the whole account."""
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    failures: list[ReadOutcome] = field(default_factory=list)
    once_per_organisation: Callable[[str, Callable[[], Maybe[Doc | None]]], Maybe[Doc | None]] | None = None
    """The same for a document of the whole organisation; None where no organisation is scanned."""
    regions: Callable[[], Iterable[Caller]] = tuple
    """For a caller of the whole account: one caller for each scanned region that is open, for settings that every region keeps."""
    pause: Callable[[float], None] = time.sleep
    """Waits some seconds for something that the service is making."""
    until: float = math.inf
    """When (by the clock of `time.monotonic`) it stops making calls: what its unit could not read by then is unknown."""
    recorded: Answers | None = None
    """What AWS Config tells in place of calls for one resource; None where all calls are made."""
    _others: list[Caller] = field(default_factory=list)

    def tags_of(self, arn: str) -> Maybe[Mapping[str, str]]:
        """The tags of one resource from the bulk read: none where it is not listed, unknown where the bulk read failed."""
        table = self.tags()
        return table if isinstance(table, Unknown) else Known(table.value.get(arn, {}), table.via)

    def note_made(self, arn: str, when: Any) -> None:
        """Note when a listed resource was made (datetime), so that what AWS Config recorded of an earlier one of its name is not taken for it."""
        if self.recorded is not None:
            self.recorded.note_made(arn, when)

    def once_above(self, name: str, make: Callable[[], Maybe[Doc | None]]) -> Maybe[Doc | None]:
        """A document that lies above the account, read once for all accounts that are scanned together."""
        return (self.once_per_organisation or self.once_per_account)(name, make)

    def everywhere(self) -> Iterator[Caller]:
        """A caller for each scanned region; what they do counts as this caller's."""
        for other in self.regions():
            self._others.append(other)
            yield other

    def ask(self, read: Read, resource: str = "", **params: object) -> Maybe[Doc | None]:
        """One call: its answer, None where the service says `not configured`, or why it is unknown. What AWS Config has recorded of a resource is not asked for."""
        if resource and self.recorded is not None and (told := self.recorded.answer(self, read, resource)) is not None:
            return told
        try:
            self._in_time()
            answer = getattr(self.client(read.service), _method(read.operation))(**params)
        except ClientError as error:
            if str(error.response.get("Error", {}).get("Code", "")) in read.absent:
                self.counts[_name(read), "absent", SHARED.get(), ""] += 1
                return Known(None, read.via)
            return self._failed(unknown_from(error, read.via), read, resource)
        except SDK_ERRORS as error:
            return self._failed(unknown_from(error, read.via), read, resource)
        except NotImplementedError:
            return self._failed(_not_emulated(read.via), read, resource)
        self.counts[_name(read), "ok", SHARED.get(), ""] += 1
        return Known(answer, read.via)

    def sample(self, read: Read, take: Callable[[Any], T], **params: object) -> T | Unknown:
        """One call that opens content, and what `take` makes of its answer, body included; it counts for no coverage."""
        try:
            return take(getattr(self.client(read.service), _method(read.operation))(**params))
        except SDK_ERRORS as error:
            return unknown_from(error, read.via)
        except NotImplementedError:
            return _not_emulated(read.via)

    def listing(self, read: Read, key: str, **params: object) -> Iterator[Any]:
        """All items of a paginated listing, page by page; raises ListingFailedError with a gap where a page fails."""
        for page in self.pages(read, **params):
            yield from page.get(key) or ()

    def pages(self, read: Read, **params: object) -> Iterator[Doc]:
        """The pages of a listing that answers several kinds of items at once; raises ListingFailedError with a gap where one fails."""
        method = _method(read.operation)
        try:
            self._in_time()
            client = self.client(read.service)
            if client.can_paginate(method):
                for page in client.get_paginator(method).paginate(**params):
                    self.counts[_name(read), "ok", SHARED.get(), ""] += 1
                    yield page
                    self._in_time()
            else:
                page = getattr(client, method)(**params)
                self.counts[_name(read), "ok", SHARED.get(), ""] += 1
                yield page
        except (*SDK_ERRORS, NotImplementedError) as error:
            unknown = _not_emulated(read.via) if isinstance(error, NotImplementedError) else unknown_from(error, read.via)
            self._failed(unknown, read, "")
            raise ListingFailedError(
                Gap("aws", self.account, self.region, read.service, unknown.reason.value, read.action, unknown.detail, read.kinds)
            ) from error

    def read_into(self, draft: Draft, read: Read) -> None:
        """Make a read per resource and keep its document, unless its parameters say that it is needless."""
        if read.operation in draft.docs:
            return
        if read.make is not None:
            draft.docs[read.operation] = read.make(self, draft)
            return
        if read.params is None:
            return
        params = read.params(draft)
        if params is not None:
            draft.docs[read.operation] = self.ask(read, draft.resource.id, **params)

    def outcomes(self) -> Iterator[ReadOutcome]:
        """What came of all calls so far, counted; failures one by one; those made in other regions too."""
        for other in self._others:
            yield from other.outcomes()
        for (operation, outcome, shared, resource), count in self.counts.items():
            yield ReadOutcome(self.account, self.region, operation, outcome, resource, count, shared)
        yield from self.failures

    def _in_time(self) -> None:
        if time.monotonic() > self.until:
            raise GivenUpError(because="the time that one unit may take was over")

    def _failed(self, unknown: Unknown, read: Read, resource: str) -> Unknown:
        if shared := SHARED.get():
            self.counts[_name(read), unknown.reason.value, shared, resource] += 1
        else:
            self.failures.append(ReadOutcome(self.account, self.region, _name(read), unknown.reason.value, resource))
        return unknown


def _name(read: Read) -> str:
    # One string for all that is counted under it.
    return sys.intern(f"{read.service}:{read.operation}")


def _method(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation))
