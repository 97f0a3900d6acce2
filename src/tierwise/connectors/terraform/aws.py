"""What several AWS converters share: the key of a store, whom a policy lets in, settings that stand inline or in a resource of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from tierwise.access.audience import (
    DATA_ACTIONS,
    Audience,
    audience_of,
    closed,
    conditioned,
    organisation_restricted,
    source_restricted,
    tls_of,
    unread,
)
from tierwise.access.document import Policy
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step, absent
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel
from tierwise.model.vocabulary import put_listed

KEYS: Final = frozenset({"aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key"})
_ALIAS_DATA: Final = "data.aws_kms_alias"
_KEY_TARGETS: Final = KEYS | {"aws_kms_alias", _ALIAS_DATA, "data.aws_kms_key"}
KEY_TYPES: Final = frozenset(_KEY_TARGETS)
"""What a converter of stores under a key has to read."""
_PERIMETER: Final = "access.organisation_perimeter"
_ABOVE: Final = "not in this plan: whether a resource control policy of the organisation refuses outsiders"
_RANGE: Final = ("provider-managed", "customer")
_MANAGERS: Final = {"AWS": _RANGE[0], "CUSTOMER": _RANGE[1]}
"""Whose a key is that a data source has read (KMS API reference, KeyMetadata, KeyManager)."""


def custody(plan: Plan, planned: Planned, node: Node, path: Sequence[Step], *, without: str) -> AnyFact:
    """`encryption.key_custody` for a key argument; `without` is what naming no key means for the service.

    A reference settles it before the key's ARN is known: whatever it will be, it is a key of this configuration.
    """
    value = node.text(*path)
    via = node.at(*path)
    if isinstance(value, Known) and value.value is None and not node.is_written(*path):
        return Known(without, via)
    if isinstance(value, Known) and value.value and "alias/" in value.value:
        return Known(_by_alias(value.value), via)
    way = plan.resolve(planned, node, path, KEY_TYPES)
    match way:
        case Resolved(address=address):
            return _by_target(plan, address, via)
        case Unresolved(candidates=candidates, complete=True) if candidates and all(_is_own(plan, one) for one in candidates):
            return Known("customer", via)
    if isinstance(value, Known):
        if value.value is None:
            return Known(without, via)
        if any(_is_key(one, value.value) for kind in KEYS for one in plan.by_type.get(kind, ())):
            return Known("customer", via)
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, "whose key it is cannot be told from the plan", between=_RANGE)
    if isinstance(way, Unresolved):
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, way.detail, between=(without, _RANGE[1]))
    if node.is_computed(*path) and value.reason is UnknownReason.KNOWN_AFTER_APPLY:
        return Known(without, via)
    return Unknown(value.reason, via, value.detail, between=(without, _RANGE[1]))


def _by_alias(name: str) -> str:
    return "provider-managed" if name.startswith("alias/aws/") or ":alias/aws/" in name else "customer"


def _is_own(plan: Plan, address: str) -> bool:
    return isinstance(fact := _by_target(plan, address, Provenance(address)), Known) and fact.value == "customer"


def _by_target(plan: Plan, address: str, via: Provenance) -> AnyFact:
    if not address.rsplit("module.", maxsplit=1)[-1].startswith("data.") and ".data." not in address:
        return Known("customer", via)
    source = plan.by_address.get(address)
    if source is not None and source.type == "aws_kms_key":
        manager, named = text_or(source.root, "key_manager"), text_or(source.root, "key_id")
        if manager in _MANAGERS or "alias/" in named:
            return Known(_MANAGERS.get(manager) or _by_alias(named), via)
    elif source is not None and (alias := text_or(source.root, "name")):
        return Known(_by_alias(alias), via)
    return Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, f"{address} is read outside this plan", between=_RANGE)


def _is_key(key: Planned, value: str) -> bool:
    return any(isinstance(one := key.root.text(name), Known) and one.value == value for name in ("arn", "key_id", "id"))


def key_links(plan: Plan, planned: Planned, node: Node, path: Sequence[Step]) -> tuple[Link, ...]:
    """The link to the key of a store; through its alias where that is what the argument names."""
    way = plan.resolve(planned, node, path, KEY_TYPES)
    target = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if target is not None and target.type == "aws_kms_alias":
        return plan.links(Rel.USES_KEY, target, target.root, ("target_key_id",), KEYS)
    return plan.links(Rel.USES_KEY, planned, node, path, KEYS)


class Absent(msgspec.Struct, frozen=True, gc=False):
    """A setting that nothing sets."""

    via: Provenance
    new: bool
    """Whether the provider's defaults for new resources hold; False where the setting was taken away."""


class Split(msgspec.Struct, frozen=True, gc=False):
    """A setting in a resource of its own."""

    planned: Planned


class Inline(msgspec.Struct, frozen=True, gc=False):
    """A setting in blocks of the resource itself."""

    blocks: tuple[Node, ...]


Setting = Split | Inline | Absent | Unknown


def setting(plan: Plan, parent: Planned, child: str, inline: str = "") -> Setting:
    """Where a setting of a resource stands: in a resource of its own, inline, nowhere, or one cannot tell.

    The AWS provider from version 4 on computes the inline blocks, so that they are unknown on a new resource: what nobody wrote is absent.
    """
    children = plan.children(parent, child)
    if children.found:
        return Split(children.found[0])
    if children.loose is not None:
        return children.loose
    if children.removed:
        return Absent(children.removed[0].root.via, new=False)
    if not inline:
        return Absent(parent.root.via, new=True) if parent.is_new else _elsewhere(parent, child)
    blocks = parent.root.blocks(inline)
    if isinstance(blocks, Unknown):
        computed = blocks.reason is UnknownReason.KNOWN_AFTER_APPLY and parent.root.is_computed(inline)
        return Absent(blocks.via, new=True) if parent.is_new and computed else blocks
    if blocks.value:
        return Inline(blocks.value)
    if parent.is_new:
        return Absent(blocks.via, new=True)
    return Absent(blocks.via, new=False) if parent.root.has(inline) else _elsewhere(parent, child)


def _elsewhere(parent: Planned, child: str) -> Unknown:
    detail = f"not in this plan: no {child} in it belongs to {parent.address}"
    return Unknown(UnknownReason.NOT_COLLECTED, parent.root.via, detail)


def audience(policy: Maybe[Policy | None], service: str, account: str, via: Provenance) -> Audience:
    """Whom a resource policy lets in."""
    if isinstance(policy, Unknown):
        return unread(policy)
    if policy.value is None:
        return closed(via)
    return audience_of(policy.value, account=account, via=policy.via, data_actions=DATA_ACTIONS[service])


def put_audience(found: Audience, sheet: FactSheet, kind: Kind) -> tuple[Grant, ...]:
    """Sets the facts of an audience that a kind lists; returns its grants as evidence."""
    facts: dict[str, AnyFact] = {
        "access.anonymous_read": found.anonymous_read,
        "access.anonymous_write": found.anonymous_write,
        "access.any_authenticated": found.any_authenticated,
        "access.external_principals": found.external,
        "access.external_conditioned": conditioned(found),
    }
    put_listed(sheet, facts, kind)
    return found.grants


def put_endpoint(policy: Maybe[Policy | None], service: str, via: Provenance, sheet: FactSheet, kind: Kind) -> None:
    """Sets the network facts of a store behind AWS's public API endpoints, as far as its policy narrows them."""
    doc = "constant: AWS General Reference, service endpoints: the service's API has public regional endpoints"
    tls = "constant: AWS Security Blog, TLS 1.2 is the minimum for all AWS API endpoints, complete since 2024"
    facts: dict[str, AnyFact] = {
        "network.public_endpoint": Known(True, Provenance(doc)),
        "transport.min_tls": Known("1.2", Provenance(tls)),
    }
    if isinstance(policy, Unknown):
        facts |= dict.fromkeys(("transport.tls_required", "network.private_endpoint", "network.ingress_any", _PERIMETER), policy)
    else:
        at = policy.via if policy.value else via
        restricted: Maybe[bool] = source_restricted(policy.value, at) if policy.value else Known(False, at)
        facts["transport.tls_required"] = tls_of(policy.value, service=service, via=at)[0]
        facts["network.private_endpoint"] = restricted
        inside: Maybe[bool] = organisation_restricted(policy.value, service, at) if policy.value else Known(False, at)
        # A resource control policy may do so too, from the organisation above.
        facts[_PERIMETER] = inside if not isinstance(inside, Known) or inside.value else absent(at, _ABOVE)
        facts["network.ingress_any"] = restricted if isinstance(restricted, Unknown) else Known(not restricted.value, at)
    put_listed(sheet, facts, kind)


def text_or(node: Node, *path: Step) -> str:
    """A known text, else an empty one; for names and aliases."""
    found = node.text(*path)
    return found.value or "" if isinstance(found, Known) else ""


def is_given(planned: Planned, *names: str) -> bool:
    """Whether one of some arguments is set, or may be; not where nobody wrote it and the provider computes it (aws 3 to 5: a snapshot)."""
    for name in names:
        found = planned.get(name)
        if found.value not in (None, "", []) if isinstance(found, Known) else not (planned.is_new and planned.root.is_computed(name)):
            return True
    return False


def defaulted(planned: Planned, name: str, default: bool) -> Maybe[bool]:
    """A switch; where nobody wrote it, what the provider documents as its default."""
    found = planned.root.flag(name)
    if isinstance(found, Known):
        return Known(default if found.value is None else found.value, found.via)
    if (
        planned.is_new
        and found.reason is UnknownReason.KNOWN_AFTER_APPLY
        and not planned.root.is_written(name)
        and planned.root.is_configured
    ):
        return Known(default, Provenance(f"constant: Terraform AWS provider, {planned.type}: {name} is {str(default).lower()} by default"))
    return found
