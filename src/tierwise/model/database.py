"""What database parameters say of TLS and of statement logging, engine by engine; pure. A parameter without a value is never a `no`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

Lookup: TypeAlias = Callable[[str], Maybe[str]]
"""A parameter's value in force, lower case; unknown where no group gives it."""

_ON = frozenset({"1", "on", "true", "enabled"})
_OFF = frozenset({"0", "off", "false", "disabled"})
_VERSIONS = {"tlsv1": "1.0", "tlsv1.0": "1.0", "tlsv1.1": "1.1", "tlsv1.2": "1.2", "tlsv1.3": "1.3"}
_NEPTUNE = "constant: Neptune User Guide, connecting with SSL/TLS: HTTPS and TLS 1.2 are required since engine 1.0.4.0"


def lookup(groups: Iterable[Maybe[Mapping[str, object] | None]], via: Provenance) -> Lookup:
    """A lookup over groups, the one that overrides first. A group that could not be read hides what it could have overridden."""
    ordered = tuple(groups)

    def find(name: str) -> Maybe[str]:
        for group in ordered:
            if isinstance(group, Unknown):
                return group
            value = (group.value or {}).get(name)
            if value not in (None, ""):
                return Known(str(value).strip().lower(), group.via)
        if any(isinstance(group, Known) and name in (group.value or {}) for group in ordered):
            return Unknown(UnknownReason.NOT_SUPPORTED, via, f"{name} has its engine's default, which the API does not state")
        return Unknown(UnknownReason.NOT_COLLECTED, via, f"{name} is not in the parameter group")

    return find


def family(engine: str) -> str:
    """The engine that decides names of parameters and logs: postgres, mysql, docdb, neptune, sqlserver, oracle, db2."""
    if engine in ("postgres", "aurora-postgresql"):
        return "postgres"
    if engine in ("mysql", "mariadb", "aurora", "aurora-mysql"):
        return "mysql"
    # custom-oracle-ee, custom-sqlserver-se, oracle-se2-cdb...
    return engine.removeprefix("custom-").partition("-")[0]


def on_cluster_storage(engine: str) -> bool:
    """Whether the engine keeps its data on a cluster volume that spans three zones."""
    return engine in ("docdb", "neptune") or engine.startswith("aurora")


def tls_required(engine: str, find: Lookup, via: Provenance) -> Maybe[bool]:
    """Whether plaintext connections are refused."""
    match family(engine):
        case "postgres" | "sqlserver":
            return _switch(find("rds.force_ssl"))
        case "mysql":
            return _switch(find("require_secure_transport"))
        case "docdb":
            found = find("tls")
            # DocumentDB Developer Guide, `tls`: disabled, or one of enabled, fips-140-3, tls1.2+, tls1.3+, which all require TLS.
            return found if isinstance(found, Unknown) else Known(found.value != "disabled", found.via)
        case "neptune":
            return Known(True, Provenance(_NEPTUNE))
        case _:
            return Unknown(UnknownReason.NOT_SUPPORTED, via, "this engine sets it in an option group, which is not read")


def min_tls(engine: str, find: Lookup, via: Provenance) -> Maybe[str]:
    """The lowest TLS version that is accepted."""
    match family(engine):
        case "postgres":
            return _lowest(find("ssl_min_protocol_version"))
        case "mysql":
            return _lowest(find("tls_version"))
        case "sqlserver":
            return _sqlserver(find)
        case "docdb":
            return _docdb(find("tls"))
        case "neptune":
            return Known("1.2", Provenance(_NEPTUNE))
        case _:
            return Unknown(UnknownReason.NOT_SUPPORTED, via, "this engine sets it in an option group, which is not read")


def recorded(engine: str, exports: frozenset[str], stream: bool, find: Lookup, via: Provenance) -> tuple[Maybe[bool], Maybe[bool]]:
    """Whether reads and changes of data are recorded with their principal.

    `exports` are the logs sent to CloudWatch Logs, `stream` a database activity stream that is started. Logs that stay on the
    instance do not count: RDS deletes them after days.
    """
    yes, no = Known(True, via), Known(False, via)
    if stream:
        return yes, yes
    match family(engine):
        case "mysql":
            # The audit log of MariaDB's and Aurora's audit plugin names user, host and statement; without the plugin there is none to export.
            if "audit" in exports:
                return yes, yes
            general = _switch(find("general_log")) if "general" in exports else no
            return general, general
        case "postgres":
            return _postgres(find) if "postgresql" in exports else (no, no)
        case "docdb":
            return _docdb_audit(find("audit_logs")) if "audit" in exports else (no, no)
        case "neptune":
            audit = _switch(find("neptune_enable_audit_log")) if "audit" in exports else no
            return audit, audit
        case _:
            if "audit" in exports:
                return yes, yes
            open_ = Unknown(UnknownReason.NOT_SUPPORTED, via, "this engine's audit is set in an option group, which is not read")
            return open_, open_


def _switch(value: Maybe[str]) -> Maybe[bool]:
    if isinstance(value, Unknown):
        return value
    if value.value in _ON | _OFF:
        return Known(value.value in _ON, value.via)
    return Unknown(UnknownReason.UNPARSABLE, value.via, "a parameter has neither on nor off as its value")


def _lowest(value: Maybe[str]) -> Maybe[str]:
    if isinstance(value, Unknown):
        return value
    versions = [_VERSIONS.get(word.strip()) for word in value.value.split(",")]
    found = sorted(version for version in versions if version)
    if len(found) != len(versions):
        return Unknown(UnknownReason.UNPARSABLE, value.via, "a parameter names an unknown TLS version")
    return Known(found[0], value.via)


def _sqlserver(find: Lookup) -> Maybe[str]:
    for name, version in (("rds.tls10", "1.0"), ("rds.tls11", "1.1"), ("rds.tls12", "1.2")):
        value = find(name)
        if isinstance(value, Unknown):
            return value
        if value.value == "enabled":
            return Known(version, value.via)
        if value.value != "disabled":
            # `default` leaves it to the version of Windows under the instance.
            return Unknown(UnknownReason.NOT_SUPPORTED, value.via, f"{name} is {value.value}", between=(version, "1.2"))
    return Unknown(UnknownReason.NOT_SUPPORTED, via=Provenance("rds:DescribeDBParameters"), detail="no version is enabled by name")


def _docdb(value: Maybe[str]) -> Maybe[str]:
    if isinstance(value, Unknown):
        return value
    match value.value:
        case "tls1.3+":
            return Known("1.3", value.via)
        case "tls1.2+" | "fips-140-3":
            return Known("1.2", value.via)
        case "disabled":
            return Known("none", value.via)
        case _:
            return Unknown(UnknownReason.NOT_SUPPORTED, value.via, "the version depends on the engine", between=("1.0", "1.2"))


def _docdb_audit(value: Maybe[str]) -> tuple[Maybe[bool], Maybe[bool]]:
    if isinstance(value, Unknown):
        return value, value
    # DocumentDB Developer Guide, event auditing: `enabled` is DDL only, dml_read and dml_write add reads and changes, `all` is everything.
    words = {word.strip() for word in value.value.split(",")}
    return Known(bool(words & {"all", "dml_read"}), value.via), Known(bool(words & {"all", "dml_write"}), value.via)


def _postgres(find: Lookup) -> tuple[Maybe[bool], Maybe[bool]]:
    libraries, classes, statements = find("shared_preload_libraries"), find("pgaudit.log"), find("log_statement")
    return (
        _either(_in(statements, {"all"}), _pgaudit(libraries, classes, "read")),
        _either(_in(statements, {"all", "mod"}), _pgaudit(libraries, classes, "write")),
    )


def _pgaudit(libraries: Maybe[str], classes: Maybe[str], wanted: str) -> Maybe[bool]:
    loaded = _in(libraries, {"pgaudit"})
    if isinstance(loaded, Unknown) or not loaded.value:
        return loaded
    if isinstance(classes, Unknown):
        return classes
    words = {word.strip() for word in classes.value.split(",")}
    return Known(bool(words & {wanted, "all"}) and f"-{wanted}" not in words, classes.via)


def _in(value: Maybe[str], wanted: set[str]) -> Maybe[bool]:
    if isinstance(value, Unknown):
        return value
    return Known(bool({word.strip() for word in value.value.split(",")} & wanted), value.via)


def _either(one: Maybe[bool], other: Maybe[bool]) -> Maybe[bool]:
    for fact in (one, other):
        if isinstance(fact, Known) and fact.value:
            return fact
    return one if isinstance(one, Unknown) else other
