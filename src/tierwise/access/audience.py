"""Whom a resource policy, an ACL and shares let in: anyone, any account holder, named outsiders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import structs

from tierwise.access.actions import DATA_ACTIONS, DataActions
from tierwise.access.document import UNDETERMINED, Policy, Statement
from tierwise.access.grant import Outcome, judge
from tierwise.access.guard import organisation_restricted, signature_age_hours, source_restricted, tls_of
from tierwise.access.statement import Grantee, Sort, allows, denies, grantees
from tierwise.access.truth import NO, OPEN, UNDETERMINED_DETAIL, YES, Truth, as_fact, both, either, negate, of_fact
from tierwise.model.fact import NOWHERE, Fact, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant

__all__ = [
    "DATA_ACTIONS",
    "Audience",
    "DataActions",
    "Grant",
    "acl_audience",
    "audience_of",
    "closed",
    "combine",
    "organisation_restricted",
    "restrict_policy",
    "signature_age_hours",
    "source_restricted",
    "tls_of",
    "unread",
    "unread_acl",
]

ANYONE: Final = "*"
_GROUPS: Final = "http://acs.amazonaws.com/groups/"
_ALL_USERS: Final = _GROUPS + "global/AllUsers"
_ALL_ACCOUNTS: Final = _GROUPS + "global/AuthenticatedUsers"
_AWS_CANONICAL: Final = frozenset({"c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"})
"""`awslogsdelivery`. Source: CloudFront Developer Guide, standard logging, "Permissions required"."""


class Audience(msgspec.Struct, frozen=True, gc=False):
    """Whom a store's policies let in. A public grant counts as anonymous alone, not as any-authenticated too."""

    anonymous_read: Maybe[bool]
    anonymous_write: Maybe[bool]
    any_authenticated: Maybe[bool]
    external: Known[frozenset[str]] | Unknown
    external_conditioned: Fact[bool]
    grants: tuple[Grant, ...] = ()
    """What is left of each Allow, for each principal; evidence beside the facts."""
    world: Truth = NO
    """Whether some grant, of whatever action, reaches everyone: what S3 calls a public policy."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What one statement does for one grantee."""

    grants: tuple[Grant, ...]
    world: Truth
    anonymous_read: Truth
    anonymous_write: Truth
    any_authenticated: Truth
    certain: frozenset[str]
    possible: frozenset[str]
    nameless_possible: bool
    """Whether others, not known by name yet, may get in."""
    unconditioned: Truth


def audience_of(policy: Policy, *, account: str, via: Provenance, data_actions: DataActions) -> Audience:
    """Whom a resource policy lets in. `account` is the resource's own, empty where it is not known."""
    denials = tuple(one for one in policy.statements if denies(one) is not NO)
    found: list[_Found] = []
    for statement in policy.statements:
        if allows(statement) is NO:
            continue
        for grantee in grantees(statement):
            reads, writes, whatever = (
                judge(statement, grantee, denials, wanted, account) for wanted in (data_actions.read, data_actions.write, (ANYONE,))
            )
            grant = _evidence(statement, grantee, via) if whatever.granted is not NO else ()
            found.append(_found(grantee, grant, (reads, writes, whatever), account, signed=data_actions.signed))
    return _audience(found, via, known_account=bool(account))


def _found(grantee: Grantee, grants: tuple[Grant, ...], outcomes: tuple[Outcome, Outcome, Outcome], own: str, *, signed: bool) -> _Found:
    reads, writes, whatever = outcomes
    outsider = _outsider(grantee, own)
    member = both(outsider, whatever.world if grantee.sort is Sort.ANYONE else whatever.granted)
    name = frozenset({grantee.name}) if grantee.sort is not Sort.UNREAD else frozenset[str]()
    return _Found(
        grants=grants,
        world=whatever.world,
        anonymous_read=NO if signed else reads.nameless,
        anonymous_write=NO if signed else writes.nameless,
        any_authenticated=either(reads.world, writes.world) if signed else either(reads.with_credentials, writes.with_credentials),
        certain=(name if member is YES else frozenset()) | whatever.names,
        possible=name if member is OPEN else frozenset(),
        nameless_possible=whatever.names_open or (member is OPEN and not name),
        unconditioned=both(outsider, whatever.unconditioned),
    )


def _evidence(statement: Statement, grantee: Grantee, via: Provenance) -> tuple[Grant, ...]:
    actions = statement.actions or tuple(f"all but {one}" for one in statement.not_actions)
    resources = statement.resources or tuple(f"all but {one}" for one in statement.not_resources)
    return (
        Grant(
            grantee.text.replace(UNDETERMINED, "(known after apply)"), actions, resources, conditioned=bool(statement.conditions), via=via
        ),
    )


def _outsider(grantee: Grantee, own: str) -> Truth:
    match grantee.sort:
        case Sort.ANYONE | Sort.PROVIDER | Sort.CANONICAL:
            return YES
        case Sort.ACCOUNT:
            return NO if grantee.name == own else YES if own else OPEN
        case Sort.UNREAD:
            return OPEN
        case Sort.SERVICE | Sort.NOBODY:
            return NO


def _audience(found: Sequence[_Found], via: Provenance, *, known_account: bool) -> Audience:
    certain = frozenset[str]().union(*(one.certain for one in found))
    possible = frozenset[str]().union(*(one.possible for one in found)) - certain
    settled = not possible and not any(one.nameless_possible for one in found)
    external: Known[frozenset[str]] | Unknown = Known(certain, via)
    if not settled and not known_account:
        detail = "the resource's own account is not known, so its own principals cannot be told from others"
        external = Unknown(UnknownReason.UNRESOLVED_REFERENCE, via, detail, includes=certain)
    elif not settled:
        external = Unknown(UnknownReason.KNOWN_AFTER_APPLY, via, UNDETERMINED_DETAIL, includes=certain)
    return Audience(
        anonymous_read=as_fact(either(*(one.anonymous_read for one in found)), via),
        anonymous_write=as_fact(either(*(one.anonymous_write for one in found)), via),
        any_authenticated=as_fact(either(*(one.any_authenticated for one in found)), via),
        external=external,
        external_conditioned=_conditioned(external, negate(either(*(one.unconditioned for one in found))), via),
        grants=tuple(grant for one in found for grant in one.grants),
        world=either(*(one.world for one in found)),
    )


def _conditioned(external: Known[frozenset[str]] | Unknown, conditioned: Truth, via: Provenance) -> Fact[bool]:
    if isinstance(external, Known) and not external.value:
        return NotApplicable("nobody outside the account is let in", via)
    if isinstance(external, Unknown) and not external.includes and conditioned is YES:
        # True or not applicable, and which of them depends on what is not known.
        return external
    return as_fact(conditioned, via)


def closed(via: Provenance = NOWHERE) -> Audience:
    """The audience of a resource without a policy: nobody by policy."""
    no = Known(False, via)
    return Audience(no, no, no, Known(frozenset(), via), NotApplicable("nobody outside the account is let in", via))


def unread(why: Unknown) -> Audience:
    """The audience of a resource whose policy could not be read."""
    return Audience(why, why, why, why, why, world=OPEN)


def unread_acl(why: Unknown, ignore_public: Maybe[bool]) -> Audience:
    """The audience of an ACL that could not be read: where public grants are ignored it opens nothing to everyone, whatever it says."""
    if isinstance(ignore_public, Known) and ignore_public.value:
        no = Known(False, ignore_public.via)
        return Audience(no, no, no, why, why)
    return unread(why)


def combine(*audiences: Audience) -> Audience:
    """The audience of policy, ACL and shares together: whoever any of them lets in."""
    if not audiences:
        return closed()
    external = _union([one.external for one in audiences])
    conditioned = [one.external_conditioned for one in audiences]
    return Audience(
        anonymous_read=_or(one.anonymous_read for one in audiences),
        anonymous_write=_or(one.anonymous_write for one in audiences),
        any_authenticated=_or(one.any_authenticated for one in audiences),
        external=external,
        external_conditioned=_all(conditioned),
        grants=tuple(grant for one in audiences for grant in one.grants),
        world=either(*(one.world for one in audiences)),
    )


def _or(parts: Iterable[Maybe[bool]]) -> Maybe[bool]:
    facts = tuple(parts)
    return max(facts, key=of_fact)


def _union(parts: Sequence[Known[frozenset[str]] | Unknown]) -> Known[frozenset[str]] | Unknown:
    members = frozenset[str]().union(*(one.value if isinstance(one, Known) else one.includes for one in parts))
    for one in parts:
        if isinstance(one, Unknown):
            return one.including(members)
    return Known(members, next((one.via for one in parts if isinstance(one, Known) and one.value), parts[0].via))


def _all(parts: Sequence[Fact[bool]]) -> Fact[bool]:
    applicable = [one for one in parts if not isinstance(one, NotApplicable)]
    return min(applicable, key=of_fact) if applicable else parts[0]


def restrict_policy(audience: Audience, restrict_public_buckets: Maybe[bool]) -> Audience:
    """A bucket policy's audience under RestrictPublicBuckets: a public policy then lets in only the own account and AWS services.

    "Public and cross-account access within any public bucket policy, including non-public delegation to specific accounts, is blocked."
    Source: Amazon S3 API Reference, PublicAccessBlockConfiguration.
    """
    if isinstance(restrict_public_buckets, Unknown):
        return _either_way(audience, restrict_policy(audience, Known(True, restrict_public_buckets.via)), restrict_public_buckets)
    if not restrict_public_buckets.value:
        return audience
    via = restrict_public_buckets.via
    if audience.world is NO:
        return audience
    nobody = closed(via)
    if audience.world is YES:
        return structs.replace(nobody, grants=audience.grants)
    left = _members(audience.external) - {ANYONE}
    outsiders = audience.external.including(left) if isinstance(audience.external, Unknown) else Known(left, via)
    without = structs.replace(nobody, external=outsiders, external_conditioned=audience.external_conditioned)
    why = (
        audience.external if isinstance(audience.external, Unknown) else Unknown(UnknownReason.KNOWN_AFTER_APPLY, via, UNDETERMINED_DETAIL)
    )
    return structs.replace(_either_way(without, nobody, why), grants=audience.grants)


def _members(external: Known[frozenset[str]] | Unknown) -> frozenset[str]:
    return external.value if isinstance(external, Known) else external.includes


def _either_way(one: Audience, other: Audience, why: Unknown) -> Audience:
    """What holds whichever of two audiences is the real one."""

    def same(left: Maybe[bool], right: Maybe[bool]) -> Maybe[bool]:
        return left if of_fact(left) is of_fact(right) else why.including(frozenset())

    external: Known[frozenset[str]] | Unknown = one.external
    conditioned = one.external_conditioned
    known_alike = isinstance(one.external, Known) and isinstance(other.external, Known) and one.external.value == other.external.value
    if not known_alike and one.external != other.external:
        external = why.including(_members(one.external) & _members(other.external))
        conditioned = why.including(frozenset())
    return Audience(
        same(one.anonymous_read, other.anonymous_read),
        same(one.anonymous_write, other.anonymous_write),
        same(one.any_authenticated, other.any_authenticated),
        external,
        conditioned,
        one.grants,
        one.world if one.world is other.world else OPEN,
    )


def conditioned(audience: Audience) -> Fact[bool]:
    """`access.external_conditioned`; not applicable where everyone is let in, which is judged as such and not once more as sharing."""
    for everyone in (audience.anonymous_read, audience.anonymous_write):
        if isinstance(everyone, Known) and everyone.value:
            return NotApplicable("it is open to everyone", everyone.via)
    return audience.external_conditioned


def acl_audience(grants: Sequence[Mapping[str, object]], *, owner_id: str, ignore_public: bool | Maybe[bool], via: Provenance) -> Audience:
    """Whom the grants of GetBucketAcl let in; `ignore_public` is the effective IgnorePublicAcls."""
    if isinstance(ignore_public, Unknown):
        kept, ignored = (acl_audience(grants, owner_id=owner_id, ignore_public=flag, via=via) for flag in (False, True))
        return _either_way(kept, ignored, ignore_public)
    ignored_public = ignore_public.value if isinstance(ignore_public, Known) else ignore_public
    found = [_acl_grant(one) for one in grants]
    kept_grants = [
        (who, permission)
        for who, permission in found
        if who not in ("", owner_id) and not (ignored_public and who in (_ALL_USERS, _ALL_ACCOUNTS))
    ]
    outsiders = frozenset(ANYONE if who in (_ALL_USERS, _ALL_ACCOUNTS) else who for who, _ in kept_grants)

    def given(who: str, *permissions: str) -> Known[bool]:
        return Known(any(one == who and permission in permissions for one, permission in kept_grants), via)

    return Audience(
        anonymous_read=given(_ALL_USERS, "READ", "FULL_CONTROL"),
        anonymous_write=given(_ALL_USERS, "WRITE", "WRITE_ACP", "FULL_CONTROL"),
        any_authenticated=given(_ALL_ACCOUNTS, "READ", "WRITE", "WRITE_ACP", "FULL_CONTROL"),
        external=Known(outsiders, via),
        external_conditioned=Known(False, via) if outsiders else NotApplicable("nobody outside the account is let in", via),
        grants=tuple(Grant(who, (permission,), (), via=via) for who, permission in kept_grants),
        world=YES if ANYONE in outsiders else NO,
    )


def _acl_grant(grant: Mapping[str, object]) -> tuple[str, str]:
    """Who and which permission; an empty who for AWS's own log delivery."""
    raw = grant.get("Grantee")
    grantee = raw if isinstance(raw, Mapping) else {}
    who = str(grantee.get("URI") or grantee.get("ID") or grantee.get("EmailAddress") or "")
    own_service = who in _AWS_CANONICAL or (who.startswith(_GROUPS) and who not in (_ALL_USERS, _ALL_ACCOUNTS))
    return "" if own_service else who, str(grant.get("Permission", ""))
