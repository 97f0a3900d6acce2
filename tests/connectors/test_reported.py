"""What other tools found, from files in the forms that their own documents give; the canaries are what must not be kept of them."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tierwise.classify.detector import all_detectors
from tierwise.classify.kinds import WORDS, kind_of
from tierwise.connectors.reported import read_reported
from tierwise.errors import InputError
from tierwise.model.register import parse_category
from tierwise.model.resource import Kind, Resource
from tierwise.scan.collect import Collected

CANARY = "AB123456C"
BUCKET = "arn:aws:s3:::exports"


def macie(*types: str, bucket: str = BUCKET, **more: Any) -> dict[str, Any]:
    """A finding as GetFindings answers it."""
    found = [
        {"type": one, "count": 3, "occurrences": {"cells": [{"row": 2, "columnName": CANARY, "cellReference": "A1"}]}} for one in types
    ]
    result = {"status": {"code": "COMPLETE"}, "sensitiveData": [{"category": "PERSONAL_INFORMATION", "detections": found}]}
    affected = {"s3Bucket": {"arn": bucket, "name": bucket.rpartition(":")[2]}, "s3Object": {"key": f"{CANARY}.csv"}}
    return {
        "category": "CLASSIFICATION", "type": "SensitiveData:S3Object/Personal", "sample": False, "title": CANARY,
        "classificationDetails": {"result": result}, "resourcesAffected": affected, **more,
    }  # fmt: skip


def info(*names: str) -> list[dict[str, Any]]:
    return [{"infoType": {"name": one}} for one in names]


TABLE = {"projectId": "records", "datasetId": "people", "tableId": "all"}
DATASET = "//bigquery.googleapis.com/projects/records/datasets/people"
ASSETS = (
    '"Asset ID","Asset name","Asset fully qualified name","Object type","Collection","Classification display name","Classification formal name"\r\n'
    f'"1","x","https://records.blob.core.windows.net/one/{CANARY}.csv","Files","c","","MICROSOFT.PERSONAL.EMAIL;MICROSOFT.GOVERNMENT.UK.PASSPORT_NUMBER"\r\n'
    '"2","y","https://records.blob.core.windows.net/two","Files","c","",""\r\n'
)
BLOB = "https://records.blob.core.windows.net"
EXPORTS: list[tuple[str, Any, str, dict[str, set[str]]]] = [
    ("findings", {"findings": [macie("UK_NATIONAL_INSURANCE_NUMBER", "NAME")]}, "Amazon Macie", {BUCKET: {"nino", "full_name"}}),
    ("a sample", {"findings": [macie("NAME", sample=True), macie("ADDRESS")]}, "Amazon Macie", {BUCKET: {"postal_address"}}),
    ("a policy finding", {"findings": [macie("NAME", category="POLICY")]}, "Amazon Macie", {}),
    ("an unknown type", {"findings": [macie("BRAZIL_CPF_NUMBER")]}, "Amazon Macie", {BUCKET: {"C1"}}),
    ("lines", "\n".join(json.dumps(macie(one)) for one in ("NAME", "PHONE_NUMBER")), "Amazon Macie", {BUCKET: {"full_name", "phone"}}),
    ("events", "\n".join(json.dumps({"detail": macie("NAME")}) for _ in "ab"), "Amazon Macie", {BUCKET: {"full_name"}}),
    (
        "tables",
        {"tableDataProfiles": [{"fullResource": f"{DATASET}/tables/all", "predictedInfoTypes": info("UK_NATIONAL_HEALTH_SERVICE_NUMBER")}]},
        "Sensitive Data Protection",
        {DATASET: {"nhs_number"}},
    ),
    (
        "columns",
        {"columnDataProfiles": [{"tableFullResource": f"{DATASET}/tables/all", "column": CANARY, "columnInfoType": info("ETHNIC_GROUP")[0]}]},
        "Sensitive Data Protection",
        {DATASET: {"ethnicity"}},
    ),
    (
        "files",
        {"fileStoreDataProfiles": [{"fullResource": "//storage.googleapis.com/exports", "fileStoreInfoTypeSummaries": info("EMAIL_ADDRESS")}]},
        "Sensitive Data Protection",
        {"//storage.googleapis.com/exports": {"email"}},
    ),
    (
        "jobs",
        {
            "jobs": [
                {"riskDetails": {}},
                {
                    "inspectDetails": {
                        "requestedOptions": {"jobConfig": {"storageConfig": {"cloudStorageOptions": {"fileSet": {"url": "gs://exports/*"}}}}},
                        "result": {"infoTypeStats": info("DATE_OF_BIRTH", "IP_ADDRESS")},
                    }
                },
            ]
        },
        "Sensitive Data Protection",
        {"//storage.googleapis.com/exports": {"date_of_birth", "ip_address"}},
    ),
    (
        "an inspection",
        {
            "result": {
                "findings": [
                    {
                        "infoType": {"name": name}, "quote": CANARY, "likelihood": likelihood,
                        "location": {"contentLocations": [{"containerName": "records:people.all", **place}]},
                    }
                    for name, likelihood, place in (
                        ("PERSON_NAME", "LIKELY", {"recordLocation": {"recordKey": {"bigQueryKey": {"tableReference": TABLE}}}}),
                        ("PHONE_NUMBER", "POSSIBLE", {}),
                        ("CREDIT_CARD_NUMBER", "UNLIKELY", {}),
                    )
                ]
            }
        },
        "Sensitive Data Protection",
        {DATASET: {"full_name", "phone"}},
    ),
    ("assets", ASSETS, "Microsoft Purview", {BLOB: {"email", "passport"}}),
    (
        "a search",
        {"value": [{"qualifiedName": f"{BLOB}/one/a.csv", "classification": ["MICROSOFT.PERSONAL.NAME", f"{CANARY}?!"]}, {"qualifiedName": BLOB}]},
        "Microsoft Purview",
        {BLOB: {"full_name", "custom"}},
    ),
    (
        "entities",
        {"entities": [{"attributes": {"qualifiedName": "https://exports.s3.eu-west-2.amazonaws.com/a"}, "classifications": [{"typeName": "MICROSOFT.PERSONAL.DATE_OF_BIRTH"}]}]},
        "Microsoft Purview",
        {BUCKET: {"date_of_birth"}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("export", "tool", "said"), [one[1:] for one in EXPORTS], ids=[one[0] for one in EXPORTS])
def test_every_form_is_told_apart_and_gives_stores_and_kinds_alone(tmp_path, export, tool, said):
    path = tmp_path / "export"
    path.write_text(export if isinstance(export, str) else json.dumps(export), "utf-8-sig")
    found = read_reported(path)
    assert (found.tool, found.words) == (tool, said)
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "{", "[]x", "{}", '{"findings": [{"title": "AB123456C"}]}', '{"findings": [1]}', '{"findings": 7}', '{"value": [{"classification": ["A"]}]}',
     "[" * 100_000, "a,b\n1,2\n", '{"findings": [', '{"jobs": [{"inspectDetails": {"requestedOptions": null}}]}', "\udc80"],
)  # fmt: skip
def test_what_is_no_export_is_told_without_quoting_it(tmp_path, text):
    path = tmp_path / "export"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="export") as told:
        read_reported(path)
    assert CANARY not in str(told.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_reported(tmp_path / "none")


def test_every_word_leads_to_a_detector_or_a_category_that_there_is():
    ids = {one.id for one in all_detectors()}
    assert {word for _, word in WORDS if word and parse_category(word) is None} <= ids


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("USERNAME", "USERNAME"), ("FILE_NAME", "FILE_NAME"), ("MAC_ADDRESS", ""), ("EMAIL_ADDRESS", "email"), ("UK_DRIVERS_LICENSE_NUMBER", "driving_licence"),
        ("OPENSSH_PRIVATE_KEY", "secret_key"), ("ICD10_CODE", "diagnosis"), ("AUSTRALIA_TAX_FILE_NUMBER", "AUSTRALIA_TAX_FILE_NUMBER"), ("x" * 99, "custom"),
    ],
)  # fmt: skip
def test_names_are_matched_by_whole_words(name, word):
    assert kind_of(name) == word


def test_macies_fields_are_those_of_its_api():
    shape = (
        boto3.client("macie2", region_name="eu-west-2")
        .meta.service_model.operation_model("GetFindings")
        .output_shape.members["findings"]
        .member
    )
    affected, result = shape.members["resourcesAffected"], shape.members["classificationDetails"].members["result"]
    assert {"category", "sample"} <= shape.members.keys()
    assert "arn" in affected.members["s3Bucket"].members
    assert {"category", "detections"} <= result.members["sensitiveData"].member.members.keys()
    assert "type" in result.members["sensitiveData"].member.members["detections"].member.members
    assert "name" in result.members["customDataIdentifiers"].members["detections"].member.members


def test_findings_join_their_stores_by_id_or_alias_and_what_joins_nothing_is_noted(tmp_path):
    path = tmp_path / "macie.json"
    path.write_text(
        json.dumps(
            {
                "findings": [
                    macie("NAME"),
                    macie("NAME", bucket="arn:aws:s3:::patient-4505577104"),
                    macie("NAME", bucket="arn:aws:s3:::gone"),
                ]
            }
        )
    )
    collected = Collected()
    for name in ("exports", "patient-4505577104", "other"):
        collected.take(Resource(f"arn:aws:s3:::{name}", Kind.OBJECT_STORE, "s3.bucket", "aws", "1" * 12, "eu-west-2", name))
    collected.report(read_reported(path))
    assert [one.evidence.external for one in collected.resources.values()] == [("full_name",), ("full_name",), ()]
    assert collected.notes == ["macie.json: Amazon Macie speaks of stores that are not in this scan: 1"]
