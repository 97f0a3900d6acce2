"""Looks into the blobs of storage accounts: the only reads of this package that open data, declared apart from all others.

Blob service REST API: List Blobs with a delimiter, in XML; Get Blob with a range and `If-Match`, so that a blob that changes while it is read
is told (412). The containers are those that Azure Resource Manager lists. Both reads need the one data action, so that Azure knows no
role that may see names alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, unquote, urlencode
from xml.etree import ElementTree as ET

from tierwise.connectors import fields
from tierwise.connectors.azure.calls import Caller, answered
from tierwise.connectors.azure.services.storage_reads import ACCOUNT, CONTAINERS, READ_BLOBS
from tierwise.connectors.azure.session import Answer, Blobs
from tierwise.connectors.declared import Draft
from tierwise.content.blob import MIB, Reason, UnreadableError
from tierwise.content.choose import Entry, Level
from tierwise.content.look import Looker
from tierwise.model.content import Look
from tierwise.model.fact import NOWHERE, Known, Unknown, UnknownReason

TYPES: Final = frozenset({ACCOUNT.type})
"""The types of stores that are looked into."""
_PAGE: Final = 1000
_MOST: Final = 8 * MIB
"""Bytes of a page: a thousand names of 1,024 characters, with their properties."""
_CODE: Final = re.compile(r"[A-Za-z0-9]{1,80}\Z")
_REASONS: Final[Mapping[str, Reason]] = {
    "BlobArchived": Reason.ARCHIVED,
    "BlobBeingRehydrated": Reason.ARCHIVED,
    "ConditionNotMet": Reason.CHANGED,
    "InvalidRange": Reason.CHANGED,
    "BlobNotFound": Reason.GONE,
    "ContainerNotFound": Reason.GONE,
    "BlobUsesCustomerSpecifiedEncryption": Reason.ENCRYPTED,
}
"""Blob service error codes (REST API, "Blob service error codes")."""
_DENIED: Final = frozenset({401, 403})


def look(caller: Caller, blobs: Blobs, draft: Draft, looker: Looker) -> Look:
    """Look into an account, whose containers are the first parts of its blobs' names."""
    url = fields.value(draft.doc(ACCOUNT), "properties", "primaryEndpoints", "blob")
    endpoint = str(url.value).rstrip("/") if isinstance(url, Known) else ""
    found = looker.into_objects(draft.resource.id, _Account(caller, blobs, draft.resource.id, endpoint))
    return replace(found, blocked=READ_BLOBS if found.blocked else "")


def _code(answer: Answer) -> str:
    """The code of an error, which is in a header also where there is no body."""
    found = str(answer.headers.get("x-ms-error-code", ""))
    return found if _CODE.match(found) else ""


@dataclass(frozen=True, slots=True)
class _Account:
    """The blobs of an account; their keys begin with the container."""

    caller: Caller
    blobs: Blobs
    id: str
    endpoint: str

    def level(self, prefix: str, after: str) -> Level:
        """One page below a prefix, or the containers. A listing of Azure's cannot begin in the middle: `after` is where names begin with it."""
        container, slash, inside = prefix.partition("/")
        if not slash:
            return self._containers() if not after else Level((), ())
        wanted = after.partition("/")[2] or inside
        query = {"restype": "container", "comp": "list", "delimiter": "/", "maxresults": str(_PAGE), "prefix": wanted}
        page = self._get(f"{quote(container, safe='')}?{urlencode({name: text for name, text in query.items() if text})}", {}, _MOST)
        return _page(page, f"{container}/")

    def _containers(self) -> Level:
        answer = self.caller.ask(CONTAINERS, self.id, self.id)
        if isinstance(answer, Unknown):
            raise UnreadableError(Reason.DENIED if answer.reason is UnknownReason.PERMISSION_DENIED else Reason.FAILED)
        listed = fields.items(answer, "value")
        names = [str(one.get("name") or "") for one in listed.value] if isinstance(listed, Known) else []
        return Level(tuple(f"{name}/" for name in names if name and "/" not in name), ())

    def fetch(self, entry: Entry, start: int, length: int) -> bytes:
        """A range of a blob that is still the one that was listed."""
        same = {"If-Match": entry.version} if entry.version else {}
        return self._get(quote(entry.key, safe="/"), {"x-ms-range": f"bytes={start}-{start + length - 1}", **same}, length)

    def _get(self, path: str, headers: Mapping[str, str], most: int) -> bytes:
        if not self.endpoint or any(part in (".", "..") for part in path.partition("?")[0].split("/")):
            # A path such as `a/../b` would be another blob's by the time that it is sent.
            raise UnreadableError(Reason.FAILED)
        answer = answered(self.blobs, lambda: self.blobs.get(f"{self.endpoint}/{path}", headers, most), NOWHERE)
        if isinstance(answer, Unknown):
            raise UnreadableError(Reason.FAILED)
        if answer.status not in (200, 206):
            denied = answer.status in _DENIED
            raise UnreadableError(Reason.DENIED if denied else _REASONS.get(_code(answer), Reason.FAILED))
        return answer.body


def _page(body: bytes, before: str) -> Level:
    """A page of blobs and of what their names have in common up to the next delimiter."""
    if b"<!DOCTYPE" in body:
        raise UnreadableError(Reason.ENTITIES)
    try:
        root = ET.fromstring(body)  # noqa: S314 - a document type, and with it every entity, is refused above
    except ET.ParseError:
        raise UnreadableError(Reason.FAILED) from None
    prefixes = tuple(before + _name(one) for one in root.iterfind("Blobs/BlobPrefix"))
    entries = tuple(_entry(one, before) for one in root.iterfind("Blobs/Blob"))
    return Level(prefixes, entries, bool(root.findtext("NextMarker")))


def _name(item: ET.Element) -> str:
    """A name; one that XML cannot hold comes percent-encoded (REST API, "List Blobs", `Encoded`)."""
    name = item.find("Name")
    if name is None:
        return ""
    return unquote(name.text or "") if name.get("Encoded") == "true" else name.text or ""


def _entry(item: ET.Element, before: str) -> Entry:
    length = item.findtext("Properties/Content-Length") or "0"
    archived = item.findtext("Properties/AccessTier") == "Archive"
    size = int(length) if length.isdecimal() and len(length) < 16 else 0
    return Entry(before + _name(item), size, item.findtext("Properties/Etag") or "", archived)
