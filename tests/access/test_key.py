from __future__ import annotations

import pytest

from tests.access.policies import OTHER, OWN, VIA, allow, deny, policy, value, when
from tierwise.access.document import UNDETERMINED
from tierwise.access.key import key_use
from tierwise.model.fact import UNLIMITED, Unknown, UnknownReason

ROOT = {"AWS": f"arn:aws:iam::{OWN}:root"}
ADMIN = f"arn:aws:iam::{OWN}:role/key-admin"
APP = f"arn:aws:iam::{OWN}:role/app"
DEFAULT = allow(ROOT, "kms:*", "*")
ADMINISTER = ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:ScheduleKeyDeletion"]
USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


def use(*statements, account=OWN, **more):
    return key_use(policy(*statements), account=account, via=VIA, **more)


def test_the_default_key_policy_leaves_decryption_to_iam():
    found = use(DEFAULT)
    assert isinstance(found.decrypt_named_only, Unknown)
    assert found.decrypt_named_only.reason is UnknownReason.NOT_COLLECTED
    assert value(found.delegates_decrypt) is True
    assert (found.admins, found.users, value(found.overlap)) == (set(), set(), 0)


def test_the_account_s_identity_policies_settle_what_is_left_to_iam():
    scoped = policy({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": f"arn:aws:kms:eu-west-2:{OWN}:key/1"})
    wide = policy({"Effect": "Allow", "Action": "kms:*", "Resource": "*"})
    assert value(use(DEFAULT, identity_policies=[scoped]).decrypt_named_only) is True
    assert value(use(DEFAULT, identity_policies=[scoped, wide]).decrypt_named_only) is False


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        ([allow({"AWS": APP}, USE, "*")], True),
        ([allow(ROOT, ADMINISTER, "*"), allow({"AWS": APP}, USE, "*")], True),
        ([allow("*", "kms:Decrypt", "*")], False),
        ([allow({"AWS": "*"}, USE, "*", Condition=when("StringEquals", "kms:CallerAccount", OWN))], False),
        ([allow({"AWS": OTHER}, USE, "*")], False),
        ([allow({"AWS": OTHER}, USE, "*", Condition=when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"))], True),
        ([allow({"AWS": OTHER}, "kms:Encrypt", "*")], True),
        ([allow({"AWS": f"arn:aws:iam::{OTHER}:role/reader"}, USE, "*")], True),
        ([allow("*", "kms:*", "*"), deny("*", "kms:Decrypt", "*")], True),
        ([allow({"Service": "logs.eu-west-2.amazonaws.com"}, USE, "*")], True),
    ],
)
def test_decryption_is_for_named_principals_only(statements, named):
    assert value(use(*statements).decrypt_named_only) is named


def test_admins_and_users_are_told_apart():
    found = use(DEFAULT, allow({"AWS": ADMIN}, ADMINISTER, "*"), allow({"AWS": APP}, USE, "*"))
    assert (found.admins, found.users, value(found.overlap)) == ({ADMIN}, {APP}, 0)


def test_a_principal_in_both_parts_overlaps_and_a_deny_ends_that():
    both = [allow({"AWS": [ADMIN, APP]}, ADMINISTER, "*"), allow({"AWS": APP}, USE, "*")]
    assert value(use(*both).overlap) == 1
    assert value(use(allow({"AWS": APP}, "kms:*", "*")).overlap) == 1
    assert value(use(*both, deny({"AWS": APP}, USE, "*")).overlap) == 0


def test_an_unread_principal_leaves_the_overlap_open_above():
    found = use(allow({"AWS": APP}, "kms:*", "*"), allow({"AWS": UNDETERMINED}, USE, "*"))
    assert value(found.decrypt_named_only) == "?"
    assert isinstance(found.overlap, Unknown)
    assert found.overlap.between == (1, UNLIMITED)


def test_without_the_own_account_its_root_cannot_be_told_from_another():
    found = use(DEFAULT, account="")
    assert value(found.decrypt_named_only) == "?"
    assert isinstance(found.overlap, Unknown)
