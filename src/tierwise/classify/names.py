"""Name evidence: texts are split into words, and whole words or runs of words are looked up; never parts of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from tierwise.classify.sign import WEAK, Origin, Sign
from tierwise.classify.words import STRONG, VOCABULARIES, Vocabulary

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_KEEP: Final = frozenset({"pass", "gps", "sms", "aws", "sas", "status", "address", "diagnosis", "business", "dbs", "dns", "tls", "hiv"})
MAX_TEXT: Final = 4096
"""Longer texts are looked at this far; names and tags are shorter by the providers' limits."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Words found in a text."""

    words: str
    vocabulary: Vocabulary
    strong: bool


_WITHHELD: Final = re.compile(r"\[[a-z0-9_]+(?: test value|\??)?(?:(?:-test)?[-~][0-9a-f]{12})?\]")
"""What stands for an identifier: a detector's id, which is no word of whoever gave the name."""


_OWNED: Final = re.compile(r"(?<=[A-Za-z])['\N{RIGHT SINGLE QUOTATION MARK}][sS]\b")


def split_words(text: str) -> tuple[str, ...]:
    """The lower-case words of a name: split at separators, at a change of case, and between letters and digits.

    Accents and the ending of a possessive are no part of a word: `Child's name` is a child name, and `ffôn` is `ffon`.
    """
    return tuple(word.lower() for word in _WORD.findall(_bare(text[:MAX_TEXT])))


def _bare(text: str) -> str:
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _OWNED.sub("", text) if "'" in text or "\N{RIGHT SINGLE QUOTATION MARK}" in text else text


def singular(word: str) -> str:
    """A word without its plural ending, as the dictionaries hold it."""
    if word in _KEEP or len(word) < 4 or word.endswith("ss"):
        return word
    if word == "diagnoses":
        return "diagnosis"
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


@cache
def _by_first_word() -> Mapping[str, tuple[tuple[tuple[str, ...], Vocabulary, bool], ...]]:
    table: dict[str, list[tuple[tuple[str, ...], Vocabulary, bool]]] = {}
    for vocabulary in VOCABULARIES:
        for entries, strong in ((vocabulary.strong, True), (vocabulary.weak, False)):
            for entry in entries:
                words = tuple(singular(word) for word in _WORD.findall(entry))
                table.setdefault(words[0], []).append((words, vocabulary, strong))
    return {first: tuple(entries) for first, entries in table.items()}


@lru_cache(maxsize=32768)
def find_words(text: str) -> tuple[Hit, ...]:
    """The dictionary words that a text holds, in order; a strong run of words swallows the weak words inside it."""
    written = split_words(_WITHHELD.sub(" ", text) if "[" in text else text)
    words = tuple(singular(word) for word in written)
    table = _by_first_word()
    found: list[tuple[int, int, Hit]] = []
    for start, word in enumerate(words):
        for entry, vocabulary, strong in table.get(word, ()):
            end = start + len(entry)
            if words[start:end] == entry:
                found.append((start, end, Hit("-".join(written[start:end]), vocabulary, strong)))
    strongly = [(start, end) for start, end, hit in found if hit.strong]
    return tuple(hit for start, end, hit in found if hit.strong or not any(s <= start and end <= e for s, e in strongly))


def name_signs(text: str, medium: str, where: str) -> list[Sign]:
    """What a text says of the data: `medium` is name, tag or description, `where` what the trace calls the text."""
    signs: list[Sign] = []
    for hit in find_words(text):
        category = hit.vocabulary.category
        tail = "" if hit.strong else ", which counts only with evidence of another kind"
        because = f"{where} contains {hit.words!r}, {hit.vocabulary.called} ({category.label}){tail}"
        rule = "name-words" if hit.strong else "name-word-weak"
        confidence = STRONG if hit.strong else WEAK
        word = "-".join(singular(part) for part in hit.words.split("-"))
        signs.append(
            Sign(
                Origin.FOUND,
                rule,
                f"{medium} word {hit.words}",
                because,
                category,
                medium=medium,
                word=word,
                confidence=confidence,
                weak=not hit.strong,
            )
        )
    return signs
