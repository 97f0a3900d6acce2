"""What a resource policy refuses to everyone: plaintext, old TLS, other networks, other organisations, old signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tierwise.access.actions import DATA_ACTIONS
from tierwise.access.condition import alternatives, spares
from tierwise.access.document import UNDETERMINED, Condition, Policy, Statement
from tierwise.access.pattern import arn_parts, is_wild, matches_everything
from tierwise.access.statement import covers_action, denies, denies_everyone, s3_level
from tierwise.access.truth import NO, OPEN, UNDETERMINED_DETAIL, YES, Truth, any_of, as_fact, both, truth
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

_TLS_VERSIONS: Final = ("1.0", "1.1", "1.2", "1.3")
_TLS_ACTIONS: Final = {"sns": "sns:publish", "elasticfilesystem": "elasticfilesystem:clientmount"}
"""Where one action is the way to the data: SNS refuses `sns:*` in topic policies, and nothing is read over NFS without a mount."""
_LINKED: Final = ("s3:getobject", "s3:putobject")

SIGV4_HOURS: Final = 168.0
"""Signature version 4 lets a presigned URL live at most seven days. Source: S3 API Reference, X-Amz-Expires."""
_MILLISECONDS: Final = 3_600_000
_MEMBERS: Final = frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"})
"""Keys that say which organisation or account a caller belongs to."""
_SERVICES: Final = frozenset({"aws:principalisawsservice", "aws:viaawsservice"})

Test = Callable[[Condition], Truth]


def tls_of(policy: Policy | None, *, service: str, via: Provenance) -> tuple[Maybe[bool], Maybe[str]]:
    """Whether a policy refuses plaintext on the whole resource, and the lowest TLS version it sets (`none` where it sets none).

    Only a Deny for everyone, on every action of the service and the whole resource, counts.
    """
    statements = policy.statements if policy else ()
    action = (_TLS_ACTIONS.get(service, f"{service}:*"),)
    plaintext = _refused(statements, action, service, _is_plaintext)
    refused = {version: _refused(statements, action, service, _tls_test(version)) for version in _TLS_VERSIONS}
    low = _floor({version for version, held in refused.items() if held is YES}) if plaintext is YES else "none"
    high = _floor({version for version, held in refused.items() if held is not NO}) if plaintext is not NO else "none"
    required = as_fact(plaintext, via)
    if low == high:
        return required, Known(low, via)
    return required, Unknown(UnknownReason.KNOWN_AFTER_APPLY, via, UNDETERMINED_DETAIL, between=(low, high))


def source_restricted(policy: Policy, via: Provenance) -> Maybe[bool]:
    """Whether the policy refuses all that does not come from named VPC endpoints, VPCs or address ranges.

    Only a Deny can: an Allow with such a condition leaves the account's own principals free to come from anywhere by their own policies.
    """

    def elsewhere(condition: Condition) -> Truth:
        return alternatives((spares(condition),)).network

    return as_fact(_refuses_data(policy.statements, _service_of(policy), elsewhere), via)


def organisation_restricted(policy: Policy, service: str, via: Provenance) -> Maybe[bool]:
    """Whether the policy refuses all callers but those of named organisations or accounts; AWS's own services may be spared.

    A Deny does so whatever else lets them in (IAM User Guide, "Establishing a data perimeter"), in a resource policy as in a resource control policy.
    """

    def outside(condition: Condition) -> Truth:
        if UNDETERMINED in condition.operator or UNDETERMINED in condition.key:
            return OPEN
        key, clause = condition.key.lower(), alternatives((spares(condition),))
        return clause.narrows if key in _MEMBERS else clause.network if key in _SERVICES else NO

    return as_fact(_refuses_data(policy.statements, service, outside), via)


def _refuses_data(statements: Sequence[Statement], service: str, test: Test) -> Truth:
    """Whether denials for everyone refuse reading and writing the data of a service to requests that meet the test."""
    if not _refusing(statements, test):
        return NO
    known = DATA_ACTIONS.get(service)
    actions = tuple(one.lower() for one in (*known.read, *known.write)) if known else (f"{service}:*" if service else "*",)
    return _refused(statements, actions, service, test)


def signature_age_hours(policy: Policy, via: Provenance, default: float = SIGV4_HOURS) -> Maybe[float]:
    """The longest life of a signed link that the policy accepts, in hours; `default` where it sets no limit."""
    ages = {age for one in policy.statements for condition in one.conditions for age in _ages(condition)} | {0.0}
    refused = {age / _MILLISECONDS: _refused(policy.statements, _LINKED, "s3", _age_test(age)) for age in ages}
    longest = min([default, *(hours for hours, held in refused.items() if held is YES)])
    shortest = min([default, *(hours for hours, held in refused.items() if held is not NO)])
    if shortest == longest:
        return Known(longest, via)
    return Unknown(UnknownReason.KNOWN_AFTER_APPLY, via, UNDETERMINED_DETAIL, between=(shortest, longest))


def _refused(statements: Sequence[Statement], actions: Sequence[str], service: str, test: Test) -> Truth:
    """Whether denials for everyone refuse every action on every part of the resource, to requests that meet the test."""
    refusing = _refusing(statements, test)
    if not refusing:
        return NO
    return both(
        *(
            any_of(both(held, covers_action(one, action), _covers_part(one, part, service)) for one, held in refusing)
            for action in actions
            for part in _parts(action, service)
        )
    )


def _refusing(statements: Sequence[Statement], test: Test) -> list[tuple[Statement, Truth]]:
    """The denials for everyone whose conditions meet the test, each with whether that is certain."""
    return [
        (one, held)
        for one in statements
        if denies(one) is not NO
        and (held := both(denies(one), denies_everyone(one), *(test(condition) for condition in one.conditions))) is not NO
    ]


def _parts(action: str, service: str) -> tuple[str, ...]:
    if service != "s3":
        return ("whole",)
    level = s3_level(action)
    return ("bucket", "object") if level == "both" else (level,)


def _covers_part(statement: Statement, part: str, service: str) -> Truth:
    """Whether a statement spans a part of its own resource; a resource policy's ARNs can only be those of its resource."""
    if statement.not_resources or "NotResource" in statement.undetermined:
        return NO
    if not statement.resources and "Resource" not in statement.undetermined:
        return YES
    if any(_spans(resource, part, service) for resource in statement.resources):
        return YES
    return OPEN if "Resource" in statement.undetermined else NO


def _spans(resource: str, part: str, service: str) -> bool:
    if matches_everything(resource):
        return True
    if service != "s3":
        return resource.endswith("*") if service == "es" else "/index/" not in resource
    bucket, slash, key = resource.partition(":::")[2].partition("/")
    if slash:
        return part == "object" and matches_everything(key)
    return bool(bucket) and (part == "bucket" or bucket.endswith("*"))


def _is_plaintext(condition: Condition) -> Truth:
    if UNDETERMINED in condition.operator or UNDETERMINED in condition.key:
        return OPEN
    if condition.key.lower() != "aws:securetransport":
        return NO
    if "false" in (value.lower() for value in condition.values):
        # AWS documents Bool alone for this key; what a text operator does with it is not documented.
        return YES if condition.operator.lower() in ("bool", "boolifexists") else OPEN
    return OPEN if any(UNDETERMINED in value for value in condition.values) else NO


def _tls_test(version: str) -> Test:
    def holds(condition: Condition) -> Truth:
        if UNDETERMINED in condition.operator or UNDETERMINED in condition.key:
            return OPEN
        if condition.key.lower() != "s3:tlsversion":
            return NO
        return _compares(condition, float(version))

    return holds


def _floor(refused: set[str]) -> str:
    lowest = next((version for version in _TLS_VERSIONS if version not in refused), _TLS_VERSIONS[-1])
    return "none" if lowest == _TLS_VERSIONS[0] else lowest


def _compares(condition: Condition, number: float) -> Truth:
    """Whether a numeric condition holds of a number; several values are alternatives."""
    operator = condition.operator.lower().removesuffix("ifexists")

    def holds(limit: float) -> bool:
        match operator:
            case "numericlessthan":
                return number < limit
            case "numericlessthanequals":
                return number <= limit
            case "numericgreaterthan" | "numericgreaterthanequals":
                return number >= limit
            case "numericequals":
                return number == limit
            case _:
                return False

    return any_of(OPEN if UNDETERMINED in value else truth(_is_number(value) and holds(float(value))) for value in condition.values)


def _is_number(value: str) -> bool:
    whole, _, fraction = value.partition(".")
    return len(value) <= 18 and value.isascii() and whole.isdigit() and (not fraction or fraction.isdigit())


def _ages(condition: Condition) -> Iterator[float]:
    if condition.key.lower() == "s3:signatureage":
        yield from (float(value) for value in condition.values if _is_number(value))


def _age_test(age: float) -> Test:
    """Whether a condition holds of every signed link older than `age` milliseconds."""

    def holds(condition: Condition) -> Truth:
        if UNDETERMINED in condition.operator or UNDETERMINED in condition.key:
            return OPEN
        operator = condition.operator.lower().removesuffix("ifexists")
        unread = any(UNDETERMINED in value for value in condition.values)
        match condition.key.lower():
            case "s3:signatureage" if operator.startswith("numericgreaterthan"):
                return _compares(condition, age)
            case "s3:authtype" if operator in ("stringequals", "stringnotequals"):
                named = "REST-QUERY-STRING" in condition.values
                return OPEN if unread and not named else truth(named is (operator == "stringequals"))
            case _:
                return NO

    return holds


def _service_of(policy: Policy) -> str:
    """The service that the policy's actions and resources speak of most."""
    prefixes = Counter(
        prefix
        for one in policy.statements
        for prefix in (
            *(action.partition(":")[0].lower() for action in (*one.actions, *one.not_actions)),
            *(parts[0] for parts in map(arn_parts, one.resources) if parts),
        )
        if prefix and not is_wild(prefix)
    )
    return max(prefixes, key=lambda name: prefixes[name], default="")
