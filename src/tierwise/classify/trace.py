"""From the values at the fixed point to a classification: tier, interval, state, and a trace in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.classify.attest import Attested
from tierwise.classify.flow import Edge, Estate, phrase
from tierwise.classify.gather import Gathered
from tierwise.classify.openness import named
from tierwise.classify.weigh import Weighed
from tierwise.model.fact import Known
from tierwise.model.profile import Profile
from tierwise.model.resource import HELD, Gap, Kind, Rel, Resource
from tierwise.model.sensitivity import Classification, PersonalData, Tier, TierInterval, TierState, TraceStep


@dataclass(frozen=True, slots=True)
class Place:
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


def classification(place: Place, places: Sequence[Place], estate: Estate, profile: Profile) -> Classification:
    """The classification of one resource."""
    giver = _giver(place, places, estate)
    state = _state(place)
    printed, interval = place.printed, TierInterval(place.printed, place.printed)
    if place.ceiling is not None:
        printed = max(place.low, min(place.default, place.ceiling)) if place.told else place.printed
        interval = TierInterval(place.low, max(place.ceiling, printed))
    evidence = place.weighed
    understated = _understated(place, places, estate)
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
        trace=_trace(place, giver, places, estate, profile, understated=understated),
        understated=understated,
        dataset=_dataset(place, places, estate),
        owner=place.gathered.said.owner or _account_owner(place, places, estate),
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


def _giver(place: Place, places: Sequence[Place], estate: Estate) -> Edge | None:
    """The edge that explains an inherited tier best: the highest giver, by id where several are equal."""
    edges = [edge for edge in estate.taken_by[place.place] if places[edge.giver].told or places[edge.giver].low > Tier.T0]
    if not edges:
        return None
    return min(edges, key=lambda edge: (-places[edge.giver].low, edge.rel or "", places[edge.giver].resource.id))


def _understated(place: Place, places: Sequence[Place], estate: Estate) -> bool:
    declared = place.weighed.declared
    if declared is None:
        return False
    found = [tier for tier in (place.weighed.inferred,) if tier is not None]
    found += [places[edge.giver].low for edge in estate.taken_by[place.place] if edge.copy and places[edge.giver].told]
    return any((tier if place.at_risk else place.attested.lowered(tier)) > declared for tier in found)


def _dataset(place: Place, places: Sequence[Place], estate: Estate) -> str:
    """Its own dataset, or that of what it is a copy of."""
    seen: set[int] = set()
    while place.place not in seen:
        seen.add(place.place)
        if place.gathered.said.dataset:
            return place.gathered.said.dataset
        sources = [edge for edge in estate.taken_by[place.place] if edge.copy]
        if not sources:
            return ""
        place = places[min(sources, key=lambda edge: (-places[edge.giver].low, places[edge.giver].resource.id)).giver]
    return ""


def _account_owner(place: Place, places: Sequence[Place], estate: Estate) -> str:
    if place.resource.kind not in HELD:
        return ""
    inside = (edge.taker for edge in estate.given_by[place.place] if edge.rel is None)
    return next((places[taker].gathered.said.owner for taker in sorted(inside) if places[taker].resource.kind is Kind.ACCOUNT), "")


def _trace(
    place: Place, giver: Edge | None, places: Sequence[Place], estate: Estate, profile: Profile, *, understated: bool
) -> tuple[TraceStep, ...]:
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
        steps.append(_inherit_step(giver, places))
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
    return (*steps, *_open_steps(place, places, estate))


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
    items = place.resource.facts.get("volume.items")
    about_people = place.weighed.personal and place.weighed.body.categories and not place.at_risk
    if not isinstance(items, Known) or place.weighed.body.subjects is not None or not about_people:
        return []
    text = f"it counts {items.value:,} items; items are not people, so nothing is raised until somebody declares how many people the data is about"
    return [TraceStep("scale-note", text, None, "volume.items")]


def _open_steps(place: Place, places: Sequence[Place], estate: Estate) -> list[TraceStep]:
    if not place.open:
        return []
    steps = [
        TraceStep("unread", f"{named(one)} could not be read ({one.reason.value}), so it may be up to T4 exceptional", None, one.via.via)
        for one in place.gathered.unread
    ]
    for link in estate.adrift.get(place.place, ()):
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
    for loose in estate.loose:
        if place.place in loose.takers:
            why = f"where {len(loose.givers)} resource(s) lead by a link that could not be read is not known, and it may be here"
            steps.append(TraceStep("loose-link", why, None, named(loose.unread[0])))
    if not steps:
        unsettled = (edge for edge in estate.taken_by[place.place] if places[edge.giver].open)
        givers = sorted(unsettled, key=lambda edge: (places[edge.giver].resource.id, edge.rel or ""))
        for edge in givers[:1]:
            giver = places[edge.giver].resource
            steps.append(TraceStep("inherit-open", f"it {phrase(edge, giver, place.resource)}, whose tier is not settled", None, giver.id))
    return steps
