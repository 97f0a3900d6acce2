"""What Azure's built-in roles allow, as far as data and administration go; from "Azure built-in roles" of the Azure RBAC documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tierwise.access.pattern import covered_by_any, overlaps
from tierwise.model.fact import AnyFact, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import all_of, either, negated

_HANDS_OUT_KEYS: Final = "microsoft.storage/storageaccounts/listkeys/action"
_GRANTS: Final = "microsoft.authorization/roleassignments/write"


@dataclass(frozen=True, slots=True)
class Role:
    """What a role allows."""

    admin: bool = False
    """May do everything."""
    grants: bool = False
    """May give roles, so everything, if no condition bars it."""
    data: bool = False
    """Reads or changes data, or hands out the keys to it."""
    wildcard: bool = False
    """By a wildcard over the actions on data of a service."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One of a role's permissions, its patterns in lower case."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


_DATA_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "microsoft.keyvault/vaults": ("microsoft.keyvault/vaults/secrets/*", "microsoft.keyvault/vaults/certificates/*"),
    "microsoft.keyvault/vaults/keys": ("microsoft.keyvault/vaults/keys/*",),
}
"""The actions on the data of a resource, where they are not all of the type of what it is part of."""
_READS_DATA: Final[Mapping[str, tuple[str, ...]]] = {
    "microsoft.operationalinsights": ("microsoft.operationalinsights/workspaces/query/read",),
}
"""Reads of configuration that are reads of data, by provider (Azure Monitor documentation, manage access to workspaces)."""


def opens(permissions: Iterable[Permission], resource_type: str, *, data: bool = True) -> bool:
    """Whether a role lets its holder do more with a resource than see its configuration: work with its data, hand out keys, change it, or give roles.

    `data` says whether actions on data have any effect there.
    """
    of = resource_type.lower()
    whole = "/".join(of.split("/")[:2]) + "/*"
    within = _DATA_OF.get(of, (whole,)) if data else ()
    single = (_GRANTS, *_READS_DATA.get(of.partition("/")[0], ()))
    return any(
        any(covered_by_any(action, one.actions) and not covered_by_any(action, one.not_actions) for action in single)
        or _reaches([each for each in one.actions if not each.endswith("/read")], one.not_actions, whole)
        or any(_reaches(one.data_actions, one.not_data_actions, each) for each in within)
        for one in permissions
    )


def _reaches(patterns: Iterable[str], barred: tuple[str, ...], whole: str) -> bool:
    """Whether patterns take in an action of a whole that is not barred."""
    left = (each for each in patterns if overlaps(each, whole) and not covered_by_any(each, barred))
    return not covered_by_any(whole, barred) and any(left)


OWNER: Final = "Owner"
_DATA, _WIDE, _NONE = Role(data=True), Role(data=True, wildcard=True), Role()
BUILT_IN: Final[Mapping[str, Role]] = {
    OWNER: Role(admin=True, grants=True, data=True, wildcard=True),
    "Contributor": _WIDE,
    "User Access Administrator": Role(grants=True),
    "Role Based Access Control Administrator": Role(grants=True),
    "Reader": _NONE,
    "Backup Reader": _NONE,
    "Monitoring Contributor": _NONE,
    "Network Contributor": _NONE,
    "Managed Identity Operator": _NONE,
    "Key Vault Reader": _NONE,
    "AcrPull": _NONE,
    "AcrPush": _NONE,
    "SQL DB Contributor": _NONE,
    "SQL Server Contributor": _NONE,
    "Storage Account Contributor": _WIDE,
    "Storage Account Key Operator Service Role": _DATA,
    "Storage Blob Data Owner": _WIDE,
    "Storage Blob Data Contributor": _DATA,
    "Storage Blob Data Reader": _DATA,
    "Storage Queue Data Contributor": _DATA,
    "Storage Queue Data Reader": _DATA,
    "Storage Table Data Contributor": _DATA,
    "Storage Table Data Reader": _DATA,
    "Storage File Data SMB Share Contributor": _DATA,
    "Storage File Data SMB Share Reader": _DATA,
    "Key Vault Administrator": _WIDE,
    "Key Vault Secrets Officer": _WIDE,
    "Key Vault Crypto Officer": _WIDE,
    "Key Vault Certificates Officer": _WIDE,
    "Key Vault Secrets User": _DATA,
    "Key Vault Crypto User": _DATA,
    "Key Vault Crypto Service Encryption User": _DATA,
    "Azure Event Hubs Data Owner": _WIDE,
    "Azure Event Hubs Data Receiver": _DATA,
    "Azure Event Hubs Data Sender": _DATA,
    "Azure Service Bus Data Owner": _WIDE,
    "Azure Service Bus Data Receiver": _DATA,
    "Azure Service Bus Data Sender": _DATA,
    "DocumentDB Account Contributor": _WIDE,
    "Log Analytics Reader": _DATA,
    "Log Analytics Contributor": _DATA,
}
IDS: Final[Mapping[str, str]] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": OWNER,
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": "Key Vault Crypto Officer",
}
"""Built-in roles by the end of their id, which is the same in every tenant."""


def _on(*data: str, actions: tuple[str, ...] = ()) -> tuple[Permission, ...]:
    return (Permission(actions, (), data),)


def _may(*actions: str, barred: tuple[str, ...] = ()) -> tuple[Permission, ...]:
    return (Permission(actions, barred),)


_STORAGE, _VAULTS, _HUBS, _BUS = (
    "microsoft.storage/storageaccounts",
    "microsoft.keyvault/vaults",
    "microsoft.eventhub",
    "microsoft.servicebus",
)
_GIVES: Final = ("microsoft.authorization/roleassignments/write", "microsoft.authorization/roleassignments/delete")
_LOGS: Final = (
    "*/read",
    "microsoft.operationalinsights/workspaces/analytics/query/action",
    "microsoft.operationalinsights/workspaces/search/action",
)
PERMITS: Final[Mapping[str, tuple[Permission, ...]]] = {
    OWNER: _may("*"),
    "Contributor": _may("*", barred=("microsoft.authorization/*/delete", "microsoft.authorization/*/write")),
    "User Access Administrator": _may("*/read", "microsoft.authorization/*"),
    "Role Based Access Control Administrator": _may("*/read", *_GIVES),
    "Reader": _may("*/read"),
    "Monitoring Reader": _may(*_LOGS[:1], _LOGS[2]),
    "Network Contributor": _may("microsoft.network/*"),
    "Managed Identity Operator": _may("microsoft.managedidentity/userassignedidentities/*/assign/action"),
    "AcrPull": _may("microsoft.containerregistry/registries/pull/read"),
    "AcrPush": _may("microsoft.containerregistry/registries/pull/read", "microsoft.containerregistry/registries/push/write"),
    "SQL DB Contributor": _may("microsoft.sql/servers/databases/*"),
    "SQL Server Contributor": _may("microsoft.sql/servers/*"),
    "Storage Account Contributor": _may(f"{_STORAGE}/*"),
    "Storage Account Key Operator Service Role": _may(f"{_STORAGE}/listkeys/action", f"{_STORAGE}/regeneratekey/action"),
    **{
        f"Storage {what} Data {role}": _on(f"{_STORAGE}/{where}/{verb}")
        for what, where in (
            ("Blob", "blobservices/containers/blobs"),
            ("Queue", "queueservices/queues/messages"),
            ("Table", "tableservices/tables/entities"),
        )
        for role, verb in (("Contributor", "*"), ("Reader", "read"))
    },
    "Storage Blob Data Owner": _on(f"{_STORAGE}/blobservices/containers/blobs/*"),
    "Storage Blob Delegator": _may(f"{_STORAGE}/blobservices/generateuserdelegationkey/action"),
    "Storage File Data SMB Share Contributor": _on(f"{_STORAGE}/fileservices/fileshares/files/*"),
    "Storage File Data SMB Share Reader": _on(f"{_STORAGE}/fileservices/fileshares/files/read"),
    "Key Vault Administrator": _on(f"{_VAULTS}/*"),
    "Key Vault Contributor": _may("microsoft.keyvault/*"),
    "Key Vault Reader": _on(f"{_VAULTS}/*/read", f"{_VAULTS}/secrets/readmetadata/action"),
    "Key Vault Secrets Officer": _on(f"{_VAULTS}/secrets/*"),
    "Key Vault Secrets User": _on(f"{_VAULTS}/secrets/getsecret/action"),
    "Key Vault Certificates Officer": _on(f"{_VAULTS}/certificates/*"),
    "Key Vault Crypto Officer": _on(f"{_VAULTS}/keys/*"),
    "Key Vault Crypto User": _on(f"{_VAULTS}/keys/decrypt/action"),
    "Key Vault Crypto Service Encryption User": _on(f"{_VAULTS}/keys/unwrap/action"),
    **{
        f"Azure {name} Data {role}": _on(f"{provider}/{verb}", actions=(f"{provider}/*",) if role == "Owner" else ())
        for name, provider in (("Event Hubs", _HUBS), ("Service Bus", _BUS))
        for role, verb in (("Owner", "*"), ("Receiver", "*/receive/action"), ("Sender", "*/send/action"))
    },
    "DocumentDB Account Contributor": _may("microsoft.documentdb/databaseaccounts/*"),
    "Cosmos DB Account Reader Role": _may("microsoft.documentdb/databaseaccounts/readonlykeys/action"),
    "Log Analytics Reader": _may(*_LOGS),
    "Log Analytics Contributor": _may(*_LOGS, "microsoft.operationalinsights/*", f"{_STORAGE}/listkeys/action"),
}
"""What built-in roles permit of what opens a store, by name and in lower case ("Azure built-in roles" of the Azure RBAC documentation)."""


def role_of(actions: Iterable[str], barred: Iterable[str], data: Iterable[str], data_barred: Iterable[str]) -> Role:
    """What the permissions of a custom role allow."""
    control, without, on_data, not_data = (tuple(one.lower() for one in each) for each in (actions, barred, data, data_barred))

    def allowed(action: str) -> bool:
        return covered_by_any(action, control) and not covered_by_any(action, without)

    keys, grants = allowed(_HANDS_OUT_KEYS), allowed(_GRANTS)
    wildcard = any(pattern == "*" or pattern.endswith("/*") for pattern in on_data) and "*" not in not_data
    return Role(
        admin="*" in control and grants,
        grants=grants,
        data=bool(on_data) or keys,
        wildcard=wildcard or ("*" in control and keys),
    )


WIDE: Final = re.compile(
    r"/?\Z|/providers/microsoft\.management/managementgroups/[^/]+\Z|/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?/?\Z", re.IGNORECASE
)
"""Scopes that are wide: everything, a management group, a subscription, a resource group."""
_AT_ASSIGNMENT: Final = "constant: Azure RBAC documentation, role definitions: scope and condition stand on the assignment"


def assignment_facts(role: Maybe[Role], wide: Maybe[bool], bound: Maybe[bool]) -> dict[str, AnyFact]:
    """The privileges that an assignment gives: by its role, by whether its scope is wide, by whether a condition binds it."""
    return {
        "privilege.admin": _admin(role, wide, bound),
        "privilege.escalation": all_of(_of(role, "grants"), wide, negated(bound)),
        "privilege.wildcard_data_actions": _of(role, "wildcard"),
        "privilege.wildcard_data_resources": all_of(_of(role, "data"), wide),
        "privilege.condition_bound": either(negated(_of(role, "data")), bound),
    }


def definition_facts(role: Maybe[Role], via: Provenance) -> dict[str, AnyFact]:
    """The privileges that a custom role holds, wherever it is assigned."""
    unbound: AnyFact = negated(_of(role, "data"))
    if isinstance(unbound, Known) and not unbound.value:
        unbound = Unknown(UnknownReason.NOT_COLLECTED, via, "conditions stand on the assignments of a role")
    return {
        "privilege.admin": either(_of(role, "admin"), _of(role, "grants")),
        "privilege.escalation": _of(role, "grants"),
        "privilege.wildcard_data_actions": _of(role, "wildcard"),
        "privilege.wildcard_data_resources": Known(False, Provenance(_AT_ASSIGNMENT)),
        "privilege.condition_bound": unbound,
    }


def _admin(role: Maybe[Role], wide: Maybe[bool], bound: Maybe[bool]) -> Maybe[bool]:
    """Everything, or the right to give it: a condition may bar which roles can be given, but not what Owner does itself."""
    gives = all_of(_of(role, "grants"), negated(bound))
    grants = isinstance(role, Known) and role.value.grants
    if isinstance(gives, Known) and not gives.value and isinstance(bound, Known) and bound.value and grants:
        gives = Unknown(UnknownReason.NOT_SUPPORTED, bound.via, "its condition may bar the roles that it can give")
    return all_of(either(_of(role, "admin"), gives), wide)


def _of(role: Maybe[Role], name: str) -> Maybe[bool]:
    return role if isinstance(role, Unknown) else Known(bool(getattr(role.value, name)), role.via)
