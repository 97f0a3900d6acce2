"""The NCSC's measures for bulk personal data as red, amber, green or not known: by rules that the page states, and no assessment by the NCSC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final

from tierwise.model.control import rests_on_attestation
from tierwise.model.finding import Findings, Verdict
from tierwise.model.profile import Requirement
from tierwise.model.sensitivity import Tier
from tierwise.reports.page.census import Census, Judged
from tierwise.reports.shown import Shown
from tierwise.reports.text import count, listed

PROFILE: Final = "ncsc-bulk-personal-data"
_MOST_STORES: Final = 5
_SEEN: Final = (Verdict.PASS, Verdict.ATTESTED)
_WORDS: Final = {Verdict.FAIL: "failed", Verdict.UNKNOWN: "unknown", Verdict.PASS: "passed", Verdict.ATTESTED: "attested"}


class Light(StrEnum):
    """The colour of a measure, which its word says too."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    NOT_KNOWN = "not known"

    @property
    def look(self) -> str:
        """The look of its tag."""
        match self:
            case Light.RED:
                return "fail"
            case Light.AMBER:
                return "unknown"
            case Light.GREEN:
                return "pass"
            case Light.NOT_KNOWN:
                return "none"


RULES: Final = (
    (
        Light.RED,
        "Something of high severity or above is not met, on a tier that somebody said or the evidence shows, and nobody has accepted it.",
    ),
    (
        Light.AMBER,
        "Nothing is red, and something else is not met, accepted as a risk, attested too long ago or unknown; or a listing failed; or a part is for somebody to attest, and nobody has.",
    ),
    (Light.GREEN, "Everything that its controls ask is met, and what they need to have attested is attested."),
    (Light.NOT_KNOWN, "Nothing here tells of it. That is no green."),
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one control says of a measure."""

    control: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A store on which something of a measure is not met."""

    name: str
    target: str
    failed: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure with its colour, what it rests on, and where to look."""

    id: str
    title: str
    light: Light
    because: str
    beyond: str
    """What no scan shows of it."""
    parts: tuple[Part, ...]
    spots: tuple[Spot, ...]
    more: int
    """Further stores on which something of it is not met."""


@dataclass(slots=True)
class _Tally:
    """The verdicts of one control on data of tier T2 and above."""

    verdicts: Counter[Verdict]
    judged: Judged


def measures_of(census: Census) -> tuple[Measure, ...]:
    """Each measure that the view asks for, in the NCSC's order."""
    judged, tallies = census.seen.counts.judged(), dict[str, _Tally]()
    for sort, number in Findings.of(census.page.result.findings).tally.items():
        if sort.tier >= Tier.T2:
            tally = tallies.setdefault(sort.control, _Tally(Counter(), judged.get(sort.control, Judged())))
            tally.verdicts[sort.verdict] += number
    return tuple(_measure(one, census, tallies) for one in census.page.view.measures)


def _measure(one: Requirement, census: Census, tallies: Mapping[str, _Tally]) -> Measure:
    page, known = census.page, [tallies[name] for name in one.controls if name in tallies]
    left = _left(one, page, tallies)
    # One byte for each resource, of which there may be very many.
    failed = bytearray(len(page.result.resources))
    for tally in known:
        for place in chain.from_iterable(tally.judged.places):
            failed[place] = min(failed[place] + 1, 255)
    where = len(failed) - failed.count(0)
    worst = census.worst((place for place, number in enumerate(failed) if number), _MOST_STORES)
    return Measure(
        one.id.removeprefix("M"),
        one.title,
        _light(known, left),
        "; ".join(_because(known, where, left)),
        " ".join(part for part in (one.attestation and f"For somebody to say: {one.attestation}", one.note) if part),
        tuple(_parts(one, page, tallies)),
        tuple(Spot(store.name, store.target, failed[store.place]) for store in worst),
        where - len(worst),
    )


def _left(one: Requirement, page: Shown, tallies: Mapping[str, _Tally]) -> tuple[str, ...]:
    """What keeps it from being green where nothing fails: listings that failed, and what nobody has attested. The public is shown no attestation."""
    controls = page.view.controls
    # Of a control that is not at hand nobody knows on what it rests.
    silent = any(name not in tallies and (name not in controls or rests_on_attestation(controls[name])) for name in one.controls)
    failed = sum(1 for gap in page.result.gaps if not gap.expected)
    left = [f"{count(failed, 'listing')} failed, and what is there was not judged"] * bool(failed and one.controls)
    if silent and page.view.audience == "public":
        return (*left, "what is attested of it is not shown to the public")
    return (*left, *["a part of it that no scan sees is not attested"] * bool(silent or one.attestation))


def _light(known: Sequence[_Tally], left: Sequence[str]) -> Light:
    total = sum((one.verdicts for one in known), Counter[Verdict]())
    if any(one.judged.grave for one in known):
        return Light.RED
    if total[Verdict.FAIL] or total[Verdict.UNKNOWN]:
        return Light.AMBER
    if not any(total[one] for one in _SEEN):
        return Light.NOT_KNOWN
    return Light.AMBER if left else Light.GREEN


def _because(known: Sequence[_Tally], places: int, left: Sequence[str]) -> Iterator[str]:
    """Why it has its colour, the worst first."""
    total = sum((one.verdicts for one in known), Counter[Verdict]())
    if not total.total():
        yield "nothing is judged of it"
    if total[Verdict.FAIL]:
        counted = {
            "of high severity or above": sum(one.judged.grave for one in known),
            "accepted as a risk": sum(one.judged.accepted for one in known),
            "attested too long ago": sum(one.judged.stale for one in known),
        }
        told = [f"{number:,} {words}" for words, number in counted.items() if number]
        yield f"{total[Verdict.FAIL]:,} not met on {count(places, 'resource')}{f' ({listed(told, 3)})' if told else ''}"
    if total[Verdict.UNKNOWN]:
        yield f"{total[Verdict.UNKNOWN]:,} unknown"
    if met := sum(total[one] for one in _SEEN):
        yield f"{met:,} met{f', of them {total[Verdict.ATTESTED]:,} as attested' if total[Verdict.ATTESTED] else ''}"
    yield from left


def _parts(one: Requirement, page: Shown, tallies: Mapping[str, _Tally]) -> Iterator[Part]:
    """Each of its controls with its verdicts."""
    for name in one.controls:
        yield part_of(page, name, tallies[name].verdicts if name in tallies else Counter())


def part_of(page: Shown, name: str, found: Counter[Verdict]) -> Part:
    """A control with its verdicts."""
    told = [f"{found[verdict]:,} {words}" for verdict, words in _WORDS.items() if found[verdict]]
    control = page.view.controls.get(name)
    return Part(name, control.title if control else "", ", ".join(told) or "nothing judged")
