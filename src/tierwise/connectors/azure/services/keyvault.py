"""Key vaults, judged as the store of their secrets, and keys of vaults and of managed HSMs, with what their vault decides for them.

Neither a secret's value nor its name is read: everything here is of the management plane. Soft deletion is on for every vault, with 90 days
where nothing else was set; purge protection is off where it was never set; a key without a rotation policy does not rotate (Key Vault
documentation, soft-delete; key autorotation). An access policy names one user, group or application, as a role assignment does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.directory import Holder
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.outsiders import OUTSIDERS, outsiders
from tierwise.connectors.azure.place import drafted, region_of, tags_in
from tierwise.connectors.azure.read import Collector, Read, Row
from tierwise.connectors.azure_terms import PROVIDER_KEY, days
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Gap, Kind, Link, Resource

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

VAULTS, HSMS = "Microsoft.KeyVault/vaults", "Microsoft.KeyVault/managedHSMs"
VERSION: Final = "2023-07-01"
_ENCRYPTED: Final = "Azure Key Vault documentation, security: secrets are encrypted at rest under keys of Microsoft's"
_OPEN: Final = "Azure Key Vault documentation, networking: every network is admitted where no rules are set"
_SOFT: Final = "Azure Key Vault documentation, soft-delete: on for every vault, 90 days where nothing else was set"
_PURGE: Final = "Azure Key Vault documentation, purge protection: off where it was never set"
_NEVER: Final = "Azure Key Vault documentation, key autorotation: a key without a rotation policy does not rotate"
_NO_ACTIONS: Final = "Azure Key Vault, rotationPolicy: a policy without actions rotates nothing"
_LOCAL: Final = (
    "who may use a managed HSM is told by roles within it, which its data plane alone lists (Managed HSM documentation, local RBAC)"
)
_NAMED: Final = "Azure Key Vault documentation, access policies and RBAC: each names one user, group or application"
_RBAC: Final = "Azure Key Vault documentation, RBAC: off where it was never set"
_ROLES: Final = "who administers and who uses the key is decided by roles"
_NO_KEYS: Final = "Azure Key Vault documentation, access policies: nothing is allowed that is not listed"
_IN_HSM: Final = "Azure Managed HSM documentation: keys live in FIPS 140-3 Level 3 validated modules"
_RECORDS: Final = frozenset({"auditevent"})
_NETWORK: Final = frozenset({"network.public_endpoint", "network.private_endpoint", "network.ingress_any"})
_LISTED: Final = "listed"
"""The name under which a key's draft keeps what the listing of its vault says of it."""
_ROTATION: Final = ("key.rotation_enabled", "key.rotation_days")
_ADMINISTERS: Final = frozenset({"create", "delete", "import", "purge", "restore", "update", "setrotationpolicy", "rotate"})
_USES: Final = frozenset({"decrypt", "unwrapkey", "sign", "release"})


def _is_vault(draft: Draft) -> bool:
    return draft.resource.kind is Kind.SECRET


def _is_key(draft: Draft) -> bool:
    return draft.resource.kind is Kind.KEY


def _key_reads(of: str) -> tuple[Read, Read]:
    listing = Read(of, "keys", VERSION, f"{of}/keys/read", Stage.SURVEY, kinds=frozenset({Kind.KEY}), listing=True)
    one = Read(f"{of}/keys", "", VERSION, f"{of}/keys/read", facts=frozenset({"key.protection_level", *_ROTATION}), when=_is_key)
    return listing, one


VAULT: Final = Row(
    VAULTS,
    frozenset({Kind.SECRET, Kind.KEY}),
    _NETWORK | {"access.external_principals", "recovery.soft_delete_days", "key.deletion_window_days", "key.purge_protected"},
)
HSM: Final = Row(HSMS, frozenset({Kind.KEY}), _NETWORK | {"key.deletion_window_days", "key.purge_protected"})
KEYS, KEY = _key_reads(VAULTS)
HSM_KEYS, HSM_KEY = _key_reads(HSMS)
LOGS: Final = reach.diagnostics(VAULTS, when=_is_vault)
VAULT_LOGS: Final = reach.of_parent(LOGS, when=_is_key)
HSM_LOGS: Final = reach.of_parent(reach.diagnostics(HSMS))


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft | Gap]:
    """A draft for the vault, where it holds secrets, and one for each key."""
    vault = drafted(caller.place, declared, row, Kind.SECRET, _names(declared, row))
    if declared is VAULT:
        yield vault
    read = KEYS if declared is VAULT else HSM_KEYS
    listed = fields.items(caller.ask(read, vault.resource.id, vault.resource.id), "value")
    if isinstance(listed, Unknown):
        yield Gap("azure", caller.account, "", "keyvault", listed.reason.value, read.action, listed.detail, read.kinds)
        return
    for item in listed.value:
        yield _key(vault, declared, item, read)


def _names(declared: Row, row: Doc) -> tuple[object, ...]:
    uri = fields.value(Known(row), "properties", "vaultUri" if declared is VAULT else "hsmUri")
    return row.get("name"), uri.value if isinstance(uri, Known) else ""


def _key(vault: Draft, declared: Row, item: Mapping[str, Any], read: Read) -> Draft:
    holder, url = vault.resource, fields.value(Known(item), "properties", "keyUri")
    aliases = (reach.key_link(str(url.value)).to,) if isinstance(url, Known) else ()
    resource = Resource(
        same(item.get("id")),
        Kind.KEY,
        f"{declared.type}/keys",
        "azure",
        holder.account,
        holder.region or region_of(item.get("location")),
        str(item.get("name") or ""),
        tags=tags_in(item.get("tags"), read.via),
        aliases=aliases,
    )
    return Draft(resource, {declared.operation: vault.doc(declared), _LISTED: Known(item, read.via)})


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a vault or of a key of a vault."""
    return _vault_facts(draft) if _is_vault(draft) else _key_facts(draft, VAULT, KEY, LOGS)


def hsm_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a key of a managed HSM."""
    return _key_facts(draft, HSM, HSM_KEY, HSM_LOGS)


def _vault_facts(draft: Draft) -> Mapping[str, AnyFact]:
    sheet = FactSheet()
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.constant("encryption.key_custody", PROVIDER_KEY, _ENCRYPTED)
    _put_decided(draft, sheet, VAULT, LOGS)
    sheet.put("recovery.soft_delete_days", _soft_delete(draft.doc(VAULT)))
    return sheet.facts


def _put_decided(draft: Draft, sheet: FactSheet, declared: Row, logs: Read) -> None:
    """What a vault decides for itself and what it holds."""
    row, settings = draft.doc(declared), draft.doc(logs)
    reach.put_network(sheet, draft.resource.kind, row, reach.admits_by_acl(row, "properties", "networkAcls", because=_OPEN))
    sheet.put("logging.data_read", reach.sends(settings, _RECORDS))
    sheet.put("logging.data_write", reach.sends(settings, _RECORDS))
    reach.put_audience(sheet, draft, more=_other_tenants(row) if declared is VAULT else _local(row))


def _policies(row: Maybe[Doc | None]) -> Maybe[list[Mapping[str, Any]]]:
    """The access policies that count: none where roles decide."""
    rbac = fields.flag(row, "properties", "enableRbacAuthorization", absent=False, because=_RBAC)
    if isinstance(rbac, Unknown):
        return rbac
    return Known([], rbac.via) if rbac.value else fields.items(row, "properties", "accessPolicies")


def _by_roles(draft: Draft) -> bool:
    """Whether roles open its data; where access policies do, roles may still change the vault."""
    rbac = fields.flag(draft.doc(VAULT), "properties", "enableRbacAuthorization", absent=False, because=_RBAC)
    return not (isinstance(rbac, Known) and not rbac.value)


def _named(draft: Draft) -> Maybe[tuple[Holder, ...]]:
    """Those of the own tenant whom access policies name, by object ids that may be anybody's."""
    row = draft.doc(VAULT)
    own, policies = fields.word(row, "properties", "tenantId"), _policies(row)
    if isinstance(own, Unknown) or isinstance(policies, Unknown):
        return own if isinstance(own, Unknown) else policies if isinstance(policies, Unknown) else Known(())
    inside = [one for one in policies.value if str(one.get("tenantId") or own.value).lower() == own.value.lower()]
    return Known(tuple(Holder(str(one.get("objectId") or "").lower()) for one in inside), policies.via)


def _other_tenants(row: Maybe[Doc | None]) -> Maybe[frozenset[str]]:
    own, policies = fields.word(row, "properties", "tenantId"), _policies(row)
    if isinstance(own, Unknown):
        return own
    if isinstance(policies, Unknown):
        return policies
    named = frozenset(str(one.get("tenantId") or own.value).lower() for one in policies.value)
    return Known(named - {own.value.lower()}, policies.via)


def _local(row: Maybe[Doc | None]) -> Unknown:
    """What only the roles within a managed HSM would tell."""
    return row if isinstance(row, Unknown) else Unknown(UnknownReason.NOT_COLLECTED, row.via, _LOCAL)


def _soft_delete(row: Maybe[Doc | None]) -> Maybe[float]:
    return fields.number(row, "properties", "softDeleteRetentionInDays", absent=90, because=_SOFT)


def _key_facts(draft: Draft, declared: Row, one: Read, logs: Read) -> Mapping[str, AnyFact]:
    sheet, row = FactSheet(), draft.doc(declared)
    _put_decided(draft, sheet, declared, logs)
    kind = fields.word(draft.doc(one), "properties", "kty")
    if declared is HSM:
        sheet.constant("key.protection_level", "hsm", _IN_HSM)
    else:
        level = kind if isinstance(kind, Unknown) else Known("hsm" if kind.value.upper().endswith("-HSM") else "software", kind.via)
        sheet.put("key.protection_level", level)
    _put_rotation(draft.doc(one), sheet)
    on = fields.flag(draft.docs[_LISTED], "properties", "attributes", "enabled")
    sheet.put("key.state", on if isinstance(on, Unknown) else Known("enabled" if on.value else "disabled", on.via))
    sheet.put("key.deletion_window_days", _soft_delete(row))
    sheet.put("key.purge_protected", fields.flag(row, "properties", "enablePurgeProtection", absent=False, because=_PURGE))
    sheet.constant("key.decrypt_named_only", True, _NAMED)
    sheet.put("key.admin_user_overlap", _overlap(row) if declared is VAULT else _local(row))
    return sheet.facts


def _overlap(row: Maybe[Doc | None]) -> Maybe[int]:
    """Principals whose access policy lets them both administer keys and use them."""
    rbac, policies = fields.flag(row, "properties", "enableRbacAuthorization", absent=False, because=_RBAC), _policies(row)
    if isinstance(rbac, Known) and rbac.value:
        return Unknown(UnknownReason.NOT_COLLECTED, rbac.via, _ROLES)
    if isinstance(policies, Unknown):
        return policies
    found = [fields.words(fields.inner(policies, one), "permissions", "keys", because=_NO_KEYS) for one in policies.value]
    if (lost := next((one for one in found if isinstance(one, Unknown)), None)) is not None:
        return lost
    allowed = [frozenset(word.lower() for word in one.value) for one in found if isinstance(one, Known)]
    return Known(sum(bool(one & (_ADMINISTERS | {"all"}) and one & (_USES | {"all"})) for one in allowed), policies.via)


def _put_rotation(key: Maybe[Doc | None], sheet: FactSheet) -> None:
    """A policy rotates by time after creation, or before an expiry, which the policy sets too."""
    policy = fields.value(key, "properties", "rotationPolicy", absent={}, because=_NEVER)
    if isinstance(policy, Unknown):
        for name in _ROTATION:
            sheet.put(name, policy)
        return
    interval = _interval(policy)
    sheet.put(_ROTATION[1], interval)
    sheet.put(_ROTATION[0], interval if isinstance(interval, Unknown) else Known(interval.value != UNLIMITED, interval.via))


def _interval(policy: Known[Any]) -> Maybe[float]:
    actions = fields.items(policy, "lifetimeActions", because=_NO_ACTIONS)
    if isinstance(actions, Unknown):
        return actions
    for one in actions.value:
        kind = fields.value(fields.inner(actions, one), "action", "type")
        if not (isinstance(kind, Known) and str(kind.value).lower() == "rotate"):
            continue
        after, before = (fields.value(fields.inner(actions, one), "trigger", name) for name in ("timeAfterCreate", "timeBeforeExpiry"))
        if isinstance(after, Known):
            return days(after)
        if isinstance(before, Known):
            whole, margin = days(fields.value(policy, "attributes", "expiryTime")), days(before)
            if isinstance(whole, Unknown) or isinstance(margin, Unknown):
                return whole if isinstance(whole, Unknown) else margin
            return Known(whole.value - margin.value, whole.via)
    return Known(UNLIMITED, policy.via)


def links(draft: Draft) -> tuple[Link, ...]:
    """Where the logs of the vault go."""
    return reach.log_links(draft.doc(LOGS))


def hsm_links(draft: Draft) -> tuple[Link, ...]:
    """Where the logs of the HSM go."""
    return reach.log_links(draft.doc(HSM_LOGS))


COLLECTORS: Final = (
    Collector("keyvault", (VAULT,), (KEY, LOGS, VAULT_LOGS, outsiders(_named, _by_roles)), survey, facts, links, lists=(KEYS,)),
    Collector("keyvault", (HSM,), (HSM_KEY, HSM_LOGS, OUTSIDERS), survey, hsm_facts, hsm_links, lists=(HSM_KEYS,)),
)
