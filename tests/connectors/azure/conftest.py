"""A tenant in process, surveyed through the real source, guard, pipeline and collectors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.connectors.azure.cloud import Cloud, Credential
from tests.connectors.collected import Estate, absorb, check, flat
from tierwise.config import AzureConfig
from tierwise.connectors.azure import session
from tierwise.connectors.azure.connect import open_tenant
from tierwise.connectors.base import link_name
from tierwise.model.resource import Rel
from tierwise.model.vocabulary import SPECS

STARTED = datetime(2026, 11, 1, tzinfo=UTC)
ALL_FACTS = frozenset(spec.name for spec in SPECS) | {link_name(rel) for rel in Rel}
"""What to pass as `wanted` to make every detail read."""
Collect = Callable[..., Estate]


@pytest.fixture
def collect(monkeypatch: pytest.MonkeyPatch) -> Collect:
    """`collect(cloud, wanted=ALL_FACTS)`: a survey, then the wanted details."""

    def run(cloud: Cloud, wanted: frozenset[str] = frozenset(), **options: object) -> Estate:
        monkeypatch.setattr(session, "RequestsTransport", lambda **_: cloud.transport())
        config = AzureConfig(requests_per_second=0, **options)  # type: ignore[arg-type]
        (source,) = open_tenant(config, STARTED, credential=Credential())
        estate = Estate()
        estate.gaps, estate.outcomes = [], []
        absorb(estate, flat(source.survey()))
        if wanted:
            absorb(estate, flat(source.details(dict.fromkeys(estate, wanted))))
        check(estate)
        return estate

    return run
