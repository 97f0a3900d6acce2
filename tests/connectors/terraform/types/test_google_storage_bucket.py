from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part, iam_cases
from tierwise.model.fact import UNLIMITED, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Link, Rel
from tierwise.model.vocabulary import facts_of

BUCKET = "google_storage_bucket"
MEMBER, BINDING, POLICY = (f"{BUCKET}_iam_{form}" for form in ("member", "binding", "policy"))
VIEWER, CREATOR = "roles/storage.objectViewer", "roles/storage.objectCreator"
COMPUTED = dict.fromkeys(
    (
        "id",
        "self_link",
        "url",
        "project",
        "encryption",
        "versioning",
        "soft_delete_policy",
        "uniform_bucket_level_access",
        "public_access_prevention",
        "effective_labels",
    ),
    True,
)
_KEY = "projects/keys/locations/europe-west2/keyRings/r/cryptoKeys/k"
_AGED = {"lifecycle_rule": [{"action": [{"type": "Delete"}], "condition": [{"age": 30}]}]}
CASES = (
    Case(BUCKET, "encryption.0.default_kms_key_name", "encryption.key_custody", {_KEY: "customer"}, absent="provider-owned"),
    Case(BUCKET, "public_access_prevention", "access.public_blocked", {"enforced": True, "inherited": False}, absent=False),
    Case(BUCKET, "uniform_bucket_level_access", "access.acls_disabled", {True: True, False: False}, absent=False),
    Case(BUCKET, "bucket_policy_only", "access.acls_disabled", {True: True}, absent=False, unknown=False, sensitive=False),
    Case(BUCKET, "versioning.0.enabled", "recovery.versioning", {True: True, False: False}, absent=False),
    Case(BUCKET, "soft_delete_policy.0.retention_duration_seconds", "recovery.soft_delete_days", {86400: 1, 0: 0}, absent=7),
    Case(
        BUCKET,
        "retention_policy.0.is_locked",
        "immutability.mode",
        {True: "compliance", False: "governance"},
        absent="governance",
        bare="none",
    ),
    Case(BUCKET, "retention_policy.0.retention_period", "immutability.min_days", {86400: 1}, absent=0),
    Case(BUCKET, "default_event_based_hold", "retention.legal_hold", {True: True, False: False}, absent=False),
    Case(BUCKET, "location", "recovery.redundancy", {"EU": "multi-region", "EUROPE-WEST2": "multi-zone"}, absent="multi-region"),
    Case(BUCKET, "logging.0.log_bucket", "logs-to", {"logs-of-ours": ("logs-of-ours",)}, absent=()),
    Case(BUCKET, "cors.0.origin", "access.cors_any_origin", [(["*"], True), (["https://a.example"], False)], absent=False),
    Case(BUCKET, "website", "access.website_enabled", [([{"main_page_suffix": "index.html"}], True), ([], False)], absent=False),
    Case(
        BUCKET,
        "ip_filter.0.mode",
        "network.ingress_any",
        {"Enabled": False, "Disabled": UNSAID},
        absent=UNSAID,
        having={"ip_filter": [{"public_network_source": [{"allowed_ip_cidr_ranges": ["81.2.69.160/32"]}]}]},
    ),
    Case(
        BUCKET,
        "ip_filter.0.public_network_source.0.allowed_ip_cidr_ranges",
        "network.ingress_any",
        [(["0.0.0.0/0"], True), (["81.2.69.160/32"], False)],
        absent=False,
        bare=[UNSAID, False],
        having={"ip_filter": [{"mode": "Enabled"}]},
    ),
    Case(
        BUCKET,
        "lifecycle_rule.0.action.0.type",
        "retention.delete_after_days",
        {"Delete": 30, "SetStorageClass": UNLIMITED},
        absent=UNLIMITED,
        having=_AGED,
    ),
    Case(BUCKET, "lifecycle_rule.0.condition.0.age", "retention.delete_after_days", {30: 30}, absent=UNLIMITED, having=_AGED),
    *iam_cases(BUCKET),
    *iam_cases("google_storage_managed_folder", of=BUCKET),
    Case(
        BUCKET,
        "ip_filter.0.vpc_network_sources",
        "network.private_endpoint",
        [([{"network": "n"}], True)],
        absent=UNSAID,
        having={"ip_filter": [{"mode": "Enabled"}]},
    ),
    *(
        Case(
            f"google_storage_{one}_acl",
            "role_entity",
            "access.anonymous_read",
            [(["READER:allUsers"], True), (["READER:user-a@example.gov.uk"], False)],
            absent=False,
            of=BUCKET,
        )
        for one in ("bucket", "default_object")
    ),
    Case(
        "google_storage_bucket_acl",
        "predefined_acl",
        "access.anonymous_read",
        {"publicRead": True, "private": False},
        absent=False,
        of=BUCKET,
    ),
    *(
        Case(
            f"google_storage_{one}_access_control",
            "entity",
            "access.anonymous_read",
            {"allUsers": True, "user-a@example.gov.uk": False},
            absent=False,
            having={"role": "READER"},
            of=BUCKET,
        )
        for one in ("bucket", "default_object")
    ),
    *(
        Case(
            f"google_storage_{one}_access_control",
            "role",
            "access.anonymous_write",
            {"WRITER": True, "READER": False},
            absent=UnknownReason.NOT_SUPPORTED,
            having={"entity": "allUsers"},
            of=BUCKET,
        )
        for one in ("bucket", "default_object")
    ),
)
PARTS = (
    *(Part(f"google_storage_{one}_acl", BUCKET, {"role_entity": ["READER:allUsers"]}) for one in ("bucket", "default_object")),
    *(
        Part(f"google_storage_{one}_access_control", BUCKET, {"role": "READER", "entity": "allUsers"})
        for one in ("bucket", "default_object")
    ),
)


@pytest.fixture
def plan():
    return GooglePlan()


def bucket(plan, name="b", after=None, **rest):
    rest.setdefault("unknown", {key: True for key in COMPUTED if key not in (after or {})})
    return plan.put(BUCKET, name, {"name": f"{name}-records", "location": "EUROPE-WEST2", "force_destroy": False, **(after or {})}, **rest)


def grant(plan, kind, name, role, members, target="b-records", **rest):
    key = "member" if kind == MEMBER else "members"
    plan.put(kind, name, {"bucket": target, "role": role, key: members, "condition": []}, **rest)


def test_a_new_bucket_that_says_nothing_has_the_documented_defaults(plan, tmp_path):
    bucket(plan)
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert (one.kind, one.provider, one.account, one.region, one.name) == (Kind.OBJECT_STORE, "gcp", PROJECT, "europe-west2", "b-records")
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "provider-owned"
    assert value(one, "recovery.versioning") is False
    assert value(one, "recovery.soft_delete_days") == 7
    assert value(one, "recovery.redundancy") == "multi-zone"
    assert value(one, "access.public_blocked") is False
    assert value(one, "access.acls_disabled") is False
    assert value(one, "access.anonymous_read") is False
    assert value(one, "access.external_principals") == frozenset()
    assert value(one, "immutability.mode") == "none"
    assert value(one, "retention.delete_after_days") == UNLIMITED
    assert value(one, "transport.min_tls") == "1.0"
    assert value(one, "access.bearer_link_max_hours") == 168
    assert isinstance(one.facts["retention.noncurrent_days"], NotApplicable)
    assert isinstance(one.facts["access.external_conditioned"], NotApplicable)
    for name in ("logging.data_read", "logging.data_write", "network.private_endpoint", "access.shared_key_enabled"):
        assert reason(one, name) is UnknownReason.NOT_COLLECTED
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS
    assert one.links == ()


def test_what_a_bucket_says(plan, tmp_path):
    after = {
        "location": "EU",
        "uniform_bucket_level_access": True,
        "public_access_prevention": "enforced",
        "versioning": [{"enabled": True}],
        "encryption": [{"default_kms_key_name": "projects/keys/locations/eu/keyRings/r/cryptoKeys/k"}],
        "retention_policy": [{"is_locked": True, "retention_period": 30 * 86400}],
        "soft_delete_policy": [{"retention_duration_seconds": 0}],
        "logging": [{"log_bucket": "b-logs"}],
        "default_event_based_hold": True,
        "cors": [{"origin": ["https://gov.uk", "*"]}],
        "website": [{"main_page_suffix": "index.html"}],
    }
    bucket(plan, after=after)
    bucket(plan, "logs", {"name": "b-logs"})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert one.region == "eu"
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "recovery.versioning") is True
    assert value(one, "recovery.soft_delete_days") == 0
    assert value(one, "recovery.redundancy") == "multi-region"
    assert value(one, "immutability.mode") == "compliance"
    assert value(one, "immutability.min_days") == 30
    assert value(one, "retention.legal_hold") is True
    assert value(one, "access.cors_any_origin") is True
    assert value(one, "access.website_enabled") is True
    for name in ("access.public_blocked", "access.acls_disabled", "access.public_acls_blocked"):
        assert value(one, name) is True
    assert set(one.links) == {Link(Rel.USES_KEY, after["encryption"][0]["default_kms_key_name"]), Link(Rel.LOGS_TO, "b-logs")}
    assert "b-logs" in plan.one(tmp_path, f"{BUCKET}.logs").aliases


def test_what_is_known_after_apply_or_sensitive_stays_unknown(plan, tmp_path):
    hidden = {"versioning": [{"enabled": True}], "public_access_prevention": True, "retention_policy": True}
    bucket(
        plan,
        after={"versioning": [{}]},
        unknown=hidden,
        expressions={"public_access_prevention": ref("local.x"), "versioning": [{"enabled": ref("local.v")}], "retention_policy": [{}]},
    )
    bucket(plan, "s", {"versioning": [{"enabled": True}]}, sensitive={"versioning": [{"enabled": True}]})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    for name in ("recovery.versioning", "access.public_blocked", "immutability.mode", "immutability.min_days"):
        assert reason(one, name) is UnknownReason.KNOWN_AFTER_APPLY
    assert reason(plan.one(tmp_path, f"{BUCKET}.s"), "recovery.versioning") is UnknownReason.REDACTED


def test_an_unlocked_retention_policy_can_be_lifted(plan, tmp_path):
    bucket(plan, after={"retention_policy": [{"is_locked": False, "retention_period": "604800"}]})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert (value(one, "immutability.mode"), value(one, "immutability.min_days")) == ("governance", 7)


@pytest.mark.parametrize(
    ("kind", "members"), [(MEMBER, "allUsers"), (BINDING, ["user:a@example.gov.uk", "allUsers"])], ids=["member", "binding"]
)
def test_a_grant_to_all_users_by_name_of_the_bucket(plan, tmp_path, kind, members):
    bucket(plan)
    bucket(plan, "other")
    grant(plan, kind, "g", VIEWER, members)
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(one, "access.anonymous_read") is True
    assert value(one, "access.anonymous_write") is False
    assert value(plan.one(tmp_path, f"{BUCKET}.other"), "access.anonymous_read") is False


def test_writers_and_authenticated_readers_are_told_apart(plan, tmp_path):
    bucket(plan)
    grant(plan, MEMBER, "w", CREATOR, "allUsers")
    grant(plan, MEMBER, "r", VIEWER, "allAuthenticatedUsers")
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(one, "access.anonymous_read") is False
    assert value(one, "access.anonymous_write") is True
    assert value(one, "access.any_authenticated") is True
    assert {(grant.principal, grant.actions) for grant in one.grants} == {("allUsers", (CREATOR,)), ("allAuthenticatedUsers", (VIEWER,))}


def test_a_custom_role_for_everybody_is_unknown(plan, tmp_path):
    bucket(plan)
    grant(plan, MEMBER, "c", "projects/p/roles/reader", "allUsers")
    assert reason(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is UnknownReason.NOT_SUPPORTED


def test_prevention_on_the_bucket_makes_a_public_grant_harmless(plan, tmp_path):
    bucket(plan, after={"public_access_prevention": "enforced"})
    grant(plan, MEMBER, "g", VIEWER, "allUsers")
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is False


def test_members_are_joined_by_reference_inside_a_module_with_for_each(plan, tmp_path):
    plan.module("store", for_each_expression=ref("var.names"))
    for key in ("open", "shut"):
        plan.put(
            BUCKET, "b", {"location": "EU"}, unknown={**COMPUTED, "name": True}, module="store", module_keys=(key,),
            expressions={"name": ref("each.key")},
        )  # fmt: skip
        plan.put(
            MEMBER, "m", {"role": VIEWER, "member": "allUsers" if key == "open" else f"projectViewer:{PROJECT}", "condition": []},
            unknown={"bucket": True}, module="store", module_keys=(key,), expressions={"bucket": ref("google_storage_bucket.b.name")},
        )  # fmt: skip
    found = plan.read(tmp_path)
    assert value(found['module.store["open"].google_storage_bucket.b'], "access.anonymous_read") is True
    assert value(found['module.store["shut"].google_storage_bucket.b'], "access.anonymous_read") is False


def test_a_binding_that_may_belong_here_leaves_it_open(plan, tmp_path):
    bucket(plan)
    plan.put(MEMBER, "m", {"role": VIEWER, "member": "allUsers"}, unknown={"bucket": True}, expressions={"bucket": ref("local.bucket")})
    assert reason(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE


def test_a_policy_is_the_whole_and_what_stands_beside_it_is_in_doubt(plan, tmp_path):
    bucket(plan, actions=("no-op",), unknown={}, after={"public_access_prevention": "inherited", "uniform_bucket_level_access": True})
    data = {"bindings": [{"role": VIEWER, "members": [f"serviceAccount:app@{PROJECT}.iam.gserviceaccount.com"]}]}
    plan.put(POLICY, "p", {"bucket": "b-records", "policy_data": json.dumps(data)})
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is False
    grant(plan, MEMBER, "m", VIEWER, "allUsers")
    assert reason(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE


def test_a_member_of_a_role_that_a_binding_claims_is_in_doubt_and_of_another_role_not(plan, tmp_path):
    bucket(plan)
    grant(plan, BINDING, "b", VIEWER, [f"projectViewer:{PROJECT}"])
    grant(plan, MEMBER, "m", VIEWER, "allUsers")
    grant(plan, MEMBER, "w", CREATOR, "allUsers")
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert reason(one, "access.anonymous_read") is UnknownReason.UNRESOLVED_REFERENCE
    assert value(one, "access.anonymous_write") is True


def test_a_policy_known_after_apply_is_rebuilt_from_its_data_source(plan, tmp_path):
    bucket(plan)
    plan.put(
        "google_iam_policy", "d", {"binding": [{"role": VIEWER, "members": ["allUsers"], "condition": []}], "audit_config": []},
        unknown={"policy_data": True}, mode="data", actions=("read",),
    )  # fmt: skip
    plan.put(
        POLICY, "p", {"bucket": "b-records"}, unknown={"policy_data": True},
        expressions={"policy_data": ref("data.google_iam_policy.d.policy_data")},
    )  # fmt: skip
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is True


def test_a_policy_that_is_not_one_is_unparsable(plan, tmp_path):
    bucket(plan)
    plan.put(POLICY, "p", {"bucket": "b-records", "policy_data": "{[ secret"})
    found = plan.one(tmp_path, f"{BUCKET}.b").facts["access.anonymous_read"]
    assert isinstance(found, Unknown)
    assert found.reason is UnknownReason.UNPARSABLE
    assert "secret" not in found.detail


def test_an_existing_bucket_may_have_bindings_that_the_plan_does_not_show(plan, tmp_path):
    bucket(plan, actions=("no-op",), unknown={}, after={"public_access_prevention": "inherited", "uniform_bucket_level_access": True})
    grant(plan, MEMBER, "m", VIEWER, "serviceAccount:x@other-project.iam.gserviceaccount.com")
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert reason(one, "access.anonymous_read") is UnknownReason.NOT_COLLECTED
    assert one.facts["access.external_principals"].includes == frozenset({"other-project"})
    grant(plan, MEMBER, "all", VIEWER, "allUsers")
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is True


def test_an_applied_binding_names_its_bucket_with_a_prefix(plan, tmp_path):
    bucket(plan, actions=("no-op",), unknown={}, after={"public_access_prevention": "inherited", "uniform_bucket_level_access": True})
    grant(plan, MEMBER, "m", VIEWER, "allUsers", target="b/b-records", actions=("no-op",))
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is True


def test_another_project_is_outside_and_a_persons_domain_may_be(plan, tmp_path):
    bucket(plan)
    grant(plan, MEMBER, "own", VIEWER, f"serviceAccount:app@{PROJECT}.iam.gserviceaccount.com")
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.external_principals") == frozenset()
    grant(plan, MEMBER, "sa", VIEWER, "serviceAccount:app@supplier-prod.iam.gserviceaccount.com")
    grant(plan, MEMBER, "mail", VIEWER, "user:someone@gmail.com")
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(one, "access.external_principals") == frozenset({"supplier-prod", "gmail.com"})
    assert value(one, "access.external_conditioned") is False
    grant(plan, MEMBER, "person", VIEWER, "user:jo.bloggs@example.gov.uk")
    one = plan.one(tmp_path, f"{BUCKET}.b")
    found = one.facts["access.external_principals"]
    assert isinstance(found, Unknown)
    assert found.includes == frozenset({"supplier-prod", "gmail.com"})
    assert "jo.bloggs" not in str(one)


def test_a_condition_on_every_outside_grant(plan, tmp_path):
    bucket(plan)
    after = {"bucket": "b-records", "role": VIEWER, "member": "serviceAccount:app@supplier-prod.iam.gserviceaccount.com"}
    plan.put(MEMBER, "sa", {**after, "condition": [{"expression": "request.time < timestamp('2027-01-01T00:00:00Z')", "title": "till"}]})
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.external_conditioned") is True


def test_a_member_that_refers_to_a_service_account_of_the_plan_is_the_projects_own(plan, tmp_path):
    bucket(plan)
    plan.put("google_service_account", "app", {"account_id": "app"}, unknown={"email": True, "project": True})
    plan.put(
        MEMBER, "m", {"bucket": "b-records", "role": VIEWER}, unknown={"member": True},
        expressions={"member": ref("google_service_account.app.email")},
    )  # fmt: skip
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(one, "access.anonymous_read") is False
    assert value(one, "access.external_principals") == frozenset()


def test_a_member_known_after_apply_may_be_anybody(plan, tmp_path):
    bucket(plan)
    plan.put(MEMBER, "m", {"bucket": "b-records", "role": VIEWER}, unknown={"member": True}, expressions={"member": ref("local.who")})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert reason(one, "access.anonymous_read") is UnknownReason.KNOWN_AFTER_APPLY
    assert value(one, "access.anonymous_write") is False


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("google_storage_bucket_acl", {"role_entity": ["OWNER:project-owners-1", "READER:allUsers"]}),
        ("google_storage_bucket_acl", {"predefined_acl": "publicRead"}),
        ("google_storage_default_object_acl", {"role_entity": ["READER:allUsers"]}),
        ("google_storage_bucket_access_control", {"role": "READER", "entity": "allUsers"}),
        ("google_storage_default_object_access_control", {"role": "READER", "entity": "allUsers"}),
    ],
)
def test_acls_count_unless_they_are_off(plan, tmp_path, kind, after):
    bucket(plan)
    bucket(plan, "uniform", {"uniform_bucket_level_access": True})
    for name in ("b", "uniform"):
        plan.put(kind, name, {"bucket": f"{name}-records", **after})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(one, "access.anonymous_read") is True
    assert value(one, "access.anonymous_write") is False
    assert value(plan.one(tmp_path, f"{BUCKET}.uniform"), "access.anonymous_read") is False


def test_a_key_by_reference_is_the_customers_before_its_name_is_known(plan, tmp_path):
    plan.put("google_kms_crypto_key", "k", {"name": "k"}, unknown={"id": True, "key_ring": True}, expressions={"key_ring": ref("var.ring")})
    for name, target in (("b", "google_kms_crypto_key.k.id"), ("lost", "local.key")):
        bucket(
            plan, name, {"encryption": [{}]}, unknown={"encryption": [{"default_kms_key_name": True}]},
            expressions={"encryption": [{"default_kms_key_name": ref(target)}]},
        )  # fmt: skip
    one, lost = plan.one(tmp_path, f"{BUCKET}.b"), plan.one(tmp_path, f"{BUCKET}.lost")
    assert value(one, "encryption.key_custody") == "customer"
    assert one.links == (Link(Rel.USES_KEY, "google_kms_crypto_key.k"),)
    assert lost.facts["encryption.key_custody"].between == ("provider-owned", "customer")
    assert [link.unknown.reason for link in lost.links] == [UnknownReason.UNRESOLVED_REFERENCE]


@pytest.mark.parametrize(
    ("rules", "configured", "current", "old"),
    [
        ([{"action": [{"type": "Delete"}], "condition": [{"age": 30, "with_state": "ANY"}]}], True, 30, 30),
        ([{"action": [{"type": "Delete"}], "condition": [{"age": 30, "matches_prefix": ["tmp/"]}]}], True, UNLIMITED, UNLIMITED),
        ([{"action": [{"type": "SetStorageClass"}], "condition": [{"age": 30}]}], False, UNLIMITED, UNLIMITED),
        ([{"action": [{"type": "Delete"}], "condition": [{"age": 0, "days_since_noncurrent_time": 9}]}], False, UNLIMITED, 9),
        ([{"action": [{"type": "Delete"}], "condition": [{"age": 8, "with_state": "ARCHIVED"}]}], False, UNLIMITED, 8),
        ([{"action": [{"type": "Delete"}], "condition": [{"num_newer_versions": 3}]}], False, UNLIMITED, UNLIMITED),
    ],
)
def test_deletion_by_age(plan, tmp_path, rules, configured, current, old):
    bucket(plan, after={"lifecycle_rule": rules, "versioning": [{"enabled": True}]})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert value(one, "retention.expiry_configured") is configured
    assert value(one, "retention.delete_after_days") == current
    assert value(one, "retention.noncurrent_days") == old


def test_an_age_known_after_apply_leaves_deletion_open(plan, tmp_path):
    rule = {"action": [{"type": "Delete"}], "condition": [{}]}
    bucket(plan, after={"lifecycle_rule": [rule]}, unknown={"lifecycle_rule": [{"condition": [{"age": True}]}]})
    one = plan.one(tmp_path, f"{BUCKET}.b")
    assert reason(one, "retention.expiry_configured") is UnknownReason.KNOWN_AFTER_APPLY
    assert one.facts["retention.delete_after_days"].between == (0, UNLIMITED)


def test_labels_effective_before_terraforms_before_the_buckets_own(tmp_path):
    plan = GooglePlan(default_labels={"team": "default", "tier": "t1"})
    bucket(plan, "e", {"effective_labels": {"team": "e"}, "terraform_labels": {"team": "t"}, "labels": {"team": "l"}})
    bucket(plan, "t", {"terraform_labels": {"team": "t"}, "labels": {"team": "l"}})
    bucket(plan, "l", {"labels": {"team": "l"}})
    bucket(plan, "n")
    bucket(
        plan,
        "u",
        {"labels": {"a": "1"}},
        unknown={"labels": {"team": True}, "effective_labels": True},
        expressions={"labels": ref("local.x")},
    )
    found = plan.read(tmp_path)
    assert found[f"{BUCKET}.e"].tags.value == {"team": "e"}
    assert found[f"{BUCKET}.t"].tags.value == {"team": "t"}
    assert found[f"{BUCKET}.l"].tags.value == {"team": "l", "tier": "t1"}
    assert found[f"{BUCKET}.n"].tags.value == {"team": "default", "tier": "t1"}
    assert found[f"{BUCKET}.u"].tags.value == {"a": "1", "team": "default", "tier": "t1"}
    assert [one.reason for one in found[f"{BUCKET}.u"].evidence.unread] == [UnknownReason.KNOWN_AFTER_APPLY]


def test_labels_that_are_not_known_at_all(plan, tmp_path):
    bucket(plan, unknown={"labels": True, "effective_labels": True}, expressions={"labels": ref("local.labels")})
    assert plan.one(tmp_path, f"{BUCKET}.b").tags.reason is UnknownReason.KNOWN_AFTER_APPLY


def test_active_hmac_keys_of_the_project_open_its_buckets(plan, tmp_path):
    bucket(plan)
    plan.put("google_storage_hmac_key", "h", {"service_account_email": "x", "state": "INACTIVE"})
    assert reason(plan.one(tmp_path, f"{BUCKET}.b"), "access.shared_key_enabled") is UnknownReason.NOT_COLLECTED
    plan.put("google_storage_hmac_key", "on", {"service_account_email": "x", "state": "ACTIVE"})
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.shared_key_enabled") is True


def test_an_ip_filter_narrows_what_gets_in(plan, tmp_path):
    net = [{"network": "projects/p/global/networks/n", "allowed_ip_cidr_ranges": ["10.0.0.0/8"]}]
    bucket(plan, "net", {"ip_filter": [{"mode": "Enabled", "vpc_network_sources": net, "public_network_source": []}]})
    bucket(plan, "all", {"ip_filter": [{"mode": "Enabled", "public_network_source": [{"allowed_ip_cidr_ranges": ["0.0.0.0/0"]}]}]})
    bucket(plan, "off", {"ip_filter": [{"mode": "Disabled", "vpc_network_sources": net}]})
    found = plan.read(tmp_path)
    assert value(found[f"{BUCKET}.net"], "network.ingress_any") is False
    assert value(found[f"{BUCKET}.net"], "network.private_endpoint") is True
    assert value(found[f"{BUCKET}.all"], "network.ingress_any") is True
    # A perimeter above the plan may narrow it all the same.
    assert reason(found[f"{BUCKET}.off"], "network.ingress_any") is UnknownReason.NOT_COLLECTED


def test_a_managed_folder_that_anyone_reads_opens_the_bucket_and_none_takes_away_what_another_gives(plan, tmp_path):
    plan.put(BUCKET, "b", {"name": "people", "location": "EU", "public_access_prevention": "inherited"}, unknown={"id": True})
    folder = "google_storage_managed_folder"
    plan.put(f"{folder}_iam_member", "m", {"bucket": "people", "managed_folder": "open/", "role": VIEWER, "member": "allUsers"})
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is True
    closed = {"bucket": "people", "managed_folder": "closed/", "role": VIEWER, "members": ["user:one@records.gov.uk"]}
    plan.put(f"{folder}_iam_binding", "b", closed)
    assert value(plan.one(tmp_path, f"{BUCKET}.b"), "access.anonymous_read") is True
