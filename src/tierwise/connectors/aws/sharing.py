"""Who reaches a store that carries no resource policy, and with whom a snapshot is shared."""

from __future__ import annotations

from collections.abc import Mapping

from tierwise.connectors.aws import keys
from tierwise.connectors.aws.read import Doc
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown, UnknownReason

SHARED_FACTS = frozenset({"access.anonymous_read", "access.external_principals", "access.external_conditioned"})
"""What a read of a snapshot's sharing settles."""
EVERYONE = "all"
"""How EC2 and RDS write `anyone` in the sharing of a snapshot."""


def put_no_policy(sheet: FactSheet, doc: str) -> None:
    """The audience of a store that AWS gives no resource policy: principals with credentials in its own account, nobody else."""
    for name in ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated"):
        sheet.constant(name, False, doc)
    sheet.constant("access.external_principals", frozenset(), doc)
    sheet.not_applicable("access.external_conditioned", "no principal outside the account is let in", Provenance(f"constant: {doc}"))


def put_shared(sheet: FactSheet, named: Maybe[frozenset[str]], doc: str) -> None:
    """The audience of a snapshot that is shared with these accounts; `all` among them means anyone.

    Whoever it is shared with can only restore a copy, and a share carries no conditions.
    """
    sheet.constant("access.anonymous_write", False, doc)
    # A public snapshot is counted as anonymous_read, the wider word, as in the vocabulary.
    sheet.constant("access.any_authenticated", False, doc)
    if isinstance(named, Unknown):
        for name in sorted(SHARED_FACTS):
            sheet.put(name, named)
        return
    accounts = named.value - {EVERYONE}
    sheet.known("access.anonymous_read", EVERYONE in named.value, named.via)
    sheet.known("access.external_principals", accounts, named.via)
    sheet.put(
        "access.external_conditioned", Known(False, named.via) if accounts else NotApplicable("it is shared with no account", named.via)
    )


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


def put_mutable(sheet: FactSheet, doc: str) -> None:
    """No write-once mode exists."""
    sheet.constant("immutability.mode", "none", doc)
    sheet.constant("immutability.min_days", 0, doc)
