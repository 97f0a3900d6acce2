"""What a plan changes: what its reader says of each resource, and what judging before and after makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Tier


class Action(StrEnum):
    """What a plan does to a resource that is there already (or makes anew)."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"
    """It leaves the configuration's management and goes on existing."""
    KEEP = "no-op"


@dataclass(frozen=True, slots=True)
class Part:
    """A resource that sets part of another one, and what the plan does to it."""

    address: str
    type: str
    action: Action


@dataclass(frozen=True, slots=True)
class Change:
    """What a plan does to one resource that is there already; a resource that is made anew has none, nor has one that stays as it is."""

    resource: str
    """The resource's id, the same before and after."""
    action: Action
    before: Resource
    """The resource as it is before the plan, joined with its parts as they are then."""
    destroys: bool = False
    """Whether the object that is there goes, with what it holds."""
    previous_address: str = ""
    """The address that it moves from."""
    parts: tuple[Part, ...] = ()
    """What sets parts of it, or what its facts come from, and is made, changed or removed."""
    detail: str = ""
    """Why Terraform replaces or deletes it, or lets it go, as the plan says."""


@dataclass(frozen=True, slots=True)
class RungChange:
    """A rung of a control that a change touches."""

    control: str
    tier: Tier
    """The tier whose own rung it is."""
    words: str
    """What it asks."""
    before: str
    """The verdict of this rung before the change; `no rung` where the tier brought none."""
    after: str


@dataclass(frozen=True, slots=True)
class Weakening:
    """A fact that a plan makes worse, by the direction that the vocabulary gives it."""

    fact: str
    before: str
    """Rendered for people, like the values of a finding."""
    after: str
    via: str
    """Where the value after the change comes from."""
    because: str
    """What the plan does that weakens it: `aws_s3_bucket_versioning.b is deleted`."""
    rungs: tuple[RungChange, ...] = ()
    """The rungs at the resource's tier that look at the fact."""


@dataclass(frozen=True, slots=True)
class TierMove:
    """A tier that a plan raises or lowers."""

    before: Tier
    after: Tier
    declared_before: Tier | None
    declared_after: Tier | None
    because: str
    """The evidence that the tier after the change rests on."""
    rungs: tuple[RungChange, ...] = ()
    """Where it rises, the rungs that newly apply; where it falls, those that no longer do."""


@dataclass(frozen=True, slots=True)
class Recoverable:
    """A fact that says what can be got back of the data that goes with a resource."""

    fact: str
    value: str


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a plan means for one resource, judged before and after; only where there is something to say."""

    resource: str
    action: Action
    previous_address: str = ""
    detail: str = ""
    weakened: tuple[Weakening, ...] = ()
    tier: TierMove | None = None
    parts: tuple[Part, ...] = ()
    """Its parts that the plan makes, changes or removes."""
    loses: tuple[Recoverable, ...] | None = None
    """Set where data goes with it (a store of data is replaced or deleted): what can be got back."""


@dataclass(frozen=True, slots=True)
class LiveRead:
    """A call of a cloud's API that a live scan makes, and the permission that it needs."""

    call: str
    """`s3:GetBucketVersioning`"""
    action: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A fact that a plan leaves open, and what will settle it once the plan is applied."""

    type: str
    """Of the resources, as the plan has it: `aws_s3_bucket`."""
    fact: str
    """`tags` where the tier itself waits for them."""
    reason: str
    """An `UnknownReason` value."""
    reads: tuple[LiveRead, ...]
    """What a live scan will read; empty where no connector declares a read."""
    resources: tuple[str, ...]
    findings: tuple[str, ...]
    """Fingerprints of the findings that it keeps open."""
