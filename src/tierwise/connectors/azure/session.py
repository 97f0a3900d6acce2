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
from tierwise.connectors.azure.guard import GRAPH_PATH, Guard
from tierwise.connectors.azure.ids import subscription_of
from tierwise.connectors.ceiling import Ceiling

ENDPOINTS: Final[Mapping[str, str]] = {
    "public": "https://management.azure.com",
    "government": "https://management.usgovcloudapi.net",
    "china": "https://management.chinacloudapi.cn",
}
"""Azure Resource Manager of each cloud (Azure documentation, national clouds)."""
LONGEST_WAIT: Final = 120.0
"""Seconds: a request that Azure puts off for longer is given up as throttled."""
_STORAGE: Final = "/providers/microsoft.storage/"
_STORAGE_SHARE: Final = 0.5 * 800 / 300
"""Half of what the storage resource provider takes: 800 reads in five minutes per subscription and region (Azure Storage documentation,
"Scalability and performance targets for the resource provider")."""
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
        if response.http_response.status_code in (401, 403, 404, 409):
            return False
        wait = self.get_retry_after(response)
        return not (wait and wait > LONGEST_WAIT) and bool(super().is_retry(settings, response))


@dataclass(slots=True)
class _Gate(SansIOHTTPPolicy[Any, Any]):
    """The last before the wire: refuses what is not declared, keeps to the ceiling, and waits where Resource Graph's quota is used up.

    Resource Graph tells what is left with each answer (Azure documentation, "Guidance for throttled requests").
    """

    guard: Guard
    ceiling: float
    sleep: Callable[[float], None]
    _ceilings: dict[tuple[str, bool], Ceiling] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _resets: float = 0.0

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
        self._ceiling(urlsplit(url).path.lower()).wait()

    def on_response(self, request: Any, response: Any) -> None:
        """After each attempt."""
        del request
        headers = response.http_response.headers
        if headers.get("x-ms-user-quota-remaining") == "0":
            with self._lock:
                self._resets = min(_seconds(headers.get("x-ms-user-quota-resets-after", "")), LONGEST_WAIT)

    def _ceiling(self, path: str) -> Ceiling:
        storage = _STORAGE in path
        rate, burst = (min(_STORAGE_SHARE, self.ceiling), 300.0) if storage else (self.ceiling, 10.0)
        with self._lock:
            return self._ceilings.setdefault((subscription_of(path), storage), Ceiling(rate, sleep=self.sleep, burst=burst))


def _seconds(clock: str) -> float:
    """`hh:mm:ss` in seconds; five, the length of Resource Graph's window, where it says nothing readable."""
    found = _CLOCK.match(clock)
    return 3600.0 * int(found[1]) + 60 * int(found[2]) + int(found[3]) if found else 5.0


class Arm:
    """Azure Resource Manager behind guard, ceiling and credentials; safe for threads, as azure-core's pipeline is."""

    def __init__(
        self, credential: Any, guard: Guard, endpoint: str = ENDPOINTS["public"], *, ceiling: float = 12.5, transport: Any = None
    ) -> None:
        self.endpoint = endpoint
        self.guard = guard
        transport = transport or RequestsTransport(connection_timeout=10, read_timeout=60)
        policies = [
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy(base_user_agent=f"tierwise/{__version__}", user_agent_use_env=False),
            _Retry(retry_total=4, retry_backoff_factor=1.0, retry_backoff_max=30),
            BearerTokenCredentialPolicy(credential, f"{endpoint}/.default"),
            _Gate(guard, ceiling, transport.sleep),
        ]
        self._client: Any = PipelineClient(endpoint, policies=policies, transport=transport)

    def get(self, url: str) -> Answer:
        """One GET of a path below the endpoint, or of a whole URL that leads there."""
        whole = url if url.startswith("https://") else self.endpoint + url
        return self._send(HttpRequest("GET", whole))

    def query(self, body: Mapping[str, Any], version: str) -> Answer:
        """One query of Resource Graph."""
        request = HttpRequest("POST", f"{self.endpoint}{GRAPH_PATH}?api-version={version}", json=body)
        return self._send(request, retry_on_methods=["POST"])

    def _send(self, request: HttpRequest, **options: Any) -> Answer:
        response = self._client.send_request(request, **options)
        return Answer(response.status_code, response.content, response.headers)
