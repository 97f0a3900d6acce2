"""What tells a scan of AWS that a resource is as an earlier one has read it: the history of changes, and what its facts rest on."""

from __future__ import annotations

from collections.abc import Iterator

from tierwise.connectors.aws.calls import Caller, is_closed
from tierwise.connectors.aws.history import Changes, Event, changes_since
from tierwise.connectors.aws.read import Collector
from tierwise.connectors.declared import Draft
from tierwise.connectors.rescan import Mark, Rescan, digest
from tierwise.model.fact import Unknown


def changes_in(rescan: Rescan, callers: Iterator[Caller], account: str) -> Changes | None:
    """The changes of an account since the earlier scan; None where they are not known, or there is none."""
    if rescan.earlier is None:
        return None
    found: list[Event] = []
    untold: dict[str, str] = {}
    for caller in callers:
        some = changes_since(caller, rescan.earlier.started)
        if not isinstance(some, Unknown):
            found += some
            continue
        # No fact rests on it: what is not known to be unchanged is read, and nothing is missing for that.
        caller.failures.clear()
        why = f"its changes in {caller.region} could not be read ({some.detail or some.reason.value})"
        if not is_closed(some.reason, some.detail):
            rescan.not_known(f"account {account}", why)
            return None
        untold[caller.region] = why
    return Changes(tuple(found), untold)


def fresh(rescan: Rescan, collector: Collector, draft: Draft) -> Mark:
    """The mark of a resource that is read now."""
    return Mark(rescan.started.isoformat(), digests(collector, draft))


def digests(collector: Collector, draft: Draft) -> dict[str, str]:
    """A digest of each document of a draft but those that are answers about its resource alone."""
    own = {read.operation for read in collector.reads if read.params is not None}
    return {name: digest(doc) for name, doc in draft.docs.items() if name not in own}
