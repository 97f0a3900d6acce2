"""Which events trails and event data stores of a plan select, in the shape in which CloudTrail answers, and what of the estate that records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.selectors import recorded, records_management
from tierwise.connectors.terraform.aws import defaulted
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.stores import is_filled_in
from tierwise.model.fact import Known, Maybe, Unknown
from tierwise.model.resource import Link, Rel

Answer = dict[str, object]
_CLASSIC, _ADVANCED = "event_selector", "advanced_event_selector"
_OPERATORS: Final = {
    "equals": "Equals",
    "not_equals": "NotEquals",
    "starts_with": "StartsWith",
    "not_starts_with": "NotStartsWith",
    "ends_with": "EndsWith",
    "not_ends_with": "NotEndsWith",
}


def records_now(trail: Planned, on: Maybe[bool], answer: Maybe[Answer]) -> Maybe[bool]:
    """Whether management events are recorded: it is on, and its selectors leave them in."""
    if isinstance(on, Known) and not on.value:
        return on
    if isinstance(answer, Known) and not records_management(answer.value):
        return Known(False, answer.via)
    return next((one for one in (on, answer) if isinstance(one, Unknown)), Known(True, trail.root.via))


def record_links(trail: Planned, on: Maybe[bool], answer: Maybe[Answer], organisation: str) -> Iterator[Link]:
    """The links to what it records; `organisation` is the argument that makes it record for the whole organisation."""
    whole = defaulted(trail, organisation, False)
    if isinstance(whole, Unknown):
        yield Link(Rel.RECORDS, "", whole)
    elif whole.value:
        yield Link(Rel.RECORDS, "records:organisation")
    if isinstance(on, Known) and not on.value:
        return
    if isinstance(answer, Unknown):
        yield Link(Rel.RECORDS, "", answer)
        return
    targets = recorded(answer.value)
    if isinstance(on, Unknown):
        if targets:
            yield Link(Rel.RECORDS, "", on)
        return
    for target in targets:
        yield Link(Rel.RECORDS, target)


def answer_of(trail: Planned, *, classic: bool = True) -> Maybe[Answer]:
    """The selectors in the shape that CloudTrail answers with; unknown where one of them is.

    A selector of a bucket that is still to be made reads `"${bucket}/"` or `"${bucket}/prefix"`: which of them, the plan does not say.
    """
    found: Answer = {}
    for name, key in (*([(_CLASSIC, "EventSelectors")] if classic else []), (_ADVANCED, "AdvancedEventSelectors")):
        blocks = trail.root.blocks(name)
        if isinstance(blocks, Unknown):
            if not is_filled_in(trail, name, found=blocks):
                return blocks
            continue
        selectors = [_classic(block) if name == _CLASSIC else _advanced(block) for block in blocks.value]
        for one in selectors:
            if isinstance(one, Unknown):
                return one
        found[key] = [one.value for one in selectors if isinstance(one, Known)]
    return Known(found, trail.at(_CLASSIC if classic else _ADVANCED))


def _classic(block: Node) -> Maybe[dict[str, object]]:
    mode, management, blocks = block.text("read_write_type"), block.flag("include_management_events"), block.blocks("data_resource")
    for part in (mode, management, blocks):
        if isinstance(part, Unknown):
            return part
    resources: list[dict[str, object]] = []
    for one in blocks.value if isinstance(blocks, Known) else ():
        kind, values = one.text("type"), one.texts("values")
        if isinstance(kind, Unknown):
            return kind
        if isinstance(values, Unknown):
            return values
        if values.value.open is not None:
            return values.value.open
        resources.append({"Type": kind.value, "Values": list(values.value.known)})
    # Terraform AWS provider, event_selector: read_write_type is All and include_management_events true by default.
    kept = isinstance(management, Known) and management.value is not False
    written = mode.value if isinstance(mode, Known) and mode.value else "All"
    return Known({"ReadWriteType": written, "IncludeManagementEvents": kept, "DataResources": resources}, block.via)


def _advanced(block: Node) -> Maybe[dict[str, object]]:
    fields = block.blocks("field_selector")
    if isinstance(fields, Unknown):
        return fields
    selectors: list[dict[str, object]] = []
    for one in fields.value:
        name = one.text("field")
        if isinstance(name, Unknown):
            return name
        selector: dict[str, object] = {"Field": name.value}
        for argument, operator in _OPERATORS.items():
            values = one.texts(argument)
            if isinstance(values, Unknown):
                return values
            if values.value.open is not None:
                return values.value.open
            if values.value.known:
                selector[operator] = list(values.value.known)
        selectors.append(selector)
    return Known({"FieldSelectors": selectors}, block.via)
