"""A scan with `--since` reads again what has changed and what is not known to be unchanged, and says of the rest when it was read."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.connectors.aws.changing import Estate, bucket, queue, small, url
from tests.connectors.aws.conftest import ACCOUNT, REGION
from tierwise.cli import live
from tierwise.connectors.aws import connect
from tierwise.connectors.aws.session import new_session
from tierwise.errors import StoreError

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BUCKETS, QUEUES = 95, 5
"""Of these one in a hundred changes."""


@dataclass
class Night:
    """One scan: its result, its calls and what it said."""

    code: int
    told: dict[str, Any]
    calls: Counter[str]
    err: str

    @property
    def findings(self) -> list[Any]:
        """The findings, but for the days on which what they rest on was read."""
        told = json.loads(json.dumps(self.told["findings"]).replace(", as read on 2026-11-23", "").replace(", as read on 2026-11-24", ""))
        return sorted([{key: one[key] for key in one if key not in ("as_of", "first_seen")} for one in told], key=json.dumps)

    def dated(self, name: str) -> set[str]:
        """The days that its findings show for a resource; some rest on nothing that was read of it."""
        return {one["as_of"][:10] for one in self.told["findings"] if one["resource"] == name and one["as_of"]}


Scan = Callable[..., Night]


@pytest.fixture
def scan(tierwise: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scan:
    """`scan(estate, "--since", night=1)`: the estate as it is on that night after Monday's."""

    def run(estate: Estate, *options: object, night: int = 0, store: str = "store.db") -> Night:
        stub = estate.stub()
        monkeypatch.setattr(connect, "new_session", lambda **given: stub.attach(new_session(credentials=("a", "b", None), **given)))
        monkeypatch.setattr(live, "utc_now", lambda: MONDAY + timedelta(days=night))
        monkeypatch.setattr("tierwise.connectors.aws.history._PAUSE", 0)
        where = (
            "--store",
            tmp_path / store,
            "--format",
            "json",
            "--region",
            REGION,
            "--service",
            "s3",
            "--service",
            "sqs",
            "--max-rate",
            "1e6",
        )
        ran = tierwise("scan", "aws", *where, "--fail-on", "none", *options)
        return Night(ran.code, json.loads(ran.out) if ran.out else {}, stub.calls, ran.err)

    return run


A, B, QUEUE = "arn:aws:s3:::a", "arn:aws:s3:::b", f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue-1"


def test_where_one_store_in_a_hundred_has_changed_three_calls_in_a_hundred_find_what_all_would(scan: Scan) -> None:
    estate = Estate({f"bucket-{number}": bucket() for number in range(BUCKETS)}, {url(number): queue() for number in range(QUEUES)})
    first = scan(estate, "--since")
    estate.buckets["bucket-0"] |= {"versioning": "Suspended", "blocked": False}
    estate.change("PutBucketVersioning", bucketName="bucket-0")
    again, whole = scan(estate, "--since", night=1), scan(estate, night=1, store="none")
    assert again.calls.total() <= first.calls.total() * 3 // 100, (again.calls, first.calls.total())
    assert again.findings == whole.findings != first.findings
    assert again.dated("arn:aws:s3:::bucket-9") == {"2026-11-23"}
    assert again.dated("arn:aws:s3:::bucket-0") == set()
    assert again.told["notes"] == [
        f"99 of 100 buckets, queues and topics are as they were read before, the oldest on 2026-11-23: "
        f"no change is known since run {first.told['run']['id']} of 2026-11-23"
    ]


def test_nothing_that_is_taken_over_passes_without_its_date(scan: Scan) -> None:
    estate = small()
    scan(estate, "--since")
    again = scan(estate, "--since", night=1)
    taken = [one for one in again.told["findings"] if one["resource"] in (A, B, QUEUE)]
    assert {one["verdict"] for one in taken} >= {"pass", "fail"}
    read = [one for one in taken if any(part["via"].startswith(("s3:", "sqs:")) for part in one["actual"])]
    assert read
    assert {one["as_of"] for one in read} == {MONDAY.isoformat()}
    assert all(", as read on 2026-11-23" in part["value"] for one in read for part in one["actual"] if part["via"].startswith("s3:"))
    assert again.calls["s3:GetBucketVersioning"] == again.calls["sqs:GetQueueAttributes"] == 0


def test_a_store_whose_tier_has_risen_is_read_as_a_whole(scan: Scan) -> None:
    estate = small()
    estate.buckets["a"]["tier"] = estate.buckets["logs"]["tier"] = "T0"
    first = scan(estate, "--since")
    estate.buckets["a"]["tier"] = "T4"
    again = scan(estate, "--since", night=1)
    assert first.calls["s3:GetObjectLockConfiguration"] < 3
    assert again.calls["s3:GetBucketVersioning"] >= 1
    assert again.findings == scan(estate, night=1, store="none").findings
    assert again.dated(A) == set()


def test_the_run_that_is_named_must_be_there_and_of_this_scope(scan: Scan, tierwise: Run, tmp_path: Path) -> None:
    estate = small()
    first = scan(estate, "--since")
    run = first.told["run"]["id"]
    assert scan(estate, "--since", run[:20], night=1).calls["s3:GetBucketVersioning"] == 0
    wrong = scan(estate, "--since", "20200101", night=2)
    assert (wrong.code, wrong.told) == (2, {})
    assert "nothing can be taken over from run '20200101'" in wrong.err
    nothing = scan(estate, "--since", run, store="other.db")
    assert (nothing.code, "nothing is kept of this scope" in nothing.err) == (2, True)
    assert scan(estate, "--since", "--account", ACCOUNT, night=1).calls["s3:GetBucketVersioning"] == 3


def test_what_another_version_has_left_is_not_taken_over(scan: Scan, tmp_path: Path) -> None:
    estate = small()
    scan(estate, "--since")
    with sqlite3.connect(tmp_path / "store.db") as store:
        store.execute("UPDATE earlier SET version = '0'")
    again = scan(estate, "--since", night=1)
    assert (again.calls["s3:GetBucketVersioning"], "is of tierwise 0" in json.dumps(again.told["notes"])) == (3, True)


def test_what_a_scan_has_left_that_began_later_by_the_clock_is_not_taken_over(scan: Scan) -> None:
    estate = small()
    scan(estate, "--since", night=2)
    again = scan(estate, "--since", night=1)
    assert (again.calls["s3:GetBucketVersioning"], "began at 2026-11-25" in json.dumps(again.told["notes"])) == (3, True)
    assert scan(estate, "--since", night=2).calls["s3:GetBucketVersioning"] == 0


def test_where_nothing_can_be_left_for_the_next_scan_it_is_said_and_what_the_gate_decided_goes_first(
    scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = small()
    passed = scan(estate, "--since", store="none.db").code

    def full(*_: object) -> None:
        raise StoreError("it is full")

    monkeypatch.setattr("tierwise.store.earlier.leave", full)
    for options, code in ((("--since",), passed or 2), (("--since", "--gate", "full", "--fail-on", "low"), 1)):
        ran = scan(estate, *options)
        assert (ran.code, "nothing to take over from this one: it is full" in ran.err) == (code, True)


def test_options_that_do_not_go_together_are_told(tierwise: Run) -> None:
    tierwise("scan", "aws", "--aggregator", "org").complains(2, "add --inventory config")
    tierwise("scan", "aws", "--full-every", "3").complains(2, "add --since")
    assert tierwise("scan", "aws", "--since", "--full-every", "91").code == 2
