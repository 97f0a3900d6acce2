"""A scan's result as a given audience may see it: for the public no numbers of people, categories, account ids, owners or facts as read.

What each format carries for whom is the table in `docs/reports.md`, which a test holds to what they write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from msgspec import structs

from tierwise.model.change import PlanChange
from tierwise.model.fact import Known
from tierwise.model.finding import Acceptance, Finding, Findings, Fix, Gate, ScanResult, UnknownPart
from tierwise.model.opinion import SecondOpinion
from tierwise.model.resource import DATASETS, EMPTY_EVIDENCE, NO_TAGS, Link, Resource
from tierwise.model.sensitivity import Classification
from tierwise.reports.planned import bare
from tierwise.shelf import each, renamed

_LABEL: Final = re.compile(r"account-(?:\d+|x)\Z")
_NUMBER: Final = r"\d{12}"


class _Mask:
    """Account ids replaced by labels that stay apart from each other, so that ids stay unique."""

    def __init__(self, accounts: Iterable[str]) -> None:
        found = sorted({one for one in accounts if one and not _LABEL.match(one)})
        self.labels = {one: f"account-{number}" for number, one in enumerate(found, 1)}
        known = [re.escape(one) for one in sorted(found, key=len, reverse=True)]
        self.pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join([*known, _NUMBER])})(?![A-Za-z0-9])")

    def __call__(self, text: str) -> str:
        return self.pattern.sub(lambda match: self.labels.get(match[0], "account-x"), text) if text else text


def for_audience(result: ScanResult, audience: str) -> ScanResult:
    """The result as it is for a team or in confidence; for the public without what only the organisation may know. Applying it twice changes nothing."""
    if audience != "public":
        return result
    result = _without_datasets(result)
    mask = _Mask(_accounts(result))
    return replace(
        result,
        run=replace(result.run, sources=tuple(mask(one) for one in result.run.sources)),
        resources=each(result.resources, partial(_resource, mask=mask)),
        classifications=renamed(result.classifications, mask, _classification),
        findings=Findings.of(result.findings).mapped(partial(_finding, mask=mask), renames=True),
        gaps=tuple(replace(one, account=mask(one.account), detail="") for one in result.gaps),
        gate=_gate(result.gate, mask),
        outcomes=tuple(replace(one, account=mask(one.account), resource=mask(one.resource)) for one in result.outcomes),
        looks=(),
        regions=tuple(replace(one, account=mask(one.account), via=mask(one.via)) for one in result.regions),
        fixes=each(result.fixes, partial(_fix, mask=mask)),
        deselected=tuple((control, mask(because)) for control, because in result.deselected),
        what_if=renamed(result.what_if, mask, dict),
        notes=tuple(mask(one) for one in result.notes),
        changes=tuple(_change(one, mask) for one in result.changes),
        earlier=(),
        pending=tuple(replace(one, resources=tuple(mask(key) for key in one.resources)) for one in result.pending),
        second=_second(result.second, mask) if result.second is not None else None,
    )


def _without_datasets(result: ScanResult) -> ScanResult:
    """Datasets go whole: their names and what is attested of them are the organisation's own."""
    datasets = {one.id for one in result.datasets}
    if not datasets:
        return result
    return replace(
        result,
        resources=tuple(one for one in result.resources if one.id not in datasets),
        classifications={key: one for key, one in result.classifications.items() if key not in datasets},
        findings=Findings.of([one for one in result.findings if one.resource not in datasets]),
        fixes=tuple(one for one in result.fixes if datasets.isdisjoint(one.resources)),
        requirements=tuple(replace(one, standing={}) for one in result.requirements),
    )


def for_pipelines(result: ScanResult, audience: str) -> ScanResult:
    """The same for formats that a pipeline publishes: only the `restricted` audience is told the names of datasets, others labels that stay apart."""
    if audience != "team":
        return result
    names = {one.id: f"{DATASETS}-{number}" for number, one in enumerate(result.datasets, 1)}
    if not names:
        return result

    def label(text: str) -> str:
        return names.get(text, text)

    def finding(one: Finding) -> Finding:
        if one.resource not in names:
            return one
        return structs.replace(one, resource=names[one.resource], fix_at=label(one.fix_at))

    return replace(
        result,
        resources=tuple(replace(one, id=names[one.id], name=names[one.id]) if one.id in names else one for one in result.resources),
        classifications={label(key): one for key, one in result.classifications.items()},
        findings=Findings.of(result.findings).mapped(finding, renames=True),
        fixes=tuple(structs.replace(one, fix_at=label(one.fix_at), resources=tuple(map(label, one.resources))) for one in result.fixes),
    )


def _second(second: SecondOpinion, mask: _Mask) -> SecondOpinion:
    opinions = (replace(one, resource=mask(one.resource), address=mask(one.address)) for one in second.opinions)
    return replace(second, sources={mask(name): trouble for name, trouble in second.sources.items()}, opinions=tuple(opinions))


def _accounts(result: ScanResult) -> Iterator[str]:
    yield from (one.account for one in result.resources)
    yield from (one.account for one in result.gaps)
    yield from (one.account for one in result.regions)
    yield from (one.account for one in result.outcomes)


def _resource(one: Resource, mask: _Mask) -> Resource:
    return replace(
        one,
        id=mask(one.id),
        name=mask(one.name),
        account=mask(one.account),
        tags=NO_TAGS if isinstance(one.tags, Known) else one.tags.unsaid(),
        facts={},
        links=tuple(Link(link.rel, mask(link.to), link.unknown.unsaid() if link.unknown else None) for link in one.links),
        aliases=(),
        evidence=EMPTY_EVIDENCE,
        grants=(),
        unit="",
    )


def _classification(one: Classification) -> Classification:
    return replace(one, categories=(), subjects=None, trace=(), dataset="", owner="")


def _finding(one: Finding, mask: _Mask) -> Finding:
    return structs.replace(
        one,
        resource=mask(one.resource),
        actual=(),
        unknowns=tuple(UnknownPart(part.fact, part.reason, mask(part.via), part.action) for part in one.unknowns),
        owner="",
        fix_at=mask(one.fix_at),
        setting="",
        brought_by="",
        accepted=Acceptance("", "", "", one.accepted.expires, "") if one.accepted else None,
        lapsed="",
    )


def _gate(one: Gate, mask: _Mask) -> Gate:
    override = replace(one.override, by="", reason="") if one.override is not None else None
    return replace(one, reasons=tuple(mask(reason) for reason in one.reasons), override=override)


def _fix(one: Fix, mask: _Mask) -> Fix:
    return structs.replace(one, fix_at=mask(one.fix_at), resources=tuple(mask(key) for key in one.resources), owner="")


def _change(change: PlanChange, mask: _Mask) -> PlanChange:
    one = bare(change)
    return replace(
        one,
        resource=mask(one.resource),
        weakened=tuple(replace(weak, via=mask(weak.via), because=mask(weak.because)) for weak in one.weakened),
        previous_address=mask(one.previous_address),
        detail=mask(one.detail),
        tier=replace(one.tier, because="") if one.tier else None,
        parts=tuple(replace(part, address=mask(part.address)) for part in one.parts),
    )
