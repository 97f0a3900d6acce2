"""What IAM deny policies take away from everybody, whatever is granted. Pure: rules in, answers out.

IAM documentation, "Deny policies": a deny rule outweighs every grant; it holds for the principals that it names but for its exceptions, and where its
condition, which can ask for tags alone, is met. `principalSet://goog/public:all` is everybody, and is never an exception (IAM API v2, `DenyRule`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from tierwise.access.google_permissions import READS, WRITES
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

EVERYBODY: Final = "principalSet://goog/public:all"


def left(rules: Iterable[Mapping[str, Any]], service: str, via: Provenance) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether a grant to everybody still lets them read the data of a service, and change it."""
    every = [one for one in rules if EVERYBODY in _words(one, "deniedPrincipals")]
    return _still(every, READS[service], via), _still(every, WRITES[service], via)


def _still(rules: list[Mapping[str, Any]], permissions: frozenset[str], via: Provenance) -> Maybe[bool]:
    certain = frozenset(one for one in permissions for rule in rules if not rule.get("denialCondition") and _denies(rule, one))
    if certain == permissions:
        return Known(False, via)
    if certain:
        return Unknown(
            UnknownReason.NOT_SUPPORTED, via, "a deny policy takes a part of the permissions away; what is left is not worked out"
        )
    if any(_denies(rule, one) for one in permissions for rule in rules):
        return Unknown(UnknownReason.NOT_SUPPORTED, via, "a deny policy holds under a condition on tags only")
    return Known(True, via)


def _denies(rule: Mapping[str, Any], permission: str) -> bool:
    service, _, rest = permission.partition(".")
    name = f"{service}.googleapis.com/{rest}"
    return _has(rule, "deniedPermissions", name) and not _has(rule, "exceptionPermissions", name)


def _has(rule: Mapping[str, Any], field: str, name: str) -> bool:
    """Permissions are named one by one or as groups: `storage.googleapis.com/objects.*`, `storage.googleapis.com/*.*`."""
    return any(fnmatchcase(name, one) for one in _words(rule, field))


def _words(rule: Mapping[str, Any], field: str) -> tuple[str, ...]:
    found = rule.get(field)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()
