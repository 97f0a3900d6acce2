"""Whether the security groups in front of a store admit the whole internet: shared by every collector of stores inside a VPC."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from tierwise.access.internet import covers_internet
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.listed import whole
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason

GROUPS = Read("ec2", "DescribeSecurityGroups", "ec2:DescribeSecurityGroups", Stage.DETAIL, frozenset({"network.ingress_any"}))
"""All security groups of a region; `groups_read` makes it the read of a collector."""
NETWORK_FACTS = frozenset({"network.public_endpoint", "network.ingress_any", "network.private_endpoint"})
_ANY_PROTOCOL = "-1"
_TCP = frozenset({"tcp", "6"})


def groups_read(public: Callable[[Draft], Maybe[bool]]) -> Read:
    """The read of a region's security groups, made only for stores that are or may be public."""

    def make(caller: Caller, draft: Draft) -> Maybe[Doc | None]:
        reachable = public(draft)
        if isinstance(reachable, Known) and not reachable.value:
            return Known(None, GROUPS.via)
        return whole(caller, GROUPS, "SecurityGroups")

    return Read(GROUPS.service, GROUPS.operation, GROUPS.action, GROUPS.stage, GROUPS.facts, make=make)


def put_network(sheet: FactSheet, public: Maybe[bool], groups: Maybe[Doc | None], ids: Collection[str], port: int | None) -> None:
    """The three network facts of a store inside a VPC that may have a public address."""
    sheet.put("network.public_endpoint", public)
    if isinstance(public, Unknown):
        sheet.put("network.ingress_any", public)
        sheet.put("network.private_endpoint", public)
    elif public.value:
        sheet.put("network.ingress_any", open_to_world(groups, ids, port))
        sheet.known("network.private_endpoint", False, public.via)
    else:
        sheet.not_applicable("network.ingress_any", "it has no public address", public.via)
        sheet.known("network.private_endpoint", True, public.via)


def open_to_world(groups_doc: Maybe[Doc | None], ids: Collection[str], port: int | None) -> Maybe[bool]:
    """Whether one of the groups admits every IPv4 or every IPv6 address on a TCP port.

    Several ranges that together cover all addresses count. A prefix list may hold anything, so a rule with one leaves the answer open
    unless another rule is open; so does a group that the region does not list. Without a port (a store that is being made),
    an open rule on any port leaves it open too.
    """
    if isinstance(groups_doc, Unknown):
        return groups_doc
    if not ids:
        return Unknown(UnknownReason.NOT_COLLECTED, GROUPS.via, "no security group is named")
    groups = {str(group["GroupId"]): group for group in (groups_doc.value or {}).get("SecurityGroups") or ()}
    rules = [rule for each in sorted(ids) for rule in groups.get(each, {}).get("IpPermissions") or () if _on(rule, port)]
    if _covers_all(rules):
        if port is None:
            return Unknown(UnknownReason.NOT_COLLECTED, GROUPS.via, "the port is not known yet")
        return Known(True, GROUPS.via)
    if lost := sorted(set(ids) - set(groups)):
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, GROUPS.via, f"security group {lost[0]} is not listed")
    if lists := [entry["PrefixListId"] for rule in rules for entry in rule.get("PrefixListIds") or ()]:
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, GROUPS.via, f"what prefix list {lists[0]} holds is not read")
    return Known(False, GROUPS.via)


def _on(rule: Doc, port: int | None) -> bool:
    protocol = str(rule.get("IpProtocol", ""))
    if protocol == _ANY_PROTOCOL or (port is None and protocol in _TCP):
        return True
    # EC2 API, IpPermission: no ports, or -1, mean all of them.
    low, high = int(rule.get("FromPort", -1)), int(rule.get("ToPort", -1))
    return protocol in _TCP and port is not None and (low == -1 or low <= port <= high)


def _covers_all(rules: Iterable[Doc]) -> bool:
    return covers_internet(
        text for rule in rules for text in (*_ranges(rule, "IpRanges", "CidrIp"), *_ranges(rule, "Ipv6Ranges", "CidrIpv6"))
    )


def _ranges(rule: Doc, name: str, key: str) -> Iterable[Any]:
    return (str(entry[key]) for entry in rule.get(name) or () if entry.get(key))
