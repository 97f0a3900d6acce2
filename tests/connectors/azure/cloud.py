"""Azure in process: Resource Graph and Azure Resource Manager behind the real azure-core pipeline, with a log of calls and faults to order.

What is listed and answered is given by the tests; that Resource Graph silently leaves out what the caller may not read is done here, as it
is there. Nothing below `requests` is real: no socket is opened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from tierwise.connectors.azure.collectors import declared_reads
from tierwise.connectors.azure.guard import DIRECTORY_PATH, GRAPH_PATH
from tierwise.connectors.azure.read import Lookup, Read

TENANT = "11111111-1111-1111-1111-111111111111"
SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
Body = Mapping[str, Any]
_TABLE = re.compile(r"^(\w+) \| where type in~ \(([^)]*)\)")


@dataclass(frozen=True)
class Reply:
    """An answer that is not just a body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    @property
    def bytes(self) -> bytes:
        """Its body as it comes over the wire."""
        return self.raw if self.raw is not None else json.dumps(self.body).encode()


def error(status: int, code: str, **headers: str) -> Reply:
    """An error as Azure Resource Manager words it."""
    return Reply(
        status, {"error": {"code": code, "message": "who did what where"}}, {name.replace("_", "-"): text for name, text in headers.items()}
    )


def named(of: str, name: str, group: str = GROUP) -> str:
    """The id of a resource of some type in the test's resource group; a child's name is `parent/child`."""
    provider, *types = of.split("/")
    return f"{group}/providers/{provider}/" + "/".join(f"{one}/{part}" for one, part in zip(types, name.split("/"), strict=True))


def row(of: str, name: str, properties: Body, **more: Any) -> dict[str, Any]:
    """A row as Resource Graph gives it: types in lower case, everything else as the provider spells it."""
    shown = {"id": named(of, name), "name": name.rpartition("/")[2], "type": of.lower(), "location": "uksouth", "tags": None}
    return {**shown, "subscriptionId": SUBSCRIPTION, "resourceGroup": "rg", "properties": properties, **more}


def subscription(identifier: str = SUBSCRIPTION, **properties: Any) -> dict[str, Any]:
    """A subscription's row."""
    properties = {"state": "Enabled", "managementGroupAncestorsChain": [{"name": "departments"}, {"name": TENANT}], **properties}
    shown = {"id": f"/subscriptions/{identifier}", "name": "records", "type": "microsoft.resources/subscriptions", "tenantId": TENANT}
    return {**shown, "subscriptionId": identifier, "location": "", "tags": None, "properties": properties}


def resource_group(name: str = "rg", **tags: str) -> dict[str, Any]:
    """A resource group's row."""
    shown = {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}", "name": name, "location": "uksouth", "tags": tags or None}
    return {**shown, "type": "microsoft.resources/subscriptions/resourcegroups", "subscriptionId": SUBSCRIPTION, "properties": {}}


Answer = "Body | Reply | Callable[[int], Body | Reply]"


class Cloud(HTTPAdapter):
    """A tenant that answers; `docs` gives answers by id and what follows it, a function of how often it was asked, or an error."""

    def __init__(self, rows: Iterable[Body] = (), docs: Mapping[str, Any] | None = None, containers: Iterable[Body] | None = None) -> None:
        super().__init__()
        self.rows = [*(containers if containers is not None else (subscription(), resource_group())), *rows]
        self.docs = {path.lower(): answer for path, answer in (docs or {}).items()}
        self.denied: frozenset[str] = frozenset()
        """Actions that the caller does not have, as Azure spells them."""
        self.failing: dict[str, Reply] = {}
        """Answers in place of all others, by the operation of a declared read."""
        self.faults: dict[str, Any] = {}
        """Answers in place of all others, by the beginning of a path."""
        self.page = 1000
        self.table = False
        """Whether Resource Graph answers with a table of columns and rows."""
        self.calls: list[tuple[str, str]] = []
        """Method and path of each request, in order."""
        self.urls: list[str] = []
        self.queries: list[dict[str, Any]] = []
        self.hosts: set[str] = set()
        self.tokens: set[str] = set()
        self.tokens_of: dict[str, set[str]] = {}
        """The tokens that came, by host."""
        self.slept: list[float] = []
        self.now: datetime | None = None
        """The time that its answers tell; None where they tell none."""

    def dated(self) -> dict[str, str]:
        """The header that tells the time."""
        return {"Date": format_datetime(self.now, usegmt=True)} if self.now is not None else {}

    def transport(self) -> RequestsTransport:
        """azure-core's own transport over this cloud; waiting is noted, not done."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self)
        made = _Transport(session=session, session_owner=False)
        made.slept = self.slept
        return made

    def send(self, request: Any, *_: Any, **__: Any) -> Any:
        """One request, answered."""
        self.tokens.add(request.headers.get("Authorization", ""))
        self.tokens_of.setdefault(urlsplit(request.url).netloc, set()).add(request.headers.get("Authorization", ""))
        reply = self.answered(request.method, request.url, request.body)
        answer = HTTPResponse(body=BytesIO(reply.bytes), headers={**reply.headers}, status=reply.status, preload_content=False)
        return self.build_response(request, answer)

    def answered(self, method: str, url: str, body: Any = None) -> Reply:
        """What a call gets."""
        parts = urlsplit(url)
        path = unquote(parts.path)
        self.hosts.add(parts.netloc)
        self.urls.append(url)
        self.calls.append((method, path))
        reply = self._reply(body, path.lower())
        return replace(reply, headers={**self.dated(), **reply.headers})

    def asked(self, ending: str) -> int:
        """How many requests had a path that ends so."""
        return sum(path.lower().endswith(ending.lower()) for _, path in self.calls)

    @property
    def graph_calls(self) -> int:
        """How many requests went to Resource Graph."""
        return self.asked(GRAPH_PATH)

    def _reply(self, body: Any, path: str) -> Reply:
        fault = next(
            (found for prefix, found in self.faults.items() if path.startswith(prefix.lower()) or path.endswith(prefix.lower())), None
        )
        if fault is not None:
            found = self._made(fault, path)
            if found is not None:
                return found
        if path == GRAPH_PATH.lower():
            return self._graph(json.loads(body))
        read = read_of(path)
        if read is not None and read.operation in self.failing:
            return self.failing[read.operation]
        if read is not None and read.action in self.denied:
            return error(403, "Authorization_RequestDenied" if isinstance(read, Lookup) else "AuthorizationFailed")
        if path.endswith("/providers/microsoft.authorization/permissions"):
            return Reply(body={"value": [{"actions": ["*"], "notActions": sorted(self.denied), "dataActions": [], "notDataActions": []}]})
        found = self._made(self.docs[path], path) if path in self.docs else None
        if found is None:
            empty = isinstance(read, Lookup) or path.endswith(_EMPTY)
            return Reply(body={"value": []}) if empty else error(404, "ResourceNotFound")
        return found

    def _made(self, answer: Any, path: str) -> Reply | None:
        made = answer(sum(1 for _, asked in self.calls if asked.lower() == path)) if callable(answer) else answer
        return made if made is None or isinstance(made, Reply) else Reply(body=made)

    def _graph(self, body: dict[str, Any]) -> Reply:
        self.queries.append(body)
        if "Microsoft.ResourceGraph/resources/read" in self.denied:
            return error(403, "AuthorizationFailed")
        match = _TABLE.match(body["query"])
        assert match is not None, body["query"]
        assert "order by id asc" in body["query"]
        assert "id," in body["query"]
        types = {one.strip().strip("'") for one in match[2].split(",")}
        hidden = {action.lower().removesuffix("/read") for action in self.denied}
        wanted = set(body.get("subscriptions") or ())
        rows = sorted(
            (
                one
                for one in self.rows
                if one["type"].lower() in types - hidden and (not wanted or one.get("subscriptionId", "").lower() in wanted)
            ),
            key=lambda one: str(one["id"]).lower(),
        )
        options = body["options"]
        assert options["$top"] <= 1000
        start, size = int(options.get("$skipToken") or 0), min(self.page, options["$top"])
        page = rows[start : start + size]
        more = {"$skipToken": str(start + size)} if start + size < len(rows) else {}
        headers = {"x-ms-user-quota-remaining": "14", "x-ms-user-quota-resets-after": "00:00:05"}
        answered = {"totalRecords": len(rows), "count": len(page), "data": _as_table(page) if self.table else page, "facets": []}
        return Reply(body={**answered, "resultTruncated": "false", **more}, headers=headers)


_EMPTY = tuple(f"/{read.path.lower()}" for read in declared_reads() if isinstance(read, Read) and read.listing)
"""Listings that are empty where a test says nothing of them."""


def _as_table(rows: list[Body]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for one in rows for name in one))
    return {"columns": [{"name": name, "type": "object"} for name in names], "rows": [[one.get(name) for name in names] for one in rows]}


class _Transport(RequestsTransport):  # type: ignore[misc]
    slept: list[float]

    def sleep(self, duration: float) -> None:
        self.slept.append(duration)


class Credential:
    """Hands out one token for each audience; counts how often, and for what."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes.extend(scopes)
        return AccessToken(_token(scopes), 1 << 40)

    def get_token_info(self, *scopes: str, options: Any = None) -> AccessTokenInfo:
        self.scopes.extend(scopes)
        return AccessTokenInfo(_token(scopes), 1 << 40)


def _token(scopes: tuple[str, ...]) -> str:
    return "token" if scopes == ("https://management.azure.com/.default",) else f"token for {' '.join(scopes)}"


@cache
def read_of(path: str) -> Read | Lookup | None:
    """The declared read that a path is of."""
    return next((read for read in declared_reads() if isinstance(read, Read | Lookup) and _pattern(read).fullmatch(path)), None)


@cache
def _pattern(read: Read | Lookup) -> re.Pattern[str]:
    if isinstance(read, Lookup):
        return re.compile(DIRECTORY_PATH + read.path.lower().replace("{}", "[^/]+"))
    scope = "" if read.of_tenant else "/subscriptions/[^/]+"
    if read.of:
        provider, *types = read.of.lower().split("/")
        scope += f"{'' if read.of_tenant else '/resourcegroups/[^/]+'}/providers/{re.escape(provider)}" + "".join(
            f"/{one}/[^/]+" for one in types
        )
    return re.compile(scope + (f"/{re.escape(read.path.lower())}" if read.path else ""))
