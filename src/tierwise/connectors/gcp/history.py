"""What the Admin Activity audit log says of changes since a moment: which resources they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors.gcp.read import Read
from tierwise.model.fact import Unknown, UnknownReason

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

LOG: Final = Read("logging", "/v2/entries:list", "logging.logEntries.list", items="entries", post=True)
"""Entries of the log are written always, cannot be turned off, and stay for 400 days (Cloud Logging documentation, "Cloud Audit Logs overview")."""
TOGETHER: Final = 100
"""Projects that one call may name (Cloud Logging API v2, `entries.list`, resourceNames)."""
LAG: Final = timedelta(hours=1)
"""How much earlier than the last scan it is asked for: how late entries come is not guaranteed."""
_PAGE: Final = 1000
_PAGES: Final = 50
"""Pages after which reading everything again is the shorter way."""


@dataclass(frozen=True, slots=True)
class History:
    """Of which changes the log tells, for the resources of a collector."""

    service: str
    """As audit logs name it: `storage.googleapis.com`."""
    named: re.Pattern[str]
    """What an entry's name says is changed: its first group is an alias of the resource."""
    reads: frozenset[Read]
    """The reads whose answers nothing else changes."""


def changed_in(caller: Caller, projects: Sequence[str], since: datetime, history: History) -> Mapping[str, frozenset[str] | str]:
    """The names of what has changed, by project; why that is not known, of a project whose log could not be read to its end, or names a change of nothing."""
    found: dict[str, frozenset[str] | str] = {}
    for start in range(0, len(projects), TOGETHER):
        found |= _of_some(caller, projects[start : start + TOGETHER], since, history)
    return found


def _of_some(caller: Caller, projects: Sequence[str], since: datetime, history: History) -> dict[str, frozenset[str] | str]:
    """Together; half of them at a time where one may not be read, for then none is."""
    names: set[str] = set()
    for number, page in enumerate(caller.pages(LOG, (), body=_asked(projects, since, history))):
        if isinstance(page, Unknown):
            if page.reason is not UnknownReason.PERMISSION_DENIED or len(projects) == 1:
                return dict.fromkeys(projects, f"its audit log could not be read ({page.detail or page.reason.value})")
            half = len(projects) // 2
            return _of_some(caller, projects[:half], since, history) | _of_some(caller, projects[half:], since, history)
        if number == _PAGES:
            return dict.fromkeys(projects, f"its audit log has more than {_PAGES * _PAGE:,} changes")
        for entry in (page.value or {})[LOG.items]:
            name = next((match[1] for text in _texts(entry) if (match := history.named.match(text))), "")
            if not name:
                return dict.fromkeys(projects, f"{_method(entry)} names nothing that is known")
            names.add(name)
    return dict.fromkeys(projects, frozenset(names))


def _asked(projects: Sequence[str], since: datetime, history: History) -> Mapping[str, object]:
    """The body of a request (Cloud Logging documentation, "Logging query language")."""
    return {
        "resourceNames": [f"projects/{one}" for one in projects],
        "filter": f'log_id("cloudaudit.googleapis.com/activity") AND protoPayload.serviceName="{history.service}" AND timestamp>="{since - LAG:%Y-%m-%dT%H:%M:%SZ}"',
        "pageSize": _PAGE,
    }


def _texts(entry: Any) -> Iterator[str]:
    """What an entry says is changed (Cloud Audit Logs, `AuditLog`, resourceName)."""
    payload = entry.get("protoPayload") if isinstance(entry, Mapping) else None
    name = payload.get("resourceName") if isinstance(payload, Mapping) else None
    if isinstance(name, str):
        yield name


def _method(entry: Any) -> str:
    payload = entry.get("protoPayload") if isinstance(entry, Mapping) else None
    name = payload.get("methodName") if isinstance(payload, Mapping) else None
    return name if isinstance(name, str) and re.fullmatch(r"[\w.]{1,100}", name) else "a change"
