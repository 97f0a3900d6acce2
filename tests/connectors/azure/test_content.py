"""Storage accounts are looked into through the real source, guard and pipeline; the blob service answers as its REST API does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from tests.connectors.azure.cloud import Cloud, Credential, Reply, error
from tests.connectors.azure.conftest import STARTED
from tests.connectors.azure.test_storage import CONTAINERS, DOCS, account, container
from tests.connectors.collected import flat
from tests.content.hostile import hostile
from tierwise.config import AzureConfig
from tierwise.connectors.azure.connect import open_tenant
from tierwise.connectors.azure.guard import BlobGuard, UndeclaredCallError
from tierwise.connectors.azure.permissions import as_terraform, role_definition
from tierwise.connectors.azure.services.storage_reads import READ_BLOBS
from tierwise.content.budget import Budget, Limits
from tierwise.content.look import Looker
from tierwise.model.content import Depth, Look
from tierwise.model.resource import Resource

PEOPLE = b"nhs_number,full_name\n" + b"".join(b"99900%05d,Ann Lee\n" % number for number in range(30))
HOST = "records.blob.core.windows.net"
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def failed(status: int, code: str) -> Reply:
    return Reply(status, headers={"x-ms-error-code": code}, raw=f"<Error><Code>{code}</Code></Error>".encode())


class Store(Cloud):
    """An account with blobs by `container/name`; what `fails` names answers otherwise, what `tiers` names lies in another tier."""

    def __init__(
        self, blobs: Mapping[str, bytes], fails: Mapping[str, Reply] | None = None, tiers: Mapping[str, str] | None = None, **listing: Reply
    ) -> None:
        names = dict.fromkeys(["one", *(key.partition("/")[0] for key in blobs)])
        super().__init__([account()], {**DOCS, CONTAINERS: listing.get("containers", {"value": [container(name) for name in names]})})
        self.blobs, self.fails, self.tiers = dict(blobs), dict(fails or {}), dict(tiers or {})
        self.ranges: list[str] = []

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        parts = urlsplit(request.url)
        if parts.netloc == HOST:
            assert request.headers["x-ms-version"] == "2023-11-03"
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            key = unquote(parts.path).removeprefix("/")
            self.faults["/"] = self._list(key, query) if query else self._blob(key, request.headers)
        try:
            return super().send(request, *args, **options)
        finally:
            self.faults.pop("/", None)

    def _list(self, box: str, query: Mapping[str, str]) -> Reply:
        if box in self.fails:
            return self.fails[box]
        assert (query["restype"], query["comp"], query["delimiter"]) == ("container", "list", "/")
        before = f"{box}/{query.get('prefix', '')}"
        below = sorted(key for key in self.blobs if key.startswith(before))
        direct = [key for key in below if "/" not in key[len(before) :]]
        deeper = sorted({before + key[len(before) :].split("/")[0] + "/" for key in below if "/" in key[len(before) :]})
        blobs = "".join(
            f"<Blob>{_name(key.partition('/')[2])}<Properties><Etag>0x8D</Etag><Content-Length>{len(self.blobs[key])}</Content-Length>"
            f"<AccessTier>{self.tiers.get(key, 'Hot')}</AccessTier></Properties></Blob>"
            for key in direct[:1000]
        )
        blobs += "".join(f"<BlobPrefix>{_name(one.partition('/')[2])}</BlobPrefix>" for one in deeper)
        more = "<NextMarker>more</NextMarker>" if len(direct) > 1000 else "<NextMarker />"
        text = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{blobs}</Blobs>{more}</EnumerationResults>'
        return Reply(raw=b"\xef\xbb\xbf" + text.encode())

    def _blob(self, key: str, headers: Mapping[str, str]) -> Reply:
        if key in self.fails:
            return self.fails[key]
        assert headers["If-Match"] == "0x8D"
        self.ranges.append(headers["x-ms-range"])
        start, end = map(int, headers["x-ms-range"].removeprefix("bytes=").split("-"))
        return Reply(206, raw=self.blobs[key][start : end + 1])


def _name(name: str) -> str:
    return f'<Name Encoded="true">{quote(name)}</Name>' if _UNSPEAKABLE.search(name) else f"<Name>{escape(name)}</Name>"


def looked(cloud: Cloud, depth: Depth = Depth.CONTENT, *, guard: Depth | None = None, credential: Credential | None = None) -> Look:
    config = AzureConfig(services=("storage",), requests_per_second=0)
    (source,) = open_tenant(config, STARTED, credential=credential or Credential(), transport=cloud.transport(), depth=guard or depth)
    (store,) = [one.id for one in flat(source.survey()) if isinstance(one, Resource)]
    (look,) = flat(source.looks([store, "not ours"], Looker(depth, Budget(Limits(), lambda: 0.0))))  # type: ignore[attr-defined]
    assert isinstance(look, Look)
    assert look.resource == store
    return look


def test_an_account_is_looked_into_by_ranges():
    cloud, credential = Store({"one/2026/people.csv": PEOPLE, "two/big.log": b"x\n" * 500_000}), Credential()
    look = looked(cloud, credential=credential)
    assert look.read == {"csv": 1, "log": 1}
    assert "full_name" in {one.detection.detector for one in look.found}
    assert look.bytes < 200_000
    assert all(one.startswith("bytes=0-") for one in cloud.ranges)
    assert set(credential.scopes) == {"https://management.azure.com/.default", "https://storage.azure.com/.default"}


def test_names_alone_open_no_blob():
    cloud = Store({"one/9990000018/people.csv": PEOPLE})
    look = looked(cloud, Depth.NAMES)
    assert (look.listed, look.objects, cloud.ranges) == (3, 0, [])


def test_an_account_without_blobs_has_nothing_to_look_at():
    look = looked(Store({}))
    assert (look.objects, look.unread) == (0, {})


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (failed(403, "AuthorizationPermissionMismatch"), "denied"),
        (failed(412, "ConditionNotMet"), "changed while it was read"),
        (failed(404, "BlobNotFound"), "gone"),
        (failed(409, "BlobUsesCustomerSpecifiedEncryption"), "encrypted"),
        (failed(409, "BlobArchived"), "archived"),
        (failed(400, "what is this?"), "the read failed"),
        (Reply(302, headers={"Location": "https://evil.example/"}, raw=b""), "the read failed"),
    ],
)
def test_a_blob_that_cannot_be_read_says_why(reply, said):
    cloud = Store({"one/people.csv": PEOPLE}, {"one/people.csv": reply})
    look = looked(cloud)
    assert look.unread == {f"unknown: {said}": 1}
    assert look.blocked == (READ_BLOBS if said == "denied" else "")
    assert "evil.example" not in cloud.hosts


def test_an_archived_blob_is_not_asked_for():
    cloud = Store({"one/people.csv": PEOPLE}, tiers={"one/people.csv": "Archive"})
    assert looked(cloud).unread == {"object: archived": 1}
    assert cloud.ranges == []


@pytest.mark.parametrize(
    "cloud",
    [Store({}, {"one": failed(403, "AuthorizationFailure")}), Store({}, containers=error(403, "AuthorizationFailed"))],
    ids=["blobs", "containers"],
)
def test_a_listing_that_is_denied_says_which_action_would_allow_it(cloud):
    look = looked(cloud)
    assert (look.unread, look.blocked) == ({"keys: denied": 1}, READ_BLOBS)


@pytest.mark.parametrize("body", [b"", b"<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<EnumerationResults/>"])
def test_a_listing_that_is_none_ends_no_scan(body):
    look = looked(Store({}, {"one": Reply(raw=body)}))
    assert look.objects == 0


def test_a_service_that_ignores_the_range_costs_no_more_than_was_asked_for():
    look = looked(Store({"one/a.txt": b"y"}, {"one/a.txt": Reply(200, raw=b"x" * 5_000_000)}))
    assert look.bytes == 1


@pytest.mark.parametrize("name", ["a/../../two/secret.csv", "..", "a b?comp=metadata#y", "ü&<x>.csv", "a//b.csv", "x\x01.csv"])
def test_hostile_names_lead_nowhere_else(name):
    cloud = Store({f"one/{name}": PEOPLE, "one/ok.csv": PEOPLE})
    looked(cloud)
    paths = {path for _, path in cloud.calls if not path.startswith(("/subscriptions", "/providers"))}
    assert "/one/ok.csv" in paths
    assert paths <= {"/one", "/one/ok.csv", f"/one/{name}"}


def test_hostile_blobs_end_no_look():
    look = looked(Store({f"one/{number:02d}-{key}": data[: 1 << 20] for number, (_, key, data) in enumerate(hostile())}))
    assert look.objects == Limits().objects
    assert look.unread


@pytest.mark.parametrize(("depth", "guard"), [(Depth.CONTENT, Depth.NAMES), (Depth.CONTENT, Depth.METADATA), (Depth.NAMES, Depth.METADATA)])
def test_the_guard_refuses_what_the_depth_does_not_allow(depth, guard):
    with pytest.raises(UndeclaredCallError):
        looked(Store({"one/people.csv": PEOPLE}), depth, guard=guard)


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("GET", f"https://{HOST}/one?restype=container&comp=list&prefix=a%2F..", True),
        ("GET", f"https://{HOST}/one/a/b.csv", True),
        ("GET", f"https://{HOST}/?comp=list", False),
        ("GET", f"https://{HOST}/one?restype=container&comp=acl", False),
        ("GET", f"https://{HOST}/one?restype=container&comp=list&include=metadata", False),
        ("GET", f"https://{HOST}/one/a.csv?comp=blocklist", False),
        ("GET", f"https://{HOST}/one/%2e%2e/a.csv", False),
        ("GET", f"http://{HOST}/one/a.csv", False),
        ("GET", "https://records.queue.core.windows.net/one/a.csv", False),
        ("GET", "https://records.blob.core.windows.net.evil.example/one/a.csv", False),
        ("GET", "https://records.blob.core.windows.net@evil.example/one/a.csv", False),
        ("PUT", f"https://{HOST}/one/a.csv", False),
        ("DELETE", f"https://{HOST}/one/a.csv", False),
        ("POST", f"https://{HOST}/one/a.csv", False),
    ],
)
def test_no_other_operation_on_blobs_passes_the_guard_of_content(method, url, allowed):
    assert BlobGuard("core.windows.net", Depth.CONTENT).allows(method, url) is allowed


def test_the_role_that_samples_is_one_of_its_own():
    inventory, sampling = role_definition(), role_definition(depth=Depth.CONTENT)
    assert inventory["DataActions"] == sampling["Actions"] == []
    assert sampling["DataActions"] == [READ_BLOBS]
    assert READ_BLOBS in as_terraform(sampling)
