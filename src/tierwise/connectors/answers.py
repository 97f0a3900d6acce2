"""What an answer is where it is not what was asked for; shared by clouds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tierwise.connectors.declared import Doc
from tierwise.content.blob import Reason, UnreadableError
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

T = TypeVar("T")


def unknown_by(status: int, code: str, via: Provenance) -> Unknown:
    """Why a status is no answer. Messages of the services are not kept: they name principals, addresses and scopes."""
    match status:
        case 403:
            return Unknown(UnknownReason.PERMISSION_DENIED, via, code)
        case 429:
            return Unknown(UnknownReason.THROTTLED, via, code)
        case _:
            return Unknown(UnknownReason.API_ERROR, via, code)


def opened(answer: T | Unknown, reasons: Mapping[str, Reason]) -> T:
    """What a read of content answers; UnreadableError with the reason that its code stands for where it failed."""
    if isinstance(answer, Unknown):
        denied = answer.reason is UnknownReason.PERMISSION_DENIED
        raise UnreadableError(Reason.DENIED if denied else reasons.get(answer.detail, Reason.FAILED))
    return answer


def decoded(raw: bytes, via: Provenance) -> Maybe[Doc]:
    """The JSON object of a body; unknown where it is none."""
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unknown(UnknownReason.UNPARSABLE, via, "the answer is no JSON" if raw else "the answer is empty")
    if not isinstance(body, dict):
        return Unknown(UnknownReason.UNPARSABLE, via, "the answer is no JSON object")
    return Known(body, via)
