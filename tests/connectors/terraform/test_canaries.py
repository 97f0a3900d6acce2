"""Canaries in the plans of three clouds; `tests/cli/test_canaries.py` looks at every output of a few."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from random import Random

import pytest

from tests.connectors.terraform.canary import Planter, leaked
from tests.connectors.terraform.mutation import plans
from tests.scan.worlds import judging
from tierwise.cli.last import inventory_lines
from tierwise.connectors.terraform.source import PlanSource, open_plans
from tierwise.reports.base import View, reports
from tierwise.scan import scan

PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_no_public_plan_lets_out_what_it_marks_as_sensitive(tmp_path, part):
    planter = Planter(Random(part))
    path = tmp_path / "plan.json"
    found = []
    for number, text in enumerate(islice(plans(), part, None, PARTS)):
        path.write_text(json.dumps(planter.plan(json.loads(text))), "utf-8")
        found += [replace(plan, prefix=f"{number}#") for plan in open_plans([path]).plans]
    outcome = scan([PlanSource("plan:canaries", tuple(found))], judging(), started=datetime(2026, 1, 1, tzinfo=UTC), jobs=1)
    made = reports()["json"].render(outcome.result, View(audience="restricted"))
    assert outcome.crashes == ()
    assert len(outcome.result.resources) > 20
    assert len(planter.canaries) > 400
    assert leaked(b"".join(inventory_lines(outcome)) + (made if isinstance(made, bytes) else made.encode())) == []
