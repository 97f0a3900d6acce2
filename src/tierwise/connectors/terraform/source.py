"""Plans and states as a source of resources; everything is read and checked when the source is opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from tierwise.beside import in_two
from tierwise.connectors.base import Item, Unit
from tierwise.connectors.terraform import azapi
from tierwise.connectors.terraform.assemble import assemble
from tierwise.connectors.terraform.converter import converters, joins, kept_types, parts
from tierwise.connectors.terraform.document import MAX_INPUT, Document, PlanPath, is_descriptor, read_document
from tierwise.connectors.terraform.earlier import compare, earlier
from tierwise.connectors.terraform.left_out import with_left_out
from tierwise.connectors.terraform.outside import data_sources, with_outside
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.planset import told_of_each_other
from tierwise.connectors.terraform.providers import cloud_of, clouds_in
from tierwise.errors import InputError
from tierwise.model.change import Change
from tierwise.model.fact import UnknownReason
from tierwise.model.opinion import PartOf
from tierwise.model.resource import ALL_KINDS, Gap, Kind, ReadOutcome, Resource

_NOBODY: Final = "terraform"
_AROUND: Final = frozenset({Kind.AUDIT_TRAIL, Kind.BACKUP_PLAN})
"""What usually stands in other configurations and reaches the stores of this one all the same."""


@dataclass(slots=True)
class PlanSource:
    """One or more plans, read whole."""

    name: str
    plans: tuple[Plan, ...]
    """Empty once they have been surveyed: a plan takes up much memory, and nobody needs it any more when its resources are made."""
    _is_surveyed: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What makes a plan less than whole, one line each."""
        return tuple(f"{plan.document.name}: {note}" for plan in self.plans for note in plan.document.notes)

    @property
    def is_state(self) -> bool:
        """Whether all of it stands already: states only, no plan."""
        return all(plan.document.kind == "state" for plan in self.plans)

    def parts(self) -> dict[str, PartOf]:
        """The resources that set parts of others, by id: a bucket's policy, a role's policies; asked before the survey, which gives the plans up."""
        found: dict[str, tuple[str, dict[str, None]]] = {}
        for plan in self.plans:
            for joined in plan.joined.values():
                for parent, kind, children in joined.every():
                    for child in children.found:
                        found.setdefault(plan.id_of(child.address), (kind, {}))[1][plan.id_of(parent)] = None
        return {key: PartOf(kind, tuple(parents)) for key, (kind, parents) in found.items()}

    def survey(self) -> Iterable[Unit]:
        """One unit for each file, once: what they are asked for besides is asked before."""
        if self._is_surveyed:
            raise RuntimeError(f"{self.name} has been surveyed already")
        plans, self.plans, self._is_surveyed = self.plans, (), True
        return [Unit("", "", plan.document.name, partial(_items, plan), provider=_NOBODY) for plan in plans]


def open_plans(paths: Sequence[PlanPath], max_bytes: int = MAX_INPUT) -> PlanSource:
    """Read plans or states (`-` is standard input); InputError for the first that cannot be read whole."""
    return source_of(paths, read_plans(paths, max_bytes))


def read_plans(paths: Sequence[PlanPath], max_bytes: int = MAX_INPUT) -> Sequence[Document]:
    """The documents in these files, of which nothing is made yet; InputError for the first that is no plan or state."""
    if not paths:
        raise InputError("no plan is named; give a file that 'terraform show -json plan.bin > plan.json' wrote, or '-'")
    _prefixes(paths)
    return [read_document(path, max_bytes) for path in paths]


def source_of(paths: Sequence[PlanPath], documents: Sequence[Document]) -> PlanSource:
    """The documents of some files as a source; InputError for the first that cannot be read whole."""
    plans = told_of_each_other([plan_of(one, prefix) for one, prefix in zip(documents, _prefixes(paths), strict=True)])
    return PlanSource(f"plan:{','.join(path.name if isinstance(path, Path) else 'stdin' for path in paths)}", plans)


def plan_of(document: Document, prefix: str = "") -> Plan:
    """A document put together for the converters of the clouds that it has something of."""
    found = clouds_in(document.types)
    kept = kept_types(found) | azapi.TYPES | data_sources(found)
    plan = with_left_out(azapi.told(replace(assemble(document, prefix, kept), clouds=found)), parts(found))
    return with_outside(plan).joining(joins(found))


def _prefixes(paths: Sequence[PlanPath]) -> list[str]:
    """Nothing for one file, `file-stem#` for several; files of one stem are told apart by their folder, pipes by their order."""
    if len(paths) == 1:
        return [""]
    if len(set(paths)) != len(paths):
        raise InputError("one plan is given twice; name each file once, and '-' once")
    stems = [_stem(path, number) for number, path in enumerate(paths, 1)]
    shared = {stem for stem, count in Counter(stems).items() if count > 1}
    named = zip(paths, stems, strict=True)
    found = [str(path.with_suffix("")) if stem in shared and isinstance(path, Path) else stem for path, stem in named]
    if len(set(found)) != len(found):
        raise InputError(f"two plans would both be called {max(found, key=found.count)!r}; rename one of the files")
    return [f"{one}#" for one in found]


def _stem(path: PlanPath, number: int) -> str:
    if not isinstance(path, Path):
        return "stdin"
    # The shell numbers its descriptors as it likes; ids have to be the same in the next run.
    return f"pipe-{number}" if is_descriptor(path) else path.stem


def _items(plan: Plan) -> Iterator[Item]:
    yield from judged(plan)
    yield from _gaps(plan)
    if plan.judged:
        yield ReadOutcome("", "", "terraform:show", "ok", resource=plan.document.name, count=len(plan.judged))


def judged(plan: Plan) -> Iterator[Resource | Change]:
    """The resources of a plan, and what it does to those that are there already."""
    then = earlier(plan, joins(plan.clouds))
    if then is None:
        yield from _converted(plan)
    else:
        outlived = frozenset(kind for kind, converter in converters(plan.clouds).items() if converter.outlived)
        yield from compare(plan, _converted(plan), chain(_converted(then), _left_behind(then)), outlived)


def resources(plan: Plan) -> Iterator[Resource]:
    """The resources of a plan that a converter knows, in the plan's order."""
    return (one for one in judged(plan) if isinstance(one, Resource))


def _converted(plan: Plan) -> Iterator[Resource]:
    known = converters(plan.clouds)
    judged = [
        one for address, one in plan.by_address.items() if one.place.mode == "managed" and one.type in known and address in plan.judged
    ]
    yield from in_two(judged, lambda some: _made(some, plan))
    for kind, converter in known.items():
        for planned in plan.by_type.get(kind, ()) if converter.outlived else ():
            if planned.is_gone and (found := converter.convert(planned, plan)) is not None:
                yield found


def _made(some: Iterable[Planned], plan: Plan) -> Iterator[Resource]:
    known = converters(plan.clouds)
    return (found for one in some if (found := known[one.type].convert(one, plan)) is not None)


def _left_behind(then: Plan) -> Iterator[Resource]:
    """What earlier replacements left behind, without the names and links that it shares with what took its place."""
    known = converters(then.clouds)
    for one in then.deposed:
        converter = known.get(one.type)
        if converter is not None and (found := converter.convert(one, then)) is not None:
            yield replace(found, aliases=(), links=())


def _gaps(plan: Plan) -> Iterator[Gap]:
    """A plan that is not whole leaves out resources of any kind; one that is whole still says nothing of the trails and backups around it."""
    clouds = sorted({cloud for kind in plan.by_type if (cloud := cloud_of(kind))}) or ["aws"]
    reason = UnknownReason.KNOWN_AFTER_APPLY if plan.document.deferred else UnknownReason.NOT_COLLECTED
    for cloud in clouds if plan.judged else ():
        detail = f"{plan.document.name}: audit trails and backup plans that are not in this plan may reach its stores"
        yield Gap(cloud, "", "", "terraform", UnknownReason.NOT_COLLECTED.value, "", detail, kinds=_AROUND, expected=True)
    for one, kind, kinds in azapi.unread(plan):
        detail = f"{plan.document.name}: {one.address} makes or changes {kind} by a call that is not read"
        yield Gap("azure", plan.providers.account(one), "", "terraform", UnknownReason.NOT_SUPPORTED.value, "", detail, kinds=kinds)
    for note in plan.document.notes:
        for cloud in clouds:
            yield Gap(cloud, "", "", "terraform", reason.value, "", f"{plan.document.name}: {note}", kinds=ALL_KINDS)
