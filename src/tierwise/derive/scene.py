"""The estate with the indices that the rules share, and the one place that asks whether a gap could hold the other end of a link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from tierwise.derive.links import Context, Estate
from tierwise.model.fact import AnyFact, Provenance, Unknown, UnknownReason
from tierwise.model.resource import HELD, Gap, Kind, Rel, Resource

ANYWHERE: Final = frozenset({"", "global", "*"})
"""Words for a region that stand for all of them."""
WITHOUT_REGION: Final = frozenset({Kind.OBJECT_STORE, Kind.AUDIT_TRAIL, Kind.ACCOUNT, Kind.ORGANISATION})
"""Kinds that one listing gives for all regions, so that the region of a gap says nothing."""


@dataclass(slots=True)
class Scene:
    """What a run of derivation looks at; the memo only spares asking the same question of the gaps twice."""

    estate: Estate
    context: Context
    loose: Mapping[Rel, tuple[tuple[Resource, Unknown], ...]]
    """Links known to exist whose other end could not be read, by relation."""
    trails: Mapping[str, tuple[Resource, ...]]
    """Audit trails by account."""
    organisation_trails: tuple[Resource, ...]
    """Trails that record for every account of the organisation."""
    organisation_accounts: frozenset[str]
    """Accounts that hold the organisation; empty where it is not in the estate."""
    plans: Mapping[str, tuple[Resource, ...]]
    """Backup plans by account."""
    stores: Mapping[str, tuple[Resource, ...]]
    """What holds data, by account."""
    outside: Mapping[tuple[Rel, str], tuple[Resource, ...]]
    """Resources that name the same target outside the estate."""
    completed: dict[str, dict[str, AnyFact]] = field(default_factory=dict)
    """Facts derived so far, for rules that rest on other derived facts."""
    memo: dict[tuple[frozenset[Kind], str, str, str], Unknown | None] = field(default_factory=dict)

    def gap(self, kinds: frozenset[Kind], provider: str, account: str = "", region: str = "") -> Unknown | None:
        """Why resources of these kinds could be missing there, or None; an empty account or region means any."""
        key = (kinds, provider, account, region)
        if key not in self.memo:
            found = next((gap for gap in self.context.gaps if _could_hold(gap, kinds, provider, account, region)), None)
            self.memo[key] = None if found is None else unknown_from(found)
        return self.memo[key]

    def plans_at(self, account: str) -> tuple[Resource, ...]:
        """The backup plans of an account."""
        return self.plans.get(account, ())

    def stores_at(self, account: str) -> tuple[Resource, ...]:
        """The resources of an account that hold data."""
        return self.stores.get(account, ())

    def outside_users(self, target: str) -> tuple[Resource, ...]:
        """The resources that name a key outside the estate."""
        return self.outside.get((Rel.USES_KEY, target), ())

    def loose_end(self, rel: Rel, wanted: Callable[[Resource], bool]) -> Unknown | None:
        """Why a link of this relation from a wanted resource could lead anywhere, or None."""
        return next((unknown for holder, unknown in self.loose.get(rel, ()) if wanted(holder)), None)


Rule: TypeAlias = Callable[[Scene, Resource], AnyFact]


def scene_of(estate: Estate, context: Context) -> Scene:
    """The estate with its indices, made in one pass."""
    loose: dict[Rel, list[tuple[Resource, Unknown]]] = defaultdict(list)
    trails: dict[str, list[Resource]] = defaultdict(list)
    outside: dict[tuple[Rel, str], list[Resource]] = defaultdict(list)
    for holder, link in estate.outside:
        outside[link.rel, link.to].append(estate.resources[holder])
    plans: dict[str, list[Resource]] = defaultdict(list)
    stores: dict[str, list[Resource]] = defaultdict(list)
    for resource in estate.resources.values():
        if resource.kind is Kind.AUDIT_TRAIL:
            trails[resource.account].append(resource)
        if resource.kind in HELD:
            stores[resource.account].append(resource)
        if resource.kind is Kind.BACKUP_PLAN:
            plans[resource.account].append(resource)
        for link in resource.links:
            if link.unknown is not None:
                loose[link.rel].append((resource, link.unknown))
    return Scene(
        estate,
        context,
        {rel: tuple(ends) for rel, ends in loose.items()},
        {account: tuple(found) for account, found in trails.items()},
        tuple(trail for found in trails.values() for trail in found if _records_organisation(estate, trail)),
        frozenset(each.account for each in estate.resources.values() if each.kind is Kind.ORGANISATION),
        {account: tuple(found) for account, found in plans.items()},
        {account: tuple(found) for account, found in stores.items()},
        {key: tuple(holders) for key, holders in outside.items()},
    )


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
