"""Payment card numbers: 15 or 16 digits with Luhn check and a known issuer range, grouped as on a card or beside a word."""

from __future__ import annotations

import re
from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values, strongest
from tierwise.classify.digits import PARTED, digits, groups, has_context, luhn, repeated_or_run
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_CONTEXT: Final = frozenset({"card", "pan", "payment", "visa", "mastercard", "amex"})
_GROUPED: Final = re.compile(rf"(?<!\d)(?:\d{{4}}({PARTED})\d{{4}}\1\d{{4}}\1\d{{4}}|\d{{4}}({PARTED})\d{{6}}\2\d{{5}})(?!\d)", re.ASCII)
_ISSUERS: Final = re.compile(
    r"4\d{12}(?:\d{3}(?:\d{3})?)?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|"
    r"6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|(?:1800|2131)\d{11}|(?:5018|5020|5038|5[678]\d\d|6304|6759|676[1-3])\d{8,15}",
    re.ASCII,
)
"""Issuer ranges of Visa, Mastercard, American Express, Diners, Discover, JCB and Maestro (ISO/IEC 7812 issuer identification numbers)."""
_TEST: Final = frozenset(
    {
        "4111111111111111",
        "4242424242424242",
        "4012888888881881",
        "4000056655665556",
        "5555555555554444",
        "5105105105105100",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
    }
)


def find(text: str) -> Match:
    """A number with check digit and issuer, grouped or in a text that speaks of cards."""
    if not (_GROUPED.search(text) or has_context(text, _CONTEXT)):
        return Match.NO
    return strongest(judge(number) for number in (*groups(text, 4, 4, 4, 4), *groups(text, 4, 6, 5)))


def judge(number: str) -> Match:
    """A number with check digit and issuer; those that payment services publish for tests are synthetic."""
    if not luhn(number) or not _ISSUERS.fullmatch(number) or repeated_or_run(number):
        return Match.NO
    return Match.SYNTHETIC if number in _TEST else Match.REAL


DETECTOR: Final = Detector(
    id="payment_card",
    title="payment card number",
    category=DataCategory(Category.C2),
    columns=("pan", "card number", "card no", "credit card", "debit card", "card pan", "cardnumber"),
    types=TEXT_OR_NUMBER,
    find=find,
    needs=digits(15),
    values=Values(
        shape=rf"\d{{12,19}}|\d{{4}}{PARTED}\d{{4}}{PARTED}\d{{4}}{PARTED}\d{{1,7}}|\d{{4}}{PARTED}\d{{6}}{PARTED}\d{{4,5}}",
        judge=judge,
        strength=Strength.MEDIUM,
        chance=0.028,
        random=("9999999999999999",),
        rate=0.6,
        coverage=0.2,
        varies=((6, 10), (10, 13)),
        context=_CONTEXT,
        in_text=True,
        positives=("4539578763621486", "4539 5787 6362 1486", "2223003122003222"),
        synthetic=("4111 1111 1111 1111", "5555555555554444"),
        negatives=("4539578763621487", "1234567890123456", "0000000000000000", "1718000000000"),
    ),
    positives=("card-4539578763621486", "4539 5787 6362 1486", "4539-5787-6362-1486"),
    synthetic=("card 4111 1111 1111 1111", "card-5555555555554444"),
    negatives=("backup-4539578763621486", "card-4539578763621487", "card-1234567890123456", "card-0000000000000000", "card-1718000000000"),
    column_positives=("card_number:varchar(19)", "pan", "CreditCardNo"),
    column_negatives=("card_type", "pan_id", "japan", "discard_number:bool"),
)
