"""What the lifecycle rules of a Cloud Storage bucket say of deletion by age. Pure; for plans and live buckets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tierwise.model.fact import UNLIMITED, AnyFact, Known, Maybe, NotApplicable, Provenance, Unknown

CONFIGURED, CURRENT, NONCURRENT = "retention.expiry_configured", "retention.delete_after_days", "retention.noncurrent_days"
NARROWING: Final = (
    "matches_prefix",
    "matches_suffix",
    "matches_storage_class",
    "created_before",
    "custom_time_before",
    "noncurrent_time_before",
    "days_since_custom_time",
    "num_newer_versions",
)
"""Conditions beside the age: a rule deletes only what meets all of them. Terraform's spelling; the API's is the same in camel case."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that deletes."""

    age: int | None
    noncurrent: int | None
    """Days since a version was replaced."""
    state: str
    """ANY, LIVE or ARCHIVED"""
    whole: bool
    """Whether no other condition narrows it."""


def lifecycle_facts(rules: Maybe[Iterable[Rule | Unknown | None]], via: Provenance, never_versioned: bool) -> dict[str, AnyFact]:
    """The three facts of deletion by age; a rule is None where it does something else."""
    if isinstance(rules, Unknown):
        return dict.fromkeys((CONFIGURED, CURRENT, NONCURRENT), rules)
    found: list[Rule] = []
    still: Unknown | None = None
    for rule in rules.value:
        if isinstance(rule, Unknown):
            still = rule
        elif rule is not None:
            found.append(rule)
    live = [rule for rule in found if rule.age is not None and rule.noncurrent is None and rule.state != "ARCHIVED"]
    old = [days for rule in found if rule.whole for days in [_of_versions(rule)] if days is not None]
    current = min((rule.age for rule in live if rule.whole and rule.age is not None), default=UNLIMITED)
    configured: AnyFact = Known(True, via) if live else still or Known(False, via)
    noncurrent: AnyFact = _known(min(old, default=UNLIMITED), still, via)
    if never_versioned:
        noncurrent = NotApplicable("the bucket has never been versioned", via)
    return {CONFIGURED: configured, CURRENT: _known(current, still, via), NONCURRENT: noncurrent}


def _of_versions(rule: Rule) -> int | None:
    """After how many days at most a rule deletes old versions; the age counts from creation, which is earlier."""
    if rule.state == "LIVE":
        return None
    return rule.noncurrent if rule.noncurrent is not None and rule.age is None else rule.age if rule.noncurrent is None else None


def _known(days: float, still: Unknown | None, via: Provenance) -> AnyFact:
    if still is not None:
        return Unknown(still.reason, still.via, still.detail, between=(0, days))
    return Known(days if days == UNLIMITED else int(days), via)
