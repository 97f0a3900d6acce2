"""Encryption at rest of a store as its API tells it: whether, and who controls the key."""

from __future__ import annotations

from collections.abc import Mapping

from tierwise.connectors.aws import keys
from tierwise.connectors.declared import Doc
from tierwise.model.fact import AnyFact, FactSheet, Maybe, NotApplicable, Unknown, UnknownReason


def put_encryption(
    sheet: FactSheet,
    at_rest: Maybe[bool],
    key: str | None,
    docs: Mapping[str, Maybe[Doc | None]],
    *,
    without: str | None = None,
) -> None:
    """Encryption at rest and who controls the key; `without` is what an encrypted store that names no key means, None if it always does."""
    sheet.put("encryption.at_rest", at_rest)
    custody: AnyFact
    if isinstance(at_rest, Unknown):
        custody = at_rest
    elif not at_rest.value:
        custody = NotApplicable("not encrypted", at_rest.via)
    elif not key and without is None:
        custody = Unknown(UnknownReason.NOT_COLLECTED, at_rest.via, "it is encrypted, but the answer names no key")
    else:
        custody = keys.custody(key, docs, at_rest.via, without=without or "provider-owned")
    sheet.put("encryption.key_custody", custody)
