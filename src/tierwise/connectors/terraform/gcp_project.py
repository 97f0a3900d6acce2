"""In which project a planned Google resource is, and whether two are in the same one."""

from __future__ import annotations

import re
from typing import Final

from tierwise.connectors.terraform.aws import text_or
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.references import Resolved

PROJECT: Final = "google_project"
_IN_PATH: Final = re.compile(r"(?:\A|/)projects/([^/]+)")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9.:-]*\Z")
_OPEN: Final = "provider "
_PARENTS: Final = {
    "google_kms_crypto_key": ("key_ring", "google_kms_key_ring"),
    "google_alloydb_instance": ("cluster", "google_alloydb_cluster"),
    "google_bigtable_table": ("instance_name", "google_bigtable_instance"),
}
"""Types without a project of their own: the argument and the type that has it."""


def project_of(plan: Plan, planned: Planned, attribute: str = "project") -> str:
    """The id of a resource's project; empty where the plan does not say."""
    mark = project_mark(plan, planned, attribute)
    return mark if _ID.match(mark) and not is_open(plan, mark) else ""


def project_mark(plan: Plan, planned: Planned, attribute: str = "project") -> str:
    """What tells projects apart: the id, else the address of the planned project, else the provider block that leaves it open, else empty."""
    if planned.type == PROJECT:
        return text_or(planned.root, "project_id") or planned.address
    if own := text_or(planned.root, attribute):
        return named(own)
    node = planned.root
    wanted = PROJECT
    if attribute == "project" and planned.type in _PARENTS and not node.is_written(attribute):
        attribute, wanted = _PARENTS[planned.type]
        if found := _IN_PATH.search(text_or(node, attribute)):
            return found[1]
    if node.is_written(attribute):
        way = plan.resolve(planned, node, (attribute,), {wanted})
        target = plan.by_address.get(way.address) if isinstance(way, Resolved) else None
        return project_mark(plan, target) if target is not None else ""
    for name in ("id", "name", "self_link", "parent"):
        if found := _IN_PATH.search(text_or(node, name)):
            return found[1]
    given = plan.providers.setting(planned, "project")
    if isinstance(given, str) and given:
        return given
    return f"{_OPEN}{planned.provider}" if planned.provider else ""


def named(text: str) -> str:
    """The project that a text names: `p`, `projects/p`, `projects/p/...`."""
    found = _IN_PATH.search(text)
    return found[1] if found else text


def is_open(plan: Plan, mark: str) -> bool:
    """Whether a mark does not say the project's id."""
    return not mark or mark.startswith(_OPEN) or mark in plan.by_address


def same_project(plan: Plan, one: str, other: str) -> bool | None:
    """Whether two marks mean the same project; None where the plan does not say, as between a project's id and its number."""
    if one and one == other:
        return True
    if is_open(plan, one) or is_open(plan, other):
        return False if one in plan.by_address and other in plan.by_address else None
    return None if one.isdecimal() != other.isdecimal() else False
