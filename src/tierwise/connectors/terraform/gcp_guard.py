"""What planned organisation policies and audit configurations say of the stores of a project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tierwise.connectors import gcp_terms
from tierwise.connectors.terraform import gcp_edge
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.gcp_project import PROJECT, project_mark, same_project
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned, absent
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import all_of, either, negated

POLICY: Final = "google_org_policy_policy"
_LEGACY: Final = {
    "google_project_organization_policy": "project",
    "google_folder_organization_policy": "folder",
    "google_organization_policy": "org_id",
}
AUDIT: Final = "google_project_iam_audit_config"
_AUDITS_ABOVE: Final = {"google_folder_iam_audit_config": "folder", "google_organization_iam_audit_config": "org_id"}
PROJECT_POLICY: Final = "google_project_iam_policy"
POLICY_DATA: Final = "data.google_iam_policy"
READS: Final = gcp_edge.READS | frozenset({POLICY, *_LEGACY, AUDIT, *_AUDITS_ABOVE, PROJECT_POLICY, POLICY_DATA, PROJECT, "google_folder"})
"""What a converter whose facts rest on guardrails has to read."""
PUBLIC_ACCESS: Final = "storage.publicAccessPrevention"
UNIFORM: Final = "storage.uniformBucketLevelAccess"
TLS: Final = "gcp.restrictTLSVersion"
DOMAINS: Final = "iam.allowedPolicyMemberDomains"
MEMBERS: Final = "iam.managed.allowedPolicyMembers"
_SHARING: Final = "not in this plan: whether the organisation restricts sharing to its own domains"
_ELSEWHERE: Final = "data access audit logs may be set on the project, its folders or the organisation outside this plan"
_WHOLE: Final = "allServices"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One organisation policy of the plan."""

    planned: Planned
    level: str
    """`project`, `folder` or `organisation`"""
    applies: bool | None
    """Whether it binds the project asked about; None where the plan does not say."""


def guardrails(plan: Plan, planned: Planned, constraint: str) -> Iterator[Guardrail]:
    """The organisation policies for a constraint that bind, or may bind, the project of a resource (or a project itself)."""
    mark = project_mark(plan, planned)
    for kind, attribute in _LEGACY.items():
        for one in plan.by_type.get(kind, ()):
            if not one.is_gone and text_or(one.root, "constraint").removeprefix("constraints/") == constraint:
                level = {"project": "project", "folder": "folder"}.get(attribute, "organisation")
                applies = same_project(plan, mark, project_mark(plan, one)) if level == "project" else _below(plan, mark, one, attribute)
                if applies is not False:
                    yield Guardrail(one, level, applies)
    for one in plan.by_type.get(POLICY, ()):
        if not one.is_gone and text_or(one.root, "name").rpartition("/")[2] == constraint:
            yield from _new_style(plan, mark, one)


def _new_style(plan: Plan, mark: str, one: Planned) -> Iterator[Guardrail]:
    parent = text_or(one.root, "parent") or text_or(one.root, "name")
    level = {"folders": "folder", "organizations": "organisation"}.get(parent.partition("/")[0], "project")
    applies = same_project(plan, mark, project_mark(plan, one, "parent")) if level == "project" else _below(plan, mark, one, "parent")
    if applies is not False:
        yield Guardrail(one, level, applies)


def _below(plan: Plan, mark: str, policy: Planned, attribute: str) -> bool | None:
    """Whether a project of this plan stands directly in the folder or organisation that a policy names; None for any other project."""
    project = next((one for one in plan.by_type.get(PROJECT, ()) if not one.is_gone and project_mark(plan, one) == mark), None)
    if project is None:
        return None
    above = text_or(policy.root, attribute).rpartition("/")[2]
    for name in ("folder_id", "org_id"):
        if above and text_or(project.root, name).rpartition("/")[2] == above:
            return True
    ends = [
        way.address
        for one, name in ((policy, attribute), (project, "folder_id"))
        if isinstance(way := plan.resolve(one, one.root, (name,), {"google_folder"}), Resolved)
    ]
    return True if len(ends) == 2 and ends[0] == ends[1] else None


def enforced(plan: Plan, planned: Planned, constraint: str) -> Maybe[bool | None]:
    """Whether a yes-or-no constraint is enforced on the project of a resource; None where this plan has no policy for it."""
    still: Unknown | None = None
    off: Known[bool] | None = None
    for one in guardrails(plan, planned, constraint):
        found = enforces(one.planned)
        if isinstance(found, Known) and found.value is False:
            off = found if one.level == "project" and one.applies else off
        elif isinstance(found, Known) and one.applies:
            return found
        else:
            detail = f"whether {one.planned.address} binds the project cannot be told from the plan"
            still = found if isinstance(found, Unknown) else Unknown(UnknownReason.UNRESOLVED_REFERENCE, found.via, detail)
    return still or off or Known(None, planned.root.via)


def enforces(policy: Planned) -> Maybe[bool]:
    """Whether a policy for a yes-or-no constraint enforces it."""
    if policy.type != POLICY:
        found = policy.root.flag("boolean_policy", 0, "enforced")
        return found if isinstance(found, Unknown) else Known(bool(found.value), found.via)
    rules = policy.root.blocks("spec", 0, "rules")
    if isinstance(rules, Unknown):
        return rules
    for rule in rules.value:
        on, condition = rule.flag("enforce"), rule.blocks("condition")
        if isinstance(on, Unknown):
            return on
        if on.value and isinstance(condition, Known) and not condition.value:
            return Known(True, on.via)
        if on.value:
            return Unknown(UnknownReason.NOT_SUPPORTED, on.via, "the policy holds under a condition only")
    return Known(False, rules.via)


def members_only(plan: Plan, planned: Planned) -> Maybe[bool]:
    """Whether only listed organisations' members may be granted anything; what is above the plan may say so too."""
    managed = enforced(plan, planned, MEMBERS)
    open_to = [negated(_allows_anybody(one.planned)) for one in guardrails(plan, planned, MEMBERS)]
    found: list[Maybe[bool]] = [
        managed if isinstance(managed, Unknown) else all_of(Known(bool(managed.value), managed.via), *open_to),
    ]
    for one in guardrails(plan, planned, DOMAINS):
        limits = _limits(one.planned)
        bound = isinstance(limits, Unknown) or one.applies
        found.append(
            limits
            if bound
            else Unknown(
                UnknownReason.UNRESOLVED_REFERENCE,
                limits.via,
                f"whether {one.planned.address} binds the project cannot be told from the plan",
            )
        )
    said = either(*found)
    return said if isinstance(said, Unknown) or said.value else absent(said.via, _SHARING)


def _allows_anybody(policy: Planned) -> Maybe[bool]:
    """Whether the members that a policy for the managed constraint lists, in the JSON of its rules' `parameters`, are everybody."""
    rules = policy.root.blocks("spec", 0, "rules")
    if isinstance(rules, Unknown):
        return rules
    given: list[dict[str, object]] = []
    for rule in rules.value:
        text = rule.text("parameters")
        if isinstance(text, Unknown):
            return text
        try:
            document = json.loads(text.value or "{}")
        except ValueError:
            document = None
        if not isinstance(document, dict):
            return Unknown(UnknownReason.UNPARSABLE, text.via, "the parameters of a rule are no JSON object")
        given.append(document)
    return Known(gcp_terms.allows_anybody(given), rules.via)


def _limits(policy: Planned) -> Maybe[bool]:
    """Whether a policy for a list constraint lets some values alone through."""
    newer = policy.type == POLICY
    lists = policy.root.blocks("spec", 0, "rules") if newer else policy.root.blocks("list_policy", 0, "allow")
    if isinstance(lists, Unknown):
        return lists
    found: list[Maybe[bool]] = [Known(False, lists.via)]
    for node in lists.value:
        conditions = node.blocks("condition") if newer else Known((), lists.via)
        listed = node.texts("values", 0, "allowed_values") if newer else node.texts("values")
        if isinstance(listed, Unknown):
            found.append(listed)
        elif isinstance(conditions, Unknown):
            found.append(conditions)
        elif conditions.value:
            found.append(Unknown(UnknownReason.NOT_SUPPORTED, listed.via, "the policy holds under a condition only"))
        else:
            found.append(listed.value.open or Known(bool(listed.value.known), listed.via))
    return either(*found)


def oldest_tls(plan: Plan, planned: Planned) -> Maybe[str]:
    """The lowest TLS version that Google's APIs accept for a project."""
    for one in guardrails(plan, planned, TLS):
        denied = _denied(one.planned)
        if isinstance(denied, Unknown) or (denied.value and not one.applies):
            return gcp_terms.tls_in_doubt(denied.via)
        if gcp_terms.OLDEST in denied.value:
            return gcp_terms.least_tls(denied)
    return gcp_terms.least_tls(Known(frozenset(), planned.root.via))


def _denied(policy: Planned) -> Maybe[frozenset[str]]:
    if policy.type != POLICY:
        lists: Maybe[tuple[Node, ...]] = policy.root.blocks("list_policy", 0, "deny")
        path: tuple[str | int, ...] = ("values",)
    else:
        lists, path = policy.root.blocks("spec", 0, "rules"), ("values", 0, "denied_values")
    if isinstance(lists, Unknown):
        return lists
    values: set[str] = set()
    for node in lists.value:
        listed = node.texts(*path)
        if isinstance(listed, Unknown):
            return listed
        if listed.value.open is not None:
            return listed.value.open
        values.update(listed.value.known)
    return Known(frozenset(values), lists.via)


def audit_facts(plan: Plan, planned: Planned, service: str) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether data access audit logs record reads and changes in a service (`storage.googleapis.com`) for the project of a resource."""
    mark = project_mark(plan, planned)
    found: dict[str, Maybe[bool]] = {}
    for name, log, exempt, via in _configured(plan, mark):
        if name not in (service, _WHOLE):
            continue
        if isinstance(exempt, Unknown) or exempt.value:
            why = exempt if isinstance(exempt, Unknown) else Unknown(UnknownReason.NOT_SUPPORTED, via, "some principals are exempted")
            found.setdefault(log, why)
        else:
            found[log] = Known(True, via)
    nothing = Unknown(UnknownReason.NOT_COLLECTED, planned.root.via, _ELSEWHERE)
    return found.get("DATA_READ", nothing), found.get("DATA_WRITE", nothing)


def _configured(plan: Plan, mark: str) -> Iterator[tuple[str, str, Maybe[bool], Provenance]]:
    """Service, log type and whether anyone is exempted, of each audit log that this plan sets for a project or above it."""
    for kind, attribute in _AUDITS_ABOVE.items():
        for one in plan.by_type.get(kind, ()):
            if not one.is_gone and _below(plan, mark, one, attribute):
                yield from _logs(one.root)
    for one in plan.by_type.get(AUDIT, ()):
        if not one.is_gone and same_project(plan, mark, project_mark(plan, one)):
            yield from _logs(one.root)
    for one in plan.by_type.get(PROJECT_POLICY, ()):
        if one.is_gone or not same_project(plan, mark, project_mark(plan, one)):
            continue
        data = one.root.text("policy_data")
        if isinstance(data, Known):
            yield from _in_document(data.value or "", data.via)
            continue
        way = plan.resolve(one, one.root, ("policy_data",), {POLICY_DATA})
        source = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
        parts = source.root.blocks("audit_config") if source else None
        for part in parts.value if isinstance(parts, Known) else ():
            yield from _logs(part, "audit_log_configs")


def _logs(node: Node, name: str = "audit_log_config") -> Iterator[tuple[str, str, Maybe[bool], Provenance]]:
    listed = node.blocks(name)
    for log in listed.value if isinstance(listed, Known) else ():
        members = log.texts("exempted_members")
        exempt: Maybe[bool] = (
            members if isinstance(members, Unknown) else Known(bool(members.value.known or members.value.open), members.via)
        )
        yield text_or(node, "service"), text_or(log, "log_type"), exempt, log.via


def _in_document(text: str, via: Provenance) -> Iterator[tuple[str, str, Maybe[bool], Provenance]]:
    try:
        document = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return
    listed = document.get("auditConfigs") if isinstance(document, dict) else None
    for config in listed if isinstance(listed, list) else ():
        logs = config.get("auditLogConfigs") if isinstance(config, dict) else None
        for log in logs if isinstance(logs, list) else ():
            if isinstance(log, dict):
                yield str(config.get("service", "")), str(log.get("logType", "")), Known(bool(log.get("exemptedMembers")), via), via
