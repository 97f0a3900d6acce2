"""A child that belongs to its parent three ways: by value, by reference, and inside a module called twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.connectors.terraform.plans import PlanBuilder, ref

WAYS = ("by value", "by reference", "inside a module with for_each")


def joined(
    plan: PlanBuilder,
    way: str,
    parent: tuple[str, Mapping[str, Any]],
    child: tuple[str, Mapping[str, Any]],
    attribute: str,
    named: str,
    *,
    unknown: Mapping[str, Any] | None = None,
) -> str:
    """Adds a parent named by its attribute `named` and a child that names it in `attribute`; returns the address of the joined parent.

    In a module, the instance `b` has a parent of the same shape without a child.
    """
    kind, values = parent
    other, settings = child
    if way == "by value":
        address = plan.add(kind, "x", {**values, named: "the-parent"}, unknown=unknown)
        plan.add(other, "y", {**settings, attribute: "the-parent"})
        return address
    hidden = {**(unknown or {}), named: True}
    here: dict[str, Any] = {"expressions": {attribute: ref(f"{kind}.x.{named}")}, "unknown": {attribute: True}}
    if way == "by reference":
        address = plan.add(kind, "x", values, unknown=hidden)
        plan.add(other, "y", settings, **here)
        return address
    address = plan.add(kind, "x", values, unknown=hidden, module="m", module_keys=("a",))
    plan.add(other, "y", settings, module="m", module_keys=("a",), **here)
    plan.add(kind, "x", values, unknown=hidden, module="m", module_keys=("b",))
    return address
