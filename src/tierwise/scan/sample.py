"""Between the two stages: which stores are looked into, from where that is allowed, and what it may cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from tierwise.content.blob import Bounds
from tierwise.content.budget import Budget, Limits
from tierwise.content.look import Looker
from tierwise.derive.regions import countries_of
from tierwise.model.content import Depth, Look
from tierwise.model.register import Register
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Classification, Tier
from tierwise.scan.assess import Assessed, Judging
from tierwise.scan.pool import Pool

LOOKED_INTO: Final = frozenset({Kind.OBJECT_STORE, Kind.DOCUMENT_DB})
"""An account of Azure's that has file shares alone is of a type that is looked into, and is not."""
SETTLED: Final = Tier.T4
"""A store at this tier needs no look: nothing that could be found inside raises it."""
_PROVIDERS: Final = ("aws", "azure", "gcp")


@dataclass(frozen=True, slots=True)
class Sampling:
    """What of stores is looked at, and from where."""

    depth: Depth
    location: str
    """The region or country in which the scan runs."""
    stated: bool
    """Whether a person said so; else it is the platform's word, and holds only for stores that lie there or may be handled there."""
    limits: Limits
    dry_run: bool = False


def sample(pool: Pool, assessed: Assessed, judging: Judging, sampling: Sampling) -> bool:
    """Look into the stores that are not settled and allow it; whether there is new evidence."""
    collected = pool.collected
    wanted: list[str] = []
    types = pool.looked_into
    for key, resource in assessed.estate.resources.items():
        if resource.type in types and resource.kind in LOOKED_INTO and resource.address is None:
            refused = _refused(resource, assessed.classifications[key], judging.register, sampling)
            if refused:
                collected.looks.append(Look(key, sampling.depth, refused=refused))
            else:
                wanted.append(key)
    looker = Looker(sampling.depth, Budget(sampling.limits, time.monotonic))
    if sampling.dry_run:
        collected.looks += [_planned(assessed.estate.resources[key], sampling) for key in wanted]
        return False
    pool.look(wanted, looker)
    return any(look.found or look.blocked for look in collected.looks)


def _refused(resource: Resource, known: Classification, register: Register, sampling: Sampling) -> str:
    """Why a store is not looked into; empty where it is."""
    if known.tier >= SETTLED and known.state.value != "assumed":
        return f"settled: {known.tier.label}"
    places = [region for entry in register.entries if entry.selector.matches(resource) for region in entry.regions]
    here = _countries(sampling.location)
    if places and not any(place.lower() == sampling.location.lower() or here & _countries(place) for place in places):
        return f"its data may be handled in {', '.join(places)} only, and this runs in {sampling.location}"
    if not sampling.stated and not places and resource.region.lower() != sampling.location.lower():
        return f"nobody has said that data of {resource.region} may be handled in {sampling.location}: state --processing-location"
    return ""


def _countries(place: str) -> frozenset[str]:
    found = frozenset(country for provider in _PROVIDERS for country in countries_of(provider, place) or ())
    return found or frozenset({place.upper()})


def _planned(resource: Resource, sampling: Sampling) -> Look:
    """The most that a look into a store takes: what the limits and the bounds of an object allow."""
    limits, bounds = sampling.limits, Bounds()
    if resource.kind is Kind.DOCUMENT_DB:
        return Look(resource.id, sampling.depth, planned=True, requests=4 if sampling.depth is Depth.CONTENT else 0, objects=0)
    objects = limits.objects if sampling.depth is Depth.CONTENT else 0
    most = min(limits.store_bytes, objects * bounds.head)
    return Look(resource.id, sampling.depth, planned=True, objects=objects, bytes=most, requests=limits.listings + objects)
