"""Database parameters in force as far as a plan tells: of the groups in it, else the defaults that AWS documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tierwise.connectors.fields import whole
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.references import Resolved
from tierwise.model.database import Lookup, family
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

_FORCE_SSL: Final = "constant: RDS User Guide, requiring SSL: rds.force_ssl is 1 from PostgreSQL 15 on, 0 before"
_FORCE_SSL_AURORA: Final = "constant: Aurora User Guide, requiring SSL: rds.force_ssl is 1 from Aurora PostgreSQL 17 on, 0 before"
_TRANSPORT: Final = "constant: RDS User Guide, require_secure_transport is off by default (MariaDB: on from 11.8)"
_DOCDB: Final = "constant: DocumentDB Developer Guide, cluster parameters: tls is enabled and audit_logs disabled by default"
_NEPTUNE: Final = "constant: Neptune User Guide, parameters: neptune_enable_audit_log is 0 by default"

Named = tuple[Planned, str, str]
"""Who names a group, by which argument, and the type of the group."""


def lookup(plan: Plan, groups: Sequence[Named], engine: str, version: Maybe[str | None], database: Planned) -> Lookup:
    """The parameters in force, the group that overrides first; a group that is not in the plan hides what it could set."""
    via = database.at(groups[0][1]) if groups else database.root.via
    read = [_read(plan, *one) for one in groups]
    standard = _defaults(engine, version)

    def find(name: str) -> Maybe[str]:
        for values in read:
            if isinstance(values, Unknown):
                return values
            if name in values.value:
                return values.value[name]
        if name in standard:
            return standard[name]
        return Unknown(UnknownReason.NOT_COLLECTED, via, f"{name} has its engine's default, which the plan does not state")

    return find


def group_of(plan: Plan, planned: Planned, attribute: str, kind: str) -> tuple[Planned | None, Unknown | None]:
    """The parameter group of this plan that an argument names, and why it cannot be told where one is meant."""
    named = planned.root.text(attribute)
    way = plan.resolve(planned, planned.root, (attribute,), {kind})
    if isinstance(way, Resolved):
        return plan.by_address[way.address], None
    if isinstance(named, Known):
        for one in plan.by_type.get(kind, ()):
            if named.value and not one.is_gone and text_or(one.root, "name") == named.value:
                return one, None
        if named.value is None or named.value.startswith("default."):
            return None, None
        return None, Unknown(UnknownReason.UNRESOLVED_REFERENCE, named.via, f"parameter group {named.value} is not in this plan")
    if planned.root.is_computed(attribute) and planned.is_new:
        return None, None
    return None, named


def values_of(group: Planned) -> Maybe[Mapping[str, Maybe[str]]]:
    """The parameters that a group sets, each known or not."""
    blocks = group.root.blocks("parameter")
    if isinstance(blocks, Unknown):
        return blocks
    found: dict[str, Maybe[str]] = {}
    for one in blocks.value:
        name, value = one.text("name"), one.text("value")
        if isinstance(name, Unknown):
            return name
        if isinstance(value, Unknown):
            found[name.value or ""] = value
        elif value.value is not None:
            found[name.value or ""] = Known(value.value.strip().lower(), value.via)
    return Known(found, blocks.via)


def _read(plan: Plan, planned: Planned, attribute: str, kind: str) -> Maybe[Mapping[str, Maybe[str]]]:
    group, why = group_of(plan, planned, attribute, kind)
    if why is not None:
        return why
    return values_of(group) if group is not None else Known({}, planned.at(attribute))


def _defaults(engine: str, version: Maybe[str | None]) -> Mapping[str, Maybe[str]]:
    """The defaults that AWS documents."""
    sort = family(engine)
    major = version.value.split(".")[0] if isinstance(version, Known) and version.value else ""
    if sort == "postgres":
        aurora = engine.startswith("aurora")
        first = whole(major)
        if first is None:
            return {}
        on = first >= (17 if aurora else 15)
        return {"rds.force_ssl": Known("1" if on else "0", Provenance(_FORCE_SSL_AURORA if aurora else _FORCE_SSL))}
    if sort == "sqlserver":
        return {"rds.force_ssl": Known("0", Provenance("constant: RDS User Guide, SQL Server: rds.force_ssl is off by default"))}
    if engine in ("mysql", "aurora", "aurora-mysql"):
        return {"require_secure_transport": Known("0", Provenance(_TRANSPORT))}
    if engine == "mariadb" and (numbers := _numbers(version)):
        return {"require_secure_transport": Known("1" if numbers >= (11, 8) else "0", Provenance(_TRANSPORT))}
    if sort == "docdb":
        return {"tls": Known("enabled", Provenance(_DOCDB)), "audit_logs": Known("disabled", Provenance(_DOCDB))}
    if sort == "neptune":
        return {"neptune_enable_audit_log": Known("0", Provenance(_NEPTUNE))}
    return {}


def _numbers(version: Maybe[str | None]) -> tuple[int, ...]:
    parts = version.value.split(".")[:2] if isinstance(version, Known) and version.value else []
    numbers = tuple(number for part in parts if (number := whole(part)) is not None)
    return numbers if len(parts) == len(numbers) == 2 else ()
