"""Protective markings of the Government Security Classifications Policy, parsed as markings and never found inside other words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tierwise.model.sensitivity import Marking

_LEVELS: Final = (
    (("TOP", "SECRET"), Marking.TOP_SECRET),
    (("SECRET",), Marking.SECRET),
    (("OFFICIAL", "SENSITIVE"), Marking.OFFICIAL_SENSITIVE),
    (("OFFICIAL",), Marking.OFFICIAL),
)
_ADDITIONS: Final = (
    ("PERSONAL",),
    ("PERSONAL", "DATA"),
    ("COMMERCIAL",),
    ("LOCSEN",),
    ("MARKET", "SENSITIVE"),
    ("HR", "MANAGEMENT"),
    ("LEGAL", "PROFESSIONAL", "PRIVILEGE"),
    ("RECIPIENTS", "ONLY"),
    ("ORGANISATIONAL", "USE", "ONLY"),
    ("HMG", "USE", "ONLY"),
    ("FOR", "PUBLIC", "RELEASE"),
    ("EMBARGOED",),
    ("UK", "EYES", "ONLY"),
)
"""Descriptors, handling instructions and caveats that may follow a level without brackets."""


@dataclass(frozen=True, slots=True)
class ParsedMarking:
    """A protective marking with what follows it."""

    level: Marking
    additions: tuple[str, ...] = ()

    @property
    def personal(self) -> bool:
        """Whether it carries the descriptor PERSONAL."""
        return any(addition in {"PERSONAL", "PERSONAL DATA"} for addition in self.additions)

    @property
    def text(self) -> str:
        """As it is written on a document: `OFFICIAL-SENSITIVE [PERSONAL]`."""
        level = self.level.value.upper().replace("TOP-SECRET", "TOP SECRET")
        return " ".join([level, *(f"[{addition}]" for addition in self.additions)])


@lru_cache(maxsize=1024)
def parse_marking(text: str) -> ParsedMarking | None:
    """The marking that a text is, or None where it is anything else (`secret-santa`, `unofficial`).

    Understands `OFFICIAL-SENSITIVE [PERSONAL]`, `UK OFFICIAL`, `Official Sensitive - Commercial` and the token that GCP
    labels can hold, `official-sensitive-personal`.
    """
    body, bracketed = _brackets(text)
    words = tuple(re.findall(r"[A-Z]+", body.upper()))
    if re.search(r"[0-9]", body):
        return None
    if words[:1] == ("UK",) and len(words) > 1:
        words = words[1:]
    for level_words, level in _LEVELS:
        if words[: len(level_words)] == level_words:
            additions = _additions(words[len(level_words) :])
            return None if additions is None else ParsedMarking(level, (*additions, *bracketed))
    return None


def _brackets(text: str) -> tuple[str, tuple[str, ...]]:
    inside = re.findall(r"\[([^\[\]]+)\]|\(([^()]+)\)", text)
    additions = tuple(" ".join((square or round_).upper().split()) for square, round_ in inside)
    return re.sub(r"\[[^\[\]]+\]|\([^()]+\)", " ", text), additions


def _additions(words: tuple[str, ...]) -> tuple[str, ...] | None:
    found: list[str] = []
    while words:
        fitting = [addition for addition in _ADDITIONS if words[: len(addition)] == addition]
        if not fitting:
            return None
        longest = max(fitting, key=len)
        found.append(" ".join(longest))
        words = words[len(longest) :]
    return tuple(found)
