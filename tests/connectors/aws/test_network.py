from __future__ import annotations

from typing import Any

import pytest

from tierwise.connectors.aws.network import GROUPS, open_to_world
from tierwise.model.fact import Known, Unknown, UnknownReason

TCP = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
WORLD = [{"CidrIp": "0.0.0.0/0"}]


def _open(*rules: dict[str, Any], ids: tuple[str, ...] = ("sg-1",), port: int | None = 5432) -> Known[bool] | Unknown:
    doc = Known({"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": list(rules)}]}, GROUPS.via)
    return open_to_world(doc, ids, port)


@pytest.mark.parametrize(
    "rule",
    [
        {**TCP, "IpRanges": WORLD},
        {**TCP, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        {**TCP, "IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]},
        {"IpProtocol": "-1", "IpRanges": WORLD},
        {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": WORLD},
        {"IpProtocol": "6", "FromPort": -1, "ToPort": -1, "IpRanges": WORLD},
    ],
)
def test_a_rule_that_admits_every_address_on_the_port_is_open(rule):
    assert _open(rule) == Known(True, GROUPS.via)


@pytest.mark.parametrize(
    "rule",
    [
        {**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {**TCP, "IpRanges": [{"CidrIp": "0.0.0.0/1"}]},
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": WORLD},
        {"IpProtocol": "udp", "FromPort": 5432, "ToPort": 5432, "IpRanges": WORLD},
        {**TCP, "UserIdGroupPairs": [{"GroupId": "sg-2"}]},
    ],
)
def test_a_rule_that_does_not_is_closed(rule):
    assert _open(rule) == Known(False, GROUPS.via)


def test_two_groups_that_together_cover_every_address_are_open():
    halves = [{**TCP, "IpRanges": [{"CidrIp": cidr}]} for cidr in ("0.0.0.0/1", "128.0.0.0/1")]
    groups = [{"GroupId": f"sg-{number}", "IpPermissions": [rule]} for number, rule in enumerate(halves)]
    assert open_to_world(Known({"SecurityGroups": groups}), ("sg-0", "sg-1"), 5432) == Known(True, GROUPS.via)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (_open({**TCP, "PrefixListIds": [{"PrefixListId": "pl-1"}]}), UnknownReason.UNRESOLVED_REFERENCE),
        (_open(ids=("sg-1", "sg-gone")), UnknownReason.UNRESOLVED_REFERENCE),
        (_open(ids=()), UnknownReason.NOT_COLLECTED),
        (_open({**TCP, "IpRanges": WORLD}, port=None), UnknownReason.NOT_COLLECTED),
    ],
)
def test_what_cannot_be_told_is_unknown(found, reason):
    assert isinstance(found, Unknown)
    assert found.reason is reason


def test_an_open_rule_settles_it_whatever_else_is_unknown():
    rules = ({**TCP, "PrefixListIds": [{"PrefixListId": "pl-1"}]}, {**TCP, "IpRanges": WORLD})
    assert _open(*rules, ids=("sg-1", "sg-gone")) == Known(True, GROUPS.via)


def test_denied_groups_are_unknown():
    denied = Unknown(UnknownReason.PERMISSION_DENIED, GROUPS.via)
    assert open_to_world(denied, ("sg-1",), 5432) is denied
