"""The page of what no API gives has a row for each fact that a cloud's connector does not tell, or not of some kind, and for no other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.connectors.azure.estate import scanned as azure
from tests.connectors.azure.estate import tenant
from tests.connectors.gcp.cloud import ORGANISATION
from tests.connectors.gcp.estate import estate
from tests.connectors.gcp.estate import scanned as gcp
from tierwise.model.fact import Unknown
from tierwise.model.finding import ScanResult
from tools.fact_sources import told_by

PAGE = Path(__file__).parents[2] / "docs" / "not-told.md"
CLOUDS = ("AWS", "Azure", "GCP")
EXAMPLES: dict[str, Callable[[], ScanResult]] = {
    "Azure": lambda: azure(tenant()).result,
    "GCP": lambda: gcp(estate(), organizations=(ORGANISATION,)).result,
}
_ROW = re.compile(r"\| `([a-z_.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|\n")


@cache
def open_kinds(cloud: str) -> dict[str, list[str]]:
    """By fact, the kinds of which no resource tells it where everything in the cloud's example was read."""
    told: dict[tuple[str, str], bool] = defaultdict(bool)
    for one in EXAMPLES[cloud]().resources if cloud in EXAMPLES else ():
        for name, fact in one.facts.items():
            told[name, one.kind.value] |= not isinstance(fact, Unknown)
    found: dict[str, list[str]] = defaultdict(list)
    for (name, kind), known in sorted(told.items()):
        if not known:
            found[name].append(kind)
    return found


def cell(cloud: str, fact: str) -> str:
    """What the page says of a fact in a cloud."""
    if cloud not in told_by()[fact]:
        return "not told"
    kinds = open_kinds(cloud).get(fact)
    return f"not of {', '.join(kinds)}" if kinds else "told"


def test_the_page_says_of_each_cloud_what_is_not_told():
    # What only tags, the register and other facts say is told in the same way everywhere.
    every = {fact: tuple(cell(cloud, fact) for cloud in CLOUDS) for fact, sources in told_by().items() if sources}
    expected = {fact: cells for fact, cells in every.items() if set(cells) != {"told"}}
    rows = {row[0]: row[1:] for row in _ROW.findall(PAGE.read_text("utf-8"))}
    assert rows == expected
