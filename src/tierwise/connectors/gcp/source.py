"""Google Cloud projects, folders or an organisation as a source: the inventory of each scope, then the reads that are still needed."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from tierwise.connectors.base import Item, Organisation, Unit, grouped
from tierwise.connectors.declared import Doc, Draft, Stage, finished
from tierwise.connectors.gcp import content, tags
from tierwise.connectors.gcp.above import PROJECT_TYPE, keep_policies
from tierwise.connectors.gcp.assets import POLICIES, RESOURCES, TYPES, asset_of
from tierwise.connectors.gcp.calls import DISABLED, Caller
from tierwise.connectors.gcp.collectors import collectors
from tierwise.connectors.gcp.credentials import ended
from tierwise.connectors.gcp.guard import DOMAIN
from tierwise.connectors.gcp.ids import above, project_in
from tierwise.connectors.gcp.place import Place, Places
from tierwise.connectors.gcp.read import Asset, Collector, Row
from tierwise.connectors.gcp.session import Google
from tierwise.connectors.gcp.unchanged import Past
from tierwise.connectors.rescan import Rescan
from tierwise.content.look import Looker
from tierwise.errors import CredentialsError, ScannerError
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import FactUpdate, Gap, Inherited, Kind, ReadOutcome, Resource

_NAMES: Final = ("name", "selfLink")
"""What services call their resources by."""
_WIDEST_FIRST: Final = ("organizations", "folders", "projects")


@dataclass(slots=True)
class GoogleScope:
    """What to look at, with the projects that were found in it."""

    name: str
    """`projects/p`, `folders/1`, `organizations/1`"""
    places: Places


@dataclass(slots=True)
class GoogleRun:
    """What a scan has to go by."""

    google: Google
    now: datetime
    scopes: Sequence[GoogleScope]
    services: frozenset[str] = frozenset()
    missing: Mapping[str, Unknown] = field(default_factory=dict)
    """Projects that were asked for and cannot be seen, and folders of which not all that is in them could be listed."""
    outcomes: Sequence[ReadOutcome] = ()
    """What came of the calls that found them."""


class GoogleSource:
    """Source protocol over some scopes: one inventory for each, reads per resource."""

    def __init__(self, run: GoogleRun, rescan: Rescan | None = None) -> None:
        self._run = run
        self._past = Past(rescan) if rescan is not None else None
        """What an earlier scan has read; None where this one leaves nothing for the next."""
        self._kept: dict[str, tuple[Collector, Draft, Place]] = {}
        self._unlisted: dict[tuple[str, str, tuple[str, ...]], Place] = {}
        """Projects that assets are in and the listing of projects has not told of, by scope, name and what they are in."""
        self._lock = threading.Lock()
        self._wanted: Callable[[str], bool] | None = None
        """Which resources are surveyed, by id; None for all."""
        chosen = [one for one in collectors() if not run.services or one.service in run.services]
        self._by_type = {row.type: (collector, row) for collector in chosen for row in collector.rows}
        self._parts = {row.type: row.within for _, row in self._by_type.values() if row.within}

    @property
    def name(self) -> str:
        """`gcp:organizations/1`, or the first project and how many others."""
        first, *others = [scope.name for scope in self._run.scopes]
        return f"gcp:{first.removeprefix('projects/')}" + (f"+{len(others)}" if others else "")

    def survey(self) -> Iterable[Unit]:
        """One unit for each scope."""
        yield Unit("", "", "scope", self._open, provider="gcp")
        for scope in self._run.scopes:
            # The inventory is always asked: what it says of one asset may be needed for others. What is kept are the reads that follow.
            yield Unit(scope.name.removeprefix("projects/"), "", "inventory", partial(self._list_kept, scope), provider="gcp")

    def again(self, wanted: Callable[[str], bool], _rounds: int) -> Iterable[Unit]:
        """The same for these resources alone."""
        self._wanted = wanted
        return self.survey()

    def _list_kept(self, scope: GoogleScope) -> Iterator[Item]:
        return grouped(self._list(scope), f"gcp:{scope.name}")

    def details(self, asks: Mapping[str, frozenset[str]]) -> Iterable[Unit]:
        """One unit per resource that has a declared read for something asked."""
        for resource, wanted in asks.items():
            if resource not in self._kept:
                continue
            collector, draft, place = self._kept[resource]
            if any(read.operation not in draft.docs and read.of == draft.resource.type for read in collector.detail_reads(wanted)):
                run = partial(self._deepen, collector, draft, place, wanted)
                yield Unit(place.id, draft.resource.region, collector.service, run, provider="gcp", asked={resource: wanted})

    def remarks(self) -> Iterable[str]:
        """What was taken over from an earlier scan, and why the rest was not."""
        return self._past.rescan.remarks("buckets") if self._past is not None else ()

    @property
    def stopped(self) -> ScannerError | None:
        """Why nothing more can be read before the credentials are renewed; None where they hold."""
        code = self._run.google.standing.code
        return CredentialsError(ended(code)) if code else None

    @property
    def looked_into(self) -> frozenset[str]:
        """Buckets."""
        return content.TYPES

    def looks(self, resources: Collection[str], looker: Looker) -> Iterable[Unit]:
        """One unit per bucket."""
        for resource in resources:
            if resource in self._kept and self._kept[resource][1].resource.type in content.TYPES:
                collector, draft, place = self._kept[resource]
                run = partial(self._look_into, draft, place, looker)
                yield Unit(place.id, draft.resource.region, collector.service, run, provider="gcp", private=True)

    def _look_into(self, draft: Draft, place: Place, looker: Looker) -> Iterator[Item]:
        yield content.look(self._caller(place), draft.resource, looker)

    def _caller(self, place: Place) -> Caller:
        return Caller(place, self._run.google, self._run.now)

    def _open(self) -> Iterator[Item]:
        yield Organisation(self._members())
        for project, why in self._run.missing.items():
            told = f"it cannot be read ({why.detail}); give the identity the role of 'tierwise permissions gcp' on it, and check its id"
            yield self._gap(project, "project", Unknown(why.reason, why.via, told))
        yield from self._run.outcomes

    def _members(self) -> Maybe[frozenset[str]]:
        """All projects of the organisation, where the scope is one; a project without a parent is alone."""
        places = [place for scope in self._run.scopes for place in scope.places.each]
        names = frozenset(name for place in places for name in (place.id, place.number) if name)
        whole = all(scope.name.startswith("organizations/") for scope in self._run.scopes)
        if whole or (len(places) == 1 and places[0].row and not places[0].unit):
            return Known(names, RESOURCES.via)
        return Unknown(UnknownReason.OUT_OF_SCOPE, RESOURCES.via, "which projects are the organisation's own: scan with --organization")

    def _gap(self, account: str, service: str, why: Unknown, kinds: frozenset[Kind] | None = None) -> Gap:
        """A gap that could hide whatever is listed, or what one type lists."""
        every = frozenset[Kind]().union(*(row.kinds for _, row in self._by_type.values())) if kinds is None else kinds
        return Gap("gcp", account, "", service, why.reason.value, why.via.action, _told(account, why), every)

    def _list(self, scope: GoogleScope) -> Iterator[Item]:
        caller = self._caller(Place("", scope=scope.name))
        policies = self._policies(caller, scope)
        assets, lost = self._assets(caller, scope, policies)
        if self._past is not None:
            yield from self._look_back(self._past, scope)
        # What is bound to an asset, or a part of it, may come after it: none is taken before all are listed.
        bound = tags.bound_by(one for one in assets if one.type == tags.TYPE) if lost is None else tags.Bound(lost)
        parts: dict[str, list[Asset]] = defaultdict(list)
        whole: list[Asset] = []
        for asset in assets:
            if asset.type in self._parts:
                parts[above(asset.name)].append(asset)
            elif asset.type != tags.TYPE and (lost is None or asset.type not in self._parts.values()):
                whole.append(asset)
        for asset in whole:
            yield from self._take(scope, replace(asset, parts=tuple(parts.get(asset.name, ()))), bound)
        if lost is not None:
            seen = {asset.name for asset in whole}
            alone = [row.kinds for _, row in self._by_type.values() if row.alone and not scope.name.startswith("projects/")]
            if alone:
                yield self._gap("", "inventory", lost, frozenset[Kind]().union(*alone))
            for place in scope.places.each:
                yield Unit(place.id, "", "listing", partial(self._directly, place, seen, policies, bound), provider="gcp")
            if not scope.places:
                yield self._gap("", "inventory", lost)
        yield from caller.outcomes()

    def _look_back(self, past: Past, scope: GoogleScope) -> Iterator[Item]:
        """Ask what has changed since the earlier scan; what could not be asked is no missing evidence, and is told in a remark."""
        caller = self._caller(Place("", scope=scope.name))
        past.look(caller, scope.places.each, dict.fromkeys(collector for collector, _ in self._by_type.values()))
        caller.tally.failures.clear()
        yield from caller.outcomes()

    def _assets(self, caller: Caller, scope: GoogleScope, policies: Maybe[Mapping[str, Maybe[Doc]]]) -> tuple[list[Asset], Unknown | None]:
        """The assets of a scope, each once though it may come on two pages of a listing that changes meanwhile; why there may be more."""
        found: dict[tuple[str, str], Asset] = {}
        lost: Unknown | None = None
        for page in caller.pages(RESOURCES, tuple(scope.name.split("/", 1)), more=self._types(with_policy=False)):
            if isinstance(page, Unknown):
                lost = page
                continue
            for one in (page.value or {})[RESOURCES.items]:
                asset = asset_of(one, self._via(one), POLICIES.via)
                found.setdefault((asset.type, asset.name), replace(asset, policy=_policy_of(policies, asset.name)))
        return list(found.values()), lost

    def _types(self, *, with_policy: bool) -> tuple[tuple[str, str], ...]:
        """What is listed: the types of the chosen services, and the tags that are bound to them; of policies, those that have one."""
        chosen = {kind for kind, (_, row) in self._by_type.items() if row.iam is not None or row.policed or not with_policy}
        return tuple((TYPES, kind) for kind in sorted(chosen if with_policy else {*chosen, tags.TYPE}))

    def _via(self, doc: Doc) -> Provenance:
        found = self._by_type.get(str(doc.get("assetType")))
        return found[1].via if found else RESOURCES.via

    def _policies(self, caller: Caller, scope: GoogleScope) -> Maybe[Mapping[str, Maybe[Doc]]]:
        """The IAM policies of all assets by name; unknown where the inventory cannot be asked for all of them."""
        types = self._types(with_policy=True)
        if not types:
            return Known({}, POLICIES.via)
        answer = caller.ask(POLICIES, tuple(scope.name.split("/", 1)), more=types)
        if isinstance(answer, Unknown) or answer.value is None:
            return answer if isinstance(answer, Unknown) else Known({}, answer.via)
        assets = [asset_of(one, POLICIES.via, POLICIES.via) for one in answer.value[POLICIES.items]]
        for place in scope.places.each[:1]:
            keep_policies(place, (one for one in assets if one.type == PROJECT_TYPE))
        return Known({one.name: one.policy for one in assets if one.policy is not None}, POLICIES.via)

    def _take(self, scope: GoogleScope, asset: Asset, bound: tags.Bound) -> Iterator[Item]:
        found = self._by_type.get(asset.type)
        if found is None:
            return
        collector, declared = found
        place = self._place(scope, asset)
        run = partial(self._look, collector, declared, asset, place, bound)
        if collector.survey_reads or collector.lists:
            yield Unit(place.id, "", collector.service, run, provider="gcp")
        else:
            yield from run()

    def _place(self, scope: GoogleScope, asset: Asset) -> Place:
        """The project of an asset: by its ancestors, else by its name."""
        named = next((one.partition("/")[2] for one in asset.ancestors if one.startswith("projects/")), "") or project_in(asset.name)
        place = scope.places.get(named)
        if place is None:
            # One for all of its assets: what stands above them is read once.
            made = Place(named, named if named.isdecimal() else "", {}, asset.ancestors, scope.name)
            with self._lock:
                return self._unlisted.setdefault((scope.name, named, asset.ancestors), made)
        if asset.ancestors and not place.ancestors:
            place.ancestors = asset.ancestors
        return place

    def _directly(self, place: Place, seen: set[str], policies: Maybe[Mapping[str, Maybe[Doc]]], bound: tags.Bound) -> Iterator[Item]:
        """What each service lists of a project, where the inventory does not."""
        chosen = [(collector, row) for collector, row in self._by_type.values() if not (row.within or row.alone)]
        units = (
            Unit(place.id, "", collector.service, partial(self._direct, collector, row, place, seen, policies, bound), provider="gcp")
            for collector, row in chosen
        )
        return grouped(units, f"gcp:{place.scope}/listed")

    def _direct(
        self, collector: Collector, row: Row, place: Place, seen: set[str], policies: Maybe[Mapping[str, Maybe[Doc]]], bound: tags.Bound
    ) -> Iterator[Item]:
        caller = self._caller(place)
        for one in row.walk(caller, row) if row.walk is not None else listed(caller, row):
            if isinstance(one, Mapping) and any(name in _NAMES and not isinstance(value, str) for name, value in one.items()):
                one = Unknown(UnknownReason.UNPARSABLE, row.lists[-1].via, "one has a name that is no text")
            if isinstance(one, Unknown):
                yield self._gap(place.id, collector.service, one, row.kinds)
                continue
            asset = one if isinstance(one, Asset) else Asset(row.name(one, place), row.type, Known(one, row.lists[-1].via))
            if asset.name not in seen:
                parts = tuple(replace(part, policy=_policy_of(policies, part.name)) for part in asset.parts)
                asset = replace(asset, policy=_policy_of(policies, asset.name), parts=parts)
                yield from self._drafts(collector, row, asset, caller, bound)
        yield from caller.outcomes()

    def _look(self, collector: Collector, declared: Row, asset: Asset, place: Place, bound: tags.Bound) -> Iterator[Item]:
        caller = self._caller(place)
        yield from self._drafts(collector, declared, asset, caller, bound)
        yield from caller.outcomes()

    def _drafts(self, collector: Collector, declared: Row, asset: Asset, caller: Caller, bound: tags.Bound) -> Iterator[Resource | Gap]:
        for draft in collector.survey(caller, declared, asset):
            if isinstance(draft, Gap):
                yield draft
                continue
            if self._wanted is not None and not self._wanted(draft.resource.id):
                continue
            mine = [read for read in collector.reads if read.of == draft.resource.type]
            for read in mine:
                if read.stage is Stage.SURVEY:
                    caller.read_into(draft, read)
            inherited = tags.keep(caller, draft, bound, asset.ancestors or caller.place.ancestors)
            taken = self._taken_over(collector, draft, caller, inherited)
            draft.resource = taken or finished(collector, draft, caller.place.unit, inherited)
            if any(read.stage is Stage.DETAIL for read in mine):
                self._keep(collector, draft, caller.place)
            yield draft.resource

    def _taken_over(self, collector: Collector, draft: Draft, caller: Caller, inherited: tuple[Inherited, ...]) -> Resource | None:
        """The draft's resource as an earlier scan has read it, where that holds; else it is left for the next scan as it is read now."""
        if self._past is None:
            return None
        taken = self._past.taken_over(collector, draft, caller, inherited) if self._wanted is None else None
        if taken is None:
            self._past.mark(collector, draft, caller.place)
        return taken

    def _keep(self, collector: Collector, draft: Draft, place: Place) -> None:
        """Keep what more may be read of; of one resource in scopes that overlap, what the scope that knows most of it has said."""
        with self._lock:
            before = self._kept.get(draft.resource.id)
            if before is None or _rank(draft, place) < _rank(before[1], before[2]):
                self._kept[draft.resource.id] = (collector, draft, place)

    def _deepen(self, collector: Collector, draft: Draft, place: Place, wanted: frozenset[str]) -> Iterator[Item]:
        caller = self._caller(place)
        linked = False
        if self._past is not None:
            wanted |= self._past.was_asked(draft.resource.id)
        for read in collector.detail_reads(wanted):
            if read.of == draft.resource.type:
                caller.read_into(draft, read)
                linked = linked or bool(read.links)
        links = collector.links(draft) if linked else None
        yield FactUpdate(draft.resource.id, dict(collector.facts(draft)), collector.grants(draft), links)
        if self._past is not None:
            self._past.mark(collector, draft, place)
        yield from caller.outcomes()


def _rank(draft: Draft, place: Place) -> tuple[int, int, str]:
    """How little is known of a draft, and how narrow the scope is in which it was found."""
    level = place.scope.partition("/")[0]
    unknown = sum(isinstance(one, Unknown) for one in draft.docs.values())
    return unknown, _WIDEST_FIRST.index(level) if level in _WIDEST_FIRST else len(_WIDEST_FIRST), place.scope


def listed(caller: Caller, row: Row) -> Iterator[Doc | Unknown]:
    """The documents of a type that one call lists for a project."""
    read = row.lists[0]
    for page in caller.pages(read, (caller.place.id,)):
        if isinstance(page, Unknown):
            yield page
            continue
        yield from (page.value or {}).get(read.items, ())


def _policy_of(policies: Maybe[Mapping[str, Maybe[Doc]]], name: str) -> Maybe[Doc] | None:
    """An asset's policy; the inventory leaves out assets that have none. None where it could not be asked: then the service is."""
    return policies.value.get(name, Known({}, policies.via)) if isinstance(policies, Known) and name else None


def _told(account: str, why: Unknown) -> str:
    """Why a listing failed: of an API that is not enabled what enables it, for then no permission is lacking."""
    if why.detail != DISABLED:
        return why.detail
    where = f" --project {account}" if account else ""
    return f"its API is not enabled: gcloud services enable {why.via.via.partition(':')[0]}{DOMAIN}{where}"
