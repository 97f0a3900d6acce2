"""Content as evidence: which detectors the values of columns, or running text, satisfy. Values go in; only counts and places come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NoReturn, SupportsIndex

from tierwise.classify.detector import Detector, Match, all_detectors, hints_column, names_column
from tierwise.classify.detectors import full_name
from tierwise.classify.names import singular, split_words
from tierwise.classify.text import Engine, InText, default_engine, scan
from tierwise.classify.vote import UNLIKELY, Sample, Tally, judged, plain, sample_of, tidy, vote, whole, without_label
from tierwise.classify.withheld import Distinct
from tierwise.model.detection import Detection, Strength
from tierwise.model.sensitivity import Category

MASKED: Final = "[{}]"
COUNTS: Final = 0.7
"""From this confidence a detection is a sign of people to the other columns of its table, and strong evidence of its category.

It lies between what one kind of evidence gives at the most where it needs a second (0.6: `_POSSIBLE`, and 0.5 for a weak name or context) and the
least that two such kinds come to together (0.75 = 1 - 0.5 * 0.5) or a medium test of values by itself (0.8): any number in between decides alike.
A test holds it there."""
_BY_VALUES: Final = {Strength.STRONG: 0.9, Strength.MEDIUM: 0.8, Strength.WEAK: 0.5}
_BY_WEAK_NAME: Final = 0.5
_BY_CONTEXT: Final = 0.5
_POSSIBLE: Final = 0.6
"""What needs signs of people beside it has no more than this without them."""
PEOPLE: Final = frozenset({Category.C1, Category.C2, Category.C3, Category.C4, Category.C5})
"""Categories of data about people, which credentials are not."""
_THINGS: Final = frozenset(
    (
        "isbn", "issn", "ean", "gtin", "upc", "sku", "product", "part", "item", "stock", "batch", "lot", "asset", "serial", "order", "invoice", "transaction",
        "tracking", "parcel", "consignment", "shipment", "voucher", "coupon", "imei", "iccid", "mac", "hash", "checksum", "digest", "etag", "uuid", "guid",
        "epoch", "timestamp", "ts", "created", "updated", "modified", "version", "build", "commit", "revision", "ticket", "barcode", "bin", "shelf", "rack",
        "model", "company", "supplier", "vendor", "crn", "duns", "lei", "isin", "sedol", "cusip", "meter", "mpan", "mprn", "seq", "sequence", "row",
    )
)  # fmt: skip
"""Words of a column's name that say it numbers things: whatever check its values pass, they are no people's."""
_BUSINESS: Final = frozenset(
    ("business", "company", "office", "branch", "site", "store", "shop", "depot", "warehouse", "supplier", "vendor", "registered", "premises", "venue", "station", "outlet", "hq", "organisation", "organization", "trading", "establishment", "institution", "provider", "charity", "pharmacy", "club", "school", "hospital", "practice", "surgery")
)  # fmt: skip
"""Words that make a name, a postcode or an address that of an organisation."""
_NAMED: Final = frozenset(("name", "type", "code", "number", "no", "id", "status", "category", "description", "kind"))
"""Words that make a column of organisations its table's subject: `practice_name`, `BusinessType`."""
_COUNTED: Final = frozenset(
    ("count", "total", "number", "rate", "percentage", "percent", "proportion", "population", "average", "mean", "median", "estimate", "frequency", "of", "people", "person", "per", "all", "obs", "value")
)  # fmt: skip
"""Words of which the name of a column of statistics is made: `Number of people`."""
_OWN_AS_WELL: Final = frozenset(("all", "number", "of", "per", "person", "value"))
"""Those that name what is each row's own as well: a number that never comes again under such a name counts nothing."""
_MOST_DIGITS: Final = 10
"""As many as the number of people on Earth has; what is longer counts none."""
_REFERENCES: Final = frozenset(("ref", "reference", "number", "no", "certificate", "id", "claim", "case"))
"""Words of a name that say that its values are somebody's own, so that none comes again."""
_PERSONAL_ANYWAY: Final = frozenset({"email"})
"""What tells people from organisations by its values."""
_OF_PEOPLE: Final = frozenset(
    ("home", "residential", "personal", "patient", "customer", "applicant", "claimant", "client", "citizen", "employee", "person", "pupil", "tenant", "resident", "next", "kin", "parent", "carer", "guardian", "mother", "father", "child", "mobile", "cell")
)  # fmt: skip
"""Words that say themselves that a column is about people."""


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one column, or under the name None the lines of an object without columns; neither shown nor pickled."""

    name: str | None = field(repr=False)
    values: Sequence[str] = field(repr=False)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("values of a column are never copied, pickled or serialised")


@dataclass(frozen=True, slots=True)
class _Found:
    """A detection before the rest of the table is heard."""

    detector: Detector
    detection: Detection
    gated: bool
    """It counts only beside other signs of people."""
    words: frozenset[str] = frozenset()
    """Those of the column's name."""
    listed: bool = False
    """Its column is a list of words or codes, each but once."""
    people: Distinct | None = None
    """The different values that are from no test range."""


def examine(columns: Iterable[Column], *, engine: Engine | None = None, people: dict[str, Distinct] | None = None) -> list[Detection]:
    """What the columns of one table, or the parts of one object, hold; by column in the order given, then by detector.

    A detection below the profile's `infer_confidence` is one that is possible and no more. The different values of those that are
    certain, of a test that is not weak, and from no test range, are added to `people` by detector, so that what several tables hold is counted once.
    """
    columns = list(columns)
    subject = _Subject.of(columns)
    table = [[subject.gate(one) for one in _found(column, engine or default_engine())] for column in columns]
    about_people = [any(_says_people(one) for one in found) for found in table]
    result: list[Detection] = []
    for place, found in enumerate(table):
        context = any(people for other, people in enumerate(about_people) if other != place)
        heard = [_in_table(one, context=context) for one in found]
        kept = _without_echoes(heard)
        result += kept
        if people is not None:
            _count(found, kept, people)
    return result


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the names of a table's columns say its rows are."""

    organisations: bool
    statistics: bool

    @classmethod
    def of(cls, columns: Sequence[Column]) -> _Subject:
        """By a name, a kind or a number of organisations; by what is counted where no row has something of its own."""
        names = [(_words(one.name), one) for one in columns if one.name is not None]
        counts = [one for words, one in names if words and words <= _COUNTED and _may_count(words, one)]
        return cls(
            any(not words.isdisjoint(_BUSINESS) and not words.isdisjoint(_NAMED) for words, _ in names),
            bool(counts) and not any(sample_of(one.values).listed for _, one in names if one not in counts),
        )

    def gate(self, found: _Found) -> _Found:
        """What a row of such a table has as well as a person counts only beside other signs of people; what endangers them always does."""
        values = found.detector.values
        shared = values is not None and (
            (values.of_things and self.organisations and found.words.isdisjoint(_OF_PEOPLE))
            or (values.vocabulary and found.detector.category.category is not Category.C5 and (self.statistics or found.listed))
        )
        return replace(found, gated=True) if shared else found


def _may_count(words: frozenset[str], column: Column) -> bool:
    """Whether the values of a column with such a name are numbers that people may add up to, and not serial numbers."""
    sample = sample_of(column.values)
    whole = (value.strip().partition(".")[0].replace(",", "") for value in column.values)
    serial = sample.listed and words <= _OWN_AS_WELL and "persons" not in split_words(column.name or "")
    return sample.type == "numeric" and not serial and all(len(one) <= _MOST_DIGITS for one in whole)


def _count(found: list[_Found], kept: list[Detection], people: dict[str, Distinct]) -> None:
    certain = {one.detector for one in kept if one.confidence >= COUNTS and one.strength is not Strength.WEAK}
    for one in found:
        if one.people is not None and one.detector.id in certain:
            people.setdefault(one.detector.id, Distinct()).merge(one.people)


def scan_text(data: bytes, *, engine: Engine | None = None, exhaustive: bool = False) -> list[Detection]:
    """What running text holds. Of a long one the bytes that `text.probe` names are looked at, or all where `exhaustive`."""
    found = (_in_text(one, None) for one in scan(data, engine or default_engine(), exhaustive=exhaustive))
    return [one.detection for one in found if one is not None]


def _says_people(found: _Found) -> bool:
    values = found.detector.values
    return (
        found.detection.confidence >= COUNTS
        and not found.gated
        and found.detector.category.category in PEOPLE
        and not (values is not None and values.of_things)
    )


def _in_table(found: _Found, *, context: bool) -> Detection:
    one = found.detection
    if not context:
        return replace(one, confidence=min(one.confidence, _POSSIBLE)) if found.gated else one
    return replace(one, confidence=_summed(one.confidence, _BY_CONTEXT), evidence=tuple(dict.fromkeys((*one.evidence, "context"))))


def _summed(*parts: float) -> float:
    """Confidence of independent pieces of evidence together."""
    doubt = 1.0
    for part in parts:
        doubt *= 1.0 - part
    return round(1.0 - doubt, 4)


def _without_echoes(heard: list[Detection]) -> list[Detection]:
    """A value is one thing: what values alone suggest yields where names or stronger values explain the column already."""
    kept: list[Detection] = []
    explained = 0
    for one in sorted(heard, key=lambda one: ("name" not in one.evidence, -_RANK[one.strength], -one.hits, one.detector)):
        if "name" in one.evidence or explained + one.hits <= one.checked:
            kept.append(one)
            explained += one.hits if one.confidence >= COUNTS else 0
    return sorted(kept, key=lambda one: one.detector)


_RANK: Final = {Strength.WEAK: 0, Strength.MEDIUM: 1, Strength.STRONG: 2}


def _found(column: Column, engine: Engine) -> list[_Found]:
    """What one column says by itself."""
    if column.name is None:
        return _in_prose(column.values, None, engine)
    sample = sample_of(column.values)
    if not sample.checked:
        return []
    place = masked(column.name)
    found = _by_detector(_Heading(column.name), sample, place)
    if not any(one.detection.confidence >= COUNTS for one in found.values()):
        label, bare = without_label(sample)
        if label:
            found |= _by_detector(_Heading(column.name, " ".join(label)), bare, place)
    for one in _in_prose(sample.prose, place, engine):
        found.setdefault(one.detector.id, one)
    return list(found.values())


class _Heading:
    """What stands over a column: its name, and the label that each of its values begins with."""

    def __init__(self, name: str, label: str = "") -> None:
        self._name, self._label = name, label
        self._said = _words(label)
        self.words = _words(name) | self._said

    def of_organisation(self, detector: Detector) -> bool:
        """Whether it speaks of an organisation, whose name, postcode and address are nobody's."""
        return detector.category.category is Category.C1 and not self.words.isdisjoint(_BUSINESS) and detector.id not in _PERSONAL_ANYWAY

    def names(self, detector: Detector, declared: str) -> bool:
        """Whether the name says it, for values of this type."""
        return _named(detector, self._name, declared) and not self.of_organisation(detector)

    def hints(self, detector: Detector) -> bool:
        """Whether the whole name is one that supports what the values say."""
        return hints_column(detector, self._name)

    def labels(self, detector: Detector) -> bool:
        """Whether the label says it."""
        context = detector.values.context if detector.values is not None else frozenset()
        said = _named(detector, self._label, "") or not context.isdisjoint(self._said)
        return said and not self.of_organisation(detector)


def _words(text: str) -> frozenset[str]:
    return frozenset(singular(word) for word in split_words(text))


def _by_detector(heading: _Heading, sample: Sample, place: str) -> dict[str, _Found]:
    judged = (_judged_column(detector, heading, sample, place) for detector in all_detectors())
    return {one.detector.id: one for one in judged if one is not None}


def _judged_column(detector: Detector, heading: _Heading, sample: Sample, place: str) -> _Found | None:
    words = heading.words
    misnamed = heading.of_organisation(detector) or not words.isdisjoint(_THINGS)
    values = detector.values
    named = heading.names(detector, sample.type if values is None or not values.named_rate else "")
    labelled = heading.labels(detector)
    told = named or labelled
    hinted = not told and heading.hints(detector)
    said = vote(detector, values, sample, named=told, misnamed=misnamed, hinted=hinted) if values is not None else None
    if detector.loose is not None and (said is None or not told) and (labelled or hinted or heading.names(detector, "")):
        loosely = vote(detector, detector.loose, sample, named=True, misnamed=misnamed)
        if loosely is not None:
            said, values, named = loosely, detector.loose, heading.names(detector, "")
    if detector.narrow is not None:
        narrowly = vote(detector, detector.narrow, sample, named=told, misnamed=misnamed)
        if narrowly is not None and narrowly.by_values:
            said, values = narrowly, detector.narrow
    if said is None and not (told and sample.plausible(detector) and (values is None or not values.named_rate)):
        return None
    strength = values.strength if values is not None else Strength.WEAK if detector.weak else Strength.MEDIUM
    parts, evidence = [], []
    if named or labelled:
        parts.append(_BY_WEAK_NAME if detector.weak else detector.column_confidence)
        evidence += ["name"] if named else []
    if hinted:
        parts.append(_BY_WEAK_NAME)
        evidence.append("name")
    if said is not None:
        parts.append(_BY_VALUES[strength] if said.by_values else _BY_VALUES[Strength.WEAK])
        evidence.append("values")
    evidence += ["context"] if labelled else []
    tally = said.tally if said is not None else Tally()
    gated = values is not None and values.people and (detector.weak or words.isdisjoint(_OF_PEOPLE))
    chance = values.chance if values is not None else 0.0
    detection = Detection(
        detector.id, place, tally.hits, sample.checked, tally.synthetic, tally.distinct, _summed(*parts), strength, chance, tuple(evidence)
    )
    listed = sample.listed and words.isdisjoint(_REFERENCES) and ("code" in words or (said is not None and said.by_values))
    return _Found(detector, detection, gated, words, listed, tally.people)


@lru_cache(maxsize=32768)
def _named(detector: Detector, name: str, declared: str) -> bool:
    return bool(detector.columns) and names_column(detector, name, declared)


def _in_prose(lines: Sequence[str], place: str | None, engine: Engine) -> list[_Found]:
    if not lines:
        return []
    found = (_in_text(one, place) for one in scan("\n".join(lines).encode(errors="replace"), engine))
    return [one for one in found if one is not None]


def _in_text(one: InText, place: str | None) -> _Found | None:
    """What candidates in running text come to: beyond chance everywhere, or beside words that speak of the thing."""
    values, strength, all_, near = one.values, one.values.strength, one.everywhere, one.in_context
    limit = _RARE if strength is Strength.STRONG else UNLIKELY
    beyond = strength is not Strength.WEAK and all_.over_chance(values.chance, values.rate) and all_.chance_of(values.chance) <= limit
    beside = near.over_chance(values.chance, 0.5)
    if not (beyond or beside):
        return None
    counted = all_ if beyond else near
    parts = [_BY_VALUES[strength]] if beyond else []
    if beside:
        parts += [_BY_CONTEXT, _BY_VALUES[Strength.WEAK]] if strength is Strength.WEAK else [one.detector.column_confidence]
    evidence = ("values", "context") if beside else ("values",)
    detection = Detection(
        one.detector.id,
        place,
        counted.hits,
        counted.checked,
        counted.synthetic,
        counted.distinct,
        _summed(*parts),
        strength,
        values.chance,
        evidence,
    )
    return _Found(one.detector, detection, gated=False, people=counted.people)


_RARE: Final = 1e-3
"""The same as `UNLIKELY` for a strong detector in running text, where two or three identifiers are a find."""


def masked(name: str) -> str:
    """A column's name, or which detector recognises it where it is itself an identifier, as in a file without a header."""
    detector = _identified(name)
    return name if detector is None else MASKED.format(detector.id)


def is_value(text: str) -> bool:
    """Whether a cell is what a column of people holds rather than what it is called: an identifier, or somebody's name."""
    return _identified(text) is not None or full_name.judge(text) is not Match.NO


def _identified(name: str) -> Detector | None:
    text = tidy(name)
    for detector in all_detectors():
        by_find = detector.find is not None and detector.find(name) is not Match.NO
        values = detector.values
        by_value = (
            values is not None
            and values.strength is not Strength.WEAK
            and whole(values.shape).fullmatch(text) is not None
            and judged(values, text, plain(text)) is not Match.NO
        )
        if by_find or by_value:
            return detector
    return None
