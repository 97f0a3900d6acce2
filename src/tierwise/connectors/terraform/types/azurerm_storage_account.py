"""Azure storage accounts with all that is set on them in resources of their own.

The account is judged as one store: a container that is open makes it open. Defaults are those of the AzureRM provider's documentation of
`azurerm_storage_account`; those that changed between major versions are told by the version constraint, or stay open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import structs

from tierwise.connectors import azure_terms
from tierwise.connectors.azure_terms import DELEGATED, REDUNDANCY, WEEK_HOURS, admits_ranges, signature_hours
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.aws import Absent, Inline, Setting, Split, setting
from tierwise.connectors.terraform.azure import flag, text_or
from tierwise.connectors.terraform.azure_blob import ages, immutability
from tierwise.connectors.terraform.azure_reach import CONNECTED, DIAGNOSTICS
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child, Children
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.model import kleene
from tierwise.model.fact import UNLIMITED, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.model.vocabulary import put_listed

ACCOUNT: Final = "azurerm_storage_account"
RULES, CUSTOMER_KEY, WEBSITE = f"{ACCOUNT}_network_rules", f"{ACCOUNT}_customer_managed_key", f"{ACCOUNT}_static_website"
POLICY, CONTAINER = "azurerm_storage_management_policy", "azurerm_storage_container"
WORM: Final = f"{CONTAINER}_immutability_policy"
SCOPE: Final = "azurerm_storage_encryption_scope"
_SHARE: Final = "azurerm_storage_share"
_SERVICES_OF: Final = {_SHARE: "fileservices", "azurerm_storage_queue": "queueservices", "azurerm_storage_table": "tableservices"}
"""The service that holds what there may be in an account beside blobs."""
_BLOBS_ALONE: Final = frozenset({"BlobStorage", "BlockBlobStorage"})
"""Kinds of account that have no service beside blobs (Azure Storage documentation, "Storage account overview", types of storage accounts)."""
_INSIDE: Final = (*_SERVICES_OF, "azurerm_storage_data_lake_gen2_filesystem")
_ENCRYPTED: Final = "Azure Storage documentation, encryption for data at rest: on for every account since 2017, cannot be disabled"
_KEY: Final = "constant: Azure Storage documentation, encryption for data at rest: keys are Microsoft's where no other is configured"
_ACLS: Final = "Azure Storage documentation: blobs have no ACLs that name the public"
_OPEN: Final = "constant: Azure Storage documentation, network security: every network is admitted where no rules are set"
_HSM_KEY: Final = "managed_hsm_key_id"
_IN_VAULT: Final = "microsoft.keyvault"
_SERVICES: Final = "which of the account's services the setting is for is known after apply"
_READ, _WRITE = frozenset({"storageread"}), frozenset({"storagewrite", "storagedelete"})


def convert(account: Planned, plan: Plan) -> Resource:
    """A planned storage account."""
    kind = Kind.FILE_SHARE if text_or(account.root, "account_kind") == "FileStorage" else Kind.OBJECT_STORE
    sheet = FactSheet()
    links = [*_encryption(account, plan, sheet), *_logging(account, plan, sheet, kind)]
    _transport(account, plan, sheet)
    _network(account, plan, sheet, kind)
    _access(account, plan, sheet, kind)
    _recovery(account, plan, sheet, kind)
    name = text_or(account.root, "name")
    endpoints = [text_or(account.root, f"primary_{service}_endpoint") for service in ("blob", "dfs")]
    made = f"https://{name}.blob.core.windows.net/" if name else ""
    aliases = (text_or(account.root, "id"), name, *endpoints, made)
    inside = (one for kind_of in (CONTAINER, *_INSIDE) for one in plan.children(account, kind_of).found)
    holds = ", ".join(called for one in inside if (called := text_or(one.root, "name")))
    return plan.resource(account, kind, name or account.place.name, sheet.facts, links=links, aliases=aliases, description=holds)


def _encryption(account: Planned, plan: Plan, sheet: FactSheet) -> Iterator[Link]:
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    match setting(plan, account, CUSTOMER_KEY, "customer_managed_key"):
        case Unknown() as unknown:
            sheet.put("encryption.key_custody", unknown)
            yield Link(Rel.USES_KEY, "", unknown)
        case Absent():
            sheet.put("encryption.key_custody", Known(azure_terms.PROVIDER_KEY, Provenance(_KEY)))
        case Split(planned=holder):
            sheet.put("encryption.key_custody", Known("customer", holder.root.via))
            yield from _key_in_vault(plan, holder) if _named(holder.root, "key_name") else _key(plan, holder, holder.root, _HSM_KEY)
        case Inline(blocks=blocks):
            sheet.put("encryption.key_custody", Known("customer", blocks[0].via))
            yield from _key(plan, account, blocks[0], "key_vault_key_id", _HSM_KEY)
    yield from _scopes(account, plan, sheet)


def _scopes(account: Planned, plan: Plan, sheet: FactSheet) -> Iterator[Link]:
    """Encryption scopes have keys of their own: one under Microsoft's key is the weakest part of an account whose blobs may be written into it."""
    scopes = plan.children(account, SCOPE)
    lost, weak = scopes.loose, dict[str, Known[str]]()
    for one in scopes.found:
        source = one.root.text("source")
        if isinstance(source, Unknown):
            lost = source
        elif source.value is None:
            lost = absent(source.via)
        elif source.value.lower() != _IN_VAULT:
            weak[text_or(one.root, "name") or one.address] = Known(azure_terms.PROVIDER_KEY, source.via)
        yield from azure.key_links(plan, one, one.root, "key_vault_key_id")
    whole = sheet.facts["encryption.key_custody"]
    if isinstance(whole, Known) and whole.value == azure_terms.PROVIDER_KEY:
        return
    found = _weakest(account, plan, weak) if weak else None
    if found is not None or lost is not None:
        sheet.put("encryption.key_custody", found or lost or whole)


def _weakest(account: Planned, plan: Plan, weak: Mapping[str, Known[str]]) -> Maybe[str] | None:
    """Microsoft's key where a container admits one of some scopes, as `tierwise.connectors.azure.services.storage_scopes` has it; None where none does."""
    containers = plan.children(account, CONTAINER)
    still: Unknown | None = containers.loose
    for one in containers.found:
        default, free = (
            azure.text(one, "default_encryption_scope", default=""),
            flag(one, "encryption_scope_override_enabled", default=True),
        )
        if (isinstance(default, Known) and default.value in weak) or (isinstance(free, Known) and free.value):
            return next(iter(weak.values()))
        still = next((part for part in (default, free) if isinstance(part, Unknown)), still)
    if still is None and not (containers.found and account.is_new):
        still = absent(account.root.via, f"not in this plan: containers of {account.address} into whose scopes others may write")
    return still and still.within(azure_terms.PROVIDER_KEY, "customer")


def _named(node: Node, name: str) -> bool:
    return bool(text_or(node, name)) or node.is_written(name)


def _key(plan: Plan, holder: Planned, node: Node, *names: str) -> tuple[Link, ...]:
    """The key by its URL."""
    return next((azure.key_links(plan, holder, node, name) for name in names if _named(node, name)), ())


def _key_in_vault(plan: Plan, holder: Planned) -> Iterator[Link]:
    """The key by its name in a vault."""
    node = holder.root
    for link in plan.links(Rel.USES_KEY, holder, node, ("key_name",), azure.KEYS):
        found = link.to if "." in link.to else ""
        uri = text_or(node, "key_vault_uri").rstrip("/")
        if not found and link.to and uri:
            found = f"{uri}/keys/{link.to}"
        lost = Unknown(UnknownReason.UNRESOLVED_REFERENCE, node.at("key_name"), "which vault holds the key is not in the plan")
        yield Link(Rel.USES_KEY, found, None if found else link.unknown or lost)


def _transport(account: Planned, plan: Plan, sheet: FactSheet) -> None:
    sheet.put("transport.tls_required", flag(account, "https_traffic_only_enabled", "enable_https_traffic_only", default=True))
    default = azure.by_version(plan, account, {2: "TLS1_0", 3: "TLS1_2", 4: "TLS1_2"})
    sheet.put("transport.min_tls", azure_terms.min_tls(azure.text(account, "min_tls_version", default=default)))


def _network(account: Planned, plan: Plan, sheet: FactSheet, kind: Kind) -> None:
    public = flag(account, "public_network_access_enabled", default=True)
    admits = _admits(setting(plan, account, RULES, "network_rules"))
    azure_terms.put_network(sheet, kind, public, admits, azure_reach.has_private_endpoint(plan, account))


def _admits(rules: Setting) -> Maybe[bool]:
    match rules:
        case Unknown():
            return rules
        case Absent():
            return Known(True, Provenance(_OPEN))
        case Split(planned=holder):
            return _admits_by(holder.root)
        case Inline(blocks=blocks):
            return _admits_by(blocks[0])


def _admits_by(node: Node) -> Maybe[bool]:
    action, ranges = node.text("default_action"), node.texts("ip_rules")
    if isinstance(action, Unknown):
        return action
    if (action.value or "Allow").lower() != "deny":
        return Known(True, action.via)
    if isinstance(ranges, Unknown):
        return ranges
    wide = admits_ranges(ranges.value.known, ranges.via)
    if isinstance(wide, Unknown) or wide.value:
        return wide
    return ranges.value.open or Known(False, action.via)


def _access(account: Planned, plan: Plan, sheet: FactSheet, kind: Kind) -> None:
    allowed = flag(
        account,
        "allow_nested_items_to_be_public",
        "allow_blob_public_access",
        default=azure.by_version(plan, account, {2: False, 3: True, 4: True}),
    )
    website = _website(setting(plan, account, WEBSITE, "static_website"))
    # The `$web` container answers anyone, whatever the account's switch says (Azure Storage documentation, static website hosting).
    anonymous = kleene.either(website, _open_containers(account, plan, allowed))
    azure_grants.put_audience(sheet, kind, account, plan, anonymous=anonymous)
    shared = flag(account, "shared_access_key_enabled", default=True)
    blob = azure.block_or_none(account, "blob_properties")
    facts = {
        "access.public_blocked": kleene.negated(allowed),
        "access.public_acls_blocked": kleene.negated(allowed),
        "access.shared_key_enabled": shared,
        "access.organisation_perimeter": _perimeter(account, plan),
        "access.bearer_link_max_hours": _links_last(account, shared),
        "access.website_enabled": website,
        "access.cors_any_origin": _any_origin(blob),
    }
    put_listed(sheet, facts, kind)
    if kind is Kind.OBJECT_STORE:
        sheet.constant("access.acls_disabled", True, _ACLS)


def _perimeter(account: Planned, plan: Plan) -> Maybe[bool]:
    """Whether copies and replication stay in the tenant; the provider knows no other perimeter."""
    across = flag(account, "cross_tenant_replication_enabled", default=azure.by_version(plan, account, {2: True, 3: True, 4: False}))
    return azure_terms.copies_stay(azure.text(account, "allowed_copy_scope", default=""), across)


def _website(found: Setting) -> Maybe[bool]:
    match found:
        case Unknown():
            return found
        case Absent(via=via):
            return Known(False, via)
        case Split(planned=planned):
            return Known(True, planned.root.via)
        case Inline(blocks=blocks):
            return Known(True, blocks[0].via)


def _open_containers(account: Planned, plan: Plan, allowed: Maybe[bool]) -> Maybe[bool]:
    if isinstance(allowed, Known) and not allowed.value:
        return allowed
    containers = plan.children(account, CONTAINER)
    still: Unknown | None = containers.loose
    for one in containers.found:
        level = one.root.text("container_access_type")
        if isinstance(level, Unknown):
            still = level
        elif level.value not in (None, "private"):
            return allowed if isinstance(allowed, Unknown) else Known(True, level.via)
    if still is not None:
        return still
    if account.is_new:
        return Known(False, account.root.via)
    return absent(account.root.via, f"not in this plan: containers of {account.address} that others may have made")


def _links_last(account: Planned, shared: Maybe[bool]) -> Maybe[float]:
    """The longest life of a shared access signature: a policy that only logs refuses none."""
    if isinstance(shared, Unknown):
        return shared
    if not shared.value:
        return Known(WEEK_HOURS, Provenance(DELEGATED))
    policy = azure.block_or_none(account, "sas_policy")
    if isinstance(policy, Unknown):
        return policy
    if policy.value is None:
        return Known(UNLIMITED, policy.via)
    action, period = policy.value.text("expiration_action"), policy.value.text("expiration_period")
    if isinstance(action, Unknown):
        return action
    if action.value != "Block":
        return Known(UNLIMITED, action.via)
    if isinstance(period, Unknown):
        return period
    return signature_hours(period.value or "", period.via)


def _any_origin(blob: Maybe[Node | None]) -> Maybe[bool]:
    if isinstance(blob, Unknown):
        return blob
    if blob.value is None:
        return Known(False, blob.via)
    rules = blob.value.blocks("cors_rule")
    if isinstance(rules, Unknown):
        return rules
    still: Unknown | None = None
    for rule in rules.value:
        origins = rule.texts("allowed_origins")
        if isinstance(origins, Known) and "*" in origins.value.known:
            return Known(True, origins.via)
        still = origins if isinstance(origins, Unknown) else origins.value.open or still
    return still or Known(False, rules.via)


def _logging(account: Planned, plan: Plan, sheet: FactSheet, kind: Kind) -> tuple[Link, ...]:
    """Only a setting on a service records reads and changes of what is in it; one on the account itself has metrics alone."""
    every: Mapping[str, Maybe[bool]] = {"fileservices": Known(True)}
    if kind is Kind.OBJECT_STORE:
        every = {"blobservices": Known(True), **{service: _used(account, plan, inside) for inside, service in _SERVICES_OF.items()}}
    for name, wanted in (("logging.data_read", _READ), ("logging.data_write", _WRITE)):
        parts = (
            kleene.either(kleene.negated(used), azure_reach.sends(account, _settings(account, plan, service), wanted))
            for service, used in every.items()
        )
        sheet.put(name, kleene.all_of(*parts))
    return azure_reach.log_links(plan, account)


def _used(account: Planned, plan: Plan, inside: str) -> Maybe[bool]:
    """Whether there is something of a type in the account."""
    if text_or(account.root, "account_kind") in _BLOBS_ALONE:
        return Known(False, account.root.via)
    children = plan.children(account, inside)
    if children.found:
        return Known(True, children.found[0].root.via)
    if children.loose is not None:
        return children.loose
    if account.is_new:
        return Known(False, account.root.via)
    return absent(account.root.via, f"not in this plan: {inside} of {account.address} that others may have made")


def _settings(account: Planned, plan: Plan, service: str) -> Children:
    """The diagnostic settings of one of its services."""
    children = plan.children(account, DIAGNOSTICS)
    fitting: list[Planned] = []
    loose = children.loose
    for one in children.found:
        target = one.root.text("target_resource_id")
        if isinstance(target, Unknown):
            categories, unread = azure_reach.categories_of(one)
            if categories or unread:
                loose = Unknown(UnknownReason.KNOWN_AFTER_APPLY, target.via, _SERVICES)
        elif f"/{service}/" in f"{target.value or ''}/".lower():
            fitting.append(one)
    return structs.replace(children, found=tuple(fitting), loose=loose)


def _recovery(account: Planned, plan: Plan, sheet: FactSheet, kind: Kind) -> None:
    replication = account.root.text("account_replication_type")
    redundancy = replication if isinstance(replication, Unknown) else REDUNDANCY.get((replication.value or "").upper())
    if redundancy is None:
        redundancy = absent(account.at("account_replication_type"))
    sheet.put("recovery.redundancy", redundancy if isinstance(redundancy, Unknown) else Known(redundancy, replication.via))
    shares = _soft_delete(azure.block_or_none(account, "share_properties"), "retention_policy")
    if kind is Kind.FILE_SHARE:
        sheet.put("recovery.soft_delete_days", shares)
        return
    block = azure.block_or_none(account, "blob_properties")
    blobs = _soft_delete(block, "delete_retention_policy")
    sheet.put("recovery.soft_delete_days", azure_terms.shorter(blobs, _used(account, plan, _SHARE), shares))
    versioned = _versioned(block)
    sheet.put("recovery.versioning", versioned)
    sheet.put("recovery.point_in_time", _has(block, "restore_policy"))
    sheet.not_applicable("recovery.mfa_delete", "Azure has no such thing for blobs", account.root.via)
    for name, fact in ages(setting(plan, account, POLICY), versioned).items():
        sheet.put(name, fact)
    mode, days = immutability(account, plan, plan.children(account, CONTAINER), WORM)
    sheet.put("immutability.mode", mode)
    sheet.put("immutability.min_days", days)


def _soft_delete(block: Maybe[Node | None], name: str) -> Maybe[int]:
    """Seven days where the block says no number (AzureRM documentation)."""
    if isinstance(block, Unknown):
        return block
    if block.value is None:
        return Known(0, block.via)
    policy = block.value.block(name)
    if isinstance(policy, Unknown):
        return policy
    if policy.value is None:
        return Known(0, policy.via)
    days = policy.value.number("days")
    return days if isinstance(days, Unknown) else Known(7 if days.value is None else days.value, days.via)


def _versioned(block: Maybe[Node | None]) -> Maybe[bool]:
    if isinstance(block, Unknown):
        return block
    if block.value is None:
        return Known(False, block.via)
    found = block.value.flag("versioning_enabled")
    return found if isinstance(found, Unknown) else Known(bool(found.value), found.via)


def _has(block: Maybe[Node | None], name: str) -> Maybe[bool]:
    if isinstance(block, Unknown):
        return block
    if block.value is None:
        return Known(False, block.via)
    found = block.value.blocks(name)
    return found if isinstance(found, Unknown) else Known(bool(found.value), found.via)


_NAMED: Final = ("id", "name")
CONVERTER = Converter(
    frozenset({ACCOUNT}),
    convert,
    (
        *(
            Child(kind, "storage_account_id", _NAMED, older=("storage_account_name",))
            for kind in (RULES, CUSTOMER_KEY, WEBSITE, POLICY, CONTAINER, SCOPE, *_INSIDE)
        ),
        Child(DIAGNOSTICS, "target_resource_id", ("id",), shared=True, below=True),
        CONNECTED,
    ),
    azure.KEY_TYPES | {"azurerm_log_analytics_workspace"},
    ((CONTAINER, (Child(WORM, "storage_container_resource_manager_id", ("resource_manager_id", "id")),)),),
)
