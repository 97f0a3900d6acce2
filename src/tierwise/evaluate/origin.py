"""Who brings a verdict: each judgement held against the one before the plan, and what the plan does that makes the difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from tierwise.evaluate.compiled import CompiledControl
from tierwise.evaluate.judge import Judgement, has_rung, judge
from tierwise.model.change import Action, Change
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Facts, says_same
from tierwise.model.finding import Verdict
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification

_DONE: Final[Mapping[Action, str]] = {
    Action.CREATE: "is created",
    Action.UPDATE: "is changed",
    Action.REPLACE: "is replaced",
    Action.DELETE: "is deleted",
    Action.FORGET: "leaves management",
    Action.KEEP: "stays",
}
_GRAVEST: Final = (Action.DELETE, Action.FORGET, Action.REPLACE, Action.UPDATE, Action.CREATE)


@dataclass(frozen=True, slots=True)
class Deeds:
    """What a plan does, by resource id and by the address of each part."""

    actions: Mapping[str, Action]
    parts: Mapping[str, tuple[str, ...]]
    """What sets parts of a resource that itself stays."""
    aliases: Mapping[str, str]
    """The ids of what is there and changes, by their other names."""

    def behind(self, resource: Resource, before: AnyFact, after: AnyFact) -> str:
        """What the plan does that makes a fact of a resource another: the change of a part or of another resource, else of itself."""
        prefix = resource.id.removesuffix(resource.address or "")
        named = [one for fact in (before, after) for place in _places(fact.via.via, prefix) for one in self._doers(place)]
        others = {one for one in named if one != resource.id} or set(self.parts.get(resource.id, ()))
        for one in (*sorted(others, key=lambda one: (_GRAVEST.index(self.actions[one]), one)), resource.id):
            if one in self.actions:
                return f"{one} {_DONE[self.actions[one]]}"
        return "the plan changes what it is joined with"

    def _doers(self, place: str) -> Iterable[str]:
        if place in self.actions:
            return (place,)
        if place in self.parts:
            return self.parts[place]
        return self._doers(self.aliases[place]) if place in self.aliases else ()


def deeds_of(changes: Mapping[str, Change], resources: Iterable[Resource]) -> Deeds:
    """What a plan does to what is there, to the parts of it, and what it makes."""
    actions = {one.id: Action.CREATE for one in resources if one.address is not None and not one.existing and one.id not in changes}
    parts: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, str] = {}
    for key, change in changes.items():
        prefix = key.removesuffix(change.before.address or "")
        own = {prefix + part.address: part.action for part in change.parts}
        actions |= own
        if change.action is Action.KEEP:
            parts[key] = tuple(own)
        aliases |= dict.fromkeys(change.before.aliases, key)
    actions |= {key: change.action for key, change in changes.items() if change.action is not Action.KEEP}
    return Deeds(actions, parts, {alias: key for alias, key in aliases.items() if alias not in actions and alias not in parts})


def _places(via: str, prefix: str) -> Iterator[str]:
    """The ids and addresses that a provenance may name; a key of `for_each` may hold the `#` that ends an address."""
    for token in via.replace(", ", " ").split():
        place = token
        while place:
            yield place
            yield prefix + place
            place = place.rpartition("#")[0]


@dataclass(frozen=True, slots=True)
class Past:
    """A resource before the plan, as it was judged then."""

    resource: Resource
    facts: Facts
    classification: Classification
    fallen: frozenset[str]
    """The facts of which less is certain now."""
    deeds: Deeds


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Whether the plan brings a verdict."""

    introduced: bool
    before: Verdict | None
    """None where the control asked nothing before."""
    brought_by: str = ""


_WORSE: Final = {Verdict.PASS: 0, Verdict.NOT_APPLICABLE: 0, Verdict.UNKNOWN: 1, Verdict.FAIL: 2}


_LIVE: Final = Origin(introduced=False, before=None)
_STANDING: Final = {verdict: Origin(introduced=False, before=verdict) for verdict in Verdict}


def unchanged(resource: Resource) -> Callable[[Verdict], Origin]:
    """The origin of a verdict where there is nothing to hold it against: a live resource, one that stays as it is, one that is made."""
    if resource.address is None:
        return lambda _verdict: _LIVE
    if resource.existing:
        return _STANDING.__getitem__
    made = Origin(introduced=True, before=None, brought_by=f"{resource.id} {_DONE[Action.CREATE]}")
    return lambda _verdict: made


def origin_of(compiled: CompiledControl, after: Judgement, facts: Facts, classification: Classification, past: Past) -> Origin:
    """Introduced is what fails or is open in a part of the rung that did not fail, or was not open, before, and what failed already and is weaker."""
    was = past.classification
    before = judge(compiled, past.facts, was.interval, was.tier) if has_rung(compiled, was.interval) else None
    verdict = before.verdict if before is not None else None
    if not _WORSE[after.verdict] or (verdict is not None and _WORSE[verdict] > _WORSE[after.verdict]):
        return Origin(introduced=False, before=verdict)
    known = before.parts if before is not None and verdict is after.verdict else ()
    new = [part for part in after.parts if not any(part is one for one in known)]
    named = tuple(dict.fromkeys(name for part in (new or after.parts) for name in part.facts))
    if not new and past.fallen.isdisjoint(named):
        return Origin(introduced=False, before=verdict)
    asked_anew = bool(new) and all(part.tier > was.interval.hi for part in new)
    return Origin(introduced=True, before=verdict, brought_by=_sentence(named, facts, classification, past, asked_anew=asked_anew))


def _sentence(named: Sequence[str], facts: Facts, classification: Classification, past: Past, *, asked_anew: bool) -> str:
    """What the plan does that brings it: a fact that falls, else a tier that rises and asks more, else a fact that changes."""
    was, now = past.classification.interval.hi, classification.interval.hi
    for name in sorted(named, key=lambda one: one not in past.fallen):
        if asked_anew and name not in past.fallen:
            return f"the tier rises from {was.label} to {now.label}"
        before, after = past.facts.get(name, NOT_COLLECTED), facts.get(name, NOT_COLLECTED)
        if not says_same(before, after):
            how = "weakens" if name in past.fallen else "changes"
            return f"{past.deeds.behind(past.resource, before, after)}, which {how} {name}"
    return f"the tier rises from {was.label} to {now.label}" if now > was else "the plan changes what decides it"
