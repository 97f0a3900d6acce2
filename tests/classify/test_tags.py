from __future__ import annotations

import math

import pytest

from tests.classify.profiles import PROFILE
from tierwise.classify import tags
from tierwise.model.marking import ParsedMarking, parse_marking
from tierwise.model.register import DataCategory, Group, Role, duration_days
from tierwise.model.sensitivity import Category, Marking, Tier

KNOWN = tags.dictionary(PROFILE)


def read(key: str, value: str) -> tags.Reading:
    (found,) = tags.read_tags({key: value}, KNOWN)
    return found


@pytest.mark.parametrize(
    "key", ["data-classification", "DataClassification", "DATA_CLASSIFICATION", "data classification", "data_class", "Sensitivity"]
)
def test_keys_are_found_whatever_their_case_and_separators(key: str) -> None:
    assert tags.tier_of(read(key, "special-category")) is Tier.T3


@pytest.mark.parametrize("value", ["special-category", "Special Category", "SPECIAL_CATEGORY", "T3", "t3 heightened", "Tier 3"])
def test_values_are_found_whatever_their_case_and_separators(value: str) -> None:
    assert tags.tier_of(read("data-classification", value)) is Tier.T3


def test_a_key_that_only_contains_a_known_key_is_not_it() -> None:
    assert tags.read_tags({"old-data-classification": "public", "sensitivity-label-id": "4"}, KNOWN) == ()


def test_a_value_that_nobody_mapped_is_malformed_and_no_tier() -> None:
    reading = read("data-classification", "rather secretive")
    assert tags.tier_of(reading) is None
    assert tags.malformed(reading, KNOWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OFFICIAL", ParsedMarking(Marking.OFFICIAL)),
        ("official", ParsedMarking(Marking.OFFICIAL)),
        ("UK OFFICIAL", ParsedMarking(Marking.OFFICIAL)),
        ("OFFICIAL-SENSITIVE", ParsedMarking(Marking.OFFICIAL_SENSITIVE)),
        ("OFFICIAL - SENSITIVE", ParsedMarking(Marking.OFFICIAL_SENSITIVE)),
        ("Official: Sensitive", ParsedMarking(Marking.OFFICIAL_SENSITIVE)),
        ("OFFICIAL-SENSITIVE [PERSONAL]", ParsedMarking(Marking.OFFICIAL_SENSITIVE, ("PERSONAL",))),
        ("official-sensitive-personal", ParsedMarking(Marking.OFFICIAL_SENSITIVE, ("PERSONAL",))),
        ("official_sensitive_commercial", ParsedMarking(Marking.OFFICIAL_SENSITIVE, ("COMMERCIAL",))),
        ("OFFICIAL-SENSITIVE - RECIPIENTS ONLY", ParsedMarking(Marking.OFFICIAL_SENSITIVE, ("RECIPIENTS ONLY",))),
        ("SECRET", ParsedMarking(Marking.SECRET)),
        ("TOP SECRET", ParsedMarking(Marking.TOP_SECRET)),
        ("top-secret", ParsedMarking(Marking.TOP_SECRET)),
    ],
)
def test_markings_are_parsed(text: str, expected: ParsedMarking) -> None:
    assert parse_marking(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "unofficial", "secret-santa", "officially", "secrets", "not SECRET", "sensitive", "OFFICIAL2", "top", "public", "[PERSONAL]"],
)
def test_what_only_contains_a_marking_is_none(text: str) -> None:
    assert parse_marking(text) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("P7Y", 2555),
        ("P90D", 90),
        ("P2W", 14),
        ("P6M", 182),
        ("P12M", 365),
        ("P1Y6M", 547),
        ("PT36H", 2),
        ("p30d", 30),
        ("unlimited", math.inf),
        ("Permanent", math.inf),
    ],
)
def test_durations_are_read_in_days(text: str, days: float) -> None:
    assert duration_days(text) == days


@pytest.mark.parametrize("text", ["", "P", "PT", "7 years", "90", "P-1D", "P1.5Y", "7Y", "P1D2M"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration_days(text) is None


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        ("C3", ["C3"]),
        ("C1, C3/criminal", ["C1", "C3/criminal"]),
        ("c1_c4", ["C1", "C4"]),
        ("health", ["C3"]),
        ("contact;criminal", ["C1", "C3/criminal"]),
        ("nonsense", []),
        ("C9", []),
    ],
)
def test_category_lists_are_read(value: str, labels: list[str]) -> None:
    assert [one.label for one in tags.categories_of(read("data-categories", value), KNOWN)] == labels


def test_the_tag_dictionary_maps_words_to_variants() -> None:
    assert tags.categories_of(read("data-categories", "criminal"), KNOWN) == (DataCategory(Category.C3, "criminal"),)


@pytest.mark.parametrize(
    ("text", "people"), [("20000", 20000), ("20,000", 20000), ("1 500", 1500), ("many", None), ("-5", None), ("1.5", None), ("", None)]
)
def test_numbers_of_people_are_read(text: str, people: int | None) -> None:
    assert tags.subjects_of(text) == people


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("owner", Role.OWNER),
        ("service-owner", Role.OWNER),
        ("data-owner", Role.ASSET_OWNER),
        ("team", Role.TEAM),
        ("DataCustodian", Role.CUSTODIAN),
        ("env", None),
    ],
)
def test_each_key_names_its_role(key: str, role: Role | None) -> None:
    assert tags.role_of(read(key, "someone")) is role


def test_an_empty_owner_names_nobody() -> None:
    assert tags.role_of(read("owner", " - ")) is None


def test_a_handling_code_means_what_the_profile_says() -> None:
    assert tags.group_of(read("handling", "h7")) == {Group.AT_RISK}
    assert tags.group_of(read("handling", "h8")) == frozenset()
