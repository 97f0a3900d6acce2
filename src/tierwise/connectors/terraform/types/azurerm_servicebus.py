"""Service Bus namespaces and their queues, which take what the namespace decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.azure import text_or
from tierwise.connectors.terraform.azure_messaging import Spelling, put_always, put_namespace
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.model.vocabulary import facts_of, put_listed

NAMESPACE, QUEUE = "azurerm_servicebus_namespace", "azurerm_servicebus_queue"
_KEY, _RULES = f"{NAMESPACE}_customer_managed_key", f"{NAMESPACE}_network_rule_set"
_SPELLING: Final = Spelling(
    _KEY, "key_vault_key_id", "customer_managed_key", _RULES, "network_rule_set", ("ip_rules",), "local_auth_enabled"
)
_PARENT: Final = ("namespace_id", "namespace_name")
_FOREVER: Final = "P10675199DT2H48M5.4775807S"
_TTL: Final = "default_message_ttl"
_DECIDED: Final = frozenset({"encryption", "transport", "access", "network", "logging"})


def convert(planned: Planned, plan: Plan) -> Resource:
    """A planned namespace or queue."""
    return _namespace(planned, plan) if planned.type == NAMESPACE else _queue(planned, plan)


def _namespace(namespace: Planned, plan: Plan) -> Resource:
    sheet = FactSheet()
    links = put_namespace(sheet, Kind.QUEUE, namespace, plan, _SPELLING)
    queues = plan.children(namespace, QUEUE)
    ages = [_age(queue) for queue in queues.found]
    known = [one.value for one in ages if isinstance(one, Known)]
    still = next((one for one in ages if isinstance(one, Unknown)), queues.loose)
    if still is None and not ages:
        still = absent(namespace.root.via, f"not in this plan: queues of {namespace.address}")
    last: AnyFact = still or Known(max(known, default=0), namespace.root.via)
    expires: AnyFact = still or Known(any(one != UNLIMITED for one in known), namespace.root.via)
    if UNLIMITED in known:
        last = Known(UNLIMITED, namespace.root.via)
    put_listed(sheet, {"retention.delete_after_days": last, "retention.expiry_configured": expires}, Kind.QUEUE)
    name = text_or(namespace.root, "name")
    aliases = (text_or(namespace.root, "id"), name)
    return plan.resource(namespace, Kind.QUEUE, name or namespace.place.name, sheet.facts, links=links, aliases=aliases)


def _queue(queue: Planned, plan: Plan) -> Resource:
    sheet = FactSheet()
    namespace = azure.parent_of(plan, queue, _PARENT, {NAMESPACE})
    links: tuple[Link, ...] = ()
    if namespace is None:
        lost = azure.elsewhere(queue, azure.first(queue, _PARENT), "namespace")
        sheet.facts.update(_lost(lost))
        put_always(sheet)
        azure_grants.put_lost(sheet, Kind.QUEUE, lost)
    else:
        above = put_namespace(sheet, Kind.QUEUE, namespace, plan, _SPELLING)
        azure_grants.put_audience(sheet, Kind.QUEUE, queue, plan, namespace)
        links = (*above, Link(Rel.MEMBER_OF, plan.id_of(namespace.address)))
    age = _age(queue)
    sheet.put("retention.delete_after_days", age)
    sheet.put("retention.expiry_configured", age if isinstance(age, Unknown) else Known(age.value != UNLIMITED, age.via))
    name = text_or(queue.root, "name")
    aliases = (text_or(queue.root, "id"),)
    made = plan.resource(queue, Kind.QUEUE, name or queue.place.name, sheet.facts, links=links, aliases=aliases)
    return azure.placed(made, plan, namespace)


def _lost(why: Unknown) -> Mapping[str, AnyFact]:
    return {spec.name: why for spec in facts_of(Kind.QUEUE) if not spec.derived and spec.name.partition(".")[0] in _DECIDED}


def _age(queue: Planned) -> Maybe[float]:
    """How long a message may stay; for ever by default (AzureRM documentation of `default_message_ttl`)."""
    written = azure.text(queue, _TTL, default=_FOREVER)
    if isinstance(written, Unknown):
        return written
    if written.value.startswith("P10675199D"):
        return Known(UNLIMITED, written.via)
    return azure_terms.days(written)


CONVERTER = Converter(
    frozenset({NAMESPACE, QUEUE}),
    convert,
    reads=azure.KEY_TYPES,
    others=(
        (
            NAMESPACE,
            (
                Child(QUEUE, "namespace_id", ("id", "name"), older=("namespace_name",)),
                Child(_RULES, "namespace_id", ("id", "name"), older=("namespace_name",)),
                Child(_KEY, "namespace_id", ("id",)),
                *azure_reach.REACHED,
            ),
        ),
    ),
)
