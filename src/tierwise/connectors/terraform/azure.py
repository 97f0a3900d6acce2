"""What several Azure converters share: settings under renamed attributes, keys, who is let in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from tierwise.connectors.azure_terms import (
    PROVIDER_KEY,
    key_url,
)
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step, absent
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel, Resource

KEY, HSM_KEY = "azurerm_key_vault_key", "azurerm_key_vault_managed_hardware_security_module_key"
KEYS: Final = frozenset({KEY, HSM_KEY})
KEY_TYPES: Final = KEYS | {"data.azurerm_key_vault_key"}
"""What a converter of stores under a key has to read."""
_VERSION: Final = re.compile(r"(~>|>=|<=|!=|=|<|>)?\s*v?(\d{1,9})")
T = TypeVar("T")


def majors(plan: Plan, planned: Planned) -> tuple[int, ...]:
    """The major versions, 2 to 4, that the provider of a resource may have by its version constraint."""
    possible = [2, 3, 4]
    for part in plan.providers.versions(planned).split(","):
        found = _VERSION.match(part.strip())
        if found is None:
            continue
        sign, major = found[1] or "=", int(found[2])
        if sign in ("=", "~>"):
            possible = [one for one in possible if one == major]
        elif sign in (">=", ">"):
            possible = [one for one in possible if one >= major]
        elif sign == "<":
            exclusive = re.fullmatch(r"<\s*v?\d+(?:\.0)*", part.strip()) is not None
            possible = [one for one in possible if one < major or (one == major and not exclusive)]
        elif sign == "<=":
            possible = [one for one in possible if one <= major]
    return tuple(possible)


def by_version(plan: Plan, planned: Planned, defaults: Mapping[int, T | None]) -> T | None:
    """A default that changed between major versions; None where the plan does not tell which holds."""
    found = {defaults[one] for one in majors(plan, planned) if one in defaults}
    return found.pop() if len(found) == 1 else None


def first(planned: Planned, names: Sequence[str]) -> str:
    """Of the names that an attribute has had, the one that this plan uses."""
    for name in names:
        found = planned.root.get(name)
        if planned.root.is_written(name) or (isinstance(found, Known) and found.value is not None):
            return name
    return next((name for name in names if planned.root.has(name)), names[0])


def or_default(planned: Planned, name: str, found: Maybe[T | None], default: T | None) -> Maybe[T]:
    """A value, or what the provider documents where nobody wrote one; `default` is None where that cannot be told."""
    if isinstance(found, Known) and found.value is not None:
        return Known(found.value, found.via)
    if isinstance(found, Unknown) and not is_left_out(planned, name, found):
        return found
    if isinstance(found, Known) and not planned.is_new and not planned.root.has(name):
        return absent(planned.at(name), f"not in this plan: {name}")
    if default is None:
        return Unknown(UnknownReason.NOT_COLLECTED, planned.at(name), "the default depends on the provider's version")
    return Known(default, Provenance(f"constant: Terraform AzureRM provider, {planned.type}: {name} is {str(default).lower()} by default"))


def is_left_out(planned: Planned, name: str, found: Unknown) -> bool:
    """Whether nobody wrote an argument of a new resource, which the provider computes."""
    return planned.is_new and found.reason is UnknownReason.KNOWN_AFTER_APPLY and planned.root.is_computed(name)


def flag(planned: Planned, *names: str, default: bool | None) -> Maybe[bool]:
    """A switch under any of its names."""
    name = first(planned, names)
    return or_default(planned, name, planned.root.flag(name), default)


def text(planned: Planned, *names: str, default: str | None) -> Maybe[str]:
    """A text under any of its names."""
    name = first(planned, names)
    return or_default(planned, name, planned.root.text(name), default)


def number(planned: Planned, *names: str, default: int | None) -> Maybe[int]:
    """A number under any of its names."""
    name = first(planned, names)
    return or_default(planned, name, planned.root.number(name), default)


def block_or_none(planned: Planned, name: str) -> Maybe[Node | None]:
    """The one block of a name; a block that the provider fills in by itself on a new resource is none that someone wrote."""
    found = planned.root.block(name)
    if isinstance(found, Unknown) and is_left_out(planned, name, found):
        return Known(None, found.via)
    if isinstance(found, Known) and found.value is None and not planned.is_new and not planned.root.has(name):
        return absent(planned.at(name), f"not in this plan: {name}")
    return found


def custody(plan: Plan, planned: Planned, node: Node, *path: Step) -> Maybe[str]:
    """`encryption.key_custody` for a key argument: a key in Key Vault or a managed HSM is the customer's, whichever it will be."""
    value = node.text(*path)
    via = node.at(*path)
    if isinstance(value, Known) and value.value:
        return Known("customer", via)
    if isinstance(value, Known) and node is planned.root and not planned.is_new and not node.has(str(path[0])):
        return absent(via, f"not in this plan: {path[0]}")
    way = plan.resolve(planned, node, path, KEY_TYPES)
    if isinstance(value, Known):
        return Known(PROVIDER_KEY, via)
    if isinstance(way, Resolved) or (isinstance(way, Unresolved) and way.complete and way.candidates):
        return Known("customer", via)
    if planned.is_new and value.reason is UnknownReason.KNOWN_AFTER_APPLY and node.is_computed(*path):
        return Known(PROVIDER_KEY, via)
    return Unknown(value.reason, via, value.detail, between=(PROVIDER_KEY, "customer"))


def key_links(plan: Plan, planned: Planned, node: Node, *path: Step) -> tuple[Link, ...]:
    """The link to the key of a store; a key's URL is taken without its version."""
    found = plan.links(Rel.USES_KEY, planned, node, path, KEYS)
    return tuple(Link(one.rel, key_url(one.to), one.unknown) for one in found)


def key_in(plan: Plan, planned: Planned, name: str, argument: str, because: str) -> tuple[Maybe[str], tuple[Link, ...]]:
    """The custody of the key that a block names, and the link to it; `because` is why it is Azure's where there is no block."""
    block = block_or_none(planned, name)
    if isinstance(block, Unknown):
        return block, (Link(Rel.USES_KEY, "", block),)
    if block.value is None:
        return Known(PROVIDER_KEY, Provenance(f"constant: {because}")), ()
    return custody(plan, planned, block.value, argument), key_links(plan, planned, block.value, argument)


def zones(planned: Planned) -> Maybe[str]:
    """`recovery.redundancy` by the availability zones that a resource lists; in one, which Azure picks, where it lists none."""
    listed = planned.root.texts("zones")
    if isinstance(listed, Unknown):
        return Known("zone", listed.via) if is_left_out(planned, "zones", listed) else listed
    if listed.value.open is not None or not (planned.is_new or planned.root.has("zones")):
        return listed.value.open or absent(listed.via)
    return Known("multi-zone" if len(listed.value.known) > 1 else "zone", listed.via)


def text_or(node: Node, *path: Step) -> str:
    """A known text, else an empty one; for names and aliases."""
    found = node.text(*path)
    return found.value or "" if isinstance(found, Known) else ""


def parent_of(plan: Plan, child: Planned, names: Sequence[str], types: Iterable[str]) -> Planned | None:
    """The resource of this plan that a child names by reference, id or name."""
    wanted = set(types)
    for name in names:
        way = plan.resolve(child, child.root, (name,), wanted)
        if isinstance(way, Resolved) and way.address in plan.by_address:
            return plan.by_address[way.address]
        value = child.root.text(name)
        if not isinstance(value, Known) or not value.value:
            continue
        for kind in sorted(wanted):
            for one in plan.by_type.get(kind, ()):
                if not one.is_gone and value.value.lower() in (text_or(one.root, "id").lower(), text_or(one.root, "name").lower()):
                    return one
    return None


def placed(resource: Resource, plan: Plan, parent: Planned | None) -> Resource:
    """A resource that has no location of its own, in the region of what it is part of."""
    if parent is None:
        return resource
    region, account = plan.providers.region(parent), plan.providers.account(parent)
    return replace(resource, region=region or resource.region, account=resource.account or account)


def elsewhere(child: Planned, attribute: str, what: str) -> Unknown:
    """Why what a parent decides is not known: the parent is not in the plan."""
    return Unknown(UnknownReason.UNRESOLVED_REFERENCE, child.at(attribute), f"its {what} is not in this plan")
