"""Where much is kept and queried: Log Analytics workspaces, Data Explorer (Kusto) clusters, Synapse workspaces.

All three are encrypted always, under Microsoft's keys where no other is configured (their documentation of encryption). Data Explorer is
reached by HTTPS with TLS 1.2 or later and knows Entra identities alone; Synapse accepts TLS 1.2 or later alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tierwise.connectors import azure_terms, fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure.services.sql import audited
from tierwise.connectors.azure_terms import LINKS, PROVIDER_KEY, days
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import negated
from tierwise.model.resource import EMPTY_EVIDENCE, Kind, Link, Rel
from tierwise.model.vocabulary import put_listed

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

WORKSPACES, CLUSTERS, SYNAPSES = "Microsoft.OperationalInsights/workspaces", "Microsoft.Kusto/clusters", "Microsoft.Synapse/workspaces"
_LOGS_ENCRYPTED: Final = "Azure Monitor documentation, customer-managed keys: data is encrypted always, under Microsoft's keys"
_PURGE: Final = "Azure Monitor documentation, data immutability: append only, but purge by a privileged role is possible"
_KUSTO_ENCRYPTED: Final = "Azure Data Explorer documentation, security: data in storage is encrypted always"
_KUSTO_TLS: Final = "Azure Data Explorer documentation, connection strings: HTTPS alone, TLS 1.2 or later"
_KUSTO_LOGINS: Final = "Azure Data Explorer documentation, access control: Entra identities alone log in"
_KUSTO_RECOVERY: Final = "Azure Data Explorer has no restore to a second of its own; dropped tables come back for 14 days"
_KUSTO_OPEN: Final = "constant: Azure Data Explorer documentation, public access: every address is admitted where none is listed"
_SYNAPSE_ENCRYPTED: Final = "Azure Synapse documentation, encryption: data is encrypted at rest always"
_SYNAPSE_TLS: Final = "Azure Synapse documentation, connectivity settings: workspaces accept TLS 1.2 or later alone, encrypted always"
_SYNAPSE_LOGINS: Final = "Azure Synapse documentation, Microsoft Entra-only authentication: off where it was never set"
_POOLS: Final = "it is set on each pool of the workspace"
_NO_AGE: Final = "tables of a pool have no age of their own"
_ANY: Final = frozenset({"*", "0.0.0.0/0"})
_NETWORK: Final = frozenset({"network.public_endpoint", "network.private_endpoint", "network.ingress_any"})
_EXPIRY: Final = ("retention.expiry_configured", "retention.delete_after_days")

WORKSPACE: Final = Row(
    WORKSPACES, frozenset({Kind.LOG_STORE}), frozenset({"encryption.key_custody", "retention.log_days", "retention.expiry_configured"})
)
CLUSTER: Final = Row(
    CLUSTERS, frozenset({Kind.WAREHOUSE}), _NETWORK | {"encryption.key_custody", "access.external_principals", "recovery.redundancy"}
)
SYNAPSE: Final = Row(SYNAPSES, frozenset({Kind.WAREHOUSE}), _NETWORK | {"encryption.key_custody", "access.local_auth_enabled"})
DATABASES: Final = Read(CLUSTERS, "databases", "2023-08-15", f"{CLUSTERS}/databases/read", Stage.SURVEY, frozenset(_EXPIRY), listing=True)
CLUSTER_LOGS: Final = reach.diagnostics(CLUSTERS)
RULES: Final = Read(
    SYNAPSES, "firewallRules", "2021-06-01", f"{SYNAPSES}/firewallRules/read", facts=frozenset({"network.ingress_any"}), listing=True
)
ADMIN: Final = Read(
    SYNAPSES,
    "administrators/activeDirectory",
    "2021-06-01",
    f"{SYNAPSES}/administrators/read",
    facts=frozenset({"access.central_identity_enabled"}),
    absent=frozenset({"ResourceNotFound", "NotFound", "AadAdminNotFound"}),
    told=True,
)
AUDIT: Final = Read(
    SYNAPSES,
    "extendedAuditingSettings/default",
    "2021-06-01",
    f"{SYNAPSES}/extendedAuditingSettings/read",
    facts=reach.RECORDED,
    links=frozenset({Rel.LOGS_TO}),
    told=True,
)
OF_SYNAPSE: Final = (RULES, ADMIN, AUDIT)
LOCKS: Final = reach.locks_read()


def survey_workspace(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per Log Analytics workspace."""
    number = fields.value(Known(row), "properties", "customerId")
    yield drafted(caller.place, declared, row, Kind.LOG_STORE, (row.get("name"), number.value if isinstance(number, Known) else ""))


def workspace_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a Log Analytics workspace."""
    sheet, row = FactSheet(), draft.doc(WORKSPACE)
    sheet.constant("encryption.at_rest", True, _LOGS_ENCRYPTED)
    cluster = fields.value(row, "properties", "features", "clusterResourceId")
    if isinstance(cluster, Known):
        detail = "the cluster that it is linked to decides"
        unresolved = Unknown(UnknownReason.UNRESOLVED_REFERENCE, cluster.via, detail, between=(PROVIDER_KEY, "customer"))
        sheet.put("encryption.key_custody", unresolved)
    else:
        sheet.put(
            "encryption.key_custody", row if isinstance(row, Unknown) else Known(PROVIDER_KEY, Provenance(f"constant: {_LOGS_ENCRYPTED}"))
        )
    reach.put_audience(sheet, draft)
    kept = fields.number(row, "properties", "retentionInDays")
    sheet.put("retention.log_days", kept)
    sheet.put("retention.expiry_configured", kept if isinstance(kept, Unknown) else Known(True, kept.via))
    sheet.not_applicable("logging.masking", azure_terms.UNMASKED)
    sheet.constant("immutability.mode", "none", _PURGE)
    sheet.constant("immutability.min_days", 0, _PURGE)
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    return sheet.facts


def survey_cluster(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per cluster; the names of its databases are evidence of what it holds."""
    uri = fields.value(Known(row), "properties", "uri")
    draft = drafted(caller.place, declared, row, Kind.WAREHOUSE, (row.get("name"), uri.value if isinstance(uri, Known) else ""))
    listed = draft.docs[DATABASES.operation] = caller.ask(DATABASES, draft.resource.id, draft.resource.id)
    names = fields.items(listed, "value")
    # Named `cluster/database`.
    shown = ", ".join(str(one.get("name")).rpartition("/")[2] for one in names.value) if isinstance(names, Known) else ""
    unread = (names,) if isinstance(names, Unknown) else ()
    draft.resource = replace(draft.resource, evidence=replace(EMPTY_EVIDENCE, description=shown, unread=unread))
    yield draft


def cluster_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a cluster."""
    sheet, kind, row = FactSheet(), Kind.WAREHOUSE, draft.doc(CLUSTER)
    sheet.constant("encryption.at_rest", True, _KUSTO_ENCRYPTED)
    key = _cluster_key(row)
    sheet.put("encryption.key_custody", reach.custody(key))
    for name, value in (("transport.tls_required", True), ("transport.min_tls", "1.2")):
        sheet.constant(name, value, _KUSTO_TLS)
    sheet.constant("transport.internode_encrypted", True, LINKS)
    reach.put_audience(sheet, draft, more=_tenants(row))
    reach.put_network(sheet, kind, row, _cluster_admits(row))
    sheet.constant("access.local_auth_enabled", False, _KUSTO_LOGINS)
    sheet.constant("access.central_identity_enabled", True, _KUSTO_LOGINS)
    settings = draft.doc(CLUSTER_LOGS)
    sheet.put("logging.data_read", reach.sends(settings, frozenset({"query"})))
    sheet.put("logging.data_write", reach.sends(settings, frozenset({"command", "succeededingestion"})))
    put_listed(sheet, _cluster_ages(draft), kind)
    for name in ("recovery.point_in_time", "retention.backup_days"):
        sheet.not_applicable(name, _KUSTO_RECOVERY, CLUSTER.via)
    zones = row.value.get("zones") if isinstance(row, Known) and row.value else None
    sheet.known("recovery.redundancy", "multi-zone" if isinstance(zones, list) and len(zones) > 1 else "zone", CLUSTER.via)
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    return sheet.facts


def _cluster_key(row: Maybe[Doc | None]) -> Maybe[str]:
    of = ("properties", "keyVaultProperties")
    vault = fields.word(row, *of, "keyVaultUri", absent="", because=_KUSTO_ENCRYPTED)
    name = fields.word(row, *of, "keyName", absent="", because=_KUSTO_ENCRYPTED)
    if isinstance(vault, Unknown) or isinstance(name, Unknown) or not vault.value:
        return vault
    return Known(f"{vault.value.rstrip('/')}/keys/{name.value}", vault.via)


def _tenants(row: Maybe[Doc | None]) -> Maybe[frozenset[str]]:
    """Tenants whose identities may be let in; `*` is every tenant."""
    listed = fields.items(row, "properties", "trustedExternalTenants")
    if isinstance(listed, Unknown):
        return listed
    if not listed.value:
        return Unknown(UnknownReason.NOT_COLLECTED, listed.via, "what no list of tenants means depends on the version of the service")
    return Known(frozenset(str(one.get("value") or "") for one in listed.value) - {"MyTenantOnly", ""}, listed.via)


def _cluster_admits(row: Maybe[Doc | None]) -> Maybe[bool]:
    listed = fields.words(row, "properties", "allowedIpRangeList", because=_KUSTO_OPEN.removeprefix("constant: "))
    if isinstance(listed, Unknown):
        return listed
    if not listed.value:
        return Known(True, Provenance(_KUSTO_OPEN))
    return Known(any(one in _ANY for one in listed.value), listed.via)


def _cluster_ages(draft: Draft) -> dict[str, AnyFact]:
    """How long the databases keep rows: for ever where nothing is written (specification of `softDeletePeriod`)."""
    listed = fields.items(draft.doc(DATABASES), "value")
    if isinstance(listed, Unknown):
        return dict.fromkeys(_EXPIRY, listed)
    ages = [days(_period(fields.inner(listed, one)), UNLIMITED) for one in listed.value]
    still = next((one for one in ages if isinstance(one, Unknown)), None)
    if still is not None:
        return dict.fromkeys(_EXPIRY, still)
    longest = max((one.value for one in ages if isinstance(one, Known)), default=0)
    return {_EXPIRY[0]: Known(longest != UNLIMITED, DATABASES.via), _EXPIRY[1]: Known(longest, DATABASES.via)}


def _period(database: Known[Doc]) -> Maybe[str | None]:
    found = fields.value(database, "properties", "softDeletePeriod")
    return Known(str(found.value), found.via) if isinstance(found, Known) else Known(None, database.via)


def survey_synapse(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per Synapse workspace, whose row is kept for its pools."""
    draft = drafted(caller.place, declared, row, Kind.WAREHOUSE, (row.get("name"),))
    caller.place.shared.rows[draft.resource.id] = row
    yield draft


def synapse_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a Synapse workspace; backups and redundancy stand on its pools."""
    sheet, kind = FactSheet(decided(draft, Kind.WAREHOUSE)), Kind.WAREHOUSE
    sheet.constant("encryption.at_rest", True, _SYNAPSE_ENCRYPTED)
    sheet.put("encryption.key_custody", reach.custody(synapse_key(draft.doc(SYNAPSE))))
    reach.put_audience(sheet, draft)
    read, write = audited(draft.doc(AUDIT))
    put_listed(sheet, {"logging.data_read": read, "logging.data_write": write}, kind)
    for name in ("retention.backup_days", "recovery.point_in_time", "recovery.redundancy"):
        sheet.not_applicable(name, _POOLS, SYNAPSE.via)
    for name in _EXPIRY:
        sheet.not_applicable(name, _NO_AGE, SYNAPSE.via)
    sheet.put("recovery.delete_protected", reach.delete_protected(draft))
    return sheet.facts


def decided(draft: Draft, kind: Kind) -> dict[str, AnyFact]:
    """What a workspace decides for itself and its pools: connections, network, logins."""
    sheet, row = FactSheet(), draft.doc(SYNAPSE)
    for name, value in (("transport.tls_required", True), ("transport.min_tls", "1.2")):
        sheet.constant(name, value, _SYNAPSE_TLS)
    sheet.constant("transport.internode_encrypted", True, LINKS)
    reach.put_network(sheet, kind, row, reach.admits_by_rules(draft.doc(RULES)))
    only = fields.flag(row, "properties", "azureADOnlyAuthentication", absent=False, because=_SYNAPSE_LOGINS)
    sheet.put("access.local_auth_enabled", negated(only))
    admin = draft.doc(ADMIN)
    sheet.put("access.central_identity_enabled", admin if isinstance(admin, Unknown) else Known(admin.value is not None, admin.via))
    return sheet.facts


def synapse_key(row: Maybe[Doc | None]) -> Maybe[str]:
    """The URL of the customer's key of a workspace; empty where there is none."""
    return fields.word(row, "properties", "encryption", "cmk", "key", "keyVaultUrl", absent="", because=_SYNAPSE_ENCRYPTED)


def cluster_links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and where its logs go."""
    return (*reach.key_links(_cluster_key(draft.doc(CLUSTER))), *reach.log_links(draft.doc(CLUSTER_LOGS)))


def synapse_links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the storage account that receives its audit."""
    return (*reach.key_links(synapse_key(draft.doc(SYNAPSE))), *reach.audit_links(draft.doc(AUDIT)))


COLLECTORS: Final = (
    Collector("loganalytics", (WORKSPACE,), (LOCKS, OUTSIDERS), survey_workspace, workspace_facts),
    Collector("kusto", (CLUSTER,), (CLUSTER_LOGS, LOCKS, OUTSIDERS), survey_cluster, cluster_facts, cluster_links, lists=(DATABASES,)),
    Collector("synapse", (SYNAPSE,), (*OF_SYNAPSE, LOCKS, OUTSIDERS), survey_synapse, synapse_facts, synapse_links),
)
