"""What IAM deny policies take away from everybody, whatever is granted. Pure: rules in, answers out.

IAM documentation, "Deny policies": a deny rule outweighs every grant; it holds for the principals that it names but for its exceptions, and where its
condition, which can ask for tags alone, is met. `principalSet://goog/public:all` is everybody, and is never an exception (IAM API v2, `DenyRule`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from tierwise.access.google_permissions import READS, WRITES
from tierwise.access.google_tags import holds
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

EVERYBODY: Final = "principalSet://goog/public:all"


def left(
    rules: Iterable[Mapping[str, Any]],
    service: str,
    via: Provenance,
    levels: Iterable[Maybe[Mapping[str, str]]] | None = None,
    unread: Unknown | None = None,
) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether a grant to everybody still lets them read the data of a service, and change it.

    `levels` are the tags of what it is of (`google_tags.holds`), `unread` is why there may be further rules.
    """
    tags = (Unknown(UnknownReason.NOT_COLLECTED, via),) if levels is None else tuple(levels)
    every = [(one, _met(one, tags, via)) for one in rules if EVERYBODY in _words(one, "deniedPrincipals")]
    return _still(every, READS[service], via, unread), _still(every, WRITES[service], via, unread)


def _met(rule: Mapping[str, Any], tags: Iterable[Maybe[Mapping[str, str]]], via: Provenance) -> Maybe[bool]:
    if not (condition := rule.get("denialCondition")):
        return Known(True, via)
    found = holds(condition, tags, via)
    return Unknown(UnknownReason.NOT_SUPPORTED, via, "its condition is not worked out") if found is None else found


def _still(
    rules: list[tuple[Mapping[str, Any], Maybe[bool]]], permissions: frozenset[str], via: Provenance, unread: Unknown | None
) -> Maybe[bool]:
    certain = frozenset(one for one in permissions for rule, met in rules if isinstance(met, Known) and met.value and _denies(rule, one))
    if certain == permissions:
        return Known(False, via)
    if unread is not None:
        return unread
    if certain:
        return Unknown(
            UnknownReason.NOT_SUPPORTED, via, "a deny policy takes a part of the permissions away; what is left is not worked out"
        )
    perhaps = next((met for rule, met in rules if isinstance(met, Unknown) and any(_denies(rule, one) for one in permissions)), None)
    if perhaps is not None:
        return Unknown(perhaps.reason, perhaps.via, f"whether a deny policy takes it away again: {perhaps.detail or perhaps.reason}")
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
