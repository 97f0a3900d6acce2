"""What a scan of live accounts came to: how many calls, and what those cost that a provider bills, in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tierwise.model.resource import ReadOutcome
from tierwise.reports.text import count

_PRICES: Final = {"s3": 0.4e-6, "kms": 3e-6, "secretsmanager": 5e-6}
"""US dollars a request by service: AWS's list prices in us-east-1 (aws.amazon.com: /s3/pricing for GET and all other requests, /kms/pricing,
/secrets-manager/pricing). The other services that a scan reads, and the inventories of Azure and Google Cloud, do not bill reads of configuration."""
PRICED: Final = "AWS's list prices in us-east-1, November 2026 (aws.amazon.com: /s3/pricing, /kms/pricing, /secrets-manager/pricing)"
_LISTING: Final = {"s3:ListBuckets": 5e-6}

_LEAST: Final = 0.0001
_NO_CALL: Final = "terraform:"
"""What is read of a plan is read from a file (`terraform:show`)."""


def price_of(operation: str) -> float:
    """What a provider bills for one call, in US dollars."""
    return _LISTING.get(operation, _PRICES.get(operation.partition(":")[0], 0.0))


def dollars(price: float) -> str:
    """A price in words: of less than can be told in four places, that it is less."""
    return "$0" if not price else f"${price:.4f}" if price >= _LEAST else f"under ${_LEAST:.4f}"


def sentence(outcomes: Sequence[ReadOutcome]) -> str:
    """The calls, and the price of those that are billed; empty where none was made."""
    made = Counter[str]()
    for one in outcomes:
        if not one.operation.startswith(_NO_CALL):
            made[one.operation] += one.count
    if not made:
        return ""
    billed = {operation: price_of(operation) for operation in made}
    price = sum(number * billed[operation] for operation, number in made.items())
    number = sum(number for operation, number in made.items() if billed[operation])
    told = f"; {number:,} are billed, {'about ' * (price >= _LEAST)}{dollars(price)} at list prices" if number else "; none is billed"
    return f"{count(made.total(), 'call')} answered or refused{told}"
