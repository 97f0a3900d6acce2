"""Projects in process, surveyed through the real source, guard, session and collectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from tests.connectors.collected import Estate, absorb, check, flat
from tests.connectors.gcp.cloud import PROJECT, Cloud, Token
from tierwise.config import GcpConfig
from tierwise.connectors.base import link_name
from tierwise.connectors.gcp.connect import open_projects
from tierwise.model.fact import AnyFact, Known, Unknown
from tierwise.model.resource import Rel
from tierwise.model.vocabulary import SPECS

STARTED = datetime(2026, 11, 1, tzinfo=UTC)
ALL_FACTS = frozenset(spec.name for spec in SPECS) | {link_name(rel) for rel in Rel}
"""What to pass as `wanted` to make every detail read."""
Collect = Callable[..., Estate]


@pytest.fixture
def collect(request: pytest.FixtureRequest) -> Collect:
    """`collect(cloud, wanted=ALL_FACTS)`: a survey of the project for the module's `SERVICES`, then the wanted details."""

    def run(cloud: Cloud, wanted: frozenset[str] = frozenset(), **options: object) -> Estate:
        options.setdefault("services", getattr(request.module, "SERVICES", ()))
        return run_collect(cloud, wanted, **options)

    return run


def run_collect(cloud: Cloud, wanted: frozenset[str] = frozenset(), **options: object) -> Estate:
    """The same where no fixture can be."""
    if not {"projects", "folders", "organizations"} & set(options):
        options["projects"] = (PROJECT,)
    config = GcpConfig(requests_per_second=0, **options)  # type: ignore[arg-type]
    (source,) = open_projects(config, STARTED, credentials=Token(), inner=cloud, sleep=cloud.slept.append)
    estate = Estate()
    estate.gaps, estate.outcomes = [], []
    absorb(estate, flat(source.survey()))
    if wanted:
        absorb(estate, flat(source.details(dict.fromkeys(estate, wanted))))
    check(estate)
    return estate


def said(facts: Mapping[str, AnyFact]) -> dict[str, object]:
    """What facts say: the value, else `unknown` or `n/a`."""
    return {
        name: fact.value if isinstance(fact, Known) else "unknown" if isinstance(fact, Unknown) else "n/a" for name, fact in facts.items()
    }
