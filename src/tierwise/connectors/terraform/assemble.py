"""Makes a `Plan` of a document: decodes one change at a time and keeps, of the types that someone looks at, where in the file their values are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import structs

from tierwise.connectors.terraform.address import Address, ModuleInstance, parse_address, parse_module, written
from tierwise.connectors.terraform.document import Document, decoded, listed_twice
from tierwise.connectors.terraform.layout import Layout, ModulePath, lay_out, path_of
from tierwise.connectors.terraform.masks import has_marks, widened
from tierwise.connectors.terraform.plan import Counts, Plan
from tierwise.connectors.terraform.planned import Node, Planned, Shelf, Was
from tierwise.connectors.terraform.providers import only_keys, read_providers
from tierwise.connectors.terraform.shapes import NOTHING, Change, ChangeEntry, Expression, Values, ValuesResource
from tierwise.model.fact import Known, UnknownReason

_NULL: Final = (b"null", b"{}", b"")
_LONGEST_NULL: Final = 64
_UNTOUCHED: Final = frozenset({"no-op", "read"})
_AS_IT_IS: Final = ("no-op",)
WHOLE: Final = 16 << 20
"""Changes of up to so many bytes stay decoded, some five times as many: decoding again costs time, and memory is not short."""
MOST: Final = 3 << 20
"""Of larger plans, how many bytes stay decoded."""
IDENTITY: Final = "data.aws_caller_identity"


class _Whole(msgspec.Struct, frozen=True):
    """An entry of `resource_changes`, of which only what happens is decoded."""

    change: Change


@dataclass(slots=True)
class _Reading:
    """What has been read of a document so far: of each resource its place, and of those of the kept types what happens to them."""

    document: Document
    kept: frozenset[str]
    layout: Layout
    tally: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    left_behind: set[tuple[str, str]] = field(default_factory=set)
    judged: set[str] = field(default_factory=set)
    alive: dict[str, Planned] = field(default_factory=dict)
    gone: dict[str, Planned] = field(default_factory=dict)
    by_type: dict[str, list[Planned]] = field(default_factory=lambda: defaultdict(list))
    deposed: list[Planned] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    """The addresses that resources had before."""
    words: dict[str, str] = field(default_factory=dict)
    """Texts that many resources have, one copy of each."""
    deeds: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    """What happens to resources, one copy of each."""
    only_keys: Mapping[str, str] | None = None
    chained: dict[tuple[ModulePath, str, str], Expression] = field(default_factory=dict)
    """The `for_each` of blocks by module, type and name, one copy for all instances."""

    def word(self, text: str) -> str:
        """The one copy of a text."""
        return self.words.setdefault(text, text)

    def once(self, address: str, deposed: str | None, where: str) -> None:
        """Refuse an address that is listed twice, however it is put together."""
        known = address in self.seen if deposed is None else (address, deposed) in self.left_behind
        if known:
            raise listed_twice(address, f"{self.document.name}: {where}")
        if deposed is None:
            self.seen.add(address)
        else:
            self.left_behind.add((address, deposed))

    def take(self, planned: Planned) -> bool:
        """Note where a resource stands; keep it if it is of a kept type. Of several that an address names, the first is kept."""
        if not planned.is_gone:
            self.layout.instances.add(planned.address, planned.place)
        of_address = self.gone if planned.is_gone else self.alive
        if label(planned.place) not in self.kept or planned.address in of_address:
            return False
        of_address[planned.address] = planned
        self.by_type[label(planned.place)].append(planned)
        self._configure(planned)
        return True

    def _configure(self, planned: Planned) -> None:
        block = self.layout.resource(planned.place)
        if block is None:
            if self.only_keys is None:
                self.only_keys = only_keys(self.layout, self.document.configuration)
            planned.provider = self.only_keys.get(planned.source.rpartition("/")[2], "")
            return
        planned.provider = self.word(block.provider_config_key or "")
        if block.for_each_expression is not None:
            key = path_of(planned.module), planned.place.type, planned.place.name
            planned.for_each = self.chained.setdefault(key, block.for_each_expression)


def assemble(document: Document, prefix: str, kept: frozenset[str]) -> Plan:
    """The plan of a document; `kept` are the types whose values are needed, `data.T` for data sources."""
    reading = _Reading(document, kept | {IDENTITY}, lay_out(document))
    _read_changes(reading)
    _read_values(reading)
    by_type = {kind: tuple(found) for kind, found in reading.by_type.items()}
    tally = reading.tally
    return Plan(
        document=document,
        prefix=prefix,
        counts=Counts(tally["changes"], tally["managed"], tally["managed_after"], tally["deleted"], tally["data"]),
        by_type=by_type,
        by_address=reading.alive,
        judged=reading.judged,
        layout=reading.layout,
        deposed=tuple(reading.deposed),
        providers=read_providers(reading.layout, document.configuration, _accounts(by_type.get(IDENTITY, ()))),
    )


def label(place: Address) -> str:
    """The type of a resource, `data.T` for a data source."""
    return f"data.{place.type}" if place.mode == "data" else place.type


def _accounts(identities: tuple[Planned, ...]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in identities:
        account = one.root.text("account_id")
        if isinstance(account, Known) and account.value:
            found[one.provider] = account.value
    return found


def _read_changes(reading: _Reading) -> None:
    changes = reading.document.changes
    shelf = Shelf(
        partial(_decode_change, reading.document.name, reading.layout),
        WHOLE if changes is None or changes.size <= WHOLE else MOST,
        reading.document.pages.looked_at,
    )
    for number, (raw, entry) in enumerate(zip(changes.slices, changes, strict=True) if changes is not None else ()):
        where = f"resource_changes[{number}]"
        address, place = _placed(entry, entry.module_address)
        reading.once(address, entry.deposed, where)
        where = f"{reading.document.name}: {where}.change"
        change: Change = decoded(entry.change, Change, where)
        planned = Planned(address, _shared(place, reading), _actions(change, reading), None, shelf, raw)
        planned.source = reading.word(entry.provider_name or "")
        if entry.previous_address:
            reading.moved.add(entry.previous_address)
        is_changed = not set(planned.actions) <= _UNTOUCHED or bool(entry.previous_address)
        if is_changed and label(place) in reading.kept and _had(change):
            decoded(change.before, object, f"{where}.before")
            planned.was = _was(entry, change)
        if entry.deposed is not None:
            _leave_behind(planned, entry.deposed, reading)
        elif reading.take(planned):
            shelf.keep(planned, _of_change(planned, change, reading.layout, where))
        has_after = change.after is not None
        _count(planned, reading.tally, has_after=has_after)
        if place.mode == "managed" and entry.deposed is None and (has_after or planned.is_let_go):
            reading.judged.add(address)


def _leave_behind(planned: Planned, deposed: str, reading: _Reading) -> None:
    """File an object that an earlier replacement left behind, which the plan removes and which has nothing but what it was."""
    planned.node, planned.shelf = Node(planned.address, None), None
    planned.address, planned.actions, planned.deposed = f"{planned.address} (deposed {deposed})", ("delete",), deposed
    if planned.was is not None:
        reading.deposed.append(planned)


def _count(planned: Planned, tally: Counter[str], *, has_after: bool) -> None:
    tally["changes"] += 1
    if planned.place.mode != "managed":
        tally["data"] += 1
        return
    tally["managed"] += 1
    tally["managed_after"] += has_after
    tally["deleted"] += planned.is_gone


def _actions(change: Change, reading: _Reading) -> tuple[str, ...]:
    found = tuple(change.actions or ()) or _guessed(change)
    return reading.deeds.setdefault(found, found)


def _shared(place: Address, reading: _Reading) -> Address:
    """The same place with one copy of the type's name for all resources of the type."""
    return Address(place.module, reading.word(place.mode), reading.word(place.type), place.name, place.index)


def _read_values(reading: _Reading) -> None:
    """The values of a state, or planned ones where no changes are listed; then what stands in the state before a plan only."""
    document, looked_at = reading.document, reading.document.pages.looked_at
    before = {address for _, _, address, _ in _walk(document, document.prior)}
    if not document.changes:
        is_state = document.kind == "state"
        shelf = Shelf(
            partial(_decode_values, document.name, reading.layout, None if is_state else UnknownReason.KNOWN_AFTER_APPLY), MOST, looked_at
        )
        for one, raw, address, place in _walk(document, document.values):
            reading.once(address, None, "values" if is_state else "planned_values")
            _take_value(one, raw, address, place, _AS_IT_IS if is_state or address in before else ("create",), shelf, reading)
            if place.mode == "managed":
                reading.judged.add(address)
    shelf = Shelf(partial(_decode_values, document.name, reading.layout, None), MOST, looked_at)
    for one, raw, address, place in _walk(document, document.prior):
        # What a targeted plan leaves alone, and data sources read while planning, stand in the prior state only.
        if address not in reading.seen and address not in reading.moved:
            _take_value(one, raw, address, place, _AS_IT_IS, shelf, reading)


def _walk(document: Document, values: Values) -> Iterator[tuple[ValuesResource, msgspec.Raw, str, Address]]:
    """The current objects, each with its slice, its address and its place."""
    for one, raw, module in document.resources_of(values):
        if one.deposed_key is None:
            yield one, raw, *_placed(one, module)


def _take_value(
    one: ValuesResource, raw: msgspec.Raw, address: str, place: Address, actions: tuple[str, ...], shelf: Shelf, reading: _Reading
) -> None:
    planned = Planned(address, _shared(place, reading), actions, None, shelf, raw)
    planned.source = reading.word(one.provider_name or "")
    if reading.take(planned):
        shelf.fetch(planned)


def _decode_change(name: str, layout: Layout, planned: Planned) -> Node:
    whole: _Whole = decoded(planned.raw or NOTHING, _Whole, f"{name}: {planned.address}")
    return _of_change(planned, whole.change, layout, f"{name}: {planned.address}")


def _of_change(planned: Planned, change: Change, layout: Layout, where: str) -> Node:
    """The values that a change leaves behind; of what goes, those that it had."""
    value, unknown, sensitive = change.after, change.after_unknown, change.after_sensitive
    if value is None and ("delete" in planned.actions or "forget" in planned.actions):
        value, unknown, sensitive = decoded(change.before, object, f"{where}.before"), None, change.before_sensitive
    mask = _sensitive(value, sensitive, change, where)
    return Node(planned.address, value, unknown, mask, _expression=_expressions(planned, layout))


def _expressions(planned: Planned, layout: Layout) -> dict[str, Any] | None:
    """What the configuration says of a resource; None where it has no block."""
    block = layout.resource(planned.place)
    return None if block is None else block.expressions or {}


def _decode_values(name: str, layout: Layout, omits: UnknownReason | None, planned: Planned) -> Node:
    where = f"{name}: {planned.address[:200]}"
    one: ValuesResource = decoded(planned.raw or NOTHING, ValuesResource, where)
    value, mask = decoded(one.values, object, f"{where}: values"), decoded(one.sensitive_values, object, f"{where}: sensitive_values")
    return Node(planned.address, {} if value is None else value, None, widened(value, mask), omits, _expressions(planned, layout))


def _sensitive(value: object, mask: object, change: Change, where: str) -> object:
    """The mask of the values that a change leaves, or had, with what repeats what it marks before and after."""
    if not has_marks(change.before_sensitive):
        return widened(value, mask)
    return widened(value, mask, decoded(change.before, object, f"{where}.before"), change.before_sensitive)


def _was(entry: ChangeEntry, change: Change) -> Was:
    moved = entry.previous_address if entry.previous_address != entry.address else None
    told = [entry.action_reason or "", "imported" if change.importing else ""]
    return Was(change.before, change.before_sensitive, moved or "", ", ".join(one for one in told if one))


def _had(change: Change) -> bool:
    """Whether there is something before the change."""
    before = memoryview(change.before)
    return len(before) > _LONGEST_NULL or bytes(before).strip() not in _NULL


def _guessed(change: Change) -> tuple[str, ...]:
    """What happens, for a change that was cut short and has no actions."""
    had = _had(change)
    if change.after is None:
        return ("delete",) if had else ("no-op",)
    return ("update",) if had else ("create",)


def _placed(entry: ChangeEntry | ValuesResource, module: str | None) -> tuple[str, Address]:
    """The whole address of an entry, and what it says.

    Terraform 0.12 leaves module and key out of the addresses in a state's values, and plans that were cut by hand may have no address.
    """
    index = int(entry.index) if isinstance(entry.index, float) else entry.index
    try:
        said = parse_address(entry.address)
    except ValueError:
        place = Address(_module(module), entry.mode or "managed", entry.type or "", entry.name or "", index)
        return entry.address or written(place), place
    place = said
    if module and not said.module:
        place = structs.replace(place, module=_module(module))
    if index is not None and index != said.index:
        place = structs.replace(place, index=index)
    return entry.address if place is said else written(place), place


def _module(text: str | None) -> ModuleInstance:
    try:
        return parse_module(text) if text else ()
    except ValueError:
        return ()
