"""What is left of one grant of a resource policy after its conditions and the policy's denials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import structs

from tierwise.access.condition import OWN, Clause, accounts_named, alternatives, demands, excludes, spares
from tierwise.access.document import UNDETERMINED, Statement
from tierwise.access.statement import (
    Grantee,
    Sort,
    can_be_anyone,
    covers_action,
    covers_resource,
    denies,
    grantee_of,
    grants,
    names_principal,
)
from tierwise.access.truth import NO, OPEN, YES, Truth, both, either, negate, truth


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What one statement gives one grantee, of the actions asked about."""

    granted: Truth = NO
    """Something is left."""
    world: Truth = NO
    """... for everyone: the principal is `*` and nothing binds it to named callers."""
    nameless: Truth = NO
    """... and not even credentials are needed."""
    with_credentials: Truth = NO
    """... for everyone who has credentials."""
    unconditioned: Truth = NO
    """... with no narrowing condition at all."""
    names: frozenset[str] = frozenset()
    """Accounts that certainly get in because a condition names them."""
    names_open: bool = False
    """Whether conditions may name others."""


def judge(statement: Statement, grantee: Grantee, denials: Sequence[Statement], wanted: Sequence[str], own: str) -> Outcome:
    """What a statement gives a grantee of the wanted actions, after every denial; `own` is the resource's account, if known."""
    result = Outcome()
    demanded = tuple(demands(condition) for condition in statement.conditions)
    barred = either(*(_shuts_out(clause, grantee, own) for clause in demanded))
    last: tuple[Truth, list[Clause]] | None = None
    for action, resource, named in grants(statement, wanted):
        dead, spared = _denied(denials, grantee, action, resource, own)
        granted = both(named, negate(barred), negate(dead))
        # Most pairs of a statement fare like the one before, and add nothing to it.
        if granted is not NO and last != (granted, spared):
            last = granted, spared
            result = _with(result, _pair(granted, grantee, demanded, tuple(spared), own))
    return result


def _pair(granted: Truth, grantee: Grantee, demanded: tuple[Clause, ...], spared: tuple[Clause, ...], own: str) -> Outcome:
    clauses = (*demanded, *spared)
    narrowed = either(*(one.narrows for one in clauses))
    signed = either(*(one.signed for one in clauses))
    world = both(granted, can_be_anyone(grantee), negate(narrowed))
    names, names_open = frozenset[str](), False
    if grantee.sort in (Sort.ANYONE, Sort.SERVICE, Sort.UNREAD):
        # A service acts for the accounts that its own grant names; a denial that spares some account names nobody that it acts for.
        naming = demanded if grantee.sort is Sort.SERVICE else clauses
        settled = granted is YES and not any(one.narrows is OPEN for one in naming) and grantee.sort is not Sort.UNREAD
        found = accounts_named(naming, own) - {OWN, own}
        names = found if settled and own else frozenset()
        names_open = bool(found - names) or any(one.narrows is OPEN for one in naming)
    return Outcome(
        granted=granted,
        world=world,
        nameless=both(world, negate(signed)),
        with_credentials=both(world, signed),
        unconditioned=both(granted, negate(either(narrowed, *(one.conditions for one in clauses)))),
        names=names,
        names_open=names_open,
    )


def _with(one: Outcome, other: Outcome) -> Outcome:
    return Outcome(
        granted=either(one.granted, other.granted),
        world=either(one.world, other.world),
        nameless=either(one.nameless, other.nameless),
        with_credentials=either(one.with_credentials, other.with_credentials),
        unconditioned=either(one.unconditioned, other.unconditioned),
        names=one.names | other.names,
        names_open=one.names_open or other.names_open,
    )


def _denied(denials: Sequence[Statement], grantee: Grantee, action: str, resource: str, own: str) -> tuple[Truth, list[Clause]]:
    """Whether denials take the grant away, and what they leave it bound to."""
    dead = NO
    spared: list[Clause] = []
    for denial in denials:
        cover = both(denies(denial), covers_action(denial, action), covers_resource(denial, resource))
        if cover is NO:
            continue
        exempt = tuple(_exempt(denial)) if can_be_anyone(grantee) is not NO else ()
        cover = both(cover, YES if exempt else names_principal(denial, grantee))
        if cover is NO:
            continue
        if not denial.conditions and not exempt:
            dead = either(dead, cover)
            continue
        clause = alternatives((*exempt, *(spares(condition) for condition in denial.conditions)))
        lasting = OPEN if any(UNDETERMINED in condition.operator for condition in denial.conditions) else NO
        dead = either(dead, both(cover, either(_shuts_out(clause, grantee, own), lasting)))
        spared.append(clause if cover is YES else _perhaps(clause))
    return dead, spared


def _exempt(denial: Statement) -> Iterator[Clause]:
    """A Deny with NotPrincipal spares those it names, so that it binds a grant to everyone to them."""
    for kind, value in denial.not_principals:
        one = grantee_of(kind, value)
        match one.sort:
            case Sort.ANYONE:
                yield Clause(NO, NO)
            case Sort.UNREAD:
                yield Clause(OPEN, OPEN, OPEN)
            case Sort.ACCOUNT:
                yield Clause(YES, YES, YES, frozenset({one.name}), bounded=True)
            case _:
                yield Clause(YES, YES, YES)


def _perhaps(clause: Clause) -> Clause:
    """The clause of a denial that may or may not reach the grant."""
    return structs.replace(
        clause,
        narrows=min(clause.narrows, OPEN),
        conditions=min(clause.conditions, OPEN),
        signed=min(clause.signed, OPEN),
        names=frozenset(),
        bounded=False,
    )


def _shuts_out(clause: Clause, grantee: Grantee, own: str) -> Truth:
    if grantee.sort is Sort.UNREAD:
        return OPEN if clause.narrows is not NO else NO
    if grantee.sort is not Sort.ACCOUNT:
        return NO
    if clause.narrows is OPEN or (clause.bounded and OWN in clause.names and not own):
        return OPEN
    return truth(excludes(clause, grantee.name, own))
