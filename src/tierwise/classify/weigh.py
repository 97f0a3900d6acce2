"""From signs to bodies of data: which categories the evidence carries, and what declarations, findings and both together give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tierwise.classify.rule import LOWEST, Body, Floor, Outcome, effective, number
from tierwise.classify.sign import Origin, Sign, confidence_in
from tierwise.model.marking import ParsedMarking
from tierwise.model.profile import Profile
from tierwise.model.register import DataCategory, Group
from tierwise.model.sensitivity import Category, Marking, Tier, TierState, TraceStep

PERSONAL_MARKING: Final = "marking.official-sensitive-personal"
"""The profile parameter with the floor of OFFICIAL-SENSITIVE [PERSONAL]."""
_RANK: Final = {marking: place for place, marking in enumerate(Marking)}
_PERSONAL: Final = frozenset({Category.C1, Category.C2, Category.C3, Category.C4, Category.C5})
DECLARING: Final = frozenset({Origin.TAG, Origin.REGISTER})


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a resource's own evidence comes to."""

    outcome: Outcome
    body: Body
    state: TierState | None
    """None where nothing bears on the tier."""
    declared: Tier | None
    inferred: Tier | None
    confidence: float
    marking: Marking
    stated: int | None
    """People, as a tag or the register says; the body's number may be larger, where more were counted."""
    personal: bool
    """The evidence says that it is about people."""
    at_risk: bool


def body_of(
    signs: Iterable[Sign], profile: Profile, *, origins: frozenset[Origin] = frozenset(Origin), subjects: int | None = None
) -> Body:
    """The body of data that signs of some origins describe; `subjects` stands in where another origin said how many."""
    chosen = [sign for sign in signs if sign.origin in origins]
    categories = frozenset(category for category, sure in _confidences(chosen).items() if sure >= profile.infer_confidence)
    people = [sign.subjects for sign in chosen if sign.subjects is not None]
    if subjects is not None:
        people.append(subjects)
    controllers = max((sign.controllers for sign in chosen), default=0)
    floors = frozenset(floor for sign in chosen if (floor := _floor(sign, profile)) is not None)
    groups = frozenset(sign.group for sign in chosen if sign.group is not None)
    linked = any(sign.linked for sign in chosen) or controllers >= number(profile, "linkage_sources")
    return Body(categories, max(people, default=None), linked, groups, floors)


def _confidences(signs: Iterable[Sign]) -> dict[DataCategory, float]:
    by_category: dict[DataCategory, list[Sign]] = defaultdict(list)
    for sign in signs:
        if sign.category is not None:
            by_category[sign.category].append(sign)
    return {category: confidence_in(found) for category, found in by_category.items()}


def _floor(sign: Sign, profile: Profile) -> Floor | None:
    if sign.tier is not None:
        return Floor(sign.tier, sign.rule, sign.because, sign.source)
    tier = _marking_floor(sign.marking, profile) if sign.marking else None
    if tier is None:
        return None
    return Floor(tier, sign.rule, f"{sign.because}, which calls for at least {tier.label}", sign.source)


def _marking_floor(marking: ParsedMarking, profile: Profile) -> Tier | None:
    floors = [profile.markings[marking.level]] if marking.level in profile.markings else []
    personal = profile.parameters.get(PERSONAL_MARKING)
    if personal is not None and marking.personal and _RANK[marking.level] >= _RANK[Marking.OFFICIAL_SENSITIVE]:
        floors.append(Tier(int(personal.value)))
    return max(floors, default=None)


def declared_tier(signs: Iterable[Sign], profile: Profile) -> Tier | None:
    """The tier that declarations give, or None where they give none."""
    body = body_of(signs, profile, origins=DECLARING)
    return None if body.silent else effective(body, profile).tier


NOTHING: Final = Weighed(Outcome(LOWEST, ()), Body(), None, None, None, 0.0, Marking.NONE, None, personal=False, at_risk=False)
_STATES: Final = {Origin.TAG: TierState.DECLARED, Origin.REGISTER: TierState.REGISTERED, Origin.FOUND: TierState.INFERRED}


def _tiers_by_origin(signs: tuple[Sign, ...], body: Body, outcome: Outcome, profile: Profile) -> dict[TierState, Tier]:
    """What each origin gives alone, at the number of people that any of them says."""
    heard = {sign.origin for sign in signs}
    tiers: dict[TierState, Tier] = {}
    for origin, state in _STATES.items():
        if origin not in heard:
            continue
        part = body if len(heard) == 1 else body_of(signs, profile, origins=frozenset({origin}), subjects=body.subjects)
        if not part.silent:
            tiers[state] = outcome.tier if len(heard) == 1 else effective(part, profile).tier
    return tiers


def weigh(signs: tuple[Sign, ...], profile: Profile) -> Weighed:
    """All evidence of one resource together; the tier is that of everything, so no piece of it can lower another."""
    if not signs:
        return NOTHING
    body = body_of(signs, profile)
    outcome = effective(body, profile)
    tiers = _tiers_by_origin(signs, body, outcome, profile)
    heard = {sign.origin for sign in signs}
    declared = outcome.tier if heard <= DECLARING and not body.silent else declared_tier(signs, profile) if heard & DECLARING else None
    state = next((state for state, tier in tiers.items() if tier >= outcome.tier), TierState.INFERRED)
    found = _confidences(sign for sign in signs if sign.origin is Origin.FOUND)
    counted = [sure for sure in found.values() if sure >= profile.infer_confidence]
    marked = [sign.marking for sign in signs if sign.marking is not None]
    return Weighed(
        outcome=Outcome(outcome.tier, (*_steps(signs, profile), *outcome.steps)),
        body=body,
        state=None if body.silent else state,
        declared=declared,
        inferred=tiers.get(TierState.INFERRED),
        confidence=1.0 if state is not TierState.INFERRED else max(counted, default=0.0),
        marking=max((one.level for one in marked), key=_RANK.__getitem__, default=Marking.NONE),
        stated=max((sign.subjects for sign in signs if sign.subjects is not None and sign.origin in DECLARING), default=None),
        personal=bool(body.groups) or any(one.personal for one in marked) or any(one.category in _PERSONAL for one in body.categories),
        at_risk=Group.AT_RISK in body.groups or any(one.category is Category.C5 for one in body.categories),
    )


def _steps(signs: tuple[Sign, ...], profile: Profile) -> list[TraceStep]:
    """The evidence itself, in a fixed order; what gives a floor is told with the floor."""
    shown = [sign for sign in signs if _floor(sign, profile) is None]
    shown.sort(key=lambda sign: (sign.origin.value, sign.rule, sign.source, sign.because))
    steps = [TraceStep(sign.rule, sign.because, None, sign.source) for sign in shown]
    for category, sure in sorted(_confidences(shown).items(), key=lambda item: item[0].label):
        mine = [sign for sign in shown if sign.category == category]
        if all(sign.weak for sign in mine) and sure >= profile.infer_confidence:
            media = " and ".join(sorted({sign.medium for sign in mine}))
            steps.append(
                TraceStep(
                    "weak-signs-agree", f"weak signs in the {media} agree on {category.label}, so together they count", None, category.label
                )
            )
        elif mine and sure < profile.infer_confidence:
            steps.append(
                TraceStep(
                    "not-enough",
                    f"evidence of {category.label} is too weak to count (confidence {sure:.2f}, {profile.infer_confidence:.2f} needed)",
                    None,
                    category.label,
                )
            )
    return steps
