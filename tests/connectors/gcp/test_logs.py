from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.gcp.cloud import NUMBER, PROJECT, Cloud, asset
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.logs import BUCKET, SINK
from tierwise.model.resource import Link, Rel

SERVICES = ("logging",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
SAFE: dict[str, Any] = {"name": f"projects/{PROJECT}/locations/europe-west2/buckets/audit", "retentionDays": 400, "locked": True, "cmekSettings": {"kmsKeyName": KEY}}  # fmt: skip
TRAIL = {"name": "all", "destination": f"logging.googleapis.com/projects/{PROJECT}/locations/europe-west2/buckets/audit", "filter": 'log_id("cloudaudit.googleapis.com/activity")'}  # fmt: skip
OTHER = {"name": "errors", "destination": "storage.googleapis.com/errors", "filter": "severity>=ERROR"}


def bucket(data: dict) -> dict:
    return asset(BUCKET, f"//logging.googleapis.com/{data['name']}", data)


def sink(data: dict) -> dict:
    return asset(SINK, f"//logging.googleapis.com/projects/{NUMBER}/sinks/{data['name']}", data)


ROWS = [bucket(SAFE), sink(TRAIL), sink(OTHER)]
DOCS = {
    f"logging/v2/projects/{PROJECT}/locations/-/buckets": {"buckets": [SAFE]},
    f"logging/v2/projects/{PROJECT}/sinks": {"sinks": [TRAIL, OTHER]},
}


def test_a_bucket_and_a_sink(collect):
    estate = collect(Cloud(ROWS, DOCS), ALL_FACTS)
    store, trail = estate[ROWS[0]["name"]], estate[ROWS[1]["name"]]
    assert len(estate) == 2
    assert (store.region, store.links) == ("europe-west2", (Link(Rel.USES_KEY, KEY),))
    assert said(store.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
        "retention.log_days": 400,
        "retention.expiry_configured": True,
        "immutability.mode": "compliance",
        "immutability.min_days": 400,
        "recovery.delete_protected": True,
        "logging.masking": False,
    }
    assert trail.links == (Link(Rel.LOGS_TO, SAFE["name"]),)
    assert said(trail.facts) == {"logging.control_plane": True, "logging.all_regions": True, "logging.integrity_validated": "n/a"}


@pytest.mark.parametrize(("name", "days", "mode"), [("_Default", 30, "none"), ("_Required", 400, "compliance")])
def test_what_was_never_set(collect, name, days, mode):
    (found,) = collect(Cloud([bucket({"name": f"projects/{PROJECT}/locations/global/buckets/{name}"})]), ALL_FACTS).values()
    facts = said(found.facts)
    assert (found.region, facts["retention.log_days"], facts["immutability.mode"]) == ("global", days, mode)
    assert facts["encryption.key_custody"] == "provider-owned"


def test_fields_that_readers_are_denied_are_masked(collect):
    row = bucket({"name": f"projects/{PROJECT}/locations/global/buckets/b", "restrictedFields": ["jsonPayload.person"]})
    assert said(collect(Cloud([row]), ALL_FACTS)[row["name"]].facts)["logging.masking"] is True


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({"filter": ""}, True),
        ({"disabled": True}, False),
        ({"filter": 'log_id("cloudaudit.googleapis.com/activity") AND severity>=ERROR'}, "unknown"),
        ({"exclusions": [{"name": "x", "filter": "y"}]}, "unknown"),
        ({"exclusions": [{"name": "x", "filter": "y", "disabled": True}]}, True),
    ],
)
def test_what_passes_through_a_sink(collect, more, value):
    (found,) = collect(Cloud([sink({**TRAIL, **more})]), ALL_FACTS).values()
    assert said(found.facts)["logging.control_plane"] == value
