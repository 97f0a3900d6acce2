"""What the second stage has to read: the facts that a selected control needs at a resource's tier and nobody has read yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from tierwise.connectors.base import link_name
from tierwise.derive.needs import OF_COPIES, is_copy, other_needs, own_needs
from tierwise.evaluate.compiled import CompiledControl
from tierwise.model.fact import NOT_COLLECTED, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Tier
from tierwise.model.vocabulary import find_spec
from tierwise.scan.assess import Assessed

NOTHING_MADE: Final[Mapping[str, frozenset[str]]] = {}
"""Before the first round of stage 2."""


def asked(
    assessed: Assessed,
    read: Mapping[str, Resource],
    compiled: Sequence[CompiledControl],
    made: Mapping[str, frozenset[str]] = NOTHING_MADE,
) -> dict[str, frozenset[str]]:
    """Per resource, the facts that a selected control needs at its highest possible tier and that nobody has read yet.

    With them the links that waited for the tier, whichever controls are selected: a tier does not depend on the selection. `read` are the
    resources as they were collected, `made` is what has been asked for already.
    """
    asked_of = by_kind(compiled)

    @cache
    def needs(kind: Kind, top: Tier, copy: bool) -> frozenset[str]:
        named = frozenset(name for control in asked_of.get(kind, ()) for name in control.facts[top])
        return own_needs(named if copy else named - OF_COPIES)

    wanted: dict[str, frozenset[str]] = {}
    for key, resource in assessed.estate.resources.items():
        copy = is_copy((link.rel for link in resource.links), (rel for rel, _ in assessed.estate.incoming.get(key, ())))
        wanted[key] = needs(resource.kind, assessed.classifications[key].interval.hi, copy)
    for key, resource in assessed.estate.resources.items():
        for rel, outgoing, name in other_needs(wanted[key]):
            ends = [link.to for link in resource.links if link.rel is rel] if outgoing else [
                other for incoming, other in assessed.estate.incoming.get(key, ()) if incoming is rel
            ]  # fmt: skip
            for other in ends:
                found = assessed.estate.resources.get(other)
                spec = find_spec(name)
                if found is not None and spec is not None and found.kind in spec.kinds:
                    wanted[other] = wanted[other] | own_needs(frozenset({name}))
    for key, resource in assessed.estate.resources.items():
        if assessed.classifications[key].interval.hi >= Tier.T2:
            wanted[key] = wanted[key].union(link_name(link.rel) for link in resource.links if link.waits)
    # Resources are many, and what is asked of them is alike.
    alike: dict[frozenset[str], frozenset[str]] = {}
    return {
        key: alike.setdefault(still, still)
        for key, names in wanted.items()
        if (still := frozenset(name for name in names - made.get(key, frozenset()) if _unread(read[key], name)))
    }


def _unread(resource: Resource, name: str) -> bool:
    fact = resource.facts.get(name, NOT_COLLECTED)
    return isinstance(fact, Unknown) and fact.reason is UnknownReason.NOT_COLLECTED


def by_kind(compiled: Sequence[CompiledControl]) -> dict[Kind, list[CompiledControl]]:
    """The controls that ask something of each kind."""
    found: dict[Kind, list[CompiledControl]] = defaultdict(list)
    for control in compiled:
        for kind in control.control.applies_to:
            found[kind].append(control)
    return found
