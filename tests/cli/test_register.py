"""`tierwise register export --for-ci`: from a register, from the last live scan, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tierwise.catalogue.register import load_register
from tierwise.cli.register import CHECKS
from tierwise.reports.reconciled import FORMATS

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


def estate(path: Path, *names: str) -> Path:
    base = {"kind": "object-store", "type": "s3.bucket", "provider": "aws", "account": "111122223333", "region": "eu-west-2"}
    header = {"schema": "tierwise/inventory/1", "started": "2026-01-15T09:00:00+00:00"}
    records = [header, *({"resource": base | {"id": f"arn:aws:s3:::{name}", "name": name}} for name in names)]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return path


def test_the_formats_that_help_names_are_those_that_exist() -> None:
    assert set(CHECKS) == set(FORMATS)


def test_check_tells_both_ways_and_the_exit_code_tells_whether_anything_differs(tierwise: Run, full: Path, home: Path) -> None:
    both = ("register", "check", "--register", full)
    ran = tierwise(*both, "--inventory", estate(home / "differs.jsonl", "plain"))
    assert ran.code == 1
    assert ran.out.splitlines()[0] == "2 differences between register and estate; 0 cannot be told; 0 registered stores agree."
    assert "name=case-* (register.yaml:2): nothing" in ran.out
    assert "s3:plain: T2 personal, assumed" in ran.out
    ran = tierwise(*both, "--inventory", estate(home / "agrees.jsonl", "case-1"), "--format", "json")
    assert ran.code == 0
    assert json.loads(ran.out) == {"schema": "tierwise/register-check/1", "agreed": 1, "copies": 0, "differences": []}
    (home / "far.yaml").write_text(
        'entries:\n  - {select: {account: "999988887777"}, tier: T1}\n  - {select: {name: case-*}, tier: T1}\n', "utf-8"
    )
    ran = tierwise("register", "check", "--register", "far.yaml", "--inventory", home / "agrees.jsonl", "--format", "csv")
    assert ran.code == 3
    assert "account 999988887777 is not in what was scanned" in ran.out


def test_check_and_draft_refuse_what_they_cannot_do(tierwise: Run, full: Path, home: Path) -> None:
    path = estate(home / "estate.jsonl", "plain")
    tierwise("register", "check", "--inventory", path).complains(2, "there is no register to check")
    tierwise("register", "check", "--inventory", path, "--register", full, "--audience", "public").complains(2, "--audience team")
    tierwise("register", "draft", "--inventory", path, "--audience", "public").complains(2, "--audience team")
    tierwise("register", "draft", "--inventory", path, "--category", "health").complains(2, "C0 to C6")
    tierwise("register", "draft", "--inventory", path, "--format", "xlsx").complains(2, "--format is one of")


def test_drafts_are_written_in_each_form(tierwise: Run, full: Path, home: Path) -> None:
    ran = tierwise(
        "register", "draft", "--register", full, "--inventory", estate(home / "estate.jsonl", "case-1", "plain"),
        "--format", "ods=draft.ods", "--format", "csv=draft.csv", "--format", "markdown=draft.md",
    )  # fmt: skip
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "1 activity and 2 stores; of 1 store nothing is known, so that the record may lack them\n"
    assert (home / "draft.ods").read_bytes()[:2] == b"PK"
    assert "case-1" in (home / "draft.csv").read_text("utf-8")
    assert "| case-1 |" in (home / "draft.md").read_text("utf-8")
