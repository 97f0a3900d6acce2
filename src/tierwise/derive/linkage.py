"""Whether a store in which data of others comes together is declared as its inputs are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tierwise.derive.links import Estate, links_of
from tierwise.derive.partial import derived, most_telling, open_fact
from tierwise.derive.scene import Scene
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import DATA, Rel, Resource
from tierwise.model.sensitivity import Classification

_INPUTS: Final = "the tiers of its inputs"


def inputs_covered(
    estate: Estate, store: Resource, classifications: Mapping[str, Classification], missing: Unknown | None, scene: Scene | None
) -> AnyFact:
    """`linkage.inputs_covered`: a store that data of two others goes into is declared at the highest tier of them.

    `missing` is why an input could exist that nothing shows.
    """
    inputs = {one.id: one for one in estate.sources(store.id, Rel.REPLICATES_TO, Rel.EXPORTS_TO) if one.kind in DATA}
    unread: list[Unknown] = [missing] if missing else []
    for link in links_of(store, Rel.COPY_OF):
        source = estate.find(link)
        if source is not None and link.unknown is None:
            inputs[source.id] = source
        else:
            unread.append(link.unknown or (scene.absent(_INPUTS, store, link.to, DATA) if scene else _outside(link.to)))
    inputs.pop(store.id, None)
    found = classifications.get(store.id)
    if found is None:
        return Unknown(UnknownReason.TIER_UNDETERMINED, derived(_INPUTS), "the resource was not classified")
    tiers = [classifications[key].interval for key in inputs if key in classifications]
    least = max((one.lo for one in tiers), default=None)
    if least is not None and len(inputs) > 1 and found.declared is not None and found.declared < least:
        return Known(value=False, via=derived(_INPUTS, *sorted(inputs)))
    if len(inputs) < 2:
        return open_fact(_INPUTS, _telling(unread)) if unread else NotApplicable("it has fewer than two inputs", derived(_INPUTS))
    if found.declared is None:
        if found.unread:
            return Unknown(UnknownReason.TIER_UNDETERMINED, derived(_INPUTS, *found.unread), "whether it is declared could not be read")
        return Known(value=False, via=derived(_INPUTS, *sorted(inputs)))
    if unread:
        return open_fact(_INPUTS, _telling(unread))
    if all(found.declared >= one.hi for one in tiers) and len(tiers) == len(inputs):
        return Known(value=True, via=derived(_INPUTS, *sorted(inputs)))
    return Unknown(UnknownReason.TIER_UNDETERMINED, derived(_INPUTS), "the tier of an input is open")


def _outside(target: str) -> Unknown:
    return Unknown(UnknownReason.OUT_OF_SCOPE, derived(_INPUTS, target), f"{target} is outside what was scanned")


def _telling(unread: Iterable[Unknown]) -> Unknown:
    return most_telling(unread) or NOT_COLLECTED
