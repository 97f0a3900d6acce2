"""What several formats show alike: which findings, in what order, where they stand, and how one is said in a sentence."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from tierwise.model.finding import PROBLEMS, Finding, Findings, ScanResult, Verdict
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification
from tierwise.reports.audience import for_audience, for_pipelines
from tierwise.reports.base import View
from tierwise.reports.locate import locate
from tierwise.reports.text import listed
from tierwise.shelf import picked

NOT_SHOWN: Final = "not shown here"
"""What stands in the place of what an audience may not see."""
_ODD: Final = re.compile(r"[^\w.@-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is shown: a file and its lines where they are known, else a path made from the resource's identity."""

    path: str
    line: int
    end: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A result as an audience may see it, with what formats look up."""

    result: ScanResult
    view: View
    resources: Mapping[str, Resource]
    blocking: frozenset[str]
    let_through: frozenset[str] = frozenset()
    """Fingerprints of what an override lets through."""

    def problems(self, among: Callable[[Finding], bool] = lambda _: True, most: int | None = None) -> Sequence[Finding]:
        """Failed and unknown findings, worst first; of these only the verdicts that the view asks for, and what else is asked of each.

        `most` is how many are wanted. Of very many only their places are sorted, and those that are wanted are held in a file.
        """
        wanted = self.view.verdicts or PROBLEMS
        held = Findings.of(self.result.findings).problems
        if isinstance(held, tuple | list):
            return sorted((one for one in held if one.verdict in wanted and among(one)), key=self.rank)[:most]
        # They come in the order of their resources, which is the last thing that they are ranked by.
        alike: dict[tuple[int | str, ...], array[int]] = defaultdict(lambda: array("I"))
        for place, one in enumerate(held):
            if one.verdict in wanted and among(one):
                alike[self.rank(one)[:-1]].append(place)
        return picked(held, islice(chain.from_iterable(alike[rank] for rank in sorted(alike)), most))

    def all(self) -> Findings:
        """The findings of the verdicts that the view asks for, all where it asks for none, in the result's order."""
        held = Findings.of(self.result.findings)
        return held.having(self.view.verdicts) if self.view.verdicts else held

    def blocks(self, one: Finding) -> bool:
        """Whether the gate failed on the finding."""
        return self.result.gate.result == "failed" and one.fingerprint in self.blocking

    @property
    def nobody(self) -> str:
        """What stands where no owner is named; the public is shown none, whoever it is."""
        return NOT_SHOWN if self.view.audience == "public" else "nobody is named"

    @property
    def unsaid(self) -> str:
        """What stands where no number of people is known; the public is shown none, whatever it is."""
        return NOT_SHOWN if self.view.audience == "public" else "not known"

    def told(self, one: Finding) -> Classification | None:
        """What is known of the data, which formats that CI publishes tell only those who need to know."""
        return self.result.classifications.get(one.resource) if self.view.audience == "restricted" else None

    def overridden(self, one: Finding) -> bool:
        """Whether it would block without the override."""
        return one.fingerprint in self.let_through

    def rank(self, one: Finding) -> tuple[int | str, ...]:
        """What a finding is ranked by among the others, the worst first."""
        held = one.accepted is not None
        return (
            one.fingerprint not in self.blocking,
            one.fingerprint not in self.let_through,
            held,
            one.verdict is not Verdict.FAIL,
            -one.severity,
            -one.tier,
            one.assumed,
            one.control,
            one.resource,
        )

    def place(self, resource_id: str) -> Place:
        """A path that is the same in every run: the block's file, the plan's file, or `provider/account/region/type/name`."""
        resource = self.resources.get(resource_id)
        if resource is None:
            return Place(_path("unlisted", resource_id), 1, 1, exact=False)
        if resource.address is not None:
            return self.planned(resource.id, resource.address)
        return Place(
            _path(resource.provider, resource.account, resource.region, resource.type, resource.name or resource.id), 1, 1, exact=False
        )

    def within(self, resource_id: str) -> str:
        """The account of a resource and the units that it is in, where it has an account: `111111111111 (Health/Clinical)`."""
        resource = self.resources.get(resource_id)
        return resource.within if resource is not None else ""

    def planned(self, resource_id: str, address: str) -> Place:
        """The block that an address comes from, else a path in the plan."""
        spot = locate(self.view.sources, address) if self.view.sources is not None else None
        if spot is not None:
            return Place(spot.path, spot.line, spot.end, exact=True)
        return Place(_path("plan", *([resource_id.split("#", 1)[0]] if resource_id != address else []), address), 1, 1, exact=False)


def shown(result: ScanResult, view: View) -> Shown:
    """The result as the view's audience may see it."""
    return _shown(for_audience(result, view.audience), view)


def published(result: ScanResult, view: View) -> Shown:
    """The same in formats that a pipeline publishes, which more people read than were asked."""
    return _shown(for_pipelines(for_audience(result, view.audience), view.audience), view)


def _shown(seen: ScanResult, view: View) -> Shown:
    return Shown(seen, view, seen.by_id, frozenset(seen.gate.blocking), frozenset(seen.gate.overridden))


def _path(*parts: str) -> str:
    """Parts as a relative path, without what would leave it or break it."""
    kept = [_ODD.sub("_", part).strip(".") for part in parts if part]
    return "/".join(part for part in kept if part) or "unnamed"


def found(one: Finding) -> str:
    """The facts that decided, as they were read; empty where the audience may not see them."""
    return ", ".join(f"{part.fact} is {part.value}" for part in one.actual)


def open_parts(one: Finding) -> str:
    """Why a verdict is open, and what would settle it."""
    said = [
        f"{part.fact} could not be read ({part.reason})" + (f", {part.action} would settle it" if part.action else "")
        for part in one.unknowns
    ]
    return listed(list(dict.fromkeys(said)), 3) or "what it asks could not be read"


def sentence(one: Finding) -> str:
    """A finding in one sentence: what is wrong or open, at which tier, what was expected and found."""
    tier = f"{one.tier.label}{', assumed' if one.assumed else ''}"
    if one.verdict is Verdict.UNKNOWN:
        return (
            f"Unknown whether: {one.title} ({one.control}, {tier}). {open_parts(one)}; expected {one.expected}.{_brought(one)}{_held(one)}"
        )
    seen = f", found {found(one)}" if one.actual else ""
    verdict = "" if one.verdict is Verdict.FAIL else f"{one.verdict.value}: "
    stands = f" Its attestation is {one.attested}." if one.attested is not None else ""
    return f"{verdict}Not met: {one.title} ({one.control}, {tier}). Expected {one.expected}{seen}.{stands}{_brought(one)}{_held(one)}"


def _held(one: Finding) -> str:
    """Until when it is accepted, or why an acceptance of it does not hold."""
    if one.accepted is not None:
        return f" Accepted {one.accepted.answered}."
    return f" {one.lapsed[:1].upper()}{one.lapsed[1:]}." if one.lapsed else ""


def _brought(one: Finding) -> str:
    """What a plan does that brings it; nothing for what is made anew, where all is the plan's."""
    made_anew = one.brought_by.startswith(f"{one.resource} ") and one.before is None
    return f" The plan brings it: {one.brought_by}." if one.brought_by and not made_anew else ""
