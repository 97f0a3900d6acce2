from __future__ import annotations

import pytest

from tierwise.catalogue.implication import implies
from tierwise.model.control import All as AllOf
from tierwise.model.control import AnyOf, Compare, Holds, Op, Predicate

REST = Compare("encryption.at_rest", Op.IS, operand=True)
OPEN = Compare("access.anonymous_read", Op.IS, operand=False)
CUSTOMER = Compare("encryption.key_custody", Op.AT_LEAST, "customer")
MANAGED = Compare("encryption.key_custody", Op.AT_LEAST, "provider-managed")


def days(op: Op, number: float) -> Compare:
    return Compare("key.rotation_days", op, number)


def words(op: Op, *members: str) -> Compare:
    return Compare("location.jurisdictions", op, frozenset(members))


@pytest.mark.parametrize(
    ("premises", "conclusion"),
    [
        ([REST], REST),
        ([AllOf((REST, OPEN))], OPEN),
        ([REST, OPEN], AllOf((OPEN, REST))),
        ([CUSTOMER], MANAGED),
        ([CUSTOMER], Compare("encryption.key_custody", Op.IS_NOT, "provider-owned")),
        ([CUSTOMER], Compare("encryption.key_custody", Op.ONE_OF, frozenset({"customer", "provider-managed"}))),
        ([days(Op.AT_MOST, 90)], days(Op.AT_MOST, 365)),
        ([days(Op.IS, 90)], days(Op.AT_MOST, 90)),
        ([days(Op.AT_MOST, 90)], days(Op.IS_NOT, 91)),
        ([words(Op.NONE_OUTSIDE, "GB")], words(Op.NONE_OUTSIDE, "GB", "IE")),
        ([words(Op.INCLUDES, "GB", "IE")], words(Op.INCLUDES, "GB")),
        ([words(Op.INCLUDES, "GB")], Compare("location.jurisdictions", Op.EMPTY, operand=False)),
        ([Compare("location.jurisdictions", Op.EMPTY, operand=True)], words(Op.NONE_OUTSIDE, "GB")),
        ([REST], AnyOf((REST, CUSTOMER))),
        ([AnyOf((CUSTOMER, REST))], AnyOf((MANAGED, REST))),
        ([Holds("within", (("fact", "a"),))], Holds("within", (("fact", "a"),))),
    ],
)
def test_what_follows_is_seen(premises: list[Predicate], conclusion: Predicate):
    assert implies(premises, conclusion)


@pytest.mark.parametrize(
    ("premises", "conclusion"),
    [
        ([], REST),
        ([OPEN], REST),
        ([MANAGED], CUSTOMER),
        ([REST], AllOf((REST, OPEN))),
        ([days(Op.AT_MOST, 365)], days(Op.AT_MOST, 90)),
        ([days(Op.AT_MOST, 365)], days(Op.IS, 365)),
        ([days(Op.AT_MOST, 365)], days(Op.IS_NOT, 90)),
        ([words(Op.NONE_OUTSIDE, "GB", "IE")], words(Op.NONE_OUTSIDE, "GB")),
        ([words(Op.INCLUDES, "GB")], words(Op.INCLUDES, "GB", "IE")),
        ([words(Op.NONE_OUTSIDE, "GB")], Compare("location.jurisdictions", Op.EMPTY, operand=False)),
        ([AnyOf((REST, CUSTOMER))], REST),
        ([AnyOf((MANAGED, REST))], AnyOf((CUSTOMER, REST))),
    ],
)
def test_what_does_not_follow_is_not_claimed(premises: list[Predicate], conclusion: Predicate):
    assert not implies(premises, conclusion)


def test_an_option_that_may_not_apply_does_not_settle_an_any():
    # Where the key's custody is not applicable the premise drops out, and the `any` still asks for encryption.
    assert not implies([CUSTOMER], AnyOf((CUSTOMER, REST)))
