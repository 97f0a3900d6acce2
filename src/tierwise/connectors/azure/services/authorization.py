"""Role assignments, with what their role allows at their scope, and custom roles. Both are listed by Resource Graph, inherited ones with them.

A resource group or more is a wide scope. An assignment at a subscription or above reads every store of each subscription below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from tierwise.access.azure_roles import BUILT_IN, IDS, WIDE, Role, assignment_facts, definition_facts, role_of
from tierwise.connectors import fields
from tierwise.connectors.azure.ids import same
from tierwise.connectors.azure.outsiders import ASSIGNMENT, DEFINITION, NOT_SEEN, kept, permissions_of, role_number
from tierwise.connectors.azure.place import above, drafted
from tierwise.connectors.azure.read import Collector, Row
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.azure.calls import Caller

_SUBSCRIPTION: Final = re.compile(r"/subscriptions/[^/]+\Z")
_BELOW: Final = "below"


def survey_definition(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """A draft for each custom role; built-in ones are kept for the assignments that give them."""
    kept(caller, row)
    name = fields.value(Known(row), "properties", "roleName")
    kind = fields.value(Known(row), "properties", "type")
    if isinstance(kind, Known) and str(kind.value).lower() == "customrole":
        draft = drafted(caller.place, declared, {**row, "name": name.value if isinstance(name, Known) else row.get("name")}, Kind.POLICY)
        yield draft


def _permissions(definition: Maybe[Doc | None]) -> Maybe[Role]:
    found = permissions_of(definition)
    if isinstance(found, Unknown):
        return found
    lists = zip(*((one.actions, one.not_actions, one.data_actions, one.not_data_actions) for one in found.value), strict=True)
    return Known(role_of(*(chain.from_iterable(each) for each in lists)) if found.value else Role(), found.via)


def role_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """The privileges that a custom role holds."""
    sheet = FactSheet(definition_facts(_permissions(draft.doc(DEFINITION)), DEFINITION.via))
    sheet.not_applicable("privilege.inline_wildcard", "a role is not written into a principal", DEFINITION.via)
    return sheet.facts


def survey_assignment(caller: Caller, declared: Row, row: Doc) -> Iterator[Draft]:
    """A draft for each assignment, named after its role."""
    kept(caller, row)
    given = fields.value(Known(row), "properties", "roleDefinitionId")
    number = role_number(given.value) if isinstance(given, Known) else ""
    definition = caller.place.shared.rows.get(f"role:{number}")
    called = fields.value(Known(definition), "properties", "roleName")
    name = called.value if isinstance(called, Known) else IDS.get(number)
    draft = drafted(caller.place, declared, {**row, "name": name or row.get("name")}, Kind.POLICY)
    if definition is not None:
        draft.docs[DEFINITION.operation] = Known(definition, DEFINITION.via)
    draft.docs[_BELOW] = Known({"value": [{"id": one} for one in _subscriptions(caller, _scope(draft))]})
    yield draft


def _subscriptions(caller: Caller, scope: str) -> Iterator[str]:
    """The subscriptions that a scope takes in whole."""
    for identifier, row in caller.place.shared.rows.items():
        if _SUBSCRIPTION.match(identifier) and scope in {identifier, *above(row)}:
            yield identifier


def _scope(draft: Draft) -> str:
    found = fields.value(draft.doc(ASSIGNMENT), "properties", "scope")
    return same(found.value) if isinstance(found, Known) else ""


def _role(draft: Draft) -> Maybe[Role]:
    if isinstance(draft.doc(DEFINITION), Known):
        return _permissions(draft.doc(DEFINITION))
    number = role_number(_property(draft, "roleDefinitionId"))
    known = BUILT_IN.get(IDS.get(number, ""))
    if known is not None:
        return Known(known, ASSIGNMENT.via)
    return NOT_SEEN


def _property(draft: Draft, name: str) -> Any:
    found = fields.value(draft.doc(ASSIGNMENT), "properties", name)
    return found.value if isinstance(found, Known) else None


def assignment_facts_of(draft: Draft) -> Mapping[str, AnyFact]:
    """The privileges that an assignment gives at its scope."""
    row = draft.doc(ASSIGNMENT)
    scope = fields.value(row, "properties", "scope")
    wide: Maybe[bool] = scope if isinstance(scope, Unknown) else Known(WIDE.match(same(scope.value)) is not None, scope.via)
    bound: Maybe[bool] = row if isinstance(row, Unknown) else Known(bool(_property(draft, "condition")), ASSIGNMENT.via)
    sheet = FactSheet(assignment_facts(_role(draft), wide, bound))
    sheet.not_applicable("privilege.inline_wildcard", "a role is not written into its principal", ASSIGNMENT.via)
    return sheet.facts


def assignment_links(draft: Draft) -> tuple[Link, ...]:
    """What its role lets be read at its scope, and the custom role that it gives."""
    role, scope = _role(draft), _scope(draft)
    found: list[Link] = []
    if isinstance(role, Unknown):
        found.append(Link(Rel.READS, "", role))
    elif role.value.data:
        below = fields.items(draft.docs[_BELOW], "value")
        whole = [str(one["id"]) for one in below.value] if isinstance(below, Known) else []
        wide = WIDE.match(scope) is not None
        found += [Link(Rel.READS, one) for one in whole]
        found += [Link(Rel.READS, f"reads-like:{scope}/*" if wide else scope)] if not whole and scope else []
    definition = draft.doc(DEFINITION)
    custom = fields.value(definition, "properties", "type")
    if isinstance(definition, Known) and definition.value and isinstance(custom, Known) and str(custom.value).lower() == "customrole":
        found.append(Link(Rel.ATTACHES, same(definition.value.get("id"))))
    return tuple(found)


COLLECTORS: Final = (
    Collector("authorization", (DEFINITION,), (), survey_definition, role_facts),
    Collector("authorization", (ASSIGNMENT,), (), survey_assignment, assignment_facts_of, assignment_links, late=True),
)
