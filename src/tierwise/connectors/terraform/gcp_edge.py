"""What the VPC Service Controls perimeters of a plan keep in and keep out of the project of a store.

A plan seldom has all that is above it, so that only a perimeter which stands in it and closes the service settles anything: that none does is never
known. What is set of a perimeter in resources of their own counts as part of it; one that cannot be told leaves all of them open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tierwise.connectors import gcp_perimeter
from tierwise.connectors.declared import Doc
from tierwise.connectors.gcp_perimeter import Edge
from tierwise.connectors.terraform.gcp_project import PROJECT, project_mark
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.kleene import either

_MANAGER: Final = "google_access_context_manager"
PERIMETER, LEVEL = f"{_MANAGER}_service_perimeter", f"{_MANAGER}_access_level"
_SEVERAL: Final = {f"{PERIMETER}s": "service_perimeters", f"{LEVEL}s": "access_levels"}
"""Types that have all perimeters, or levels, of a policy in blocks."""
_MEMBER, _CONDITION = f"{PERIMETER}_resource", f"{LEVEL}_condition"
_RULES: Final = {f"{PERIMETER}_ingress_policy": "ingressPolicies", f"{PERIMETER}_egress_policy": "egressPolicies"}
_PARTS: Final = {_MEMBER: "perimeter_name", **dict.fromkeys(_RULES, "perimeter")}
"""Types that set a part of a perimeter, and the argument that names it."""
READS: Final = frozenset({PERIMETER, LEVEL, *_SEVERAL, *_PARTS, _CONDITION, "data.google_project"})
_PROJECTS: Final = frozenset({PROJECT, "data.google_project"})
_ONE: Final = frozenset({"ingress_from", "ingress_to", "egress_from", "egress_to", "device_policy"})
"""Blocks of which there is one at most, which the API has as an object."""
_ABOVE: Final = "whether another VPC Service Controls perimeter is around the project is not in this plan"


@dataclass(frozen=True, slots=True)
class _Perimeter:
    """One perimeter: the resource, the block that describes it, and the names by which its parts know it."""

    planned: Planned
    node: Node
    path: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Its full name, empty where that is not known."""
        found = self.node.text("name")
        return found.value or "" if isinstance(found, Known) else ""


def edge(plan: Plan, planned: Planned, service: str) -> Edge:
    """The edge of a service (`storage.googleapis.com`) in the project of a resource."""
    every = plan.once(_perimeters)
    levels = gcp_perimeter.levels_of(Known(plan.once(_levels), planned.root.via))
    mark = project_mark(plan, planned)
    found = [_edge(plan, one, mark, service, levels) for one in every]
    still = Unknown(UnknownReason.NOT_COLLECTED, planned.root.via, _ABOVE)
    return Edge(either(*(one.inward for one in found), still), either(*(one.outward for one in found), still))


def _perimeters(plan: Plan) -> tuple[_Perimeter, ...]:
    return tuple(_Perimeter(one, node, path) for one, node, path in _each(plan, PERIMETER, f"{PERIMETER}s"))


def _each(plan: Plan, alone: str, several: str) -> Iterator[tuple[Planned, Node, tuple[Step, ...]]]:
    for one in plan.by_type.get(alone, ()):
        if not one.is_gone:
            yield one, one.root, ()
    for one in plan.by_type.get(several, ()):
        blocks = one.root.blocks(_SEVERAL[several])
        for number, node in enumerate(blocks.value if isinstance(blocks, Known) and not one.is_gone else ()):
            yield one, node, (_SEVERAL[several], number)


def _edge(plan: Plan, one: _Perimeter, mark: str, service: str, levels: gcp_perimeter.Levels) -> Edge:
    status = _status(plan, one, mark)
    if isinstance(status, Unknown):
        return gcp_perimeter.unread(status)
    kind = one.node.text("perimeter_type")
    if isinstance(kind, Unknown) and not one.node.is_computed("perimeter_type"):
        return gcp_perimeter.unread(kind)
    spelt = (kind.value if isinstance(kind, Known) else None) or "PERIMETER_TYPE_REGULAR"
    document: Doc = {"perimeterType": spelt, "status": status.value}
    nodes = (mark, *(f"projects/{number}" for number in _numbers(plan, mark)))
    return gcp_perimeter.edge_of(service, nodes, Known([document], one.node.via), levels)


def _status(plan: Plan, one: _Perimeter, mark: str) -> Maybe[Doc]:
    """What is enforced, in the words of the API; of its projects, only whether the one that is asked about is among them."""
    blocks = one.node.block("status")
    if isinstance(blocks, Unknown):
        return blocks
    parts = [part for kind in _PARTS for part in plan.by_type.get(kind, ()) if not part.is_gone and _is_of(plan, part, one) is not False]
    lost = next((part for part in parts if _is_of(plan, part, one) is None), None)
    if lost is not None:
        return Unknown(UnknownReason.UNRESOLVED_REFERENCE, lost.root.via, f"{lost.address} may be a part of it")
    status: dict[str, Any] = {}
    inside: list[Maybe[bool]] = []
    if blocks.value is not None:
        inside.append(_names_project(plan, one.planned, blocks.value, (*one.path, "status", 0, "resources"), mark))
        for name in ("restricted_services", "access_levels", "ingress_policies", "egress_policies"):
            found = blocks.value.get(name)
            if isinstance(found, Unknown):
                return found
            status[_camel(name)] = _api(found.value or [])
    for part in parts:
        if part.type == _MEMBER:
            inside.append(_names_project(plan, part, part.root, ("resource",), mark))
            continue
        rule = {name: part.root.get(name) for name in ("ingress_from", "ingress_to", "egress_from", "egress_to") if part.root.has(name)}
        still = next((found for found in rule.values() if isinstance(found, Unknown)), None)
        if still is not None:
            return still
        known = {name: found.value for name, found in rule.items() if isinstance(found, Known)}
        status.setdefault(_RULES[part.type], []).append(_api(known))
    if not any(_numbers(plan, mark)):
        # A way in to some projects may be one to this.
        status["ingressPolicies"] = [_to_all(rule) for rule in status.get("ingressPolicies", ())]
    around = either(*inside, Known(False, one.node.via))
    return around if isinstance(around, Unknown) else Known({**status, "resources": [mark] if around.value else []}, one.node.via)


def _to_all(rule: Mapping[str, Any]) -> Doc:
    into = rule.get("ingressTo")
    return {**rule, "ingressTo": {**(into if isinstance(into, Mapping) else {}), "resources": ["*"]}}


def _is_of(plan: Plan, part: Planned, one: _Perimeter) -> bool | None:
    """Whether a part names this perimeter; None where the plan does not say."""
    argument = _PARTS[part.type]
    named = part.root.text(argument)
    if isinstance(named, Known) and named.value and one.name:
        return named.value == one.name
    way = plan.resolve(part, part.root, (argument,), {PERIMETER, f"{PERIMETER}s"})
    if isinstance(way, Resolved):
        return way.address == one.planned.address if one.planned.type == PERIMETER else None
    return None


def _names_project(plan: Plan, holder: Planned, node: Node, path: Sequence[Step], mark: str) -> Maybe[bool]:
    """Whether `projects/NUMBER`, or a list of them, has the project of a mark: by its number where that is known, else by reference."""
    listed = node.texts(str(path[-1]))
    numbers = {f"projects/{number}" for number in _numbers(plan, mark)}
    if isinstance(listed, Known) and numbers.intersection(listed.value.known):
        return Known(True, listed.via)
    way = plan.resolve(holder, holder.root, path, _PROJECTS)
    ends = (way.address,) if isinstance(way, Resolved) else way.candidates if isinstance(way, Unresolved) and way.complete else ()
    if any(project_mark(plan, plan.by_address[end]) == mark for end in ends if end in plan.by_address):
        return Known(True, node.at(str(path[-1])))
    open_ = listed if isinstance(listed, Unknown) else listed.value.open
    if open_ is not None:
        return open_
    if numbers and isinstance(listed, Known):
        return Known(False, listed.via)
    return Unknown(
        UnknownReason.UNRESOLVED_REFERENCE,
        node.via,
        "perimeters name projects by number, and this plan does not tell the one of its project",
    )


def _numbers(plan: Plan, mark: str) -> Iterator[str]:
    """The number of a project, where the plan has it."""
    for kind in _PROJECTS:
        for one in plan.by_type.get(kind, ()):
            number = one.root.text("number")
            if isinstance(number, Known) and number.value and not one.is_gone and project_mark(plan, one) == mark:
                yield number.value
    if mark.isdecimal():
        yield mark


def _levels(plan: Plan) -> list[Doc]:
    """The access levels of the plan that are known whole; one of which a part is not known may let anything in, and is left out."""
    widened = [one for one in plan.by_type.get(_CONDITION, ()) if not one.is_gone]
    found: list[Doc] = []
    for _, node, _ in _each(plan, LEVEL, f"{LEVEL}s"):
        name, basic, custom = node.text("name"), node.get("basic"), node.get("custom")
        if isinstance(name, Known) and isinstance(basic, Known) and isinstance(custom, Known) and not widened:
            level: dict[str, Any] = {"name": name.value or "", "custom": custom.value or None}
            blocks = basic.value if isinstance(basic.value, list) else [basic.value]
            first = next((one for one in blocks if isinstance(one, Mapping)), None)
            found.append(level | ({"basic": _api(first)} if first is not None else {}))
    return found


def _api(value: Any, name: str = "") -> Any:
    """Values of the provider in the shape of the API, which they follow name by name (Access Context Manager API v1); what is not set is left out."""
    if isinstance(value, Mapping):
        return {_camel(key): _api(each, key) for key, each in value.items() if each not in (None, "")}
    if not isinstance(value, list):
        return value
    every = [_api(one) for one in value]
    return (every[0] if every else {}) if name in _ONE else every


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
