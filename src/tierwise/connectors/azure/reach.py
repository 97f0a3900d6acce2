"""What reaches a resource and what watches it: private endpoints, network rules, diagnostic settings, locks. Shared by all services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tierwise.connectors import azure_audience, azure_terms, fields
from tierwise.connectors.azure.ids import parent_of, same
from tierwise.connectors.azure.outsiders import audience_of
from tierwise.connectors.azure.read import Read, Row
from tierwise.connectors.azure_audience import NOBODY, Strangers
from tierwise.connectors.azure_terms import PROVIDER_KEY, admits_ranges, key_url
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

_DIAGNOSTICS: Final = "providers/Microsoft.Insights/diagnosticSettings"
_READ_DIAGNOSTICS: Final = "Microsoft.Insights/diagnosticSettings/read"
_DIAGNOSTICS_VERSION: Final = "2021-05-01-preview"
RECORDED: Final = frozenset({"logging.data_read", "logging.data_write"})
LOGGED: Final = frozenset({Rel.LOGS_TO})
LOCKS: Final = Read(
    "",
    "providers/Microsoft.Authorization/locks",
    "2020-05-01",
    "Microsoft.Authorization/locks/read",
    facts=frozenset({"recovery.delete_protected"}),
    listing=True,
)
"""All locks of a subscription, on it and below it, in one listing; `locks_read` makes it the read of a collector."""
_NO_CONNECTIONS: Final = "Azure Private Link: a resource to which nothing connects has an empty list of connections, or none"
"""As in the recorded answers of Key Vault and Redis, which have none, and of SQL and Storage, whose list is empty."""
_METRICS_ALONE: Final = "Azure Monitor, diagnostic settings: one that sends metrics alone has no logs"
_EVERYTHING: Final = frozenset({"alllogs", "audit"})
"""Groups of categories: every log, and those that record interactions with data and settings (Azure Monitor documentation, diagnostic settings, category groups)."""
_LOCKED: Final = frozenset({"cannotdelete", "readonly"})
PUBLIC: Final = "Azure Resource Manager reference, publicNetworkAccess: enabled where it was never set"


def put_audience(
    sheet: FactSheet, draft: Draft, *, anonymous: Maybe[bool] | None = None, more: Maybe[frozenset[str]] | None = None
) -> None:
    """Who is let in: everybody, those from outside who hold a role that reaches it, and `more` tenants that the resource names."""
    tenants = NOBODY if more is None else Strangers(open=more) if isinstance(more, Unknown) else Strangers(more.value)
    azure_audience.put_audience(sheet, draft.resource.kind, audience_of(draft).besides(tenants), anonymous)


def is_public(row: Maybe[Doc | None]) -> Maybe[bool]:
    """Whether it has an address on the internet."""
    state = fields.word(row, "properties", "publicNetworkAccess", absent="Enabled", because=PUBLIC)
    return state if isinstance(state, Unknown) else Known(state.value.lower() != "disabled", state.via)


def put_network(sheet: FactSheet, kind: Kind, row: Maybe[Doc | None], admits: Maybe[bool]) -> None:
    """The network facts of a store with `publicNetworkAccess`; a network security perimeter has rules of its own, which are not read."""
    state = fields.value(row, "properties", "publicNetworkAccess")
    if isinstance(state, Known) and str(state.value).lower() == "securedbyperimeter":
        admits = Unknown(UnknownReason.NOT_COLLECTED, state.via, "the rules of its network security perimeter decide")
    azure_terms.put_network(sheet, kind, is_public(row), admits, has_private_endpoint(row))


def admits_by_rules(rules: Maybe[Doc | None], ends: tuple[str, str] = ("startIpAddress", "endIpAddress")) -> Maybe[bool]:
    """Whether firewall rules, each a range of addresses, admit the internet or every Azure service whosever it is."""
    listed = fields.items(rules, "value")
    if isinstance(listed, Unknown):
        return listed
    found: list[tuple[str, str]] = []
    still: Unknown | None = None
    for one in listed.value:
        low, high = (fields.value(fields.inner(listed, one), "properties", end) for end in ends)
        if isinstance(low, Unknown) or isinstance(high, Unknown):
            still = low if isinstance(low, Unknown) else high if isinstance(high, Unknown) else still
        else:
            found.append((str(low.value), str(high.value)))
    admits = azure_terms.admits_spans(found, listed.via)
    return admits if still is None or admits == Known(True, listed.via) else still


def has_private_endpoint(row: Maybe[Doc | None]) -> Maybe[bool]:
    """Whether a private endpoint leads to it whose connection is approved."""
    found = fields.items(row, "properties", "privateEndpointConnections", because=_NO_CONNECTIONS)
    if isinstance(found, Unknown):
        return found
    states = [fields.value(fields.inner(found, one), "properties", "privateLinkServiceConnectionState", "status") for one in found.value]
    if any(isinstance(one, Known) and str(one.value).lower() == "approved" for one in states):
        return Known(True, found.via)
    return next((one for one in states if isinstance(one, Unknown)), Known(False, found.via))


def admits_by_acl(row: Maybe[Doc | None], *path: str, because: str, address: str = "value") -> Maybe[bool]:
    """Whether network rules with a default action admit the internet; `because` is the page that says so of what has no rules."""
    action = fields.word(row, *path, "defaultAction", absent="Allow", because=because)
    if isinstance(action, Unknown):
        return action
    if action.value.lower() != "deny":
        return Known(True, action.via)
    rules = fields.items(row, *path, "ipRules")
    if isinstance(rules, Unknown):
        return rules
    admitted = [str(one.get(address) or "") for one in rules.value if str(one.get("action") or "Allow").lower() == "allow"]
    return admits_ranges(admitted, action.via)


def diagnostics(of: str, below: str = "", facts: frozenset[str] = RECORDED, when: Callable[[Draft], bool] | None = None) -> Read:
    """The read of a resource's diagnostic settings (of a service below it): what it records, and where it sends it."""
    path = f"{below}/{_DIAGNOSTICS}" if below else _DIAGNOSTICS
    if when is None:
        return Read(of, path, _DIAGNOSTICS_VERSION, _READ_DIAGNOSTICS, facts=facts, links=LOGGED, listing=True, told=True)
    return Read(of, path, _DIAGNOSTICS_VERSION, _READ_DIAGNOSTICS, facts=facts, links=LOGGED, listing=True, told=True, when=when)


def sends(settings: Maybe[Doc | None], wanted: frozenset[str]) -> Maybe[bool]:
    """Whether diagnostic settings send all of some categories of log (lower case), each by its name or by a group that holds it."""
    listed = fields.items(settings, "value")
    if isinstance(listed, Unknown):
        return listed
    each = [_categories(fields.inner(listed, one)) for one in listed.value]
    sent = frozenset[str]().union(*(one.value for one in each if isinstance(one, Known)))
    if _EVERYTHING & sent or wanted <= sent:
        return Known(True, listed.via)
    return next((one for one in each if isinstance(one, Unknown)), Known(False, listed.via))


def _categories(setting: Known[Doc]) -> Maybe[frozenset[str]]:
    """The categories and groups of log that a setting sends, lower case."""
    logs = fields.items(setting, "properties", "logs", because=_METRICS_ALONE)
    if isinstance(logs, Unknown):
        return logs
    on = [log for log in logs.value if log.get("enabled") is True]
    return Known(frozenset(str(log[key]).lower() for log in on for key in ("category", "categoryGroup") if log.get(key)), logs.via)


def log_links(settings: Maybe[Doc | None]) -> tuple[Link, ...]:
    """The stores that receive logs by diagnostic settings; a link that waits where these have not been read."""
    listed = fields.items(settings, "value")
    if isinstance(listed, Unknown):
        return (waiting(Rel.LOGS_TO, listed),)
    found: list[str] = []
    for one in listed.value:
        properties, sent = one.get("properties"), _categories(fields.inner(listed, one))
        # What cannot be read may send something: its targets count.
        if not isinstance(properties, dict) or (isinstance(sent, Known) and not sent.value):
            continue
        found += [same(properties.get("workspaceId")), same(properties.get("storageAccountId"))]
        # The rule of an Event Hubs namespace: `.../namespaces/NAME/authorizationRules/RULE`.
        found.append(parent_of(same(properties.get("eventHubAuthorizationRuleId"))))
    return tuple(Link(Rel.LOGS_TO, one) for one in dict.fromkeys(found) if one)


def waiting(rel: Rel, why: Unknown) -> Link:
    """A link whose other end is not known: it waits where the read has not been made."""
    return Link(rel, "", why, waits=why.reason.value == "not-collected" and not why.detail)


def of_parent(read: Read, levels: int = 1, when: Callable[[Draft], bool] | None = None) -> Read:
    """A read of what a resource is part of, made once for all its parts; a row that Resource Graph listed is not read again."""

    def make(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
        at = parent_of(draft.resource.id, levels)
        row = caller.place.shared.rows.get(at)
        if not read.path and row is not None:
            return Known(row, read.via)
        return caller.place.once(f"{read.operation}@{at}", partial(caller.ask, read, at, draft.resource.id))

    return replace(read, make=make, when=when or read.when)


def itself(row: Row, version: str) -> Read:
    """The read of a resource itself, for parts whose facts and key its row decides."""
    return Read(row.type, "", version, row.action, facts=row.facts, links=frozenset({Rel.USES_KEY}), told=True)


def locks_read() -> Read:
    """The read of a subscription's locks, made once for all its resources."""
    return Read(LOCKS.of, LOCKS.path, LOCKS.version, LOCKS.action, facts=LOCKS.facts, listing=True, make=_locks)


def _locks(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    del draft
    return caller.place.once(LOCKS.operation, partial(caller.ask, LOCKS, f"/subscriptions/{caller.place.id}"))


def delete_protected(draft: Draft) -> Maybe[bool]:
    """Whether a lock stands on a resource, on what it is part of, on its resource group or on its subscription: either level bars deletion."""
    listed = fields.items(draft.doc(LOCKS), "value")
    if isinstance(listed, Unknown):
        return listed
    for lock in listed.value:
        level = fields.value(Known(lock), "properties", "level")
        place = same(lock.get("id")).partition("/providers/microsoft.authorization/locks/")[0]
        if isinstance(level, Known) and str(level.value).lower() in _LOCKED and f"{draft.resource.id}/".startswith(f"{place}/"):
            return Known(True, listed.via)
    return Known(False, listed.via)


def key_link(url: str) -> Link:
    """The link to a key by its URL."""
    return Link(Rel.USES_KEY, key_url(url).lower())


def key_links(key: Maybe[str]) -> tuple[Link, ...]:
    """The link to the customer's key by its URL, which is empty where there is none; one that waits where it has not been read."""
    if isinstance(key, Unknown):
        return (waiting(Rel.USES_KEY, key),)
    return (key_link(key.value),) if key.value else ()


def custody(key: Maybe[str]) -> Maybe[str]:
    """`encryption.key_custody` by the URL of the customer's key: without one the key is Microsoft's."""
    return key if isinstance(key, Unknown) else Known("customer" if key.value else PROVIDER_KEY, key.via)


def audit_links(settings: Maybe[Doc | None]) -> tuple[Link, ...]:
    """The storage account that receives an audit of SQL, by its blob endpoint."""
    on = fields.flag(settings, "properties", "state")
    if isinstance(on, Unknown):
        return (waiting(Rel.LOGS_TO, on),)
    to = fields.value(settings, "properties", "storageEndpoint")
    return (Link(Rel.LOGS_TO, str(to.value).lower().rstrip("/")),) if on.value and isinstance(to, Known) and to.value else ()
