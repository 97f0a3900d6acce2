"""What the organisation policies of a project and of all above it enforce. Pure: documents of each level in, answers out.

A yes-or-no constraint is decided by the nearest level that has a policy for it; the values that a list constraint denies add up as long as
each policy takes over what is above it (Organization Policy documentation, "Understanding hierarchy evaluation"). A policy without rules, one
that resets its constraint, and no policy at all leave the constraint's own default (Organization Policy API, `constraintDefault`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierwise.connectors import gcp_terms
from tierwise.connectors.declared import Doc
from tierwise.connectors.gcp.above import DOMAINS, MEMBERS, PUBLIC_ACCESS, TLS, levels_of
from tierwise.model import kleene
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

_OFF_BY_DEFAULT: Final = frozenset({PUBLIC_ACCESS, MEMBERS})
"""Yes-or-no constraints whose default is off. Cloud Storage, "Organization policy constraints": public access prevention is not enforced unless a policy says so.
Resource Manager, "Restricting domains": sharing is restricted where a policy names whom it allows (newer organisations begin with such a policy)."""


@dataclass(frozen=True, slots=True)
class _Policy:
    level: int
    rules: tuple[Mapping[str, Any], ...]
    inherits: bool
    via: Provenance


def enforced(doc: Maybe[Doc | None], constraint: str) -> Maybe[bool]:
    """Whether a yes-or-no constraint is enforced."""
    found = _first(doc, constraint)
    return found if isinstance(found, Unknown) else Known(found.value >= 0, found.via)


def enforced_above(doc: Maybe[Doc | None], constraint: str) -> Maybe[bool]:
    """Whether it is enforced by a level above the project."""
    found = _first(doc, constraint)
    return found if isinstance(found, Unknown) else Known(found.value > 0, found.via)


def oldest_tls(doc: Maybe[Doc | None]) -> Maybe[str]:
    """The lowest TLS version that Google's APIs accept."""
    denied: set[str] = set()
    via = doc.via
    for policy in _policies(doc, TLS):
        if isinstance(policy, Unknown):
            return Unknown(
                policy.reason, policy.via, policy.detail, between=(gcp_terms.least_tls(Known(frozenset(denied), via)).value, "1.3")
            )
        via = policy.via
        for rule in policy.rules:
            if rule.get("condition"):
                return gcp_terms.tls_in_doubt(policy.via)
            values = rule.get("values")
            if rule.get("denyAll") or (isinstance(values, Mapping) and values.get("allowedValues")):
                return gcp_terms.tls_in_doubt(policy.via)
            listed = values.get("deniedValues") if isinstance(values, Mapping) else None
            denied.update(str(one) for one in listed or ())
        if not policy.inherits:
            break
    return gcp_terms.least_tls(Known(frozenset(denied), via))


def members_only(doc: Maybe[Doc | None]) -> Maybe[bool]:
    """Whether only listed organisations' members may be granted anything: domain restricted sharing."""
    return kleene.either(kleene.all_of(enforced(doc, MEMBERS), kleene.negated(_names_anybody(doc))), _restricted(doc, DOMAINS))


def _names_anybody(doc: Maybe[Doc | None]) -> Maybe[bool]:
    """Whether the members that the managed constraint lists are everybody."""
    for policy in _policies(doc, MEMBERS):
        if isinstance(policy, Unknown):
            return policy
        given = [rule["parameters"] for rule in policy.rules if isinstance(rule.get("parameters"), Mapping)]
        return Known(gcp_terms.allows_anybody(given), policy.via)
    return Known(False, doc.via)


def _restricted(doc: Maybe[Doc | None], constraint: str) -> Maybe[bool]:
    """Whether a list constraint lets some values alone through: the nearest policy that says something of values decides."""
    for policy in _policies(doc, constraint):
        if isinstance(policy, Unknown):
            return policy
        if any(rule.get("condition") for rule in policy.rules):
            return Unknown(UnknownReason.NOT_SUPPORTED, policy.via, "the policy holds under a condition only")
        said = [limits for rule in policy.rules if (limits := _limits(rule)) is not None]
        if said or not policy.inherits:
            return Known(bool(said) and all(said), policy.via)
    return Known(False, doc.via)


def _limits(rule: Mapping[str, Any]) -> bool | None:
    """Whether a rule lets some values through or none (True), or all of them (False); None where it says nothing of what is let through."""
    values = rule.get("values")
    if rule.get("allowAll") is True:
        return False
    return True if rule.get("denyAll") is True or (isinstance(values, Mapping) and values.get("allowedValues")) else None


def _first(doc: Maybe[Doc | None], constraint: str) -> Maybe[int]:
    """The level that enforces a constraint; -1 where the nearest policy does not, or none stands anywhere."""
    for policy in _policies(doc, constraint):
        if isinstance(policy, Unknown):
            return policy
        if any(rule.get("condition") for rule in policy.rules):
            return Unknown(UnknownReason.NOT_SUPPORTED, policy.via, "the policy holds under a condition only")
        if not policy.rules:
            return _default(constraint, policy.via)
        return Known(policy.level if any(rule.get("enforce") is True for rule in policy.rules) else -1, policy.via)
    return _default(constraint, doc.via)


def _default(constraint: str, via: Provenance) -> Maybe[int]:
    """What a yes-or-no constraint comes to without a policy: off where that is documented."""
    if constraint in _OFF_BY_DEFAULT:
        return Known(-1, via)
    return Unknown(UnknownReason.NOT_SUPPORTED, via, f"whether {constraint} is enforced by default is not known")


def _policies(doc: Maybe[Doc | None], constraint: str) -> Iterator[_Policy | Unknown]:
    """The policies for a constraint from the project upward; an Unknown where a level could not be read."""
    levels = levels_of(doc)
    if isinstance(levels, Unknown):
        yield levels
        return
    for number, (_node, told) in enumerate(levels.value):
        if isinstance(told, Unknown):
            yield told
            continue
        listed = (told.value or {}).get("policies")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, Mapping) and _constraint(one) == constraint:
                yield _policy(one, number, told.via)


def _constraint(policy: Mapping[str, Any]) -> str:
    """A policy is named after its constraint."""
    return str(policy.get("name") or "").rpartition("/")[2]


def _policy(policy: Mapping[str, Any], level: int, via: Provenance) -> _Policy:
    spec = policy.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    rules = spec.get("rules")
    listed = tuple(one for one in rules if isinstance(one, Mapping)) if isinstance(rules, list) else ()
    return _Policy(level, listed, bool(spec.get("inheritFromParent")), via)
