"""Events held to the official OCSF schema, which the package `ocsf-json-schema` carries; nothing of it is copied here."""

from __future__ import annotations

import json
from functools import cache

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

CLASSES = {2003: "compliance_finding", 2006: "data_security_finding"}


@cache
def schema() -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))


@cache
def validator(class_uid: int, profiles: tuple[str, ...]) -> Draft202012Validator:
    return Draft202012Validator(schema().get_class_schema(class_name=CLASSES[class_uid], profiles=list(profiles)))


def problems(lines: bytes) -> list[str]:
    """What the schema has against any of the events, by the class and profiles that it names."""
    found = []
    for line in lines.splitlines():
        event = json.loads(line)
        held = validator(event["class_uid"], tuple(event["metadata"]["profiles"]))
        found += [f"{event['class_uid']} {error.json_path}: {error.message[:200]}" for error in held.iter_errors(event)]
    return found
