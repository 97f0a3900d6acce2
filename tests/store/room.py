"""A disk without room, as one process sees it."""

from __future__ import annotations

import resource
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def without_room(function: Callable[P, T]) -> Callable[P, T]:
    """The same, where no file may become larger than a page."""

    def call(*args: P.args, **more: P.kwargs) -> T:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, -1))
        try:
            return function(*args, **more)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))

    return call
