"""Projects as accounts, and the IAM bindings of projects, folders and organisations, each judged once as a policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tierwise.access.google_iam import Binding, Policy, bindings_in, grants_of
from tierwise.access.google_privilege import put_privilege, read_services
from tierwise.connectors import gcp_account
from tierwise.connectors.declared import Doc, Draft
from tierwise.connectors.gcp import approval, bound, constraints, iam, network
from tierwise.connectors.gcp.above import IAM_OF, PROJECT_TYPE, PUBLIC_ACCESS, node_of, node_policy, org_read, own_org_read
from tierwise.connectors.gcp.place import FOLDER, ORGANISATION, PROJECT, Place, drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.model.fact import AnyFact, FactSheet, Known, Unknown, UnknownReason
from tierwise.model.resource import Gap, Grant, Kind, Link, Rel, Resource

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

_PREFIX: Final = "cloudresourcemanager.googleapis.com"
TYPE: Final = PROJECT_TYPE
BINDING: Final = "iam.googleapis.com/Binding"
"""The type of a binding, which is no asset by itself."""
_KEPT: Final = "binding"
_CENTRE: Final = "Security Command Center is set on the organisation and is not read"
_ONE: Final = frozenset({Kind.ACCOUNT, Kind.POLICY})
GUARDRAILS: Final = org_read(TYPE, frozenset({"account.public_access_blocked"}))
OWN: Final = own_org_read(TYPE, frozenset({"account.public_block_locked"}))


def _own_project(caller: Caller, declared: Row) -> Iterator[Doc | Unknown]:
    """The project itself, as it was found."""
    del declared
    place = caller.place
    if place.row:
        yield place.row
    else:
        found = caller.ask(PROJECT, (place.id,))
        yield found if isinstance(found, Unknown) else found.value or {}


def _name(doc: Doc, place: Place) -> str:
    return f"//{_PREFIX}/projects/{place.number or doc.get('projectNumber') or place.id}"


def _row(kind: str, read: Read, kinds: frozenset[Kind], level: str) -> Row:
    return Row(f"{_PREFIX}/{kind}", kinds, (read,), _name, IAM_OF[level], walk=_own_project, alone=kind != "Project")


PROJECTS: Final = _row("Project", PROJECT, _ONE, "projects")
ROWS: Final = (
    PROJECTS,
    _row("Folder", FOLDER, frozenset({Kind.POLICY}), "folders"),
    _row("Organization", ORGANISATION, frozenset({Kind.POLICY}), "organizations"),
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft | Gap]:
    """A project as an account, and one policy for each binding of a level."""
    place = caller.place
    if declared is PROJECTS:
        title = asset.data.value.get("displayName") or asset.data.value.get("name") if isinstance(asset.data, Known) else ""
        aliases = (place.id, place.number, f"projects/{place.id}", title)
        yield drafted(place, declared, asset, Kind.ACCOUNT, name=place.id, aliases=aliases)
    policy = asset.policy or node_policy(caller, node_of(asset.name, asset.ancestors))
    if isinstance(policy, Unknown):
        reason, action = policy.reason.value, policy.via.action
        yield Gap("gcp", place.id, "", "resourcemanager", reason, action, policy.detail, frozenset({Kind.POLICY}))
        return
    seen: dict[str, int] = {}
    for one in bindings_in(policy.value or {}, iam.home_of(place, Known(""), policy.via), policy.via):
        if isinstance(one, Unknown):
            yield Gap("gcp", place.id, "", "resourcemanager", one.reason.value, one.via.action, one.detail, frozenset({Kind.POLICY}))
            continue
        role = one.role.value if isinstance(one.role, Known) else ""
        seen[role] = seen.get(role, 0) + 1
        # A role may be bound several times, under different conditions.
        yield _draft(place, asset, policy_id(asset.name, role, seen[role]), role, replace(one, permits=bound.permits(caller, role)))


def policy_id(level: str, role: str, number: int = 1) -> str:
    """The id of a binding."""
    return f"{level}#{role}{f'~{number}' if number > 1 else ''}"


def _draft(place: Place, asset: Asset, identifier: str, role: str, binding: Binding) -> Draft:
    resource = Resource(identifier, Kind.POLICY, BINDING, "gcp", place.id, "global", f"{role} on {asset.name.rpartition('/')[2]}")
    return Draft(resource, {_KEPT: Known({_KEPT: binding, "level": asset.type})})


def _binding(draft: Draft) -> Binding | None:
    kept = draft.docs.get(_KEPT)
    found = kept.value[_KEPT] if isinstance(kept, Known) and kept.value else None
    return found if isinstance(found, Binding) else None


def links(draft: Draft) -> tuple[Link, ...]:
    """What a binding lets its members read: all of a service in the project; below a folder or organisation, in projects not told here."""
    binding, kept = _binding(draft), draft.docs.get(_KEPT)
    if binding is None or not isinstance(kept, Known) or kept.value is None:
        return ()
    if isinstance(binding.permits, Unknown):
        return (Link(Rel.READS, "", binding.permits),)
    services = sorted(read_services(binding))
    if services and kept.value["level"] != TYPE:
        why = Unknown(UnknownReason.NOT_SUPPORTED, binding.via, "which projects are below is not worked out")
        return (Link(Rel.READS, "", why),)
    return tuple(Link(Rel.READS, f"reads:{service}:*") for service in services)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a project, or of a binding."""
    sheet, binding = FactSheet(), _binding(draft)
    if binding is not None:
        put_privilege(sheet, (binding,), None, binding.via)
        return sheet.facts
    sheet.put("account.public_access_blocked", constraints.enforced(draft.doc(GUARDRAILS), PUBLIC_ACCESS))
    sheet.put("account.public_block_locked", constraints.enforced_above(draft.doc(OWN), PUBLIC_ACCESS))
    gcp_account.put_account(sheet, draft.doc(PROJECTS).via, _CENTRE)
    sheet.put(network.FLOW_LOGS, network.flow_logs(draft.doc(network.SUBNETS)))
    sheet.put(approval.APPROVAL, approval.required(draft.doc(approval.SETTINGS)))
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The members of a binding."""
    binding = _binding(draft)
    return tuple(grants_of(Policy((binding,), None, binding.via))) if binding is not None else ()


COLLECTOR = Collector("resourcemanager", ROWS, (GUARDRAILS, OWN, network.SUBNETS, *approval.READS), survey, facts, links, grants)
