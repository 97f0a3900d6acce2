from __future__ import annotations

import pytest

from tests.connectors.aws.conftest import ACCOUNT, ALL_FACTS, IMAGES, REGION
from tests.connectors.aws.fields import missing_field
from tierwise.model.fact import Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.resource import Kind, Rel

EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
BLOCK, LOCKS = ("ec2", "GetSnapshotBlockPublicAccessState"), ("ec2", "DescribeLockedSnapshots")


def _snapshot_arn(name: str) -> str:
    return f"arn:aws:ec2:{REGION}::snapshot/{name}"


def _value(resource, name):
    assert isinstance(resource.facts[name], Known), f"{name}: {resource.facts[name]}"
    return resource.facts[name].value


@pytest.fixture
def images(monkeypatch):
    """Amazon's public images; named before `aws`."""
    monkeypatch.setenv(IMAGES, "true")


def test_snapshots_behind_public_images_are_left_out_and_cost_no_call(images, aws, collect):
    assert len(aws("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]) > 1000
    estate = collect("ec2", ALL_FACTS)
    assert not [one for one in estate.values() if one.kind in (Kind.SNAPSHOT, Kind.BLOCK_VOLUME)]
    assert not estate.gaps
    assert not [outcome for outcome in estate.outcomes if outcome.operation == "ec2:DescribeSnapshotAttribute"]
    assert sum(outcome.count for outcome in estate.outcomes if outcome.operation == "ec2:DescribeSnapshots") == 1


def test_volumes_and_snapshots_are_read_in_full(aws, collect):
    ec2 = aws("ec2")
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    spec = [{"ResourceType": "volume", "Tags": [{"Key": "owner", "Value": "team"}]}]
    sealed = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8, Encrypted=True, KmsKeyId=key, TagSpecifications=spec)["VolumeId"]
    plain = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=100, Encrypted=False)["VolumeId"]
    names = {what: ec2.create_snapshot(VolumeId=plain, Description=what)["SnapshotId"] for what in ("public", "given", "kept", "locked")}
    restored = ec2.create_volume(AvailabilityZone=f"{REGION}a", SnapshotId=names["kept"])["VolumeId"]
    share = {"Attribute": "createVolumePermission", "OperationType": "add"}
    ec2.modify_snapshot_attribute(SnapshotId=names["public"], GroupNames=["all"], **share)
    ec2.modify_snapshot_attribute(SnapshotId=names["given"], UserIds=["999988887777"], **share)
    locked = {"SnapshotId": names["locked"], "LockState": "compliance", "LockDuration": 30}
    canned = {BLOCK: {"State": "block-new-sharing"}, LOCKS: {"Snapshots": [locked]}}
    estate = collect("ec2", ALL_FACTS, canned=canned)

    volume = estate[f"{EC2}:volume/{sealed}"]
    assert volume.tags == Known({"owner": "team"}, volume.tags.via)
    assert _value(volume, "encryption.key_custody") == "customer"
    assert _value(volume, "volume.bytes") == 8 * 1024**3
    assert _value(volume, "network.public_endpoint") is False
    assert [link.to for link in volume.links if link.rel is Rel.USES_KEY] == [key]
    weak = estate[f"{EC2}:volume/{plain}"]
    assert _value(weak, "encryption.at_rest") is False
    assert isinstance(weak.facts["encryption.key_custody"], NotApplicable)
    copies = [link.to for link in estate[f"{EC2}:volume/{restored}"].links if link.rel is Rel.COPY_OF]
    assert copies == [_snapshot_arn(names["kept"])]

    public, given, kept, lock = (estate[_snapshot_arn(names[what])] for what in ("public", "given", "kept", "locked"))
    assert public.evidence.description == "public"
    assert _value(public, "access.anonymous_read") is True
    assert _value(public, "access.public_blocked") is False
    assert _value(given, "access.anonymous_read") is False
    assert _value(given, "access.external_principals") == {"999988887777"}
    assert _value(given, "access.external_conditioned") is False
    assert _value(given, "access.public_blocked") is True
    assert isinstance(kept.facts["access.external_conditioned"], NotApplicable)
    assert _value(kept, "immutability.mode") == "none"
    assert (_value(lock, "immutability.mode"), _value(lock, "immutability.min_days")) == ("compliance", 30)
    assert [link.to for link in kept.links if link.rel is Rel.COPY_OF] == [f"{EC2}:volume/{plain}"]


def test_a_copied_snapshot_has_an_unknown_source(collect):
    item = {"SnapshotId": "snap-1", "VolumeId": "vol-ffffffff", "OwnerId": ACCOUNT, "Encrypted": True, "VolumeSize": 1}
    copied = collect("ec2", canned={("ec2", "DescribeSnapshots"): {"Snapshots": [item]}})[_snapshot_arn("snap-1")]
    (link,) = [link for link in copied.links if link.rel is Rel.COPY_OF]
    assert link.unknown is not None
    assert link.unknown.reason is UnknownReason.NOT_SUPPORTED
    assert _value(copied, "access.public_blocked") is True


def test_denied_listings_are_gaps_and_denied_details_are_unknown(aws, collect):
    ec2 = aws("ec2")
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=8)["VolumeId"]
    name = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    denied = dict.fromkeys([("ec2", "DescribeSnapshotAttribute"), BLOCK, LOCKS, ("ec2", "DescribeVolumes")], "UnauthorizedOperation")
    estate = collect("ec2", ALL_FACTS, canned=denied)
    assert [(gap.action, gap.reason, gap.kinds) for gap in estate.gaps] == [
        ("ec2:DescribeVolumes", "permission-denied", frozenset({Kind.BLOCK_VOLUME}))
    ]
    snapshot = estate[_snapshot_arn(name)]
    for fact in ("access.anonymous_read", "access.external_principals", "access.public_blocked", "immutability.mode"):
        found = snapshot.facts[fact]
        assert isinstance(found, Unknown), fact
        assert found.reason is UnknownReason.PERMISSION_DENIED, fact


def test_every_field_that_is_read_exists_in_the_service_model():
    paths = {
        "DescribeVolumes": "Volumes.VolumeId Volumes.Encrypted Volumes.KmsKeyId Volumes.Size Volumes.SnapshotId Volumes.Tags.Key",
        "DescribeSnapshots": "Snapshots.SnapshotId Snapshots.OwnerId Snapshots.Description Snapshots.Encrypted Snapshots.KmsKeyId"
        " Snapshots.FullSnapshotSizeInBytes Snapshots.VolumeSize Snapshots.VolumeId Snapshots.Tags.Key",
        "DescribeSnapshotAttribute": "CreateVolumePermissions.Group CreateVolumePermissions.UserId",
        "DescribeLockedSnapshots": "Snapshots.SnapshotId Snapshots.LockState Snapshots.LockDuration NextToken",
        "GetSnapshotBlockPublicAccessState": "State",
        "DescribeSecurityGroups": "SecurityGroups.GroupId SecurityGroups.IpPermissions.IpProtocol SecurityGroups.IpPermissions.FromPort"
        " SecurityGroups.IpPermissions.ToPort SecurityGroups.IpPermissions.IpRanges.CidrIp SecurityGroups.IpPermissions.Ipv6Ranges.CidrIpv6"
        " SecurityGroups.IpPermissions.PrefixListIds.PrefixListId",
    }
    wrong = [missing_field("ec2", operation, path) for operation, listed in paths.items() for path in listed.split()]
    assert not [each for each in wrong if each]
