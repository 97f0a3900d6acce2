"""What another tool says of a plan, held against what tierwise says; it advises and never blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier


class Sense(StrEnum):
    """How a check's question stands to the part of the rung that it is held against."""

    SAME = "same"
    WEAKER = "weaker"
    """It asks less: its fail is a fail of the rung, its pass says nothing."""
    STRONGER = "stronger"
    """It asks more: its pass is a pass of the rung, its fail says nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """One check of another tool and the rung of a control that asks the same, for some types of resource."""

    check: str
    control: str
    rung: Tier
    types: frozenset[str]
    """Terraform types on which the check reports."""
    facts: frozenset[str] = frozenset()
    """Only the conjuncts of the rung that look at one of these facts; all where empty."""
    sense: Sense = Sense.SAME
    note: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict as the other tool gave it."""

    check: str
    title: str
    address: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other tool said of one file."""

    source: str
    """The file's name."""
    prefix: str
    """What stands before an address in the ids of this file's resources."""
    said: tuple[Said, ...] = ()
    version: str = ""
    trouble: str = ""
    """Why there is no answer; then nothing of the file is known from this tool."""


@dataclass(frozen=True, slots=True)
class PartOf:
    """What a planned resource sets a part of: a policy is part of a bucket, of a role."""

    type: str
    """Its own Terraform type."""
    wholes: tuple[str, ...]
    """Ids."""


class Relation(StrEnum):
    """How the other tool's verdict stands to ours."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    OURS_UNKNOWN = "ours-unknown"
    """The other tool is sure of what the plan does not tell; our verdict stays unknown."""
    NOT_ANSWERED = "not-answered"
    """A mapped check on which the other tool gave no verdict for this resource."""
    NOT_COMPARABLE = "not-comparable"
    """The map compares its fails or its passes only, or the question makes no sense for the resource."""
    UNMAPPED = "unmapped"
    """The map holds nothing of ours against it."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One verdict of the other tool on one resource, with ours beside it."""

    check: str
    title: str
    resource: str
    """The id of what it reported on, which need not be a resource of the scan."""
    address: str
    verdict: Verdict
    relation: Relation
    severity: Severity
    """By the tier of the resource: the other tool has none of its own."""
    tier: Tier | None = None
    """None for what is no resource of this scan."""
    control: str = ""
    rung: Tier | None = None
    ours: Verdict | None = None
    """What the named part of the rung says of the resource, whatever the resource's own tier."""
    asked: bool = False
    """Whether our ladder asks this at the resource's tier."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """All that another tool said of the plans of a scan."""

    tool: str
    version: str
    sources: Mapping[str, str]
    """Each file and why it was not answered; empty where it was."""
    opinions: tuple[Opinion, ...]
