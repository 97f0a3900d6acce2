"""What looking into stores came to, in sentences: what was read and what it cost, what was found, what was not read and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from tierwise.model.content import Depth, Look
from tierwise.reports.text import count

_MOST: Final = 8
_GETS, _LISTINGS = 0.4e-6, 5e-6
"""US dollars a request: AWS's list prices in us-east-1 for S3's GET and LIST (aws.amazon.com/s3/pricing). They stand for the other clouds' too, which are of this order."""


def sentences(looks: Sequence[Look]) -> Iterator[str]:
    """The budget report, a line each."""
    into = [look for look in looks if not look.refused]
    if into:
        yield _cost(into)
    read, unread, refused = Counter[str](), Counter[str](), Counter[str]()
    for look in looks:
        read.update(look.read)
        unread.update(look.unread)
        refused.update([look.refused] if look.refused else [])
    if read:
        yield "read: " + ", ".join(f"{kind} {number:,}" for kind, number in read.most_common(_MOST))
    for what, number in unread.most_common(_MOST):
        yield f"not read: {what} ({number:,})"
    for why, number in refused.most_common(_MOST):
        yield f"not looked into: {count(number, 'store')}: {why}"
    raised = sum(1 for look in looks if look.found)
    if into and not into[0].planned:
        yield f"something was found in {count(raised, 'store')}; tierwise explain NAME tells what, and what it makes of the tier"


def _cost(looks: Sequence[Look]) -> str:
    planned = looks[0].planned
    size = sum(look.bytes for look in looks) / 1_000_000
    requests, objects = sum(look.requests for look in looks), sum(look.objects for look in looks)
    listings = sum(max(0, look.requests - look.objects) for look in looks)
    price = objects * _GETS + listings * _LISTINGS
    told = f"{count(len(looks), 'store')}, {objects:,} objects, {size:,.1f} MB, {requests:,} requests, about ${price:.4f} at list prices"
    if planned:
        return f"dry run: at most {told} would be read, and nothing was"
    words = "keys were listed" if looks[0].depth is Depth.NAMES else "looked into"
    return f"{words}: {told}"
