"""A ceiling on requests, so that a scan never starves what else uses an account's quota."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ceiling:
    """At most `per_second` requests a second over time, with bursts of what `burst` seconds allow; shared by all threads."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    burst: float = 1.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: float = 0.0

    def wait(self) -> None:
        """Block until one more request is allowed."""
        if self.per_second <= 0:
            return
        with self._lock:
            now = self.clock()
            self._next = max(self._next, now - self.burst) + 1.0 / self.per_second
            delay = self._next - now
        if delay > 0:
            self.sleep(delay)
