"""What one statement grants or denies: its principals, actions and resources held against those that are asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec

from tierwise.access.document import UNDETERMINED, Statement
from tierwise.access.pattern import arn_parts, covers, is_wild, matches_everything, overlaps
from tierwise.access.truth import NO, OPEN, YES, Truth, any_of, both, negate, truth

_ACCOUNT: Final = re.compile(r"\d{12}")
_OBJECT_ACTIONS: Final = frozenset({"s3:replicatedelete", "s3:replicatetags", "s3:initiatereplication", "s3:bypassgovernanceretention"})


class Sort(StrEnum):
    """What a principal is."""

    ANYONE = "anyone"
    ACCOUNT = "account"
    PROVIDER = "provider"
    CANONICAL = "canonical"
    SERVICE = "service"
    NOBODY = "nobody"
    UNREAD = "unread"


class Grantee(msgspec.Struct, frozen=True, gc=False):
    """A principal as a statement names it."""

    sort: Sort
    name: str
    """Account id, provider's host, canonical id, service, or `*`."""
    text: str
    """As written."""


def grantees(statement: Statement) -> tuple[Grantee, ...]:
    """Whom a statement names. An Allow with NotPrincipal names everyone; a missing Principal names nobody."""
    if statement.not_principals:
        return (Grantee(Sort.ANYONE, "*", "*"),)
    return tuple(grantee_of(kind, value) for kind, value in statement.principals or ())


def grantee_of(kind: str, value: str) -> Grantee:
    """What a principal element's value stands for."""
    if value == "*":
        return Grantee(Sort.ANYONE, "*", value)
    if value == UNDETERMINED and kind != "Service":
        return Grantee(Sort.UNREAD, value, value)
    match kind:
        case "Service":
            return Grantee(Sort.SERVICE, value, value)
        case "CanonicalUser":
            return Grantee(Sort.CANONICAL, value, value)
        case "Federated":
            return _provider(value)
        case _:
            return _account(value)


def _provider(value: str) -> Grantee:
    if ":saml-provider/" in value:
        # NOTE: a trust policy can only name a SAML provider of its own account, so that it is no outsider.
        return Grantee(Sort.NOBODY, value, value)
    host = value.partition(":oidc-provider/")[2] or value
    return Grantee(Sort.UNREAD if UNDETERMINED in host else Sort.PROVIDER, host, value)


def _account(value: str) -> Grantee:
    if _ACCOUNT.fullmatch(value):
        return Grantee(Sort.ACCOUNT, value, value)
    parts = arn_parts(value)
    if parts is None:
        # NOTE: a unique id (AIDA..., AROA...) is what IAM leaves in place of a deleted user or role: it lets nobody in.
        return Grantee(Sort.UNREAD if UNDETERMINED in value else Sort.NOBODY, value, value)
    account = parts[2]
    if _ACCOUNT.fullmatch(account):
        return Grantee(Sort.ACCOUNT, account, value)
    if UNDETERMINED in account:
        return Grantee(Sort.UNREAD, value, value)
    return Grantee(Sort.ANYONE, "*", value) if is_wild(account) else Grantee(Sort.NOBODY, value, value)


def can_be_anyone(grantee: Grantee) -> Truth:
    """Whether the principal is `*`; a value that is only partly unknown cannot be."""
    if grantee.sort is Sort.ANYONE:
        return YES
    return OPEN if grantee.sort is Sort.UNREAD and grantee.text == UNDETERMINED else NO


def allows(statement: Statement) -> Truth:
    """Whether the statement is an Allow."""
    return OPEN if statement.effect == UNDETERMINED else truth(statement.effect == "Allow")


def denies(statement: Statement) -> Truth:
    """Whether the statement is a Deny."""
    return negate(allows(statement))


def denies_everyone(statement: Statement) -> Truth:
    """Whether the statement's principals are all callers."""
    if statement.principals is None:
        return NO
    return any_of(can_be_anyone(grantee_of(kind, value)) for kind, value in statement.principals if kind == "AWS")


def names_principal(statement: Statement, grantee: Grantee) -> Truth:
    """Whether a Deny's principals take in all that a grantee stands for."""
    if statement.not_principals:
        spared = any_of(_stands_for(kind, value, grantee, partly=True) for kind, value in statement.not_principals)
        return negate(spared)
    found = any_of(_stands_for(kind, value, grantee, partly=False) for kind, value in statement.principals or ())
    return found if grantee.sort is not Sort.UNREAD else min(found, YES if denies_everyone(statement) is YES else OPEN)


def _stands_for(kind: str, value: str, grantee: Grantee, *, partly: bool) -> Truth:
    """Whether a principal value takes in a grantee; `partly`: or any part of it."""
    if grantee.sort is Sort.UNREAD:
        return YES if value == "*" else OPEN
    other = grantee_of(kind, value)
    match other.sort:
        case Sort.ANYONE:
            return YES
        case Sort.UNREAD:
            return NO if grantee.sort is Sort.ANYONE and not partly and other.text != UNDETERMINED else OPEN
        case Sort.ACCOUNT if grantee.sort is Sort.ACCOUNT and other.name == grantee.name:
            whole = value == other.name or value.endswith(":root")
            return truth(partly or whole or value == grantee.text)
        case _:
            return truth(value == grantee.text)


def granted_actions(statement: Statement, wanted: Sequence[str]) -> tuple[tuple[str, Truth], ...]:
    """The wanted actions (or the narrower patterns of the statement) that a statement names, lower-cased."""
    return _granted(statement.actions, statement.not_actions, statement.undetermined, tuple(wanted))


@lru_cache(maxsize=4096)
def _granted(
    actions: tuple[str, ...], not_actions: tuple[str, ...], undetermined: frozenset[str], wanted: tuple[str, ...]
) -> tuple[tuple[str, Truth], ...]:
    """The same; the statements of a configuration name few different sets of actions."""
    named = tuple(action.lower() for action in actions)
    barred = tuple(action.lower() for action in not_actions)
    found: list[tuple[str, Truth]] = []
    for raw in wanted:
        want = raw.lower()
        if barred or "NotAction" in undetermined:
            if not any(covers(one, want) for one in barred):
                found.append((want, OPEN if "NotAction" in undetermined else YES))
            continue
        if any(covers(one, want) for one in named):
            found.append((want, YES))
        else:
            found += ((one if covers(want, one) else want, YES) for one in named if overlaps(one, want))
        if "Action" in undetermined:
            found.append((want, OPEN))
    return tuple(found)


def covers_action(statement: Statement, action: str) -> Truth:
    """Whether a statement takes in the whole of an action or pattern (lower case)."""
    if statement.not_actions or "NotAction" in statement.undetermined:
        if any(overlaps(one.lower(), action) for one in statement.not_actions):
            return NO
        return OPEN if "NotAction" in statement.undetermined else YES
    if any(covers(one.lower(), action) for one in statement.actions):
        return YES
    return OPEN if "Action" in statement.undetermined else NO


def granted_resources(statement: Statement) -> tuple[str, ...]:
    """The resource patterns that a statement names; `*` where it names none or all but some; the marker for what is not known."""
    unread = (UNDETERMINED,) if "Resource" in statement.undetermined else ()
    return (*statement.resources, *unread) or ("*",)


def covers_resource(statement: Statement, resource: str) -> Truth:
    """Whether a statement takes in the whole of a resource pattern."""
    if statement.not_resources or "NotResource" in statement.undetermined:
        if resource == UNDETERMINED:
            return NO if any(matches_everything(one) for one in statement.not_resources) else OPEN
        if any(overlaps(one, resource) for one in statement.not_resources):
            return NO
        return OPEN if "NotResource" in statement.undetermined else YES
    if not statement.resources and "Resource" not in statement.undetermined:
        return YES
    if resource == UNDETERMINED:
        return YES if any(matches_everything(one) for one in statement.resources) else OPEN
    if any(covers(one, resource) for one in statement.resources):
        return YES
    return OPEN if "Resource" in statement.undetermined else NO


def grants(statement: Statement, wanted: Sequence[str]) -> tuple[tuple[str, str, Truth], ...]:
    """The pairs of action and resource that a statement names, where the action applies to the resource."""
    effect = allows(statement)
    actions = granted_actions(statement, wanted) if effect is not NO else ()
    resources = granted_resources(statement)
    all_pairs = tuple((action, resource, both(effect, named)) for action, named in actions for resource in resources)
    if not any(action.startswith("s3:") for action, _ in actions):
        return all_pairs
    # AWS refuses a statement none of whose actions applies to any of its resources, so that nothing is left out of such a one.
    level = _levels(statement)
    read = "Resource" not in statement.undetermined
    if read and len(level) == 1 and not any(_applies(one, resource) for one in level for resource in statement.resources):
        return all_pairs
    return tuple((action, resource, both(named, _fits(action, resource, level))) for action, resource, named in all_pairs)


def _fits(action: str, resource: str, level: frozenset[str]) -> Truth:
    if resource == UNDETERMINED:
        # A statement on one level alone fits whatever it names; `s3:Get*` may name objects or the bucket.
        return YES if level in (frozenset({"object"}), frozenset({"bucket"})) or s3_level(action) == "both" else OPEN
    return truth(_applies(s3_level(action), resource))


def _levels(statement: Statement) -> frozenset[str]:
    if statement.not_actions or statement.undetermined & {"Action", "NotAction"}:
        return frozenset({"both", "object", "bucket"})
    return frozenset(s3_level(action.lower()) for action in statement.actions)


def s3_level(action: str) -> str:
    """Whether an S3 action is on objects or on the bucket; a pattern may be on both."""
    if is_wild(action) or not action.startswith("s3:"):
        return "both"
    on_objects = ("object" in action or "multipart" in action) and "bucket" not in action
    return "object" if on_objects or action in _OBJECT_ACTIONS else "bucket"


def _applies(level: str, resource: str) -> bool:
    name = resource.partition(":::")[2]
    if level == "both" or not name:
        return True
    if "/" in name:
        return level == "object"
    return level == "bucket" or is_wild(name)
