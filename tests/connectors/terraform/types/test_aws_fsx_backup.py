from __future__ import annotations

import pytest

from tests.connectors.terraform.checked import checked, unsaid
from tests.connectors.terraform.plans import PlanBuilder, reason, ref, value
from tests.connectors.terraform.types.cases import Case
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind, Rel

BACKUP, ONTAP, OPENZFS = "aws_fsx_backup", "aws_fsx_ontap_file_system", "aws_fsx_openzfs_file_system"
CASES = tuple(Case(BACKUP, path, "copy-of", {"fs-0123456789": ("fs-0123456789",)}, absent=()) for path in ("file_system_id", "volume_id"))


@pytest.fixture
def plan():
    return PlanBuilder()


def test_a_backup_is_under_the_key_of_its_file_system(plan, tmp_path):
    plan.add("aws_fsx_windows_file_system", "f", {"id": "fs-1", "kms_key_id": "alias/ours"})
    plan.add(BACKUP, "b", {"file_system_id": "fs-1"})
    one = checked(plan, tmp_path, f"{BACKUP}.b")
    assert (one.kind, unsaid(one)) == (Kind.SNAPSHOT, set())
    assert value(one, "encryption.key_custody") == "customer"
    assert {(link.rel, link.to) for link in one.links} == {(Rel.USES_KEY, "alias/ours"), (Rel.COPY_OF, "aws_fsx_windows_file_system.f")}


def test_a_backup_of_a_volume_is_one_of_the_file_system_that_has_it(plan, tmp_path):
    def within(kind, name, argument, target):
        plan.add(kind, name, {}, unknown={argument: True, "id": True}, expressions={argument: ref(f"{target}.id")})

    plan.add(ONTAP, "f", {"kms_key_id": "alias/ours"}, unknown={"id": True})
    within("aws_fsx_ontap_storage_virtual_machine", "m", "file_system_id", f"{ONTAP}.f")
    within("aws_fsx_ontap_volume", "v", "storage_virtual_machine_id", "aws_fsx_ontap_storage_virtual_machine.m")
    within(BACKUP, "b", "volume_id", "aws_fsx_ontap_volume.v")
    one = checked(plan, tmp_path, f"{BACKUP}.b")
    assert value(one, "encryption.key_custody") == "customer"
    assert (Rel.COPY_OF, f"{ONTAP}.f") in {(link.rel, link.to) for link in one.links}


def test_volumes_of_openzfs_stand_inside_one_another(plan, tmp_path):
    plan.add(OPENZFS, "f", {"root_volume_id": "fsvol-0"})
    plan.add("aws_fsx_openzfs_volume", "outer", {"id": "fsvol-1", "parent_volume_id": "fsvol-0"})
    plan.add("aws_fsx_openzfs_volume", "inner", {"id": "fsvol-2", "parent_volume_id": "fsvol-1"})
    plan.add(BACKUP, "b", {"volume_id": "fsvol-2"})
    assert [link.to for link in checked(plan, tmp_path, f"{BACKUP}.b").links] == [f"{OPENZFS}.f"]


def test_volumes_that_name_each_other_in_a_circle_come_to_an_end(plan, tmp_path):
    plan.add("aws_fsx_openzfs_volume", "a", {"id": "fsvol-1", "parent_volume_id": "fsvol-2"})
    plan.add("aws_fsx_openzfs_volume", "b", {"id": "fsvol-2", "parent_volume_id": "fsvol-1"})
    plan.add(BACKUP, "b", {"volume_id": "fsvol-2"})
    one = checked(plan, tmp_path, f"{BACKUP}.b")
    assert reason(one, "encryption.key_custody") is UnknownReason.UNRESOLVED_REFERENCE
    assert [link.to for link in one.links] == ["fsvol-2"]
