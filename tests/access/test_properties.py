"""Laws of the semantics: a Deny never widens, an Allow never narrows, and what is not known yet never changes an answer, only opens it."""

from __future__ import annotations

import copy

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.access.policies import BUCKET, OTHER, OWN, VIA, audience, policy
from tierwise.access.audience import Audience, combine, restrict_policy
from tierwise.access.document import UNDETERMINED
from tierwise.access.guard import organisation_restricted, signature_age_hours, source_restricted, tls_of
from tierwise.access.key import key_use
from tierwise.access.privilege import perhaps_readable, privilege_of, readable
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason

THIRD = "444455556666"
PRINCIPALS = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"AWS": OWN},
        {"AWS": f"arn:aws:iam::{OTHER}:root"},
        {"AWS": [f"arn:aws:iam::{THIRD}:role/reader", f"arn:aws:iam::{OTHER}:root"]},
        {"Service": "sns.amazonaws.com"},
        {"Federated": "accounts.google.com"},
        {"CanonicalUser": "abc"},
        {"AWS": "AIDACKCEVSQ6C2EXAMPLE"},
    ]
)
ACTIONS = st.lists(
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:Get*", "s3:*", "*", "s3:PutBucketPolicy"]), min_size=1, max_size=3
)
RESOURCES = st.lists(st.sampled_from([BUCKET, BUCKET + "/*", BUCKET + "/a/*", "*", BUCKET + "*"]), min_size=1, max_size=2)
CONDITIONS = st.sampled_from(
    [
        None,
        None,
        {"StringEquals": {"aws:PrincipalAccount": [OWN, OTHER]}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"StringNotEquals": {"aws:PrincipalAccount": [OTHER]}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5"]}},
        {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
        {"StringEquals": {"sts:ExternalId": "x"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/0"]}},
        {"Bool": {"aws:SecureTransport": "false"}},
        {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        {"NumericGreaterThan": {"s3:signatureAge": ["600000"]}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}},
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "Bool": {"aws:PrincipalIsAWSService": "false"}},
    ]
)


@st.composite
def statements(draw, effect=None, *, principal=True):
    made = {"Effect": effect or draw(st.sampled_from(["Allow", "Deny"]))}
    if principal:
        kind = "NotPrincipal" if made["Effect"] == "Deny" and draw(st.integers(0, 5)) == 0 else "Principal"
        made[kind] = draw(PRINCIPALS)
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(ACTIONS)
    made[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(RESOURCES)
    condition = draw(CONDITIONS)
    return made if condition is None else {**made, "Condition": condition}


POLICIES = st.lists(statements(), min_size=1, max_size=4)
IDENTITY = st.lists(statements(principal=False), min_size=1, max_size=4)
BOOLS = ("anonymous_read", "anonymous_write", "any_authenticated")


def reach(one: Audience) -> int:
    """How much of the world gets in: nobody, account holders, anyone."""
    if one.anonymous_read == Known(True, VIA) or one.anonymous_write == Known(True, VIA):
        return 2
    return 1 if one.any_authenticated == Known(True, VIA) else 0


def named(one: Audience) -> frozenset[str]:
    assert isinstance(one.external, Known)
    return one.external.value


@given(POLICIES, statements("Deny"))
@settings(max_examples=150, deadline=None)
def test_adding_a_deny_never_widens_the_audience(before, extra):
    old, new = audience(*before), audience(*before, extra)
    assert reach(new) <= reach(old)
    for name in ("anonymous_read", "anonymous_write"):
        assert getattr(new, name).value <= getattr(old, name).value
    # A grant to everyone, narrowed, holds accounts that no condition names until a denial leaves only them.
    if not any(grant.principal == "*" for grant in old.grants):
        assert named(new) <= named(old)
    assert ("*" in named(new)) <= ("*" in named(old))


@given(POLICIES, statements("Allow"))
@settings(max_examples=150, deadline=None)
def test_adding_an_allow_never_narrows_the_audience(before, extra):
    old, new = audience(*before), audience(*before, extra)
    for name in BOOLS:
        assert getattr(new, name).value >= getattr(old, name).value
    assert named(new) >= named(old)
    if old.external_conditioned == Known(False, VIA):
        assert new.external_conditioned == Known(False, VIA)


@given(IDENTITY, statements("Deny", principal=False), statements("Allow", principal=False))
@settings(max_examples=100, deadline=None)
def test_denials_never_add_privileges_and_allows_never_remove_them(before, denial, grant):
    arns = [("s3", BUCKET), ("s3", "arn:aws:s3:::other")]
    old, less, more = (policy(*one) for one in (before, [*before, denial], [*before, grant]))
    for name in ("admin", "escalation", "wildcard_data_actions", "wildcard_data_resources"):
        low, mid, high = (getattr(privilege_of([one], via=VIA), name).value for one in (less, old, more))
        assert low <= mid <= high
    assert set(readable([less], arns)) <= set(readable([old], arns)) <= set(readable([more], arns))


@st.composite
def hidden(draw, policies):
    """A policy and the same with one element, or one value of it, not known yet."""
    known = draw(policies)
    unread = copy.deepcopy(known)
    statement = draw(st.sampled_from(unread))
    element = draw(st.sampled_from(sorted(statement)))
    content = statement[element]
    if isinstance(content, list) and draw(st.booleans()):
        content[draw(st.integers(0, len(content) - 1))] = UNDETERMINED
    elif isinstance(content, dict) and draw(st.booleans()):
        inner = draw(st.sampled_from(sorted(content)))
        if isinstance(content[inner], dict) and draw(st.booleans()):
            content[inner] = dict.fromkeys(content[inner], UNDETERMINED)
        else:
            content[inner] = UNDETERMINED
    else:
        statement[element] = UNDETERMINED
    return known, unread


def place(value: object) -> float:
    """A number's own, or a TLS version's, place in its order."""
    return -1.0 if value == "none" else float(str(value))


def consistent(before: object, after: object) -> bool:
    """Whether the second answer is the first, or is open and allows for the first."""
    match before, after:
        case Known(value=old), Known(value=new):
            return bool(old == new)
        case NotApplicable(), NotApplicable():
            return True
        case Known(value=old), Unknown(between=(low, high)) if isinstance(old, int | float | str):
            return place(low) <= place(old) <= place(high)
        case Known(value=old), Unknown(includes=sure):
            return not sure or (isinstance(old, frozenset) and sure <= old)
        case _, Unknown():
            return True
        case _:
            return False


def same_facts(before: object, after: object, names: tuple[str, ...]) -> None:
    for name in names:
        assert consistent(getattr(before, name), getattr(after, name)), (name, getattr(before, name), getattr(after, name))


AUDIENCE = (*BOOLS, "external", "external_conditioned")


OF_THE_BUCKET = {"Effect": "Allow", "Principal": "*", "Action": ["s3:Get*"], "Resource": ["arn:aws:s3:::records"]}


OF_THE_OBJECTS = OF_THE_BUCKET | {"Resource": f"{BUCKET}/*"}
DENIED_WITHOUT_MFA = {
    "Effect": "Deny", "NotPrincipal": {"AWS": OWN}, "Action": "s3:*", "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}  # fmt: skip


@example(([OF_THE_BUCKET], [OF_THE_BUCKET | {"Resource": UNDETERMINED}]), "s3")
@example(([OF_THE_OBJECTS, DENIED_WITHOUT_MFA], [OF_THE_OBJECTS, DENIED_WITHOUT_MFA | {"NotPrincipal": UNDETERMINED}]), "s3")
@given(hidden(POLICIES), st.sampled_from(["s3", "sts"]))
@settings(max_examples=300, deadline=None)
def test_an_unread_element_opens_an_audience_or_leaves_it(pair, service):
    before, after = (audience(*one, service=service) for one in pair)
    same_facts(before, after, AUDIENCE)
    same_facts(restrict_policy(before, Known(True, VIA)), restrict_policy(after, Known(True, VIA)), AUDIENCE)


@given(POLICIES)
@settings(max_examples=100, deadline=None)
def test_an_unknown_own_account_opens_an_audience_or_leaves_it(known):
    same_facts(audience(*known), audience(*known, account=""), AUDIENCE)


@given(POLICIES, POLICIES, st.booleans())
@settings(max_examples=100, deadline=None)
def test_combining_loses_nobody_and_an_unread_switch_only_opens(left, right, restricted):
    one, other = audience(*left), audience(*right)
    both = combine(one, other)
    for name in BOOLS:
        assert getattr(both, name).value == (getattr(one, name).value or getattr(other, name).value)
    assert named(both) == named(one) | named(other)
    same_facts(restrict_policy(one, Known(restricted, VIA)), restrict_policy(one, Unknown(UnknownReason.PERMISSION_DENIED, VIA)), AUDIENCE)


@given(hidden(POLICIES))
@settings(max_examples=100, deadline=None)
def test_an_unread_element_opens_what_a_policy_refuses_or_leaves_it(pair):
    known, unread = (policy(*one) for one in pair)
    for before, after in zip(tls_of(known, service="s3", via=VIA), tls_of(unread, service="s3", via=VIA), strict=True):
        assert consistent(before, after)
    assert consistent(source_restricted(known, VIA), source_restricted(unread, VIA))
    assert consistent(organisation_restricted(known, "s3", VIA), organisation_restricted(unread, "s3", VIA))
    assert consistent(signature_age_hours(known, VIA), signature_age_hours(unread, VIA))


@given(hidden(IDENTITY))
@settings(max_examples=100, deadline=None)
def test_an_unread_element_opens_a_privilege_or_leaves_it(pair):
    known, unread = ([policy(*one)] for one in pair)
    before, after = privilege_of(known, via=VIA), privilege_of(unread, via=VIA)
    same_facts(before, after, type(before).__struct_fields__)
    arns = [("s3", BUCKET), ("s3", "arn:aws:s3:::other")]
    assert set(readable(unread, arns)) <= set(readable(known, arns)) <= set(readable(unread, arns)) | set(perhaps_readable(unread, arns))


@given(hidden(POLICIES))
@settings(max_examples=100, deadline=None)
def test_an_unread_element_opens_the_use_of_a_key_or_leaves_it(pair):
    as_key = [
        [
            {
                **one,
                **{
                    k: [x.replace("s3:", "kms:").replace("GetObject", "Decrypt").replace("PutBucketPolicy", "PutKeyPolicy") for x in v]
                    for k, v in one.items()
                    if k.endswith("Action") and isinstance(v, list)
                },
            }
            for one in statements
        ]
        for statements in pair
    ]
    before, after = (key_use(policy(*one), account=OWN, via=VIA) for one in as_key)
    same_facts(before, after, ("decrypt_named_only", "overlap", "delegates_decrypt"))
    assert after.admins <= before.admins
    assert after.users <= before.users
