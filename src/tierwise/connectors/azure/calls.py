"""The one place where errors of azure-core and of Azure's services become facts and gaps; no other module of this package catches them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from azure.core.exceptions import AzureError, ClientAuthenticationError

from tierwise.connectors.answers import code_of, decoded, parsed, unknown_by
from tierwise.connectors.azure.credentials import EXPIRED
from tierwise.connectors.azure.guard import DIRECTORY_PATH
from tierwise.connectors.azure.place import AUTHORIZATION, INVENTORY, Place
from tierwise.connectors.azure.read import Declaration, Joined, Lookup, Read
from tierwise.connectors.azure.session import Answer, Arm, Blobs, Directory
from tierwise.connectors.declared import Doc, Draft
from tierwise.connectors.tally import Tally
from tierwise.errors import CredentialsError
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import ReadOutcome

T = TypeVar("T")
GRAPH_VERSION: Final = "2022-10-01"
PAGE: Final = 1000
"""The most rows that Resource Graph gives at once."""
NO_OPTIONS: Final[Mapping[str, Any]] = {}
MOST_PAGES: Final = 100_000
_UNSUPPORTED: Final = frozenset(
    {
        "NoRegisteredProviderFound",
        "InvalidResourceType",
        "InvalidApiVersionParameter",
        "MissingSubscriptionRegistration",
        "UnsupportedApiVersion",
    }
)
"""The cloud or subscription does not have the service or the version (Azure Resource Manager documentation, common errors)."""
_ID: Final = "/-_.~()!$&'*+,;=:@"
_COLUMNS: Final = "id, name, type, location, subscriptionId, resourceGroup, tags, properties"
_OF_RESOURCES: Final = f"{_COLUMNS}, sku, kind, identity, managedBy, zones"
_ABOVE: Final = {"authorizationScopeFilter": "AtScopeAboveAndBelow"}
"""Role assignments that a subscription inherits are listed too (Resource Graph's reference, AuthorizationScopeFilter)."""


def unknown_from(status: int, code: str, via: Provenance) -> Unknown:
    """Why an answer is no answer. Messages of the services are not kept: they name principals, addresses and scopes."""
    if code in _UNSUPPORTED:
        return Unknown(UnknownReason.NOT_SUPPORTED, via, code)
    return unknown_by(status, code, via)


def error_code(answer: Answer) -> str:
    """The code of an error in a body, or its HTTP status; anything that does not look like a code is left out."""
    body = parsed(answer.body, Provenance(""))
    error = body.value.get("error") if isinstance(body, Known) else None
    found = error if isinstance(error, Mapping) else body.value if isinstance(body, Known) else {}
    return code_of((found.get("code"),), answer.status)


def attempt(make: Callable[[], T], explain: Callable[[str], str]) -> T:
    """What `make` gives; CredentialsError, explained, where azure-identity finds no way in."""
    try:
        return make()
    except AzureError as error:
        raise CredentialsError(explain(type(error).__name__)) from None


def answered(way: Arm | Directory | Blobs, make: Callable[[], Answer], via: Provenance) -> Answer | Unknown:
    """What a call is answered, or why it is not; none is made any more where the credentials have ended.

    A way that never took them (a tenant's directory that an identity may not enter) is closed to them: that is unknown, and no reason to stop.
    """
    if code := way.ended:
        return Unknown(UnknownReason.API_ERROR, via, code)
    standing = way.standing
    try:
        answer = make()
    except AzureError as error:
        code = type(error).__name__
        if isinstance(error, ClientAuthenticationError) and standing.was_taken:
            standing.refused(code)
        return Unknown(UnknownReason.API_ERROR, via, code)
    standing.tell(answer.status, error_code(answer) if answer.status == 401 else "", EXPIRED)
    return answer


@dataclass(slots=True)
class Caller:
    """Makes declared calls for one subscription (or for the tenant, whose place has no id), and keeps count of what came of them."""

    place: Place
    arm: Arm
    now: datetime
    """The run's start (UTC): ages are counted from it."""
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        """Count for the account."""
        self.tally = Tally(self.account)

    @property
    def account(self) -> str:
        """The subscription."""
        return self.place.id

    def apart(self) -> Caller:
        """A caller for the same place whose counts are its own."""
        return Caller(self.place, self.arm, self.now)

    def ask(self, read: Read, at: str, resource: str = "", query: Mapping[str, str] = NO_OPTIONS) -> Maybe[Doc | None]:
        """One read of the resource with an id (of the subscription where the read is of one): its answer, None for `not configured`, or why it is unknown.

        A listing is read to its end and answers `{"value": [...]}`: a part is never taken for the whole.
        """
        url = f"{quote(at, safe=_ID)}{f'/{read.path}' if read.path else ''}?{urlencode({'api-version': read.version, **query}, quote_via=quote)}"
        # The ids that a listing gives are asked as they are: one that is missing, or that leads elsewhere, is no place to read.
        if not self.arm.guard.allows("GET", self.arm.endpoint + url):
            return self._failed(Unknown(UnknownReason.UNPARSABLE, read.via, "it has no id that it can be read by"), read, resource)
        return self._pages(read, self.arm, url, resource) if read.listing else self._page(read, self.arm, url, resource)

    def look_up(self, lookup: Lookup, *names: str) -> Maybe[Doc | None]:
        """A list of the tenant's directory, read to its end: `{"value": [...]}`, None where there is nothing to list, or why it is unknown."""
        path = lookup.path.format(*(quote(name, safe="") for name in names))
        url = f"{DIRECTORY_PATH}{path}?{urlencode(lookup.query, quote_via=quote)}"
        if not self.arm.directory.guard.allows("GET", self.arm.directory.endpoint + url):
            return self._failed(Unknown(UnknownReason.UNPARSABLE, lookup.via, "it has no id that it can be read by"), lookup, "")
        return self._pages(lookup, self.arm.directory, url, "")

    def _pages(self, read: Read | Lookup, way: Arm | Directory, url: str, resource: str) -> Maybe[Doc | None]:
        following, counted = ("@odata.nextLink", "@odata.count") if isinstance(read, Lookup) else ("nextLink", "")
        items: list[Any] = []
        seen: set[str] = set()
        total = 0
        while url:
            page = self._page(read, way, url, resource)
            if isinstance(page, Unknown) or page.value is None:
                return page
            listed = page.value.get("value")
            if not isinstance(listed, list):
                return self._failed(Unknown(UnknownReason.UNPARSABLE, read.via, "the answer has no list"), read, resource)
            items.extend(listed)
            total = max(total, _count(page.value.get(counted))) if counted else 0
            seen.add(url)
            url = str(page.value.get(following) or "")
            if url and isinstance(read, Read) and len(seen) == read.pages:
                return self._failed(Unknown(UnknownReason.NOT_COLLECTED, read.via, f"more than {read.pages} pages"), read, resource)
            if url and (url in seen or not way.guard.allows("GET", url)):
                return self._failed(Unknown(UnknownReason.UNPARSABLE, read.via, "the next page is not where it should be"), read, resource)
        if len(items) < total:
            return self._failed(Unknown(UnknownReason.API_ERROR, read.via, f"{len(items)} of {total} came"), read, resource)
        return Known({"value": items}, read.via)

    def _page(self, read: Read | Lookup, way: Arm | Directory, url: str, resource: str) -> Maybe[Doc | None]:
        answer = answered(way, lambda: way.get(url), read.via)
        if isinstance(answer, Unknown):
            return self._failed(answer, read, resource)
        if answer.status != 200:
            code = error_code(answer)
            if answer.status in (400, 404, 409) and code in read.absent:
                self.tally.came(read.via.via, "absent")
                return Known(None, read.via)
            return self._failed(unknown_from(answer.status, code, read.via), read, resource)
        body = decoded(answer.body, read.via)
        if isinstance(body, Unknown):
            return self._failed(body, read, resource)
        self.tally.came(read.via.via)
        return body

    def table(self, table: str, types: Iterable[str]) -> Iterator[list[Doc] | Unknown]:
        """The rows of some types in a table of Resource Graph, in all that is looked at; as `rows`."""
        options = _ABOVE if table == AUTHORIZATION else NO_OPTIONS
        return self.rows(INVENTORY, self.place.shared.scope, query(table, types), options)

    def rows(
        self, declared: Declaration, scope: Mapping[str, Any], kql: str, options: Mapping[str, Any] = NO_OPTIONS
    ) -> Iterator[list[Doc] | Unknown]:
        """The rows of a query, page by page; an Unknown, which is the last, where a page fails or the result is not whole.

        Rows must be ordered by id. A page that comes again, an id that comes twice and a count that does not come together are told.
        """
        token, ids, total, cut = "", set[str](), 0, False
        for _ in range(MOST_PAGES):
            body = self._graph(declared, {**scope, "query": kql}, options, token)
            if isinstance(body, Unknown):
                yield self._failed(body, declared, "")
                return
            rows = table_rows(body.value.get("data"))
            if rows is None:
                yield self._failed(Unknown(UnknownReason.UNPARSABLE, declared.via, "the answer has no rows"), declared, "")
                return
            fresh = [row for row in rows if str(row.get("id", "")).lower() not in ids]
            ids.update(str(row.get("id", "")).lower() for row in fresh)
            total = max(total, _count(body.value.get("totalRecords")))
            cut = str(body.value.get("resultTruncated", "false")).lower() == "true"
            yield fresh
            last, token = token, str(body.value.get("$skipToken") or "")
            if not token or token == last:
                break
        if token or cut or len(ids) < total:
            yield self._failed(Unknown(UnknownReason.API_ERROR, declared.via, f"{len(ids)} of {total} rows came"), declared, "")

    def _graph(self, declared: Declaration, query: Mapping[str, Any], options: Mapping[str, Any], token: str) -> Maybe[Doc]:
        asked = {"$top": PAGE, "resultFormat": "objectArray", **options, **({"$skipToken": token} if token else {})}
        answer = answered(self.arm, lambda: self.arm.query({**query, "options": asked}, GRAPH_VERSION), declared.via)
        if isinstance(answer, Unknown):
            return answer
        if answer.status != 200:
            return unknown_from(answer.status, error_code(answer), declared.via)
        body = decoded(answer.body, declared.via)
        if isinstance(body, Known):
            self.tally.came(declared.via.via)
            if answer.headers.get("x-ms-tenant-subscription-limit-hit", "").lower() == "true":
                return Unknown(
                    UnknownReason.API_ERROR, declared.via, "more subscriptions than Resource Graph looks into: name a management group"
                )
        return body

    def read_into(self, draft: Draft, read: Read | Joined) -> None:
        """Make a read per resource and keep its document, unless what is known already makes it needless."""
        if read.operation in draft.docs or not read.when(draft):
            return
        made = read.make(self, draft) if read.make is not None else self.ask(read, draft.resource.id, draft.resource.id)
        draft.docs[read.operation] = made

    def denied(self, declared: Declaration) -> Unknown:
        """A listing that the caller's permissions leave out without an error."""
        return self._failed(Unknown(UnknownReason.PERMISSION_DENIED, declared.via, "not among the caller's permissions"), declared, "")

    def outcomes(self) -> Iterator[ReadOutcome]:
        """What came of all calls so far, counted; failures one by one, but for those of shared documents."""
        return self.tally.outcomes()

    def _failed(self, unknown: Unknown, declared: Declaration, resource: str) -> Unknown:
        return self.tally.failed(unknown, declared.via.via, resource)


def query(table: str, types: Iterable[str]) -> str:
    """The query for all resources of some types; ordered by id, so that pages do not overlap."""
    listed = ", ".join(f"'{one.lower()}'" for one in sorted(types))
    columns = _OF_RESOURCES if table == "resources" else _COLUMNS
    return f"{table} | where type in~ ({listed}) | project {columns} | order by id asc"


def table_rows(data: object) -> list[Doc] | None:
    """The rows of Resource Graph's answer, which come as objects or as a table of columns and rows; None where it is neither."""
    if isinstance(data, list):
        return [row for row in data if isinstance(row, Mapping)]
    if isinstance(data, Mapping) and isinstance(data.get("columns"), list) and isinstance(data.get("rows"), list):
        names = [str(column.get("name", "")) for column in data["columns"] if isinstance(column, Mapping)]
        return [dict(zip(names, row, strict=False)) for row in data["rows"] if isinstance(row, list)]
    return None


def _count(found: object) -> int:
    return found if isinstance(found, int) else 0
