"""Whether a statement of an identity policy is tied to circumstances: network, second factor, tag, organisation, time."""

from __future__ import annotations

from typing import Final

from tierwise.access.condition import is_named_range
from tierwise.access.document import UNDETERMINED, Condition, Statement
from tierwise.access.truth import NO, OPEN, YES, Truth, both, either, truth

_KEYS: Final = (
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:vpcsourceip",
    "aws:multifactorauth",
    "aws:principaltag/",
    "aws:resourcetag/",
    "aws:principalorg",
    "aws:resourceorg",
    "aws:resourceaccount",
    "aws:currenttime",
    "aws:epochtime",
    "aws:tokenissuetime",
    "s3:existingobjecttag/",
    "s3:dataaccesspoint",
    "s3:resourceaccount",
    "secretsmanager:resourcetag/",
    "ssm:resourcetag/",
    "dynamodb:leadingkeys",
    "kms:viaservice",
    "kms:encryptioncontext",
)
_NOT: Final = "not"


def binds(statement: Statement) -> Truth:
    """Whether some condition of an Allow ties it; one that a missing key meets (`IfExists`, `ForAllValues`) does not."""
    return either(*(_ties(one, denied=False) for one in statement.conditions))


def spares_only_bound(statement: Statement) -> Truth:
    """Whether a Deny leaves only requests that are tied, as `deny unless there was a second factor` does."""
    return both(*(_ties(one, denied=True) for one in statement.conditions)) if statement.conditions else NO


def _ties(condition: Condition, *, denied: bool) -> Truth:
    if UNDETERMINED in condition.operator or UNDETERMINED in condition.key:
        return OPEN
    quantifier, _, operator = condition.operator.lower().rpartition(":")
    key = condition.key.lower()
    if not key.startswith(_KEYS) or operator == "null":
        return NO
    if denied:
        by_text = _NOT in operator or not operator.startswith(("string", "arn", "ip"))
        shape = by_text and quantifier != "foranyvalue"
    else:
        shape = _NOT not in operator and quantifier != "forallvalues" and not operator.endswith("ifexists")
    if not shape:
        return NO
    return both(*(_good(key, value, operator, denied=denied) for value in condition.values)) if condition.values else NO


def _good(key: str, value: str, operator: str, *, denied: bool) -> Truth:
    if UNDETERMINED in value:
        return OPEN
    if "ipaddress" in operator:
        return truth(is_named_range(value))
    if operator.startswith("bool"):
        return truth(value.lower() == ("false" if denied else "true"))
    return YES if value.strip("*?") and key else NO
