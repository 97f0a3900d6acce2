"""What Event Hubs and Service Bus namespaces have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tierwise.connectors import azure_terms
from tierwise.connectors.azure_terms import admits_ranges
from tierwise.connectors.terraform import azure, azure_grants, azure_reach
from tierwise.connectors.terraform.aws import Absent, Inline, Setting, Split, setting
from tierwise.connectors.terraform.azure import flag
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import put_listed

_ENCRYPTED: Final = "Azure Event Hubs and Service Bus documentation, encryption at rest: on for every namespace"
_TLS: Final = "Azure Event Hubs and Service Bus documentation, minimum TLS version: AMQP and HTTPS run over TLS alone"
_OPEN: Final = (
    "constant: Azure Event Hubs and Service Bus documentation, network security: every network is admitted where no rules are set"
)
_RECORDS: Final = frozenset({"runtimeauditlogs"})


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the provider spells one of the two services."""

    key_type: str
    """The type that sets the customer's key."""
    key: str
    """Its argument, which may list several."""
    inline_key: str
    """The block of the namespace that does the same, if there is one."""
    rules_type: str
    """The type that sets network rules, if there is one."""
    rules: str
    """The block of the namespace that does the same."""
    addresses: tuple[str, ...]
    """Where in the rules the addresses stand: a list, or blocks with an argument."""
    keys: str
    """The switch of the shared keys."""


def put_namespace(sheet: FactSheet, kind: Kind, namespace: Planned, plan: Plan, spelling: Spelling) -> tuple[Link, ...]:
    """The facts that a namespace decides for itself and what is in it; returns the links to its key and its logs."""
    put_always(sheet)
    azure_grants.put_audience(sheet, kind, namespace, plan)
    custody, links = _key(namespace, plan, spelling)
    default = azure.by_version(plan, namespace, {2: None, 3: None, 4: "1.2"})
    read, write = azure_reach.recorded(plan, namespace, _RECORDS, _RECORDS)
    facts: dict[str, AnyFact] = {
        "encryption.key_custody": custody,
        "transport.min_tls": azure_terms.min_tls(azure.text(namespace, "minimum_tls_version", default=default)),
        "transport.internode_encrypted": Known(True, Provenance(f"constant: {azure_terms.LINKS}")),
        "access.shared_key_enabled": flag(namespace, spelling.keys, default=True),
        "logging.data_read": read,
        "logging.data_write": write,
    }
    put_listed(sheet, facts, kind)
    public = flag(namespace, "public_network_access_enabled", default=True)
    azure_terms.put_network(
        sheet,
        kind,
        public,
        _admits(setting(plan, namespace, spelling.rules_type, spelling.rules), spelling),
        azure_reach.has_private_endpoint(plan, namespace),
    )
    return (*links, *azure_reach.log_links(plan, namespace))


def put_always(sheet: FactSheet) -> None:
    """What holds for every namespace, wherever it is."""
    sheet.constant("encryption.at_rest", True, _ENCRYPTED)
    sheet.constant("transport.tls_required", True, _TLS)


def _key(namespace: Planned, plan: Plan, spelling: Spelling) -> tuple[Maybe[str], tuple[Link, ...]]:
    """A customer's key: inline for Service Bus, or in a resource of its own that may list several."""
    block: Maybe[Node | None] = Known(None, namespace.root.via)
    if spelling.inline_key:
        block = azure.block_or_none(namespace, spelling.inline_key)
    if isinstance(block, Unknown) and block.reason is not UnknownReason.NOT_COLLECTED:
        return block, (Link(Rel.USES_KEY, "", block),)
    if isinstance(block, Known) and block.value is not None:
        node = block.value
        return azure.custody(plan, namespace, node, "key_vault_key_id"), azure.key_links(plan, namespace, node, "key_vault_key_id")
    kind = spelling.key_type
    children = plan.children(namespace, kind)
    if children.found:
        return Known("customer", children.found[0].root.via), _keys(plan, children.found[0], spelling.key)
    if children.loose is None and (namespace.is_new or children.removed):
        return Known(azure_terms.PROVIDER_KEY, namespace.root.via), ()
    lost = children.loose or absent(namespace.root.via, f"not in this plan: no {kind} in it is for {namespace.address}")
    return lost, (Link(Rel.USES_KEY, "", lost),)


def _keys(plan: Plan, holder: Planned, name: str) -> tuple[Link, ...]:
    listed = holder.root.texts(name)
    if isinstance(listed, Known) and listed.value.open is None:
        return tuple(Link(Rel.USES_KEY, azure_terms.key_url(one)) for one in listed.value.known)
    return azure.key_links(plan, holder, holder.root, name)


def _admits(found: Setting, spelling: Spelling) -> Maybe[bool]:
    match found:
        case Unknown():
            return found
        case Absent():
            return Known(True, Provenance(_OPEN))
        case Split(planned=holder):
            return _by_rules(holder.root, spelling)
        case Inline(blocks=blocks):
            return _by_rules(blocks[0], spelling)


def _by_rules(rules: Node, spelling: Spelling) -> Maybe[bool]:
    action = rules.text("default_action")
    if isinstance(action, Unknown):
        return action
    if (action.value or "Allow").lower() != "deny":
        return Known(True, action.via)
    ranges = _ranges(rules, *spelling.addresses)
    if isinstance(ranges, Unknown):
        return ranges
    return admits_ranges(ranges, action.via)


def _ranges(rules: Node, name: str, inside: str = "") -> list[str] | Unknown:
    """The addresses admitted: a list, or an argument of each block."""
    if not inside:
        listed = rules.texts(name)
        return listed if isinstance(listed, Unknown) else listed.value.open or list(listed.value.known)
    blocks = rules.blocks(name)
    if isinstance(blocks, Unknown):
        return blocks
    found: list[str] = []
    for block in blocks.value:
        mask = block.text(inside)
        if isinstance(mask, Unknown):
            return mask
        found += [mask.value] if mask.value else []
    return found
