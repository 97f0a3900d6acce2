"""The way to Azure Resource Manager: azure-core's pipeline with credentials, retries, a read-only guard, a ceiling and the quota of Resource Graph."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from azure.core import PipelineClient
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, HeadersPolicy, RetryPolicy, SansIOHTTPPolicy, UserAgentPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest

from tierwise import __version__
from tierwise.connectors.azure.directory import LOOKUPS
from tierwise.connectors.azure.guard import GRAPH_PATH, BlobGuard, DirectoryGuard, Guard
from tierwise.connectors.azure.ids import subscription_of
from tierwise.connectors.azure.read import GRAPH
from tierwise.connectors.ceiling import Ceiling
from tierwise.connectors.standing import Standing, ended
from tierwise.model.content import Depth

ENDPOINTS: Final[Mapping[str, str]] = {
    "public": "https://management.azure.com",
    "government": "https://management.usgovcloudapi.net",
    "china": "https://management.chinacloudapi.cn",
}
"""Azure Resource Manager of each cloud (Azure documentation, national clouds)."""
SUFFIXES: Final[Mapping[str, str]] = {
    ENDPOINTS["public"]: "core.windows.net",
    ENDPOINTS["government"]: "core.usgovcloudapi.net",
    ENDPOINTS["china"]: "core.chinacloudapi.cn",
}
"""What the hosts of storage end in (the same)."""
DIRECTORIES: Final[Mapping[str, str]] = {
    ENDPOINTS["public"]: "https://graph.microsoft.com",
    ENDPOINTS["government"]: "https://graph.microsoft.us",
    ENDPOINTS["china"]: "https://microsoftgraph.chinacloudapi.cn",
}
"""Microsoft Graph of each cloud (Microsoft Graph documentation, national cloud deployments)."""
_STORAGE_SCOPE: Final = "https://storage.azure.com/.default"
"""The one that every account of every cloud takes (Azure Storage documentation, "Authorize access to blobs using Microsoft Entra ID")."""
BLOB_VERSION: Final = "2023-11-03"
_ERROR: Final = 1 << 16
LONGEST_WAIT: Final = 120.0
"""Seconds: a request that Azure puts off for longer is given up as throttled."""
_STORAGE: Final = "/providers/microsoft.storage/"
_QUERIES: Final = 15 / 5
"""Queries a second of a user (Resource Graph, "Guidance for throttled requests")."""
_STORAGE_SHARE: Final = 0.5 * 800 / 300
"""Half of what the storage resource provider takes: 800 reads in five minutes per subscription and region (Azure Storage documentation,
"Scalability and performance targets for the resource provider")."""
_LEFT: Final = ("x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads")
_REFILL: Final = 1.0
"""Seconds in which 25 reads come back to a subscription's bucket (the same page of Azure's documentation)."""
_CLOCK: Final = re.compile(r"(\d+):(\d\d):(\d\d)\Z")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class _Retry(RetryPolicy[Any, Any]):
    """azure-core's retries, which honour Retry-After, but do not wait longer than is sensible, nor try again what was denied."""

    def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
        """Whether to try once more."""
        status, wait = response.http_response.status_code, self.get_retry_after(response)
        if status in (403, 404, 409) or (wait and wait > LONGEST_WAIT):
            return False
        if status == 401:
            # azure-core has dropped the token that was refused (BearerTokenCredentialPolicy.send): the next try asks for another, once.
            return not any(one.http_response is not None and one.http_response.status_code == 401 for one in settings["history"])
        return bool(super().is_retry(settings, response))


@dataclass(slots=True)
class _Gate(SansIOHTTPPolicy[Any, Any]):
    """The last before the wire: refuses what is not declared, keeps to the ceiling, and waits where a quota is used up.

    Resource Graph and Azure Resource Manager tell what is left with each answer (Azure documentation, "Guidance for throttled requests";
    "Understand how Azure Resource Manager throttles requests").
    """

    guard: Guard | DirectoryGuard | BlobGuard
    ceiling: float
    sleep: Callable[[float], None]
    _ceilings: dict[tuple[str, bool], Ceiling] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _resets: float = 0.0
    _spent: set[str] = field(default_factory=set)
    """The subscriptions of which no read is left."""

    def on_request(self, request: Any) -> None:
        """Before each attempt."""
        method, url = request.http_request.method, request.http_request.url
        self.guard.check(method, url)
        if method == "POST":
            with self._lock:
                wait, self._resets = self._resets, 0.0
            if wait:
                self.sleep(wait)
            return
        path = urlsplit(url).path.lower()
        with self._lock:
            spent = subscription_of(path) in self._spent
            self._spent.discard(subscription_of(path))
        if spent:
            self.sleep(_REFILL)
        self._ceiling(path).wait()

    def on_response(self, request: Any, response: Any) -> None:
        """After each attempt."""
        headers = response.http_response.headers
        if any(headers.get(name) == "0" for name in _LEFT):
            with self._lock:
                self._spent.add(subscription_of(urlsplit(request.http_request.url).path.lower()))
        if headers.get("x-ms-user-quota-remaining") == "0":
            with self._lock:
                self._resets = min(_seconds(headers.get("x-ms-user-quota-resets-after", "")), LONGEST_WAIT)

    def _ceiling(self, path: str) -> Ceiling:
        storage = _STORAGE in path
        rate, burst = rate_of(self.ceiling, path), 300.0 if storage else 10.0
        with self._lock:
            return self._ceilings.setdefault((subscription_of(path), storage), Ceiling(rate, sleep=self.sleep, burst=burst))


def rate_of(ceiling: float, asked: str) -> float:
    """Requests a second of a subscription, for what a path or an operation asks; those to Resource Graph are held up by the quota that it tells itself."""
    if asked.startswith(f"{GRAPH}:"):
        return _QUERIES
    return min(_STORAGE_SHARE, ceiling) if "microsoft.storage/" in asked.lower() else ceiling


def _seconds(clock: str) -> float:
    """`hh:mm:ss` in seconds; five, the length of Resource Graph's window, where it says nothing readable."""
    found = _CLOCK.match(clock)
    return 3600.0 * int(found[1]) + 60 * int(found[2]) + int(found[3]) if found else 5.0


class Arm:
    """Azure Resource Manager behind guard, ceiling and credentials; safe for threads, as azure-core's pipeline is."""

    def __init__(
        self,
        credential: Any,
        guard: Guard,
        endpoint: str = ENDPOINTS["public"],
        *,
        ceiling: float = 12.5,
        transport: Any = None,
        heard: Callable[[str], None] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._heard = heard
        self.guard = guard
        self.standing = Standing()
        self._blobs = Standing()
        transport = transport or RequestsTransport(connection_timeout=10, read_timeout=60)
        self._way = (credential, ceiling, transport)
        headers = {"Accept": "application/json"}
        self._client = _client(credential, f"{endpoint}/.default", headers, _Gate(guard, ceiling, transport.sleep), transport, endpoint)
        self.directory = Directory(credential, DIRECTORIES[endpoint], self.standing, ceiling=ceiling, transport=transport)

    @property
    def ended(self) -> str:
        """Why no call is worth making, as a code; empty where one is."""
        return ended(self.standing)

    @property
    def lapsed(self) -> str:
        """Why the credentials no longer hold, as a code, wherever they are used; empty where they do."""
        return self.standing.code or self.directory.standing.code or self._blobs.code

    def get(self, url: str) -> Answer:
        """One GET of a path below the endpoint, or of a whole URL that leads there."""
        whole = url if url.startswith("https://") else self.endpoint + url
        return self._noted(self._send(HttpRequest("GET", whole)))

    def query(self, body: Mapping[str, Any], version: str) -> Answer:
        """One query of Resource Graph."""
        request = HttpRequest("POST", f"{self.endpoint}{GRAPH_PATH}?api-version={version}", json=body)
        return self._noted(self._send(request, retry_on_methods=["POST"]))

    def blobs(self, depth: Depth) -> Blobs:
        """The same way to the data of storage accounts, as deeply as that is asked for."""
        credential, ceiling, transport = self._way
        guard = BlobGuard(SUFFIXES[self.endpoint], depth)
        return Blobs(credential, guard, self._blobs, self.standing, ceiling=ceiling, transport=transport)

    def _send(self, request: HttpRequest, **options: Any) -> Answer:
        response = self._client.send_request(request, **options)
        return Answer(response.status_code, response.content, response.headers)

    def _noted(self, answer: Answer) -> Answer:
        """An answer whose time was told to who wants to know it."""
        if self._heard is not None:
            self._heard(answer.headers.get("Date", ""))
        return answer


class Directory:
    """The tenant's directory, by Microsoft Graph, behind a guard and with a token of its own; the token is asked for with the first list."""

    def __init__(self, credential: Any, endpoint: str, above: Standing, *, ceiling: float, transport: Any) -> None:
        """`above` is what Azure Resource Manager has made of the same credentials."""
        self.endpoint = endpoint
        self.guard = DirectoryGuard(endpoint, LOOKUPS)
        self.standing, self._above = Standing(), above
        # Microsoft Graph documentation, advanced query capabilities: counts and casts need the header.
        headers = {"Accept": "application/json", "ConsistencyLevel": "eventual"}
        self._client = _client(
            credential, f"{endpoint}/.default", headers, _Gate(self.guard, ceiling, transport.sleep), transport, endpoint
        )

    @property
    def ended(self) -> str:
        """Why no call is worth making, as a code; empty where one is."""
        return ended(self.standing, self._above)

    def get(self, url: str) -> Answer:
        """One GET of a path below the endpoint, or of a whole URL that leads there."""
        return self._send(HttpRequest("GET", url if url.startswith("https://") else self.endpoint + url))

    def _send(self, request: HttpRequest) -> Answer:
        response = self._client.send_request(request)
        return Answer(response.status_code, response.content, response.headers)


class Blobs:
    """The data of storage accounts behind a guard of its own: a listing of blobs, and ranges of them."""

    def __init__(self, credential: Any, guard: BlobGuard, standing: Standing, above: Standing, *, ceiling: float, transport: Any) -> None:
        """`above` is what Azure Resource Manager has made of the same credentials."""
        self.standing, self._above = standing, above
        headers = {"x-ms-version": BLOB_VERSION}
        self._client = _client(credential, _STORAGE_SCOPE, headers, _Gate(guard, ceiling, transport.sleep), transport, "https://")

    @property
    def ended(self) -> str:
        """Why no call is worth making, as a code; empty where one is."""
        return ended(self.standing, self._above)

    def get(self, url: str, headers: Mapping[str, str], most: int) -> Answer:
        """One GET, and no more than so many bytes of what it answers, as they are stored."""
        response = self._client.send_request(HttpRequest("GET", url, headers=dict(headers)), stream=True)
        body, most = bytearray(), most if response.status_code < 300 else _ERROR
        try:
            for piece in response.iter_raw():
                body += piece
                if len(body) >= most:
                    break
        finally:
            response.close()
        return Answer(response.status_code, bytes(body[:most]), response.headers)


def _client(credential: Any, scope: str, headers: Mapping[str, str], gate: _Gate, transport: Any, endpoint: str) -> Any:
    policies = [
        HeadersPolicy(dict(headers)),
        UserAgentPolicy(base_user_agent=f"tierwise/{__version__}", user_agent_use_env=False),
        _Retry(retry_total=4, retry_backoff_factor=1.0, retry_backoff_max=30),
        BearerTokenCredentialPolicy(credential, scope),
        gate,
    ]
    return PipelineClient(endpoint, policies=policies, transport=transport)
