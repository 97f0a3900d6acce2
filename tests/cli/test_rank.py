"""`tierwise rank` as a user runs it: beside a scan, from files and stdin, and told what is wrong."""

from __future__ import annotations

import io
import json

import pytest

from tests.connectors.test_foreign import ASFF, OCSF, RESULT, sarif

ACCOUNT = "123456789012"
BUCKET = "arn:aws:s3:::patients"
INVENTORY = [
    {"schema": "tierwise/inventory/1", "started": "2026-01-15T09:00:00+00:00", "sources": [f"aws:{ACCOUNT}"]},
    {
        "resource": {
            "id": BUCKET, "kind": "object-store", "type": "s3.bucket", "provider": "aws", "account": ACCOUNT, "region": "eu-west-2", "name": "patients",
            "tags": {"data-classification": "exceptional", "owner": "health"}, "facts": {"access.audience": {"value": "public"}},
        }
    },
    {
        "resource": {
            "id": "arn:aws:s3:::export-someone@example.org", "kind": "object-store", "type": "s3.bucket", "provider": "aws", "account": ACCOUNT,
            "region": "eu-west-2", "name": "export-someone@example.org", "tags": {}, "facts": {},
        }
    },
]  # fmt: skip


@pytest.fixture
def estate(home):
    (home / "inventory.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in INVENTORY))
    (home / "prowler.json").write_text(json.dumps([OCSF, OCSF | {"status_code": "PASS"}, OCSF | {"resources": [{"uid": "i-1"}]}]))
    (home / "hub.json").write_text(json.dumps({"Findings": [ASFF]}))
    (home / "checkov.sarif").write_text(json.dumps(sarif(RESULT)))
    return home


def test_findings_of_three_tools_are_one_order(tierwise, estate):
    ran = tierwise("rank", "prowler.json", "hub.json", "checkov.sarif", "--inventory", "inventory.jsonl", "--format", "json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["tools"] == ["Prowler", "Security Hub", "checkov"]
    assert [(one["check"], one["tier"], one["weight"]) for one in told["findings"]] == [
        ("s3_bucket_public", "T4", 150),
        ("S3.1", "T4", 120),
        ("s3_bucket_public", None, None),
        ("CKV_AWS_20", None, None),
    ]
    assert (told["open"], told["joined"], told["left_out"]) == (4, 2, {"passed": 1})
    assert told["findings"][0]["owner"] == "health"


def test_the_page_is_for_people_and_goes_beside_a_file(tierwise, estate):
    ran = tierwise("rank", "prowler.json", "--inventory", "inventory.jsonl", "--format", "csv=order.csv")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("2 open findings of Prowler: 1 on resources of the scan, 1 not joined.")
    assert (estate / "order.csv").read_text().count("\n") == 3


def test_stdin_is_read(tierwise, estate, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps([OCSF]).encode())))
    ran = tierwise("rank", "-", "--inventory", "inventory.jsonl")
    assert ran.out.startswith("1 open finding of Prowler: 1 on resources"), ran.err


def test_identifiers_in_names_join_and_are_shown_by_no_name(tierwise, estate):
    named = OCSF | {
        "resources": [{"uid": "arn:aws:s3:::export-someone@example.org"}],
        "finding_info": {"title": "someone@example.org is open"},
    }
    (estate / "named.json").write_text(json.dumps([named]))
    ran = [tierwise("rank", "named.json", "--inventory", "inventory.jsonl", "--format", form) for form in ("console", "csv", "json")]
    assert [one for one in ran if "someone@example.org" in one.out + one.err] == []
    assert json.loads(ran[2].out)["joined"] == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), ("Missing argument 'FILE...'",)),
        (("none.json", "--inventory", "inventory.jsonl"), ("none.json: cannot be read",)),
        (
            ("inventory.jsonl", "--inventory", "inventory.jsonl"),
            ("holds no findings that are understood", "prowler --output-formats json-ocsf"),
        ),
        (("prowler.json",), ("there is no scan to look at yet",)),
        (("prowler.json", "--inventory", "inventory.jsonl", "--run", "last"), ("--run and --inventory both",)),
        (("prowler.json", "--inventory", "inventory.jsonl", "--audience", "public"), ("the public may not see what 'rank' prints",)),
        (("prowler.json", "--inventory", "inventory.jsonl", "--format", "cvs"), ("did you mean 'csv'?",)),
        (("prowler.json", "--inventory", "inventory.jsonl", "--source-dir", "nowhere"), ("is not a directory",)),
    ],
)
def test_what_cannot_be_ranked_is_told(tierwise, estate, given, words):
    tierwise("rank", *given).complains(2, *words)
