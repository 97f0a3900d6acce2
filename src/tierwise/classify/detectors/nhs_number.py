"""NHS numbers of England, Wales and the Isle of Man.

Ten digits with a modulus-11 check, issued in ranges that start with 30, 31, 4, 6 or 7 (numbers from 32 are Northern Ireland's). One random
number in 34 passes both, so a text needs a word beside it; the range 999 is for tests.
"""

from __future__ import annotations

from typing import Final

from tierwise.classify.detector import TEXT_OR_NUMBER, Detector, Match, Values, strongest
from tierwise.classify.digits import TEN_DIGITS, digits, groups, has_context, mod11, repeated_or_run
from tierwise.model.detection import Strength
from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

_CONTEXT: Final = frozenset({"nhs", "nhsno", "patient", "health", "gp", "referral"})
_EXAMPLES: Final = frozenset({"9434765919", "9434765870", "4010232137"})


def find(text: str) -> Match:
    """A number with check digit and issued range, in a text that speaks of health."""
    if not has_context(text, _CONTEXT):
        return Match.NO
    return strongest(judge(number) for number in groups(text, 3, 3, 4))


def judge(number: str) -> Match:
    """Ten digits with check digit and issued range; the test range and printed examples are synthetic."""
    if not mod11(number) or repeated_or_run(number):
        return Match.NO
    if number.startswith("999") or number in _EXAMPLES:
        return Match.SYNTHETIC
    return Match.REAL if number[0] in "467" or number[:2] in {"30", "31"} else Match.NO


DETECTOR: Final = Detector(
    id="nhs_number",
    title="NHS number",
    category=DataCategory(Category.C2),
    columns=("nhs number", "nhs no", "nhsno", "nhsnumber", "nhs num", "patient nhs", "rhif gig"),
    column_confidence=0.9,
    types=TEXT_OR_NUMBER,
    find=find,
    needs=digits(10),
    values=Values(
        shape=TEN_DIGITS,
        judge=judge,
        strength=Strength.MEDIUM,
        chance=0.029,
        random=("9999999999",),
        rate=0.6,
        coverage=0.2,
        varies=((0, 3), (3, 6)),
        context=_CONTEXT,
        in_text=True,
        positives=("4505577104", "450 557 7104", "450-557-7104", "450.557.7104"),
        synthetic=("9990000018", "943 476 5919"),
        negatives=("4505577105", "1111111111", "1718000004", "45055771"),
    ),
    positives=("nhs-4505577104", "patient 450 557 7104", "letters/nhs_number=450-557-7104.pdf", "nhs/450_557_7104.pdf", "nhs 450.557.7104"),
    synthetic=("nhs-9990000018", "nhs 943 476 5919"),
    negatives=(
        "build-4505577104",
        "nhs-4505577105",
        "nhs-1111111111",
        "nhs-14505577104",
        "patient-export-1718000000",
        "nhs-backup-123456789012",
        "nhs-1.450.557.7104",
        "nhs-450.557.7104.2",
    ),
    column_positives=("nhs_number:varchar(10)", "NHSNumber", "patient_nhs_no:bigint"),
    column_negatives=("nhs_number_verified:boolean", "nhs_number_count:int", "nhs_number:date", "number"),
)
