"""A tenant, or some of its subscriptions, as a source: inventory by Resource Graph, then the reads of both stages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from tierwise.connectors.azure import content, directory, policy
from tierwise.connectors.azure.calls import Caller
from tierwise.connectors.azure.collectors import PERMISSIONS, collectors
from tierwise.connectors.azure.credentials import ended
from tierwise.connectors.azure.ids import same, subscription_of
from tierwise.connectors.azure.place import INVENTORY, SUBSCRIPTIONS, Place, region_of
from tierwise.connectors.azure.read import Collector, Row
from tierwise.connectors.azure.session import Arm, Blobs
from tierwise.connectors.azure.unchanged import Unchanged
from tierwise.connectors.base import Item, Organisation, Unit, grouped
from tierwise.connectors.declared import Doc, Draft, Stage, finished
from tierwise.connectors.rescan import Rescan
from tierwise.content.look import Looker
from tierwise.errors import CredentialsError, ScannerError
from tierwise.model.content import Depth
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.resource import FactUpdate, Gap, Kind, ReadOutcome, Rel, Resource

_RESOURCES: Final = "resources"

_UNSEEN: Final = "the credentials do not see it; give them the role of 'tierwise permissions azure' on it or on a management group above, and check its id"


@dataclass(frozen=True, slots=True)
class AzureScope:
    """What to look at; empty means all that the caller can see."""

    subscriptions: tuple[str, ...] = ()
    management_groups: tuple[str, ...] = ()
    services: frozenset[str] = frozenset()

    @property
    def graph(self) -> Mapping[str, Any]:
        """The scope in the words of Resource Graph's request."""
        if self.subscriptions:
            return {"subscriptions": list(self.subscriptions)}
        return {"managementGroups": list(self.management_groups)} if self.management_groups else {}


@dataclass(slots=True)
class AzureTenant:
    """One tenant to scan, with the subscriptions that were found in it."""

    id: str
    arm: Arm
    now: datetime
    places: Mapping[str, Place]
    missing: tuple[str, ...] = ()
    """Subscriptions that were asked for and are not among those that can be seen."""
    outcomes: Sequence[ReadOutcome] = field(default_factory=tuple)
    """What came of the calls that found them."""
    depth: Depth = Depth.METADATA


class AzureSource:
    """Source protocol over one tenant: one inventory for all subscriptions, reads per resource."""

    def __init__(self, tenant: AzureTenant, scope: AzureScope, rescan: Rescan | None = None) -> None:
        self._tenant = tenant
        self._scope = scope
        self._unchanged = Unchanged(rescan) if rescan is not None else None
        self._kept: dict[str, tuple[Collector, Draft, Place]] = {}
        self._wanted: Callable[[str], bool] | None = None
        """Which resources are surveyed, by id; None for all."""
        some = next(iter(tenant.places.values()), Place(""))
        self._home = Place("", shared=some.shared)
        self._by_type = {row.type.lower(): (collector, row) for collector in self._selected() for row in collector.rows}

    @property
    def name(self) -> str:
        """`azure:<tenant id>`."""
        return f"azure:{self._tenant.id}"

    def survey(self) -> Iterable[Unit]:
        """One unit for each table of Resource Graph, and one for each subscription, which tells what the caller may not see there."""
        yield Unit("", "", "tenant", self._open, provider="azure")
        for place in self._tenant.places.values():
            yield Unit(place.id, "", "subscription", partial(self._look_around, place), provider="azure")
        # Listings fill what later ones refer to, so that they are always made; what is kept are the reads that follow from them.
        yield Unit("", "", "resources", self._list_all, provider="azure")

    def again(self, wanted: Callable[[str], bool], _rounds: int) -> Iterable[Unit]:
        """The same for these resources alone."""
        self._wanted = wanted
        return self.survey()

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        """One unit per resource that has a declared read for something asked."""
        for resource, wanted in asks.items():
            if resource not in self._kept:
                continue
            collector, draft, place = self._kept[resource]
            if any(read.operation not in draft.docs for read in collector.detail_reads(wanted)):
                run = partial(self._deepen, collector, draft, place, wanted)
                yield Unit(place.id, draft.resource.region, collector.service, run, provider="azure", asked={resource: wanted})

    def remarks(self) -> Iterator[str]:
        """What is to be known of how it was read."""
        if self._unchanged is not None:
            yield from self._unchanged.rescan.remarks("resources")

    @property
    def stopped(self) -> ScannerError | None:
        """Why nothing more can be read before the credentials are renewed; None where they hold."""
        code = self._tenant.arm.lapsed
        return CredentialsError(ended(code)) if code else None

    def probes(self) -> Iterable[Unit]:
        """The lists of the tenant's directory."""
        yield Unit("", "", "directory", self._probe, provider="azure")

    def _probe(self) -> Iterator[Item]:
        caller = self._caller(self._home)
        directory.probe(caller)
        yield from caller.outcomes()

    @property
    def looked_into(self) -> frozenset[str]:
        """Storage accounts."""
        return content.TYPES

    def looks(self, resources: Collection[str], looker: Looker) -> Iterable[Unit]:
        """One unit per storage account with blobs."""
        blobs = self._tenant.arm.blobs(self._tenant.depth)
        for resource in resources:
            if resource in self._kept and self._kept[resource][1].resource.type in content.TYPES:
                collector, draft, place = self._kept[resource]
                run = partial(self._look_into, draft, place, blobs, looker)
                yield Unit(place.id, draft.resource.region, collector.service, run, provider="azure", private=True)

    def _look_into(self, draft: Draft, place: Place, blobs: Blobs, looker: Looker) -> Iterator[Item]:
        yield content.look(self._caller(place), blobs, draft, looker)

    def _selected(self) -> Iterator[Collector]:
        return (one for one in collectors() if not self._scope.services or one.service in self._scope.services)

    def _caller(self, place: Place) -> Caller:
        return Caller(place, self._tenant.arm, self._tenant.now)

    def _open(self) -> Iterator[Item]:
        yield Organisation(Known(frozenset({self._tenant.id, *self._tenant.places}), INVENTORY.via))
        for subscription in self._tenant.missing:
            unseen = Unknown(UnknownReason.PERMISSION_DENIED, SUBSCRIPTIONS.via, _UNSEEN)
            yield self._gap(subscription, "subscription", unseen, SUBSCRIPTIONS.action)
        yield from self._tenant.outcomes

    def _gap(self, subscription: str, service: str, why: Unknown, action: str, table: str = "") -> Gap:
        """A gap that could hide whatever is listed (in a table)."""
        kinds = frozenset[Kind]().union(*(row.kinds for _, row in self._by_type.values() if table in ("", row.table)))
        return Gap("azure", subscription, "", service, why.reason.value, action, why.detail, kinds)

    def _look_around(self, place: Place) -> Iterator[Item]:
        """Gaps for what Resource Graph leaves out of a subscription because the caller may not read it."""
        caller = self._caller(place)
        place.granted = caller.ask(PERMISSIONS, f"/subscriptions/{place.id}")
        if isinstance(readable := place.may(PERMISSIONS.action), Unknown):
            yield self._gap(place.id, "permissions", readable, PERMISSIONS.action)
        for collector, row in self._by_type.values():
            allowed = place.may(row.action)
            if isinstance(allowed, Known) and not allowed.value:
                unknown = caller.denied(row)
                yield Gap("azure", place.id, "", collector.service, unknown.reason.value, row.action, unknown.detail, row.kinds)
        yield from caller.outcomes()

    def _list_all(self) -> Iterator[Item]:
        """The table of resources, then the others, which refer to them."""
        tables = sorted({row.table for _, row in self._by_type.values()} - {_RESOURCES})
        if any(row.table == _RESOURCES for _, row in self._by_type.values()):
            yield from self._list_kept(_RESOURCES)
        for table in tables:
            yield Unit("", "", table, partial(self._list_kept, table), provider="azure")

    def _list_kept(self, table: str) -> Iterator[Item]:
        return grouped(self._list(table), f"{self.name}/{table}")

    def _list(self, table: str) -> Iterator[Item]:
        if table == SUBSCRIPTIONS.table:
            for place in self._tenant.places.values():
                yield from self._take(place.row)
            return
        caller = self._caller(self._home)
        types = [row.type for _, row in self._by_type.values() if row.table == table]
        late: list[Doc] = []
        lost: Unknown | None = None
        for page in caller.table(table, types):
            if isinstance(page, Unknown):
                lost = page
                yield self._gap("", "resource-graph", page, INVENTORY.action, table)
                break
            for row in page:
                if str(row.get("type", "")).lower() not in self._by_type:
                    continue
                collector, _ = self._by_type[str(row.get("type", "")).lower()]
                if collector.late:
                    late.append(row)
                else:
                    yield from self._take(row)
        for row in late:
            yield from self._take(row)
        self._home.shared.listed[table] = lost
        yield from caller.outcomes()

    def _take(self, row: Doc) -> Iterator[Item]:
        collector, declared = self._by_type[str(row.get("type", "")).lower()]
        subscription = str(row.get("subscriptionId") or subscription_of(same(row.get("id")))).lower()
        place = self._tenant.places.get(subscription) or self._home
        if collector.survey_reads or collector.lists:
            run = partial(self._look, collector, declared, row, place)
            yield Unit(place.id, region_of(row.get("location")), collector.service, run, provider="azure")
        else:
            yield from self._look(collector, declared, row, place)

    def _look(self, collector: Collector, declared: Row, row: Doc, place: Place) -> Iterator[Item]:
        caller = self._caller(place)
        yield from self._drafts(collector, declared, row, caller)
        yield from caller.outcomes()

    def _drafts(self, collector: Collector, declared: Row, row: Doc, caller: Caller) -> Iterator[Resource | Gap]:
        detailed = any(read.stage is Stage.DETAIL for read in collector.reads)
        for draft in collector.survey(caller, declared, row):
            if isinstance(draft, Gap):
                yield draft
                continue
            if self._wanted is not None and not self._wanted(draft.resource.id):
                continue
            for read in collector.survey_reads:
                caller.read_into(draft, read)
            if draft.resource.kind in policy.TAGGED and (above := policy.levels(caller, row)):
                draft.resource = replace(draft.resource, evidence=replace(draft.resource.evidence, inherited=above))
            draft.resource = finished(collector, draft, caller.place.unit)
            if detailed:
                self._kept[draft.resource.id] = (collector, draft, caller.place)
            # Of a resource that is asked for again, what the first survey took over stays.
            yield draft.resource if self._unchanged is None or self._wanted is not None else self._unchanged.known(collector, draft, caller)

    def _deepen(self, collector: Collector, draft: Draft, place: Place, wanted: frozenset[str]) -> Iterator[Item]:
        caller = self._caller(place)
        rels = frozenset[Rel]()
        for read in collector.detail_reads(wanted):
            caller.read_into(draft, read)
            rels |= read.links
        links = collector.links(draft) if rels else None
        if links is not None and self._unchanged is not None:
            links = self._unchanged.linked(draft.resource.id, links, rels)
        yield FactUpdate(draft.resource.id, dict(collector.facts(draft)), collector.grants(draft), links)
        yield from caller.outcomes()
