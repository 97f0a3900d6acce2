from __future__ import annotations

from tests.connectors.gcp.cloud import NUMBER, PROJECT, Cloud, asset, binding, logged
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.secretmanager import TYPE
from tierwise.model.resource import Link, Rel

SERVICES = ("secretmanager",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
REPLICA = {"location": "europe-west2", "customerManagedEncryption": {"kmsKeyName": KEY}}
SAFE = {"name": f"projects/{NUMBER}/secrets/db", "replication": {"userManaged": {"replicas": [REPLICA]}}, "versionDestroyTtl": "604800s"}
BARE = {"name": f"projects/{NUMBER}/secrets/bare", "replication": {"automatic": {}}}
READER = binding("secretmanager.secretAccessor", "allAuthenticatedUsers")


def secret(data: dict, *bindings: dict) -> dict:
    return asset(TYPE, f"//secretmanager.googleapis.com/{data['name']}", data, policy={"bindings": list(bindings)})


ROWS = [secret(SAFE), secret(BARE, READER)]
DOCS = {
    f"secretmanager/v1/projects/{PROJECT}/secrets": {"secrets": [SAFE, BARE]},
    f"secretmanager/v1/projects/{NUMBER}/secrets/bare:getIamPolicy": {"bindings": [READER]},
}


def one(collect, data: dict, *bindings: dict, docs: dict | None = None):
    (found,) = collect(Cloud([secret(data, *bindings)], docs), ALL_FACTS).values()
    return found


def test_a_secret_with_everything_set(collect):
    found = one(collect, SAFE, docs={f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy": logged("DATA_READ", "DATA_WRITE")})
    assert (found.region, found.links) == ("europe-west2", (Link(Rel.USES_KEY, KEY),))
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "recovery.soft_delete_days": 7,
        "network.public_endpoint": True,
        "network.ingress_any": True,
        "network.private_endpoint": False,
        "logging.data_read": True,
        "logging.data_write": True,
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
    }


def test_what_was_never_set(collect):
    facts = said(one(collect, BARE, READER).facts)
    assert (facts["encryption.key_custody"], facts["recovery.soft_delete_days"]) == ("provider-owned", 0)
    assert facts["access.any_authenticated"] is True


def test_the_weakest_key_of_all_replicas_counts(collect):
    found = one(collect, {**SAFE, "replication": {"userManaged": {"replicas": [REPLICA, {"location": "europe-west1"}]}}})
    assert (said(found.facts)["encryption.key_custody"], found.region) == ("provider-owned", "global")
    automatic = {"automatic": {"customerManagedEncryption": {"kmsKeyName": KEY}}}
    assert said(one(collect, {**SAFE, "replication": automatic}).facts)["encryption.key_custody"] == "customer"
    regional = {"name": SAFE["name"], "customerManagedEncryption": {"kmsKeyName": KEY}}
    assert said(one(collect, regional).facts)["encryption.key_custody"] == "customer"
