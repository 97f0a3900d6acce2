"""What is there before a plan, judged by the same engine as what will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from tierwise.evaluate.change import directions, fallen
from tierwise.evaluate.compiled import CompiledControl
from tierwise.evaluate.origin import Past, deeds_of
from tierwise.model.fact import say_same
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification
from tierwise.scan.assess import Assessed, Judging, assess, with_facts
from tierwise.scan.collect import Collected
from tierwise.shelf import Stock


def pasts_of(
    collected: Collected, assessed: Assessed, compiled: Sequence[CompiledControl], judging: Judging, today: date
) -> Mapping[str, Past]:
    """What is there before a plan and is another after it; nothing where nothing changes."""
    if not collected.planned and not collected.changes:
        return {}
    there: Stock[Resource] = Stock()
    for key, one in collected.resources.items():
        if one.existing or one.address is None:
            there[key] = one
    if not collected.changes and len(there) in (0, len(collected.resources)):
        return {}
    for key, change in collected.changes.items():
        there[key] = change.before
    before = replace(collected, resources=there, changes={})
    then = with_facts(assess(before, judging, today), before, judging, today)
    sets, deeds = directions(compiled), deeds_of(collected.changes, collected.resources.values())
    pasts: dict[str, Past] = {}
    for key, was in then.classifications.items():
        now, known, after = assessed.classifications.get(key), then.estate.resources[key].facts, assessed.estate.resources.get(key)
        if key not in collected.changes and now is not None and after is not None and _alike(was, now) and say_same(known, after.facts):
            continue
        resource = there[key]
        rises = now is not None and now.interval.hi > was.interval.hi
        less = fallen(resource.kind, known, after.facts, sets, rises=rises) if after is not None else frozenset[str]()
        pasts[key] = Past(resource, known, was, less, deeds)
    return pasts


def _alike(one: Classification, other: Classification) -> bool:
    return (one.tier, one.interval, one.declared) == (other.tier, other.interval, other.declared)


def moved_in(collected: Collected) -> dict[str, str]:
    """The id that each moved resource of a plan had before: its file's prefix and the old address."""
    moves = ((key, collected.resources.get(key), change.previous_address) for key, change in collected.changes.items())
    return {key: key.removesuffix(now.address or "") + before for key, now, before in moves if now is not None and before}
