"""The text of a new control file: whole and valid, for its author to change line by line."""

from __future__ import annotations

from collections.abc import Sequence

from tierwise.catalogue.controls import FAMILIES, ID
from tierwise.catalogue.predicates import EVIDENCE_ONLY
from tierwise.catalogue.reader import did_you_mean
from tierwise.errors import UsageError
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import SPECS, Better, FactSpec, FactType


def new_control(id: str, family: str, kinds: Sequence[Kind]) -> str:  # noqa: A002 - the word that the file uses
    """A valid control over a fact that all the kinds list, with a case for each verdict. UsageError for names that cannot be."""
    if not ID.match(id):
        raise UsageError(f"id {id!r} is not three capitals, a hyphen and two digits, as ENC-01")
    if family not in FAMILIES:
        raise UsageError(f"unknown family {family!r}{did_you_mean(family, FAMILIES)}; families are {', '.join(FAMILIES)}")
    if not kinds:
        raise UsageError("a control applies to at least one kind of resource; name one")
    spec = _example(kinds)
    good, bad = ("true", "false") if spec.better is Better.HIGH else ("false", "true")
    return f"""\
id: {id}
title: Say in one sentence what holds where this control passes
family: {family}
applies_to: [{", ".join(kind.value for kind in dict.fromkeys(kinds))}]
ladder:
  # {spec.name}: {spec.meaning}
  # Other facts: docs/facts.md. A tier's rung is added to those of all lower tiers.
  T2: {{{spec.name}: {good}}}
severity: {{T2: low, T3: medium, T4: high}}
rationale: Say in one to four sentences how this protects people.
remediation:
  aws: Say what to change in an AWS account.
  terraform: Say which attribute to set.
source: "Name the standard, the section and its address"
cases:
  - {{name: as it should be, tier: T2, facts: {{{spec.name}: {good}}}, expect: pass}}
  - {{name: as it should not be, tier: T2, facts: {{{spec.name}: {bad}}}, expect: fail}}
  - {{name: could not be read, tier: T2, facts: {{{spec.name}: {{unknown: permission-denied}}}}, expect: unknown}}
"""


def _example(kinds: Sequence[Kind]) -> FactSpec:
    for spec in SPECS:
        directed = spec.type is FactType.BOOL and spec.better in {Better.HIGH, Better.LOW}
        if directed and not spec.name.startswith(EVIDENCE_ONLY) and all(kind in spec.kinds for kind in kinds):
            return spec
    names = ", ".join(kind.value for kind in kinds)
    raise UsageError(f"no fact that is true or false is listed for all of {names}; name fewer kinds, or write the control by hand")
