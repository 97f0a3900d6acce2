"""Broken plans through the command line: refused with a short message, or judged; never a traceback, never a hang."""

from __future__ import annotations

import pytest

from tests.cli.conftest import in_a_process
from tests.connectors.terraform.mutation import mutant
from tests.hang import ending
from tierwise.cli.options import FORMATS


@pytest.mark.parametrize("first", range(1_000_000, 1_000_050, 10))
def test_a_broken_plan_ends_with_a_code_of_the_contract(tierwise, home, first):
    for number in range(first, first + 10):
        (home / "plan.json").write_bytes(mutant(number))
        form = FORMATS[number % len(FORMATS)]
        with ending():
            ran = tierwise("scan", "plan", "plan.json", "--gate", "full", "--format", "ods=out.ods" if form == "ods" else form)
        if ran.code == 2:
            ran.complains(2, "plan.json")
        else:
            assert ran.code in {0, 1, 3}, (number, ran.err)
            assert "Traceback" not in ran.out + ran.err, number


@pytest.mark.parametrize("number", [1_000_050, 1_000_051])
def test_a_broken_plan_in_a_process_of_its_own_ends_alike(home, number):
    (home / "plan.json").write_bytes(mutant(number))
    ran = in_a_process("-c", "from tierwise.cli.main import run; run()", "scan", "plan", "plan.json", cwd=home)
    assert ran.returncode in {0, 1, 2, 3}, ran.stderr
    assert "plan.json" in ran.stderr if ran.returncode == 2 else ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr
