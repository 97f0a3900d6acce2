"""Scans of the department's subscription and project whose credentials end, again and again, come to the same end; what was read by then is kept."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from urllib3 import HTTPResponse

from tests.scan.clouds import checkpoint_in, differences, told
from tests.scan.estate import STARTED
from tests.scan.worlds import judging
from tierwise.connectors.base import Stoppable
from tierwise.demo import recorded
from tierwise.errors import CredentialsError
from tierwise.scan import Outcome, scan
from tierwise.store.units import KeptUnit

REFUSALS = {
    "azure_subscription": {"error": {"code": "InvalidAuthenticationToken", "message": "The access token is invalid."}},
    "google_project": {
        "error": {"code": 401, "status": "UNAUTHENTICATED", "errors": [{"reason": "authError", "message": "Invalid Credentials"}]}
    },
}
"""How the clouds word a 401, by what makes the source."""


class Ending(recorded.Replay):
    """The recording, which refuses every token after so many requests."""

    after = 1 << 30
    came = 0

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        type(self).came = 0
        self.refusal = REFUSALS["azure_subscription" if file.stem == "azure" else "google_project"]

    def send(self, request: Any, *args: Any, **more: Any) -> Any:
        type(self).came += 1
        if self.came <= self.after:
            return super().send(request, *args, **more)
        body = BytesIO(json.dumps(self.refusal).encode())
        return self.build_response(request, HTTPResponse(body=body, status=401, headers={}, preload_content=False))


@pytest.fixture(autouse=True)
def _ending(monkeypatch):
    monkeypatch.setattr(recorded, "Replay", Ending)
    monkeypatch.setattr(Ending, "after", 1 << 30)


def scanned(which: str, kept: list[KeptUnit], earlier: Sequence[KeptUnit] = ()) -> tuple[Outcome, bool]:
    """A scan that goes on from some units, what it keeps, and whether its credentials have ended."""
    (source,), _ = getattr(recorded, which)(STARTED)
    outcome = scan([source], judging(), started=STARTED, jobs=1, checkpoint=checkpoint_in(kept, earlier))
    assert outcome.crashes == ()
    assert isinstance(source, Stoppable)
    stopped = source.stopped
    assert stopped is None or isinstance(stopped, CredentialsError)
    return outcome, stopped is not None


@pytest.mark.parametrize("which", REFUSALS)
def test_it_comes_to_the_same_end_wherever_they_end_and_however_often(which, monkeypatch):
    every: list[KeptUnit] = []
    outcome, _ = scanned(which, every)
    wanted, requests = told(outcome.result), Ending.came
    chance = random.Random(20)
    # The first by hand: what nobody could list again once was taken for something of which nothing more can be read.
    for points in ((5, 12, 5), *([chance.randrange(5, requests) for _ in range(1 + number % 3)] for number in range(3))):
        earlier: dict[str, KeptUnit] = {}
        for after in points:
            monkeypatch.setattr(Ending, "after", after)
            kept: list[KeptUnit] = []
            _, ended = scanned(which, kept, list(earlier.values()))
            # They are used no more after three calls in a row to one place, each of which is tried with another token once or twice.
            assert Ending.came <= after + 18
            assert ended == (Ending.came > after)
            earlier |= {one.name: replace(one, items=zlib.compress(one.items)) for one in kept}
        monkeypatch.setattr(Ending, "after", 1 << 30)
        outcome, ended = scanned(which, [], list(earlier.values()))
        assert not ended
        assert differences(told(outcome.result), wanted) == {}, points
    assert every
