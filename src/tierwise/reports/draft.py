"""Drafts of an asset register and of a record of processing, from what a scan knows; what only people know is left to be filled in.

The columns of the record are those of Article 30(1) of the UK GDPR, and lawful basis and condition beside them, as the ICO's template has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.classify.basis import basis_of, confirmed_by, is_confirmed
from tierwise.classify.service import service_of
from tierwise.model.fact import UNLIMITED, Known
from tierwise.model.profile import Profile
from tierwise.model.register import PEOPLE, Register, RegisterEntry
from tierwise.model.resource import HELD, Resource
from tierwise.model.sensitivity import Category, Classification, Marking, PersonalData, TierState
from tierwise.reports.ods import Column, Table, ods
from tierwise.reports.tabular import csv_bytes, markdown_table
from tierwise.reports.text import count, listed

TO_FILL: Final = "to fill in"
PERSONAL: Final = frozenset({Category.C1, Category.C2, Category.C3, Category.C4, Category.C5})
SPECIAL: Final = frozenset({Category.C3, Category.C4})
RECORD: Final = (
    "activity", "controller", "purpose", "lawful basis", "condition for special category or criminal offence data", "people",
    "number of people", "categories of data", "recipients", "places", "transfers and safeguards", "kept for", "security measures",
    "asset owner", "highest tier", "rests on", "stores",
)  # fmt: skip
ASSETS: Final = (
    "dataset or service", "tier", "rests on", "confirmed by", "marking", "personal data", "categories", "number of people", "asset owner",
    "custodian", "kept for", "references", "cloud", "account", "region", "kind", "name", "id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """One store with what is said of it."""

    resource: Resource
    one: Classification
    entries: tuple[RegisterEntry, ...]

    def said(self, name: str) -> str:
        """A text field of the first register line that gives it."""
        return next((str(value) for entry in self.entries if (value := getattr(entry, name))), "")

    @property
    def about_people(self) -> bool:
        """Whether it is known to hold personal data."""
        return self.one.personal_data is PersonalData.YES or bool(PERSONAL & {*self.one.categories})


@dataclass(frozen=True, slots=True)
class Draft:
    """Both tables, and what is in neither because nobody knows."""

    record: tuple[tuple[str, ...], ...]
    """Rows of `RECORD`."""
    assets: tuple[tuple[str, ...], ...]
    """Rows of `ASSETS`."""
    unknown: int
    """Stores of which nothing is known, so that the record may lack them."""


def draft(
    resources: Iterable[Resource],
    classifications: Mapping[str, Classification],
    register: Register,
    profile: Profile,
    categories: frozenset[Category] = frozenset(),
) -> Draft:
    """The tables of all stores, or of those with one of the categories."""
    stores = [Held(one, classifications[one.id], register.matching(one)) for one in resources if one.kind in HELD]
    chosen = [one for one in stores if not categories or categories & {*one.one.categories}]
    chosen.sort(key=lambda one: (-one.one.tier, service_of(one.resource, one.one), one.resource.id))
    activities: dict[str, list[Held]] = {}
    for one in chosen:
        if one.about_people:
            activities.setdefault(service_of(one.resource, one.one), []).append(one)
    unknown = sum(one.one.state is TierState.ASSUMED for one in stores)
    record = tuple(_activity(name, members, profile) for name, members in activities.items())
    return Draft(record, tuple(_asset(one, profile) for one in chosen), unknown)


def _activity(name: str, members: Sequence[Held], profile: Profile) -> tuple[str, ...]:
    categories = sorted({category for one in members for category in one.one.categories})
    people = [one.one.subjects for one in members if one.one.subjects is not None]
    principals = sorted({f"{who.account} ({who.agreement})" for one in members for entry in one.entries for who in entry.principals})
    special = not categories or bool(SPECIAL & {*categories})
    return (
        name,
        TO_FILL,
        TO_FILL,
        TO_FILL,
        TO_FILL if special else "",
        _whose(members) or TO_FILL,
        f"{max(people):,}" if people else TO_FILL,
        "; ".join(_category(one, profile) for one in categories) or TO_FILL,
        "; ".join(principals) or TO_FILL,
        ", ".join(sorted({place for one in members for place in _places(one.resource)})),
        TO_FILL,
        _first(members, _kept) or TO_FILL,
        TO_FILL,
        _first(members, lambda one: one.said("asset_owner") or one.one.owner) or TO_FILL,
        max(one.one.tier for one in members).label,
        ", ".join(sorted({basis.value for one in members for basis in basis_of(one.one)})),
        f"{count(len(members), 'store')}: {listed([one.resource.name or one.resource.id for one in members], 6)}",
    )


def _asset(one: Held, profile: Profile) -> tuple[str, ...]:
    found, resource = one.one, one.resource
    references = {key: value for entry in reversed(one.entries) for key, value in entry.references.items()}
    return (
        service_of(resource, found),
        found.tier.label if found.interval.settled else f"{found.interval.lo.label} to {found.interval.hi.label}",
        ", ".join(basis_of(found)),
        confirmed_by(found) if is_confirmed(found) else "nobody yet",
        "" if found.marking is Marking.NONE else found.marking.value.upper(),
        found.personal_data.value,
        "; ".join(_category(category, profile) for category in found.categories),
        f"{found.subjects:,}" if found.subjects is not None else "",
        one.said("asset_owner") or found.owner or TO_FILL,
        one.said("custodian"),
        _kept(one) or TO_FILL,
        "; ".join(f"{key}={value}" for key, value in sorted(references.items())),
        resource.provider,
        resource.account,
        resource.region,
        resource.kind.value,
        resource.name,
        resource.id,
    )


def _first(members: Sequence[Held], of: Callable[[Held], str]) -> str:
    return "; ".join(dict.fromkeys(text for one in members if (text := of(one))))


def _category(category: Category, profile: Profile) -> str:
    return f"{category.value} {profile.categories[category].title[:1].lower()}{profile.categories[category].title[1:]}"


def _whose(members: Sequence[Held]) -> str:
    groups = {group.value for one in members for entry in one.entries for group in entry.groups}
    named = {value for one in members for entry in one.entries for key, value in entry.references.items() if key == PEOPLE}
    # Who is at risk stands in the register alone, which few may read; a record of processing is shown to many.
    return "; ".join(sorted(named | (groups - {"at-risk"})))


def _kept(one: Held) -> str:
    fact = one.resource.facts.get("retention.declared_days")
    if not isinstance(fact, Known) or not isinstance(fact.value, int | float):
        return one.said("retention_schedule")
    return "without end" if fact.value == UNLIMITED else f"{fact.value:,.0f} days"


def _places(resource: Resource) -> Iterable[str]:
    fact = resource.facts.get("location.jurisdictions")
    if isinstance(fact, Known) and isinstance(fact.value, frozenset):
        return [str(place) for place in fact.value]
    return [resource.region] if resource.region else []


def as_csv(one: Draft, table: str) -> bytes:
    """One of the tables."""
    return csv_bytes(*_table(one, table))


def _table(one: Draft, table: str) -> tuple[Sequence[str], Sequence[tuple[str, ...]]]:
    return (RECORD, one.record) if table == "record" else (ASSETS, one.assets)


def as_markdown(one: Draft) -> str:
    """Both tables on a page."""
    lines = ["# Record of processing activities (draft)", "", _gap(one), "", *markdown_table(RECORD, one.record), ""]
    lines += ["# Information asset register (draft)", "", *markdown_table(ASSETS, one.assets)]
    return "\n".join(lines) + "\n"


def _gap(one: Draft) -> str:
    if not one.unknown:
        return f"Cells that say '{TO_FILL}' wait for those who know."
    return f"Cells that say '{TO_FILL}' wait for those who know; of {count(one.unknown, 'store')} nothing is known, so that the record may lack them."


def as_ods(one: Draft) -> bytes:
    """Both tables, one on each sheet."""
    return ods([
        Table("Record of processing", [Column(title, 5.0) for title in RECORD], one.record),
        Table("Asset register", [Column(title, 4.5) for title in ASSETS], one.assets),
    ])  # fmt: skip
