"""`--override FILE#ID`: the entry by which a named person lets a failing gate pass until a time."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.model.finding import Override
    from tierwise.model.profile import GatePolicy


def read_override(text: str, policy: GatePolicy) -> Override:
    """The entry that `--override` names; UsageError where there is none, or where it may not be used now."""
    from tierwise.catalogue.overrides import load_overrides
    from tierwise.evaluate.override import refusal

    file, hash_, name = text.rpartition("#")
    if not (file and hash_ and name):
        raise UsageError(f"--override takes FILE#ID, such as overrides.yaml#INC-1234, not {text!r}")
    known = load_overrides(Path(file))
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(list(known)[:5]) or 'none'}"
        raise UsageError(f"{file}: no override {name!r}{hint}")
    problem = refusal(known[name], policy, datetime.now(UTC))
    if problem:
        raise UsageError(f"{file}: override {name!r} cannot be used: {problem}")
    return known[name]
