"""What other tools say of the public plans holds, or the difference stands in `docs/expected-differences.md` with the reason."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from tests.connectors.terraform.expected import ASSETS, CLAIMS, KINDS, REGULA, differences, expectations

PAGE = Path(__file__).parents[3] / "docs" / "expected-differences.md"
UNREAD = " is not read"


@cache
def found() -> dict[str, list[str] | None]:
    return {one.name: differences(one) for one in expectations()}


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of a section's table: first cell to the others."""
    section = PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line.startswith("| `")]
    table = {row[0].strip("` "): row[1:] for row in cells}
    assert len(table) == len(cells), f"{heading}: a row stands twice"
    return table


def test_every_difference_is_listed_and_every_listed_difference_is_there():
    differ = {name: [one for one in said if not one.endswith(UNREAD)] for name, said in found().items() if said}
    assert {name: row[0] for name, row in rows("Differences").items()} == {name: "<br>".join(said) for name, said in differ.items() if said}


def test_every_expectation_about_something_else_is_listed():
    assert set(rows("Not about what tierwise judges")) == {name for name, said in found().items() if said is None}


def test_every_asset_type_that_is_not_read_is_listed():
    unread = {one.removesuffix(UNREAD) for said in found().values() for one in said or () if one.endswith(UNREAD)}
    assert set(rows("Asset types that are not resources here")) == unread


def test_each_row_has_a_reason():
    for heading in ("Differences", "Not about what tierwise judges", "Asset types that are not resources here"):
        for name, row in rows(heading).items():
            assert len(row[-1]) > 20, name


def test_the_page_counts_what_holds():
    kinds = {one.name: one.kind for one in expectations()}
    holds = Counter(kinds[name] for name, said in found().items() if said is not None and all(one.endswith(UNREAD) for one in said))
    table = {kind: [int(cell) for cell in row[:2]] for kind, row in rows("What was held against what").items()}
    assert table == {kind: [Counter(kinds.values())[kind], holds[kind]] for kind in KINDS}


def test_no_claim_is_about_a_feature_or_a_rule_that_is_not_there():
    directories = {Path(one.said["dir"]).name for one in expectations() if one.kind == "terraform_compliance_functional"}
    packages = {one.said["rule_package"] for one in expectations() if one.kind == "regula_rego_test"}
    assets = {asset["asset_type"] for one in expectations() if one.kind == "cai_golden" for asset in one.said["golden"]}
    assert set(CLAIMS) <= directories
    assert set(REGULA) <= packages
    assert set(ASSETS) <= assets
