"""Who can reach a store, in words and in an order, from the facts that were read of it."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from tierwise.model.fact import Known, NotApplicable, Unknown
from tierwise.model.resource import Resource

_AUDIENCES: Final = {
    "private": (0, "only who its policies name"),
    "account": (1, "anyone in its account"),
    "organisation": (2, "anyone in the organisation"),
    "named-external": (3, "named accounts outside the organisation"),
    "any-authenticated": (4, "anyone with an account at the provider"),
    "public": (5, "anyone on the internet"),
}
"""The values of `access.audience`, narrowest first."""
_UNKNOWN: Final = 2.5
"""Not read: between the organisation and the outside, so that it hides neither above what is open nor below what is closed."""


class Outside(Enum):
    """Who outside the organisation its policies let in."""

    ANYONE = "anyone"
    NAMED = "named accounts"
    NOBODY = "nobody"
    NOT_KNOWN = "not known"
    NOT_SHOWN = "not shown"
    """To this audience."""


class Reach(msgspec.Struct, frozen=True, gc=False):
    """Who can reach a store."""

    rank: float
    words: str
    known: bool
    outside: Outside = Outside.NOT_KNOWN


def reach_of(resource: Resource | None) -> Reach:
    """The audience that its policies allow, and whether its endpoint answers on the internet; unknown with its reason where it was not read."""
    if resource is None or not resource.facts:
        return Reach(_UNKNOWN, "not shown here", known=False, outside=Outside.NOT_SHOWN)
    audience, endpoint = resource.facts.get("access.audience"), resource.facts.get("network.public_endpoint")
    at_net = isinstance(endpoint, NotApplicable) or (isinstance(endpoint, Known) and endpoint.value is True)
    match audience:
        case Known():
            rank, words = _AUDIENCES.get(str(audience.value), (_UNKNOWN, str(audience.value)))
            words = f"{words}{', through an endpoint on the internet' if at_net and rank < 5 else ''}"
            return Reach(rank, words, known=True, outside=_outside(rank, rank))
        case NotApplicable() | None:
            if isinstance(endpoint, Known):
                words = (
                    "whoever may sign in, through an endpoint on the internet" if at_net else "whoever may sign in, from inside its network"
                )
                return Reach(3 if at_net else 1, words, known=True, outside=Outside.NOBODY)
            return Reach(_UNKNOWN, f"not known ({endpoint.reason.value})" if isinstance(endpoint, Unknown) else "not known", known=False)
        case Unknown():
            lowest, highest = (_AUDIENCES.get(str(one), (0, ""))[0] for one in audience.between or ("private", "public"))
            words = f"not known ({audience.reason.value}{_bounds(audience)})"
            return Reach(_UNKNOWN, words, known=False, outside=_outside(lowest, highest))


def _outside(lowest: float, highest: float) -> Outside:
    """Who is certainly let in from outside, where the audience is one of these or between them."""
    if lowest >= 3:
        return Outside.ANYONE if lowest >= 4 else Outside.NAMED
    return Outside.NOBODY if highest < 3 else Outside.NOT_KNOWN


def _bounds(audience: Unknown) -> str:
    """What is certain all the same."""
    if audience.between is None:
        return ""
    lowest, highest = (_AUDIENCES.get(str(one), (0, str(one)))[1] for one in audience.between)
    return f"; at least {lowest}, at most {highest}"
