"""Google Cloud in process: the inventory and the services behind google-auth's real session, with a log of calls and faults to order.

What is listed and answered is given by the tests. Nothing below `requests` is real: no socket is opened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from functools import cache, lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from google.auth.credentials import Credentials
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from tierwise.connectors.gcp.collectors import declared_calls
from tierwise.connectors.gcp.read import Read
from tierwise.connectors.gcp_terms import camel

PROJECT, NUMBER = "records-prod", "1001"
ORGANISATION = "5005"
DOMAIN = "dept.example"
Body = Mapping[str, Any]
_EFFECTIVE = re.compile(r"orgpolicy/v2/projects/[^/]+/policies/([^/:]+):getEffectivePolicy")
_ASSETS = re.compile(r"cloudasset/v1/([a-z]+)/([^/]+)/assets")
CHAIN = (f"projects/{NUMBER}", f"organizations/{ORGANISATION}")


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


def error(status: int, reason: str, **headers: str) -> Reply:
    """An error as Google's services word it."""
    words = {403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}]
    found = {"code": status, "message": "who did what where", "status": words.get(status, "UNKNOWN"), "details": details}
    return Reply(status, {"error": found}, {name.replace("_", "-"): text for name, text in headers.items()})


def asset(
    kind: str, name: str, data: Body, *, policy: Body | None = None, ancestors: tuple[str, ...] = CHAIN, **more: Any
) -> dict[str, Any]:
    """An asset as `assets.list` gives it."""
    return {
        "name": name,
        "assetType": kind,
        "resource": {"version": "v1", "data": dict(data)},
        "ancestors": list(ancestors),
        **({"iamPolicy": dict(policy)} if policy is not None else {}),
        **more,
    }


def project(
    identifier: str = PROJECT, number: str = NUMBER, parent: str = f"organizations/{ORGANISATION}", **labels: str
) -> dict[str, Any]:
    """A project as Resource Manager has it."""
    return {"name": f"projects/{number}", "projectId": identifier, "parent": parent, "state": "ACTIVE", "labels": labels}


def binding(role: str, *members: str, **more: Any) -> dict[str, Any]:
    """One binding."""
    return {"role": f"roles/{role}", "members": list(members), **more}


def logged(*kinds: str, service: str = "allServices", **more: Any) -> dict[str, Any]:
    """The audit configuration of a project, folder or organisation."""
    return {"auditConfigs": [{"service": service, "auditLogConfigs": [{"logType": one, **more} for one in kinds]}]}


PLACES: dict[str, Any] = {
    f"cloudresourcemanager/v3/projects/{PROJECT}": project(),
    f"cloudresourcemanager/v3/organizations/{ORGANISATION}": {"name": f"organizations/{ORGANISATION}", "displayName": DOMAIN},
    "cloudresourcemanager/v3/projects:search": {"projects": [project()]},
}
"""One project in an organisation."""
_EMPTY = (
    "/policies",
    ":getIamPolicy",
    "/getIamPolicy",
    "/hmacKeys",
    "/defaultObjectAcl",
    "/managedFolders",
    "/iam",
    "/keys",
    "/backupSchedules",
    "/cryptoKeyVersions",
    "/collectionGroups/__default__/fields",
    "/accessPolicies",
    "/servicePerimeters",
    "/accessLevels",
    "/denypolicies",
    "/effectiveTags",
)
"""Answers that are empty where a test says nothing of them."""


class Cloud(HTTPAdapter):
    """Projects that answer; `docs` gives answers by service and path (`storage/storage/v1/b`), with the parent where that is asked for, a function of how often it was asked, or an error."""

    def __init__(self, assets: Iterable[Body] = (), docs: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.assets = list(assets)
        self.docs = {**PLACES, **(docs or {})}
        self.denied: frozenset[str] = frozenset()
        """Permissions that the caller does not have."""
        self.faults: dict[str, Any] = {}
        """Answers in place of all others, by the beginning or end of a path."""
        self.broken: dict[Read, Reply] = {}
        """Answers in place of all others, by the read that they are of."""
        self.hit: set[Read] = set()
        """Those of them that were asked for."""
        self.page = 1000
        self.calls: list[tuple[str, str]] = []
        """Method, and service with path, of each request, in order."""
        self.queries: list[Mapping[str, list[str]]] = []
        self.bodies: list[Any] = []
        """What POSTs sent, in order."""
        self.hosts: set[str] = set()
        self.tokens: set[str] = set()
        self.slept: list[float] = []
        self.now: datetime | None = None
        """The time that its answers tell; None where they tell none."""

    def dated(self) -> dict[str, str]:
        """The header that tells the time."""
        return {"Date": format_datetime(self.now, usegmt=True)} if self.now is not None else {}

    def send(self, request: Any, *_: Any, **__: Any) -> Any:
        """One request, answered."""
        self.tokens.add(request.headers.get("Authorization", ""))
        if request.body:
            self.bodies.append(json.loads(request.body))
        reply = self.answered(request.method, request.url)
        answer = HTTPResponse(body=BytesIO(reply.bytes), headers={**reply.headers}, status=reply.status, preload_content=False)
        return self.build_response(request, answer)

    def answered(self, method: str, url: str) -> Reply:
        """What a call gets."""
        parts = urlsplit(url)
        path = f"{parts.netloc.removesuffix('.googleapis.com')}{unquote(parts.path)}"
        self.hosts.add(parts.netloc)
        self.calls.append((method, path))
        query = parse_qs(parts.query, keep_blank_values=True)
        assert "" not in {value for values in query.values() for value in values}, url
        self.queries.append(query)
        reply = self._reply(path, query)
        return replace(reply, headers={**self.dated(), **reply.headers})

    def asked(self, ending: str) -> int:
        """How many requests had a path that ends so."""
        return sum(path.endswith(ending) for _, path in self.calls)

    def _reply(self, path: str, query: Mapping[str, list[str]]) -> Reply:
        fault = next((found for part, found in self.faults.items() if path.startswith(part) or path.endswith(part)), None)
        if fault is not None and (found := self._made(fault, path)) is not None:
            return found
        reads = reads_of(path, query) if self.broken or self.denied else []
        if broken := [read for read in reads if read in self.broken]:
            self.hit.update(broken)
            return self.broken[broken[0]]
        if {read.action for read in reads} & self.denied:
            return error(403, "IAM_PERMISSION_DENIED")
        if match := _ASSETS.fullmatch(path):
            return self._inventory(f"{match[1]}/{match[2]}", query)
        if match := _EFFECTIVE.fullmatch(path):
            return Reply(body=self._effective(match[1]))
        named = f"{path}?parent={query['parent'][0]}" if "parent" in query else path
        found = self._made(self.docs[named], path) if named in self.docs else None
        if found is None:
            return Reply(body={}) if path.endswith(_EMPTY) else error(404, "notFound")
        return found

    def _effective(self, constraint: str) -> Body:
        """What the policies of the levels that `docs` has come to: a list's values add up while they are taken over from above."""
        denied: list[str] = []
        for level in ("projects", "folders", "organizations"):
            answers = [doc for path, doc in self.docs.items() if path.startswith(f"orgpolicy/v2/{level}/") and path.endswith("/policies")]
            for policy in (one for doc in answers for one in doc["policies"] if one["name"].endswith(f"/{constraint}")):
                spec = policy["spec"]
                if any("enforce" in rule for rule in spec["rules"]):
                    return {"name": policy["name"], "spec": {"rules": spec["rules"]}}
                if not any("values" in rule and "deniedValues" in rule["values"] for rule in spec["rules"]):
                    return {"name": policy["name"], "spec": {"rules": spec["rules"]}}
                denied += [value for rule in spec["rules"] for value in rule["values"]["deniedValues"]]
                if not spec.get("inheritFromParent"):
                    return _denying(constraint, denied)
        return _denying(constraint, denied)

    def _made(self, answer: Any, path: str) -> Reply | None:
        made = answer(sum(1 for _, asked in self.calls if asked == path)) if callable(answer) else answer
        return made if made is None or isinstance(made, Reply) else Reply(body=made)

    def _inventory(self, scope: str, query: Mapping[str, list[str]]) -> Reply:
        (content,) = query["contentType"]
        wanted = set(query["assetTypes"])
        assert wanted, "an inventory of everything"
        assert int(query["pageSize"][0]) <= 1000
        holds = {"RESOURCE": "resource", "IAM_POLICY": "iamPolicy", "ORG_POLICY": "orgPolicy"}[content]
        scopes = {scope, f"projects/{NUMBER}"} if scope == f"projects/{PROJECT}" else {scope}
        every = ({camel(name): value for name, value in one.items()} for one in self.assets)
        found = [one for one in every if one["assetType"] in wanted and holds in one and scopes & set(one["ancestors"])]
        token, size = query.get("pageToken", ["0"])[0], self.page
        if not token.isdecimal():
            return error(400, "INVALID_ARGUMENT")
        start = int(token)
        keep = {"name", "assetType", "ancestors", holds}
        shown = [{name: value for name, value in one.items() if name in keep} for one in found[start : start + size]]
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return Reply(body={"readTime": "2026-11-01T00:00:00Z", **({"assets": shown} if shown else {}), **more})


def _denying(constraint: str, denied: list[str]) -> Body:
    rules = [{"values": {"deniedValues": denied}}] if denied else []
    return {"name": f"projects/{NUMBER}/policies/{constraint}", "spec": {"rules": rules}}


class Token(Credentials):
    """Hands out one token."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "token"

    def refresh(self, request: Any) -> None:
        """The same again."""


def reads_of(path: str, query: Mapping[str, list[str]] | None = None) -> list[Read]:
    """The declared reads that a call is of."""
    content = (query or {}).get("contentType")
    return [read for read in _reads_at(path) if content is None or ("contentType", content[0]) in read.query]


@lru_cache(4096)
def _reads_at(path: str) -> tuple[Read, ...]:
    return tuple(read for read, pattern in _patterns() if pattern.fullmatch(path))


@cache
def _patterns() -> tuple[tuple[Read, re.Pattern[str]], ...]:
    return tuple((read, _pattern(read)) for read in declared_calls())


def _pattern(read: Read) -> re.Pattern[str]:
    # The name of a managed folder ends in a slash, which is part of the name.
    return re.compile(
        ("[^:]+" if read.opaque else "[^/:]+").join(re.escape(part) for part in f"{read.host}{unquote(read.path)}".split("{}"))
    )
