"""Fields of documents as facts: absent is never a default unless whoever asks says what it means and cites why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tierwise.connectors.declared import Doc, field_of
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_ON: Final = frozenset({"enabled", "true", "on"})
_OFF: Final = frozenset({"disabled", "false", "off"})


def value(doc: Maybe[Doc | None], *path: str, absent: object = None, because: str = "") -> Maybe[Any]:
    """The value at a path; null counts as absent. `absent` is what the service documents for it, `because` where; without it, unknown."""
    found = field_of(doc, *path)
    if isinstance(found, Unknown) or found.value is not None:
        return found
    if because:
        return Known(absent, Provenance(f"constant: {because}"))
    return Unknown(UnknownReason.NOT_COLLECTED, found.via, f"the answer has no {'.'.join(path)}")


def flag(doc: Maybe[Doc | None], *path: str, absent: bool | None = None, because: str = "") -> Maybe[bool]:
    """A yes or no; some services write it as a word."""
    found = value(doc, *path, absent=absent, because=because)
    if isinstance(found, Unknown) or isinstance(found.value, bool):
        return found
    word = str(found.value).lower()
    if word in _ON or word in _OFF:
        return Known(word in _ON, found.via)
    return Unknown(UnknownReason.UNPARSABLE, found.via, f"{'.'.join(path)} is neither yes nor no")


def word(doc: Maybe[Doc | None], *path: str, absent: str | None = None, because: str = "") -> Maybe[str]:
    """A text, or a whole number as one."""
    found = value(doc, *path, absent=absent, because=because)
    if isinstance(found, Known) and (isinstance(found.value, bool) or not isinstance(found.value, str | int)):
        return Unknown(UnknownReason.UNPARSABLE, found.via, f"{'.'.join(path)} is no text")
    return found if isinstance(found, Unknown) else Known(str(found.value), found.via)


def number(doc: Maybe[Doc | None], *path: str, absent: float | None = None, because: str = "") -> Maybe[float]:
    """A number."""
    found = value(doc, *path, absent=absent, because=because)
    if isinstance(found, Unknown) or (isinstance(found.value, int | float) and not isinstance(found.value, bool)):
        return found
    return Unknown(UnknownReason.UNPARSABLE, found.via, f"{'.'.join(path)} is no number")


def items(doc: Maybe[Doc | None], *path: str, because: str = "") -> Maybe[list[Mapping[str, Any]]]:
    """The mappings of a list, which is empty where nothing is configured. Absent is empty where the service documents so, `because` where; without it, unknown."""
    if isinstance(doc, Known) and doc.value is None:
        return Known([], doc.via)
    found = value(doc, *path, absent=[], because=because)
    if isinstance(found, Unknown):
        return found
    if not isinstance(found.value, list) or not all(isinstance(one, Mapping) for one in found.value):
        return Unknown(UnknownReason.UNPARSABLE, found.via, f"{'.'.join(path)} is no list of objects")
    return found


def words(doc: Maybe[Doc | None], *path: str, because: str) -> Maybe[list[str]]:
    """The texts of a list, which is empty where it is absent, as the service documents (`because` where)."""
    found = value(doc, *path, absent=[], because=because)
    if isinstance(found, Unknown):
        return found
    if not isinstance(found.value, list) or not all(isinstance(one, str) for one in found.value):
        return Unknown(UnknownReason.UNPARSABLE, found.via, f"{'.'.join(path)} is no list of texts")
    return Known(found.value, doc.via)


def mapping(doc: Maybe[Doc | None], *path: str, because: str) -> Maybe[Mapping[str, Any]]:
    """A mapping, which is empty where it is absent, as the service documents (`because` where)."""
    found = value(doc, *path, absent={}, because=because)
    if isinstance(found, Unknown) or isinstance(found.value, Mapping):
        return found
    return Unknown(UnknownReason.UNPARSABLE, found.via, f"{'.'.join(path)} is no mapping")


def inner(parent: Maybe[Any], item: Mapping[str, Any]) -> Known[Doc]:
    """An item of a document as a document with the same provenance."""
    return Known(item, parent.via)


def whole(text: str) -> int | None:
    """The whole number that a text is, of at most 18 digits; None where it is none."""
    text = text.strip()
    return int(text) if _WHOLE.fullmatch(text) else None
