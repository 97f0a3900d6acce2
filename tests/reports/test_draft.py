"""Drafts of a record of processing and of an asset register: what a scan knows, and gaps where only people know."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

from tests.classify.profiles import PROFILE, TODAY, by_name, lines, store
from tests.reports.hostile import HOSTILE
from tests.reports.test_ods import read_back
from tierwise.classify.engine import classify
from tierwise.model.fact import Known
from tierwise.model.register import NO_CORRECTIONS, DataCategory, Group, KnownPrincipal, Register
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Category, Tier
from tierwise.reports.draft import ASSETS, RECORD, TO_FILL, Draft, as_csv, as_markdown, as_ods, draft
from tierwise.reports.escape import cell

CASES = by_name(
    "case-*",
    dataset="Cases",
    categories=(DataCategory(Category.C2), DataCategory(Category.C3)),
    subjects=12_000,
    groups=frozenset({Group.CHILDREN, Group.AT_RISK}),
    asset_owner="head of cases",
    references={"people": "claimants"},
    principals=(KnownPrincipal("444455556666", "audit framework", date(2026, 12, 31)),),
    source="register.yaml:2",
)


def made(register: Register, *resources: Resource, categories: frozenset[Category] = frozenset()) -> Draft:
    return draft(resources, classify(resources, PROFILE, register, NO_CORRECTIONS, today=TODAY), register, PROFILE, categories)


def activity(one: Draft, name: str) -> dict[str, str]:
    return next(dict(zip(RECORD, row, strict=True)) for row in one.record if row[0] == name)


def test_an_activity_is_a_dataset_and_says_what_is_known_and_leaves_open_what_is_not():
    found = activity(made(lines(CASES), store("case-1"), store("case-2")), "Cases")
    open_cells = {name for name, text in found.items() if text == TO_FILL}
    assert open_cells == {
        "controller",
        "purpose",
        "lawful basis",
        "condition for special category or criminal offence data",
        "transfers and safeguards",
        "kept for",
        "security measures",
    }
    assert found["number of people"] == "12,000"
    assert found["recipients"] == "444455556666 (audit framework)"
    assert found["asset owner"] == "head of cases"
    assert found["stores"] == "2 stores: case-1, case-2"


def test_who_is_at_risk_is_not_written_into_a_record_that_many_read():
    assert activity(made(lines(CASES), store("case-1")), "Cases")["people"] == "children; claimants"


def test_unregistered_stores_are_grouped_by_the_service_that_a_tag_names():
    stores = [store(f"patient-records-{number}", tags={"Service": "clinic"}) for number in range(3)]
    assert activity(made(Register(), *stores), "clinic")["stores"].startswith("3 stores")


def test_only_what_is_about_people_is_in_the_record_and_every_store_is_an_asset():
    one = made(lines(by_name("plain", tier=Tier.T1)), store("plain"), store("silent"), store("patient-records"))
    assert [row[0] for row in one.record] == ["patient-records"]
    assert len(one.assets) == 3
    assert one.unknown == 1
    assert "of 1 store nothing is known" in as_markdown(one)


def test_a_category_selects():
    one = made(lines(CASES), store("case-1"), store("staff-payroll"), categories=frozenset({Category.C3}))
    assert [row[0] for row in one.assets] == ["Cases"]
    assert [row[0] for row in one.record] == ["Cases"]


def test_the_three_forms_say_the_same_and_hold_nothing_live():
    stores = [store(f"patient-records {text}", id=f"{text}", tags={"owner": text}) for text in HOSTILE]
    one = made(Register(), *stores)
    rows = list(csv.reader(io.StringIO(as_csv(one, "assets").decode(), newline="")))
    sheet = read_back(as_ods(one))
    assert rows[0] == list(ASSETS)
    assert [[str(value) for value in row] for row in sheet["Asset register"]] == rows
    assert rows[1:] == [[cell(text) for text in row] for row in one.assets]
    page = as_markdown(one)
    assert "<script" not in page
    assert "<img" not in page
    assert "\x1b" not in page


def test_kept_for_is_what_is_declared():
    one = store("case-1")
    facts = {"retention.declared_days": Known(730.0)}
    assert activity(made(lines(CASES), replace(one, facts=facts)), "Cases")["kept for"] == "730 days"
