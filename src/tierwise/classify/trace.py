"""From the values at the fixed point to a classification: tier, interval, state, and a trace in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nsmallest

import msgspec
from msgspec import structs

from tierwise.classify.attest import Attested
from tierwise.classify.flow import Edge, Estate, phrase
from tierwise.classify.gather import Gathered
from tierwise.classify.openness import named
from tierwise.classify.scale import measured
from tierwise.classify.weigh import Weighed
from tierwise.model.profile import Profile
from tierwise.model.resource import HELD, Gap, Kind, Rel, Resource
from tierwise.model.sensitivity import Classification, PersonalData, Tier, TierInterval, TierState, TraceStep


class Place(msgspec.Struct, frozen=True, gc=False):
    """One resource at the fixed point."""

    place: int
    resource: Resource
    gathered: Gathered
    weighed: Weighed
    attested: Attested
    floor: Tier
    default: Tier
    speaks: bool
    """Its own evidence, or an attestation, bears on the tier."""
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
    personal: PersonalData

    @property
    def open(self) -> bool:
        """Whether something that could not be read may change the tier."""
        return self.ceiling is not None


class Settled:
    """All places at the fixed point with the edges between them; of what is read together, the members that explain best are found once."""

    def __init__(self, places: Sequence[Place], estate: Estate) -> None:
        self.places = places
        self.estate = estate
        self._highest = [nsmallest(2, filter(self._told, members), key=self._by_tier) for members in estate.groups]
        self._unsettled = [nsmallest(2, filter(self._open, members), key=self._by_id) for members in estate.groups]

    def highest(self, place: int) -> Edge | None:
        """The edge that explains an inherited tier best: the highest giver, by relation and id where several are equal."""
        edges = [edge for edge in self._edges(place, self._highest) if self._told(edge.giver)]
        return min(edges, key=lambda edge: (-self.places[edge.giver].low, edge.rel or "", self._by_id(edge.giver)), default=None)

    def unsettled(self, place: int) -> Edge | None:
        """The first edge, by id and relation, from a giver whose tier is open."""
        edges = [edge for edge in self._edges(place, self._unsettled) if self._open(edge.giver)]
        return min(edges, key=lambda edge: (self._by_id(edge.giver), edge.rel or ""), default=None)

    def copied(self, place: int) -> list[Edge]:
        """The edges from what a resource is a copy of."""
        return [edge for edge in self.estate.taken_by[place] if edge.copy]

    def _edges(self, place: int, chosen: Sequence[Sequence[int]]) -> Iterator[Edge]:
        for edge in self.estate.taken_by[place]:
            group = edge.giver - len(self.places)
            if group < 0:
                yield edge
            else:
                # Two were kept, for a reader that is a member itself.
                yield from (structs.replace(edge, giver=member) for member in chosen[group] if member != place)

    def _told(self, place: int) -> bool:
        return self.places[place].told or self.places[place].low > Tier.T0

    def _open(self, place: int) -> bool:
        return self.places[place].open

    def _by_id(self, place: int) -> str:
        return self.places[place].resource.id

    def _by_tier(self, place: int) -> tuple[int, str]:
        return -self.places[place].low, self._by_id(place)


def classification(place: Place, settled: Settled, profile: Profile) -> Classification:
    """The classification of one resource."""
    places = settled.places
    giver = settled.highest(place.place)
    state = _state(place)
    printed, interval = place.printed, TierInterval(place.printed, place.printed)
    if place.ceiling is not None:
        printed = max(place.low, min(place.default, place.ceiling)) if place.told else place.printed
        interval = TierInterval(place.low, max(place.ceiling, printed))
    evidence = place.weighed
    understated = _understated(place, settled)
    return Classification(
        tier=printed,
        interval=interval,
        state=state,
        personal_data=place.personal,
        declared=evidence.declared,
        inferred=evidence.inferred,
        marking=evidence.marking,
        categories=tuple(sorted({one.category for one in evidence.body.categories})),
        subjects=evidence.body.subjects,
        confidence=_confidence(place, state, giver, places),
        trace=_trace(place, giver, settled, profile, understated=understated),
        understated=understated,
        dataset=_dataset(place, settled),
        owner=place.gathered.said.owner or _account_owner(place, settled),
        unread=tuple(sorted(place.unread)) if place.open else (),
    )


def _state(place: Place) -> TierState:
    own = place.weighed.state or (TierState.REGISTERED if place.attested.active else None)
    if own is not None and place.start >= place.low:
        return TierState.INFERRED if place.floor >= place.low and place.floor > place.weighed.outcome.tier else own
    if place.told and (place.open or place.printed == place.low):
        return TierState.INHERITED
    if not place.told and place.floor > place.default and place.printed == place.floor:
        return TierState.INFERRED
    return TierState.ASSUMED


def _confidence(place: Place, state: TierState, giver: Edge | None, places: Sequence[Place]) -> float:
    match state:
        case TierState.DECLARED | TierState.REGISTERED:
            return 1.0
        case TierState.INFERRED:
            return place.weighed.confidence if place.weighed.state is not None else 1.0
        case TierState.INHERITED:
            return places[giver.giver].weighed.confidence if giver is not None and places[giver.giver].speaks else 1.0
        case TierState.ASSUMED:
            return 0.0


def _understated(place: Place, settled: Settled) -> bool:
    declared = place.weighed.declared
    if declared is None:
        return False
    found = [tier for tier in (place.weighed.inferred,) if tier is not None]
    givers = (settled.places[edge.giver] for edge in settled.copied(place.place))
    found += [giver.low for giver in givers if giver.told]
    return any((tier if place.at_risk else place.attested.lowered(tier)) > declared for tier in found)


def _dataset(place: Place, settled: Settled) -> str:
    """Its own dataset, or that of what it is a copy of."""
    seen: set[int] = set()
    while place.place not in seen:
        seen.add(place.place)
        if place.gathered.said.dataset:
            return place.gathered.said.dataset
        sources = [settled.places[edge.giver] for edge in settled.copied(place.place)]
        if not sources:
            return ""
        place = min(sources, key=lambda one: (-one.low, one.resource.id))
    return ""


def _account_owner(place: Place, settled: Settled) -> str:
    if place.resource.kind not in HELD:
        return ""
    inside = sorted(edge.taker for edge in settled.estate.given_by[place.place] if edge.rel is None)
    holders = (settled.places[taker] for taker in inside)
    return next((one.gathered.said.owner for one in holders if one.resource.kind is Kind.ACCOUNT), "")


def _trace(place: Place, giver: Edge | None, settled: Settled, profile: Profile, *, understated: bool) -> tuple[TraceStep, ...]:
    steps = [*place.weighed.outcome.steps, *place.gathered.corrected]
    if place.weighed.state is None and place.attested.active:
        steps.append(
            TraceStep("assume", f"before the attestation it counts as {place.default.label}, the profile's assumption", place.default)
        )
    before = place.weighed.outcome.tier if place.weighed.state is not None else place.default
    steps += place.attested.steps(before, at_risk=place.at_risk)
    if place.floor > Tier.T0 and place.floor >= place.low:
        steps.append(
            TraceStep(
                "kind-floor",
                f"a {place.resource.kind.value} is never below {place.floor.label}, whatever is declared",
                place.floor,
                profile.id,
            )
        )
    if giver is not None and (place.low > place.start or not place.speaks):
        steps.append(_inherit_step(giver, settled.places))
    if understated:
        text = f"declarations give {(place.weighed.declared or Tier.T0).label}, other evidence more: the higher tier applies, and the declaration is a finding"
        steps.append(TraceStep("understated", text, None))
    steps += _note_scale(place)
    if not place.told:
        steps.append(_assume_step(place))
    elif place.printed > place.low:
        steps.append(
            TraceStep("assume", f"some of what it serves says nothing, and counts as {place.printed.label}", place.printed, profile.id)
        )
    return (*steps, *_open_steps(place, settled))


def _inherit_step(edge: Edge, places: Sequence[Place]) -> TraceStep:
    giver, taker = places[edge.giver], places[edge.taker]
    because = f"it {phrase(edge, giver.resource, taker.resource)}, which is {giver.low.label}"
    if taker.attested.active and not taker.at_risk and taker.attested.lowered(giver.low) < giver.low:
        because += f"; as attested, {taker.attested.lowered(giver.low).label}"
    return TraceStep("inherit", because, giver.low, giver.resource.id)


def _assume_step(place: Place) -> TraceStep:
    if place.resource.kind not in HELD:
        if place.printed > place.default:
            return TraceStep("assume", f"what it serves says nothing of its data, and counts as {place.printed.label}", place.printed)
        return TraceStep(
            "assume",
            f"a {place.resource.kind.value} takes the tier of what it serves, and serves nothing that is known: {place.printed.label}",
            place.printed,
        )
    return TraceStep("assume", f"nothing says what it holds, so the profile's assumption applies: {place.printed.label}", place.printed)


def _note_scale(place: Place) -> list[TraceStep]:
    about_people = place.weighed.personal and place.weighed.body.categories and not place.at_risk
    found = measured(place.resource) if about_people else None
    if found is None:
        return []
    declared = place.weighed.body.subjects
    if declared is None:
        text = f"it is about {found.words}; that is no count of people, so nothing is raised until somebody declares how many the data is about"
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
        for one in place.gathered.unread
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
            why = f"where {len(loose.givers)} resource(s) lead by a link that could not be read is not known, and it may be here"
            steps.append(TraceStep("loose-link", why, None, named(loose.unread[0])))
    if not steps and (edge := settled.unsettled(place.place)) is not None:
        giver = settled.places[edge.giver].resource
        steps.append(TraceStep("inherit-open", f"it {phrase(edge, giver, place.resource)}, whose tier is not settled", None, giver.id))
    return steps
