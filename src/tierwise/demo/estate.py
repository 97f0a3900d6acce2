"""The sample estate in three clouds as sources for the normal pipeline: what the demo command scans and tests rely on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from tierwise.connectors.aws.collectors import declared_calls
from tierwise.connectors.aws.session import Access, Account
from tierwise.connectors.aws.source import AwsAccount, AwsScope, AwsSource
from tierwise.connectors.base import Source
from tierwise.demo.areas import benefits, health, people, platform, services
from tierwise.demo.dates import STARTED, set_dates
from tierwise.demo.emulator import ACCOUNT, CLOSED_REGION, REGION, emulated, planting_session, scanning_session
from tierwise.demo.ground import Ground
from tierwise.demo.recorded import azure_subscription, google_project

DATA: Final = Path(__file__).parent / "data"
REGISTER: Final = DATA / "register.yaml"
ACCEPTANCES: Final = DATA / "acceptances.yaml"
PLAN: Final = DATA / "plan.json"
SERVICES: Final = frozenset({"s3", "rds", "dynamodb", "kms", "iam", "sqs", "secretsmanager", "cloudtrail", "logs", "ec2", "account"})
"""Services that the sample uses; others would show nothing but what moto does not emulate."""


@contextmanager
def sample_estate() -> Iterator[tuple[tuple[Source, ...], Path, Path, datetime]]:
    """The emulated account and the recorded subscription and project, ready to be scanned while the context lasts.

    (sources, register, acceptances, the run's start)
    """
    with emulated():
        ground = Ground(planting_session())
        for area in (people, platform, benefits, health, services):
            area.plant(ground)
        set_dates()
        ground.client("iam").generate_credential_report()
        account = Account(scanning_session, Access(declared_calls(), ceiling=0))
        source = AwsSource(AwsAccount(ACCOUNT, account, "aws", STARTED), AwsScope((CLOSED_REGION, REGION), SERVICES))
        # What answers for the other two stands below their SDKs, which moto's stand-in for the network does not touch.
        yield (source, *azure_subscription(STARTED)[0], *google_project(STARTED)[0]), REGISTER, ACCEPTANCES, STARTED
