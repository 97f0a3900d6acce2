"""Walks the SDK's own service model, so that a misspelt response field cannot pass for `not configured`."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def missing_field(service: str, operation: str, path: str) -> str:
    """An empty string, or what part of a dotted path the operation's response does not have; lists are stepped into."""
    shape = _model(service).operation_model(operation).output_shape
    for name in path.split("."):
        while shape.type_name == "list":
            shape = shape.member
        if shape.type_name != "structure" or name not in shape.members:
            return f"{service}:{operation} has no {name!r} in {path!r}"
        shape = shape.members[name]
    return ""
