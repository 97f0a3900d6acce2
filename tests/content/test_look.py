from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import pytest

from tierwise.classify.digits import mod11
from tierwise.classify.withheld import Distinct, Withheld
from tierwise.content.blob import Bounds, Reason, UnreadableError
from tierwise.content.budget import Budget, Limits
from tierwise.content.choose import Entry, Level, choose
from tierwise.content.look import Looker
from tierwise.model.content import Depth

LIMITS = Limits()
PEOPLE = b"nhs_number,full_name\n" + b"".join(b"%d,Ann Lee\n" % number for number in (9990000018, 9990000026, 9990000034, 9990000042) * 5)


@dataclass(slots=True)
class Store:
    """A store of objects in memory; what `fails` names cannot be read."""

    objects: dict[str, bytes]
    fails: dict[str, Reason] = field(default_factory=dict)
    page: int = 1000
    sizes: dict[str, int] = field(default_factory=dict)
    archived: frozenset[str] = frozenset()
    fetched: list[tuple[str, int, int]] = field(default_factory=list)

    def level(self, prefix: str, after: str) -> Level:
        if prefix in self.fails:
            raise UnreadableError(self.fails[prefix])
        below = [key for key in sorted(self.objects) if key.startswith(prefix) and key > after]
        prefixes = dict.fromkeys(prefix + key[len(prefix) :].split("/")[0] + "/" for key in below if "/" in key[len(prefix) :])
        direct = [key for key in below if "/" not in key[len(prefix) :]]
        entries = tuple(Entry(key, self.size(key), "v", key in self.archived) for key in direct[: self.page])
        return Level(tuple(prefixes), entries, len(direct) > self.page)

    def size(self, key: str) -> int:
        return self.sizes.get(key, len(self.objects[key]))

    def fetch(self, entry: Entry, start: int, length: int) -> bytes:
        self.fetched.append((entry.key, start, length))
        if entry.key in self.fails:
            raise UnreadableError(self.fails[entry.key])
        return self.objects[entry.key][start : start + length].ljust(length, b"\n")


def looker(depth: Depth = Depth.CONTENT, limits: Limits = LIMITS, clock: Iterable[float] = ()) -> Looker:
    moments = iter(clock)
    return Looker(depth, Budget(limits, lambda: next(moments, 0.0)))


def keys(objects: Iterable[str], limits: Limits = LIMITS, page: int = 1000) -> list[str]:
    store = Store(dict.fromkeys(objects, b"x"), page=page)
    return [entry.key for entry in choose(store.level, limits).entries]


def test_objects_are_chosen_from_all_over_the_prefixes():
    found = keys(f"year={year}/month={month:02d}/{part}.csv" for year in range(2000, 2026) for month in range(1, 13) for part in range(50))
    assert len(found) == LIMITS.objects
    years = {key.split("/")[0] for key in found}
    assert {"year=2000", "year=2025"} <= years
    assert len(years) >= 5


def test_a_small_corner_is_not_drowned_by_a_large_level():
    found = keys([*(f"logs/{number:05d}.gz" for number in range(900)), "exports/hr/people.csv"])
    assert "exports/hr/people.csv" in found


def test_prefixes_that_were_not_followed_at_first_are_where_listings_are_left():
    assert len(keys(f"{team}/extract.csv" for team in "abcdefghijklmno")) == LIMITS.listings - 1


def test_one_of_each_format_comes_before_a_second_of_any():
    found = keys([*(f"{number:03d}.log" for number in range(500)), "z.parquet"], Limits(objects=3))
    assert "z.parquet" in found


def test_a_level_of_many_pages_is_looked_at_in_more_than_its_first():
    found = keys([f"{letter}{number:04d}.csv" for letter in "0AQcmtz" for number in range(300)], page=200)
    assert {key[0] for key in found} >= {"0", "A", "c", "m"}


def test_listing_is_bounded():
    store = Store({f"{a}/{b}/{c}/x.csv": b"x" for a in range(9) for b in range(9) for c in range(9)})
    assert looker(Depth.NAMES).into_objects("r", store).requests <= LIMITS.listings


def test_a_look_gives_counts_and_places_and_no_value():
    look = looker().into_objects("r", Store({"exports/2026/people.csv": PEOPLE, "exports/2026/more.csv": PEOPLE}))
    found = {one.detection.detector: one for one in look.found}
    place, number = found["nhs_number"], found["nhs_number"].detection
    assert (number.column, place.place, number.hits, number.checked, number.synthetic, place.objects) == (
        "nhs_number", "csv objects under 'exports'", 40, 40, 40, 2,
    )  # fmt: skip
    assert not number.real
    assert look.read == {"csv": 2}
    assert "999000" not in repr(look)
    assert "Ann" not in repr(look)


def real_numbers(count: int, first: int = 450_557_000) -> list[str]:
    return list(
        islice((number for stem in range(first, 10**9, 7919) for check in "0123456789" if mod11(number := f"{stem}{check}")), count)
    )


def test_people_are_counted_once_however_many_objects_tell_of_them_and_in_whatever_hand():
    numbers = real_numbers(300)
    parts = {
        "a.csv": [f"{one}" for one in numbers[:150]],
        "b/b.csv": [f"{one[:3]} {one[3:6]} {one[6:]}" for one in numbers[100:250]],
        "c/d.jsonl": [f'{{"nhs_number": "{one}"}}' for one in numbers[200:]],
        "e.csv": [f"{9990000000 + place}" for place in range(2000) if mod11(f"{9990000000 + place}")],
    }
    objects = {
        key: ("" if key.endswith("jsonl") else "nhs_number\n").encode() + "\n".join(lines).encode() + b"\n" for key, lines in parts.items()
    }
    look = looker().into_objects("s", Store(objects))
    assert look.sampled.people == (("nhs_number", 300),)
    assert max(one.detection.distinct for one in look.found) < 300
    assert look.sampled.rows == sum(map(len, parts.values()))
    assert 10 <= look.sampled.signs / look.sampled.rows <= 13


def test_the_different_values_of_many_objects_are_estimated_within_a_few_per_cent():
    first, second = Distinct(), Distinct()
    for place in range(6000):
        first.add(Withheld(b"%d" % place))
        second.add(Withheld(b"%d" % (place + 4000)))
    first.merge(second)
    assert 9_000 < first.count < 11_000


def test_a_thousand_objects_of_ten_megabytes_cost_less_than_a_hundredth():
    body = PEOPLE + b"9990000018,Ann Lee\n" * 10_000
    names = [f"{number % 40}/{number}.csv" for number in range(1000)]
    store = Store(dict.fromkeys(names, body), sizes=dict.fromkeys(names, 10_000_000))
    look = looker().into_objects("r", store)
    assert look.objects == LIMITS.objects
    assert look.bytes == sum(length for _, _, length in store.fetched) < 10_000_000 * look.objects / 100
    assert look.bytes < 1000 * 10_000_000 / 1000


def test_names_alone_reads_nothing():
    store = Store({"people/9434765919.json": b"{}", "people/other.json": b"{}"})
    look = looker(Depth.NAMES).into_objects("r", store)
    assert store.fetched == []
    assert (look.listed, look.objects) == (3, 0)


@pytest.mark.parametrize("reason", [Reason.DENIED, Reason.CHANGED, Reason.GONE, Reason.FAILED])
def test_what_cannot_be_read_is_counted_by_its_reason(reason):
    look = looker().into_objects("r", Store({"a.csv": PEOPLE, "b.csv": PEOPLE}, {"b.csv": reason}))
    assert look.read == {"csv": 1}
    assert look.unread == {f"unknown: {reason.value}": 1}
    assert look.blocked == ""


def test_where_everything_is_denied_the_look_says_what_would_allow_it():
    assert looker().into_objects("r", Store({"a.csv": PEOPLE}, {"a.csv": Reason.DENIED})).blocked == "content"
    assert looker().into_objects("r", Store({"a.csv": PEOPLE}, {"": Reason.DENIED})).blocked == "keys"
    assert looker().into_objects("r", Store({})).blocked == ""


def test_an_archived_object_is_told_without_a_read():
    store = Store({"a.csv": PEOPLE}, archived=frozenset({"a.csv"}))
    assert looker().into_objects("r", store).unread == {"object: archived": 1}
    assert store.fetched == []


@pytest.mark.parametrize(
    ("limits", "clock"),
    [
        (Limits(requests=3), ()),
        (Limits(bytes=600), ()),
        (Limits(store_bytes=600), ()),
        (Limits(seconds=5), (0.0, 1.0, 1.0, 2.0, 9.0, 9.0, 9.0)),
    ],
)
def test_a_look_ends_where_the_budget_does(limits, clock):
    store = Store({f"{name}.csv": PEOPLE for name in "abcdef"})
    look = looker(limits=limits, clock=clock).into_objects("r", store)
    assert sum(look.read.values()) < 6
    assert look.unread == {"unknown: the budget was spent": 6 - sum(look.read.values())}
    assert look.blocked == ""


def test_first_parts_of_keys_are_hidden_where_there_are_many():
    look = looker().into_objects("r", Store({f"person {name}/a.csv": PEOPLE for name in range(40)}))
    assert {one.place for one in look.found} == {"csv objects"}


def test_a_first_part_that_is_an_identifier_is_withheld():
    look = looker().into_objects("r", Store({"9434765919/a.csv": PEOPLE}))
    places = {one.place for one in look.found}
    assert all("9434765919" not in place for place in places)


class Pages:
    """A table of two pages, the second of which may be denied."""

    def __init__(self, *, denied: bool = False) -> None:
        self.denied = denied

    def pages(self, count):
        yield [{"nhs_number": "9990000018", "inner": {"email": "ann@example.org", "many": ["x", "y"]}, "flag": True}] * (count // 2)
        if self.denied:
            raise UnreadableError(Reason.DENIED)


def test_items_are_read_by_their_attributes_at_any_depth():
    look = looker().into_items("r", Pages())
    assert {(one.detection.detector, one.detection.column) for one in look.found} >= {("nhs_number", "nhs_number"), ("email", "email")}
    assert (look.read, look.objects, look.requests) == ({"items": 1}, 1, 1)
    assert looker().into_items("r", Pages(denied=True)).unread == {"items: denied": 1}


def test_at_the_depth_of_names_no_item_is_read():
    assert looker(Depth.NAMES).into_items("r", Pages()).requests == 0


def test_bounds_of_an_object_are_less_than_a_hundredth_of_ten_megabytes():
    assert Bounds().head < 10_000_000 / 100
