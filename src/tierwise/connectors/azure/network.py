"""Whether every virtual network of a subscription keeps flow logs: by itself, or by a log of each of its subnets or of their security groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.read import Read
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import Known, Maybe, Unknown
from tierwise.model.resource import Kind

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

FLOW_LOGS: Final = "network.flow_logs"
_FACTS: Final = frozenset({FLOW_LOGS})
_WATCHER: Final = "Microsoft.Network/networkWatchers"
_VERSION: Final = "2024-05-01"
_NONE: Final = "Virtual Network REST API, VirtualNetwork: none where it has no subnets"


def _is_account(draft: Draft) -> bool:
    return draft.resource.kind is Kind.ACCOUNT


def _nowhere(_draft: Draft) -> bool:
    return False


def _flows(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """The flow logs of every network watcher of the subscription: there is one watcher a region."""
    at = draft.resource.id
    watchers = fields.items(caller.ask(WATCHERS, at, at), "value")
    if isinstance(watchers, Unknown):
        return watchers
    found: list[Any] = []
    for one in watchers.value:
        listed = fields.items(caller.ask(LOGS, str(one.get("id") or ""), at), "value")
        if isinstance(listed, Unknown):
            return listed
        found += listed.value
    return Known({"value": found}, WATCHERS.via)


NETWORKS: Final = Read(
    "", "providers/Microsoft.Network/virtualNetworks", _VERSION, "Microsoft.Network/virtualNetworks/read", facts=_FACTS, listing=True, when=_is_account
)  # fmt: skip
WATCHERS: Final = Read(
    "", f"providers/{_WATCHER}", _VERSION, f"{_WATCHER}/read", facts=_FACTS, listing=True, when=_is_account, make=_flows
)  # fmt: skip
LOGS: Final = Read(_WATCHER, "flowLogs", _VERSION, f"{_WATCHER}/flowLogs/read", facts=_FACTS, listing=True, when=_nowhere)
"""Asked of each watcher, never of the subscription."""
READS: Final = (NETWORKS, WATCHERS, LOGS)


def flow_logs(draft: Draft) -> Maybe[bool]:
    """Whether all networks are logged; one without subnets carries no traffic."""
    networks, logs = fields.items(draft.doc(NETWORKS), "value"), fields.items(draft.doc(WATCHERS), "value")
    if isinstance(networks, Unknown):
        return networks
    if isinstance(logs, Unknown):
        return logs
    logged = set(_targets(logs.value))
    return Known(all(_is_logged(one, logged) for one in networks.value), logs.via)


def _targets(logs: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in logs:
        enabled, target = (fields.value(Known(one), "properties", name) for name in ("enabled", "targetResourceId"))
        if isinstance(enabled, Known) and enabled.value is True and isinstance(target, Known):
            yield same(target.value)


def _is_logged(network: Mapping[str, Any], logged: set[str]) -> bool:
    if same(network.get("id")) in logged:
        return True
    subnets = fields.items(Known(network), "properties", "subnets", because=_NONE)
    return isinstance(subnets, Known) and all({same(one.get("id")), _guard_of(one)} & logged for one in subnets.value)


def _guard_of(subnet: Mapping[str, Any]) -> str:
    """The network security group of a subnet, or an empty string."""
    found = fields.value(Known(subnet), "properties", "networkSecurityGroup", "id")
    return same(found.value) if isinstance(found, Known) else ""
