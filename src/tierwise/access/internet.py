"""Whether address ranges together are the whole internet; pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network


def covers_internet(ranges: Iterable[str]) -> bool:
    """Whether ranges in CIDR form cover every IPv4 or every IPv6 address; ValueError where one is no range."""
    fours: list[IPv4Network] = []
    sixes: list[IPv6Network] = []
    for text in ranges:
        one = ip_network(text, strict=False)
        if isinstance(one, IPv4Network):
            fours.append(one)
        else:
            sixes.append(one)
    return any(four.prefixlen == 0 for four in collapse_addresses(fours)) or any(six.prefixlen == 0 for six in collapse_addresses(sixes))
