"""Runs the worked examples inside a control through the engine."""

from __future__ import annotations

from collections.abc import Iterator

from tierwise.evaluate.compiled import compile_control
from tierwise.evaluate.judge import has_rung, judge
from tierwise.model.control import Control
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import TierInterval


def failing_cases(control: Control) -> Iterator[str]:
    """One line per case whose verdict is not the expected one; a case that expects a pass is met where the control attests, too."""
    compiled = compile_control(control)
    for case in control.cases:
        interval = TierInterval(case.tier, case.tier)
        got = judge(compiled, case.facts, interval, case.tier).verdict.value if has_rung(compiled, interval) else "no rung"
        if got != case.expect and (got, case.expect) != (Verdict.ATTESTED.value, Verdict.PASS.value):
            yield f"{control.path or control.id}: case {case.name!r} at {case.tier.name} gives {got}, expected {case.expect}"
