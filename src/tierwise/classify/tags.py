"""Tags read through the profile's tag dictionary: keys and values compared without case and separators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from tierwise.model.marking import ParsedMarking, parse_marking
from tierwise.model.profile import Profile, TagKey
from tierwise.model.register import DataCategory, Group, Role, duration_days, parse_category, plain_word
from tierwise.model.sensitivity import Tier

_TIER: Final = re.compile(r"t(?:ier)?([0-4])(?:published|internal|personal|heightened|exceptional)?\Z")
_ROLES: Final = {plain_word(role.value): role for role in Role}
_GROUPS: Final = {plain_word(group.value): group for group in Group}


@dataclass(frozen=True, slots=True)
class TagDictionary:
    """The profile's tag keys by plain spelling, with the values of each by plain spelling."""

    keys: Mapping[str, TagKey]
    values: Mapping[str, Mapping[str, str]]
    """By canonical key."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One tag that the dictionary knows."""

    key: TagKey
    written: str
    """The key as it stands on the resource."""
    value: str
    meaning: str
    """What the dictionary says of the value; the value itself where it says nothing."""
    mapped: bool
    """Whether the dictionary says anything of the value."""
    above: str = ""
    """What it is inherited from: `account 111111111111`; empty for a tag of the resource itself."""

    @property
    def shown(self) -> str:
        """The tag as a trace quotes it."""
        return f"{self.written}={self.value}" + (f" inherited from {self.above}" if self.above else "")


@lru_cache(maxsize=4)
def dictionary(profile: Profile) -> TagDictionary:
    """The profile's tag dictionary, ready for lookup."""
    keys: dict[str, TagKey] = {}
    for tag in profile.tags:
        for spelling in (tag.key, *tag.aliases):
            keys.setdefault(plain_word(spelling), tag)
    values = {tag.key: {plain_word(value): meaning for value, meaning in tag.values.items()} for tag in profile.tags}
    return TagDictionary(keys, values)


def read_tags(tags: Mapping[str, str], known: TagDictionary, above: str = "") -> tuple[Reading, ...]:
    """The tags that the dictionary knows, by key in alphabetical order; `above`: what they are inherited from."""
    found: list[Reading] = []
    for written in sorted(tags):
        key = known.keys.get(plain_word(written))
        if key is None:
            continue
        value = tags[written]
        meaning = known.values[key.key].get(plain_word(value))
        found.append(Reading(key, written, value, value if meaning is None else meaning, meaning is not None, above))
    return tuple(found)


def tier_of(reading: Reading) -> Tier | None:
    """The tier that a tag of role `tier` declares: by the profile's value map, or written as `T2` or `T2 personal`."""
    return _tier(reading.meaning)


@lru_cache(maxsize=1024)
def _tier(word: str) -> Tier | None:
    match = _TIER.match(plain_word(word))
    return Tier(int(match[1])) if match else None


def marking_of(reading: Reading) -> ParsedMarking | None:
    """The protective marking that a tag of role `marking` or `tier` carries."""
    if reading.key.role not in {"marking", "tier"}:
        return None
    return parse_marking(reading.meaning)


def categories_of(reading: Reading, known: TagDictionary) -> tuple[DataCategory, ...]:
    """The categories in a tag: codes such as `C3` or `C3/criminal`, or words that the profile maps to codes."""
    words = known.values[reading.key.key]
    whole = parse_category(reading.meaning)
    found = [whole] if whole else []
    for part in re.split(r"[,;+\s]+", reading.value):
        pieces = [part] if plain_word(part) in words or parse_category(part) else re.split(r"[_.:-]+", part)
        for piece in pieces:
            category = parse_category(words.get(plain_word(piece), piece))
            if category is not None and category not in found:
                found.append(category)
    return tuple(found)


def subjects_of(text: str) -> int | None:
    """A number of people, written with or without thousands separators, or None."""
    digits = re.sub(r"[\s,_]", "", text)
    return int(digits) if re.fullmatch(r"[0-9]{1,12}", digits) else None


def production_of(reading: Reading) -> bool | None:
    """Whether a tag of role `environment` says production; None where it says neither."""
    match plain_word(reading.meaning):
        case "production":
            return True
        case "nonproduction":
            return False
        case _:
            return None


def group_of(reading: Reading) -> frozenset[Group]:
    """The groups of people that a tag of role `subject-groups` or `handling` names through the profile's value map."""
    words = [plain_word(reading.meaning), *(plain_word(part) for part in re.split(r"[,;+\s]+", reading.meaning))]
    return frozenset(_GROUPS[word] for word in words if word in _GROUPS)


def role_of(reading: Reading) -> Role | None:
    """The accountable role that a tag names, where it names anyone: role `owner`, refined by the key (`team`, `asset-owner`)."""
    if not plain_word(reading.value):
        return None
    role = _ROLES.get(plain_word(reading.key.role))
    if role is not Role.OWNER:
        return role
    named = _ROLES.get(plain_word(reading.meaning)) if reading.mapped else None
    return named or _ROLES.get(plain_word(reading.key.key), Role.OWNER)


def malformed(reading: Reading, known: TagDictionary) -> bool:
    """Whether a tag of a known key carries a value that says nothing."""
    if not plain_word(reading.value):
        return True
    match reading.key.role:
        case "tier":
            return tier_of(reading) is None and marking_of(reading) is None
        case "marking":
            return marking_of(reading) is None
        case "categories":
            return not categories_of(reading, known)
        case "subjects":
            return subjects_of(reading.value) is None
        case "retention":
            return duration_days(reading.meaning) is None
        case "environment":
            return production_of(reading) is None
        case "subject-groups" | "handling":
            return bool(known.values[reading.key.key]) and not reading.mapped
        case _:
            return False
