"""The types of Azure's Resource Manager in the words of AzureRM: which argument says the same as which field of a body.

Fields, and what one means that was left out of a new resource, are those of the resource providers' own description (Azure REST API reference,
the resource of each type). What is not said there, or has changed between its versions, stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

STAYS_OPEN: Final = object()
"""What a field that was left out means depends on the version of the API, or is not documented."""


def _same(value: Any) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """An argument of AzureRM and the field of a body that says the same."""

    argument: str
    path: tuple[str, ...]
    absent: object = STAYS_OPEN
    """What the service documents where it is left out of a new resource; of one that exists somebody else may have set it."""
    make: Callable[[Any], object] = _same
    """The argument's value; KeyError, TypeError and the like for a value that the service does not have."""
    parts: tuple[Field, ...] = ()
    """The arguments of a block; one block for the object at the path, or one for each of a list."""
    only: tuple[str, str] = ("", "")
    """Of what is at the path, the field and its value (lower case) without which there is no block."""


@dataclass(frozen=True, slots=True)
class Words:
    """A type in the words of AzureRM."""

    type: str
    fields: tuple[Field, ...] = ()
    above: str = ""
    """The argument for what it is in: its `parent_id`."""
    levels: int = 0
    """How many segments of that id AzureRM leaves out: `/blobServices/default`."""
    part: bool = False
    """Whether it sets arguments of the resource of that type that it is in, and is none by itself."""
    id: str = "id"
    """The argument that has the id in Azure."""
    always: Mapping[str, object] = field(default_factory=dict)
    """Arguments that no body has."""
    opens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Types of AzureRM that set a part of it, and the field that says so here and is not read."""


def _is(name: str, argument: str, absent: object = STAYS_OPEN, make: Callable[[Any], object] = _same) -> Field:
    return Field(argument, ("properties", *name.split(".")), absent, make)


def _in(name: str, argument: str, *parts: Field, absent: object = STAYS_OPEN, only: tuple[str, str] = ("", "")) -> Field:
    return Field(argument, ("properties", *name.split(".")) if name else ("properties",), absent, parts=parts, only=only)


def _elsewhere(argument: str, absent: object) -> Field:
    """An argument that the body of this type does not have: of a new resource what holds until another sets it."""
    return Field(argument, ("",), absent)


def _at(name: str, argument: str, absent: object = STAYS_OPEN, make: Callable[[Any], object] = _same) -> Field:
    """An argument of a block."""
    return Field(argument, tuple(name.split(".")) if name else (), absent, make)


_ON: Final = {"enabled": True, "disabled": False}


def _on(word: str) -> bool:
    """A switch, spelt either way; KeyError for a perimeter (`SecuredByPerimeter`), which decides elsewhere."""
    return _ON[word.lower()]


def _not(switch: bool) -> bool:
    """The opposite of a switch; TypeError for what is none."""
    if not isinstance(switch, bool):
        raise TypeError(switch)
    return not switch


def _ranges(rules: list[Mapping[str, str]]) -> list[str]:
    return [one["value"] for one in rules]


def _vault_key(properties: Mapping[str, str]) -> str:
    named = {name.lower(): value for name, value in properties.items()}
    return f"{named['keyvaulturi'].rstrip('/')}/keys/{named['keyname']}"


def _protector(properties: Mapping[str, str]) -> str:
    """The key of a server, which it names as `vault_key_version` (Azure REST API reference, encryption protectors)."""
    if properties["serverKeyType"] != "AzureKeyVault":
        return ""
    vault, key, version = properties["serverKeyName"].split("_")
    return f"https://{vault}.vault.azure.net/keys/{key}/{version}"


def _rules(argument: str) -> Field:
    parts = (_at("defaultAction", "default_action"), _at("ipRules", "ip_rules", [], _ranges))
    return _in("networkAcls", argument, *parts, absent=[])


def _public(name: str = "publicNetworkAccess", absent: object = True) -> Field:
    return _is(name, "public_network_access_enabled", absent, _on)


_IN_VAULT: Final = ("keySource", "microsoft.keyvault")
_AUDIT: Final = (
    _is("state", "enabled", make=_on),
    _is("storageEndpoint", "storage_endpoint", ""),
    _is("isAzureMonitorTargetEnabled", "log_monitoring_enabled", False),
)
_ACTIONS: Final = _is("auditActionsAndGroups", "audit_actions_and_groups", [])
_FIREWALL: Final = (_is("startIpAddress", "start_ip_address"), _is("endIpAddress", "end_ip_address"))
_TTL: Final = _is("resource.defaultTtl", "default_ttl", -1)
_VALUE: Final = (_is("value", "value"),)
_BACKUP: Final = _is("backup.backupRetentionDays", "backup_retention_days", 7)
_SUBNET: Final = _is("network.delegatedSubnetResourceId", "delegated_subnet_id", "")
_SPREAD: Final = _in(
    "highAvailability", "high_availability", _at("mode", "mode", "Disabled", lambda mode: "" if mode == "Disabled" else mode), absent=[]
)
_DATA_KEY: Final = _in(
    "dataEncryption", "customer_managed_key", _at("primaryKeyURI", "key_vault_key_id"), absent=[], only=("type", "azurekeyvault")
)
_SOURCE: Final = _is("sourceServerResourceId", "source_server_id", "")
_SERVER: Final = (_public("network.publicNetworkAccess"), _SUBNET, _BACKUP, _SPREAD, _DATA_KEY, _SOURCE)
"""What flexible servers have alike."""
_IMMUTABLE: Final = _is("securitySettings.immutabilitySettings.state", "immutability", "Disabled")
_DAYS: Final = tuple(
    (f"delete.daysAfter{event}GreaterThan", f"delete_after_days_since_{name}_greater_than")
    for event, name in (("Modification", "modification"), ("Creation", "creation"), ("LastAccessTime", "last_access_time"))
)
_AGED: Final = Field(
    "rule",
    ("properties", "policy", "rules"),
    parts=(
        _at("enabled", "enabled", True),
        Field(
            "filters",
            ("definition", "filters"),
            [],
            parts=(
                _at("blobTypes", "blob_types", []),
                _at("prefixMatch", "prefix_match", []),
                _at("blobIndexMatch", "match_blob_index_tag", [], lambda tags: [one["name"] for one in tags]),
            ),
        ),
        Field(
            "actions",
            ("definition", "actions"),
            [],
            parts=(
                Field("base_blob", ("baseBlob",), [], parts=tuple(_at(name, argument, -1) for name, argument in _DAYS)),
                Field(
                    "version",
                    ("version",),
                    [],
                    parts=(_at("delete.daysAfterCreationGreaterThan", "delete_after_days_since_creation", -1),),
                ),
            ),
        ),
    ),
)


ACCOUNT, VAULT, SQL = "azurerm_storage_account", "azurerm_key_vault", "azurerm_mssql_server"
DATABASE: Final = "azurerm_mssql_database"
PG, MYSQL = "azurerm_postgresql_flexible_server", "azurerm_mysql_flexible_server"
_STORAGE, _SQL, _VAULT = "microsoft.storage/storageaccounts", "microsoft.sql/servers", "microsoft.keyvault/vaults"
_PG, _MYSQL = "microsoft.dbforpostgresql/flexibleservers", "microsoft.dbformysql/flexibleservers"
COSMOS, REDIS, HUBS, BUS = "azurerm_cosmosdb_account", "azurerm_redis_cache", "azurerm_eventhub_namespace", "azurerm_servicebus_namespace"
HSM: Final = "azurerm_key_vault_managed_hardware_security_module"
MANAGED: Final = "azurerm_managed_redis"
SYNAPSE, POOL = "azurerm_synapse_workspace", "azurerm_synapse_sql_pool"
_COSMOS, _REDIS, _HUBS = "microsoft.documentdb/databaseaccounts", "microsoft.cache/redis", "microsoft.eventhub/namespaces"
_BUS, _HSM, _SYNAPSE = "microsoft.servicebus/namespaces", "microsoft.keyvault/managedhsms", "microsoft.synapse/workspaces"
WORDS: Final[Mapping[str, Words]] = {
    # Storage resource provider, StorageAccountPropertiesCreateParameters: "The default value is true since API version 2019-04-01" (HTTPS),
    # "The default interpretation is TLS 1.0", "The default value is null, which is equivalent to true" (shared keys). Public access to blobs and
    # replication across tenants are left open: their defaults have changed between its versions.
    _STORAGE: Words(
        ACCOUNT,
        (
            Field("account_kind", ("kind",)),
            Field("account_replication_type", ("sku", "name"), make=lambda name: name.split("_", 1)[1]),
            _is("supportsHttpsTrafficOnly", "https_traffic_only_enabled", True),
            _is("minimumTlsVersion", "min_tls_version", "TLS1_0"),
            _is("allowBlobPublicAccess", "allow_nested_items_to_be_public"),
            _is("allowSharedKeyAccess", "shared_access_key_enabled", True),
            _is("allowCrossTenantReplication", "cross_tenant_replication_enabled"),
            _is("allowedCopyScope", "allowed_copy_scope", "any"),
            _public(),
            _rules("network_rules"),
            _in(
                "encryption",
                "customer_managed_key",
                Field("key_vault_key_id", ("keyvaultproperties",), make=_vault_key),
                absent=[],
                only=_IN_VAULT,
            ),
            _in(
                "sasPolicy",
                "sas_policy",
                _at("sasExpirationPeriod", "expiration_period"),
                _at("expirationAction", "expiration_action"),
                absent=[],
            ),
            _in(
                "immutableStorageWithVersioning.immutabilityPolicy",
                "immutability_policy",
                _at("state", "state"),
                _at("immutabilityPeriodSinceCreationInDays", "period_since_creation_in_days", 0),
                absent=[],
            ),
            # Set on the data plane alone (Azure Storage documentation, static website hosting).
            _elsewhere("static_website", []),
        ),
    ),
    f"{_STORAGE}/blobservices": Words(
        ACCOUNT,
        (
            _in(
                "",
                "blob_properties",
                _at("isVersioningEnabled", "versioning_enabled", False),
                Field("delete_retention_policy", ("deleteRetentionPolicy",), [], parts=(_at("days", "days"),), only=("enabled", "true")),
                Field("restore_policy", ("restorePolicy",), [], parts=(_at("days", "days"),), only=("enabled", "true")),
                Field("cors_rule", ("cors", "corsRules"), [], parts=(_at("allowedOrigins", "allowed_origins", []),)),
            ),
        ),
        part=True,
    ),
    f"{_STORAGE}/fileservices": Words(
        ACCOUNT,
        (
            _in(
                "",
                "share_properties",
                Field("retention_policy", ("shareDeleteRetentionPolicy",), [], parts=(_at("days", "days"),), only=("enabled", "true")),
            ),
        ),
        part=True,
    ),
    f"{_STORAGE}/blobservices/containers": Words(
        "azurerm_storage_container",
        (
            _is(
                "publicAccess",
                "container_access_type",
                "private",
                {"None": "private", "Blob": "blob", "Container": "container"}.__getitem__,
            ),
            _is("defaultEncryptionScope", "default_encryption_scope", ""),
            _is("denyEncryptionScopeOverride", "encryption_scope_override_enabled", True, lambda denied: not denied),
        ),
        "storage_account_id",
        2,
        id="resource_manager_id",
    ),
    # Locking is an action of its own, which no body asks for (Azure REST API reference, blob containers, lock immutability policy).
    f"{_STORAGE}/blobservices/containers/immutabilitypolicies": Words(
        "azurerm_storage_container_immutability_policy",
        (_is("immutabilityPeriodSinceCreationInDays", "immutability_period_in_days", 0),),
        "storage_container_resource_manager_id",
        always={"locked": False},
    ),
    f"{_STORAGE}/managementpolicies": Words("azurerm_storage_management_policy", (_AGED,), "storage_account_id"),
    f"{_STORAGE}/encryptionscopes": Words(
        "azurerm_storage_encryption_scope",
        (_is("source", "source", "Microsoft.Storage"), _is("keyVaultProperties.keyUri", "key_vault_key_id", "")),
        "storage_account_id",
    ),
    f"{_STORAGE}/fileservices/shares": Words("azurerm_storage_share", above="storage_account_id", levels=2),
    f"{_STORAGE}/queueservices/queues": Words("azurerm_storage_queue", above="storage_account_id", levels=2),
    f"{_STORAGE}/tableservices/tables": Words("azurerm_storage_table", above="storage_account_name", levels=2),
    "microsoft.operationalinsights/workspaces": Words(
        "azurerm_log_analytics_workspace", (_is("retentionInDays", "retention_in_days"), _is("sku.name", "sku"))
    ),
    # Key Vault resource provider, VaultProperties: "If null or not specified, the vault is created with the default value of false" (roles),
    # "softDelete data retention days. It accepts >=7 and <=90", 90 by default; purge protection is off where it is not set.
    _VAULT: Words(
        VAULT,
        (
            _is("enableRbacAuthorization", "rbac_authorization_enabled"),
            _is("softDeleteRetentionInDays", "soft_delete_retention_days", 90),
            _is("enablePurgeProtection", "purge_protection_enabled", False),
            _public(),
            _rules("network_acls"),
            _is("tenantId", "tenant_id"),
            _is("vaultUri", "vault_uri"),
            _in("accessPolicies", "access_policy", _at("tenantId", "tenant_id"), _at("objectId", "object_id"), absent=[]),
        ),
    ),
    f"{_VAULT}/keys": Words(
        "azurerm_key_vault_key",
        (
            _is("kty", "key_type", "RSA"),
            _in(
                "rotationPolicy",
                "rotation_policy",
                _at("attributes.expiryTime", "expire_after", ""),
                Field(
                    "automatic",
                    ("lifetimeActions",),
                    [],
                    parts=(
                        _at("trigger.timeAfterCreate", "time_after_creation", ""),
                        _at("trigger.timeBeforeExpiry", "time_before_expiry", ""),
                    ),
                    only=("action.type", "rotate"),
                ),
                absent=[],
            ),
        ),
        "key_vault_id",
        id="resource_versionless_id",
    ),
    f"{_VAULT}/secrets": Words("azurerm_key_vault_secret", above="key_vault_id", id="resource_versionless_id"),
    # Azure SQL, ServerProperties: public network access is "Enabled" unless it is said to be another; the lowest TLS has had several defaults.
    _SQL: Words(
        SQL,
        (
            _is("minimalTlsVersion", "minimum_tls_version", make=lambda version: "Disabled" if version == "None" else version),
            _public(),
            _is("keyId", "transparent_data_encryption_key_vault_key_id", ""),
            _in(
                "administrators",
                "azuread_administrator",
                _at("azureADOnlyAuthentication", "azuread_authentication_only", False),
                _at("sid", "object_id"),
                absent=[],
            ),
            _elsewhere("extended_auditing_policy", []),
        ),
    ),
    f"{_SQL}/azureadonlyauthentications": Words(
        SQL,
        (_in("", "azuread_administrator", _at("azureADOnlyAuthentication", "azuread_authentication_only")),),
        part=True,
    ),
    # That there is an administrator is all that this says; whether SQL logins are off is said elsewhere.
    f"{_SQL}/administrators": Words(SQL, (_in("", "azuread_administrator", _at("sid", "object_id")),), part=True),
    f"{_SQL}/firewallrules": Words("azurerm_mssql_firewall_rule", _FIREWALL, "server_id"),
    f"{_SQL}/encryptionprotector": Words(
        f"{SQL}_transparent_data_encryption",
        (Field("key_vault_key_id", ("properties",), make=_protector),),
        "server_id",
    ),
    f"{_SQL}/auditingsettings": Words(f"{SQL}_extended_auditing_policy", (*_AUDIT, _ACTIONS), "server_id"),
    f"{_SQL}/extendedauditingsettings": Words(f"{SQL}_extended_auditing_policy", (*_AUDIT, _ACTIONS), "server_id"),
    f"{_SQL}/databases": Words(
        DATABASE,
        (
            _is("zoneRedundant", "zone_redundant", False),
            _is("elasticPoolId", "elastic_pool_id", ""),
            _is("sourceDatabaseId", "creation_source_database_id", ""),
            _is("encryptionProtector", "transparent_data_encryption_key_vault_key_id", ""),
            _elsewhere("transparent_data_encryption_enabled", True),
            _elsewhere("short_term_retention_policy", []),
            _elsewhere("long_term_retention_policy", []),
            _elsewhere("extended_auditing_policy", []),
        ),
        "server_id",
    ),
    f"{_SQL}/databases/transparentdataencryption": Words(
        DATABASE, (_is("state", "transparent_data_encryption_enabled", make=_on),), part=True
    ),
    f"{_SQL}/databases/backupshorttermretentionpolicies": Words(
        DATABASE, (_in("", "short_term_retention_policy", _at("retentionDays", "retention_days", 7)),), part=True
    ),
    f"{_SQL}/databases/backuplongtermretentionpolicies": Words(
        DATABASE,
        (
            _in(
                "",
                "long_term_retention_policy",
                *(_at(f"{each}Retention", f"{each}_retention", "PT0S") for each in ("weekly", "monthly", "yearly")),
            ),
        ),
        part=True,
    ),
    f"{_SQL}/databases/auditingsettings": Words(f"{DATABASE}_extended_auditing_policy", _AUDIT, "database_id"),
    f"{_SQL}/databases/extendedauditingsettings": Words(f"{DATABASE}_extended_auditing_policy", _AUDIT, "database_id"),
    _PG: Words(
        PG,
        (
            *_SERVER,
            _is("storage.storageSizeGB", "storage_mb", make=lambda size: size * 1024),
            _in(
                "authConfig",
                "authentication",
                _at("passwordAuth", "password_auth_enabled", True, _on),
                _at("activeDirectoryAuth", "active_directory_auth_enabled", False, _on),
                absent=[],
            ),
        ),
    ),
    f"{_PG}/configurations": Words(f"{PG}_configuration", _VALUE, "server_id"),
    f"{_PG}/firewallrules": Words(f"{PG}_firewall_rule", _FIREWALL, "server_id"),
    f"{_PG}/databases": Words(f"{PG}_database", above="server_id"),
    _MYSQL: Words(
        MYSQL,
        (
            *_SERVER,
            _in("storage", "storage", _at("storageSizeGB", "size_gb")),
        ),
    ),
    f"{_MYSQL}/configurations": Words(f"{MYSQL}_configuration", _VALUE, "server_name"),
    f"{_MYSQL}/firewallrules": Words(f"{MYSQL}_firewall_rule", _FIREWALL, "server_name"),
    f"{_MYSQL}/databases": Words("azurerm_mysql_flexible_database", above="server_name"),
    f"{_MYSQL}/administrators": Words(f"{MYSQL}_active_directory_administrator", above="server_id"),
    # Compute, DiskProperties: a disk may be exported over any network, and from public ones, unless it is said that it may not.
    "microsoft.compute/disks": Words(
        "azurerm_managed_disk",
        (
            _is("encryption.diskEncryptionSetId", "disk_encryption_set_id", ""),
            _is("networkAccessPolicy", "network_access_policy", "AllowAll"),
            _public(),
            _is("diskSizeGB", "disk_size_gb"),
            _is("creationData.sourceResourceId", "source_resource_id", ""),
        ),
    ),
    "microsoft.compute/diskencryptionsets": Words("azurerm_disk_encryption_set", (_is("activeKey.keyUrl", "key_vault_key_id"),)),
    # Azure Cosmos DB, DatabaseAccountCreateUpdateProperties: keys are accepted and every network is admitted unless it is said otherwise; TLS 1.2
    # at the least since 31 March 2023; periodic backup is kept for 8 hours, continuous backup for 30 days.
    _COSMOS: Words(
        COSMOS,
        (
            Field("kind", ("kind",), "GlobalDocumentDB"),
            _is("keyVaultKeyUri", "key_vault_key_id", ""),
            _is("minimalTlsVersion", "minimal_tls_version", "Tls12"),
            _is("disableLocalAuth", "local_authentication_disabled", False),
            _public(),
            _is("ipRules", "ip_range_filter", [], lambda rules: [one["ipAddressOrRange"] for one in rules]),
            _in("virtualNetworkRules", "virtual_network_rule", _at("id", "id"), absent=[]),
            _is("isVirtualNetworkFilterEnabled", "is_virtual_network_filter_enabled", False),
            _in("capabilities", "capabilities", _at("name", "name"), absent=[]),
            _in("locations", "geo_location", _at("locationName", "location"), _at("isZoneRedundant", "zone_redundant", False)),
            _in(
                "backupPolicy",
                "backup",
                _at("type", "type"),
                _at("continuousModeProperties.tier", "tier", "Continuous30Days"),
                _at("periodicModeProperties.backupRetentionIntervalInHours", "retention_in_hours", 8),
                absent=[],
            ),
        ),
    ),
    f"{_COSMOS}/sqldatabases": Words("azurerm_cosmosdb_sql_database", above="account_name"),
    f"{_COSMOS}/sqldatabases/containers": Words(
        "azurerm_cosmosdb_sql_container",
        (_TTL, _is("resource.partitionKey.paths", "partition_key_paths", [])),
        "account_name",
        2,
    ),
    f"{_COSMOS}/mongodbdatabases": Words("azurerm_cosmosdb_mongo_database", above="account_name"),
    # A collection expires by an index of its own, which is not read.
    f"{_COSMOS}/mongodbdatabases/collections": Words("azurerm_cosmosdb_mongo_collection", above="account_name", levels=2),
    f"{_COSMOS}/cassandrakeyspaces": Words("azurerm_cosmosdb_cassandra_keyspace", above="account_name"),
    f"{_COSMOS}/cassandrakeyspaces/tables": Words("azurerm_cosmosdb_cassandra_table", (_TTL,), "cassandra_keyspace_id"),
    f"{_COSMOS}/gremlindatabases": Words("azurerm_cosmosdb_gremlin_database", above="account_name"),
    f"{_COSMOS}/gremlindatabases/graphs": Words("azurerm_cosmosdb_gremlin_graph", (_TTL,), "account_name", 2),
    f"{_COSMOS}/sqlroleassignments": Words(
        "azurerm_cosmosdb_sql_role_assignment",
        (_is("principalId", "principal_id"), _is("roleDefinitionId", "role_definition_id"), _is("scope", "scope")),
        "account_name",
    ),
    # Azure Cache for Redis, RedisCreateProperties: the plain port and Entra identities are off and access keys are on unless it is said otherwise;
    # the lowest TLS has had several defaults.
    _REDIS: Words(
        REDIS,
        (
            _is("enableNonSslPort", "non_ssl_port_enabled", False),
            _is("minimumTlsVersion", "minimum_tls_version"),
            _public(),
            _is("subnetId", "subnet_id", ""),
            _is("disableAccessKeyAuthentication", "access_keys_authentication_enabled", True, _not),
            Field("zones", ("zones",), []),
            _in(
                "redisConfiguration",
                "redis_configuration",
                _at("aad-enabled", "active_directory_authentication_enabled", False),
                _at("rdb-backup-enabled", "rdb_backup_enabled", False),
                _at("rdb-backup-frequency", "rdb_backup_frequency"),
                _at("rdb-backup-max-snapshot-count", "rdb_backup_max_snapshot_count", 1),
                absent=[],
            ),
        ),
    ),
    f"{_REDIS}/firewallrules": Words(
        "azurerm_redis_firewall_rule", (_is("startIP", "start_ip"), _is("endIP", "end_ip")), "redis_cache_name"
    ),
    # Azure Managed Redis, ClusterCreateProperties and DatabaseCreateProperties: "Enabled by default" (high availability), "Default is TLS-encrypted";
    # whether access keys open a database that does not say so has changed between its versions.
    f"{_REDIS}enterprise": Words(
        MANAGED,
        (
            _is("publicNetworkAccess", "public_network_access"),
            _is("highAvailability", "high_availability_enabled", True, _on),
            _in(
                "encryption.customerManagedKeyEncryption",
                "customer_managed_key",
                _at("keyEncryptionKeyUrl", "key_vault_key_id"),
                absent=[],
            ),
            _elsewhere("default_database", []),
        ),
    ),
    f"{_REDIS}enterprise/databases": Words(
        MANAGED,
        (
            _in(
                "",
                "default_database",
                _at("clientProtocol", "client_protocol", "Encrypted"),
                _at("accessKeysAuthentication", "access_keys_authentication_enabled", make=_on),
            ),
        ),
        part=True,
    ),
    # Event Hubs and Service Bus, namespaces: shared keys are accepted unless it is said otherwise; every network is admitted where no rules are set.
    _HUBS: Words(
        HUBS,
        (
            _is("minimumTlsVersion", "minimum_tls_version"),
            _public(),
            _is("disableLocalAuth", "local_authentication_enabled", True, _not),
            _elsewhere("network_rulesets", []),
        ),
        opens={f"{HUBS}_customer_managed_key": ("properties", "encryption")},
    ),
    f"{_HUBS}/networkrulesets": Words(
        HUBS,
        (
            _in(
                "",
                "network_rulesets",
                _at("defaultAction", "default_action", "Allow"),
                Field("ip_rule", ("ipRules",), [], parts=(_at("ipMask", "ip_mask"),)),
            ),
        ),
        part=True,
    ),
    f"{_HUBS}/eventhubs": Words(
        "azurerm_eventhub",
        (
            _is("messageRetentionInDays", "message_retention"),
            _in("retentionDescription", "retention_description", _at("retentionTimeInHours", "retention_time_in_hours"), absent=[]),
            _in(
                "captureDescription",
                "capture_description",
                Field("destination", ("destination",), parts=(_at("properties.storageAccountResourceId", "storage_account_id"),)),
                absent=[],
                only=("enabled", "true"),
            ),
        ),
        "namespace_id",
    ),
    _BUS: Words(
        BUS,
        (
            _is("minimumTlsVersion", "minimum_tls_version"),
            _public(),
            _is("disableLocalAuth", "local_auth_enabled", True, _not),
            _elsewhere("network_rule_set", []),
            _in(
                "encryption",
                "customer_managed_key",
                Field("key_vault_key_id", ("keyVaultProperties",), make=lambda keys: _vault_key(keys[0])),
                absent=[],
                only=_IN_VAULT,
            ),
        ),
    ),
    f"{_BUS}/networkrulesets": Words(
        f"{BUS}_network_rule_set",
        (_is("defaultAction", "default_action", "Allow"), _is("ipRules", "ip_rules", [], lambda rules: [one["ipMask"] for one in rules])),
        "namespace_id",
    ),
    f"{_BUS}/queues": Words(
        "azurerm_servicebus_queue",
        # Service Bus, SBQueueProperties: messages stay for ever unless it is said otherwise.
        (_is("defaultMessageTimeToLive", "default_message_ttl", "P10675199DT2H48M5.4775807S"),),
        "namespace_id",
    ),
    # Managed HSM, ManagedHsmProperties: 90 days of soft deletion; whether purging is barred has had several defaults.
    _HSM: Words(
        HSM,
        (
            _is("softDeleteRetentionInDays", "soft_delete_retention_days", 90),
            _is("enablePurgeProtection", "purge_protection_enabled"),
            _public(),
            _in("networkAcls", "network_acls", _at("defaultAction", "default_action"), absent=[]),
            _is("tenantId", "tenant_id"),
        ),
    ),
    f"{_HSM}/keys": Words(
        f"{HSM}_key",
        (_is("kty", "key_type"),),
        "managed_hsm_id",
        opens={f"{HSM}_key_rotation_policy": ("properties", "rotationPolicy")},
    ),
    # Azure Synapse, WorkspaceProperties; an audit's body has a switch that AzureRM does not know, and is not read.
    _SYNAPSE: Words(
        SYNAPSE,
        (
            _public(),
            _is("azureADOnlyAuthentication", "azuread_authentication_only", False),
            _in("encryption.cmk", "customer_managed_key", _at("key.keyVaultUrl", "key_versionless_id"), absent=[]),
            _elsewhere("sql_aad_admin", []),
        ),
    ),
    f"{_SYNAPSE}/firewallrules": Words("azurerm_synapse_firewall_rule", _FIREWALL, "synapse_workspace_id"),
    f"{_SYNAPSE}/administrators": Words(f"{SYNAPSE}_sql_aad_admin", (_is("login", "login"),), "synapse_workspace_id"),
    f"{_SYNAPSE}/sqlpools": Words(
        POOL,
        (_is("sourceDatabaseId", "recovery_database_id", ""), _elsewhere("restore", []), _elsewhere("data_encrypted", False)),
        "synapse_workspace_id",
    ),
    f"{_SYNAPSE}/sqlpools/transparentdataencryption": Words(POOL, (_is("status", "data_encrypted", make=_on),), part=True),
    "microsoft.recoveryservices/vaults": Words(
        "azurerm_recovery_services_vault",
        (_public(), _IMMUTABLE, _in("encryption", "encryption", _at("keyVaultProperties.keyUri", "key_id"), absent=[])),
    ),
    "microsoft.dataprotection/backupvaults": Words(
        "azurerm_data_protection_backup_vault",
        (_IMMUTABLE,),
        opens={"azurerm_data_protection_backup_vault_customer_managed_key": ("properties", "securitySettings", "encryptionSettings")},
    ),
    "microsoft.insights/diagnosticsettings": Words(
        "azurerm_monitor_diagnostic_setting",
        (
            _is("workspaceId", "log_analytics_workspace_id", ""),
            _is("storageAccountId", "storage_account_id", ""),
            _is("eventHubAuthorizationRuleId", "eventhub_authorization_rule_id", ""),
            _in(
                "logs",
                "log",
                _at("enabled", "enabled"),
                _at("category", "category", ""),
                _at("categoryGroup", "category_group", ""),
                absent=[],
            ),
        ),
        "target_resource_id",
        always={"enabled_log": []},
    ),
    "microsoft.authorization/locks": Words("azurerm_management_lock", (_is("level", "lock_level"),), "scope"),
    "microsoft.authorization/roleassignments": Words(
        "azurerm_role_assignment",
        (
            _is("roleDefinitionId", "role_definition_id"),
            _is("principalId", "principal_id"),
            _is("condition", "condition", ""),
        ),
        "scope",
        always={"role_definition_name": ""},
    ),
    "microsoft.authorization/roledefinitions": Words(
        "azurerm_role_definition",
        (
            _is("roleName", "name"),
            _is("description", "description", ""),
            _in(
                "permissions",
                "permissions",
                _at("actions", "actions", []),
                _at("notActions", "not_actions", []),
                _at("dataActions", "data_actions", []),
                _at("notDataActions", "not_data_actions", []),
            ),
        ),
        id="role_definition_resource_id",
    ),
    "microsoft.network/privateendpoints": Words(
        "azurerm_private_endpoint",
        (
            _in(
                "privateLinkServiceConnections",
                "private_service_connection",
                _at("properties.privateLinkServiceId", "private_connection_resource_id"),
                _elsewhere("is_manual_connection", False),
            ),
        ),
    ),
}
"""By type of Azure's Resource Manager (lower case)."""
