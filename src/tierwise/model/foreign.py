"""Findings of other tools as far as they matter here: which check, how severe, how it stands, and of which resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tierwise.model.control import Severity


class Standing(StrEnum):
    """How a finding stands by the word of its own tool."""

    OPEN = "open"
    UNKNOWN = "to be looked at"
    """The tool could not tell, and leaves it to a person."""
    MET = "passed"
    SUPPRESSED = "suppressed or resolved"


@dataclass(frozen=True, slots=True)
class Reference:
    """One resource that a finding names, by whatever it says of it; what it does not say is empty."""

    id: str = ""
    """An ARN, an ARM id, a Google full name, a Terraform address, or a name."""
    name: str = ""
    account: str = ""
    region: str = ""
    path: str = ""
    """A file of a configuration."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Foreign:
    """One finding."""

    tool: str
    check: str
    title: str
    severity: Severity | None
    """None where the tool does not say."""
    standing: Standing
    resources: tuple[Reference, ...]
    readable: bool = True
    """False where it is none that can be understood; then nothing else of it is known."""
