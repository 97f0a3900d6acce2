"""Scans of the recorded organisation through everything that a scan of a real one passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.organisation.estate import REGIONS, SERVICES, STARTED, clean_environment, without_waiting
from tests.organisation.wire import Wire
from tests.scan.worlds import judging
from tierwise.config import AwsConfig
from tierwise.connectors.aws.connect import open_accounts
from tierwise.scan import Outcome, scan
from tierwise.scan.checkpoint import Checkpoint

OPTIONS: Mapping[str, Any] = {
    "organization": True,
    "external_id": "x1",
    "regions": REGIONS,
    "services": SERVICES,
    "inherit_tags": ("unit",),
    "requests_per_second": 0.0,
}


def scanned(wire: Wire, checkpoint: Checkpoint | None = None, *, jobs: int = 1, **options: Any) -> Outcome:
    """A scan of the organisation that the wire answers for."""
    with clean_environment(), without_waiting(), wire.in_place():
        sources = open_accounts(AwsConfig(**{**OPTIONS, **options}), STARTED, threads=jobs)
        return scan(sources, judging(), started=STARTED, jobs=jobs, checkpoint=checkpoint)
