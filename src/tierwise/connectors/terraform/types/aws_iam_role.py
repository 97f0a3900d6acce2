"""IAM roles with their trust, inline policies, attachments and boundary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tierwise.access.applied import Applied, Managed, links, privilege_facts
from tierwise.access.document import Policy
from tierwise.connectors.terraform import aws
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, Step
from tierwise.connectors.terraform.policies import DOCUMENT, policy_at
from tierwise.connectors.terraform.references import Resolved, Unresolved
from tierwise.connectors.terraform.types.aws_iam_policy import POLICY, document_of
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel, Resource

ROLE: Final = "aws_iam_role"
INLINE, ATTACHMENT, ATTACHMENTS = f"{ROLE}_policy", f"{ROLE}_policy_attachment", "aws_iam_policy_attachment"
_NAMED: Final = "data.aws_iam_policy"
_NO_DOCUMENT: Final = "the document of an AWS-managed policy is not in the plan"


def convert(role: Planned, plan: Plan) -> Resource:
    """A planned role."""
    sheet = FactSheet()
    attached, lost = _attached(role, plan)
    applied = Applied(tuple(_inline(role, plan)), attached, boundary=_boundary(role, plan), unresolved=lost)
    privilege_facts(applied, role.root.via, sheet)
    if lost is not None:
        _lost_attachment(sheet, lost)
    sheet.constant("credential.active_keys", 0, "IAM User Guide, IAM roles: a role has no long-lived keys")
    sheet.not_applicable("credential.oldest_key_days", "a role has no long-lived keys", role.root.via)
    sheet.put("credential.idle_days", Unknown(UnknownReason.NOT_COLLECTED, role.root.via, "a plan does not tell when a role was used"))
    trust = policy_at(plan, role, role.root, "assume_role_policy")
    grants = aws.put_audience(aws.audience(trust, "sts", plan.providers.account(role), trust.via), sheet, Kind.ROLE)
    name = text_or(role.root, "name")
    return plan.resource(
        role,
        Kind.ROLE,
        name or text_or(role.root, "name_prefix") or role.place.name,
        sheet.facts,
        links=_links(applied, lost),
        aliases=(text_or(role.root, "arn"), name, text_or(role.root, "unique_id")),
        description=text_or(role.root, "description"),
        grants=grants,
    )


def _links(applied: Applied, lost: Unknown | None) -> Iterator[Link]:
    yield from links(applied)
    if lost is not None:
        yield Link(Rel.ATTACHES, "", lost)


def _lost_attachment(sheet: FactSheet, lost: Unknown) -> None:
    """What an attachment that cannot be told could still change: AWS's own policies are judged on the role."""
    for name in ("privilege.escalation", "privilege.wildcard_data_actions", "privilege.wildcard_data_resources"):
        if (fact := sheet.facts.get(name)) and isinstance(fact, Known) and fact.value is False:
            sheet.put(name, lost)
    bound = sheet.facts.get("privilege.condition_bound")
    if isinstance(bound, Known) and bound.value is True:
        sheet.put("privilege.condition_bound", lost)


def _inline(role: Planned, plan: Plan) -> Iterator[Maybe[Policy]]:
    children = plan.children(role, INLINE)
    for child in children.found:
        yield from _present(policy_at(plan, child, child.root, "policy"))
    if children.loose is not None:
        yield children.loose
    blocks = role.root.blocks("inline_policy")
    if isinstance(blocks, Unknown):
        if not (role.is_new and role.root.is_computed("inline_policy")):
            yield blocks
        return
    own = {text_or(child.root, "name") for child in (*children.found, *children.removed)}
    for block in blocks.value:
        # The provider also lists here what separate resources write; those are read above, or go away with them.
        if text_or(block, "name") not in own or not own:
            yield from _present(policy_at(plan, role, block, "policy"))
    if not role.is_new and not role.root.has("inline_policy") and not children.found:
        yield Unknown(UnknownReason.NOT_COLLECTED, role.root.via, "not in this plan: what else is written into the role")


def _present(policy: Maybe[Policy | None]) -> Iterator[Maybe[Policy]]:
    if isinstance(policy, Unknown):
        yield policy
    elif policy.value is not None:
        yield Known(policy.value, policy.via)


def _attached(role: Planned, plan: Plan) -> tuple[tuple[Managed, ...], Unknown | None]:
    """The managed policies of a role, and why there may be more."""
    found: dict[str, Managed] = {}
    lost: Unknown | None = None
    for kind in (ATTACHMENT, ATTACHMENTS):
        children = plan.children(role, kind)
        lost = children.loose or lost
        for child in children.found:
            one = _managed(child, child.root, ("policy_arn",), plan)
            if isinstance(one, Unknown):
                lost = one
            elif one.arn:
                found[one.arn] = one
            else:
                lost = Unknown(UnknownReason.UNRESOLVED_REFERENCE, child.at("policy_arn"), "the attachment names no policy")
    removed = {text_or(child.root, "policy_arn") for child in plan.children(role, ATTACHMENT).removed}
    listed = role.root.texts("managed_policy_arns")
    if isinstance(listed, Unknown):
        if not (role.is_new and role.root.is_computed("managed_policy_arns")):
            lost = lost or listed
        return tuple(found.values()), lost
    for arn in listed.value.known:
        if arn not in removed:
            one = _by_arn(arn, plan)
            found.setdefault(one.arn, one)
    if listed.value.open is not None:
        lost = lost or listed.value.open
    if not role.is_new and not role.root.has("managed_policy_arns") and not found:
        lost = lost or Unknown(UnknownReason.NOT_COLLECTED, role.root.via, "not in this plan: which policies the role attaches")
    return tuple(found.values()), lost


def _boundary(role: Planned, plan: Plan) -> Managed | None:
    named = role.root.text("permissions_boundary")
    if isinstance(named, Known) and named.value is None and not role.root.is_written("permissions_boundary"):
        return None
    if isinstance(named, Unknown) and role.root.is_computed("permissions_boundary"):
        return None
    found = _managed(role, role.root, ("permissions_boundary",), plan)
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
        if arn and not one.is_gone and text_or(one.root, "arn") == arn:
            return Managed(plan.id_of(one.address), document_of(one, plan))
    if not arn:
        return Managed("", Known(Policy(())))
    found = Managed(arn, Unknown(UnknownReason.NOT_COLLECTED, detail=_NO_DOCUMENT))
    return found if found.by_aws else replace(found, policy=Unknown(UnknownReason.OUT_OF_SCOPE, detail=f"{arn} is not in this plan"))


_NAMES: Final = ("name", "id", "arn")
CONVERTER = Converter(
    frozenset({ROLE}),
    convert,
    (Child(INLINE, "role", _NAMES), Child(ATTACHMENT, "role", _NAMES), Child(ATTACHMENTS, "roles", _NAMES, many=True)),
    frozenset({DOCUMENT, POLICY, _NAMED}),
)
