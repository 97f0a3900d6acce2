"""The database flags that a planned Cloud SQL or AlloyDB instance sets."""

from __future__ import annotations

from tierwise.connectors.gcp_sql import Flags
from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.model.fact import Known, Maybe, Unknown


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
