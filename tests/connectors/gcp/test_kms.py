from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import DOMAIN, NUMBER, PROJECT, Cloud, asset, binding
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.kms import TYPE
from tierwise.model.fact import UNLIMITED, Unknown, UnknownReason

SERVICES = ("kms",)
RING = f"projects/{PROJECT}/locations/europe-west2/keyRings/r"
SAFE = {
    "name": f"{RING}/cryptoKeys/k",
    "purpose": "ENCRYPT_DECRYPT",
    "rotationPeriod": "7776000s",
    "versionTemplate": {"protectionLevel": "HSM", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"},
    "destroyScheduledDuration": "2592000s",
    "primary": {"name": f"{RING}/cryptoKeys/k/cryptoKeyVersions/1", "state": "ENABLED"},
}
SIGNING = {"name": f"{RING}/cryptoKeys/sign", "purpose": "ASYMMETRIC_SIGN", "versionTemplate": {"protectionLevel": "SOFTWARE"}}
USER = binding("cloudkms.cryptoKeyEncrypterDecrypter", f"serviceAccount:service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com")
VERSIONS = f"cloudkms/v1/{RING}/cryptoKeys/sign/cryptoKeyVersions"


def key(data: dict, *bindings: dict) -> dict:
    return asset(TYPE, f"//cloudkms.googleapis.com/{data['name']}", data, policy={"bindings": list(bindings)})


ROWS = [key(SAFE, USER), key(SIGNING)]
DOCS = {
    f"cloudkms/v1/projects/{PROJECT}/locations": {"locations": [{"locationId": "europe-west2"}]},
    f"cloudkms/v1/projects/{PROJECT}/locations/europe-west2/keyRings": {"keyRings": [{"name": RING}]},
    f"cloudkms/v1/{RING}/cryptoKeys": {"cryptoKeys": [SAFE, SIGNING]},
    f"cloudkms/v1/{RING}/cryptoKeys/k:getIamPolicy": {"bindings": [USER]},
    VERSIONS: {"cryptoKeyVersions": [{"state": "DESTROYED"}, {"state": "DISABLED"}]},
}
SHARED = ("access.", "network.", "transport.", "logging.")


def one(collect, data: dict, *bindings: dict, docs: dict | None = None):
    (found,) = collect(Cloud([key(data, *bindings)], docs), ALL_FACTS).values()
    return found


def test_a_key_with_everything_set(collect):
    found = one(collect, SAFE, USER)
    assert (found.region, found.name) == ("europe-west2", "k")
    assert f"projects/{NUMBER}/locations/europe-west2/keyRings/r/cryptoKeys/k" in found.aliases
    assert {name: value for name, value in said(found.facts).items() if not name.startswith(SHARED)} == {
        "key.protection_level": "hsm",
        "key.rotation_enabled": True,
        "key.rotation_days": 90,
        "key.state": "enabled",
        "key.deletion_window_days": 30,
        "key.purge_protected": True,
        "key.decrypt_named_only": True,
        "key.admin_user_overlap": 0,
    }


def test_a_key_that_never_rotates(collect):
    facts = said(one(collect, {**SAFE, "rotationPeriod": None}).facts)
    assert (facts["key.rotation_enabled"], facts["key.rotation_days"]) == (False, UNLIMITED)


def test_keys_for_signatures_and_imported_ones_do_not_rotate(collect):
    for data in (SIGNING, {**SAFE, "importOnly": True}):
        assert said(one(collect, data).facts)["key.rotation_enabled"] == "n/a"


@pytest.mark.parametrize(
    ("state", "said_"), [("DISABLED", "disabled"), ("DESTROY_SCHEDULED", "pending-deletion"), ("GENERATION_FAILED", "unknown")]
)
def test_the_state_is_the_primary_versions(collect, state, said_):
    assert said(one(collect, {**SAFE, "primary": {"state": state}}).facts)["key.state"] == said_


def test_the_state_of_a_key_without_a_primary_is_the_best_of_its_versions(collect):
    assert said(one(collect, SIGNING, docs=DOCS).facts)["key.state"] == "disabled"


def test_who_uses_a_key_is_named_by_its_ring_and_above_too(collect):
    wide = binding("cloudkms.cryptoKeyDecrypter", f"projectEditor:{PROJECT}")
    for path in (f"cloudkms/v1/{RING}:getIamPolicy", f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy"):
        assert said(one(collect, SAFE, docs={path: {"bindings": [wide]}}).facts)["key.decrypt_named_only"] is False
    ann = f"user:ann@{DOMAIN}"
    both = {f"cloudkms/v1/{RING}:getIamPolicy": {"bindings": [binding("cloudkms.admin", ann), binding("cloudkms.cryptoKeyDecrypter", ann)]}}
    assert said(one(collect, SAFE, docs=both).facts)["key.admin_user_overlap"] == 1


def test_a_ring_that_may_not_be_read_leaves_open_who_uses_the_key(collect):
    cloud = Cloud([key(SAFE, USER)])
    cloud.denied = frozenset({"cloudkms.keyRings.getIamPolicy"})
    (found,) = collect(cloud, ALL_FACTS).values()
    for name in ("key.decrypt_named_only", "key.admin_user_overlap", "access.anonymous_read"):
        fact = found.facts[name]
        assert isinstance(fact, Unknown), name
        assert (fact.reason, fact.via.action) == (UnknownReason.PERMISSION_DENIED, "cloudkms.keyRings.getIamPolicy")
