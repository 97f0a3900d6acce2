"""What an answer is where it is not what was asked for; shared by clouds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import msgspec

from tierwise.connectors.declared import Doc
from tierwise.content.blob import Reason, UnreadableError
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

T = TypeVar("T")
_CODE: Final = re.compile(r"[A-Za-z0-9_.]{1,80}\Z")


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


def code_of(found: Iterable[object], status: int) -> str:
    """The first code of an error, else its HTTP status; anything that does not look like a code is left out."""
    return next((one for one in found if isinstance(one, str) and _CODE.match(one)), f"HTTP {status}")


def decoded(raw: bytes, via: Provenance) -> Maybe[Doc]:
    """The JSON object of an answer; unknown where it is none, and where it tells of an error whatever its status says."""
    body = parsed(raw, via)
    if isinstance(body, Known) and isinstance(body.value.get("error"), Mapping):
        return Unknown(UnknownReason.API_ERROR, via, "the answer is an error")
    return body


def parsed(raw: bytes, via: Provenance) -> Maybe[Doc]:
    """The JSON object of a body; unknown where it is none."""
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unknown(UnknownReason.UNPARSABLE, via, "the answer is no JSON" if raw else "the answer is empty")
    if not isinstance(body, dict):
        return Unknown(UnknownReason.UNPARSABLE, via, "the answer is no JSON object")
    return Known(body, via)
