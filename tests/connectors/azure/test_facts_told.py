"""What `docs/facts.md` says Azure tells is what it tells."""

from __future__ import annotations

from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.estate import tenant
from tools.fact_sources import told_by


def test_the_facts_that_are_said_to_be_told_are_those_that_are_told(collect):
    told = {name for one in collect(tenant(), ALL_FACTS).values() for name in one.facts}
    assert {name for name, connectors in told_by().items() if "Azure" in connectors} == told
