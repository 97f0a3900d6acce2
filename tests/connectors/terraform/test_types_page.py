"""The list of Terraform types: each is read by a converter or has a reason, and no reason outlives the converter that makes it wrong."""

from __future__ import annotations

from tests.connectors.terraform.names import published
from tierwise.connectors.terraform.converter import kept_types
from tierwise.connectors.terraform.providers import CLOUDS
from tools.terraform_types import data, readers, rows, types


def test_every_listed_type_is_read_or_has_a_reason():
    assert [kind for kind in types() if kind not in kept_types(CLOUDS) and kind not in data()["unread"]] == []


def test_a_reason_is_that_of_a_listed_type_which_nothing_reads():
    assert [kind for kind in data()["unread"] if kind in kept_types(CLOUDS)] == [], "it is read now"
    assert set(data()["unread"]) <= set(types())
    assert all(reason.strip() for reason in data()["unread"].values())


def test_a_type_is_listed_once():
    assert sorted(set(types())) == sorted(types())


def test_the_file_that_reads_a_type_is_known_for_every_type_that_is_read():
    assert set(readers()) == kept_types(CLOUDS)
    assert set(types()) - set(data()["unread"]) <= set(published())


def test_a_row_says_what_a_type_becomes_what_it_tells_and_where():
    made, part, beside, unread = rows(["aws_db_snapshot", "aws_redshift_logging", "aws_security_group", "aws_s3_bucket_metric"])
    assert made[1] == "a resource of kind snapshot"
    assert "`copy-of`" in made[2]
    assert part == ("`aws_redshift_logging`", "part of `aws_redshift_cluster`", "`logs-to`", "types/aws_redshift_cluster.py")
    assert beside[1] == "looked at for what others say"
    assert unread[1].startswith("not read: ")
    assert unread[2:] == ("", "")
