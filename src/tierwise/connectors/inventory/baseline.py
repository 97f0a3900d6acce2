"""Reads and writes `tierwise/baseline/1`, and reads a scan's JSON or JSON Lines as a baseline; InputError where one is not whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from tierwise.errors import InputError
from tierwise.model.baseline import Baseline, Standing
from tierwise.model.codec import INVENTORY_SCHEMA, SCAN_SCHEMA
from tierwise.model.coverage import Coverage
from tierwise.model.finding import Verdict
from tierwise.model.profile import GatePolicy
from tierwise.model.sensitivity import Tier
from tierwise.model.words import count

BASELINE_SCHEMA: Final = "tierwise/baseline/1"
_OPEN: Final = frozenset({Verdict.FAIL.value, Verdict.UNKNOWN.value})
_HINT: Final = "write one with 'tierwise scan ... --save-baseline FILE'"


def baseline_lines(baseline: Baseline) -> Iterator[bytes]:
    """The file: one line a finding, sorted, without times, so that versions of it differ where findings do."""
    rows = sorted((one.resource, one.control, print_, one) for print_, one in baseline.standing.items())
    head = {"schema": BASELINE_SCHEMA, "profile": baseline.profile}
    yield msgspec.json.encode(head)[:-1] + b',\n"controls":{\n'
    yield b",\n".join(msgspec.json.encode(one) + b":" + msgspec.json.encode(baseline.controls[one]) for one in sorted(baseline.controls))
    yield b'\n},\n"findings":[\n'
    yield b",\n".join(msgspec.json.encode(_row(print_, one)) for _, _, print_, one in rows)
    yield b"\n]}\n"


def _row(print_: str, one: Standing) -> dict[str, str]:
    return {
        "fingerprint": print_,
        "control": one.control,
        "resource": one.resource,
        "verdict": one.verdict.value,
        "tier": one.tier.name,
    }


def is_inventory(raw: bytes) -> bool:
    """Whether the text is a saved inventory, which holds no findings until it is judged."""
    try:
        head = msgspec.json.decode(raw.lstrip()[:4096].split(b"\n", 1)[0])
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(head, dict) and head.get("schema") == INVENTORY_SCHEMA


def read_baseline(raw: bytes, name: str, policy: GatePolicy) -> Baseline:
    """The baseline of a text: `tierwise/baseline/1`, or a scan in one of its two forms, which must have seen enough."""
    if not raw.strip():
        raise InputError(f"{name}: the baseline is empty; {_HINT}")
    try:
        document, whole = _document(raw)
        schema = document.get("schema")
        if schema == SCAN_SCHEMA:
            _seen(document, name, policy, whole=whole)
        elif schema != BASELINE_SCHEMA:
            raise InputError(f"{name}: no baseline: its schema is {schema!r}, not {BASELINE_SCHEMA!r} or {SCAN_SCHEMA!r}; {_HINT}")
        return _baseline(document, name)
    except (msgspec.DecodeError, RecursionError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"missing {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{name}: no baseline, or one that is cut short: {reason}; {_HINT}") from None


def _document(raw: bytes) -> tuple[dict[str, Any], bool]:
    """The document, put together where it stands in lines; and whether its last line says that it is whole."""
    first, _, rest = raw.lstrip().partition(b"\n")
    try:
        head = msgspec.json.decode(first)
    except msgspec.DecodeError:
        head = None
    if not isinstance(head, dict) or head.get("schema") != SCAN_SCHEMA or "findings" in head:
        document = msgspec.json.decode(raw)
        if not isinstance(document, dict):
            raise TypeError("it holds no JSON object")
        return document, True
    lines = [msgspec.json.decode(line) for line in rest.splitlines() if line.strip()]
    end = lines[-1].get("end") if lines else None
    parts = {many: [line[one] for line in lines if one in line] for one, many in (("finding", "findings"), ("gap", "gaps"))}
    whole = isinstance(end, dict) and all(end.get(many) == len(found) for many, found in parts.items())
    return {**head, **parts}, whole


def _seen(document: Mapping[str, Any], name: str, policy: GatePolicy, *, whole: bool) -> None:
    """Refuses a scan that was cut short, that saw too little, or that was written with some verdicts left out."""
    counts = {verdict: sum(one["verdict"] == verdict for one in document["findings"]) for verdict in _OPEN}
    if not whole or any(counts[verdict] != document["summary"]["verdicts"][verdict] for verdict in _OPEN):
        raise InputError(f"{name}: the scan is not whole: some of its findings are not in the file (cut short, or --findings); {_HINT}")
    gaps = [one for one in document["gaps"] if not one["expected"]]
    if gaps:
        places = ", ".join(sorted({f"{one['service']} in {one['account']}/{one['region'] or 'global'}" for one in gaps})[:3])
        raise InputError(
            f"{name}: the scan is incomplete: {count(len(gaps), 'listing')} failed ({places}); scan again with the permissions that it names"
        )
    by_tier = document["summary"].get("coverage_by_tier", {})
    coverage = Coverage(document["summary"]["coverage"], {Tier[name]: share for name, share in by_tier.items()})
    short = list(coverage.under(policy.min_coverage))
    if short or document["gate"]["result"] == "incomplete":
        because = "; ".join(short) or "its gate says so"
        raise InputError(f"{name}: the scan is incomplete: {because}; scan again, 'tierwise doctor' says what is denied")
    if "controls" not in document["run"]:
        raise InputError(f"{name}: the scan does not say which controls judged it (an older tierwise wrote it); {_HINT}")


def _baseline(document: Mapping[str, Any], name: str) -> Baseline:
    run = document.get("run", document)
    return Baseline(
        name,
        str(run["profile"]),
        {str(control): str(digest) for control, digest in run["controls"].items()},
        dict(_standing(document["findings"])),
    )


def _standing(findings: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Standing]]:
    for one in findings:
        if one["verdict"] in _OPEN and not one.get("accepted"):
            yield str(one["fingerprint"]), Standing(str(one["control"]), str(one["resource"]), Verdict(one["verdict"]), Tier[one["tier"]])
