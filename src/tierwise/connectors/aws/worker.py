"""Runs tasks in this process, whoever sent them: accounts are entered as they are needed, and a few are kept open."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace

from tierwise.connectors.aws.connect import opened_again
from tierwise.connectors.aws.session import Access
from tierwise.connectors.aws.source import AwsAccount, AwsScope, AwsSource
from tierwise.connectors.aws.task import Flatten, Ran, Reach, Task
from tierwise.connectors.base import Item, Unit

_MOST_OPEN = 8
"""Accounts kept open at once; to enter one again costs one call to STS."""


class Worker:
    """One process's share of a scan. Tasks may come from several threads."""

    def __init__(
        self, access: Access, *, flatten: Flatten | None = None, enter: Callable[[Reach, Access], AwsAccount] = opened_again
    ) -> None:
        self._access = access
        self._flatten = flatten or one_by_one
        self._enter = enter
        self._open: OrderedDict[Reach, AwsSource] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, task: Task) -> Ran:
        """What a task yields."""
        return replace(self._source(task.reach).perform(task, self._flatten), lapsed=self._access.credentials.code)

    def _source(self, reach: Reach) -> AwsSource:
        with self._lock:
            found = self._open.get(reach)
            if found is None:
                found = self._open[reach] = AwsSource(self._enter(reach, self._access), AwsScope())
                while len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(reach)
            return found


def one_by_one(items: Iterator[Item]) -> list[Item]:
    """All items, with those of the units among them in their place."""
    return [one for item in items for one in (one_by_one(iter(item.run())) if isinstance(item, Unit) else [item])]
