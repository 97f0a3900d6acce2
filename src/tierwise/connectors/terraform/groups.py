"""Whether the planned security groups in front of a store admit the whole internet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tierwise.access.internet import covers_internet
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.stores import named
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason

GROUP: Final = "aws_security_group"
RULE, INGRESS = f"{GROUP}_rule", "aws_vpc_security_group_ingress_rule"
CHILDREN: Final = (Child(RULE, "security_group_id", ("id",)), Child(INGRESS, "security_group_id", ("id",)))
_EVERY_PROTOCOL: Final = frozenset({"-1", "all"})
_TCP: Final = frozenset({"tcp", "6"})
_LISTS: Final = ("prefix_list_ids", "prefix_list_id")


def put_network(sheet: FactSheet, public: Maybe[bool], admits: Maybe[bool]) -> None:
    """The three network facts of a store inside a VPC that may have a public address."""
    sheet.put("network.public_endpoint", public)
    if isinstance(public, Unknown):
        sheet.put("network.ingress_any", public)
        sheet.put("network.private_endpoint", public)
    elif public.value:
        sheet.put("network.ingress_any", admits)
        sheet.known("network.private_endpoint", False, public.via)
    else:
        sheet.not_applicable("network.ingress_any", "it has no public address", public.via)
        sheet.known("network.private_endpoint", True, public.via)


def admits_anyone(plan: Plan, planned: Planned, attribute: str, port: Maybe[int | None]) -> Maybe[bool]:
    """Whether one of the groups that an argument lists admits every address on a TCP port."""
    via = planned.at(attribute)
    groups = _groups(plan, planned, attribute)
    if isinstance(groups, Unknown):
        return groups
    if isinstance(port, Unknown):
        return port
    found, missing = groups
    ranges: list[str] = []
    for group in found:
        known, still = _ranges(plan, group, port.value)
        ranges += known
        missing = missing or still
    if _covers(ranges):
        return Known(True, via)
    return missing or Known(False, via)


def _covers(ranges: Iterable[str]) -> bool:
    try:
        return covers_internet(ranges)
    except ValueError:
        return False


def _groups(plan: Plan, planned: Planned, attribute: str) -> tuple[tuple[Planned, ...], Unknown | None] | Unknown:
    """The groups of this plan that an argument lists, and why there may be more."""
    listed = planned.root.texts(attribute)
    if isinstance(listed, Known) and not listed.value.known and listed.value.open is None and not planned.root.is_written(attribute):
        detail = "no security group is named, so the VPC's default group counts"
        return Unknown(UnknownReason.NOT_COLLECTED, planned.at(attribute), detail)
    found, missing = named(plan, planned, (attribute,), GROUP, ("id",))
    return missing if missing is not None and not found else (found, missing)


def _ranges(plan: Plan, group: Planned, port: int | None) -> tuple[list[str], Unknown | None]:
    """The address ranges that a group admits on a port, and what of its rules is not known."""
    found: list[str] = []
    missing: Unknown | None = None
    for rule in _rules(plan, group):
        if isinstance(rule, Unknown):
            missing = rule
            continue
        on = _on(rule, port)
        if on is False:
            continue
        if isinstance(on, Unknown):
            missing = on
            continue
        for name in ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"):
            texts = rule.texts(name)
            if isinstance(texts, Unknown):
                missing = texts
                continue
            found += texts.value.known
            missing = texts.value.open or missing
        for name in _LISTS:
            lists = rule.texts(name)
            if isinstance(lists, Unknown) or lists.value.known or lists.value.open:
                missing = Unknown(UnknownReason.UNRESOLVED_REFERENCE, rule.at(name), "what a prefix list holds is not in the plan")
    return found, missing


def _rules(plan: Plan, group: Planned) -> Iterator[Node | Unknown]:
    inline = group.root.blocks("ingress")
    if isinstance(inline, Known):
        yield from inline.value
    elif not group.is_new or group.root.is_written("ingress"):
        yield inline
    for kind in (RULE, INGRESS):
        children = plan.children(group, kind)
        if children.loose is not None:
            yield children.loose
        for child in children.found:
            direction = child.root.text("type")
            if kind == INGRESS or (isinstance(direction, Known) and direction.value != "egress"):
                yield child.root


def _on(rule: Node, port: int | None) -> bool | Unknown:
    """Whether a rule is for a TCP port; unknown where that is not known."""
    protocol = rule.text("ip_protocol") if rule.has("ip_protocol") else rule.text("protocol")
    low, high = rule.number("from_port"), rule.number("to_port")
    for part in (protocol, low, high):
        if isinstance(part, Unknown):
            return part
    name = str(protocol.value).lower() if isinstance(protocol, Known) else ""
    if name in _EVERY_PROTOCOL:
        return True
    if name not in _TCP:
        return False
    if port is None:
        return Unknown(UnknownReason.KNOWN_AFTER_APPLY, rule.at("from_port"), "the port is not known yet")
    first = low.value if isinstance(low, Known) and low.value is not None else -1
    last = high.value if isinstance(high, Known) and high.value is not None else -1
    return first == -1 or first <= port <= last
