"""An emulated organisation (of thirty accounts by `make organisation`), recorded once a process: three that cannot be entered, one with a closed region, one that throttles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3

from tests.organisation.wire import Answer, Call, Rule, Wire, refusal
from tests.scan.estate import REGION, emulated

HOME = "123456789012"
REGIONS = (REGION, "eu-west-1")
STARTED = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
ACCOUNTS = int(os.environ.get("TIERWISE_ACCOUNTS", "8"))
SERVICES = ("s3", "sqs")
WEAK = 3
"""Every so manieth account's records are kept in a bucket that anybody may list."""


class Estate:
    """What was planted, and what it answered."""

    def __init__(self, accounts: list[str], names: dict[str, str], wire: Wire) -> None:
        self.accounts, self.wire = accounts, wire
        self.unit = names
        """The organisational unit of each account, as resources carry it."""
        self.unreachable = frozenset(accounts[-3:])
        self.fenced, self.slow = accounts[1], accounts[2]
        self.weak = frozenset(accounts[number] for number in range(len(accounts)) if number % WEAK == 0) - self.unreachable

    @property
    def rules(self) -> list[Rule]:
        """What is the matter with some of the accounts."""
        return [self._cannot_be_entered, self._closed_region, self._throttles]

    def replayed(self, *more: Rule) -> Wire:
        """The same answers for another scan, with what is to go wrong beside; what an account refuses or throttles it does anyhow."""
        return Wire(HOME, [*self.rules, *more], recorded=self.wire.recorded, keys=self.wire.keys)

    def _cannot_be_entered(self, call: Call) -> Answer | None:
        if call.operation == "AssumeRole" and any(one in call.body for one in self.unreachable):
            return refusal(call, "AccessDenied", status=403)
        return None

    def _closed_region(self, call: Call) -> Answer | None:
        if call.account == self.fenced and call.region == REGIONS[1]:
            said = "User is not authorized to perform this with an explicit deny in a service control policy"
            return refusal(call, "AccessDeniedException", said)
        return None

    def _throttles(self, call: Call) -> Answer | None:
        return refusal(call, "ThrottlingException") if call.account == self.slow and call.service == "sqs" else None


@cache
def recorded() -> Estate:
    """The organisation, planted and scanned once; whoever comes after replays it."""
    from moto.core.models import botocore_stubber

    from tests.organisation.scans import scanned

    with emulated():
        accounts, names = _plant()
        wire = Wire(HOME, beyond=botocore_stubber)
        estate = Estate(accounts, names, wire)
        wire.rules = estate.rules
        scanned(wire)
    wire.beyond = None
    return estate


def _plant() -> tuple[list[str], dict[str, str]]:
    base = boto3.Session(region_name=REGION)
    client: Any = base.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    units = {name: client.create_organizational_unit(ParentId=root, Name=name)["OrganizationalUnit"]["Id"] for name in ("Health", "Sites")}
    client.tag_resource(ResourceId=units["Health"], Tags=[{"Key": "owner", "Value": "health-board"}])
    names = {HOME: ""}
    for number in range(1, ACCOUNTS):
        account = client.create_account(Email=f"a{number}@example.org", AccountName=f"member-{number}")["CreateAccountStatus"]["AccountId"]
        names[account] = ("Sites", "Health")[number % 2]
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=units[names[account]])
    accounts = list(names)
    sts = base.client("sts")
    for number, account in enumerate(accounts):
        session = base
        if number:
            keys = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="seed")[
                "Credentials"
            ]
            session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=REGION)
        _account(session, account, weak=number % WEAK == 0)
    return accounts, names


def _account(session: Any, account: str, *, weak: bool) -> None:
    s3 = session.client("s3")
    name = f"patient-records-{account}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "data-classification", "Value": "special-category"}]})
    if weak:
        s3.put_bucket_acl(Bucket=name, ACL="public-read")
    session.client("sqs").create_queue(QueueName="letters", tags={"data-classification": "internal"})


@contextmanager
def without_waiting() -> Iterator[None]:
    """The SDK neither waits between attempts nor slows down where it is throttled."""
    with (
        patch("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0),
        patch("botocore.retries.adaptive.ClientRateLimiter.on_sending_request", lambda *_, **__: None),
    ):
        yield


@contextmanager
def clean_environment() -> Iterator[None]:
    """Credentials of the caller, and nothing of this machine's configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    own = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_CONFIG_FILE": os.devnull}
    with patch.dict(os.environ, {**kept, **own, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}, clear=True):
        yield
