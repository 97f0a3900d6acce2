from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.classify.profiles import CATEGORIES, PROFILE
from tierwise.classify.rule import Body, Floor, effective, promote
from tierwise.model.register import DataCategory, Group
from tierwise.model.sensitivity import Category, Tier

CATEGORY = st.builds(DataCategory, st.sampled_from(Category), st.sampled_from(["", "criminal", "children", "location", "unheard-of"]))
PEOPLE = (
    st.none() | st.sampled_from([0, 1, 999, 1000, 9_999, 10_000, 99_999, 100_000, 999_999, 1_000_000, 10_000_000]) | st.integers(0, 10**9)
)
FLOOR = st.builds(Floor, st.sampled_from(Tier), st.just("floor"), st.just("because"), st.sampled_from(["a", "b"]))
BODY = st.builds(
    Body,
    st.frozensets(CATEGORY, max_size=4),
    PEOPLE,
    st.booleans(),
    st.frozensets(st.sampled_from(Group)),
    st.frozensets(FLOOR, max_size=2),
)


def tier(body: Body) -> Tier:
    return effective(body, PROFILE).tier


@pytest.mark.parametrize(
    ("category", "people", "expected"),
    [
        ("C1", None, Tier.T2), ("C1", 99_999, Tier.T2), ("C1", 100_000, Tier.T3), ("C1", 9_999_999, Tier.T3), ("C1", 10_000_000, Tier.T4),
        ("C2", 999, Tier.T2), ("C2", 1_000, Tier.T3), ("C2", 1_000_000, Tier.T4), ("C3", 1, Tier.T3), ("C3", 99_999, Tier.T3), ("C3", 100_000, Tier.T4),
        ("C3/criminal", 9_999, Tier.T3), ("C3/criminal", 10_000, Tier.T4), ("C4", 999, Tier.T3), ("C4", 1_000, Tier.T4), ("C5", None, Tier.T4), ("C6", 10**9, Tier.T3), ("C0", 10**9, Tier.T1),
    ],
)  # fmt: skip
def test_promotion_follows_the_table(category: str, people: int | None, expected: Tier) -> None:
    code, _, variant = category.partition("/")
    assert promote(DataCategory(Category(code), variant), people, PROFILE) is expected


@given(BODY, BODY)
def test_a_union_is_never_below_its_parts(one: Body, other: Body) -> None:
    assert tier(one.union(other)) >= max(tier(one), tier(other))


@given(BODY, CATEGORY)
def test_a_category_never_lowers(body: Body, category: DataCategory) -> None:
    assert tier(Body(body.categories | {category}, body.subjects, body.linked, body.groups, body.floors)) >= tier(body)


@given(BODY, st.integers(0, 10**9))
def test_more_people_never_lower(body: Body, more: int) -> None:
    assert tier(Body(body.categories, (body.subjects or 0) + more, body.linked, body.groups, body.floors)) >= tier(body)


@given(BODY, st.sampled_from(Group), FLOOR)
def test_a_group_a_link_or_a_floor_never_lowers(body: Body, group: Group, floor: Floor) -> None:
    richer = Body(body.categories, body.subjects, linked=True, groups=body.groups | {group}, floors=body.floors | {floor})
    assert tier(richer) >= max(tier(body), floor.tier)


@given(BODY)
def test_the_tier_stands_in_a_step_of_the_trace(body: Body) -> None:
    outcome = effective(body, PROFILE)
    assert outcome.tier is Tier.T0 or any(step.tier == outcome.tier for step in outcome.steps)


@given(BODY)
def test_linkage_and_aggregation_alone_never_give_t4(body: Body) -> None:
    if tier(body) is Tier.T4:
        floors = [floor.tier for floor in body.floors]
        promoted = [promote(category, body.subjects, PROFILE) for category in body.categories]
        assert Tier.T4 in (*floors, *promoted) or Group.AT_RISK in body.groups


def test_linkage_raises_t2_at_ten_thousand_people_only() -> None:
    basic = frozenset({DataCategory(Category.C1)})
    assert tier(Body(basic, 9_999, linked=True)) is Tier.T2
    assert tier(Body(basic, 10_000, linked=True)) is Tier.T3
    assert tier(Body(basic, 10_000)) is Tier.T2


def test_every_category_has_a_rule() -> None:
    assert set(CATEGORIES) == set(Category)
