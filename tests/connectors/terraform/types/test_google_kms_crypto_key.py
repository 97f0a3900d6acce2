from __future__ import annotations

import json

import pytest

from tests.connectors.terraform.gcp_plans import NEEDS_OTHERS, PROJECT, GooglePlan
from tests.connectors.terraform.plans import reason, ref, value
from tests.connectors.terraform.types.cases import NA, Case, Part, Seen, iam_cases
from tierwise.model.fact import UNLIMITED, NotApplicable, UnknownReason
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import facts_of

KEY, RING = "google_kms_crypto_key", "google_kms_key_ring"
RING_ID = f"projects/{PROJECT}/locations/europe-west2/keyRings/r"
COMPUTED = {"id": True, "version_template": True, "destroy_scheduled_duration": True}
USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
OWN = f"serviceAccount:app@{PROJECT}.iam.gserviceaccount.com"
CASES = (
    Case(KEY, "purpose", "key.rotation_enabled", {"ENCRYPT_DECRYPT": False, "ASYMMETRIC_SIGN": NA}, absent=False),
    Case(KEY, "rotation_period", "key.rotation_days", {"7776000s": 90}, absent=UNLIMITED),
    Case(KEY, "destroy_scheduled_duration", "key.deletion_window_days", {"604800s": 7}, absent=30),
    Case(
        KEY,
        "version_template.0.protection_level",
        "key.protection_level",
        {"HSM": "hsm", "SOFTWARE": "software", "EXTERNAL": "external"},
        absent="software",
    ),
    *iam_cases(KEY, part=True),
)
_WHO, _OF_KEY = "serviceAccount:app@elsewhere-prod.iam.gserviceaccount.com", Seen(KEY, "key_ring")
PARTS = (
    Part(f"{RING}_iam_member", RING, {"role": USE, "member": _WHO}, seen=_OF_KEY),
    Part(f"{RING}_iam_binding", RING, {"role": USE, "members": [_WHO]}, seen=_OF_KEY),
    Part(f"{RING}_iam_policy", RING, {"policy_data": json.dumps({"bindings": [{"role": USE, "members": [_WHO]}]})}, seen=_OF_KEY),
)


@pytest.fixture
def plan():
    found = GooglePlan()
    found.put(RING, "r", {"name": "r", "location": "europe-west2"}, unknown={"id": True})
    return found


def key(plan, name="k", after=None, **rest):
    rest.setdefault("unknown", {**{one: True for one in COMPUTED if one not in (after or {})}, "key_ring": True})
    rest.setdefault("expressions", {"key_ring": ref(f"{RING}.r.id")})
    return plan.put(KEY, name, {"name": name, "purpose": "ENCRYPT_DECRYPT", **(after or {})}, **rest)


def test_a_new_key_that_says_nothing(plan, tmp_path):
    key(plan)
    one = plan.one(tmp_path, f"{KEY}.k")
    assert (one.kind, one.account, one.region) == (Kind.KEY, PROJECT, "europe-west2")
    assert f"{RING_ID}/cryptoKeys/k" in one.aliases
    assert value(one, "key.rotation_enabled") is False
    assert value(one, "key.rotation_days") == UNLIMITED
    assert value(one, "key.protection_level") == "software"
    assert value(one, "key.deletion_window_days") == 30
    assert value(one, "key.state") == "enabled"
    assert value(one, "key.purge_protected") is True
    assert value(one, "access.anonymous_read") is False
    assert value(one, "access.external_principals") == frozenset()
    assert reason(one, "key.decrypt_named_only") is UnknownReason.NOT_COLLECTED
    assert one.facts["key.admin_user_overlap"].between == (0, UNLIMITED)
    assert {spec.name for spec in facts_of(one.kind) if not spec.derived} - set(one.facts) <= NEEDS_OTHERS


def test_what_a_key_says(plan, tmp_path):
    after = {
        "rotation_period": "7776000s",
        "destroy_scheduled_duration": "86400s",
        "version_template": [{"protection_level": "HSM", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"}],
    }
    key(plan, after=after)
    one = plan.one(tmp_path, f"{KEY}.k")
    assert value(one, "key.rotation_enabled") is True
    assert value(one, "key.rotation_days") == 90
    assert value(one, "key.protection_level") == "hsm"
    assert value(one, "key.deletion_window_days") == 1


@pytest.mark.parametrize("after", [{"purpose": "ASYMMETRIC_SIGN"}, {"import_only": True}])
def test_keys_that_do_not_rotate(plan, tmp_path, after):
    key(plan, after=after)
    assert isinstance(plan.one(tmp_path, f"{KEY}.k").facts["key.rotation_days"], NotApplicable)


def test_everybody_may_decrypt_by_a_binding_on_the_ring(plan, tmp_path):
    key(plan)
    plan.put(
        f"{RING}_iam_binding", "b", {"role": USE, "members": ["allUsers"]}, unknown={"key_ring_id": True},
        expressions={"key_ring_id": ref(f"{RING}.r.id")},
    )  # fmt: skip
    one = plan.one(tmp_path, f"{KEY}.k")
    assert value(one, "access.anonymous_read") is True
    assert value(one, "key.decrypt_named_only") is False


def test_a_member_that_uses_and_administers_is_counted_once(plan, tmp_path):
    key(plan)
    for name, role in (("use", USE), ("admin", "roles/cloudkms.admin")):
        plan.put(
            f"{KEY}_iam_member", name, {"role": role, "member": OWN}, unknown={"crypto_key_id": True},
            expressions={"crypto_key_id": ref(f"{KEY}.k.id")},
        )  # fmt: skip
    assert plan.one(tmp_path, f"{KEY}.k").facts["key.admin_user_overlap"].between == (1, UNLIMITED)


def test_a_ring_outside_the_plan_gives_project_and_place_and_leaves_its_bindings_open(tmp_path):
    plan = GooglePlan(project=None)
    plan.put(KEY, "k", {"name": "k", "key_ring": RING_ID}, unknown=COMPUTED)
    one = plan.one(tmp_path, f"{KEY}.k")
    assert (one.account, one.region) == (PROJECT, "europe-west2")
    assert reason(one, "access.anonymous_read") is UnknownReason.NOT_COLLECTED


@pytest.mark.parametrize("named", [f"{PROJECT}/europe-west2/r/k", "europe-west2/r/k", f"{RING_ID}/cryptoKeys/k"])
def test_a_key_is_joined_by_its_short_ids(plan, tmp_path, named):
    key(plan)
    plan.put(f"{KEY}_iam_member", "m", {"role": USE, "member": "allUsers", "crypto_key_id": named})
    assert value(plan.one(tmp_path, f"{KEY}.k"), "access.anonymous_read") is True


@pytest.mark.parametrize("named", [f"{PROJECT}/europe-west2/r", "europe-west2/r", RING_ID])
def test_and_so_is_a_key_ring(plan, tmp_path, named):
    key(plan)
    plan.put(f"{RING}_iam_member", "m", {"role": USE, "member": "allUsers", "key_ring_id": named})
    assert value(plan.one(tmp_path, f"{KEY}.k"), "access.anonymous_read") is True


@pytest.mark.parametrize("named", ["europe-west2/r/another", "europe-west1/r/k", "elsewhere/europe-west2/r/k"])
def test_another_keys_short_id_is_not_this_one(plan, tmp_path, named):
    key(plan)
    plan.put(f"{KEY}_iam_member", "m", {"role": USE, "member": "allUsers", "crypto_key_id": named})
    assert value(plan.one(tmp_path, f"{KEY}.k"), "access.anonymous_read") is False


def test_a_key_that_is_there_already_is_joined_by_the_end_of_its_id(plan, tmp_path):
    key(plan, after={"key_ring": RING_ID, "id": f"{RING_ID}/cryptoKeys/k"}, unknown={}, expressions={}, actions=("no-op",))
    plan.put(f"{KEY}_iam_member", "m", {"role": USE, "member": "allUsers", "crypto_key_id": "europe-west2/r/k"})
    assert value(plan.one(tmp_path, f"{KEY}.k"), "access.anonymous_read") is True
