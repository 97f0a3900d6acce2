"""CloudTrail trails: whether they record, what, where they deliver and under which key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.access.selectors import recorded, records_management
from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Node, Planned
from tierwise.connectors.terraform.stores import is_filled_in, key_links
from tierwise.model.fact import FactSheet, Known, Maybe, Unknown
from tierwise.model.resource import Kind, Link, Rel, Resource

TRAIL: Final = "aws_cloudtrail"
_CLASSIC, _ADVANCED = "event_selector", "advanced_event_selector"
_OPERATORS: Final = {
    "equals": "Equals",
    "not_equals": "NotEquals",
    "starts_with": "StartsWith",
    "not_starts_with": "NotStartsWith",
    "ends_with": "EndsWith",
    "not_ends_with": "NotEndsWith",
}


def convert(trail: Planned, plan: Plan) -> Resource:
    """A planned trail."""
    sheet = FactSheet()
    on = defaulted(trail, "enable_logging", True)
    answer = _answer(trail)
    sheet.put("logging.control_plane", _control_plane(trail, on, answer))
    sheet.put("logging.all_regions", defaulted(trail, "is_multi_region_trail", False))
    sheet.put("logging.integrity_validated", defaulted(trail, "enable_log_file_validation", False))
    name = text_or(trail.root, "name")
    return plan.resource(
        trail,
        Kind.AUDIT_TRAIL,
        name or trail.place.name,
        sheet.facts,
        links=_links(trail, plan, on, answer),
        aliases=(text_or(trail.root, "arn"), name),
    )


def _control_plane(trail: Planned, on: Maybe[bool], answer: Maybe[dict[str, object]]) -> Maybe[bool]:
    if isinstance(on, Known) and not on.value:
        return on
    if isinstance(answer, Known) and not records_management(answer.value):
        return Known(False, answer.via)
    return next((one for one in (on, answer) if isinstance(one, Unknown)), Known(True, trail.at("enable_logging")))


def _links(trail: Planned, plan: Plan, on: Maybe[bool], answer: Maybe[dict[str, object]]) -> Iterator[Link]:
    yield from plan.links(Rel.LOGS_TO, trail, trail.root, ("s3_bucket_name",), {"aws_s3_bucket"})
    for link in plan.links(Rel.LOGS_TO, trail, trail.root, ("cloud_watch_logs_group_arn",), {"aws_cloudwatch_log_group"}):
        yield Link(link.rel, link.to.removesuffix(":*"), link.unknown)
    yield from key_links(plan, trail, ("kms_key_id",))
    whole = defaulted(trail, "is_organization_trail", False)
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


def _answer(trail: Planned) -> Maybe[dict[str, object]]:
    """The selectors in the shape that CloudTrail answers with; unknown where one of them is.

    A selector of a bucket that is still to be made reads `"${bucket}/"` or `"${bucket}/prefix"`: which of them, the plan does not say.
    """
    found: dict[str, object] = {}
    for name, key in ((_CLASSIC, "EventSelectors"), (_ADVANCED, "AdvancedEventSelectors")):
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
    return Known(found, trail.at(_CLASSIC))


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


CONVERTER = Converter(frozenset({TRAIL}), convert, reads=KEY_TYPES)
