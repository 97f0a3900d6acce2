from __future__ import annotations

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import value
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

INSTANCE = "google_memcache_instance"


def test_a_plain_cache_inside_a_network(tmp_path):
    plan = GooglePlan()
    plan.put(INSTANCE, "m", {"name": "sessions", "node_count": 3, "node_config": [{"cpu_count": 1, "memory_size_mb": 1024}]})
    one = plan.one(tmp_path, f"{INSTANCE}.m")
    assert (one.kind, one.name, one.region) == (Kind.CACHE, "sessions", "europe-west2")
    expected = {
        "encryption.at_rest": True, "encryption.key_custody": "provider-owned", "transport.tls_required": False, "transport.min_tls": "none",
        "network.public_endpoint": False, "access.shared_key_enabled": False, "retention.backup_days": 0, "recovery.redundancy": "zone",
        "volume.bytes": 3 * 1024**3,
    }  # fmt: skip
    assert {name: value(one, name) for name in expected} == expected
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS
