"""The facts that declarations yield: accountable roles, environment, marking, declared tier and retention, and what tags are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from tierwise.classify import tags
from tierwise.classify.declared import Declared, declaration_signs, declared
from tierwise.classify.weigh import declared_tier
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Facts, Known, NotApplicable, Provenance, Unknown, UnknownReason
from tierwise.model.profile import Profile
from tierwise.model.register import Register, RegisterEntry, Role, duration_days, plain_word
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Marking, Tier, TierInterval
from tierwise.model.vocabulary import facts_of

_ALIKE: Final = 4_096
"""How many are kept of what is declared alike."""
_RANK: Final = {marking: place for place, marking in enumerate(Marking)}


class Declarations:
    """What declarations yield by a profile and a register; what is declared alike yields the same, and is looked at once."""

    def __init__(self, profile: Profile, register: Register) -> None:
        self._profile = profile
        self._register = register
        self._facts: dict[tuple[object, ...], Facts] = {}
        self._missing: dict[tuple[object, ...], AnyFact] = {}

    def facts(self, resource: Resource) -> Facts:
        """Those of `declared_facts`."""
        key = self._alike(resource)
        if key is None:
            return declared_facts(resource, self._profile, self._register)
        if key not in self._facts:
            _make_room(self._facts)
            self._facts[key] = declared_facts(resource, self._profile, self._register)
        return self._facts[key]

    def missing(self, resource: Resource, interval: TierInterval) -> AnyFact:
        """The fact of `missing_tags`."""
        alike = self._alike(resource)
        if alike is None:
            return missing_tags(resource, interval, self._profile, self._register)
        key = (*alike, interval)
        if key not in self._missing:
            _make_room(self._missing)
            self._missing[key] = missing_tags(resource, interval, self._profile, self._register)
        return self._missing[key]

    def _alike(self, resource: Resource) -> tuple[object, ...] | None:
        """All that its declarations rest on, where that is soon told: its kind, its own tags, and the register's lines."""
        if isinstance(resource.tags, Unknown) or resource.evidence.inherited:
            return None
        return resource.kind, tuple(resource.tags.value.items()), resource.tags.via, *map(id, self._register.matching(resource))


def _make_room(memo: dict[tuple[object, ...], Any]) -> None:
    if len(memo) >= _ALIKE:
        memo.clear()


def declared_facts(resource: Resource, profile: Profile, register: Register) -> Facts:
    """The declaration facts that the resource's kind lists.

    Where tags could not be read and the register does not settle a fact, it is unknown for the tags' reason.
    """
    said = declared(resource, tags.dictionary(profile), register)
    return {name: make(said, profile) for name, make in _makers(resource.kind)}


@cache
def _makers(kind: Kind) -> tuple[tuple[str, Callable[[Declared, Profile], AnyFact]], ...]:
    """How the declaration facts of a kind are made."""
    every: dict[str, Callable[[Declared, Profile], AnyFact]] = {
        "ownership.roles": _roles,
        "environment.production": _production,
        "marking.level": _marking,
        "retention.declared_days": _retention,
        "retention.schedule_declared": _schedule,
        "classification.declared": _declared_tier,
    }
    listed = {spec.name for spec in facts_of(kind)}
    return tuple((name, make) for name, make in every.items() if name in listed)


def _declared_tier(said: Declared, profile: Profile) -> AnyFact:
    if said.unread is not None and not said.settled:
        return said.unread
    tier = declared_tier(declaration_signs(said), profile)
    if tier is None:
        return NotApplicable("neither a tag nor the register declares a tier", said.via)
    return Known(tier.name, said.via)


def _register_via(entry: RegisterEntry) -> Provenance:
    return Provenance(f"register: {entry.source}" if entry.source else "register")


def _roles(said: Declared, _profile: Profile) -> AnyFact:
    found = {role.value for reading in said.readings if (role := tags.role_of(reading))}
    for entry in said.entries:
        named = {Role.OWNER: entry.owner, Role.TEAM: entry.team, Role.ASSET_OWNER: entry.asset_owner, Role.CUSTODIAN: entry.custodian}
        found |= {role.value for role, who in named.items() if who}
    if said.open is not None and len(found) < len(Role):
        return Unknown(said.open.reason, said.open.via, said.open.detail, includes=frozenset(found))
    return Known(frozenset(found), said.via)


def _production(said: Declared, _profile: Profile) -> AnyFact:
    readings = said.role("environment")
    entry = next((one for one in said.entries if one.environment), None)
    words = {meaning for reading in readings if (meaning := tags.production_of(reading)) is not None}
    if entry is not None:
        words.add(plain_word(entry.environment) == "production")
    if len(words) == 1:
        return Known(words.pop(), said.via if entry is None or readings else _register_via(entry))
    if len(words) > 1:
        return Unknown(UnknownReason.UNPARSABLE, said.via, "tags and register disagree on the environment")
    if said.unread is not None:
        return said.unread
    if readings:
        shown = ", ".join(reading.shown for reading in readings)
        return Unknown(UnknownReason.UNPARSABLE, said.via, f"the profile's tag dictionary does not know {shown}")
    return Unknown(NOT_COLLECTED.reason, Provenance("declarations"), "neither a tag nor the register names the environment")


def _marking(said: Declared, _profile: Profile) -> AnyFact:
    tagged = [found.level for reading in said.readings if (found := tags.marking_of(reading))]
    listed = [entry.marking for entry in said.entries if entry.marking is not Marking.NONE]
    if said.unread is not None and not listed and not tagged:
        return said.unread
    level = max([Marking.NONE, *tagged, *listed], key=_RANK.__getitem__)
    if said.withheld is not None:
        return Unknown(said.withheld.reason, said.withheld.via, said.withheld.detail, between=(level.value, Marking.TOP_SECRET.value))
    return Known(level.value, said.via)


def _retention(said: Declared, _profile: Profile) -> AnyFact:
    readings = said.role("retention")
    periods = [days for reading in readings if (days := duration_days(reading.meaning)) is not None]
    entry = next((one for one in said.entries if one.retention_days is not None), None)
    if periods:
        return Known(min(periods), said.via)
    if entry is not None and entry.retention_days is not None:
        return Known(entry.retention_days, _register_via(entry))
    if said.unread is not None:
        return said.unread
    if readings:
        return Unknown(UnknownReason.UNPARSABLE, said.via, f"{readings[0].shown} is no ISO-8601 duration; write for example P7Y or P90D")
    if said.withheld is not None:
        return said.withheld
    return NotApplicable("neither a tag nor the register declares a period", said.via)


def _schedule(said: Declared, _profile: Profile) -> AnyFact:
    tagged = any(not tags.malformed(reading, said.known) for role in ("retention", "retention-schedule") for reading in said.role(role))
    listed = any(entry.retention_schedule or entry.retention_days is not None for entry in said.entries)
    if tagged or listed:
        return Known(value=True, via=said.via)
    return said.open or Known(value=False, via=said.via)


def missing_tags(resource: Resource, interval: TierInterval, profile: Profile, register: Register) -> AnyFact:
    """The fact `tags.missing`: canonical keys that the profile wants at this tier and that are absent or malformed.

    Over all tiers still possible: what is wanted at the lowest is missing whatever the tier. A key whose information the register gives is
    not missing; nor is one for which another key of the same role stands (`is-production` for `environment`), but each reference is wanted
    for itself.
    """
    said = declared(resource, tags.dictionary(profile), register)
    high = _missing(said, interval.hi, profile)
    low = high if interval.settled else _missing(said, interval.lo, profile)
    if low == high or not isinstance(low, Known) or not isinstance(low.value, frozenset) or isinstance(high, Unknown):
        return high
    return Unknown(
        UnknownReason.TIER_UNDETERMINED, Provenance(low.via.via), "which keys are wanted depends on the tier", includes=low.value
    )


def _missing(said: Declared, tier: Tier, profile: Profile) -> AnyFact:
    wanted = {tag.key: tag.role for tag in profile.tags if tag.wanted_from is not None and tag.wanted_from <= tier}
    good = [reading.key for reading in said.readings if not tags.malformed(reading, said.known)]
    given = {tag.key for tag in good} | {key for key in wanted if _registered_reference(key, said.entries)}
    roles = {tag.role for tag in good if tag.role != "reference"} | _registered_roles(said.entries)
    absent = frozenset(key for key, role in wanted.items() if key not in given and role not in roles)
    if said.open is not None and absent:
        return said.open
    return Known(absent, said.via)


def _registered_roles(entries: tuple[RegisterEntry, ...]) -> frozenset[str]:
    if not entries:
        return frozenset()
    given: Mapping[str, bool] = {
        "tier": any(entry.describes_data for entry in entries),
        "marking": any(entry.marking is not Marking.NONE for entry in entries),
        "categories": any(entry.categories for entry in entries),
        "subjects": any(entry.subjects is not None for entry in entries),
        "subject-groups": any(entry.groups for entry in entries),
        "owner": any(entry.owner for entry in entries),
        "team": any(entry.team for entry in entries),
        "asset-owner": any(entry.asset_owner for entry in entries),
        "custodian": any(entry.custodian for entry in entries),
        "retention": any(entry.retention_days is not None for entry in entries),
        "retention-schedule": any(entry.retention_schedule for entry in entries),
        "environment": any(entry.environment for entry in entries),
        "region": any(entry.regions for entry in entries),
    }
    return frozenset(role for role, there in given.items() if there)


def _registered_reference(key: str, entries: tuple[RegisterEntry, ...]) -> bool:
    return any(plain_word(name) == plain_word(key) for entry in entries for name in entry.references)
