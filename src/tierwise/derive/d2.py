"""D2: derived facts that need tiers or the facts of both ends: copies weaker than their source, and evidence about the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from tierwise.derive.lineage import copy_count, copy_registered, resolves
from tierwise.derive.linkage import inputs_covered
from tierwise.derive.links import Context, Estate, links_of
from tierwise.derive.needs import COMPARED
from tierwise.derive.partial import SILENT, derived, members, most_telling, open_fact, out_of_scope, read
from tierwise.derive.scene import Scene, scene_of
from tierwise.model.direction import possible, worst_and_best
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Facts, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import HELD, Kind, Rel, Resource
from tierwise.model.sensitivity import Classification, PersonalData, Tier, TierState
from tierwise.model.vocabulary import facts_of, spec_of

RECEIVERS: Final = HELD - {Kind.SNAPSHOT, Kind.BACKUP_VAULT}
"""Kinds that replicate and export into each other; a snapshot or vault names its source itself."""


def derive_by_tier(
    estate: Estate,
    classifications: Mapping[str, Classification],
    facts: Mapping[str, Facts],
    context: Context | None = None,
) -> dict[str, dict[str, AnyFact]]:
    """The D2 facts of every resource, by id and name; with a context, listings that failed keep open what they could settle."""
    scene = None if context is None else scene_of(estate, context)
    read = {key: replace(one, facts=facts.get(key, one.facts)) for key, one in estate.resources.items()}
    return {key: tier_facts_of(estate, one, classifications, read, scene) for key, one in read.items()}


def tier_facts_of(
    estate: Estate,
    resource: Resource,
    classifications: Mapping[str, Classification],
    related: Mapping[str, Resource],
    scene: Scene | None,
    registered: AnyFact = NOT_COLLECTED,
) -> dict[str, AnyFact]:
    """The D2 facts of one resource, which has its D1 facts; `related` are all with theirs, `registered` is whether the register knows it itself."""
    listed = _listed(resource.kind)
    found = classifications.get(resource.id)
    withheld = None if scene is None else scene.context.withheld
    by_class = _by_class(found, resource.facts, withheld)
    made = {name: fact for name, fact in by_class.items() if name in listed}
    if "copy.downgrades" in listed:
        made["copy.downgrades"] = downgrades(estate, resource, related, scene)
    if "register.resolves" in listed:
        made["register.resolves"] = resolves(registered, found)
    if "copy.count" in listed:
        made["copy.count"] = copy_count(estate, resource, scene)
        made["copy.registered"] = copy_registered(estate, resource, registered, _missing_source(resource, scene))
    if "linkage.inputs_covered" in listed:
        missing = _missing_source(resource, scene)
        made["linkage.inputs_covered"] = inputs_covered(estate, resource, classifications, missing, scene)
    return made


@cache
def _listed(kind: Kind) -> frozenset[str]:
    return frozenset(spec.name for spec in facts_of(kind))


def _by_class(found: Classification | None, facts: Facts, withheld: Unknown | None) -> dict[str, AnyFact]:
    if found is None:
        unknown = Unknown(UnknownReason.TIER_UNDETERMINED, derived("classification"), "the resource was not classified")
        return dict.fromkeys(("classification.understated", "classification.evidenced", "scale.subjects_consistent"), unknown)
    return {
        "classification.understated": understated(found),
        "classification.evidenced": evidenced(found),
        "scale.subjects_consistent": subjects_consistent(found, facts, withheld),
    }


def downgrades(estate: Estate, copy: Resource, related: Mapping[str, Resource], scene: Scene | None) -> AnyFact:
    """`copy.downgrades`: the protections that are weaker on this copy than on a source of it."""
    rule = "comparison with its source"
    sources = list(estate.sources(copy.id, Rel.REPLICATES_TO, Rel.EXPORTS_TO))
    unread: list[Unknown] = []
    for link in links_of(copy, Rel.COPY_OF, Rel.BACKUP_OF):
        source = estate.find(link)
        if source is not None and link.unknown is None:
            sources.append(source)
        else:
            unread.append(link.unknown or (scene.absent(rule, copy, link.to, HELD) if scene else out_of_scope(rule, link.to)))
    if (missing := _missing_source(copy, scene)) is not None:
        unread.append(missing)
    certain: set[str] = set()
    for source in {source.id: source for source in sources if source.id != copy.id}.values():
        mine, theirs = copy.facts, related[source.id].facts
        for name in COMPARED:
            if copy.kind not in spec_of(name).kinds or source.kind not in spec_of(name).kinds:
                continue
            weaker = _weaker(name, read(mine, name), read(theirs, name))
            if weaker is True:
                certain.add(name)
            elif isinstance(weaker, Unknown):
                unread.append(weaker)
    if not sources and not unread:
        return NotApplicable("it is no copy", derived(rule, "its links"))
    return members(rule, frozenset(certain), most_telling(unread), *(source.id for source in sources))


def _missing_source(copy: Resource, scene: Scene | None) -> Unknown | None:
    """Why a store that replicates or exports into this one could exist that nothing shows."""
    if scene is None or copy.kind not in RECEIVERS:
        return None
    return (
        scene.gap(RECEIVERS, copy.provider)
        or scene.loose_end(Rel.REPLICATES_TO, lambda holder: holder.provider == copy.provider, copy.provider)
        or scene.loose_end(Rel.EXPORTS_TO, lambda holder: holder.provider == copy.provider, copy.provider)
    )


def _weaker(name: str, copy: AnyFact, source: AnyFact) -> bool | Unknown:
    """Whether a protection is weaker on the copy, over all values still possible."""
    spec = spec_of(name)
    mine, theirs = worst_and_best(spec, copy), worst_and_best(spec, source)
    if mine is None or theirs is None:
        return False
    (copy_worst, copy_best), (source_worst, source_best) = mine, theirs
    if copy_best < source_worst:
        return True
    if copy_worst >= source_best:
        return False
    return most_telling(fact for fact in (copy, source) if isinstance(fact, Unknown)) or NOT_COLLECTED


def _undetermined(rule: str, found: Classification) -> Unknown:
    unread = ", ".join(found.unread)
    detail = f"{unread} could not be read" if unread else f"the tier lies between {found.interval.lo.name} and {found.interval.hi.name}"
    return Unknown(UnknownReason.TIER_UNDETERMINED, derived(rule, *found.unread), detail)


def understated(found: Classification) -> AnyFact:
    """`classification.understated`: declared below what other evidence gives."""
    rule = "declared and inferred tier"
    if found.understated:
        return Known(value=True, via=derived(rule))
    if found.interval.settled or (found.declared is not None and found.declared >= found.interval.hi):
        return Known(value=False, via=derived(rule))
    return _undetermined(rule, found)


def evidenced(found: Classification) -> AnyFact:
    """`classification.evidenced`: the tier rests on a declaration or an inference, not on the assumption alone."""
    rule = "state of the tier"
    if found.state is not TierState.ASSUMED:
        return Known(value=True, via=derived(rule))
    return Known(value=False, via=derived(rule)) if found.interval.settled else _undetermined(rule, found)


def subjects_consistent(found: Classification, facts: Facts, withheld: Unknown | None = None) -> AnyFact:
    """`scale.subjects_consistent`: the declared number of people fits the items and bytes held; false where it ought to be declared."""
    rule = "declared subjects, items and bytes"
    if found.subjects is None:
        return open_fact(rule, withheld) if withheld is not None and found.interval.hi >= Tier.T2 else _undeclared(rule, found)
    open_: Unknown | None = None
    for name in ("volume.items", "volume.bytes"):
        fact = read(facts, name)
        fits = _fits(found.subjects, fact, empty_counts=name == "volume.bytes")
        if fits is False:
            return Known(value=False, via=derived(rule, fact.via))
        if isinstance(fits, Unknown):
            open_ = open_ or fits
    return open_fact(rule, open_) if open_ else Known(value=True, via=derived(rule, "the volume facts"))


def _fits(subjects: int, fact: AnyFact, *, empty_counts: bool) -> bool | Unknown:
    """Whether so many people can be in so much; a store counted as empty says nothing of people, its bytes do."""
    if isinstance(fact, Known) and isinstance(fact.value, int | float):
        return subjects <= fact.value or (fact.value == 0 and not empty_counts)
    if isinstance(fact, Unknown) and (fact.reason not in SILENT or fact.between is not None):
        lo, hi = possible(spec_of("volume.bytes"), fact) or (0, 0)
        if isinstance(hi, int | float) and 0 < hi < subjects and (empty_counts or (isinstance(lo, int | float) and lo > 0)):
            return False
        return True if isinstance(lo, int | float) and lo >= subjects else fact
    return True


def _undeclared(rule: str, found: Classification) -> AnyFact:
    if found.interval.hi < Tier.T2 or (found.personal_data is not PersonalData.YES and not found.unread):
        return NotApplicable("no number of people is declared", derived(rule))
    if found.interval.lo < Tier.T2 or found.unread:
        return _undetermined(rule, found)
    return Known(value=False, via=derived(rule, "personal data without a declared number of people"))
