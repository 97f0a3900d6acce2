"""The lifecycle rules of a planned Cloud Storage bucket."""

from __future__ import annotations

from tierwise.connectors.gcp_lifecycle import NARROWING, Rule
from tierwise.connectors.terraform.planned import Node
from tierwise.model.fact import Known, Maybe, Unknown


def rule_of(node: Node) -> Rule | Unknown | None:
    """A rule that deletes; None for one that does something else."""
    action = node.text("action", 0, "type")
    if isinstance(action, Unknown) or (action.value or "").upper() != "DELETE":
        return action if isinstance(action, Unknown) else None
    age, noncurrent = node.number("condition", 0, "age"), node.number("condition", 0, "days_since_noncurrent_time")
    state, written = node.text("condition", 0, "with_state"), node.flag("condition", 0, "send_age_if_zero")
    for part, name in ((age, "age"), (noncurrent, "days_since_noncurrent_time"), (state, "with_state")):
        if isinstance(part, Unknown) and (name != "with_state" or node.is_written("condition", 0, name)):
            return part
    narrow = [node.get("condition", 0, name) for name in NARROWING]
    if unknown := next((one for one in narrow if isinstance(one, Unknown)), None):
        return unknown
    return Rule(
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
