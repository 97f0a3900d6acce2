"""What stood at an earlier time, for a change to be held against: fingerprints with their verdicts and tiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding that stood already."""

    control: str
    resource: str
    verdict: Verdict
    """`fail` or `unknown`"""
    tier: Tier


@dataclass(frozen=True, slots=True)
class Baseline:
    """All failed and unknown findings of one scan, except those that someone had accepted."""

    name: str
    """As it was asked for: a file, or a revision and a path."""
    profile: str
    controls: Mapping[str, str]
    """The controls that judged, with the digest of what each asked."""
    standing: Mapping[str, Standing]
    """By fingerprint."""
