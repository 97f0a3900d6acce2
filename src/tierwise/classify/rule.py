"""The combination rule: categories, people, linkage and floors give one tier. Total, monotone and explained.

`base` is the high-water mark of the categories, each promoted by the number of people; `bump` raises T2 to T3 where
many people meet linkage or aggregation; `floor` is the highest of what markings, declarations and groups of people
demand; the tier is the higher of `base + bump` and `floor`. Every number is the profile's.
"""

from __future__ import annotations

from typing import Final

import msgspec

from tierwise.model.profile import Profile
from tierwise.model.register import DataCategory, Group
from tierwise.model.sensitivity import Category, Tier, TraceStep

_AGGREGATED: Final = frozenset({Category.C1, Category.C2, Category.C3, Category.C4})
LOWEST: Final = Tier.T0


class Floor(msgspec.Struct, frozen=True, gc=False):
    """A tier below which the data does not fall, and why."""

    tier: Tier
    rule: str
    because: str
    source: str = ""


class Body(msgspec.Struct, frozen=True, gc=False):
    """What is in one body of data."""

    categories: frozenset[DataCategory] = frozenset()
    subjects: int | None = None
    """Distinct people, where somebody said how many."""
    linked: bool = False
    groups: frozenset[Group] = frozenset()
    floors: frozenset[Floor] = frozenset()

    def union(self, other: Body) -> Body:
        """Both bodies together; the people of the one may be those of the other, so the larger number stands."""
        counts = [count for count in (self.subjects, other.subjects) if count is not None]
        return Body(
            self.categories | other.categories,
            max(counts, default=None),
            self.linked or other.linked,
            self.groups | other.groups,
            self.floors | other.floors,
        )

    @property
    def silent(self) -> bool:
        """Whether nothing in it bears on a tier."""
        return not (self.categories or self.groups or self.floors)


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """The tier that the rule gives, and each step that mattered."""

    tier: Tier
    steps: tuple[TraceStep, ...]


def number(profile: Profile, name: str) -> float:
    """A parameter of the model; KeyError where the profile was not validated."""
    return profile.parameters[name].value


def limits(category: DataCategory, profile: Profile) -> frozenset[int]:
    """The numbers of people from which data of a category is at a higher tier."""
    rule = profile.categories[category.category]
    return frozenset(int(limit) for limit in (rule.to_t3, rule.to_t4, rule.variants.get(category.variant)) if limit is not None)


def fewest(profile: Profile) -> int:
    """The smallest number of people that may raise a tier."""
    rules = profile.categories.values()
    found = (limit for rule in rules for limit in (rule.to_t3, rule.to_t4, *rule.variants.values()) if limit is not None)
    return min((int(number(profile, "aggregation_subjects")), *found))


def promote(category: DataCategory, subjects: int | None, profile: Profile) -> Tier:
    """The tier of one category at a number of people; the base where nobody said how many."""
    rule = profile.categories[category.category]
    people = subjects or 0
    to_t4 = rule.variants.get(category.variant, rule.to_t4)
    if to_t4 is not None and people >= to_t4:
        return max(rule.base, Tier.T4)
    if rule.to_t3 is not None and people >= rule.to_t3:
        return max(rule.base, Tier.T3)
    return rule.base


def effective(body: Body, profile: Profile) -> Outcome:
    """The tier of a body of data; T0 without steps where it says nothing."""
    steps: list[TraceStep] = []
    base = LOWEST
    for category in sorted(body.categories, key=lambda one: one.label):
        promoted = promote(category, body.subjects, profile)
        base = max(base, promoted)
        steps.append(_category_step(category, promoted, body.subjects, profile))
    bumped = _bumped(base, body, profile)
    if bumped is not None:
        steps.append(bumped)
        base = Tier.T3
    floors = [*body.floors, *(_group_floor(group, profile) for group in body.groups)]
    for floor in sorted(floors, key=lambda one: (one.tier, one.rule, one.source, one.because)):
        steps.append(TraceStep(floor.rule, floor.because, floor.tier, floor.source))
    return Outcome(max([base, *(floor.tier for floor in floors)]), tuple(steps))


def _category_step(category: DataCategory, tier: Tier, subjects: int | None, profile: Profile) -> TraceStep:
    rule = profile.categories[category.category]
    title = f"{category.label} ({rule.title[:1].lower()}{rule.title[1:]})"
    if tier > rule.base:
        return TraceStep(
            "promote", f"{title} about {subjects:,} people calls for {tier.label}, from {rule.base.label} for a few", tier, category.label
        )
    return TraceStep("category", f"{title} calls for {tier.label}", tier, category.label)


def _bumped(base: Tier, body: Body, profile: Profile) -> TraceStep | None:
    least = number(profile, "aggregation_subjects")
    if base != Tier.T2 or body.subjects is None or body.subjects < least:
        return None
    kinds = {category.category for category in body.categories} & _AGGREGATED
    if body.linked:
        why = "it joins the data of several controllers, or can be linked to more"
    elif len(kinds) >= number(profile, "aggregation_categories"):
        why = f"it holds {len(kinds)} categories about the same people"
    else:
        return None
    return TraceStep("bump", f"{why}, for {body.subjects:,} people: T2 personal becomes T3 heightened", Tier.T3)


def _group_floor(group: Group, profile: Profile) -> Floor:
    if group is Group.AT_RISK:
        tier = profile.categories[Category.C5].base
        return Floor(
            tier, "group-floor", f"the data is about people whose safety may depend on it, which calls for {tier.label} at any number"
        )
    tier = profile.categories[Category.C3].base
    return Floor(
        tier,
        "group-floor",
        f"the data is about {group.value if group is Group.CHILDREN else 'vulnerable people'}, which calls for at least {tier.label}",
    )
