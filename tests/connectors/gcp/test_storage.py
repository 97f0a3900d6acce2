from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import DOMAIN, NUMBER, ORGANISATION, PROJECT, Cloud, asset, binding, error, logged
from tests.connectors.gcp.conftest import ALL_FACTS
from tierwise.connectors.gcp.constraints import members_only
from tierwise.connectors.gcp.services.storage import TYPE
from tierwise.model.fact import UNLIMITED, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel

SERVICES = ("storage",)
KEY = f"projects/{PROJECT}/locations/europe-west2/keyRings/r/cryptoKeys/k"
SAFE = {
    "name": "exports",
    "location": "EUROPE-WEST2",
    "locationType": "region",
    "projectNumber": NUMBER,
    "labels": {"owner": "records"},
    "encryption": {"defaultKmsKeyName": f"{KEY}/cryptoKeyVersions/3"},
    "iamConfiguration": {"publicAccessPrevention": "enforced", "uniformBucketLevelAccess": {"enabled": True}},
    "versioning": {"enabled": True},
    "softDeletePolicy": {"retentionDurationSeconds": "2592000"},
    "retentionPolicy": {"retentionPeriod": "31536000", "isLocked": True},
    "logging": {"logBucket": "logs"},
    "lifecycle": {
        "rule": [
            {"action": {"type": "Delete"}, "condition": {"age": 730, "isLive": True}},
            {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 30}},
        ]
    },
    "ipFilter": {"mode": "Enabled", "publicNetworkSource": {"allowedIpCidrRanges": ["198.51.100.0/24"]}},
}
BARE = {"name": "plain", "location": "US", "projectNumber": NUMBER}
READER = binding("storage.objectViewer", f"serviceAccount:app@{PROJECT}.iam.gserviceaccount.com")


def bucket(data: dict, *bindings: dict, **more) -> dict:
    return asset(TYPE, f"//storage.googleapis.com/{data['name']}", data, policy={"bindings": list(bindings)}, **more)


ROWS = [bucket(SAFE, READER), bucket({**BARE, "name": "second"}, binding("storage.objectViewer", "allUsers"))]
DOCS = {
    f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy": logged("DATA_READ", "DATA_WRITE"),
    f"orgpolicy/v2/organizations/{ORGANISATION}/policies": {
        "policies": [
            {
                "name": f"organizations/{ORGANISATION}/policies/gcp.restrictTLSVersion",
                "spec": {"rules": [{"values": {"deniedValues": ["TLS_VERSION_1", "TLS_VERSION_1_1"]}}]},
            },
            {
                "name": f"organizations/{ORGANISATION}/policies/iam.allowedPolicyMemberDomains",
                "spec": {"rules": [{"values": {"allowedValues": ["C03xgje4y"]}}]},
            },
        ]
    },
    "storage/storage/v1/b": {"items": [SAFE, {**BARE, "name": "second"}]},
    "storage/storage/v1/b/exports/iam": {"bindings": [READER]},
    "storage/storage/v1/b/exports/managedFolders": {"items": [{"name": "in/"}]},
    "storage/storage/v1/b/exports/managedFolders/in//iam": {"bindings": [READER]},
    "storage/storage/v1/b/second/iam": {"bindings": [binding("storage.objectViewer", "allUsers")]},
}


def one(collect, data: dict, *bindings: dict, docs: dict | None = None, wanted=ALL_FACTS):
    (found,) = collect(Cloud([bucket(data, *bindings)], docs), wanted).values()
    return found


def test_a_bucket_with_everything_set(collect):
    found = collect(Cloud(ROWS, DOCS), ALL_FACTS)["//storage.googleapis.com/exports"]
    assert (found.kind, found.account, found.region, found.name) == (Kind.OBJECT_STORE, PROJECT, "europe-west2", "exports")
    assert found.tags.value == {"owner": "records"}
    assert found.links == (Link(Rel.USES_KEY, KEY), Link(Rel.LOGS_TO, "logs"))
    assert {name: fact.value if isinstance(fact, Known) else type(fact) for name, fact in found.facts.items()} == {
        "encryption.at_rest": True,
        "encryption.key_custody": "customer",
        "network.public_endpoint": True,
        "network.ingress_any": False,
        "network.private_endpoint": False,
        "transport.tls_required": True,
        "transport.min_tls": "1.2",
        "logging.data_read": True,
        "logging.data_write": True,
        "recovery.versioning": True,
        "recovery.soft_delete_days": 30,
        "recovery.point_in_time": NotApplicable,
        "recovery.mfa_delete": NotApplicable,
        "recovery.redundancy": "multi-zone",
        "immutability.mode": "compliance",
        "immutability.min_days": 365,
        "retention.legal_hold": False,
        "retention.expiry_configured": True,
        "retention.delete_after_days": 730,
        "retention.noncurrent_days": 30,
        "access.public_blocked": True,
        "access.acls_disabled": True,
        "access.public_acls_blocked": True,
        "access.shared_key_enabled": False,
        "access.organisation_perimeter": True,
        "access.bearer_link_max_hours": 168,
        "access.website_enabled": False,
        "access.cors_any_origin": False,
        "access.anonymous_read": False,
        "access.anonymous_write": False,
        "access.any_authenticated": False,
        "access.external_principals": frozenset(),
        "access.external_conditioned": NotApplicable,
    }


@pytest.mark.parametrize("empty", [{}, {"encryption": {}, "logging": {}, "retentionPolicy": {}, "versioning": {}, "website": {}, "cors": [], "lifecycle": {}, "iamConfiguration": {}}])  # fmt: skip
def test_what_was_never_set_is_what_cloud_storage_documents(collect, empty):
    found = one(collect, {**BARE, **empty})
    assert found.tags.value == {}
    assert found.links == ()
    for name, value in {
        "encryption.key_custody": "provider-owned",
        "access.public_blocked": False,
        "access.acls_disabled": False,
        "access.public_acls_blocked": False,
        "recovery.versioning": False,
        "immutability.mode": "none",
        "immutability.min_days": 0,
        "retention.expiry_configured": False,
        "retention.delete_after_days": UNLIMITED,
        "recovery.redundancy": "multi-region",
        "logging.data_read": False,
        "transport.min_tls": "1.0",
        "network.ingress_any": True,
    }.items():
        assert found.facts[name].value == value, name
    assert found.facts["recovery.soft_delete_days"].reason is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize(
    ("name", "data", "value"),
    [
        ("recovery.soft_delete_days", {"softDeletePolicy": {"retentionDurationSeconds": "0"}}, 0),
        ("immutability.mode", {"retentionPolicy": {"retentionPeriod": "86400"}}, "governance"),
        ("access.website_enabled", {"website": {"mainPageSuffix": "index.html"}}, True),
        ("access.cors_any_origin", {"cors": [{"origin": ["https://a.example"]}, {"origin": ["*"]}]}, True),
        ("retention.legal_hold", {"defaultEventBasedHold": True}, True),
        ("network.ingress_any", {"ipFilter": {"mode": "Disabled", "publicNetworkSource": {"allowedIpCidrRanges": []}}}, True),
        ("network.private_endpoint", {"ipFilter": {"mode": "Enabled", "vpcNetworkSources": [{"network": "n"}]}}, True),
        ("recovery.redundancy", {"location": "EU", "customPlacementConfig": {"dataLocations": ["A", "B"]}}, "multi-region"),
        ("retention.delete_after_days", {"lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 9, "matchesPrefix": ["x"]}}]}}, UNLIMITED),
        ("access.acls_disabled", {"iamConfiguration": {"bucketPolicyOnly": {"enabled": True}}}, True),
    ],
)  # fmt: skip
def test_single_settings(collect, name, data, value):
    assert one(collect, {**BARE, **data}).facts[name].value == value


@pytest.mark.parametrize("data", [{"softDeletePolicy": {"retentionDurationSeconds": "soon"}}, {"retentionPolicy": {"retentionPeriod": []}}, {"lifecycle": {"rule": [{}]}}, {"cors": "x"}, {"labels": []}, {"ipFilter": {"mode": "Enabled", "publicNetworkSource": {"allowedIpCidrRanges": ["x"]}}}])  # fmt: skip
def test_what_cannot_be_understood_is_unknown(collect, data):
    found = one(collect, {**BARE, **data})
    facts = [*found.facts.values(), found.tags]
    assert UnknownReason.UNPARSABLE in {fact.reason for fact in facts if isinstance(fact, Unknown)}


def test_everybody_is_let_in_by_its_own_policy_by_its_default_acl_and_from_above(collect):
    everybody = binding("storage.objectViewer", "allUsers")
    assert one(collect, BARE, everybody).facts["access.anonymous_read"].value is True
    acl = {"storage/storage/v1/b/plain/defaultObjectAcl": {"items": [{"entity": "allUsers", "role": "READER"}]}}
    assert one(collect, BARE, docs=acl).facts["access.anonymous_read"].value is True
    above = {f"cloudresourcemanager/v3/organizations/{ORGANISATION}:getIamPolicy": {"bindings": [everybody]}}
    assert one(collect, BARE, docs=above).facts["access.anonymous_read"].value is True
    assert one(collect, SAFE, everybody).facts["access.anonymous_read"].value is False


def test_uniform_access_costs_no_read_of_acls(collect):
    cloud = Cloud([bucket(SAFE)])
    collect(cloud, ALL_FACTS)
    assert cloud.asked("/defaultObjectAcl") == 0


def test_a_policy_above_blocks_the_public_unless_a_nearer_one_lifts_it(collect):
    name = "storage.publicAccessPrevention"
    above = {
        f"orgpolicy/v2/organizations/{ORGANISATION}/policies": {
            "policies": [{"name": f"organizations/{ORGANISATION}/policies/{name}", "spec": {"rules": [{"enforce": True}]}}]
        }
    }
    assert one(collect, BARE, docs=above).facts["access.public_blocked"].value is True
    lifted = {**above, f"orgpolicy/v2/projects/{NUMBER}/policies": {"policies": [{"name": f"projects/{NUMBER}/policies/{name}", "spec": {"rules": [{"enforce": False}]}}]}}  # fmt: skip
    assert one(collect, BARE, docs=lifted).facts["access.public_blocked"].value is False


def test_whose_people_are_let_in(collect):
    role = "storage.objectViewer"
    own = one(collect, SAFE, binding(role, f"user:ann@{DOMAIN}", f"projectViewer:{PROJECT}", f"serviceAccount:service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"))  # fmt: skip
    assert own.facts["access.external_principals"].value == frozenset()
    other = one(collect, SAFE, binding(role, "serviceAccount:x@other-prod.iam.gserviceaccount.com", condition={"expression": "x"}))
    assert other.facts["access.external_principals"].value == {"other-prod"}
    assert other.facts["access.external_conditioned"].value is True
    perhaps = one(collect, SAFE, binding(role, "group:team@agency.example"))
    assert perhaps.facts["access.external_principals"].reason is UnknownReason.OUT_OF_SCOPE
    assert DOMAIN in perhaps.facts["access.external_principals"].detail


def test_grants_of_another_service_above_do_not_let_anyone_into_the_bucket(collect):
    above = {f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy": {"bindings": [binding("logging.viewer", "user:x@gmail.com"), binding("storage.objectViewer", "user:y@gmail.com")]}}  # fmt: skip
    assert one(collect, SAFE, docs=above).facts["access.external_principals"].value == {"gmail.com"}
    del above[f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy"]["bindings"][1]
    assert one(collect, SAFE, docs=above).facts["access.external_principals"].value == frozenset()


def test_audit_logs_of_all_levels_add_up_and_an_exemption_leaves_it_open(collect):
    docs = {
        f"cloudresourcemanager/v3/projects/{NUMBER}:getIamPolicy": logged("DATA_READ", service="storage.googleapis.com"),
        f"cloudresourcemanager/v3/organizations/{ORGANISATION}:getIamPolicy": logged("DATA_WRITE"),
    }
    found = one(collect, SAFE, docs=docs).facts
    assert (found["logging.data_read"].value, found["logging.data_write"].value) == (True, True)
    docs[f"cloudresourcemanager/v3/organizations/{ORGANISATION}:getIamPolicy"] = logged("DATA_READ", exemptedMembers=["user:x@y.example"])
    assert one(collect, SAFE, docs=docs).facts["logging.data_read"].reason is UnknownReason.NOT_SUPPORTED


def test_an_active_hmac_key_of_the_project_opens_its_buckets(collect):
    keys = {f"storage/storage/v1/projects/{PROJECT}/hmacKeys": {"items": [{"state": "INACTIVE"}, {"state": "ACTIVE"}]}}
    assert one(collect, SAFE, docs=keys).facts["access.shared_key_enabled"].value is True


@pytest.mark.parametrize(
    ("action", "names"),
    [
        ("resourcemanager.organizations.getIamPolicy", ("logging.data_read", "access.external_principals")),
        ("orgpolicy.policy.get", ("transport.min_tls", "access.public_blocked")),
        ("storage.hmacKeys.list", ("access.shared_key_enabled",)),
    ],
)
def test_denied_is_unknown_with_the_permission_named(collect, action, names):
    cloud = Cloud([bucket(BARE, READER)])
    cloud.denied = frozenset({action})
    (found,) = collect(cloud, ALL_FACTS).values()
    for name in names:
        fact = found.facts[name]
        assert isinstance(fact, Unknown), name
        assert (fact.reason, fact.via.action) == (UnknownReason.PERMISSION_DENIED, action)


def test_throttled_is_unknown_and_says_so(collect):
    cloud = Cloud([bucket(BARE)])
    cloud.faults["/hmacKeys"] = error(429, "RATE_LIMIT_EXCEEDED")
    (found,) = collect(cloud, ALL_FACTS).values()
    assert found.facts["access.shared_key_enabled"].reason is UnknownReason.THROTTLED
    assert cloud.slept == [2.0, 4.0, 8.0]


def test_nothing_below_a_bucket_is_read_before_it_is_asked_for(collect):
    cloud = Cloud(ROWS, DOCS)
    collect(cloud)
    inventory = [f"cloudasset/v1/projects/{PROJECT}/assets"] * 2
    assert [path for _, path in cloud.calls] == [
        f"cloudresourcemanager/v3/projects/{PROJECT}",
        *inventory,
        "cloudresourcemanager/v3/effectiveTags",
    ]


DOMAINS, MEMBERS = "iam.allowedPolicyMemberDomains", "iam.managed.allowedPolicyMembers"
OWN = {"values": {"allowedValues": ["is:C03xgje4y"]}}


@pytest.mark.parametrize(
    ("policies", "restricted"),
    [
        ({}, False),
        ({DOMAINS: [OWN]}, True),
        ({DOMAINS: [{"allowAll": True}]}, False),
        ({DOMAINS: [{"denyAll": True}]}, True),
        ({DOMAINS: [{**OWN, "condition": {"expression": "x"}}]}, Unknown),
        ({MEMBERS: [{"enforce": True}]}, True),
        (
            {
                MEMBERS: [
                    {
                        "enforce": True,
                        "parameters": {"allowedPrincipalSets": [f"//cloudresourcemanager.googleapis.com/organizations/{ORGANISATION}"]},
                    }
                ]
            },
            True,
        ),
        ({MEMBERS: [{"enforce": True, "parameters": {"allowedMemberSubjects": ["allUsers"]}}]}, False),
        ({MEMBERS: [{"enforce": False}], DOMAINS: [OWN]}, True),
    ],
)
def test_only_the_organisations_own_members_may_be_let_in_where_sharing_is_restricted(collect, policies, restricted):
    above = [{"name": f"projects/{NUMBER}/policies/{name}", "spec": {"rules": rules}} for name, rules in policies.items()]
    found = one(collect, BARE, docs={f"orgpolicy/v2/projects/{NUMBER}/policies": {"policies": above}}).facts[
        "access.organisation_perimeter"
    ]
    assert (found.value if isinstance(found, Known) else type(found)) == restricted


def test_the_nearest_list_decides_and_one_that_inherits_leaves_it_to_what_is_above():
    def level(*rules, inherits=False):
        return {"name": f"x/policies/{DOMAINS}", "spec": {"inheritFromParent": inherits, "rules": list(rules)}}

    def found(*levels):
        return members_only(Known({"levels": [(str(number), Known({"policies": [one]})) for number, one in enumerate(levels)]}))

    chains = ((level(inherits=True), level(OWN)), (level({"allowAll": True}), level(OWN)), (level(), level(OWN)))
    assert [found(*one).value for one in chains] == [True, False, False]


@pytest.mark.parametrize(("prevented", "expected"), [("inherited", True), ("enforced", False)])
def test_a_managed_folder_that_is_open_opens_its_bucket_unless_public_access_is_prevented(collect, prevented, expected):
    data = {**SAFE, "iamConfiguration": {"publicAccessPrevention": prevented, "uniformBucketLevelAccess": {"enabled": True}}}
    docs = {**DOCS, "storage/storage/v1/b/exports/managedFolders/in//iam": {"bindings": [binding("storage.objectViewer", "allUsers")]}}
    assert one(collect, data, READER, docs=docs).facts["access.anonymous_read"].value is expected
    without = {**DOCS, "storage/storage/v1/b/exports/managedFolders": {}}
    assert one(collect, data, READER, docs=without).facts["access.anonymous_read"].value is False


def test_a_bucket_without_uniform_access_has_no_managed_folders_to_ask_for(collect):
    cloud = Cloud([bucket(BARE)])
    collect(cloud, ALL_FACTS)
    assert cloud.asked("/managedFolders") == 0
