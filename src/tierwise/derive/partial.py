"""Facts under partial knowledge: bounds, the weakest of several, and provenance of what is derived."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from tierwise.model.direction import ends, possible
from tierwise.model.fact import NOT_COLLECTED, AnyFact, Facts, Known, NotApplicable, Provenance, Unknown, UnknownReason, Value
from tierwise.model.vocabulary import rank, spec_of

DERIVED: Final = "derived: "
SILENT: Final = frozenset({UnknownReason.NOT_COLLECTED, UnknownReason.NOT_SUPPORTED})
"""Reasons that say that no source tells this, not that a read was withheld."""


def derived(rule: str, *sources: Provenance | str) -> Provenance:
    """Provenance of a derived fact: the rule and the reads that it rests on, and when the earliest of them was made."""
    reads, earliest = [], ""
    for source in sources:
        if isinstance(source, str):
            reads.append(source)
            continue
        reads.append(source.via)
        if source.as_of:
            earliest = min(earliest or source.as_of, source.as_of)
    return _derived(rule, tuple(reads), earliest)


@lru_cache(maxsize=4096)
def _derived(rule: str, reads: tuple[str, ...], as_of: str) -> Provenance:
    # What the same rule made is told by what that rests on, so that its name is said once.
    rests = (read.removeprefix(DERIVED).removeprefix(f"{rule} from ") for read in reads)
    named = ", ".join(dict.fromkeys(read for read in rests if read and read != rule))
    return Provenance(f"{DERIVED}{rule} from {named}" if named else f"{DERIVED}{rule}", as_of=as_of)


def open_fact(rule: str, cause: Unknown, *, between: tuple[Value, Value] | None = None, includes: frozenset[str] = frozenset()) -> Unknown:
    """An unknown derived fact that carries on why its input is unknown, and the action that would settle it."""
    via = Provenance(derived(rule, cause.via).via, cause.via.action)
    return Unknown(cause.reason, via, cause.detail, between, includes)


def out_of_scope(rule: str, target: str) -> Unknown:
    """An unknown derived fact about a target that is not in the estate."""
    return Unknown(UnknownReason.OUT_OF_SCOPE, derived(rule, target), f"{target} is outside what was scanned")


def read(facts: Facts, name: str) -> AnyFact:
    """A fact, or `not-collected` where nobody read it; an earlier derivation counts as a fact."""
    return facts.get(name, NOT_COLLECTED)


def is_derived(fact: AnyFact) -> bool:
    """Whether a fact comes from an earlier derivation and not from a connector."""
    return fact.via.via.startswith(DERIVED)


def delivered(facts: Facts, name: str) -> AnyFact | None:
    """A fact that a connector itself delivered, or None where it left the fact to derivation."""
    fact = facts.get(name)
    if fact is None or is_derived(fact) or (isinstance(fact, Unknown) and fact.reason is UnknownReason.NOT_COLLECTED):
        return None
    return fact


def lowest(rule: str, name: str, facts: Sequence[tuple[str, AnyFact]]) -> AnyFact:
    """The lowest of several values of one ordered fact, each with what it was read from; settled as soon as it can be."""
    spec = spec_of(name)
    ranges = [each for _, fact in facts if (each := possible(spec, fact)) is not None]
    if not ranges:
        return NotApplicable("none of those that it is taken from has it", derived(rule, *(source for source, _ in facts)))
    lo = min((each[0] for each in ranges), key=lambda value: rank(spec, value))
    hi = min((each[1] for each in ranges), key=lambda value: rank(spec, value))
    if lo == hi:
        return Known(lo, derived(rule, *(fact.via.via or source for source, fact in facts)))
    return open_fact(rule, first_unknown(fact for _, fact in facts), between=None if (lo, hi) == ends(spec) else (lo, hi))


def most_telling(unknowns: Iterable[Unknown]) -> Unknown | None:
    """The one of several unknowns that says most of what to do: a read that was denied, then any that failed, then what nobody asked."""
    return min(unknowns, key=_silence, default=None)


def _silence(unknown: Unknown) -> int:
    if unknown.reason is UnknownReason.PERMISSION_DENIED:
        return 0
    return 2 if unknown.reason in SILENT or unknown.reason is UnknownReason.OUT_OF_SCOPE else 1


def first_unknown(facts: Iterable[AnyFact]) -> Unknown:
    """The first fact that is unknown; `not-collected` where none is."""
    return next((fact for fact in facts if isinstance(fact, Unknown)), NOT_COLLECTED)


def every(rule: str, parts: Sequence[AnyFact]) -> AnyFact:
    """True if every part is: one false settles it, else any unknown leaves it open."""
    if settled := next((part for part in parts if _is(part, value=False)), None):
        return Known(value=False, via=derived(rule, settled.via))
    if any(isinstance(part, Unknown) for part in parts):
        return open_fact(rule, first_unknown(parts))
    return Known(value=True, via=derived(rule, *(part.via for part in parts)))


def some(rule: str, parts: Sequence[AnyFact], otherwise: Provenance) -> AnyFact:
    """True if some part is: one true settles it, else any unknown leaves it open; `otherwise` is what a false rests on."""
    if settled := next((part for part in parts if _is(part, value=True)), None):
        return Known(value=True, via=derived(rule, settled.via))
    if any(isinstance(part, Unknown) for part in parts):
        return open_fact(rule, first_unknown(parts))
    return Known(value=False, via=otherwise)


def _is(fact: AnyFact, *, value: bool) -> bool:
    return isinstance(fact, Known) and fact.value is value


def members(rule: str, certain: frozenset[str], open_: Unknown | None, *sources: Provenance | str) -> AnyFact:
    """A set: known where nothing is open, else unknown with the members that are certain."""
    return Known(certain, derived(rule, *sources)) if open_ is None else open_fact(rule, open_, includes=certain)


def names_of(fact: AnyFact) -> tuple[frozenset[str], Unknown | None]:
    """The certain members of a set fact, and why there may be more."""
    match fact:
        case Known(value=frozenset() as value):
            return value, None
        case Unknown(includes=includes):
            return includes, fact
        case _:
            return frozenset(), None
