"""The one place where errors of google-auth and of Google's services become facts and gaps; no other module of this package catches them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlencode

import requests
from google.auth.exceptions import GoogleAuthError, OAuthError, RefreshError
from urllib3.exceptions import HTTPError

from tierwise.connectors import fields
from tierwise.connectors.answers import code_of, decoded, parsed, unknown_by
from tierwise.connectors.declared import Doc, Draft
from tierwise.connectors.gcp import ids
from tierwise.connectors.gcp.credentials import EXPIRED
from tierwise.connectors.gcp.guard import PAGE_TOKEN, host_of
from tierwise.connectors.gcp.place import Place
from tierwise.connectors.gcp.read import Read
from tierwise.connectors.gcp.session import Answer, Google
from tierwise.connectors.standing import ended
from tierwise.connectors.tally import Tally
from tierwise.errors import CredentialsError
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import ReadOutcome

T = TypeVar("T")
Parameters: TypeAlias = "tuple[tuple[str, str], ...]"
MOST_PAGES: Final = 100_000
MOST_EMPTY: Final = 100
"""Pages without anything that may follow one another: a filter may leave some empty, a listing that never ends has no others."""
_THROTTLED: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
"""403 by the older services, 429 by the newer ones (Cloud APIs documentation, "Errors")."""
_BY_PLACE: Final = "/aggregated/"
DISABLED: Final = "SERVICE_DISABLED"


def unknown_from(status: int, code: str, via: Provenance) -> Unknown:
    """Why an answer is no answer. Messages of the services are not kept: they name principals, projects and addresses."""
    if code in (DISABLED, "accessNotConfigured"):
        return Unknown(UnknownReason.NOT_SUPPORTED, via, DISABLED)
    if code in _THROTTLED:
        return Unknown(UnknownReason.THROTTLED, via, code)
    return unknown_by(status, code, via)


def error_code(answer: Answer) -> str:
    """The most exact code of an error in a body, or its HTTP status; anything that does not look like a code is left out."""
    body = parsed(answer.body, Provenance(""))
    error = body.value.get("error") if isinstance(body, Known) else None
    found: list[object] = []
    if isinstance(error, Mapping):
        for name in ("details", "errors"):
            listed = error.get(name)
            found += [one.get("reason") for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
        found.append(error.get("status"))
    return code_of(found, answer.status)


def attempt(make: Callable[[], T], explain: Callable[[str], str]) -> T:
    """What `make` gives; CredentialsError, explained, where google-auth finds no way in."""
    try:
        return make()
    except (GoogleAuthError, requests.RequestException) as error:
        raise CredentialsError(explain(type(error).__name__)) from None


def answered(google: Google, make: Callable[[], Answer], via: Provenance) -> Answer | Unknown:
    """What a call is answered, or why it is not; none is made any more where the credentials have ended.

    A RefreshError or OAuthError that google-auth calls retryable says of the token's service that it is down, nothing of the credentials
    (google.auth.exceptions, `GoogleAuthError.retryable`).
    """
    standing = google.standing
    if code := ended(standing):
        return Unknown(UnknownReason.API_ERROR, via, code)
    try:
        answer = make()
    except (GoogleAuthError, requests.RequestException, HTTPError) as error:
        code = type(error).__name__
        if isinstance(error, RefreshError | OAuthError) and not error.retryable and standing.was_taken:
            standing.refused(code)
        return Unknown(UnknownReason.API_ERROR, via, code)
    standing.tell(answer.status, error_code(answer) if answer.status == 401 else "", EXPIRED)
    return answer


@dataclass(slots=True)
class Caller:
    """Makes declared calls for one project (or for the whole scope, whose place has no id), and keeps count of what came of them."""

    place: Place
    google: Google
    now: datetime
    """The run's start (UTC): ages are counted from it."""
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        """Count for the account."""
        self.tally = Tally(self.account)

    @property
    def account(self) -> str:
        """The project."""
        return self.place.id

    def ask(self, read: Read, values: tuple[str, ...], resource: str = "", more: Parameters = ()) -> Maybe[Doc | None]:
        """One read, its path and parameters filled with values: its answer, None for `not configured`, or why it is unknown.

        A listing is read to its end and answers `{"<items>": [...]}`: a part is never taken for the whole.
        """
        if not read.items:
            return self._page(read, values, more, resource)
        listed: list[Any] = []
        for page in self.pages(read, values, resource, more):
            if isinstance(page, Unknown) or page.value is None:
                return page
            listed += page.value[read.items]
        return Known({read.items: listed}, read.via)

    def listed(self, read: Read) -> Maybe[list[Mapping[str, Any]]]:
        """What a listing of the project holds, which is read once whoever asks for it."""
        answer = self.place.above(f"{read.operation}:{self.place.name}", partial(self.ask, read, (self.place.id,)))
        return fields.items(answer, read.items)

    def pages(
        self, read: Read, values: tuple[str, ...], resource: str = "", more: Parameters = (), body: Mapping[str, object] | None = None
    ) -> Iterator[Maybe[Doc | None]]:
        """The pages of a listing, each with a list in it; an Unknown, which is the last, where one fails or it is not whole.

        With a `body`, of a POST, the page that is asked for is named there.
        """
        token, seen, empty = "", set[str](), 0
        for _ in range(MOST_PAGES):
            at = {PAGE_TOKEN: token} if token else {}
            page = self._page(read, values, (*more, *(at.items() if body is None else ())), resource, body and {**body, **at})
            if isinstance(page, Unknown) or page.value is None:
                yield page
                return
            found = page.value.get(read.items) or []
            listed = _flat(found) if _BY_PLACE in read.path else found
            token = page.value.get("nextPageToken") or ""
            wrong = ""
            if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed) or not isinstance(token, str):
                wrong = "the answer has no list of objects"
            elif token in seen:
                wrong = "a page comes again"
            elif page.value.get("unreachable") or page.value.get("unreachables") or page.value.get("failedLocations"):
                wrong = "some locations did not answer"
            if wrong:
                yield self._failed(Unknown(UnknownReason.UNPARSABLE, read.via, wrong), read, resource)
                return
            yield Known({**page.value, read.items: listed}, read.via)
            if not token:
                return
            seen.add(token)
            empty = 0 if listed else empty + 1
            if empty == MOST_EMPTY:
                break
        yield self._failed(Unknown(UnknownReason.UNPARSABLE, read.via, "it has no end"), read, resource)

    def _page(
        self, read: Read, values: tuple[str, ...], more: Parameters, resource: str, sent: Mapping[str, object] | None = None
    ) -> Maybe[Doc | None]:
        try:
            url = _url(read, values, more)
        except ValueError:
            return self._failed(Unknown(UnknownReason.UNPARSABLE, read.via, "a name leads elsewhere"), read, resource)
        answer = answered(self.google, lambda: self.google.ask(url, sent or read.body), read.via)
        if isinstance(answer, Unknown):
            return self._failed(answer, read, resource)
        if answer.status != 200:
            code = error_code(answer)
            if answer.status in (400, 404) and code in read.absent:
                self.tally.came(read.via.via, "absent")
                return Known(None, read.via)
            return self._failed(unknown_from(answer.status, code, read.via), read, resource)
        body = decoded(answer.body, read.via)
        if isinstance(body, Unknown):
            return self._failed(body, read, resource)
        self.tally.came(read.via.via)
        return body

    def part(self, read: Read, values: tuple[str, ...], more: Parameters, start: int, length: int) -> bytes | Unknown:
        """A range of what an object holds; it is not decoded, and what an error says of it is not kept."""
        try:
            url = _url(read, values, more)
        except ValueError:
            return Unknown(UnknownReason.UNPARSABLE, read.via, "a name leads elsewhere")
        answer = answered(self.google, lambda: self.google.part(url, start, length), read.via)
        if isinstance(answer, Unknown):
            return answer
        if answer.status == 206 or (answer.status == 200 and start == 0):
            return answer.body
        return unknown_from(answer.status, error_code(answer), read.via)

    def read_into(self, draft: Draft, read: Read) -> None:
        """Make a read per resource and keep its document, unless what is known already makes it needless."""
        if read.operation in draft.docs or not read.when(draft):
            return
        resource = draft.resource.id
        draft.docs[read.operation] = read.make(self, draft) if read.make is not None else self.ask(read, ids.values_of(resource), resource)

    def outcomes(self) -> Iterator[ReadOutcome]:
        """What came of all calls so far, counted; failures one by one, but for those of shared documents."""
        return self.tally.outcomes()

    def _failed(self, unknown: Unknown, declared: Read, resource: str) -> Unknown:
        return self.tally.failed(unknown, declared.via.via, resource)


def _flat(listed: object) -> object:
    """Of an aggregated list, which is by zone and region, all of them together (Compute Engine API, `aggregatedList`); a scope without any has a warning."""
    scopes = list(listed.values()) if isinstance(listed, Mapping) else []
    parts = [part for scope in scopes if isinstance(scope, Mapping) for name, part in scope.items() if name != "warning"]
    if not scopes or not all(isinstance(one, Mapping) for one in scopes) or not all(isinstance(one, list) for one in parts):
        return [] if listed == [] else None
    return [one for part in parts for one in part]


def _url(read: Read, values: tuple[str, ...], more: Parameters) -> str:
    """The URL of a read; ValueError where values are too few or lead elsewhere."""
    count = read.path.count("{}")
    path = ids.filled(read.path, values[:count], opaque=read.opaque)
    rest = iter(values[count:])
    given = [(name, next(rest, "") if value == "{}" else value) for name, value in read.query]
    query = urlencode([(name, value) for name, value in (*given, *more) if value])
    return f"https://{host_of(read)}{path}{f'?{query}' if query else ''}"
