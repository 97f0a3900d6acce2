"""What a source gave, collected in one thread and held against the vocabulary; shared by the tests of all clouds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from tierwise.connectors.base import Detailed, Item, Unit
from tierwise.model.fact import Unknown, UnknownReason
from tierwise.model.resource import Evidence, FactUpdate, Gap, Inherited, Link, ReadOutcome, Resource
from tierwise.model.vocabulary import check_fact
from tierwise.scan import Collected, run_units


class Estate(dict[str, Resource]):
    """The resources of a run by id, with the gaps and outcomes beside them."""

    gaps: list[Gap]
    outcomes: list[ReadOutcome]


def flat(units: Iterable[Item]) -> Iterator[Item]:
    """All items of units, those of units that they yield included, in one thread."""
    for item in units:
        if isinstance(item, Unit):
            yield from flat(item.run())
        else:
            yield item


def absorb(estate: Estate, items: Iterable[Item]) -> None:
    """File items where they belong."""
    for item in items:
        match item:
            case Resource():
                assert item.id not in estate, f"{item.id} was yielded twice"
                estate[item.id] = item
            case FactUpdate():
                known = estate[item.resource]
                links = known.links if item.links is None else item.links
                estate[item.resource] = replace(known, facts={**known.facts, **item.facts}, grants=item.grants, links=links)
            case Gap():
                estate.gaps.append(item)
            case ReadOutcome():
                estate.outcomes.append(item)
            case _:
                pass


def check(estate: Estate) -> None:
    """Every fact is one of the vocabulary, on a kind that lists it, with a value that it may have."""
    for resource in estate.values():
        wrong = [found for name, fact in resource.facts.items() if (found := check_fact(name, fact, resource.kind))]
        assert not wrong, f"{resource.id}: {wrong}"


def read_whole(source: Detailed, wanted: frozenset[str]) -> Collected:
    """What a scan would collect of a source that is asked for all of `wanted` of every resource."""
    found = Collected()
    run_units(source.survey(), found, jobs=1, stage="survey", progress=None)
    run_units(source.details(dict.fromkeys(found.resources, wanted)), found, jobs=1, stage="details", progress=None)
    return found


def whatever_the_fault(found: Collected) -> Any:
    """What was collected, without the words that tell one fault from another.

    Two faults of which it is the same are judged the same: no judgement looks at why a read failed.
    """
    outcomes = Counter(_faultless(one) for one in found.outcomes)
    return [_faultless(one) for one in (found.resources, found.gaps, found.organisation, found.crashes)], outcomes


def _faultless(found: Any) -> Any:
    match found:
        case Unknown():
            return Unknown(UnknownReason.API_ERROR, found.via, "", found.between, found.includes)
        case Gap():
            return replace(found, reason="", detail="")
        case ReadOutcome(outcome=outcome):
            return found if outcome in ("ok", "absent") else replace(found, outcome="")
        case Link():
            return (found.rel, found.to, _faultless(found.unknown), found.waits)
        case Resource() | Evidence() | Inherited():
            return {one.name: _faultless(getattr(found, one.name)) for one in fields(found)}
        case Mapping():
            return {name: _faultless(one) for name, one in found.items()}
        case tuple() | list():
            return tuple(_faultless(one) for one in found)
        case _:
            return found
