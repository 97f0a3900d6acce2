"""Whether the organisation keeps an account's administrators from lifting its block of public access."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from tierwise.access.document import PolicyError, parse_policy
from tierwise.access.statement import covers_action, covers_resource
from tierwise.access.truth import NO, YES
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.listed import whole_by
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc, Draft, Stage, field_of
from tierwise.model.fact import AnyFact, Known, Maybe, Unknown, UnknownReason

LOCKED: Final = "account.public_block_locked"
_LIFT: Final = "s3:putaccountpublicaccessblock"
"""The one action that changes and removes the account's block (Service Authorization Reference, Amazon S3)."""
_FACTS: Final = frozenset({LOCKED})
_DEPTH: Final = 8
"""Organisations nest organisational units five deep (Organizations User Guide, "Quotas"); the bound stops a loop in a broken answer."""


def _look(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    """The organisation, and what it lays on the account: `{management, effective, documents}`."""
    answer = organisation(caller)
    if isinstance(answer, Unknown) or answer.value is None:
        return answer
    management = str((answer.value.get("Organization") or {}).get("MasterAccountId", ""))
    if management == caller.account:
        return Known({"management": True}, ORGANISATION.via)
    effective = caller.ask(EFFECTIVE, PolicyType="S3_POLICY", TargetId=caller.account)
    return Known({"management": False, "effective": effective, "documents": documents(caller, "SERVICE_CONTROL_POLICY")}, ORGANISATION.via)


def organisation(caller: Caller) -> Maybe[Doc | None]:
    """The organisation that the account is in; None where it is in none."""
    return caller.once_above(ORGANISATION.operation, lambda: caller.ask(ORGANISATION))


def documents(caller: Caller, kind: str) -> Maybe[tuple[str, ...]]:
    """The policies of a kind over the account, its organisational units and the root; AWS's own ones deny nothing and are left out."""
    found: dict[str, None] = {}
    for target in _targets(caller):
        if isinstance(target, Unknown):
            return target
        attached = _listed(caller, ATTACHED, "Policies", TargetId=target, Filter=kind)
        if isinstance(attached, Unknown):
            return attached
        for item in attached.value:
            if not item.get("AwsManaged"):
                found[str(item["Id"])] = None
    texts: list[str] = []
    for policy in found:
        answer = caller.once_above(f"{DOCUMENT.operation}/{policy}", partial(caller.ask, DOCUMENT, PolicyId=policy))
        text = field_of(answer, "Policy", "Content", absent="")
        if isinstance(text, Unknown):
            return text
        texts.append(str(text.value))
    return Known(tuple(texts), DOCUMENT.via)


def _targets(caller: Caller) -> Iterator[str | Unknown]:
    """The account, and what it lies in from there up; why it is not known where the way ends."""
    target = caller.account
    for _ in range(_DEPTH):
        yield target
        parents = _listed(caller, PARENTS, "Parents", ChildId=target)
        if isinstance(parents, Unknown):
            yield parents
            return
        target = next((str(item["Id"]) for item in parents.value), "")
        if target.startswith("r-") or not target:
            break
    if target:
        yield target


def _listed(caller: Caller, read: Read, key: str, **asked: str) -> Maybe[list[Doc]]:
    """All items of a listing that others who lie below the same unit ask for too."""
    found = whole_by(caller.once_above, caller, read, key, asked)
    return found if isinstance(found, Unknown) else Known(list((found.value or {}).get(key) or ()), read.via)


ORGANISATION = Read(
    "organizations",
    "DescribeOrganization",
    "organizations:DescribeOrganization",
    Stage.DETAIL,
    _FACTS,
    absent=frozenset({"AWSOrganizationsNotInUseException"}),
    make=_look,
)
EFFECTIVE = Read(
    "organizations",
    "DescribeEffectivePolicy",
    "organizations:DescribeEffectivePolicy",
    Stage.DETAIL,
    _FACTS,
    absent=frozenset({"EffectivePolicyNotFoundException"}),
)
PARENTS = Read("organizations", "ListParents", "organizations:ListParents", Stage.DETAIL, _FACTS)
ATTACHED = Read("organizations", "ListPoliciesForTarget", "organizations:ListPoliciesForTarget", Stage.DETAIL, _FACTS)
DOCUMENT = Read("organizations", "DescribePolicy", "organizations:DescribePolicy", Stage.DETAIL, _FACTS)
READS: Final = (ORGANISATION, EFFECTIVE, PARENTS, ATTACHED, DOCUMENT)


def locked(draft: Draft) -> AnyFact:
    """Known true where an S3 policy of the organisation or an unconditional denial settles it; false where nothing stands above the account."""
    look = draft.doc(ORGANISATION)
    if isinstance(look, Unknown):
        return look
    if look.value is None or look.value["management"]:
        return Known(False, ORGANISATION.via)
    by_policy = _by_s3_policy(look.value["effective"])
    if by_policy == Known(True, EFFECTIVE.via):
        return by_policy
    by_denial = _by_denial(look.value["documents"])
    if isinstance(by_denial, Known) and by_denial.value:
        return by_denial
    return by_denial if isinstance(by_denial, Unknown) else by_policy


def _by_s3_policy(effective: Maybe[Doc | None]) -> Maybe[bool]:
    # While an S3 policy is in force, the account's own settings are taken from it and cannot be changed (S3 User Guide,
    # "Configuring block public access settings for your account"). The effective policy has no `@@assign` around its values.
    text = field_of(effective, "EffectivePolicy", "PolicyContent", absent="")
    if isinstance(text, Unknown):
        return text
    try:
        content = json.loads(text.value or "{}")
    except ValueError:
        return Unknown(UnknownReason.UNPARSABLE, EFFECTIVE.via, "the effective S3 policy is not JSON")
    found = content.get("s3_attributes") if isinstance(content, Mapping) else None
    return Known(isinstance(found, Mapping) and found.get("public_access_block_configuration") == "all", EFFECTIVE.via)


def _by_denial(documents: Maybe[tuple[str, ...]]) -> Maybe[bool]:
    if isinstance(documents, Unknown):
        return documents
    conditioned = False
    for text in documents.value:
        try:
            policy = parse_policy(text)
        except PolicyError as error:
            return Unknown(UnknownReason.UNPARSABLE, DOCUMENT.via, str(error))
        for statement in policy.statements:
            if statement.effect != "Deny" or covers_action(statement, _LIFT) is NO or covers_resource(statement, "*") is not YES:
                continue
            if not statement.conditions:
                return Known(True, DOCUMENT.via)
            conditioned = True
    if conditioned:
        return Unknown(
            UnknownReason.NOT_SUPPORTED, DOCUMENT.via, "a service control policy denies it under a condition, which is not evaluated"
        )
    return Known(False, DOCUMENT.via)
