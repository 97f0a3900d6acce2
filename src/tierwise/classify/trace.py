"""From the values at the fixed point to a classification: tier, interval, state, and a trace in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final

import msgspec
from msgspec import structs

from tierwise.classify.flow import Edge, Estate, phrase
from tierwise.classify.openness import could_hide, named
from tierwise.classify.own import EVIDENCED, Own, cleared
from tierwise.classify.scale import measured
from tierwise.model.profile import Profile
from tierwise.model.resource import HELD, Gap, Kind, Rel, Resource
from tierwise.model.sensitivity import Classification, PersonalData, Tier, TierInterval, TierState, TraceStep
from tierwise.model.words import count

_NEAR: Final = 1_024
"""How many places are kept that others are explained by."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """One resource at the fixed point."""

    place: int
    resource: Resource
    own: Own
    start: Tier
    """What its own evidence and its kind give."""
    low: Tier
    """That, and what flowed in."""
    printed: Tier
    """The same, with the assumption where evidence is silent."""
    told: bool
    """Evidence of its own or of what it serves gives the tier."""
    ceiling: Tier | None
    """How high it may be because of what could not be read; None where its tier is settled."""
    unread: frozenset[str]
    """What would have to be read to settle it."""
    at_risk: bool
    gaps: tuple[Gap, ...]
    """Where its tier is open, the listings that failed and could hold what it serves."""
    people: bool
    """What it holds, or is a copy of, is found to be about people."""

    @property
    def open(self) -> bool:
        """Whether something that could not be read may change the tier."""
        return self.ceiling is not None


@dataclass(slots=True)
class Settled:
    """The values of all places at the fixed point, one sequence for each, with the edges between them; of what is read together, the members that explain best are found once."""

    estate: Estate
    owns: Sequence[Own]
    start: Sequence[int]
    low: Sequence[int]
    printed: Sequence[int]
    told: Sequence[int]
    ceilings: Sequence[Tier | None]
    unread: Sequence[frozenset[str]]
    at_risk: Sequence[int]
    people: Sequence[int]
    gaps: tuple[Gap, ...]
    _ids: list[str] = field(init=False)
    _near: dict[int, Place] = field(init=False, default_factory=dict)
    _highest: list[list[int]] = field(init=False)
    _unsettled: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self._ids = list(self.estate.ids)
        self._highest = [nsmallest(2, filter(self._told, members), key=self._by_tier) for members in self.estate.groups]
        self._unsettled = [nsmallest(2, filter(self._open, members), key=self._by_id) for members in self.estate.groups]

    def places(self, some: range) -> Iterator[Place]:
        """Those that follow one another from one of the resources to another."""
        return map(self._place, some, self.estate.resources[some.start : some.stop])

    def at(self, place: int) -> Place:
        """One of them."""
        if place not in self._near:
            if len(self._near) >= _NEAR:
                self._near.clear()
            self._near[place] = self._place(place, self.estate.resources[place])
        return self._near[place]

    def _place(self, place: int, resource: Resource) -> Place:
        ceiling = self.ceilings[place]
        return Place(
            place, resource, self.owns[place], Tier(self.start[place]), Tier(self.low[place]), Tier(self.printed[place]),
            bool(self.told[place]), ceiling, self.unread[place], bool(self.at_risk[place]),
            () if ceiling is None else tuple(gap for gap in self.gaps if could_hide(gap, resource)), bool(self.people[place]),
        )  # fmt: skip

    def highest(self, place: int) -> Edge | None:
        """The edge that explains an inherited tier best: the highest giver, by relation and id where several are equal."""
        edges = [edge for edge in self._edges(place, self._highest) if self._told(edge.giver)]
        return min(edges, key=lambda edge: (-self.low[edge.giver], edge.rel or "", self._by_id(edge.giver)), default=None)

    def unsettled(self, place: int) -> Edge | None:
        """The first edge, by id and relation, from a giver whose tier is open."""
        edges = [edge for edge in self._edges(place, self._unsettled) if self._open(edge.giver)]
        return min(edges, key=lambda edge: (self._by_id(edge.giver), edge.rel or ""), default=None)

    def copied(self, place: int) -> list[Edge]:
        """The edges from what a resource is a copy of."""
        return [edge for edge in self.estate.taken_by.get(place, ()) if edge.copy]

    def _edges(self, place: int, chosen: Sequence[Sequence[int]]) -> Iterator[Edge]:
        for edge in self.estate.taken_by.get(place, ()):
            group = edge.giver - len(self.owns)
            if group < 0:
                yield edge
            else:
                # Two were kept, for a reader that is a member itself.
                yield from (structs.replace(edge, giver=member) for member in chosen[group] if member != place)

    def _told(self, place: int) -> bool:
        return bool(self.told[place]) or self.low[place] > Tier.T0

    def _open(self, place: int) -> bool:
        return self.ceilings[place] is not None

    def _by_id(self, place: int) -> str:
        return self._ids[place]

    def _by_tier(self, place: int) -> tuple[int, str]:
        return -self.low[place], self._ids[place]


def classification(place: Place, settled: Settled, profile: Profile) -> Classification:
    """The classification of one resource."""
    giver = settled.highest(place.place)
    state = _state(place)
    printed, interval = place.printed, TierInterval(place.printed, place.printed)
    if place.ceiling is not None:
        printed = max(place.low, min(place.own.default, place.ceiling)) if place.told else place.printed
        interval = TierInterval(place.low, max(place.ceiling, printed))
    evidence = place.own.weighed
    understated = _understated(place, settled)
    return Classification(
        tier=printed,
        interval=interval,
        state=state,
        personal_data=_personal(place),
        declared=evidence.declared,
        inferred=evidence.inferred,
        marking=evidence.marking,
        categories=tuple(sorted({one.category for one in evidence.body.categories})),
        subjects=evidence.stated,
        confidence=_confidence(place, state, giver, settled),
        trace=_trace(place, giver, settled, profile, understated=understated),
        understated=understated,
        dataset=_dataset(place, settled),
        owner=place.own.said.owner or _account_owner(place, settled),
        unread=tuple(sorted(place.unread)) if place.open else (),
    )


def _personal(place: Place) -> PersonalData:
    if place.resource.kind not in EVIDENCED:
        return PersonalData.UNKNOWN
    if cleared(place.own, place.at_risk):
        return PersonalData.NO
    return PersonalData.YES if place.people else place.own.said.personal_data


def _state(place: Place) -> TierState:
    own = place.own.weighed.state or (TierState.REGISTERED if place.own.attested.active else None)
    if own is not None and place.start >= place.low:
        return TierState.INFERRED if place.own.floor >= place.low and place.own.floor > place.own.weighed.outcome.tier else own
    if place.told and (place.open or place.printed == place.low):
        return TierState.INHERITED
    if not place.told and place.own.floor > place.own.default and place.printed == place.own.floor:
        return TierState.INFERRED
    return TierState.ASSUMED


def _confidence(place: Place, state: TierState, giver: Edge | None, settled: Settled) -> float:
    match state:
        case TierState.DECLARED | TierState.REGISTERED:
            return 1.0
        case TierState.INFERRED:
            return place.own.weighed.confidence if place.own.weighed.state is not None else 1.0
        case TierState.INHERITED:
            own = settled.owns[giver.giver] if giver is not None else None
            return own.weighed.confidence if own is not None and own.speaks else 1.0
        case TierState.ASSUMED:
            return 0.0


def _understated(place: Place, settled: Settled) -> bool:
    declared = place.own.weighed.declared
    if declared is None:
        return False
    found = [tier for tier in (place.own.weighed.inferred,) if tier is not None]
    givers = (settled.at(edge.giver) for edge in settled.copied(place.place))
    found += [giver.low for giver in givers if giver.told]
    return any((tier if place.at_risk else place.own.attested.lowered(tier)) > declared for tier in found)


def _dataset(place: Place, settled: Settled) -> str:
    """Its own dataset, or that of what it is a copy of."""
    seen: set[int] = set()
    while place.place not in seen:
        seen.add(place.place)
        if place.own.said.dataset:
            return place.own.said.dataset
        sources = [settled.at(edge.giver) for edge in settled.copied(place.place)]
        if not sources:
            return ""
        place = min(sources, key=lambda one: (-one.low, one.resource.id))
    return ""


def _account_owner(place: Place, settled: Settled) -> str:
    if place.resource.kind not in HELD:
        return ""
    inside = sorted(edge.taker for edge in settled.estate.given_by.get(place.place, ()) if edge.rel is None)
    holders = (settled.at(taker) for taker in inside)
    return next((one.own.said.owner for one in holders if one.resource.kind is Kind.ACCOUNT), "")


def _trace(place: Place, giver: Edge | None, settled: Settled, profile: Profile, *, understated: bool) -> tuple[TraceStep, ...]:
    steps = [*place.own.weighed.outcome.steps, *place.own.said.corrected]
    if place.own.weighed.state is None and place.own.attested.active:
        steps.append(
            TraceStep(
                "assume", f"before the attestation it counts as {place.own.default.label}, the profile's assumption", place.own.default
            )
        )
    before = place.own.weighed.outcome.tier if place.own.weighed.state is not None else place.own.default
    steps += place.own.attested.steps(before, at_risk=place.at_risk)
    if place.own.floor > Tier.T0 and place.own.floor >= place.low:
        steps.append(
            TraceStep(
                "kind-floor",
                f"a {place.resource.kind.value} is never below {place.own.floor.label}, whatever is declared",
                place.own.floor,
                profile.id,
            )
        )
    if giver is not None and (place.low > place.start or not place.own.speaks):
        steps.append(_inherit_step(giver, settled))
    if understated:
        text = f"declarations give {(place.own.weighed.declared or Tier.T0).label}, other evidence more: the higher tier applies, and the declaration is a finding"
        steps.append(TraceStep("understated", text, None))
    steps += _note_scale(place)
    if not place.told:
        steps.append(_assume_step(place))
    elif place.printed > place.low:
        steps.append(
            TraceStep("assume", f"some of what it serves says nothing, and counts as {place.printed.label}", place.printed, profile.id)
        )
    return (*steps, *_open_steps(place, settled))


def _inherit_step(edge: Edge, settled: Settled) -> TraceStep:
    giver, taker = settled.at(edge.giver), settled.at(edge.taker)
    because = f"it {phrase(edge, giver.resource, taker.resource)}, which is {giver.low.label}"
    if taker.own.attested.lowers and not taker.at_risk and taker.own.attested.lowered(giver.low) < giver.low:
        because += f"; as attested, {taker.own.attested.lowered(giver.low).label}"
    return TraceStep("inherit", because, giver.low, giver.resource.id)


def _assume_step(place: Place) -> TraceStep:
    if place.resource.kind not in HELD:
        if place.printed > place.own.default:
            return TraceStep("assume", f"what it serves says nothing of its data, and counts as {place.printed.label}", place.printed)
        return TraceStep(
            "assume",
            f"a {place.resource.kind.value} takes the tier of what it serves, and serves nothing that is known: {place.printed.label}",
            place.printed,
        )
    return TraceStep("assume", f"nothing says what it holds, so the profile's assumption applies: {place.printed.label}", place.printed)


def _note_scale(place: Place) -> list[TraceStep]:
    about_people = place.own.weighed.personal and place.own.weighed.body.categories and not place.at_risk
    found = measured(place.resource) if about_people else None
    if found is None:
        return []
    declared = place.own.weighed.stated
    if declared is None:
        raised = f"it counts as about {found.low:,}" if found.low else "nothing is raised for their number"
        text = f"it is about {found.words}; nobody has declared how many, so that {raised}"
    elif declared < found.low or (found.high is not None and declared > found.high):
        text = f"{declared:,} people are declared, and it is about {found.words}"
    else:
        return []
    return [TraceStep("scale-note", text, None, "scale")]


def _open_steps(place: Place, settled: Settled) -> list[TraceStep]:
    if not place.open:
        return []
    steps = [
        TraceStep("unread", f"{named(one)} could not be read ({one.reason.value}), so it may be up to T4 exceptional", None, one.via.via)
        for one in place.own.said.unread
    ]
    for link in settled.estate.adrift.get(place.place, ()):
        if link.rel not in (Rel.COPY_OF, Rel.BACKUP_OF) and link.unknown is not None:
            what = "read could not be told" if link.rel is Rel.READS else "serve could not be read"
            text = f"what it may {what}, so that may be up to T4 exceptional"
            steps.append(TraceStep("unread", text, None, link.unknown.via.via))
            continue
        what = f"source, {link.to!r}, is not in what was scanned" if link.to else "source could not be read"
        steps.append(TraceStep("source-unlisted", f"it is a copy, and its {what}, so it may be up to T4 exceptional", None, link.to))
    for gap in place.gaps:
        steps.append(
            TraceStep("gap", f"what {gap.service} holds could not be listed ({gap.reason}), and it may serve that too", None, gap.action)
        )
    for loose in settled.estate.loose:
        if place.place in loose.takers:
            why = f"where {count(len(loose.givers), 'resource leads', 'resources lead')} by a link that could not be read is not known, and it may be here"
            steps.append(TraceStep("loose-link", why, None, named(loose.unread[0])))
    if not steps and (edge := settled.unsettled(place.place)) is not None:
        giver = settled.at(edge.giver).resource
        steps.append(TraceStep("inherit-open", f"it {phrase(edge, giver, place.resource)}, whose tier is not settled", None, giver.id))
    return steps
