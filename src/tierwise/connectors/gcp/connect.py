"""From the command line's options to a source that can be scanned: credentials, scopes, the projects in them, services."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from requests.adapters import HTTPAdapter

from tierwise.config import GcpConfig
from tierwise.connectors.base import Detailed
from tierwise.connectors.declared import Doc, Once
from tierwise.connectors.gcp.assets import RESOURCES, TYPES, asset_of
from tierwise.connectors.gcp.calls import DISABLED, Caller, attempt
from tierwise.connectors.gcp.collectors import collectors, declared_calls
from tierwise.connectors.gcp.credentials import EXPIRED, UNRENEWED, ended
from tierwise.connectors.gcp.guard import Guard
from tierwise.connectors.gcp.place import BELOW, FOLDERS, PROJECT, SEARCH, Place, Places, place_of
from tierwise.connectors.gcp.read import Read
from tierwise.connectors.gcp.session import SCOPE, Google, transport
from tierwise.connectors.gcp.source import GoogleRun, GoogleScope, GoogleSource
from tierwise.connectors.rescan import Rescan
from tierwise.errors import CredentialsError, UsageError
from tierwise.model.content import Depth
from tierwise.model.fact import Known, Unknown, UnknownReason

_PROJECT: Final = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]\Z|\d{6,20}\Z")
_NUMBER: Final = re.compile(r"\d{1,20}\Z")
_TYPE: Final = "cloudresourcemanager.googleapis.com/Project"
_MOST_FOLDERS: Final = 10_000


def open_projects(
    options: GcpConfig,
    now: datetime,
    *,
    credentials: Any = None,
    inner: HTTPAdapter | None = None,
    depth: Depth = Depth.METADATA,
    sleep: Callable[[float], None] = time.sleep,
    rescan: Rescan | None = None,
) -> tuple[Detailed, ...]:
    """All scopes as one source. CredentialsError where nothing in them can be read at all, UsageError for names that do not exist."""
    _check_names(options)
    found = credentials or attempt(_credentials, _explained)
    heard = rescan.hear if rescan is not None else None
    guard, ceiling = Guard(declared_calls(depth)), options.requests_per_second
    google = Google(found, guard, ceiling=ceiling, inner=inner or transport(), sleep=sleep, heard=heard)
    caller, above = Caller(Place(""), google, now), Once()
    missing: dict[str, Unknown] = {}
    scopes: list[GoogleScope] = []
    for name in options.projects:
        scopes += _project(caller, name, above, missing)
    for kind, names in (("folders", options.folders), ("organizations", options.organizations)):
        scopes += [GoogleScope(f"{kind}/{name}", _inside(caller, f"{kind}/{name}", above, missing)) for name in names]
    if not (options.projects or options.folders or options.organizations):
        scopes = list(_all_seen(caller, above))
    if not scopes:
        raise CredentialsError(_nothing_seen(missing))
    services = frozenset(one.lower() for one in options.services)
    return (GoogleSource(GoogleRun(google, now, scopes, services, missing, tuple(caller.outcomes())), rescan),)


def _credentials() -> Any:
    """Application Default Credentials: environment, gcloud's, workload identity, metadata server; with a token of the one scope that all services take."""
    import google.auth
    from google.auth.transport.requests import Request

    found, _ = google.auth.default(scopes=[SCOPE])
    found.refresh(Request())  # type: ignore[no-untyped-call]
    return found


def _project(caller: Caller, name: str, above: Once, missing: dict[str, Unknown]) -> Iterator[GoogleScope]:
    row = caller.ask(PROJECT, (name,))
    places = Places()
    if isinstance(row, Known):
        places.add(place_of(row.value or {}, above, f"projects/{name}"))
    elif row.reason is UnknownReason.NOT_SUPPORTED:
        # Resource Manager is not enabled where the credentials are from; the project may be there all the same.
        places.add(Place(name, name if name.isdecimal() else "", scope=f"projects/{name}", above=above))
    else:
        missing[name] = row
        return
    yield GoogleScope(f"projects/{name}", places)


def _inside(caller: Caller, scope: str, above: Once, missing: dict[str, Unknown]) -> Places:
    """The projects in a folder or an organisation: by the inventory, else level by level; a level that cannot be listed is missing."""
    places = Places()
    answer = caller.ask(RESOURCES, tuple(scope.split("/", 1)), more=((TYPES, _TYPE),))
    if isinstance(answer, Known) and answer.value is not None:
        for one in answer.value[RESOURCES.items]:
            asset = asset_of(one, RESOURCES.via, RESOURCES.via)
            if isinstance(asset.data, Known):
                places.add(place_of(asset.data.value, above, scope, asset.ancestors))
        return places
    waiting: list[tuple[str, ...]] = [(scope,)]
    seen = {scope}
    while waiting and len(seen) < _MOST_FOLDERS:
        chain = waiting.pop()
        parent = chain[0]
        for row in _rows(caller, BELOW, parent, missing):
            place = place_of(row, above, scope)
            if chain[-1].startswith("organizations/"):
                place.ancestors = (place.name, *chain)
            places.add(place)
        folders = [str(row.get("name")) for row in _rows(caller, FOLDERS, parent, missing)]
        waiting += [(one, *chain) for one in folders if one not in seen]
        seen.update(folders)
    if waiting:
        missing[scope] = Unknown(UnknownReason.NOT_SUPPORTED, FOLDERS.via, f"more than {_MOST_FOLDERS} folders")
    if not places:
        why = answer.detail if isinstance(answer, Unknown) else ""
        raise CredentialsError(_closed(scope, why))
    return places


def _rows(caller: Caller, read: Read, parent: str, missing: dict[str, Unknown]) -> Iterator[Doc]:
    for page in caller.pages(read, (parent,)):
        if isinstance(page, Unknown):
            missing[parent] = page
        elif page.value is not None:
            yield from (one for one in page.value[read.items] if isinstance(one, dict))


def _all_seen(caller: Caller, above: Once) -> Iterator[GoogleScope]:
    for page in caller.pages(SEARCH, ()):
        if isinstance(page, Unknown):
            raise CredentialsError(_explained(page.detail))
        for row in (page.value or {}).get(SEARCH.items, ()):
            place = place_of(row, above) if isinstance(row, dict) else Place("")
            if place.id:
                place.scope = f"projects/{place.id}"
                places = Places()
                places.add(place)
                yield GoogleScope(place.scope, places)


def _check_names(options: GcpConfig) -> None:
    known = sorted({collector.service for collector in collectors()})
    for service in options.services:
        if service.lower() not in known:
            raise UsageError(f"unknown service {service!r}{_near(service, known)}\n  services: {', '.join(known)}")
    for project in options.projects:
        if not _PROJECT.match(project):
            raise UsageError(f"--project {project!r} is not a project's id or number; see them: gcloud projects list")
    for name, given, command in (
        ("--folder", options.folders, "gcloud resource-manager folders list --organization ORGANISATION"),
        ("--organization", options.organizations, "gcloud organizations list"),
    ):
        for one in given:
            if not _NUMBER.match(one):
                raise UsageError(f"{name} {one!r} is not a number; see them: {command}")


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _nothing_seen(missing: Iterable[str]) -> str:
    names = list(missing)
    shown = f" ({', '.join(names[:2])}{', ...' if len(names) > 2 else ''})" if names else ""
    return (
        f"the Google Cloud credentials see no project{shown}\n"
        "  who you are and what you see: gcloud auth list; gcloud projects list\n"
        "  another account: gcloud auth application-default login\n"
        "  give it the role of 'tierwise permissions gcp', or Viewer and Cloud Asset Viewer, on the project, folder or organisation"
    )


def _closed(scope: str, code: str) -> str:
    said = f" ({code})" if code else ""
    return (
        f"nothing in {scope} can be read{said}\n"
        "  check that it exists: gcloud organizations list; gcloud resource-manager folders list --organization ORGANISATION\n"
        f"{_ENABLE if code == DISABLED else '  give the identity the role of tierwise permissions gcp, or Viewer and Cloud Asset Viewer, on it'}"
    )


_ENABLE: Final = "  enable the inventory: gcloud services enable cloudasset.googleapis.com cloudresourcemanager.googleapis.com"


def _explained(code: str) -> str:
    """Cause and fix of a failure to find or use credentials, in at most six lines."""
    match code:
        case "DefaultCredentialsError" | "MutualTLSChannelError":
            return (
                "no usable Google Cloud credentials found (looked in: GOOGLE_APPLICATION_CREDENTIALS, gcloud, metadata server)\n"
                "  log in: gcloud auth application-default login\n"
                "  or, in a pipeline: workload identity federation, or GOOGLE_APPLICATION_CREDENTIALS=FILE\n"
                "  or, with no project: tierwise demo"
            )
        case _ if code in EXPIRED or code in UNRENEWED:
            return ended(code)
        case "TransportError" | "ConnectionError" | "ConnectTimeout" | "ReadTimeout" | "ProxyError" | "SSLError":
            return f"Google Cloud could not be reached ({code})\n  check the network and the proxy (HTTPS_PROXY)"
        case "SERVICE_DISABLED":
            return (
                f"Resource Manager is not enabled where the credentials are from ({code})\n{_ENABLE}\n  or name what to scan: --project ID"
            )
        case "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
            return f"the token lacks the scope to read ({code})\n  log in with it: gcloud auth application-default login --scopes={SCOPE}"
        case "PERMISSION_DENIED" | "HTTP 403" | "forbidden" | "IAM_PERMISSION_DENIED":
            return _nothing_seen(())
        case _:
            return f"Google Cloud's projects cannot be listed ({code})\n  check: gcloud projects list"
