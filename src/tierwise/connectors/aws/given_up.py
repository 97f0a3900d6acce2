"""What ends a unit early: an endpoint that does not answer, or the time that a unit may take."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from botocore.exceptions import BotoCoreError, ConnectionError, HTTPClientError  # noqa: A004 - the SDK's name

_FAILURES: Final = 3
"""Calls in a row, each tried five times by the SDK, after which an endpoint counts as dead."""
_AGAIN: Final = 120.0
"""Seconds after which a dead endpoint is tried by one call again."""


class GivenUpError(BotoCoreError):  # type: ignore[misc]
    """A call that is not made; an error of the SDK's own kind, so that it turns into an unknown fact like any other."""

    fmt = "{because}"


@dataclass(slots=True)
class _Failing:
    count: int = 0
    until: float = 0.0


@dataclass(slots=True)
class Breaker:
    """Which endpoints do not answer, so that units that need them end at once; shared by all accounts, whose endpoints are the same."""

    clock: Callable[[], float] = time.monotonic
    _failing: dict[tuple[str, str], _Failing] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, service: str, region: str) -> None:
        """GivenUpError where an endpoint is dead; of those who ask after a while, one is let through."""
        if (service, region) not in self._failing:
            return
        with self._lock:
            found = self._failing.get((service, region))
            if found is None or found.count < _FAILURES:
                return
            now = self.clock()
            if now < found.until:
                raise GivenUpError(because=f"the endpoint did not answer {_FAILURES} calls in a row, and was not asked again")
            found.until = now + _AGAIN

    def answered(self, service: str, region: str) -> None:
        """An endpoint has answered, whatever it said."""
        if (service, region) in self._failing:
            with self._lock:
                self._failing.pop((service, region), None)

    def failed(self, service: str, region: str, error: Exception) -> None:
        """A call has failed; only where nothing answered does it count against the endpoint."""
        if isinstance(error, (ConnectionError, HTTPClientError)):
            with self._lock:
                found = self._failing.setdefault((service, region), _Failing())
                found.count += 1
                found.until = self.clock() + _AGAIN
