from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import NUMBER, PROJECT, Cloud, asset, logged
from tests.connectors.gcp.conftest import ALL_FACTS, said
from tierwise.connectors.gcp.services.firestore import TYPE
from tierwise.model.fact import UNLIMITED
from tierwise.model.resource import Link, Rel

SERVICES = ("firestore",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
NAME = f"projects/{PROJECT}/databases/(default)"
SAFE = {
    "name": NAME,
    "uid": "u-1",
    "locationId": "eur3",
    "cmekConfig": {"kmsKeyName": KEY},
    "pointInTimeRecoveryEnablement": "POINT_IN_TIME_RECOVERY_ENABLED",
    "deleteProtectionState": "DELETE_PROTECTION_ENABLED",
}
ROWS = [asset(TYPE, f"//firestore.googleapis.com/{NAME}", SAFE)]
SCHEDULES, FIELDS = f"firestore/v1/{NAME}/backupSchedules", f"firestore/v1/{NAME}/collectionGroups/__default__/fields"
DOCS = {
    f"firestore/v1/projects/{PROJECT}/databases": {"databases": [SAFE]},
    SCHEDULES: {"backupSchedules": [{"retention": "1209600s", "dailyRecurrence": {}}]},
    FIELDS: {"fields": [{"name": "f", "ttlConfig": {"state": "ACTIVE"}}]},
}


def test_a_database_with_everything_set(collect):
    above = {f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy": logged("DATA_READ", service="datastore.googleapis.com")}
    (found,) = collect(Cloud(ROWS, {**DOCS, **above}), ALL_FACTS).values()
    assert (found.region, found.links, "u-1" in found.aliases) == ("eur3", (Link(Rel.USES_KEY, KEY),), True)
    assert said(found.facts) == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "network.public_endpoint": True,
        "network.ingress_any": True,
        "network.private_endpoint": False,
        "transport.tls_required": True,
        "transport.min_tls": "1.0",
        "logging.data_read": True,
        "logging.data_write": False,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "access.shared_key_enabled": False,
        "access.anonymous_read": "unknown",
        "access.anonymous_write": "unknown",
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": "n/a",
        "recovery.point_in_time": True,
        "retention.backup_days": 14,
        "recovery.delete_protected": True,
        "recovery.redundancy": "multi-region",
        "retention.expiry_configured": True,
        "retention.delete_after_days": "n/a",
    }


def test_what_was_never_set(collect):
    bare = asset(TYPE, f"//firestore.googleapis.com/{NAME}", {"name": NAME, "locationId": "europe-west2"})
    (found,) = collect(Cloud([bare], {SCHEDULES: {}, FIELDS: {}}), ALL_FACTS).values()
    facts = said(found.facts)
    assert (facts["recovery.point_in_time"], facts["retention.backup_days"], facts["recovery.delete_protected"]) == (False, 0, False)
    assert (facts["retention.expiry_configured"], facts["retention.delete_after_days"]) == (False, UNLIMITED)
    assert (facts["recovery.redundancy"], facts["encryption.key_custody"]) == ("multi-zone", "provider-owned")


@pytest.mark.parametrize(
    ("action", "name"),
    [("datastore.backupSchedules.list", "retention.backup_days"), ("datastore.indexes.list", "retention.expiry_configured")],
)
def test_denied_is_unknown_with_the_permission_named(collect, action, name):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({action})
    (found,) = collect(cloud, ALL_FACTS).values()
    assert found.facts[name].via.action == action
    assert said(found.facts)[name] == "unknown"
