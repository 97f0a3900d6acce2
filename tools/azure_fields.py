"""Looks up, in the models of Microsoft's SDK for Python, the fields of Azure that are read and that no recording has.

Writes `tests/connectors/azure/sdk_fields.json`; fails, and names them, where the SDK does not have them either. The SDK is no dependency of
the project (a hundred megabytes for one look), so run it where it is installed:

    uv run --with-requirements tools/azure_fields.txt python tools/azure_fields.py
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.connectors.azure.contract import DIAGNOSTICS, SDK, fields_unrecorded

_REST_FIELD: Final = re.compile(r"^    (\w+): (.*?) = rest_(?:field|discriminator)\((.*?)\)\n", re.MULTILINE | re.DOTALL)
_WIRE: Final = re.compile(r'name="([^"]+)"')
_MODEL: Final = re.compile(r'(?:_models\.|^\[|^\{|"|\b)([A-Z]\w+)')
MODELS: Final[Mapping[str, tuple[str, str]]] = {
    "arm:Microsoft.DBforMySQL/flexibleServers/configurations": ("azure.mgmt.mysqlflexibleservers", "Configuration"),
    "arm:Microsoft.DBforMySQL/flexibleServers/firewallRules": ("azure.mgmt.mysqlflexibleservers", "FirewallRule"),
    "arm:Microsoft.DBforPostgreSQL/flexibleServers/configurations": ("azure.mgmt.postgresqlflexibleservers", "Configuration"),
    "arm:Microsoft.DBforPostgreSQL/flexibleServers/databases": ("azure.mgmt.postgresqlflexibleservers", "Database"),
    "arm:Microsoft.DocumentDB/databaseAccounts/sqlDatabases": ("azure.mgmt.cosmosdb", "SqlDatabaseGetResults"),
    "arm:Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers": ("azure.mgmt.cosmosdb", "SqlContainerGetResults"),
    "arm:Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments": ("azure.mgmt.cosmosdb", "SqlRoleAssignmentGetResults"),
    "arm:Microsoft.EventHub/namespaces/eventhubs": ("azure.mgmt.eventhub", "Eventhub"),
    "arm:Microsoft.KeyVault/managedHSMs/keys": ("azure.mgmt.keyvault", "ManagedHsmKey"),
    "arm:Microsoft.KeyVault/vaults/keys": ("azure.mgmt.keyvault", "Key"),
    "arm:Microsoft.Kusto/clusters/databases": ("azure.mgmt.kusto", "ReadWriteDatabase"),
    "arm:Microsoft.ServiceBus/namespaces/networkRuleSets/default": ("azure.mgmt.servicebus", "NetworkRuleSet"),
    "arm:Microsoft.ServiceBus/namespaces/queues": ("azure.mgmt.servicebus", "SBQueue"),
    "arm:Microsoft.Sql/managedInstances/databases/backupLongTermRetentionPolicies/default": (
        "azure.mgmt.sql",
        "ManagedInstanceLongTermRetentionPolicy",
    ),
    "arm:Microsoft.Sql/managedInstances/databases/currentSensitivityLabels": ("azure.mgmt.sql", "SensitivityLabel"),
    "arm:Microsoft.Sql/managedInstances/databases/transparentDataEncryption/current": (
        "azure.mgmt.sql",
        "ManagedTransparentDataEncryption",
    ),
    "arm:Microsoft.Sql/servers/azureADOnlyAuthentications": ("azure.mgmt.sql", "ServerAzureADOnlyAuthentication"),
    "arm:Microsoft.Sql/servers/databases/currentSensitivityLabels": ("azure.mgmt.sql", "SensitivityLabel"),
    "arm:Microsoft.Sql/servers/databases/extendedAuditingSettings/default": ("azure.mgmt.sql", "ExtendedDatabaseBlobAuditingPolicy"),
    "arm:Microsoft.Sql/servers/databases/transparentDataEncryption/current": ("azure.mgmt.sql", "LogicalDatabaseTransparentDataEncryption"),
    "arm:Microsoft.Storage/storageAccounts/blobServices/default": ("azure.mgmt.storage", "BlobServiceProperties"),
    "arm:Microsoft.Storage/storageAccounts/blobServices/default/containers": ("azure.mgmt.storage", "ListContainerItem"),
    "arm:Microsoft.Storage/storageAccounts/encryptionScopes": ("azure.mgmt.storage", "EncryptionScope"),
    "arm:Microsoft.Storage/storageAccounts/fileServices/default": ("azure.mgmt.storage", "FileServiceProperties"),
    "arm:Microsoft.Storage/storageAccounts/managementPolicies/default": ("azure.mgmt.storage", "ManagementPolicy"),
    "arm:Microsoft.Synapse/workspaces/extendedAuditingSettings/default": ("azure.mgmt.synapse", "ExtendedServerBlobAuditingPolicy"),
    "arm:Microsoft.Synapse/workspaces/firewallRules": ("azure.mgmt.synapse", "IpFirewallRuleInfo"),
    "arm:providers/Microsoft.Authorization/permissions": ("azure.mgmt.authorization.v2022_04_01", "Permission"),
    "arm:providers/Microsoft.Authorization/policyAssignments": ("azure.mgmt.resource.policy", "PolicyAssignment"),
    "arm:Microsoft.Network/networkWatchers/flowLogs": ("azure.mgmt.network", "FlowLog"),
    "arm:providers/Microsoft.Network/networkWatchers": ("azure.mgmt.network", "NetworkWatcher"),
    "arm:providers/Microsoft.Network/virtualNetworks": ("azure.mgmt.network", "VirtualNetwork"),
    "arm:providers/Microsoft.Security/pricings": ("azure.mgmt.security.v2024_01_01", "Pricing"),
    "graph:Microsoft.Authorization/roleAssignments": ("azure.mgmt.authorization.v2022_04_01", "RoleAssignment"),
    "graph:Microsoft.Authorization/roleDefinitions": ("azure.mgmt.authorization.v2022_04_01", "RoleDefinition"),
    "graph:Microsoft.ManagedServices/registrationAssignments": ("azure.mgmt.managedservices", "RegistrationAssignment"),
    "graph:Microsoft.ManagedServices/registrationDefinitions": ("azure.mgmt.managedservices", "RegistrationDefinition"),
    "arm:Microsoft.Cache/redisEnterprise/databases": ("azure.mgmt.redisenterprise", "Database"),
    "graph:Microsoft.Cache/redisEnterprise": ("azure.mgmt.redisenterprise", "Cluster"),
    "arm:Microsoft.Synapse/workspaces/sqlPools/transparentDataEncryption/current": ("azure.mgmt.synapse", "TransparentDataEncryption"),
    "arm:Microsoft.Synapse/workspaces/sqlPools/extendedAuditingSettings/default": (
        "azure.mgmt.synapse",
        "ExtendedSqlPoolBlobAuditingPolicy",
    ),
    "graph:Microsoft.Synapse/workspaces/sqlPools": ("azure.mgmt.synapse", "SqlPool"),
    "graph:Microsoft.Cache/redis": ("azure.mgmt.redis", "RedisResource"),
    "graph:Microsoft.Compute/diskEncryptionSets": ("azure.mgmt.compute", "DiskEncryptionSet"),
    "graph:Microsoft.Compute/disks": ("azure.mgmt.compute", "Disk"),
    "graph:Microsoft.Compute/snapshots": ("azure.mgmt.compute", "Snapshot"),
    "graph:Microsoft.DBforMySQL/flexibleServers": ("azure.mgmt.mysqlflexibleservers", "Server"),
    "graph:Microsoft.DBforPostgreSQL/flexibleServers": ("azure.mgmt.postgresqlflexibleservers", "Server"),
    "graph:Microsoft.DataProtection/backupVaults": ("azure.mgmt.dataprotection", "BackupVaultResource"),
    "graph:Microsoft.DataProtection/backupVaults/backupInstances": ("azure.mgmt.dataprotection", "BackupInstanceResource"),
    "graph:Microsoft.DocumentDB/databaseAccounts": ("azure.mgmt.cosmosdb", "DatabaseAccountGetResults"),
    "graph:Microsoft.EventHub/namespaces": ("azure.mgmt.eventhub", "EHNamespace"),
    "graph:Microsoft.KeyVault/managedHSMs": ("azure.mgmt.keyvault", "ManagedHsm"),
    "graph:Microsoft.KeyVault/vaults": ("azure.mgmt.keyvault", "Vault"),
    "graph:Microsoft.Kusto/clusters": ("azure.mgmt.kusto", "Cluster"),
    "graph:Microsoft.OperationalInsights/workspaces": ("azure.mgmt.loganalytics", "Workspace"),
    "graph:Microsoft.RecoveryServices/vaults": ("azure.mgmt.recoveryservices", "Vault"),
    "graph:Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems": (
        "azure.mgmt.recoveryservicesbackup",
        "ProtectedItemResource",
    ),
    "graph:Microsoft.Resources/subscriptions": ("azure.mgmt.resource.subscriptions", "Subscription"),
    "graph:Microsoft.ServiceBus/namespaces": ("azure.mgmt.servicebus", "SBNamespace"),
    "graph:Microsoft.Sql/managedInstances": ("azure.mgmt.sql", "ManagedInstance"),
    "graph:Microsoft.Sql/managedInstances/databases": ("azure.mgmt.sql", "ManagedDatabase"),
    "graph:Microsoft.Sql/servers": ("azure.mgmt.sql", "Server"),
    "graph:Microsoft.Sql/servers/databases": ("azure.mgmt.sql", "Database"),
    "graph:Microsoft.Storage/storageAccounts": ("azure.mgmt.storage", "StorageAccount"),
    "graph:Microsoft.Synapse/workspaces": ("azure.mgmt.synapse", "Workspace"),
    DIAGNOSTICS: ("azure.mgmt.monitor", "DiagnosticSettingsResource"),
}
"""The model of each answer. Where a list of Resource Graph has none, the class of what it lists."""


def has(package: str, models: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether one of the models (or of those derived from them) has a path; a model without fields takes any."""
    if not path:
        return True
    module = importlib.import_module(f"{package}.models")
    for name in models:
        base = getattr(module, name, None)
        family = [base, *_derived(module, base)] if inspect.isclass(base) else []
        for one in family:
            for wire, of in _fields(one).items():
                parts = tuple(wire.split("."))
                if path[: len(parts)] == parts and (path == parts or _inside(package, of, path[len(parts) :])):
                    return True
                if parts[: len(path)] == path:
                    return True
    return False


def _inside(package: str, of: str, path: tuple[str, ...]) -> bool:
    named = tuple(_MODEL.findall(of))
    return of.startswith("{") or "dict[" in of.lower() or of == "object" or has(package, named, path)


def _derived(module: Any, base: type) -> list[type]:
    return [one for one in vars(module).values() if inspect.isclass(one) and one is not base and issubclass(one, base)]


@cache
def _sources(module: str) -> Mapping[str, str]:
    """The source of each class of a module, which is parsed once: some have forty thousand lines."""
    text = inspect.getsource(importlib.import_module(module))
    lines = text.splitlines(keepends=True)
    return {one.name: "".join(lines[one.lineno - 1 : one.end_lineno]) for one in ast.parse(text).body if isinstance(one, ast.ClassDef)}


@cache
def _fields(model: type) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        for spec in vars(one).get("_attribute_map", {}).values():
            found[spec["key"].replace("\\\\.", "\\.")] = spec["type"]
        if one.__module__.startswith("azure.mgmt"):
            for attribute, type_, options in _REST_FIELD.findall(_sources(one.__module__).get(one.__name__, "")):
                wire = _WIRE.search(options)
                found[wire[1] if wire else attribute] = type_
    return found


def main() -> int:
    """Look everything up and write what was found."""
    known, unknown = {}, []
    for operation, paths in fields_unrecorded().items():
        package, model = MODELS.get(operation, ("", ""))
        found = sorted(path for path in paths if package and has(package, (model,), tuple(path.split("."))))
        unknown += [f"{operation}: {path}" for path in sorted(paths - set(found))]
        if found:
            distribution = "-".join(package.partition(".v20")[0].split("."))
            known[operation] = {"sdk": f"{distribution} {version(distribution)}", "model": model, "fields": found}
    made = {"$comment": "Generated by tools/azure_fields.py; do not edit.", "operations": known}
    SDK.write_text(json.dumps(made, indent=1) + "\n")
    sys.stderr.write("".join(f"not in the SDK: {one}\n" for one in unknown))
    return 1 if unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
