"""What is known of each resource by its own evidence, weighed; what many have alike is kept once."""

from __future__ import annotations

from typing import Final

import msgspec

from tierwise.classify.attest import NOT_ATTESTED, Attested, attested
from tierwise.classify.declared import declared
from tierwise.classify.gather import Context, Gathered, gather
from tierwise.classify.sign import Sign
from tierwise.classify.weigh import Weighed, weigh
from tierwise.model.fact import Unknown
from tierwise.model.resource import HELD, Kind, Resource
from tierwise.model.sensitivity import PersonalData, Tier, TraceStep

EVIDENCED: Final = HELD | {Kind.DATA_CATALOG, Kind.DATASET}
"""Kinds whose own evidence counts; every other kind takes the tier of what it serves."""


class Said(msgspec.Struct, frozen=True, gc=False):
    """What evidence says beside the tier."""

    dataset: str
    owner: str
    personal_data: PersonalData
    """What declarations say on personal data, where no finding does."""
    corrected: tuple[TraceStep, ...]
    """What evidence corrections set aside."""
    unread: tuple[Unknown, ...]
    """Evidence that was due and could not be read."""


class Own(msgspec.Struct, frozen=True, gc=False):
    """What is known of a resource before links are followed."""

    kind: Kind
    said: Said
    weighed: Weighed
    attested: Attested
    floor: Tier
    """Of its kind, by the profile."""
    default: Tier
    """What is assumed where everything is silent."""

    @property
    def speaks(self) -> bool:
        """Whether its own evidence, or an attestation, bears on the tier."""
        return self.weighed.state is not None or bool(self.attested.active)

    @property
    def before_attestation(self) -> Tier:
        """The tier of its own evidence; where only an attestation speaks, the assumption stands for it."""
        return self.weighed.outcome.tier if self.weighed.state is not None else self.default


def cleared(own: Own, at_risk: int) -> bool:
    """Whether it is attested, and may be, that the data is about nobody."""
    return own.attested.says_no_people and not at_risk


def evidence_of(resource: Resource, context: Context) -> Gathered:
    """The evidence of one resource; kinds that hold no data have none of their own."""
    if resource.kind not in EVIDENCED:
        return Gathered(declared(resource, context.known, context.register))
    return gather(resource, context)


class Weighing:
    """Evidence on its way to tiers. What is equal is weighed, and kept, once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._weighed: dict[tuple[Sign, ...], Weighed] = {}
        self._owns: dict[tuple[object, ...], Own] = {}

    def own(self, resource: Resource) -> Own:
        """What is known of one resource before links are followed."""
        context = self._context
        gathered, vouched = evidence_of(resource, context), NOT_ATTESTED
        if resource.kind in EVIDENCED:
            vouched = attested(resource, gathered.said.dataset, gathered.said.possible, context.corrections, context.today)
        weighed = self._weighed.get(gathered.signs)
        if weighed is None:
            weighed = self._weighed[gathered.signs] = weigh(gathered.signs, context.profile)
        said = Said(gathered.said.dataset, gathered.said.owner, gathered.personal_data, gathered.corrected, gathered.unread)
        key = (resource.kind, id(weighed), vouched, said)
        if key not in self._owns:
            floor = context.profile.kind_floors.get(resource.kind.value, Tier.T0)
            default = context.profile.assumed_tier if resource.kind in HELD else Tier.T1
            self._owns[key] = Own(resource.kind, said, weighed, vouched, floor, default)
        return self._owns[key]
