"""An inventory of very many lines is read, and what is in it filed, by two processes: as one does it, one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from benchmarks.million import lines
from tests.scan.plans import judging
from tierwise import beside, shelf
from tierwise.classify.mask import Mask
from tierwise.connectors.inventory.files import InventorySource, inventory_of, open_inventory
from tierwise.errors import InputError
from tierwise.scan import scan

SIZE = 60
NUMBER = "943 476 5919"
"""An NHS number of the range that is never given to anybody."""


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST", 10)
    monkeypatch.setattr(beside, "MANY", 10)
    monkeypatch.setattr(beside, "_BATCH", 7)
    monkeypatch.setattr(beside, "_may_fork", lambda: True)


def written(path: Path) -> Path:
    """An inventory with names that hold an identifier, one resource listed twice, an empty line, and what is no resource between them."""
    made = list(lines(SIZE, later=False))
    named = [line.replace(b"store-7", f"store-{NUMBER}".encode()) if b'"store-7"' in line else line for line in made]
    gap = {
        "gap": {"provider": "aws", "account": "100000000000", "region": "eu-west-2", "service": "s3", "reason": "throttled", "kinds": []}
    }
    path.write_bytes(b"".join([*named[:20], msgspec.json.encode(gap) + b"\n\n", *named[20:], named[3]]))
    return path


def outcome(source: InventorySource) -> tuple[object, ...]:
    by = replace(judging(), mask=Mask(lambda: bytes(32)))
    result = scan([source], by, started=datetime(2026, 1, 5, tzinfo=UTC), jobs=1).result
    return list(result.resources), dict(result.classifications.items()), list(result.findings), result.gaps, result.gate


def test_two_processes_read_and_file_what_one_does(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = written(tmp_path / "made.jsonl")
    alone = outcome(open_inventory(path))
    request.getfixturevalue("many")
    source = open_inventory(path)
    assert isinstance(source.items, shelf.Shelf)
    assert source.items.many
    assert outcome(source) == alone
    ids = [one.id for one in alone[0]]  # type: ignore[attr-defined]
    assert len(ids) == SIZE
    assert sum("[nhs_number" in one for one in ids) == 1
    assert not any(NUMBER in one for one in ids)


@pytest.mark.parametrize("place", [2, 40, SIZE + 1])
def test_the_first_line_that_is_none_is_named_whoever_reads_it(tmp_path: Path, many: None, place: int) -> None:
    path = tmp_path / "cut.jsonl"
    made = list(lines(SIZE, later=False))
    for at in (place, SIZE + 1):
        made[at - 1] = made[at - 1][:30] + b"\n"
    path.write_bytes(b"".join(made))
    with pytest.raises(InputError, match=rf"cut\.jsonl:{place}: "):
        open_inventory(path)


def test_what_is_no_file_is_read_line_by_line(tmp_path: Path, many: None) -> None:
    path = written(tmp_path / "made.jsonl")
    assert list(inventory_of(path, path.read_bytes()).items) == list(open_inventory(path).items)
