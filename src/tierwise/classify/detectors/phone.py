"""Telephone numbers: British ones of the ranges of people (Ofcom's numbering plan; 03 and 08 are organisations'), others with their country code."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_BRITISH: Final = re.compile(r"0(?:1[1-9]\d{7,8}|2[03489]\d{8}|7[1-57-9]\d{8})", re.ASCII)
_DRAMA: Final = re.compile(
    r"0(?:1632960|7700900|306999|808157|207946|2890180|2920180|(?:11[3-8]|121|131|141|151|161|191)4960)\d+|1?\d{3}55501\d\d", re.ASCII
)
"""Ranges that Ofcom keeps for drama and that nobody has; 555-01xx of North America."""


def judge_bare(digits: str) -> Match:
    """A number that a spreadsheet took for one: without its leading zero, or without the plus before the country's code."""
    return judge("0" + (digits[2:] if digits.startswith("44") and len(digits) > 10 else digits))


def judge_mobile(digits: str) -> Match:
    """A mobile number, with or without the country's code."""
    national = digits.removeprefix("00")
    return judge("0" + national[2:] if national.startswith("44") else digits)


def judge(text: str) -> Match:
    """A national number of a range of people, or an international one written with its plus sign."""
    plus = text.startswith(("+", "0044"))
    digits = re.sub(r"\D", "", text.replace("(0)", "").removeprefix("00") if plus else text)
    if plus and digits.startswith("44"):
        digits, plus = "0" + digits[2:], False
    if _DRAMA.fullmatch(digits):
        return Match.SYNTHETIC
    if plus:
        return Match.REAL if 9 <= len(digits) <= 15 and digits[0] != "0" else Match.NO
    return Match.REAL if _BRITISH.fullmatch(digits) else Match.NO


DETECTOR: Final = Detector(
    id="phone",
    title="telephone number",
    category=DataCategory(Category.C1),
    columns=(
        "phone number",
        "phone",
        "mobile",
        "mobile number",
        "telephone",
        "telephone number",
        "phone no",
        "tel no",
        "tel",
        "mob",
        "msisdn",
        "contact number",
        "contact no",
        "daytime tel",
        "cell phone",
        "ffon",
        "rhif symudol",
    ),
    hints=("ph", "home", "work", "day", "evening"),
    types=TEXT_OR_NUMBER,
    values=Values(
        shape=r"(?:\+[1-9]|0044)[0-9() .-]{7,18}[0-9]|\(?0[1-9][0-9() .-]{7,13}[0-9]",
        judge=judge,
        strength=Strength.MEDIUM,
        chance=0.25,
        random=("09999999999",),
        rate=0.95,
        named_rate=0.0,
        coverage=0.5,
        as_written=True,
        of_things=True,
        positives=("07911 123456", "+44 7911 123456", "020 7219 4272", "+49 30 901820", "+44(0)20 7219 4272"),
        synthetic=("07700 900123", "+44 1632 960123", "(020) 7946 0123"),
        negatives=("0999 123 4567", "08001111111", "0300 123 4567", "0000 000 0000"),
    ),
    written=Values(
        shape=r"(?:0|(?:00)?44[ -]?)7\d{3}[ -]?\d{3}[ -]?\d{3}",
        judge=judge_mobile,
        strength=Strength.MEDIUM,
        chance=0.8,
        random=("07999999999", "44 7999 999999"),
        of_things=True,
        context=frozenset(
            {
                "tel",
                "telephone",
                "phone",
                "mobile",
                "mob",
                "call",
                "called",
                "ring",
                "rang",
                "sms",
                "text",
                "texted",
                "whatsapp",
                "msisdn",
                "voicemail",
                "spoke",
            }
        ),
        in_text=True,
        positives=("07911 123456", "07911123456", "44 7911 123456", "00447911123456"),
        synthetic=("07700 900123",),
        negatives=("07611 123456",),
    ),
    loose=Values(
        shape=r"(?:44)?[127]\d{8,9}",
        judge=judge_bare,
        strength=Strength.WEAK,
        chance=0.79,
        random=("7999999999",),
        named_rate=0.8,
        of_things=True,
        positives=("7911123456", "447911123456", "1273482604"),
        synthetic=("7700900123",),
        negatives=("7611123456", "4411"),
    ),
    column_positives=(
        "phone_number",
        "mobile:varchar(15)",
        "home_telephone:bigint",
    ),
    column_negatives=(
        "phone_verified:bool",
        "mobile_enabled",
        "phone_type",
        "phone_ext",
        "microphone",
    ),
)
