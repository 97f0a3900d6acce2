"""All accounts of an organisation as one source: each is read through a role of its own, and fails alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tierwise.connectors.aws import content
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.organisation import ACCOUNTS, Membership
from tierwise.connectors.aws.source import AwsSource
from tierwise.connectors.base import Item, Organisation, Unit
from tierwise.content.look import Looker
from tierwise.errors import ScannerError
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Gap


@dataclass(frozen=True, slots=True)
class AwsOrganisation:
    """Source protocol over the accounts of an organisation. Its name stays the same as accounts come and go, so that its runs can be compared."""

    found: Membership
    caller: Caller
    """Who listed them."""
    sources: Sequence[AwsSource]
    closed: Sequence[Gap] = field(default_factory=tuple)
    """What is told of accounts that are chosen and that nobody can enter."""

    @property
    def name(self) -> str:
        """`aws:<organisation id>`."""
        return f"aws:{self.found.id}"

    def survey(self) -> Iterable[Unit]:
        """One unit for the organisation, and what each account's source has."""
        yield Unit("", "", "organisation", self._open)
        for one in self.sources:
            yield from one.survey()

    def again(self, wanted: Callable[[str], bool], rounds: int) -> Iterable[Unit]:
        """Those of the accounts."""
        return (unit for one in self.sources for unit in one.again(wanted, rounds))

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        """Those of the accounts."""
        return (unit for one in self.sources for unit in one.details(asks))

    @property
    def stopped(self) -> ScannerError | None:
        """That of any account: all are entered with the same credentials, by the same processes."""
        return next((one.stopped for one in self.sources), None)

    def remarks(self) -> Iterator[str]:
        """What is to be known of how the accounts were read; what several share is said once."""
        yield from dict.fromkeys(note for one in self.sources for note in one.remarks())

    @property
    def looked_into(self) -> frozenset[str]:
        """Buckets and tables."""
        return content.TYPES

    def looks(self, resources: Collection[str], looker: Looker) -> Iterable[Unit]:
        """Those of the accounts."""
        return (unit for one in self.sources for unit in one.looks(resources, looker))

    def _members(self) -> Maybe[frozenset[str]]:
        ids = frozenset([one.id for one in self.found.members])
        if not self.found.gaps:
            return Known(ids, ACCOUNTS.via)
        lost = self.found.gaps[0]
        return Unknown(UnknownReason(lost.reason), ACCOUNTS.via, lost.detail, includes=ids)

    def _open(self) -> Iterator[Item]:
        yield Organisation(self._members())
        yield from self.found.gaps
        yield from self.closed
        yield from self.caller.outcomes()
