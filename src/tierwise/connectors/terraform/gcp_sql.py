"""What the flags of a Cloud SQL or AlloyDB engine say of its logs; pure but for the nodes that it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tierwise.access.google_iam import either
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

Flags = Mapping[str, Maybe[str]]
_ON: Final = frozenset({"on", "1", "true", "yes"})
_IN_DATABASE: Final = "what the audit records is set inside the database"


def flags_of(planned: Planned, *path: Step) -> Maybe[Flags]:
    """The database flags that an instance sets, by name, in lower case: blocks with name and value, or a map."""
    found: dict[str, Maybe[str]] = {}
    if path[-1] == "database_flags" and len(path) == 1:
        entries = planned.root.entries(*path)
        if isinstance(entries, Unknown):
            return Known({}, entries.via) if planned.is_new and gcp.is_unwritten(planned.root, path) else entries
        for name, given in entries.value:
            found[name.lower()] = given if isinstance(given, Unknown) else Known(str(given.value).lower(), given.via)
        return Known(found, entries.via)
    blocks = gcp.blocks(planned, *path)
    if isinstance(blocks, Unknown):
        return blocks
    for one in blocks.value:
        named, value = one.text("name"), one.text("value")
        if isinstance(named, Unknown):
            return named
        found[(named.value or "").lower()] = value if isinstance(value, Unknown) else Known((value.value or "").lower(), value.via)
    return Known(found, blocks.via)


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
