"""The shipped controls against the engine: each case comes out as it says, for the reason that its rung gives."""

from __future__ import annotations

import pytest

from tierwise.catalogue.controls import load_catalogue
from tierwise.evaluate.compiled import CompiledControl, compile_control
from tierwise.evaluate.truth import Truth, conjoin
from tierwise.model.control import Case, Control
from tierwise.model.resource import ALL_KINDS, Kind
from tierwise.model.sensitivity import Tier

WORDS = {Truth.TRUE: "pass", Truth.FALSE: "fail", Truth.UNKNOWN: "unknown", Truth.NOT_APPLICABLE: "not-applicable"}


@pytest.fixture(scope="module")
def compiled() -> tuple[CompiledControl, ...]:
    return tuple(compile_control(control) for control in load_catalogue().controls.values())


def _below(control: CompiledControl, case: Case) -> Truth:
    """What the rungs below the case's tier say."""
    return conjoin(part.judge(case.facts) for part in control.rungs[case.tier] if part.tier < case.tier)


def test_every_case_comes_out_as_expected(compiled: tuple[CompiledControl, ...]) -> None:
    wrong = [
        f"{one.control.id} {case.name}: {found}, not {case.expect}"
        for one in compiled
        for case in one.control.cases
        if (found := WORDS[one.truth(case.tier, case.facts)]) != case.expect
    ]
    assert wrong == []


def test_a_rung_has_cases_that_it_alone_decides(compiled: tuple[CompiledControl, ...]) -> None:
    wanted = {(one.control.id, tier, word) for one in compiled for tier in one.control.ladder for word in ("fail", "unknown")}
    decided = {
        (one.control.id, case.tier, case.expect)
        for one in compiled
        for case in one.control.cases
        if case.tier in one.control.ladder and _below(one, case) in {Truth.TRUE, Truth.NOT_APPLICABLE}
    }
    assert wanted - decided == set()


def test_only_the_agreed_controls_are_dangers_or_share_a_cause(compiled: tuple[CompiledControl, ...]) -> None:
    controls: list[Control] = [one.control for one in compiled]
    assert {control.id for control in controls if control.danger} == {"EXP-01", "EXP-03", "EXP-04"}
    assert {control.id for control in controls if control.cause == "undeclared"} == {
        "OWN-01",
        "OWN-02",
        "OWN-04",
        "OWN-05",
        "RET-01",
        "SCN-01",
    }


def test_names_and_tags_are_judged_on_every_kind_whose_tags_are_read(compiled: tuple[CompiledControl, ...]) -> None:
    names = next(one.control for one in compiled if one.control.id == "EXP-09")
    assert frozenset(names.applies_to) == ALL_KINDS - {Kind.POLICY, Kind.GROUP, Kind.DATASET}


def test_t4_is_never_without_a_rung(compiled: tuple[CompiledControl, ...]) -> None:
    assert [one.control.id for one in compiled if not one.rungs[Tier.T4]] == []
