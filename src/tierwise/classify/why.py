"""Why a resource has its tier, and what would change it: each answer is what the engine itself says when that one thing is different.

Nothing here estimates. The parts of the estate from which tiers reach the resource are classified again for each thing that could be
different, so that no answer contradicts a later scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from shlex import quote
from typing import Final

from msgspec import structs

from tierwise.classify import tags
from tierwise.classify.basis import Basis, basis_of_step
from tierwise.classify.engine import classify, kept_links
from tierwise.classify.flow import Edge, Estate, Takes, takes
from tierwise.classify.gather import Context, Gathered
from tierwise.classify.own import EVIDENCED, evidence_of
from tierwise.classify.rule import Body, effective, limits, number
from tierwise.classify.sign import Origin, Sign
from tierwise.classify.weigh import Weighed, weigh
from tierwise.model.profile import Profile
from tierwise.model.register import (
    EVIDENCE_RULES,
    Attestation,
    AttestationKind,
    Correction,
    Corrections,
    Register,
    RegisterEntry,
    Selector,
)
from tierwise.model.resource import Gap, Resource, split_mode
from tierwise.model.sensitivity import Classification, Tier, TierState, TraceStep

_MOST_PIECES: Final = 12
"""Pieces of evidence that are each tried without."""
_NOBODY: Final = "the question"
"""Who stands as the approver of what is only supposed; it leaves this module in no text."""


@dataclass(frozen=True, slots=True)
class Case:
    """An estate with all that it was classified by."""

    resources: Sequence[Resource]
    profile: Profile
    register: Register
    corrections: Corrections
    gaps: tuple[Gap, ...]
    today: date


@dataclass(frozen=True, slots=True)
class Piece:
    """One step on the way to the tier, in the order in which they are combined."""

    step: TraceStep
    basis: Basis | None
    """Where the evidence comes from; None for a step that combines."""
    strength: str = ""
    """How much it counts, in words; empty for a step that combines."""


class Way(StrEnum):
    """Who can bring a change about."""

    SAY = "anyone who may declare; no approval is needed"
    EDIT = "whoever may change that declaration"
    CORRECT = "an evidence correction, with an approver and an end"
    ATTEST = "an attestation, with an approver and an end"
    ESTATE = "whoever runs it"
    SCANNER = "whoever gives the scan its permissions"
    PROFILE = "whoever answers for the profile"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that could be different, and the tier that would follow."""

    what: str
    """A clause that begins with `if`, or a sentence where nothing can be different."""
    after: Classification | None
    """None where the answer is in the sentence."""
    way: Way
    how: tuple[str, ...] = ()
    """What to write: register lines, or the arguments of a command."""
    moves: bool = True
    """Whether the tier would be another, or rest on another state."""


@dataclass(frozen=True, slots=True)
class Why:
    """All that explains one tier."""

    resource: Resource
    classification: Classification
    pieces: tuple[Piece, ...]
    changes: tuple[Change, ...]


def why(resource: Resource, case: Case) -> Why:
    """Why the resource has its tier and what would change it; KeyError where it is not in the case."""
    near = _upstream(resource, case)
    found = _classify(resource, near, case)
    context = _context(case)
    gathered = evidence_of(resource, context)
    pieces = tuple(_piece(step, gathered, case.profile) for step in found.trace)
    asked = _Asked(resource, replace(case, resources=near), found, gathered, weigh(gathered.signs, case.profile), case.resources)
    return Why(resource, found, pieces, tuple(asked.changes()))


def _context(case: Case) -> Context:
    return Context(case.profile, tags.dictionary(case.profile), case.register, case.corrections, case.today)


def _classify(resource: Resource, resources: Sequence[Resource], case: Case) -> Classification:
    return classify(resources, case.profile, case.register, case.corrections, gaps=case.gaps, today=case.today)[resource.id]


def _upstream(resource: Resource, case: Case) -> tuple[Resource, ...]:
    """The resources whose tiers reach one, itself among them, in the order given: of the others its tier knows nothing."""
    estate = Estate(case.resources, frozenset(), kept_links(_context(case)))
    start = estate.ids[resource.id]
    seen, left = {start}, [start]
    while left:
        place = left.pop()
        givers = [edge.giver for edge in estate.taken_by.get(place, ())]
        givers += [giver for loose in estate.loose if place in loose.takers for giver in loose.givers]
        for giver in givers:
            if giver not in seen:
                seen.add(giver)
                left.append(giver)
    return tuple(one for place, one in enumerate(case.resources) if place in seen)


def _piece(step: TraceStep, gathered: Gathered, profile: Profile) -> Piece:
    basis = basis_of_step(step)
    sign = next((one for one in gathered.signs if one.rule == step.rule and one.source == step.source), None)
    if sign is not None:
        return Piece(step, basis, _strength(sign, profile))
    if basis is Basis.LINK:
        return Piece(step, basis, "certain: what it takes from another holds whatever is declared here")
    if basis is Basis.KIND:
        return Piece(step, basis, "certain: it holds for every resource of the kind")
    return Piece(step, basis, "a person's word, approved" if basis is Basis.ATTESTED else "")


def _strength(sign: Sign, profile: Profile) -> str:
    if sign.origin is not Origin.FOUND:
        return "a person's word: it raises at once, and lowers nothing that the evidence shows"
    if sign.category is None:
        return "does not count"
    if sign.weak:
        return f"weak ({sign.confidence:.2f}): counts only where another word in another place says the same"
    if sign.confidence >= profile.infer_confidence:
        return f"strong ({sign.confidence:.2f}, where {profile.infer_confidence:.2f} is needed): counts by itself"
    return f"medium ({sign.confidence:.2f}, where {profile.infer_confidence:.2f} is needed): counts together with evidence of another kind"


@dataclass(frozen=True, slots=True)
class _Asked:
    """One resource, asked what would change its tier."""

    resource: Resource
    case: Case
    found: Classification
    gathered: Gathered
    weighed: Weighed
    everywhere: Sequence[Resource]
    """All resources of the case, among which a name has to tell one apart."""

    def changes(self) -> Iterator[Change]:
        """Everything that is tried, in the order: what could not be read, saying more, less evidence, other links, attestations."""
        yield from self._unread()
        if self.resource.kind in EVIDENCED:
            yield from self._higher()
            yield from self._people()
            yield from self._lower()
            yield from self._without_evidence()
        else:
            yield self._serves()
        yield from self._without_links()
        if self.resource.kind in EVIDENCED:
            yield from self._attested()
        yield from self._floor()

    def _with(
        self,
        *,
        entry: RegisterEntry | None = None,
        corrections: Sequence[Correction] = (),
        attestation: Attestation | None = None,
    ) -> Classification:
        """What the engine says with one more line, with evidence or links removed, or with an attestation."""
        case = self.case
        register = Register((entry, *case.register.entries), case.register.principals, case.register.tiers_only) if entry else case.register
        more = Corrections(
            (*case.corrections.corrections, *corrections),
            (*case.corrections.attestations, *([attestation] if attestation else [])),
        )
        return _classify(self.resource, case.resources, replace(case, register=register, corrections=more))

    def _change(self, what: str, after: Classification, way: Way, *how: str) -> Change:
        moves = (after.tier, after.state, after.interval) != (self.found.tier, self.found.state, self.found.interval)
        return Change(what, after, way, how, moves)

    def _unread(self) -> Iterator[Change]:
        if not self.found.interval.settled:
            lo, hi = self.found.interval.lo.label, self.found.interval.hi.label
            what = f"what could not be read would settle it, anywhere from {lo} to {hi}"
            yield Change(what, None, Way.SCANNER, tuple(f"allow {action}, then scan again" for action in self.found.unread))

    def _line(self, tier: Tier) -> tuple[RegisterEntry, str]:
        selector = Selector(id=self.resource.id)
        return RegisterEntry(selector, tier=tier, source="?"), f"- {{select: {selector.written}, tier: {tier.name}}}"

    def _higher(self) -> Iterator[Change]:
        if self.found.tier < Tier.T4:
            tier = Tier(self.found.tier + 1)
            entry, line = self._line(tier)
            yield self._change(f"if a register line of its own or a tag said {tier.label}", self._with(entry=entry), Way.SAY, line)

    def _lower(self) -> Iterator[Change]:
        if self.found.tier == Tier.T0:
            return
        tier = Tier(self.found.tier - 1)
        entry, line = self._line(tier)
        after = self._with(entry=entry)
        tail = ""
        if after.tier >= self.found.tier and after.understated:
            tail = "; that would be a finding, since the evidence says more"
        yield self._change(f"if a register line of its own said {tier.label}{tail}", after, Way.SAY, line)
        tagged = sorted({sign.source for sign in self.gathered.signs if sign.origin is Origin.TAG})
        if self.found.state is TierState.DECLARED and tagged:
            gone = [self._correction("*", source) for source in tagged]
            yield self._change(f"if the {_listed(tagged)} said {tier.label}", self._with(entry=entry, corrections=gone), Way.EDIT)

    def _people(self) -> Iterator[Change]:
        """The smallest number of people from which its own evidence gives more; what is attested does not hang on a number."""
        if any(basis_of_step(step) is Basis.ATTESTED for step in self.found.trace):
            return
        body, profile = self.weighed.body, self.case.profile
        now = effective(body, profile).tier
        for people in sorted(_thresholds(body, profile)):
            if people > (body.subjects or 0) and effective(structs.replace(body, subjects=people), profile).tier > max(
                now, self.found.tier
            ):
                tier = effective(structs.replace(body, subjects=people), profile).tier
                after = replace(self.found, tier=tier)
                counted = (
                    f", and {body.subjects:,} are counted at the least" if body.subjects else ", and nobody has said how many there are"
                )
                said = f", and {body.subjects:,} are declared" if body.subjects == self.weighed.stated is not None else counted
                yield Change(f"if the data were about {people:,} people or more{said}", after, Way.SAY)
                return

    def _without_evidence(self) -> Iterator[Change]:
        pieces = dict.fromkeys(
            (sign.origin, sign.rule if sign.origin is Origin.FOUND else "*", sign.source)
            for step in self.found.trace
            for sign in self.gathered.signs
            if (sign.rule, sign.source) == (step.rule, step.source) and step.rule in EVIDENCE_RULES
        )
        moved = False
        for origin, rule, source in list(pieces)[:_MOST_PIECES]:
            change = self._without(origin, rule, source)
            moved |= change.moves
            yield change
        found = [(rule, source) for origin, rule, source in pieces if origin is Origin.FOUND]
        if not moved and len(found) > 1:
            after = self._with(corrections=[self._correction(rule, source) for rule, source in found])
            yield self._change(f"if all {len(found)} pieces of evidence were wrong, and each were corrected", after, Way.CORRECT)

    def _without(self, origin: Origin, rule: str, source: str) -> Change:
        after = self._with(corrections=[self._correction(rule, source)])
        match origin:
            case Origin.TAG:
                return self._change(f"if the {source} were removed", after, Way.EDIT)
            case Origin.REGISTER:
                return self._change(f"if the register line {source} said nothing of the data", after, Way.EDIT)
            case Origin.FOUND:
                how = f"tierwise correct {quote(self._called(self.resource))} --rule {rule} --source {quote(source)} --reason WHY --approver NAME --until DATE"
                return self._change(f"if {source!r} were wrong evidence ({rule})", after, Way.CORRECT, how)

    def _correction(self, rule: str, source: str, resource: str = "") -> Correction:
        return Correction(resource or self.resource.id, rule, source, "", _NOBODY, self.case.today)

    def _called(self, one: Resource) -> str:
        """Its name, where no other resource goes by it and no pattern is in it; else its id."""
        alone = len(by_name(one.name, self.everywhere)) == 1
        return one.name if one.name and alone and not set("*?") & set(one.name) else one.id

    def _serves(self) -> Change:
        what = (
            f"it is of kind {self.resource.kind.value} and takes the tier of what it serves, whatever a tag or register line says of itself"
        )
        return Change(what, None, Way.ESTATE, moves=False)

    def _without_links(self) -> Iterator[Change]:
        estate = Estate(self.case.resources, frozenset(), kept_links(_context(self.case)))
        place = estate.ids[self.resource.id]
        given = [edge for edge in estate.taken_by.get(place, ()) if edge.giver < len(estate.resources)]
        tiers = classify(
            self.case.resources, self.case.profile, self.case.register, self.case.corrections, gaps=self.case.gaps, today=self.case.today
        )
        given.sort(key=lambda edge: (-tiers[estate.resources[edge.giver].id].tier, estate.resources[edge.giver].id))
        inside = [edge for edge in given if edge.rel is None]
        named = next((step.source for step in self.found.trace if step.rule == "inherit"), "")
        first = [edge for edge in given if edge.rel is not None and estate.resources[edge.giver].id == named]
        for edge in first[:1]:
            giver = estate.resources[edge.giver]
            after = self._with(corrections=self._link(edge, estate))
            yield self._change(f"if its link to {giver.name or giver.id!r} ({edge.rel}) were removed", after, Way.ESTATE)
        own = [link.to for link in self.resource.links if takes(link.rel, self.resource.kind) in (Takes.OWN, Takes.BOTH)]
        feeding = [self._correction("inherit", to) for to in own]
        feeding += [one for edge in given if edge.rel is not None for one in self._link(edge, estate)]
        gone = {(one.resource, one.source): one for one in feeding}
        if len(gone) > len(first[:1]):
            what = f"if all its {len(gone)} links were removed" if len(gone) > 1 else "if its link were removed"
            yield self._change(what, self._with(corrections=tuple(gone.values())), Way.ESTATE)
        for edge in inside[:1]:
            giver = estate.resources[edge.giver]
            what = f"it follows what lies in it, first {giver.name or giver.id!r}: look at that"
            yield Change(what, None, Way.ESTATE, (f"tierwise classify --why {quote(self._called(giver))}",), moves=False)

    def _link(self, edge: Edge, estate: Estate) -> list[Correction]:
        """The corrections that remove what makes an edge: the link on either end that names the other."""
        giver, taker = estate.resources[edge.giver], estate.resources[edge.taker]
        found: list[Correction] = []
        for own, other, side in ((taker, giver, Takes.OWN), (giver, taker, Takes.OTHER)):
            for link in own.links:
                named = {other.id, *other.aliases}
                if link.rel is edge.rel and takes(link.rel, own.kind) in (side, Takes.BOTH) and ({link.to, split_mode(link)[0]} & named):
                    found.append(self._correction("inherit", link.to, own.id))
        return found

    def _attested(self) -> Iterator[Change]:
        if self.found.tier == Tier.T0:
            return
        seen: dict[Tier, list[str]] = {}
        made: dict[Tier, Classification] = {}
        for kind in AttestationKind:
            attestation = Attestation(kind, "", _NOBODY, self.case.today, resource=self.resource.id)
            after = self._with(attestation=attestation)
            if any(step.rule == "attestation-refused" for step in after.trace):
                what = "no attestation lowers it: it is about people whose safety may depend on it"
                yield Change(what, None, Way.ATTEST, moves=False)
                return
            seen.setdefault(after.tier, []).append(kind.value)
            made[after.tier] = after
        for tier, kinds in sorted(seen.items(), reverse=True):
            if tier < self.found.tier:
                yield self._change(f"if somebody attests that the data is {' or '.join(kinds)}", made[tier], Way.ATTEST)

    def _floor(self) -> Iterator[Change]:
        if any(step.rule == "kind-floor" for step in self.found.trace):
            what = f"no declaration takes a {self.resource.kind.value} below {self.case.profile.kind_floors[self.resource.kind.value].label}, the profile's floor of the kind"
            yield Change(what, None, Way.PROFILE, moves=False)


def _thresholds(body: Body, profile: Profile) -> set[int]:
    """Every number of people at which the rule may give these categories more."""
    return {int(number(profile, "aggregation_subjects"))}.union(*(limits(one, profile) for one in body.categories))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words)


def by_name(what: str, resources: Sequence[Resource]) -> list[Resource]:
    """The resources that go by an id, a plan address, a name or an alias."""
    return [one for one in resources if what in (one.id, one.name, one.address or "", *one.aliases)]
