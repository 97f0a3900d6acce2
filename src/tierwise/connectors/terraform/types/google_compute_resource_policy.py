"""Snapshot schedules of Compute Engine: the disks that they protect. Resource policies of other sorts place, start and stop machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.connectors.terraform import gcp
from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.joins import Child
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, absent
from tierwise.connectors.terraform.types.google_compute_disk import DISK, DISKS, REGIONAL
from tierwise.model.fact import FactSheet, Known, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

POLICY: Final = "google_compute_resource_policy"
_ATTACHMENTS: Final = (f"{DISK}_resource_policy_attachment", f"{REGIONAL}_resource_policy_attachment")


def convert(policy: Planned, plan: Plan) -> Resource | None:
    """A planned schedule; it has no facts of its own, its links decide which disks are covered."""
    schedule = policy.root.block("snapshot_schedule_policy")
    if isinstance(schedule, Known) and schedule.value is None:
        return None
    name = text_or(policy.root, "name")
    links = (Link(Rel.PROTECTS, "", schedule),) if isinstance(schedule, Unknown) else tuple(_protected(policy, plan))
    return gcp.resource(plan, policy, Kind.BACKUP_PLAN, name or policy.place.name, FactSheet(), links=links, aliases=(name,))


def _protected(policy: Planned, plan: Plan) -> Iterator[Link]:
    still: Unknown | None = None
    for kind in _ATTACHMENTS:
        children = plan.children(policy, kind)
        still = children.loose or still
        for one in children.found:
            yield from plan.links(Rel.PROTECTS, one, one.root, ("disk",), DISKS)
    if still is None and not policy.is_new:
        still = absent(policy.root.via, f"not in this plan: further disks to which {policy.address} is attached")
    if still is not None:
        yield Link(Rel.PROTECTS, "", still)


_NAMES: Final = ("name", "id", "self_link")
CONVERTER = Converter(frozenset({POLICY}), convert, tuple(Child(one, "name", _NAMES) for one in _ATTACHMENTS))
