from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.azure.cloud import Cloud, named, row
from tests.connectors.azure.conftest import ALL_FACTS
from tests.connectors.azure.test_storage import value
from tierwise.model.fact import Unknown, UnknownReason

TYPE = "Microsoft.Cache/redis"
CACHE = named(TYPE, "cache").lower()
SAFE = {
    "hostName": "cache.redis.cache.windows.net",
    "enableNonSslPort": False,
    "minimumTlsVersion": "1.2",
    "subnetId": "/subscriptions/s/subnets/one",
    "disableAccessKeyAuthentication": True,
    "redisConfiguration": {
        "aad-enabled": "true",
        "rdb-backup-enabled": "true",
        "rdb-backup-frequency": "1440",
        "rdb-backup-max-snapshot-count": "7",
    },
}
ROWS = [row(TYPE, "cache", SAFE), row(TYPE, "open", {"enableNonSslPort": True})]
DOCS: dict[str, Any] = {f"{named(TYPE, 'open')}/firewallrules": {"value": []}}


@pytest.fixture
def read(collect):
    def run(properties, rules=(), **more):
        listed = {"value": [{"properties": {"startIP": low, "endIP": high}} for low, high in rules]}
        return {
            name: value(fact)
            for name, fact in collect(Cloud([row(TYPE, "cache", properties, **more)], {f"{CACHE}/firewallrules": listed}), ALL_FACTS)[
                CACHE
            ].facts.items()
        }

    return run


def test_a_cache_is_read_whole(read):
    facts = read(SAFE, zones=["1", "2"])
    wanted = {
        "encryption.key_custody": "provider-owned",
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "network.public_endpoint": False,
        "network.private_endpoint": True,
        "access.shared_key_enabled": False,
        "access.local_auth_enabled": False,
        "access.central_identity_enabled": True,
        "recovery.redundancy": "multi-zone",
        "retention.backup_days": 7,
        "logging.data_read": False,
    }
    assert {name: facts[name] for name in wanted} == wanted


def test_what_was_never_set_has_the_meaning_that_azure_documents(read):
    facts = read({})
    assert (facts["transport.min_tls"], facts["access.shared_key_enabled"], facts["network.ingress_any"]) == ("1.0", True, True)
    assert (facts["access.central_identity_enabled"], facts["retention.backup_days"], facts["recovery.redundancy"]) == (False, 0, "zone")
    assert isinstance(facts["transport.tls_required"], Unknown)


@pytest.mark.parametrize(("rules", "expected"), [([("203.0.113.1", "203.0.113.9")], False), ([("0.0.0.0", "255.255.255.255")], True)])
def test_rules_close_a_public_cache(read, rules, expected):
    assert read({"publicNetworkAccess": "Enabled"}, rules)["network.ingress_any"] is expected


def test_an_interval_that_is_no_number_is_no_guess(read):
    found = read({**SAFE, "redisConfiguration": {"rdb-backup-enabled": "true", "rdb-backup-frequency": "often"}})
    assert found["retention.backup_days"].reason is UnknownReason.UNPARSABLE
