"""The page on organisations shows what the model prints."""

from __future__ import annotations

from pathlib import Path

from benchmarks.organisation_model import Model, table


def test_the_page_has_the_models_table() -> None:
    page = (Path(__file__).parents[1] / "docs/organisation.md").read_text("utf-8")
    assert "\n".join(table(Model())) in page


def test_what_holds_a_scan_up_is_what_takes_longest() -> None:
    model = Model(calls=100, busiest=1600, organisation=1, work=10, elsewhere=20, latency=24)
    assert model.holds(60, 1) == {
        "processors": 60.0,
        "answers": 6.0,
        "an account's ceiling": 2.0,
        "the organisation's ceiling": 6.0,
    }
    assert model.holds(60, 4)["processors"] == 30.0
