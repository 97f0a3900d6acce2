"""What may leave this machine: declared calls to Google's own service hosts, by TLS, with declared parameters, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from tierwise.connectors.gcp.ids import NAME
from tierwise.connectors.gcp.read import Read

DOMAIN: Final = ".googleapis.com"
PAGE_TOKEN: Final = "pageToken"


class UndeclaredCallError(RuntimeError):
    """A call that no declaration covers: a bug in tierwise, stopped before it leaves the machine."""


@dataclass(frozen=True, slots=True)
class _Shape:
    method: str
    host: str
    path: re.Pattern[str]
    parameters: frozenset[str]
    opaque: bool
    """Matched as it is sent: what a slash inside its last name would look like is no part of the path."""


class Guard:
    """Tells declared requests from all others: any PUT, PATCH, DELETE, any POST but the listed `getIamPolicy` and the reading of log entries, and every read of content that was not asked for."""

    def __init__(self, reads: Iterable[Read]) -> None:
        self._shapes = tuple({_shape(read) for read in reads})

    def allows(self, method: str, url: str) -> bool:
        """Whether a request is declared."""
        parts = urlsplit(url)
        path = unquote(parts.path)
        if parts.scheme.lower() != "https" or any(unquote(one) in ("", ".", "..") for one in parts.path.split("/")[1:]):
            return False
        plain = "\\" not in path and path.count("/") == parts.path.count("/")
        given = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        host = parts.netloc.lower()
        return any(
            one.method == method
            and one.host == host
            and one.path.fullmatch(parts.path if one.opaque else path)
            and (one.opaque or plain)
            and given <= one.parameters
            for one in self._shapes
        )

    def check(self, method: str, url: str) -> None:
        """UndeclaredCallError unless the request is declared."""
        if not self.allows(method, url):
            parts = urlsplit(url)
            raise UndeclaredCallError(f"undeclared call {method} {parts.netloc}{parts.path} refused; declare it as a Read of its collector")


def host_of(read: Read) -> str:
    """The host that a read is sent to."""
    return f"{read.host}{DOMAIN}"


def _shape(read: Read) -> _Shape:
    path = re.compile(("[^/]+" if read.opaque else NAME).join(re.escape(part) for part in read.path.split("{}")))
    more = {PAGE_TOKEN} if read.items and not read.post else set()
    return _Shape("POST" if read.post else "GET", host_of(read), path, frozenset({name for name, _ in read.query} | more), read.opaque)
