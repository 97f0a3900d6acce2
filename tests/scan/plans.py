"""Judges small plans by the default profile's controls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tests.connectors.terraform.plans import PlanBuilder
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import apply_profile, load_profile
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.change import PlanChange
from tierwise.model.fact import AnyFact
from tierwise.model.finding import Finding, ScanResult, Verdict
from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS
from tierwise.scan import Judging, scan

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def judging() -> Judging:
    """The default profile as shipped."""
    catalogue = load_catalogue()
    profile = load_profile("uk-gov-personal-data", catalogue)
    return Judging(profile, apply_profile(catalogue, profile), EMPTY_REGISTER, NO_CORRECTIONS, profile.gate)


@dataclass(frozen=True, slots=True)
class Judged:
    """A result with what tests look up in it."""

    result: ScanResult

    def finding(self, resource: str, control: str) -> Finding:
        """The one finding of a control on a resource."""
        (found,) = (one for one in self.result.findings if (one.resource, one.control) == (resource, control))
        return found

    def change(self, resource: str) -> PlanChange:
        """What the plan means for a resource."""
        (found,) = (one for one in self.result.changes if one.resource == resource)
        return found

    def fact(self, resource: str, name: str) -> AnyFact:
        """A fact as judged, derived ones included."""
        (found,) = (one for one in self.result.resources if one.id == resource)
        return found.facts[name]

    def brought(self, resource: str) -> dict[str, Verdict]:
        """What the plan brings that is not met or not settled."""
        return {
            one.control: one.verdict
            for one in self.result.findings
            if one.resource == resource and one.introduced and one.verdict in (Verdict.FAIL, Verdict.UNKNOWN)
        }


def judge(plan: PlanBuilder, folder: Path) -> Judged:
    """The plan, judged."""
    outcome = scan([open_plans([plan.write(folder)])], judging(), started=NOW, jobs=1)
    assert not outcome.crashes, outcome.crashes[0]
    return Judged(outcome.result)
