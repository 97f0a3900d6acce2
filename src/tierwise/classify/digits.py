"""Check digits and digit runs, for the detectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from tierwise.classify.names import singular, split_words

PARTED: Final = r"[ ._-]"
"""What may stand between the parts of a number: a space, a hyphen, a dot, an underscore."""
TEN_DIGITS: Final = rf"\d{{10}}|\d{{3}}{PARTED}\d{{3}}{PARTED}\d{{4}}"


def groups(text: str, *lengths: int) -> Iterator[str]:
    """Runs of digits of these lengths, written solid or parted by single spaces, hyphens, dots or underscores, as bare digits."""
    solid = sum(lengths)
    parted = PARTED.join(rf"\d{{{length}}}" for length in lengths)
    for found in re.finditer(
        rf"(?<![0-9A-Za-z])(?<![0-9]{PARTED})(?:{parted}|\d{{{solid}}})(?![0-9A-Za-z])(?!{PARTED}[0-9])", text, re.ASCII
    ):
        yield re.sub(PARTED, "", found[0])


def digits(number: int) -> str:
    """A pattern for so many digits, each by itself or behind one other sign: what every number of so many that `groups` finds has in it."""
    return rf"\d(?:\D?\d){{{number - 1}}}"


def has_context(text: str, words: frozenset[str]) -> bool:
    """Whether one of the words stands in the text."""
    return not words.isdisjoint(_words_of(text))


@lru_cache(maxsize=64)
def _words_of(text: str) -> frozenset[str]:
    """The words of a text, which one detector after the other asks for."""
    return frozenset([singular(word) for word in split_words(text)])


def repeated_or_run(digits: str) -> bool:
    """Whether all digits are the same, or each is one more than the one before."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    return steps in ({0}, {1})


def mod11(digits: str) -> bool:
    """The check of NHS numbers: weights 10 to 2 over nine digits, 11 minus the remainder, 11 counts as 0 and 10 is never issued."""
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return (0 if check == 11 else check) == int(digits[9])


def luhn(digits: str) -> bool:
    """The check of payment cards (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def mod97(iban: str) -> bool:
    """The check of IBANs (ISO 13616): the country and check digits moved to the end, letters as 10 to 35."""
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1
