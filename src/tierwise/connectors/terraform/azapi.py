"""What a plan makes or changes through the AzAPI provider, whose bodies are those of Azure's own calls.

Types that AzureRM has too are told in its words, so that its converters judge them: every argument for which the body's field is known here, and
nothing else, so that what is left out is not known (`not-collected`), never AzureRM's default. The rest is not read, and told: each that may hold
data as a gap, each that may set a part of another resource at that resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from msgspec import structs

from tierwise.connectors.terraform.converter import joins
from tierwise.connectors.terraform.document import decoded
from tierwise.connectors.terraform.plan import Plan, grouped
from tierwise.connectors.terraform.planned import Node, Planned, Was
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import ALL_KINDS, Kind

RESOURCE: Final = "azapi_resource"
TYPES: Final = frozenset({RESOURCE, "azapi_update_resource", "azapi_data_plane_resource"})
_KINDS: Final[Mapping[str, frozenset[Kind]]] = {
    "microsoft.authorization/roleassignments": frozenset({Kind.POLICY}),
    "microsoft.authorization/roledefinitions": frozenset({Kind.POLICY}),
    "microsoft.cache/redis": frozenset({Kind.CACHE}),
    "microsoft.cache/redisenterprise": frozenset({Kind.CACHE}),
    "microsoft.compute/disks": frozenset({Kind.BLOCK_VOLUME}),
    "microsoft.compute/snapshots": frozenset({Kind.SNAPSHOT}),
    "microsoft.dataprotection/backupvaults": frozenset({Kind.BACKUP_VAULT}),
    "microsoft.dbformysql/flexibleservers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.dbforpostgresql/flexibleservers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.documentdb/databaseaccounts": frozenset({Kind.DOCUMENT_DB}),
    "microsoft.documentdb/mongoclusters": frozenset({Kind.DOCUMENT_DB}),
    "microsoft.eventhub/namespaces": frozenset({Kind.STREAM}),
    "microsoft.keyvault/managedhsms": frozenset({Kind.KEY}),
    "microsoft.keyvault/vaults": frozenset({Kind.KEY, Kind.SECRET}),
    "microsoft.kusto/clusters": frozenset({Kind.WAREHOUSE}),
    "microsoft.netapp/netappaccounts": frozenset({Kind.FILE_SHARE}),
    "microsoft.operationalinsights/workspaces": frozenset({Kind.LOG_STORE}),
    "microsoft.recoveryservices/vaults": frozenset({Kind.BACKUP_VAULT}),
    "microsoft.search/searchservices": frozenset({Kind.SEARCH_INDEX}),
    "microsoft.servicebus/namespaces": frozenset({Kind.QUEUE}),
    "microsoft.sql/managedinstances": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.sql/servers": frozenset({Kind.RELATIONAL_DB}),
    "microsoft.storage/storageaccounts": frozenset({Kind.OBJECT_STORE, Kind.FILE_SHARE}),
    "microsoft.synapse/workspaces": frozenset({Kind.WAREHOUSE}),
}
"""Types of Azure's Resource Manager (lower case), with all that stands inside them, and what they hold."""


_ENDPOINT: Final = "microsoft.network/privateendpoints"
_EXTENSIONS: Final = ("microsoft.insights/diagnosticsettings", "microsoft.authorization/locks", _ENDPOINT)
"""Types that may be parts of a resource of any type."""
_STAYS_OPEN: Final = object()
"""What a field that was left out means depends on the version of the API, or is not documented."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a body and the argument of AzureRM that says the same."""

    path: tuple[str, ...]
    argument: str
    absent: object = _STAYS_OPEN
    """What the service documents where it is left out of a new resource; of one that exists somebody else may have set it."""
    make: Callable[[Any], object] = lambda value: value
    """The argument's value; KeyError or TypeError for a value that the service does not have."""


def _properties(name: str, argument: str, absent: object = _STAYS_OPEN, make: Callable[[Any], object] = lambda value: value) -> _Field:
    return _Field(("properties", name), argument, absent, make)


def _rules(acls: Mapping[str, Any]) -> object:
    return [{"default_action": acls["defaultAction"], "ip_rules": [one["value"] for one in acls.get("ipRules") or ()]}]


def _key(encryption: Mapping[str, Any]) -> object:
    if encryption.get("keySource", "").lower() != "microsoft.keyvault":
        return []
    key = {name.lower(): value for name, value in (encryption.get("keyvaultproperties") or {}).items()}
    return [{"key_vault_key_id": f"{key['keyvaulturi'].rstrip('/')}/keys/{key['keyname']}"}]


def _signatures(policy: Mapping[str, Any]) -> object:
    return [{"expiration_period": policy["sasExpirationPeriod"], "expiration_action": policy["expirationAction"]}]


_SWITCH: Final = {"Enabled": True, "Disabled": False}
FIELDS: Final[Mapping[str, tuple[str, tuple[_Field, ...]]]] = {
    # Storage resource provider, StorageAccountPropertiesCreateParameters: "The default value is true since API version 2019-04-01" (HTTPS),
    # "The default interpretation is TLS 1.0", "The default value is null, which is equivalent to true" (shared keys). Public access to blobs and
    # replication across tenants are left open: their defaults have changed between its versions.
    "microsoft.storage/storageaccounts": (
        "azurerm_storage_account",
        (
            _Field(("kind",), "account_kind"),
            _Field(("sku", "name"), "account_replication_type", make=lambda name: name.split("_", 1)[1]),
            _properties("supportsHttpsTrafficOnly", "https_traffic_only_enabled", True),
            _properties("minimumTlsVersion", "min_tls_version", "TLS1_0"),
            _properties("allowBlobPublicAccess", "allow_nested_items_to_be_public"),
            _properties("allowSharedKeyAccess", "shared_access_key_enabled", True),
            _properties("allowCrossTenantReplication", "cross_tenant_replication_enabled"),
            _properties("allowedCopyScope", "allowed_copy_scope", "any"),
            _properties("publicNetworkAccess", "public_network_access_enabled", True, _SWITCH.__getitem__),
            _properties("networkAcls", "network_rules", [], _rules),
            _properties("encryption", "customer_managed_key", [], _key),
            _properties("sasPolicy", "sas_policy", [], _signatures),
            # Set on the data plane alone, so that no body has it (Azure Storage documentation, static website hosting).
            _properties("staticWebsite", "static_website", []),
        ),
    ),
    "microsoft.operationalinsights/workspaces": (
        "azurerm_log_analytics_workspace",
        (_properties("retentionInDays", "retention_in_days"), _Field(("properties", "sku", "name"), "sku")),
    ),
}
"""By type of Azure's Resource Manager (lower case): the type of AzureRM, and the fields that are read."""
_GIVEN: Final = ("name", "location", "tags")
"""Arguments of the provider's own that AzureRM has by the same names; where nobody writes them, the body may."""


def _type_of(one: Planned) -> str:
    """The type in Azure, lower case and without the version; empty where it is not known."""
    named = one.root.text("type")
    return (named.value or "").partition("@")[0].lower() if isinstance(named, Known) else ""


def told(plan: Plan) -> Plan:
    """The plan with what AzureRM has too as resources of its types, and with what is not read as a loose end of those that it may be part of."""
    every = plan.by_type.get(RESOURCE, ())
    made = {one.address: _told(one, plan) for one in every if _type_of(one) in FIELDS}
    if made:
        by_type = {**plan.by_type, RESOURCE: tuple(one for one in every if one.address not in made)}
        for kind, several in grouped(made.values(), lambda one: one.type).items():
            by_type[kind] = (*by_type.get(kind, ()), *several)
        by_address = {address: made.get(address, one) for address, one in plan.by_address.items()}
        types = {address: one.type for address, one in made.items()}
        plan = replace(plan, by_type=by_type, by_address=by_address, layout=replace(plan.layout, told=types))
    elsewhere = {key: why for one in plan.by_type.get(RESOURCE, ()) if not one.is_gone for key, why in _loose(one, plan)}
    return replace(plan, elsewhere={**plan.elsewhere, **elsewhere}) if elsewhere else plan


def _told(one: Planned, plan: Plan) -> Planned:
    kind, fields = FIELDS[_type_of(one)]
    was = one.was
    if was is not None:
        where = f"{plan.document.name}: {one.address}: before"
        before = _node(Node(one.address, decoded(was.value, object, where), None, was.sensitive), fields, new=False)
        was = Was(msgspec.Raw(msgspec.json.encode(before[0])), before[2], was.previous_address, was.detail)
    values, unknown, sensitive = _node(one.root, fields, new=one.is_new)
    node = Node(one.address, values, unknown, sensitive, UnknownReason.NOT_COLLECTED)
    return replace(one, place=structs.replace(one.place, type=kind), node=node, shelf=None, raw=None, was=was, called=RESOURCE)


def _node(root: Node, fields: Iterable[_Field], *, new: bool) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
    """The values of a resource in AzureRM's words, and the masks of what is not known and of what is sensitive."""
    values: dict[str, object] = {}
    unknown: dict[str, object] = {}
    sensitive: dict[str, object] = {}
    body = root.parsed("body")
    given = [(_Field((name,), name, None), _given(root, body, name)) for name in _GIVEN]
    for field, found in (
        *given,
        (_Field(("id",), "id", None), _id(root)),
        *((field, body if isinstance(body, Unknown) else body.value.get(*field.path)) for field in fields),
    ):
        if isinstance(found, Unknown):
            mask = sensitive if found.reason is UnknownReason.REDACTED else unknown
            mask[field.argument] = True
        elif found.value is not None:
            _put(values, field, found.value)
        elif field.argument in _GIVEN or (new and field.absent is not _STAYS_OPEN):
            values[field.argument] = field.absent
    return values, unknown, sensitive


def _given(root: Node, body: Maybe[Node], name: str) -> Maybe[object]:
    found = root.get(name)
    unwritten = root.is_computed(name) if isinstance(found, Unknown) else found.value is None
    return body.value.get(name) if unwritten and isinstance(body, Known) else found


def _id(root: Node) -> Maybe[object]:
    """The id, which is known before it is made where what it is in is (Resource Manager documentation, resource ids)."""
    found, above, kind, name = root.get("id"), *(root.text(one) for one in ("parent_id", "type", "name"))
    if not isinstance(found, Unknown) or not (_known(above) and _known(kind) and isinstance(name, Known)):
        return found
    return Known(f"{_known(above)}/providers/{_known(kind).partition('@')[0]}/{name.value}", found.via)


def _put(values: dict[str, object], field: _Field, value: object) -> None:
    try:
        values[field.argument] = field.make(value)
    except (KeyError, TypeError, AttributeError, IndexError):
        # A value that the service does not have is left out, so that it is not known.
        return


def _loose(one: Planned, plan: Plan) -> Iterator[tuple[tuple[str, str], Unknown]]:
    """The parts of resources that a call which is not read may set."""
    kind = _type_of(one)
    for above, (parent, _) in FIELDS.items():
        if kind and not kind.startswith(f"{above}/") and kind not in _EXTENSIONS:
            continue
        why = Unknown(UnknownReason.NOT_SUPPORTED, one.root.via, f"{one.address} may set it by a call that is not read")
        # Where an endpoint leads to stands in its body.
        every = kind == _ENDPOINT or not kind
        for address in (one.address for one in plan.by_type.get(parent, ())) if every else _parents(one, parent, plan):
            for kinds, children in joins(plan.clouds):
                if parent in kinds:
                    yield from (((address, child.type), why) for child in children)


def _parents(one: Planned, kind: str, plan: Plan) -> Iterator[str]:
    """The resources of a type that one below or above them may be part of: the one that its `parent_id` leads to, else all."""
    way, named = plan.resolve(one, one.root, ("parent_id",), {kind}), one.root.text("parent_id")
    for parent in plan.by_type.get(kind, ()):
        own = parent.root.text("id")
        if isinstance(way, Resolved):
            if way.address == parent.address:
                yield parent.address
        else:
            ids = f"{_known(named)}/", f"{_known(own)}/"
            if "/" in ids or ids[0].startswith(ids[1]) or ids[1].startswith(ids[0]):
                yield parent.address


def _known(text: Maybe[str | None]) -> str:
    return (text.value or "").lower() if isinstance(text, Known) else ""


def unread(plan: Plan) -> Iterator[tuple[Planned, str, frozenset[Kind]]]:
    """The resources whose bodies may decide something, with their type in Azure and the kinds of which they are; a type that is not known may be any."""
    for kind in sorted(TYPES):
        for one in plan.by_type.get(kind, ()):
            named = one.root.text("type")
            if one.is_gone or one.address not in plan.judged:
                continue
            if isinstance(named, Unknown):
                yield one, "a type that is not known yet", ALL_KINDS
                continue
            spelt = (named.value or "").partition("@")[0]
            kinds = _KINDS.get("/".join(spelt.lower().split("/")[:2]), frozenset())
            if kinds:
                yield one, spelt, kinds
