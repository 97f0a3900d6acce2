"""IAM users, groups, roles and customer-managed policies, from one walk over the account's authorization details.

Service-linked roles (path `/aws-service-role/`) are left out: AWS writes their trust and permissions, and the account cannot change them (IAM
User Guide, "Service-linked roles"). Roles of IAM Identity Center (`/aws-reserved/sso.amazonaws.com/`) are kept: their permission sets are
the customer's. A role that was never used is idle since it was made; IAM tells of uses in the last 400 days (API Reference, RoleLastUsed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tierwise.access import applied as iam_applied
from tierwise.access.applied import Applied, Managed, inline, parsed
from tierwise.access.audience import DATA_ACTIONS, Audience, audience_of
from tierwise.connectors.aws import iam_report, resource_policy
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.read import Collector, Read, tag_map
from tierwise.connectors.declared import Doc, Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import NO_TAGS, Grant, Kind, Link, Rel, Resource

DETAILS: Final = Read(
    "iam",
    "GetAccountAuthorizationDetails",
    "iam:GetAccountAuthorizationDetails",
    kinds=frozenset({Kind.USER, Kind.ROLE, Kind.GROUP, Kind.POLICY}),
    links=True,
)
_AWS_ACCOUNT: Final = ":iam::aws:"
_SERVICE_LINKED: Final = "/aws-service-role/"


@dataclass(slots=True)
class _Walk:
    """The four lists of the authorization details, whole: principals name policies and groups of any page."""

    users: list[Doc] = field(default_factory=list)
    groups: list[Doc] = field(default_factory=list)
    roles: list[Doc] = field(default_factory=list)
    policies: dict[str, Doc] = field(default_factory=dict)

    def take(self, page: Doc) -> None:
        self.users.extend(page.get("UserDetailList") or ())
        self.groups.extend(page.get("GroupDetailList") or ())
        self.roles.extend(page.get("RoleDetailList") or ())
        self.policies.update((str(one["Arn"]), one) for one in page.get("Policies") or ())


@dataclass(slots=True)
class _Index:
    """Managed policies by ARN and groups by name, parsed once."""

    walk: _Walk
    managed: dict[str, Managed] = field(default_factory=dict)
    groups: dict[str, Applied] = field(default_factory=dict)

    def policy(self, arn: str) -> Managed:
        found = self.managed.get(arn)
        if found is None:
            found = self.managed[arn] = Managed(arn, parsed(_default_version(self.walk.policies.get(arn)), DETAILS.via))
        return found

    def attached(self, item: Doc) -> tuple[Managed, ...]:
        return tuple(self.policy(str(one["PolicyArn"])) for one in item.get("AttachedManagedPolicies") or ())

    def boundary(self, item: Doc) -> Managed | None:
        arn = (item.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return self.policy(str(arn)) if arn else None

    def group(self, item: Doc) -> Applied:
        return Applied(inline(item.get("GroupPolicyList") or (), DETAILS.via), self.attached(item))

    def role(self, item: Doc) -> Applied:
        return Applied(inline(item.get("RolePolicyList") or (), DETAILS.via), self.attached(item), boundary=self.boundary(item))

    def user(self, item: Doc) -> Applied:
        names = [str(name) for name in item.get("GroupList") or ()]
        lost = [name for name in names if name not in self.groups]
        missing = Unknown(UnknownReason.UNRESOLVED_REFERENCE, DETAILS.via, "a group of the user is not in the answer") if lost else None
        return Applied(
            inline(item.get("UserPolicyList") or (), DETAILS.via),
            self.attached(item),
            tuple(self.groups[name] for name in names if name in self.groups),
            self.boundary(item),
            missing,
        )


def survey(caller: Caller) -> Iterator[Draft]:
    """Walks the authorization details to their end, then yields every principal and policy of the account."""
    walk = _Walk()
    for page in caller.pages(DETAILS):
        walk.take(page)
    index = _Index(walk)
    for item in walk.groups:
        index.groups[str(item["GroupName"])] = index.group(item)
    for item in walk.groups:
        # Groups cannot be tagged (IAM User Guide, "Tags for IAM resources").
        yield _draft(caller, Kind.GROUP, item, "GroupName", index.groups[str(item["GroupName"])], NO_TAGS)
    group_arns = {str(item["GroupName"]): str(item["Arn"]) for item in walk.groups}
    for item in walk.users:
        groups = tuple(group_arns[name] for name in item.get("GroupList") or () if name in group_arns)
        yield _draft(caller, Kind.USER, item, "UserName", index.user(item), _tags(item), groups)
    for item in walk.roles:
        if not str(item.get("Path", "")).startswith(_SERVICE_LINKED):
            yield _draft(caller, Kind.ROLE, item, "RoleName", index.role(item), _tags(item))
    for arn, item in walk.policies.items():
        if _AWS_ACCOUNT not in arn:
            # The details of a policy do not carry its tags, and nothing that is judged of a policy asks for them.
            tags = Unknown(UnknownReason.NOT_COLLECTED, DETAILS.via, "the tags of policies are not read")
            yield _draft(caller, Kind.POLICY, item, "PolicyName", Applied(attached=(index.policy(arn),)), tags)


def _draft(
    caller: Caller, kind: Kind, item: Doc, name: str, applied: Applied, tags: Maybe[Mapping[str, str]], groups: tuple[str, ...] = ()
) -> Draft:
    arn = str(item["Arn"])
    resource = Resource(
        arn, kind, f"iam.{kind.value}", "aws", caller.account, caller.region, str(item.get(name) or arn.rsplit("/", 1)[-1]), tags=tags
    )
    kept = {
        "applied": applied,
        "now": caller.now,
        "created": item.get("CreateDate"),
        "used": (item.get("RoleLastUsed") or {}).get("LastUsedDate"),
        "trust": item.get("AssumeRolePolicyDocument"),
        "groups": groups,
    }
    return Draft(resource, {DETAILS.operation: Known(kept, DETAILS.via)})


def _tags(item: Doc) -> Maybe[Mapping[str, str]]:
    return Known(tag_map(item.get("Tags") or ()), DETAILS.via)


def _default_version(policy: Doc | None) -> object:
    versions = (policy or {}).get("PolicyVersionList") or ()
    return next((one.get("Document") for one in versions if one.get("IsDefaultVersion")), None)


def _kept(draft: Draft) -> Doc:
    doc = draft.doc(DETAILS)
    return {} if isinstance(doc, Unknown) or doc.value is None else doc.value


def links(draft: Draft) -> tuple[Link, ...]:
    """Memberships, attachments, and what the policies that are written here let a principal read."""
    kept = _kept(draft)
    applied: Applied = kept["applied"]
    if draft.resource.kind is Kind.POLICY:
        return iam_applied.policy_links(applied.attached[0].policy)
    groups = tuple(Link(Rel.MEMBER_OF, arn) for arn in kept["groups"])
    lost = (Link(Rel.MEMBER_OF, "", applied.unresolved),) if applied.unresolved else ()
    return (*groups, *lost, *iam_applied.links(applied))


def facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a user, group, role or policy that its documents so far allow."""
    sheet = FactSheet()
    kept = _kept(draft)
    applied: Applied = kept["applied"]
    match draft.resource.kind:
        case Kind.POLICY:
            iam_applied.policy_facts(applied.attached[0].policy, DETAILS.via, sheet)
        case Kind.GROUP:
            iam_applied.privilege_facts(applied, DETAILS.via, sheet)
        case Kind.ROLE:
            iam_applied.privilege_facts(applied, DETAILS.via, sheet)
            _role_facts(draft, kept, sheet)
        case _:
            iam_applied.privilege_facts(applied, DETAILS.via, sheet)
            iam_report.user_facts(draft, kept["created"], kept["now"], sheet)
    return sheet.facts


def _role_facts(draft: Draft, kept: Doc, sheet: FactSheet) -> None:
    # Roles have no keys of their own: sessions get credentials that expire (IAM User Guide, "IAM roles").
    sheet.constant("credential.active_keys", 0, "IAM User Guide, IAM roles: a role has no long-lived keys")
    sheet.not_applicable("credential.oldest_key_days", "a role has no long-lived keys", DETAILS.via)
    last: datetime | None = kept["used"] or kept["created"]
    if last is None:
        sheet.put("credential.idle_days", Unknown(UnknownReason.API_ERROR, DETAILS.via, "the answer has no date of creation"))
    else:
        sheet.known("credential.idle_days", iam_report.days(kept["now"], last), DETAILS.via)
    trust = _trust(draft)
    if isinstance(trust, Unknown):
        sheet.put("access.external_principals", trust)
        sheet.put("access.external_conditioned", trust)
    else:
        resource_policy.put_audience(trust, sheet, Kind.ROLE)


def _trust(draft: Draft) -> Audience | Unknown:
    policy = parsed(_kept(draft)["trust"], DETAILS.via)
    if isinstance(policy, Unknown):
        return policy
    return audience_of(policy.value, account=draft.resource.account, via=DETAILS.via, data_actions=DATA_ACTIONS["sts"])


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of a role's trust policy, as evidence."""
    if draft.resource.kind is not Kind.ROLE:
        return ()
    return resource_policy.grants_of(parsed(_kept(draft)["trust"], DETAILS.via), DETAILS.via)


COLLECTOR = Collector("iam", (DETAILS, *iam_report.READS), survey, facts, links, grants, everywhere=True)
