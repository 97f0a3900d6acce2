"""`tierwise classify`: any source, in any form, for any audience; and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Run
from tests.reports.hostile import HOSTILE
from tierwise.cli.classify import LISTINGS
from tierwise.reports.classified import COLUMNS, FORMATS
from tierwise.reports.escape import cell

CARRIED = [text for text in HOSTILE if not re.search("[\ud800-\udfff]", text)]
"""Those that JSON can carry: half of a surrogate pair it cannot."""
HEADER = {"schema": "tierwise/inventory/1", "started": "2026-01-15T09:00:00+00:00"}
ACCOUNT = "111122223333"


def bucket(name: str, **more: Any) -> dict[str, Any]:
    base = {"id": f"arn:aws:s3:::{name}", "kind": "object-store", "type": "s3.bucket", "provider": "aws", "account": ACCOUNT}
    return {"resource": base | {"region": "eu-west-2", "name": name} | more}


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("\n".join(map(json.dumps, [HEADER, *records])), "utf-8")
    return path


@pytest.fixture
def estate(home: Path) -> Path:
    told = {"data-classification": "internal", "owner": "secret-team"}
    return write(
        home / "estate.jsonl",
        bucket("patient-records", tags=told),
        bucket("plain"),
        bucket("open", tags={"data-classification": "open-data"}),
    )


def test_the_formats_that_help_names_are_those_that_exist():
    assert set(LISTINGS) == set(FORMATS)


def test_a_store_is_one_line_with_tier_basis_confidence_and_who_confirmed_it(tierwise: Run, estate: Path) -> None:
    ran = tierwise("classify", "inventory", estate)
    assert ran.code == 0
    assert ran.out.splitlines()[1:4] == [
        "T3 heightened  names     0.75  s3:patient-records  CONFLICT: T1 internal is declared, T3 heightened is what the evidence shows",
        "T0 published   declared  1.00  s3:open             tag data-classification",
        "T2 personal    assumed   -     s3:plain",
    ]
    assert "3 stores; a person has confirmed 1 (33%)." in ran.out


def test_a_plan_is_a_source_and_judges_nothing(tierwise: Run, plan: Path) -> None:
    ran = tierwise("classify", "plan", plan, "--format", "json")
    assert ran.code == 0
    found = {one["id"]: (one["tier"], one["state"]) for one in json.loads(ran.out)["stores"]}
    assert found["aws_s3_bucket.assessments"][0] == "T3"
    tierwise("explain", "assessments").complains(2, "no scan to look at yet")


def test_only_what_is_asked_for_is_listed_and_the_share_is_of_all(tierwise: Run, estate: Path) -> None:
    for option, names in (("--unclassified", ["plain"]), ("--conflicts", ["patient-records"])):
        made = json.loads(tierwise("classify", "inventory", estate, option, "--format", "json").out)
        assert [one["name"] for one in made["stores"]] == names
        assert made["summary"] == {
            "stores": 3, "confirmed": 1, "confirmed_share": 0.3333, "conflicts": 1, "not_settled": 0,
            "by_state": {"declared": 1, "registered": 0, "inferred": 1, "inherited": 0, "assumed": 1},
        }  # fmt: skip
    tierwise("classify", "inventory", estate, "--unclassified", "--conflicts").complains(2, "exclude each other")


def test_json_and_csv_say_the_same_and_csv_holds_no_formula(tierwise: Run, home: Path) -> None:
    path = write(home / "hostile.jsonl", *(bucket(f"{text}-{number}") for number, text in enumerate(CARRIED)))
    ran = tierwise("classify", "inventory", path, "--format", "json", "--format", "csv=out.csv", "--format", "console=out.txt")
    assert (ran.code, ran.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO((home / "out.csv").read_text("utf-8"), newline="")))
    stores = json.loads(ran.out)["stores"]
    assert [row["name"] for row in rows] == [cell(one["name"]) for one in stores]
    assert set(rows[0]) == set(COLUMNS) == set(stores[0])
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for value in row.values())
    assert "\x1b" not in (home / "out.txt").read_text("utf-8")


@pytest.mark.parametrize("form", ["console", "csv", "json"])
def test_the_public_is_told_tiers_and_nothing_of_the_organisation(tierwise: Run, estate: Path, form: str) -> None:
    team = tierwise("classify", "inventory", estate, "--format", form).out
    public = tierwise("classify", "inventory", estate, "--format", form, "--audience", "public").out
    assert "T3" in public
    assert [word for word in ("secret-team", ACCOUNT, "data-classification") if word in public] == []
    assert "data-classification" in team


def test_why_tells_the_public_the_tier_alone(tierwise: Run, estate: Path) -> None:
    for form in ("console", "json"):
        out = tierwise("classify", "inventory", estate, "--why", "patient-records", "--audience", "public", "--format", form).out
        assert "T3" in out
        assert [word for word in ("secret-team", "name-words", "register line") if word in out] == []


def test_why_tells_evidence_strength_rule_and_change(tierwise: Run, estate: Path) -> None:
    told = tierwise("classify", "inventory", estate, "--why", "patient-records").out
    for words in (
        "strength  strong (0.75",
        "rule      name-words",
        "What would change it",
        "tierwise correct patient-records --rule name-words",
    ):
        assert words in told
    (made,) = json.loads(tierwise("classify", "inventory", estate, "--why", "patient-records", "--format", "json").out)["resources"]
    assert made["evidence"][0]["rule"] == "name-words"
    assert {one["tier"] for one in made["changes"] if one["changes_the_tier"]} == {"T0", "T1", "T2", "T4"}


def test_an_unknown_resource_is_met_with_those_that_are_near(tierwise: Run, estate: Path) -> None:
    tierwise("classify", "inventory", estate, "--why", "patient-record").complains(2, "did you mean 'patient-records'")
    tierwise("classify", "inventory", estate, "--why", "records").complains(2, "'patient-records'")
    tierwise("classify", "inventory", estate, "--why", "zzzzzzz").complains(2, "'tierwise classify' lists the stores")
    tierwise("classify", "inventory", estate, "--why", "plain", "--format", "csv").complains(2, "console or json")
    tierwise("classify", "inventory", estate, "--format", "cvs").complains(2, "did you mean 'csv'?")


def test_an_option_before_the_source_is_not_silently_lost(tierwise: Run, estate: Path) -> None:
    tierwise("classify", "--conflicts", "inventory", estate).complains(2, "tierwise classify inventory --conflicts")


def test_what_could_not_be_listed_is_exit_3_with_the_list(tierwise: Run, home: Path) -> None:
    gap = {
        "provider": "aws",
        "account": ACCOUNT,
        "region": "eu-west-2",
        "service": "rds",
        "reason": "permission-denied",
        "action": "rds:DescribeDBInstances",
    }
    ran = tierwise("classify", "inventory", write(home / "gaps.jsonl", bucket("plain"), {"gap": gap | {"kinds": ["relational-db"]}}))
    assert ran.code == 3
    assert "plain" in ran.out
    assert ran.err == "incomplete: 1 listing failed, first rds in eu-west-2 (permission-denied)\n"


def test_what_cannot_be_read_is_exit_2(tierwise: Run, home: Path) -> None:
    (home / "broken.jsonl").write_text(json.dumps(HEADER) + "\n{", "utf-8")
    tierwise("classify", "inventory", "broken.jsonl").complains(2, "broken.jsonl:2")
    tierwise("classify", "inventory", "nowhere.jsonl").complains(2, "cannot be read")
    tierwise("classify").complains(2, "there is no scan to look at yet")


def test_suggested_lines_select_what_they_say_whatever_the_names_are(tierwise: Run, home: Path) -> None:
    path = write(home / "odd.jsonl", bucket('a "quoted" one'), bucket("b\\backslash"))
    made = yaml.safe_load(tierwise("classify", "suggest", "--inventory", path).out)["entries"]
    assert [one["select"] for one in made] == [{"account": ACCOUNT}]
    path = write(home / "odd.jsonl", bucket('a "quoted" one'))
    made = yaml.safe_load(tierwise("classify", "suggest", "--inventory", path).out)["entries"]
    assert [one["select"] for one in made] == [{"id": 'arn:aws:s3:::a "quoted" one'}]
