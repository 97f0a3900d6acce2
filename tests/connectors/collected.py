"""What a source gave, collected in one thread and held against the vocabulary; shared by the tests of all clouds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tierwise.connectors.base import Item, Unit
from tierwise.model.resource import FactUpdate, Gap, ReadOutcome, Resource
from tierwise.model.vocabulary import check_fact


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
