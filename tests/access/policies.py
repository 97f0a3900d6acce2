"""Short ways to write policies in tests."""

from __future__ import annotations

from tierwise.access.audience import DATA_ACTIONS, Audience, audience_of
from tierwise.access.document import Policy, parse_policy
from tierwise.model.fact import Known, NotApplicable, Provenance

VIA = Provenance("s3:GetBucketPolicy", "s3:GetBucketPolicy")
OWN = "111122223333"
OTHER = "999988887777"
BUCKET = "arn:aws:s3:::records"
WHOLE = [BUCKET, BUCKET + "/*"]


def policy(*statements: object) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: object, action: object = "s3:GetObject", resource: object = BUCKET + "/*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}


def deny(principal: object = "*", action: object = "s3:*", resource: object = WHOLE, **more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Principal": principal, "Action": action, "Resource": resource, **more}


def when(operator: str, key: str, *values: object) -> dict[str, object]:
    return {operator: {key: list(values)}}


def audience(*statements: object, service: str = "s3", account: str = OWN) -> Audience:
    return audience_of(policy(*statements), account=account, via=VIA, data_actions=DATA_ACTIONS[service])


def value(fact: object) -> object:
    """The value of a known fact, `n/a`, or `?`."""
    match fact:
        case Known(value=known):
            return known
        case NotApplicable():
            return "n/a"
        case _:
            return "?"


def members(one: Audience) -> set[str]:
    assert isinstance(one.external, Known)
    return set(one.external.value)
