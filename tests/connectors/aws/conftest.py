"""An emulated account, in process, surveyed through the real source, guard and collectors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from tests.connectors.collected import Estate, absorb, check, flat
from tierwise.connectors.aws.collectors import declared_calls
from tierwise.connectors.aws.session import Access, Account, new_session
from tierwise.connectors.aws.source import AwsAccount, AwsScope, AwsSource
from tierwise.model.vocabulary import SPECS

ACCOUNT = "123456789012"
REGION = "eu-west-2"
IMAGES = "MOTO_EC2_LOAD_DEFAULT_AMIS"
"""Whether every region of an emulated account has the public images of Amazon and the snapshots behind them (moto, "Configuration Options")."""
ALL_FACTS = frozenset(spec.name for spec in SPECS)
"""What to pass as `wanted` to make every detail read."""

Canned = Mapping[tuple[str, str], "dict[str, Any] | str | Callable[[dict[str, Any]], dict[str, Any]]"]
"""By (boto3 service, operation): an answer, a function of the request, or an error code."""


Collect = Callable[..., Estate]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """`aws("sqs")` is a plain client for planting resources in an empty emulated account.

    The clients are the same for all tests of a process, of which each has an account of its own behind them; no test but one that asks for them waits for
    Amazon's images.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv(IMAGES, os.environ.get(IMAGES, "false"))
    with mock_aws():
        yield _planting


@cache
def _planting(service: str) -> Any:
    """Made while moto is there, with the credentials of the tests."""
    return new_session(region=REGION, credentials=("testing", "testing", None)).client(service)


@pytest.fixture
def collect(aws: Callable[[str], Any]) -> Collect:
    """`collect("sqs", wanted=ALL_FACTS, canned={("sqs", "GetQueueAttributes"): "AccessDenied"})`: a survey, then the wanted details."""

    def run(service: str, wanted: frozenset[str] | None = None, *, canned: Canned | None = None, now: datetime | None = None) -> Estate:
        session = new_session(region=REGION)
        for (name, operation), answer in (canned or {}).items():
            session._session.register(f"before-call.*.{operation}", _answering(name, answer))
        account = AwsAccount(
            ACCOUNT, Account(lambda: session, Access(declared_calls(), ceiling=0)), "aws", now or datetime.now(UTC), home=False
        )
        source = AwsSource(account, AwsScope((REGION,), frozenset({service})))
        estate = Estate()
        estate.gaps, estate.outcomes = [], []
        absorb(estate, flat(source.survey()))
        if wanted:
            absorb(estate, flat(source.details(dict.fromkeys(estate, wanted))))
        check(estate)
        return estate

    return run


def _answering(service: str, answer: Any) -> Callable[..., Any]:
    def respond(model: Any, params: dict[str, Any], **_: object) -> Any:
        if model.service_model.service_name != service:
            return None
        if isinstance(answer, str):
            return SimpleNamespace(status_code=400), {"Error": {"Code": answer, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        return SimpleNamespace(status_code=200), answer(params) if callable(answer) else answer

    return respond
