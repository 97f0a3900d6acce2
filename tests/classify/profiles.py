"""Small profiles with the numbers of the sensitivity model, and builders for resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from tierwise.classify.engine import classify
from tierwise.model.fact import Known, Maybe
from tierwise.model.profile import CategoryRule, GatePolicy, Parameter, Profile, TagKey
from tierwise.model.register import NO_CORRECTIONS, Corrections, Register, RegisterEntry, Selector
from tierwise.model.resource import Evidence, Gap, Kind, Link, Resource
from tierwise.model.sensitivity import Category, Classification, Marking, Tier

TODAY = date(2026, 11, 23)


def _rule(category: Category, base: Tier, to_t3: int | None = None, to_t4: int | None = None, **variants: int) -> CategoryRule:
    return CategoryRule(category, f"Title of {category.value}", base, to_t3, to_t4, "because", "test", variants)


def _key(key: str, role: str, *aliases: str, wanted: Tier | None = None, **values: str) -> TagKey:
    return TagKey(key, aliases, role, {word.replace("_", "-"): meaning for word, meaning in values.items()}, wanted)


CATEGORIES = {
    Category.C0: _rule(Category.C0, Tier.T1),
    Category.C1: _rule(Category.C1, Tier.T2, 100_000, 10_000_000),
    Category.C2: _rule(Category.C2, Tier.T2, 1_000, 1_000_000),
    Category.C3: _rule(Category.C3, Tier.T3, None, 100_000, criminal=10_000, location=10_000, children=10_000),
    Category.C4: _rule(Category.C4, Tier.T3, None, 1_000),
    Category.C5: _rule(Category.C5, Tier.T4),
    Category.C6: _rule(Category.C6, Tier.T3),
}
PARAMETERS = {
    "assumed_tier": 2,
    "infer_confidence": 0.7,
    "aggregation_subjects": 10_000,
    "aggregation_categories": 3,
    "linkage_sources": 2,
    "identity_kit_basics": 3,
    "marking.official-sensitive-personal": 3,
}
TAGS = (
    _key("data-classification", "tier", "data_class", "sensitivity", wanted=Tier.T1, public="T0", internal="T1", personal="T2", special_category="T3", exceptional="T4"),
    _key("data-marking", "marking", "protective-marking"),
    _key("handling", "handling", H7="at-risk"),
    _key("subject-groups", "subject-groups", pupils="children", vulnerable="vulnerable"),
    _key("data-categories", "categories", health="C3", criminal="C3/criminal", contact="C1", none="C0"),
    _key("data-subjects", "subjects", wanted=Tier.T3),
    _key("owner", "owner", "service-owner", wanted=Tier.T1),
    _key("data-owner", "asset-owner"),
    _key("data-custodian", "custodian"),
    _key("infrastructure-support", "team", "team"),
    _key("retention-period", "retention", wanted=Tier.T3),
    _key("retention-schedule", "retention-schedule"),
    _key("iar-id", "reference", wanted=Tier.T4),
    _key("dpia-ref", "reference", wanted=Tier.T4),
    _key("environment", "environment", "env", wanted=Tier.T1, prod="production", live="production", dev="non-production", test="non-production"),
    _key("is-production", "environment", true="production", false="non-production"),
)  # fmt: skip

PROFILE = Profile(
    id="test",
    title="Test",
    description="",
    framework="",
    source="",
    assumed_tier=Tier.T2,
    infer_confidence=0.7,
    categories=CATEGORIES,
    parameters={name: Parameter(value, "because", "test") for name, value in PARAMETERS.items()},
    tags=TAGS,
    markings={Marking.OFFICIAL_SENSITIVE: Tier.T2, Marking.SECRET: Tier.T4, Marking.TOP_SECRET: Tier.T4},
    kind_floors={"secret": Tier.T2},
    deselected={},
    tightened={},
    severity={},
    gate=GatePolicy(),
    requirements=(),
)
COUNTING_SYNTHETIC = replace(PROFILE, synthetic_counts=True)


def store(
    name: str = "store",
    *,
    id: str = "",  # noqa: A002
    kind: Kind = Kind.OBJECT_STORE,
    tags: Maybe[Mapping[str, str]] | Mapping[str, str] | None = None,
    links: tuple[Link, ...] = (),
    evidence: Evidence | None = None,
    account: str = "111122223333",
    region: str = "eu-west-2",
    unit: str = "",
    aliases: tuple[str, ...] = (),
    items: int | None = None,
) -> Resource:
    """A resource of an emulated account; plain tags are known tags."""
    known = Known(dict(tags)) if isinstance(tags, Mapping) else Known({}) if tags is None else tags
    facts = {} if items is None else {"volume.items": Known(items)}
    return Resource(
        id or f"arn:{name}", kind, "test", "aws", account, region, name, tags=known, links=links, evidence=evidence or Evidence(), unit=unit, aliases=aliases, facts=facts
    )  # fmt: skip


def one(
    resource: Resource,
    register: Register | None = None,
    corrections: Corrections = NO_CORRECTIONS,
    profile: Profile = PROFILE,
    gaps: tuple[Gap, ...] = (),
) -> Classification:
    """The classification of one resource alone."""
    return classify([resource], profile, register or Register(), corrections, gaps=gaps, today=TODAY)[resource.id]


def many(
    *resources: Resource,
    register: Register | None = None,
    corrections: Corrections = NO_CORRECTIONS,
    profile: Profile = PROFILE,
    gaps: tuple[Gap, ...] = (),
) -> dict[str, Classification]:
    """The classifications by name."""
    found = classify(resources, profile, register or Register(), corrections, gaps=gaps, today=TODAY)
    return {resource.name: found[resource.id] for resource in resources}


def lines(*entries: RegisterEntry) -> Register:
    """A register of these entries."""
    return Register(entries)


def by_name(pattern: str, **fields: object) -> RegisterEntry:
    """A register entry for a name pattern."""
    return RegisterEntry(Selector(name=pattern), **fields)  # type: ignore[arg-type]
