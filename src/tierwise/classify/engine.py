"""Classification of a whole run: own evidence, what flows along links, the assumption where all is silent, and the trace of it all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Final

import msgspec

from tierwise.classify import tags
from tierwise.classify.attest import NOT_ATTESTED, Attested, attested
from tierwise.classify.declared import declared
from tierwise.classify.flow import Edge, Estate
from tierwise.classify.gather import Context, Gathered, gather
from tierwise.classify.openness import causes_of, ceilings_of, named
from tierwise.classify.propagate import reach, spread
from tierwise.classify.sign import Sign
from tierwise.classify.trace import Place, Settled, classification
from tierwise.classify.weigh import Weighed, weigh
from tierwise.model.profile import Profile
from tierwise.model.register import Corrections, Register, matches_glob, names
from tierwise.model.resource import DATA, HELD, PRINCIPALS, Gap, Kind, Link, Resource
from tierwise.model.sensitivity import Classification, PersonalData, Tier

EVIDENCED: Final = HELD | {Kind.DATA_CATALOG, Kind.DATASET}
"""Kinds whose own evidence counts; every other kind takes the tier of what it serves."""
_SERVES_HELD: Final = PRINCIPALS | {Kind.KEY, Kind.ACCOUNT, Kind.ORGANISATION, Kind.BACKUP_PLAN}
_SERVES_DATA: Final = frozenset({Kind.LOG_STORE, Kind.AUDIT_TRAIL, Kind.DATA_CATALOG})
_FILLED_BY: Final[Mapping[Kind, frozenset[Kind]]] = {
    Kind.OBJECT_STORE: frozenset({Kind.WAREHOUSE, Kind.AUDIT_TRAIL, Kind.DATA_CATALOG}),
    Kind.LOG_STORE: frozenset({Kind.AUDIT_TRAIL}),
    Kind.STREAM: frozenset({Kind.RELATIONAL_DB, Kind.QUEUE}),
    Kind.DOCUMENT_DB: frozenset({Kind.DATA_CATALOG}),
    Kind.RELATIONAL_DB: frozenset({Kind.DATA_CATALOG}),
    Kind.WAREHOUSE: frozenset({Kind.DATA_CATALOG}),
    Kind.BACKUP_VAULT: frozenset({Kind.BACKUP_PLAN}),
}
"""Kinds, other than its own, that log, export or store into a kind, or describe it."""
_REGIONAL: Final = frozenset({Kind.KEY, *_FILLED_BY})


class Own(msgspec.Struct, frozen=True, gc=False):
    """What is known of one resource before links are followed."""

    resource: Resource
    gathered: Gathered
    weighed: Weighed
    attested: Attested
    floor: Tier
    """Of its kind, by the profile."""
    default: Tier
    """What is assumed where everything is silent."""

    @property
    def speaks(self) -> bool:
        """Whether its own evidence bears on the tier."""
        return self.weighed.state is not None or bool(self.attested.active)

    @property
    def before_attestation(self) -> Tier:
        """The tier of its own evidence; where only an attestation speaks, the assumption stands for it."""
        return self.weighed.outcome.tier if self.weighed.state is not None else self.default


def classify(
    resources: Sequence[Resource],
    profile: Profile,
    register: Register,
    corrections: Corrections,
    *,
    gaps: Sequence[Gap] = (),
    today: date,
    external: Collection[str] = (),
) -> dict[str, Classification]:
    """The classification of every resource by its id, in the order given; the order changes nothing else.

    `external` lists ids that are known to lie outside the estate: a copy of one of them is judged by its own evidence.
    """
    context = Context(profile, tags.dictionary(profile), register, corrections, today)
    seen: dict[tuple[Sign, ...], Weighed] = {}
    owns = [own_evidence(resource, context, seen) for resource in resources]
    estate = Estate(resources, frozenset(external), kept_links(context))
    settled = Settled(_settle(owns, estate, tuple(gap for gap in gaps if not gap.expected)), estate)
    return {place.resource.id: classification(place, settled, profile) for place in settled.places}


def own_evidence(resource: Resource, context: Context, seen: dict[tuple[Sign, ...], Weighed]) -> Own:
    """The evidence of one resource; kinds that hold no data have none of their own. Equal evidence, kept in `seen`, is weighed once."""
    if resource.kind not in EVIDENCED:
        said = declared(resource, context.known, context.register)
        gathered, vouched = Gathered(said), NOT_ATTESTED
    else:
        gathered = gather(resource, context)
        datasets = frozenset({gathered.said.dataset, *gathered.said.possible})
        vouched = attested(resource, datasets, context.corrections, context.today)
    floor = context.profile.kind_floors.get(resource.kind.value, Tier.T0)
    default = context.profile.assumed_tier if resource.kind in HELD else Tier.T1
    weighed = seen.get(gathered.signs)
    if weighed is None:
        weighed = seen[gathered.signs] = weigh(gathered.signs, context.profile)
    return Own(resource, gathered, weighed, vouched, floor, default)


def kept_links(context: Context) -> Callable[[Resource, Link], bool]:
    """Which links count: not one that waits, whose holder is below T2; a correction of rule `inherit` removes one, `source` being the other end as the link names it."""
    live = [one for one in context.corrections.corrections if one.expires >= context.today and matches_glob(one.rule, "inherit")]
    return lambda resource, link: (
        not (link.waits or any(matches_glob(one.source, link.to) and names(one.resource, resource) for one in live))
    )


def _settle(owns: Sequence[Own], estate: Estate, gaps: tuple[Gap, ...]) -> list[Place]:
    """Each resource's values at the fixed point. The places after the resources', for what is read together, say nothing of their own."""
    silent = [False] * len(estate.groups)
    risky = reach([*(own.weighed.at_risk for own in owns), *silent], estate.given_by, lambda _: True)

    def lowered(taker: int, tier: int) -> int:
        own = owns[taker].attested if taker < len(owns) else NOT_ATTESTED
        return tier if not own.active or risky[taker] else own.lowered(tier)

    starts = [*(_start(own, lowered(place, own.before_attestation)) for place, own in enumerate(owns)), *silent]
    low = spread(starts, estate.given_by, lambda edge, tier: lowered(edge.taker, tier))
    heard = reach([*(own.speaks for own in owns), *silent], estate.given_by, lambda edge: edge.whole)
    people = reach(
        [*(own.weighed.personal and not _cleared(own, risky[place]) for place, own in enumerate(owns)), *silent],
        estate.given_by,
        lambda edge: edge.copy and not _cleared(owns[edge.taker], risky[edge.taker]),
    )
    told = [heard[place] or (low[place] >= max(own.default, 1) and low[place] > starts[place]) for place, own in enumerate(owns)]
    printed = _printed(owns, estate, low, told)
    blind = [_blind(place, own, estate, gaps) for place, own in enumerate(owns)]
    ceilings = ceilings_of([*(one is not None for one in blind), *silent], printed, estate)
    unread = causes_of(
        [*(one or frozenset() for one in blind), *(frozenset() for _ in silent)],
        estate,
        chain.from_iterable(own.gathered.unread for own in owns),
    )
    return [
        Place(
            place, own.resource, own.gathered, own.weighed, own.attested, own.floor, own.default, own.speaks,
            start=Tier(starts[place]), low=Tier(low[place]), printed=Tier(printed[place]), told=told[place],
            ceiling=_ceiling(ceilings[place], low[place], told=told[place]), unread=unread[place], at_risk=risky[place],
            gaps=tuple(gap for gap in gaps if could_hide(gap, own.resource)),
            personal=_personal(own, found=people[place], at_risk=risky[place]),
        )
        for place, own in enumerate(owns)
    ]  # fmt: skip


def _start(own: Own, tier: int) -> int:
    return max(tier if own.speaks else Tier.T0, own.floor)


def _ceiling(possible: Tier | None, low: int, *, told: bool) -> Tier | None:
    """How high it may be after all, or None where nothing that could not be read can change what is printed."""
    return None if possible is None or (told and possible <= low) else possible


def _blind(place: int, own: Own, estate: Estate, gaps: tuple[Gap, ...]) -> frozenset[str] | None:
    """What would have to be read to settle the resource's own tier; None where nothing is missing, empty where it cannot be named."""
    hidden = [gap for gap in gaps if could_hide(gap, own.resource)]
    adrift = estate.adrift.get(place, [])
    if any(link.unknown is None for link in adrift):
        # The source of a copy is not in the run: a listing that failed may be why.
        hidden += [gap for gap in gaps if gap.kinds & HELD and gap.provider == own.resource.provider]
    if not (own.gathered.unread or adrift or hidden):
        return None
    unknowns = (*own.gathered.unread, *(link.unknown for link in adrift if link.unknown is not None))
    return frozenset([*(named(one) for one in unknowns), *(gap.action for gap in hidden if gap.action)])


def could_hide(gap: Gap, resource: Resource) -> bool:
    """Whether a listing that failed could have held something that the resource serves, or that gives it its data."""
    serves = HELD if resource.kind in _SERVES_HELD else DATA if resource.kind in _SERVES_DATA else frozenset[Kind]()
    replicas = resource.kind in DATA and resource.kind in gap.kinds
    if gap.provider != resource.provider or not (gap.kinds & (serves | _FILLED_BY.get(resource.kind, frozenset())) or replicas):
        return False
    if resource.kind is not Kind.ORGANISATION and gap.account and gap.account != resource.account:
        return False
    # Keys, logs, catalogues and messages stay in a region; copies of a store of the same kind do not, nor what holds for the account.
    regional = (
        not replicas and resource.kind in _REGIONAL and gap.region and resource.region and "global" not in {gap.region, resource.region}
    )
    return not (regional and gap.region != resource.region)


def _printed(owns: Sequence[Own], estate: Estate, low: Sequence[int], told: Sequence[bool]) -> list[int]:
    """The tiers to print: those of the evidence, and where it is silent the assumption, which spreads only to what says nothing itself."""
    start = [low[place] if told[place] else max(low[place], own.default) for place, own in enumerate(owns)]
    deaf = [*(own.speaks for own in owns), *(False for _ in estate.groups)]

    def through(edge: Edge, tier: int) -> int:
        return tier if tier > low[edge.giver] and edge.whole and not deaf[edge.taker] else 0

    return spread([*start, *low[len(owns) :]], estate.given_by, through)


def _cleared(own: Own, at_risk: bool) -> bool:
    return own.attested.says_no_people and not at_risk


def _personal(own: Own, *, found: bool, at_risk: bool) -> PersonalData:
    if own.resource.kind not in EVIDENCED:
        return PersonalData.UNKNOWN
    if _cleared(own, at_risk):
        return PersonalData.NO
    if found:
        return PersonalData.YES
    return own.gathered.personal_data
