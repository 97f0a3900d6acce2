"""Buckets are looked into through the real source, guard and session; the store answers as Cloud Storage's JSON API does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.connectors.collected import flat
from tests.connectors.gcp.cloud import NUMBER, PROJECT, Cloud, Reply, Token, asset, error
from tests.connectors.gcp.conftest import STARTED
from tests.content.hostile import hostile
from tierwise.config import GcpConfig
from tierwise.connectors.gcp.collectors import declared_calls
from tierwise.connectors.gcp.connect import open_projects
from tierwise.connectors.gcp.content import BY_DEPTH, GET, LIST
from tierwise.connectors.gcp.guard import Guard, UndeclaredCallError
from tierwise.connectors.gcp.permissions import as_terraform, role_definition
from tierwise.connectors.gcp.services.storage import TYPE
from tierwise.content.budget import Budget, Limits
from tierwise.content.look import Looker
from tierwise.model.content import Depth, Look
from tierwise.model.resource import Resource

PEOPLE = b"nhs_number,full_name\n" + b"".join(b"99900%05d,Ann Lee\n" % number for number in range(30))
ROW = asset(TYPE, "//storage.googleapis.com/exports", {"name": "exports", "location": "EU", "projectNumber": NUMBER})
_OBJECT = re.compile(r"/storage/v1/b/exports/o/([^/]+)")


class Store(Cloud):
    """A bucket with objects; what `fails` names answers otherwise."""

    def __init__(self, objects: Mapping[str, bytes], fails: Mapping[str, Reply] | None = None) -> None:
        super().__init__([ROW])
        self.objects, self.fails = dict(objects), dict(fails or {})
        self.page = 1000
        self.ranges: list[str] = []

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        parts = urlsplit(request.url)
        if found := _OBJECT.fullmatch(parts.path):
            self.faults[""] = self._object(unquote(found[1]), request.headers, parse_qs(parts.query))
        elif parts.path == "/storage/v1/b/exports/o":
            self.faults[""] = self._list({name: values[0] for name, values in parse_qs(parts.query).items()})
        try:
            return super().send(request, *args, **options)
        finally:
            self.faults.pop("", None)

    def _list(self, query: Mapping[str, str]) -> Reply:
        if "o" in self.fails:
            return self.fails["o"]
        assert (query["delimiter"], query["maxResults"]) == ("/", "1000")
        prefix = query.get("prefix", "")
        below = sorted(key for key in self.objects if key.startswith(prefix) and key >= query.get("startOffset", ""))
        direct = [key for key in below if "/" not in key[len(prefix) :]]
        deeper = sorted({prefix + key[len(prefix) :].split("/")[0] + "/" for key in below if "/" in key[len(prefix) :]})
        items = [{"name": key, "size": str(len(self.objects[key])), "generation": "17"} for key in direct[: self.page]]
        more = {"nextPageToken": "more"} if len(direct) > self.page else {}
        return Reply(body={**({"items": items} if items else {}), **({"prefixes": deeper} if deeper else {}), **more})

    def _object(self, key: str, headers: Mapping[str, str], query: Mapping[str, list[str]]) -> Reply:
        if key in self.fails:
            return self.fails[key]
        assert query == {"alt": ["media"], "ifGenerationMatch": ["17"]}
        assert headers["Accept-Encoding"] == "gzip"
        self.ranges.append(headers["Range"])
        start, end = map(int, headers["Range"].removeprefix("bytes=").split("-"))
        return Reply(206, raw=self.objects[key][start : end + 1])


def source_of(cloud: Cloud, depth: Depth) -> Any:
    config = GcpConfig(projects=(PROJECT,), services=("storage",), requests_per_second=0)
    (source,) = open_projects(config, STARTED, credentials=Token(), inner=cloud, sleep=cloud.slept.append, depth=depth)
    return source


def looked(cloud: Cloud, depth: Depth = Depth.CONTENT, *, guard: Depth | None = None) -> Look:
    source = source_of(cloud, guard or depth)
    (bucket,) = [one.id for one in flat(source.survey()) if isinstance(one, Resource)]
    (look,) = flat(source.looks([bucket, "not ours"], Looker(depth, Budget(Limits(), lambda: 0.0))))
    assert isinstance(look, Look)
    assert look.resource == bucket
    return look


def test_a_bucket_is_looked_into_by_ranges():
    cloud = Store({"2026/a/people.csv": PEOPLE, "2026/b/big.log": b"x\n" * 500_000})
    look = looked(cloud)
    assert look.read == {"csv": 1, "log": 1}
    assert "full_name" in {one.detection.detector for one in look.found}
    assert look.bytes < 200_000
    assert all(one.startswith("bytes=0-") for one in cloud.ranges)


def test_names_alone_open_no_object():
    cloud = Store({"9990000018/people.csv": PEOPLE})
    look = looked(cloud, Depth.NAMES)
    assert (look.listed, look.objects, cloud.ranges) == (2, 0, [])


def test_an_empty_bucket_has_nothing_to_look_at():
    assert (looked(Store({})).objects, looked(Store({})).unread) == (0, {})


def test_long_levels_are_seen_from_all_over():
    cloud = Store({f"{sign}{number:04d}.csv": PEOPLE for sign in "0Zz" for number in range(1500)})
    looked(cloud)
    assert {"0", "Z", "z"} == {path.rpartition("/")[2][0] for _, path in cloud.calls if path.endswith(".csv")}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (error(403, "IAM_PERMISSION_DENIED"), "denied"),
        (Reply(412, raw=b"Precondition Failed"), "changed while it was read"),
        (Reply(404, raw=b"No such object"), "gone"),
        (Reply(416, raw=b"range"), "changed while it was read"),
        (error(400, "resourceIsEncryptedWithCustomerEncryptionKey"), "encrypted"),
        (Reply(302, headers={"Location": "https://evil.example/"}, raw=b""), "the read failed"),
    ],
)
def test_an_object_that_cannot_be_read_says_why(reply, said):
    look = looked(Store({"people.csv": PEOPLE}, {"people.csv": reply}))
    assert look.unread == {f"unknown: {said}": 1}
    assert look.blocked == ("storage.objects.get" if said == "denied" else "")


def test_a_listing_that_is_denied_says_which_permission_would_allow_it():
    look = looked(Store({}, {"o": error(403, "IAM_PERMISSION_DENIED")}))
    assert (look.unread, look.blocked) == ({"keys: denied": 1}, "storage.objects.list")


def test_a_service_that_ignores_the_range_costs_no_more_than_was_asked_for():
    look = looked(Store({"a.txt": b"y"}, {"a.txt": Reply(200, raw=b"x" * 5_000_000)}))
    assert look.bytes == 1


@pytest.mark.parametrize("key", ["a/../../b/secret/iam", "..", ".", "a b?alt=x#y", "ü/%2e%2e/x.csv", "a//b.csv", 'x"\n.csv'])
def test_hostile_keys_lead_nowhere_else(key):
    cloud = Store({key: PEOPLE, "ok.csv": PEOPLE})
    looked(cloud)
    assert "ok.csv" in {path.rpartition("/o/")[2] for _, path in cloud.calls}
    assert {path.partition("/o")[0] for _, path in cloud.calls if "/b/" in path} == {"storage/storage/v1/b/exports"}


def test_hostile_objects_end_no_look():
    look = looked(Store({f"{number:02d}-{key}": data[: 1 << 20] for number, (_, key, data) in enumerate(hostile())}))
    assert look.objects == Limits().objects
    assert look.unread


@pytest.mark.parametrize(("depth", "guard"), [(Depth.CONTENT, Depth.NAMES), (Depth.CONTENT, Depth.METADATA), (Depth.NAMES, Depth.METADATA)])
def test_the_guard_refuses_what_the_depth_does_not_allow(depth, guard):
    with pytest.raises(UndeclaredCallError):
        looked(Store({"people.csv": PEOPLE}), depth, guard=guard)


OBJECT = "https://storage.googleapis.com/storage/v1/b/exports/o"


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("GET", f"{OBJECT}/a%2F..%2Fb?alt=media", True),
        ("GET", f"{OBJECT}/a/iam?alt=media", False),
        ("GET", f"{OBJECT}/%2E%2E?alt=media", False),
        ("GET", f"{OBJECT}/a?alt=media&userProject=other", False),
        ("DELETE", f"{OBJECT}/a", False),
        ("POST", f"{OBJECT}/a/rewriteTo", False),
    ],
)
def test_no_other_operation_on_objects_passes_the_guard_of_content(method, url, allowed):
    assert Guard(declared_calls(Depth.CONTENT)).allows(method, url) is allowed


def test_the_role_that_samples_is_one_of_its_own():
    inventory: Any = role_definition()["includedPermissions"]
    assert not {LIST.action, GET.action} & set(inventory)
    assert role_definition(None, Depth.NAMES)["includedPermissions"] == ["storage.objects.list"]
    sampling = role_definition(None, Depth.CONTENT)
    assert sampling["includedPermissions"] == ["storage.objects.get", "storage.objects.list"]
    assert '"tierwiseSample"' in as_terraform(sampling)
    assert not set(BY_DEPTH[Depth.CONTENT]) & set(declared_calls())
