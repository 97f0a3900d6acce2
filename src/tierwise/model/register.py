"""The asset register, evidence corrections, attestations and acceptances, as parsed from reviewed files; matching is pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

from tierwise.model.acceptance import Rank
from tierwise.model.fact import UNLIMITED, Known, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Category, Marking, PersonalData, Tier

_DURATION: Final = re.compile(
    r"P(?:(?P<y>\d+)Y)?(?:(?P<m>\d+)M)?(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<min>\d+)M)?(?:(?P<s>\d+)S)?)?\Z"
)
_FOREVER: Final = frozenset({"unlimited", "permanent", "indefinite", "forever"})
_CATEGORY: Final = re.compile(r"(C[0-6])(?:/([a-z0-9-]+))?\Z", re.IGNORECASE)


PEOPLE: Final = "people"
"""The reference of a register line that says whom the data is about, in words."""


class Role(StrEnum):
    """Accountable roles, as the fact `ownership.roles` has them."""

    OWNER = "owner"
    TEAM = "team"
    ASSET_OWNER = "asset-owner"
    CUSTODIAN = "custodian"


class Group(StrEnum):
    """Groups of people whose presence sets a floor."""

    CHILDREN = "children"
    VULNERABLE = "vulnerable"
    AT_RISK = "at-risk"


@dataclass(frozen=True, slots=True)
class DataCategory:
    """A category with its sub-category, e.g. C3 `criminal`; the sub-category chooses the profile's variant threshold."""

    category: Category
    variant: str = ""

    @property
    def label(self) -> str:
        """As files write it: `C3` or `C3/criminal`."""
        return f"{self.category.value}/{self.variant}" if self.variant else self.category.value


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.compile("".join(parts), re.DOTALL | re.IGNORECASE)


def matches_glob(pattern: str, text: str) -> bool:
    """Whether the whole of a text matches a pattern with `*` and `?`, without regard to case; brackets are plain characters."""
    return _glob(pattern).fullmatch(text) is not None


@lru_cache(maxsize=65536)
def _lies_in(pattern: str, unit: str) -> bool:
    """Whether a pattern matches one of the units on a path, by its name or by the names of some units above it and its own."""
    names = unit.split("/")
    return any(matches_glob(pattern, "/".join(names[start:end])) for end in range(1, len(names) + 1) for start in range(end))


def plain_word(text: str) -> str:
    """A key or value without case and separators: `DataClassification`, `data_classification` and `data-classification` are one."""
    return _plain(text)


@lru_cache(maxsize=65536)
def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def parse_category(text: str) -> DataCategory | None:
    """`C3` or `C3/criminal` as a category, or None."""
    match = _CATEGORY.match(text.strip())
    return DataCategory(Category(match[1].upper()), (match[2] or "").lower()) if match else None


def duration_days(text: str) -> float | None:
    """An ISO-8601 duration in days (a year 365, a month a twelfth of it, part of a day a whole one), or None.

    The words `unlimited`, `permanent`, `indefinite` and `forever` are a period that never ends.
    """
    if plain_word(text) in _FOREVER:
        return UNLIMITED
    match = _DURATION.match(text.strip().upper())
    if match is None or not any(match.groups()):
        return None
    part = {name: int(value or 0) for name, value in match.groupdict().items()}
    hours = part["h"] + part["min"] / 60 + part["s"] / 3600
    return part["y"] * 365 + part["m"] * 365 // 12 + part["w"] * 7 + part["d"] + math.ceil(hours / 24)


@dataclass(frozen=True, slots=True)
class Selector:
    """Which resources an entry speaks of; every part that is given must match."""

    id: str = ""
    name: str = ""
    """A pattern with `*` and `?` over the resource's name."""
    tag: tuple[str, str] | None = None
    """Key and value, compared without case and separators; the value may be a pattern."""
    project: str = ""
    account: str = ""
    unit: str = ""
    """A pattern over one of the units that it lies in, by name (`Health`) or by names from the top (`Health/Clinical`)."""

    @property
    def rank(self) -> tuple[int, ...]:
        """How specific it is: id before name (longer text first) before tag before project before account before unit (more names first)."""
        return (
            bool(self.id),
            len(re.sub(r"[*?]", "", self.name)) if self.name else 0,
            self.tag is not None,
            bool(self.project),
            bool(self.account),
            len(self.unit.split("/")) if self.unit else 0,
        )

    @property
    def words(self) -> str:
        """The selector as people write it: `account=123456789012 name=case-*`."""
        tag = "=".join(self.tag) if self.tag else ""
        parts = {"id": self.id, "name": self.name, "tag": tag, "project": self.project, "account": self.account, "unit": self.unit}
        return " ".join(f"{key}={value}" for key, value in parts.items() if value)

    @property
    def written(self) -> str:
        """The selector as a register file writes it: `{account: "123456789012", name: "case-*"}`."""
        parts = {"id": self.id, "name": self.name, "tag": "=".join(self.tag) if self.tag else ""}
        parts |= {"project": self.project, "account": self.account, "unit": self.unit}
        return "{" + ", ".join(f"{key}: {_quoted(value)}" for key, value in parts.items() if value) + "}"

    def matches(self, resource: Resource) -> bool:
        """Whether it selects the resource; a tag that could not be read selects nothing."""
        if self.id and self.id not in {resource.id, resource.address, *resource.aliases}:
            return False
        if self.account and self.account != resource.account:
            return False
        if self.project and not matches_glob(self.project, resource.account):
            return False
        if self.unit and not _lies_in(self.unit, resource.unit):
            return False
        if self.name and not matches_glob(self.name, resource.name):
            return False
        return self.tag is None or _has_tag(resource, self.tag)

    def may_match(self, resource: Resource) -> bool:
        """Whether it would select the resource if its tags said so."""
        return Selector(self.id, self.name, None, self.project, self.account, self.unit).matches(resource)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _has_tag(resource: Resource, wanted: tuple[str, str]) -> bool:
    if not isinstance(resource.tags, Known):
        return False
    key, value = plain_word(wanted[0]), wanted[1]
    return any(
        plain_word(k) == key and (matches_glob(value, v) or plain_word(value.replace("*", "")) == plain_word(v) != "")
        for k, v in resource.tags.value.items()
    )


@dataclass(frozen=True, slots=True)
class KnownPrincipal:
    """An account, tenant or domain outside the estate with which sharing is agreed."""

    account: str
    agreement: str
    expires: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One line of the register: a selector and what it says; what it leaves out, a less specific line may say."""

    selector: Selector
    dataset: str = ""
    tier: Tier | None = None
    categories: tuple[DataCategory, ...] = ()
    subjects: int | None = None
    """Distinct people whom the data is about."""
    groups: frozenset[Group] = frozenset()
    controllers: int = 0
    """Whose data it joins: the number of different controllers."""
    linked: bool = False
    """A linkage key and its payload can be read together."""
    marking: Marking = Marking.NONE
    marking_personal: bool = False
    """The marking carries the descriptor PERSONAL."""
    personal_data: PersonalData | None = None
    owner: str = ""
    team: str = ""
    asset_owner: str = ""
    custodian: str = ""
    retention_days: float | None = None
    retention_schedule: str = ""
    environment: str = ""
    """`production` or `non-production`"""
    references: Mapping[str, str] = field(default_factory=dict)
    """Reference name (`iar-id`, `dpia-ref`, `legal-basis-ref`) to value."""
    regions: tuple[str, ...] = ()
    """Regions or countries in which the data may rest."""
    principals: tuple[KnownPrincipal, ...] = ()
    source: str = ""
    """`file:line`"""

    @property
    def describes_data(self) -> bool:
        """Whether it says what the data is, and so settles a tier that tags could have declared."""
        return self.tier is not None or bool(self.categories) or bool(self.groups)


_WITHHELD: Final = Unknown(UnknownReason.REDACTED, Provenance("register"), "this register has tiers only: the rest is not for pipelines")


@dataclass(frozen=True, slots=True)
class Register:
    """The asset register. Entries are kept most specific first; equally specific ones in the order of the file."""

    entries: tuple[RegisterEntry, ...] = ()
    principals: tuple[KnownPrincipal, ...] = ()
    """Those agreed for the whole estate."""
    tiers_only: bool = False
    """It was written for pipelines and gives tiers alone: what it leaves out is not known, rather than not there."""

    @property
    def withheld(self) -> Unknown | None:
        """Why what no tag says of a resource is not known either; None where the register says all there is."""
        return _WITHHELD if self.tiers_only else None

    def __post_init__(self) -> None:
        ordered = sorted(self.entries, key=lambda entry: entry.selector.rank, reverse=True)
        object.__setattr__(self, "entries", tuple(ordered))

    def matching(self, resource: Resource) -> tuple[RegisterEntry, ...]:
        """The entries that select a resource, most specific first.

        What the data is (tier, categories, subjects, groups) is taken whole from the first entry that says it; every
        other field is taken from the first entry that gives it.
        """
        return tuple(entry for entry in self.entries if entry.selector.matches(resource))

    def agreed(self, today: date, entries: tuple[RegisterEntry, ...] = ()) -> frozenset[str]:
        """The accounts outside the estate with an unexpired agreement: for the whole estate, and in the given entries."""
        known = (*self.principals, *(principal for entry in entries for principal in entry.principals))
        return frozenset(principal.account for principal in known if principal.expires >= today)


EMPTY_REGISTER = Register()


EVIDENCE_RULES: Final = (
    "name-words",
    "name-word-weak",
    "column-name",
    "column-name-weak",
    "column-label",
    "column-label-unknown",
    "identity-kit",
    "identifier",
    "identifier-synthetic",
    "content",
    "content-possible",
    "content-synthetic",
    "counted-people",
    "counted-rows",
    "imported",
    "imported-unknown",
    "declared-tag",
    "declared-marking",
    "declared-categories",
    "declared-subjects",
    "declared-handling",
    "declared-groups",
    "tag-malformed",
    "registered",
    "registered-marking",
    "registered-categories",
    "registered-groups",
    "registered-subjects",
    "registered-linkage",
    "inherit",
)
"""The rules of trace steps that are evidence, and that a correction may name."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Removes one piece of evidence from a resource, and nothing else; new evidence re-opens the question."""

    resource: str
    """A pattern over the resource's id, address or name."""
    rule: str
    """The rule of the trace step, e.g. `name-words`; `inherit` removes a link, `source` being the other end."""
    source: str
    """A pattern over the source of the trace step."""
    reason: str
    approver: str
    expires: date
    file: str = ""
    merged: str = ""
    """The commit that brought it, in words."""


class AttestationKind(StrEnum):
    """What may be attested to lower a tier; none applies to data on people at risk (C5)."""

    PSEUDONYMISED = "pseudonymised"
    ANONYMISED = "anonymised"
    PUBLISHED = "published"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Attestation:
    """Someone answers for it that the data is less than the evidence suggests."""

    kind: AttestationKind
    reason: str
    approver: str
    expires: date
    resource: str = ""
    """A pattern over the resource's id, address or name."""
    dataset: str = ""
    account: str = ""
    file: str = ""
    merged: str = ""
    """The commit that brought it, in words."""

    def covers(self, resource: Resource, dataset: str) -> bool:
        """Whether it speaks of a resource that belongs to a dataset (an empty string for none)."""
        if self.resource and not names(self.resource, resource):
            return False
        if self.account and self.account != resource.account:
            return False
        return not self.dataset or self.dataset == dataset


@dataclass(frozen=True, slots=True)
class Corrections:
    """What reviewed files say to lower a tier."""

    corrections: tuple[Correction, ...] = ()
    attestations: tuple[Attestation, ...] = ()


NO_CORRECTIONS = Corrections()


@dataclass(frozen=True, slots=True)
class AcceptanceRule:
    """A risk acceptance as written: it is true, and someone answers for it until a date."""

    reason: str
    owner: str
    approver: str
    expires: date
    control: str = ""
    """A pattern over control ids."""
    resource: str = ""
    """A pattern over the resource's id, address or name."""
    fingerprint: str = ""
    file: str = ""
    created: date | None = None
    role: Rank | None = None
    """The approver's, as written."""
    evidence: str = ""
    """Where the decision is recorded: minutes, a ticket."""
    ticket: str = ""
    """Where it is accepted until it is mended: the ticket under which that is planned, by the day on which it expires."""
    merged: str = ""
    """The commit that brought it, in words; empty where nobody has looked."""


def names(pattern: str, resource: Resource) -> bool:
    """Whether a pattern of a reviewed file speaks of a resource: its id, plan address, name or an alias."""
    spoken = (resource.id, resource.address or "", resource.name, *resource.aliases)
    return any(text and matches_glob(pattern, text) for text in spoken)
