"""Predicates from YAML: facts, operators and operands checked against the vocabulary."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from tierwise.catalogue.reader import Reader, did_you_mean, shown
from tierwise.catalogue.yamlfile import Entry, Items, Leaf, Node, Table
from tierwise.model.control import All, AnyOf, Compare, Holds, Op, Predicate
from tierwise.model.fact import UNLIMITED, Value
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import SPECS, Better, FactSpec, FactType, find_spec

MAX_TREE: Final = 2
GROUPS: Final = ("all", "any", "holds")
OPS: Final = {op.value: op for op in Op}
NAMED: Final = {"within": (("fact", "of"), ("times", "plus"))}
"""Named predicates: the arguments that are facts, then those that are numbers, in schema order."""
EVIDENCE_ONLY: Final = "volume."


@dataclass(frozen=True, slots=True)
class Context:
    """Where a predicate stands: what a message calls it, the kinds it is judged on, and whether it is a rung (which has a good and a bad end) or a guard."""

    label: str
    kinds: Collection[Kind]
    rung: bool = True


def ops_of(spec: FactSpec, *, rung: bool = True) -> tuple[Op, ...]:
    """The operators that a fact takes: in a rung only those towards its better end, in a guard also the other way."""
    match spec.type:
        case FactType.BOOL:
            return (Op.IS, Op.IS_NOT)
        case FactType.STRINGS:
            return (Op.NONE_OUTSIDE, Op.INCLUDES, Op.EMPTY)
        case FactType.ENUM:
            return (Op.IS, Op.IS_NOT, *_ordered(spec, rung), Op.ONE_OF)
        case FactType.INT:
            return (Op.IS, Op.IS_NOT, *_ordered(spec, rung))
        case _:
            assert_never(spec.type)


def _ordered(spec: FactSpec, rung: bool) -> tuple[Op, ...]:
    if not rung:
        return (Op.AT_LEAST, Op.AT_MOST)
    match spec.better:
        case Better.HIGH:
            return (Op.AT_LEAST,)
        case Better.LOW:
            return (Op.AT_MOST,)
        case Better.SET | Better.NEUTRAL:
            return ()
        case _:
            assert_never(spec.better)


def parse_predicate(reader: Reader, node: Node, context: Context) -> Predicate | None:
    """A predicate; None with at least one problem noted where it does not stand."""
    before = len(reader.problems)
    parsed = _parse(reader, node, context)
    if len(reader.problems) > before or parsed is None:
        return None
    if _tree_depth(parsed) > MAX_TREE:
        reader.say(
            node, f"{context.label} nests all and any deeper than two (facts side by side count as all); split the control or flatten it"
        )
        return None
    return parsed


def facts_of_predicate(predicate: Predicate) -> Iterator[str]:
    """The facts that a predicate names, in order, repeats included."""
    match predicate:
        case Compare(fact=fact):
            yield fact
        case Holds(name=name, args=args):
            yield from (str(value) for key, value in args if key in NAMED[name][0])
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from facts_of_predicate(part)
        case _:
            assert_never(predicate)


def _tree_depth(predicate: Predicate) -> int:
    match predicate:
        case All(parts=parts) | AnyOf(parts=parts):
            return 1 + max(_tree_depth(part) for part in parts)
        case _:
            return 0


def _parse(reader: Reader, node: Node, context: Context) -> Predicate | None:
    if not isinstance(node, Table):
        reader.say(node, f"{context.label} takes a mapping of facts, or one of all, any, holds; not {shown(node)}")
        return None
    if not node.entries:
        reader.say(node, f"{context.label} is empty; name a fact")
        return None
    groups = [entry for key, entry in node.entries.items() if key in GROUPS]
    if groups and len(node.entries) > 1:
        reader.say(groups[0], f"{groups[0].key!r} stands alone in its mapping; put what stands beside it into the list of an 'all'")
        return None
    if groups:
        return _group(reader, groups[0], context)
    return _conjunction([_compare(reader, entry, context) for entry in node.entries.values()])


def _conjunction(found: list[Predicate | None]) -> Predicate | None:
    parts: list[Predicate] = []
    for part in found:
        if isinstance(part, All):
            parts.extend(part.parts)
        elif part is not None:
            parts.append(part)
    return None if not parts else parts[0] if len(parts) == 1 else All(tuple(parts))


def _group(reader: Reader, entry: Entry, context: Context) -> Predicate | None:
    if entry.key == "holds":
        return _named(reader, entry.node, context)
    nodes = reader.items(entry.node, f"{entry.key!r} in {context.label}")
    if isinstance(entry.node, Items) and len(nodes) < 2:
        reader.say(entry.node, f"{entry.key!r} in {context.label} takes at least two parts; with one, write it alone")
    found = [_parse(reader, node, context) for node in nodes]
    if entry.key == "all":
        return _conjunction(found)
    parts = tuple(part for part in found if part is not None)
    return AnyOf(parts) if parts else None


def _named(reader: Reader, node: Node, context: Context) -> Predicate | None:
    entries = reader.table(node, f"'holds' in {context.label}")
    if "name" not in entries:
        reader.say(node, f"'holds' in {context.label} has no 'name'; named predicates are {', '.join(NAMED)}")
        return None
    arguments = reader.choice(entries["name"].node, "named predicate", NAMED)
    if arguments is None:
        return None
    facts, numbers = arguments
    reader.fields(node, f"'holds' in {context.label}", ("name", *facts), numbers)
    args: list[tuple[str, str | int]] = []
    for key in facts:
        if key in entries:
            args.append((key, _number_fact(reader, entries[key], context)))
    for key in numbers:
        default = 1 if key == "times" else 0
        args.append((key, reader.whole(entries[key].node, key, least=default) if key in entries else default))
    return Holds(reader.text(entries["name"], "name"), tuple(args))


def _number_fact(reader: Reader, entry: Entry, context: Context) -> str:
    name = reader.text(entry, entry.key)
    spec = _spec(reader, entry.node, name, context) if name else None
    if spec is not None and spec.type is not FactType.INT:
        reader.say(entry.node, f"{entry.key!r} takes a fact with a number, and {name} is {kind_of_value(spec)}")
    return name


def _spec(reader: Reader, where: Node | Entry, name: str, context: Context) -> FactSpec | None:
    spec = find_spec(name)
    if spec is None:
        reader.say(where, f"unknown fact {name!r} in {context.label}{did_you_mean(name, (known.name for known in SPECS))}")
        return None
    missing = sorted(kind.value for kind in context.kinds if kind not in spec.kinds)
    if missing:
        reader.say(
            where,
            f"{name} in {context.label} is not listed for {', '.join(missing)}; leave them out of applies_to or write a control of their own",
        )
    if context.rung and name.startswith(EVIDENCE_ONLY):
        reader.say(where, f"{name} is evidence for classification and never stands in a rung")
    return spec


def _compare(reader: Reader, entry: Entry, context: Context) -> Predicate | None:
    spec = _spec(reader, entry, entry.key, context)
    if spec is None:
        return None
    if not isinstance(entry.node, Table):
        return _with_operand(reader, spec, Op.IS, entry.node, context)
    if len(entry.node.entries) != 1:
        reader.say(entry.node, f"{spec.name} in {context.label} takes exactly one operator, not {len(entry.node.entries)}")
        return None
    (operator,) = entry.node.entries.values()
    op = OPS.get(operator.key)
    if op is None:
        reader.say(
            operator,
            f"unknown operator {operator.key!r} in {context.label}{did_you_mean(operator.key, OPS)}; operators are {', '.join(OPS)}",
        )
        return None
    return _with_operand(reader, spec, op, operator.node, context)


def _with_operand(reader: Reader, spec: FactSpec, op: Op, node: Node, context: Context) -> Predicate | None:
    if op not in ops_of(spec, rung=context.rung):
        reader.say(node, _refusal(spec, op, context))
        return None
    operand = parse_operand(reader, spec, op, node)
    return None if operand is None else Compare(spec.name, op, operand)


def _refusal(spec: FactSpec, op: Op, context: Context) -> str:
    takes = ", ".join(known.value for known in ops_of(spec, rung=context.rung))
    if op in {Op.AT_LEAST, Op.AT_MOST} and spec.type in {FactType.ENUM, FactType.INT}:
        if spec.better is Better.NEUTRAL:
            return f"{op.value} does not go with {spec.name} in {context.label}: neither end of it is better; it takes {takes}"
        end, other = ("low", Op.AT_MOST) if spec.better is Better.LOW else ("high", Op.AT_LEAST)
        return f"{op.value} does not go with {spec.name} in {context.label}: its {end} end is better; did you mean {other.value!r}?"
    return f"{op.value} does not go with {spec.name} in {context.label}, which is {kind_of_value(spec)}; it takes {takes}"


def kind_of_value(spec: FactSpec) -> str:
    """What values a fact has, in words."""
    match spec.type:
        case FactType.BOOL:
            return "true or false"
        case FactType.INT:
            return f"a number of {spec.unit}" if spec.unit else "a number"
        case FactType.ENUM:
            return f"one of {' < '.join(spec.scale)}"
        case FactType.STRINGS:
            return f"a set of {', '.join(spec.scale)}" if spec.scale else "a set of words"
        case _:
            assert_never(spec.type)


def parse_operand(reader: Reader, spec: FactSpec, op: Op, node: Node) -> Value | None:
    """The operand of an operator; None with a problem noted where it does not fit the fact."""
    match op:
        case Op.EMPTY:
            value = node.value if isinstance(node, Leaf) else None
            if not isinstance(value, bool):
                reader.say(node, f"empty takes true or false, not {shown(node)}")
                return None
            return value
        case Op.ONE_OF | Op.NONE_OUTSIDE | Op.INCLUDES:
            return parse_set(reader, spec, node, op.value)
        case Op.IS | Op.IS_NOT | Op.AT_LEAST | Op.AT_MOST:
            return parse_value(reader, spec, node)
        case _:
            assert_never(op)


def parse_set(reader: Reader, spec: FactSpec, node: Node, what: str) -> Value | None:
    """A list of words, each from the fact's scale where it has one."""
    if not isinstance(node, Items) or not node.items:
        reader.say(node, f"{what} takes a list of words for {spec.name}, not {'an empty list' if isinstance(node, Items) else shown(node)}")
        return None
    words = [_scale_word(reader, spec, item) for item in node.items]
    return None if None in words else frozenset(word for word in words if word is not None)


def _scale_word(reader: Reader, spec: FactSpec, node: Node) -> str | None:
    if not isinstance(node, Leaf) or node.value is None or isinstance(node.value, bool):
        reader.say(node, f"{spec.name} takes words, not {shown(node)}")
        return None
    if spec.scale and node.raw not in spec.scale:
        reader.say(node, f"{node.raw!r} is not on the scale of {spec.name}{did_you_mean(node.raw, spec.scale)} ({' < '.join(spec.scale)})")
        return None
    return node.raw


def parse_value(reader: Reader, spec: FactSpec, node: Node) -> Value | None:
    """One value of a fact that is not a set: a bool, a word of its scale, a number or `unlimited`."""
    if spec.type is FactType.ENUM:
        return _scale_word(reader, spec, node)
    value = node.value if isinstance(node, Leaf) else None
    if spec.type is FactType.BOOL and isinstance(value, bool):
        return value
    if spec.type is FactType.INT:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value == "unlimited":
            return UNLIMITED
    hint = _bool_hint(spec, node)
    reader.say(
        node, f"{spec.name} takes {kind_of_value(spec)}{' or unlimited' if spec.type is FactType.INT else ''}, not {shown(node)}{hint}"
    )
    return None


def _bool_hint(spec: FactSpec, node: Node) -> str:
    if spec.type is not FactType.BOOL or not isinstance(node, Leaf):
        return ""
    word = node.raw.lower()
    meant = "true" if word in {"true", "yes", "on", "y", "1"} else "false" if word in {"false", "no", "off", "n", "0"} else ""
    return f"; did you mean {meant!r}?" if meant else ""
