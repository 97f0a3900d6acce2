"""How a run that makes very many objects treats the collector of garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bulk() -> Iterator[None]:
    """Keep the collector of garbage off: what reading a plan and judging make lives to the end and is part of no cycle, so it would look through all of it in vain."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
