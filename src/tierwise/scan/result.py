"""An assessed estate judged, and everything that a report may show of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tierwise.connectors.live import live_reads
from tierwise.evaluate.accept import FACT, accept, unused
from tierwise.evaluate.baseline import held_against
from tierwise.evaluate.change import plan_changes
from tierwise.evaluate.compiled import CompiledControl
from tierwise.evaluate.coverage import coverage_of
from tierwise.evaluate.findings import findings_of
from tierwise.evaluate.fixes import fixes_of
from tierwise.evaluate.gate import decide
from tierwise.evaluate.judge import has_rung
from tierwise.evaluate.origin import Past
from tierwise.evaluate.pending import pending_of
from tierwise.evaluate.requirements import evidence_of
from tierwise.evaluate.truth import Truth
from tierwise.model.acceptance import Fault
from tierwise.model.fact import Known
from tierwise.model.finding import Findings, Run, ScanResult
from tierwise.model.register import names
from tierwise.model.resource import DATASETS, HELD, Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierState
from tierwise.scan.asks import by_kind
from tierwise.scan.assess import Assessed, Judging, told
from tierwise.scan.collect import Collected
from tierwise.scan.memory import bulk
from tierwise.scan.past import moved_in
from tierwise.shelf import Each, Named, in_order, shelved

_WHAT_IF: Final = (Tier.T1, Tier.T2, Tier.T3)


@dataclass(frozen=True, slots=True)
class Material:
    """All that a result is made from."""

    run: Run
    collected: Collected
    assessed: Assessed
    pasts: Mapping[str, Past]
    compiled: Sequence[CompiledControl]


@bulk()
def result_of(made: Material, judging: Judging, today: date) -> ScanResult:
    """Findings, gate, fixes and the rest."""
    collected, assessed, compiled = made.collected, made.assessed, made.compiled
    resources = in_order(assessed.estate.resources)
    asked_of = by_kind(compiled)
    findings = findings_of(resources, asked_of, assessed.classifications, made.pasts)
    gaps = told(collected, judging, today)
    by_id = assessed.estate.resources
    accepted = accept(findings, by_id, judging.acceptances, judging.profile.acceptance, today)
    if judging.baseline is not None:
        accepted = held_against(accepted, judging.baseline, by_id, moved_in(collected))
    coverage = coverage_of(collected.outcomes, resources, assessed.classifications)
    return ScanResult(
        run=made.run,
        resources=resources,
        classifications=assessed.classifications,
        findings=accepted,
        gaps=gaps,
        gate=decide(accepted, gaps, coverage, judging.gate, judging.baseline, judging.override),
        coverage=coverage,
        outcomes=shelved(collected.outcomes),
        regions=tuple(collected.regions),
        looks=tuple(sorted(collected.looks, key=lambda look: look.resource)),
        no_rung=sum(len(asked_of.get(kind, ())) * count for kind, count in assessed.estate.kinds.items()) - len(findings),
        fixes=fixes_of(accepted, {one.control.id: one.control for one in compiled}),
        deselected=tuple(sorted(judging.profile.deselected.items())),
        requirements=evidence_of(judging.profile.requirements, accepted, {one.control.id for one in compiled if one.attested}),
        framework=judging.profile.framework,
        what_if=_what_if(by_id, assessed.classifications, compiled),
        earlier=tuple(collected.changes.values()),
        pending=pending_of(accepted, by_id, live_reads()) if collected.planned else (),
        notes=(*collected.notes, *_unused(accepted, judging, assessed, asked_of), *_ending(judging, assessed, today)),
        changes=plan_changes(collected.changes, made.pasts, by_id, assessed.classifications, asked_of),
    )


def _unused(findings: Findings, judging: Judging, assessed: Assessed, asked_of: Mapping[Kind, Sequence[CompiledControl]]) -> Iterator[str]:
    """The acceptances that accept nothing here, and of which no finding can tell: they name nothing that was looked at, or what is at a tier that is not asked."""
    rules = unused(findings, judging.acceptances, assessed.estate.resources)
    told = set[str]()
    for one in assessed.estate.resources.values() if rules else ():
        fact = one.facts.get(FACT)
        if isinstance(fact, Known) and isinstance(fact.value, frozenset) and fact.value:
            interval = assessed.classifications[one.id].interval
            asked = [control for control in asked_of.get(one.kind, ()) if FACT in control.facts[-1]]
            told |= fact.value if not asked or any(has_rung(control, interval) for control in asked) else frozenset()
    for rule in rules:
        if f"{rule.file} {Fault.UNUSED.value}" not in told:
            yield f"{rule.file}: the acceptance speaks of nothing that fails or is unknown here"


def _ending(judging: Judging, assessed: Assessed, today: date) -> Iterator[str]:
    """The acceptances of what is attested of a dataset that end soon: no control asks of datasets whether their acceptances are in order."""
    last = today + timedelta(days=judging.profile.acceptance.soon_days)
    rules = [one for one in judging.acceptances if one.resource and today <= one.expires < last]
    if not rules or judging.attestations is None:
        return
    held = assessed.estate.resources
    datasets = [held[key] for key in held if key.startswith(DATASETS)]
    for rule in rules:
        if any(one.kind is Kind.DATASET and names(rule.resource, one) for one in datasets):
            yield f"{rule.file}: the acceptance of {rule.control} on {rule.resource} ends on {rule.expires}"


def _what_if(
    resources: Mapping[str, Resource], classifications: Mapping[str, Classification], compiled: Sequence[CompiledControl]
) -> Mapping[str, Mapping[str, int]]:
    """For stores whose tier is only assumed: how many failures each possible tier would bring, counted when it is looked at, as few reports do."""
    asked_of = by_kind([one for one in compiled if not one.control.cause])
    assumed = (key for key, one in classifications.items() if one.state is TierState.ASSUMED)
    names = [key for key in assumed if resources[key].kind in HELD]

    def counted(name: str) -> dict[str, int]:
        resource = resources[name]
        answers = [(one, one.answers(_WHAT_IF[-1], resource.facts)) for one in asked_of.get(resource.kind, ())]
        return {tier.name: sum(one.says(said, tier) is Truth.FALSE for one, said in answers) for tier in _WHAT_IF}

    return Named({name: number for number, name in enumerate(names)}, Each(names, counted))
