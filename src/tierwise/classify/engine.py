"""Classification of a whole run: own evidence, what flows along links, the assumption where all is silent, and the trace of it all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Final

from tierwise.beside import in_two
from tierwise.classify import tags
from tierwise.classify.attest import NOT_ATTESTED
from tierwise.classify.flow import Edge, Estate, Head
from tierwise.classify.gather import Context
from tierwise.classify.openness import causes_of, ceilings_of, could_hide, named
from tierwise.classify.own import Own, Weighing, cleared
from tierwise.classify.propagate import reach, spread
from tierwise.classify.trace import Settled, classification
from tierwise.model.fact import Unknown
from tierwise.model.profile import Profile
from tierwise.model.register import Corrections, Register, matches_glob, names
from tierwise.model.resource import HELD, Gap, Link, Resource
from tierwise.model.sensitivity import Classification, Tier

_NOTHING: Final = frozenset[str]()


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
    ids = {resource.id: place for place, resource in enumerate(resources)}
    classified = classifying(resources, ids, profile, register, corrections, gaps=gaps, today=today, external=external)
    return dict(zip((resource.id for resource in resources), classified(range(len(resources))), strict=True))


def classifying(
    resources: Sequence[Resource],
    ids: Mapping[str, int],
    profile: Profile,
    register: Register,
    corrections: Corrections,
    *,
    gaps: Sequence[Gap] = (),
    today: date,
    external: Collection[str] = (),
) -> Callable[[range], Iterator[Classification]]:
    """The same of some of the resources by their places, in that order; `ids` are the places of all."""
    context = Context(profile, tags.dictionary(profile), register, corrections, today)
    weighing = Weighing(context)
    owns: list[Own] = []

    def weighed(some: Sequence[int]) -> Iterator[tuple[list[Own], list[int], list[Head]]]:
        """The different ones of some resources, of each which of them is its own, and their heads."""
        different: list[Own] = []
        places: dict[int, int] = {}
        of, heads = [], []
        for resource in resources[some[0] : some[-1] + 1] if some else ():
            own = weighing.own(resource)
            # What is equal is one object.
            of.append(places.setdefault(id(own), len(different)))
            if len(places) > len(different):
                different.append(own)
            heads.append(Head.of(resource))
        yield different, of, heads

    def heads() -> Iterator[Head]:
        held: dict[Own, Own] = {}
        for different, of, some in in_two(range(len(resources)), weighed):
            owns.extend(map([held.setdefault(own, own) for own in different].__getitem__, of))
            yield from some

    estate = Estate(resources, frozenset(external), kept_links(context), ids, heads())
    settled = _settle(owns, estate, tuple(gap for gap in gaps if not gap.expected))
    return lambda some: (classification(place, settled, profile) for place in settled.places(some))


def kept_links(context: Context) -> Callable[[Resource, Link], bool]:
    """Which links count: not one that waits, whose holder is below T2; a correction of rule `inherit` removes one, `source` being the other end as the link names it."""
    live = [one for one in context.corrections.corrections if one.expires >= context.today and matches_glob(one.rule, "inherit")]
    return lambda resource, link: (
        not (link.waits or any(matches_glob(one.source, link.to) and names(one.resource, resource) for one in live))
    )


def _settle(owns: Sequence[Own], estate: Estate, gaps: tuple[Gap, ...]) -> Settled:
    """Each resource's values at the fixed point. The places after the resources', for what is read together, say nothing of their own."""
    silent = bytes(len(estate.groups))
    risky = reach(chain((own.weighed.at_risk for own in owns), silent), estate.given_by, lambda _: True)

    def lowered(taker: int, tier: int) -> int:
        own = owns[taker].attested if taker < len(owns) else NOT_ATTESTED
        return tier if not own.lowers or risky[taker] else own.lowered(tier)

    starts = bytes(chain((_start(own, lowered(place, own.before_attestation)) for place, own in enumerate(owns)), silent))
    low = spread(starts, estate.given_by, lambda edge, tier: lowered(edge.taker, tier))
    heard = reach(chain((own.speaks for own in owns), silent), estate.given_by, lambda edge: edge.whole)
    people = reach(
        chain((own.weighed.personal and not cleared(own, risky[place]) for place, own in enumerate(owns)), silent),
        estate.given_by,
        lambda edge: edge.copy and not cleared(owns[edge.taker], risky[edge.taker]),
    )
    told = bytes(heard[place] or (low[place] >= max(own.default, 1) and low[place] > starts[place]) for place, own in enumerate(owns))
    printed = _printed(owns, estate, low, told)
    blind = _blind(owns, estate, gaps)
    ceilings = ceilings_of([*(one is not None for one in blind), *silent], printed, estate)
    unread = causes_of(
        [*(one or _NOTHING for one in blind), *(_NOTHING for _ in silent)],
        estate,
        chain.from_iterable(own.said.unread for own in owns),
    )
    open_ = [_ceiling(ceilings[place], low[place], told=bool(told[place])) for place in range(len(owns))]
    return Settled(estate, owns, starts, low, printed, told, open_, unread, risky, people, gaps)


def _start(own: Own, tier: int) -> int:
    return max(tier if own.speaks else Tier.T0, own.floor)


def _ceiling(possible: Tier | None, low: int, *, told: bool) -> Tier | None:
    """How high it may be after all, or None where nothing that could not be read can change what is printed."""
    return None if possible is None or (told and possible <= low) else possible


def _blind(owns: Sequence[Own], estate: Estate, gaps: tuple[Gap, ...]) -> list[frozenset[str] | None]:
    """What would have to be read to settle each resource's own tier; None where nothing is missing, empty where it cannot be named."""
    if not gaps and not estate.adrift and not any(own.said.unread for own in owns):
        return [None] * len(owns)
    return [_unseen(place, resource, owns[place].said.unread, estate, gaps) for place, resource in enumerate(estate.resources)]


def _unseen(place: int, resource: Resource, unread: Sequence[Unknown], estate: Estate, gaps: tuple[Gap, ...]) -> frozenset[str] | None:
    hidden = [gap for gap in gaps if could_hide(gap, resource)]
    adrift = estate.adrift.get(place, [])
    if any(link.unknown is None for link in adrift):
        # The source of a copy is not in the run: a listing that failed may be why.
        hidden += [gap for gap in gaps if gap.kinds & HELD and gap.provider == resource.provider]
    if not (unread or adrift or hidden):
        return None
    unknowns = (*unread, *(link.unknown for link in adrift if link.unknown is not None))
    return frozenset([*(named(one) for one in unknowns), *(gap.action for gap in hidden if gap.action)])


def _printed(owns: Sequence[Own], estate: Estate, low: Sequence[int], told: Sequence[int]) -> bytearray:
    """The tiers to print: those of the evidence, and where it is silent the assumption, which spreads only to what says nothing itself."""
    start = (low[place] if told[place] else max(low[place], own.default) for place, own in enumerate(owns))
    deaf = bytes(own.speaks for own in owns)

    def through(edge: Edge, tier: int) -> int:
        speaks = edge.taker < len(deaf) and deaf[edge.taker]
        return tier if tier > low[edge.giver] and edge.whole and not speaks else 0

    return spread(chain(start, low[len(owns) :]), estate.given_by, through)
