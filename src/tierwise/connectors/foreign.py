"""Reads findings that other tools export: OCSF (Prowler, Security Hub), AWS Security Finding Format, SARIF; each finding is decoded on its own.

- OCSF: an array, or an event a line. Prowler writes Detection Findings (2004) with its verdict as `status_code` (prowler/lib/outputs/ocsf/ocsf.py).
- ASFF: `Findings` of `aws securityhub get-findings`, `detail.findings` of EventBridge, an array, or a finding a line; names and values as in the
  service model of `securityhub` that botocore carries.
- SARIF 2.1.0: `runs`; severity is GitHub's `security-severity` of the rule, else the level.
"""

from __future__ import annotations

import mmap
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from tierwise.errors import InputError
from tierwise.model.control import Severity
from tierwise.model.foreign import Foreign, Reference, Standing

MOST_BYTES: Final = 1 << 30
STDIN: Final = "-"
_MAPPED: Final = 1 << 20
_LONGEST: Final = 2_000
_HELP: Final = "it takes OCSF (prowler --output-formats json-ocsf), findings of AWS Security Hub (aws securityhub get-findings) and SARIF"
_BLANK: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*")
_BAD: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_Buffer: TypeAlias = bytes | mmap.mmap
_UNREADABLE: Final = Foreign("", "", "", None, Standing.OPEN, (), readable=False)
_OCSF_SEVERITY: Final = {
    1: Severity.INFO,
    2: Severity.LOW,
    3: Severity.MEDIUM,
    4: Severity.HIGH,
    5: Severity.CRITICAL,
    6: Severity.CRITICAL,
}
_ASFF_SEVERITY: Final = {
    "INFORMATIONAL": Severity.INFO,
    "LOW": Severity.LOW,
    "MEDIUM": Severity.MEDIUM,
    "HIGH": Severity.HIGH,
    "CRITICAL": Severity.CRITICAL,
}
_SARIF_LEVEL: Final = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.INFO}
_SARIF_KIND: Final = {
    "pass": Standing.MET,
    "notApplicable": Standing.MET,
    "informational": Standing.MET,
    "open": Standing.UNKNOWN,
    "review": Standing.UNKNOWN,
}


def read_foreign(path: Path) -> Iterator[Foreign]:
    """The findings of a file, or of stdin for `-`, one after the other; InputError where the file is none that is understood."""
    raw = _bytes(path)
    start = _BLANK.match(raw)
    at = start.end() if start else 0
    first = raw[at : at + 1]
    if first == b"[":
        yield from _each(_decoded(raw, at, list[msgspec.Raw], path), path)
    elif first == b"{":
        try:
            top = msgspec.json.decode(memoryview(raw)[at:], type=dict[str, msgspec.Raw])
        except _BAD:
            yield from _each(_lines(raw, at), path)
        else:
            yield from _document(top, memoryview(raw)[at:], path)
    else:
        raise InputError(f"{path}: {'the file is empty' if not first else 'is no JSON'}; {_HELP}")


def _bytes(path: Path) -> _Buffer:
    try:
        if str(path) == STDIN:
            raw: _Buffer = sys.stdin.buffer.read(MOST_BYTES + 1)
            size = len(raw)
        else:
            with path.open("rb") as stream:
                size = path.stat().st_size
                raw = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if _MAPPED <= size <= MOST_BYTES else stream.read(_MAPPED)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or type(error).__name__})") from None
    if size > MOST_BYTES:
        raise InputError(f"{path}: is larger than {MOST_BYTES >> 20} MiB; export it in parts, and give them all")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return raw[:].decode("utf-16").encode()
        except UnicodeDecodeError:
            raise InputError(f"{path}: is not whole UTF-16 text") from None
    return raw


def _decoded(raw: _Buffer, at: int, kind: Any, path: Path) -> Any:
    try:
        return msgspec.json.decode(memoryview(raw)[at:], type=kind)
    except _BAD:
        # What the error says may quote the file.
        raise InputError(f"{path}: is no whole JSON: it is broken or cut short; {_HELP}") from None


def _lines(raw: _Buffer, at: int) -> Iterator[memoryview]:
    view = memoryview(raw)
    while at < len(raw):
        end = raw.find(b"\n", at)
        end = len(raw) if end < 0 else end
        if raw[at:end].strip():
            yield view[at:end]
        at = end + 1


def _document(top: Mapping[str, msgspec.Raw], whole: memoryview, path: Path) -> Iterator[Foreign]:
    """A document of one object: a log, an export, an event, or a single finding."""
    if "runs" in top:
        for run in _part(top["runs"], list[msgspec.Raw], path):
            yield from _sarif(_part(run, dict[str, msgspec.Raw], path), path)
    elif "Findings" in top:
        yield from _each(_part(top["Findings"], list[msgspec.Raw], path), path)
    elif "detail" in top:
        yield from _each(_part(_part(top["detail"], dict[str, msgspec.Raw], path).get("findings", b"[]"), list[msgspec.Raw], path), path)
    else:
        yield from _each([whole], path)


def _part(raw: msgspec.Raw | bytes, kind: Any, path: Path) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except _BAD:
        raise InputError(f"{path}: is not made as such files are; {_HELP}") from None


def _each(slices: Iterator[memoryview] | Sequence[msgspec.Raw | memoryview], path: Path) -> Iterator[Foreign]:
    """Each finding; one that is none is kept as that, but the first, which tells what the file is."""
    for number, one in enumerate(slices):
        found = _finding(one)
        if found is _UNREADABLE and not number:
            raise InputError(f"{path}: holds no findings that are understood; {_HELP}")
        yield found


def _finding(raw: msgspec.Raw | memoryview) -> Foreign:
    try:
        one = msgspec.json.decode(raw)
    except _BAD:
        return _UNREADABLE
    if not isinstance(one, dict):
        return _UNREADABLE
    if "class_uid" in one:
        return _ocsf(one)
    if "AwsAccountId" in one and "Resources" in one:
        return _asff(one)
    return _UNREADABLE


def _at(value: Any, *path: str) -> Any:
    """What stands at the end of a path of names; None where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    """A text of bounded length; numbers as text; empty for anything else."""
    if isinstance(value, str):
        return value[:_LONGEST]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _items(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _hashed(known: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping has for a value of whatever type."""
    return known.get(key) if isinstance(key, str | int) else None


def _ocsf(one: dict[str, Any]) -> Foreign:
    account, region = _text(_at(one, "cloud", "account", "uid")), _text(_at(one, "cloud", "region"))
    named = _items(one.get("resources")) or _items([one.get("resource")])
    return Foreign(
        _text(_at(one, "metadata", "product", "name")) or "OCSF",
        _text(_at(one, "metadata", "event_code"))
        or _text(_at(one, "finding_info", "analytic", "uid"))
        or _text(_at(one, "compliance", "control")),
        _text(_at(one, "finding_info", "title")) or _text(one.get("message")),
        _hashed(_OCSF_SEVERITY, one.get("severity_id")),
        _ocsf_standing(one),
        tuple(Reference(_text(each.get("uid")), _text(each.get("name")), account, _text(each.get("region")) or region) for each in named),
    )


def _ocsf_standing(one: dict[str, Any]) -> Standing:
    """`status_id`: 3 suppressed, 4 resolved, 5 archived, 6 deleted. `compliance.status_id`: 0 unknown, 1 pass, 3 fail, 99 other; Prowler's verdict is `status_code`."""
    if _hashed({3: True, 4: True, 5: True, 6: True}, one.get("status_id")):
        return Standing.SUPPRESSED
    verdict = _text(one.get("status_code")).upper()
    compliance = _at(one, "compliance", "status_id")
    if verdict == "PASS" or _hashed({1: True, 99: True}, compliance):
        return Standing.MET
    return Standing.UNKNOWN if verdict == "MANUAL" or (compliance == 0 and verdict != "FAIL") else Standing.OPEN


def _asff(one: dict[str, Any]) -> Foreign:
    account, region = _text(one.get("AwsAccountId")), _text(one.get("Region"))
    return Foreign(
        _text(one.get("ProductName")) or _text(one.get("CompanyName")) or "Security Hub",
        _text(_at(one, "Compliance", "SecurityControlId")) or _text(one.get("GeneratorId")),
        _text(one.get("Title")),
        _asff_severity(_at(one, "Severity")),
        _asff_standing(one),
        tuple(Reference(_text(each.get("Id")), "", account, _text(each.get("Region")) or region) for each in _items(one.get("Resources"))),
    )


def _asff_severity(severity: Any) -> Severity | None:
    """Its label, else what the service makes of `Normalized`: 0 informational, up to 39 low, up to 69 medium, up to 89 high."""
    label = _ASFF_SEVERITY.get(_text(_at(severity, "Label")))
    number = _at(severity, "Normalized")
    if label is not None or not isinstance(number, int | float):
        return label
    floors = ((90, Severity.CRITICAL), (70, Severity.HIGH), (40, Severity.MEDIUM), (1, Severity.LOW))
    return next((found for floor, found in floors if number >= floor), Severity.INFO)


def _asff_standing(one: dict[str, Any]) -> Standing:
    if one.get("RecordState") == "ARCHIVED" or _at(one, "Workflow", "Status") in ("RESOLVED", "SUPPRESSED"):
        return Standing.SUPPRESSED
    match _at(one, "Compliance", "Status"):
        case "PASSED":
            return Standing.MET
        case "NOT_AVAILABLE" | "WARNING":
            return Standing.UNKNOWN
        case _:
            return Standing.OPEN


def _sarif(run: Mapping[str, msgspec.Raw], path: Path) -> Iterator[Foreign]:
    driver = _at(_part(run.get("tool", b"{}"), Any, path), "driver")
    rules = _items(_at(driver, "rules"))
    by_id = {_text(one.get("id")): one for one in rules}
    tool = _text(_at(driver, "name")) or "SARIF"
    for raw in _part(run.get("results", b"[]"), list[msgspec.Raw] | None, path) or ():
        try:
            one = msgspec.json.decode(raw)
        except _BAD:
            one = None
        if not isinstance(one, dict):
            yield _UNREADABLE
            continue
        number = one.get("ruleIndex")
        indexed = rules[number] if isinstance(number, int) and 0 <= number < len(rules) else {}
        check = _text(one.get("ruleId")) or _text(_at(one, "rule", "id")) or _text(indexed.get("id"))
        yield _result(one, tool, check, by_id.get(check, indexed))


def _result(one: dict[str, Any], tool: str, check: str, rule: dict[str, Any]) -> Foreign:
    title = _text(_at(rule, "shortDescription", "text")) or _text(_at(one, "message", "text"))
    standing = _hashed(_SARIF_KIND, one.get("kind")) or Standing.OPEN
    if one.get("baselineState") == "absent":
        standing = Standing.MET
    if any(each.get("status", "accepted") == "accepted" for each in _items(one.get("suppressions"))):
        standing = Standing.SUPPRESSED
    return Foreign(tool, check, title, _sarif_severity(one, rule), standing, tuple(_places(one)))


def _sarif_severity(one: dict[str, Any], rule: dict[str, Any]) -> Severity | None:
    try:
        score = float(_text(_at(rule, "properties", "security-severity")))
    except ValueError:
        level = one.get("level") or _at(rule, "defaultConfiguration", "level") or "warning"
        return _SARIF_LEVEL.get(_text(level))
    floors = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
    return next((severity for floor, severity in floors if score >= floor), Severity.INFO)


def _places(one: dict[str, Any]) -> Iterator[Reference]:
    """What a result is about: a logical name where it has one, and where it stands."""
    for place in _items(one.get("locations")):
        uri, line = _text(_at(place, "physicalLocation", "artifactLocation", "uri")), _at(place, "physicalLocation", "region", "startLine")
        at = line if isinstance(line, int) and not isinstance(line, bool) else 0
        names = [_text(each.get("fullyQualifiedName")) or _text(each.get("name")) for each in _items(place.get("logicalLocations"))]
        for name in [each for each in names if each] or [""]:
            yield Reference(name, path=uri, line=at)
