"""What the lifecycle rules of a planned bucket say of deletion by age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tierwise.connectors.terraform.aws import Absent, Setting, Split
from tierwise.connectors.terraform.planned import Node, Step
from tierwise.model.fact import UNLIMITED, AnyFact, Known, Maybe, NotApplicable, Provenance, Unknown

CONFIGURED, CURRENT, NONCURRENT = "retention.expiry_configured", "retention.delete_after_days", "retention.noncurrent_days"
_NAMES: Final = (CONFIGURED, CURRENT, NONCURRENT)
_NARROWING: Final = ("prefix", "tag", "and", "object_size_greater_than", "object_size_less_than")


@dataclass(frozen=True, slots=True)
class _Rule:
    active: Maybe[bool]
    whole: Maybe[bool]
    """Whether it takes in the whole bucket."""
    expires: Maybe[bool]
    days: Maybe[int | None]
    noncurrent: Maybe[int | None]


def lifecycle_facts(found: Setting, never_versioned: Maybe[bool]) -> dict[str, AnyFact]:
    """The three facts of deletion by age."""
    if isinstance(found, Unknown):
        return dict.fromkeys(_NAMES, found)
    if isinstance(found, Absent):
        nodes: Maybe[tuple[Node, ...]] = Known((), found.via)
    else:
        nodes = found.planned.root.blocks("rule") if isinstance(found, Split) else Known(found.blocks, found.blocks[0].via)
    read = _split_rule if isinstance(found, Split) else _inline_rule
    if isinstance(nodes, Unknown):
        return dict.fromkeys(_NAMES, nodes)
    rules = [read(node) for node in nodes.value]
    noncurrent: AnyFact
    if isinstance(never_versioned, Unknown):
        noncurrent = never_versioned
    elif never_versioned.value:
        noncurrent = NotApplicable("the bucket has never been versioned", nodes.via)
    else:
        noncurrent = _shortest(((rule.active, rule.whole, rule.noncurrent) for rule in rules), nodes.via)
    return {
        CONFIGURED: _any([_both(rule.active, rule.expires) for rule in rules], nodes.via),
        CURRENT: _shortest(((rule.active, rule.whole, rule.days) for rule in rules), nodes.via),
        NONCURRENT: noncurrent,
    }


def _inline_rule(node: Node) -> _Rule:
    """A rule of `aws_s3_bucket.lifecycle_rule`."""
    whole = _empty(node, ("prefix",), ("tags",))
    return _rule(node, _said(node.flag("enabled")), whole, node.number("noncurrent_version_expiration", 0, "days"))


def _split_rule(node: Node) -> _Rule:
    """A rule of `aws_s3_bucket_lifecycle_configuration`; its `prefix` is the older form of the filter."""
    status = node.text("status")
    active: Maybe[bool] = status if isinstance(status, Unknown) else Known(status.value == "Enabled", status.via)
    whole = _empty(node, ("prefix",), *(("filter", 0, name) for name in _NARROWING))
    return _rule(node, active, whole, node.number("noncurrent_version_expiration", 0, "noncurrent_days"))


def _rule(node: Node, active: Maybe[bool], whole: Maybe[bool], noncurrent: Maybe[int | None]) -> _Rule:
    expiration = node.blocks("expiration")
    days, date = node.number("expiration", 0, "days"), node.text("expiration", 0, "date")
    expires: Maybe[bool]
    if isinstance(expiration, Known) and not expiration.value:
        expires = Known(False, expiration.via)
    else:
        expires = _any([_said(days), _said(date)], node.via)
    return _Rule(active, whole, expires, days, noncurrent)


def _said(value: Maybe[object]) -> Maybe[bool]:
    return value if isinstance(value, Unknown) else Known(bool(value.value), value.via)


def _empty(node: Node, *paths: tuple[Step, ...]) -> Maybe[bool]:
    """Whether nothing narrows a rule."""
    parts: list[Maybe[bool]] = []
    for path in paths:
        found = node.get(*path)
        parts.append(found if isinstance(found, Unknown) else Known(not found.value, found.via))
    return _every(parts, node.via)


def _both(one: Maybe[bool], other: Maybe[bool]) -> Maybe[bool]:
    return _every([one, other], one.via)


def _every(parts: Iterable[Maybe[bool]], via: Provenance) -> Maybe[bool]:
    still: Unknown | None = None
    for part in parts:
        if isinstance(part, Unknown):
            still = part
        elif not part.value:
            return part
    return still or Known(True, via)


def _any(parts: Iterable[Maybe[bool]], via: Provenance) -> Maybe[bool]:
    still: Unknown | None = None
    for part in parts:
        if isinstance(part, Unknown):
            still = part
        elif part.value:
            return part
    return still or Known(False, via)


def _shortest(rules: Iterable[tuple[Maybe[bool], Maybe[bool], Maybe[int | None]]], via: Provenance) -> AnyFact:
    """The shortest time of the rules that hold for the whole bucket; a rule that is not known may be shorter."""
    best = UNLIMITED
    still: Unknown | None = None
    for active, whole, days in rules:
        holds = _both(active, whole)
        if isinstance(holds, Known) and not holds.value:
            continue
        if isinstance(holds, Known) and isinstance(days, Known):
            best = min(best, days.value or UNLIMITED)
        elif isinstance(days, Unknown) or days.value:
            still = days if isinstance(days, Unknown) else holds if isinstance(holds, Unknown) else still
    if still is not None:
        return Unknown(still.reason, still.via, still.detail, between=(1, best))
    return Known(best if best == UNLIMITED else int(best), via)
