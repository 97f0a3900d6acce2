"""Plans that are broken in many ways, the same for the same number: `python -m tests.connectors.terraform.mutation NUMBER > plan.json`."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.connectors.terraform.plans import PlanBuilder, ref
from tests.shared import shared_path
from tierwise.connectors.terraform.converter import converters, kept_types
from tierwise.connectors.terraform.providers import CLOUDS

LARGEST: Final = 40_000
"""Characters of the plans that are broken; a large one says nothing more and takes longer."""
_DEEP: Final = 700
_ODD: Final[tuple[object, ...]] = (
    None, True, False, 0, 1, -1, 1.5, 1e300, 2**63, 10**40, -(10**400), "", " ", "x", "true", "0", "9" * 30, "null", "*", "{}", "[]", "{",
    "\x00", "\u202e\x1b[31m", "😀", "é" * 300, "a.b", "a.b[", 'a.b["x', 'module.m["${x}"].a.b', "data.a.b", "arn:aws:s3:::x", "arn:::::",
    "arn:aws:iam::123456789012:role/x", "0.0.0.0/0", "::/0", "300.1.1.1/99", "/subscriptions/x", "projects/p/y", "serviceAccount:", "allUsers",
    '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}', '{"Statement": 7}', '{"Statement": {"Action": {}}}',
    "[" * 2000, "2024-01-01", "\\", "../../x", "${var.x}", "P1Y", "1e9", "-5", "--5", "9" * 5000, "٣", [], {}, [None], [[]], [{}], [1, "a", None], {"": None},
    {"references": ["each.value"]}, {"references": [None, 7, "module.", "var."]}, {"constant_value": {"a": [1]}}, {"references": "x"},
)  # fmt: skip
"""What stands in the place of something else."""

_OPEN: Final = frozenset(
    {"after", "before", "after_unknown", "after_sensitive", "before_sensitive", "values", "sensitive_values", "expressions"}
)
"""Below these anything may stand."""
Where = tuple[Any, Any]
"""A container and the key or number of one of its parts."""


@cache
def plans() -> tuple[str, ...]:
    """The text of each plan that is broken: small ones as they are, of larger ones what a converter looks at."""
    paths = [*sorted(shared_path("plans", "files").iterdir()), *sorted(shared_path("plans", "generated").glob("*.json"))]
    texts = (path.read_bytes() for path in paths if path.stat().st_size < 2 << 20)
    whole = (raw.decode("utf-8-sig") for raw in texts if not raw.startswith((b"\xff\xfe", b"\xfe\xff")))
    return tuple(found for text in whole if len(found := text if len(text) <= LARGEST else _cut(json.loads(text))) <= LARGEST)


def _cut(document: dict[str, Any]) -> str:
    """A plan without the resources that nobody looks at, and without what repeats them."""
    kept = kept_types(CLOUDS)
    changes = [one for one in document.get("resource_changes") or () if one.get("type") in kept or f"data.{one.get('type')}" in kept]
    rest = {key: value for key, value in document.items() if key not in ("planned_values", "prior_state", "resource_drift")}
    return json.dumps({**rest, "resource_changes": changes})


@cache
def words() -> tuple[str, ...]:
    """The texts in the converters: names and values that they look for, and what leads a mutation to where it matters."""
    folder = Path(sys.modules[converters.__module__].__file__ or "").parent
    return tuple(sorted({word for path in sorted(folder.rglob("*.py")) for word in _words_in(path)}))


@cache
def _words_in(path: Path) -> tuple[str, ...]:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    found = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return tuple(sorted(word for word in found if len(word) < 60))


def _grown(random: Random) -> dict[str, Any]:
    """A plan of one converter's types with what it looks for in them, of any shape; children name their parents, or seem to."""
    converter = converters()[random.choice(sorted(converters()))]
    names = _words_in(Path(sys.modules[converter.convert.__module__].__file__ or ""))
    plan = PlanBuilder()
    parents = sorted({*converter.types, *(parent for parent, _ in converter.others)})
    for number, kind in enumerate(random.choices(parents, k=3)):
        keys = {key: f"{kind}-{number}" for key in ("id", "name", "arn", "bucket") if random.random() < 0.5}
        plan.add(kind, f"p{number}", {**_values(random, names), **keys}, actions=random.choice((("create",), ("update",), ("no-op",))))
    children = [child for _, several in (("", converter.children), *converter.others) for child in several]
    for number, child in enumerate(random.choices(children, k=4) if children else ()):
        parent = random.choice(parents)
        named = {child.attribute: f"{parent}-{random.randrange(3)}"} if random.random() < 0.5 else {}
        written = {child.attribute: ref(f"{parent}.p{random.randrange(3)}.id")} if random.random() < 0.7 else {}
        actions = random.choice((("create",), ("delete",), ("no-op",)))
        after = {**_values(random, names), **named}
        plan.add(child.type, f"c{number}", after, before=after, unknown=_mask_of(random, after), expressions=written, actions=actions)
    for number, kind in enumerate(sorted(converter.reads)):
        data = kind.startswith("data.")
        plan.add(kind.removeprefix("data."), f"r{number}", _values(random, names), mode="data" if data else "managed")
    return plan.document()


def _values(random: Random, names: Sequence[str], depth: int = 3) -> dict[str, Any]:
    return {random.choice(names): _value(random, names, depth) for _ in range(random.randrange(4 * depth))}


def _value(random: Random, names: Sequence[str], depth: int) -> Any:
    match random.randrange(6):
        case 0 | 1:
            return random.choice(_ODD)
        case 2:
            return random.choice(names)
        case 3:
            return random.choice((True, False, None, 1, 90, "1", "Enabled", ["a", "b"]))
        case _ if depth > 1:
            inner = _values(random, names, depth - 1)
            shape = random.randrange(5)
            return inner if shape == 0 else json.dumps(inner) if shape == 1 else [inner] * random.choice((1, 2))
        case _:
            return {}


def _mask_of(random: Random, after: dict[str, Any]) -> object:
    return random.choice((True, {}, {}, dict.fromkeys(random.sample(sorted(after), len(after) // 2), True)))


def mutant(number: int) -> bytes:
    """The broken plan of a number."""
    random = Random(number)
    text = random.choice(plans()) if random.random() < 0.7 else json.dumps(_grown(random))
    if random.random() < 0.15:
        return _bytes(random, text.encode())
    document = json.loads(text)
    frame, inner = _places(document)
    for _ in range(random.choice((0, 1, 1, 2, 3, 5, 8, 20))):
        if random.random() < 0.3:
            random.choice(_WHOLES)(random, document)
            continue
        # What breaks the frame is refused before a converter sees it.
        within, key = random.choice(inner if inner and random.random() < 0.85 else frame)
        if key in within if isinstance(within, dict) else key < len(within):
            random.choice(_PARTS)(random, within, key)
    try:
        raw = json.dumps(document, ensure_ascii=random.random() < 0.5).encode("utf-8", "replace")
    except RecursionError:
        return _bytes(random, text.encode())
    return _bytes(random, raw) if random.random() < 0.05 else raw


def _places(document: object) -> tuple[list[Where], list[Where]]:
    """The parts of a document that every reader knows, and those inside values and expressions."""
    frame: list[Where] = []
    inner: list[Where] = []
    waiting: list[tuple[Any, list[Where]]] = [(document, frame)]
    while waiting:
        one, found = waiting.pop()
        keys: Any = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            found.append((one, key))
            waiting.append((one[key], inner if key in _OPEN else found))
    return frame, inner


def _drop(_random: Random, within: Any, key: Any) -> None:
    del within[key]


def _odd(random: Random, within: Any, key: Any) -> None:
    within[key] = random.choice(_ODD)


def _word(random: Random, within: Any, key: Any) -> None:
    within[key] = random.choice(words())


def _wrap(random: Random, within: Any, key: Any) -> None:
    within[key] = random.choice(([within[key]], {"x": within[key]}, [within[key], within[key]], {random.choice(words()): within[key]}))


def _unwrap(random: Random, within: Any, key: Any) -> None:
    inner = within[key]
    if isinstance(inner, dict | list) and inner:
        within[key] = random.choice(list(inner.values()) if isinstance(inner, dict) else inner)


def _deep(random: Random, within: Any, key: Any) -> None:
    for _ in range(random.choice((5, 100, _DEEP))):
        within[key] = random.choice(([within[key]], {"a": within[key]}))


def _rename(random: Random, within: Any, key: Any) -> None:
    if isinstance(within, dict):
        within[random.choice(words()) if random.random() < 0.8 else str(random.choice(_ODD))] = within.pop(key)


def _add(random: Random, within: Any, key: Any) -> None:
    inner = within[key]
    if isinstance(inner, dict):
        inner[random.choice(words())] = random.choice((random.choice(_ODD), random.choice(words()), [{random.choice(words()): True}]))
    elif isinstance(inner, list):
        inner.append(random.choice((random.choice(_ODD), random.choice(words()), *inner)))


def _swap(random: Random, within: Any, key: Any) -> None:
    other = random.choice(list(within) if isinstance(within, dict) else range(len(within)))
    within[key], within[other] = within[other], within[key]


def _mask(random: Random, document: Any) -> None:
    """A mask that does not fit: of unknown or of sensitive parts."""
    if changes := [one["change"] for one in _entries(document) if isinstance(one.get("change"), dict)]:
        change = random.choice(changes)
        name = random.choice(("after_unknown", "after_sensitive", "before_sensitive", "sensitive_values"))
        after = change.get("after") or change.get("values")
        inner = dict.fromkeys(after, random.choice((True, False, [True], {"x": True}, "x", 7))) if isinstance(after, dict) else True
        change[name] = random.choice((True, False, [], [True], {"": True}, inner, inner))


def _retype(random: Random, document: Any) -> None:
    """Another type of resource, so that every converter meets values that are not its own."""
    if entries := [one for one in _entries(document) if isinstance(one.get("type"), str)]:
        one = random.choice(entries)
        old, new = one["type"], random.choice(sorted(converters()))
        one["type"] = new
        one["address"] = str(one.get("address", "")).replace(old, new)


def _entries(document: Any) -> list[dict[str, Any]]:
    listed = document.get("resource_changes") if isinstance(document, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


_PARTS: Final[tuple[Callable[[Random, Any, Any], None], ...]] = (
    _drop,
    _odd,
    _odd,
    _odd,
    _word,
    _wrap,
    _unwrap,
    _deep,
    _rename,
    _add,
    _add,
    _swap,
)
_WHOLES: Final[tuple[Callable[[Random, Any], None], ...]] = (_mask, _retype)


def _bytes(random: Random, raw: bytes) -> bytes:
    """The same bytes flipped, cut, doubled or with others put in."""
    found = bytearray(raw)
    for _ in range(random.choice((1, 1, 2, 10))):
        at = random.randrange(len(found) + 1)
        match random.randrange(5):
            case 0 if at < len(found):
                found[at] ^= 1 << random.randrange(8)
            case 1:
                del found[at:]
            case 2:
                found[at:at] = random.choice((b"\x00", b"\xff", b"{", b"]", b'"', b"\\ud800", b"1e999", b"[command]", b"\n::", b"9" * 400))
            case 3:
                found[at:at] = found[at : at + random.randrange(400)]
            case _:
                del found[at : at + random.randrange(40)]
    return bytes(found)


if __name__ == "__main__":
    sys.stdout.buffer.write(mutant(int(sys.argv[1])))
