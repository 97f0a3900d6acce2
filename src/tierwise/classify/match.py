"""Links proposed between the rows of a spreadsheet that an organisation has and the stores of an estate: how sure, and why. A person decides."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.classify.names import singular, split_words
from tierwise.classify.service import KEYS
from tierwise.model.fact import Known
from tierwise.model.register import plain_word
from tierwise.model.resource import HELD, Resource

SURE: Final = 0.95
"""A cell is the store's id, name or another identifier of its."""
TAGGED: Final = 0.8
"""A cell is the value of a tag that names the store's service, and few stores carry it."""
SHARED: Final = 0.3
"""The same of another tag, such as an owner's, who answers for more than one thing."""
WORDED: Final = 0.7
"""The most that words of a cell give which are words of the name."""
SUPPORTED: Final = 0.2
"""The row names its account or region as well: it supports, and proposes nothing by itself."""
LEAST: Final = 0.4
"""Below this nothing is proposed."""
MOST: Final = 5
"""Stores proposed for a row."""
_COMMON: Final = 0.1
"""The share of stores from which a tag's value, or a word, says little of any one of them."""
_POSTINGS: Final = 50
"""Names with one word up to which all of them are looked at, however small the estate."""
_LONGEST: Final = 200
"""Characters of a cell that are split into words: a name, or a short description."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One store that a row may speak of."""

    resource: Resource
    confidence: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """One row with the stores proposed for it, the surest first; none where nothing is near."""

    number: int
    """The row's number in its sheet."""
    title: str
    reference: str
    """What the sheet's own column of references says; empty where there is none."""
    proposals: tuple[Proposal, ...]


class Stores:
    """The stores by what a cell may say of them."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.held = [one for one in resources if one.kind in HELD]
        self.by_identity: dict[str, list[Resource]] = defaultdict(list)
        self.by_tag: dict[str, list[tuple[str, Resource]]] = defaultdict(list)
        self.by_word: dict[str, list[Resource]] = defaultdict(list)
        self.words: dict[str, frozenset[str]] = {}
        for one in self.held:
            for text in {one.id.casefold(), one.name.casefold(), *(alias.casefold() for alias in one.aliases)} - {""}:
                self.by_identity[text].append(one)
            if isinstance(one.tags, Known):
                for key, value in one.tags.value.items():
                    if plain_word(value):
                        self.by_tag[plain_word(value)].append((key, one))
            words = frozenset(singular(word) for word in split_words(one.name) if not word.isdigit() and len(word) > 1)
            self.words[one.id] = words
            for word in words:
                self.by_word[word].append(one)

    def weight(self, word: str) -> float:
        """How much a word tells one store from another: nothing where all have it, most where one has."""
        return math.log((1 + len(self.held)) / len(self.by_word[word])) if word in self.by_word else 0.0

    def is_common(self, number: int) -> bool:
        """Whether so many stores share something that it says little of one."""
        return number > max(3, _COMMON * len(self.held))


def match(number: int, header: Sequence[str], cells: Sequence[str], stores: Stores) -> Matched:
    """The stores that a row may speak of. Cells are compared whole with identifiers and tags, and word by word with names."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    by_id: dict[str, Resource] = {}

    def note(one: Resource, confidence: float, why: str) -> None:
        by_id[one.id] = one
        found[one.id][why] = max(confidence, found[one.id].get(why, 0.0))

    named = [(header[place] if place < len(header) else "", text.strip()) for place, text in enumerate(cells) if text.strip()]
    for column, text in named:
        for one in (found for name in _names_in(text.casefold()) for found in stores.by_identity.get(name, ())):
            note(one, SURE, f"{column or 'a cell'} names it")
        tagged = stores.by_tag.get(plain_word(text), ())
        if not stores.is_common(len(tagged)):
            for key, one in tagged:
                note(one, TAGGED if plain_word(key) in KEYS else SHARED, f"{column or 'a cell'} is its tag {key}")
        for one, confidence, words in _worded(text, stores):
            note(one, confidence, f"{column or 'a cell'} shares {', '.join(map(repr, words))} with its name")
    said = {text.casefold() for _, text in named}
    proposals = [_proposal(by_id[key], reasons, said) for key, reasons in found.items()]
    proposals = sorted((one for one in proposals if one.confidence >= LEAST), key=lambda one: (-one.confidence, one.resource.id))
    return Matched(number, title_of(header, cells), reference_of(header, cells), tuple(proposals[:MOST]))


def _names_in(text: str) -> set[str]:
    """A cell, and what in it may be the name of a store and is no word: `see s3://dcs-letters/2026/` names dcs-letters."""
    parts = {part for part in _PARTS.split(text[:_LONGEST]) if _JOINED.search(part)}
    return {text, *parts, *(part.partition("://")[2].partition("/")[0] for part in parts if "://" in part)} - {""}


_PARTS: Final = re.compile(r"[\s,;()<>\"']+")
_JOINED: Final = re.compile(r"\w[-_./:]+\w|\d")


def _worded(text: str, stores: Stores) -> list[tuple[Resource, float, list[str]]]:
    """Stores of whose name a cell has most words, rare words counting more; one word alone that many names have says nothing."""
    words = {singular(word) for word in split_words(text[:_LONGEST]) if not word.isdigit() and len(word) > 1}
    told = [word for word in words if 0 < len(stores.by_word.get(word, ())) <= max(_POSTINGS, _COMMON * len(stores.held))]
    found: list[tuple[Resource, float, list[str]]] = []
    for key, one in {one.id: one for word in told for one in stores.by_word[word]}.items():
        shared = sorted(words & stores.words[key], key=lambda word: (-stores.weight(word), word))
        if len(shared) == 1 and stores.is_common(len(stores.by_word[shared[0]])):
            continue
        backed = sum(map(stores.weight, shared)) / sum(map(stores.weight, stores.words[key]))
        found.append((one, WORDED * backed * (1.0 if len(shared) > 1 else 0.75), shared))
    return found


def _proposal(one: Resource, reasons: Mapping[str, float], said: set[str]) -> Proposal:
    """The reasons of different kinds add up; of one kind the best counts."""
    best: dict[str, float] = {}
    for why, confidence in reasons.items():
        kind = "names" if why.endswith("names it") else "tag" if " is its tag " in why else "words"
        best[kind] = max(best.get(kind, 0.0), confidence)
    told = [text for text, _ in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))]
    for name, value in (("account", one.account), ("region", one.region)):
        if value and value.casefold() in said:
            best[name] = SUPPORTED
            told.append(f"the row names its {name}")
    doubt = math.prod(1.0 - confidence for confidence in best.values())
    return Proposal(one, round(1.0 - doubt, 2), tuple(told))


_TITLES: Final = ("dataset", "assetname", "nameofasset", "informationasset", "asset", "name", "title", "system", "service")
_REFERENCES: Final = ("iarid", "assetid", "assetref", "assetreference", "reference", "ref", "id", "uniqueid", "assetnumber", "number")


def title_of(header: Sequence[str], cells: Sequence[str]) -> str:
    """What the row is called: the column that names assets, else its first words that are no number."""
    place = _column(header, _TITLES)
    if place is not None and place < len(cells) and cells[place].strip():
        return cells[place].strip()
    return next((text.strip() for text in cells if any(char.isalpha() for char in text)), "")


def reference_of(header: Sequence[str], cells: Sequence[str]) -> str:
    """What the column of references says."""
    place = _column(header, _REFERENCES)
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _column(header: Sequence[str], wanted: Sequence[str]) -> int | None:
    plain = [plain_word(title) for title in header]
    return next((plain.index(name) for name in wanted if name in plain), None)


def repeated(rows: Sequence[Matched]) -> Mapping[str, int]:
    """Titles that more than one row has: twice the same asset, or two that are called alike."""
    return {title: number for title, number in Counter(row.title for row in rows if row.title).items() if number > 1}
