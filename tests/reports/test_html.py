"""The HTML report as a document: whole without any other file or place, its links lead somewhere, and it says what it leaves out."""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import pytest
from msgspec import structs

from tests.reports.hostile import HOSTILE, hostile_result
from tests.reports.sample import BUCKET, bucket, classification, finding, result_of, sample
from tierwise.evaluate.fixes import fixes_of
from tierwise.model.control import Severity
from tierwise.model.coverage import Coverage
from tierwise.model.fact import Facts, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.finding import Findings, Verdict
from tierwise.model.history import Counts, DayPoint
from tierwise.model.profile import Requirement
from tierwise.model.sensitivity import Tier, TierState
from tierwise.reports import html_report
from tierwise.reports.audience import for_audience
from tierwise.reports.base import View
from tierwise.reports.board import Month, board_paper
from tierwise.reports.page.census import Census, census_of
from tierwise.reports.page.evidence import risks_of
from tierwise.reports.page.more import Most
from tierwise.reports.page.reach import reach_of
from tierwise.reports.page.stores import Dataset
from tierwise.reports.page.summary import heat_map
from tierwise.reports.page.trend import trend_of
from tierwise.reports.paper import Grid
from tierwise.reports.shown import shown

MEASURES = (Requirement("M1", "One", ("ENC-01", "ENC-03")), Requirement("M2", "Two", (), "the rest"))
VOID = {"meta", "br", "input"}


class Outline(HTMLParser):
    """Ids, links, headings and whether every element is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.others: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            elif name == "href":
                self.links.append(value)
            elif name.startswith("on") or name in {"src", "srcdoc", "style", "action", "data", "poster"}:
                self.others.append((name, value))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def made(result=None, **view) -> str:
    return html_report.render(result or sample(), View(**{"measures": MEASURES, **view}))


@cache
def outlines():
    return (Outline(made()), *(Outline(made(hostile_result(text))) for text in HOSTILE))


def test_every_element_is_closed_in_its_turn_whatever_names_say():
    assert [(one.open, one.wrong) for one in outlines()] == [([], [])] * (len(HOSTILE) + 1)


def test_every_link_leads_into_the_page_and_every_id_is_there_once():
    for one in outlines():
        assert {link for link in one.links if not link.startswith("#")} == set()
        assert {link[1:] for link in one.links} - set(one.ids) == set()
        assert len(one.ids) == len(set(one.ids))


def test_nothing_is_loaded_and_no_attribute_runs_or_styles():
    assert [one.others for one in outlines()] == [[]] * (len(HOSTILE) + 1)


def test_there_is_one_first_heading_and_no_level_is_left_out():
    headings = Outline(made()).headings
    assert headings.count("h1") == 1
    assert all(int(after[1]) <= int(before[1]) + 1 for before, after in pairwise(headings))


def test_the_policy_knows_the_script_and_the_style_and_nothing_else():
    text = made()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        inline = re.findall(rf"<{kind}>(.*?)</{kind}>", text, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
        assert len(inline) == 1
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]


@pytest.mark.parametrize(
    "asked",
    [
        "Which store is worst?",
        "Whose data is it?",
        "Who can reach it?",
        "What do we not know?",
        "What is overdue?",
        "Are we getting better?",
    ],
)
def test_the_six_questions_have_an_answer(asked):
    answer = re.search(rf"<dt>{re.escape(asked)}</dt><dd>([^<]+)", made())
    assert answer
    assert answer[1].strip()


def test_the_worst_store_is_the_one_with_the_most_severe_failure_of_a_settled_tier():
    assert "patients, T3 heightened: 1 requirement not met, the worst critical: Data is encrypted, way 1." in made()


def test_low_coverage_is_the_loudest_thing_on_the_page():
    assert 'class="strip loud"' in made(replace(sample(), coverage=Coverage(0.5)))
    assert 'class="strip"' in made(replace(sample(), coverage=Coverage(1.0)))


def test_what_does_not_fit_is_counted_where_it_would_stand(monkeypatch):
    monkeypatch.setattr(html_report, "MOST_FINDINGS", Most(2, 10_000))
    monkeypatch.setattr(html_report, "MOST_STORES", Most(1, 10_000))
    text = made()
    assert "The worst 2 of 5 are listed here" in text
    assert "The worst 1 of 3 are described here" in text
    assert text.count('<details id="r-') == 1


def test_a_page_of_many_findings_stays_within_two_megabytes():
    text = made(many(3_000))
    assert len(text.encode()) < 2_000_000
    assert 500 < listed_first(text, 3_000) <= html_report.MOST_FINDINGS.entries


def listed_first(text: str, total: int) -> int:
    """How many findings the first page says that it lists, which is how many it does."""
    said = number(re.findall(rf"The worst ([\d,]+) of {total:,} are listed here", text)[0])
    assert said == len(re.findall(r"<br>owner owner \d+<", text))
    return said


def many(count: int):
    long = "x" * 120
    one = finding(1, Verdict.FAIL, title=long, expected=long, why=long * 2, remediation=long)
    return result_of(tuple(structs.replace(one, fingerprint=f"{number:020x}", owner=f"owner {number}") for number in range(count)))


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_what_does_not_fit_stands_on_further_pages_none_over_two_megabytes():
    book = dict(html_report.pages(many(5_000), View(), "report.html"))
    assert max(len(text.encode()) for text in book.values()) < 2_000_000
    owners = [int(one) for text in book.values() for one in re.findall(r"<br>owner owner (\d+)<", text)]
    assert sorted(owners) == list(range(5_000))
    said = [re.findall(r"<h1>Findings ([\d,]+) to ([\d,]+) of 5,000</h1>", text)[0] for name, text in book.items() if "/" in name]
    ends = [(0, listed_first(book["report.html"], 5_000)), *((number(first), number(last)) for first, last in said)]
    assert len(ends) > 2
    assert all(after[0] == before[1] + 1 for before, after in pairwise(ends))
    assert ends[-1][1] == 5_000


def test_every_link_of_several_pages_leads_to_a_file_and_part_that_exist(monkeypatch):
    monkeypatch.setattr(html_report, "MOST_FINDINGS", Most(10, 100_000))
    monkeypatch.setattr(html_report, "PAGE_FINDINGS", Most(100, 10_000))
    monkeypatch.setattr(html_report, "MOST_STORES", Most(1, 10_000))
    result = sample()
    result = replace(result, findings=(*result.findings, *many(40).findings))
    book = dict(html_report.pages(result, View(), "q1 & q2.html"))
    outlines = {name: Outline(text) for name, text in book.items()}
    assert {name.rpartition("/")[2].split("-")[0] for name in book} == {"findings", "stores", "q1 & q2.html"}
    for name, one in outlines.items():
        assert one.wrong == []
        assert len(one.ids) == len(set(one.ids))
        for link in one.links:
            path, _, part = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path))) if path else name
            assert target in outlines, (name, link)
            assert not part or part in outlines[target].ids, (name, link)


def test_beyond_the_most_pages_the_first_says_where_the_rest_is(monkeypatch):
    monkeypatch.setattr(html_report, "MOST_PAGES", 1)
    monkeypatch.setattr(html_report, "PAGE_FINDINGS", Most(1_000, 100_000))
    made = dict(html_report.pages(many(1_700), View(), "report.html"))
    assert sorted(made) == ["report-pages/findings-2.html", "report.html"]
    assert "the next stand on 1 page below, and --format csv=FILE lists all." in made["report.html"]
    assert "Page 3" not in made["report-pages/findings-2.html"]


def told(**changes):
    result = result_of((finding(1, Verdict.FAIL),))
    return replace(result, classifications={**result.classifications, **changes})


def datasets(census: Census) -> tuple[Dataset, ...]:
    return census.seen.sets.told(census.store)


def test_people_are_counted_once_for_a_dataset_and_its_copies():
    one = replace(classification(Tier.T3), dataset="claims", subjects=500)
    copy = replace(one, state=TierState.INHERITED, subjects=400)
    second = "arn:aws:s3:::copy"
    result = result_of((finding(1, Verdict.FAIL),), held=(bucket(), bucket("copy", second)))
    page = shown(replace(result, classifications={BUCKET: one, second: copy}), View())
    (dataset,) = datasets(census_of(page))
    assert (dataset.name, dataset.subjects, dataset.stores, dataset.copies) == ("claims", 500, 2, 1)


def test_an_assumed_tier_counts_as_nobodys_data():
    result = result_of((finding(1, Verdict.FAIL, assumed=True),))
    assumed = {key: replace(one, state=TierState.ASSUMED) for key, one in result.classifications.items()}
    page = shown(replace(result, classifications=assumed), View())
    assert datasets(census_of(page)) == ()


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (Known("public"), "anyone on the internet"),
        (Known("account"), "anyone in its account"),
        (Unknown(UnknownReason.PERMISSION_DENIED), "not known (permission-denied)"),
        (
            Unknown(UnknownReason.PERMISSION_DENIED, between=("organisation", "public")),
            "not known (permission-denied; at least anyone in the organisation, at most anyone on the internet)",
        ),
    ],
)
def test_who_can_reach_a_store_is_said_in_words_and_unknown_stays_unknown(fact, words):
    assert reach_of(replace(bucket(), facts={"access.audience": fact})).words == words


def test_a_provider_s_interface_is_an_endpoint_on_the_internet():
    facts: Facts = {"access.audience": Known("account"), "network.public_endpoint": NotApplicable("no address of its own")}
    assert reach_of(replace(bucket(), facts=facts)).words == "anyone in its account, through an endpoint on the internet"


def test_a_store_of_an_assumed_tier_stands_apart_where_the_data_is():
    held = tuple(bucket(name, f"arn:aws:s3:::{name}") for name in ("claims", "scratch"))
    states = {"claims": TierState.DECLARED, "scratch": TierState.ASSUMED}
    result = replace(result_of((), held=held), classifications={one.id: classification(Tier.T2, states[one.name]) for one in held})
    (spot,) = census_of(shown(result, View())).seen.spots.told(5)
    assert spot.counts == (0, 0, 1, 0, 0, 1)
    assert re.search(r'<th scope="col" class="n">T0 published</th><th scope="col" class="n">assumed</th>', made(result))


def test_where_nothing_fails_the_page_says_so():
    text = made(result_of((finding(1, Verdict.PASS),)))
    assert "No store whose tier somebody said, or the evidence shows, fails a requirement of its tier." in text
    assert "<title>Nothing fails" in text


def then(day: str, failed: int, unknown: int = 1) -> DayPoint:
    return DayPoint(
        day, 1.0, {"T3": 3}, {("T3", "encryption"): Counts(failed=failed, unknown=unknown), ("assumed", "encryption"): Counts(failed=90)}
    )


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (9, "Fewer requirements are unmet than on 2026-01-08: 2 now, 9 then."),
        (2, "As many are unmet as on 2026-01-08: 2 now, 2 then."),
        (0, "More requirements are unmet than on 2026-01-08: 2 now, 0 then."),
    ],
)
def test_whether_it_gets_better_is_told_by_settled_tiers_and_without_accepted_risks(failed, words):
    result = sample()
    started = replace(result, run=replace(result.run, started="2026-01-15T09:00:00+00:00"))
    page = shown(started, View(earlier=(then("2026-01-01", 50), then("2026-01-08", failed))))
    told = trend_of(census_of(page))
    assert told.answer.startswith(words)
    assert "Where the tier is only assumed: 1 now, 90 then." in told.answer
    assert told.days == ("2026-01-01", "2026-01-08", "2026-01-15 (this run)")
    assert {row.label: row.cells[-1] for row in told.rows} == {
        "T3 heightened": "1 failed, 1 unknown, 1 accepted",
        "T1 internal": "1 failed, 0 unknown",
        "assumed": "1 failed, 0 unknown",
    }


def test_what_is_accepted_is_counted_by_itself_in_every_table_and_is_no_pass():
    accepted = next(one.accepted for one in sample().findings if one.accepted)
    some = [finding(1, Verdict.FAIL), finding(2, Verdict.FAIL, accepted=accepted), finding(3, Verdict.UNKNOWN, accepted=accepted)]
    result = replace(result_of((*some, finding(4, Verdict.PASS))), classifications=sample().classifications)
    page = shown(result, View())
    _, rows = heat_map(census_of(page))
    assert [cell.words for row in rows for cell in row.cells if row.label == "T3 heightened"] == ["1 failed, 2 accepted"]
    only = replace(result, findings=Findings.of((some[1], finding(4, Verdict.PASS))))
    _, rows = heat_map(census_of(shown(only, View())))
    assert [(cell.words, cell.state) for row in rows for cell in row.cells if row.label == "T3 heightened"] == [("1 accepted", "unknown")]
    (tiers,) = [part for part in board_paper(Month("2026-01", page, None)).parts if isinstance(part, Grid) and part.head[0] == "Tier"]
    assert tiers.head[2:] == ("Not met", "Not known", "Accepted", "Met")
    assert [row[2:] for row in tiers.rows if row[0] == "T3 heightened"] == [("1", "0", "2", "1")]


def test_without_an_earlier_day_it_does_not_say_that_it_gets_better():
    assert "so this report cannot say" in made()


def test_an_acceptance_that_no_longer_holds_is_overdue_and_none_that_holds_is():
    late = finding(1, Verdict.FAIL, control="OWN-06")
    assert "1 resource has a risk acceptance that is past its date" in made(result_of((late,)))
    assert "that is past its date" not in made(result_of((structs.replace(late, verdict=Verdict.PASS),)))
    assert "Of the accepted risks that hold, the next ends on 2027-01-31." in made()


def test_a_store_without_policies_and_with_an_endpoint_that_was_not_read_says_why_nobody_knows():
    unread = {"network.public_endpoint": Unknown(UnknownReason.THROTTLED)}
    assert reach_of(replace(bucket(), facts=unread)).words == "not known (throttled)"


def test_the_trend_is_drawn_beside_its_table_by_a_picture_that_brings_no_script_or_style_of_its_own():
    counts = {("T3", "encryption"): Counts(failed=4), ("T1", "logging"): Counts(failed=2)}
    text = made(earlier=(DayPoint("2020-01-01", 1.0, {}, counts),))
    picture = re.search(r"<svg.*?</svg>", text, re.DOTALL)
    assert picture
    assert set(re.findall(r"<(\w+)", picture[0])) == {"svg", "g", "rect", "path", "text"}
    assert 'role="img"' in picture[0]
    assert "T3 heightened" in picture[0]
    assert len(re.findall(r'<rect [^>]*class="rect reactive', picture[0])) >= 3
    assert "4 failed" in text
    assert "<svg" not in made()


def reached(*facts) -> str:
    """The answer of a page with one store of T3 for each fact about who can reach it, all of which fail."""
    names = [f"arn:aws:s3:::store-{number}" for number in range(len(facts))]
    held = tuple(replace(bucket(name[13:], name), facts={"access.audience": fact}) for name, fact in zip(names, facts, strict=True))
    found = tuple(finding(number, Verdict.FAIL, resource=name) for number, name in enumerate(names))
    result = replace(result_of(found, held=held), classifications={name: classification(Tier.T3) for name in names})
    return census_of(shown(result, View())).seen.answer.told()


def test_the_answer_tells_who_reaches_the_stores_and_of_how_many_nobody_knows():
    unread = Unknown(UnknownReason.PERMISSION_DENIED)
    outside = Unknown(UnknownReason.PERMISSION_DENIED, between=("named-external", "public"))
    inside = Unknown(UnknownReason.PERMISSION_DENIED, between=("private", "organisation"))
    assert reached(Known("public"), Known("named-external"), outside, unread, inside, Known("private")) == (
        "6 stores of tier T3 heightened, the largest holding up to 54,321 people (declared), are weaker than their tier requires."
        " At T3, 1 can be reached by anyone outside; 2 by named accounts outside; of 1 it is not known who can reach it."
    )
    assert reached(unread, unread).endswith("At T3, of 2 it is not known who can reach them.")
    assert reached(Known("private"), inside).endswith("None at T3 can be reached by people outside.")


def test_the_answer_names_no_reach_to_an_audience_that_is_shown_none():
    assert "reach" not in made(audience="public").partition('class="answer">')[2].partition("</p>")[0]


def test_the_public_is_told_that_owners_and_people_are_not_shown_and_never_that_there_are_none():
    text = made(for_audience(sample(), "public"), audience="public")
    assert "nobody is named" not in text.casefold()
    assert "how many people is not shown here. Owner: not shown here." in text
    unsaid = replace(classification(Tier.T3), subjects=None, owner="")
    result = replace(result_of((finding(1, Verdict.FAIL, owner=""),)), classifications={one.id: unsaid for one in sample().resources})
    assert "how many people is not known; C3 special category" in made(result)
    assert "Owner: nobody is named." in made(result)


def since(day: str, **changes):
    return structs.replace(finding(1, Verdict.FAIL, **changes), first_seen=f"{day}T09:00:00+00:00")


def test_what_has_long_been_unmet_at_t3_is_overdue_and_each_says_since_when():
    day = sample().run.started[:10]
    old = (date.fromisoformat(day) - timedelta(days=90)).isoformat()
    text = made(result_of((since(old), since(day, control="ENC-09"))))
    assert "1 requirement of T3 and T4 unmet for 90 days or more." in text
    assert f'<td class="day" data-h="Since">{old}</td>' in text
    assert "Nothing is past its date." in made(result_of((since(day),)))
    again = made(result_of((structs.replace(since(old), back=f"{day}T09:00:00+00:00"),)))
    assert "Nothing is past its date." in again
    assert f'<td class="day" data-h="Since">{day}</td>' in again


def test_a_control_an_owner_and_a_store_each_lead_to_what_is_not_met():
    text = made()
    control = text.partition('<details id="c-ENC-01">')[2].partition("</details>")[0]
    assert re.search(r'fail</span> <a href="#r-\d+">patients</a>, owner health-team', control)
    owner = re.search(r'<a href="#(o-\d+)">health-team</a>', text)
    assert owner
    assert "patients</a>: T3 heightened, 1 not met" in text.partition(f'<details id="{owner[1]}">')[2].partition("</details>")[0]
    store = text.partition('<details id="r-')[2].partition("</details>")[0]
    assert "required encryption.at_rest is true; found encryption.at_rest is false and livefact (s3:GetEncryptionConfiguration)" in store


def test_an_acceptance_that_is_not_in_force_stands_with_the_accepted_risks():
    lapsed = structs.replace(finding(1, Verdict.FAIL), lapsed="acceptances.yaml:3 ended on 2026-01-01")
    part = made(result_of((lapsed,))).partition('<section id="accepted"')[2].partition("</section>")[0]
    assert "acceptances.yaml:3 ended on 2026-01-01" in part
    assert "No risk is accepted." in part


def test_a_gate_on_what_is_new_says_that_the_rest_only_advises():
    result = sample()
    text = made(replace(result, gate=replace(result.gate, mode="new", result="passed", blocking=())))
    assert "passed: it judges what is new, and what was there already only advises" in text
    assert 'class="strip loud"' in made(replace(result, gate=replace(result.gate, result="incomplete", blocking=())))


def test_the_quality_of_the_scan_says_how_many_calls_were_made_and_that_they_were_declared():
    part = made().partition('<section id="quality"')[2]
    assert re.search(r"<p>[\d,]+ calls? of [\d,]+ operations? answered or refused\. All are reads that tierwise declares", part)
    assert "All are reads" not in made(replace(sample(), outcomes=()))


def changes(*found):
    """What is told first of some findings: by which control, at which store, and of how many others."""
    held = tuple(bucket(name, f"arn:aws:s3:::{name}") for name in ("one", "two", "three"))
    result = replace(result_of(found, held=held), classifications={one.id: classification(Tier.T3) for one in held})
    result = replace(result, fixes=fixes_of(result.findings, {}))
    return [(one.control, one.store, one.others) for one in risks_of(census_of(shown(result, View())), 10)]


def on(store, number, severity, **more):
    return finding(number, Verdict.FAIL, severity, f"arn:aws:s3:::{store}", **more)


def test_a_change_is_told_by_what_leads_it_and_what_another_change_closes_drops_no_line():
    stack = {"fix_at": "stack x in 123456789012/eu-west-2", "setting": "s3:GetBucketEncryption"}
    found = (
        on("one", 1, Severity.HIGH, danger=True, **stack),
        on("two", 2, Severity.CRITICAL, **stack),
        on("three", 1, Severity.HIGH, fix_at="arn:aws:s3:::three"),
    )
    assert changes(*found) == [("ENC-02", "two", 1), ("ENC-01", "three", 0)]
    assert changes(*reversed(found)) == [("ENC-02", "two", 1), ("ENC-01", "three", 0)]


def test_a_change_that_is_made_in_another_way_is_a_line_of_its_own():
    found = [
        on(name, 1, Severity.HIGH, fix_at=f"arn:aws:s3:::{name}", remediation=how)
        for name, how in (("one", "aws s3api a"), ("two", "aws s3api a"), ("three", "az storage b"))
    ]
    assert sorted(changes(*found)) == [("ENC-01", "one", 1), ("ENC-01", "three", 0)]


def test_changes_that_one_control_leads_are_told_by_the_worst_store_with_the_number_of_the_others():
    found = [on(name, 1, Severity.HIGH, fix_at=f"arn:aws:s3:::{name}", danger=name == "two") for name in ("one", "two", "three")]
    assert changes(*found) == [("ENC-01", "two", 2)]
    assert changes(*found[:2], structs.replace(found[2], assumed=True)) == [("ENC-01", "two", 1)]
    once = {"cause": "open to all", "fix_at": "arn:aws:s3:::one"}
    assert changes(on("one", 1, Severity.HIGH, **once), on("one", 2, Severity.CRITICAL, **once)) == [("ENC-02", "one", 0)]
