"""Attested evidence as written in reviewed files: what no read can tell and a person answers for; matching is pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from tierwise.model.register import matches_glob
from tierwise.model.vocabulary import SPECS

TOPICS: Final[Mapping[str, str]] = {spec.name.partition(".")[2].replace("_", "-"): spec.name for spec in SPECS if spec.attested}
"""What may be attested, as files write it (`incident-plan`), to its fact."""
GROUPED: Final = frozenset({"clearance-bpss", "clearance-sc", "training"})
"""What is attested of all members of a group, and never of a person."""
COVERS: Final[Mapping[str, str]] = {"clearance-sc": "clearance-bpss"}
"""What says another thing as well: who holds SC has been through BPSS."""


class State(StrEnum):
    """How an attestation stands; counted apart from what a scan has read."""

    ATTESTED = "attested"
    STALE = "stale"
    """Older than the tier allows, or past its own end."""
    MISSING = "missing"
    REJECTED = "rejected"
    """What is written does not count: refused in review, self-approved, or its evidence is not what was attested."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One attestation: who says what of which data, on what evidence, and who approved it."""

    about: str
    """A topic, e.g. `incident-plan`."""
    statement: str
    evidence: str
    """Where the evidence is: a document number, a link."""
    maker: str
    role: str
    """The maker's."""
    approver: str
    made: date
    """The day of which it speaks; its age counts from here."""
    dataset: str = ""
    """A pattern over names of datasets."""
    account: str = ""
    organisation: bool = False
    """It holds for all datasets."""
    sha256: str = ""
    expires: date | None = None
    group: str = ""
    members: int | None = None
    refused: str = ""
    """Why it does not count, from the file itself or from its evidence; empty where it does."""
    unreadable: str = ""
    """The evidence file that could not be read, so that nobody knows whether it is still what was attested."""
    file: str = ""
    merged: str = ""
    """The commit that brought it, in words."""

    @property
    def written(self) -> str:
        """Where it is written, and the commit that brought it there."""
        return f"{self.file}, {self.merged}" if self.merged else self.file

    @property
    def fact(self) -> str:
        """The fact that it speaks to."""
        return TOPICS[self.about]

    @property
    def says(self) -> frozenset[str]:
        """All facts that it speaks to."""
        more = COVERS.get(self.about)
        return frozenset({self.fact, TOPICS[more]} if more else {self.fact})

    def covers(self, dataset: str, account: str) -> bool:
        """Whether it speaks of a dataset as far as an account holds it."""
        if self.organisation:
            return True
        return matches_glob(self.dataset, dataset) if self.dataset else self.account == account
