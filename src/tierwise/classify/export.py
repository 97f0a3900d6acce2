"""A register of selectors and tiers alone, from a register and from what a live scan learned, so that a pipeline judges by the same tiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from tierwise.classify import tags
from tierwise.classify.declared import Declared, declaration_signs
from tierwise.classify.weigh import declared_tier
from tierwise.model.fact import Provenance
from tierwise.model.profile import Profile
from tierwise.model.register import Register, RegisterEntry, Selector, matches_glob
from tierwise.model.resource import HELD, Kind, Resource
from tierwise.model.sensitivity import Classification, Marking, Tier, TierState

_LEARNED: Final = HELD - {Kind.SNAPSHOT}
"""What a scan learns of: stores, not their snapshots, which come and go and take the tier of their source."""
_GLOB: Final = frozenset("*?")


@dataclass(frozen=True, slots=True)
class Exported:
    """The lines, and what became of the rest."""

    register: Register
    """Of tiers only."""
    from_register: int
    from_scan: int
    left: int
    """Stores that have no line although a scan saw them: their tier is not settled, or no selector can name them."""


def export(register: Register, profile: Profile, resources: Sequence[Resource], classifications: Mapping[str, Classification]) -> Exported:
    """The tiers of a register's entries, and a line for each store whose tier the scan found to be another.

    No line carries anything but a selector and a tier. A store whose tier rests on its own tag alone has none: the plan has the tag.
    """
    tiers = dict(_of_entries(register, profile))
    first = len(tiers)
    stores = [one for one in resources if one.address is None and one.kind in _LEARNED]
    settled = [one for one in stores if classifications[one.id].interval.settled]
    learned = {one.id: classifications[one.id].tier for one in settled if _has_learned(classifications[one.id])}
    by_name: dict[str, set[Tier | None]] = {}
    for one in stores:
        by_name.setdefault(one.name.lower(), set()).add(learned.get(one.id))
    for select in (_by_name, _by_id):
        made = _register(tiers)
        for one in settled:
            selector = select(one, by_name) if one.id in learned and _given(made, one) != learned[one.id] else None
            if selector is not None:
                tiers[selector] = learned[one.id]
    made = _register(tiers)
    unnamed = sum(_given(made, one) != learned[one.id] for one in settled if one.id in learned)
    return Exported(made, first, len(tiers) - first, len(stores) - len(settled) + unnamed)


def _has_learned(one: Classification) -> bool:
    return one.state in {TierState.REGISTERED, TierState.INFERRED, TierState.INHERITED}


def _by_name(one: Resource, by_name: Mapping[str, set[Tier | None]]) -> Selector | None:
    """Its name, which a plan that makes it anew has too; not where another store of that name has another tier, or is a pattern."""
    alike = len(by_name[one.name.lower()]) == 1
    return Selector(name=one.name) if alike and _plain(one.name) and _GLOB.isdisjoint(one.name) else None


def _by_id(one: Resource, by_name: Mapping[str, set[Tier | None]]) -> Selector | None:  # noqa: ARG001 - the second way to select one store
    return Selector(id=one.id) if _plain(one.id) else None


def _plain(text: str) -> bool:
    """Whether a file can say it: something, printable, and with single spaces."""
    return bool(text) and text.isprintable() and " ".join(text.split()) == text


def _given(register: Register, one: Resource) -> Tier | None:
    """What the lines give a store as a plan would show it: seldom with its AWS account, never with its organisational unit."""
    seen = replace(one, account="" if one.provider == "aws" else one.account, unit="")
    return next((entry.tier for entry in register.matching(seen)), None)


def _register(tiers: Mapping[Selector, Tier]) -> Register:
    return Register(tuple(RegisterEntry(selector, tier=tier) for selector, tier in tiers.items()), tiers_only=True)


def _of_entries(register: Register, profile: Profile) -> Iterator[tuple[Selector, Tier]]:
    """What each entry gives by itself; and what a marking in a wider one adds to it, which no line of tiers alone would say otherwise."""
    alone = {entry.selector: tier for entry in register.entries if (tier := _tier(entry, profile)) is not None}
    marked = [entry for entry in register.entries if entry.marking is not Marking.NONE and entry.selector in alone]
    for entry in register.entries:
        tier = alone.get(entry.selector)
        for wider in marked if tier is not None else ():
            both = _both(entry.selector, wider.selector)
            if (
                both is not None
                and tier is not None
                and tier < (floor := alone[wider.selector])
                and entry.selector.rank >= wider.selector.rank
            ):
                yield both, floor
        if tier is not None:
            yield entry.selector, tier


def _tier(entry: RegisterEntry, profile: Profile) -> Tier | None:
    via = Provenance("register")
    said = Declared((), (entry,), (entry,), frozenset(), None, via, tags.dictionary(profile))
    return declared_tier(declaration_signs(said), profile)


def _both(one: Selector, wider: Selector) -> Selector | None:
    """What both select, as one selector; None where a part of one contradicts the other's."""
    parts = {}
    for part in fields(Selector):
        mine, theirs = getattr(one, part.name), getattr(wider, part.name)
        if mine and theirs and mine != theirs and not _within(mine, theirs):
            return None
        parts[part.name] = mine or theirs
    return Selector(**parts)


def _within(mine: object, theirs: object) -> bool:
    return isinstance(mine, str) and isinstance(theirs, str) and _GLOB.isdisjoint(mine) and matches_glob(theirs, mine)


def lines(register: Register) -> Iterator[str]:
    """The register as its file has it, in the order in which it is looked through."""
    yield "tiers_only: true"
    yield "entries:" if register.entries else "entries: []"
    for entry in register.entries:
        if entry.tier is not None:
            yield f"  - {{select: {entry.selector.written}, tier: {entry.tier.name}}}"
