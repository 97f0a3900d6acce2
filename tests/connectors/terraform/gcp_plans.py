"""Builds small plans under one Google provider block, and reads them with every fact checked against the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.connectors.terraform.plans import PlanBuilder, const
from tierwise.model.resource import Resource
from tierwise.model.vocabulary import check_fact

PROJECT = "records-prod"
GOOGLE = "registry.terraform.io/hashicorp/google"
NEEDS_OTHERS = frozenset(
    {
        "retention.declared_days",
        "retention.schedule_declared",
        "ownership.roles",
        "environment.production",
        "marking.level",
        "classification.declared",
        "volume.bytes",
        "volume.items",
        "credential.oldest_key_days",
    }
)
"""Facts that declarations give, or that are evidence where they can be read."""


class GooglePlan(PlanBuilder):
    def __init__(self, *, project: str | None = PROJECT, region: str | None = "europe-west2", **settings: object) -> None:
        super().__init__(region=None)
        expressions: dict[str, Any] = {name: const(value) for name, value in settings.items()}
        if project:
            expressions["project"] = const(project)
        if region:
            expressions["region"] = const(region)
        self.providers = {"google": {"name": "google", "full_name": GOOGLE, "expressions": expressions}}

    def put(self, kind: str, name: str, after: Mapping[str, Any] | None = None, **rest: Any) -> str:
        """Add one instance whose expressions are those of its known values, unless others are given."""
        given = dict(rest.pop("expressions", None) or {})
        written = {key: _written(value) for key, value in (after or {}).items() if value is not None}
        return self.add(kind, name, after, expressions={**written, **given}, provider="google", **rest)

    def one(self, folder: Path, address: str) -> Resource:
        """One resource, all of whose facts the vocabulary allows."""
        found = self.read(folder)[address]
        assert [problem for fact in found.facts if (problem := check_fact(fact, found.facts[fact], found.kind))] == []
        return found


def _written(value: object) -> object:
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return [{key: _written(inner) for key, inner in each.items() if inner is not None} for each in value]
    return const(value)
