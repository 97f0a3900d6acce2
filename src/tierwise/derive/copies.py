"""The copies of a store and where they lie; what a vault is fed from."""

from __future__ import annotations

from typing import Final

import msgspec

from tierwise.derive.arn import account_named, names_one_key, region_named
from tierwise.derive.links import is_pattern, links_of
from tierwise.derive.partial import read
from tierwise.derive.scene import ANYWHERE, Scene
from tierwise.model.fact import Known, NotApplicable, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

APART: Final = ("account", "key", "region")
"""In what a copy can be kept apart, what protects most first: another account outlives the loss of this one."""
COPY_KINDS: Final = frozenset({Kind.SNAPSHOT, Kind.BACKUP_VAULT})


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where data lies and under which keys; an empty account or region is not known, and None is keys not known."""

    account: str
    region: str
    keys: frozenset[str] | None


def copies_of(scene: Scene, store: Resource) -> list[Resource]:
    """The snapshots and backups of a store, and the copies of those."""
    found: dict[str, Resource] = {}
    todo = [store]
    while todo:
        for copy in scene.estate.sources(todo.pop().id, Rel.COPY_OF, Rel.BACKUP_OF):
            if copy.kind in COPY_KINDS and copy.id not in found and copy.id != store.id:
                found[copy.id] = copy
                todo.append(copy)
    return list(found.values())


def place_of(scene: Scene, resource: Resource, link: Link | None = None) -> Place:
    """Where a resource lies, or with a link where its other end does, as far as its identifier says."""
    if link is not None:
        end = scene.estate.find(link)
        if end is None:
            return Place(account_named(link.to), region_named(link.to), None)
        resource = end
    region = "" if resource.region in ANYWHERE else resource.region
    return Place(resource.account, region, _keys(scene, resource))


def _keys(scene: Scene, resource: Resource) -> frozenset[str] | None:
    links = list(links_of(resource, Rel.USES_KEY))
    if any(link.unknown is not None for link in links):
        return None
    custody = read(resource.facts, "encryption.key_custody")
    if not links and not isinstance(custody, NotApplicable) and not (isinstance(custody, Known) and custody.value != "customer"):
        return None
    if any(scene.estate.find(link) is None and not names_one_key(link.to) for link in links):
        return None
    return frozenset(link.to for link in links)


def apart(source: Place, copy: Place) -> tuple[frozenset[str], frozenset[str]]:
    """In what a copy certainly is, and in what it possibly is, kept apart from its source."""
    answers = {
        "account": source.account != copy.account if source.account and copy.account else None,
        "region": source.region != copy.region if source.region and copy.region else None,
        "key": _other_key(source.keys, copy.keys),
    }
    return frozenset(each for each, yes in answers.items() if yes), frozenset(each for each, yes in answers.items() if yes is not False)


def _other_key(source: frozenset[str] | None, copy: frozenset[str] | None) -> bool | None:
    """Whether a copy has a key of its own; a copy under no key, or under the provider's, has none."""
    if copy is None:
        return None
    if not copy:
        return False
    return None if source is None else not (copy & source)


def fed_by(scene: Scene, vault: Resource) -> tuple[list[Place], Unknown | None]:
    """Where the sources of a vault's content lie, and why there may be more."""
    places: list[Place] = []
    open_: Unknown | None = None
    holders = [vault, *scene.estate.sources(vault.id, Rel.STORES_IN)]
    for holder in holders:
        for link in links_of(holder, Rel.COPY_OF, Rel.BACKUP_OF, Rel.PROTECTS):
            if link.unknown is not None:
                open_ = open_ or link.unknown
            elif is_pattern(link):
                # What a plan selects lies in the plan's own account and region; its keys differ from store to store.
                places.append(Place(holder.account, "" if holder.region in ANYWHERE else holder.region, None))
            else:
                places.append(place_of(scene, holder, link))
    return places, open_
