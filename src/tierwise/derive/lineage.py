"""Copies that are stores of their own (clones, replicas, exports): how many there are of a store, and whether the register knows each."""

from __future__ import annotations

from typing import Final

from tierwise.derive.links import Estate, links_of
from tierwise.derive.partial import derived, most_telling, open_fact
from tierwise.derive.scene import Scene
from tierwise.model.fact import UNLIMITED, AnyFact, Known, NotApplicable, Provenance, Unknown
from tierwise.model.resource import DATA, Rel, Resource
from tierwise.model.sensitivity import Classification

_COUNT: Final = "copies by its links"
_LINE: Final = "the register's lines"
_GIVES: Final = (Rel.REPLICATES_TO, Rel.EXPORTS_TO)


def copy_count(estate: Estate, store: Resource, scene: Scene | None) -> AnyFact:
    """`copy.count`: the stores that hold its data again, and those that hold it from them."""
    found: dict[str, None] = {}
    unread: list[Unknown] = []
    waiting = [store]
    while waiting:
        one = waiting.pop()
        takers = [copy for copy in estate.sources(one.id, Rel.COPY_OF) if copy.kind in DATA]
        for link in links_of(one, *_GIVES):
            target = estate.find(link)
            if link.unknown is not None:
                unread.append(link.unknown)
            elif target is None:
                found.setdefault(link.to)
            elif target.kind in DATA:
                takers.append(target)
        for copy in takers:
            if copy.id != store.id and copy.id not in found:
                found[copy.id] = None
                waiting.append(copy)
    if scene is not None:
        hidden = scene.gap(DATA, store.provider)
        loose = scene.loose_end(Rel.COPY_OF, lambda holder: holder.kind in DATA and holder.provider == store.provider, store.provider)
        unread += [one for one in (hidden, loose) if one is not None]
    cause = most_telling(unread)
    if cause is None:
        return Known(len(found), derived(_COUNT, *sorted(found)))
    return open_fact(_COUNT, cause, between=(len(found), UNLIMITED))


def copy_registered(estate: Estate, store: Resource, own: AnyFact, missing: Unknown | None) -> AnyFact:
    """`copy.registered`: what the register says of a copy itself; `missing` is why a source could exist that nothing shows."""
    copied = list(links_of(store, Rel.COPY_OF))
    given = any(source.id != store.id for source in estate.sources(store.id, *_GIVES))
    if given or any(link.to and link.unknown is None for link in copied):
        return own
    cause = most_telling([*(link.unknown for link in copied if link.unknown is not None), *([missing] if missing else [])])
    return NotApplicable("it is no copy", derived(_COUNT)) if cause is None else open_fact(_COUNT, cause)


def resolves(own: AnyFact, found: Classification | None) -> AnyFact:
    """`register.resolves`: what the register says of the store itself, else of the dataset that it is a copy of."""
    if isinstance(own, Known) and own.value is False and found is not None and found.dataset:
        return Known(value=True, via=Provenance(derived(_LINE, own.via).via))
    return own
