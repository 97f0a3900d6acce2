"""What identity policies let a principal do: everything, more than it was given, all data, or the data of named stores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Final

import msgspec

from tierwise.access.actions import DATA_PLANE, DATA_READS, ESCALATION_OVER_ONE, ESCALATION_PATHS
from tierwise.access.bounds import binds, spares_only_bound
from tierwise.access.document import UNDETERMINED, Policy, Statement
from tierwise.access.pattern import covers, is_whole_service, is_wild, matches_everything, overlaps, widen_variables
from tierwise.access.statement import allows, covers_action, covers_resource, denies, granted_actions, granted_resources
from tierwise.access.truth import NO, OPEN, YES, Truth, any_of, as_fact, both, either, negate, truth
from tierwise.model.fact import Fact, Maybe, NotApplicable, Provenance

_EVERYTHING: Final = "*:*"
_WHEN_AND_WHERE: Final = (
    "iam:passedtoservice",
    "aws:multifactorauth",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:sourceip",
    "aws:currenttime",
    "aws:tokenissuetime",
    "aws:viaawsservice",
)
"""Conditions that say when or from where, not on what: an escalation path stays one under them."""
_DATA_ACTIONS: Final = tuple(action for actions in DATA_PLANE.values() for action in actions)


class Privilege(msgspec.Struct, frozen=True, gc=False):
    """What a principal's policies together allow; permission boundaries and organisation policies are not looked at."""

    admin: Maybe[bool]
    escalation: Maybe[bool]
    wildcard_data_actions: Maybe[bool]
    wildcard_data_resources: Maybe[bool]
    condition_bound: Fact[bool]


class _Sheet(msgspec.Struct, frozen=True, gc=False):
    """The statements of all policies, apart by what they may be."""

    allowing: tuple[Statement, ...]
    denying: tuple[Statement, ...]


def privilege_of(policies: Sequence[Policy], *, via: Provenance) -> Privilege:
    """The privileges that identity policies give together."""
    sheet = _sheet(policies)
    wide = _wide(sheet)
    admin = any_of(_admin(sheet, one) for one in sheet.allowing)
    return Privilege(
        admin=as_fact(admin, via),
        escalation=as_fact(admin if admin is YES else either(admin, _escalates(wide), _escalates_over_one(sheet)), via),
        wildcard_data_actions=as_fact(any_of(_wildcard_actions(sheet, one) for one in sheet.allowing), via),
        wildcard_data_resources=as_fact(
            any_of(both(left, _is_whole(resource)) for _, _, resource, left in _grants(wide, _data_actions)),
            via,
        ),
        condition_bound=_condition_bound(sheet, via),
    )


def readable(policies: Sequence[Policy], arns: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The ARNs, given as (service, ARN), of stores whose data the policies certainly allow reading; conditions are taken to be met."""
    return tuple(arn for arn, reads in _reads(policies, arns) if reads is YES)


def perhaps_readable(policies: Sequence[Policy], arns: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The ARNs of stores of which it is not known yet whether the policies allow reading them."""
    return tuple(arn for arn, reads in _reads(policies, arns) if reads is OPEN)


def allows_everywhere(policies: Sequence[Policy], action: str) -> Truth:
    """Whether policies allow an action on everything, under whatever condition."""
    return any_of(both(left, _is_whole(resource)) for _, _, resource, left in _grants(_wide(_sheet(policies)), lambda _: (action,)))


def _sheet(policies: Sequence[Policy]) -> _Sheet:
    statements = [one for policy in policies for one in policy.statements]
    return _Sheet(tuple(one for one in statements if allows(one) is not NO), tuple(one for one in statements if denies(one) is not NO))


def _unconditional(statement: Statement) -> Truth:
    if any(UNDETERMINED in one.operator for one in statement.conditions):
        return OPEN
    return truth(not statement.conditions)


def _denied(sheet: _Sheet, action: str, resource: str) -> Truth:
    """Whether a Deny without condition takes away the whole of an action on the whole of a resource."""
    return any_of(
        both(denies(one), _unconditional(one), covers_action(one, action), covers_resource(one, resource)) for one in sheet.denying
    )


def _is_whole(resource: str) -> Truth:
    return OPEN if resource == UNDETERMINED else truth(is_whole_service(resource))


def _grants(sheet: _Sheet, wanted: Callable[[Statement], Sequence[str]]) -> Iterator[tuple[Statement, str, str, Truth]]:
    """Statement, action, resource and what is left of the grant after the denials, for each pair that a statement names."""
    for statement in sheet.allowing:
        for action, named in granted_actions(statement, wanted(statement)):
            for resource in granted_resources(statement):
                left = both(allows(statement), named, negate(_denied(sheet, action, resource)))
                if left is not NO:
                    yield statement, action, resource, left


def _data_actions(statement: Statement) -> tuple[str, ...]:
    """The data-plane actions of the services that a statement speaks of."""
    services = {action.partition(":")[0].lower() for action in statement.actions}
    if statement.not_actions or statement.undetermined & {"Action", "NotAction"} or any(is_wild(one) for one in services):
        return _DATA_ACTIONS
    return tuple(action for service in sorted(services) for action in DATA_PLANE.get(service, ()))


def _wide(sheet: _Sheet) -> _Sheet:
    """Without the statements whose resources are all named."""
    wide = (one for one in sheet.allowing if any(_is_whole(resource) is not NO for resource in granted_resources(one)))
    return _Sheet(tuple(wide), sheet.denying)


def _admin(sheet: _Sheet, statement: Statement) -> Truth:
    """Every action on every resource without condition; a NotAction that spares IAM's actions is as much, for IAM gives the rest."""
    named = any_of(held for action, held in granted_actions(statement, (_EVERYTHING,)) if action == _EVERYTHING)
    if any(overlaps(one.lower(), "iam:*") for one in statement.not_actions):
        return NO
    return any_of(
        both(
            allows(statement),
            named,
            _unconditional(statement),
            OPEN if resource == UNDETERMINED else truth(matches_everything(resource)),
            negate(either(_denied(sheet, _EVERYTHING, resource), _denied(sheet, "iam:*", resource))),
        )
        for resource in granted_resources(statement)
    )


def _escalates(wide: _Sheet) -> Truth:
    """Whether all actions of an escalation path are held; given the statements on everything."""
    if not wide.allowing:
        return NO
    held = cache(partial(_held_everywhere, wide))
    return any_of(both(*map(held, path)) for path in ESCALATION_PATHS)


def _escalates_over_one(sheet: _Sheet) -> Truth:
    """Whether one named role or user may be given any policy and also be entered."""
    named = [one for one in sheet.allowing if any(":iam::" in resource for resource in granted_resources(one))]
    if not named:
        return NO
    return any_of(
        both(_held_on(sheet, change, resource), any_of(_held_on(sheet, enter, resource) for enter in enters))
        for kind, change, enters in ESCALATION_OVER_ONE
        for resource in {resource for one in named for resource in granted_resources(one)}
        if ":iam::" in resource and overlaps(resource, kind)
    )


def _held_on(sheet: _Sheet, action: str, resource: str) -> Truth:
    return any_of(
        both(left, negate(_denied(sheet, action, resource)), _only_when_and_where(statement))
        for statement, _, granted, left in _grants(sheet, lambda _: (action,))
        if granted != UNDETERMINED and covers(granted, resource)
    )


def _held_everywhere(sheet: _Sheet, action: str) -> Truth:
    return any_of(
        both(left, _is_whole(resource), _only_when_and_where(statement))
        for statement, _, resource, left in _grants(sheet, lambda _: (action,))
    )


def _only_when_and_where(statement: Statement) -> Truth:
    return both(
        *(
            OPEN if UNDETERMINED in one.operator or UNDETERMINED in one.key else truth(one.key.lower().startswith(_WHEN_AND_WHERE))
            for one in statement.conditions
        )
    )


def _wildcard_actions(sheet: _Sheet, statement: Statement) -> Truth:
    """Whether a statement gives all actions of a service that holds data by a wildcard."""
    barred = tuple(one.lower() for one in statement.not_actions)
    services = [f"{service}:*" for service in DATA_PLANE if not any(overlaps(one, f"{service}:*") for one in barred)]
    return any_of(
        both(allows(statement), named, negate(_denied(sheet, action, resource)))
        for action, named in granted_actions(statement, services)
        if action in services
        for resource in granted_resources(statement)
    )


def _condition_bound(sheet: _Sheet, via: Provenance) -> Fact[bool]:
    if not sheet.allowing:
        return NotApplicable("no data-plane action is granted", via)
    held = unbound = NO
    for statement, action, resource, left in _grants(sheet, _data_actions):
        held = either(held, left)
        if unbound is YES:
            break
        bound = either(
            binds(statement),
            any_of(
                both(denies(one), spares_only_bound(one), covers_action(one, action), covers_resource(one, resource))
                for one in sheet.denying
            ),
        )
        unbound = either(unbound, both(left, negate(bound)))
    if held is NO:
        return NotApplicable("no data-plane action is granted", via)
    return as_fact(OPEN if held is OPEN else negate(unbound), via)


def _reads(policies: Sequence[Policy], arns: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Truth]]:
    sheet = _sheet(policies)
    by_service = {service: tuple(_patterns(sheet, service)) for service in {service for service, _ in arns}}
    for service, arn in arns:
        parts = (f"{arn}/*",) if service == "s3" else (arn, f"{arn}/*", f"{arn}:*")
        yield arn, any_of(test(part) for test in by_service[service] for part in parts)


def _patterns(sheet: _Sheet, service: str) -> Iterator[Callable[[str], Truth]]:
    """One test per read grant: whether it reaches a store, given as the pattern of what lies in it."""
    seen: set[tuple[str, str, Truth]] = set()
    for statement in sheet.allowing:
        for action, held in granted_actions(statement, DATA_READS.get(service, (f"{service}:get*",))):
            named = both(allows(statement), held)
            if statement.not_resources or "NotResource" in statement.undetermined:
                yield _test_but(sheet, statement, action, named)
                continue
            for resource in _reached(statement):
                key = (action if sheet.denying or is_whole_service(resource) else "", resource, named)
                if key not in seen:
                    seen.add(key)
                    yield _test(sheet, action, resource, named)


def _reached(statement: Statement) -> tuple[str, ...]:
    return tuple(one if one == UNDETERMINED else widen_variables(one) for one in granted_resources(statement))


def _test(sheet: _Sheet, action: str, resource: str, named: Truth) -> Callable[[str], Truth]:
    # A database's users stand in their own ARNs, which do not name the store as its own ARN does: only `all of them` reaches it.
    elsewhere = action.startswith(("rds-db:", "redshift:", "athena:", "ebs:")) and is_whole_service(resource)
    head = re.split(r"[*?]", resource, maxsplit=1)[0]

    def reaches(part: str) -> Truth:
        if resource == UNDETERMINED:
            return both(OPEN, named, negate(_denied(sheet, action, part)))
        # The comparison of heads alone settles nearly all of a large estate's pairs.
        if not elsewhere and not ((part.startswith(head) or head.startswith(part.rstrip("*"))) and overlaps(resource, part)):
            return NO
        narrower = resource if not elsewhere and covers(part, resource) else part
        return both(named, negate(_denied(sheet, action, narrower)))

    return reaches


def _test_but(sheet: _Sheet, statement: Statement, action: str, named: Truth) -> Callable[[str], Truth]:
    """A grant on everything but some resources reaches a store unless the whole of it is among those."""

    def reaches(part: str) -> Truth:
        spared = OPEN if "NotResource" in statement.undetermined else NO
        inside = YES if any(covers(one, part) for one in statement.not_resources) else spared
        return both(named, negate(inside), negate(_denied(sheet, action, part)))

    return reaches
