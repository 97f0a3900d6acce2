"""Of very many findings and stores two processes make the page, some at a time: it is the page that one makes of all at once."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

from msgspec import structs

from tests.reports.sample import bucket, classification, finding, result_of, sample
from tests.reports.test_html import number
from tierwise import beside
from tierwise.beside import in_two
from tierwise.model.attestation import State
from tierwise.model.control import Severity
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.finding import Acceptance, Finding, Findings, ScanResult, Verdict
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.sensitivity import Tier, TierState
from tierwise.reports import html_report
from tierwise.reports.base import View
from tierwise.reports.page import census
from tierwise.reports.page.first import First
from tierwise.reports.page.more import Most, cut, first_of
from tierwise.shelf import shelved

STORES = 90
REACHES = (Known("public"), Known("named-external"), Known("private"), Unknown(UnknownReason.THROTTLED))


@cache
def estate() -> ScanResult:
    """Stores of every tier, state and reach, with links, and findings of every sort."""
    chance = random.Random(3)
    names = [f"arn:aws:s3:::store-{place:03}" for place in range(STORES)]
    held = tuple(
        replace(
            bucket(f"store {place}", name),
            kind=chance.choice((Kind.OBJECT_STORE, Kind.OBJECT_STORE, Kind.SNAPSHOT, Kind.KEY)),
            account=chance.choice(("1", "2", "3")),
            facts={"access.audience": chance.choice(REACHES)},
            links=(Link(chance.choice((Rel.COPY_OF, Rel.LOGS_TO, Rel.USES_KEY)), chance.choice([*names, "elsewhere"])),) * (place % 3 == 0),
        )
        for place, name in enumerate(names)
    )
    tiers = {
        name: replace(
            classification(chance.choice(list(Tier)), chance.choice(list(TierState))),
            subjects=chance.choice((None, 10, 10, 5_000)),
            dataset=chance.choice(("", "", "claims", "letters")),
            owner=chance.choice(("", "a team", "another")),
        )
        for name in names
    }
    found = [one for name in names for one in failures(name, tiers[name].tier, chance) if chance.random() < 0.7]
    result = result_of(tuple(found), held=held)
    blocking = tuple(one.fingerprint for one in found[::5])
    return replace(result, classifications=tiers, gate=replace(result.gate, result="failed", blocking=blocking))


def failures(name: str, tier: Tier, chance: random.Random) -> list[Finding]:
    accepted = Acceptance("waits", "owner", "approver", f"2027-0{chance.randint(1, 9)}-01", "acceptances.yaml")
    more: dict[str, Any] = {
        "tier": tier,
        "owner": chance.choice(("", "a team")),
        "first_seen": f"2025-0{chance.randint(1, 9)}-01T00:00:00+00:00",
    }
    made = [
        finding(1, Verdict.FAIL, Severity.CRITICAL, name, danger=True, **more),
        finding(2, Verdict.FAIL, Severity.HIGH, name, fix_at="account 1", cause="open", **more),
        finding(3, Verdict.FAIL, Severity.CRITICAL, name, fix_at="account 1", cause="open", **more),
        finding(4, Verdict.FAIL, Severity.LOW, name, accepted=accepted, **more),
        finding(5, Verdict.FAIL, Severity.HIGH, name, attested=State.STALE, lapsed="it ended", **more),
        finding(6, Verdict.UNKNOWN, Severity.MEDIUM, name, **more),
        finding(7, Verdict.PASS, Severity.MEDIUM, name, **more),
    ]
    return [structs.replace(one, fingerprint=f"{name[-3:]}{one.fingerprint[3:]}") for one in made]


def book(result: ScanResult, **view: Any) -> dict[str, str]:
    return dict(html_report.pages(result, View(**view), "report.html"))


def test_two_processes_make_the_pages_that_one_makes_of_all_at_once(monkeypatch):
    monkeypatch.setattr(html_report, "MOST_FINDINGS", Most(30, 100_000))
    monkeypatch.setattr(html_report, "PAGE_FINDINGS", Most(50, 40_000))
    monkeypatch.setattr(html_report, "MOST_STORES", Most(5, 100_000))
    monkeypatch.setattr(html_report, "PAGE_STORES", Most(20, 40_000))
    alone = book(estate())
    monkeypatch.setattr(census, "_BATCH", 7)
    monkeypatch.setattr(beside, "MANY", 10)
    monkeypatch.setattr(beside, "_BATCH", 8)
    monkeypatch.setattr(beside, "_may_fork", lambda: True)
    findings = Findings.of(estate().findings)
    findings.problems = shelved(findings.problems, most=5)
    filed = replace(estate(), findings=findings, resources=shelved(estate().resources, most=5))
    assert book(filed, spread=in_two) == alone
    assert len(alone) > 8


def test_what_is_listed_is_what_was_asked_for_the_worst_first(monkeypatch):
    monkeypatch.setattr(html_report, "MOST_FINDINGS", Most(1, 100_000))
    held = Findings.of(estate().findings)
    for verdicts in (frozenset(), frozenset({"unknown"}), frozenset({"fail"})):
        wanted = [one for one in held.problems if not verdicts or one.verdict in verdicts]
        made = book(estate(), verdicts=verdicts)
        tags = re.findall(r'<tr><td><span class="tag (fail|unknown)">', "".join(text for name, text in made.items() if "findings-" in name))
        assert len(tags) == len(wanted) - 1
        assert set(tags) == {one.verdict.value for one in wanted}
        assert f"The worst 1 of {len(wanted)} are listed here" in made["report.html"]


def test_a_page_ends_where_it_holds_enough_or_has_no_more_room():
    words = ["four", "five!", "é", "x" * 30, "two"]
    assert list(cut(words, Most(10, 10), str)) == [("four", "five!"), ("é",), ("x" * 30,), ("two",)]
    assert list(cut(words, Most(2, 1_000), str)) == [("four", "five!"), ("é", "x" * 30), ("two",)]
    assert first_of(words, Most(2, 1_000), str) == ("four", "five!")
    assert first_of(["x" * 30, "y"], Most(2, 10), str) == ("x" * 30,)
    assert first_of([], Most(2, 10), str) == ()


def test_the_first_of_many_are_those_of_all_however_they_come():
    chance = random.Random(1)
    numbers = [(chance.randrange(1_000), place) for place in range(500)]
    parts = [First[tuple[int, int]](20) for _ in range(7)]
    for one in numbers:
        chance.choice(parts).add(one)
    whole = First[tuple[int, int]](20)
    for part in parts:
        whole.join(part)
    assert whole.told() == sorted(numbers)[:20]
    assert whole.number == 500


def test_the_bytes_of_a_page_are_counted_as_they_are(monkeypatch):
    monkeypatch.setattr(html_report, "MOST_FINDINGS", Most(1_000, 50_000))
    monkeypatch.setattr(html_report, "MOST_STORES", Most(0, 0))
    found = tuple(finding(place % 9, Verdict.FAIL, title="<&'\">" * 20) for place in range(300))
    text = html_report.render(result_of(found), View())
    rows = re.findall(r"<tr><td><span.*?</tr>", text.partition('<section id="findings"')[2].partition("</section>")[0], re.DOTALL)
    size = sum(len(row.encode()) for row in rows)
    assert 50_000 - size < len(rows[-1].encode()) + 1
    assert size <= 50_000
    assert number(re.findall(r"The worst ([\d,]+) of 300 are listed here", text)[0]) == len(rows)


def test_of_too_many_places_owners_and_listings_that_failed_the_others_are_counted(monkeypatch):
    monkeypatch.setattr(html_report, "_MOST_PLACES", 2)
    monkeypatch.setattr(html_report, "_MOST_ROWS", 1)
    gap = sample().gaps[0]
    text = html_report.render(replace(estate(), gaps=(gap, gap, gap)), View())
    assert "And 1 more places that hold less of the higher tiers" in text
    assert "And 1 more owners, of whose stores less fails" in text
    assert "And 2 more, in the jsonl report." in text.partition('<section id="quality"')[2]
    exceptional = Counter(
        one.account for one in estate().resources if one.kind is not Kind.KEY and estate().classifications[one.id].tier is Tier.T4
    )
    told = re.findall(r'<th scope="row">aws (\d) eu-west-2</th>', text.partition('<section id="map"')[2].partition("</section>")[0])
    assert told == sorted(told)
    assert set(told) == {account for account, _ in exceptional.most_common(2)}
