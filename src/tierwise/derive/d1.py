"""D1: every derived fact that needs other resources but no tier, for every kind that lists it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from tierwise.derive import keys, location, logs, reach, recovery
from tierwise.derive.links import Context, Estate
from tierwise.derive.partial import delivered
from tierwise.derive.scene import Rule, Scene, scene_of
from tierwise.model.fact import AnyFact
from tierwise.model.resource import Kind, Resource
from tierwise.model.vocabulary import facts_of

RULES: Final[Mapping[str, Rule]] = {
    "encryption.key_protection": keys.key_protection,
    "encryption.key_isolated": keys.key_isolated,
    "encryption.key_dedicated": keys.key_dedicated,
    "key.admin_user_overlap": keys.admin_user_overlap,
    "access.outside_organisation": reach.outside_organisation,
    "access.external_undeclared": reach.external_undeclared,
    "access.audience": reach.audience,
    "access.network": reach.network,
    "logging.destination_immutable": logs.destination_immutable,
    "logging.destination_separate": logs.destination_separate,
    "logging.audit_store": logs.audit_store,
    "recovery.backup_covered": recovery.backup_covered,
    "retention.copies_max_days": recovery.copies_max_days,
    "recovery.backup_isolation": recovery.backup_isolation,
    "location.jurisdictions": location.jurisdictions,
}
"""One rule per derived fact; `metadata.identifiers` is made by classification."""

FIRST: Final = ("access.outside_organisation", "recovery.backup_covered")
"""Facts that completions and other rules rest on."""

COMPLETIONS: Final[Mapping[Kind, Mapping[str, Rule]]] = {
    Kind.OBJECT_STORE: {"logging.data_read": logs.data_read, "logging.data_write": logs.data_write},
    Kind.DOCUMENT_DB: {"logging.data_read": logs.data_read, "logging.data_write": logs.data_write},
    Kind.ACCOUNT: {"logging.control_plane": logs.control_plane, "logging.all_regions": logs.all_regions},
    Kind.FILE_SHARE: {recovery.BACKUP_DAYS: recovery.backup_days},
}
"""Facts that a connector reads in part, and that links to other resources complete."""


def derive_relations(estate: Estate, context: Context) -> dict[str, dict[str, AnyFact]]:
    """The D1 facts of every resource, by id and name, with the facts that links complete. What a connector delivered itself stays."""
    scene = scene_of(estate, context)
    return {resource.id: relations_of(scene, resource) for resource in estate.resources.values()}


def relations_of(scene: Scene, resource: Resource) -> dict[str, AnyFact]:
    """The D1 facts of one resource, with the facts that links complete."""
    facts: dict[str, AnyFact] = {}
    scene.completed = {resource.id: facts}
    for name, rule, completes in _steps(resource.kind):
        own = None if completes else delivered(resource.facts, name)
        facts[name] = rule(scene, resource) if own is None else own
    return facts


@cache
def _steps(kind: Kind) -> tuple[tuple[str, Rule, bool], ...]:
    """The rules for a kind in the order in which they rest on each other, and whether each completes what a connector delivered."""
    wanted = [spec.name for spec in facts_of(kind) if spec.name in RULES]
    return (
        *((name, RULES[name], False) for name in wanted if name in FIRST),
        *((name, rule, True) for name, rule in COMPLETIONS.get(kind, {}).items()),
        *((name, RULES[name], False) for name in wanted if name not in FIRST),
    )
