"""Plain questions, and what their answers mean; who does not know leaves a row open."""

from __future__ import annotations

from typing import Any

import pytest

from tests.classify.profiles import PROFILE, TODAY, by_name, lines, store
from tierwise.classify.engine import classify
from tierwise.classify.worksheet import (
    COLUMNS,
    KNOWN,
    NO,
    NOTHING,
    PUBLISHED,
    QUESTIONS,
    SELECT,
    UNSURE,
    YES,
    Answered,
    Sheet,
    answered,
    column_keys,
    people_in,
    period_in,
    worksheet,
)
from tierwise.model.register import NO_CORRECTIONS, Register, duration_days
from tierwise.model.resource import Kind, Link, Rel, Resource

ALL_NO = {one.key: NO for one in QUESTIONS if one.tells_tier}


def answers(**given: str) -> Answered:
    return answered("Clinic", given)


def about_people(**given: str) -> Answered:
    return answers(**({"people": YES} | ALL_NO | given))


def sheet(*resources: Resource, register: Register | None = None) -> Sheet:
    register = register or Register()
    return worksheet(resources, classify(resources, PROFILE, register, NO_CORRECTIONS, today=TODAY), register)


def wrong(found: Answered) -> dict[str, str]:
    titles = {one.title: one.key for one in QUESTIONS}
    return {titles[one.column]: one.says for one in found.mistakes}


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"identity": "Yes"}, {"categories": ["C1", "C2"]}),
        ({"health": "y", "crime": "YES"}, {"categories": ["C1", "C3", "C3/criminal"]}),
        ({"biometric": "true"}, {"categories": ["C1", "C4"]}),
        ({"vulnerable": "both"}, {"categories": ["C1"], "groups": ["children", "vulnerable"]}),
        ({"danger": YES}, {"categories": ["C1"], "groups": ["at-risk"]}),
        ({"whose": "school  pupils"}, {"categories": ["C1"], "references": {"people": "school pupils"}}),
        (
            {"number": "about 12,000 people", "kept": "7 years", "owner": "head of clinics"},
            {"categories": ["C1"], "subjects": 12000, "asset_owner": "head of clinics", "retention": "P7Y"},
        ),
        ({"number": "not sure", "kept": "?", "owner": ""}, {"categories": ["C1"]}),
    ],
)
def test_answers_become_the_fields_of_a_register_line(given: dict[str, str], fields: dict[str, Any]) -> None:
    given = {key: text for key, text in given.items() if text != "?"}
    assert about_people(**given).fields == {"dataset": "Clinic", "personal_data": "yes", **fields}


def test_what_is_not_about_people_is_said_to_be_and_what_is_published_is_t0() -> None:
    assert answers(people=NO).fields == {"dataset": "Clinic", "categories": ["C0"], "personal_data": "no"}
    assert answers(people=PUBLISHED).fields == {"dataset": "Clinic", "tier": "T0", "personal_data": "no"}


def test_a_row_that_nobody_filled_in_is_nothing() -> None:
    assert answers() is NOTHING
    assert answers(people="  ") is NOTHING


@pytest.mark.parametrize("key", [one.key for one in QUESTIONS if one.tells_tier])
def test_who_does_not_know_what_a_tier_hangs_on_leaves_the_row_open(key: str) -> None:
    found = about_people(**{key: "Don’t know"})
    assert (found.fields, found.mistakes) == ({}, ())
    assert found.open == (next(one.title for one in QUESTIONS if one.key == key),)


def test_nobody_knowing_whether_it_is_about_people_leaves_it_open() -> None:
    assert answers(people=UNSURE).open == (QUESTIONS[0].title,)


def test_every_mistake_of_a_row_is_told_with_what_to_write() -> None:
    found = wrong(about_people(people="yess", number="lots", kept="7", crime="perhaps"))
    assert set(found) == {"people", "number", "kept", "crime"}
    assert found["people"].endswith("did you mean 'yes'?")
    assert "12k" in found["number"]
    assert "7 years" in found["kept"]


def test_a_question_without_an_answer_is_a_mistake_where_it_is_about_people() -> None:
    assert set(wrong(answers(people=YES))) == set(ALL_NO)
    assert set(wrong(answers(danger=YES))) == {"people"}


def test_what_contradicts_itself_is_a_mistake() -> None:
    assert set(wrong(answers(people=NO, health=YES, number="12", crime=NO))) == {"health", "number"}
    assert set(wrong(answers(people=PUBLISHED, danger=YES))) == {"danger"}


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("12000", 12_000), ("12,000", 12_000), ("12 000", 12_000), ("12k", 12_000), ("1.2 million", 1_200_000), ("9m", 9_000_000),
        ("~500", 500), ("about 500 people", 500), ("1,000-5,000", 5_000), ("10 to 20k", 20_000), ("over 100 thousand", 100_000), ("600+", 600),
        ("", None), ("many", None), ("0", None), ("-5", None), ("1e9", None), ("99 million million", None), ("12,00", None), ("9" * 40, None),
        ("1-2-3", None),
    ],
)  # fmt: skip
def test_a_number_of_people_is_read_as_people_write_it(text: str, people: int | None) -> None:
    assert people_in(text) == people


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("7 years", "P7Y"), ("1 year", "P1Y"), ("90 days", "P90D"), ("6 months", "P6M"), ("2wks", "P2W"), ("p7y", "P7Y"), ("about 3 yrs", "P3Y"),
        ("forever", "unlimited"), ("Without end", "unlimited"), ("7", None), ("years", None), ("0 days", None), ("until 2030", None), ("P", None),
    ],
)  # fmt: skip
def test_a_period_is_read_as_people_write_it(text: str, period: str | None) -> None:
    assert period_in(text) == period
    assert period is None or duration_days(period) is not None


def test_a_row_is_a_service_by_its_tag_else_a_name_s_beginning_else_a_store() -> None:
    clinic = [store(f"x{number}", tags={"Service": "clinic", "Environment": "prod"}) for number in range(2)]
    rows = sheet(*clinic, store("case-files-a"), store("case-files-b"), store("alone", kind=Kind.QUEUE)).rows
    assert {(row[0], row[1], row[-1]) for row in rows} == {
        ("clinic", "2 object-store", '{tag: "Service=clinic"}'),
        ("case-files", "2 object-store", '{name: "case-files-*"}'),
        ("alone", "1 queue", '{id: "arn:alone"}'),
    }
    assert all(len(row) == len(COLUMNS) for row in rows)


def test_only_what_nobody_has_described_is_asked_about() -> None:
    described = store("tagged", tags={"data-class": "personal"})
    copy = store("copy", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:tagged"),))
    contradicted = store("patient-records", tags={"data-class": "internal"})
    rows = sheet(described, copy, contradicted, store("listed"), register=lines(by_name("listed", owner="x"))).rows
    assert {row[0] for row in rows} == {"patient-records", "listed"}


def test_what_is_known_so_far_is_said() -> None:
    (row,) = sheet(store("patient-records")).rows
    assert row[KNOWN.index("What is known so far")].startswith("T3 heightened: the name contains 'patient-records'")
    (row,) = sheet(store("x")).rows
    assert row[KNOWN.index("What is known so far")] == "nothing"


def test_what_no_file_can_select_is_counted_and_not_asked_about() -> None:
    found = sheet(store("x\x1b[2J"))
    assert (found.rows, found.left_out) == ((), 1)


def test_columns_are_found_by_their_titles_in_any_order() -> None:
    header = ["notes", SELECT.upper(), f" {QUESTIONS[0].title} ", "SERVICE"]
    assert dict(column_keys(header)) == {1: "select", 2: "people", 3: "service"}


def test_no_answer_that_is_offered_is_parted_by_a_spreadsheet() -> None:
    assert [choice for one in QUESTIONS for choice in one.choices if set(',;"') & set(choice)] == []
