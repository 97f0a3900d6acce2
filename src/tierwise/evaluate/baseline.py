"""Findings held against a baseline: what stood there already is not this change's doing and only advises."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from msgspec import structs

from tierwise.evaluate.findings import fingerprint
from tierwise.model.baseline import Baseline, Standing
from tierwise.model.control import All, AnyOf, Compare, Control, Holds, Predicate
from tierwise.model.finding import PROBLEMS, Finding, Findings, ScanResult, Verdict
from tierwise.model.resource import Resource


def digests(controls: Iterable[Control]) -> dict[str, str]:
    """What each control asks, in short: the same digest, the same kinds, rungs, severities and guard. Texts do not count."""
    return {control.id: _digest(control) for control in sorted(controls, key=lambda one: one.id)}


def _digest(control: Control) -> str:
    asked = {
        "kinds": sorted(control.applies_to),
        "ladder": {tier.name: _plain(rung) for tier, rung in sorted(control.ladder.items())},
        "extra": {tier.name: [_plain(rung) for rung in rungs] for tier, rungs in sorted(control.extra.items())},
        "severity": {tier.name: severity.word for tier, severity in sorted(control.severity.items())},
        "when": _plain(control.when) if control.when is not None else None,
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:12]


def _plain(predicate: Predicate) -> Any:
    match predicate:
        case Compare(fact=fact, op=op, operand=operand):
            return [fact, op.value, sorted(operand) if isinstance(operand, frozenset) else operand]
        case Holds(name=name, args=args):
            return ["holds", name, args]
        case All(parts=parts):
            return ["all", *map(_plain, parts)]
        case AnyOf(parts=parts):
            return ["any", *map(_plain, parts)]


def baseline_of(result: ScanResult, controls: Iterable[Control], name: str) -> Baseline:
    """What stands in a result. An accepted risk is left out: it is answered for until its date, and no longer."""
    standing = {
        one.fingerprint: Standing(one.control, one.resource, one.verdict, one.tier)
        for one in Findings.of(result.findings).problems
        if one.accepted is None
    }
    return Baseline(name, result.run.profile, digests(controls), standing)


def unlike(baseline: Baseline, profile: str, controls: Iterable[Control]) -> str:
    """Why the baseline was not judged as a scan is judged now; empty where it was. A baseline of more controls serves fewer."""
    if baseline.profile != profile:
        return f"it was judged by profile {baseline.profile!r}, and this scan judges by {profile!r}"
    now = digests(controls)
    absent = [one for one in now if one not in baseline.controls]
    if absent:
        return f"it was judged without {_some(absent)}"
    changed = [one for one, digest in now.items() if baseline.controls[one] != digest]
    return f"{_some(changed)} asked for something else when it was made" if changed else ""


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def held_against(findings: Sequence[Finding], baseline: Baseline, resources: Mapping[str, Resource], moved: Mapping[str, str]) -> Findings:
    """The findings, each with whether the baseline has it; what a live scan finds beside it is new.

    `moved` gives the id that a resource had before (a `moved` block): its baseline stands under that.
    """
    return Findings.of(findings).mapped(lambda one: _held(one, baseline, resources[one.resource], moved.get(one.resource)))


def _held(one: Finding, baseline: Baseline, resource: Resource, previous: str | None) -> Finding:
    if one.verdict not in PROBLEMS or one.accepted is not None:
        return one
    found = baseline.standing.get(one.fingerprint)
    if found is None and previous is not None:
        found = baseline.standing.get(fingerprint(one.control, replace(resource, id=previous)))
    # What the plan itself is seen to bring to a resource that is there already is its doing, whatever stood elsewhere.
    if found is not None and _covers(found, one) and not (one.introduced and one.before is not None):
        return structs.replace(one, introduced=False, in_baseline=True)
    return one if resource.address is not None else structs.replace(one, introduced=True)


def _covers(found: Standing, one: Finding) -> bool:
    """Whether what stood there is the same or worse: no unknown for what fails now, and no lower tier than it is judged at now."""
    return found.verdict in {one.verdict, Verdict.FAIL} and found.tier >= one.tier
