"""Event Hubs and Service Bus namespaces, with their hubs and queues.

Every namespace is encrypted, and AMQP and HTTPS run over TLS alone; every network is admitted where no rules are set (documentation of both,
encryption at rest; minimum TLS version; network security). Which TLS a namespace accepts that never set it depends on its age.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure_terms import LINKS, PROVIDER_KEY, days, min_tls
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import negated
from tierwise.model.resource import EMPTY_EVIDENCE, Gap, Kind, Link, Rel, Resource
from tierwise.model.vocabulary import put_listed

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

STREAMS, QUEUES = "Microsoft.EventHub/namespaces", "Microsoft.ServiceBus/namespaces"
_VERSIONS: Final = {STREAMS: "2024-01-01", QUEUES: "2022-10-01-preview"}
_ENCRYPTED: Final = "Azure Event Hubs and Service Bus documentation, encryption at rest: on for every namespace"
_TLS: Final = "Azure Event Hubs and Service Bus documentation, minimum TLS version: AMQP and HTTPS run over TLS alone"
_KEY: Final = "Azure Event Hubs and Service Bus documentation, customer-managed keys: keys are Microsoft's where no other is configured"
_OPEN: Final = "Azure Event Hubs and Service Bus documentation, network security: every network is admitted where no rules are set"
_LOCAL: Final = (
    "Azure Event Hubs and Service Bus documentation, disable local authentication: shared keys are accepted where it was never set"
)
_GONE: Final = "Azure Event Hubs documentation: events go after 90 days at most"
_CUSTOMERS: Final = "microsoft.keyvault"
_UNNAMED: Final = "the answer does not name the key"
_RECORDS: Final = frozenset({"runtimeauditlogs"})
_FOREVER: Final = "p10675199d"
_ROW_FACTS: Final = frozenset(
    {
        "encryption.key_custody",
        "transport.min_tls",
        "access.shared_key_enabled",
        "network.public_endpoint",
        "network.private_endpoint",
        "network.ingress_any",
    }
)


def _rules(of: str) -> Read:
    return Read(
        of,
        "networkRuleSets/default",
        _VERSIONS[of],
        f"{of}/networkRuleSets/read",
        facts=frozenset({"network.ingress_any"}),
        told=True,
        when=_is_namespace,
    )


def _is_namespace(draft: Draft) -> bool:
    return draft.resource.type in (STREAMS, QUEUES)


def _is_queue(draft: Draft) -> bool:
    return not _is_namespace(draft)


STREAM: Final = Row(STREAMS, frozenset({Kind.STREAM}), _ROW_FACTS)
QUEUE: Final = Row(QUEUES, frozenset({Kind.QUEUE}), _ROW_FACTS)
HUBS: Final = Read(STREAMS, "eventhubs", _VERSIONS[STREAMS], f"{STREAMS}/eventhubs/read", Stage.SURVEY, listing=True)
LISTED: Final = Read(
    QUEUES, "queues", _VERSIONS[QUEUES], f"{QUEUES}/queues/read", Stage.SURVEY, kinds=frozenset({Kind.QUEUE}), listing=True
)
STREAM_RULES, QUEUE_RULES = _rules(STREAMS), _rules(QUEUES)
STREAM_LOGS: Final = reach.diagnostics(STREAMS)
QUEUE_LOGS: Final = reach.diagnostics(QUEUES, when=_is_namespace)
QUEUE_PARENT: Final = (reach.of_parent(QUEUE_RULES, when=_is_queue), reach.of_parent(QUEUE_LOGS, when=_is_queue))


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft | Gap]:
    """A draft for the namespace, and for Service Bus one for each queue."""
    draft = drafted(caller.place, declared, row, Kind.STREAM if declared is STREAM else Kind.QUEUE, (row.get("name"),))
    read = HUBS if declared is STREAM else LISTED
    listed = caller.ask(read, draft.resource.id, draft.resource.id)
    names = fields.items(listed, "value")
    draft.docs[read.operation] = listed
    shown = ", ".join(str(one.get("name")) for one in names.value) if isinstance(names, Known) else ""
    unread = (names,) if isinstance(names, Unknown) else ()
    draft.resource = replace(draft.resource, evidence=replace(EMPTY_EVIDENCE, description=shown, unread=unread))
    yield draft
    if declared is QUEUE:
        if isinstance(names, Unknown):
            yield Gap("azure", caller.account, "", "servicebus", names.reason.value, read.action, names.detail, read.kinds)
            return
        for item in names.value:
            yield _queue(draft, item)


def _queue(namespace: Draft, item: Mapping[str, object]) -> Draft:
    holder = namespace.resource
    resource = Resource(
        same(item.get("id")),
        Kind.QUEUE,
        f"{QUEUES}/queues",
        "azure",
        holder.account,
        holder.region,
        str(item.get("name") or ""),
        tags=holder.tags,
    )
    return Draft(resource, {QUEUE.operation: namespace.doc(QUEUE), LISTED.operation: Known({"value": [item]}, LISTED.via)})


def stream_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an Event Hubs namespace; what it keeps is what its longest hub keeps."""
    sheet = FactSheet()
    _put_namespace(draft, sheet, STREAM, STREAM_RULES, STREAM_LOGS)
    sheet.constant("transport.internode_encrypted", True, LINKS)
    hubs = fields.items(draft.doc(HUBS), "value")
    ages = [_hub_days(fields.inner(hubs, one)) for one in hubs.value] if isinstance(hubs, Known) else []
    still = hubs if isinstance(hubs, Unknown) else next((one for one in ages if isinstance(one, Unknown)), None)
    longest = max((one.value for one in ages if isinstance(one, Known)), default=0)
    open_ = still.within(longest, 90) if still is not None else None
    sheet.put("retention.delete_after_days", open_ or Known(longest, HUBS.via))
    sheet.constant("retention.expiry_configured", True, _GONE)
    return sheet.facts


def _hub_days(hub: Known[Doc]) -> Maybe[float]:
    hours = fields.number(hub, "properties", "retentionDescription", "retentionTimeInHours")
    if isinstance(hours, Known):
        return Known(hours.value / 24, hours.via)
    return hours if hours.reason is UnknownReason.UNPARSABLE else fields.number(hub, "properties", "messageRetentionInDays")


def queue_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a Service Bus namespace, or of a queue with what its namespace decides."""
    sheet = FactSheet()
    _put_namespace(draft, sheet, QUEUE, QUEUE_RULES, QUEUE_LOGS)
    queues = fields.items(draft.doc(LISTED), "value")
    ages = [_queue_days(fields.inner(queues, one)) for one in queues.value] if isinstance(queues, Known) else []
    still = queues if isinstance(queues, Unknown) else next((one for one in ages if isinstance(one, Unknown)), None)
    known = [one.value for one in ages if isinstance(one, Known)]
    sheet.put(
        "retention.delete_after_days",
        Known(UNLIMITED, LISTED.via) if UNLIMITED in known else still or Known(max(known, default=0), LISTED.via),
    )
    sheet.put("retention.expiry_configured", still or Known(any(one != UNLIMITED for one in known), LISTED.via))
    return sheet.facts


def _queue_days(queue: Known[Doc]) -> Maybe[float]:
    """How long a message may stay; the longest duration that can be written means for ever."""
    life = fields.word(queue, "properties", "defaultMessageTimeToLive")
    return Known(UNLIMITED, life.via) if isinstance(life, Known) and str(life.value).lower().startswith(_FOREVER) else days(life)


def _put_namespace(draft: Draft, sheet: FactSheet, declared: Row, rules: Read, logs: Read) -> None:
    """What a namespace decides for itself and what is in it."""
    kind, row, settings = draft.resource.kind, draft.doc(declared), draft.doc(logs)
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.constant("transport.tls_required", True, _TLS)
    facts: dict[str, AnyFact] = {
        "encryption.key_custody": _custody(row),
        "transport.min_tls": min_tls(fields.word(row, "properties", "minimumTlsVersion")),
        "access.shared_key_enabled": negated(fields.flag(row, "properties", "disableLocalAuth", absent=False, because=_LOCAL)),
        "logging.data_read": reach.sends(settings, _RECORDS),
        "logging.data_write": reach.sends(settings, _RECORDS),
    }
    put_listed(sheet, facts, kind)
    reach.put_network(sheet, kind, row, reach.admits_by_acl(draft.doc(rules), "properties", because=_OPEN, address="ipMask"))
    reach.put_audience(sheet, draft)


def _custody(row: Maybe[Doc | None]) -> Maybe[str]:
    source = fields.word(row, "properties", "encryption", "keySource", absent="", because=_KEY)
    return source if isinstance(source, Unknown) else Known("customer" if source.value.lower() == _CUSTOMERS else PROVIDER_KEY, source.via)


def _keys(row: Maybe[Doc | None]) -> tuple[Link, ...]:
    """The links to its keys: each of them opens what is in the namespace (specification of both, `keyVaultProperties`)."""
    custody = _custody(row)
    if isinstance(custody, Unknown):
        return reach.key_links(custody)
    if custody.value == PROVIDER_KEY:
        return ()
    held = fields.items(row, "properties", "encryption", "keyVaultProperties")
    urls = [_url(one, custody.via) for one in held.value] if isinstance(held, Known) else []
    return tuple(link for one in urls or [Unknown(UnknownReason.NOT_COLLECTED, custody.via, _UNNAMED)] for link in reach.key_links(one))


def _url(held: Doc, via: Provenance) -> Maybe[str]:
    vault, name = (fields.value(Known(held, via), one) for one in ("keyVaultUri", "keyName"))
    if isinstance(vault, Known) and isinstance(name, Known):
        return Known(f"{str(vault.value).rstrip('/')}/keys/{name.value}", via)
    return Unknown(UnknownReason.NOT_COLLECTED, via, _UNNAMED)


def _links(draft: Draft, declared: Row, logs: Read) -> tuple[Link, ...]:
    return (*_keys(draft.doc(declared)), *reach.log_links(draft.doc(logs)))


def stream_links(draft: Draft) -> tuple[Link, ...]:
    """Its key, where its logs go, and where its hubs write their events as files."""
    hubs = fields.items(draft.doc(HUBS), "value")
    found: list[Link] = []
    for one in hubs.value if isinstance(hubs, Known) else ():
        on = fields.flag(Known(one), "properties", "captureDescription", "enabled", absent=False, because=_GONE)
        to = fields.value(Known(one), "properties", "captureDescription", "destination", "properties", "storageAccountResourceId")
        if isinstance(on, Known) and on.value:
            found.append(Link(Rel.EXPORTS_TO, same(to.value)) if isinstance(to, Known) else Link(Rel.EXPORTS_TO, "", to))
    if isinstance(hubs, Unknown):
        found.append(Link(Rel.EXPORTS_TO, "", hubs))
    return (*_links(draft, STREAM, STREAM_LOGS), *found)


def queue_links(draft: Draft) -> tuple[Link, ...]:
    """Its key, where its logs go, and for a queue its namespace."""
    own = (Link(Rel.MEMBER_OF, draft.resource.id.rpartition("/queues/")[0]),) if _is_queue(draft) else ()
    return (*own, *_links(draft, QUEUE, QUEUE_LOGS))


COLLECTORS: Final = (
    Collector("eventhub", (STREAM,), (STREAM_RULES, STREAM_LOGS, OUTSIDERS), survey, stream_facts, stream_links, lists=(HUBS,)),
    Collector(
        "servicebus", (QUEUE,), (QUEUE_RULES, QUEUE_LOGS, *QUEUE_PARENT, OUTSIDERS), survey, queue_facts, queue_links, lists=(LISTED,)
    ),
)
