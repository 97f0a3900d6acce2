"""`--override FILE#ID`: a named person, an end, and a result that says so everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import Run
from tests.cli.test_results import SCHEMA
from tests.reports.sample import text_of
from tierwise.cli.options import FORMATS

NOW = datetime.now(UTC).replace(microsecond=0)
GOOD = {
    "id": "INC-1234",
    "by": "Priya Shah, duty manager",
    "reason": "payroll stops on Friday without it",
    "created": (NOW - timedelta(hours=1)).isoformat(),
    "expires": (NOW + timedelta(hours=9)).isoformat(),
}
SAID = f"passed by override of Priya Shah, duty manager until {GOOD['expires']}, would have failed: 3"


def write(home: Path, *entries: Mapping[str, object]) -> None:
    (home / "overrides.yaml").write_text(json.dumps({"overrides": entries}), "utf-8")


def test_a_failing_gate_passes_and_says_by_whom_and_until_when(tierwise: Run, plan: Path, home: Path) -> None:
    write(home, GOOD)
    assert tierwise("scan", "plan", plan).code == 1
    ran = tierwise("scan", "plan", plan, "--override", "overrides.yaml#INC-1234")
    assert ran.code == 0
    assert f"Gate {SAID}" in " ".join(ran.out.split())


def test_the_json_carries_it_and_no_verdict_changes(tierwise: Run, plan: Path, home: Path) -> None:
    write(home, GOOD)
    without = json.loads(tierwise("scan", "plan", plan, "--format", "json").out)
    made = json.loads(tierwise("scan", "plan", plan, "--override", "overrides.yaml#INC-1234", "--format", "json").out)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(made)] == []
    assert made["findings"] == without["findings"]
    assert made["gate"]["blocking"] == []
    told = made["gate"]["override"]
    assert {name: told[name] for name in GOOD} == GOOD
    assert (told["would_fail"], told["findings"], told["file"]) == (3, without["gate"]["blocking"], "overrides.yaml:1")
    assert without["gate"]["override"] is None


def written(tierwise: Run, plan: Path, home: Path, names: Sequence[str], *more: str) -> dict[str, str]:
    """What each format writes of the overridden scan."""
    formats = [part for name in names for part in ("--format", f"{name}=out.{name}")]
    assert tierwise("scan", "plan", plan, "--override", "overrides.yaml#INC-1234", "-q", *formats, *more).code == 0
    return {name: text_of((home / f"out.{name}").read_bytes()) for name in names}


def test_every_report_says_so(tierwise: Run, plan: Path, home: Path) -> None:
    write(home, GOOD)
    for name, text in written(tierwise, plan, home, [name for name in FORMATS if name not in {"json", "jsonl", "csv", "ods"}]).items():
        assert SAID in " ".join(text.replace("\\", "").replace("\N{ZERO WIDTH SPACE}", "").split()), name


def test_a_row_of_the_table_says_what_was_let_through(tierwise: Run, plan: Path, home: Path) -> None:
    write(home, GOOD)
    made = tierwise("scan", "plan", plan, "--override", "overrides.yaml#INC-1234", "--format", "csv").out
    assert made.count('"overridden"') == 3


def test_the_public_reads_no_name_and_no_reason(tierwise: Run, plan: Path, home: Path) -> None:
    write(home, GOOD)
    for text in written(tierwise, plan, home, FORMATS, "--audience", "public").values():
        assert "Priya" not in text
        assert "payroll" not in text


def test_an_override_of_named_findings_lets_no_other_through(tierwise: Run, plan: Path, home: Path) -> None:
    blocking = json.loads(tierwise("scan", "plan", plan, "--format", "json").out)["gate"]["blocking"]
    write(home, GOOD | {"findings": blocking[:2]})
    ran = tierwise("scan", "plan", plan, "--override", "overrides.yaml#INC-1234", "--format", "json")
    made = json.loads(ran.out)["gate"]
    assert ran.code == 1
    assert (made["blocking"], made["override"]["findings"]) == (blocking[2:], blocking[:2])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"by": ""}, ("by takes a text",)),
        ({"by": "12345"}, ("by takes the name of the person",)),
        ({"reason": ""}, ("reason takes a text",)),
        ({"expires": GOOD["created"]}, ("expires lies before created",)),
        ({"expires": "2026-03-06"}, ("with its zone",)),
        ({"expires": "soon"}, ("such as 2026-03-05T22:10:00Z",)),
        ({"created": (NOW - timedelta(hours=9)).isoformat(), "expires": (NOW - timedelta(hours=1)).isoformat()}, ("expired at",)),
        ({"expires": (NOW + timedelta(hours=99)).isoformat()}, ("longer than the 72 hours", "let it end by")),
        ({"created": (NOW + timedelta(hours=1)).isoformat()}, ("yet to come",)),
        ({"reson": "typing"}, ("did you mean", "overrides.yaml:1")),
    ],
    ids=["nameless", "number", "reason", "order", "day", "word", "expired", "long", "early", "typing"],
)
def test_one_that_is_nameless_expired_or_ill_made_is_2(
    tierwise: Run, plan: Path, home: Path, changes: dict[str, str], words: tuple[str, ...]
) -> None:
    entry = {**GOOD, **changes}
    if "reson" in entry:
        del entry["reason"]
    write(home, entry)
    tierwise("scan", "plan", plan, "--override", "overrides.yaml#INC-1234").complains(2, "overrides.yaml", *words)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("overrides.yaml#INC-1243", ("did you mean 'INC-1234'?",)),
        ("overrides.yaml#nothing", ("it has INC-1234",)),
        ("overrides.yaml", ("FILE#ID",)),
        ("INC-1234", ("FILE#ID",)),
        ("nowhere.yaml#INC-1234", ("nowhere.yaml",)),
    ],
    ids=["near", "far", "file", "id", "absent"],
)
def test_a_name_that_leads_to_no_override_is_2(tierwise: Run, plan: Path, home: Path, given: str, words: tuple[str, ...]) -> None:
    write(home, GOOD)
    tierwise("scan", "plan", plan, "--override", given).complains(2, *words)


def test_two_of_one_id_are_2(tierwise: Run, plan: Path, home: Path) -> None:
    write(home, GOOD, GOOD)
    tierwise("scan", "plan", plan, "--override", "overrides.yaml#INC-1234").complains(2, "stands twice")


def test_a_profile_says_how_long_and_how_high_an_override_reaches(tierwise: Run, plan: Path, home: Path) -> None:
    write(home, GOOD)
    lines = "id: own\ntitle: own\ndescription: own\nextends: uk-gov-personal-data\ngate: {override_hours: 8, override_up_to: T2}\n"
    (home / "own.yaml").write_text(lines, "utf-8")
    scan = ("scan", "plan", plan, "--profile", "./own.yaml", "--override", "overrides.yaml#INC-1234")
    tierwise(*scan).complains(2, "longer than the 8 hours")
    (home / "own.yaml").write_text(lines.replace("8", "24"), "utf-8")
    ran = tierwise(*scan)
    assert ran.code == 1
    assert "above T2 personal" in ran.out
