"""One resource that several listings gave (scopes that overlap, accounts that see one bucket): what they know together, whichever came first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from tierwise.model.canonical import canonical
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Facts, Known, Maybe, NotApplicable, Unknown, UnknownReason, says_same
from tierwise.model.resource import Evidence, FactUpdate, Link, Resource

T = TypeVar("T")
OTHERWISE: Final = "it was listed more than once, and each time told otherwise"
_NAMES: Final = ("account", "region", "name", "address", "unit")
"""Of these a listing that knows less leaves one empty, or says `global`."""
_NO_PLACE: Final = frozenset({"", "global", None})


@dataclass(slots=True)
class Listed:
    """All that was told of a resource that was listed more than once."""

    listings: list[Resource]
    updates: list[FactUpdate] = field(default_factory=list)

    @property
    def resource(self) -> Resource:
        """What the listings know together."""
        return joined(self.listings)

    def updated(self, update: FactUpdate) -> FactUpdate:
        """What this update and those before it know together."""
        self.updates.append(update)
        links = [one.links for one in self.updates if one.links is not None]
        return FactUpdate(
            update.resource,
            _facts([one.facts for one in self.updates]),
            _union(one.grants for one in self.updates),
            _links(links) if links else None,
        )


def joined(listings: Sequence[Resource]) -> Resource:
    """One resource with all that its listings know; what they tell otherwise is unknown."""
    first = min(listings, key=canonical)
    named = {name: min((getattr(one, name) for one in listings), key=_nearness) for name in _NAMES}
    return replace(
        first,
        **named,
        tags=_tags([one.tags for one in listings]),
        facts=_facts([one.facts for one in listings]),
        links=_links([one.links for one in listings]),
        aliases=_union(one.aliases for one in listings),
        evidence=_evidence([one.evidence for one in listings]),
        grants=_union(one.grants for one in listings),
    )


def at_odds(resource: Resource) -> bool:
    """Whether its listings told something of it otherwise."""
    return any(isinstance(one, Unknown) and one.detail == OTHERWISE for one in (resource.tags, *resource.facts.values()))


def _facts(told: Sequence[Facts]) -> dict[str, AnyFact]:
    names = dict.fromkeys(sorted(name for one in told for name in one))
    return {name: _fact([one[name] for one in told if name in one]) for name in names}


def _fact(told: Sequence[AnyFact]) -> AnyFact:
    """What is known before what is not; what was read now before what was read then."""
    every = sorted(told, key=_order_of_fact)
    answers = [one for one in every if not isinstance(one, Unknown)]
    if answers:
        return answers[0] if all(says_same(answers[0], one) for one in answers) else _otherwise(answers)
    unknowns = [one for one in every if isinstance(one, Unknown)]
    some = [one for one in unknowns if one.reason is not NOT_COLLECTED.reason] or unknowns
    return some[0].including(frozenset[str]().union(*(one.includes for one in unknowns)))


def _otherwise(answers: Sequence[AnyFact]) -> Unknown:
    """Unknown, but for what all answers have alike: members of sets, and the numbers between the least and the most."""
    unknown = Unknown(UnknownReason.UNPARSABLE, answers[0].via, OTHERWISE)
    values = [one.value for one in answers if isinstance(one, Known)]
    if len(values) < len(answers):
        return unknown
    sets = [one for one in values if isinstance(one, frozenset)]
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(sets) == len(values):
        return unknown.including(frozenset.intersection(*sets))
    return unknown.within(min(numbers), max(numbers)) if len(numbers) == len(values) else unknown


def _tags(told: Sequence[Maybe[Mapping[str, str]]]) -> Maybe[Mapping[str, str]]:
    every = sorted(told, key=canonical)
    known = [one for one in every if isinstance(one, Known)]
    if not known:
        return every[0]
    tags: dict[str, str] = {}
    for one in known:
        for key, value in sorted(one.value.items()):
            if tags.setdefault(key, value) != value:
                return Unknown(UnknownReason.UNPARSABLE, one.via, OTHERWISE)
    return Known(tags, known[0].via)


def _evidence(told: Sequence[Evidence]) -> Evidence:
    """Evidence that one listing has read is not missing because another was refused it."""
    first = min(told, key=canonical)
    inherited = (one.inherited for one in told)
    return replace(
        first,
        description=min((one.description for one in told), key=_nearness),
        columns=_union(one.columns for one in told),
        unread=_union(one.unread for one in told) if all(one.unread for one in told) else (),
        external=_union(one.external for one in told),
        rows=_union(one.rows for one in told),
        # The nearest first: an order that is one listing's own.
        inherited=min(
            inherited, key=lambda levels: (any(isinstance(one.tags, Unknown) for one in levels), -len(levels), canonical(levels))
        ),
    )


def _links(told: Sequence[Sequence[Link]]) -> tuple[Link, ...]:
    """All links; what one listing could not read counts where none has read it."""
    unread = [{link.rel for link in one if link.unknown is not None} for one in told]
    lost = set.intersection(*unread)
    return tuple(link for link in _union(told) if link.unknown is None or link.rel in lost)


def _union(told: Iterable[Iterable[T]]) -> tuple[T, ...]:
    return tuple(sorted(dict.fromkeys(one for some in told for one in some), key=canonical))


def _nearness(name: str | None) -> tuple[bool, str]:
    return name in _NO_PLACE, name or ""


def _order_of_fact(fact: AnyFact) -> tuple[bool, bool, str, str]:
    return isinstance(fact, Unknown), isinstance(fact, NotApplicable), fact.via.as_of, canonical(fact)
