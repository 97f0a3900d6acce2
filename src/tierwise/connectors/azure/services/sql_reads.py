"""The reads of Azure SQL: what servers and instances decide for their databases, and what each database says itself.

Some reads start a serverless database that has paused: of its labels, its encryption and its auditing (Azure SQL documentation, serverless,
auto-resume). Nothing is started by looking: they are not made of one that is paused, and what they would say is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.read import Read, Row
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Column, Evidence, Kind, Rel

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

SERVERS, DATABASES = "Microsoft.Sql/servers", "Microsoft.Sql/servers/databases"
INSTANCES, MANAGED = "Microsoft.Sql/managedInstances", "Microsoft.Sql/managedInstances/databases"
VERSION: Final = "2021-11-01"
MASTER: Final = "master"
"""The system database of every server, which holds no data of its own."""
_LOGINS: Final = frozenset({"access.local_auth_enabled", "access.central_identity_enabled"})
_NETWORK: Final = frozenset({"network.public_endpoint", "network.private_endpoint", "network.ingress_any"})
_LOGS: Final = frozenset({Rel.LOGS_TO})

SERVER: Final = Row(SERVERS, frozenset({Kind.RELATIONAL_DB}), _NETWORK | {"transport.min_tls"})
DATABASE: Final = Row(DATABASES, frozenset({Kind.RELATIONAL_DB}), frozenset({"recovery.redundancy", "volume.bytes"}))
INSTANCE: Final = Row(INSTANCES, frozenset({Kind.RELATIONAL_DB}), _NETWORK | {"transport.min_tls", "recovery.redundancy"})
MANAGED_DATABASE: Final = Row(MANAGED, frozenset({Kind.RELATIONAL_DB}))
_PAUSED: Final = "the database has paused, and this read would start it"
_RANKED: Final = frozenset({"low", "medium", "high", "critical"})


def _asleep(draft: Draft) -> bool:
    state = fields.value(draft.doc(DATABASE), "properties", "status")
    return isinstance(state, Known) and str(state.value).lower() in ("paused", "pausing")


def _asked(read: Read, caller: Caller, draft: Draft) -> Maybe[Doc | None]:
    """What a read answers, which is not made of a database that it would start."""
    if _asleep(draft):
        return Unknown(UnknownReason.NOT_COLLECTED, read.via, _PAUSED)
    return caller.ask(read, draft.resource.id, draft.resource.id)


def _awake(read: Read) -> Read:
    return replace(read, make=partial(_asked, read))


def _labels(of: str) -> Read:
    """The sensitivity labels of a database's columns, which are evidence of what it holds."""
    plain = Read(of, "currentSensitivityLabels", VERSION, f"{of}/currentSensitivityLabels/read", Stage.SURVEY, listing=True)

    def make(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
        answer = _asked(plain, caller, draft)
        listed = fields.items(answer, "value")
        columns, unread = ((), (listed,)) if isinstance(listed, Unknown) else (tuple(_columns(listed)), ())
        draft.resource = replace(draft.resource, evidence=Evidence(columns=columns, unread=unread))
        return answer

    return replace(plain, make=make)


def _columns(listed: Known[list[Mapping[str, Any]]]) -> Iterator[Column]:
    """The labelled columns: each with its label, the type of information, and its rank as a tag that a profile may know."""
    for one in listed.value:
        found = {
            name: text.value if isinstance(text := fields.word(fields.inner(listed, one), "properties", name), Known) else ""
            for name in ("schemaName", "tableName", "columnName", "labelName", "informationType", "rank")
        }
        rank = f"rank={found['rank']}" if found["rank"].lower() in _RANKED else ""
        labels = tuple(label for label in (found["labelName"], found["informationType"], rank) if label)
        yield Column(".".join(part for part in (found["schemaName"], found["tableName"]) if part), found["columnName"], labels=labels)


def names_key(draft: Draft) -> bool:
    """Whether the row of a server names the customer's key, so that its protector need not be read."""
    return isinstance(fields.value(draft.doc(SERVER), "properties", "keyId"), Known)


def _needs_protector(draft: Draft) -> bool:
    return not names_key(draft)


def _is_public(draft: Draft) -> bool:
    public = reach.is_public(draft.doc(SERVER))
    return not (isinstance(public, Known) and not public.value)


def _protector(of: str) -> Read:
    return Read(
        of,
        "encryptionProtector/current",
        VERSION,
        f"{of}/encryptionProtector/read",
        facts=frozenset({"encryption.key_custody"}),
        links=frozenset({Rel.USES_KEY}),
        told=True,
    )


def _admins(of: str) -> tuple[Read, Read]:
    return (
        Read(of, "administrators", VERSION, f"{of}/administrators/read", facts=_LOGINS, listing=True, told=True),
        Read(of, "azureADOnlyAuthentications", VERSION, f"{of}/azureADOnlyAuthentications/read", facts=_LOGINS, listing=True, told=True),
    )


PROTECTOR: Final = replace(_protector(SERVERS), when=_needs_protector)
# Statements set rules and encryption too (Transact-SQL reference, sp_set_firewall_rule, ALTER DATABASE SET ENCRYPTION), of which no activity log tells.
RULES: Final = Read(
    SERVERS,
    "firewallRules",
    VERSION,
    f"{SERVERS}/firewallRules/read",
    facts=frozenset({"network.ingress_any"}),
    listing=True,
    when=_is_public,
)
AUDIT: Final = Read(
    SERVERS,
    "extendedAuditingSettings/default",
    VERSION,
    f"{SERVERS}/extendedAuditingSettings/read",
    facts=reach.RECORDED,
    links=_LOGS,
    told=True,
)
AUDIT_LOGS: Final = reach.diagnostics(SERVERS, "databases/master", frozenset())
"""Where audit events of a server go by Azure Monitor: they are a category of log of its master database."""
ADMINS, ENTRA_ONLY = _admins(SERVERS)


def _of_database(of: str) -> tuple[Read, Read, Read, Read]:
    """What every database says itself: its encryption, both its retention policies, its labels."""
    encryption, kept = frozenset({"encryption.at_rest", "encryption.key_custody"}), frozenset({"retention.backup_days"})
    short, long = "backupShortTermRetentionPolicies", "backupLongTermRetentionPolicies"
    return (
        _awake(Read(of, "transparentDataEncryption/current", VERSION, f"{of}/transparentDataEncryption/read", facts=encryption)),
        Read(of, f"{short}/default", VERSION, f"{of}/{short}/read", facts=kept, told=True),
        Read(of, f"{long}/default", VERSION, f"{of}/{long}/read", facts=kept, told=True),
        _labels(of),
    )


TDE, SHORT_TERM, LONG_TERM, LABELS = _of_database(DATABASES)
MANAGED_TDE, MANAGED_SHORT_TERM, MANAGED_LONG_TERM, MANAGED_LABELS = _of_database(MANAGED)
OWN_AUDIT: Final = _awake(
    Read(
        DATABASES,
        "extendedAuditingSettings/default",
        VERSION,
        f"{DATABASES}/extendedAuditingSettings/read",
        facts=reach.RECORDED,
        links=_LOGS,
        told=True,
    )
)
DATABASE_LOGS: Final = reach.diagnostics(DATABASES, facts=frozenset())
INSTANCE_PROTECTOR: Final = _protector(INSTANCES)
INSTANCE_ADMINS, INSTANCE_ENTRA_ONLY = _admins(INSTANCES)
INSTANCE_LOGS: Final = reach.diagnostics(INSTANCES)
LOCKS: Final = reach.locks_read()
OF_INSTANCE: Final = (INSTANCE_PROTECTOR, INSTANCE_ADMINS, INSTANCE_ENTRA_ONLY, INSTANCE_LOGS)
FROM_INSTANCE: Final = (reach.of_parent(reach.itself(INSTANCE, VERSION)), *(reach.of_parent(read) for read in OF_INSTANCE))
"""The same for a database, whose instance decides."""
OF_SERVER: Final = (PROTECTOR, RULES, AUDIT, AUDIT_LOGS, ADMINS, ENTRA_ONLY)
FROM_SERVER: Final = (reach.of_parent(reach.itself(SERVER, VERSION)), *(reach.of_parent(read) for read in OF_SERVER))
"""The same for a database, whose server decides."""
