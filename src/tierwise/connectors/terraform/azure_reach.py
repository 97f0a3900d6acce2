"""What reaches an Azure resource and what watches it: private endpoints, firewall rules, diagnostic settings, locks."""

from __future__ import annotations

import re
from typing import Final

from tierwise.connectors.azure_terms import admits_spans
from tierwise.connectors.terraform.joins import Child, Children
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

GROUP: Final = "azurerm_resource_group"
LOCK, ENDPOINT, DIAGNOSTICS = "azurerm_management_lock", "azurerm_private_endpoint", "azurerm_monitor_diagnostic_setting"
LOCKED: Final = Child(LOCK, "scope", ("id",), shared=True)
CONNECTED: Final = Child(ENDPOINT, "private_service_connection.0.private_connection_resource_id", ("id",), shared=True)
RECORDED: Final = Child(DIAGNOSTICS, "target_resource_id", ("id",), shared=True)
REACHED: Final = (CONNECTED, RECORDED)
"""The children of what has an address and a log."""
COMMON: Final = (LOCKED, *REACHED)
"""The children of what can be protected from deletion besides."""
ABOVE: Final = ((GROUP, (LOCKED,)),)
"""A lock on a resource group holds for all that is in it; joined once for all converters."""
WORKSPACE, ACCOUNT = "azurerm_log_analytics_workspace", "azurerm_storage_account"
HUBS: Final = "azurerm_eventhub_namespace"
_RULE: Final = re.compile("/authorizationRules/", re.IGNORECASE)
_EVERYTHING: Final = frozenset({"alllogs", "audit"})


def has_private_endpoint(plan: Plan, planned: Planned) -> Maybe[bool]:
    """Whether a private endpoint of this plan leads to a resource."""
    children = plan.children(planned, ENDPOINT)
    waits: Unknown | None = children.loose
    for one in children.found:
        manual = one.root.flag("private_service_connection", 0, "is_manual_connection")
        if isinstance(manual, Known) and not manual.value:
            return Known(True, one.root.via)
        waits = Unknown(UnknownReason.NOT_COLLECTED, one.root.via, "whether its owner approved the connection is not in the plan")
    if waits is not None:
        return waits
    if planned.is_new or children.removed:
        return Known(False, planned.root.via)
    return absent(planned.root.via, f"not in this plan: no {ENDPOINT} in it leads to {planned.address}")


def admits_by_rules(
    plan: Plan, planned: Planned, kind: str, names: tuple[str, str] = ("start_ip_address", "end_ip_address")
) -> Maybe[bool]:
    """Whether firewall rules in resources of their own admit the internet, or every Azure service whosever it is."""
    children = plan.children(planned, kind)
    still: Unknown | None = children.loose
    spans: list[tuple[str, str]] = []
    for one in children.found:
        low, high = one.root.text(names[0]), one.root.text(names[1])
        if isinstance(low, Unknown) or isinstance(high, Unknown):
            still = low if isinstance(low, Unknown) else high if isinstance(high, Unknown) else still
        else:
            spans.append((low.value or "", high.value or ""))
    found = admits_spans(spans, children.found[0].root.via if spans else planned.root.via)
    if isinstance(found, Unknown) or found.value:
        return found
    if still is not None:
        return still
    if planned.is_new:
        return Known(False, planned.root.via)
    return absent(planned.root.via, f"not in this plan: firewall rules of {planned.address} that others may have made")


def recorded(plan: Plan, planned: Planned, read: frozenset[str], write: frozenset[str]) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether diagnostic settings send the categories of log (lower case) that name each read and each change."""
    children = plan.children(planned, DIAGNOSTICS)
    return sends(planned, children, read), sends(planned, children, write)


def sends(planned: Planned, settings: Children, wanted: frozenset[str]) -> Maybe[bool]:
    """Whether diagnostic settings send all of some categories of log."""
    still = settings.loose
    sent: set[str] = set()
    for one in settings.found:
        categories, unread = categories_of(one)
        sent |= categories
        still = unread or still
        if _EVERYTHING & categories or wanted <= sent:
            return Known(True, one.root.via)
    if still is not None:
        return still
    if planned.is_new or settings.removed:
        return Known(False, planned.root.via)
    return absent(planned.root.via, f"not in this plan: no diagnostic setting in it is for {planned.address}")


def categories_of(setting: Planned) -> tuple[set[str], Unknown | None]:
    """The categories (and groups) of log that a diagnostic setting sends, lower case, and why there may be more."""
    found: set[str] = set()
    still: Unknown | None = None
    for name in ("enabled_log", "log"):
        blocks = setting.root.blocks(name)
        if isinstance(blocks, Unknown):
            # `log` is computed from `enabled_log` in provider 3 and gone in 4 (AzureRM 4.0 upgrade guide).
            still = blocks if setting.root.is_written(name) or not setting.root.is_configured else still
            continue
        for block in blocks.value:
            on = block.flag("enabled") if name == "log" else Known(True)
            if isinstance(on, Unknown):
                still = on
            elif on.value is not False:
                for key in ("category", "category_group"):
                    word = block.text(key)
                    if isinstance(word, Unknown):
                        still = word if key == "category" or block.is_written(key) else still
                    elif word.value:
                        found.add(word.value.lower())
    return found, still


def log_links(plan: Plan, planned: Planned) -> tuple[Link, ...]:
    """The stores that receive the diagnostic logs of a resource."""
    found: list[Link] = []
    children = plan.children(planned, DIAGNOSTICS)
    for one in children.found:
        if not categories_of(one)[0] and categories_of(one)[1] is None:
            continue
        found += plan.links(Rel.LOGS_TO, one, one.root, ("log_analytics_workspace_id",), {WORKSPACE})
        found += plan.links(Rel.LOGS_TO, one, one.root, ("storage_account_id",), {ACCOUNT})
        found += _hub(plan, one)
    if children.loose is not None:
        found.append(Link(Rel.LOGS_TO, "", children.loose))
    return tuple(found)


def _hub(plan: Plan, setting: Planned) -> tuple[Link, ...]:
    """The Event Hubs namespace that receives the logs: the setting names one of its authorization rules."""
    rule = setting.root.text("eventhub_authorization_rule_id")
    if isinstance(rule, Known) and rule.value:
        return (Link(Rel.LOGS_TO, _RULE.split(rule.value, maxsplit=1)[0]),)
    return plan.links(Rel.LOGS_TO, setting, setting.root, ("eventhub_authorization_rule_id",), {HUBS})


def delete_protected(plan: Plan, planned: Planned, *above: Planned) -> Maybe[bool]:
    """Whether a management lock stands on a resource, on what it is part of, or on its resource group (either level bars deletion)."""
    places = [planned, *above]
    outer = places[-1]
    way = plan.resolve(outer, outer.root, ("resource_group_name",), {GROUP})
    group = plan.by_address.get(way.address) if isinstance(way, Resolved) else _group_by_name(plan, outer)
    places += [group] if group is not None else []
    still: Unknown | None = None
    for place in places:
        children = plan.children(place, LOCK)
        if children.found:
            return Known(True, children.found[0].root.via)
        still = children.loose or still
    if still is not None:
        return still
    if planned.is_new and (group is None or group.is_new):
        return Known(False, planned.root.via)
    return absent(planned.root.via, f"not in this plan: no {LOCK} in it is for {planned.address} or its resource group")


def _group_by_name(plan: Plan, planned: Planned) -> Planned | None:
    name = planned.root.text("resource_group_name")
    for one in plan.by_type.get(GROUP, ()):
        own = one.root.text("name")
        if isinstance(name, Known) and name.value and isinstance(own, Known) and own.value == name.value and not one.is_gone:
            return one
    return None
