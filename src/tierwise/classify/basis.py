"""On what a tier rests, and whether a person has confirmed it: read off a classification and its trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tierwise.model.resource import HELD, Resource
from tierwise.model.sensitivity import Classification, TierState, TraceStep


class Basis(StrEnum):
    """Where evidence comes from."""

    DECLARED = "declared"
    """a tag"""
    REGISTER = "register"
    NAMES = "names"
    """names, descriptions and identifiers in them"""
    SCHEMA = "schema"
    CONTENT = "content"
    IMPORTED = "imported"
    """another tool's finding"""
    ATTESTED = "attested"
    KIND = "kind"
    """the kind of resource, whatever it holds"""
    LINK = "link"
    ASSUMED = "assumed"


_OF_RULE: Final[Mapping[str, Basis]] = MappingProxyType(
    {
        "declared-tag": Basis.DECLARED,
        "declared-marking": Basis.DECLARED,
        "declared-categories": Basis.DECLARED,
        "declared-subjects": Basis.DECLARED,
        "declared-handling": Basis.DECLARED,
        "declared-groups": Basis.DECLARED,
        "registered": Basis.REGISTER,
        "registered-marking": Basis.REGISTER,
        "registered-categories": Basis.REGISTER,
        "registered-groups": Basis.REGISTER,
        "registered-subjects": Basis.REGISTER,
        "registered-linkage": Basis.REGISTER,
        "name-words": Basis.NAMES,
        "name-word-weak": Basis.NAMES,
        "identifier": Basis.NAMES,
        "column-name": Basis.SCHEMA,
        "column-name-weak": Basis.SCHEMA,
        "column-label": Basis.SCHEMA,
        "content": Basis.CONTENT,
        "content-possible": Basis.CONTENT,
        "counted-people": Basis.CONTENT,
        "counted-rows": Basis.SCHEMA,
        "imported": Basis.IMPORTED,
        "inherit": Basis.LINK,
        "kind-floor": Basis.KIND,
    }
)
_FOUND: Final = frozenset({Basis.NAMES, Basis.SCHEMA, Basis.CONTENT, Basis.IMPORTED})
_BY_STATE: Final[Mapping[TierState, frozenset[Basis]]] = MappingProxyType(
    {
        TierState.DECLARED: frozenset({Basis.DECLARED}),
        TierState.REGISTERED: frozenset({Basis.REGISTER}),
        TierState.INFERRED: _FOUND | {Basis.KIND},
        TierState.INHERITED: frozenset({Basis.LINK}),
        TierState.ASSUMED: frozenset({Basis.ASSUMED}),
    }
)
_ATTESTED: Final = "attested-"


def basis_of_step(step: TraceStep) -> Basis | None:
    """Where a step's evidence comes from; None for steps that only combine."""
    if step.rule.startswith(_ATTESTED):
        return Basis.ATTESTED
    if step.rule == "identity-kit":
        # Of a table's columns, or of what was found in content; its source says which.
        return Basis.CONTENT if step.source.startswith("content") else Basis.SCHEMA
    return _OF_RULE.get(step.rule)


def basis_of(one: Classification) -> tuple[Basis, ...]:
    """On what the tier rests: the one thing that its state names, or of inferred tiers the kinds of evidence that were found.

    Where the trace is withheld (`--audience public`) an inferred tier has none.
    """
    found = {basis for step in one.trace if (basis := basis_of_step(step)) is not None}
    if Basis.ATTESTED in found:
        return (Basis.ATTESTED,)
    said = _BY_STATE[one.state]
    return tuple(sorted(said)) if len(said) == 1 else tuple(sorted(found & said))


def is_confirmed(one: Classification) -> bool:
    """Whether a person has said what it holds, and neither evidence nor unread sources speak against it."""
    return one.state in {TierState.DECLARED, TierState.REGISTERED} and one.interval.settled and not one.understated


def confirmed_by(one: Classification) -> str:
    """Where a person said so, and who answers for it; empty where nobody did, or the trace is withheld."""
    if not is_confirmed(one):
        return ""
    wanted = {*basis_of(one)}
    places = dict.fromkeys(step.source for step in one.trace if basis_of_step(step) in wanted and step.source)
    said = ", ".join(places)
    return f"{said} ({one.owner})" if one.owner and said else said or one.owner


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the stores of an estate are described."""

    stores: int
    confirmed: int
    by_state: Mapping[TierState, int]
    conflicts: int
    """Declared lower than the evidence shows."""
    unsettled: int
    """Whose tier lies between two, because something could not be read."""

    @property
    def share(self) -> float:
        """The share of stores whose tier a person has confirmed; of none, all are."""
        return self.confirmed / self.stores if self.stores else 1.0


def progress(resources: Iterable[Resource], classifications: Mapping[str, Classification]) -> Progress:
    """How far the stores among the resources are described."""
    found = [classifications[one.id] for one in resources if one.kind in HELD]
    states = {state: sum(one.state is state for one in found) for state in TierState}
    return Progress(
        len(found),
        sum(map(is_confirmed, found)),
        states,
        sum(one.understated for one in found),
        sum(not one.interval.settled for one in found),
    )
