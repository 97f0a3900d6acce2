"""Nothing that a plan or state marks as sensitive comes out anywhere: no report, no inventory, no memory of the last scan, no error."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.connectors.terraform.canary import Planter, leaked
from tests.shared import shared_path
from tierwise.cli.options import FORMATS
from tierwise.demo.estate import PLAN

GENERATED = (
    "t1_create_aws3.39.json",
    "t1_mixed_update_replace_delete_import_moved_removed_drift_check.json",
    "t1_state_after_apply.json",
    "tfaws_s3bucket_v2.2.0_complete_plan.json",
)


def document(name: str) -> dict[str, Any]:
    path = PLAN if name == "demo" else shared_path("plans", "generated", name)
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def everything(folder: Path) -> bytes:
    """All that a run has left behind, and what is packed in it."""
    return b"\n".join(part for path in sorted(folder.rglob("*")) if path.is_file() for part in (path.read_bytes(), *unpacked(path)))


def unpacked(path: Path) -> list[bytes]:
    """The members of an archive, which a sheet is; nothing of another file."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


@pytest.mark.parametrize("name", ["demo", *GENERATED])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_sensitive_comes_out_in_no_format(tierwise, home, name, seed):
    planter = Planter(Random(seed))
    made = planter.plan(document(name))
    (home.parent / "plan.json").write_text(json.dumps(made), "utf-8")
    kept = [f"--format={one}=out.{one}" for one in FORMATS]
    ran = tierwise(
        "scan", "plan", home.parent / "plan.json", *kept, "--audience", "restricted", "--save-inventory", "inventory.jsonl",
        "--save-baseline", "baseline.json", "--gate", "full",
    )  # fmt: skip
    assert ran.code in {0, 1, 3}, ran.err
    told = tierwise("fixes").out + tierwise("classify", "suggest").out
    left = everything(home) + everything(Path(os.environ["TIERWISE_DATA"])) + (ran.out + ran.err + told).encode()
    assert len(planter.canaries) > 20
    assert leaked(left) == []


def test_a_canary_that_is_not_marked_is_found(tierwise, home):
    """So that the tests above can fail."""
    planter = Planter(Random(0))
    made = planter.plan(document("demo"))
    for one in made["resource_changes"]:
        one["change"]["after_sensitive"] = {}
    (home / "plan.json").write_text(json.dumps(made), "utf-8")
    ran = tierwise("scan", "plan", "plan.json", "--format", "json", "--audience", "restricted")
    assert leaked(ran.out.encode())


def test_a_bug_keeps_nothing_sensitive_in_its_file(tierwise, home, monkeypatch, tmp_path):
    planter = Planter(Random(1))
    (home / "plan.json").write_text(json.dumps(planter.plan(document("demo"))), "utf-8")

    def broken(*_values: object) -> None:
        raise ZeroDivisionError("made for this test")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tierwise.connectors.terraform.plan.tags_of", broken)
    ran = tierwise("scan", "plan", "plan.json", "--format", "json=out.json")
    assert ran.code == 70
    (crash,) = tmp_path.glob("tierwise-crash-*")
    assert "ZeroDivisionError" in crash.read_text("utf-8")
    left = crash.read_bytes() + (ran.out + ran.err).encode() + (home / "out.json").read_bytes()
    assert leaked(left) == []
