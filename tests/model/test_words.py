from __future__ import annotations

import pytest

from tierwise.model.control import All as AllOf
from tierwise.model.control import AnyOf, Compare, Holds, Op, Predicate
from tierwise.model.fact import UNLIMITED
from tierwise.model.words import describe, describe_value

REST = Compare("encryption.at_rest", Op.IS, operand=True)
CUSTODY = Compare("encryption.key_custody", Op.AT_LEAST, "customer")
ROLES = frozenset({"team", "owner"})


@pytest.mark.parametrize(
    ("predicate", "sentence"),
    [
        (REST, "encryption.at_rest is true"),
        (CUSTODY, "encryption.key_custody at least customer"),
        (Compare("key.rotation_days", Op.AT_MOST, UNLIMITED), "key.rotation_days at most unlimited"),
        (Compare("key.state", Op.IS_NOT, "disabled"), "key.state is not disabled"),
        (Compare("key.state", Op.ONE_OF, frozenset({"enabled", "disabled"})), "key.state is one of disabled or enabled"),
        (Compare("ownership.roles", Op.INCLUDES, ROLES), "ownership.roles includes owner and team"),
        (Compare("ownership.roles", Op.NONE_OUTSIDE, ROLES), "ownership.roles names nothing but owner and team"),
        (Compare("tags.missing", Op.EMPTY, operand=True), "tags.missing is empty"),
        (Compare("tags.missing", Op.EMPTY, operand=False), "tags.missing is not empty"),
        (AllOf((REST, CUSTODY)), "encryption.at_rest is true and encryption.key_custody at least customer"),
        (
            AnyOf((REST, AllOf((REST, CUSTODY)))),
            "encryption.at_rest is true or (encryption.at_rest is true and encryption.key_custody at least customer)",
        ),
        (Holds("within", (("fact", "a.x"), ("of", "a.y"), ("times", 1), ("plus", 90))), "a.x at most a.y plus 90"),
        (Holds("within", (("fact", "a.x"), ("of", "a.y"), ("times", 2), ("plus", 0))), "a.x at most 2 times a.y"),
    ],
)
def test_a_predicate_reads_as_a_sentence(predicate: Predicate, sentence: str):
    assert describe(predicate) == sentence


@pytest.mark.parametrize(
    ("value", "text"), [(False, "false"), (3, "3"), (30.0, "30"), (frozenset(), "nothing"), (UNLIMITED, "unlimited"), ("1.2", "1.2")]
)
def test_a_value_reads_plainly(value: bool | int | float | str | frozenset[str], text: str):
    assert describe_value(value) == text
