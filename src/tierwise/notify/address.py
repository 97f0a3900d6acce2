"""Where a webhook may lie: which URLs are taken, and which addresses may be connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from tierwise.errors import NotifyError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Resolve: TypeAlias = Callable[[str, int], Sequence[str]]

_NEVER: Final = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8",
        "::/128",
        "169.254.0.0/16",  # link-local, with the metadata services of AWS, Azure, Google Cloud and others (RFC 3927)
        "fe80::/10",
        "fd00:ec2::/32",  # the metadata service of EC2 over IPv6
        "fd20:ce::/32",  # that of Google Compute Engine
        "fd00:42::42/128",  # that of Scaleway
        "168.63.129.16/32",  # Azure's own services for a virtual machine, at an address that looks public
        "100.100.100.200/32",  # the metadata service of Alibaba Cloud
        "192.0.0.192/32",  # the metadata service of Oracle Cloud
        "224.0.0.0/4",
        "ff00::/8",
    )
)
"""Addresses that no settings let a notice go to."""
_INTERNET: Final = ip_network("2000::/3")
"""All of IPv6 that is given out for the internet (IANA, Internet Protocol Version 6 Address Space); site-local addresses and local translators lie elsewhere."""
_RESERVED: Final = tuple(ip_network(one) for one in ("192.0.0.0/24", "3fff::/20"))
"""Set apart by IANA's special-purpose registries, and not by every version of Python: protocol assignments and documentation."""
_EMBED: Final = ip_network("64:ff9b::/96")
"""IPv4 addresses as a translator shows them (RFC 6052)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A webhook's URL, taken apart; never shown, since its path is its secret."""

    host: str
    port: int
    path: str
    """With its query."""


def place_of(url: str) -> Place:
    """The place of a webhook; NotifyError, which does not repeat it, for what is none that may be sent to."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or 443
    except ValueError:
        raise NotifyError("the webhook's URL cannot be read") from None
    if parts.scheme != "https":
        raise NotifyError("a webhook's URL begins with https://; what is sent in the clear can be read and changed on its way")
    if parts.username is not None or parts.password is not None:
        raise NotifyError("a webhook's URL has no user or password before its host")
    if not parts.hostname or not url.isascii() or any(char <= " " or char == "\\" for char in url.strip()):
        raise NotifyError("the webhook's URL names no host, or has signs in it that no URL has")
    return Place(parts.hostname, port, f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")


def resolved(place: Place, allowed: Sequence[Network], resolve: Resolve | None = None) -> str:
    """The one address to connect to; NotifyError where the host has none, or any that may not be connected to.

    It is looked up once and connected to as it is, so that a second answer cannot lead elsewhere.
    """
    try:
        found = (resolve or _look_up)(place.host, place.port)
    except (OSError, UnicodeError):
        raise NotifyError("the webhook's host cannot be found") from None
    if not found:
        raise NotifyError("the webhook's host has no address")
    if not all(permitted(ip_address(one), allowed) for one in found):
        raise NotifyError(
            "the webhook's host lies in a private, local or reserved network"
            "\nif it is your own receiver, say so: allow-networks in tierwise.toml"
        )
    return found[0]


def permitted(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address is on the internet, or in a network that the settings allow and that is none of those that nothing is sent to."""
    inner = _inner(address)
    if any(inner in one for one in _NEVER if one.version == inner.version):
        return False
    if any(inner in one for one in allowed if one.version == inner.version):
        return True
    if any(inner in one for one in _RESERVED if one.version == inner.version) or (inner.version == 6 and inner not in _INTERNET):
        return False
    return inner.is_global and not inner.is_multicast


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address.teredo is not None:
            return address.teredo[1]
        # ::a.b.c.d stood for an IPv4 address once (RFC 4291, 2.5.5.1).
        if address in _EMBED or 1 < int(address) < 1 << 32:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _look_up(host: str, port: int) -> Sequence[str]:
    return [str(one[4][0]).partition("%")[0] for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
