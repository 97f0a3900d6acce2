"""Register and estate held against each other, both ways: what is registered and not there, what is there and not registered, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tierwise.classify import tags
from tierwise.classify.declared import Declared, declaration_signs, declared
from tierwise.classify.sign import Origin
from tierwise.classify.weigh import declared_tier
from tierwise.model.fact import UNLIMITED, Known, Unknown
from tierwise.model.profile import Profile
from tierwise.model.register import Register, RegisterEntry, duration_days, plain_word
from tierwise.model.resource import HELD, Gap, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState
from tierwise.model.words import count

_FILLED: Final = ("owner", "asset_owner", "team", "custodian")


class Difference(StrEnum):
    """In what register and estate differ."""

    MISSING = "registered, not found"
    UNREGISTERED = "found, not registered"
    TIER = "tier"
    REGION = "region"
    RETENTION = "retention"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Row:
    """One difference, or one thing of which it cannot be told whether it is one."""

    difference: Difference
    what: str
    """The store's id, or for what was not found the line's selector."""
    place: str
    """Where the register speaks of it; empty where it does not."""
    registered: str
    found: str
    open: str = ""
    """Why it cannot be told; empty where it is a difference."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Both ways, and what agrees."""

    rows: tuple[Row, ...]
    """Differences and open questions, in the order of `Difference`, then by id."""
    agreed: int
    """Stores of which the register speaks and nothing differs or is open."""
    copies: int
    """Stores that no line selects and that follow the dataset that they are a copy of."""

    @property
    def differs(self) -> bool:
        """Whether anything is known to differ."""
        return any(not row.open for row in self.rows)


def reconcile(
    resources: Sequence[Resource],
    classifications: Mapping[str, Classification],
    register: Register,
    profile: Profile,
    gaps: Sequence[Gap] = (),
) -> Reconciled:
    """What differs between the register and the estate as it was read."""
    known = tags.dictionary(profile)
    held = [one for one in resources if one.kind in HELD]
    rows = [row for entry in register.entries if (row := _missing(entry, resources, gaps)) is not None]
    agreed = copies = 0
    for one in held:
        said, found = declared(one, known, register), classifications[one.id]
        if not any(entry.describes_data or entry.dataset for entry in said.entries):
            if found.dataset and found.state is TierState.INHERITED:
                copies += 1
            else:
                rows.append(_unregistered(one, found, said, register))
            continue
        drift = [*_tier(one, found, said, profile), *_region(one, said), *_retention(one, said), *_owner(one, said)]
        agreed += not drift
        rows += drift
    order = list(Difference)
    return Reconciled(tuple(sorted(rows, key=lambda row: (order.index(row.difference), bool(row.open), row.what))), agreed, copies)


def _missing(entry: RegisterEntry, resources: Sequence[Resource], gaps: Sequence[Gap]) -> Row | None:
    """The line where nothing that was read is what it selects."""
    chosen = entry.selector
    if any(chosen.matches(one) for one in resources):
        return None
    why = ""
    if chosen.account and all(one.account != chosen.account for one in resources):
        why = f"account {chosen.account} is not in what was scanned"
    elif any(isinstance(one.tags, Unknown) and chosen.may_match(one) for one in resources if chosen.tag):
        why = "tags that it selects by could not be read"
    elif any(not gap.expected for gap in gaps):
        why = f"{count(sum(not gap.expected for gap in gaps), 'listing')} failed, and it may be in one of them"
    return Row(Difference.MISSING, chosen.words, entry.source, entry.dataset or _tier_words(entry.tier), "nothing", why)


def _unregistered(one: Resource, found: Classification, said: Declared, register: Register) -> Row:
    waiting = said.unread is not None and any(entry.selector.tag and entry.selector.may_match(one) for entry in register.entries)
    why = "its tags could not be read, and a line selects by tags" if waiting else ""
    return Row(Difference.UNREGISTERED, one.id, "", "", f"{found.tier.label}, {found.state.value}", why)


def _tier_words(tier: Tier | None) -> str:
    return tier.label if tier is not None else ""


def _tier(one: Resource, found: Classification, said: Declared, profile: Profile) -> Iterator[Row]:
    """What the register gives against what tags give, and against what the evidence shows."""
    signs = declaration_signs(said)
    listed = declared_tier([sign for sign in signs if sign.origin is Origin.REGISTER], profile)
    if listed is None:
        return
    place = said.about_data.source if said.about_data is not None else said.entries[0].source
    tagged = declared_tier([sign for sign in signs if sign.origin is Origin.TAG], profile)
    if tagged is not None and tagged != listed:
        yield Row(Difference.TIER, one.id, place, listed.label, f"{tagged.label} by its tags")
    if found.understated and found.tier > listed:
        basis = "by evidence" if found.state is TierState.INFERRED else "as what it is a copy of"
        yield Row(Difference.TIER, one.id, place, listed.label, f"{found.tier.label} {basis}")
    elif not found.interval.settled and found.interval.hi > listed:
        why = f"{', '.join(found.unread)} could not be read" if found.unread else "something could not be read"
        yield Row(Difference.TIER, one.id, place, listed.label, f"up to {found.interval.hi.label}", why)


def _region(one: Resource, said: Declared) -> Iterator[Row]:
    """The line names regions or countries; a store agrees where its region is named, or all countries where its data may rest are."""
    entry = next((entry for entry in said.entries if entry.regions), None)
    if entry is None:
        return
    allowed = {plain_word(word) for word in entry.regions}
    countries = one.facts.get("location.jurisdictions")
    listed = ", ".join(entry.regions)
    if isinstance(countries, Known) and isinstance(countries.value, frozenset):
        rests = countries.value
        named = plain_word(one.region) in allowed
        outside = sorted(str(place) for place in rests if plain_word(str(place)) not in allowed)
        if outside and not (named and len(rests) == 1):
            yield Row(
                Difference.REGION, one.id, entry.source, listed, f"{one.region or 'no region'} ({', '.join(map(str, sorted(rests)))})"
            )
    elif plain_word(one.region) not in allowed:
        why = "in which countries it rests could not be told"
        yield Row(Difference.REGION, one.id, entry.source, listed, one.region or "no region", why)


def _retention(one: Resource, said: Declared) -> Iterator[Row]:
    """The line's period against that of the tags, and against what deletes the data."""
    entry = next((entry for entry in said.entries if entry.retention_days is not None), None)
    if entry is None or entry.retention_days is None:
        return
    listed = _days(entry.retention_days)
    for reading in said.role("retention"):
        days = duration_days(reading.meaning)
        if days is not None and days != entry.retention_days:
            yield Row(Difference.RETENTION, one.id, entry.source, listed, f"{_days(days)} by its tag {reading.written}")
    kept = one.facts.get("retention.delete_after_days")
    if isinstance(kept, Known) and isinstance(kept.value, int | float) and kept.value > entry.retention_days:
        found = "nothing deletes all of it by age" if kept.value == UNLIMITED else f"deleted after {_days(kept.value)}"
        yield Row(Difference.RETENTION, one.id, entry.source, listed, found)


def _days(days: float) -> str:
    return "without end" if days == UNLIMITED else f"{days:,.0f} days"


def _owner(one: Resource, said: Declared) -> Iterator[Row]:
    """Each accountable role that both name, where they name another."""
    tagged = {role.value: reading for reading in said.readings if (role := tags.role_of(reading)) is not None}
    for name in _FILLED:
        entry = next((entry for entry in said.entries if getattr(entry, name)), None)
        reading = tagged.get(name.replace("_", "-"))
        if entry is not None and reading is not None and plain_word(reading.value) != plain_word(getattr(entry, name)):
            found = f"{reading.value} by its tag {reading.written}"
            yield Row(Difference.OWNER, one.id, entry.source, f"{name.replace('_', ' ')} {getattr(entry, name)}", found)
