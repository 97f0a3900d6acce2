"""The closed vocabulary of facts: name, type, scale, direction, kinds and meaning of each; nothing is read here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Final

from tierwise.model.fact import AnyFact, FactSheet, Known, NotApplicable, Value
from tierwise.model.resource import ALL_KINDS, DATA, HELD, PRINCIPALS, Kind


class FactType(StrEnum):
    """The types a fact may have."""

    BOOL = "bool"
    ENUM = "enum"
    INT = "int"
    STRINGS = "set"


class Better(StrEnum):
    """Which end of a fact's scale is the good one."""

    HIGH = "high"
    LOW = "low"
    SET = "set"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class FactSpec:
    """What a fact is; a connector may only yield facts that have one."""

    name: str
    type: FactType
    better: Better
    kinds: frozenset[Kind]
    meaning: str
    scale: tuple[str, ...] = ()
    """Words in ascending order for an enum; the members possible for a closed set."""
    unit: str = ""
    derived: str = ""
    """`D1` (needs other resources, no tier), `D2` (needs tiers), or empty."""
    na: bool = False
    """Whether NotApplicable is allowed."""

    @property
    def attested(self) -> bool:
        """Whether a person answers for it, in a reviewed file; no read can tell it."""
        return is_attested(self.name)


def is_attested(fact: str) -> bool:
    """Whether a fact of this name is attested rather than read."""
    return fact.startswith("attested.")


BOOL, ENUM, INT, STRINGS = FactType.BOOL, FactType.ENUM, FactType.INT, FactType.STRINGS
HI, LO, SET, NEUTRAL = Better.HIGH, Better.LOW, Better.SET, Better.NEUTRAL
F = FactSpec

# fmt: off
SPECS: Final[tuple[FactSpec, ...]] = (
    # Encryption at rest, in transit, keys
    F("encryption.at_rest", BOOL, HI, HELD, "bytes are encrypted when stored"),
    F("encryption.key_custody", ENUM, HI, HELD, "who controls the key; NotApplicable if at_rest is false", scale=("provider-owned", "provider-managed", "customer"), na=True),
    F("encryption.key_protection", ENUM, HI, HELD, "the linked key's key.protection_level", scale=("software", "hsm", "external"), derived="D1", na=True),
    F("encryption.key_isolated", BOOL, HI, HELD, "key's account/subscription/project differs from the store's", derived="D1", na=True),
    F("encryption.key_dedicated", BOOL, HI, HELD, "no store of another dataset (register) or, without one, no other store, uses this key", derived="D1", na=True),
    F("transport.tls_required", BOOL, HI, DATA - {Kind.BLOCK_VOLUME}, "plaintext connections are refused"),
    F("transport.min_tls", ENUM, HI, DATA - {Kind.BLOCK_VOLUME}, "lowest TLS version accepted", scale=("none", "1.0", "1.1", "1.2", "1.3"), na=True),
    F("transport.internode_encrypted", BOOL, HI, frozenset({Kind.CACHE, Kind.WAREHOUSE, Kind.SEARCH_INDEX, Kind.STREAM}), "traffic between nodes and replicas is encrypted", na=True),
    F("key.protection_level", ENUM, HI, frozenset({Kind.KEY}), "where the key material lives", scale=("software", "hsm", "external")),
    F("key.rotation_enabled", BOOL, HI, frozenset({Kind.KEY}), "rotates by itself; NotApplicable for asymmetric, imported, provider-owned", na=True),
    F("key.rotation_days", INT, LO, frozenset({Kind.KEY}), "interval of rotation; unlimited if off", unit="days", na=True),
    F("key.state", ENUM, HI, frozenset({Kind.KEY}), "can the key be used, and for how long", scale=("pending-deletion", "disabled", "enabled")),
    F("key.deletion_window_days", INT, HI, frozenset({Kind.KEY}), "wait between asking for destruction and destruction", unit="days", na=True),
    F("key.purge_protected", BOOL, HI, frozenset({Kind.KEY}), "nobody can shorten that wait"),
    F("key.decrypt_named_only", BOOL, HI, frozenset({Kind.KEY}), "decrypt is granted to named principals, no wildcard or whole account without IAM scoping"),
    F("key.admin_user_overlap", INT, LO, frozenset({Kind.KEY}), "principals that can both administer and use the key (account root statement excluded)", unit="principals", derived="D1"),
    # Who the policies let in, what the network lets in
    F("access.anonymous_read", BOOL, LO, HELD | {Kind.KEY}, "anyone without credentials can read data or list it (snapshot: anyone can restore; key: anyone can decrypt)"),
    F("access.anonymous_write", BOOL, LO, HELD, "anyone can write, delete or change policy"),
    F("access.any_authenticated", BOOL, LO, HELD | {Kind.KEY}, "any account holder of the provider, in whatever organisation"),
    F("access.external_principals", STRINGS, SET, HELD | {Kind.KEY, Kind.ROLE}, "identities outside the resource's own account named by its policy, ACL, share, trust or replication"),
    F("access.outside_organisation", STRINGS, SET, HELD | {Kind.KEY, Kind.ROLE}, "those of access.external_principals not in the organisation (Organizations list, or profile own_accounts); Unknown(includes) if membership is unreadable", derived="D1"),
    F("access.external_undeclared", STRINGS, SET, HELD | {Kind.KEY, Kind.ROLE}, "those of access.external_principals without an entry in register or profile known_principals (unexpired)", derived="D1"),
    F("access.external_conditioned", BOOL, HI, HELD | {Kind.KEY, Kind.ROLE}, "every grant to access.external_principals carries a narrowing condition (ExternalId, org id, OIDC subject, ABAC) ; NotApplicable if there are none", na=True),
    F("access.audience", ENUM, LO, HELD | {Kind.KEY, Kind.ROLE}, "widest of anonymous, any-authenticated, external and organisation access; for reports and thresholds, with between when one of them is unknown", scale=("private", "account", "organisation", "named-external", "any-authenticated", "public"), derived="D1"),
    F("access.public_acls_blocked", BOOL, HI, frozenset({Kind.OBJECT_STORE}), "per-object and store ACLs cannot make anything public: new public ACLs are refused and old ones ignored"),
    F("access.public_blocked", BOOL, HI, frozenset({Kind.OBJECT_STORE, Kind.SNAPSHOT}), "a switch on this resource forbids public grants now and later"),
    F("access.acls_disabled", BOOL, HI, frozenset({Kind.OBJECT_STORE}), "per-object ACLs have no effect"),
    F("access.shared_key_enabled", BOOL, LO, frozenset({Kind.OBJECT_STORE, Kind.DOCUMENT_DB, Kind.QUEUE, Kind.STREAM, Kind.CACHE, Kind.SEARCH_INDEX}), "a shared secret that names no person opens the store", na=True),
    F("access.bearer_link_max_hours", INT, LO, frozenset({Kind.OBJECT_STORE}), "longest life of a signed link the store accepts; unlimited if not limited", unit="hours", na=True),
    F("access.organisation_perimeter", BOOL, HI, frozenset({Kind.OBJECT_STORE}), "a rule that its own grants do not outweigh keeps its data from other organisations: outside identities are refused (AWS) or cannot be granted anything (Google Cloud: domain restricted sharing, or a service perimeter without a way out for everybody), copies and replication stay in the tenant or a network security perimeter (Azure)"),
    F("access.website_enabled", BOOL, LO, frozenset({Kind.OBJECT_STORE}), "serves pages or is an origin declared for a website", na=True),
    F("access.cors_any_origin", BOOL, LO, frozenset({Kind.OBJECT_STORE}), "CORS allows *", na=True),
    F("access.local_auth_enabled", BOOL, LO, frozenset({Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.WAREHOUSE, Kind.CACHE, Kind.SEARCH_INDEX}), "passwords or keys kept inside the store are accepted", na=True),
    F("access.central_identity_enabled", BOOL, HI, frozenset({Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.WAREHOUSE, Kind.CACHE, Kind.SEARCH_INDEX}), "the cloud's identities can log in", na=True),
    F("network.public_endpoint", BOOL, LO, DATA | {Kind.KEY, Kind.SECRET, Kind.BACKUP_VAULT}, "has an address on the internet; NotApplicable for a database without an address of its own, behind a provider's interface alone", na=True),
    F("network.ingress_any", BOOL, LO, DATA | {Kind.KEY, Kind.SECRET, Kind.NETWORK}, "the filter in front of it admits any internet source on a data port; NotApplicable without public endpoint or an address of its own; API stores: true unless policy narrows (SourceVpce/IP)", na=True),
    F("network.private_endpoint", BOOL, HI, DATA | {Kind.KEY, Kind.SECRET}, "reachable by a private endpoint or only inside a network"),
    F("access.network", ENUM, LO, DATA, "from endpoint, ingress and private endpoint: no public endpoint = private; public and not any = restricted; any, or a provider's interface alone = open", scale=("private", "restricted", "open"), derived="D1"),
    # Principals, privilege, accounts
    F("principal.console_login", BOOL, LO, frozenset({Kind.USER}), "a person can log in with a locally kept password", na=True),
    F("credential.mfa_enabled", BOOL, HI, frozenset({Kind.USER, Kind.ACCOUNT}), "a second factor is registered; NotApplicable without console login", na=True),
    F("credential.mfa_phishing_resistant", BOOL, HI, frozenset({Kind.USER, Kind.ACCOUNT}), "every registered factor is FIDO2/passkey/certificate", na=True),
    F("credential.active_keys", INT, LO, frozenset({Kind.USER, Kind.ROLE}), "long-lived keys that work now", unit="keys"),
    F("credential.oldest_key_days", INT, LO, frozenset({Kind.USER, Kind.ROLE, Kind.OBJECT_STORE}), "age of the oldest active key (OS: account key); NotApplicable if none", unit="days", na=True),
    F("credential.idle_days", INT, LO, frozenset({Kind.USER, Kind.ROLE}), "days since anything last used this identity; never used = since creation", unit="days"),
    F("privilege.admin", BOOL, LO, PRINCIPALS, "may do everything, or may give itself everything"),
    F("privilege.escalation", BOOL, LO, PRINCIPALS, "may give itself everything by a known escalation path (what is written on a managed policy is judged there, once)"),
    F("privilege.inline_wildcard", BOOL, LO, PRINCIPALS, "a policy written into the principal itself gives wildcard data actions, or data actions on everything", na=True),
    F("privilege.wildcard_data_actions", BOOL, LO, PRINCIPALS, "wildcard in a data-plane action (s3:*, dynamodb:Get* no)"),
    F("privilege.wildcard_data_resources", BOOL, LO, PRINCIPALS, "data-plane actions on * or on a whole account/project"),
    F("privilege.condition_bound", BOOL, HI, PRINCIPALS, "every data-plane grant carries a condition (network, MFA, tag, org, time)"),
    F("account.public_access_blocked", BOOL, HI, frozenset({Kind.ACCOUNT}), "account-wide switch against public stores"),
    F("account.public_block_locked", BOOL, HI, frozenset({Kind.ACCOUNT}), "the account's own administrators cannot lift that switch"),
    F("account.disk_encryption_default", BOOL, HI, frozenset({Kind.ACCOUNT}), "new disks are encrypted without asking", na=True),
    F("account.root_mfa", BOOL, HI, frozenset({Kind.ACCOUNT}), "root/break-glass has MFA; NotApplicable where it has neither password nor keys", na=True),
    F("account.root_keys", INT, LO, frozenset({Kind.ACCOUNT}), "root access keys", unit="keys", na=True),
    F("account.threat_detection", BOOL, HI, frozenset({Kind.ACCOUNT}), "provider's threat detection runs"),
    F("account.threat_plans", STRINGS, SET, frozenset({Kind.ACCOUNT}), "kinds of store it covers", na=True),
    F("account.support_access_controlled", BOOL, HI, frozenset({Kind.ACCOUNT}), "the provider's own people reach the account's data only when the organisation has approved it"),
    # Logging and audit
    F("network.flow_logs", BOOL, HI, frozenset({Kind.ACCOUNT}), "flow logs are kept of every network of the account in the scanned regions, or of each of its subnets"),
    F("logging.control_plane", BOOL, HI, frozenset({Kind.ACCOUNT, Kind.AUDIT_TRAIL}), "management events are recorded now (account: at least one trail records)"),
    F("logging.all_regions", BOOL, HI, frozenset({Kind.ACCOUNT, Kind.AUDIT_TRAIL}), "in every region"),
    F("logging.integrity_validated", BOOL, HI, frozenset({Kind.AUDIT_TRAIL}), "tampering with delivered logs is detectable", na=True),
    F("logging.data_read", BOOL, HI, DATA | {Kind.SECRET, Kind.KEY}, "each read of data is recorded with its principal (AWS object and table stores from trail selectors)"),
    F("logging.data_write", BOOL, HI, DATA | {Kind.SECRET, Kind.KEY}, "each change of data is recorded with its principal"),
    F("logging.destination_immutable", ENUM, HI, DATA | {Kind.AUDIT_TRAIL}, "immutability.mode of the log store that receives these logs (weakest, if several)", scale=("none", "governance", "compliance"), derived="D1", na=True),
    F("logging.audit_store", BOOL, NEUTRAL, frozenset({Kind.LOG_STORE, Kind.OBJECT_STORE}), "an audit trail or a store's data access log is delivered here", derived="D1"),
    F("logging.destination_separate", BOOL, HI, DATA | {Kind.AUDIT_TRAIL}, "that log store is in another account/subscription/project", derived="D1", na=True),
    F("logging.masking", BOOL, HI, frozenset({Kind.LOG_STORE}), "a rule of the log store, or of its account, masks what entries say of people, or keeps those fields from who may read the log; NotApplicable where the service has no such rule", na=True),
    F("logging.personal_data", STRINGS, SET, frozenset({Kind.LOG_STORE, Kind.OBJECT_STORE}), "kinds of personal data recognised in what is logged here, in a sample or by another tool (ids of detectors or categories; addresses of callers, and in audit logs who acted, left out); Unknown where nobody looked; NotApplicable for a bucket that no log goes to, and for what is only planned", derived="D1", na=True),
    F("retention.log_days", INT, HI, frozenset({Kind.LOG_STORE}), "how long entries are kept; unlimited = never deleted", unit="days"),
    # Retention, recovery, copies
    F("retention.declared_days", INT, NEUTRAL, HELD | {Kind.DATASET}, "period declared by tag or register; NotApplicable if none is declared", unit="days", na=True),
    F("retention.schedule_declared", BOOL, HI, HELD | {Kind.DATASET}, "a retention schedule is referred to"),
    F("retention.expiry_configured", BOOL, HI, frozenset({Kind.OBJECT_STORE, Kind.DOCUMENT_DB, Kind.WAREHOUSE, Kind.QUEUE, Kind.STREAM, Kind.LOG_STORE}), "some rule deletes current data by age", na=True),
    F("retention.delete_after_days", INT, LO, frozenset({Kind.OBJECT_STORE, Kind.DOCUMENT_DB, Kind.WAREHOUSE, Kind.QUEUE, Kind.STREAM}), "age at which *all* data has been deleted; unlimited when a rule covers only a prefix or none exists; NotApplicable for TTL by attribute", unit="days", na=True),
    F("retention.noncurrent_days", INT, LO, frozenset({Kind.OBJECT_STORE}), "age at which old versions go; NotApplicable unversioned", unit="days", na=True),
    F("retention.copies_max_days", INT, LO, DATA, "longest retention or age among its snapshots and backups", unit="days", derived="D1", na=True),
    F("retention.backup_days", INT, HI, frozenset({Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.WAREHOUSE, Kind.CACHE, Kind.FILE_SHARE}), "how far back automatic backups reach; 0 = off. *Counts* of backups are not days ⇒ between", unit="days", na=True),
    F("retention.legal_hold", BOOL, NEUTRAL, frozenset({Kind.OBJECT_STORE}), "a hold that prevents deletion is set (store level)", na=True),
    F("immutability.mode", ENUM, HI, frozenset({Kind.OBJECT_STORE, Kind.LOG_STORE, Kind.BACKUP_VAULT, Kind.SNAPSHOT}), "write-once: governance = privileged people can lift it, compliance = nobody", scale=("none", "governance", "compliance")),
    F("immutability.min_days", INT, HI, frozenset({Kind.OBJECT_STORE, Kind.LOG_STORE, Kind.BACKUP_VAULT, Kind.SNAPSHOT}), "shortest time it protects; 0 if none", unit="days"),
    F("recovery.versioning", BOOL, HI, frozenset({Kind.OBJECT_STORE}), "overwritten data can be got back by version"),
    F("recovery.soft_delete_days", INT, HI, frozenset({Kind.OBJECT_STORE, Kind.FILE_SHARE, Kind.SECRET}), "deleted data can be restored for; 0 = off", unit="days", na=True),
    F("recovery.point_in_time", BOOL, HI, frozenset({Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.WAREHOUSE, Kind.OBJECT_STORE}), "restore to any second inside the window", na=True),
    F("recovery.backup_covered", BOOL, HI, DATA, "a backup plan or policy selects this store (id or tags)", derived="D1"),
    F("recovery.backup_isolation", STRINGS, SET, DATA | {Kind.BACKUP_VAULT}, "in what respects the best copy is kept apart from its source", scale=("account", "key", "region"), derived="D1", na=True),
    F("recovery.delete_protected", BOOL, HI, frozenset({Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.WAREHOUSE, Kind.LOG_STORE, Kind.BLOCK_VOLUME}), "the provider refuses deletion until switched off", na=True),
    F("recovery.mfa_delete", BOOL, HI, frozenset({Kind.OBJECT_STORE}), "deleting versions needs a second factor", na=True),
    F("recovery.redundancy", ENUM, HI, frozenset({Kind.OBJECT_STORE, Kind.FILE_SHARE, Kind.RELATIONAL_DB, Kind.DOCUMENT_DB, Kind.WAREHOUSE, Kind.CACHE}), "failure domain that the live data survives", scale=("zone", "multi-zone", "multi-region"), na=True),
    F("linkage.inputs_covered", BOOL, HI, frozenset({Kind.OBJECT_STORE, Kind.RELATIONAL_DB, Kind.WAREHOUSE}), "a store that data of two others goes into (exports, replicas, copies) is declared at the highest tier of them; NotApplicable with fewer inputs", derived="D2", na=True),
    F("linkage.keys_apart", ENUM, HI, frozenset({Kind.WAREHOUSE}), "where that stands which tells whose its sensitive columns are: beside them, in another store of the account that shares a key column, or in none of it; by names of columns", scale=("together", "account", "apart"), derived="D2", na=True),
    F("linkage.joining_principals", INT, LO, frozenset({Kind.ACCOUNT}), "users and roles of the account that can read two datasets or more at T3 or above, by their own policies, groups and what these attach; a copy is its source's dataset. In Azure and Google Cloud, where an account lists no people, service accounts at the least, and none where it has no two such datasets", derived="D2"),
    F("schema.identifier_keys", STRINGS, SET, frozenset({Kind.DOCUMENT_DB, Kind.WAREHOUSE}), "numbers that one person has everywhere, as (part of) the key of a table or index: ids of detectors, by the names of key columns and by sampled values in them", derived="D1"),
    F("copy.count", INT, LO, DATA, "stores that hold a copy of its data, and copies of those (clones, replicas, exports; snapshots and backups are kept by their own rules)", unit="copies", derived="D2"),
    F("copy.registered", BOOL, HI, DATA, "on a copy (clone, replica, export): the register has a line for it, or it carries a reference that the register knows; what it inherits from its source does not count; NotApplicable for what is no copy", derived="D2", na=True),
    F("copy.downgrades", STRINGS, SET, HELD, "on a copy: protection facts weaker here than on its source; stubs outside the estate ⇒ Unknown(out-of-scope)", derived="D2", na=True),
    # Declarations, place, evidence about the evidence
    F("ownership.roles", STRINGS, SET, HELD | {Kind.ACCOUNT, Kind.KEY, Kind.DATASET}, "which accountable roles a tag or the register names (presence, never the value)", scale=("owner", "team", "asset-owner", "custodian")),
    F("tags.missing", STRINGS, SET, HELD | {Kind.ACCOUNT, Kind.KEY}, "canonical keys the profile wants at this tier that are absent or malformed; Unknown if tags are unreadable", derived="D2"),
    F("acceptance.faults", STRINGS, SET, HELD | PRINCIPALS | {Kind.KEY, Kind.ACCOUNT, Kind.ORGANISATION, Kind.AUDIT_TRAIL}, "what is wrong with the risk acceptances that name it: expired, too-long, future, undated, rank, too-broad, not-acceptable, expires-soon, unused; NotApplicable if none names it", derived="D2", na=True),
    F("environment.production", BOOL, NEUTRAL, HELD | {Kind.ACCOUNT}, "tag, account or register says production; unresolvable ⇒ Unknown (a wrong guess hides RET-07)", na=True),
    F("marking.level", ENUM, LO, HELD | {Kind.DATASET}, "highest protective marking found in declarations (parsed as a marking, not a substring)", scale=("none", "official", "official-sensitive", "secret", "top-secret")),
    F("classification.declared", ENUM, NEUTRAL, HELD | {Kind.DATASET}, "tier that declarations give; NotApplicable if none", scale=("T0", "T1", "T2", "T3", "T4"), na=True),
    F("classification.understated", BOOL, LO, HELD | {Kind.DATASET}, "declared below what other evidence gives at sufficient confidence", derived="D2"),
    F("classification.evidenced", BOOL, HI, HELD, "at least one declaration or inference above threshold (false = 'unclassified'; Unknown if an evidence read was denied)", derived="D2"),
    F("scale.subjects_consistent", BOOL, HI, HELD | {Kind.DATASET}, "declared subjects lie in the band that rows, items or bytes allow; NotApplicable if not declared", derived="D2", na=True),
    F("location.jurisdictions", STRINGS, SET, HELD | {Kind.ACCOUNT}, "countries where the data may rest: region(s), multi-region names, replicas, through the region table", derived="D1"),
    F("register.resolves", BOOL, HI, DATA | {Kind.SECRET}, "a line of the asset register speaks of it, or of what it is a copy of, and a reference that it carries is one that the register knows; Unknown where no register was given", derived="D2"),
    F("metadata.key_identifiers", STRINGS, SET, frozenset({Kind.OBJECT_STORE}), "strong identifiers recognised in the keys of its objects, which are their addresses (ids of detectors); Unknown where nobody asked to look at keys; NotApplicable for what is only planned", derived="D1", na=True),
    F("metadata.identifiers", STRINGS, SET, ALL_KINDS, "strong identifiers recognised in names, tags, descriptions (ids of detectors and counts only)", derived="D1"),
    # Attested: days since the youngest attestation in force was made; a person answers for each, no read can tell it
    F("attested.access_review", INT, LO, frozenset({Kind.DATASET}), "the data's owner reviewed who has access; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.register_review", INT, LO, frozenset({Kind.DATASET}), "the data's owner reviewed its lines of the asset register; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.incident_plan", INT, LO, frozenset({Kind.DATASET}), "an incident plan names this dataset; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.breach_route", INT, LO, frozenset({Kind.DATASET}), "the route of a breach notification within 72 hours, and whom it reaches, is written down; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.incident_exercise", INT, LO, frozenset({Kind.DATASET}), "the incident plan was exercised; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.forensic_readiness", INT, LO, frozenset({Kind.DATASET}), "logs were shown to link a principal to the records that it read; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.lessons", INT, LO, frozenset({Kind.DATASET}), "lessons of incidents were recorded and acted on; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.restore_test", INT, LO, frozenset({Kind.DATASET}), "data was restored from a backup, and checked; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.disposal", INT, LO, frozenset({Kind.DATASET}), "disposal of ended data or media is evidenced; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.sharing_agreements", INT, LO, frozenset({Kind.DATASET}), "each sharing has a recipient, a purpose, a legal gateway and an end; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.lawful_basis", INT, LO, frozenset({Kind.DATASET}), "the lawful basis is recorded, with the conditions for special category and criminal offence data; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.impact_assessment", INT, LO, frozenset({Kind.DATASET}), "a data protection impact assessment, or the screening that finds none is needed, covers the dataset; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.policy_document", INT, LO, frozenset({Kind.DATASET}), "the appropriate policy document for special category and criminal offence data is in place; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.ethics_assessment", INT, LO, frozenset({Kind.DATASET}), "an ethical assessment covers new uses and linkage; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.disclosure_control", INT, LO, frozenset({Kind.DATASET}), "outputs passed disclosure control, or a test of re-identification; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.at_risk_assessed", INT, LO, frozenset({Kind.DATASET}), "people at risk in the data were looked for, and are kept apart where there are any; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.at_risk_alerts", INT, LO, frozenset({Kind.DATASET}), "access to records of people at risk raises an alert, tested; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.children_assessed", INT, LO, frozenset({Kind.DATASET}), "whether the data is about children was decided, and the impact assessment addresses it; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.rights_operable", INT, LO, frozenset({Kind.DATASET}), "records can be found, exported, corrected and erased for a person who asks; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.supplier_contract", INT, LO, frozenset({Kind.DATASET}), "each processor has a contract under article 28; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.supplier_assurance", INT, LO, frozenset({Kind.DATASET}), "the providers' assurance reports were looked at; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.clearance_bpss", INT, LO, frozenset({Kind.DATASET}), "everyone with access holds BPSS or higher, by group; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.clearance_sc", INT, LO, frozenset({Kind.DATASET}), "everyone with privileged or bulk access holds SC or higher, by group; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.training", INT, LO, frozenset({Kind.DATASET}), "everyone with access has had data protection and security training, by group; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.leavers", INT, LO, frozenset({Kind.DATASET}), "leavers and movers were checked against access; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.named_roles", INT, LO, frozenset({Kind.DATASET}), "the accountable roles are held by named, skilled people; days since that was attested, unlimited where nothing in force says it", unit="days"),
    F("attested.admin_devices", INT, LO, frozenset({Kind.DATASET}), "administrators use hardened devices and phishing-resistant sign-in; days since that was attested, unlimited where nothing in force says it", unit="days"),
    # Evidence for classification only; no rung may name these
    F("volume.bytes", INT, NEUTRAL, HELD, "bytes held, as the provider counts them", unit="bytes", na=True),
    F("volume.items", INT, NEUTRAL, HELD, "rows, items or objects held, as the provider counts them", unit="items", na=True),
)
# fmt: on


@cache
def _index() -> dict[str, FactSpec]:
    return {spec.name: spec for spec in SPECS}


def spec_of(name: str) -> FactSpec:
    """The entry of a fact; KeyError for a name that the vocabulary does not have."""
    return _index()[name]


def find_spec(name: str) -> FactSpec | None:
    """The entry of a fact, or None."""
    return _index().get(name)


def nearest_fact(name: str) -> str:
    """The most similar fact name, or an empty string."""
    close = get_close_matches(name, list(_index()), n=1, cutoff=0.5)
    return close[0] if close else ""


@cache
def facts_of(kind: Kind) -> tuple[FactSpec, ...]:
    """The facts that a kind lists, in vocabulary order."""
    return tuple(spec for spec in SPECS if kind in spec.kinds)


def rank(spec: FactSpec, value: Value) -> float:
    """The place of a value on its scale, ascending; for int facts the number itself. ValueError for a foreign word, TypeError for a set."""
    if spec.type is FactType.ENUM:
        return float(spec.scale.index(str(value)))
    if isinstance(value, frozenset | str):
        raise TypeError(f"{spec.name} has no order for {value!r}")
    return float(value)


def check_fact(name: str, fact: AnyFact, kind: Kind) -> str:
    """An empty string, or what is wrong with a fact on a kind (for connectors' tests and inventories)."""
    spec = find_spec(name)
    if spec is None:
        return f"unknown fact {name!r}; did you mean {nearest_fact(name)!r}?"
    if kind not in spec.kinds:
        return f"{name} is not listed for {kind.value}"
    match fact:
        case NotApplicable() if not spec.na:
            return f"{name} is never not-applicable"
        case Known(value=value):
            return _check_value(spec, value)
        case _:
            return ""


def _check_value(spec: FactSpec, value: Value) -> str:
    good: bool
    match spec.type:
        case FactType.BOOL:
            good = isinstance(value, bool)
        case FactType.ENUM:
            good = isinstance(value, str) and value in spec.scale
        case FactType.INT:
            good = isinstance(value, int | float) and not isinstance(value, bool)
        case FactType.STRINGS:
            good = isinstance(value, frozenset) and (not spec.scale or value <= set(spec.scale))
    return "" if good else f"{spec.name} takes {spec.type.value} {' < '.join(spec.scale)}".rstrip() + f", not {value!r}"


def names(specs: Iterable[FactSpec]) -> frozenset[str]:
    """The names of specs."""
    return frozenset(spec.name for spec in specs)


def put_listed(sheet: FactSheet, facts: Mapping[str, AnyFact], kind: Kind) -> None:
    """Sets the facts that a kind lists."""
    for name, fact in facts.items():
        spec = find_spec(name)
        if spec is not None and kind in spec.kinds:
            sheet.put(name, fact)
