"""What may leave this machine: declared GETs and the query of Resource Graph, to Azure Resource Manager's own host; declared lists of Microsoft Graph, to its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from tierwise.connectors.azure.read import Lookup, Read
from tierwise.model.content import Depth

GRAPH_PATH: Final = "/providers/Microsoft.ResourceGraph/resources"
"""The one POST: a query that changes nothing."""
DIRECTORY_PATH: Final = "/v1.0/"
"""The version of Microsoft Graph."""
_ANY: Final = "{}"
_TOKEN: Final = "$skiptoken"
LISTING: Final = frozenset({"restype", "comp", "prefix", "delimiter", "maxresults"})
"""Parameters of List Blobs (Blob service REST API) that are used."""


class UndeclaredCallError(RuntimeError):
    """A call that no declaration covers: a bug in tierwise, stopped before it leaves the machine."""


class Guard:
    """Tells declared requests from all others; `listKeys`, `listAccountSas` and every other POST, PUT, PATCH and DELETE are among the others."""

    def __init__(self, endpoint: str, reads: Iterable[Read]) -> None:
        parts = urlsplit(endpoint)
        self._host = (parts.scheme, parts.netloc.lower())
        self._paths: Mapping[tuple[bool, ...], set[tuple[str, ...]]] = defaultdict(set)
        """By which segments any name may fill, so that a path is looked up and not held to each template."""
        for read in reads:
            template = _template(read)
            self._paths[tuple(part == _ANY for part in template)].add(template)

    def is_home(self, url: str) -> bool:
        """Whether a URL leads to Azure Resource Manager's own host, by TLS."""
        parts = urlsplit(url)
        return (parts.scheme.lower(), parts.netloc.lower()) == self._host and parts.scheme.lower() == "https"

    def allows(self, method: str, url: str) -> bool:
        """Whether a request is declared."""
        if not self.is_home(url):
            return False
        path = urlsplit(url).path
        if method == "POST":
            return path.lower() == GRAPH_PATH.lower()
        segments = tuple(unquote(part).lower() for part in path.strip("/").split("/"))
        if method != "GET" or _is_odd(segments):
            return False
        return any(_with_any(segments, free) in templates for free, templates in self._paths.items() if len(free) == len(segments))

    def check(self, method: str, url: str) -> None:
        """UndeclaredCallError unless the request is declared."""
        if not self.allows(method, url):
            parts = urlsplit(url)
            raise UndeclaredCallError(f"undeclared call {method} {parts.netloc}{parts.path} refused; declare it as a Read of its collector")


class DirectoryGuard:
    """Tells declared lists of the tenant's directory, each with its own properties and condition, from all other requests to Microsoft Graph."""

    def __init__(self, endpoint: str, lookups: Iterable[Lookup]) -> None:
        self._host = urlsplit(endpoint).netloc.lower()
        self._lookups = tuple(lookups)

    def allows(self, method: str, url: str) -> bool:
        """Whether a request is declared; a further page may bring a token along, and nothing else."""
        parts = urlsplit(url)
        if (
            method != "GET"
            or parts.scheme.lower() != "https"
            or parts.netloc.lower() != self._host
            or not parts.path.startswith(DIRECTORY_PATH)
        ):
            return False
        segments = tuple(unquote(part).lower() for part in parts.path.removeprefix(DIRECTORY_PATH).split("/"))
        given = parse_qsl(parts.query, keep_blank_values=True)
        return not _is_odd(segments) and any(_asks(one, segments, given) for one in self._lookups)

    def check(self, method: str, url: str) -> None:
        """UndeclaredCallError unless the request is declared."""
        if not self.allows(method, url):
            parts = urlsplit(url)
            raise UndeclaredCallError(f"undeclared call {method} {parts.netloc}{parts.path} refused; declare it as a Lookup")


class BlobGuard:
    """Tells the two reads of blobs that a depth allows from all other requests: no other operation has their parameters."""

    def __init__(self, suffix: str, depth: Depth) -> None:
        self._host = re.compile(rf"[a-z0-9]{{3,24}}(?:\.z[0-9]+)?\.blob\.{re.escape(suffix)}")
        self._depth = depth

    def allows(self, method: str, url: str) -> bool:
        """Whether a request is declared."""
        parts = urlsplit(url)
        segments = [unquote(part) for part in parts.path.split("/")[1:]]
        if method != "GET" or parts.scheme.lower() != "https" or self._host.fullmatch(parts.netloc.lower()) is None:
            return False
        if any(one in (".", "..") for one in segments) or not segments[0]:
            return False
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        if len(segments) == 1:
            listing = given.get("restype") == "container" and given.get("comp") == "list" and given.keys() <= LISTING
            return listing and self._depth is not Depth.METADATA
        return self._depth is Depth.CONTENT and not given

    def check(self, method: str, url: str) -> None:
        """UndeclaredCallError unless the request is declared."""
        if not self.allows(method, url):
            raise UndeclaredCallError(f"undeclared call {method} {urlsplit(url).netloc} refused; its depth does not allow it")


def _template(read: Read) -> tuple[str, ...]:
    """The segments of a read's path, `{}` for those that any name may fill."""
    scope = [] if read.of_tenant else ["subscriptions", _ANY]
    if read.of:
        provider, *types = read.of.lower().split("/")
        scope += [*([] if read.of_tenant else ["resourcegroups", _ANY]), "providers", provider]
        for one in types:
            scope += [one, _ANY]
    return (*scope, *(part for part in read.path.lower().split("/") if part))


def _asks(lookup: Lookup, segments: tuple[str, ...], given: list[tuple[str, str]]) -> bool:
    template, asked = tuple(lookup.path.lower().split("/")), [one for one in given if one[0].lower() != _TOKEN]
    whole = lookup.query
    return (
        len(template) == len(segments)
        and _fits(segments, template)
        and dict(asked).get("$select") == lookup.select
        and len(dict(given)) == len(given)
        and all(whole.get(name) == value for name, value in asked)
        and (not lookup.where or dict(asked).get("$filter") == lookup.where)
    )


def _is_odd(segments: tuple[str, ...]) -> bool:
    return any(part in ("", ".", "..") or "/" in part or "\\" in part for part in segments)


def _with_any(segments: tuple[str, ...], free: tuple[bool, ...]) -> tuple[str, ...]:
    return tuple(_ANY if is_free else segment for segment, is_free in zip(segments, free, strict=True))


def _fits(segments: tuple[str, ...], template: tuple[str, ...]) -> bool:
    return all(wanted in (_ANY, segment) for segment, wanted in zip(segments, template, strict=True))
