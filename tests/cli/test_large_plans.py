"""Of plans of a bounded size all is held in memory, however they come; of larger ones in files where there is much of it."""

from __future__ import annotations

import io

import pytest

from tierwise import shelf

ALL, SOME = 1 << 30, 10_000
MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    ("size", "bound", "from_file", "from_pipe"),
    [
        (0, 160 * MEGABYTE, ALL, ALL),
        (0, 10, SOME, SOME),
        # What comes through a pipe is in memory itself.
        (10 * MEGABYTE, 12 * MEGABYTE, ALL, SOME),
        (10 * MEGABYTE, 13 * MEGABYTE, ALL, ALL),
        (10 * MEGABYTE, 9 * MEGABYTE, SOME, SOME),
    ],
)
def test_the_size_of_the_plans_says_how_much_is_held(size, bound, from_file, from_pipe, tierwise, plan, monkeypatch):
    plan.write_bytes(plan.read_bytes() + b" " * size)
    seen = []
    monkeypatch.setattr("tierwise.cli.scan._LARGE_PLANS", bound)
    monkeypatch.setattr("tierwise.cli.scan._scan_plans", lambda *_: seen.append(shelf.MOST))
    tierwise("scan", "plan", plan)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(plan.read_bytes())))
    tierwise("scan", "plan", "-")
    assert (seen, shelf.MOST) == ([from_file, from_pipe], 10_000)
