"""The reads of Azure SQL: what servers and instances decide for their databases, and what each database says itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.read import Read, Row
from tierwise.connectors.declared import Draft
from tierwise.model.fact import Known
from tierwise.model.resource import Kind, Rel

SERVERS, DATABASES = "Microsoft.Sql/servers", "Microsoft.Sql/servers/databases"
INSTANCES: Final = "Microsoft.Sql/managedInstances"
VERSION: Final = "2021-11-01"
MASTER: Final = "master"
"""The system database of every server, which holds no data of its own."""
_LOGINS: Final = frozenset({"access.local_auth_enabled", "access.central_identity_enabled"})
_NETWORK: Final = frozenset({"network.public_endpoint", "network.private_endpoint", "network.ingress_any"})
_LOGS: Final = frozenset({Rel.LOGS_TO})

SERVER: Final = Row(SERVERS, frozenset({Kind.RELATIONAL_DB}), _NETWORK | {"transport.min_tls"})
DATABASE: Final = Row(DATABASES, frozenset({Kind.RELATIONAL_DB}), frozenset({"recovery.redundancy", "volume.bytes"}))
INSTANCE: Final = Row(INSTANCES, frozenset({Kind.RELATIONAL_DB}), _NETWORK | {"transport.min_tls", "recovery.redundancy"})


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
    )


def _admins(of: str) -> tuple[Read, Read]:
    return (
        Read(of, "administrators", VERSION, f"{of}/administrators/read", facts=_LOGINS, listing=True),
        Read(of, "azureADOnlyAuthentications", VERSION, f"{of}/azureADOnlyAuthentications/read", facts=_LOGINS, listing=True),
    )


PROTECTOR: Final = replace(_protector(SERVERS), when=_needs_protector)
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
)
AUDIT_LOGS: Final = reach.diagnostics(SERVERS, "databases/master", frozenset())
"""Where audit events of a server go by Azure Monitor: they are a category of log of its master database."""
ADMINS, ENTRA_ONLY = _admins(SERVERS)
TDE: Final = Read(
    DATABASES,
    "transparentDataEncryption/current",
    VERSION,
    f"{DATABASES}/transparentDataEncryption/read",
    facts=frozenset({"encryption.at_rest", "encryption.key_custody"}),
)
SHORT_TERM: Final = Read(
    DATABASES,
    "backupShortTermRetentionPolicies/default",
    VERSION,
    f"{DATABASES}/backupShortTermRetentionPolicies/read",
    facts=frozenset({"retention.backup_days"}),
)
LONG_TERM: Final = Read(
    DATABASES,
    "backupLongTermRetentionPolicies/default",
    VERSION,
    f"{DATABASES}/backupLongTermRetentionPolicies/read",
    facts=frozenset({"retention.backup_days"}),
)
OWN_AUDIT: Final = Read(
    DATABASES,
    "extendedAuditingSettings/default",
    VERSION,
    f"{DATABASES}/extendedAuditingSettings/read",
    facts=reach.RECORDED,
    links=_LOGS,
)
DATABASE_LOGS: Final = reach.diagnostics(DATABASES, facts=frozenset())
INSTANCE_PROTECTOR: Final = _protector(INSTANCES)
INSTANCE_ADMINS, INSTANCE_ENTRA_ONLY = _admins(INSTANCES)
INSTANCE_LOGS: Final = reach.diagnostics(INSTANCES)
LOCKS: Final = reach.locks_read()
OF_SERVER: Final = (PROTECTOR, RULES, AUDIT, AUDIT_LOGS, ADMINS, ENTRA_ONLY)
FROM_SERVER: Final = (reach.of_parent(reach.itself(SERVER, VERSION)), *(reach.of_parent(read) for read in OF_SERVER))
"""The same for a database, whose server decides."""
