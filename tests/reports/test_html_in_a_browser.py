"""The HTML report in Chromium: accessible, whole on a small screen, silent on the network, and deaf to hostile names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import RULES, chromium
from tests.reports.hostile import HOSTILE, hostile_result
from tests.reports.sample import sample
from tests.reports.test_html_attested import page as attested_page
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import apply_profile, load_profile
from tierwise.connectors.terraform.source import open_plans
from tierwise.demo.dates import STARTED
from tierwise.demo.estate import PLAN
from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS
from tierwise.reports.base import View
from tierwise.reports.html_report import render
from tierwise.reports.page.measures import PROFILE
from tierwise.scan import Judging, scan


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample plan, in a file."""
    path = tmp_path_factory.mktemp("html") / "report.html"
    catalogue = load_catalogue()
    profile = load_profile("uk-gov-personal-data", catalogue)
    judging = Judging(profile, apply_profile(catalogue, profile), EMPTY_REGISTER, NO_CORRECTIONS, profile.gate)
    result = scan([open_plans([PLAN])], judging, started=STARTED, jobs=1).result
    path.write_text(render(result, View(controls=catalogue.controls, measures=load_profile(PROFILE, catalogue).requirements)), "utf-8")
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with one of everything, in a file."""
    path = tmp_path_factory.mktemp("html") / "small.html"
    path.write_text(render(sample(), View(marking="OFFICIAL")), "utf-8")
    return path


@pytest.fixture(scope="module")
def attested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with datasets, in a file."""
    path = tmp_path_factory.mktemp("html") / "attested.html"
    path.write_text(attested_page(), "utf-8")
    return path


def opened(browser: Browser, path: Path, width: int = 1366, **context) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, **context)
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize(
    ("which", "scheme", "width"), [("report", "light", 1366), ("small", "dark", 1366), ("small", "light", 320), ("attested", "dark", 320)]
)
def test_no_rule_of_accessibility_is_broken(browser, request, which, scheme, width):
    page = opened(browser, request.getfixturevalue(which), width, color_scheme=scheme)
    page.evaluate(
        "document.querySelectorAll('#stores details, #controls details, #measures details').forEach((one, number) => { if (number < 15) one.open = true })"
    )
    found = Axe().run(page, options=RULES).response
    page.close()
    assert len(found["passes"]) > 20
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found["violations"]] == []


def test_opening_it_from_a_disk_asks_nothing_of_any_other_place(browser, report):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.wait_for_load_state("networkidle")
    page.close()
    assert asked == [report.as_uri()]


@pytest.mark.parametrize("width", [320, 1366])
def test_the_page_itself_never_scrolls_sideways(browser, report, width):
    page = opened(browser, report, width)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_six_answers_stand_on_the_first_screen(browser, report):
    page = opened(browser, report)
    bottoms = page.evaluate("[...document.querySelectorAll('.questions dd')].map(one => one.getBoundingClientRect().bottom)")
    page.close()
    assert len(bottoms) == 6
    assert max(bottoms) <= 900


def test_it_is_read_without_scripts(browser, report):
    page = opened(browser, report, java_script_enabled=False)
    assert page.locator("#filter-box").is_hidden()
    assert page.locator("#findings tbody tr").count() > 15
    page.close()


def test_the_filter_leaves_the_lines_that_hold_the_words_and_says_how_many(browser, report):
    page = opened(browser, report)
    wanted = page.locator(".lines a[href^='#c-']").first.inner_text()
    page.fill("#filter", wanted)
    left = [one for one in page.locator(".lines tr").all() if one.is_visible()]
    assert left
    assert all(wanted in one.inner_text() for one in left)
    assert page.locator("#filter-said").inner_text().startswith(f"{len(left)} of ")
    page.close()


def test_the_lines_that_are_left_are_saved_as_csv_with_no_cell_that_is_a_formula(browser, tmp_path):
    path = tmp_path / "formula.html"
    for text in ("=HYPERLINK(1)", "+1; =2", "\uff1dcmd", '@"x",y'):
        path.write_text(render(hostile_result(text), View()), "utf-8")
        page = opened(browser, path)
        with page.expect_download() as saved:
            page.click("#filter-save")
        rows = list(csv.reader(io.StringIO(Path(saved.value.path()).read_text("utf-8-sig"))))
        assert saved.value.suggested_filename == "findings.csv"
        assert len(rows) == page.locator(".lines tr").count() + 1
        assert {len(row) for row in rows} == {5}
        assert any(text.split(";")[0] in one for row in rows for one in row)
        assert [one for row in rows for one in row if re.search(r"(^|; ?)[=+\-@\uff1d\uff0b\uff0d\uff20]", one)] == []
        page.close()


def test_no_table_of_the_report_is_wider_than_a_laptops_screen_nor_lists_than_a_phones(browser, report):
    for width, which in ((1366, ".wide"), (320, ".wide.cards")):
        page = opened(browser, report, width)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.locator(which).count() > 5
        beyond = (
            "(which) => [...document.querySelectorAll(which)].filter(one => one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"
        )
        assert page.evaluate(beyond, which) == []
        page.close()


def test_the_keyboard_reaches_the_report_first_and_every_table(browser, report):
    page = opened(browser, report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.evaluate("[...document.querySelectorAll('.wide')].every(one => one.tabIndex === 0)")
    page.close()


def test_a_link_into_a_closed_part_opens_it(browser, report):
    page = opened(browser, report)
    target = page.evaluate("[...document.querySelectorAll('#controls details')].at(-1).id")
    page.goto(f"{report.as_uri()}#{target}")
    assert page.evaluate("id => document.getElementById(id).open", target)
    page.close()


def test_no_hostile_name_runs_or_breaks_the_page(browser, tmp_path):
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for text in HOSTILE:
        path = tmp_path / "hostile.html"
        path.write_text(render(hostile_result(text), View()), "utf-8")
        page.goto(path.as_uri())
        assert page.evaluate("window.__xss") is None, text
        assert page.evaluate("document.querySelectorAll('script, style, iframe, img, svg, object').length") == 2, text
        assert page.locator("h1").count() == 1, text
        assert complaints == [], text
    page.close()
