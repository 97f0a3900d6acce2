"""Links proposed between rows of a spreadsheet and stores."""

from __future__ import annotations

import pytest

from tests.classify.profiles import store
from tierwise.classify.match import LEAST, Matched, Stores, match, repeated
from tierwise.model.resource import Kind

HEADER = ("Asset ID", "Asset name", "Description", "Owner", "Cloud account")
ESTATE = (
    store("benefits-payments", tags={"service": "claims-engine", "owner": "treasury"}),
    store("benefits-archive", tags={"owner": "treasury"}),
    store("benefits-logs", tags={"owner": "treasury"}),
    store("staff-payroll", account="999988887777"),
    *(store(f"web-app-{number}") for number in range(20)),
    store("fleet", kind=Kind.ROLE),
)


def linked(*cells: str) -> Matched:
    return match(2, HEADER, cells, Stores(ESTATE))


def near(found: Matched) -> dict[str, float]:
    return {one.resource.name: one.confidence for one in found.proposals}


def test_a_cell_that_names_a_store_is_nearly_certain():
    for text in (
        "benefits-payments",
        "ARN:benefits-payments",
        "see s3://benefits-payments/2026/ (weekly)",
        "on prem,\r\nand benefits-payments",
    ):
        (best, *_) = linked("7", text).proposals
        assert (best.resource.name, best.confidence >= 0.95, best.why[0]) == ("benefits-payments", True, "Asset name names it")


def test_words_of_a_name_in_a_cell_propose_it_and_all_of_them_more_than_some():
    found = near(linked("7", "Benefits payments"))
    assert found["benefits-payments"] == 0.7
    assert found.get("benefits-archive", 0.0) < found["benefits-payments"]


def test_a_word_that_many_stores_share_proposes_none():
    assert near(linked("7", "A web page")) == {}


def test_a_service_tag_links_and_an_owner_alone_does_not():
    assert near(linked("7", "Claims engine")) == {"benefits-payments": 0.8}
    assert near(linked("7", "Something", "", "treasury")) == {}


def test_the_account_in_the_row_supports_and_proposes_nothing_by_itself():
    with_account, without = near(linked("7", "Staff payroll", "", "", "999988887777")), near(linked("7", "Staff payroll"))
    assert with_account["staff-payroll"] > without["staff-payroll"]
    assert near(linked("7", "Something", "", "", "999988887777")) == {}


def test_only_stores_are_proposed_and_only_what_is_sure_enough():
    assert near(linked("7", "fleet")) == {}
    worded = match(2, HEADER, ("7", "the reports of a year"), Stores((*ESTATE, store("reports"), store("year"))))
    assert max(near(worded).values()) < 0.6
    assert all(one.confidence >= LEAST for row in ESTATE for one in linked("7", row.name).proposals)


@pytest.mark.parametrize("cells", [(), ("",), ("7",), ("7", "x" * 100_000), ("7", "\x1b[2J\u202e"), tuple("abcdefgh")])
def test_odd_rows_match_nothing_and_harm_nothing(cells):
    assert linked(*cells).proposals == ()


def test_title_and_reference_come_from_their_columns():
    found = linked("IAR-1", "Benefits")
    assert (found.title, found.reference) == ("Benefits", "IAR-1")
    assert match(2, ("x", "y"), ("12", "Benefits"), Stores(ESTATE)).title == "Benefits"


def test_rows_called_alike_are_told():
    assert repeated([linked("1", "A"), linked("2", "A"), linked("3", "B")]) == {"A": 2}
