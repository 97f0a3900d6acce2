"""Snapshots that are as encrypted as what they are taken of, under the same key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tierwise.connectors.terraform import converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.connectors.terraform.stores import neighbour
from tierwise.model.fact import FactSheet, Unknown, UnknownReason
from tierwise.model.resource import Link, Rel

INHERITED = ("encryption.at_rest", "encryption.key_custody")


def put_as_source(plan: Plan, snapshot: Planned, source: Planned | None, sheet: FactSheet) -> tuple[Link, ...]:
    """Sets encryption and whose key it is as its source has them; returns the link to the key."""
    lost = Unknown(UnknownReason.UNRESOLVED_REFERENCE, snapshot.root.via, "what it is taken of is not in this plan")
    found = converter.converters()[source.type].convert(source, plan) if source is not None else None
    for name in INHERITED:
        sheet.put(name, found.facts.get(name, lost) if found is not None else lost)
    return tuple(link for link in found.links if link.rel is Rel.USES_KEY) if found is not None else ()


def put_as_named(
    plan: Plan, snapshot: Planned, path: Sequence[Step], types: Iterable[str], keys: Sequence[str], sheet: FactSheet
) -> tuple[Link, ...]:
    """The same for a source that an argument names; with the link to it."""
    wanted = frozenset(types)
    own = put_as_source(plan, snapshot, neighbour(plan, snapshot, path, wanted, keys), sheet)
    return (*own, *plan.links(Rel.COPY_OF, snapshot, snapshot.root, path, wanted))
