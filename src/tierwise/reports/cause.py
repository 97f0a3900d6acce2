"""What blocks, as every format tells it: the change to make, why, who owns the tier, and what is not this change's doing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.evaluate.remedy import sentences
from tierwise.model.finding import Finding, Findings, Fix, Verdict
from tierwise.model.sensitivity import TierState
from tierwise.reports.edit import Line, edit_of
from tierwise.reports.shown import Shown
from tierwise.reports.text import listed

MOST_LINES: Final = 12
"""Of one cause, its heading included."""
_SAID: Final = frozenset({TierState.DECLARED, TierState.REGISTERED, TierState.INHERITED})


@dataclass(frozen=True, slots=True)
class Cause:
    """One change that closes findings which block, or would."""

    findings: tuple[Finding, ...]
    """Worst first."""
    place: str
    """Where the change is made: an address, a stack, an account."""
    file: str
    """`infra/data.tf:12`, where that is known."""
    also: tuple[str, ...]
    """Other places that need the same change."""
    diff: tuple[Line, ...]
    """Empty where no honest diff can be given; then `words` say what to change."""
    words: str
    why: str
    brought_by: str
    """What the plan does that brings it, where that is not simply that it makes the resource."""
    tier: str
    """The tier, how it came about, and where that was said."""
    owners: tuple[str, ...] | None
    """Those of all places, each once; empty where nobody is named, None where the audience may not see it."""
    there: int
    """Findings of the same control that were there already."""

    @property
    def worst(self) -> Finding:
        """The finding that stands for the others."""
        return self.findings[0]

    @property
    def who(self) -> str:
        """The tier and its owner, and what is not this change's doing, in a sentence."""
        also = f"; the same at {listed(list(self.also), 3)}" if self.also else ""
        there = f"; {self.there:,} more like it, there already and not this change's doing" if self.there else ""
        owner = "" if self.owners is None else f"; owner {listed(list(self.owners), 3) or 'nobody is named'}"
        return f"{self.tier}{owner}{there}{also}"


def heading(page: Shown) -> str:
    """What the causes are to this run."""
    gate = page.result.gate
    if gate.result == "failed":
        return "Blocks"
    return "Let through by the override" if gate.overridden else "Would block"


def groups(page: Shown, findings: Sequence[Finding]) -> list[tuple[Fix | None, list[Finding]]]:
    """Findings under the change that closes them, worst first; those that no change is known for stand alone."""
    wanted = {one.fingerprint for one in findings}
    fix_of = {print_: fix for fix in page.result.fixes for print_ in fix.findings if print_ in wanted} if wanted else {}
    order: dict[int, tuple[Fix | None, list[Finding]]] = {}
    for number, one in enumerate(findings):
        fix = fix_of.get(one.fingerprint)
        key = id(fix) if fix is not None else -1 - number
        order.setdefault(key, (fix, []))[1].append(one)
    return list(order.values())


def stopping(page: Shown) -> list[Cause]:
    """What blocks, or would in observe mode or without an override, worst first.

    One cause per change; the same change to resources of one type is one cause that names them all.
    """
    findings = (
        page.problems(lambda one: one.fingerprint in page.blocking or page.overridden(one)) if page.blocking | page.let_through else []
    )
    alike: dict[tuple[str, str, Verdict], list[list[Finding]]] = {}
    for _, group in groups(page, findings):
        worst = group[0]
        resource = page.resources.get(worst.resource)
        alike.setdefault((worst.control, resource.type if resource is not None else "", worst.verdict), []).append(group)
    there = _there(page) if alike else {}
    return [_cause(page, these, there.get(control, 0)) for (control, _, _), these in alike.items()]


def _there(page: Shown) -> dict[str, int]:
    """By control, how many findings fail that the change has not brought."""
    found: dict[str, int] = {}
    stopped = page.blocking | page.let_through
    for one in Findings.of(page.result.findings).problems:
        if one.verdict is Verdict.FAIL and not (one.introduced or one.accepted or one.assumed or one.fingerprint in stopped):
            found[one.control] = found.get(one.control, 0) + 1
    return found


def _cause(page: Shown, alike: Sequence[Sequence[Finding]], there: int) -> Cause:
    first, *rest = alike
    worst = first[0]
    place = page.place(worst.resource)
    diff, file = _diff(page, worst) if worst.verdict is Verdict.FAIL else ((), "")
    made_anew = worst.before is None and worst.brought_by.endswith("is created")
    return Cause(
        findings=tuple(one for group in alike for one in group),
        place=worst.fix_at or worst.resource,
        file=file or (f"{place.path}:{place.line}" if place.exact else ""),
        also=tuple(dict.fromkeys(group[0].fix_at or group[0].resource for group in rest)),
        diff=diff,
        words=_settle(worst) if worst.verdict is Verdict.UNKNOWN else first_sentence(worst.remediation) or worst.title,
        why=worst.why.partition(": ")[2] or worst.why,
        brought_by="" if made_anew else worst.brought_by,
        tier=_tier(page, worst),
        owners=None if page.view.audience == "public" else _owners(page, alike),
        there=there,
    )


def _settle(one: Finding) -> str:
    asked = list(dict.fromkeys(part.action or part.fact for part in one.unknowns))
    return f"unknown; {listed(asked, 3) or 'a read'} would settle it"


def _diff(page: Shown, one: Finding) -> tuple[tuple[Line, ...], str]:
    control, resource = page.view.controls.get(one.control), page.resources.get(one.resource)
    snippet = control.snippet(resource.type) if control is not None and resource is not None else None
    if snippet is None or resource is None or resource.address is None:
        return (), ""
    inferred = page.result.classifications[resource.id].inferred
    found = edit_of(
        snippet,
        resource.address,
        list(_read(one)),
        page.view.sources,
        tier=(inferred or one.tier).name,
        shows_old=page.view.audience != "public",
    )
    if found is None:
        return (), ""
    return found.lines, f"{found.spot.path}:{found.spot.line}" if found.spot is not None else ""


def _read(one: Finding) -> Iterator[str]:
    """The addresses that provenances may name; a key of `for_each` may hold the `#` that ends an address."""
    for part in one.actual:
        for token in part.via.replace(", ", " ").split():
            place = token
            while place:
                yield place
                place = place.rpartition("#")[0]


def _tier(page: Shown, one: Finding) -> str:
    classified = page.result.classifications.get(one.resource)
    if classified is None:
        return f"tier {one.tier.label}"
    by = next((step.source for step in reversed(classified.trace) if step.tier == classified.tier and step.source), "")
    joint = "from" if classified.state is TierState.INHERITED else "by"
    return f"tier {one.tier.label}, {classified.state.value}" + (f" {joint} {by}" if by and classified.state in _SAID else "")


def _owners(page: Shown, alike: Sequence[Sequence[Finding]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(owner for group in alike if (owner := owner_of(page, group[0]))))


def owner_of(page: Shown, one: Finding) -> str:
    """Who answers for the finding's resource; empty where nobody is named."""
    classified = page.result.classifications.get(one.resource)
    return one.owner or (classified.owner if classified is not None else "")


def advises(one: Finding) -> str:
    """Why a failed finding only advises, as the end of a sentence; empty where its severity says it."""
    if one.assumed:
        return "; nobody has said what it holds, so it only advises"
    if one.in_baseline:
        return "; it stands in the baseline, so it only advises"
    return ""


def first_sentence(text: str) -> str:
    """The first sentence, without its full stop."""
    return sentences(text)[0]
