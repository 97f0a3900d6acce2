"""`docs/plan-reader.md` lists every point of the format with tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "plan-reader.md"


def points() -> dict[str, list[str]]:
    """Each point's number and its tests."""
    rows = [
        line.strip("|").split("|") for line in PAGE.read_text("utf-8").partition("\n| point |")[2].splitlines() if line.startswith("| ")
    ]
    return {row[0].split()[0]: re.findall(r"`(\w+\.py::\w+)`", row[-1]) for row in rows}


def test_every_point_of_the_format_is_listed_once():
    assert sorted(points()) == sorted([*map(str, range(1, 29)), "4.5", "4.6"])


def test_every_test_that_is_named_exists():
    missing = []
    for named in points().values():
        assert named
        for one in named:
            file, name = one.split("::")
            if not re.search(rf"^def {name}\(", (HERE / file).read_text("utf-8"), re.MULTILINE):
                missing.append(one)
    assert missing == []
