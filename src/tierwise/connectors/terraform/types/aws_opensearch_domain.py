"""OpenSearch domains, older Elasticsearch ones and their access policies.

A domain in a VPC has no public address. With fine-grained access control every request needs credentials whatever the policy says (OpenSearch
Service Developer Guide, "Fine-grained access control").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tierwise.access.audience import source_restricted, tls_of
from tierwise.access.document import Policy
from tierwise.access.share import put_inside_vpc
from tierwise.connectors.terraform.aws import KEY_TYPES, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.policies import DOCUMENT
from tierwise.connectors.terraform.stores import (
    GIB,
    filled,
    is_filled_in,
    mapped,
    part,
    policy_of,
    put_encryption,
    put_policy,
    switch,
)
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

DOMAIN, OLDER = "aws_opensearch_domain", "aws_elasticsearch_domain"
_FINE: Final = "advanced_security_options"
_ENDPOINT: Final = "domain_endpoint_options"
_LOGS: Final = "log_publishing_options"
_TLS_POLICY: Final = re.compile(r"^Policy-Min-TLS-(\d)-(\d)\b")
_OPEN: Final = ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated")


def convert(domain: Planned, plan: Plan) -> Resource:
    """A planned domain."""
    sheet = FactSheet()
    at_rest = switch(domain, "encrypt_at_rest", "enabled", absent_is=False, default=False)
    links = put_encryption(plan, domain, sheet, at_rest, ("encrypt_at_rest", 0, "kms_key_id"), without="provider-managed")
    sheet.put("transport.internode_encrypted", switch(domain, "node_to_node_encryption", "enabled", absent_is=False, default=False))
    policy = policy_of(plan, domain, f"{domain.type}_policy", "access_policies", "access_policies")
    _put_transport(domain, policy, sheet)
    inside = mapped(part(domain, "vpc_options"), lambda block: block is not None)
    _put_reach(inside, policy, sheet)
    grants = put_policy(plan, domain, policy, "es", sheet, Kind.SEARCH_INDEX, endpoint=False)
    _put_closed(domain, inside, sheet)
    _put_login(domain, sheet)
    _put_logging(domain, sheet)
    _put_size(domain, sheet)
    name = text_or(domain.root, "domain_name")
    return plan.resource(
        domain,
        Kind.SEARCH_INDEX,
        name or domain.place.name,
        sheet.facts,
        links=(*links, *_log_links(domain, plan)),
        aliases=(text_or(domain.root, "arn"), text_or(domain.root, "id"), name),
        grants=grants,
    )


def _put_transport(domain: Planned, policy: Maybe[Policy | None], sheet: FactSheet) -> None:
    # Terraform AWS provider, domain_endpoint_options: enforce_https is true by default; without the block HTTPS is not enforced.
    enforced = switch(domain, _ENDPOINT, "enforce_https", absent_is=False, default=True)
    if isinstance(enforced, Known) and not enforced.value and isinstance(policy, Known) and policy.value is not None:
        enforced = tls_of(policy.value, service="es", via=policy.via)[0]
    sheet.put("transport.tls_required", enforced)
    named = domain.root.text(_ENDPOINT, 0, "tls_security_policy")
    found = _TLS_POLICY.match(named.value or "") if isinstance(named, Known) else None
    if found:
        sheet.known("transport.min_tls", f"{found[1]}.{found[2]}", named.via)
    else:
        # The service chooses among its policies where none is named (OpenSearch Service API Reference, DomainEndpointOptions).
        unread = named if isinstance(named, Unknown) else None
        why = Unknown(unread.reason, unread.via, unread.detail, between=("1.0", "1.2")) if unread else _unnamed(domain)
        sheet.put("transport.min_tls", why)


def _unnamed(domain: Planned) -> Unknown:
    return Unknown(UnknownReason.KNOWN_AFTER_APPLY, domain.at(_ENDPOINT), "no TLS policy is named", between=("1.0", "1.2"))


def _put_reach(inside: Maybe[bool], policy: Maybe[Policy | None], sheet: FactSheet) -> None:
    if isinstance(inside, Unknown):
        for name in ("network.public_endpoint", "network.private_endpoint", "network.ingress_any"):
            sheet.put(name, inside)
        return
    if inside.value:
        put_inside_vpc(sheet, "OpenSearch Service Developer Guide, VPC support: a domain in a VPC has no public address")
        return
    sheet.known("network.public_endpoint", True, inside.via)
    restricted: Maybe[bool]
    if isinstance(policy, Unknown):
        restricted = policy
    else:
        restricted = source_restricted(policy.value, policy.via) if policy.value else Known(False, policy.via)
    sheet.put("network.private_endpoint", restricted)
    sheet.put("network.ingress_any", mapped(restricted, lambda value: not value))


def _put_closed(domain: Planned, inside: Maybe[bool], sheet: FactSheet) -> None:
    """A VPC or fine-grained access control keeps out who has no credentials; where neither is known, a public policy is not settled."""
    fine = switch(domain, _FINE, "enabled", absent_is=False, default=False)
    anonymous = switch(domain, _FINE, "anonymous_auth_enabled", absent_is=False, default=False)
    guarded = mapped(anonymous, lambda value: not value) if isinstance(fine, Known) and fine.value else fine
    for found in (inside, guarded):
        if isinstance(found, Known) and found.value:
            for name in _OPEN:
                sheet.known(name, False, found.via)
            return
    open_ = next((found for found in (inside, guarded) if isinstance(found, Unknown)), None)
    for name in _OPEN:
        fact: AnyFact = sheet.facts[name]
        if open_ is not None and isinstance(fact, Known) and fact.value:
            sheet.put(name, open_)


def _put_login(domain: Planned, sheet: FactSheet) -> None:
    fine = switch(domain, _FINE, "enabled", absent_is=False, default=False)
    users = switch(domain, _FINE, "internal_user_database_enabled", absent_is=False, default=False)
    sheet.put("access.local_auth_enabled", users if isinstance(fine, Known) and fine.value else fine)
    sheet.constant("access.central_identity_enabled", True, "OpenSearch Service Developer Guide, IAM: signed requests are always accepted")
    sheet.constant("access.shared_key_enabled", False, "OpenSearch Service knows IAM principals and users by name, no shared key")


def _put_logging(domain: Planned, sheet: FactSheet) -> None:
    # Audit logs name user, index and request; which categories they hold is set inside the domain, where no argument looks.
    blocks = domain.root.blocks(_LOGS)
    audited: Maybe[bool]
    if isinstance(blocks, Unknown):
        audited = Known(False, blocks.via) if is_filled_in(domain, _LOGS, found=blocks) else blocks
    else:
        audited = Known(False, blocks.via)
        for block in blocks.value:
            kind, on = block.text("log_type"), block.flag("enabled")
            if isinstance(kind, Known) and kind.value != "AUDIT_LOGS":
                continue
            # Terraform AWS provider, log_publishing_options: enabled is true by default.
            audited = kind if isinstance(kind, Unknown) else mapped(on, lambda value: value is not False)
    for name in ("logging.data_read", "logging.data_write"):
        sheet.put(name, audited)


def _log_links(domain: Planned, plan: Plan) -> Iterator[Link]:
    blocks = domain.root.blocks(_LOGS)
    if isinstance(blocks, Unknown):
        if not is_filled_in(domain, _LOGS, found=blocks):
            yield Link(Rel.LOGS_TO, "", blocks)
        return
    for block in blocks.value:
        on = block.flag("enabled")
        if not (isinstance(on, Known) and on.value is False):
            for link in plan.links(Rel.LOGS_TO, domain, block, ("cloudwatch_log_group_arn",), {"aws_cloudwatch_log_group"}):
                yield Link(link.rel, link.to.removesuffix(":*"), link.unknown)


def _put_size(domain: Planned, sheet: FactSheet) -> None:
    size = domain.root.number("ebs_options", 0, "volume_size")
    nodes = filled(domain, ("cluster_config", 0, "instance_count"), domain.root.number("cluster_config", 0, "instance_count"), 1)
    if isinstance(size, Known) and size.value and isinstance(nodes, Known):
        sheet.known("volume.bytes", size.value * nodes.value * GIB, size.via)


_NAMES: Final = ("domain_name",)
CONVERTER = Converter(
    frozenset({DOMAIN, OLDER}),
    convert,
    tuple(Child(f"{kind}_policy", "domain_name", _NAMES, of=kind) for kind in (DOMAIN, OLDER)),
    KEY_TYPES | {DOCUMENT},
)
