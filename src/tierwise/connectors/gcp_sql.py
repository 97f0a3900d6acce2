"""What settings and database flags of a Cloud SQL or AlloyDB instance say. Pure; for plans and live instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tierwise.access.google_iam import either
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason

Flags = Mapping[str, Maybe[str]]
"""By name, in lower case."""
NO_IAM: Final = "Cloud SQL, access control: an instance has no IAM policy of its own, and its data takes a database login"
SSL: Final = "Cloud SQL, SSL enforcement mode: unencrypted connections are accepted unless ssl_mode or require_ssl says otherwise"
TLS: Final = "Cloud SQL, authorize with SSL/TLS certificates: TLS 1.2 and 1.3"
BACKUP_DAYS: Final = (
    "Cloud SQL, point-in-time recovery: transaction logs are kept for 7 days (Enterprise Plus: 14) unless another number is given"
)
KEPT: Final = "Cloud SQL, backups: 7 automatic backups are kept unless another number is given"
_ON: Final = frozenset({"on", "1", "true", "yes"})
_IN_DATABASE: Final = "what the audit records is set inside the database"


def flag_is(flags: Maybe[Flags], name: str, via: Provenance, words: Sequence[str] = ()) -> Maybe[bool]:
    """Whether a flag is on, or one of some words; a flag that nobody sets is off."""
    if isinstance(flags, Unknown):
        return flags
    found = flags.value.get(name)
    if found is None:
        return Known(False, via)
    if isinstance(found, Unknown):
        return found
    given = {word.strip() for word in found.value.split(",")}
    return Known(bool(given & (set(words) or _ON)), found.via)


def recorded(engine: str, flags: Maybe[Flags], via: Provenance) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether statements that read, and that change, data reach Cloud Logging with their principal."""
    if engine == "POSTGRES":
        return _postgres(flags, via)
    if engine == "MYSQL":
        general = flag_is(flags, "general_log", via)
        plugin = flag_is(flags, "cloudsql_mysql_audit", via)
        if isinstance(plugin, Known) and plugin.value:
            plugin = Unknown(UnknownReason.NOT_SUPPORTED, plugin.via, _IN_DATABASE)
        either_one = either((general, plugin), via)
        return either_one, either_one
    unknown = Unknown(UnknownReason.NOT_SUPPORTED, via, _IN_DATABASE)
    return unknown, unknown


def _postgres(flags: Maybe[Flags], via: Provenance) -> tuple[Maybe[bool], Maybe[bool]]:
    on = either((flag_is(flags, "cloudsql.enable_pgaudit", via), flag_is(flags, "alloydb.enable_pgaudit", via)), via)
    parts: list[Maybe[bool]] = []
    for name, words in (("read", ("all",)), ("write", ("all", "mod"))):
        statements = flag_is(flags, "log_statement", via, words)
        audited = flag_is(flags, "pgaudit.log", via, (name, "all"))
        excluded = flag_is(flags, "pgaudit.log", via, (f"-{name}",))
        audited = both(on, audited)
        if isinstance(excluded, Known) and excluded.value:
            audited = Known(False, excluded.via)
        parts.append(either((statements, audited), via))
    return parts[0], parts[1]


def both(one: Maybe[bool], other: Maybe[bool]) -> Maybe[bool]:
    """Whether both are true; one false settles it."""
    for fact in (one, other):
        if isinstance(fact, Known) and not fact.value:
            return fact
    return one if isinstance(one, Unknown) else other


def tls_required(mode: str, via: Provenance) -> Known[bool]:
    """Whether an SSL mode refuses plaintext."""
    return Known(mode in ("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"), via)


def put_logins(sheet: FactSheet, flags: Maybe[Flags], domain: Known[str | None], via: Provenance) -> None:
    """Sets which logins a Cloud SQL instance takes; `domain` is that of an Active Directory that it belongs to."""
    sheet.constant("access.local_auth_enabled", True, "Cloud SQL, users: every engine has built-in users with passwords")
    central = [flag_is(flags, name, via) for name in ("cloudsql.iam_authentication", "cloudsql_iam_authentication")]
    sheet.put("access.central_identity_enabled", Known(True, domain.via) if domain.value else either(central, via))


def backup_days(enabled: Maybe[bool], to_the_second: Maybe[bool], days: Maybe[int], count: Maybe[int]) -> AnyFact:
    """How far back backups reach: Cloud SQL keeps a number of backups, which are not days, and days of transaction logs."""
    if isinstance(enabled, Unknown) or not enabled.value:
        return enabled if isinstance(enabled, Unknown) else Known(0, enabled.via)
    for part in (to_the_second, days, count):
        if isinstance(part, Unknown) and not (part is days and to_the_second == Known(False, to_the_second.via)):
            return part
    certain = days.value if isinstance(days, Known) and isinstance(to_the_second, Known) and to_the_second.value else 1
    most = max(certain, count.value) if isinstance(count, Known) else certain
    if certain == most and isinstance(to_the_second, Known) and to_the_second.value:
        return Known(certain, days.via)
    return Unknown(
        UnknownReason.NOT_SUPPORTED, count.via, "Cloud SQL keeps a number of backups, which are not days", between=(certain, most)
    )
