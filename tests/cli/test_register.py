"""`tierwise register export --for-ci`: from a register, from the last live scan, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tierwise.catalogue.register import load_register

EXPORT = ("register", "export", "--for-ci")
FULL = "entries:\n  - {select: {name: case-*}, categories: [C3], subjects: 100, asset_owner: someone}\n"


@pytest.fixture
def full(home: Path) -> Path:
    path = home / "register.yaml"
    path.write_text(FULL, "utf-8")
    return path


def test_a_register_alone_is_enough(tierwise: Run, full: Path, home: Path) -> None:
    ran = tierwise(*EXPORT, "--register", full)
    assert ran.code == 0
    assert ran.out.splitlines()[1:] == ["tiers_only: true", "entries:", '  - {select: {name: "case-*"}, tier: T3}']
    assert ran.err == "1 lines: 1 from the register, 0 from the scan\n"


def test_what_is_written_is_a_register_that_a_scan_takes(tierwise: Run, full: Path, plan: Path, home: Path) -> None:
    tierwise(*EXPORT, "--register", full, "--output", "register.ci.yaml")
    assert load_register(home / "register.ci.yaml").tiers_only
    assert tierwise("scan", "plan", plan, "--register", "register.ci.yaml").code == 1


def test_the_last_live_scan_gives_what_it_learned_and_the_register_it_was_judged_by(tierwise: Run, full: Path, home: Path) -> None:
    columns = [["person", name, "text"] for name in ("surname", "date_of_birth", "nhs_number", "diagnosis")]
    bucket = {"id": "arn:aws:s3:::x-1", "kind": "object-store", "type": "s3.bucket", "provider": "aws", "account": "111122223333"}
    held = [
        {"schema": "tierwise/inventory/1", "started": "2026-01-15T09:00:00+00:00"},
        {"resource": bucket | {"region": "eu-west-2", "name": "x-1", "evidence": {"columns": columns}}},
    ]
    (home / "estate.jsonl").write_text("\n".join(map(json.dumps, held)), "utf-8")
    tierwise("scan", "inventory", "estate.jsonl", "-q", "--register", full)
    ran = tierwise(*EXPORT)
    assert ran.code == 0
    assert ran.out.splitlines()[3:] == ['  - {select: {name: "x-1"}, tier: T3}', '  - {select: {name: "case-*"}, tier: T3}'][::-1]


def test_a_plan_teaches_nothing(tierwise: Run, full: Path, plan: Path, home: Path) -> None:
    tierwise("scan", "plan", plan, "-q", "--save-inventory", "plan.jsonl")
    assert "0 from the scan" in tierwise(*EXPORT, "--register", full).err
    tierwise(*EXPORT, "--register", full, "--inventory", "plan.jsonl").complains(2, "plan.jsonl", "only a live scan")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("register", "export"), ("--for-ci",)),
        (EXPORT, ("--register FILE", "tierwise scan aws")),
        ((*EXPORT, "--register", "nowhere.yaml"), ("nowhere.yaml",)),
        ((*EXPORT, "--inventory", "nowhere.jsonl"), ("nowhere.jsonl",)),
    ],
    ids=["purpose", "nothing", "register", "inventory"],
)
def test_bad_usage_is_2(tierwise: Run, home: Path, args: tuple[str, ...], words: tuple[str, ...]) -> None:
    tierwise(*args).complains(2, *words)


def test_a_place_that_cannot_be_written_is_2(tierwise: Run, full: Path, home: Path) -> None:
    tierwise(*EXPORT, "--register", full, "--output", "register.yaml/x").complains(2, "cannot write")
