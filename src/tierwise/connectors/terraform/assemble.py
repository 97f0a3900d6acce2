"""Makes a `Plan` of a document: decodes one change at a time and keeps the values of the types that someone looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from tierwise.connectors.terraform.address import Address, parse_address, parse_module
from tierwise.connectors.terraform.document import Document, decoded
from tierwise.connectors.terraform.layout import Layout, lay_out
from tierwise.connectors.terraform.plan import Counts, Plan, grouped
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.providers import read_providers
from tierwise.connectors.terraform.shapes import Change, ChangeEntry, Values, ValuesModule, ValuesResource
from tierwise.model.fact import Known

_NULL: Final = (b"null", b"{}", b"")
_IDENTITY: Final = "data.aws_caller_identity"


@dataclass(frozen=True, slots=True)
class _Found:
    """One resource with what happens to it; without values where nobody looks at them."""

    planned: Planned
    standing: Literal["change", "value", "prior"]
    """Whether it stands in `resource_changes`, in the planned or the state's values, or in the state before the plan only."""
    has_after: bool


def assemble(document: Document, prefix: str, kept: frozenset[str]) -> Plan:
    """The plan of a document; `kept` are the types whose values are needed, `data.T` for data sources."""
    kept |= {_IDENTITY}
    found = list(_all(document, kept))
    layout = lay_out(
        document.configuration, ((one.planned.address, one.planned.place) for one in found if not one.planned.is_gone), document.variables
    )
    resources: dict[tuple[str, bool], Planned] = {}
    for one in found:
        if label(one.planned.place) in kept:
            resources.setdefault((one.planned.address, one.planned.is_gone), _configured(one.planned, layout))
    by_address = {address: planned for (address, gone), planned in resources.items() if not gone}
    by_type = grouped(resources.values(), lambda planned: label(planned.place))
    return Plan(
        document=document,
        prefix=prefix,
        counts=_counts(found),
        by_type=by_type,
        by_address=by_address,
        judged=frozenset(
            one.planned.address for one in found if one.standing != "prior" and one.has_after and one.planned.place.mode == "managed"
        ),
        layout=layout,
        providers=read_providers(layout, document.configuration, _accounts(by_type.get(_IDENTITY, ()))),
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
    seen: set[str] = set()
    before = {one.address for one in _walk(document.prior)}
    if document.changes is not None:
        for number, entry in enumerate(document.changes):
            found = _changed(entry, f"{document.name}: resource_changes[{number}].change", kept)
            seen.add(entry.address)
            yield found
    if not document.changes:
        for value in _walk(document.values):
            if value.deposed_key is None:
                seen.add(value.address)
                is_state = document.kind == "state"
                actions = ("no-op",) if is_state or value.address in before else ("create",)
                yield _Found(_from_values(value, actions, marked=is_state), standing="value", has_after=True)
    for value in _walk(document.prior):
        # What a targeted plan leaves alone, and data sources read while planning, stand in the prior state only.
        if value.address not in seen and value.deposed_key is None:
            yield _Found(_from_values(value, ("no-op",), marked=True), standing="prior", has_after=True)


def _walk(values: Values) -> Iterator[ValuesResource]:
    waiting: list[ValuesModule] = [values.root_module or ValuesModule()]
    while waiting:
        module = waiting.pop()
        yield from module.resources or ()
        waiting.extend(reversed(module.child_modules or []))


def _changed(entry: ChangeEntry, where: str, kept: frozenset[str]) -> _Found:
    place = _place(entry)
    change: Change = decoded(entry.change, Change, where)
    is_kept = label(place) in kept and entry.deposed is None
    actions = tuple(change.actions or ()) or _guessed(change)
    value, unknown, sensitive = change.after, change.after_unknown, change.after_sensitive
    if value is None and is_kept and ("delete" in actions or "forget" in actions):
        value, unknown, sensitive = decoded(change.before, object, f"{where}.before"), None, change.before_sensitive
    root = Node(entry.address, value, unknown, sensitive) if is_kept else Node(entry.address, None)
    actions = ("delete",) if entry.deposed is not None else actions
    planned = Planned(entry.address, place, actions, root, source=entry.provider_name or "")
    return _Found(planned, standing="change", has_after=change.after is not None)


def _guessed(change: Change) -> tuple[str, ...]:
    """What happens, for a change that was cut short and has no actions."""
    had = bytes(change.before).strip() not in _NULL
    if change.after is None:
        return ("delete",) if had else ("no-op",)
    return ("update",) if had else ("create",)


def _from_values(value: ValuesResource, actions: tuple[str, ...], *, marked: bool) -> Planned:
    root = Node(value.address, value.values if value.values is not None else {}, None, value.sensitive_values, marked)
    return Planned(value.address, _place(value), actions, root, source=value.provider_name or "")


def _place(entry: ChangeEntry | ValuesResource) -> Address:
    try:
        return parse_address(entry.address)
    except ValueError:
        pass
    try:
        module = parse_module((entry.module_address if isinstance(entry, ChangeEntry) else None) or "")
    except ValueError:
        module = ()
    index = int(entry.index) if isinstance(entry.index, float) else entry.index
    return Address(module, entry.mode or "managed", entry.type or "", entry.name or "", index)


def _configured(planned: Planned, layout: Layout) -> Planned:
    block = layout.resource(planned.place)
    if block is None:
        return planned
    return replace(
        planned,
        root=replace(planned.root, _expression=block.expressions or {}),
        provider=block.provider_config_key or "",
        for_each=block.for_each_expression,
    )
