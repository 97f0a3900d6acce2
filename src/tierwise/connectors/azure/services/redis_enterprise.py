"""Clusters of Azure Managed Redis and of the Enterprise tiers of Azure Cache for Redis, with the databases that they serve.

Disks are encrypted always, under Microsoft's keys where no other is configured; a cluster has no firewall, so that its public address admits
every client; no log names who ran which command; persistence brings the last state back and keeps no earlier one (Azure Managed Redis
documentation, disk encryption; private link; diagnostic settings; data persistence).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure_terms import LINKS, min_tls, put_network
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import all_of, either
from tierwise.model.resource import Kind, Link

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

TYPE: Final = "Microsoft.Cache/redisEnterprise"
_ENCRYPTED: Final = "Azure Managed Redis documentation, disk encryption: on always, under Microsoft's keys where no other is configured"
_NO_LOG: Final = "Azure Managed Redis documentation, diagnostic settings: connections alone are recorded, no commands"
_NO_BACKUP: Final = "Azure Managed Redis documentation, data persistence: it brings the last state back and keeps no earlier one"
_NO_FIREWALL: Final = "constant: Azure Managed Redis documentation, private link: a public address has no firewall"
_KIND: Final = Kind.CACHE
CLUSTER: Final = Row(
    TYPE,
    frozenset({_KIND}),
    frozenset(
        {
            "encryption.key_custody",
            "transport.min_tls",
            "network.public_endpoint",
            "network.private_endpoint",
            "network.ingress_any",
            "recovery.redundancy",
        }
    ),
)
DATABASES: Final = Read(
    TYPE,
    "databases",
    "2024-10-01",
    f"{TYPE}/databases/read",
    facts=frozenset({"transport.tls_required", "access.shared_key_enabled", "access.local_auth_enabled"}),
    listing=True,
    told=True,
)


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per cluster."""
    host = fields.value(Known(row), "properties", "hostName")
    yield drafted(caller.place, declared, row, _KIND, (row.get("name"), host.value if isinstance(host, Known) else ""))


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a cluster that its documents so far allow."""
    sheet, row = FactSheet(), draft.doc(CLUSTER)
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.put("encryption.key_custody", reach.custody(_key(draft)))
    sheet.put("transport.tls_required", all_of(*_each(draft, _is_encrypted)))
    sheet.put("transport.min_tls", min_tls(fields.word(row, "properties", "minimumTlsVersion")))
    sheet.constant("transport.internode_encrypted", True, LINKS)
    put_network(sheet, _KIND, reach.is_public(row), Known(True, Provenance(_NO_FIREWALL)), reach.has_private_endpoint(row))
    reach.put_audience(sheet, draft)
    keys = either(*_each(draft, _takes_keys))
    sheet.put("access.shared_key_enabled", keys)
    sheet.put("access.local_auth_enabled", keys)
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, _NO_LOG)
    sheet.constant("retention.backup_days", 0, _NO_BACKUP)
    zones = row.value.get("zones") if isinstance(row, Known) and row.value else None
    sheet.known("recovery.redundancy", "multi-zone" if isinstance(zones, list) and len(zones) > 1 else "zone", CLUSTER.via)
    return sheet.facts


def _key(draft: Draft) -> Maybe[str]:
    of = ("properties", "encryption", "customerManagedKeyEncryption", "keyEncryptionKeyUrl")
    return fields.word(draft.doc(CLUSTER), *of, absent="", because=_ENCRYPTED)


def _each(draft: Draft, say: Callable[[Known[Doc]], Maybe[bool]]) -> tuple[Maybe[bool], ...]:
    """What each database of a cluster says; unknown of a cluster without one, which serves nothing."""
    listed = fields.items(draft.doc(DATABASES), "value")
    if isinstance(listed, Unknown):
        return (listed,)
    none = Unknown(UnknownReason.NOT_COLLECTED, listed.via, "the cluster has no database")
    return tuple(say(fields.inner(listed, one)) for one in listed.value) or (none,)


def _is_encrypted(database: Known[Doc]) -> Maybe[bool]:
    protocol = fields.word(database, "properties", "clientProtocol")
    return protocol if isinstance(protocol, Unknown) else Known(protocol.value.lower() == "encrypted", protocol.via)


def _takes_keys(database: Known[Doc]) -> Maybe[bool]:
    """Versions of the service differ in what it means where it was never set."""
    return fields.flag(database, "properties", "accessKeysAuthentication")


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key."""
    return reach.key_links(_key(draft))


COLLECTOR: Final = Collector("redis", (CLUSTER,), (DATABASES, OUTSIDERS), survey, facts, links)
