"""How the workers of a cluster enter the recorded organisation: each process replays it, from a file that the test has written."""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from tests.organisation.estate import HOME, Estate, clean_environment, without_waiting
from tests.organisation.wire import Wire
from tierwise.connectors.aws.connect import opened_again
from tierwise.connectors.aws.session import Access
from tierwise.connectors.aws.source import AwsAccount
from tierwise.connectors.aws.task import Reach

RECORDING = "TIERWISE_TEST_RECORDING"
"""The file."""
DEADLY = "TIERWISE_TEST_DEADLY"
"""A file that lists accounts, one a line; a worker that is sent to the first of them takes it out, and dies."""


def written(estate: Estate, to: Path) -> Path:
    """What workers need."""
    to.write_bytes(pickle.dumps((estate.accounts, estate.unit, estate.wire.recorded, estate.wire.keys)))
    return to


_HELD = ExitStack()


@cache
def in_place(path: str) -> Estate:
    """The recorded organisation, which stands where the network is for as long as this process lives."""
    accounts, unit, answers, keys = pickle.loads(Path(path).read_bytes())
    estate = Estate(accounts, unit, Wire(HOME, recorded=answers, keys=keys))
    for one in (clean_environment(), without_waiting(), estate.replayed().in_place()):
        _HELD.enter_context(one)
    return estate


def enter(reach: Reach, access: Access) -> AwsAccount:
    """An account of the recorded organisation."""
    in_place(os.environ[RECORDING])
    deadly = Path(os.environ[DEADLY]) if DEADLY in os.environ else None
    if deadly is not None and deadly.exists() and reach.account in deadly.read_text().split():
        deadly.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return opened_again(reach, access)
