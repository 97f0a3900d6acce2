"""What another tool says beside our verdicts, in the shapes that formats show: it advises, and is told apart from what tierwise says."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.model.opinion import Opinion, Relation, SecondOpinion
from tierwise.reports.escape import message
from tierwise.reports.shown import Shown
from tierwise.reports.text import count, listed, short_id

MOST_SARIF: Final = 1_000
_SHORT: Final = 1024
"""What GitHub shows of a description."""


def title(second: SecondOpinion) -> str:
    """A section's heading."""
    return f"Second opinion: {second.tool} {second.version or '(no version told)'}; it advises and never blocks"


def for_people(second: SecondOpinion, most: int = 8) -> list[str]:
    """What it comes to, then where it and we differ, what it guesses, and what it alone fails, each up to a number of lines."""
    return [
        *_told(second),
        *_few(_beside(second, Relation.DISAGREES), most, "disagreements"),
        *_few(_beside(second, Relation.OURS_UNKNOWN), most // 2, "on which ours stays unknown"),
        *_few(_alone(second), most, "checks with nothing of ours beside them"),
    ]


def _few(lines: list[str], most: int, what: str) -> list[str]:
    return [*lines[:most], f"and {len(lines) - most:,} more {what}"] if len(lines) > most else lines


def _told(second: SecondOpinion) -> Iterator[str]:
    counts = Counter(one.relation for one in second.opinions)
    given = sum(1 for one in second.opinions if one.verdict is not Verdict.UNKNOWN)
    yield from (f"{source}: {trouble}; nothing is known of it from there" for source, trouble in second.sources.items() if trouble)
    yield (
        f"{count(given, 'verdict')}; where a control asks the same, {counts[Relation.AGREES]:,} agree and {counts[Relation.DISAGREES]:,} disagree"
    )
    if counts[Relation.OURS_UNKNOWN]:
        yield f"{count(counts[Relation.OURS_UNKNOWN], 'verdict')} on what the plan does not tell: ours unknown, and stays so"
    if counts[Relation.NOT_ANSWERED]:
        yield f"{count(counts[Relation.NOT_ANSWERED], 'question')} of our controls without an answer: unknown, not passed"
    beyond = sum(1 for one in second.opinions if one.relation is Relation.AGREES and one.verdict is Verdict.FAIL and not one.asked)
    if beyond:
        yield f"{count(beyond, 'failure')} that both see and our ladder does not ask about at the resource's tier"


def _beside(second: SecondOpinion, relation: Relation) -> list[str]:
    """The verdicts of a relation with ours beside them, severe ones first."""
    return [
        f"{one.check} on {short_id(one.resource)}: {second.tool} says {one.verdict.value}, {_ours(one)}"
        for one in sorted((one for one in second.opinions if one.relation is relation), key=_rank)
    ]


def _ours(one: Opinion) -> str:
    return (
        f"{one.control} at {one.rung.label} says {one.ours.value}"
        if one.rung is not None and one.ours is not None
        else "tierwise has no verdict beside it"
    )


def _alone(second: SecondOpinion) -> list[str]:
    """What fails there and has nothing of ours beside it: one line for each check and severity, severe and frequent ones first."""
    groups: dict[tuple[Severity, str], list[Opinion]] = defaultdict(list)
    for one in second.opinions:
        if one.relation is Relation.UNMAPPED and one.verdict is Verdict.FAIL:
            groups[one.severity, one.check].append(one)
    ranked = sorted(groups.items(), key=lambda item: (-item[0][0], -len(item[1]), item[0][1]))
    return [
        f"{second.tool} alone ({severity.word}): {group[0].title} ({check}):"
        f" {listed([short_id(place) for place in dict.fromkeys(one.resource for one in group)], 2)}"
        for (severity, check), group in ranked
    ]


def _rank(one: Opinion) -> tuple[int, str, str]:
    return (-one.severity, one.check, one.resource)


def second_out(second: SecondOpinion) -> dict[str, Any]:
    """All but the opinions themselves, in the contract's shape."""
    counts = Counter(one.relation for one in second.opinions)
    failed = Counter(one.severity.word for one in second.opinions if one.relation is Relation.UNMAPPED and one.verdict is Verdict.FAIL)
    return {
        "tool": second.tool,
        "version": second.version,
        "sources": [{"name": name, "trouble": trouble or None} for name, trouble in second.sources.items()],
        "summary": {
            "relations": {relation.value: counts[relation] for relation in Relation},
            "unmapped_failures": {severity.word: failed[severity.word] for severity in sorted(Severity, reverse=True)},
        },
    }


def opinions_out(second: SecondOpinion, verdicts: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The opinions of the verdicts that are asked for, all where none are."""
    for one in second.opinions:
        if not verdicts or one.verdict.value in verdicts:
            yield {
                "check": one.check,
                "title": one.title,
                "resource": one.resource,
                "verdict": one.verdict.value,
                "relation": one.relation.value,
                "severity": one.severity.word,
                "tier": one.tier.name if one.tier is not None else None,
                "control": one.control or None,
                "rung": one.rung.name if one.rung is not None else None,
                "ours": one.ours.value if one.ours is not None else None,
                "asked": one.asked,
                "detail": one.detail or None,
            }


def sarif_runs(page: Shown) -> list[dict[str, Any]]:
    """A run of its own under the tool's name: what it fails and we do not, as notes without a severity that a merge could stop on."""
    second = page.result.second
    if second is None:
        return []
    wanted = (one for one in second.opinions if one.verdict is Verdict.FAIL and one.relation in {Relation.UNMAPPED, Relation.DISAGREES})
    chosen = sorted(wanted, key=_rank)
    told = [f"{source}: {trouble}" for source, trouble in second.sources.items() if trouble]
    if len(chosen) > MOST_SARIF:
        told.append(f"{count(len(chosen) - MOST_SARIF, 'result')} cut; the JSON report has all")
    kept = chosen[:MOST_SARIF]
    rules = {one.check: one for one in reversed(kept)}
    indices = {check: index for index, check in enumerate(rules)}
    return [
        {
            "tool": {
                "driver": {"name": second.tool, "version": second.version or "unknown", "rules": [_rule(one) for one in rules.values()]}
            },
            "invocations": [
                {
                    "executionSuccessful": not any(second.sources.values()),
                    "toolExecutionNotifications": [{"level": "warning", "message": {"text": message(text, 2000)}} for text in told],
                }
            ],
            "columnKind": "unicodeCodePoints",
            "results": [_result(one, indices[one.check], page) for one in kept],
        }
    ]


def _rule(one: Opinion) -> dict[str, Any]:
    text = {"text": message(one.title or one.check, _SHORT)}
    return {
        "id": message(one.check),
        "name": message(one.check, 255),
        "shortDescription": text,
        "fullDescription": text,
        "help": {"text": "A second opinion beside tierwise's own verdicts: it advises and never blocks."},
        "defaultConfiguration": {"level": "note"},
        "properties": {"tags": ["security", "second-opinion"]},
    }


def _result(one: Opinion, index: int, page: Shown) -> dict[str, Any]:
    place = page.planned(one.resource, one.address)
    identity = "\x1f".join(("checkov", one.check, one.resource)).encode("utf-8", "surrogatepass")
    fingerprint = hashlib.sha256(identity).hexdigest()[:20]
    said = f"{one.title or one.check} on {one.resource} ({one.severity.word} by its tier); {_ours(one)}. A second opinion: it advises."
    return {
        "ruleId": message(one.check),
        "ruleIndex": index,
        "kind": "fail",
        "level": "note",
        "message": {"text": message(said, 2000)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place.path.encode("utf-8", "replace"))},
                    "region": {"startLine": place.line, "startColumn": 1, "endLine": place.line, "endColumn": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": one.resource, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"tierwise/v1": fingerprint, "primaryLocationLineHash": f"{fingerprint}:1"},
        "properties": {
            "severity": one.severity.word,
            "relation": one.relation.value,
            "tier": one.tier.name if one.tier is not None else None,
        },
    }
