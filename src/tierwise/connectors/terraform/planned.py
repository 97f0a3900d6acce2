"""One planned resource: values walked together with what is unknown and what is sensitive; sensitive values never leave here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast
from weakref import ref

import msgspec
from msgspec import structs

from tierwise.connectors.fields import whole
from tierwise.connectors.terraform.address import Address, ModuleInstance
from tierwise.connectors.terraform.masks import has_marks, mask_below, widened
from tierwise.connectors.terraform.shapes import Expression
from tierwise.model.change import Action
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

Step = str | int
Masks = Mapping[str, object]
"""By argument."""
_MISSING: Final = object()
_MOST: Final = 10**18
"""Beyond this no number is one of days, bytes or anything else that is counted here."""
_TRUE: Final = frozenset({"true", "1"})
_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})
_FALSE: Final = frozenset({"false", "0", ""})


class Texts(msgspec.Struct, frozen=True, gc=False):
    """A list of texts of which some may be unknown."""

    known: tuple[str, ...]
    open: Unknown | None = None
    """Why there may be more."""


class Node(msgspec.Struct, frozen=True):
    """A block or object, with the masks that belong to it."""

    where: str
    """`aws_s3_bucket.b#versioning.0`"""
    _value: object
    _unknown: object = None
    _sensitive: object = None
    _omits: UnknownReason | None = None
    """Why a value that is left out is not known; None where the source marks what is not known, so that what it leaves out is absent."""
    _expression: object = None
    _top: bool = True
    """Whether this is the resource itself, not a part of it."""

    def __repr__(self) -> str:
        """Where it is; its values may be sensitive."""
        return f"Node(where={self.where!r})"

    @property
    def via(self) -> Provenance:
        """Where this is."""
        return Provenance(self.where)

    def at(self, *path: Step) -> Provenance:
        """Where a path below this is."""
        return Provenance(self._place(path))

    def get(self, *path: Step) -> Maybe[object]:
        """What is at a path: known (`Known(None)` for absent or null), known after apply, or redacted."""
        value = self._value
        if len(path) == 1 and isinstance(value, dict) and (self._omits is None or path[0] in value) and self._is_plain(path[0]):
            # Nearly all that is asked, without the walk.
            return Known(value.get(path[0]), Provenance(f"{self.where}{'#' if self._top else '.'}{path[0]}"))
        found = self._find(path)
        if isinstance(found, Unknown):
            return found
        value, unknown, sensitive, _ = found
        if (unknown or sensitive) and isinstance(value, dict | list):
            if unknown and has_marks(unknown):
                return _after_apply(self._place(path))
            if sensitive and has_marks(sensitive):
                return _redacted(self._place(path))
        return Known(None if value is _MISSING else value, Provenance(self._place(path)))

    def text(self, *path: Step) -> Maybe[str | None]:
        """A text, or None where there is none or an empty one."""
        found = self.get(*path)
        if isinstance(found, Unknown):
            return found
        match found.value:
            case "":
                return Known(None, found.via)
            case None | str():
                return cast("Known[str | None]", found)
            case bool() as flag:
                return Known("true" if flag else "false", found.via)
            case int() | float() as value:
                return Known(str(value), found.via)
            case _:
                return _unparsable(found.via, "a text")

    def flag(self, *path: Step) -> Maybe[bool | None]:
        """A bool; old providers write it as a text."""
        found = self.get(*path)
        if isinstance(found, Unknown):
            return found
        value = found.value
        if value is None or isinstance(value, bool):
            return Known(value, found.via)
        word = str(value).lower() if isinstance(value, str | int) else "?"
        if word in _TRUE or word in _FALSE:
            return Known(None if word == "" else word in _TRUE, found.via)
        return _unparsable(found.via, "true or false")

    def number(self, *path: Step) -> Maybe[int | None]:
        """A whole number; old providers write it as a text."""
        found = self.get(*path)
        if isinstance(found, Unknown):
            return found
        match found.value:
            case None | "":
                return Known(None, found.via)
            case bool():
                return _unparsable(found.via, "a number")
            case int() as value if abs(value) <= _MOST:
                return Known(value, found.via)
            case float() as value if value.is_integer() and abs(value) <= _MOST:
                return Known(int(value), found.via)
            case str() as text if (written := whole(text)) is not None:
                return Known(written, found.via)
            case _:
                return _unparsable(found.via, "a number")

    def texts(self, *path: Step) -> Maybe[Texts]:
        """A list of texts; elements that are not known yet leave it open."""
        node = self._descend(path)
        if isinstance(node, Unknown):
            return node
        if node._value is _MISSING or node._value is None:
            return Known(Texts(()), node.via)
        items = node._value if isinstance(node._value, list) else [node._value]
        known: list[str] = []
        still: Unknown | None = None
        for number in range(len(items)):
            one = node.text(number) if isinstance(node._value, list) else node.text()
            if isinstance(one, Unknown):
                still = one
            elif one.value is not None:
                known.append(one.value)
        return Known(Texts(tuple(known), still), node.via)

    def blocks(self, *path: Step) -> Maybe[tuple[Node, ...]]:
        """The blocks at a path: a list of objects, one object, or nothing."""
        node = self._descend(path)
        if isinstance(node, Unknown):
            return node
        if node._value is _MISSING or node._value is None:
            return Known((), node.via)
        if isinstance(node._value, list):
            return Known(tuple(node._step(number) for number in range(len(node._value))), node.via)
        return Known((node,), node.via)

    def block(self, *path: Step) -> Maybe[Node | None]:
        """The one block at a path, or None."""
        found = self.blocks(*path)
        if isinstance(found, Unknown):
            return found
        return Known(found.value[0] if found.value else None, found.via)

    def entries(self, *path: Step) -> Maybe[tuple[tuple[str, Maybe[object]], ...]]:
        """The entries of a map, each known or not; one that a redacted plan leaves out stands in a mask alone."""
        node = self._descend(path)
        if isinstance(node, Unknown):
            return node
        keys = set(node._value) if isinstance(node._value, dict) else set()
        for mask in (node._unknown, node._sensitive):
            keys |= {key for key, mark in mask.items() if mark is True} if isinstance(mask, dict) else set()
        return Known(tuple((str(key), node.get(str(key))) for key in sorted(keys, key=str)), node.via)

    def parsed(self, *path: Step) -> Maybe[Node]:
        """The object at a path, be it written as a JSON text; unknown where it is none."""
        node = self._descend(path)
        if isinstance(node, Unknown):
            return node
        value = node._value
        if isinstance(value, str):
            try:
                value = msgspec.json.decode(value)
            except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
                return _unparsable(node.via, "a JSON text")
            node = structs.replace(node, _value=value, _unknown=None, _sensitive=None, _expression=None)
        return Known(node, node.via) if isinstance(value, dict) else _unparsable(node.via, "an object")

    def expression(self, *path: Step) -> Expression | None:
        """What the configuration says for an argument; None where it says nothing (or a dynamic block hides it)."""
        found = self._expression
        for step in path:
            if isinstance(step, int):
                found = found[step] if isinstance(found, list) and step < len(found) else found if isinstance(found, dict) else None
            else:
                found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else None

    def is_written(self, *path: Step) -> bool:
        """Whether the configuration has something for an argument or block."""
        if not path:
            return self._expression is not None
        parent = self.expression(*path[:-1]) if len(path) > 1 else self._expression
        return isinstance(parent, dict) and path[-1] in parent

    @property
    def is_configured(self) -> bool:
        """Whether the configuration of this is at hand at all."""
        return isinstance(self._expression, dict)

    def is_computed(self, *path: Step) -> bool:
        """Whether an unknown argument was written by nobody, so that the provider fills in its default.

        Only of arguments of the resource itself: a dynamic block hides what is written inside it.
        """
        return self.is_configured and self._top and len(path) == 1 and not self.is_written(*path)

    def before(self, value: object, sensitive: object) -> Node:
        """The same resource with the values that it had.

        The configuration tells of arguments that stay as they are. One that changes was written where it had a value, and nothing more is known
        of what was written there: the empty expression.
        """
        written: dict[str, object] | None = None
        if isinstance(self._expression, dict):
            written = {name: one for name, one in self._expression.items() if self._stays(name, value)}
            had = value.items() if isinstance(value, dict) else ()
            written |= {name: {} for name, one in had if one not in _NOTHING and name not in written and not self._stays(name, value)}
        mask = widened(value, sensitive, self._value, self._sensitive)
        return Node(self.where, value, None, mask, self._omits, written)

    def overlaid(self, values: Mapping[str, object], unknown: Masks, sensitive: Masks, written: Mapping[str, object]) -> Node:
        """The same resource with arguments that something else sets; of a block only those that are given. Nothing where all of it is unknown."""
        if not isinstance(self._value, dict) or self._unknown is True or self._sensitive is True:
            return self
        parts = [dict(one) if isinstance(one, dict) else {} for one in (self._value, self._unknown, self._sensitive)]
        for name in {**values, **unknown, **sensitive}:
            over = values.get(name), unknown.get(name), sensitive.get(name)
            said = _only_block(over[0])
            whole = said is None or _only_block(parts[0].get(name)) is None
            for part, one in zip(parts, over, strict=True):
                below = _only_block(part.get(name)) or {}
                part[name] = (
                    one if whole else [{key: each for key, each in below.items() if key not in (said or ())} | (_only_block(one) or {})]
                )
        expression = {**self._expression, **written} if isinstance(self._expression, dict) else self._expression
        value, mask, hidden = parts
        return structs.replace(self, _value=value, _unknown=mask, _sensitive=hidden, _expression=expression)

    def as_it_was(self, was: Was | None) -> Was:
        """These values as those that a resource has before a change."""
        told = ("", "") if was is None else (was.previous_address, was.detail)
        return Was(msgspec.Raw(msgspec.json.encode(self._value)), self._sensitive, *told)

    def told_in(self, where: str) -> Node:
        """The same values under another name, without the configuration, whose references lead nowhere there."""
        return structs.replace(self, where=where, _expression=None)

    def _stays(self, name: str, value: object) -> bool:
        if self._unknown and has_marks(mask_below(self._unknown, name)):
            return False
        try:
            return bool(_below(self._value, name, None) == _below(value, name, None))
        except RecursionError:
            # Nested too deeply to be compared: then nothing is said to stay.
            return False

    def has(self, name: str) -> bool:
        """Whether the values name an attribute at all, be it null."""
        return isinstance(self._value, dict) and name in self._value

    def _is_plain(self, step: Step) -> bool:
        """Whether a step names an attribute of which no mask speaks."""
        unknown, sensitive = self._unknown, self._sensitive
        return (
            isinstance(step, str)
            and (not unknown or (isinstance(unknown, dict) and not unknown.get(step)))
            and (not sensitive or (isinstance(sensitive, dict) and not sensitive.get(step)))
        )

    def _place(self, path: Sequence[Step]) -> str:
        if not path:
            return self.where
        steps = path[0] if len(path) == 1 else ".".join(map(str, path))
        return f"{self.where}{'#' if self._top else '.'}{steps}"

    def _find(self, path: Sequence[Step]) -> tuple[object, object, object, UnknownReason | None] | Unknown:
        """Value, masks and why what is left out is not known, at a path; unknown where the whole of it, or what is around it, is not known or is hidden."""
        value, unknown, sensitive, omits = self._value, self._unknown, self._sensitive, self._omits
        for step in path:
            if unknown is True:
                return _after_apply(self._place(path))
            if sensitive is True:
                return _redacted(self._place(path))
            if type(value) is dict and type(step) is str:
                value = value.get(step, _MISSING)
            else:
                below = _below(value, step, _MISSING)
                if value is None or (below is _MISSING and isinstance(value, list)):
                    omits = None
                value = below
            unknown = mask_below(unknown, step) if unknown else None
            sensitive = mask_below(sensitive, step) if sensitive else None
        if unknown is True:
            if not self._is_constant(path, value):
                return _after_apply(self._place(path))
            unknown = None
        if sensitive is True:
            return _redacted(self._place(path))
        if value is _MISSING and omits is not None:
            return Unknown(omits, Provenance(self._place(path)))
        return value, unknown, sensitive, omits

    def _is_constant(self, path: Sequence[Step], value: object) -> bool:
        """Whether the configuration writes the very value that stands in the plan, so that a mask which says that it is not known is wrong.

        Terraform plans an argument that is configured as that value or as the one before (hashicorp/terraform, objchange.AssertPlanValid);
        plans that were put together by hand have both, a value and a mark.
        """
        written = self.expression(*path) if isinstance(value, str | int | float) else None
        return written is not None and "constant_value" in written and written["constant_value"] == value

    def _descend(self, path: Sequence[Step]) -> Node | Unknown:
        found = self._find(path)
        if isinstance(found, Unknown) or not path:
            return found if isinstance(found, Unknown) else self
        expression = self._expression
        for step in path:
            expression = _expression_below(expression, step) if expression else None
        return Node(self._place(path), *found, expression, _top=False)

    def _step(self, step: Step) -> Node:
        value = _below(self._value, step, _MISSING)
        beyond = self._value is None or (isinstance(self._value, list) and value is _MISSING)
        return Node(
            f"{self.where}{'#' if self._top else '.'}{step}",
            value,
            mask_below(self._unknown, step) if self._unknown else None,
            mask_below(self._sensitive, step) if self._sensitive else None,
            None if beyond else self._omits,
            _expression_below(self._expression, step) if self._expression else None,
            False,
        )


@dataclass(frozen=True, slots=True)
class Was:
    """What a change tells of the resource before it; decoded only where someone asks."""

    value: msgspec.Raw = field(repr=False)
    sensitive: object = field(repr=False)
    previous_address: str = ""
    detail: str = ""
    """The plan's reason for what it does; that it takes the resource in."""


class Shelf:
    """Decodes the values of resources when they are looked at, and keeps those decoded last."""

    def __init__(self, decode: Callable[[Planned], Node], most: int, looked_at: Callable[[int], None]) -> None:
        self._decode = decode
        self._looked_at = looked_at
        """Told how many bytes of the file have been decoded again."""
        self._most = most
        """How many bytes of the file may be kept decoded; as Python's values they are some five times as many."""
        self._kept: deque[tuple[ref[Planned], int]] = deque()
        """By weak references, so that resources and shelf do not keep each other in memory."""
        self._bytes = 0

    def fetch(self, planned: Planned) -> Node:
        """The values of a resource, decoded anew."""
        node = self._decode(planned)
        self._looked_at(planned.size)
        self.keep(planned, node)
        return node

    def keep(self, planned: Planned, node: Node) -> None:
        """Keep what was decoded until others that were decoded later take its place."""
        planned.node = node
        self._kept.append((ref(planned), planned.size))
        self._bytes += planned.size
        while self._bytes > self._most and len(self._kept) > 1:
            kept, size = self._kept.popleft()
            self._bytes -= size
            if (oldest := kept()) is not None:
                oldest.node = None


@dataclass(slots=True, eq=False, weakref_slot=True)
class Planned:
    """One resource as it will be: its place, what happens to it, its values and its configuration. Nothing but `node` ever changes."""

    address: str
    place: Address
    actions: tuple[str, ...]
    node: Node | None = field(repr=False)
    """Its values while they are decoded; `root` decodes them where they are not."""
    shelf: Shelf | None = field(repr=False, default=None)
    """What decodes them; None where they are in no file."""
    raw: msgspec.Raw | None = field(repr=False, default=None)
    """The slice of the file that they stand in."""
    after: Planned | None = field(repr=False, default=None)
    """Of a resource as it is before the plan: the same after it."""
    provider: str = ""
    """`aws.west`, `module.x:aws`: the key of its provider's configuration."""
    source: str = ""
    """The provider's name: `aws`, `registry.terraform.io/hashicorp/aws`."""
    for_each: Expression | None = field(repr=False, default=None)
    was: Was | None = field(repr=False, default=None)
    """Set where it is there already and the plan does something to it."""
    called: str = ""
    """The type that the plan gives it, where it is told in the words of another."""
    outside: bool = False
    """Whether it stands outside the plan, which has a part of it only."""
    deposed: str = ""
    """The key of an object that an earlier replacement left behind, which the plan removes."""

    @property
    def root(self) -> Node:
        """Its values, with its configuration."""
        if self.node is not None:
            return self.node
        return self.shelf.fetch(self) if self.shelf is not None else Node(self.address, None)

    @property
    def size(self) -> int:
        """How many bytes of the file it takes up."""
        return len(memoryview(self.raw)) if self.raw is not None else 0

    @property
    def type(self) -> str:
        """The Terraform type."""
        return self.place.type

    @property
    def module(self) -> ModuleInstance:
        """The module instance that it stands in."""
        return self.place.module

    @property
    def is_new(self) -> bool:
        """Whether the object does not exist yet: created, or created in place of another."""
        return "create" in self.actions

    @property
    def action(self) -> Action:
        """What the plan does to it."""
        if self.is_gone:
            return Action.DELETE
        if self.is_let_go:
            return Action.FORGET
        if self.is_new:
            return Action.REPLACE if self.was is not None else Action.CREATE
        return Action.KEEP if self.is_untouched else Action.UPDATE

    @property
    def is_untouched(self) -> bool:
        """Whether the plan leaves it as it is; what a state lists has no actions at all."""
        return not set(self.actions) - {"no-op", "read"}

    @property
    def is_touched(self) -> bool:
        """Whether the plan does something to it, be it that only its address changes."""
        return not self.is_untouched or self.was is not None

    @property
    def is_there(self) -> bool:
        """Whether it is there before the plan."""
        return self.is_untouched or self.was is not None

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left after apply."""
        return "delete" in self.actions and not self.is_new

    @property
    def is_let_go(self) -> bool:
        """Whether it leaves the configuration's management and goes on existing as it is."""
        return "forget" in self.actions and not self.is_new

    def get(self, *path: Step) -> Maybe[object]:
        """What is at a path of its values; see `Node.get`."""
        return self.root.get(*path)

    def at(self, *path: Step) -> Provenance:
        """Where an attribute is."""
        return self.root.at(*path)


def absent(place: Provenance, detail: str = "not in this plan") -> Unknown:
    """What a plan does not say of something that exists already."""
    return Unknown(UnknownReason.NOT_COLLECTED, place, detail)


def _below(value: object, step: Step, otherwise: object) -> object:
    if isinstance(value, dict):
        return value if isinstance(step, int) else value.get(step, otherwise)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return otherwise


def _expression_below(expression: object, step: Step) -> object:
    if isinstance(expression, list):
        return expression[step] if isinstance(step, int) and step < len(expression) else None
    if isinstance(expression, dict):
        return expression if isinstance(step, int) else expression.get(step)
    return None


def _only_block(value: object) -> dict[str, object] | None:
    """The one block of an argument, or its mask; None where it is none or several."""
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) else None


def _after_apply(where: str) -> Unknown:
    return Unknown(UnknownReason.KNOWN_AFTER_APPLY, Provenance(where))


def _redacted(where: str) -> Unknown:
    return Unknown(UnknownReason.REDACTED, Provenance(where), "the plan marks it as sensitive")


def _unparsable(via: Provenance, wanted: str) -> Unknown:
    return Unknown(UnknownReason.UNPARSABLE, via, f"not {wanted}")
