"""Datasets as resources of their own: what is attested is attested of them, and the stores that hold them give the tier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from tierwise.evaluate.attest import attested_facts
from tierwise.model.attestation import Statement
from tierwise.model.resource import DATASETS, HELD, REGISTER, Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Classification, PersonalData, TierInterval, TierState, TraceStep
from tierwise.scan.assess import Assessed
from tierwise.shelf import joined


def with_datasets(assessed: Assessed, statements: Sequence[Statement] | None, today: date) -> Assessed:
    """The estate with its datasets, where a file of attestations was given.

    What a plan has is left out: attestations speak of what is there, and no change to a store makes one stale.
    """
    if statements is None:
        return assessed
    held: dict[str, list[str]] = defaultdict(list)
    places: dict[str, set[str]] = defaultdict(set)
    for key, one in assessed.estate.resources.items():
        dataset = assessed.classifications[key].dataset
        if dataset and one.kind in HELD and one.address is None:
            held[dataset].append(key)
            places[dataset].add(one.account)
    resources: dict[str, Resource] = {}
    classifications: dict[str, Classification] = {}
    for name, stores in sorted(held.items()):
        accounts = places[name]
        found = attested_facts(name, accounts, statements, today)
        links = tuple(Link(Rel.HOLDS, one) for one in sorted(stores))
        key = f"{DATASETS}:{name}"
        account = accounts.pop() if len(accounts) == 1 else ""
        resources[key] = Resource(key, Kind.DATASET, "dataset", REGISTER, account, "", name, facts=found, links=links)
        classifications[key] = _classification(name, stores, assessed.classifications)
    was = assessed.estate
    estate = replace(was, resources=joined(was.resources, resources), kinds={**was.kinds, Kind.DATASET: len(resources)})
    return replace(assessed, estate=estate, classifications=joined(assessed.classifications, classifications))


def _classification(name: str, stores: Sequence[str], known: Mapping[str, Classification]) -> Classification:
    """The tier of the store that has the highest; assumed only where all are."""
    top = max(sorted(stores), key=lambda key: (known[key].state is not TierState.ASSUMED, known[key].tier, known[key].interval.hi))
    told = known[top]
    members = [known[key] for key in stores]
    because = f"of the stores that hold it, {top} has the highest tier"
    return Classification(
        tier=told.tier,
        interval=TierInterval(max(one.interval.lo for one in members), max(one.interval.hi for one in members)),
        state=TierState.ASSUMED if told.state is TierState.ASSUMED else TierState.INHERITED,
        personal_data=_personal({one.personal_data for one in members}),
        marking=told.marking,
        categories=told.categories,
        subjects=told.subjects,
        confidence=told.confidence,
        trace=(TraceStep("inherit", because, told.tier, top), *told.trace),
        dataset=name,
        owner=told.owner,
        unread=tuple(dict.fromkeys(action for one in members for action in one.unread)),
    )


def _personal(said: set[PersonalData]) -> PersonalData:
    if PersonalData.YES in said:
        return PersonalData.YES
    return PersonalData.NO if said == {PersonalData.NO} else PersonalData.UNKNOWN
