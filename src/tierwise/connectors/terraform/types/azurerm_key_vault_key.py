"""Keys of key vaults and of managed HSMs, with their rotation and what their vault decides for them."""

from __future__ import annotations

from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.terraform import azure, azure_reach, azure_vault
from tierwise.connectors.terraform.azure import HSM_KEY, KEYS, text_or
from tierwise.connectors.terraform.azure_vault import HSM, VAULT
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step, absent
from tierwise.model.fact import UNLIMITED, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

_PARENTS: Final = ("key_vault_id", "managed_hsm_id")
_ROTATION: Final = ("key.rotation_enabled", "key.rotation_days")
_IN_HSM: Final = "Azure Managed HSM documentation: keys live in FIPS 140-3 Level 3 validated modules"
_NEVER: Final = "constant: AzureRM documentation: a key without a rotation policy does not rotate"
_ENABLED: Final = "a new key is enabled (Azure Key Vault documentation, key attributes)"
_ROLES: Final = "who may decrypt is decided by roles, some of them above the vault"
_HSM_ROLES: Final = "who may decrypt is decided by local roles of the HSM"
_POLICIES: Final = "constant: Azure Key Vault documentation, access policies: each names one user, group or application"
_HSM_ROTATION: Final = f"{HSM_KEY}_rotation_policy"


def convert(key: Planned, plan: Plan) -> Resource:
    """A planned key."""
    sheet = FactSheet()
    vault = azure.parent_of(plan, key, _PARENTS, {VAULT, HSM})
    lost = azure.elsewhere(key, azure.first(key, _PARENTS), "vault")
    if key.type == HSM_KEY:
        sheet.constant("key.protection_level", "hsm", _IN_HSM)
    else:
        kind = key.root.text("key_type")
        level = kind if isinstance(kind, Unknown) else Known("hsm" if (kind.value or "").upper().endswith("-HSM") else "software", kind.via)
        sheet.put("key.protection_level", level)
    _rotation(key, plan, sheet)
    _state(key, sheet)
    if vault is None:
        azure_vault.put_lost(sheet, Kind.KEY, lost)
        for name in ("key.deletion_window_days", "key.purge_protected", "key.decrypt_named_only"):
            sheet.put(name, lost)
    else:
        azure_vault.put_vault(sheet, Kind.KEY, vault, plan, key)
        sheet.put("key.deletion_window_days", azure_vault.soft_delete_days(vault))
        sheet.put("key.purge_protected", azure_vault.purge_protected(vault))
        sheet.put("key.decrypt_named_only", _named_only(vault))
    name = text_or(key.root, "name")
    url = text_or(key.root, "versionless_id") or azure_terms.key_url(text_or(key.root, "id"))
    aliases = (url, text_or(key.root, "id"), text_or(key.root, "resource_versionless_id"), text_or(key.root, "resource_id"))
    links = azure_reach.log_links(plan, vault) if vault else ()
    made = plan.resource(key, Kind.KEY, name or key.place.name, sheet.facts, links=links, aliases=aliases)
    return azure.placed(made, plan, vault)


def _rotation(key: Planned, plan: Plan, sheet: FactSheet) -> None:
    """A policy rotates by time after creation, or before an expiry, which the policy sets too."""
    if key.type == HSM_KEY:
        children = plan.children(key, _HSM_ROTATION)
        found: Maybe[Node | None] = Known(children.found[0].root if children.found else None, key.root.via)
        if children.loose is not None:
            found = children.loose
        elif not children.found and not key.is_new:
            found = absent(key.root.via, f"not in this plan: a rotation policy of {key.address}")
    else:
        found = azure.block_or_none(key, "rotation_policy")
    if isinstance(found, Unknown):
        for name in _ROTATION:
            sheet.put(name, found)
        return
    if found.value is None:
        sheet.put(_ROTATION[0], Known(False, Provenance(_NEVER)))
        sheet.put(_ROTATION[1], Known(UNLIMITED, Provenance(_NEVER)))
        return
    interval = _interval(found.value, () if key.type == HSM_KEY else ("automatic", 0))
    sheet.put(_ROTATION[1], interval)
    on: AnyFact = interval if isinstance(interval, Unknown) else Known(interval.value != UNLIMITED, interval.via)
    sheet.put(_ROTATION[0], on)


def _interval(policy: Node, block: tuple[Step, ...]) -> Maybe[float]:
    """The interval of a rotation policy; `block` is where in it the times of rotation stand."""
    after, before, lifetime = (
        policy.text(*block, "time_after_creation"), policy.text(*block, "time_before_expiry"), policy.text("expire_after")
    )  # fmt: skip
    for part in (after, before, lifetime):
        if isinstance(part, Unknown):
            return part
    if isinstance(after, Known) and after.value:
        return azure_terms.days(after)
    if not (isinstance(before, Known) and before.value):
        return Known(UNLIMITED, policy.via)
    whole, margin = azure_terms.days(lifetime), azure_terms.days(before)
    if isinstance(whole, Unknown):
        return whole
    return margin if isinstance(margin, Unknown) else Known(whole.value - margin.value, whole.via)


def _state(key: Planned, sheet: FactSheet) -> None:
    """The provider has no switch: a key is made enabled, and what became of it later a plan does not say."""
    if key.is_new:
        sheet.constant("key.state", "enabled", _ENABLED)
    else:
        sheet.put("key.state", Unknown(UnknownReason.NOT_COLLECTED, key.root.via, "a plan does not say whether an existing key is enabled"))


def _named_only(vault: Planned) -> Maybe[bool]:
    """Roles may stand above the vault, where a plan need not have them."""
    if vault.type == HSM:
        return Unknown(UnknownReason.NOT_COLLECTED, vault.root.via, _HSM_ROLES)
    rbac = azure_vault.by_rbac(vault)
    if isinstance(rbac, Unknown):
        return rbac
    if rbac.value:
        return Unknown(UnknownReason.NOT_COLLECTED, rbac.via, _ROLES)
    return Known(True, Provenance(_POLICIES))


CONVERTER = Converter(
    KEYS,
    convert,
    (Child(_HSM_ROTATION, "managed_hsm_key_id", ("id", "versioned_id"), of=HSM_KEY),),
    frozenset({VAULT}),
    ((HSM, azure_reach.REACHED),),
)
