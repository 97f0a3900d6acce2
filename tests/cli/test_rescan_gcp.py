"""A scan of Google Cloud with `--since` reads again what the audit log names and what is not known to be unchanged, and says of the rest when it was read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.connectors.gcp.cloud import PROJECT, Cloud, Token, binding
from tests.connectors.gcp.estate import unwired
from tests.connectors.gcp.test_storage import BARE, DOCS, bucket
from tierwise.cli import live
from tierwise.connectors.gcp import connect
from tierwise.connectors.gcp.history import LOG

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LABELS = {"data-classification": "special-category", "owner": "records"}
READ = ", as read on 2026-11-2"
ENTRIES = "logging/v2/entries:list"
OPEN = {"bindings": [binding("storage.objectViewer", "allUsers")]}


@dataclass
class Night:
    """One scan: its result, its calls and what it said."""

    code: int
    told: dict[str, Any]
    calls: list[str]
    err: str

    @property
    def findings(self) -> list[Any]:
        """The findings, but for the days on which what they rest on was read."""
        told = json.dumps(self.told["findings"])
        for day in "345":
            told = told.replace(f"{READ}{day}", "")
        return sorted([{key: one[key] for key in one if key not in ("as_of", "first_seen")} for one in json.loads(told)], key=json.dumps)

    def folders(self) -> list[str]:
        """Buckets of which managed folders were read."""
        return sorted(path.split("/")[-2] for path in self.calls if path.endswith("/managedFolders"))

    def dated(self, name: str) -> set[str]:
        """The days that its findings show for a bucket."""
        return {one["as_of"][:10] for one in self.told["findings"] if one["resource"].endswith(f"/{name}") and one["as_of"]}


class Buckets(Cloud):
    """A project of buckets at T3 that change."""

    def __init__(self, count: int) -> None:
        super().__init__([self.made(f"b{number}") for number in range(count)], {**DOCS, ENTRIES: {}})

    @staticmethod
    def made(name: str, **more: Any) -> dict[str, Any]:
        uniform = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
        return bucket({**BARE, **uniform, "name": name, "labels": LABELS, **more})

    def log(self, *names: str) -> None:
        """What the audit log has."""
        entries = [
            {"protoPayload": {"resourceName": f"projects/_/buckets/{name}", "methodName": "storage.buckets.update"}} for name in names
        ]
        self.docs[ENTRIES] = {"entries": entries} if entries else {}


Scan = Callable[..., Night]


@pytest.fixture
def scan(tierwise: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scan]:
    """`scan(cloud, "--since", night=1)`: the project as it is on that night after Monday's."""
    monkeypatch.setattr("google.auth.default", lambda **_: (Token(), PROJECT))

    def run(cloud: Buckets, *options: object, night: int = 0, store: str = "store.db") -> Night:
        cloud.calls.clear()
        monkeypatch.setattr(connect, "transport", lambda: cloud)
        monkeypatch.setattr(live, "utc_now", lambda: MONDAY + timedelta(days=night))
        where = ("--store", tmp_path / store if store != "none" else store, "--format", "json", "--project", PROJECT, "--service", "storage", "--max-rate", "1e6")  # fmt: skip
        ran = tierwise("scan", "gcp", *where, "--fail-on", "none", "--jobs", "1", *options)
        return Night(ran.code, json.loads(ran.out) if ran.out else {}, [path for _, path in cloud.calls], ran.err)

    with unwired():
        yield run


def test_what_has_changed_is_found_as_a_whole_scan_would_and_the_rest_is_dated(scan: Scan) -> None:
    cloud = Buckets(12)
    first = scan(cloud, "--since")
    cloud.assets[0] = cloud.made("b0", versioning={"enabled": True})
    cloud.docs["storage/storage/v1/b/b1/managedFolders"] = {"items": [{"name": "in/"}]}
    cloud.docs["storage/storage/v1/b/b1/managedFolders/in//iam"] = OPEN
    cloud.log("b1", "b1/managedFolders/in/")
    again, whole = scan(cloud, "--since", night=1), scan(cloud, night=1, store="none")
    assert again.folders() == ["b0", "b1"]
    assert again.findings == whole.findings != first.findings
    assert (again.dated("b0"), again.dated("b1"), again.dated("b2")) == (set(), set(), {"2026-11-23"})
    passed = [one for one in again.told["findings"] if one["resource"].endswith("/b2") and one["verdict"] == "pass"]
    rests = [one for one in passed if any("managedFolders" in part["via"] for part in one["actual"])]
    assert all(one["as_of"] == MONDAY.isoformat() for one in rests)
    run = first.told["run"]["id"]
    assert again.told["notes"] == [
        f"10 of 12 buckets are as they were read before, the oldest on 2026-11-23: no change is known since run {run} of 2026-11-23"
    ]


def test_a_forecast_says_how_many_calls_are_spared_at_most(scan: Scan) -> None:
    cloud = Buckets(3)
    cloud.docs["storage/storage/v1/b/b1/managedFolders"] = {"items": [{"name": "in/"}]}
    cloud.docs["storage/storage/v1/b/b1/managedFolders/in//iam"] = {"bindings": []}
    first = scan(cloud, "--since")
    told = scan(cloud, "--since", "--dry-run", night=1).told
    again = scan(cloud, "--since", night=1)
    made = [sum(not path.endswith("entries:list") for path in night.calls) for night in (first, again)]
    assert told["spared"] == made[0] - made[1] == 4
    assert scan(cloud, "--dry-run", night=2).told["spared"] is None


def test_where_the_log_may_not_be_read_all_is_read_and_a_line_says_so(scan: Scan) -> None:
    cloud = Buckets(3)
    run = scan(cloud, "--since").told["run"]["id"]
    cloud.denied = frozenset({LOG.action})
    again, whole = scan(cloud, "--since", night=1), scan(cloud, night=1, store="none")
    assert again.folders() == ["b0", "b1", "b2"]
    assert (again.findings, again.told["summary"]) == (whole.findings, whole.told["summary"])
    assert again.told["notes"] == [
        f"project {PROJECT} was read again where the history of changes did not tell what is unchanged since run {run} of 2026-11-23: "
        "its audit log could not be read (IAM_PERMISSION_DENIED)"
    ]


def test_the_role_may_read_the_log_where_the_option_is_asked_for(tierwise: Run) -> None:
    assert LOG.action not in tierwise("permissions", "gcp").out
    assert LOG.action in json.loads(tierwise("permissions", "gcp", "--since").out)["includedPermissions"]
