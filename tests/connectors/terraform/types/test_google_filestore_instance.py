from __future__ import annotations

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import reason, value
from tests.connectors.terraform.types.cases import Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

SHARE = "google_filestore_instance"
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
CASES = (
    Case(SHARE, "kms_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(SHARE, "tier", "recovery.redundancy", {"ENTERPRISE": "multi-zone", "BASIC_HDD": "zone"}, absent="zone"),
)


@pytest.fixture
def plan():
    return GooglePlan()


def test_a_share_that_says_little(plan, tmp_path):
    shares = [{"name": "homes", "capacity_gb": 1024, "nfs_export_options": []}]
    plan.put(SHARE, "f", {"name": "nfs", "tier": "BASIC_SSD", "location": "europe-west2-b", "file_shares": shares})
    one = plan.one(tmp_path, f"{SHARE}.f")
    assert (one.kind, one.region, one.evidence.description) == (Kind.FILE_SHARE, "europe-west2", "homes")
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "transport.tls_required") is False
    assert value(one, "recovery.redundancy") == "zone"
    assert value(one, "volume.bytes") == 1024**4
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_what_the_provider_cannot_set_is_off_on_a_new_share_and_unsaid_on_an_old_one(plan, tmp_path):
    plan.put(SHARE, "f", {"name": "nfs", "tier": "ENTERPRISE", "location": "europe-west2"}, actions=("no-op",))
    one = plan.one(tmp_path, f"{SHARE}.f")
    assert reason(one, "transport.tls_required") is UnknownReason.NOT_COLLECTED
    assert value(one, "recovery.redundancy") == "multi-zone"
