"""Large plans: looked at where they lie in memory that is given back, decoded one resource at a time, and kept as slices of the file."""

from __future__ import annotations

import json
import mmap
import sys
from array import array
from pathlib import Path

import pytest

from tests.connectors.terraform.plans import PlanBuilder, ref
from tests.shared import shared_path
from tierwise.connectors.terraform import assemble, document
from tierwise.connectors.terraform.address import Address, parse_address
from tierwise.connectors.terraform.document import read_document
from tierwise.connectors.terraform.layout import Instances
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.errors import InputError
from tierwise.model.resource import Resource

BUCKET, VERSIONING = "aws_s3_bucket", "aws_s3_bucket_versioning"


def plan_of(count: int) -> PlanBuilder:
    plan = PlanBuilder()
    for at in range(count):
        plan.add(BUCKET, f"b{at}", {"bucket": f"bucket-{at}", "tags": {"data-classification": "personal"}}, unknown={"id": True})
        plan.add(
            VERSIONING, f"b{at}", {"versioning_configuration": [{"status": "Enabled"}]}, unknown={"bucket": True},
            expressions={"bucket": ref(f"{BUCKET}.b{at}.id", f"{BUCKET}.b{at}")},
        )  # fmt: skip
    return plan


def found(path: Path) -> dict[str, Resource]:
    return {one.id: one for plan in open_plans([path]).plans for one in resources(plan)}


def resident(path: Path) -> int:
    """How many pages of a file that this process looks at where it lies are in its memory: bit 63 of each page's entry (proc(5))."""
    page = mmap.PAGESIZE
    present = 0
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith(str(path)):
            first, last = (int(end, 16) // page for end in line.split(maxsplit=1)[0].split("-"))
            with Path("/proc/self/pagemap").open("rb") as entries:
                entries.seek(first * 8)
                present += sum(entry >> 63 for entry in array("Q", entries.read((last - first) * 8)))
    return present


@pytest.mark.parametrize(
    "wrap",
    [
        lambda raw: raw,
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: b"\n " + raw + b"\n\n",
        lambda raw: raw.decode().encode("utf-16"),
        lambda raw: b"[command]/bin/terraform show -json plan\n" + raw + b"\n::debug::exitcode: 0\n",
    ],
    ids=["plain", "byte order mark", "white space", "UTF-16", "wrapped"],
)
def test_a_large_file_is_read_as_a_small_one_is(wrap, tmp_path, monkeypatch):
    path = tmp_path / "plan.json"
    path.write_bytes(wrap(json.dumps(plan_of(3).document()).encode()))
    small = found(path)
    monkeypatch.setattr(document, "_MAPPED", 0)
    assert found(path) == small
    assert len(small) == 3


@pytest.mark.parametrize("raw", [b"{", b'{"format_version": "1.2"', b"[]", b'{"resource_changes": "\xff"}', b"PK\x03\x04 a zip"])
def test_a_large_file_that_is_no_plan_is_refused_as_a_small_one_is(raw, tmp_path, monkeypatch):
    path = tmp_path / "plan.json"
    path.write_bytes(raw)
    with pytest.raises(InputError) as small:
        read_document(path)
    monkeypatch.setattr(document, "_MAPPED", 0)
    with pytest.raises(InputError) as large:
        read_document(path)
    assert str(large.value) == str(small.value)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is told so on Linux only")
def test_the_memory_of_a_large_file_is_given_back_while_it_is_read(tmp_path, monkeypatch):
    path = plan_of(1_000).write(tmp_path)
    monkeypatch.setattr(document, "_MAPPED", 0)
    monkeypatch.setattr(assemble, "WHOLE", 0)
    monkeypatch.setattr(assemble, "MOST", 4_000)
    monkeypatch.setattr(document, "_HELD", 64 << 10)
    (plan,) = open_plans([path]).plans
    size = path.stat().st_size // mmap.PAGESIZE
    assert size > 250
    assert resident(path) == 0
    # How much comes with one look is the system's to say: here as much as the whole file, which is then given back again and again.
    assert sum(resident(path) == 0 for _ in resources(plan)) > 100
    assert {one.address for one in plan.document.changes or ()} == set(plan.by_address)
    assert resident(path) < size


def test_few_resources_stay_decoded_and_all_of_them_are_read_alike(tmp_path, monkeypatch):
    path = plan_of(30).write(tmp_path)
    whole = found(path)
    monkeypatch.setattr(assemble, "WHOLE", 0)
    monkeypatch.setattr(assemble, "MOST", 4_000)
    (plan,) = open_plans([path]).plans
    again = {one.id: one for one in resources(plan)}
    assert again == whole
    decoded = [one for one in plan.by_address.values() if one.node is not None]
    assert 0 < sum(one.size for one in decoded) <= 4_000
    assert len(decoded) < len(plan.by_address) / 4


def test_what_was_there_before_is_read_alike_when_little_stays_decoded(monkeypatch):
    files = [path for path in sorted(shared_path("plans", "files").glob("*.json")) if b'"update"' in path.read_bytes()][:12]
    assert files
    whole = [list(unit.run()) for path in files for unit in open_plans([path]).survey()]
    for name in ("WHOLE", "MOST"):
        monkeypatch.setattr(assemble, name, 1)
    assert [list(unit.run()) for path in files for unit in open_plans([path]).survey()] == whole


def test_instances_are_found_by_key_whichever_of_them_comes_first():
    name = ("managed", BUCKET, "b")
    for order in ([f"{BUCKET}.b", f"{BUCKET}.b[0]", f"{BUCKET}.b[1]"], [f"{BUCKET}.b[1]", f"{BUCKET}.b", f"{BUCKET}.b[0]"]):
        instances = Instances()
        for address in order:
            instances.add(address, parse_address(address))
        assert instances.of((), name) == {None: order[0] if "[" not in order[0] else order[1], 0: f"{BUCKET}.b[0]", 1: f"{BUCKET}.b[1]"}
    alone = Instances()
    alone.add('module.m["k"].data.aws_x.y', Address((("m", "k"),), "data", "aws_x", "y"))
    assert alone.of((("m", "k"),), ("data", "aws_x", "y")) == {None: 'module.m["k"].data.aws_x.y'}
    assert alone.of((), name) == {}
    assert list(alone.module_keys[(), "m"]) == ["k"]
