"""What VPC Service Controls perimeters keep in and keep out. Pure; for plans and live projects.

Documents have the shape of the Access Context Manager API (v1, `ServicePerimeter`, `AccessLevel`). Only what is enforced counts: the `status` of a
regular perimeter. Its dry-run `spec` refuses nothing, and a bridge only joins perimeters that others draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tierwise.connectors import fields, gcp_terms
from tierwise.connectors.declared import Doc
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import all_of, either, negated

_NONE: Final = "Access Context Manager API v1, ServicePerimeterConfig: none where it was never set"
_ANY: Final = "*"
_EVERYBODY: Final = frozenset({"ANY_IDENTITY", "ANY_USER_ACCOUNT", "ANY_SERVICE_ACCOUNT"})
_NARROWING: Final = ("devicePolicy", "members", "regions", "vpcNetworkSources")
"""What a condition asks for beside addresses (Access Context Manager API v1, `Condition`)."""
NOWHERE: Final[Known[list[Doc]]] = Known([], Provenance("constant: Access Context Manager: perimeters belong to an organisation"))
"""The perimeters of a project that is in no organisation."""
Levels = Callable[[str], Maybe[bool]]
"""Whether an access level, by its full name, lets requests from any address in."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What the perimeters around a project make of one service."""

    inward: Maybe[bool]
    """Whether requests from outside are refused, but for those from networks, or of identities, that an exception names."""
    outward: Maybe[bool]
    """Whether data can be carried out of it to places alone that an exception names."""

    @property
    def closed(self) -> Maybe[bool]:
        """Both."""
        return all_of(self.inward, self.outward)


def unread(why: Unknown) -> Edge:
    """The edge where perimeters could not be read."""
    return Edge(why, why)


def edge_of(service: str, nodes: Iterable[str], perimeters: Maybe[list[Doc]], levels: Levels) -> Edge:
    """The edge of a service (`storage.googleapis.com`) in a project; `nodes` are `projects/NUMBER` and the folders that it is in."""
    if isinstance(perimeters, Unknown):
        return unread(perimeters)
    inside = frozenset(nodes)
    found = [_edge(service, inside, fields.inner(perimeters, one), levels) for one in perimeters.value]
    outside = Known(False, perimeters.via)
    return Edge(either(*(one.inward for one in found), outside), either(*(one.outward for one in found), outside))


def _edge(service: str, nodes: frozenset[str], perimeter: Known[Doc], levels: Levels) -> Edge:
    kind = fields.word(perimeter, "perimeterType", absent="PERIMETER_TYPE_REGULAR", because=_NONE)
    status = fields.value(perimeter, "status", absent={}, because=_NONE)
    regular = gcp_terms.is_word(kind, "PERIMETER_TYPE_REGULAR")
    around = all_of(regular, _names(status, "resources", nodes), _names(status, "restrictedServices", frozenset({service})))
    return Edge(
        all_of(around, *(negated(one) for one in _ways_in(service, nodes, status, levels))),
        all_of(around, *(negated(one) for one in _ways_out(service, status))),
    )


def _ways_in(service: str, nodes: frozenset[str], status: Maybe[Doc], levels: Levels) -> Iterator[Maybe[bool]]:
    """Whether anybody comes in from any address: by an access level of the perimeter, by a rule."""
    named = fields.words(status, "accessLevels", because=_NONE)
    yield from (named,) if isinstance(named, Unknown) else (levels(one) for one in named.value)
    rules = fields.items(status, "ingressPolicies", because=_NONE)
    if isinstance(rules, Unknown):
        yield rules
        return
    for one in rules.value:
        rule = fields.inner(rules, one)
        sources = fields.items(rule, "ingressFrom", "sources", because=_NONE)
        # A rule names networks, projects and endpoints too: those are places of the owner's choosing.
        wide = sources if isinstance(sources, Unknown) else either(*(_source(each, levels) for each in sources.value), Known(False, sources.via))  # fmt: skip
        here = _names(fields.value(rule, "ingressTo", absent={}, because=_NONE), "resources", nodes | {_ANY})
        yield all_of(_everybody(rule, "ingressFrom"), wide, here, _does(service, rule, "ingressTo"))


def _source(source: Mapping[str, object], levels: Levels) -> Maybe[bool]:
    named = str(source.get("accessLevel") or "")
    return Known(named == _ANY) if named in ("", _ANY) else levels(named)


def _ways_out(service: str, status: Maybe[Doc]) -> Iterator[Maybe[bool]]:
    """Whether anybody carries data to any project."""
    rules = fields.items(status, "egressPolicies", because=_NONE)
    if isinstance(rules, Unknown):
        yield rules
        return
    for one in rules.value:
        rule = fields.inner(rules, one)
        target = _names(fields.value(rule, "egressTo", absent={}, because=_NONE), "resources", frozenset({_ANY}))
        yield all_of(_everybody(rule, "egressFrom"), target, _does(service, rule, "egressTo"))


def _everybody(rule: Known[Doc], side: str) -> Maybe[bool]:
    """Whether a rule is for all identities of some kind and not for those that it names."""
    return gcp_terms.is_word(fields.word(rule, side, "identityType", absent="", because=_NONE), *_EVERYBODY)


def _does(service: str, rule: Known[Doc], side: str) -> Maybe[bool]:
    """Whether a rule lets all methods of a service through; some of them may be those that move data."""
    part = Unknown(
        UnknownReason.NOT_SUPPORTED, rule.via, f"which of its data a rule for some methods of {service} lets through is not worked out"
    )
    operations = fields.items(rule, side, "operations", because=_NONE)
    roles = fields.words(rule, side, "roles", because=_NONE)
    if isinstance(operations, Unknown):
        return operations
    if isinstance(roles, Unknown):
        return roles
    found: list[Maybe[bool]] = [part] if roles.value else []
    for one in operations.value:
        if one.get("serviceName") in (_ANY, service):
            selectors = one.get("methodSelectors")
            every = one.get("serviceName") == _ANY or any(
                isinstance(each, Mapping) and each.get("method") == _ANY for each in (selectors if isinstance(selectors, list) else ())
            )
            found.append(Known(True, rule.via) if every else part)
    return either(*found, Known(False, rule.via))


def _names(doc: Maybe[Doc], name: str, wanted: frozenset[str]) -> Maybe[bool]:
    """Whether a list has one of some words."""
    found = fields.words(doc, name, because=_NONE)
    return found if isinstance(found, Unknown) else Known(bool(wanted.intersection(found.value)), doc.via)


def named_levels(perimeters: Maybe[list[Doc]]) -> bool:
    """Whether what is enforced refers to an access level, so that these have to be read."""
    for one in perimeters.value if isinstance(perimeters, Known) else ():
        status = fields.value(fields.inner(perimeters, one), "status", absent={}, because=_NONE)
        named = fields.words(status, "accessLevels", because=_NONE)
        rules = fields.items(status, "ingressPolicies", because=_NONE)
        if isinstance(named, Unknown) or named.value or isinstance(rules, Unknown):
            return True
        for rule in rules.value:
            sources = fields.items(fields.inner(rules, rule), "ingressFrom", "sources", because=_NONE)
            if isinstance(sources, Unknown) or any(str(each.get("accessLevel") or _ANY) != _ANY for each in sources.value):
                return True
    return False


def levels_of(listed: Maybe[list[Doc]]) -> Levels:
    """What access levels let in, by their documents; one that is not among them may let anything in."""
    every = {str(one.get("name") or ""): one for one in listed.value} if isinstance(listed, Known) else {}

    def wide(name: str, above: frozenset[str] = frozenset()) -> Maybe[bool]:
        if isinstance(listed, Unknown):
            return listed
        if name not in every or name in above:
            return Unknown(UnknownReason.NOT_COLLECTED, listed.via, "an access level is not in its policy")
        return _is_wide(fields.inner(listed, every[name]), lambda one: wide(one, above | {name}))

    return wide


def _is_wide(level: Known[Doc], levels: Levels) -> Maybe[bool]:
    if level.value.get("custom"):
        return Unknown(UnknownReason.NOT_SUPPORTED, level.via, "an access level is an expression, which is not worked out")
    conditions = fields.items(level, "basic", "conditions")
    if isinstance(conditions, Unknown):
        return conditions
    met = [_condition(fields.inner(conditions, one), levels) for one in conditions.value]
    one_of = gcp_terms.is_word(fields.word(level, "basic", "combiningFunction", absent="AND", because=_NONE), "OR")
    if isinstance(one_of, Unknown):
        return one_of
    return (either if one_of.value else all_of)(*met) if met else Known(False, level.via)


def _condition(condition: Known[Doc], levels: Levels) -> Maybe[bool]:
    """Whether a condition is met by a request from any address."""
    if condition.value.get("negate"):
        return Unknown(UnknownReason.NOT_SUPPORTED, condition.via, "a negated condition is not worked out")
    ranges, needed = fields.words(condition, "ipSubnetworks", because=_NONE), fields.words(condition, "requiredAccessLevels", because=_NONE)
    if isinstance(ranges, Unknown):
        return ranges
    if isinstance(needed, Unknown):
        return needed
    if any(condition.value.get(name) for name in _NARROWING):
        return Known(False, condition.via)
    anywhere = gcp_terms.covers(ranges.value, condition.via) if ranges.value else Known(True, condition.via)
    return all_of(anywhere, *(levels(one) for one in needed.value))
