"""Nothing that lies in stores, keys, tags, schemas, names and ids comes out of a scan that looks into them: no report, no store, no inventory, no crash report."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest
from moto import mock_aws

from tests.cli.test_canaries import everything
from tests.content.hostile import archive
from tierwise.cli.options import FORMATS
from tierwise.connectors.aws.session import new_session
from tierwise.demo.estate import PLAN

REGION = "eu-west-2"


def nhs_number(random: Random) -> str:
    """A number of the issued range with its check digit (modulus 11)."""
    while True:
        digits = [random.randrange(4, 5), *(random.randrange(10) for _ in range(8))]
        check = 11 - sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return "".join(map(str, [*digits, check % 11]))


def canaries() -> list[str]:
    """Sixty: NHS numbers, National Insurance numbers, addresses of mail and secrets."""
    random = Random(7)
    numbers = [nhs_number(random) for _ in range(25)]
    insurance = [f"AB{random.randrange(10**6):06d}{random.choice('ABCD')}" for _ in range(13)]
    mail = [f"ann.canary{number}@mail.example" for number in range(12)]
    secrets = [f"AKIA{''.join(random.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567') for _ in range(16))}" for _ in range(10)]
    return [*numbers, *insurance, *mail, *secrets]


CANARIES = canaries()
NUMBERS, INSURANCE, MAIL, SECRETS = CANARIES[:25], CANARIES[25:38], CANARIES[38:50], CANARIES[50:]


def forms(canary: str) -> Iterator[bytes]:
    """A canary as it is, in hex, URL-encoded, and in base64 at each of its three places."""
    data = canary.encode()
    yield from (data, data.hex().encode(), data.hex().upper().encode(), quote(canary, safe="").encode())
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + data)[(0, 2, 3)[shift] : -4]


def leaked(left: bytes) -> list[str]:
    return [canary for canary in CANARIES if any(form in left for form in forms(canary))]


def planted() -> None:
    """Fill an account: object bodies, keys, tags, items, the names of key attributes, and the names of resources."""
    s3, table = (new_session(region=REGION).client(one) for one in ("s3", "dynamodb"))
    place = {"LocationConstraint": REGION}
    for name in ("exports", "odds"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    rows = "".join(f"{NUMBERS[n % 12]},{MAIL[n % 8]},{INSURANCE[n % 7]},{SECRETS[n % 8]}\n" for n in range(40))
    body = f"nhs_number,email,ni_number,api_key\n{rows}"
    s3.put_object(Bucket="exports", Key="2026/people.csv", Body=body.encode())
    s3.put_object(Bucket="exports", Key=f"people/{NUMBERS[12]}/{MAIL[8]}.json", Body=json.dumps({number: {"x": 1} for number in NUMBERS}))
    s3.put_object(Bucket="odds", Key=f"{NUMBERS[13]}/{NUMBERS[14]}.csv", Body=f"{NUMBERS[15]},{MAIL[9]}\n".encode() * 9)
    s3.put_object(Bucket="odds", Key="a.zip", Body=archive({f"{INSURANCE[7]}.csv": body.encode()}))
    s3.put_object(Bucket="odds", Key="app.log", Body="".join(f"user {number} token {SECRETS[8]}\n" for number in NUMBERS).encode())
    tags = {"note": NUMBERS[16], "about": f"for {INSURANCE[8]} only", "ticket": f"x {NUMBERS[17]}"}
    s3.put_bucket_tagging(Bucket="exports", Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]})
    names = [{"AttributeName": NUMBERS[18], "AttributeType": "S"}]
    table.create_table(
        TableName="people", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=names,
        KeySchema=[{"AttributeName": NUMBERS[18], "KeyType": "HASH"}],
    )  # fmt: skip
    for number in NUMBERS:
        item = {NUMBERS[18]: {"S": number}, NUMBERS[19]: {"S": INSURANCE[9]}, "secret": {"S": SECRETS[9]}}
        table.put_item(TableName="people", Item=item)
    named()


def named() -> None:
    """Resources that are named after people; one receives the logs of another."""
    s3, queues, secrets = (new_session(region=REGION).client(one) for one in ("s3", "sqs", "secretsmanager"))
    place = {"LocationConstraint": REGION}
    for name in (f"patient-{NUMBERS[20]}", f"case-{NUMBERS[21]}-letters", f"logs-{INSURANCE[10].lower()}"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    s3.put_bucket_acl(Bucket=f"logs-{INSURANCE[10].lower()}", ACL="log-delivery-write")
    target = {"TargetBucket": f"logs-{INSURANCE[10].lower()}", "TargetPrefix": f"nhs/{NUMBERS[22]}/"}
    s3.put_bucket_logging(Bucket=f"patient-{NUMBERS[20]}", BucketLoggingStatus={"LoggingEnabled": target})
    dead = queues.create_queue(QueueName=f"dead_{NUMBERS[23]}")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    queues.create_queue(QueueName=f"claims-{INSURANCE[11]}", Attributes={"RedrivePolicy": policy})
    secrets.create_secret(Name=f"prod/{MAIL[10]}/{SECRETS[9]}", SecretString=SECRETS[8], Description=f"for {MAIL[11]}, {INSURANCE[12]}")


@pytest.fixture
def account(home, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        planted()
        yield home


SCAN = (
    "scan", "aws", "--region", REGION, *(word for one in ("s3", "dynamodb", "sqs", "secretsmanager") for word in ("--service", one)),
    "--sample-content", "--processing-location", REGION,
)  # fmt: skip


def test_sixty_canaries_come_out_nowhere(tierwise, account, caplog):
    caplog.set_level(logging.DEBUG)
    kept = [f"--format={one}=out.{one}" for one in FORMATS]
    ran = tierwise(*SCAN, *kept, "--audience", "restricted", "--save-inventory", "inventory.jsonl", "--save-baseline", "baseline.json")
    assert ran.code in {0, 1, 3}, ran.err
    looks = json.loads((account / "out.json").read_text())["looks"]
    assert sum(look["objects"] for look in looks) >= 5
    assert {found["detector"] for look in looks for found in look["found"]} >= {"nhs_number", "email"}
    told = "".join(tierwise(*command).out for command in (("explain", "exports"), ("explain", "people"), ("classify",), ("fixes",)))
    patient = tierwise("explain", f"patient-{NUMBERS[20]}").out
    assert "patient-[nhs_number~" in patient
    assert "patient-[nhs_number~" in tierwise("classify", "--why", f"patient-{NUMBERS[20]}").out
    again = tierwise("scan", "inventory", "inventory.jsonl", "--format", "json", "--audience", "restricted")
    left = (
        everything(account)
        + everything(Path(os.environ["TIERWISE_DATA"]))
        + (ran.out + ran.err + told + patient + again.out + caplog.text).encode()
    )
    assert len(CANARIES) == 60
    assert leaked(left) == []
    assert b"[nhs_number]" in left


def test_a_canary_that_is_looked_for_is_found():
    """So that the test above can fail."""
    for canary in CANARIES:
        for form in (canary.encode(), canary.encode().hex().encode(), base64.b64encode(b"x" + canary.encode())):
            assert canary in leaked(form)


def test_a_bug_while_content_is_read_keeps_nothing_of_it(tierwise, account, monkeypatch, tmp_path):
    def broken(columns: object) -> None:
        raise ValueError(f"made for this test: {NUMBERS[0]}")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tierwise.content.look.examine", broken)
    ran = tierwise(*SCAN, "--format", "json=out.json")
    assert ran.code == 70
    (crash,) = tmp_path.glob("tierwise-crash-*")
    assert "ValueError" in crash.read_text("utf-8")
    assert leaked(crash.read_bytes() + (ran.out + ran.err).encode() + everything(account)) == []


@pytest.mark.parametrize("place", ["tierwise.scan.collect.withhold", "tierwise.connectors.aws.source.finished"])
def test_a_bug_that_quotes_a_name_keeps_no_identifier(tierwise, account, monkeypatch, tmp_path, place):
    def broken(*_: object) -> None:
        raise KeyError(f"arn:aws:s3:::patient-{NUMBERS[20]}", MAIL[0])

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(place, broken)
    ran = tierwise("scan", "aws", "--region", REGION, "--service", "s3", "--format", "json=out.json")
    assert ran.code == 70
    (crash,) = tmp_path.glob("tierwise-crash-*")
    assert "patient-[nhs_number~" in crash.read_text("utf-8")
    assert leaked(crash.read_bytes() + (ran.out + ran.err).encode() + everything(account)) == []


def test_a_plan_whose_instances_are_named_after_people_names_none(tierwise, home):
    document = json.loads(PLAN.read_bytes())
    for one in document["resource_changes"]:
        if one["address"] == "aws_s3_bucket.assessments":
            one |= {"address": f'{one["address"]}["{NUMBERS[0]}"]', "index": NUMBERS[0]}
            one["change"]["after"] |= {"bucket": f"patient-{NUMBERS[1]}", "tags": {"note": f"case/{NUMBERS[2]}"}}
    (home.parent / "plan.json").write_text(json.dumps(document), "utf-8")
    kept = [f"--format={one}=out.{one}" for one in FORMATS]
    ran = tierwise("scan", "plan", home.parent / "plan.json", *kept, "--audience", "restricted", "--save-inventory", "plan.jsonl")
    assert ran.code in {0, 1, 3}, ran.err
    left = everything(home) + everything(Path(os.environ["TIERWISE_DATA"])) + (ran.out + ran.err).encode()
    assert leaked(left) == []
    assert b'aws_s3_bucket.assessments[\\"[nhs_number~' in left


def test_content_is_not_read_from_a_place_that_nobody_knows(tierwise, account):
    ran = tierwise("scan", "aws", "--region", REGION, "--sample-content")
    ran.complains(2, "--processing-location eu-west-2")


def test_a_dry_run_reads_no_content(tierwise, account):
    ran = tierwise(*SCAN, "--sample-dry-run", "--format", "json=out.json", "--no-color")
    assert "dry run: at most " in ran.out
    assert all(look["planned"] and not look["read"] for look in json.loads((account / "out.json").read_text())["looks"])
