"""All evidence about one resource, less what evidence corrections set aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from tierwise.classify import tags
from tierwise.classify.declared import Declared, declaration_signs, declared, personal_data_declared
from tierwise.classify.detector import all_detectors
from tierwise.classify.found import content_signs
from tierwise.classify.identifiers import identifier_signs
from tierwise.classify.labels import label_signs
from tierwise.classify.names import name_signs
from tierwise.classify.rule import fewest, number
from tierwise.classify.scale import counted
from tierwise.classify.schema import column_signs
from tierwise.classify.sign import Origin, Sign
from tierwise.classify.weigh import DECLARING
from tierwise.model.detection import Detection
from tierwise.model.fact import Known, Unknown
from tierwise.model.profile import Profile
from tierwise.model.register import Correction, Corrections, Register, matches_glob, names, parse_category, plain_word
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Category, PersonalData, TraceStep

IMPORTED: Final = 0.9
"""Confidence in what another tool reported."""
_SAME_AS_NAME: Final = "name"


@dataclass(frozen=True, slots=True)
class Context:
    """What every resource of a run is classified with."""

    profile: Profile
    known: tags.TagDictionary
    register: Register
    corrections: Corrections
    today: date


class Gathered(msgspec.Struct, frozen=True, gc=False):
    """The evidence on one resource."""

    said: Declared
    signs: tuple[Sign, ...] = ()
    """After corrections."""
    corrected: tuple[TraceStep, ...] = ()
    unread: tuple[Unknown, ...] = ()
    """Evidence that was due and could not be read."""

    @property
    def personal_data(self) -> PersonalData:
        """What declarations say on personal data, where no finding does."""
        stated = personal_data_declared(self.said)
        categories = {sign.category.category for sign in self.signs if sign.category is not None and sign.origin in DECLARING}
        if stated is None and categories == {Category.C0}:
            return PersonalData.NO
        return stated or PersonalData.UNKNOWN


def gather(resource: Resource, context: Context) -> Gathered:
    """Everything that declarations, names, texts, schemas and other tools say of a resource."""
    said = declared(resource, context.known, context.register)
    signs = [*declaration_signs(said), *found_signs(resource, context)]
    kept, steps = set_aside(signs, resource, context)
    unread = resource.evidence.unread
    if said.unread is not None and not said.settled:
        unread = (said.unread, *unread)
    return Gathered(said, kept, steps, unread)


def found_signs(resource: Resource, context: Context) -> list[Sign]:
    """What was found rather than declared."""
    signs = name_signs(resource.name, "name", "the name")
    if isinstance(resource.tags, Known):
        for key, value in sorted(resource.tags.value.items()):
            if plain_word(key) in context.known.keys:
                continue
            medium = "name" if plain_word(key) == _SAME_AS_NAME else "tag"
            signs += name_signs(value, medium, f"the tag {key!r}")
    signs += name_signs(resource.evidence.description, "description", "the description")
    signs += identifier_signs(resource, synthetic_counts=context.profile.synthetic_counts)
    basics = int(number(context.profile, "identity_kit_basics"))
    signs += column_signs(resource.evidence.columns, basics)
    signs += label_signs(resource.evidence.columns, context.known)
    inside: dict[str, list[Detection]] = {}
    for one in resource.evidence.found:
        inside.setdefault(one.place, []).append(one.detection)
    for place, detections in sorted(inside.items()):
        signs += content_signs(detections, basics, synthetic_counts=context.profile.synthetic_counts, place=place)
    signs += [_imported(one) for one in sorted(set(resource.evidence.external))]
    return signs + list(_people(resource, context.profile)) if signs else signs


def _people(resource: Resource, profile: Profile) -> Iterator[Sign]:
    """How many people it is about at the least, where so many may raise a tier."""
    for one in counted(resource):
        if one.people >= fewest(profile):
            because = f"it is about {one.people:,} people at the least, by {one.words}"
            yield Sign(Origin.FOUND, one.rule, f"count {one.of}", because, subjects=one.people)


def _imported(word: str) -> Sign:
    category = parse_category(word) or next((one.category for one in all_detectors() if plain_word(one.id) == plain_word(word)), None)
    source = f"import {word}"
    if category is None:
        return Sign(Origin.FOUND, "imported-unknown", source, f"another tool reported {word!r}, which stands for no category here")
    because = f"another tool reported {word!r} ({category.label})"
    return Sign(Origin.FOUND, "imported", source, because, category, medium="imported", word=word, confidence=IMPORTED)


def set_aside(signs: list[Sign], resource: Resource, context: Context) -> tuple[tuple[Sign, ...], tuple[TraceStep, ...]]:
    """The signs that no correction in force removes, and what the corrections did."""
    mine = [correction for correction in context.corrections.corrections if names(correction.resource, resource)]
    if not mine:
        return tuple(signs), ()
    kept: list[Sign] = []
    steps: list[TraceStep] = []
    for sign in signs:
        hit = next((one for one in mine if one.expires >= context.today and removes(one, sign.rule, sign.source)), None)
        if hit is None:
            kept.append(sign)
        else:
            steps.append(TraceStep("corrected", f"set aside: {sign.because}. {signed(hit)}", None, sign.source))
    for correction in mine:
        if correction.expires < context.today and any(removes(correction, sign.rule, sign.source) for sign in signs):
            steps.append(
                TraceStep(
                    "correction-expired",
                    f"a correction no longer holds and its evidence counts again. {signed(correction)}",
                    None,
                    correction.file,
                )
            )
    return tuple(kept), tuple(steps)


def removes(correction: Correction, rule: str, source: str) -> bool:
    """Whether a correction names a piece of evidence."""
    return matches_glob(correction.rule, rule) and matches_glob(correction.source, source)


def signed(correction: Correction) -> str:
    """The reason, who approved it, until when, and the commit that brought it."""
    merged = f", {correction.merged}" if correction.merged else ""
    return f"Reason: {correction.reason} (approved by {correction.approver}, until {correction.expires.isoformat()}{merged})"
