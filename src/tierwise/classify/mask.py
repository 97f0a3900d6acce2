"""Identifiers in names and ids, replaced by the detector's name and a keyed suffix: the same wherever the same one stands, so that links, fingerprints and history still join.

A name has to stay one of a kind, so unlike a tag's text it is never only `[nhs_number]`. The suffix is an HMAC under a key that no output
holds: whoever has a name can find it (`tierwise explain NAME` masks what it is given), and nobody gets from the suffix to the name by trying all numbers.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from typing import Final

from tierwise.classify.detector import Detector, Match, Values, all_detectors
from tierwise.classify.detectors import secret_key
from tierwise.classify.identifiers import NEEDS_WORDS, STANDS_ALONE
from tierwise.classify.vote import judged, plain
from tierwise.model.change import Change
from tierwise.model.fact import AnyFact, Known, NotApplicable, Provenance, Unknown
from tierwise.model.register import AcceptanceRule, Corrections, Register, Selector
from tierwise.model.resource import PRINCIPALS, FactUpdate, Gap, Grant, Link, Rel, Resource

_SIGNS: Final = ("@",)
_SHAPES: Final = (
    re.compile(r"\d\D?\d\D?\d\D?\d\D?\d\D?\d"),
    re.compile(r"[A-Z0-9]{16}"),
    re.compile(secret_key.DETECTOR.needs, re.ASCII),
)
"""One of these every identifier has that is looked for here; all other texts are left at once. As one pattern they take twice as long."""
_ACCOUNT: Final = re.compile(r"(?<![A-Za-z0-9])\d{12}(?![A-Za-z0-9])")
"""The number of an account or a project, which stands in most ids; no identifier has twelve digits alone."""
_STAFF: Final = "email"
"""Principals are named after members of staff on purpose: their addresses are what a report of them is about."""
_BETWEEN_PRINCIPALS: Final = frozenset({Rel.MEMBER_OF, Rel.ATTACHES})
_INSTANCE: Final = '["'
"""What a plan address has where the key of an instance is a text."""


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    label: str
    staff: bool


@dataclass(frozen=True, slots=True)
class Mask:
    """Masks texts under one key; `key` is asked for once, when something is masked, so that who needs no key makes none."""

    key: Callable[[], bytes] = field(repr=False)

    def text(self, text: str, *, staff: bool = False) -> str:
        """The text without identifiers, the same text where there are none; doing it twice changes nothing. `staff` leaves mail addresses."""
        spans = _spans(text) if _perhaps(text) else ()
        made, at = "", 0
        for one in spans:
            if not (staff and one.staff):
                made += f"{text[at : one.start]}[{one.label}{self._suffix(text[one.start : one.end])}]"
                at = one.end
        return made + text[at:] if at else text

    def _suffix(self, identifier: str) -> str:
        return hmac.digest(self.key(), identifier.encode("utf-8", "surrogatepass"), "sha256").hex()[:12]

    def resource(self, resource: Resource) -> Resource:
        """The resource with its names, ids, links, grants and facts masked; the same object where nothing is."""
        staff = resource.kind in PRINCIPALS
        texts = tuple(_texts(resource))
        if not _perhaps("\n".join(texts)) or not any(_perhaps(one) and _spans(one) for one in texts):
            facts = self._facts(resource.facts, staff=staff)
            return resource if facts is resource.facts else replace(resource, facts=facts)
        made = replace(
            resource,
            id=self.text(resource.id, staff=staff),
            name=self.text(resource.name, staff=staff),
            account=self.text(resource.account),
            unit=self.text(resource.unit),
            address=resource.address and self.text(resource.address),
            aliases=tuple([self.text(one, staff=staff) for one in resource.aliases]),
            links=self._links(resource.links),
            grants=self._grants(resource.grants),
            facts=self._facts(resource.facts, staff=staff),
        )
        told, via = resource.tags, self._via(resource.tags.via, staff=staff)
        if isinstance(told, Known):
            tags = {self.text(key, staff=True): self.text(value, staff=True) for key, value in told.value.items()}
            made = replace(made, tags=Known(tags, via))
        else:
            made = replace(made, tags=self._unknown(told, via))
        unread = tuple(self._unknown(one, self._via(one.via, staff=staff)) for one in resource.evidence.unread)
        made = replace(made, evidence=replace(resource.evidence, description=self.text(resource.evidence.description), unread=unread))
        return resource if made == resource else made

    def update(self, update: FactUpdate, resource: Resource) -> FactUpdate:
        """What a second read adds to a resource that is masked already."""
        staff = resource.kind in PRINCIPALS
        links = None if update.links is None else self._links(update.links)
        return FactUpdate(resource.id, self._facts(update.facts, staff=staff), self._grants(update.grants), links)

    def change(self, change: Change) -> Change:
        """What a plan does, by masked addresses."""
        staff = change.before.kind in PRINCIPALS
        return replace(
            change,
            resource=self.text(change.resource, staff=staff),
            before=self.resource(change.before),
            previous_address=self.text(change.previous_address, staff=staff),
            parts=tuple(replace(one, address=self.text(one.address, staff=staff)) for one in change.parts),
        )

    def register(self, register: Register) -> Register:
        """The register with selectors that select what they did."""
        entries = (replace(one, selector=self._selector(one.selector)) for one in register.entries)
        return replace(register, entries=tuple(entries))

    def _selector(self, one: Selector) -> Selector:
        made = replace(one, id=self.pattern(one.id), name=self.pattern(one.name), project=self.text(one.project), unit=self.text(one.unit))
        return one if made == one else made

    def corrections(self, corrections: Corrections) -> Corrections:
        """The corrections and attestations, which speak of what they did."""
        return Corrections(
            tuple(replace(one, resource=self.pattern(one.resource), source=self.pattern(one.source)) for one in corrections.corrections),
            tuple(replace(one, resource=self.pattern(one.resource)) for one in corrections.attestations),
        )

    def acceptances(self, rules: Iterable[AcceptanceRule]) -> tuple[AcceptanceRule, ...]:
        """The acceptances, which speak of what they did."""
        return tuple(replace(one, resource=self.pattern(one.resource)) for one in rules)

    def pattern(self, pattern: str) -> str:
        """A name, an id or a pattern of them as a person wrote it, for what is masked by now. Mail addresses are taken for principals'."""
        return self.text(pattern, staff=True)

    def gap(self, gap: Gap) -> Gap:
        """A gap in a masked account."""
        return replace(gap, account=self.text(gap.account), detail=self.text(gap.detail))

    def _links(self, links: Iterable[Link]) -> tuple[Link, ...]:
        return tuple([self._link(one) for one in links])

    def _link(self, link: Link) -> Link:
        to = self.text(link.to, staff=link.rel in _BETWEEN_PRINCIPALS)
        unknown = link.unknown and self._unknown(link.unknown, self._via(link.unknown.via, staff=False))
        return link if to == link.to and unknown == link.unknown else Link(link.rel, to, unknown, link.waits)

    def _grants(self, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        return tuple(
            [
                replace(
                    one,
                    principal=self.text(one.principal, staff=True),
                    resources=tuple(map(self.text, one.resources)),
                    via=self._via(one.via, staff=False),
                )
                for one in grants
            ]
        )

    def _facts(self, facts: Mapping[str, AnyFact], *, staff: bool) -> Mapping[str, AnyFact]:
        """The facts, masked where they name something: principals in a set, or the instance of a plan that a value comes from."""
        speaking = [
            (name, fact)
            for name, fact in facts.items()
            if _INSTANCE in fact.via.via
            or isinstance(fact, Unknown)
            or (isinstance(fact, Known) and isinstance(fact.value, frozenset) and fact.value)
        ]
        changed = {name: made for name, fact in speaking if (made := self._fact(fact, staff=staff)) is not fact}
        return {**facts, **changed} if changed else facts

    def _fact(self, fact: AnyFact, *, staff: bool) -> AnyFact:
        via = self._via(fact.via, staff=staff)
        made: AnyFact = fact
        if isinstance(fact, Unknown):
            made = self._unknown(fact, via)
        elif isinstance(fact, Known) and isinstance(fact.value, frozenset):
            made = Known(frozenset([self.text(one, staff=True) for one in fact.value]), via)
        elif via is not fact.via:
            made = Known(fact.value, via) if isinstance(fact, Known) else NotApplicable(fact.because, via)
        return fact if made is fact or made == fact else made

    def _via(self, via: Provenance, *, staff: bool) -> Provenance:
        return Provenance(self.text(via.via, staff=staff), via.action, via.as_of) if _INSTANCE in via.via else via

    def _unknown(self, unknown: Unknown, via: Provenance) -> Unknown:
        if via is unknown.via and not unknown.includes and not _may_name(unknown.detail):
            return unknown
        includes = frozenset([self.text(one, staff=True) for one in unknown.includes])
        return Unknown(unknown.reason, via, self.text(unknown.detail, staff=True), unknown.between, includes)


def passing_mask() -> Mask:
    """A mask whose key is forgotten with it, for runs that nothing is held against later."""
    return Mask(cache(partial(secrets.token_bytes, 32)))


def _texts(resource: Resource) -> Iterator[str]:
    """All of a resource that may hold an identifier, but for its facts."""
    yield from (resource.id, resource.name, resource.account, resource.unit, resource.address or "", resource.evidence.description)
    yield from resource.aliases
    for grant in resource.grants:
        yield grant.principal
        yield from grant.resources
    for link in resource.links:
        yield link.to
        if link.unknown is not None:
            yield from (link.unknown.detail, link.unknown.via.via, *link.unknown.includes)
    if isinstance(resource.tags, Known):
        for item in resource.tags.value.items():
            yield from item


def _perhaps(text: str) -> bool:
    # Most texts have nothing of the shape even with the numbers of accounts in them.
    return _shaped(text) and _shaped(_ACCOUNT.sub("", text))


def _shaped(text: str) -> bool:
    return any(sign in text for sign in _SIGNS) or any(shape.search(text) for shape in _SHAPES)


_may_name: Final = lru_cache(maxsize=4096)(_perhaps)
"""The same of details, which are a few texts said of very many facts."""


@lru_cache(maxsize=65536)
def _spans(text: str) -> tuple[_Span, ...]:
    """Where identifiers stand in a text, in order; of two that overlap the one that starts first, then the longer."""
    if _any_shape().search(text) is None:
        return ()
    found: list[_Span] = []
    for detector, values, pattern in _looked_for():
        for one in pattern.finditer(text):
            match = judged(values, one[0], plain(one[0]))
            if match is not Match.NO:
                alone = detector.find is not None and detector.find(one[0]) is not Match.NO
                label = detector.id + ("-test" if match is Match.SYNTHETIC else "") + (STANDS_ALONE if alone else NEEDS_WORDS)
                found.append(_Span(one.start(), one.end(), label, detector.id == _STAFF))
    kept: list[_Span] = []
    for span in sorted(found, key=lambda one: (one.start, -one.end, one.label)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


@cache
def _looked_for() -> tuple[tuple[Detector, Values, re.Pattern[str]], ...]:
    """The detectors that are strong enough for names and tags, each with its shape as a whole word: whatever the words around it say."""
    return tuple(
        (one, one.values, re.compile(_word(one.values.shape), re.ASCII))
        for one in all_detectors()
        if one.find is not None and one.values is not None
    )


@cache
def _any_shape() -> re.Pattern[str]:
    return re.compile("|".join(pattern.pattern for _, _, pattern in _looked_for()), re.ASCII)


def _word(shape: str) -> str:
    return rf"(?<![A-Za-z0-9])(?:{shape})(?![A-Za-z0-9])"
