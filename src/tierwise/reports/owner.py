"""One owner's paper: only the data that they answer for, in plain English, with nothing that a person who runs no computers must look up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from tierwise.model.finding import Finding, Findings, Verdict
from tierwise.model.sensitivity import Tier, TierState
from tierwise.reports.page.census import census_of
from tierwise.reports.page.reach import Outside
from tierwise.reports.page.stores import Store
from tierwise.reports.paper import Grid, Listed, Paper, Part, heading, lead, paragraph
from tierwise.reports.shown import Shown
from tierwise.reports.text import count, listed

MEANING: Final = {
    "access": "more people or programs may use the data than should",
    "encryption": "the data is not locked as strongly as it must be, or others hold the key",
    "exposure": "people outside may be able to reach it",
    "identifiers": "it may show more of who somebody is than it needs to",
    "incident": "nobody has written down what is done if it is lost or stolen",
    "individuals": "what it means for the people in it has not been written down",
    "lawful": "why it may be held and used has not been written down",
    "linkage": "it may be put together with other data in ways that have not been agreed",
    "location": "it may be kept in a country that has not been agreed",
    "logging": "nobody could say afterwards who looked at it or changed it",
    "marking": "it does not carry its security marking",
    "ownership": "it is not written down who answers for it, or what it holds",
    "people": "it is not written down that those who work with it were checked and trained",
    "resilience": "it might be lost, or changed, without a way back",
    "retention": "it may be kept for longer than agreed, or deleted too early",
    "scan": "we could not find out enough about it",
    "sharing": "it is passed on, or copied, to where it is less well looked after",
    "supply": "what suppliers must do for it has not been agreed, or not been looked at",
}
"""What a family of requirements means to the person who answers for the data."""
OTHER: Final = "something that it calls for is not in place"
"""The same of any other family."""
CLASS: Final = {
    Tier.T0: "published or meant for everyone",
    Tier.T1: "internal, about nobody in particular",
    Tier.T2: "about people",
    Tier.T3: "sensitive: it could do people serious harm",
    Tier.T4: "the most sensitive: lives or the whole public could be harmed",
}
_MOST: Final = 40


def owners_of(page: Shown) -> tuple[str, ...]:
    """Everyone who answers for a store, as tags and register name them."""
    return tuple(sorted(one.name for one in census_of(page).seen.owners.told() if one.name))


def owner_paper(page: Shown, name: str) -> Paper:
    """What one owner should know and do."""
    own = census_of(page).among(lambda one: one.owner == name and one.holds)
    strip = page.result.run
    return Paper(
        title=f"Your data, {name}: how well it is looked after",
        parts=tuple(_parts(page, own)),
        run=strip.id,
        sources="the last scan",
        marking=page.view.marking,
    )


def _parts(page: Shown, own: Sequence[Store]) -> Iterator[Part]:
    weak = [one for one in own if one.failed]
    sure = [one for one in weak if not one.assumed]
    taken = _taken(page, own)
    yield lead(_answer(own, weak, taken))
    yield paragraph(
        f"This was looked up on {page.result.run.started[:10]} by a program that reads settings and never the data itself. "
        "You are named as the person who answers for this data. You need not mend anything yourself: ask the team that runs it for you."
    )
    if own:
        yield heading("What you answer for")
        yield Grid(
            "Your data, the most pressing first; do not add up the people, who may be in more than one",
            ("Name", "What it is", "People", "How it stands"),
            tuple([_row(one, taken[one.id]) for one in own[:_MOST]]),
        )
        yield from _more(len(own) - _MOST)
    if sure:
        yield heading("What is not as it should be")
        yield from _needs(page, sure[:_MOST])
        yield paragraph(
            "The letters and numbers in brackets tell the team that runs it what to change; 'tierwise explain' shows them the steps."
        )
    yield heading("What we ask of you")
    yield Listed(tuple(_asks(own, sure)))


def _taken(page: Shown, own: Sequence[Store]) -> Counter[str]:
    """How many risks somebody has taken, by store."""
    names = {one.id for one in own}
    problems = Findings.of(page.result.findings).problems
    return Counter(one.resource for one in problems if one.accepted is not None and one.resource in names)


def _answer(own: Sequence[Store], weak: Sequence[Store], taken: Counter[str]) -> str:
    if not own:
        return "Nothing that was looked at has you as its owner."
    risks = f" Somebody has agreed to take {count(taken.total(), 'risk')} with it, until a day that the full report names." if taken else ""
    if not weak:
        return f"{_well(own, taken)}{risks}"
    open_ = sum(one.reach.outside in (Outside.ANYONE, Outside.NAMED) for one in weak)
    unsure = sum(one.reach.outside is Outside.NOT_KNOWN for one in weak)
    outside = f" People outside can reach {open_} of them: see to these first." if open_ else ""
    outside += f" For {unsure} of them we could not find out who can." if unsure else ""
    return f"{len(weak)} of {count(len(own), 'place')} where your data is kept {'lacks' if len(weak) == 1 else 'lack'} something that they call for.{outside}{risks}"


def _well(own: Sequence[Store], taken: Counter[str]) -> str:
    """Where nothing fails: what could not be found out is not as it should be for all that."""
    unsure = sum(bool(one.unknown) for one in own)
    places = count(len(own), "place")
    if unsure:
        return f"Nothing is known to be wrong with the {places} where your data is kept, but for {unsure} of them we could not find out everything."
    if taken:
        return f"Nothing else is wrong with the {places} where your data is kept."
    return f"All {places} where your data is kept have what they call for."


def _row(one: Store, taken: int) -> tuple[str, ...]:
    what = CLASS[one.tier] + (" (nobody has said so; we assume it)" if one.assumed else "")
    people = f"up to {one.subjects:,}" if one.subjects is not None else "nobody has said how many"
    told = [f"{count(one.failed, 'thing')} to put right" if one.failed else ""]
    told += [f"{count(one.unknown, 'question')} open" if one.unknown else ""]
    told += [f"{count(taken, 'risk')} taken" if taken else ""]
    return one.name, what, people, ", ".join(filter(None, told)) or "as it should be"


def _needs(page: Shown, weak: Sequence[Store]) -> Iterator[Part]:
    """For each store, what its failures mean, the most numerous kind first."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for one in Findings.of(page.result.findings).problems:
        if one.verdict is Verdict.FAIL and one.accepted is None:
            found[one.resource].append(one)
    said = []
    for store in weak:
        kinds = Counter(one.family for one in found[store.id])
        for family, _number in kinds.most_common():
            controls = sorted({one.control for one in found[store.id] if one.family == family})
            said.append(f"{store.name}: {MEANING.get(family, OTHER)} ({listed(controls, 8)}).")
    yield Listed(tuple(said[: 2 * _MOST]))
    yield from _more(len(said) - 2 * _MOST)


def _asks(own: Sequence[Store], sure: Sequence[Store]) -> Iterator[str]:
    assumed = [one.name for one in own if one.state == TierState.ASSUMED.value]
    understated = [one.name for one in own if one.understated]
    uncounted = [one.name for one in own if one.tier >= Tier.T2 and one.subjects is None and not one.assumed]
    if sure:
        yield "Agree with the team that runs it by when the above is put right, or say in writing why a risk is taken, until when, and who agreed."
    if understated:
        yield f"Look at {listed(understated, 5)} again: what is in there is more sensitive than has been said."
    if assumed:
        yield f"Say what is in {listed(assumed, 5)}: about people or not, and how sensitive."
    if uncounted:
        yield f"Say about how many people are in {listed(uncounted, 5)}."
    if not (sure or understated or assumed or uncounted):
        yield "Nothing now. Tell the team that runs it when what is kept, or why, changes."


def _more(number: int) -> Iterator[Part]:
    if number > 0:
        yield paragraph(f"And {number:,} more, which the full report lists.")
