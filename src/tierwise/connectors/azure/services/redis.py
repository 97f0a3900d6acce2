"""Azure Cache for Redis.

Disks of every tier are encrypted under Microsoft's keys; customers' keys are for the Enterprise tiers (documentation, disk encryption).
A cache in a subnet has no public address; every client is admitted where there is no firewall rule (network isolation; firewall rules).
No log names who ran which command (Azure Monitor documentation, logs of Microsoft.Cache/redis).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure_terms import LINKS, PROVIDER_KEY, min_tls, put_network
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.kleene import negated
from tierwise.model.resource import Kind, Link

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

TYPE: Final = "Microsoft.Cache/redis"
VERSION: Final = "2024-11-01"
_ENCRYPTED: Final = "Azure Cache for Redis documentation, disk encryption: disks of every tier are encrypted under Microsoft's keys"
_NO_LOG: Final = "Azure Monitor documentation, logs of Microsoft.Cache/redis: connections alone are recorded, no commands"
_OPEN: Final = "Azure Cache for Redis documentation, firewall rules: every client is admitted where there is no rule"
_MIN_TLS: Final = "Azure Cache for Redis documentation, TLS versions: TLS 1.0 where it was never set"
_KEYS: Final = "Azure Cache for Redis documentation, disable access keys: accepted where it was never set"
_ENTRA: Final = "Azure Cache for Redis documentation, Microsoft Entra authentication: off where it was never set"
_NO_BACKUP: Final = "Azure Cache for Redis documentation, data persistence: off where it was never set"
_KIND: Final = Kind.CACHE

CACHE: Final = Row(
    TYPE,
    frozenset({_KIND}),
    frozenset(
        {
            "transport.tls_required",
            "transport.min_tls",
            "network.public_endpoint",
            "network.private_endpoint",
            "access.shared_key_enabled",
            "access.local_auth_enabled",
            "access.central_identity_enabled",
            "retention.backup_days",
            "recovery.redundancy",
        }
    ),
)


def _is_public(draft: Draft) -> bool:
    public = _public(draft)
    return not (isinstance(public, Known) and not public.value)


RULES: Final = Read(
    TYPE,
    "firewallRules",
    VERSION,
    f"{TYPE}/firewallRules/read",
    facts=frozenset({"network.ingress_any"}),
    listing=True,
    told=True,
    when=_is_public,
)
LOGS: Final = reach.diagnostics(TYPE, facts=frozenset())


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per cache."""
    host = fields.value(Known(row), "properties", "hostName")
    yield drafted(caller.place, declared, row, _KIND, (row.get("name"), host.value if isinstance(host, Known) else ""))


def _public(draft: Draft) -> Maybe[bool]:
    subnet = fields.value(draft.doc(CACHE), "properties", "subnetId")
    return Known(False, subnet.via) if isinstance(subnet, Known) else reach.is_public(draft.doc(CACHE))


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a cache that its documents so far allow."""
    sheet, row = FactSheet(), draft.doc(CACHE)
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.constant("encryption.key_custody", PROVIDER_KEY, _ENCRYPTED)
    sheet.put("transport.tls_required", negated(fields.flag(row, "properties", "enableNonSslPort")))
    sheet.put("transport.min_tls", min_tls(fields.word(row, "properties", "minimumTlsVersion", absent="1.0", because=_MIN_TLS)))
    sheet.constant("transport.internode_encrypted", True, LINKS)
    put_network(sheet, _KIND, _public(draft), _admits(draft), reach.has_private_endpoint(row))
    reach.put_audience(sheet, draft)
    keys = negated(fields.flag(row, "properties", "disableAccessKeyAuthentication", absent=False, because=_KEYS))
    sheet.put("access.shared_key_enabled", keys)
    sheet.put("access.local_auth_enabled", keys)
    central = fields.flag(row, "properties", "redisConfiguration", "aad-enabled", absent=False, because=_ENTRA)
    sheet.put("access.central_identity_enabled", central)
    for name in ("logging.data_read", "logging.data_write"):
        sheet.constant(name, False, _NO_LOG)
    zones = row.value.get("zones") if isinstance(row, Known) and row.value else None
    sheet.known("recovery.redundancy", "multi-zone" if isinstance(zones, list) and len(zones) > 1 else "zone", CACHE.via)
    sheet.put("retention.backup_days", _backup(row))
    return sheet.facts


def _admits(draft: Draft) -> Maybe[bool]:
    listed = fields.items(draft.doc(RULES), "value")
    if isinstance(listed, Known) and not listed.value:
        return fields.flag(Known({}), "rule", absent=True, because=_OPEN)
    return reach.admits_by_rules(draft.doc(RULES), ("startIP", "endIP"))


def _backup(row: Maybe[Doc | None]) -> Maybe[float]:
    """How far back its snapshots reach: their count times their interval in minutes, which are written as texts."""
    of = ("properties", "redisConfiguration")
    on = fields.flag(row, *of, "rdb-backup-enabled", absent=False, because=_NO_BACKUP)
    if isinstance(on, Unknown) or not on.value:
        return on if isinstance(on, Unknown) else Known(0, on.via)
    minutes = fields.word(row, *of, "rdb-backup-frequency")
    count = fields.word(row, *of, "rdb-backup-max-snapshot-count", absent="1", because=_NO_BACKUP)
    if isinstance(minutes, Unknown):
        return minutes
    if isinstance(count, Unknown):
        return count
    if not (minutes.value.isdigit() and count.value.isdigit()):
        return Unknown(UnknownReason.UNPARSABLE, minutes.via, "the interval or the count of snapshots is no number")
    return Known(int(minutes.value) * int(count.value) / 1440, minutes.via)


def links(draft: Draft) -> tuple[Link, ...]:
    """Where its logs go."""
    return reach.log_links(draft.doc(LOGS))


COLLECTOR: Final = Collector("redis", (CACHE,), (RULES, LOGS, OUTSIDERS), survey, facts, links)
