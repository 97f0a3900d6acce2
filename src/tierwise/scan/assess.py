"""What was collected, made into an estate: declared facts, tiers, and what follows from both. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from tierwise.classify.declarations import Declarations
from tierwise.classify.engine import classifying
from tierwise.classify.identifiers import identifiers
from tierwise.classify.joins import LINKED, linkage_facts
from tierwise.classify.looked import identifier_keys, key_identifiers, logged_people
from tierwise.classify.mask import Mask, passing_mask
from tierwise.classify.registered import resolves
from tierwise.classify.scale import contradicted
from tierwise.derive.d1 import relations_of
from tierwise.derive.d2 import tier_facts_of
from tierwise.derive.links import Context, Estate, linked
from tierwise.derive.scene import scene_of
from tierwise.evaluate.accept import FACT, fact_of, told_unused
from tierwise.evaluate.compiled import CompiledControl
from tierwise.evaluate.gate import expected_gap
from tierwise.model.attestation import Statement
from tierwise.model.baseline import Baseline
from tierwise.model.control import Control
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, Maybe, Unknown
from tierwise.model.finding import Override
from tierwise.model.profile import GatePolicy, Profile
from tierwise.model.register import AcceptanceRule, Corrections, Register
from tierwise.model.resource import Gap, Kind, Rel, Resource
from tierwise.model.sensitivity import Classification
from tierwise.model.vocabulary import find_spec, spec_of
from tierwise.scan.collect import Collected
from tierwise.scan.memory import bulk
from tierwise.shelf import changed, in_order, kept, kept_in_two, near, places_of


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
    """An estate with its tiers; its resources have the facts that were read of them."""

    estate: Estate
    classifications: Mapping[str, Classification]


@bulk()
def assess(collected: Collected, judging: Judging, today: date) -> Assessed:
    """The tiers of what was collected."""
    estate = linked(collected.resources)
    classified = classifying(
        in_order(estate.resources),
        places_of(estate.resources),
        judging.profile,
        judging.register,
        judging.corrections,
        gaps=told(collected, judging, today),
        today=today,
    )
    return Assessed(estate, kept(estate.resources, classified))


def told(collected: Collected, judging: Judging, today: date) -> tuple[Gap, ...]:
    """The gaps, each with whether its source or the profile expects it."""
    return tuple(replace(gap, expected=gap.expected or expected_gap(gap, judging.profile, today)) for gap in collected.gaps)


def reassess(known: Assessed, collected: Collected) -> Assessed:
    """The same tiers over resources that have gained facts and no links."""
    missing = set(collected.resources) - known.classifications.keys()
    if missing:
        raise RuntimeError(f"stage 2 brought new resources: {sorted(missing)[:3]}")
    return Assessed(linked(collected.resources), known.classifications)


@bulk()
def with_facts(assessed: Assessed, collected: Collected, judging: Judging, today: date) -> Assessed:
    """The estate with all facts: those that were read, and what declarations, relations and tiers give.

    Of many resources, facts are derived when one is looked at, and of one at a time; what others are held against is derived again.
    """
    declarations = Declarations(judging.profile, judging.register)

    def read_and_declared(resource: Resource) -> Resource:
        return resource.having({**resource.facts, **declarations.facts(resource), "metadata.identifiers": identifiers(resource)})

    resources = assessed.estate.resources
    estate = replace(assessed.estate, resources=near(resources, read_and_declared))
    # What is found in one pass over all rests on nothing that was declared.
    scene = replace(scene_of(assessed.estate, _context(assessed, judging, collected, today)), estate=estate)

    def related_to(one: Resource) -> Resource:
        relations = relations_of(scene, one)
        return one.having({**one.facts, **relations, **_looked(estate, one, relations)})

    related = near(estate.resources, related_to)
    linkage: Mapping[str, Mapping[str, AnyFact]] = {}
    if estate.kinds.keys() & LINKED:
        linkage = linkage_facts(resources, assessed.classifications, tuple(collected.gaps))
    wanted = find_spec("tags.missing")
    tagged = wanted.kinds if wanted else frozenset[Kind]()
    registrable = spec_of("register.resolves").kinds

    def derived(known: Resource) -> dict[str, AnyFact]:
        one = assessed.classifications[known.id]
        resource = related_to(read_and_declared(known))
        facts = {**resource.facts, **linkage.get(resource.id, {})}
        registered = resolves(resource, judging.profile, judging.register) if resource.kind in registrable else NOT_COLLECTED
        facts |= tier_facts_of(estate, resource, assessed.classifications, related, scene, registered)
        if (few := contradicted(resource, one.subjects)) is not None and "scale.subjects_consistent" in facts:
            facts["scale.subjects_consistent"] = few
        if resource.kind in tagged:
            facts["tags.missing"] = declarations.missing(resource, one.interval)
        if resource.kind in spec_of(FACT).kinds:
            facts[FACT] = fact_of(resource, one.tier, judging.acceptances, judging.controls, judging.profile.acceptance, today)
        return {name: fact for name, fact in facts.items() if known.facts.get(name) is not fact}

    return replace(assessed, estate=replace(estate, resources=kept_in_two(resources, derived, _with)))


def _with(resource: Resource, facts: Mapping[str, AnyFact]) -> Resource:
    return resource.having({**resource.facts, **facts})


def _looked(estate: Estate, resource: Resource, relations: Mapping[str, AnyFact]) -> dict[str, AnyFact]:
    """The facts from schemas and samples that a kind has."""
    match resource.kind:
        case Kind.DOCUMENT_DB | Kind.WAREHOUSE:
            return {"schema.identifier_keys": identifier_keys(resource)}
        case Kind.LOG_STORE:
            return {"logging.personal_data": logged_people(resource, NOT_COLLECTED, relations["logging.audit_store"])}
        case Kind.OBJECT_STORE:
            audit = relations["logging.audit_store"]
            # By a link, or because an audit log may be delivered here.
            delivered = Known(value=True, via=audit.via) if estate.sources(resource.id, Rel.LOGS_TO) else audit
            return {
                "metadata.key_identifiers": key_identifiers(resource),
                "logging.personal_data": logged_people(resource, delivered, audit),
            }
        case _:
            return {}


def with_unused(assessed: Assessed, judging: Judging, due: Mapping[Kind, Sequence[CompiledControl]], gaps: Sequence[Gap] = ()) -> Assessed:
    """The same with the fact which acceptances accept nothing; every other fact is there by then. `gaps` are the listings that failed."""
    if not judging.acceptances:
        return assessed
    resources = assessed.estate.resources
    judged = ((one, assessed.classifications[key], one.facts) for key, one in resources.items())
    # A listing that failed and names no account may be one of any.
    unlisted = {one.account for one in resources.values()} if any(not gap.account for gap in gaps) else {gap.account for gap in gaps}
    found = told_unused(judged, judging.acceptances, due, unlisted)

    def told_of(one: Resource) -> Resource:
        return one.having({**one.facts, FACT: found[one.id]}) if one.id in found else one

    return replace(assessed, estate=replace(assessed.estate, resources=changed(resources, told_of))) if found else assessed


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
