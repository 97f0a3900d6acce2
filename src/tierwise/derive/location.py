"""In which countries the data of a resource may rest: its region, its replicas, and for an account all its stores."""

from __future__ import annotations

from typing import Final

from tierwise.derive.arn import region_named
from tierwise.derive.links import links_of
from tierwise.derive.partial import derived, members, out_of_scope
from tierwise.derive.regions import countries_of
from tierwise.derive.scene import Scene
from tierwise.model.fact import AnyFact, Unknown, UnknownReason
from tierwise.model.resource import HELD, Kind, Link, Rel, Resource

RULE: Final = "regions"


def jurisdictions(scene: Scene, resource: Resource) -> AnyFact:
    """`location.jurisdictions` of a store, or of an account."""
    if resource.kind is Kind.ACCOUNT:
        return _of_account(scene, resource)
    certain, open_ = _of_store(scene, resource)
    return members(RULE, certain, open_, resource.region, "the region table")


def _of_store(scene: Scene, store: Resource) -> tuple[frozenset[str], Unknown | None]:
    certain, open_ = _countries(store.provider, store.region, store.id)
    for link in links_of(store, Rel.REPLICATES_TO):
        more, unread = _of_replica(scene, store, link)
        certain, open_ = certain | more, open_ or unread
    return certain, open_


def _of_replica(scene: Scene, store: Resource, link: Link) -> tuple[frozenset[str], Unknown | None]:
    target = scene.estate.find(link)
    if link.unknown is not None:
        return frozenset(), link.unknown
    if target is not None:
        return _countries(target.provider, target.region, target.id)
    if region := region_named(link.to):
        return _countries(store.provider, region, link.to)
    return frozenset(), out_of_scope(RULE, link.to)


def _countries(provider: str, region: str, where: str) -> tuple[frozenset[str], Unknown | None]:
    if not region:
        return frozenset(), Unknown(UnknownReason.NOT_COLLECTED, derived(RULE, where), f"the region of {where} is not known")
    found = countries_of(provider, region)
    if found is None:
        return frozenset(), Unknown(UnknownReason.NOT_SUPPORTED, derived(RULE, where), f"region {region!r} is not in the region table")
    return found, None


def _of_account(scene: Scene, account: Resource) -> AnyFact:
    """The union over the stores of the account; open where a listing of stores failed."""
    certain: frozenset[str] = frozenset()
    open_ = scene.gap(HELD, account.provider, account.account)
    for store in scene.stores_at(account.account):
        more, unread = _of_store(scene, store)
        certain, open_ = certain | more, open_ or unread
    return members(RULE, certain, open_, "the stores of the account")
