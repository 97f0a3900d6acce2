"""One page on which a person without Git is asked to accept a risk, and by a reply to the mail that brings it says yes or no."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tierwise.model.finding import Finding, Verdict
from tierwise.model.register import AcceptanceRule
from tierwise.model.sensitivity import Tier
from tierwise.reports.owner import CLASS, MEANING, OTHER
from tierwise.reports.page.census import census_of
from tierwise.reports.page.stores import Store
from tierwise.reports.paper import Grid, Listed, Paper, Part, heading, lead, paragraph
from tierwise.reports.shown import Shown
from tierwise.reports.text import count, listed
from tierwise.shelf import places_of

_MOST = 8


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody is asked to accept."""

    rule: AcceptanceRule
    covered: Sequence[Finding]
    """What it would accept, of the last scan."""
    page: Shown

    @property
    def reference(self) -> str:
        """A short name for these terms: another day, reason or approver has another, so that a reply speaks of nothing else."""
        rule = self.rule
        said = (rule.control, rule.resource, rule.reason, rule.owner, rule.approver, rule.role, rule.expires, rule.ticket)
        return hashlib.sha256("\x1f".join(map(str, said)).encode("utf-8", "surrogatepass")).hexdigest()[:8].upper()


def request_paper(request: Request) -> Paper:
    """The page."""
    return Paper(
        title=f"A risk to accept, or not: request {request.reference}",
        parts=tuple(_parts(request)),
        run=request.page.result.run.id,
        sources="the last scan",
        marking=request.page.view.marking,
    )


def _parts(request: Request) -> Iterator[Part]:
    rule = request.rule
    touched = list(dict.fromkeys(one.resource for one in request.covered))
    by_id = dict(_stores(request.page, touched))
    named = [by_id[key].name if key in by_id else key for key in touched]
    top = max(one.tier for one in request.covered)
    yield lead(f"{rule.approver}, will you answer for this until {rule.expires}: {listed(named, 3)}?")
    yield heading("What is not as it should be")
    yield Listed(tuple(_wrong(request.covered)))
    yield heading("Whose data it is about")
    yield Grid("What would stay as it is", ("Name", "What it is", "People", "Who can reach it"), tuple(_rows(touched[:_MOST], by_id, top)))
    if len(touched) > _MOST:
        yield paragraph(f"And {len(touched) - _MOST:,} more, which the person who asks you can list.")
    yield heading("Why it is asked")
    yield Listed(tuple(_terms(rule)))
    yield heading("What your yes means")
    yield paragraph(
        f"Nothing is mended by it: all of the above stays as it is, and reports go on showing it with your name beside it. It ends on {rule.expires}; from the day after it counts as"
        " not accepted again, unless somebody is asked anew. If you say no, or nothing, it is not accepted."
    )
    yield heading("How to answer")
    yield paragraph("Reply to the mail that brought this page with one of these two lines, and with anything that you want to add:")
    yield Listed(
        (
            f"Yes: I accept request {request.reference} until {rule.expires}. {rule.approver}{f', {rule.role.word}' if rule.role else ''}",
            f"No: I do not accept request {request.reference}.",
        )
    )
    yield paragraph(
        f"For the person who asks: with the reply kept, write the entry by the same 'tierwise accept' without --request and with --evidence \"reply to request {request.reference}\", and have it reviewed.",
    )


def _wrong(covered: Sequence[Finding]) -> Iterator[str]:
    said = dict.fromkeys(
        f"{one.title} ({one.control}): {'this is not so' if one.verdict is Verdict.FAIL else 'this could not be seen'}" for one in covered
    )
    meant = dict.fromkeys(MEANING.get(one.family, OTHER) for one in covered)
    yield from (f"In plain words: {words}." for words in list(meant)[:_MOST])
    yield from (f"What was asked: {words}." for words in list(said)[:_MOST])
    if len(said) > _MOST:
        yield f"And {count(len(said) - _MOST, 'more requirement')}."


def _stores(page: Shown, touched: Iterable[str]) -> Iterator[tuple[str, Store]]:
    """The stores among some resources, by their ids."""
    census, places = census_of(page), places_of(page.result.by_id)
    for key in touched:
        store = census.store(places[key]) if key in places else None
        if store is not None:
            yield key, store


def _rows(touched: Sequence[str], by_id: dict[str, Store], top: Tier) -> Iterator[tuple[str, ...]]:
    for key in touched:
        one = by_id.get(key)
        if one is None:
            yield key, CLASS[top], "nobody has said how many", "not known here"
            continue
        people = f"up to {one.subjects:,}" if one.subjects is not None else "nobody has said how many"
        yield one.name, CLASS[one.tier], people, one.reach.words


def _terms(rule: AcceptanceRule) -> Iterator[str]:
    yield f"The reason given: {rule.reason}"
    yield f"Who owns the risk: {rule.owner}"
    if rule.ticket:
        yield f"It is to be mended by {rule.expires}, under {rule.ticket}."
