"""The worked examples inside a control: parsing, and whether they reach every verdict at every rung."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from tierwise.catalogue.predicates import parse_value
from tierwise.catalogue.reader import TIERS, Reader, did_you_mean, shown
from tierwise.catalogue.yamlfile import Entry, Items, Leaf, Node, Table
from tierwise.model.control import Case
from tierwise.model.fact import AnyFact, Known, NotApplicable, Unknown, UnknownReason, Value
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier
from tierwise.model.vocabulary import SPECS, FactSpec, FactType, find_spec, rank

EXPECT: Final = {word: word for word in ("pass", "fail", "unknown", "not-applicable")}
MUST_REACH: Final = ("pass", "fail", "unknown")
REASONS: Final = {reason.value: reason for reason in UnknownReason}


def parse_cases(
    reader: Reader, entry: Entry | None, applies_to: Collection[Kind], ladder: Mapping[Tier, object], where: Node
) -> tuple[Case, ...]:
    """All cases; a problem for each rung whose tier has no case that passes, fails or is unknown."""
    nodes = reader.items(entry.node, "cases") if entry else ()
    parsed = [(node, _parse_case(reader, node, applies_to)) for node in nodes]
    cases = tuple(case for _, case in parsed if case is not None)
    names: set[str] = set()
    for node, case in parsed:
        if case is not None and case.name in names:
            reader.say(node, f"two cases are called {case.name!r}; give each its own name")
        names.add(case.name if case is not None else "")
    if len(cases) < len(nodes):
        return cases
    for tier in ladder:
        reached = {case.expect for case in cases if case.tier is tier}
        absent = [word for word in MUST_REACH if word not in reached]
        if absent:
            reader.say(entry or where, f"rung {tier.name} has no case at {tier.name} that expects {' or '.join(absent)}; add one for each")
    return cases


def _parse_case(reader: Reader, node: Node, applies_to: Collection[Kind]) -> Case | None:
    before = len(reader.problems)
    entries = reader.fields(node, "a case", ("name", "tier", "facts", "expect"), ("kind",))
    name = reader.text(entries.get("name"), "name")
    tier = reader.choice(entries["tier"].node, "tier", TIERS) if "tier" in entries else None
    expect = reader.choice(entries["expect"].node, "verdict", EXPECT) if "expect" in entries else None
    kind = None
    if "kind" in entries:
        kind = reader.choice(entries["kind"].node, "kind", {known.value: known for known in applies_to})
    facts = _parse_facts(reader, entries["facts"].node, [kind] if kind else applies_to) if "facts" in entries else {}
    if len(reader.problems) > before or tier is None or expect is None:
        return None
    return Case(name, tier, facts, expect, kind)


def _parse_facts(reader: Reader, node: Node, kinds: Collection[Kind]) -> Mapping[str, AnyFact]:
    facts: dict[str, AnyFact] = {}
    for key, entry in reader.table(node, "facts").items():
        spec = find_spec(key)
        if spec is None:
            reader.say(entry, f"unknown fact {key!r} in a case{did_you_mean(key, (known.name for known in SPECS))}")
            continue
        if kinds and not any(kind in spec.kinds for kind in kinds):
            reader.say(entry, f"{key} in a case is not listed for {', '.join(kind.value for kind in kinds)}")
        fact = parse_fact(reader, spec, entry.node)
        if fact is not None:
            facts[key] = fact
    return facts


def parse_fact(reader: Reader, spec: FactSpec, node: Node) -> AnyFact | None:
    """A fact as a case writes it: a value, a list, `{unknown: REASON, ...}` or `{not-applicable: "why"}`."""
    if isinstance(node, Table):
        return _parse_open(reader, spec, node)
    if spec.type is not FactType.STRINGS:
        value = parse_value(reader, spec, node)
        return None if value is None else Known(value)
    members = _members(reader, spec, node)
    return None if members is None else Known(members)


def _members(reader: Reader, spec: FactSpec, node: Node) -> frozenset[str] | None:
    if not isinstance(node, Items):
        reader.say(node, f"{spec.name} takes a list, not {shown(node)}")
        return None
    words = [reader.word(item, f"each of {spec.name}") for item in node.items]
    for item, word in zip(node.items, words, strict=True):
        if spec.scale and word and word not in spec.scale:
            reader.say(item, f"{word!r} is not a member of {spec.name}{did_you_mean(word, spec.scale)} ({', '.join(spec.scale)})")
    return frozenset(words)


def _parse_open(reader: Reader, spec: FactSpec, node: Table) -> AnyFact | None:
    if "not-applicable" in node.entries:
        entries = reader.fields(node, spec.name, ("not-applicable",))
        if not spec.na:
            reader.say(node, f"{spec.name} is never not-applicable")
            return None
        return NotApplicable(reader.text(entries["not-applicable"], "not-applicable"))
    entries = reader.fields(node, spec.name, ("unknown",), ("between", "includes"))
    reason = reader.choice(entries["unknown"].node, "reason", REASONS) if "unknown" in entries else None
    if reason is None:
        return None
    between = _between(reader, spec, entries["between"].node) if "between" in entries else None
    includes = _includes(reader, spec, entries["includes"]) if "includes" in entries else frozenset()
    return Unknown(reason, between=between, includes=includes)


def _includes(reader: Reader, spec: FactSpec, entry: Entry) -> frozenset[str]:
    if spec.type is not FactType.STRINGS:
        reader.say(entry, f"'includes' goes with sets, and {spec.name} is not one; use 'between'")
        return frozenset()
    return _members(reader, spec, entry.node) or frozenset()


def _between(reader: Reader, spec: FactSpec, node: Node) -> tuple[Value, Value] | None:
    if spec.type not in {FactType.ENUM, FactType.INT}:
        reader.say(
            node,
            f"'between' goes with ordered facts, and {spec.name} is not one{'; use includes' if spec.type is FactType.STRINGS else ''}",
        )
        return None
    nodes = reader.items(node, "between")
    if len(nodes) != 2 or not all(isinstance(end, Leaf) for end in nodes):
        reader.say(node, "'between' takes the lowest and the highest value still possible: [lo, hi]")
        return None
    lo, hi = (parse_value(reader, spec, end) for end in nodes)
    if lo is None or hi is None:
        return None
    if rank(spec, lo) > rank(spec, hi):
        reader.say(node, "'between' names the higher value first; write [lo, hi]")
        return None
    return lo, hi
