"""Who reaches what carries no resource policy, with whom a copy is shared, and what lies inside a network; pure."""

from __future__ import annotations

from typing import Final

from tierwise.model.fact import FactSheet, Known, Maybe, NotApplicable, Provenance, Unknown

SHARED_FACTS: Final = frozenset({"access.anonymous_read", "access.external_principals", "access.external_conditioned"})
"""What the sharing of a snapshot settles."""
EVERYONE: Final = "all"
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


def put_mutable(sheet: FactSheet, doc: str) -> None:
    """No write-once mode exists."""
    sheet.constant("immutability.mode", "none", doc)
    sheet.constant("immutability.min_days", 0, doc)


def put_inside_vpc(sheet: FactSheet, doc: str) -> None:
    """The three network facts of a store that can only be reached from inside a VPC."""
    sheet.constant("network.public_endpoint", False, doc)
    sheet.not_applicable("network.ingress_any", "it has no public address", Provenance(f"constant: {doc}"))
    sheet.constant("network.private_endpoint", True, doc)
