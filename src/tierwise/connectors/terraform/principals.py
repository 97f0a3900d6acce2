"""The policies of planned users, roles and groups: written into them, attached to them, and their boundary."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from typing import Final

from tierwise.access.applied import Applied, Managed, links
from tierwise.access.document import Policy
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step
from tierwise.connectors.terraform.policies import DOCUMENT, policy_at
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.connectors.terraform.stores import each_link
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

POLICY: Final = "aws_iam_policy"
ATTACHMENTS: Final = "aws_iam_policy_attachment"
_NAMED: Final = "data.aws_iam_policy"
READS: Final = frozenset({DOCUMENT, POLICY, _NAMED})
"""What converters of principals look at besides the children."""
_NO_DOCUMENT: Final = "the document of an AWS-managed policy is not in the plan"
_NAMES: Final = ("name", "id", "arn")


@dataclass(frozen=True, slots=True)
class Principal:
    """How the provider spells one sort of principal."""

    type: str
    argument: str
    """By which policies and attachments name it."""
    listed: bool = False
    """Whether the resource itself lists all of its policies (`inline_policy`, `managed_policy_arns`)."""

    @property
    def inline(self) -> str:
        """The type of a policy that is written into it."""
        return f"{self.type}_policy"

    @property
    def attachment(self) -> str:
        """The type of an attachment to it."""
        return f"{self.type}_policy_attachment"

    @property
    def all_inline(self) -> str:
        """The type that lists all policies that are written into it; others are taken away."""
        return f"{self.type}_policies_exclusive"

    @property
    def all_attached(self) -> str:
        """The type that lists all policies that are attached to it; others are detached, and missing ones attached."""
        return f"{self.type}_policy_attachments_exclusive"

    @property
    def children(self) -> tuple[Child, ...]:
        """The types that set its policies."""
        return (
            Child(self.inline, self.argument, _NAMES),
            Child(self.attachment, self.argument, _NAMES),
            Child(ATTACHMENTS, f"{self.argument}s", _NAMES, many=True),
            Child(self.all_inline, f"{self.argument}_name", _NAMES),
            Child(self.all_attached, f"{self.argument}_name", _NAMES),
        )


def document_of(policy: Planned, plan: Plan) -> Maybe[Policy]:
    """The document of a managed policy; a policy without one is not a policy."""
    found = policy_at(plan, policy, policy.root, "policy")
    if isinstance(found, Unknown):
        return found
    if found.value is None:
        return Unknown(UnknownReason.UNPARSABLE, found.via, "the policy has no document")
    return Known(found.value, found.via)


def applied_links(applied: Applied, lost: Unknown | None) -> Iterator[Link]:
    """What it attaches and reads; `lost` is why it may attach more."""
    yield from links(applied)
    if lost is not None:
        yield Link(Rel.ATTACHES, "", lost)


def put_lost(sheet: FactSheet, lost: Unknown) -> None:
    """What an attachment that cannot be told could still change: AWS's own policies are judged on the principal."""
    for name in ("privilege.escalation", "privilege.wildcard_data_actions", "privilege.wildcard_data_resources"):
        if (fact := sheet.facts.get(name)) and isinstance(fact, Known) and fact.value is False:
            sheet.put(name, lost)
    bound = sheet.facts.get("privilege.condition_bound")
    if isinstance(bound, Known) and bound.value is True:
        sheet.put("privilege.condition_bound", lost)


def inline_of(sort: Principal, principal: Planned, plan: Plan) -> Iterator[Maybe[Policy]]:
    """The policies that are written into it; for what exists already there may be more."""
    children = plan.children(principal, sort.inline)
    for child in children.found:
        yield from _present(policy_at(plan, child, child.root, "policy"))
    if children.loose is not None:
        yield children.loose
    named = {text_or(child.root, "name") for child in children.found}
    settled = principal.is_new
    if sort.listed:
        settled = settled or bool(children.found) or principal.root.has("inline_policy")
        blocks = principal.root.blocks("inline_policy")
        own = named | {text_or(child.root, "name") for child in children.removed}
        if isinstance(blocks, Unknown) and not (principal.is_new and principal.root.is_computed("inline_policy")):
            yield blocks
        for block in blocks.value if isinstance(blocks, Known) else ():
            # The provider also lists here what separate resources write; those are read above, or go away with them.
            if text_or(block, "name") not in own or not own:
                yield from _present(policy_at(plan, principal, block, "policy"))
            named.add(text_or(block, "name"))
    every = plan.children(principal, sort.all_inline)
    for child in every.found:
        yield from _not_planned(child, named | {plan.id_of(one.address) for one in children.found}, sort, plan)
    if every.loose is not None:
        yield every.loose
    if not settled and not every.found:
        yield Unknown(UnknownReason.NOT_COLLECTED, principal.root.via, "not in this plan: what else is written into it")


def _not_planned(every: Planned, planned: Set[str], sort: Principal, plan: Plan) -> Iterator[Unknown]:
    """Why policies that are listed as written into a principal cannot be judged: they, or their names, are not in the plan."""
    for link in each_link(plan, Rel.ATTACHES, every, ("policy_names",), {sort.inline}):
        if link.unknown is not None:
            yield link.unknown
        elif link.to not in planned:
            yield Unknown(UnknownReason.UNRESOLVED_REFERENCE, every.at("policy_names"), f"its policy {link.to} is not in this plan")


def _present(policy: Maybe[Policy | None]) -> Iterator[Maybe[Policy]]:
    if isinstance(policy, Unknown):
        yield policy
    elif policy.value is not None:
        yield Known(policy.value, policy.via)


def attached_to(sort: Principal, principal: Planned, plan: Plan) -> tuple[tuple[Managed, ...], Unknown | None]:
    """The managed policies of a principal, and why there may be more."""
    found: dict[str, Managed] = {}
    lost: Unknown | None = None
    for kind in (sort.attachment, ATTACHMENTS):
        children = plan.children(principal, kind)
        lost = children.loose or lost
        for child in children.found:
            one = _managed(child, child.root, ("policy_arn",), plan)
            if isinstance(one, Unknown):
                lost = one
            elif one.arn:
                found[one.arn] = one
            else:
                lost = Unknown(UnknownReason.UNRESOLVED_REFERENCE, child.at("policy_arn"), "the attachment names no policy")
    every = plan.children(principal, sort.all_attached)
    lost = every.loose or lost
    for child in every.found:
        for link in each_link(plan, Rel.ATTACHES, child, ("policy_arns",), {POLICY, _NAMED}):
            lost = link.unknown or lost
            if link.unknown is None:
                found.setdefault(link.to, _by_arn(link.to, plan))
    if every.found:
        return tuple(found.values()), lost
    if not sort.listed:
        if not principal.is_new:
            lost = lost or Unknown(UnknownReason.NOT_COLLECTED, principal.root.via, "not in this plan: which policies it attaches")
        return tuple(found.values()), lost
    removed = {text_or(child.root, "policy_arn") for child in plan.children(principal, sort.attachment).removed}
    listed = principal.root.texts("managed_policy_arns")
    if isinstance(listed, Unknown):
        if not (principal.is_new and principal.root.is_computed("managed_policy_arns")):
            lost = lost or listed
        return tuple(found.values()), lost
    for arn in listed.value.known:
        if arn not in removed:
            one = _by_arn(arn, plan)
            found.setdefault(one.arn, one)
    if listed.value.open is not None:
        lost = lost or listed.value.open
    if not principal.is_new and not principal.root.has("managed_policy_arns") and not found:
        lost = lost or Unknown(UnknownReason.NOT_COLLECTED, principal.root.via, "not in this plan: which policies it attaches")
    return tuple(found.values()), lost


def boundary_of(principal: Planned, plan: Plan) -> Managed | None:
    """The permissions boundary, if there is one."""
    named = principal.root.text("permissions_boundary")
    if isinstance(named, Known) and named.value is None and not principal.root.is_written("permissions_boundary"):
        return None
    if isinstance(named, Unknown) and principal.root.is_computed("permissions_boundary"):
        return None
    found = _managed(principal, principal.root, ("permissions_boundary",), plan)
    if isinstance(found, Unknown):
        return Managed("", found)
    return found if found.arn else None


def _managed(holder: Planned, node: Node, path: tuple[Step, ...], plan: Plan) -> Managed | Unknown:
    """The managed policy that an argument names; its address stands for its ARN where the policy is in the plan."""
    named = node.text(*path)
    if isinstance(named, Known) and named.value is None and not node.is_written(*path):
        return Managed("", Known(Policy(()), named.via))
    way = plan.resolve(holder, node, path, {POLICY, _NAMED})
    target = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
    if target is not None and target.type == POLICY and target.place.mode == "managed":
        return Managed(plan.id_of(target.address), document_of(target, plan))
    if isinstance(named, Known):
        return _by_arn(named.value or "", plan)
    if target is not None and (arn := text_or(target.root, "arn")):
        return _by_arn(arn, plan)
    detail = way.detail if isinstance(way, Unresolved) else named.detail
    return Unknown(UnknownReason.UNRESOLVED_REFERENCE if isinstance(way, Unresolved) else named.reason, named.via, detail)


def _by_arn(arn: str, plan: Plan) -> Managed:
    for one in plan.by_type.get(POLICY, ()):
        if arn and not one.is_gone and arn in (text_or(one.root, "arn"), plan.id_of(one.address)):
            return Managed(plan.id_of(one.address), document_of(one, plan))
    if not arn:
        return Managed("", Known(Policy(())))
    found = Managed(arn, Unknown(UnknownReason.NOT_COLLECTED, detail=_NO_DOCUMENT))
    return found if found.by_aws else replace(found, policy=Unknown(UnknownReason.OUT_OF_SCOPE, detail=f"{arn} is not in this plan"))
