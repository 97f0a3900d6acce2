"""What a condition does to a grant: whether it binds the grant to named callers, places or networks, and whom it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_network
from typing import Final

import msgspec

from tierwise.access.document import UNDETERMINED, Condition
from tierwise.access.pattern import arn_parts, is_wild
from tierwise.access.truth import NO, OPEN, YES, Truth, both, either, truth

OWN: Final = "(own account)"
"""Stands for the resource's own account where a condition names it by a policy variable."""

_POSITIVE: Final = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress", "bool"})
_NEGATED: Final = frozenset({"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike", "notipaddress"})
_CALLER_ACCOUNTS: Final = frozenset({"aws:principalaccount", "kms:calleraccount", "aws:sourceaccount", "aws:sourceowner"})
_PATH_ACCOUNTS: Final = frozenset({"s3:dataaccesspointaccount", "aws:vpceaccount"})
_CALLER_ARNS: Final = frozenset({"aws:principalarn", "aws:sourcearn"})
_PATH_ARNS: Final = frozenset({"s3:dataaccesspointarn", "elasticfilesystem:accesspointarn"})
_ORGANISATIONS: Final = frozenset({"aws:principalorgid", "aws:sourceorgid", "aws:vpceorgid"})
_ORGANISATION_PATHS: Final = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"})
NETWORK_KEYS: Final = frozenset({"aws:sourcevpce", "aws:sourcevpc", "aws:sourceip"})
_SIGNED: Final = frozenset(
    {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:userid", "aws:username"}
)
"""Keys that only a request with credentials has."""

_ORG_ID: Final = re.compile(r"o-[a-z0-9]{3,32}(/.*)?", re.DOTALL)
_UNIQUE_ID: Final = re.compile(r"(A[A-Z]{3}[A-Z0-9]{12,}|\d{12})(:.*)?", re.DOTALL)
_ACCOUNT: Final = re.compile(r"\d{12}")


class Clause(msgspec.Struct, frozen=True, gc=False):
    """What must hold of a caller for a grant to reach it."""

    narrows: Truth
    """Bound to named accounts, organisations, services, networks or paths: not public."""
    conditions: Truth
    """Narrowed at all, so that naming the principal is not enough."""
    signed: Truth = NO
    """Only a caller with credentials can meet it."""
    names: frozenset[str] = frozenset()
    """Accounts that it names."""
    bounded: bool = False
    """Whether the caller's account is one of `names`."""
    network: Truth = NO
    """Bound to named endpoints, networks or address ranges (or to AWS services)."""


_NOTHING: Final = Clause(NO, NO)
_UNREAD: Final = Clause(OPEN, OPEN, OPEN, network=OPEN)


def demands(condition: Condition) -> Clause:
    """What a condition of an Allow demands. A condition that a missing key meets (`IfExists`, `ForAllValues`) demands nothing."""
    if UNDETERMINED in condition.operator or UNDETERMINED in condition.key:
        return _UNREAD
    quantifier, operator, optional = _operator(condition.operator)
    if optional or quantifier == "forallvalues" or operator not in _POSITIVE:
        return _NOTHING
    return _bound(condition.key.lower(), condition.values, operator)


def spares(condition: Condition) -> Clause:
    """What a caller must meet for a condition of a Deny not to hold: the complement of `StringNotEquals` and its like."""
    if UNDETERMINED in condition.operator or UNDETERMINED in condition.key:
        return _UNREAD
    quantifier, operator, optional = _operator(condition.operator)
    key = condition.key.lower()
    if quantifier != "foranyvalue" and operator in _NEGATED:
        return _bound(key, condition.values, operator.replace("not", "", 1))
    if operator == "bool" and not quantifier:
        return _flag(key, condition.values, spared="false", optional=optional)
    if operator == "null" and key in _SIGNED | {"aws:principaltag"} and not optional:
        return Clause(NO, NO, _all_are(condition.values, "true"))
    return _NOTHING


def alternatives(clauses: Iterable[Clause]) -> Clause:
    """One clause for `this or that`: it narrows only if each part does."""
    parts = tuple(clauses)
    if not parts:
        return _NOTHING
    return Clause(
        narrows=both(*(one.narrows for one in parts)),
        conditions=both(*(one.conditions for one in parts)),
        signed=both(*(one.signed for one in parts)),
        names=frozenset().union(*(one.names for one in parts)),
        bounded=all(one.bounded for one in parts),
        network=both(*(one.network for one in parts)),
    )


def accounts_named(clauses: Iterable[Clause], own: str) -> frozenset[str]:
    """The accounts that clauses which all must hold let in by name: the common ones where they bound the caller's account, else all."""
    narrow = [one for one in clauses if one.narrows is YES]
    bounding = [_resolved(one.names, own) for one in narrow if one.bounded]
    if bounding:
        return frozenset.intersection(*bounding)
    return frozenset().union(*(_resolved(one.names, own) for one in narrow))


def excludes(clause: Clause, account: str, own: str) -> bool:
    """Whether a clause certainly shuts out callers of an account."""
    return (
        clause.narrows is YES and clause.bounded and (bool(own) or OWN not in clause.names) and account not in _resolved(clause.names, own)
    )


def _resolved(names: frozenset[str], own: str) -> frozenset[str]:
    return names - {OWN} | {own} if own and OWN in names else names


def _operator(text: str) -> tuple[str, str, bool]:
    quantifier, _, operator = text.lower().rpartition(":")
    return quantifier, operator.removesuffix("ifexists"), operator.endswith("ifexists")


def _bound(key: str, values: Sequence[str], operator: str) -> Clause:
    if operator == "bool":
        return _flag(key, values, spared="true", optional=False)
    if operator == "ipaddress":
        return _network(key, values, lambda value: key == "aws:sourceip" and is_named_range(value))
    if key in _CALLER_ACCOUNTS | _PATH_ACCOUNTS:
        return _accounts(values, [_own_or(value) for value in values], caller=key in _CALLER_ACCOUNTS, signed=key == "aws:principalaccount")
    if key in _CALLER_ARNS | _PATH_ARNS:
        return _arns(key, values)
    if key in _ORGANISATIONS:
        return _simple(
            values, lambda value: (not is_wild(value) and bool(_ORG_ID.fullmatch(value))) or "orgid}" in value.lower(), key in _SIGNED
        )
    if key in _ORGANISATION_PATHS:
        return _simple(values, lambda value: bool(_ORG_ID.fullmatch(value.split("/", 1)[0])) or "orgid}" in value.lower(), key in _SIGNED)
    if key in ("aws:sourcevpce", "aws:sourcevpc"):
        return _network(key, values, lambda value: not is_wild(value))
    if key == "aws:userid":
        return _simple(values, lambda value: bool(_UNIQUE_ID.fullmatch(value)), signed=True)
    if key == "aws:principalservicename":
        return _simple(values, lambda value: not is_wild(value), signed=True)
    return _conditioned(key, values)


def _conditioned(key: str, values: Sequence[str]) -> Clause:
    """Keys that narrow a grant to a named principal without saying who may call."""
    if key == "lambda:functionurlauthtype":
        return Clause(NO, NO, _all_are(values, "aws_iam"))
    if key == "sts:externalid" or key.startswith(("aws:principaltag/", "saml:", "lambda:eventsourcetoken")):
        good = _every(values, lambda value: bool(value.strip("*?")))
        return Clause(NO, good, truth(key.startswith("aws:")))
    provider, _, claim = key.rpartition(":")
    if "." in provider:
        return Clause(NO, _every(values, lambda value: _is_named_claim(provider, claim, value)), YES)
    return _NOTHING


def _is_named_claim(provider: str, claim: str, value: str) -> bool:
    """Whether a claim of a web identity says which workload or tenant; the audience that everybody uses does not."""
    if claim == "aud":
        return not is_wild(value) and value != "sts.amazonaws.com"
    literal = re.split(r"[*?]", value, maxsplit=1)[0]
    if claim == "sub" and literal.startswith("repo:") and literal != value:
        # NOTE: `repo:acme*` also lets in the organisation `acme-evil`; the name must end at its slash.
        return "/" in literal
    return bool(literal.partition(":")[2] if ":" in literal else literal) and bool(provider)


def _accounts(values: Sequence[str], found: Sequence[str], *, caller: bool, signed: bool) -> Clause:
    narrows = _every(values, lambda value: bool(_own_or(value)))
    names = frozenset(name for name in found if name)
    return Clause(narrows, narrows, truth(signed), names, bounded=caller and narrows is YES)


def _own_or(value: str) -> str:
    if value.lower() == "${aws:resourceaccount}":
        return OWN
    return value if _ACCOUNT.fullmatch(value) else ""


def _arns(key: str, values: Sequence[str]) -> Clause:
    accounts = [_arn_account(value) for value in values]
    narrows = _every(values, lambda value: bool(_arn_account(value)) or _names_without_account(value))
    names = frozenset(account for account in accounts if account)
    return Clause(narrows, narrows, truth(key in _SIGNED), names, bounded=key in _CALLER_ARNS and narrows is YES and all(accounts))


def _arn_account(value: str) -> str:
    parts = arn_parts(value)
    return _own_or(parts[2]) if parts else ""


def _names_without_account(value: str) -> bool:
    """A bucket's ARN has no account and its name is unique in the world; CloudFront's identities have the account `cloudfront`."""
    parts = arn_parts(value)
    if parts is None or UNDETERMINED in value:
        return False
    service, _, account, name = parts
    return (service == "s3" and account in ("", "*") and not is_wild(name.split("/", 1)[0])) or (
        bool(account) and not is_wild(account) and "${" not in account
    )


def _network(key: str, values: Sequence[str], good: Callable[[str], bool]) -> Clause:
    named = _every(values, good) if key in NETWORK_KEYS else NO
    return Clause(named, named, network=named)


def _simple(values: Sequence[str], good: Callable[[str], bool], signed: bool) -> Clause:
    named = _every(values, good)
    return Clause(named, named, truth(signed))


def _flag(key: str, values: Sequence[str], *, spared: str, optional: bool) -> Clause:
    holds = _all_are(values, spared)
    if key == "aws:principalisawsservice":
        return Clause(holds, holds, holds, network=holds)
    if key == "aws:viaawsservice":
        return Clause(NO, NO, holds, network=holds)
    if key == "elasticfilesystem:accessedviamounttarget" and not optional:
        return Clause(holds, holds, network=holds)
    if key == "aws:multifactorauthpresent":
        return Clause(NO, holds, holds)
    return _NOTHING


def _all_are(values: Sequence[str], wanted: str) -> Truth:
    return _every(values, lambda value: value.lower() == wanted)


def _every(values: Sequence[str], good: Callable[[str], bool]) -> Truth:
    """Whether every value is good: values are alternatives, so one bad value opens the condition to all."""
    if not values:
        return NO
    return both(*(OPEN if UNDETERMINED in value else truth(good(value)) for value in values))


def is_named_range(value: str) -> bool:
    """A range that is not most of the internet: S3 calls IPv4 ranges wider than /8 and IPv6 ranges wider than /32 public.

    Source: Amazon S3 User Guide, Blocking public access, "The meaning of public".
    """
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= (8 if network.version == 4 else 32)


def narrowing(clauses: Iterable[Clause]) -> Truth:
    """Whether one of several clauses that all must hold binds the grant."""
    return either(*(one.narrows for one in clauses))
