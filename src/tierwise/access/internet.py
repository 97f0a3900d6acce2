"""Whether address ranges together are the whole internet; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses, ip_network, summarize_address_range
from typing import Final

_NOBODY: Final = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("224.0.0.0/3"),
)
"""Where nothing on the internet has its address (RFC 6890 and RFC 5771); left out of a range, they do not make it smaller."""
_EVERYBODY: Final = IPv6Network("2000::/3")
"""Where everything on the internet that speaks IPv6 has its address (RFC 4291, global unicast as it is assigned)."""


def covers_internet(ranges: Iterable[str]) -> bool:
    """Whether ranges in CIDR form cover every address of the internet, of IPv4 or of IPv6; ValueError where one is no range."""
    fours: list[IPv4Network] = []
    sixes: list[IPv6Network] = []
    for text in ranges:
        one = ip_network(text, strict=False)
        if isinstance(one, IPv4Network):
            fours.append(one)
        else:
            sixes.append(one)
    whole = any(four.prefixlen == 0 for four in collapse_addresses([*fours, *_NOBODY]))
    return whole or any(_EVERYBODY.subnet_of(six) for six in collapse_addresses(sixes))


def parts_of(first: str, last: str) -> Iterator[str]:
    """The ranges in CIDR form that a span of IPv4 addresses is made of; ValueError where it is none."""
    yield from map(str, summarize_address_range(IPv4Address(first), IPv4Address(last)))
