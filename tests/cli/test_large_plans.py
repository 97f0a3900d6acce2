"""Of plans of a bounded size all is held in memory; of larger ones, and of what comes through a pipe, in files where there is much of it."""

from __future__ import annotations

import pytest

from tierwise import shelf


@pytest.mark.parametrize(
    ("file", "bound", "held"), [("plan.json", 160 << 20, 1 << 30), ("plan.json", 10, 10_000), ("-", 160 << 20, 10_000)]
)
def test_the_size_of_the_plans_says_how_much_is_held(file, bound, held, tierwise, plan, monkeypatch):
    seen = []
    monkeypatch.setattr("tierwise.cli.scan._LARGE_PLANS", bound)
    monkeypatch.setattr("tierwise.cli.scan._scan_plans", lambda *_: seen.append(shelf.MOST))
    tierwise("scan", "plan", file)
    assert (seen, shelf.MOST) == ([held], 10_000)
