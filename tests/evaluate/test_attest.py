"""How attested evidence stands: ages, what is not in force, and what could not be checked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tierwise.catalogue.controls import load_catalogue
from tierwise.evaluate.attest import attested_facts
from tierwise.evaluate.compiled import compile_control
from tierwise.evaluate.findings import findings_of
from tierwise.model.attestation import State, Statement
from tierwise.model.fact import UNLIMITED, Known, Unknown
from tierwise.model.finding import Finding, Verdict
from tierwise.model.resource import REGISTER, Kind, Resource
from tierwise.model.sensitivity import Classification, Tier, TierInterval, TierState

TODAY = date(2026, 6, 1)
CONTROLS = {name: compile_control(one) for name, one in load_catalogue().controls.items()}
PLAN = "attested.incident_plan"


def said(age: int = 10, about: str = "incident-plan", **changes: object) -> Statement:
    given = {"dataset": "benefits", "file": f"a.yaml:{age}", **changes}
    return Statement(about, "it is so", "DOC-1", "A. Maker", "asset owner", "B. Approver", TODAY - timedelta(days=age), **given)  # type: ignore[arg-type]


def fact(*statements: Statement, name: str = PLAN, accounts: tuple[str, ...] = ("1",)) -> object:
    found = attested_facts("benefits", accounts, statements, TODAY)[name]
    return found.value if isinstance(found, Known) else found.between if isinstance(found, Unknown) else found


@pytest.mark.parametrize(
    ("statements", "value"),
    [
        ((), UNLIMITED),
        ((said(40), said(10)), 10),
        ((said(dataset="licensing"),), UNLIMITED),
        ((said(dataset="BENE*"),), 10),
        ((said(dataset="", organisation=True),), 10),
        ((said(refused="rejected in review: no such plan"),), UNLIMITED),
        ((said(-1),), UNLIMITED),
        ((said(expires=TODAY),), 10),
        ((said(expires=TODAY - timedelta(days=1)),), UNLIMITED),
        ((said(unreadable="plan.pdf"),), (10, UNLIMITED)),
        ((said(unreadable="plan.pdf"), said(90)), (10, 90)),
        ((said(90, unreadable="plan.pdf"), said(10)), 10),
    ],
)
def test_the_youngest_in_force_counts(statements: tuple[Statement, ...], value: object) -> None:
    assert fact(*statements) == value


def test_of_several_accounts_the_worst_counts() -> None:
    first, second = said(10, dataset="", account="1"), said(50, dataset="", account="2")
    assert fact(first, second, accounts=("1", "2")) == 50
    assert fact(first, accounts=("1", "2")) == UNLIMITED
    assert fact(first, accounts=("1",)) == 10


def test_of_several_groups_the_worst_counts_and_of_each_the_youngest() -> None:
    name, ours, theirs = "attested.clearance_bpss", {"group": "caseworkers"}, {"group": "administrators"}
    well = said(10, "clearance-bpss", **ours)
    assert fact(well, said(400, "clearance-bpss", **theirs), name=name) == 400
    assert fact(well, said(20, "clearance-bpss", refused="its roster has people twice", **theirs), name=name) == UNLIMITED
    assert fact(well, said(400, "clearance-bpss", **theirs), said(30, "clearance-sc", **theirs), name=name) == 30
    assert fact(well, said(400, "clearance-bpss", group="Caseworkers"), name=name) == 10
    assert finding(well, said(400, "clearance-bpss", **theirs), tier=Tier.T3, control="PPL-01").attested is State.STALE


def test_who_holds_sc_has_been_through_bpss_and_not_the_other_way() -> None:
    assert fact(said(about="clearance-sc"), name="attested.clearance_bpss") == 10
    assert fact(said(about="clearance-bpss"), name="attested.clearance_sc") == UNLIMITED


def finding(*statements: Statement, tier: Tier = Tier.T4, control: str = "INC-01") -> Finding:
    facts = attested_facts("benefits", ("1",), statements, TODAY)
    dataset = Resource("dataset:benefits", Kind.DATASET, "dataset", REGISTER, "1", "", "benefits", facts=facts)
    told = Classification(tier, TierInterval(tier, tier), TierState.INHERITED)
    (one,) = findings_of([dataset], {Kind.DATASET: [CONTROLS[control]]}, {dataset.id: told}, {})
    return one


@pytest.mark.parametrize(
    ("statements", "tier", "verdict", "state"),
    [
        ((said(200),), Tier.T3, Verdict.ATTESTED, State.ATTESTED),
        ((said(200),), Tier.T4, Verdict.FAIL, State.STALE),
        ((said(expires=TODAY - timedelta(days=1)),), Tier.T3, Verdict.FAIL, State.STALE),
        ((), Tier.T2, Verdict.FAIL, State.MISSING),
        ((said(refused="it was approved by whoever made it"),), Tier.T2, Verdict.FAIL, State.REJECTED),
        ((said(unreadable="plan.pdf"),), Tier.T2, Verdict.UNKNOWN, None),
        ((said(400, unreadable="plan.pdf"),), Tier.T2, Verdict.FAIL, State.STALE),
    ],
)
def test_each_state_has_its_verdict_and_the_tier_says_what_is_stale(
    statements: tuple[Statement, ...], tier: Tier, verdict: Verdict, state: State | None
) -> None:
    one = finding(*statements, tier=tier)
    assert (one.verdict, one.attested) == (verdict, state)


def test_every_control_over_attested_evidence_tells_all_four_states() -> None:
    """By the topic that its highest rung asks for."""
    attested = [one for one in CONTROLS.values() if one.attested]
    assert len(attested) >= 25
    for one in attested:
        (topic,) = one.rungs[Tier.T4][-1].facts
        about = topic.partition(".")[2].replace("_", "-")
        states = [
            finding(*statements, control=one.control.id).attested
            for statements in ((said(0, about),), (said(3000, about),), (), (said(0, about, refused="no"),))
        ]
        assert states == [State.ATTESTED, State.STALE, State.MISSING, State.REJECTED], one.control.id
