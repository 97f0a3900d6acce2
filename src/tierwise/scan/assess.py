"""What was collected, made into an estate: declared facts, tiers, and what follows from both. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from tierwise.classify.declarations import declared_facts, missing_tags
from tierwise.classify.engine import classify
from tierwise.classify.identifiers import identifiers
from tierwise.classify.joins import linkage_facts
from tierwise.classify.mask import Mask, passing_mask
from tierwise.classify.scale import contradicted
from tierwise.derive.d1 import derive_relations
from tierwise.derive.d2 import derive_by_tier
from tierwise.derive.links import Context, Estate, resolve
from tierwise.evaluate.accept import FACT, fact_of, told_unused
from tierwise.evaluate.compiled import CompiledControl
from tierwise.evaluate.gate import expected_gap
from tierwise.model.attestation import Statement
from tierwise.model.baseline import Baseline
from tierwise.model.control import Control
from tierwise.model.fact import AnyFact, Known, Maybe, Unknown
from tierwise.model.finding import Override
from tierwise.model.profile import GatePolicy, Profile
from tierwise.model.register import AcceptanceRule, Corrections, Register
from tierwise.model.resource import Gap, Kind, Resource
from tierwise.model.sensitivity import Classification
from tierwise.model.vocabulary import find_spec, spec_of
from tierwise.scan.collect import Collected
from tierwise.scan.memory import bulk


@dataclass(frozen=True, slots=True)
class Judging:
    """What the estate is judged by."""

    profile: Profile
    controls: Sequence[Control]
    register: Register
    corrections: Corrections
    gate: GatePolicy
    acceptances: Sequence[AcceptanceRule] = ()
    attestations: Sequence[Statement] | None = None
    """None where no file of them was given: datasets are not judged by it then."""
    baseline: Baseline | None = None
    override: Override | None = None
    mask: Mask = field(default_factory=passing_mask)
    """What stands for identifiers in names."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """An estate with its tiers."""

    estate: Estate
    classifications: Mapping[str, Classification]
    facts: Mapping[str, dict[str, AnyFact]]
    """The facts of the estate's resources, by id: read, declared and derived so far. These are theirs, so that what is derived later is theirs too."""


@bulk()
def assess(collected: Collected, judging: Judging, today: date) -> Assessed:
    """The tiers of what was collected, and the facts that need no tier."""
    estate = resolve(tuple(collected.resources.values()))
    linked, gaps = tuple(estate.resources.values()), told(collected, judging, today)
    classifications = classify(linked, judging.profile, judging.register, judging.corrections, gaps=gaps, today=today)
    return relate(estate, classifications, collected, judging, today)


def told(collected: Collected, judging: Judging, today: date) -> tuple[Gap, ...]:
    """The gaps, each with whether its source or the profile expects it."""
    return tuple(replace(gap, expected=gap.expected or expected_gap(gap, judging.profile, today)) for gap in collected.gaps)


def reassess(known: Assessed, collected: Collected, judging: Judging, today: date) -> Assessed:
    """The same tiers over resources that have gained facts and no links."""
    missing = collected.resources.keys() - known.classifications.keys()
    if missing:
        raise RuntimeError(f"stage 2 brought new resources: {sorted(missing)[:3]}")
    return relate(resolve(tuple(collected.resources.values())), known.classifications, collected, judging, today)


@bulk()
def relate(estate: Estate, classifications: Mapping[str, Classification], collected: Collected, judging: Judging, today: date) -> Assessed:
    """The estate with the facts that declarations and relations give."""
    facts = {key: _read_and_declared(resource, judging) for key, resource in estate.resources.items()}
    full = replace(estate, resources={key: replace(one, facts=facts[key]) for key, one in estate.resources.items()})
    found = Assessed(full, classifications, facts)
    for key, derived in derive_relations(full, _context(found, judging, collected, today)).items():
        facts[key] |= derived
    return found


def _read_and_declared(resource: Resource, judging: Judging) -> dict[str, AnyFact]:
    declared = declared_facts(resource, judging.profile, judging.register)
    return {**resource.facts, **declared, "metadata.identifiers": identifiers(resource)}


@bulk()
def add_facts_of_tiers(assessed: Assessed, collected: Collected, judging: Judging, today: date) -> None:
    """Add the facts that need tiers."""
    estate, classifications, facts = assessed.estate, assessed.classifications, assessed.facts
    derived = derive_by_tier(estate, classifications, facts, _context(assessed, judging, collected, today))
    for key, linked in linkage_facts(tuple(estate.resources.values()), classifications, tuple(collected.gaps)).items():
        facts[key] |= linked
    wanted = find_spec("tags.missing")
    kinds = wanted.kinds if wanted else frozenset()
    accepted = spec_of(FACT).kinds
    for key, resource in estate.resources.items():
        own = facts[key]
        own |= derived.get(key, {})
        if (few := contradicted(resource, classifications[key].subjects)) is not None and "scale.subjects_consistent" in own:
            own["scale.subjects_consistent"] = few
        if resource.kind in kinds:
            own["tags.missing"] = missing_tags(resource, classifications[key].interval, judging.profile, judging.register)
        if resource.kind in accepted:
            tier, policy = classifications[key].tier, judging.profile.acceptance
            own[FACT] = fact_of(resource, tier, judging.acceptances, judging.controls, policy, today)


def add_unused(assessed: Assessed, judging: Judging, due: Mapping[Kind, Sequence[CompiledControl]]) -> None:
    """Add to the facts which acceptances accept nothing; every other fact is there by then."""
    if judging.acceptances:
        facts, tiers = assessed.facts, assessed.classifications
        judged = ((one, tiers[key], facts[key]) for key, one in assessed.estate.resources.items())
        for key, fact in told_unused(judged, judging.acceptances, due).items():
            facts[key][FACT] = fact


def _context(assessed: Assessed, judging: Judging, collected: Collected, today: date) -> Context:
    return Context(
        gaps=tuple(collected.gaps),
        own_accounts=_own_accounts(collected, judging.profile),
        known_principals=judging.profile.known_principals | judging.register.agreed(today),
        withheld=judging.register.withheld,
        datasets={key: one.dataset for key, one in assessed.classifications.items() if one.dataset},
        run_day=today,
    )


def _own_accounts(collected: Collected, profile: Profile) -> Maybe[frozenset[str]]:
    match collected.organisation:
        case Known(value=members, via=via):
            return Known(members | profile.own_accounts, via)
        case Unknown() as unknown if profile.own_accounts:
            return Known(profile.own_accounts | unknown.includes, unknown.via)
        case unknown:
            return unknown
