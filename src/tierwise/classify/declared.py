"""What people declared of a resource, by tag or in the register, as evidence for its classification."""

from __future__ import annotations

from typing import Final

import msgspec

from tierwise.classify import tags
from tierwise.classify.names import split_words
from tierwise.classify.sign import Origin, Sign
from tierwise.model.fact import Known, Provenance, Unknown
from tierwise.model.marking import ParsedMarking
from tierwise.model.register import Register, RegisterEntry
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Marking, PersonalData

_OF_DATA: Final = frozenset({"tier", "categories"})
"""Roles of tags that say what the data is, as a register line does that describes it."""
_PERSONAL_WORDS: Final = frozenset({"personal", "pii", "special", "patient", "health"})


class Declared(msgspec.Struct, frozen=True, gc=False):
    """The tags that the dictionary knows and the register lines that speak of a resource."""

    readings: tuple[tags.Reading, ...]
    entries: tuple[RegisterEntry, ...]
    """Most specific first."""
    firm: tuple[RegisterEntry, ...]
    """Those that no more specific line waiting on unreadable tags could displace."""
    possible: frozenset[str]
    """Datasets to which it might belong, if its tags could be read."""
    unread: Unknown | None
    """Why its tags, or those that it would take over, could not be read, where they could not."""
    via: Provenance
    known: tags.TagDictionary
    withheld: Unknown | None = None
    """Why the register may say more than it does here, where it may."""

    @property
    def open(self) -> Unknown | None:
        """Why there may be more declarations than these: tags that could not be read, or a register of tiers only."""
        return self.unread or self.withheld

    def role(self, role: str) -> tuple[tags.Reading, ...]:
        """The tags of one role."""
        return tuple(reading for reading in self.readings if reading.key.role == role)

    @property
    def about_data(self) -> RegisterEntry | None:
        """The register line that says what the data is."""
        return next((entry for entry in self.firm if entry.describes_data or entry.subjects is not None), None)

    @property
    def settled(self) -> bool:
        """The register or a tag says what the data is, so unreadable tags leave nothing open."""
        return any(entry.describes_data for entry in self.firm) or any(
            one.key.role in _OF_DATA and not tags.malformed(one, self.known) for one in self.readings
        )

    @property
    def dataset(self) -> str:
        """The dataset to which the resource belongs."""
        return next((entry.dataset for entry in self.entries if entry.dataset), "")

    @property
    def owner(self) -> str:
        """Who answers for it: the owner tag, then another accountable role's tag, then the register."""
        tagged = {reading.key.role: reading.value for reading in reversed(self.readings) if tags.role_of(reading)}
        for role in ("owner", "asset-owner", "team", "custodian"):
            if role in tagged:
                return tagged[role]
        listed = (entry.owner or entry.asset_owner or entry.team or entry.custodian for entry in self.entries)
        return next((who for who in listed if who), "")


def declared(resource: Resource, known: tags.TagDictionary, register: Register) -> Declared:
    """Reads the declarations of a resource."""
    entries = register.matching(resource)
    if isinstance(resource.tags, Known):
        readings, unread = _with_inherited(resource, tags.read_tags(resource.tags.value, known), known)
        return Declared(readings, entries, entries, frozenset(), unread, resource.tags.via, known, register.withheld)
    waiting = [entry for entry in register.entries if entry.selector.tag and entry.selector.may_match(resource)]
    displaced = max((entry.selector.rank for entry in waiting), default=())
    firm = tuple(entry for entry in entries if entry.selector.rank > displaced)
    possible = frozenset(entry.dataset for entry in waiting if entry.dataset)
    return Declared((), entries, firm, possible, resource.tags, resource.tags.via, known, register.withheld)


def _with_inherited(
    resource: Resource, own: tuple[tags.Reading, ...], known: tags.TagDictionary
) -> tuple[tuple[tags.Reading, ...], Unknown | None]:
    """Its own tags and those that it takes over from what it lies in, the nearest first; why there may be more of these.

    A tag is taken over where nothing nearer has one of its role; of references each is for itself.
    """
    found = list(own)
    for level in resource.evidence.inherited:
        if isinstance(level.tags, Unknown):
            return tuple(found), level.tags
        there = {_taken_for(one) for one in found}
        found += [one for one in tags.read_tags(level.tags.value, known, level.source) if _taken_for(one) not in there]
    return tuple(found), None


def _taken_for(reading: tags.Reading) -> str:
    return reading.key.key if reading.key.role == "reference" else reading.key.role


def declaration_signs(said: Declared) -> list[Sign]:
    """Tags and register lines as evidence."""
    return [*(sign for reading in said.readings for sign in _tag_signs(reading, said.known)), *_register_signs(said)]


def _tag_signs(reading: tags.Reading, known: tags.TagDictionary) -> list[Sign]:
    source, origin, tag = f"tag {reading.written}", Origin.TAG, f"the tag {reading.shown}"
    if reading.above:
        source = f"{source} of {reading.above}"
    if tags.malformed(reading, known):
        return [Sign(origin, "tag-malformed", source, f"{tag} says nothing that the profile's tag dictionary knows")]
    match reading.key.role:
        case "tier" | "marking":
            tier, marking = tags.tier_of(reading), tags.marking_of(reading)
            if tier is not None:
                return [Sign(origin, "declared-tag", source, f"{tag} declares {tier.label}", tier=tier)]
            return [Sign(origin, "declared-marking", source, _marked(tag, marking), marking=marking)] if marking else []
        case "categories":
            found = tags.categories_of(reading, known)
            return [Sign(origin, "declared-categories", source, f"{tag} declares category {one.label}", category=one) for one in found]
        case "subjects":
            people = tags.subjects_of(reading.value)
            return (
                [Sign(origin, "declared-subjects", source, f"{tag} says that the data is about {people:,} people", subjects=people)]
                if people
                else []
            )
        case "handling":
            return [
                Sign(origin, "declared-handling", source, f"{tag} is a handling code", group=group)
                for group in sorted(tags.group_of(reading))
            ]
        case "subject-groups":
            groups = sorted(tags.group_of(reading))
            return [
                Sign(origin, "declared-groups", source, f"{tag} says that the data is about {group.value}", group=group) for group in groups
            ]
        case _:
            return []


def _marked(what: str, marking: ParsedMarking | None) -> str:
    return f"{what} carries the marking {marking.text}" if marking else what


def _register_signs(said: Declared) -> list[Sign]:
    signs: list[Sign] = []
    marked = next((entry for entry in said.firm if entry.marking is not Marking.NONE), None)
    if marked is not None:
        marking = ParsedMarking(marked.marking, ("PERSONAL",) if marked.marking_personal else ())
        signs.append(Sign(Origin.REGISTER, "registered-marking", marked.source, _marked(_line(marked), marking), marking=marking))
    entry = said.about_data
    if entry is None:
        return signs
    origin, source, line = Origin.REGISTER, entry.source, _line(entry)
    if entry.tier is not None:
        signs.append(Sign(origin, "registered", source, f"{line} gives {entry.tier.label}", tier=entry.tier))
    for category in entry.categories:
        signs.append(Sign(origin, "registered-categories", source, f"{line} lists category {category.label}", category=category))
    for group in sorted(entry.groups):
        signs.append(Sign(origin, "registered-groups", source, f"{line} lists a group of people that calls for care", group=group))
    if entry.subjects is not None:
        text = f"{line} says that the data is about {entry.subjects:,} people"
        signs.append(Sign(origin, "registered-subjects", source, text, subjects=entry.subjects))
    if entry.linked:
        signs.append(
            Sign(origin, "registered-linkage", source, f"{line} says that a linkage key can be read with what it links", linked=True)
        )
    if entry.controllers > 1:
        text = f"{line} says that it joins the data of {entry.controllers} controllers"
        signs.append(Sign(origin, "registered-linkage", source, text, controllers=entry.controllers))
    return signs


def _line(entry: RegisterEntry) -> str:
    place = f" ({entry.source})" if entry.source else ""
    return f"the register line for {entry.dataset or entry.selector.words}{place}"


def personal_data_declared(said: Declared) -> PersonalData | None:
    """What declarations say on personal data: the register's word, or a tag value that names it."""
    word = next((entry.personal_data for entry in said.entries if entry.personal_data is not None), None)
    if word is not None:
        return word
    named = any(
        not _PERSONAL_WORDS.isdisjoint(split_words(reading.value)) and "non" not in split_words(reading.value)
        for reading in said.role("tier")
    )
    return PersonalData.YES if named else None
