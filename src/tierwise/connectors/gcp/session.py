"""The way to Google's services: google-auth's session with a read-only guard at its transport, retries and a ceiling for each service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter

from tierwise import __version__
from tierwise.connectors.ceiling import Ceiling
from tierwise.connectors.gcp.guard import Guard
from tierwise.connectors.standing import Standing

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
"""The one scope that all services take. `cloud-platform.read-only` is refused by most of them, Cloud Asset Inventory among them (discovery
documents, `scopes` of each method; `tools/google_fields.py` checks every declared call): that nothing is changed is the guard's and IAM's business."""
LONGEST_WAIT: Final = 120.0
"""Seconds: a request that Google puts off for longer is given up as throttled."""
TRIES: Final = 4
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
_PATIENCE: Final = 60
"""Seconds to answer."""
_INVENTORY: Final = 80 / 60
"""Four fifths of the 100 ListAssets a minute that a project may make (Cloud Asset Inventory documentation, "Quotas and limits")."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def rate_of(ceiling: float, asked: str) -> float:
    """Requests a second to the service of a host or an operation."""
    return min(_INVENTORY, ceiling) if asked.startswith("cloudasset") else ceiling


@dataclass(slots=True)
class _Ceilings:
    rate: float
    sleep: Callable[[float], None]
    _made: dict[str, Ceiling] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, host: str) -> None:
        """Block until the service may be asked once more."""
        inventory = host.startswith("cloudasset.")
        rate, burst = rate_of(self.rate, host), 60.0 if inventory else 10.0
        with self._lock:
            ceiling = self._made.setdefault(host, Ceiling(rate, sleep=self.sleep, burst=burst))
        ceiling.wait()


class Gate(HTTPAdapter):
    """The last before the wire: refuses what is not declared and keeps to the ceiling; then the adapter that it stands before."""

    def __init__(self, guard: Guard, rate: float, inner: HTTPAdapter, sleep: Callable[[float], None]) -> None:
        super().__init__()
        self._guard = guard
        self._inner = inner
        self._ceilings = _Ceilings(rate, sleep)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """One request."""
        url = request.url or ""
        self._guard.check(request.method or "", url)
        self._ceilings.wait(urlsplit(url).netloc)
        return self._inner.send(request, *args, **kwargs)


def transport() -> HTTPAdapter:
    """The adapter that opens sockets."""
    return HTTPAdapter(pool_maxsize=32)


class _Session(AuthorizedSession):
    """Asks the environment for a host's proxy and certificates once: `requests` does so for each request, which is half of what one costs."""

    def __init__(self, credentials: Any) -> None:
        super().__init__(credentials)  # type: ignore[no-untyped-call]
        self._of_hosts: dict[object, Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """What `requests` makes of the environment for a URL, which is the same for all of its host."""
        parts = urlsplit(url)
        asked = (parts.scheme, parts.netloc, *sorted((proxies or {}).items()), stream, verify, cert)
        if asked not in self._of_hosts:
            self._of_hosts[asked] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        made = self._of_hosts[asked]
        return {**made, "proxies": dict(made["proxies"])}


class Google:
    """Google's services behind guard, ceiling and credentials; a session of its own for each thread."""

    def __init__(
        self,
        credentials: Any,
        guard: Guard,
        *,
        ceiling: float = 10.0,
        inner: HTTPAdapter,
        sleep: Callable[[float], None] = time.sleep,
        heard: Callable[[str], None] | None = None,
    ) -> None:
        self._heard = heard
        self._credentials = credentials
        self.standing = Standing()
        self._gate = Gate(guard, ceiling, inner, sleep)
        self._sleep = sleep
        self._here = threading.local()

    def ask(self, url: str, body: Mapping[str, object] | None = None) -> Answer:
        """One GET, or one POST of a body; tried again where the service asks for patience."""
        answer = self._patiently(lambda: self._once(url, body))
        if self._heard is not None:
            self._heard(answer.headers.get("Date", ""))
        return answer

    def part(self, url: str, start: int, length: int) -> Answer:
        """A range of an object as it is stored, and no more bytes than that, whatever the service sends."""
        # Without the second header Cloud Storage expands what is stored compressed, and ignores the range (documentation, "Transcoding of gzip-compressed files").
        headers = {"Range": f"bytes={start}-{start + length - 1}", "Accept-Encoding": "gzip"}
        return self._patiently(lambda: self._some(url, headers, length))

    def _patiently(self, once: Callable[[], Answer]) -> Answer:
        answer = once()
        for number in range(1, TRIES):
            wait = _patience(answer, number)
            if wait is None:
                break
            self._sleep(wait)
            answer = once()
        return answer

    def _once(self, url: str, body: Mapping[str, object] | None) -> Answer:
        # A redirect would carry the token to whoever it names.
        sent = self._session().request(  # type: ignore[no-untyped-call]
            "GET" if body is None else "POST", url, json=body, allow_redirects=False, timeout=_PATIENCE
        )
        return Answer(sent.status_code, sent.content, sent.headers)

    def _some(self, url: str, headers: Mapping[str, str], length: int) -> Answer:
        with self._session().request(  # type: ignore[no-untyped-call]
            "GET", url, headers=dict(headers), allow_redirects=False, timeout=_PATIENCE, stream=True
        ) as sent:
            return Answer(sent.status_code, sent.raw.read(length, decode_content=False), sent.headers)

    def _session(self) -> AuthorizedSession:
        found: AuthorizedSession | None = getattr(self._here, "session", None)
        if found is None:
            found = _Session(self._credentials)
            found.auth = _unchanged  # else a .netrc would replace the token
            found.headers["User-Agent"] = f"tierwise/{__version__}"
            for prefix in ("https://", "http://"):
                found.mount(prefix, self._gate)
            self._here.session = found
        return found


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _patience(answer: Answer, number: int) -> float | None:
    """Seconds before the next try; None where there is none."""
    if answer.status not in _AGAIN and not (answer.status == 403 and b"ateLimitExceeded" in answer.body[:4096]):
        return None
    asked = answer.headers.get("Retry-After", "")
    wait = float(asked) if asked.isdecimal() and len(asked) < 7 else float(2**number)
    return wait if wait <= LONGEST_WAIT else None
