from __future__ import annotations

import pytest

from tests.content.test_read import columns, formats

ROWS = [(f"A{number}", f"{number:02d}/03/1984", f"Ann {letter}") for number, letter in enumerate("bcdfghjklmnp", 1)]


def table(*above: str, delimiter: str = ",") -> bytes:
    return "\r\n".join([*above, *(delimiter.join(row) for row in ROWS)]).encode()


@pytest.mark.parametrize(
    ("above", "names"),
    [
        (("Ref,Date of birth,Name",), ["Ref", "Date of birth", "Name"]),
        (("Child's ref,Dyddiad geni,Rhif ff\u00f4n",), ["Child's ref", "Dyddiad geni", "Rhif ff\u00f4n"]),
        (("Benefits extract", "Run on 12/03/2026", "", "Ref,Birth,Name"), ["Ref", "Birth", "Name"]),
        (("Benefits extract,,", ",,", "Ref,Birth,Name"), ["Ref", "Birth", "Name"]),
        (("Record,Details,", "Ref,Birth,Name"), ["Ref", "Birth", "Name"]),
        (("1st preference,Birth (dd/mm/yyyy),What is your name?",), ["1st preference", "Birth (dd/mm/yyyy)", "What is your name?"]),
        ((), ["column 1", "column 2", "column 3"]),
        (("A0,TBC,Ann a",), ["column 1", "column 2", "column 3"]),
        (("Smith,n/a,Jane Lee",), ["column 1", "column 2", "column 3"]),
        (("see A,Ann Lee,Ann b",), ["column 1", "column 2", "column 3"]),
    ],
)
def test_the_names_of_columns_are_found_below_titles_and_are_never_data(above, names):
    found = columns(table(*above), "a.csv")
    assert list(found) == names
    assert all(set(one) >= {row[place] for row in ROWS} for place, one in enumerate(found.values()))


@pytest.mark.parametrize("delimiter", [";", "|", "\t"])
def test_a_delimiter_is_told_below_titles_and_in_a_table_that_ends_inside_a_cell(delimiter):
    cell = '"1 High Street\r\nLeeds\r\nLS1 4AB"'
    text = "\r\n".join(["Extract of 2026", delimiter.join(("Ref", "Address")), *(f"A{n}{delimiter}{cell}" for n in range(40))])
    assert list(columns(text.encode(), "a.txt")) == ["Ref", "Address"]


def test_columns_that_stand_in_the_same_places_are_columns_where_a_line_names_them():
    lines = [("Ref", "NI number", "Name"), *((one, f"AB {n:02d} 34 56 C", f"LEE, {name}") for n, (one, _, name) in enumerate(ROWS, 10))]
    text = "\n".join(f"{one:6}{number:15}{name}" for one, number, name in lines)
    assert list(columns(text.encode(), "a.txt")) == ["Ref", "NI number", "Name"]
    assert columns(text.encode(), "a.txt")["NI number"][0] == "AB 10 34 56 C"
    assert formats(text.partition("\n")[2].replace(", ", " ").encode(), "a.txt") == ["text"]
    assert formats("\n".join(f"2026-01-02  12:00:{n:02d}  INFO  started" for n in range(30)).encode(), "a.txt") == ["text"]
