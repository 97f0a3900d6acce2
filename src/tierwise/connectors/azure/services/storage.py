"""Storage accounts, each judged as one store: a container that is open makes it open.

What a field means that was never set: `allowBlobPublicAccess` lets containers be public where it is null (Azure Storage documentation,
"Remediate anonymous read access to blob data"); `allowSharedKeyAccess` is true where it is null ("Prevent Shared Key authorization");
`minimumTlsVersion` is TLS 1.0 where it is null ("Enforce a minimum required version of TLS"). What the blob service does not say of
versions, restore and soft deletion is off (specification of `blobServices`, 2024-01-01).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from tierwise.connectors import fields
from tierwise.connectors.azure import reach
from tierwise.connectors.azure.outsiders import OUTSIDERS
from tierwise.connectors.azure.place import drafted
from tierwise.connectors.azure.read import Collector, Joined, Read, Row
from tierwise.connectors.azure.services import storage_parts, storage_scopes
from tierwise.connectors.azure.services.storage_reads import (
    ACCOUNT,
    BLOB_LOGS,
    BLOBS,
    CONTAINERS,
    FILES,
    LIFECYCLE,
    SCOPES,
    is_customers,
    kind_of,
)
from tierwise.connectors.azure_terms import (
    DELEGATED,
    PROVIDER_KEY,
    REDUNDANCY,
    WEEK_HOURS,
    WORM_STATES,
    copies_stay,
    min_tls,
    shorter,
    signature_hours,
)
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import either, negated
from tierwise.model.resource import Kind, Link
from tierwise.model.vocabulary import put_listed

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

_ENCRYPTED: Final = "Azure Storage documentation, encryption for data at rest: on for every account since 2017, cannot be disabled"
_ACLS: Final = "Azure Storage documentation: blobs have no ACLs that name the public"
_TLS: Final = "Azure Storage documentation, minimum TLS version: TLS 1.0 where it was never set"
_PUBLIC: Final = "Azure Storage documentation, anonymous read access: containers may be public where it was never set"
_SHARED: Final = "Azure Storage documentation, Shared Key authorization: allowed where it was never set"
_OPEN: Final = "Azure Storage documentation, network security: every network is admitted where no rules are set"
_COPIES: Final = "Azure Storage documentation, permitted scope for copy operations: any account where it was never set"
_NO_EXPIRY: Final = "Azure Storage documentation, expiration policy for SAS: none by default"
_OFF: Final = "Azure Storage resource provider, blobServices and fileServices: off where it was never set"
_WEB: Final = "$web"
_READ, _WRITE = frozenset({"storageread"}), frozenset({"storagewrite", "storagedelete"})
_CREATED: Final = "daysAfterCreationGreaterThan"
_AGES: Final = {"baseBlob": ("daysAfterModificationGreaterThan", _CREATED, "daysAfterLastAccessTimeGreaterThan"), "version": (_CREATED,)}
_PERIOD: Final = "immutabilityPeriodSinceCreationInDays"
_STARTED: Final = "started"


def survey(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """One draft per account."""
    kind = Kind.FILE_SHARE if row.get("kind") == FILES else Kind.OBJECT_STORE
    endpoints = (fields.value(Known(row), "properties", "primaryEndpoints", service) for service in ("blob", "dfs"))
    urls = [one.value for one in endpoints if isinstance(one, Known)]
    draft = drafted(caller.place, declared, row, kind, (row.get("name"), *urls))
    draft.docs[_STARTED] = Known({"now": caller.now})
    yield draft


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, those of its encryption scopes, and where its logs go."""
    key = _key(draft)
    blobs = reach.log_links(draft.doc(BLOB_LOGS)) if kind_of(draft) != FILES else ()
    return tuple(dict.fromkeys((*reach.key_links(key), *storage_scopes.links(draft), *blobs, *storage_parts.log_links(draft))))


def _key(draft: Draft) -> Maybe[str]:
    """The URL of the customer's key; empty where there is none."""
    source = fields.word(draft.doc(ACCOUNT), "properties", "encryption", "keySource")
    if isinstance(source, Unknown) or not is_customers(source):
        return source if isinstance(source, Unknown) else Known("", source.via)
    of = ("properties", "encryption", "keyvaultproperties")
    vault, name = (fields.value(draft.doc(ACCOUNT), *of, one) for one in ("keyvaulturi", "keyname"))
    if isinstance(vault, Known) and isinstance(name, Known):
        return Known(f"{str(vault.value).rstrip('/')}/keys/{name.value}", source.via)
    return Unknown(UnknownReason.NOT_COLLECTED, source.via, "the answer does not name the key")


def _custody(draft: Draft) -> Maybe[str]:
    """Whose key it is under; blobs in an encryption scope are under the scope's."""
    source = fields.word(draft.doc(ACCOUNT), "properties", "encryption", "keySource")
    if isinstance(source, Unknown):
        return source
    if not is_customers(source):
        return Known(PROVIDER_KEY, source.via)
    return Known("customer", source.via) if kind_of(draft) == FILES else storage_scopes.weakest(draft)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of an account that its documents so far allow."""
    sheet, kind = FactSheet(), draft.resource.kind
    account = draft.doc(ACCOUNT)
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.put("encryption.key_custody", _custody(draft))
    sheet.put("transport.tls_required", fields.flag(account, "properties", "supportsHttpsTrafficOnly"))
    sheet.put("transport.min_tls", min_tls(fields.word(account, "properties", "minimumTlsVersion", absent="TLS1_0", because=_TLS)))
    reach.put_network(sheet, kind, account, reach.admits_by_acl(account, "properties", "networkAcls", because=_OPEN))
    _access(draft, sheet, kind)
    _recovery(draft, sheet, kind)
    sheet.put("logging.data_read", _sends(draft, kind, _READ))
    sheet.put("logging.data_write", _sends(draft, kind, _WRITE))
    return sheet.facts


def _sends(draft: Draft, kind: Kind, wanted: frozenset[str]) -> Maybe[bool]:
    """Whether every service of the account in which there is something sends some categories of log; that for blobs always counts."""
    if kind is Kind.FILE_SHARE:
        return reach.sends(draft.doc(storage_parts.SHARED.logs), wanted)
    return storage_parts.sends(draft, reach.sends(draft.doc(BLOB_LOGS), wanted), wanted)


def _access(draft: Draft, sheet: FactSheet, kind: Kind) -> None:
    account = draft.doc(ACCOUNT)
    allowed = fields.flag(account, "properties", "allowBlobPublicAccess", absent=True, because=_PUBLIC)
    shared = fields.flag(account, "properties", "allowSharedKeyAccess", absent=True, because=_SHARED)
    website = _website(draft)
    anonymous: Maybe[bool] | None = None
    if kind is Kind.OBJECT_STORE:
        # The `$web` container answers anyone, whatever the account's switch says (Azure Storage documentation, static website hosting).
        anonymous = either(website, _open_containers(draft, allowed))
        sheet.constant("access.acls_disabled", True, _ACLS)
    reach.put_audience(sheet, draft, anonymous=anonymous)
    found: dict[str, AnyFact] = {
        "access.public_blocked": negated(allowed),
        "access.public_acls_blocked": negated(allowed),
        "access.shared_key_enabled": shared,
        "access.organisation_perimeter": _perimeter(account),
        "access.bearer_link_max_hours": _links_last(account, shared),
        "access.website_enabled": website,
        "access.cors_any_origin": _any_origin(draft.doc(BLOBS)),
        "credential.oldest_key_days": _oldest_key(draft, shared),
    }
    put_listed(sheet, found, kind)


def _perimeter(account: Maybe[Doc | None]) -> Maybe[bool]:
    """Whether a network security perimeter holds its data in, or copies and replication stay in the tenant."""
    access = fields.word(account, "properties", "publicNetworkAccess", absent="Enabled", because=_OPEN)
    scope = fields.word(account, "properties", "allowedCopyScope", absent="", because=_COPIES)
    across = fields.value(account, "properties", "allowCrossTenantReplication")
    inside: Maybe[bool] = access if isinstance(access, Unknown) else Known(access.value.lower() == "securedbyperimeter", access.via)
    # Where it was never set, replication to other tenants is allowed for accounts made before 15 December 2023 only ("Prevent object replication across
    # Microsoft Entra tenants"): whether this is one is not worked out.
    return either(inside, copies_stay(scope, across if isinstance(across, Unknown) else Known(bool(across.value), across.via)))


def _website(draft: Draft) -> Maybe[bool]:
    """Whether it serves a website: no management API tells, but one cannot be without the container that is made for it."""
    containers = fields.items(draft.doc(CONTAINERS), "value")
    if isinstance(containers, Unknown):
        return containers
    if any(one.get("name") == _WEB for one in containers.value):
        return Unknown(
            UnknownReason.NOT_SUPPORTED, containers.via, "it has the container of a website; only its data plane says whether that is on"
        )
    return Known(False, containers.via)


def _open_containers(draft: Draft, allowed: Maybe[bool]) -> Maybe[bool]:
    if isinstance(allowed, Known) and not allowed.value:
        return allowed
    containers = fields.items(draft.doc(CONTAINERS), "value")
    if isinstance(containers, Unknown):
        return containers
    levels = [fields.word(fields.inner(containers, one), "properties", "publicAccess") for one in containers.value]
    if any(isinstance(one, Known) and one.value.lower() != "none" for one in levels):
        return Known(True, containers.via) if isinstance(allowed, Known) else allowed
    return next((one for one in levels if isinstance(one, Unknown)), Known(False, containers.via))


def _links_last(account: Maybe[Doc | None], shared: Maybe[bool]) -> Maybe[float]:
    """The longest life of a shared access signature: a policy that only logs refuses none."""
    if isinstance(shared, Unknown):
        return shared
    if not shared.value:
        return Known(WEEK_HOURS, Provenance(DELEGATED))
    action = fields.word(account, "properties", "sasPolicy", "expirationAction", absent="", because=_NO_EXPIRY)
    if isinstance(action, Unknown):
        return action
    if action.value.lower() != "block":
        return Known(UNLIMITED, action.via)
    period = fields.word(account, "properties", "sasPolicy", "sasExpirationPeriod")
    return period if isinstance(period, Unknown) else signature_hours(period.value, period.via)


def _any_origin(blobs: Maybe[Doc | None]) -> Maybe[bool]:
    rules = fields.items(blobs, "properties", "cors", "corsRules", because=_OFF)
    if isinstance(rules, Unknown):
        return rules
    return Known(any("*" in (one.get("allowedOrigins") or ()) for one in rules.value), rules.via)


def _oldest_key(draft: Draft, shared: Maybe[bool]) -> AnyFact:
    """The age of the older of its two keys; a key that was made before Azure kept the time has none."""
    if isinstance(shared, Known) and not shared.value:
        return NotApplicable("its keys open nothing", shared.via)
    account, now = draft.doc(ACCOUNT), fields.value(draft.docs[_STARTED], "now")
    if isinstance(account, Unknown) or isinstance(now, Unknown):
        return account if isinstance(account, Unknown) else now
    times = (fields.word(account, "properties", "keyCreationTime", name) for name in ("key1", "key2"))
    ages = [age for one in times if isinstance(one, Known) and (age := _age(one.value, now.value)) is not None]
    if len(ages) == 2:
        return Known(max(ages), ACCOUNT.via)
    detail = "a key is older than Azure's record of when keys were made"
    return Unknown(UnknownReason.NOT_SUPPORTED, ACCOUNT.via, detail, between=(max(ages, default=0), UNLIMITED))


def _age(text: str, now: datetime) -> int | None:
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return None
    return max(0, (now - made).days) if made.tzinfo is not None else None


def _recovery(draft: Draft, sheet: FactSheet, kind: Kind) -> None:
    sku = fields.word(draft.doc(ACCOUNT), "sku", "name")
    spread: Maybe[str] = sku if isinstance(sku, Unknown) else Known(REDUNDANCY.get(sku.value.rpartition("_")[2].upper(), ""), sku.via)
    if isinstance(spread, Known) and not spread.value:
        spread = Unknown(UnknownReason.UNPARSABLE, spread.via, "an unknown sku")
    sheet.put("recovery.redundancy", spread)
    shares = _kept(draft.doc(storage_parts.SHARES), "shareDeleteRetentionPolicy")
    if kind is Kind.FILE_SHARE:
        sheet.put("recovery.soft_delete_days", shares)
        return
    blobs = draft.doc(BLOBS)
    versioned = fields.flag(blobs, "properties", "isVersioningEnabled", absent=False, because=_OFF)
    sheet.put("recovery.soft_delete_days", shorter(_kept(blobs, "deleteRetentionPolicy"), storage_parts.shares_used(draft), shares))
    sheet.put("recovery.versioning", versioned)
    sheet.put("recovery.point_in_time", fields.flag(blobs, "properties", "restorePolicy", "enabled", absent=False, because=_OFF))
    sheet.not_applicable("recovery.mfa_delete", "Azure has no such thing for blobs", ACCOUNT.via)
    _lifecycle(draft, sheet, versioned)
    _worm(draft, sheet)


def _kept(service: Maybe[Doc | None], policy: str) -> Maybe[float]:
    on = fields.flag(service, "properties", policy, "enabled", absent=False, because=_OFF)
    if isinstance(on, Unknown):
        return on
    return fields.number(service, "properties", policy, "days") if on.value else Known(0, on.via)


def _lifecycle(draft: Draft, sheet: FactSheet, versioned: Maybe[bool]) -> None:
    rules = fields.items(draft.doc(LIFECYCLE), "properties", "policy", "rules")
    names = ("retention.expiry_configured", "retention.delete_after_days", "retention.noncurrent_days")
    if isinstance(rules, Unknown):
        for name in names:
            sheet.put(name, rules)
        return
    # A rule is on where it does not say (specification of managementPolicies, `enabled`).
    active = [one for one in rules.value if one.get("enabled") is not False]
    sheet.known(names[0], any(_deletes(one, "baseBlob") is not None for one in active), rules.via)
    sheet.known(names[1], _shortest(active, "baseBlob"), rules.via)
    if isinstance(versioned, Unknown):
        sheet.put(names[2], versioned)
    elif versioned.value:
        sheet.known(names[2], _shortest(active, "version"), rules.via)
    else:
        sheet.not_applicable(names[2], "blobs are not versioned", versioned.via)


def _shortest(rules: Iterable[Mapping[str, Any]], of: str) -> float:
    """The shortest age at which a rule for the whole account deletes; `unlimited` where there is none."""
    return min((days for one in rules if _is_whole(one) and (days := _deletes(one, of)) is not None), default=UNLIMITED)


def _deletes(rule: Mapping[str, Any], of: str) -> float | None:
    ages = (fields.number(Known(rule), "definition", "actions", of, "delete", name) for name in _AGES[of])
    return min((age.value for age in ages if isinstance(age, Known)), default=None)


def _is_whole(rule: Mapping[str, Any]) -> bool:
    """Whether a rule takes in every block blob."""
    filters = fields.value(Known(rule), "definition", "filters", absent={}, because=_OFF)
    chosen = filters.value if isinstance(filters, Known) else None
    if not isinstance(chosen, Mapping):
        return False
    kinds = chosen.get("blobTypes") or ["blockBlob"]
    return not chosen.get("prefixMatch") and not chosen.get("blobIndexMatch") and isinstance(kinds, list) and "blockBlob" in kinds


def _worm(draft: Draft, sheet: FactSheet) -> None:
    """The immutability policy of the account, else the weakest of its containers'; and whether a container is under legal hold."""
    containers = fields.items(draft.doc(CONTAINERS), "value")
    held: Maybe[bool] = (
        containers
        if isinstance(containers, Unknown)
        else Known(any(_property(one, "hasLegalHold") for one in containers.value), containers.via)
    )
    sheet.put("retention.legal_hold", held)
    policy = fields.value(draft.doc(ACCOUNT), "properties", "immutableStorageWithVersioning", "immutabilityPolicy")
    if isinstance(policy, Known):
        state = fields.word(policy, "state")
        sheet.put(
            "immutability.mode", state if isinstance(state, Unknown) else Known(WORM_STATES.get(state.value.lower(), "none"), state.via)
        )
        sheet.put("immutability.min_days", fields.number(policy, _PERIOD, absent=0, because=_OFF))
        return
    if isinstance(containers, Unknown):
        sheet.put("immutability.mode", containers)
        sheet.put("immutability.min_days", containers)
        return
    found = [_policy(one) for one in containers.value] or [("none", 0)]
    modes, days = {mode for mode, _ in found}, min(days for _, days in found)
    if "none" in modes or "" not in modes:
        sheet.known("immutability.mode", next(mode for mode in ("none", "governance", "compliance") if mode in modes), containers.via)
        sheet.known("immutability.min_days", days, containers.via)
        return
    detail = "the listing does not say how a container's policy stands"
    highest = "governance" if "governance" in modes else "compliance"
    sheet.put("immutability.mode", Unknown(UnknownReason.NOT_COLLECTED, containers.via, detail, between=("governance", highest)))
    sheet.put("immutability.min_days", Unknown(UnknownReason.NOT_COLLECTED, containers.via, detail))


def _policy(container: Mapping[str, Any]) -> tuple[str, int]:
    """The mode and days of a container's time-based policy; an empty mode where there is one and the listing does not say how it stands."""
    policy = _property(container, "immutabilityPolicy")
    inside = policy.get("properties", policy) if isinstance(policy, Mapping) else {}
    kept, word = fields.number(Known(inside), _PERIOD, absent=0, because=_OFF), fields.word(Known(inside), "state")
    state = WORM_STATES.get(word.value.lower(), "") if isinstance(word, Known) else ""
    if not state and not _property(container, "hasImmutabilityPolicy"):
        return "none", 0
    # A period that is no number is one that the listing does not tell.
    return (state, int(kept.value)) if isinstance(kept, Known) else ("", 0)


def _property(item: Mapping[str, Any], name: str) -> Any:
    properties = item.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None


READS: Final[tuple[Read | Joined, ...]] = (BLOBS, SCOPES, CONTAINERS, LIFECYCLE, BLOB_LOGS, *storage_parts.READS, OUTSIDERS)
COLLECTOR = Collector("storage", (ACCOUNT,), READS, survey, facts, links)
