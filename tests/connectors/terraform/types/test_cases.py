"""Runs the cases of every converter: each argument that changes a fact, known, unknown, absent and sensitive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from tests.connectors.terraform.names import EVERYWHERE, FORMS, asked, full_plan, judged_types, provider_of, published
from tests.connectors.terraform.types.cases import (
    Case,
    add,
    builder_for,
    join_of,
    listed,
    put,
    reached,
    said,
    steps_of,
    unknown_at,
    unknowns,
    without,
)
from tierwise.model.codec import resource_out
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Resource

EACH = [(kind, case) for case in listed()[0] for kind in case.each_type]
OPEN = {UnknownReason.KNOWN_AFTER_APPLY, UnknownReason.UNRESOLVED_REFERENCE}


def shown(kind: str, case: Case, values: dict[str, Any], **more: Any) -> tuple[Resource | None, str]:
    """The resource that the fact is one of, and the address of the one that has the argument."""
    plan = builder_for(kind)
    if not case.of:
        address = add(plan, kind, "x", values, **more)
        return plan.judged().get(address), address
    join = join_of(case.of, kind)
    parent = add(plan, case.of, "p", {join.keys[0]: "the-parent", **case.beside})
    for other, having in case.also:
        there = join_of(case.of, other)
        add(plan, other, "also", put(dict(having), steps_of(there.attribute), there.prefix + "the-parent"))
    child = add(plan, kind, "x", put(values, steps_of(join.attribute), join.prefix + "the-parent"), **more)
    return plan.judged().get(parent), child


def places(steps: tuple[str | int, ...], address: str) -> Iterator[str]:
    """The place of an argument, and of the blocks around it."""
    for depth in range(len(steps), 0, -1):
        yield f"{address}#{'.'.join(str(step) for step in steps[:depth])}"


def blocks(case: Case) -> list[tuple[str | int, ...]]:
    """The blocks around an argument."""
    return [case.steps[:depth] for depth in range(1, len(case.steps)) if isinstance(case.steps[depth], int)]


@pytest.mark.parametrize(("kind", "case"), EACH, ids=[f"{kind}.{case.path}-{case.fact}" for kind, case in EACH])
def test_an_argument_known_unknown_absent_and_sensitive(kind, case):
    base = without(dict(case.having), case.steps)
    wrong = [*wrong_where_known(kind, case, base), *wrong_where_absent(kind, case, base)]
    wrong += [*wrong_where_unknown(kind, case, base), *wrong_where_sensitive(kind, case, base)]
    assert wrong == []


def wrong_where_known(kind: str, case: Case, base: dict[str, Any]) -> Iterator[str]:
    for value, expected in case.values:
        found = said(shown(kind, case, put(base, case.steps, value))[0], case.fact)
        if found != expected or isinstance(found, bool) != isinstance(expected, bool):
            yield f"{value!r} gives {found!r}, not {expected!r}"


def wrong_where_absent(kind: str, case: Case, base: dict[str, Any]) -> Iterator[str]:
    """The argument in a block that is there, and the blocks around it one by one."""
    around = blocks(case)
    bare = case.bare if isinstance(case.bare, list) else [case.absent if case.bare is None else case.bare] * len(around)
    without_blocks = [(without(base, block), expected) for block, expected in zip(around, bare, strict=True)]
    for values, expected in ((reached(base, case.steps[:-1]), case.absent), *without_blocks):
        found = said(shown(kind, case, values)[0], case.fact)
        if found != expected:
            yield f"absent in {values!r} gives {found!r}, not {expected!r}"


def wrong_where_unknown(kind: str, case: Case, base: dict[str, Any]) -> Iterator[str]:
    """Known after apply: the argument, and the blocks around it one by one."""
    for steps in (case.steps, *blocks(case)):
        one, address = shown(kind, case, without(base, steps), **unknown_at(steps))
        found = unknowns(one, case.fact)
        told = [f"{each.via.via} {each.detail}" for each in found]
        if case.unknown is not None and steps == case.steps:
            if said(one, case.fact) != case.unknown:
                yield f"unknown {steps} gives {said(one, case.fact)!r}, not {case.unknown!r}"
        elif not found or not {each.reason for each in found} <= OPEN:
            yield f"unknown {steps} gives {said(one, case.fact)!r}"
        elif not any(place in one for one in told for place in places(steps, address)):
            yield f"unknown {steps} is not named by {told}"


def wrong_where_sensitive(kind: str, case: Case, base: dict[str, Any]) -> Iterator[str]:
    value, _ = case.values[0]
    one, _ = shown(kind, case, put(base, case.steps, value), sensitive=put({}, case.steps, True))
    found = said(one, case.fact)
    if found not in ((UnknownReason.REDACTED, (UnknownReason.REDACTED,)) if case.sensitive is None else (case.sensitive,)):
        yield f"sensitive gives {found!r}"
    if one is not None and isinstance(value, str) and len(value) > 8 and value in msgspec.json.encode(resource_out(one)).decode():
        yield "sensitive, and shown"


def test_every_argument_that_changes_a_fact_has_a_case():
    covered: dict[str, set[str]] = defaultdict(set)
    contexts: dict[str, dict[str, Any]] = defaultdict(dict)
    for kind, case in EACH:
        path = [step for step in case.steps if isinstance(step, str)]
        covered[kind] |= {".".join(path[:depth]) for depth in range(1, len(path) + 1)}
        if not case.of:
            contexts[kind] |= put(dict(case.having), case.steps, case.values[0][0])
    missing: list[str] = []
    for kind in judged_types():
        with asked() as found:
            for form in FORMS:
                full_plan(kind, form, alone=True).judged()
        settled = covered[kind] | EVERYWHERE[provider_of(kind)]
        names = sorted(name for one, name in found if one == kind and name in published()[kind] and name not in settled)
        missing += [f"{kind}.{name}" for name in names if any(matters(kind, name, context) for context in ({}, contexts[kind]))]
    assert missing == []


def matters(kind: str, name: str, context: Mapping[str, Any]) -> bool:
    """Whether a resource is another one where an argument is not known."""
    *above, last = name.split(".")
    steps: list[str | int] = [step for block in above for step in (block, 0)]
    values = put(dict(context), steps, {}) if above and not context else dict(context)
    open_ = unknown_at((*steps, last))
    found = []
    for more in ({}, open_):
        plan = builder_for(kind)
        address = add(plan, kind, "x", without(values, (*steps, last)), **more)
        one = plan.judged().get(address)
        found.append(None if one is None else (one.facts, one.links))
    return found[0] != found[1]
