"""Azure's words as both its readers meet them, live and in plans: TLS versions, durations, redundancy. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tierwise.access.internet import covers_internet, parts_of
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.kleene import all_of, negated
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import put_listed

PROVIDER_KEY: Final = "provider-owned"
"""A key of Microsoft's that no subscription sees."""
TLS: Final[Mapping[str, str]] = {
    "tls1_0": "1.0", "tls1_1": "1.1", "tls1_2": "1.2", "tls1_3": "1.3",
    "tls": "1.0", "tls11": "1.1", "tls12": "1.2", "tls13": "1.3",
    "1.0": "1.0", "1.1": "1.1", "1.2": "1.2", "1.3": "1.3",
    "tlsenforcementdisabled": "none", "disabled": "none", "none": "none",
    "tlsv1": "1.0", "tlsv1.1": "1.1", "tlsv1.2": "1.2", "tlsv1.3": "1.3",
}  # fmt: skip
"""How the services write versions of TLS."""
LINKS: Final = "Azure encryption overview, data-link layer encryption: traffic between Azure's datacenters is encrypted (MACsec)"
UNMASKED: Final = "Azure Monitor has no switch that masks what entries say of people; transformations of a data collection rule may"
REDUNDANCY: Final = {
    "LRS": "zone",
    "ZRS": "multi-zone",
    "GRS": "multi-region",
    "RAGRS": "multi-region",
    "GZRS": "multi-region",
    "RAGZRS": "multi-region",
}
"""Copies of a storage account by the end of its sku."""
WORM_STATES: Final = {"locked": "compliance", "unlocked": "governance", "disabled": "none"}
"""What the states of an immutability policy mean (lower case): nobody shortens one that is locked."""
WEEK_HOURS: Final = 168
DELEGATED: Final = "constant: Azure Storage documentation, user delegation SAS: seven days at most; shared keys are off"
_WITHIN: Final = frozenset({"aad", "privatelink"})
"""Scopes of copy operations that end at the tenant, or at private links into one network (Storage resource provider, AllowedCopyScope)."""
_DURATION: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z")
_PERIOD: Final = re.compile(r"(\d+)\.(\d\d?):(\d\d):(\d\d)\Z")
_EVERY_AZURE: Final = ("0.0.0.0", "0.0.0.0")  # noqa: S104 - a range of a firewall, nothing is bound


def min_tls(value: Maybe[str]) -> Maybe[str]:
    """A TLS version on the vocabulary's scale."""
    if isinstance(value, Unknown):
        return value
    version = TLS.get(value.value.lower())
    if version is None:
        return Unknown(UnknownReason.UNPARSABLE, value.via, "an unknown TLS version")
    return Known(version, value.via)


def copies_stay(scope: Maybe[str], across: Maybe[bool]) -> Maybe[bool]:
    """Whether neither copy operations (`allowedCopyScope`) nor object replication (`across` tenants) take a storage account's blobs out of its tenant."""
    within = scope if isinstance(scope, Unknown) else Known(scope.value.lower() in _WITHIN, scope.via)
    return all_of(within, negated(across))


def shorter(blobs: Maybe[float], used: Maybe[bool], shares: Maybe[float]) -> Maybe[float]:
    """How long both blobs and, where there are any (`used`), shares of a storage account are kept once they are deleted."""
    if isinstance(used, Known) and not used.value:
        return blobs
    if isinstance(blobs, Known) and (not blobs.value or (isinstance(used, Known) and isinstance(shares, Known))):
        return shares if isinstance(shares, Known) and shares.value < blobs.value else blobs
    return next(one for one in (blobs, used, shares) if isinstance(one, Unknown))


def put_network(sheet: FactSheet, kind: Kind, public: Maybe[bool], admits: Maybe[bool], private: Maybe[bool]) -> None:
    """The three network facts of a store with a public address that may be closed."""
    facts: dict[str, AnyFact] = {"network.public_endpoint": public, "network.private_endpoint": private}
    if isinstance(public, Unknown):
        # Closed either way: not applicable without an address, false with one.
        closed = isinstance(admits, Known) and not admits.value
        facts["network.ingress_any"] = public.within(lowest=False, highest=False) if closed else public
        if not (isinstance(private, Known) and private.value):
            facts["network.private_endpoint"] = public
    elif public.value:
        facts["network.ingress_any"] = admits
    else:
        facts["network.private_endpoint"] = Known(True, public.via)
    put_listed(sheet, facts, kind)
    if isinstance(public, Known) and not public.value:
        sheet.not_applicable("network.ingress_any", "it has no public address", public.via)


def admits_spans(spans: Iterable[tuple[str, str]], via: Provenance) -> Maybe[bool]:
    """Whether ranges from a first to a last address are together the internet, or one stands for all of Azure."""
    listed = list(spans)
    if _EVERY_AZURE in listed:
        return Known(True, via)
    try:
        return Known(covers_internet(part for ends in listed for part in parts_of(*ends)), via)
    except ValueError:
        return Unknown(UnknownReason.UNPARSABLE, via, "a rule is no range of addresses")


def admits_ranges(ranges: Iterable[str], via: Provenance) -> Maybe[bool]:
    """Whether ranges in CIDR form are together the internet."""
    try:
        return Known(covers_internet(ranges), via)
    except ValueError:
        return Unknown(UnknownReason.UNPARSABLE, via, "a rule is no range of addresses")


def admits_addresses(addresses: Iterable[str], via: Provenance) -> Maybe[bool]:
    """The same for a list in which the address 0.0.0.0 stands for every service of Azure (Cosmos DB documentation, IP firewall)."""
    listed = list(addresses)
    return Known(True, via) if _EVERY_AZURE[0] in listed else admits_ranges(listed, via)


def days(value: Maybe[object], otherwise: float | None = None) -> Maybe[float]:
    """An ISO 8601 duration in days; a year has 365, a month 30. `otherwise` is what no duration means."""
    if isinstance(value, Unknown):
        return value
    if value.value is None:
        return Unknown(UnknownReason.NOT_COLLECTED, value.via) if otherwise is None else Known(otherwise, value.via)
    found = _DURATION.match(value.value) if isinstance(value.value, str) else None
    if found is None or value.value in ("P", "PT"):
        return Unknown(UnknownReason.UNPARSABLE, value.via, "not an ISO 8601 duration")
    years, months, weeks, single, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return Known(365 * years + 30 * months + 7 * weeks + single + hours / 24 + minutes / 1440 + seconds / 86400, value.via)


def signature_hours(period: str, via: Provenance) -> Maybe[float]:
    """The longest life of a shared access signature in hours, written as `days.hours:minutes:seconds`."""
    found = _PERIOD.match(period)
    if found is None:
        return Unknown(UnknownReason.UNPARSABLE, via, "not days.hours:minutes:seconds")
    whole, hours, minutes, seconds = (int(part) for part in found.groups())
    return Known(whole * 24 + hours + minutes / 60 + seconds / 3600, via)


def sql_audited(groups: Iterable[str]) -> tuple[bool, bool]:
    """Whether an auditing policy of Azure SQL records reads and changes; without a list it records every batch.

    Azure SQL documentation, auditing: the default policy is BATCH_COMPLETED_GROUP and both groups of logins.
    """
    words = " ".join(groups).upper()
    whole = not words or "BATCH_COMPLETED_GROUP" in words
    return whole or "SELECT" in words, whole or "UPDATE" in words


POSTGRES_LOGS, MYSQL_AUDIT = frozenset({"postgresqllogs"}), frozenset({"mysqlauditlogs"})
"""Categories of log in which statements leave a flexible server."""
_READING: Final = frozenset({"dml", "dml_select", "general", "table_access"})
_WRITING: Final = frozenset({"dml", "dml_nonselect", "general", "table_access"})


def mysql_audited(events: Maybe[str]) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether the events that MySQL's audit records (`audit_log_events`) take in reads and changes."""
    if isinstance(events, Unknown):
        return events, events
    words = {word.strip() for word in events.value.split(",")}
    return Known(bool(words & _READING), events.via), Known(bool(words & _WRITING), events.via)


def lowest_tls(versions: Maybe[str]) -> Maybe[str]:
    """The lowest of the TLS versions that a parameter lists."""
    if isinstance(versions, Unknown):
        return versions
    words = [TLS.get(word.strip()) for word in versions.value.lower().split(",")]
    known = sorted(word for word in words if word is not None and word != "none")
    if len(known) != len(words):
        return Unknown(UnknownReason.UNPARSABLE, versions.via, "a parameter names an unknown TLS version")
    return Known(known[0], versions.via)


def key_url(url: str) -> str:
    """A key's or secret's URL without its version, and without the port that it has anyway."""
    plain = url.replace(".net:443/", ".net/")
    parts = plain.split("/")
    return "/".join(parts[:5]) if plain.startswith("https://") and len(parts) == 6 else plain
