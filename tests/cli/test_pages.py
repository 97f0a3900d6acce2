"""A report of many pages holds none of them once it is written."""

from __future__ import annotations

import gc
import weakref

from tests.reports.sample import result_of
from tierwise.cli.finish import write_report
from tierwise.reports.base import Report, View
from tierwise.scan import bulk


class Leaf:
    """Something that a page is made with, and that refers to itself."""

    def __init__(self):
        self.itself = self


def test_what_a_page_was_made_with_goes_with_it_though_the_collector_is_off(tmp_path):
    made: list[weakref.ref[Leaf]] = []
    alive: list[int] = []

    def pages(_result, _view, name):
        for number in range(3):
            alive.append(sum(one() is not None for one in made))
            made.append(weakref.ref(Leaf()))
            yield (f"page-{number}.html" if number < 2 else name), "text"

    with bulk():
        assert not gc.isenabled()
        write_report(Report("html", lambda *_: "", "pages", pages=pages), result_of(()), View(), tmp_path / "report.html")
    assert alive == [0, 0, 0]
    assert (tmp_path / "page-1.html").read_text() == (tmp_path / "report.html").read_text() == "text"
