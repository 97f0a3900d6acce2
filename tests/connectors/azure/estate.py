"""A tenant with an example of everything that is collected: the `ROWS` and `DOCS` of each service's tests, tagged as they would be."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from tests.connectors.azure.cloud import Cloud, Credential
from tests.connectors.azure.conftest import STARTED
from tests.scan.worlds import judging
from tierwise.config import AzureConfig
from tierwise.connectors.azure import session
from tierwise.connectors.azure.connect import open_tenant
from tierwise.connectors.base import Detailed
from tierwise.scan import Outcome, scan

TAGS = {"data-classification": "special-category", "owner": "records", "environment": "production"}


def tenant(tags: Mapping[str, str] = TAGS) -> Cloud:
    """The whole tenant, at T3 unless its tags say something else."""
    import tests.connectors.azure as package

    rows: list[dict[str, Any]] = []
    docs: dict[str, Any] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("test_"):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            rows += getattr(module, "ROWS", ())
            docs |= getattr(module, "DOCS", {})
    return Cloud([{**one, "tags": tags} for one in rows], docs)


@contextmanager
def reached(cloud: Cloud) -> Iterator[None]:
    """The real pipeline over a cloud in process."""
    with patch.object(session, "RequestsTransport", lambda **_: cloud.transport()):
        yield


@contextmanager
def unwired(cloud: Cloud) -> Iterator[None]:
    """Declared calls go to the cloud by themselves, past azure-core's pipeline and `requests`, which are most of what a scan costs."""

    def send(way: session.Arm | session.Directory, request: Any, **_: Any) -> session.Answer:
        way.guard.check(request.method, request.url)
        reply = cloud.answered(request.method, request.url, request.content)
        return session.Answer(reply.status, reply.bytes, reply.headers)

    with patch.object(session.Arm, "_send", send), patch.object(session.Directory, "_send", send):
        yield


def opened() -> Detailed:
    """The tenant as a source, however its cloud is reached."""
    (source,) = open_tenant(AzureConfig(requests_per_second=0), STARTED, credential=Credential())
    return source


def scanned(cloud: Cloud, *, probes: bool = True, way: Callable[[Cloud], AbstractContextManager[None]] = reached) -> Outcome:
    """A scan by the default profile, and by probes that ask for every fact."""
    judged = judging()
    if not probes:
        judged = replace(judged, controls=tuple(one for one in judged.controls if not one.id.startswith("PROBE")))
    with way(cloud):
        outcome = scan([opened()], judged, started=STARTED, jobs=1)
    assert outcome.crashes == ()
    return outcome
