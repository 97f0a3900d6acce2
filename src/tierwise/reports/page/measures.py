"""The NCSC's measures for bulk personal data as red, amber, green or not known: by rules that the page states, and no assessment by the NCSC."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tierwise.model.attestation import State
from tierwise.model.control import Severity, rests_on_attestation
from tierwise.model.finding import Finding, Findings, Verdict
from tierwise.model.profile import Requirement
from tierwise.model.sensitivity import Tier
from tierwise.reports.page.stores import Store
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
    grave: int = 0
    """Not met, of high severity or above, on a settled tier, and not accepted."""
    accepted: int = 0
    stale: int = 0


def measures_of(page: Shown, ranked: Sequence[Store]) -> tuple[Measure, ...]:
    """Each measure that the view asks for, in the NCSC's order; `ranked` are the stores, worst first."""
    asked = page.view.measures
    tallies, failing = _counted(page, {control for one in asked for control in one.controls})
    return tuple(_measure(one, page, tallies, failing, ranked) for one in asked)


def _counted(page: Shown, controls: set[str]) -> tuple[dict[str, _Tally], dict[str, Counter[str]]]:
    """The verdicts by control, and how many of each control's are not met on which resource."""
    tallies: dict[str, _Tally] = defaultdict(lambda: _Tally(Counter()))
    failing: dict[str, Counter[str]] = defaultdict(Counter)
    for one in Findings.of(page.result.findings) if controls else ():
        if one.control in controls and one.tier >= Tier.T2:
            tally = tallies[one.control]
            tally.verdicts[one.verdict] += 1
            if one.verdict is Verdict.FAIL:
                failing[one.control][one.resource] += 1
                tally.accepted += one.accepted is not None
                tally.stale += one.attested is State.STALE
                tally.grave += _grave(one)
    return tallies, failing


def _grave(one: Finding) -> bool:
    return one.severity >= Severity.HIGH and not one.assumed and one.accepted is None and one.attested is not State.STALE


def _measure(
    one: Requirement, page: Shown, tallies: Mapping[str, _Tally], failing: Mapping[str, Counter[str]], ranked: Sequence[Store]
) -> Measure:
    known = [tallies[name] for name in one.controls if name in tallies]
    left = _left(one, page, tallies)
    where = sum((failing[name] for name in one.controls if name in failing), Counter[str]())
    spots = [Spot(store.name, store.target, where[store.id]) for store in ranked if where[store.id]]
    return Measure(
        one.id.removeprefix("M"),
        one.title,
        _light(known, left),
        "; ".join(_because(known, len(where), left)),
        " ".join(part for part in (one.attestation and f"For somebody to say: {one.attestation}", one.note) if part),
        tuple(_parts(one, page, tallies)),
        tuple(spots[:_MOST_STORES]),
        max(0, len(spots) - _MOST_STORES),
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
    if any(one.grave for one in known):
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
            "of high severity or above": sum(one.grave for one in known),
            "accepted as a risk": sum(one.accepted for one in known),
            "attested too long ago": sum(one.stale for one in known),
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
        found = tallies[name].verdicts if name in tallies else Counter[Verdict]()
        told = [f"{found[verdict]:,} {words}" for verdict, words in _WORDS.items() if found[verdict]]
        control = page.view.controls.get(name)
        yield Part(name, control.title if control else "", ", ".join(told) or "nothing judged")
