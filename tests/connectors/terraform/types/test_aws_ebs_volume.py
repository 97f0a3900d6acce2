from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import UNSAID, Case, Part
from tests.connectors.terraform.types.joins import WAYS, joined
from tierwise.model.fact import NotApplicable, UnknownReason
from tierwise.model.resource import Kind, Rel

VOLUME, SNAPSHOT, COPY = "aws_ebs_volume", "aws_ebs_snapshot", "aws_ebs_snapshot_copy"
COMPUTED = dict.fromkeys(("arn", "id", "encrypted", "kms_key_id", "snapshot_id"), True)
_BY_REGION = UnknownReason.KNOWN_AFTER_APPLY
CASES = (
    Case((VOLUME, COPY), "encrypted", "encryption.at_rest", {True: True, False: False}, absent=_BY_REGION),
    Case(SNAPSHOT, "encrypted", "encryption.at_rest", {True: True, False: False}, absent=_BY_REGION),
    Case(
        (VOLUME, COPY), "kms_key_id", "encryption.key_custody", {"alias/app-of-ours": "customer"}, absent=UNSAID, having={"encrypted": True}
    ),
    Case(SNAPSHOT, "kms_key_id", "uses-key", {"alias/app-of-ours": ("alias/app-of-ours",)}, absent=()),
    Case(VOLUME, "snapshot_id", "copy-of", {"snap-0123456": ("snap-0123456",)}, absent=()),
    Case(SNAPSHOT, "volume_id", "copy-of", {"vol-0123456789": ("vol-0123456789",)}, absent=()),
    Case(COPY, "source_snapshot_id", "copy-of", {"snap-0123456": ("snap-0123456",)}, absent=()),
    Case(
        "aws_snapshot_create_volume_permission",
        "account_id",
        "access.external_principals",
        {"222222222222": frozenset({"222222222222"})},
        absent=frozenset(),
        of=SNAPSHOT,
    ),
)
PARTS = (Part("aws_snapshot_create_volume_permission", COPY, {"account_id": "222222222222"}),)


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_volume_that_says_everything(plan, tmp_path):
    plan.add(VOLUME, "v", {"encrypted": True, "kms_key_id": "alias/app", "size": 8})
    one = checked(plan, tmp_path, f"{VOLUME}.v")
    assert (one.kind, unsaid(one)) == (Kind.BLOCK_VOLUME, set())
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "volume.bytes") == 8 * 1024**3
    assert value(one, "network.public_endpoint") is False


def test_a_volume_that_says_nothing_follows_the_regions_default(plan, tmp_path):
    plan.add(VOLUME, "v", {}, unknown=COMPUTED)
    one = checked(plan, tmp_path, f"{VOLUME}.v")
    assert reason(one, "encryption.at_rest") is UnknownReason.KNOWN_AFTER_APPLY
    assert "encryption by default" in one.facts["encryption.at_rest"].detail
    plan.add("aws_ebs_encryption_by_default", "d", {"enabled": True})
    one = checked(plan, tmp_path, f"{VOLUME}.v")
    assert value(one, "encryption.at_rest") is True
    assert one.facts["encryption.key_custody"].between == ("provider-managed", "customer")
    plan.add("aws_kms_key", "k", {}, unknown={"arn": True})
    plan.add("aws_ebs_default_kms_key", "k", {}, unknown={"key_arn": True}, expressions={"key_arn": ref("aws_kms_key.k.arn")})
    one = checked(plan, tmp_path, f"{VOLUME}.v")
    assert value(one, "encryption.key_custody") == "customer"
    assert [(link.rel, link.to) for link in one.links] == [(Rel.USES_KEY, "aws_kms_key.k")]


def test_the_default_of_another_provider_block_does_not_count(plan, tmp_path):
    plan.add(VOLUME, "v", {}, unknown=COMPUTED)
    plan.add("aws_ebs_encryption_by_default", "d", {"enabled": True}, provider="aws.west")
    assert reason(checked(plan, tmp_path, f"{VOLUME}.v"), "encryption.at_rest") is UnknownReason.KNOWN_AFTER_APPLY


def test_a_volume_that_refuses_encryption_is_plain(plan, tmp_path):
    plan.add(VOLUME, "v", {"encrypted": False})
    one = checked(plan, tmp_path, f"{VOLUME}.v")
    assert value(one, "encryption.at_rest") is False
    assert isinstance(one.facts["encryption.key_custody"], NotApplicable)


@pytest.mark.parametrize("way", WAYS)
def test_a_snapshot_is_as_encrypted_as_its_volume(plan, tmp_path, way):
    joined(plan, way, (VOLUME, {"encrypted": True, "kms_key_id": "alias/app"}), (SNAPSHOT, {}), "volume_id", "id")
    (one,) = [each for each in plan.read(tmp_path).values() if each.type == SNAPSHOT]
    assert (one.kind, unsaid(one, ("volume.bytes",))) == (Kind.SNAPSHOT, set())
    assert value(one, "encryption.at_rest") is True
    assert value(one, "encryption.key_custody") == "customer"
    assert value(one, "access.public_blocked") is True
    assert value(one, "immutability.mode") == "none"
    assert {Rel.COPY_OF, Rel.USES_KEY} == {link.rel for link in one.links}


def test_with_whom_an_existing_snapshot_is_shared_besides_is_unknown(plan, tmp_path):
    plan.add(SNAPSHOT, "s", {"id": "snap-1", "encrypted": False}, actions=("no-op",))
    plan.add("aws_snapshot_create_volume_permission", "p", {"snapshot_id": "snap-1", "account_id": "222222222222"})
    one = checked(plan, tmp_path, f"{SNAPSHOT}.s")
    assert one.facts["access.external_principals"].includes == {"222222222222"}
    assert reason(one, "immutability.mode") is UnknownReason.NOT_COLLECTED


def test_a_plain_snapshot_can_be_published_unless_the_region_forbids_it(plan, tmp_path):
    plan.add(SNAPSHOT, "s", {"encrypted": False})
    assert reason(checked(plan, tmp_path, f"{SNAPSHOT}.s"), "access.public_blocked") is UnknownReason.NOT_COLLECTED
    plan.add("aws_ebs_snapshot_block_public_access", "b", {"state": "block-new-sharing"})
    assert value(checked(plan, tmp_path, f"{SNAPSHOT}.s"), "access.public_blocked") is True


def test_a_copy_says_itself_whether_it_is_encrypted(plan, tmp_path):
    plan.add(COPY, "c", {"encrypted": True, "source_snapshot_id": "snap-1"})
    one = checked(plan, tmp_path, f"{COPY}.c")
    assert value(one, "encryption.at_rest") is True
    assert (Rel.COPY_OF, "snap-1") in [(link.rel, link.to) for link in one.links]
