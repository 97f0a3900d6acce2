from __future__ import annotations

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, GooglePlan
from tests.connectors.terraform.plans import ref, value
from tests.connectors.terraform.types.cases import Case
from tierwise.connectors.terraform.types.google_alloydb_backup import BACKUP
from tierwise.connectors.terraform.types.google_alloydb_cluster import CLUSTER
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import facts_of

_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
CASES = (
    Case(BACKUP, "encryption_config.0.kms_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(BACKUP, "cluster_name", "copy-of", {"clusters/of-ours": ("clusters/of-ours",)}, absent=()),
)


def test_a_backup_is_a_copy_of_its_cluster_that_nobody_else_is_let_into(tmp_path):
    plan = GooglePlan()
    plan.put(CLUSTER, "people", {"cluster_id": "people", "location": "europe-west2"}, unknown={"name": True, "id": True})
    plan.put(
        BACKUP,
        "b",
        {"backup_id": "before-move", "location": "europe-west2"},
        unknown={"cluster_name": True, "name": True},
        expressions={"cluster_name": ref(f"{CLUSTER}.people.name")},
    )
    one = plan.one(tmp_path, f"{BACKUP}.b")
    assert (one.kind, one.name, one.region) == (Kind.SNAPSHOT, "before-move", "europe-west2")
    assert one.links == (Link(Rel.COPY_OF, f"{CLUSTER}.people"),)
    assert value(one, "access.anonymous_read") is False
    assert value(one, "encryption.at_rest") is True
    assert {spec.name for spec in facts_of(Kind.SNAPSHOT) if not spec.derived} - set(one.facts) - NEEDS_OTHERS == set()
