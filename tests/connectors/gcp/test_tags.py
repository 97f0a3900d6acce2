"""Tags of Resource Manager as declarations: bound to a resource, to what it is part of, and above."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.gcp.cloud import CHAIN, NUMBER, ORGANISATION, PROJECT, Cloud, Reply, asset, binding, error, project
from tests.connectors.gcp.conftest import ALL_FACTS
from tests.connectors.gcp.test_firestore import NAME as DATABASE
from tests.connectors.gcp.test_storage import BARE, bucket
from tierwise.connectors.gcp.tags import BINDINGS, TYPE
from tierwise.model.fact import Known, UnknownReason
from tierwise.model.resource import Resource

SERVICES = ("storage",)
_MANAGER = "cloudresourcemanager.googleapis.com"
NODE = f"//{_MANAGER}/projects/{NUMBER}"
EFFECTIVE = f"cloudresourcemanager/v3/effectiveTags?parent={NODE}"
BUCKET = "//storage.googleapis.com/projects/_/buckets/plain"
OWN, FOLDER, ROOT = "the tags bound to it", "folders/7", f"organizations/{ORGANISATION}"
DEEP = (f"projects/{NUMBER}", FOLDER, ROOT)


def bound(parent: str, named: str = "", value: str = "", **more: Any) -> dict[str, Any]:
    """A binding as the inventory has it: by the name of the value, or by its number alone."""
    data = {"name": f"tagBindings/x/{value or named}", "parent": parent} | (
        {"tagValueNamespacedName": named} if named else {"tagValue": value}
    )
    return asset(TYPE, f"//{_MANAGER}/tagBindings/{parent}/{value or named}", data, **more)


def effective(*tags: str, inherited: bool = False) -> dict[str, Any]:
    return {"effectiveTags": [{"namespacedTagValue": one, **({"inherited": True} if inherited else {})} for one in tags]}


_UNMET = binding(
    "storage.objectViewer", "serviceAccount:loader@elsewhere.iam.gserviceaccount.com",
    condition={"expression": f"resource.matchTag('{ORGANISATION}/environment', 'test')"},
)  # fmt: skip
ROWS = [
    bucket({**BARE, "name": "tagged"}, _UNMET),
    bound(f"//firestore.googleapis.com/{DATABASE}", value="tagValues/9"),
    bound(NODE, f"{ORGANISATION}/owner/records"),
]
DOCS = {
    "storage/storage/v1/b": {"items": [{**BARE, "name": "tagged"}]},
    "storage/storage/v1/b/tagged/iam": {"bindings": [_UNMET]},
    "cloudresourcemanager/v3/tagValues/9": {"name": "tagValues/9", "namespacedName": f"{ORGANISATION}/data-classification/special-category"},
    EFFECTIVE: {"effectiveTags": [*effective(f"{ORGANISATION}/owner/records")["effectiveTags"], *effective(f"{ORGANISATION}/environment/production", inherited=True)["effectiveTags"]]},
}  # fmt: skip


def levels(found: Resource) -> list[tuple[str, object]]:
    return [
        (one.source, dict(one.tags.value) if isinstance(one.tags, Known) else (one.tags.reason, one.tags.via.action))
        for one in found.evidence.inherited
    ]


def levels_of(collect: Any, cloud: Cloud, **options: Any) -> list[tuple[str, object]]:
    (found,) = (one for one in collect(cloud, **options).values() if one.type != f"{_MANAGER}/Project")
    return levels(found)


def plain(*bindings: Any, **more: Any) -> dict[str, Any]:
    return bucket({**BARE, "name": "plain"}, *bindings, **more)


def test_a_project_by_itself_has_what_is_bound_and_what_is_effective_on_it(collect):
    cloud = Cloud(
        [bound(BUCKET, "5005/data-classification/personal"), plain(), bound("//storage.googleapis.com/projects/_/buckets/other", "5005/a/b")],
        {EFFECTIVE: {"effectiveTags": [{"namespacedTagValue": "5005/owner/records"}, {"namespacedTagValue": "5005/environment/production", "inherited": True}]}},
    )  # fmt: skip
    assert levels_of(collect, cloud) == [
        (OWN, {"data-classification": "personal"}),
        (f"projects/{NUMBER}", {"owner": "records"}),
        (f"what is above projects/{NUMBER}", {"environment": "production"}),
    ]
    assert cloud.asked("/effectiveTags") == 1


def test_an_organisation_tells_what_is_bound_at_each_level_in_the_listing_of_its_resources(collect):
    nodes = [
        asset(f"{_MANAGER}/Project", NODE, project(parent=FOLDER), ancestors=DEEP),
        bound(NODE, "5005/owner/records", ancestors=DEEP),
        bound(f"//{_MANAGER}/{FOLDER}", "5005/environment/production", ancestors=DEEP[1:]),
        bound(f"//{_MANAGER}/{ROOT}", "5005/marking/official", ancestors=DEEP[2:]),
        bound(f"//{_MANAGER}/folders/77", "5005/environment/test", ancestors=DEEP[2:]),
    ]
    cloud = Cloud([plain(ancestors=DEEP), *nodes])
    by_number = asset(
        "secretmanager.googleapis.com/Secret", f"//secretmanager.googleapis.com/projects/{NUMBER}/secrets/s", {}, ancestors=DEEP
    )
    everything = collect(Cloud([by_number, *nodes]), organizations=(ORGANISATION,), services=("secretmanager", "resourcemanager"))
    expected = [(f"projects/{NUMBER}", {"owner": "records"}), (FOLDER, {"environment": "production"}), (ROOT, {"marking": "official"})]
    assert levels_of(collect, cloud, organizations=(ORGANISATION,)) == expected
    assert levels(everything[by_number["name"]]) == expected
    assert levels(everything[NODE]) == [(OWN, {"owner": "records"}), *expected[1:]]
    assert cloud.asked("/effectiveTags") == 0
    above = f"cloudresourcemanager/v3/effectiveTags?parent=//{_MANAGER}/{FOLDER}"
    cloud.docs[above] = {"effectiveTags": [{"namespacedTagValue": "5005/environment/production"}, {"namespacedTagValue": "5005/marking/official", "inherited": True}]}  # fmt: skip
    assert levels_of(collect, cloud, folders=("7",)) == [*expected[:2], (f"what is above {FOLDER}", {"marking": "official"})]


@pytest.mark.parametrize(
    ("kind", "name", "data", "parent"),
    [
        ("sqladmin.googleapis.com/Instance", f"//cloudsql.googleapis.com/projects/{PROJECT}/instances/i", {"name": "i"}, f"//sqladmin.googleapis.com/projects/{NUMBER}/instances/i"),
        ("compute.googleapis.com/Disk", f"//compute.googleapis.com/projects/{PROJECT}/zones/z/disks/d", {"id": "77"}, f"//compute.googleapis.com/projects/{NUMBER}/zones/z/disks/77"),
        ("secretmanager.googleapis.com/Secret", f"//secretmanager.googleapis.com/projects/{NUMBER}/secrets/s", {}, f"//secretmanager.googleapis.com/projects/{PROJECT}/secrets/s"),
    ],
)  # fmt: skip
def test_a_binding_names_what_it_is_bound_to_in_its_own_way(collect, kind, name, data, parent):
    cloud = Cloud([asset(kind, name, data), bound(parent, "5005/owner/records")])
    assert levels_of(collect, cloud, services=("sql", "compute", "secretmanager")) == [(OWN, {"owner": "records"})]


def test_a_key_takes_over_what_is_bound_to_its_ring(collect):
    ring = f"projects/{PROJECT}/locations/global/keyRings/r"
    key = asset("cloudkms.googleapis.com/CryptoKey", f"//cloudkms.googleapis.com/{ring}/cryptoKeys/k", {"purpose": "ENCRYPT_DECRYPT"})
    assert levels_of(collect, Cloud([key, bound(f"//cloudkms.googleapis.com/{ring}", "5005/owner/records")]), services=("kms",)) == [
        ("keyRings/r", {"owner": "records"})
    ]


def test_a_value_that_is_bound_by_number_is_looked_up_once(collect):
    cloud = Cloud([plain(), bucket({**BARE, "name": "more"}), *(bound(f"//storage.googleapis.com/projects/_/buckets/{one}", value="tagValues/9") for one in ("plain", "more"))], DOCS)  # fmt: skip
    assert [levels(one)[0] for one in collect(cloud).values()] == [(OWN, {"data-classification": "special-category"})] * 2
    assert cloud.asked("/tagValues/9") == 1


def test_a_binding_for_another_environment_lets_nobody_in(collect):
    cloud = Cloud([plain(_UNMET)])
    for named, outside in (("production", frozenset()), ("test", {"elsewhere"})):
        cloud.docs[EFFECTIVE] = effective(f"{ORGANISATION}/environment/{named}", inherited=True)
        (found,) = collect(cloud, ALL_FACTS).values()
        assert found.facts["access.external_principals"].value == outside
    cloud.denied = frozenset({"resourcemanager.hierarchyNodes.listEffectiveTags"})
    (found,) = collect(cloud, ALL_FACTS).values()
    assert (found.facts["access.external_principals"].reason, found.facts["access.external_principals"].via.action) == (UnknownReason.PERMISSION_DENIED, *cloud.denied)  # fmt: skip


NO_ANSWER = (UnknownReason.API_ERROR, "resourcemanager.tagValues.get")


@pytest.mark.parametrize(
    ("cloud", "fault", "said"),
    [
        (Cloud([plain(), bound(BUCKET, value="tagValues/1")]), {}, (OWN, NO_ANSWER)),
        (Cloud([plain(), bound(BUCKET, "environment/production")]), {}, (OWN, (UnknownReason.UNPARSABLE, "cloudasset.assets.listResource"))),
        (Cloud([plain(), {**bound(BUCKET, "5005/a/b"), "resource": {}}]), {}, (OWN, (UnknownReason.UNPARSABLE, "cloudasset.assets.listResource"))),
        (Cloud([plain()]), {"/effectiveTags": error(403, "IAM_PERMISSION_DENIED")}, (f"projects/{NUMBER}", (UnknownReason.PERMISSION_DENIED, "resourcemanager.hierarchyNodes.listEffectiveTags"))),
        (Cloud([plain()]), {"/effectiveTags": Reply(body={"effectiveTags": [{}]})}, (f"projects/{NUMBER}", (UnknownReason.NOT_COLLECTED, "resourcemanager.hierarchyNodes.listEffectiveTags"))),
        (Cloud([plain()], {"storage/storage/v1/b": {"items": [{**BARE, "name": "plain"}]}}), {"cloudasset/": error(403, "SERVICE_DISABLED")}, (OWN, (UnknownReason.NOT_SUPPORTED, "cloudasset.assets.listResource"))),
    ],
)  # fmt: skip
def test_tags_that_could_not_be_read_are_unknown_and_nothing_above_them_is_told(collect, cloud, fault, said):
    cloud.faults |= fault
    assert levels_of(collect, cloud)[-1] == said


def test_a_project_in_no_organisation_takes_over_nothing_and_is_not_asked(collect):
    alone = Cloud([plain(ancestors=CHAIN[:1]), bound(NODE, "records-prod/owner/records", ancestors=CHAIN[:1])])
    alone.docs[f"cloudresourcemanager/v3/projects/{PROJECT}"] = project(parent="")
    assert levels_of(collect, alone) == [(f"projects/{NUMBER}", {"owner": "records"})]
    assert alone.asked("/effectiveTags") == 0


def test_two_keys_of_one_name_say_what_they_say_together_and_nothing_where_they_do_not_agree(collect):
    """A project and its organisation may each have a key of the name (Resource Manager documentation, "Create and manage tags")."""
    own, root = f"{PROJECT}/data-classification", f"{ORGANISATION}/data-classification"
    for mine, theirs, told in (("personal", "personal", {"data-classification": "personal"}), ("public", "personal", None)):
        cloud = Cloud([plain(), bound(BUCKET, f"{own}/{mine}"), bound(BUCKET, f"{root}/{theirs}")])
        assert levels_of(collect, cloud)[0] == (OWN, told or (UnknownReason.UNPARSABLE, BINDINGS.action))
