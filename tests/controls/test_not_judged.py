"""The page of what is not judged names no control that ships."""

from __future__ import annotations

import re
from pathlib import Path

from tierwise.catalogue.controls import load_catalogue

PAGE = (Path(__file__).parents[2] / "docs" / "not-judged.md").read_text("utf-8")


def test_what_is_said_not_to_be_judged_is_no_control_and_what_judges_instead_is():
    shipped = set(load_catalogue().controls)
    cells = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    attested = PAGE.partition("## Attested")[2].partition("## Judged")[0]
    proposed = set(re.findall(r"[A-Z]{3}-\d\d", attested + " ".join(first for first, _ in cells)))
    instead = set(re.findall(r"[A-Z]{3}-\d\d", PAGE.partition("## Judged")[2].partition("## Could")[0])) - proposed
    assert (proposed & shipped, instead - shipped) == (set(), set())
    assert len(proposed) > 20
