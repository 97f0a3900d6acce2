"""Which facts a derived fact is made from, so that collection reads them when a control asks for the derived one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from tierwise.model.resource import Rel

_AUDIENCE: Final = ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated", "access.external_principals")
_NETWORK: Final = ("network.public_endpoint", "network.ingress_any", "network.private_endpoint")
_KEY: Final = ("encryption.at_rest", "encryption.key_custody")
COMPARED: Final = (
    "encryption.at_rest",
    "encryption.key_custody",
    "encryption.key_protection",
    "transport.tls_required",
    "access.audience",
    "access.network",
    "logging.data_read",
    "immutability.mode",
)
"""The protection facts in which a copy is held against its source."""

OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "access.audience": _AUDIENCE,
    "access.outside_organisation": ("access.external_principals",),
    "access.external_undeclared": ("access.external_principals",),
    "access.network": _NETWORK,
    "copy.downgrades": COMPARED,
    "encryption.key_protection": _KEY,
    "encryption.key_isolated": _KEY,
    "encryption.key_dedicated": _KEY,
    "retention.copies_max_days": ("retention.backup_days",),
    "recovery.backup_isolation": ("encryption.key_custody", "retention.backup_days"),
    "scale.subjects_consistent": ("volume.items", "volume.bytes"),
}
"""Facts of the resource itself, by derived fact; one level of derivation at a time."""

ELSEWHERE: Final[Mapping[str, tuple[tuple[Rel, bool, str], ...]]] = {
    "encryption.key_protection": ((Rel.USES_KEY, True, "key.protection_level"),),
    "encryption.key_dedicated": ((Rel.USES_KEY, True, "access.external_principals"),),
    "logging.data_read": ((Rel.RECORDS, False, "logging.control_plane"), (Rel.RECORDS, False, "logging.all_regions")),
    "logging.data_write": ((Rel.RECORDS, False, "logging.control_plane"), (Rel.RECORDS, False, "logging.all_regions")),
    "retention.copies_max_days": ((Rel.COPY_OF, False, "immutability.min_days"), (Rel.BACKUP_OF, False, "immutability.min_days")),
    "logging.destination_immutable": ((Rel.LOGS_TO, True, "immutability.mode"),),
    "copy.downgrades": tuple(
        (rel, outgoing, name)
        for rel, outgoing in ((Rel.COPY_OF, True), (Rel.BACKUP_OF, True), (Rel.REPLICATES_TO, False), (Rel.EXPORTS_TO, False))
        for name in COMPARED
    ),
}
"""Facts of the resource at the other end of a link: (relation, whether the link stands on the asking resource, fact)."""


OF_COPIES: Final = frozenset({"copy.downgrades"})
"""Facts that only a copy has: nothing is read for them elsewhere."""
_COPY_LINKS: Final = frozenset({Rel.COPY_OF, Rel.BACKUP_OF})
_TARGET_LINKS: Final = frozenset({Rel.REPLICATES_TO, Rel.EXPORTS_TO})


def is_copy(outgoing: Iterable[Rel], incoming: Iterable[Rel]) -> bool:
    """Whether a resource with these links holds a copy of another's data."""
    return bool(_COPY_LINKS.intersection(outgoing) or _TARGET_LINKS.intersection(incoming))


@lru_cache(maxsize=1024)
def own_needs(names: frozenset[str]) -> frozenset[str]:
    """The names with everything that they are made from on the same resource."""
    found = set(names)
    waiting = list(names)
    while waiting:
        for name in OWN.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)


@lru_cache(maxsize=1024)
def other_needs(names: frozenset[str]) -> tuple[tuple[Rel, bool, str], ...]:
    """What the named facts need of other resources."""
    return tuple(need for name in names for need in ELSEWHERE.get(name, ()))
