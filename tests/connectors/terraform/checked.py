"""Reads one resource of a plan and checks its facts against the vocabulary."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tests.connectors.terraform.plans import PlanBuilder
from tierwise.model.resource import Resource
from tierwise.model.vocabulary import check_fact, facts_of

DECLARED = {
    "classification.declared", "retention.declared_days", "retention.schedule_declared", "ownership.roles", "environment.production",
    "marking.level", "volume.bytes", "volume.items",
}  # fmt: skip
"""What classification and tags give, and sizes that a plan does not have."""


def checked(plan: PlanBuilder, folder: Path, address: str) -> Resource:
    """A resource whose facts all are what the vocabulary allows for its kind."""
    one = plan.read(folder)[address]
    assert [problem for fact in one.facts if (problem := check_fact(fact, one.facts[fact], one.kind))] == []
    return one


def unsaid(one: Resource, but: Collection[str] = ()) -> set[str]:
    """The facts of its kind that a converter leaves out."""
    return {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) - DECLARED - set(but)
