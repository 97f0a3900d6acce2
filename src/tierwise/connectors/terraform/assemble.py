"""Makes a `Plan` of a document: decodes one change at a time and keeps the values of the types that someone looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from msgspec import structs

from tierwise.connectors.terraform.address import Address, ModuleInstance, parse_address, parse_module, written
from tierwise.connectors.terraform.document import Document, decoded, modules_of
from tierwise.connectors.terraform.layout import Layout, lay_out
from tierwise.connectors.terraform.masks import has_marks, widened
from tierwise.connectors.terraform.plan import Counts, Plan, grouped
from tierwise.connectors.terraform.planned import Node, Planned, Was
from tierwise.connectors.terraform.providers import only_keys, read_providers
from tierwise.connectors.terraform.shapes import Change, ChangeEntry, Values, ValuesResource
from tierwise.connectors.terraform.text import MEND
from tierwise.errors import InputError
from tierwise.model.fact import Known, UnknownReason

_NULL: Final = (b"null", b"{}", b"")
_UNTOUCHED: Final = frozenset({"no-op", "read"})
IDENTITY: Final = "data.aws_caller_identity"


_Value: TypeAlias = tuple[ValuesResource, str, Address]
"""A resource of a values representation with its address and place."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One resource with what happens to it; without values where nobody looks at them."""

    planned: Planned
    standing: Literal["change", "value", "prior"]
    """Whether it stands in `resource_changes`, in the planned or the state's values, or in the state before the plan only."""
    has_after: bool


def assemble(document: Document, prefix: str, kept: frozenset[str]) -> Plan:
    """The plan of a document; `kept` are the types whose values are needed, `data.T` for data sources."""
    kept |= {IDENTITY}
    found = list(_all(document, kept))
    layout = lay_out(
        document.configuration, ((one.planned.address, one.planned.place) for one in found if not one.planned.is_gone), document.variables
    )
    keys = only_keys(layout, document.configuration)
    resources: dict[tuple[str, bool], Planned] = {}
    for one in found:
        if label(one.planned.place) in kept and not one.planned.deposed:
            resources.setdefault((one.planned.address, one.planned.is_gone), _configured(one.planned, layout, keys))
    by_address = {address: planned for (address, gone), planned in resources.items() if not gone}
    by_type = grouped(resources.values(), lambda planned: label(planned.place))
    return Plan(
        document=document,
        prefix=prefix,
        counts=_counts(found),
        by_type=by_type,
        by_address=by_address,
        judged=frozenset(
            one.planned.address
            for one in found
            if one.standing != "prior" and (one.has_after or one.planned.is_let_go) and one.planned.place.mode == "managed"
        ),
        layout=layout,
        deposed=tuple(one.planned for one in found if one.planned.deposed and one.planned.was is not None),
        providers=read_providers(layout, document.configuration, _accounts(by_type.get(IDENTITY, ()))),
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


def _counts(found: list[_Found]) -> Counts:
    counted = [one for one in found if one.standing == "change"]
    managed = [one for one in counted if one.planned.place.mode == "managed"]
    return Counts(
        changes=len(counted),
        managed=len(managed),
        managed_after=sum(1 for one in managed if one.has_after),
        deleted=sum(1 for one in managed if one.planned.is_gone),
        data=len(counted) - len(managed),
    )


def _all(document: Document, kept: frozenset[str]) -> Iterator[_Found]:
    seen: set[tuple[str, str | None]] = set()
    before = {address for _, address, _ in _walk(document.prior)}
    placed: list[tuple[str, Address]] = []
    for number, entry in enumerate(document.changes or ()):
        placed.append(_placed(entry, entry.module_address))
        _once((placed[-1][0], entry.deposed), seen, document, f"resource_changes[{number}]")
    for number, (entry, (address, place)) in enumerate(zip(document.changes or (), placed, strict=True)):
        yield _changed(entry, address, place, f"{document.name}: resource_changes[{number}].change", kept)
    if not document.changes:
        is_state = document.kind == "state"
        for value in _walk(document.values):
            address = value[1]
            _once((address, None), seen, document, "values" if is_state else "planned_values")
            actions = ("no-op",) if is_state or address in before else ("create",)
            omits = None if is_state else UnknownReason.KNOWN_AFTER_APPLY
            yield _Found(_from_values(value, actions, omits, document, kept), standing="value", has_after=True)
    seen |= {(entry.previous_address, None) for entry in document.changes or () if entry.previous_address}
    for value in _walk(document.prior):
        # What a targeted plan leaves alone, and data sources read while planning, stand in the prior state only.
        if (value[1], None) not in seen:
            yield _Found(_from_values(value, ("no-op",), None, document, kept), standing="prior", has_after=True)


def _once(one: tuple[str, str | None], seen: set[tuple[str, str | None]], document: Document, where: str) -> None:
    """Refuse an address that is listed twice: which of the two is meant cannot be told, and judging one would pass over the other."""
    if one in seen:
        raise InputError(
            f"{document.name}: {where} lists {one[0][:200]!r} a second time, so the file was edited or put together from several\n"
            f"  {MEND}; several plans are given as several files"
        )
    seen.add(one)


def _walk(values: Values) -> Iterator[_Value]:
    """The current objects, each with its address and place."""
    for module in modules_of(values):
        for one in module.resources or ():
            if one.deposed_key is None:
                yield one, *_placed(one, module.address)


def _changed(entry: ChangeEntry, address: str, place: Address, where: str, kept: frozenset[str]) -> _Found:
    change: Change = decoded(entry.change, Change, where)
    is_kept = label(place) in kept and entry.deposed is None
    actions = tuple(change.actions or ()) or _guessed(change)
    value, unknown, sensitive = change.after, change.after_unknown, change.after_sensitive
    if value is None and is_kept and ("delete" in actions or "forget" in actions):
        value, unknown, sensitive = decoded(change.before, object, f"{where}.before"), None, change.before_sensitive
    root = Node(address, value, unknown, _sensitive(value, sensitive, change, where)) if is_kept else Node(address, None)
    is_changed = not set(actions) <= _UNTOUCHED or bool(entry.previous_address)
    was = _was(entry, change) if is_changed and label(place) in kept and _had(change) else None
    if entry.deposed is not None:
        address, actions = f"{address} (deposed {entry.deposed})", ("delete",)
    planned = Planned(address, place, actions, root, source=entry.provider_name or "", was=was, deposed=entry.deposed or "")
    return _Found(planned, standing="change", has_after=change.after is not None)


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
    return bytes(change.before).strip() not in _NULL


def _guessed(change: Change) -> tuple[str, ...]:
    """What happens, for a change that was cut short and has no actions."""
    had = _had(change)
    if change.after is None:
        return ("delete",) if had else ("no-op",)
    return ("update",) if had else ("create",)


def _from_values(found: _Value, actions: tuple[str, ...], omits: UnknownReason | None, document: Document, kept: frozenset[str]) -> Planned:
    one, address, place = found
    root = Node(address, None)
    if label(place) in kept:
        where = f"{document.name}: {address[:200]}"
        value, mask = decoded(one.values, object, f"{where}: values"), decoded(one.sensitive_values, object, f"{where}: sensitive_values")
        root = Node(address, {} if value is None else value, None, widened(value, mask), omits)
    return Planned(address, place, actions, root, source=one.provider_name or "")


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


def _configured(planned: Planned, layout: Layout, keys: Mapping[str, str]) -> Planned:
    block = layout.resource(planned.place)
    if block is None:
        key = keys.get(planned.source.rpartition("/")[2], "")
        return replace(planned, provider=key) if key else planned
    return replace(
        planned,
        root=replace(planned.root, _expression=block.expressions or {}),
        provider=block.provider_config_key or "",
        for_each=block.for_each_expression,
    )
