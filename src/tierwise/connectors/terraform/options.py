"""What an option group of this plan adds to an RDS engine: the audit plugin of MariaDB and MySQL, the network encryption of Oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tierwise.connectors.terraform.parameters import group_of
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason

GROUP: Final = "aws_db_option_group"
_PLUGIN, _EVENTS = "MARIADB_AUDIT_PLUGIN", "SERVER_AUDIT_EVENTS"
_NATIVE, _SERVER = "NATIVE_NETWORK_ENCRYPTION", "SQLNET.ENCRYPTION_SERVER"
Settings = Mapping[str, Maybe[str]]


def options_of(plan: Plan, database: Planned) -> Maybe[Mapping[str, Node]] | None:
    """The options of the group that a database names, by name; None where it names none that is in this plan."""
    group, _ = group_of(plan, database, "option_group_name", GROUP)
    listed = group.root.blocks("option") if group is not None else None
    if listed is None or isinstance(listed, Unknown):
        return listed
    found: dict[str, Node] = {}
    for option in listed.value:
        name = option.text("option_name")
        if isinstance(name, Unknown):
            return name
        found[(name.value or "").upper()] = option
    return Known(found, listed.via)


def audits(options: Maybe[Mapping[str, Node]]) -> Maybe[bool]:
    """Whether the audit plugin records queries; it records connections and queries where no events are set (RDS User Guide, MariaDB Audit Plugin)."""
    if isinstance(options, Unknown):
        return options
    option = options.value.get(_PLUGIN)
    if option is None:
        return Known(False, options.via)
    events = _setting(option, _EVENTS)
    if isinstance(events, Unknown):
        return events
    words = {word.strip().upper() for word in (events.value or "CONNECT,QUERY").split(",")}
    return Known("QUERY" in words, events.via)


def encrypts(options: Maybe[Mapping[str, Node]]) -> Maybe[bool]:
    """Whether Oracle refuses plaintext: native encryption that is required; requested is the default (RDS User Guide, native network encryption)."""
    if isinstance(options, Unknown):
        return options
    option = options.value.get(_NATIVE)
    if option is None:
        return Known(False, options.via)
    mode = _setting(option, _SERVER)
    return mode if isinstance(mode, Unknown) else Known((mode.value or "").upper() == "REQUIRED", mode.via)


def _setting(option: Node, wanted: str) -> Maybe[str | None]:
    listed = option.blocks("option_settings")
    if isinstance(listed, Unknown):
        return listed
    for one in listed.value:
        name = one.text("name")
        if isinstance(name, Unknown):
            return Unknown(UnknownReason(name.reason), name.via, "the name of a setting is not known")
        if (name.value or "").upper() == wanted:
            return one.text("value")
    return Known(None, listed.via)
