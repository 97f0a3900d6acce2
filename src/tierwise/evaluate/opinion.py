"""Holds another tool's verdicts against ours: each at the rung that the map names, whatever the resource's own tier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tierwise.evaluate.compiled import CompiledControl, compile_control
from tierwise.evaluate.judge import VERDICTS
from tierwise.model.control import Control, Severity
from tierwise.model.finding import Verdict
from tierwise.model.opinion import Answer, Opinion, PartOf, Question, Relation, Said, SecondOpinion, Sense
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification, Tier

_BY_TIER = {Tier.T0: Severity.INFO, Tier.T1: Severity.LOW, Tier.T2: Severity.MEDIUM, Tier.T3: Severity.HIGH, Tier.T4: Severity.HIGH}
"""For what no control asks: never critical, for nobody here has weighed it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A question with the part of the ladder that answers it, ready to judge."""

    question: Question
    compiled: CompiledControl

    def verdict(self, resource: Resource) -> Verdict:
        """What the part of the rung says of a resource; not applicable where the control does not speak of its kind."""
        if resource.kind not in self.compiled.control.applies_to:
            return Verdict.NOT_APPLICABLE
        return VERDICTS[self.compiled.truth(self.question.rung, resource.facts)]


def rung_of(question: Question, control: Control) -> Rung:
    """A question compiled against the ladder as the control has it, without what a profile adds; ValueError where the rung is empty."""
    compiled = compile_control(replace(control, extra={}))
    parts = tuple(part for part in compiled.rungs[question.rung] if not question.facts or question.facts & set(part.facts))
    if not parts:
        raise ValueError(f"{question.check}: {control.id} asks nothing of {sorted(question.facts)} at {question.rung.name}")
    rungs = tuple(parts if tier is question.rung else () for tier in Tier)
    return Rung(question, replace(compiled, rungs=rungs))


def second_opinion(
    tool: str,
    answers: Sequence[Answer],
    questions: Sequence[Question],
    controls: Sequence[Control],
    resources: Sequence[Resource],
    classifications: Mapping[str, Classification],
    parts: Mapping[str, PartOf],
) -> SecondOpinion:
    """Every verdict of another tool with ours beside it, and what it was asked and did not answer.

    `parts` says of planned resources that only set parts of others whose parts they are: their verdicts are held against the whole.
    """
    by_id = {control.id: control for control in controls}
    rungs = [rung_of(question, by_id[question.control]) for question in questions if question.control in by_id]
    by_type: dict[str, dict[str, tuple[Rung, ...]]] = defaultdict(dict)
    for rung in rungs:
        for kind in rung.question.types:
            by_type[kind][rung.question.check] = (*by_type[kind].get(rung.question.check, ()), rung)
    mapped = frozenset(rung.question.check for rung in rungs)
    court = _Court(by_type, mapped, {resource.id: resource for resource in resources}, classifications, parts)
    opinions = [opinion for answer in answers for opinion in court.hear(answer)]
    version = next((answer.version for answer in answers if answer.version), "")
    return SecondOpinion(tool, version, {answer.source: answer.trouble for answer in answers}, tuple(opinions))


@dataclass(frozen=True, slots=True)
class _Court:
    by_type: Mapping[str, Mapping[str, tuple[Rung, ...]]]
    """Terraform type and check to the rung that answers it, or the two between which it lies."""
    mapped: frozenset[str]
    resources: Mapping[str, Resource]
    classifications: Mapping[str, Classification]
    parts: Mapping[str, PartOf]

    def hear(self, answer: Answer) -> Iterator[Opinion]:
        """What one file's answer comes to: each verdict, then what it should have said and did not."""
        heard: set[tuple[str, str]] = set()
        for said in answer.said:
            key = answer.prefix + said.address
            heard.add((said.check, key))
            yield self._opinion(said, key)
        detail = answer.trouble or "no verdict was given for this resource"
        for key, resource in self.resources.items():
            if resource.address is not None and key == answer.prefix + resource.address:
                for check, rungs in self.by_type.get(resource.type, {}).items():
                    if (check, key) not in heard:
                        silent = Opinion(
                            check, "", key, resource.address, Verdict.UNKNOWN, Relation.NOT_ANSWERED, Severity.INFO, detail=detail
                        )
                        yield self._held(silent, rungs[0], resource)

    def _opinion(self, said: Said, key: str) -> Opinion:
        plain = Opinion(
            said.check, said.title, key, said.address, Verdict.PASS if said.passed else Verdict.FAIL, Relation.UNMAPPED, Severity.INFO
        )
        whole, kind = self._judged(key)
        if whole is None:
            return replace(plain, relation=Relation.NOT_COMPARABLE) if said.check in self.mapped else plain
        rungs = self.by_type.get(kind, {}).get(said.check)
        if rungs is None:
            tier = self.classifications[whole.id].tier
            return replace(plain, tier=tier, severity=_BY_TIER[tier])
        return self._held(plain, _speaking(rungs, plain.verdict), whole)

    def _judged(self, key: str) -> tuple[Resource | None, str]:
        """The resource that a verdict is about and the type that it was given on: itself, else the one that it is part of."""
        own = self.resources.get(key)
        if own is not None:
            return own, own.type
        part = self.parts.get(key)
        if part is None or len(part.wholes) != 1:
            return None, ""
        return self.resources.get(part.wholes[0]), part.type

    def _held(self, opinion: Opinion, rung: Rung, resource: Resource) -> Opinion:
        question, one, ours = rung.question, self.classifications[resource.id], rung.verdict(resource)
        answered = opinion.verdict is not Verdict.UNKNOWN
        return replace(
            opinion,
            relation=relation(question.sense, opinion.verdict, ours) if answered else Relation.NOT_ANSWERED,
            severity=rung.compiled.control.severity.get(one.tier, Severity.INFO),
            tier=one.tier,
            control=question.control,
            rung=question.rung,
            ours=ours,
            asked=one.interval.hi >= question.rung,
        )


def _speaking(rungs: tuple[Rung, ...], verdict: Verdict) -> Rung:
    """Of the rungs between which a check lies, the one of which its verdict says something; the first where it says nothing of either."""
    return next((rung for rung in rungs if verdict is not _SAYS_NOTHING[rung.question.sense]), rungs[0])


_SAYS_NOTHING = {Sense.SAME: None, Sense.WEAKER: Verdict.PASS, Sense.STRONGER: Verdict.FAIL}


def relation(sense: Sense, theirs: Verdict, ours: Verdict) -> Relation:
    """How a definite verdict of another tool stands to ours."""
    if ours is Verdict.NOT_APPLICABLE or theirs is _SAYS_NOTHING[sense]:
        return Relation.NOT_COMPARABLE
    if ours is Verdict.UNKNOWN:
        return Relation.OURS_UNKNOWN
    return Relation.AGREES if theirs is ours else Relation.DISAGREES
