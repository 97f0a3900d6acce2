"""Judging without a provider: how long a generated estate takes to derive, classify and judge, beside encoding it as JSON once.

python -m benchmarks.throughput [--stores 10000]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from benchmarks.bench import own_peak_mb
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import apply_profile, load_profile
from tierwise.connectors.base import Unit
from tierwise.model.codec import resource_out
from tierwise.model.fact import AnyFact, Known, Provenance, Value
from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS
from tierwise.model.resource import Kind, Link, Rel, Resource
from tierwise.scan import Judging, scan

T = TypeVar("T")
WORDS = ("applicants", "gp-referrals", "logs", "press", "metrics")
TAGS: tuple[dict[str, str], ...] = ({"data-classification": "internal", "owner": "a"}, {"data-classification": "personal"}, {})


class Estate:
    """A source with everything in one unit."""

    name = "generated"

    def __init__(self, resources: list[Resource]) -> None:
        self.resources = resources

    def survey(self) -> list[Unit]:
        """All resources."""
        return [Unit("", "", "generated", lambda: self.resources)]

    def details(self, asks: object) -> list[Unit]:
        """Nothing more."""
        del asks
        return []


def made(count: int) -> list[Resource]:
    """Stores with a key, a log target and a dozen facts each; one key for two hundred stores."""
    via = Provenance("generated")
    values: dict[str, Value] = {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "transport.tls_required": False,
        "transport.min_tls": "1.2",
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.acls_disabled": True,
        "recovery.versioning": False,
        "logging.data_read": True,
        "logging.data_write": True,
    }
    facts: dict[str, AnyFact] = {name: Known(value, via) for name, value in values.items()}
    keys = [Resource(f"key-{at}", Kind.KEY, "kms.key", "aws", "1" * 12, "eu-west-2", f"key-{at}") for at in range(max(1, count // 200))]
    stores = [
        Resource(
            f"store-{at}",
            Kind.OBJECT_STORE,
            "s3.bucket",
            "aws",
            "1" * 12,
            "eu-west-2",
            f"{WORDS[at % 5]}-{at}",
            tags=Known(TAGS[at % 3]),
            facts=facts,
            links=(Link(Rel.USES_KEY, f"key-{at % len(keys)}"), Link(Rel.LOGS_TO, "store-2")),
        )
        for at in range(count)
    ]
    return [*keys, *stores]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds and the answer."""
    began = time.process_time()
    answer = work()
    return time.process_time() - began, answer


def main() -> int:
    """Print CPU seconds and the ratio to encoding the estate once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", type=int, default=10_000)
    chosen = parser.parse_args()
    resources = made(chosen.stores)
    catalogue = load_catalogue()
    profile = load_profile("uk-gov-personal-data", catalogue)
    judging = Judging(profile, apply_profile(catalogue, profile), EMPTY_REGISTER, NO_CORRECTIONS, profile.gate)
    base, _ = timed(lambda: [msgspec.json.encode(resource_out(one)) for one in resources])
    spent, outcome = timed(lambda: scan([Estate(resources)], judging, started=datetime(2026, 1, 1, tzinfo=UTC), jobs=1))
    count = len(outcome.result.findings)
    print(f"{len(resources)} resources, {count} verdicts: {spent:.2f} s CPU ({1e6 * spent / len(resources):.0f} us a resource)")
    print(f"encoding the same resources as JSON once: {base:.2f} s CPU; ratio {spent / base:.1f}; peak {own_peak_mb():.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
