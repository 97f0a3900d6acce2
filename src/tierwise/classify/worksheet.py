"""Plain questions for those who know what a service holds, and what their answers mean for the register. No file is read or written here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from tierwise.classify.service import service_tag
from tierwise.classify.suggest import LEAST, cover, name_patterns
from tierwise.model.register import PEOPLE, Register, Selector, duration_days
from tierwise.model.resource import HELD, Resource
from tierwise.model.sensitivity import Classification, TierState

YES, NO, UNSURE, PUBLISHED = "yes", "no", "don't know", "no and published"
"""No answer that is offered holds a comma: Excel parts the answers of a list by it."""


class Kind(StrEnum):
    """What an answer is."""

    CHOICE = "choice"
    NUMBER = "number"
    PERIOD = "period"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Question:
    """One question, as it stands over its column."""

    key: str
    title: str
    kind: Kind = Kind.CHOICE
    choices: tuple[str, ...] = (YES, NO, UNSURE)
    means: Mapping[str, tuple[str, ...]] | None = None
    """By answer, the categories (`C3`) and groups (`children`) that it stands for."""

    @property
    def tells_tier(self) -> bool:
        """Whether a tier may hang on the answer, so that who does not know it leaves the row open."""
        return self.means is not None


QUESTIONS: Final = (
    Question("people", "Is it about people?", choices=(YES, NO, PUBLISHED, UNSURE)),
    Question("whose", "Whose data is it? (for example claimants, staff)", Kind.TEXT, ()),
    Question("identity", "Does it hold NHS, National Insurance or passport numbers, or bank details?", means={YES: ("C2",)}),
    Question("health", "Does it hold health, ethnicity, religion, sexuality, politics or trade union membership?", means={YES: ("C3",)}),
    Question("biometric", "Does it hold genetic data, or faces, voices or fingerprints to recognise people by?", means={YES: ("C4",)}),
    Question("crime", "Does it hold crimes or convictions?", means={YES: ("C3/criminal",)}),
    Question(
        "vulnerable",
        "Is it about children or vulnerable people?",
        choices=(NO, "children", "vulnerable people", "both", UNSURE),
        means={"children": ("children",), "vulnerable people": ("vulnerable",), "both": ("children", "vulnerable")},
    ),
    Question("danger", "Could somebody be in danger if it leaked?", means={YES: ("at-risk",)}),
    Question("number", "Roughly how many people is it about?", Kind.NUMBER, ()),
    Question("kept", "How long is it kept? (for example 7 years)", Kind.PERIOD, ()),
    Question("owner", "Who answers for it?", Kind.TEXT, ()),
)
KNOWN: Final = ("Service", "Stores", "For example", "Where", "What is known so far")
SELECT: Final = "Register line (leave as it is)"
COLUMNS: Final = (*KNOWN, *(one.title for one in QUESTIONS), SELECT)
_NAMED: Final = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a worksheet, and the stores that no row can ask about because no file can select them."""

    rows: tuple[tuple[str, ...], ...]
    left_out: int


def worksheet(resources: Sequence[Resource], classifications: Mapping[str, Classification], register: Register) -> Sheet:
    """One row for each service whose stores nobody has described: by the tag that names it, else a name's beginning, else the store."""
    held = [one for one in resources if one.kind in HELD]
    asked = {
        one.id: one
        for one in held
        if classifications[one.id].state in {TierState.ASSUMED, TierState.INFERRED} or classifications[one.id].understated
    }
    rows: list[tuple[str, ...]] = []
    left_out = 0
    for found in cover(held, asked, classifications, register, _selectors):
        if not found.selector.written.isprintable():
            left_out += len(found.resources)
            continue
        rows.append(_row(found.selector, [asked[one] for one in found.resources], classifications))
    return Sheet(tuple(rows), left_out)


def _selectors(resource: Resource) -> list[Selector]:
    tag = service_tag(resource)
    if tag is not None and not set("*?=") & set("".join(tag)):
        return [Selector(tag=tag)]
    return [Selector(name=pattern) for pattern in name_patterns(resource.name)]


def _row(selector: Selector, stores: Sequence[Resource], classifications: Mapping[str, Classification]) -> tuple[str, ...]:
    kinds = Counter(one.kind.value for one in stores)
    names = sorted(one.name or one.id for one in stores)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    service = selector.tag[1] if selector.tag else selector.name.rstrip("*-_./ ") if len(stores) >= LEAST else names[0]
    highest = max((classifications[one.id] for one in stores), key=lambda one: (one.state is not TierState.ASSUMED, one.tier))
    basis = next((step.because for step in highest.trace if step.tier is None and step.source), "")
    known = "nothing" if highest.state is TierState.ASSUMED else f"{highest.tier.label}{f': {basis}' if basis else ''}"
    return (
        service,
        ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())),
        ", ".join(names[:_NAMED]) + more,
        ", ".join(sorted({" ".join(part for part in (one.provider, one.account, one.region) if part) for one in stores})),
        known,
        *("" for _ in QUESTIONS),
        selector.written,
    )


@dataclass(frozen=True, slots=True)
class Mistake:
    """An answer that cannot be used: which column, and what to write instead."""

    column: str
    says: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a row comes to: fields of a register entry, or what is open, or what is wrong with it."""

    fields: Mapping[str, object]
    open: tuple[str, ...] = ()
    """Titles of the questions that nobody could answer, so that the row is left out."""
    mistakes: tuple[Mistake, ...] = ()


NOTHING: Final = Answered({})


def answered(service: str, answers: Mapping[str, str]) -> Answered:
    """The register entry that a row's answers by question's key come to, without its selector; NOTHING for a row that nobody filled in."""
    given = {key: " ".join(text.split()) for key, text in answers.items() if text.strip()}
    if not given:
        return NOTHING
    mistakes: list[Mistake] = []
    read = {one.key: _read(one, given[one.key], mistakes) for one in QUESTIONS if one.key in given}
    if not service.isprintable():
        mistakes.append(Mistake(KNOWN[0], f"{service[:60]!r} is no name; write it anew"))
    people = read.get("people")
    if people is None and "people" not in given:
        mistakes.append(Mistake(QUESTIONS[0].title, f"no answer, and others are there; write {_listed(QUESTIONS[0].choices)}"))
    if people in {NO, PUBLISHED}:
        mistakes += [
            Mistake(one.title, f"{given[one.key]!r}, but it is said not to be about people; change one of the two")
            for one in QUESTIONS
            if one.key in given and (one.tells_tier or one.key in {"number", "whose"}) and read.get(one.key) not in {NO, UNSURE, None}
        ]
    unsaid = [one for one in QUESTIONS if one.tells_tier and one.key not in given] if people == YES else []
    mistakes += [Mistake(one.title, f"no answer; write {_listed(one.choices)}") for one in unsaid]
    if mistakes:
        return Answered({}, mistakes=tuple(mistakes))
    unsure = tuple(one.title for one in QUESTIONS if read.get(one.key) == UNSURE and (one.tells_tier or one.key == "people"))
    return Answered({}, open=unsure) if unsure and people not in {NO, PUBLISHED} else Answered(_entry(service, read))


def _entry(service: str, read: Mapping[str, str | int | None]) -> dict[str, object]:
    """The fields in the order in which the register writes them."""
    people = read.get("people")
    meant = [word for one in QUESTIONS if one.means for word in one.means.get(str(read.get(one.key)), ())]
    categories = ["C0"] if people == NO else [] if people == PUBLISHED else ["C1", *(word for word in meant if word.startswith("C"))]
    groups = [word for word in meant if not word.startswith("C")]
    fields: dict[str, object] = {
        "dataset": service,
        "tier": "T0" if people == PUBLISHED else "",
        "categories": categories,
        "subjects": read.get("number"),
        "groups": groups,
        "personal_data": YES if people == YES else NO,
        "asset_owner": read.get("owner"),
        "retention": read.get("kept"),
        "references": {PEOPLE: read["whose"]} if read.get("whose") else {},
    }
    return {key: value for key, value in fields.items() if value}


def _read(one: Question, text: str, mistakes: list[Mistake]) -> str | int | None:
    found: str | int | None
    hint = ""
    match one.kind:
        case Kind.CHOICE:
            found = _choice(one, text)
            hint = f"write {_listed(one.choices)}{_near(text, one.choices)}"
        case Kind.NUMBER:
            found = UNSURE if _plain(text) in _UNSURE else people_in(text)
            hint = "write for example 12000, 12k, 1.2 million, or leave it empty"
        case Kind.PERIOD:
            found = UNSURE if _plain(text) in _UNSURE else period_in(text)
            hint = "write for example 7 years, 90 days, P7Y or without end, or leave it empty"
        case Kind.TEXT:
            found = text if text.isprintable() else None
            hint = "it holds a character that no text has; write it anew"
    if found is None:
        mistakes.append(Mistake(one.title, f"{text[:60]!r} is no answer; {hint}"))
    return None if found == UNSURE and one.kind in {Kind.NUMBER, Kind.PERIOD} else found


_YES: Final = frozenset({"yes", "y", "true", "ja", "x", "1"})
_NO: Final = frozenset({"no", "n", "false", "none", "0"})
_UNSURE: Final = frozenset({"dontknow", "unknown", "notsure", "unsure", "idontknow", "maybe", "tbc", "dk"})


def _plain(text: str) -> str:
    return re.sub(r"[^\w?]+", "", text.casefold().replace("’", "'"))


def _choice(one: Question, text: str) -> str | None:
    word = _plain(text)
    exact = next((choice for choice in one.choices if _plain(choice) == word), None)
    if exact is not None:
        return exact
    if word in _UNSURE or word == "?":
        return UNSURE
    for words, meant in ((_YES, YES), (_NO, NO)):
        if word in words and meant in one.choices:
            return meant
    return None


def _near(text: str, choices: Sequence[str]) -> str:
    near = get_close_matches(text.casefold(), choices, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def _listed(choices: Sequence[str]) -> str:
    return f"{', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}"


_SIZES: Final = {"": 1, "k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000, "mn": 1_000_000}
_NUMBER: Final = re.compile(
    r"(?P<digits>\d{1,3}(?:[ ,\u00a0\u202f]\d{3})+|\d+(?:\.\d+)?)\s*(?P<size>k|thousand|m|mn|million)?", re.IGNORECASE
)
_AROUND: Final = re.compile(
    r"(about|around|roughly|approximately|approx\.?|circa|ca\.?|c\.|some|up to|over|more than|at least|~|>|<)\s*", re.IGNORECASE
)
_TAIL: Final = re.compile(r"\s*(people|persons|individuals|records|users|\+)+\s*\Z", re.IGNORECASE)
MOST_PEOPLE: Final = 10**10


def people_in(text: str) -> int | None:
    """A rough number of people as people write it; of a range its upper end; None for what is none, or more than there are people."""
    rest = _TAIL.sub("", _AROUND.sub("", text.strip()))
    parts = re.split(r"\s*(?:-|–|to)\s*", rest, flags=re.IGNORECASE)
    found = [_NUMBER.fullmatch(part) for part in parts]
    if not 1 <= len(parts) <= 2 or any(one is None for one in found):
        return None
    last = [one for one in found if one is not None][-1]
    digits = re.sub(r"[ ,\u00a0\u202f]", "", last["digits"])
    if len(digits) > 12:
        return None
    people = int(float(digits) * _SIZES[(last["size"] or "").lower()])
    return people if 0 < people <= MOST_PEOPLE else None


_PERIOD: Final = re.compile(r"(?P<number>\d{1,5})\s*(?P<unit>y|yr|year|m|mth|month|w|wk|week|d|day)s?\.?", re.IGNORECASE)
_ENDLESS: Final = frozenset({"withoutend", "forever", "permanent", "permanently", "indefinite", "indefinitely", "unlimited", "always"})


def period_in(text: str) -> str | None:
    """A period as the register writes it (ISO 8601, or `unlimited`); None for what is none, such as a number without a unit."""
    if _plain(text) in _ENDLESS:
        return "unlimited"
    if text.strip().upper().startswith("P") and duration_days(text) is not None:
        return text.strip().upper()
    match = _PERIOD.fullmatch(_AROUND.sub("", text.strip()))
    return f"P{int(match['number'])}{match['unit'][0].upper()}" if match is not None and int(match["number"]) else None


def column_keys(header: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The columns of a sheet that hold answers, the service or the selector, by their titles without regard to case and punctuation."""
    wanted = {_plain(one.title): one.key for one in QUESTIONS} | {_plain(KNOWN[0]): "service", _plain(SELECT): "select"}
    for place, title in enumerate(header):
        key = wanted.get(_plain(title))
        if key is not None:
            yield place, key
