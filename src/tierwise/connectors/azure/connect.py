"""From the command line's options to a tenant that can be scanned: credentials, cloud, subscriptions, services."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from tierwise.config import AzureConfig
from tierwise.connectors.azure.calls import Caller, attempt
from tierwise.connectors.azure.collectors import collectors, declared_calls
from tierwise.connectors.azure.credentials import EXPIRED, OTHER_TENANT, UNRENEWED, ended
from tierwise.connectors.azure.guard import Guard
from tierwise.connectors.azure.history import ACTIVITY
from tierwise.connectors.azure.place import GROUPS, INHERITED, SUBSCRIPTIONS, Place, Shared, places_of
from tierwise.connectors.azure.session import ENDPOINTS, Arm
from tierwise.connectors.azure.source import AzureScope, AzureSource, AzureTenant
from tierwise.connectors.base import Detailed
from tierwise.connectors.declared import Doc
from tierwise.connectors.rescan import Rescan
from tierwise.errors import CredentialsError, UsageError
from tierwise.model.content import Depth
from tierwise.model.fact import Unknown

_SUBSCRIPTION: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNREACHED: Final = frozenset({"ServiceRequestError", "ServiceRequestTimeoutError", "ServiceResponseError", "ServiceResponseTimeoutError"})


def open_tenant(
    options: AzureConfig,
    now: datetime,
    *,
    credential: Any = None,
    transport: Any = None,
    depth: Depth = Depth.METADATA,
    rescan: Rescan | None = None,
) -> tuple[Detailed, ...]:
    """The tenant as one source. CredentialsError where nothing in it can be read at all, UsageError for names that do not exist."""
    _check_names(options)
    endpoint = ENDPOINTS[options.cloud]
    found = credential or _credential(options)
    attempt(lambda: found.get_token(f"{endpoint}/.default"), _explained)
    calls = (*declared_calls(), *((ACTIVITY,) if rescan is not None else ()))
    heard = rescan.hear if rescan is not None else None
    arm = Arm(found, Guard(endpoint, calls), endpoint, ceiling=options.requests_per_second, transport=transport, heard=heard)
    scope = AzureScope(
        tuple(one.lower() for one in options.subscriptions), options.management_groups, frozenset(one.lower() for one in options.services)
    )
    shared = Shared(scope=scope.graph)
    caller = Caller(Place("", shared=shared), arm, now)
    rows: list[Doc] = []
    for page in caller.table(SUBSCRIPTIONS.table, (SUBSCRIPTIONS.type, GROUPS.type)):
        if isinstance(page, Unknown):
            raise CredentialsError(_explained(page.detail))
        rows += page
    places = places_of(rows, options.inherit_tags, shared)
    wanted = scope.subscriptions or tuple(places)
    missing = tuple(one for one in wanted if one not in places)
    if not places or len(missing) == len(wanted):
        raise CredentialsError(_nothing_seen(missing or options.management_groups))
    tenant = next((str(place.row.get("tenantId")) for place in places.values() if place.row.get("tenantId")), options.tenant)
    return (AzureSource(AzureTenant(tenant, arm, now, places, missing, tuple(caller.outcomes()), depth), scope, rescan),)


def _credential(options: AzureConfig) -> Any:
    """azure-identity's chain: environment, workload and managed identity, Azure CLI and its kin; for one tenant where one is named."""
    from azure.identity import DefaultAzureCredential

    # azure-identity logs a line for each way that it tried; what failed is told once, as an error of our own.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    chain = DefaultAzureCredential(exclude_interactive_browser_credential=True, additionally_allowed_tenants=[options.tenant or "*"])
    return _OfTenant(chain, options.tenant) if options.tenant else chain


class _OfTenant:
    """A credential that asks for tokens of one tenant."""

    def __init__(self, inner: Any, tenant: str) -> None:
        self._inner = inner
        self._tenant = tenant

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """A token as azure-core asks for it."""
        return self._inner.get_token(*scopes, **{**options, "tenant_id": self._tenant})


def _check_names(options: AzureConfig) -> None:
    known = sorted({collector.service for collector in collectors()})
    for service in options.services:
        if service.lower() not in known:
            raise UsageError(f"unknown service {service!r}{_near(service, known)}\n  services: {', '.join(known)}")
    for subscription in options.subscriptions:
        if not _SUBSCRIPTION.fullmatch(subscription.lower()):
            raise UsageError(f"--subscription {subscription!r} is not a subscription id; see them: az account list --output table")
    if options.subscriptions and options.management_groups:
        raise UsageError("--subscription and --management-group cannot both be given; a management group holds subscriptions")
    if options.cloud not in ENDPOINTS:
        raise UsageError(f"unknown cloud {options.cloud!r}{_near(options.cloud, ENDPOINTS)}\n  clouds: {', '.join(ENDPOINTS)}")
    for level in options.inherit_tags:
        if level not in INHERITED:
            raise UsageError(f"tags cannot be inherited from {level!r}{_near(level, INHERITED)}\n  levels: {', '.join(INHERITED)}")


def _near(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def _nothing_seen(asked: tuple[str, ...]) -> str:
    shown = f" ({', '.join(map(repr, asked[:2]))}{', ...' if len(asked) > 2 else ''})" if asked else ""
    return (
        f"the Azure credentials see no subscription{shown}\n"
        "  who you are and what you see: az account list --output table\n"
        "  management groups by their ids: az account management-group list --query [].name\n"
        "  another tenant: az login --tenant TENANT, then --tenant TENANT\n"
        "  give the identity the role of 'tierwise permissions azure', or Reader, on the subscriptions or their management group"
    )


def _explained(code: str) -> str:
    """Cause and fix of a failure to find or use credentials, in at most six lines."""
    if code in EXPIRED or code == OTHER_TENANT:
        return ended(code)
    if code in _UNREACHED:
        return f"Azure could not be reached ({code})\n  check the network, the proxy (HTTPS_PROXY) and the cloud (--cloud)"
    if code in UNRENEWED:
        return (
            f"no usable Azure credentials found ({code}; looked in: environment, workload and managed identity, Azure CLI, PowerShell)\n"
            "  log in: az login, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE\n"
            "  or, with no subscription: tierwise demo"
        )
    if code in ("AuthorizationFailed", "HTTP 403", "Forbidden"):
        return _nothing_seen(())
    return f"Azure's inventory cannot be read ({code})\n  check: az graph query -q 'resourcecontainers | take 1'"
