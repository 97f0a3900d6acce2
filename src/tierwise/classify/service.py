"""To which service a store belongs, as far as declarations and names tell: what people are asked about, and what a record of processing lists."""

from __future__ import annotations

from typing import Final

from tierwise.model.fact import Known
from tierwise.model.register import plain_word
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification

KEYS: Final = (
    "service", "servicename", "application", "applicationname", "app", "product", "system", "workload", "component", "project", "programme",
)  # fmt: skip
"""Tags that name a service, by plain spelling, those that say it best first (DOMAIN section 2.1 has what departments write)."""


def service_tag(resource: Resource) -> tuple[str, str] | None:
    """The tag that names its service; None where none does, or tags could not be read."""
    if not isinstance(resource.tags, Known):
        return None
    named = {plain_word(key): (key, value) for key, value in resource.tags.value.items() if plain_word(value)}
    return next((named[key] for key in KEYS if key in named), None)


def service_of(resource: Resource, one: Classification) -> str:
    """The dataset of the register to which it belongs, else the service that a tag names, else itself."""
    tag = service_tag(resource)
    return one.dataset or (tag[1] if tag is not None else "") or resource.name or resource.id
