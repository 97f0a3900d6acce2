"""Labels that people or tools put on columns: policy tags, sensitivity labels, information types. What they say of the data counts; silence does not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from tierwise.classify import tags
from tierwise.classify.detector import all_detectors
from tierwise.classify.kinds import known_kind
from tierwise.classify.sign import Origin, Sign
from tierwise.model.marking import ParsedMarking, parse_marking
from tierwise.model.register import DataCategory, parse_category, plain_word
from tierwise.model.resource import Column
from tierwise.model.sensitivity import Category, Tier

CONFIDENCE: Final = 0.9
"""Somebody, or a tool that read the data, has said so of the very column."""
_PARTS: Final = re.compile(r"\s+[-\u2013/>|:]\s+|\s*[,;]\s*")
"""What parts a label's level from its kind: `Confidential - GDPR`."""
_DENIED: Final = re.compile(r"(?:non|no|not|without|anonymi[sz]ed|synthetic)\b", re.ASCII | re.IGNORECASE)
_SHOWN: Final = 3
_Said: TypeAlias = "tuple[Tier | None, ParsedMarking | None, DataCategory | None]"


def label_signs(columns: Iterable[Column], known: tags.TagDictionary) -> list[Sign]:
    """What the labels of a store's columns say, label by label.

    A label below T2, or of no personal data, says nothing of the store: it speaks of its column alone, and others may hold more.
    """
    places: dict[str, list[str]] = defaultdict(list)
    for column in columns:
        for label in dict.fromkeys(column.labels):
            places[label].append(f"{column.table}.{column.name}" if column.table else column.name)
    return [sign for label, found in sorted(places.items()) for sign in _signs(label, sorted(found), known)]


def _signs(label: str, places: list[str], known: tags.TagDictionary) -> Iterator[Sign]:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    where = f"the label {label!r} of {', '.join(places[:_SHOWN])}{more}"
    source, told = f"label {label}", False
    for tier, marking, category in _said(label, known):
        told = True
        if category is not None and category.category is not Category.C0:
            because = f"{where} says {category.label}"
            yield Sign(
                Origin.FOUND, "column-label", source, because, category, medium="label", word=plain_word(label), confidence=CONFIDENCE
            )
        elif marking is not None:
            yield Sign(Origin.FOUND, "column-label", source, f"{where} is the marking {marking.text}", marking=marking)
        elif tier is not None and tier >= Tier.T2:
            yield Sign(Origin.FOUND, "column-label", source, f"{where} calls for at least {tier.label}", tier=tier)
    if not told:
        yield Sign(Origin.FOUND, "column-label-unknown", source, f"{where} says nothing that is known here")


def _said(label: str, known: tags.TagDictionary) -> tuple[_Said, ...]:
    """What a label says: as a whole by the dictionary or as a marking, else part by part, each also by the words of other tools."""
    if _DENIED.match(label):
        return ()
    parts = [one for one in _PARTS.split(label) if one and not _DENIED.match(one)]
    found = _declared(label, known) or [one for part in parts for one in _declared(part, known) or _kind(part)]
    return tuple(dict.fromkeys(found))


def _declared(text: str, known: tags.TagDictionary) -> list[_Said]:
    key, separator, value = text.partition("=")
    # A label that is a pair is a tag; any other is a value of the tags that say what data is.
    written = {key: value} if separator else {one: text for one, tag in known.keys.items() if tag.role in ("tier", "categories")}
    found: list[_Said] = []
    for reading in tags.read_tags(written, known):
        tier, category = tags.tier_of(reading), parse_category(reading.meaning)
        if reading.key.role == "tier" and tier is not None:
            found.append((tier, None, None))
        elif reading.key.role == "categories" and category is not None:
            found.append((None, None, category))
    if not found and (marking := parse_marking(value if separator else text)) is not None:
        found.append((None, marking, None))
    return found


def _kind(text: str) -> list[_Said]:
    kind = known_kind(text) or ""
    category = parse_category(kind) or next((one.category for one in all_detectors() if one.id == kind), None)
    return [] if category is None else [(None, None, category)]
