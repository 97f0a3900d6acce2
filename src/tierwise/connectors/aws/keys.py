"""Who controls a key that a store names: shared by every collector whose stores are encrypted through KMS."""

from __future__ import annotations

from collections.abc import Mapping

from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc
from tierwise.model.fact import AnyFact, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

LIST_ALIASES = Read("kms", "ListAliases", "kms:ListAliases")
"""One call a region tells AWS managed keys (`alias/aws/...`) from customer managed ones; many services name both by ARN alone."""

ALIASES = "kms:ListAliases"
"""The name under which a draft keeps the aliases of its region."""


def aliases(caller: Caller) -> Maybe[Doc | None]:
    """All key aliases of the region as `{key id: [alias names]}`, read once."""

    def make() -> Maybe[Doc | None]:
        table: dict[str, list[str]] = {}
        try:
            for item in caller.listing(LIST_ALIASES, "Aliases"):
                if "TargetKeyId" in item:
                    table.setdefault(str(item["TargetKeyId"]), []).append(str(item["AliasName"]))
        except ListingFailedError as failed:
            return Unknown(UnknownReason(failed.gap.reason), LIST_ALIASES.via, failed.gap.detail)
        return Known(table, LIST_ALIASES.via)

    return caller.once(ALIASES, make)


def custody(key: str | None, docs: Mapping[str, Maybe[Doc | None]], via: Provenance, *, without: str = "provider-owned") -> AnyFact:
    """`encryption.key_custody` for a key named by ARN, id or alias; `without` is what no key name means for the service."""
    if not key:
        return Known(without, via)
    if key.startswith("alias/aws/") or ":alias/aws/" in key:
        return Known("provider-managed", via)
    if "alias/" in key:
        return Known("customer", via)
    table = docs.get(ALIASES, Unknown(UnknownReason.NOT_COLLECTED, LIST_ALIASES.via))
    if isinstance(table, Unknown):
        return Unknown(table.reason, table.via, "whose key it is could not be read", between=("provider-managed", "customer"))
    names = (table.value or {}).get(key.rsplit("/", 1)[-1], [])
    return Known("provider-managed" if any(name.startswith("alias/aws/") for name in names) else "customer", via)


def key_links(key: str | None) -> tuple[Link, ...]:
    """The link to a key, where one is named."""
    return (Link(Rel.USES_KEY, key),) if key else ()
