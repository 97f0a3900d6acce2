"""Which backup plans select a store: by id, by a wildcard over ids, or by tag, in the plan's own account and region."""

from __future__ import annotations

import re
from functools import cache

from tierwise.derive.scene import ANYWHERE, Scene
from tierwise.model.fact import Known, Unknown
from tierwise.model.resource import Rel, Resource


def covering(scene: Scene, store: Resource) -> tuple[list[Resource], Unknown | None]:
    """The plans that certainly select a store, and why more may."""
    if not scene.selections.get(store.account):
        return list(scene.estate.sources(store.id, Rel.PROTECTS)), None
    found = list(scene.estate.sources(store.id, Rel.PROTECTS))
    open_: Unknown | None = None
    for plan, link in scene.selections.get(store.account, ()):
        if _reaches(plan, store):
            hit = link.unknown or _selects(link.to, store)
            if hit is True:
                found.append(plan)
            elif isinstance(hit, Unknown):
                open_ = open_ or hit
    return list({plan.id: plan for plan in found}.values()), open_


def _reaches(plan: Resource, store: Resource) -> bool:
    return plan.provider == store.provider and (plan.region == store.region or plan.region in ANYWHERE or store.region in ANYWHERE)


def _selects(pattern: str, store: Resource) -> bool | Unknown:
    if not pattern.startswith("tag:"):
        return _wildcard(pattern).fullmatch(store.id) is not None
    if not isinstance(store.tags, Known):
        return store.tags
    key, _, value = pattern.removeprefix("tag:").partition("=")
    return key in store.tags.value and _wildcard(value).fullmatch(store.tags.value[key]) is not None


@cache
def _wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
