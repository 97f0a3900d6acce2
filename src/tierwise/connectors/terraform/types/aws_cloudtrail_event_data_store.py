"""CloudTrail Lake's event data stores: trails that keep their events themselves."""

from __future__ import annotations

from typing import Final

from tierwise.connectors.terraform.aws import KEY_TYPES, defaulted, text_or
from tierwise.connectors.terraform.converter import Converter
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned
from tierwise.connectors.terraform.selectors import answer_of, record_links, records_now
from tierwise.connectors.terraform.stores import key_links, mapped
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Kind, Resource

STORE: Final = "aws_cloudtrail_event_data_store"


def convert(store: Planned, plan: Plan) -> Resource:
    """A planned event data store; without selectors it records management events (CloudTrail API Reference, CreateEventDataStore)."""
    sheet = FactSheet()
    on = mapped(defaulted(store, "suspend", False), lambda value: not value)
    answer = answer_of(store, classic=False)
    sheet.put("logging.control_plane", records_now(store, on, answer))
    sheet.put("logging.all_regions", defaulted(store, "multi_region_enabled", True))
    sheet.constant(
        "logging.integrity_validated", True, "CloudTrail User Guide, CloudTrail Lake: event data stores are immutable collections of events"
    )
    name = text_or(store.root, "name")
    return plan.resource(
        store,
        Kind.AUDIT_TRAIL,
        name or store.place.name,
        sheet.facts,
        links=(*key_links(plan, store, ("kms_key_id",)), *record_links(store, on, answer, "organization_enabled")),
        aliases=(text_or(store.root, "arn"), name),
    )


CONVERTER = Converter(frozenset({STORE}), convert, reads=KEY_TYPES)
