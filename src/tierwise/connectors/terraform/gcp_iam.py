"""The planned IAM bindings of a Google resource.

`_iam_policy` is the whole policy, `_iam_binding` all of one role, `_iam_member` an addition. What stands beside a resource that claims the
whole is in doubt: the provider's documentation says that they fight over the policy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from tierwise.access.google_iam import Binding, Policy, bindings_in
from tierwise.access.google_roles import is_predefined
from tierwise.connectors.terraform.gcp_guard import POLICY_DATA
from tierwise.connectors.terraform.gcp_member import IDENTITIES, home_of, members_at
from tierwise.connectors.terraform.gcp_project import project_mark, project_of
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

CUSTOM: Final = frozenset({"google_project_iam_custom_role", "google_organization_iam_custom_role"})
READS: Final = IDENTITIES | CUSTOM | {POLICY_DATA}
"""What a converter whose resources have IAM bindings has to read."""
_FIGHT: Final = "it stands beside a resource that claims the whole of the policy or the role, and the two undo each other"


def iam_children(
    base: str,
    attribute: str,
    keys: tuple[str, ...],
    prefix: str = "",
    of: str | None = None,
    names: Callable[[Plan, Planned], Iterable[str]] | None = None,
) -> tuple[Child, ...]:
    """The children of a type (`of` where another one is meant) that hold its IAM policy."""
    of = base if of is None else of
    forms = ("policy", "binding", "member")
    return tuple(Child(f"{base}_iam_{form}", attribute, keys, prefix=prefix, of=of, names=names) for form in forms)


def policy_of(plan: Plan, parent: Planned, base: str = "") -> Policy:
    """The IAM policy of a resource, as far as the plan has it."""
    kind = base or parent.type
    project = project_mark(plan, parent)
    parts = {form: plan.children(parent, f"{kind}_iam_{form}") for form in ("policy", "binding", "member")}
    whole = [one for child in parts["policy"].found for one in _of_policy(plan, child, project)]
    roles = [one for child in parts["binding"].found for one in _of_role(plan, child, "members", project)]
    added = [one for child in parts["member"].found for one in _of_role(plan, child, "member", project)]
    owned = {one.role.value for one in roles if isinstance(one.role, Known)}
    if parts["policy"].found:
        roles, added = [_doubted(one) for one in roles], [_doubted(one) for one in added]
    added = [_doubted(one) if isinstance(one.role, Known) and one.role.value in owned else one for one in added]
    more = next((part.loose for part in parts.values() if part.loose is not None), None)
    found = [one for one in (*whole, *roles, *added) if isinstance(one, Binding)]
    more = more or next((one for one in whole if isinstance(one, Unknown)), None)
    if more is None and not parent.is_new and not parts["policy"].found:
        more = absent(parent.root.via, f"not in this plan: whom else the IAM policy of {parent.address} lets in")
    return Policy(tuple(found), more, parent.root.via)


def granted(plan: Plan, parent: Planned, base: str) -> Policy:
    """The bindings on parts of a resource, each with a policy of its own, so that none takes away what another gives."""
    found: list[Binding] = []
    more: Unknown | None = None
    for form in ("policy", "binding", "member"):
        children = plan.children(parent, f"{base}_iam_{form}")
        more = more or children.loose
        for one in (one for child in children.found for one in bindings_at(plan, child)):
            if isinstance(one, Unknown):
                more = more or one
            else:
                found.append(one)
    return Policy(tuple(found), more, parent.root.via)


def bindings_at(plan: Plan, grant: Planned) -> tuple[Binding | Unknown, ...]:
    """The bindings that one `_iam_policy`, `_iam_binding` or `_iam_member` makes."""
    project = project_mark(plan, grant)
    if grant.type.endswith("_iam_policy"):
        return tuple(_of_policy(plan, grant, project))
    return tuple(_of_role(plan, grant, "members" if grant.type.endswith("_binding") else "member", project))


def _doubted(binding: Binding) -> Binding:
    return replace(binding, doubt=Unknown(UnknownReason.UNRESOLVED_REFERENCE, binding.via, _FIGHT))


def _of_role(plan: Plan, child: Planned, attribute: str, project: str) -> Iterator[Binding]:
    members = members_at(plan, child, child.root, attribute, project)
    role, permits = _role(plan, child, child.root)
    yield Binding(role, members, _conditioned(child.root), child.root.via, permits=permits)


def _role(plan: Plan, holder: Planned, node: Node) -> tuple[Maybe[str], Maybe[frozenset[str]] | None]:
    """The role that is named, and what it permits where it is one of this plan."""
    found = node.text("role")
    if isinstance(found, Known) and is_predefined(found.value or ""):
        return Known(found.value or "", found.via), None
    way = plan.resolve(holder, node, ("role",), CUSTOM)
    custom = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if custom is None and isinstance(found, Known) and found.value:
        custom = plan.once(_by_name).get(found.value)
    if custom is None or custom.is_gone:
        return (found if isinstance(found, Unknown) else Known(found.value or "", found.via)), None
    named = found.value if isinstance(found, Known) and found.value else custom.address
    return Known(named, found.via), _permits(custom)


def _by_name(plan: Plan) -> dict[str, Planned]:
    """The custom roles of a plan by the name under which bindings give them: `projects/P/roles/R`."""
    found: dict[str, Planned] = {}
    for kind in sorted(CUSTOM):
        for one in plan.by_type.get(kind, ()):
            org, role = one.root.text("org_id"), one.root.text("role_id")
            place = f"organizations/{org.value}" if isinstance(org, Known) and org.value else f"projects/{project_of(plan, one)}"
            if isinstance(role, Known) and role.value and not one.is_gone:
                found[f"{place}/roles/{role.value}"] = one
    return found


def _permits(role: Planned) -> Maybe[frozenset[str]]:
    """What a custom role permits. One whose list is open may permit anything beside; a disabled one permits nothing (IAM documentation, custom roles)."""
    stage, listed = role.root.text("stage"), role.root.texts("permissions")
    if isinstance(stage, Known) and stage.value == "DISABLED":
        return Known(frozenset(), stage.via)
    if isinstance(listed, Unknown):
        return listed
    return listed.value.open or Known(frozenset(listed.value.known), listed.via)


def _conditioned(node: Node) -> Maybe[bool]:
    found = node.blocks("condition")
    if isinstance(found, Unknown):
        # A block is planned as a list of known length; only a dynamic one can be unknown as a whole.
        return found if node.is_written("condition") or not node.is_configured else Known(False, found.via)
    return Known(bool(found.value), found.via)


def _of_policy(plan: Plan, child: Planned, project: str) -> Iterator[Binding | Unknown]:
    data = child.root.text("policy_data")
    if isinstance(data, Known):
        yield from _of_document(plan, data.value or "{}", project, data.via)
        return
    way = plan.resolve(child, child.root, ("policy_data",), {POLICY_DATA})
    source = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    listed = source.root.blocks("binding") if source is not None else data
    if isinstance(listed, Unknown) or source is None:
        yield data if source is None else listed if isinstance(listed, Unknown) else data
        return
    for node in listed.value:
        role, permits = _role(plan, source, node)
        yield Binding(role, members_at(plan, source, node, "members", project), _conditioned(node), node.via, permits=permits)


def _of_document(plan: Plan, text: str, project: str, via: Provenance) -> Iterator[Binding | Unknown]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    roles = plan.once(_by_name)
    for one in bindings_in(document, home_of(plan, project, via), via):
        custom = roles.get(one.role.value) if isinstance(one, Binding) and isinstance(one.role, Known) else None
        yield replace(one, permits=_permits(custom)) if custom is not None and isinstance(one, Binding) else one
