"""Addresses of people on a network; machines have them too, so the name must say whose."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

from tierwise.classify.detector import Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category


def judge(text: str) -> Match:
    """A routable address; those of documentation are synthetic, private ones are nobody's."""
    try:
        address = ip_address(text)
    except ValueError:
        return Match.NO
    if any(address in network for network in _DOCUMENTATION if network.version == address.version):
        return Match.SYNTHETIC
    return Match.REAL if address.is_global else Match.NO


_DOCUMENTATION: Final = tuple(ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
"""RFC 5737 and RFC 3849."""

DETECTOR: Final = Detector(
    id="ip_address",
    title="network address of a person",
    category=DataCategory(Category.C1),
    columns=(
        "client ip",
        "user ip",
        "visitor ip",
        "customer ip",
        "remote ip",
        "remote addr",
        "source ip",
        "login ip",
        "last ip",
        "client ip address",
        "user ip address",
    ),
    weak=True,
    values=Values(
        shape=r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]{2,34}",
        judge=judge,
        strength=Strength.WEAK,
        chance=1.0,
        as_written=True,
        of_things=True,
        positives=("81.2.69.142", "2a00:1450:4009::1"),
        synthetic=("203.0.113.7", "2001:db8::1"),
        negatives=("10.0.0.1", "192.168.1.1", "999.1.1.1", "127.0.0.1"),
    ),
    column_positives=("client_ip:inet", "last_login_ip", "remote_addr"),
    column_negatives=("ip_address", "server_ip", "zip", "client_ip_count:int"),
)
