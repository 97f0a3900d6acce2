"""What the lifecycle rules of a planned Cloud Storage bucket say of deletion by age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tierwise.connectors.terraform.planned import Node
from tierwise.model.fact import UNLIMITED, AnyFact, Known, Maybe, NotApplicable, Provenance, Unknown

CONFIGURED, CURRENT, NONCURRENT = "retention.expiry_configured", "retention.delete_after_days", "retention.noncurrent_days"
_NARROWING: Final = (
    "matches_prefix",
    "matches_suffix",
    "matches_storage_class",
    "created_before",
    "custom_time_before",
    "noncurrent_time_before",
    "days_since_custom_time",
    "num_newer_versions",
)
"""Conditions beside the age: a rule deletes only what meets all of them."""


@dataclass(frozen=True, slots=True)
class _Rule:
    age: int | None
    noncurrent: int | None
    state: str
    whole: bool


def lifecycle_facts(rules: Maybe[tuple[Node, ...]], via: Provenance, never_versioned: bool) -> dict[str, AnyFact]:
    """The three facts of deletion by age."""
    if isinstance(rules, Unknown):
        return dict.fromkeys((CONFIGURED, CURRENT, NONCURRENT), rules)
    found: list[_Rule] = []
    still: Unknown | None = None
    for node in rules.value:
        rule = _rule(node)
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


def _of_versions(rule: _Rule) -> int | None:
    """After how many days at most a rule deletes old versions; the age counts from creation, which is earlier."""
    if rule.state == "LIVE":
        return None
    return rule.noncurrent if rule.noncurrent is not None and rule.age is None else rule.age if rule.noncurrent is None else None


def _known(days: float, still: Unknown | None, via: Provenance) -> AnyFact:
    if still is not None:
        return Unknown(still.reason, still.via, still.detail, between=(0, days))
    return Known(days if days == UNLIMITED else int(days), via)


def _rule(node: Node) -> _Rule | Unknown | None:
    """A rule that deletes; None for one that does something else."""
    action = node.text("action", 0, "type")
    if isinstance(action, Unknown) or (action.value or "").upper() != "DELETE":
        return action if isinstance(action, Unknown) else None
    age, noncurrent = node.number("condition", 0, "age"), node.number("condition", 0, "days_since_noncurrent_time")
    state, written = node.text("condition", 0, "with_state"), node.flag("condition", 0, "send_age_if_zero")
    for part, name in ((age, "age"), (noncurrent, "days_since_noncurrent_time"), (state, "with_state")):
        if isinstance(part, Unknown) and (name != "with_state" or node.is_written("condition", 0, name)):
            return part
    narrow = [node.get("condition", 0, name) for name in _NARROWING]
    if unknown := next((one for one in narrow if isinstance(one, Unknown)), None):
        return unknown
    return _Rule(
        age=_positive(age, zero=isinstance(written, Known) and bool(written.value)),
        noncurrent=_positive(noncurrent, zero=False),
        # Computed where nobody wrote it: ANY, or LIVE by the older argument is_live.
        state=(state.value or "ANY").upper() if isinstance(state, Known) else "ANY",
        whole=not any(isinstance(one, Known) and one.value for one in narrow),
    )


def _positive(found: Maybe[int | None], *, zero: bool) -> int | None:
    """A number of days; the provider plans 0 for a condition that nobody wrote."""
    days = found.value if isinstance(found, Known) else None
    return days if days or (zero and days == 0) else None
