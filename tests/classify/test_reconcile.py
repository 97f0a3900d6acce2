"""Register and estate held against each other; what could not be read is never a difference."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.classify.profiles import PROFILE, TODAY, by_name, lines, store
from tierwise.classify.engine import classify
from tierwise.classify.reconcile import Difference, Reconciled, reconcile
from tierwise.model.fact import UNLIMITED, Facts, Known, Provenance, Unknown, UnknownReason
from tierwise.model.register import NO_CORRECTIONS, Register, RegisterEntry, Selector
from tierwise.model.resource import Gap, Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Tier

DENIED = Unknown(UnknownReason.PERMISSION_DENIED, Provenance("s3:GetBucketTagging", "s3:GetBucketTagging"))
GAP = Gap("aws", "111122223333", "eu-west-2", "rds", "permission-denied", "rds:DescribeDBInstances", kinds=frozenset({Kind.CACHE}))
TAGGED = RegisterEntry(Selector(tag=("service", "x")), tier=Tier.T2, source="register.yaml:9")


def held_against(register: Register, *resources: Resource, gaps: tuple[Gap, ...] = ()) -> Reconciled:
    classified = classify(resources, PROFILE, register, NO_CORRECTIONS, gaps=gaps, today=TODAY)
    return reconcile(resources, classified, register, PROFILE, gaps)


def told(found: Reconciled) -> list[tuple[str, str, str, bool]]:
    return [(row.difference.name, row.registered, row.found, bool(row.open)) for row in found.rows]


def test_what_agrees_is_counted_and_nothing_is_told():
    register = lines(by_name("x", tier=Tier.T2, owner="A. Owner", retention_days=365.0, regions=("eu-west-2",)))
    tags = {"data-class": "personal", "owner": "a-owner", "retention-period": "P1Y"}
    facts: Facts = {"location.jurisdictions": Known(frozenset({"GB"})), "retention.delete_after_days": Known(300)}
    found = held_against(register, replace(store("x", tags=tags), facts=facts))
    assert (found.rows, found.agreed, found.differs) == ((), 1, False)


def test_both_ways():
    register = lines(by_name("gone-*", dataset="Gone", tier=Tier.T2, source="register.yaml:4"))
    found = held_against(register, store("there"), store("key", kind=Kind.KEY))
    assert told(found) == [("MISSING", "Gone", "nothing", False), ("UNREGISTERED", "", "T2 personal, assumed", False)]
    assert (found.rows[0].what, found.rows[0].place) == ("name=gone-*", "register.yaml:4")
    assert found.differs


@pytest.mark.parametrize(
    ("entry", "resources", "gaps", "why"),
    [
        (
            RegisterEntry(Selector(account="999988887777"), tier=Tier.T2),
            (store("x"),),
            (),
            "account 999988887777 is not in what was scanned",
        ),
        (TAGGED, (store("x", tags=DENIED),), (), "tags that it selects by could not be read"),
        (RegisterEntry(Selector(name="db"), tier=Tier.T2), (store("x"),), (GAP,), "1 listing failed, and it may be in one of them"),
    ],
)
def test_what_was_not_found_where_it_may_not_have_been_seen_is_open(entry, resources, gaps, why):
    (row,) = [row for row in held_against(Register((entry,)), *resources, gaps=gaps).rows if row.difference is Difference.MISSING]
    assert row.open == why


def test_an_expected_gap_leaves_nothing_open():
    register = lines(by_name("db", tier=Tier.T2))
    (row, _) = held_against(register, store("x"), gaps=(replace(GAP, expected=True),)).rows
    assert row.open == ""


def test_a_store_whose_tags_were_not_read_may_be_registered_by_them():
    rows = held_against(Register((TAGGED,)), store("x", tags=DENIED)).rows
    (row,) = [row for row in rows if row.difference is Difference.UNREGISTERED]
    assert row.open == "its tags could not be read, and a line selects by tags"


def test_a_copy_follows_the_dataset_of_its_source():
    register = lines(by_name("source", dataset="Cases", tier=Tier.T3))
    copy = store("copy", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:source"),))
    found = held_against(register, store("source"), copy)
    assert (found.rows, found.agreed, found.copies) == ((), 1, 1)


def test_tiers_differ_by_tag_by_evidence_and_as_a_copy():
    register = lines(by_name("patient-*", tier=Tier.T1), by_name("copy", tier=Tier.T1), by_name("tagged", tier=Tier.T3))
    copy = store("copy", kind=Kind.SNAPSHOT, links=(Link(Rel.COPY_OF, "arn:tagged"),))
    found = held_against(register, store("patient-records"), store("tagged", tags={"data-class": "internal"}), copy)
    assert {(row.what, row.registered, row.found) for row in found.rows} == {
        ("arn:patient-records", "T1 internal", "T3 heightened by evidence"),
        ("arn:copy", "T1 internal", "T3 heightened as what it is a copy of"),
        ("arn:tagged", "T3 heightened", "T1 internal by its tags"),
    }


def test_a_tier_that_could_not_be_settled_is_open():
    unread = replace(store("x").evidence, unread=(DENIED,))
    (row,) = held_against(lines(by_name("x", tier=Tier.T2)), store("x", evidence=unread)).rows
    assert (row.found, row.open) == ("up to T4 exceptional", "s3:GetBucketTagging could not be read")


@pytest.mark.parametrize(
    ("regions", "region", "countries", "differs"),
    [
        (("eu-west-2",), "eu-west-2", {"GB"}, False),
        (("GB",), "eu-west-2", {"GB"}, False),
        (("gb", "ie"), "eu-west-2", {"GB", "IE"}, False),
        (("GB",), "eu-west-2", {"GB", "IE"}, True),
        (("eu-west-2",), "eu-west-2", {"GB", "IE"}, True),
        (("eu-west-2",), "eu-west-1", {"IE"}, True),
        (("UK South",), "uksouth", {"GB"}, False),
    ],
)
def test_regions_are_named_as_regions_or_as_countries(regions, region, countries, differs):
    one = replace(store("x", region=region), facts={"location.jurisdictions": Known(frozenset(countries))})
    rows = held_against(lines(by_name("x", tier=Tier.T2, regions=regions)), one).rows
    assert [(row.difference, row.open) for row in rows] == ([(Difference.REGION, "")] if differs else [])


def test_where_countries_could_not_be_told_another_region_is_open():
    (row,) = held_against(lines(by_name("x", tier=Tier.T2, regions=("GB",))), store("x")).rows
    assert (row.difference, bool(row.open)) == (Difference.REGION, True)


def test_retention_differs_by_tag_and_by_what_deletes():
    register = lines(by_name("*", tier=Tier.T2, retention_days=365.0))
    tagged = store("tagged", tags={"retention-period": "P2Y"})
    late, never = (
        replace(store(name), facts={"retention.delete_after_days": Known(days)}) for name, days in (("late", 400), ("never", UNLIMITED))
    )
    soon = replace(store("soon"), facts={"retention.delete_after_days": Known(30)})
    assert [(row.what, row.registered, row.found) for row in held_against(register, tagged, late, never, soon).rows] == [
        ("arn:late", "365 days", "deleted after 400 days"),
        ("arn:never", "365 days", "nothing deletes all of it by age"),
        ("arn:tagged", "365 days", "730 days by its tag retention-period"),
    ]


def test_each_role_is_held_against_the_tag_of_the_same_role():
    register = lines(by_name("x", tier=Tier.T2, owner="cases", asset_owner="head of cases", team="platform"))
    found = held_against(register, store("x", tags={"owner": "benefits", "data-owner": "Head-of-Cases"}))
    assert told(found) == [("OWNER", "owner cases", "benefits by its tag owner", False)]
