"""Findings of other tools: each format in each way that it is written, verdicts and severities in our words, and broken input without a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tierwise.connectors.foreign import read_foreign
from tierwise.errors import InputError
from tierwise.model.control import Severity
from tierwise.model.foreign import Foreign, Reference, Standing

OCSF: dict[str, Any] = {
    "class_uid": 2004,
    "severity_id": 5,
    "status_id": 1,
    "status_code": "FAIL",
    "finding_info": {"title": "Bucket is public", "uid": "x"},
    "metadata": {"event_code": "s3_bucket_public", "product": {"name": "Prowler"}, "version": "1.5.0"},
    "cloud": {"provider": "aws", "account": {"uid": "123456789012"}, "region": "eu-west-2"},
    "resources": [{"uid": "arn:aws:s3:::patients", "name": "patients", "region": "eu-west-1"}],
}
ASFF: dict[str, Any] = {
    "SchemaVersion": "2018-10-08",
    "AwsAccountId": "123456789012",
    "Region": "eu-west-2",
    "ProductName": "Security Hub",
    "GeneratorId": "security-control/S3.1",
    "Title": "S3 block public access",
    "Severity": {"Label": "HIGH"},
    "Compliance": {"Status": "FAILED", "SecurityControlId": "S3.1"},
    "Workflow": {"Status": "NEW"},
    "RecordState": "ACTIVE",
    "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::patients"}],
}
RESULT: dict[str, Any] = {
    "ruleId": "CKV_AWS_20",
    "level": "error",
    "message": {"text": "said"},
    "locations": [
        {
            "physicalLocation": {"artifactLocation": {"uri": "infra/main.tf"}, "region": {"startLine": 7}},
            "logicalLocations": [{"fullyQualifiedName": "aws_s3_bucket.records"}],
        }
    ],
}


def sarif(*results: dict[str, Any], **rule: Any) -> dict[str, Any]:
    driver = {"name": "checkov", "rules": [{"id": "CKV_AWS_20", "shortDescription": {"text": "public"}, **rule}]}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results)}]}


def read(tmp_path: Path, text: str | bytes | dict[str, Any] | list[Any]) -> list[Foreign]:
    path = tmp_path / "findings.json"
    path.write_bytes(text if isinstance(text, bytes) else (text if isinstance(text, str) else json.dumps(text)).encode())
    return list(read_foreign(path))


PROWLER = Foreign(
    "Prowler", "s3_bucket_public", "Bucket is public", Severity.CRITICAL, Standing.OPEN,
    (Reference("arn:aws:s3:::patients", "patients", "123456789012", "eu-west-1"),),
)  # fmt: skip
HUB = Foreign(
    "Security Hub", "S3.1", "S3 block public access", Severity.HIGH, Standing.OPEN,
    (Reference("arn:aws:s3:::patients", "", "123456789012", "eu-west-2"),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ([OCSF, OCSF], [PROWLER, PROWLER]),
        (f"{json.dumps(OCSF)}\n\n{json.dumps(OCSF)}\n", [PROWLER, PROWLER]),
        (OCSF, [PROWLER]),
        (json.dumps([OCSF], indent=4), [PROWLER]),
        (json.dumps([OCSF]).encode("utf-8-sig"), [PROWLER]),
        (json.dumps([OCSF]).encode("utf-16"), [PROWLER]),
        ({"Findings": [ASFF]}, [HUB]),
        ([ASFF], [HUB]),
        (ASFF, [HUB]),
        ({"detail-type": "x", "detail": {"findings": [ASFF]}}, [HUB]),
        (f"{json.dumps(ASFF)}\n{json.dumps(OCSF)}", [HUB, PROWLER]),
        ([], []),
        ({"Findings": []}, []),
    ],
)
def test_each_way_in_which_tools_write_is_read(tmp_path, text, found):
    assert read(tmp_path, text) == found


def test_a_result_of_sarif_is_about_its_logical_name_and_its_place(tmp_path):
    (one,) = read(tmp_path, sarif(RESULT))
    place = Reference("aws_s3_bucket.records", path="infra/main.tf", line=7)
    assert one == Foreign("checkov", "CKV_AWS_20", "public", Severity.HIGH, Standing.OPEN, (place,))


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({}, Standing.OPEN),
        ({"status_code": "PASS"}, Standing.MET),
        ({"status_code": "MANUAL"}, Standing.UNKNOWN),
        ({"status_id": 3}, Standing.SUPPRESSED),
        ({"status_id": 4}, Standing.SUPPRESSED),
        ({"status_code": None, "compliance": {"status_id": 1}}, Standing.MET),
        ({"status_code": None, "compliance": {"status_id": 3}}, Standing.OPEN),
        ({"status_code": None, "compliance": {"status_id": 0}}, Standing.UNKNOWN),
        ({"status_code": None, "compliance": {"status_id": 99}}, Standing.MET),
        ({"status_id": {}, "compliance": []}, Standing.OPEN),
    ],
)
def test_how_an_event_of_ocsf_stands(tmp_path, changes, standing):
    assert read(tmp_path, [OCSF | changes])[0].standing is standing


@pytest.mark.parametrize(
    ("changes", "standing", "severity"),
    [
        ({"Compliance": {"Status": "PASSED"}}, Standing.MET, Severity.HIGH),
        ({"Compliance": {"Status": "NOT_AVAILABLE"}}, Standing.UNKNOWN, Severity.HIGH),
        ({"Workflow": {"Status": "SUPPRESSED"}}, Standing.SUPPRESSED, Severity.HIGH),
        ({"RecordState": "ARCHIVED"}, Standing.SUPPRESSED, Severity.HIGH),
        ({"Severity": {"Normalized": 70}}, Standing.OPEN, Severity.HIGH),
        ({"Severity": {"Normalized": 1}}, Standing.OPEN, Severity.LOW),
        ({"Severity": {"Label": "ODD"}}, Standing.OPEN, None),
        ({"Severity": 7, "Compliance": 7, "Workflow": 7}, Standing.OPEN, None),
    ],
)
def test_how_a_finding_of_security_hub_stands(tmp_path, changes, standing, severity):
    (one,) = read(tmp_path, [ASFF | changes])
    assert (one.standing, one.severity) == (standing, severity)


@pytest.mark.parametrize(
    ("changes", "rule", "standing", "severity"),
    [
        ({"level": "note"}, {}, Standing.OPEN, Severity.LOW),
        ({}, {"properties": {"security-severity": "9.5"}}, Standing.OPEN, Severity.CRITICAL),
        ({}, {"properties": {"security-severity": "nan"}}, Standing.OPEN, Severity.INFO),
        ({}, {"properties": {"security-severity": 4}}, Standing.OPEN, Severity.MEDIUM),
        ({"kind": "pass"}, {}, Standing.MET, Severity.HIGH),
        ({"kind": "open", "level": "none"}, {}, Standing.UNKNOWN, Severity.INFO),
        ({"suppressions": [{"kind": "inSource"}]}, {}, Standing.SUPPRESSED, Severity.HIGH),
        ({"suppressions": [{"kind": "inSource", "status": "rejected"}]}, {}, Standing.OPEN, Severity.HIGH),
        ({"baselineState": "absent"}, {}, Standing.MET, Severity.HIGH),
        ({"level": 7, "locations": 7, "kind": []}, {}, Standing.OPEN, None),
    ],
)
def test_how_a_result_of_sarif_stands(tmp_path, changes, rule, standing, severity):
    (one,) = read(tmp_path, sarif(RESULT | changes, **rule))
    assert (one.standing, one.severity) == (standing, severity)


def test_a_finding_that_is_none_is_kept_as_that_and_hides_no_other(tmp_path):
    odd = [OCSF, 7, {"a": 1}, None, "x", OCSF | {"resources": "odd", "finding_info": 7, "metadata": [], "severity_id": "5"}, OCSF]
    found = read(tmp_path, odd)
    assert [one.readable for one in found] == [True, False, False, False, False, True, True]
    assert found[5] == Foreign("OCSF", "", "", None, Standing.OPEN, ())
    lines = f"{json.dumps(OCSF)}\n{{broken\n{json.dumps(OCSF)}\n{json.dumps(OCSF)[:40]}"
    assert [one.readable for one in read(tmp_path, lines)] == [True, False, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "", "  \n", "not json", "[", '{"Findings": [', json.dumps([OCSF])[:-30], '{"Findings": 7}', '{"runs": [{"results": {}}]}', "[7]", "{}",
        '{"a": 1}', "[" * 100_000, '{"runs":' + "[" * 100_000, "\ufffe[", b"\xff\xfe[", b"\x00\x01\x02", "[\ud800]".encode("utf-8", "surrogatepass"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_told_without_quoting_it(tmp_path, text):
    with pytest.raises(InputError, match=r"findings\.json: ") as caught:
        read(tmp_path, text)
    assert len(str(caught.value)) < 400


def test_texts_are_bounded_and_numbers_are_texts(tmp_path):
    (one,) = read(tmp_path, [OCSF | {"finding_info": {"title": "x" * 1_000_000}, "cloud": {"account": {"uid": 123456789012}}}])
    assert len(one.title) == 2_000
    assert one.resources[0].account == "123456789012"


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        list(read_foreign(tmp_path / "none.json"))
    with pytest.raises(InputError, match="cannot be read"):
        list(read_foreign(tmp_path))
