from __future__ import annotations

import copy
import json
import pickle
import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.hang import ending
from tierwise.classify.content import Column, examine, scan_text
from tierwise.classify.detector import Match, Values, all_detectors
from tierwise.classify.digits import mod11
from tierwise.classify.text import BLOCK, PURE, SHARE, WHOLE, accelerated, probe, scan
from tierwise.classify.vote import judged, plain, tail, tidy, whole
from tierwise.classify.withheld import Distinct, Withheld
from tierwise.model.detection import Detection, Strength

COUNTS = 0.7
VALUES = [(one.id, values) for one in all_detectors() for values in (one.values, one.loose, one.narrow, one.written) if values is not None]


def _judged(values: Values, text: str) -> Match:
    written = tidy(text)
    return judged(values, written, plain(written)) if whole(values.shape).fullmatch(written) else Match.NO


@pytest.mark.parametrize(("name", "values"), VALUES, ids=[name for name, _ in VALUES])
def test_each_detector_judges_its_own_values(name: str, values: Values) -> None:
    assert values.positives
    assert values.negatives
    for texts, match in ((values.positives, Match.REAL), (values.synthetic, Match.SYNTHETIC), (values.negatives, Match.NO)):
        assert {text: _judged(values, text) for text in texts} == dict.fromkeys(texts, match)


def _random(template: str, draw: random.Random) -> str:
    letters, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
    choices = {"9": digits, "A": letters, "X": letters + digits}
    return "".join(draw.choice(choices.get(sign, sign)) for sign in template)


@pytest.mark.parametrize(("name", "values"), [one for one in VALUES if one[1].random], ids=[name for name, one in VALUES if one.random])
def test_the_stated_chance_is_what_random_values_show(name: str, values: Values) -> None:
    draw = random.Random(7)
    texts = [_random(template, draw) for template in values.random for _ in range(8000 // len(values.random))]
    shaped = [text for text in texts if whole(values.shape).fullmatch(text)]
    passed = sum(_judged(values, text) is not Match.NO for text in shaped)
    expected = values.chance * len(shaped)
    assert abs(passed - expected) <= 5 * expected**0.5 + 1


def nhs(draw: random.Random) -> str:
    while True:
        number = f"{draw.choice('467')}{draw.randrange(10**9):09d}"
        if mod11(number):
            return number


def _counted(detections: list[Detection]) -> set[tuple[str | None, str]]:
    return {(one.column, one.detector) for one in detections if one.confidence >= COUNTS}


def _column(make: Callable[[random.Random], str], rows: int = 200, name: str | None = "c1") -> Column:
    draw = random.Random(11)
    return Column(name, [make(draw) for _ in range(rows)])


def test_a_column_of_nhs_numbers_is_told_from_numbers_of_the_same_shape() -> None:
    assert _counted(examine([_column(nhs)])) == {("c1", "nhs_number")}
    assert _counted(examine([_column(lambda draw: f"{draw.choice('467')}{draw.randrange(10**9):09d}")])) == set()


def test_hits_rates_and_distinct_values_are_counted() -> None:
    numbers = list(_column(nhs, 50).values)
    (one,) = examine([Column("nhs_number", numbers * 2 + ["", "null"] * 10 + ["not taken"] * 4)])
    assert (one.detector, one.hits, one.checked, one.distinct, one.synthetic) == ("nhs_number", 100, 104, 50, 0)
    assert one.evidence == ("name", "values")
    assert one.strength is Strength.MEDIUM


def test_written_by_spreadsheets_they_are_still_found() -> None:
    numbers = list(_column(nhs).values)
    for column in (
        [f"{one}.0" for one in numbers],
        [f"{one[:3]}-{one[3:6]}-{one[6:]}" for one in numbers],
        [f" {one[:3]} {one[3:6]} {one[6:]} " for one in numbers],
        [f"{one[:3]}.{one[3:6]}.{one[6:]}" for one in numbers],
        [f"{one[:3]}_{one[3:6]}_{one[6:]}" for one in numbers],
        [f"{int(one):.9E}" for one in numbers],
        [f"'{one}" for one in numbers],
    ):
        assert _counted(examine([Column("x", column)])) == {("x", "nhs_number")}


def test_numbers_in_succession_are_nobodys_even_where_the_check_passes() -> None:
    start = 450557
    column = [number for stem in range(start * 1000, start * 1000 + 3000) for check in "0123456789" if mod11(number := f"{stem}{check}")]
    assert _counted(examine([Column("ref", column)])) == set()


def test_a_label_before_each_value_is_a_word_about_it() -> None:
    numbers = list(_column(nhs).values)
    for label in ("NHS: ", "NHS No. ", "NHS", "(NHS) ", "Patient NHS number = ", "ID "):
        (one,) = examine([Column("ref", [f"{label}{number[:3]} {number[3:6]} {number[6:]}" for number in numbers])])
        assert (one.detector, one.hits, one.confidence > COUNTS) == ("nhs_number", 200, True)
        assert one.evidence == (("values",) if label == "ID " else ("values", "context"))


def test_a_label_that_speaks_of_a_thing_or_alone_proves_nothing() -> None:
    numbers = list(_column(nhs).values)
    for column in (
        [f"Order {one}" for one in numbers],
        [f"Patient {450557000 + place * 7919}0" for place in range(200)],
        [f"Part {one}" for one in _column(lambda draw: f"AB{draw.randrange(10**6):06d}A").values],
        ["NHS Trust", "NHS Digital", "NHS England"] * 50,
    ):
        assert _counted(examine([Column("ref", column)])) == set()


def test_a_loose_form_counts_where_the_column_or_its_values_are_named_for_it_and_nowhere_else() -> None:
    without_suffix = [f"{one}{place:06d}" for place, one in enumerate(a + b for a in "ABCEGHJK" for b in "LMPRSTWX")]
    serials = [str(8_000 + place * 131) for place in range(200)]
    solid = [f"{1930 + place % 90}{1 + place % 12:02d}{1 + place % 28:02d}" for place in range(200)]
    for name, values, found in (
        ("ni_number", without_suffix, {"nino"}),
        ("ref", [f"NI No {one}" for one in without_suffix], {"nino"}),
        ("policy_no", without_suffix, set()),
        ("ni_number", [f"Q{one[1:]}" for one in without_suffix], set()),
        ("date_of_birth", serials, {"date_of_birth"}),
        ("dob", [*serials[:100], *["12/03/1984"] * 50], {"date_of_birth"}),
        ("D.O.B.", solid, {"date_of_birth"}),
        ("amount", serials, set()),
        ("dob", [str(one) for one in range(60_000, 99_000, 131)], set()),
        ("dob", [str(one) for one in range(1, 400)], set()),
    ):
        assert {one.detector for one in examine([Column(name, values)]) if one.confidence >= COUNTS} == found, name
        beside = examine([Column(name, values), Column("email", [f"ann{place}@mail.example" for place in range(len(values))])])
        assert {one.detector for one in beside if one.column == name and one.confidence >= COUNTS} == found, name


def test_codes_that_begin_in_a_handful_of_ways_are_no_insurance_numbers() -> None:
    codes = _column(lambda draw: f"{draw.choice(['HP', 'AC', 'JG', 'KT', 'WX', 'EL'])}{draw.randrange(10**6):06d}{draw.choice('ABCD')}")
    assert _counted(examine([codes])) == set()


def test_a_name_that_says_something_else_outweighs_the_check_digit() -> None:
    assert _counted(examine([_column(nhs, name="isbn")])) == set()


def test_test_ranges_are_counted_as_synthetic() -> None:
    draw = random.Random(3)
    numbers = [number for _ in range(3000) if mod11(number := f"999{draw.randrange(10**7):07d}")]
    (one,) = examine([Column("nhs_number", numbers)])
    assert one.synthetic == one.hits > 100
    assert not one.real


def test_a_header_that_is_a_value_is_not_repeated() -> None:
    (one,) = examine([_column(nhs, name="4505577104")])
    assert one.column == "[nhs_number]"


def test_running_text_needs_a_word_beside_a_lone_number() -> None:
    assert _counted(scan_text(b"Dear Sir, NHS number 450 557 7104, we write about your appointment.")) == {(None, "nhs_number")}
    assert _counted(scan_text(b"Order 450 557 7104 has been sent. Take 4505577104.")) == set()
    assert _counted(scan_text(b"id 550e8400-e29b-41d4-a716-446655440000 at 1718000000 v1.2.4505577104")) == set()


def test_mobile_numbers_in_text_need_a_word_beside_them_and_those_of_offices_are_no_people() -> None:
    def told(text: str) -> set[tuple[str | None, str]]:
        return _counted(scan_text(text.encode()))

    assert told("sent sms to +44 7911 123456") == told("Rang her mobile: 07911 123456.") == {(None, "phone")}
    assert told("part 07911 123456") == told("call 01904 551550") == told("call 07611 123456") == set()


def test_both_engines_find_the_same() -> None:
    draw = random.Random(5)
    words = ["nhs", "number", "ref", "AB123456C", "jane.smith@dept.gov.uk", "GB94 BARC 1020 1530 0934 59", "\xe9", "_", "-", "card"]
    text = " ".join(
        draw.choice([*words, nhs(draw), str(draw.randrange(10**16))]) + draw.choice(["", "\n", ",", "_x", "-1"]) for _ in range(4000)
    )
    data = text.encode("latin-1") + text.encode()
    assert scan_text(data, engine=accelerated()) == scan_text(data, engine=PURE) != []


def test_where_a_probe_begins_and_ends_no_number_is_cut() -> None:
    data = b"450557710445055771044505 " * (WHOLE * 8 // 25)
    assert len(probe(len(data))) > 10
    assert scan(data, PURE) == []


def test_a_long_text_is_probed_evenly_and_a_short_one_read_whole() -> None:
    assert probe(WHOLE) == ((0, WHOLE),)
    assert probe(1 << 30, exhaustive=True) == ((0, 1 << 30),)
    spans = probe(100 << 20)
    assert sum(end - start for start, end in spans) == (100 << 20) // SHARE // BLOCK * BLOCK
    assert spans[0][0] == 0
    assert spans[-1][1] == 100 << 20
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


HOSTILE = [
    "a." * 50_000,
    "a@" * 50_000,
    "1 " * 50_000,
    "-" * 100_000,
    "AB12 " * 20_000,
    "eyJ" * 40_000,
    "$2b$" * 30_000,
    "1" * 200_000,
    "(0" * 50_000,
    "\ud800AB123456C",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:4].encode("ascii", "replace").decode())
def test_hostile_text_does_not_hang(text: str) -> None:
    texts = [text, text[:399], text[:40]]
    # A pattern that looks at each place again for each other would take minutes.
    with ending(20):
        examine([Column("dob", texts)], engine=PURE)
        assert _counted(examine([Column(None, texts)], engine=PURE)) == set()


@pytest.mark.parametrize("show", [str, repr, format, lambda one: repr([one])])
def test_withheld_bytes_are_not_shown(show: Callable[[object], str]) -> None:
    assert "4505577104" not in show(Withheld(b"4505577104"))
    assert "4505577104" not in show(Column("4505577104", ["4505577104"]))


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, bytes, list, vars])
@pytest.mark.parametrize("held", [Withheld(b"4505577104"), Column("x", ["4505577104"])])
def test_withheld_bytes_are_not_carried_away(carry: Callable[[object], object], held: object) -> None:
    with pytest.raises(TypeError):
        carry(held)


def test_different_values_are_counted_without_being_kept() -> None:
    few, many = Distinct(), Distinct()
    for number in range(500):
        few.add(Withheld(str(number % 300).encode()))
    for number in range(50_000):
        many.add(Withheld(str(number).encode()))
    assert few.count == 300
    assert abs(many.count - 50_000) < 5_000


def test_the_bound_on_chance_is_one_for_what_chance_gives_and_tiny_beyond_it() -> None:
    assert tail(3, 100, 0.03) == 1.0
    assert tail(100, 100, 0.5) == pytest.approx(0.5**100)
    assert tail(5, 5, 0.03) < 1e-6 < tail(3, 3, 0.03)


GIVEN = ("Jane", "David", "Susan", "Oluwaseun", "Zbigniew", "Priya", "Emma", "Thomas")


def name(draw: random.Random) -> str:
    return f"{draw.choice(GIVEN)} {draw.choice('BCDFGHJKL')}{draw.choice(('ailey', 'ooper', 'anning'))}"


def test_a_name_that_other_things_have_supports_what_the_values_say_and_proves_nothing() -> None:
    assert _counted(examine([_column(name, name="Contact")])) == {("Contact", "full_name")}
    assert _counted(examine([_column(name, name="Product")])) == set()
    assert _counted(examine([_column(name, name="CUST_NM")])) == {("CUST_NM", "full_name")}
    assert _counted(examine([_column(lambda draw: f"{draw.choice(('Steel', 'Oak'))} part {draw.randrange(99)}", name="Contact")])) == set()


def test_a_title_or_the_order_of_registers_says_that_these_are_people() -> None:
    for written in ("Mrs P {}", "{}, Susan"):
        people = Column("c1", [written.format(f"{draw.choice('BCDFGH')}OOPER") for draw in map(random.Random, range(200))])
        assert _counted(examine([people])) == {("c1", "full_name")}


def test_mailboxes_that_many_domains_have_are_posts() -> None:
    draw = random.Random(5)
    post = Column("Mail", [f"{one}@{shire}shire.gov.uk" for one in ("roadworks", "blue.badges", "nsip") for shire in "abcdefghijkl"])
    person = Column("Mail", [f"{name(draw).replace(' ', '.')}{draw.randrange(40)}@{draw.choice('ab')}mail.co.uk" for _ in range(200)])
    assert _counted(examine([post])) == set()
    assert _counted(examine([person])) == {("Mail", "email")}


WARDS = ("Asthma", "Type 2 diabetes", "Migraine", "Epilepsy", "Dementia")


def test_words_that_are_counted_or_listed_are_nobodys() -> None:
    counted = [
        Column("Condition", WARDS * 40),
        Column("Sex", ("M", "F") * 100),
        _column(lambda draw: str(draw.randrange(900)), name="Count"),
    ]
    listed = [
        Column("SNOMED code", [str(48694002 + place) for place in range(40)]),
        Column("Diagnosis", [f"Asthma {place}" for place in range(40)]),
    ]
    assert _counted(examine(counted)) == _counted(examine(listed)) == set()
    own = _column(lambda draw: f"R{draw.randrange(10**9)}", name="Case")
    assert ("Diagnosis", "diagnosis") in _counted(examine([Column("Diagnosis", WARDS * 40), own, counted[2]]))
    assert ("Diagnosis", "diagnosis") in _counted(examine([*listed, _column(nhs, 40)]))
    for name, least in (("value", 10**14), ("person", 10**6), ("Number", 10**6)):
        serial = Column(name, random.Random(1).sample([str(least + place) for place in range(9_000)], 200))
        assert ("Diagnosis", "diagnosis") in _counted(examine([Column("Diagnosis", WARDS * 40), serial])), name
    for name in ("Persons", "Total", "Number of people"):
        many = Column(name, random.Random(1).sample([str(place) for place in range(20_000)], 200))
        assert _counted(examine([Column("Diagnosis", WARDS * 40), many])) == set(), name
    flagged = Column("witness_protection_flag_reason", ("Witness protection", "Threat to life") * 20)
    assert _counted(examine([flagged])) == {("witness_protection_flag_reason", "protected_person")}
    few = Column("c7", ("Witness protection", "Threat to life") * 20)
    assert ("c7", "protected_person") in _counted(examine([few, _column(nhs, 40)]))
    assert _counted(examine([few])) == set()
    refuge = Column("refuge_address", [f"{place} Witness protection row" for place in range(40)])
    assert _counted(examine([refuge])) == {("refuge_address", "protected_person")}


def test_telephones_of_organisations_are_nobodys_and_those_of_people_beside_them_are() -> None:
    def phone(draw: random.Random) -> str:
        return f"01{draw.choice((204, 273, 482))}{draw.randrange(10**6):06d}"

    school = Column("EstablishmentName", [f"Oakfield Primary School {place % 50}" for place in range(200)])
    assert _counted(examine([school, _column(phone, name="Telephone")])) == set()
    assert _counted(examine([school, _column(phone, name="Parent telephone")])) == {("Parent telephone", "phone")}
    assert _counted(examine([_column(phone, name="Telephone")])) == {("Telephone", "phone")}
    bare = _column(lambda draw: f"79111{draw.randrange(10**5):05d}", name="ph")
    assert _counted(examine([bare])) == {("ph", "phone")}
    assert _counted(examine([Column("ph", [f"{one / 10}" for one in range(40, 90)])])) == set()
