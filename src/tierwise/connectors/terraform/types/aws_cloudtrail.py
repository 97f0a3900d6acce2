"""CloudTrail trails: whether they record, what, where they deliver and under which key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.selectors import Answer, answer_of, record_links, records_now
from tierwise.connectors.terraform.stores import key_links
from tierwise.model.fact import FactSheet, Maybe
from tierwise.model.resource import Kind, Link, Rel, Resource

TRAIL: Final = "aws_cloudtrail"


def convert(trail: Planned, plan: Plan) -> Resource:
    """A planned trail."""
    sheet = FactSheet()
    on = defaulted(trail, "enable_logging", True)
    answer = answer_of(trail)
    sheet.put("logging.control_plane", records_now(trail, on, answer))
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


def _links(trail: Planned, plan: Plan, on: Maybe[bool], answer: Maybe[Answer]) -> Iterator[Link]:
    yield from plan.links(Rel.LOGS_TO, trail, trail.root, ("s3_bucket_name",), {"aws_s3_bucket"})
    for link in plan.links(Rel.LOGS_TO, trail, trail.root, ("cloud_watch_logs_group_arn",), {"aws_cloudwatch_log_group"}):
        yield Link(link.rel, link.to.removesuffix(":*"), link.unknown)
    yield from key_links(plan, trail, ("kms_key_id",))
    yield from record_links(trail, on, answer, "is_organization_trail")


CONVERTER = Converter(frozenset({TRAIL}), convert, reads=KEY_TYPES)
