"""The estate with the indices that the rules share, and the one place that asks whether a gap could hold the other end of a link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from tierwise.derive.arn import account_named, region_named
from tierwise.derive.links import Context, Estate, is_pattern
from tierwise.derive.partial import open_fact, out_of_scope
from tierwise.model.fact import AnyFact, Provenance, Unknown, UnknownReason
from tierwise.model.resource import HELD, Gap, Kind, Link, Rel, Resource, split_mode

ANYWHERE: Final = frozenset({"", "global", "*"})
"""Words for a region that stand for all of them."""
WITHOUT_REGION: Final = frozenset({Kind.OBJECT_STORE, Kind.AUDIT_TRAIL, Kind.ACCOUNT, Kind.ORGANISATION})
"""Kinds that one listing gives for all regions, so that the region of a gap says nothing."""


@dataclass(slots=True)
class Scene:
    """What a run of derivation looks at; the memos only spare asking twice what is the same for many resources."""

    estate: Estate
    context: Context
    loose: Mapping[Rel, tuple[tuple[Resource, Unknown], ...]]
    """Links known to exist whose other end could not be read, by relation: of those of one kind and place the first, which stands for the others."""
    trails: Mapping[str, tuple[Resource, ...]]
    """Audit trails by account."""
    organisation_trails: tuple[Resource, ...]
    """Trails that record for every account of the organisation."""
    organisation_accounts: frozenset[str]
    """Accounts that hold the organisation; empty where it is not in the estate."""
    selections: Mapping[str, tuple[tuple[Resource, Link], ...]]
    """Backup plans by account, with each selection of theirs that names no id: a pattern, or one that was not read."""
    stores: Mapping[str, tuple[Resource, ...]]
    """What holds data, by account: what sends it elsewhere, and of the others in one region the first, which stands for them."""
    outside: Mapping[str, tuple[str, ...]]
    """The ids of the resources that name a key outside the estate, by its name."""
    records: Mapping[str, tuple[tuple[Resource, str], ...]]
    """Trails by the target or pattern that they record, with what they record of it."""
    completed: dict[str, dict[str, AnyFact]] = field(default_factory=dict)
    """Facts derived so far of the resource that is looked at, for rules that rest on other derived facts."""
    memo: dict[tuple[object, ...], Unknown | None] = field(default_factory=dict)
    families: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """What copies, and what they are copies of, count as one with, and whether that is certain."""
    users: dict[tuple[str, ...], Mapping[tuple[str, bool], str]] = field(default_factory=dict)
    """What uses a key: by dataset or lineage and whether that is certain, the id of one such store."""

    def gap(self, kinds: frozenset[Kind], provider: str, account: str = "", region: str = "") -> Unknown | None:
        """Why resources of these kinds could be missing there, or None; an empty account or region means any."""

        def ask() -> Unknown | None:
            found = next((gap for gap in self.context.gaps if _could_hold(gap, kinds, provider, account, region)), None)
            return None if found is None else unknown_from(found)

        return self.once(("gap", kinds, provider, account, region), ask)

    def absent(self, rule: str, holder: Resource, target: str, kinds: frozenset[Kind]) -> Unknown:
        """Why a target is not in the estate: a listing that failed and could have held it, else that it lies outside what was scanned."""
        gap = self.gap(kinds, holder.provider, account_named(target), region_named(target))
        return open_fact(rule, gap) if gap else out_of_scope(rule, target)

    def loose_end(self, rel: Rel, wanted: Callable[[Resource], bool], *told: str) -> Unknown | None:
        """Why a link of this relation from a wanted resource could lead anywhere; `told` is all that `wanted` depends on."""
        return self.once(("loose", rel, *told), lambda: next((why for holder, why in self.loose.get(rel, ()) if wanted(holder)), None))

    def once(self, key: tuple[object, ...], ask: Callable[[], Unknown | None]) -> Unknown | None:
        """The answer to a question that is the same for many resources."""
        if key not in self.memo:
            self.memo[key] = ask()
        return self.memo[key]

    def stores_at(self, account: str) -> tuple[Resource, ...]:
        """What tells where the data of an account lies."""
        return self.stores.get(account, ())

    def outside_users(self, key: str) -> tuple[str, ...]:
        """The ids of the resources that name a key outside the estate."""
        return self.outside.get(key, ())


Rule: TypeAlias = Callable[[Scene, Resource], AnyFact]


def scene_of(estate: Estate, context: Context) -> Scene:
    """The estate with its indices, made in one pass."""
    loose: dict[Rel, dict[tuple[object, ...], tuple[Resource, Unknown]]] = defaultdict(dict)
    trails: dict[str, list[Resource]] = defaultdict(list)
    outside: dict[str, list[str]] = defaultdict(list)
    for holder, link in estate.outside:
        if link.rel is Rel.USES_KEY:
            outside[link.to].append(holder)
    records: dict[str, list[tuple[Resource, str]]] = defaultdict(list)
    plans: dict[str, list[tuple[Resource, Link]]] = defaultdict(list)
    stores: dict[str, dict[tuple[str, ...], Resource]] = defaultdict(dict)
    organisations: set[str] = set()
    for resource in estate.resources.values():
        if resource.kind is Kind.ORGANISATION:
            organisations.add(resource.account)
        if resource.kind is Kind.AUDIT_TRAIL:
            trails[resource.account].append(resource)
        if resource.kind in HELD:
            sends = any(link.rel is Rel.REPLICATES_TO for link in resource.links)
            stores[resource.account].setdefault((resource.id,) if sends else (resource.provider, resource.region), resource)
        if resource.kind is Kind.BACKUP_PLAN:
            plans[resource.account].extend((resource, link) for link in resource.links if selects_openly(link))
        for link in resource.links:
            if link.unknown is not None:
                place = (resource.kind, resource.provider, resource.account, resource.region)
                # What a trail selects is asked of one trail.
                which = (resource.id, *place) if link.rel is Rel.RECORDS else place
                loose[link.rel].setdefault(which, (resource, link.unknown))
            elif link.rel is Rel.RECORDS:
                target, mode = split_mode(link)
                records[target].append((resource, mode))
    return Scene(
        estate,
        context,
        {rel: tuple(ends.values()) for rel, ends in loose.items()},
        {account: tuple(found) for account, found in trails.items()},
        tuple(trail for found in trails.values() for trail in found if _records_organisation(estate, trail)),
        frozenset(organisations),
        {account: tuple(found) for account, found in plans.items()},
        {account: tuple(found.values()) for account, found in stores.items()},
        {key: tuple(holders) for key, holders in outside.items()},
        {target: tuple(found) for target, found in records.items()},
    )


def selects_openly(link: Link) -> bool:
    """Whether a backup plan's selection is a pattern or was not read."""
    return link.rel is Rel.PROTECTS and (link.unknown is not None or is_pattern(link))


def unknown_from(gap: Gap) -> Unknown:
    """The unknown that a failed listing leaves behind."""
    known = {reason.value for reason in UnknownReason}
    reason = UnknownReason(gap.reason) if gap.reason in known else UnknownReason.API_ERROR
    where = "/".join(part for part in (gap.account, gap.region) if part)
    via = Provenance(f"listing {gap.service}{' in ' + where if where else ''}", gap.action)
    return Unknown(reason, via, gap.detail or f"{gap.service} could not be listed{' in ' + where if where else ''}")


def _could_hold(gap: Gap, kinds: frozenset[Kind], provider: str, account: str, region: str) -> bool:
    held = gap.kinds & kinds
    if not held or (provider and gap.provider and gap.provider != provider):
        return False
    if account and gap.account and gap.account != account:
        return False
    return bool(held & WITHOUT_REGION) or gap.region in ANYWHERE or region in ANYWHERE or gap.region == region


def _records_organisation(estate: Estate, trail: Resource) -> bool:
    for link in trail.links:
        if link.rel is Rel.RECORDS:
            end = estate.find(link)
            if link.to.startswith("records:organisation") or (end is not None and end.kind is Kind.ORGANISATION):
                return True
    return False
