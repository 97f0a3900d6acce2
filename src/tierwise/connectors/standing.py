"""Whether the credentials that a scan is made with still hold, by what came of the calls that used them; shared by clouds, which say what a refusal is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

_FAILURES: Final = 3
"""Calls in a row after which no more is made: credentials that renew themselves may be late for one."""


def ended(*standings: Standing) -> str:
    """Why no call is worth making with credentials that all of these tell of, as a code; empty where one is."""
    return next((one.code for one in standings if one.over), "")


@dataclass(slots=True)
class Standing:
    """Whether credentials were taken when they were last used; shared by all that use them."""

    code: str = ""
    """Why they were not; empty where they were."""
    was_taken: bool = False
    """Whether they ever were: what never takes them refuses them for another reason than that they have ended."""
    _refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def over(self) -> bool:
        """Whether they have been refused several times in a row, so that no call is worth making."""
        return self._refused >= _FAILURES

    def taken(self) -> None:
        """A call was made with them, and they were good for it, whatever it was answered."""
        with self._lock:
            self._refused, self.code, self.was_taken = 0, "", True

    def refused(self, code: str) -> None:
        """They have expired, were revoked or cannot be renewed, by a code of the provider or a name of its SDK."""
        with self._lock:
            self._refused, self.code = self._refused + 1, code

    def tell(self, status: int, code: str, expired: frozenset[str]) -> None:
        """A call was answered with an HTTP status, where that is 401 with a code; those in `expired` say that the credentials have ended."""
        if status == 401 and code in expired and self.was_taken:
            self.refused(code)
        elif status < 500 and status != 401:
            self.taken()
