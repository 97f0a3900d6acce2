"""A live AWS account as a source: regions, units of work, and the reads of both stages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

from msgspec import structs

from tierwise.connectors.aws import content, recorded
from tierwise.connectors.aws.aggregator import Aggregator, Answers
from tierwise.connectors.aws.calls import Caller, ListingFailedError, is_closed
from tierwise.connectors.aws.collectors import SESSION_READS, collectors
from tierwise.connectors.aws.credentials import explained
from tierwise.connectors.aws.history import Changes, History
from tierwise.connectors.aws.organisation import Member, Within, not_active
from tierwise.connectors.aws.read import Collector
from tierwise.connectors.aws.role import Role, unreachable
from tierwise.connectors.aws.session import HOME, Account
from tierwise.connectors.aws.task import Elsewhere, Flatten, Ran, Reach, Task, pack, unpack
from tierwise.connectors.aws.unchanged import changes_in, digests, fresh
from tierwise.connectors.base import Item, Organisation, Unit
from tierwise.connectors.declared import Draft, Once, Stage, finished
from tierwise.connectors.rescan import Kept, Rescan, is_whole, recorded_since, taken_over
from tierwise.content.look import Looker
from tierwise.errors import CredentialsError, ScannerError
from tierwise.model.fact import NOT_COLLECTED, Facts, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import FactUpdate, Gap, Inherited, RegionStatus, Resource

_STS, _ASSUME, _REGIONS, _TAGS, _MEMBERS = SESSION_READS
_BATCH = 25
"""Resources per unit where stage 1 makes no call per resource."""
_TAGGED = ("backup", "dynamodb", "ecr", "elasticache", "es", "glue", "kinesis", "kms", "logs", "sns", "sqs", "ssm")
"""The services, by their names in ARNs, whose tags come from the bulk read alone, but for those whose tags AWS Config records (`Recorded.tags`)."""
_NAMED = 100
"""ARNs whose tags one call tells (the service's model, `ResourceARNList`)."""


@dataclass(slots=True)
class _Place:
    """One account and region: its tags, read once, and documents that several resources share."""

    account: AwsAccount
    region: str
    once: Once = field(default_factory=Once)
    lock: threading.Lock = field(default_factory=threading.Lock)
    table: Maybe[Mapping[str, Mapping[str, str]]] | None = None
    regions: tuple[_Place, ...] = ()
    """For the place of the whole account: the regions that are scanned."""
    closed: bool = False
    """Whether the region turned out to be disabled or closed by a policy."""

    def __post_init__(self) -> None:
        """Name the documents of this place as its own."""
        self.once.place, self.account.once.place = f"{self.account.id}/{self.region}", self.account.id

    def caller(self, collector: Collector | None = None) -> Caller:
        """A caller whose counts are its own; for a collector, what AWS Config has recorded stands for its calls."""
        aggregator, how = self.account.aggregator, collector.recorded if collector is not None else None
        return Caller(
            self.account.id,
            self.region,
            self.account.partition,
            # A unit keeps the clients that it has asked for: the pool may forget them meanwhile.
            cache(self._client),
            self._tags,
            self.account.now,
            self.once,
            self.account.once,
            once_per_organisation=self.account.within.once if self.account.within is not None else None,
            regions=self._open_regions,
            until=time.monotonic() + self.account.unit_seconds,
            recorded=Answers(aggregator, how) if aggregator is not None and how is not None else None,
        )

    def _open_regions(self) -> Iterator[Caller]:
        return (place.caller() for place in self.regions if not place.closed)

    def _client(self, service: str) -> Any:
        within = self.account.within
        session = within.session if within is not None and service == "organizations" else self.account.session
        return session.client(service, self.region or HOME[self.account.partition])

    def _tags(self) -> Maybe[Mapping[str, Mapping[str, str]]]:
        with self.lock:
            return self.table if self.table is not None else Unknown(UnknownReason.NOT_COLLECTED, _TAGS.via)

    def read_tags(self, caller: Caller) -> Maybe[Mapping[str, Mapping[str, str]]]:
        """Read all tags of the region in bulk, but for those that AWS Config records; the first call in a region, and so the one that finds it closed."""
        some = {} if self.account.aggregator is None else {"ResourceTypeFilters": list(_TAGGED)}
        table = _tags_by_arn(caller, ResourcesPerPage=100, **some)
        with self.lock:
            self.table = table
        return table


def _tags_by_arn(caller: Caller, **asked: object) -> Maybe[Mapping[str, Mapping[str, str]]]:
    try:
        found: dict[str, Mapping[str, str]] = {}
        for item in caller.listing(_TAGS, "ResourceTagMappingList", **asked):
            found[str(item["ResourceARN"])] = {str(tag["Key"]): str(tag["Value"]) for tag in item.get("Tags") or ()}
    except ListingFailedError as failed:
        return Unknown(UnknownReason(failed.gap.reason), _TAGS.via, failed.gap.detail)
    return Known(found, _TAGS.via)


@dataclass(slots=True)
class AwsAccount:
    """One account to scan."""

    id: str
    session: Account
    partition: str
    now: datetime
    once: Once = field(default_factory=Once)
    home: bool = True
    """Whether it is the caller's own account (organisation reads are tried once, there)."""
    role: Role | None = None
    """Through which it is entered; None for the caller's own credentials."""
    within: Within | None = None
    """Its place in an organisation, where that is what is scanned."""
    unit_seconds: float = 900.0
    """How long a unit of work may go on making calls."""
    aggregator: Aggregator | None = None
    """What AWS Config has recorded, where resources are read from it."""

    @property
    def reach(self) -> Reach:
        """How another process reaches it."""
        role, member = self.role, self.within.member if self.within is not None else None
        if role is None:
            return Reach(self.id, self.partition, self.now, HOME[self.partition], member=member)
        return Reach(self.id, self.partition, self.now, role.caller.region, role.arn, role.external_id, member)


@dataclass(frozen=True, slots=True)
class AwsScope:
    """What to look at; empty means all."""

    regions: tuple[str, ...] = ()
    services: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Before:
    """Of a collector's resources in one account: what an earlier scan has kept, and what changes since name."""

    kept: Mapping[str, Kept]
    named: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Due:
    """A resource of which more is to be read."""

    id: str
    collector: Collector
    packed: bytes
    place: _Place
    wanted: frozenset[str]


_NOTHING: Final[Mapping[str, Any]] = {}


class AwsSource:
    """Source protocol over one account; accounts are sources of their own, isolated from each other."""

    def __init__(
        self, account: AwsAccount, scope: AwsScope, elsewhere: Elsewhere | None = None, said: str = "", rescan: Rescan | None = None
    ) -> None:
        self._account = account
        self._scope = scope
        self._elsewhere = elsewhere
        """Where services are listed and resources read; None for here."""
        self._said = said
        """What is to be known of how it is read."""
        self._rescan = rescan
        self._home: _Place | None = None
        self._before: dict[int, _Before] = {}
        """By collector."""
        self._lock = threading.Lock()
        self._unopened = 0
        """Regions of which it is not known yet whether they are open."""
        self._inactive = False
        """Whether the account was closed while it was scanned."""
        self._changes: Changes | None = None
        """Since the earlier scan; None where all is read."""
        self._taken: dict[str, Kept] = {}
        """What was taken over, by resource."""
        self._kept: dict[str, tuple[_Place, int, bytes]] = {}
        """What more may be read of: where, by which collector, and the draft, packed: what services answer takes ten times the room as objects."""
        self._places: dict[str, _Place] = {}
        """For tasks that others send: the places that were worked in."""
        self._wanted: Callable[[str], bool] | None = None
        """Which resources are surveyed, by id; None for all."""
        self._inherited: tuple[Inherited, ...] = ()

    @property
    def name(self) -> str:
        """`aws:<account id>`."""
        return f"aws:{self._account.id}"

    def survey(self) -> Iterable[Unit]:
        """One unit for the account, which yields one per region, which yield one per service."""
        yield Unit(self._account.id, "", "account", self._open_account, kept=self.name)

    def again(self, wanted: Callable[[str], bool], rounds: int) -> Iterable[Unit]:
        """The same for these resources alone; nothing once all details were read, which is done in one round."""
        self._wanted = wanted
        return () if rounds else self.survey()

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        """One unit per resource that has a declared read for a wanted fact; those of a service for all regions share one, and go first."""
        kept, self._kept = self._kept, {}
        due = [one for one in sorted(kept.keys() & asks.keys()) if any(collectors()[kept[one][1]].detail_reads(asks[one]))]
        if self._elsewhere is not None:
            away = {one: kept[one] for one in due if self._is_away(collectors()[kept[one][1]])}
            yield from self._details_elsewhere(self._elsewhere, away, asks)
            due = [one for one in due if one not in away]
        together: dict[str, list[_Due]] = {}
        alone: list[_Due] = []
        for resource in due:
            place, number, packed = kept[resource]
            collector = collectors()[number]
            # IAM's facts wait for one report: a unit each would hold every thread until it is made.
            into = together.setdefault(collector.service, []) if collector.everywhere else alone
            into.append(_Due(resource, collector, packed, place, asks[resource]))
        for group in (*together.values(), *([one] for one in alone)):
            asked = {one.id: one.wanted for one in group}
            yield Unit(self._account.id, group[0].place.region, group[0].collector.service, partial(self._deepen, group), asked=asked)

    @property
    def stopped(self) -> ScannerError | None:
        """Why nothing more can be read before the caller's credentials are renewed, or before others can read again; None where nothing stands in the way."""
        if code := self._account.session.lapsed:
            return CredentialsError(explained(code))
        return self._elsewhere.stopped if self._elsewhere is not None else None

    def remarks(self) -> Iterator[str]:
        """What is to be known of how it was read."""
        if self._said:
            yield self._said
        if self._account.aggregator is not None:
            yield from self._account.aggregator.remarks()
        if self._rescan is not None:
            yield from self._rescan.remarks("buckets, queues and topics")

    @property
    def looked_into(self) -> frozenset[str]:
        """Buckets and tables."""
        return content.TYPES

    def looks(self, resources: Collection[str], looker: Looker) -> Iterable[Unit]:
        """One unit per bucket or table."""
        for resource in resources:
            if resource not in self._kept:
                continue
            place, number, packed = self._kept[resource]
            draft = unpack(packed)
            if draft.resource.type in content.TYPES:
                run = partial(self._look_into, draft, place, looker)
                yield Unit(self._account.id, place.region, collectors()[number].service, run, private=True)

    @staticmethod
    def _look_into(draft: Draft, place: _Place, looker: Looker) -> Iterator[Item]:
        yield content.look(place.caller(), draft.resource, looker)

    def _open_account(self) -> Iterator[Item]:
        home = _Place(self._account, "")
        caller = home.caller()
        if self._account.home and self._account.aggregator is not None:
            yield from self._account.aggregator.outcomes()
        role, within = self._account.role, self._account.within
        if role is not None and (why := role.check()) is not None:
            closed = within.closed(within.described(caller)) if within is not None else None
            yield unreachable(role, why) if closed is None else not_active(closed)
            yield from caller.outcomes()
            return
        if within is not None:
            self._inherited = within.inherited(caller)
        if self._account.home:
            yield Organisation(self._members(caller))
        regions = self._regions(caller)
        if isinstance(regions, Gap):
            yield regions
            yield from caller.outcomes()
            return
        selected, disabled = regions
        for region in disabled:
            yield RegionStatus("aws", self._account.id, region, "disabled", _REGIONS.via.via)
        home.regions = tuple(_Place(self._account, region) for region in selected)
        self._home = home
        if self._rescan is not None and self._wanted is None:
            self._changes = changes_in(self._rescan, caller.everywhere(), self._account.id)
        self._unopened = len(home.regions)
        if not home.regions:
            yield from self._units_everywhere(home)
        for place in home.regions:
            yield Unit(self._account.id, place.region, "region", partial(self._open_region, place, home))
        yield from caller.outcomes()

    def _units_everywhere(self, home: _Place) -> Iterator[Unit]:
        return (self._unit(collector, home) for collector in self._selected(everywhere=True))

    def _members(self, caller: Caller) -> Maybe[frozenset[str]]:
        try:
            accounts = frozenset(str(item["Id"]) for item in caller.listing(_MEMBERS, "Accounts"))
        except ListingFailedError as failed:
            if failed.gap.detail in _MEMBERS.absent:
                return Known(frozenset({self._account.id}), _MEMBERS.via)
            return Unknown(UnknownReason(failed.gap.reason), _MEMBERS.via, failed.gap.detail, includes=frozenset({self._account.id}))
        return Known(accounts | {self._account.id}, _MEMBERS.via)

    def _regions(self, caller: Caller) -> tuple[list[str], list[str]] | Gap:
        if self._scope.regions:
            return list(self._scope.regions), []
        try:
            regions = list(caller.listing(_REGIONS, "Regions", AllRegions=True))
        except ListingFailedError as failed:
            return failed.gap
        enabled = [str(item["RegionName"]) for item in regions if item.get("OptInStatus") != "not-opted-in"]
        return sorted(enabled), sorted(str(item["RegionName"]) for item in regions if item.get("OptInStatus") == "not-opted-in")

    def _open_region(self, place: _Place, home: _Place) -> Iterator[Item]:
        yield from self._opened(place)
        with self._lock:
            self._unopened -= 1
            last = not self._unopened and not self._inactive
        if last:
            # What asks every region asks those that are open, which is known of all of them now.
            yield from self._units_everywhere(home)

    def _opened(self, place: _Place) -> Iterator[Item]:
        caller = place.caller()
        table = place.read_tags(caller)
        if isinstance(table, Unknown) and (gone := self._gone(caller, table)) is not None:
            place.closed = self._inactive = True
            yield not_active(gone)
            yield from caller.outcomes()
            return
        if isinstance(table, Unknown) and is_closed(table.reason, table.detail):
            place.closed = True
            status = "disabled" if table.reason is UnknownReason.REGION_DISABLED else "closed-by-policy"
            yield RegionStatus("aws", self._account.id, place.region, status, table.via.via)
            return
        for collector in self._selected(everywhere=False):
            yield self._unit(collector, place)
        yield from caller.outcomes()

    def _gone(self, caller: Caller, why: Unknown) -> Member | None:
        """The account, where it was closed after it had been entered: then whatever is asked is refused."""
        within = self._account.within
        if within is None or why.reason not in (UnknownReason.PERMISSION_DENIED, UnknownReason.REGION_DISABLED):
            return None
        answer = self._account.once("organizations:DescribeAccount", lambda: within.described(caller))
        return within.closed(answer)

    def _selected(self, *, everywhere: bool) -> Iterator[Collector]:
        for collector in collectors():
            if collector.everywhere is everywhere and (not self._scope.services or collector.service in self._scope.services):
                yield collector

    def _unit(self, collector: Collector, place: _Place) -> Unit:
        number, name = collectors().index(collector), self._name_of(collector, place)
        if self._elsewhere is not None and self._wanted is None and self._is_away(collector):
            run = partial(self._list_elsewhere, self._elsewhere, place, number)
        else:
            run = partial(self._list, collector, place)
        return Unit(self._account.id, place.region, collector.service, run, kept=name)

    def _is_away(self, collector: Collector) -> bool:
        """Whether others read it: not what an earlier scan or an aggregator may spare, of which this process alone knows."""
        spared = (self._rescan is not None and collector.history is not None) or (
            self._account.aggregator is not None and collector.recorded is not None
        )
        return self._elsewhere is not None and not spared

    def _name_of(self, collector: Collector, place: _Place) -> str:
        # A service may have several collectors; their order is the same as long as tierwise is.
        return f"{self.name}/{place.region}/{collector.service}/{collectors().index(collector)}"

    def _task(
        self, place: _Place, collector: int, asks: Mapping[str, frozenset[str]] = _NOTHING, drafts: Mapping[str, bytes] = _NOTHING
    ) -> Task:
        regions = tuple(one.region for one in place.regions if not one.closed)
        service = collectors()[collector].service
        return Task(self._account.reach, place.region, service, collector, regions, place.table, self._inherited, asks, drafts)

    def _list_elsewhere(self, elsewhere: Elsewhere, place: _Place, collector: int) -> Iterator[Item]:
        ran = elsewhere(self._task(place, collector))
        self._kept |= {resource: (place, collector, packed) for resource, packed in ran.drafts.items()}
        yield from ran.items

    def _details_elsewhere(
        self, elsewhere: Elsewhere, due: Mapping[str, tuple[_Place, int, bytes]], asks: Mapping[str, frozenset[str]]
    ) -> Iterator[Unit]:
        """One unit for some resources of a service and region; for all of a service that has one endpoint."""
        groups: dict[tuple[str, int], list[str]] = {}
        for resource, (place, collector, _) in due.items():
            groups.setdefault((place.region, collector), []).append(resource)
        for (region, collector), ids in groups.items():
            size = _BATCH if region else len(ids)
            for start in range(0, len(ids), size):
                some = ids[start : start + size]
                asked = {resource: asks[resource] for resource in some}
                task = self._task(due[some[0]][0], collector, asked, {resource: due[resource][2] for resource in some})
                yield Unit(self._account.id, region, task.service, partial(_items_of, elsewhere, task), asked=asked)

    def perform(self, task: Task, flatten: Flatten) -> Ran:
        """What a task of this account yields; it may be asked for several at once."""
        place, collector = self._place(task), collectors()[task.collector]
        if task.asked:
            group = [_Due(resource, collector, packed, place, task.asked[resource]) for resource, packed in task.drafts.items()]
            return Ran(tuple(self._deepen(group)))
        own = AwsSource(self._account, self._scope)
        own._inherited = task.inherited
        items = flatten(own._list(collector, place))
        return Ran(tuple(items), {resource: packed for resource, (_, _, packed) in own._kept.items()})

    def _place(self, task: Task) -> _Place:
        found = self._places.get(task.region)
        if found is None:
            found = self._places.setdefault(task.region, _Place(self._account, task.region, table=task.tags))
        if task.regions != tuple(one.region for one in found.regions):
            found.regions = tuple(_Place(self._account, region) for region in task.regions)
        return found

    def _list(self, collector: Collector, place: _Place) -> Iterator[Item]:
        caller = place.caller(collector)
        per_resource = bool(collector.survey_reads)
        waiting: list[Draft] = []
        try:
            for draft in self._listed(collector, caller):
                if self._wanted is not None and not self._wanted(draft.resource.id):
                    continue
                if (resource := self._taken_over(collector, draft, place, caller)) is not None:
                    yield resource
                    continue
                if per_resource:
                    run = partial(self._look, collector, (draft,), place)
                    yield Unit(self._account.id, place.region, collector.service, run)
                    continue
                waiting.append(draft)
                if len(waiting) >= _BATCH:
                    yield from self._finish(collector, waiting, place)
                    waiting = []
        except ListingFailedError as failed:
            yield failed.gap
        yield from self._finish(collector, waiting, place)
        yield from caller.outcomes()

    def _listed(self, collector: Collector, caller: Caller) -> Iterator[Draft]:
        """The drafts of a region; where tags come from AWS Config, with these and all else that it has recorded of them."""
        told = caller.recorded
        if told is None or not told.recorded.tags:
            yield from collector.survey(caller)
            return
        waiting: list[Draft] = []
        broken: ListingFailedError | None = None
        try:
            for draft in collector.survey(caller):
                item = told.item(caller, draft.resource.id)
                draft.docs |= told.answers(caller, draft)
                if item is None or (own := recorded.tags(item)) is None:
                    waiting.append(draft)
                    continue
                draft.resource = replace(draft.resource, tags=Known(own, recorded.captured(item)))
                yield draft
        except ListingFailedError as failed:
            broken = failed
        for start in range(0, len(waiting), _NAMED):
            some = waiting[start : start + _NAMED]
            table = _tags_by_arn(caller, ResourceARNList=[draft.resource.id for draft in some])
            for draft in some:
                tags = table if isinstance(table, Unknown) else Known(table.value.get(draft.resource.id, {}), table.via)
                draft.resource = replace(draft.resource, tags=tags)
                yield draft
        if broken is not None:
            raise broken

    def _look(self, collector: Collector, drafts: Iterable[Draft], place: _Place) -> Iterator[Item]:
        caller = place.caller(collector)
        for draft in drafts:
            for read in collector.survey_reads:
                caller.read_into(draft, read)
        yield from self._finish(collector, drafts, place)
        yield from caller.outcomes()

    def _finish(self, collector: Collector, drafts: Iterable[Draft], place: _Place) -> Iterator[Resource]:
        detailed, number = any(read.stage is Stage.DETAIL for read in collector.reads), collectors().index(collector)
        for draft in drafts:
            if detailed:
                # As it was listed: what follows from that is made again of what is read then.
                self._kept[draft.resource.id] = (place, number, pack(draft))
            draft.resource = self._resource(collector, draft)
            if self._rescan is not None and collector.history is not None:
                self._rescan.mark(self._name_of(collector, place), draft.resource.id, fresh(self._rescan, collector, draft), taken=False)
            yield draft.resource

    def _resource(self, collector: Collector, draft: Draft) -> Resource:
        unit = self._account.within.member.unit if self._account.within is not None else ""
        made = finished(collector, draft, unit, self._inherited)
        return replace(made, facts=_as_recorded(collector, draft, made.facts))

    def _taken_over(self, collector: Collector, draft: Draft, place: _Place, caller: Caller) -> Resource | None:
        """The resource as an earlier scan has read it; None where it is not known that nothing has changed, and it has to be read."""
        rescan, history = self._rescan, collector.history
        if rescan is None or rescan.earlier is None or self._changes is None or history is None or self._wanted is not None:
            return None
        unit, key = self._name_of(collector, place), draft.resource.id
        before = self._before_of(collector, rescan, history)
        kept = before.kept.get(key)
        if kept is None or not is_whole(kept.resource) or before.named & _names(draft.resource):
            return None
        if (why := self._changes.untold.get(place.region)) is not None:
            # A policy closes the history there, and not the region.
            rescan.not_known(f"account {self._account.id}", why)
            return None
        if rescan.is_old(kept.mark):
            return None
        for read in collector.reads:
            if read.make is not None and read.operation in kept.mark.docs:
                caller.read_into(draft, read)
        mine = digests(collector, draft)
        if mine != kept.mark.docs or "" in mine.values():
            return None
        now = self._resource(collector, draft)
        if recorded_since(now.facts, kept.mark.read):
            return None
        draft.resource = taken_over(kept, now, self._inherited)
        self._kept[key], self._taken[key] = (place, collectors().index(collector), pack(draft)), kept
        rescan.mark(unit, key, kept.mark, taken=True)
        return draft.resource

    def _before_of(self, collector: Collector, rescan: Rescan, history: History) -> _Before:
        """What an earlier scan has kept of a collector's resources in this account, and what has changed since; found out once."""
        number = collectors().index(collector)
        with self._lock:
            found = self._before.get(number)
            if found is None:
                kept: dict[str, Kept] = {}
                for place in self._home.regions if self._home is not None else ():
                    kept |= rescan.kept(self._name_of(collector, place))
                known = frozenset(name for one in kept.values() for name in _names(one.resource))
                changes = self._changes or Changes()
                loose = changes.loose(history, known) if kept else ""
                if loose:
                    rescan.not_known(f"account {self._account.id}", f"{loose} names nothing that is known")
                found = self._before[number] = _Before({} if loose else kept, changes.named(history))
            return found

    def _deepen(self, group: Iterable[_Due]) -> Iterator[Item]:
        for due in group:
            collector, draft, place, wanted = due.collector, unpack(due.packed), due.place, due.wanted
            caller = place.caller(collector)
            links, rescan, key = None, self._rescan, draft.resource.id
            if (kept := self._taken.pop(key, None)) is not None:
                # More is asked of it than was read then, and facts are made of all that was read: so it is read as a whole.
                wanted |= {name for name, fact in kept.resource.facts.items() if fact is not NOT_COLLECTED}
                for read in collector.survey_reads:
                    caller.read_into(draft, read)
                links = collector.links(draft)
            for read in collector.detail_reads(wanted):
                caller.read_into(draft, read)
            yield FactUpdate(key, _as_recorded(collector, draft, collector.facts(draft)), collector.grants(draft), links)
            if rescan is not None and collector.history is not None:
                rescan.mark(self._name_of(collector, place), key, fresh(rescan, collector, draft), taken=False)
            yield from caller.outcomes()


def _names(resource: Resource) -> frozenset[str]:
    """The words by which a change may name a resource."""
    return frozenset({resource.id, resource.name, *resource.aliases})


def _as_recorded(collector: Collector, draft: Draft, facts: Facts) -> Facts:
    """The facts, with where and of when those are that come from another's record instead of the read that a collector names."""
    docs = ((read.via, draft.docs.get(read.operation)) for read in collector.reads)
    moved = {via: doc.via for via, doc in docs if isinstance(doc, Known) and doc.via.as_of}
    return {name: structs.replace(fact, via=moved.get(fact.via, fact.via)) for name, fact in facts.items()} if moved else facts


def _items_of(elsewhere: Elsewhere, task: Task) -> Iterable[Item]:
    return elsewhere(task).items
