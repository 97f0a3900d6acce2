"""A register for pipelines: the same tiers for a plan, and nothing else of what the register and the scans know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.terraform.plans import PlanBuilder
from tests.scan.estate import STARTED
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import apply_profile, load_profile
from tierwise.catalogue.register import load_register, parse_register
from tierwise.catalogue.yamlfile import load
from tierwise.classify.export import Exported, export, lines
from tierwise.connectors.base import Unit
from tierwise.connectors.terraform.source import open_plans
from tierwise.errors import CatalogueError
from tierwise.model.fact import Known, Unknown, UnknownReason
from tierwise.model.finding import ScanResult, Verdict
from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS, Register
from tierwise.model.resource import Column, Evidence, Kind, Link, Rel, Resource
from tierwise.model.sensitivity import Tier
from tierwise.scan import Judging, scan

CATALOGUE = load_catalogue()
PROFILE = load_profile("uk-gov-personal-data", CATALOGUE)
CONTROLS = apply_profile(CATALOGUE, PROFILE)
FULL = """
entries:
  - select: {name: case-*}
    dataset: secretdataset
    categories: [C2, C3/criminal]
    subjects: 9000000
    groups: [children]
    asset_owner: secretowner
    custodian: secretcustodian
    retention: P7Y
    retention_schedule: SECRET-RS
    references: {iar-id: SECRET-IAR}
  - select: {account: "111122223333"}
    tier: T1
    owner: secretteam
  - select: {tag: Service=letters}
    marking: OFFICIAL-SENSITIVE [PERSONAL]
  - select: {name: noted}
    owner: secretowner
known_principals:
  - {account: "777788889999", agreement: secretagreement, expires: 2099-12-31}
"""
SECRETS = ("secret", "SECRET", "C2", "C3", "9000000", "children", "P7Y", "777788889999", "marking", "subjects", "owner", "dataset")


class Live:
    """Resources of a live account, as a source."""

    name = "aws:111122223333"

    def __init__(self, *resources: Resource) -> None:
        self.resources = resources

    def survey(self) -> list[Unit]:
        return [Unit("111122223333", "eu-west-2", "s3", lambda: self.resources, provider="aws")]

    def details(self, asks: Mapping[str, frozenset[str]]) -> list[Unit]:
        return []


def bucket(name: str, account: str = "111122223333", **more: Any) -> Resource:
    return Resource(f"arn:aws:s3:::{name}", Kind.OBJECT_STORE, "s3.bucket", "aws", account, "eu-west-2", name, **more)


def database(name: str, account: str = "111122223333", **more: Any) -> Resource:
    arn = f"arn:aws:rds:eu-west-2:{account}:db:{name}"
    return Resource(arn, Kind.RELATIONAL_DB, "rds.instance", "aws", account, "eu-west-2", name, **more)


PEOPLE = Evidence(
    columns=tuple(Column("person", name, "text") for name in ("first_name", "surname", "date_of_birth", "nhs_number", "diagnosis"))
)


def register_of(text: str) -> Register:
    return parse_register(load(text), "register.yaml")


def judged(register: Register, *sources: Any) -> ScanResult:
    return scan(sources, Judging(PROFILE, CONTROLS, register, NO_CORRECTIONS, PROFILE.gate), started=STARTED, jobs=1).result


def exported(register: Register, *resources: Resource) -> tuple[Exported, ScanResult]:
    result = judged(register, Live(*resources))
    return export(register, PROFILE, result.resources, result.classifications), result


def reloaded(made: Exported, folder: Path) -> Register:
    """The register as a pipeline reads it back."""
    path = folder / "register.ci.yaml"
    path.write_text("\n".join(lines(made.register)), "utf-8")
    return load_register(path)


def planned(names: Mapping[str, Mapping[str, str]], register: Register, folder: Path) -> ScanResult:
    """Buckets of these names and tags in a plan, of which a plan knows no more."""
    plan = PlanBuilder()
    for number, (name, tags) in enumerate(names.items()):
        plan.add("aws_s3_bucket", f"b{number}", {"bucket": name, "tags": dict(tags)}, unknown={"id": True, "arn": True})
    return judged(register, open_plans([plan.write(folder)]))


def test_a_plan_gets_the_tiers_that_register_and_scan_give(tmp_path):
    letters = {"Service": "letters"}
    stores = (
        bucket("case-files"),
        bucket("misc-77"),
        bucket("warehouse-9", evidence=PEOPLE),
        bucket("outbox", tags=Known(letters)),
        bucket("mirror-1", links=(Link(Rel.COPY_OF, "arn:aws:s3:::case-files"),)),
    )
    made, live = exported(register_of(FULL), *stores)
    tiers = {one.name: live.classifications[one.id].tier for one in stores}
    assert len(set(tiers.values())) >= 3
    plan = planned({one.name: letters if one.name == "outbox" else {} for one in stores}, reloaded(made, tmp_path), tmp_path)
    assert {one.name: plan.classifications[one.id].tier for one in plan.resources if one.name in tiers} == {**tiers}, (
        "a plan that does not tell its account has a line by name for what the account alone gives"
    )


def test_no_line_has_anything_but_a_selector_and_a_tier():
    made, _ = exported(register_of(FULL), bucket("case-files"), bucket("warehouse-9", evidence=PEOPLE, tags=Known({"owner": "secretteam"})))
    text = "\n".join(lines(made.register))
    assert [word for word in SECRETS if word in text] == []
    head, *rows = text.splitlines()
    assert head == "tiers_only: true"
    assert rows[0] == "entries:"
    selector = r'(?:id|name|tag|project|account|unit): "(?:[^"\\]|\\.)*"'
    assert [row for row in rows[1:] if not re.fullmatch(rf"  - \{{select: \{{{selector}(?:, {selector})*\}}, tier: T[0-4]\}}", row)] == []
    assert len(rows) == 1 + made.from_register + made.from_scan


def test_an_entry_gives_the_tier_that_its_categories_groups_and_people_come_to():
    made = export(register_of(FULL), PROFILE, (), {})
    tiers = {entry.selector.words: entry.tier for entry in made.register.entries}
    assert tiers["name=case-*"] == Tier.T4
    assert tiers["account=111122223333"] == Tier.T1
    assert "name=noted" not in tiers


def test_a_marking_in_a_wider_entry_still_raises_what_a_narrower_one_says(tmp_path):
    full = register_of(
        "entries:\n  - {select: {name: out-*}, tier: T1}\n  - {select: {tag: Service=letters}, marking: 'OFFICIAL-SENSITIVE [PERSONAL]'}\n"
    )
    names: dict[str, dict[str, str]] = {"out-1": {"Service": "letters"}, "out-2": {}}
    ci = reloaded(export(full, PROFILE, (), {}), tmp_path)
    for one in planned(names, full, tmp_path).resources:
        assert planned(names, ci, tmp_path).classifications[one.id].tier == planned(names, full, tmp_path).classifications[one.id].tier


def test_stores_of_one_name_and_two_tiers_are_told_apart_by_id():
    mine, theirs = database("claims", evidence=PEOPLE), database("claims", "444455556666", tags=Known({"data-classification": "internal"}))
    register = register_of('entries:\n  - {select: {account: "444455556666"}, tier: T1}\n')
    made, _ = exported(register, mine, theirs)
    words = [entry.selector.words for entry in made.register.entries]
    assert f"id={mine.id}" in words
    assert "name=claims" not in words


def test_what_rests_on_its_own_tag_or_on_nothing_has_no_line():
    made, _ = exported(EMPTY_REGISTER, bucket("tagged", tags=Known({"data-classification": "heightened"})), bucket("plain-0"))
    assert made.register.entries == ()


def test_a_store_whose_tier_is_not_settled_is_left_out_and_counted():
    unread = Unknown(UnknownReason.PERMISSION_DENIED)
    made, _ = exported(EMPTY_REGISTER, replace(bucket("unread"), tags=unread))
    assert (made.register.entries, made.left) == ((), 1)


def test_a_name_that_no_file_can_say_is_left_out_and_counted():
    hostile = replace(bucket("x"), name="a\nb", id="arn:aws:s3:::a\nb", evidence=PEOPLE)
    made, _ = exported(EMPTY_REGISTER, hostile, bucket('quo"te\\d', evidence=PEOPLE))
    assert (len(made.register.entries), made.left) == (1, 1)


def test_a_quoted_name_comes_back_as_it_was(tmp_path):
    made, _ = exported(EMPTY_REGISTER, bucket('quo"te\\d', evidence=PEOPLE))
    assert reloaded(made, tmp_path).entries[0].selector.name == 'quo"te\\d'


@pytest.mark.parametrize("control", ["OWN-01", "RET-01", "OWN-05", "OWN-04"])
def test_what_the_register_for_pipelines_leaves_out_is_unknown_and_never_a_failure(tmp_path, control):
    names: dict[str, dict[str, str]] = {"case-files": {}}
    full = register_of(FULL)
    ci = reloaded(export(full, PROFILE, (), {}), tmp_path)
    verdicts = {
        name: next(one.verdict for one in planned(names, register, tmp_path).findings if one.control == control)
        for name, register in (("full", full), ("ci", ci), ("none", EMPTY_REGISTER))
    }
    assert verdicts["ci"] in {Verdict.UNKNOWN, verdicts["full"]}
    assert verdicts["ci"] is not Verdict.FAIL


def test_sharing_that_an_agreement_may_cover_is_unknown_and_sharing_with_everyone_is_not(tmp_path):
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sqs:*","Resource":"*"}]}'
    full = register_of(FULL)
    ci = reloaded(export(full, PROFILE, (), {}), tmp_path)

    def undeclared(register: Register, principal: str) -> object:
        plan = PlanBuilder()
        plan.add("aws_caller_identity", "me", {"account_id": "111122223333"}, mode="data", actions=("read",))
        plan.add("aws_sqs_queue", "q", {"name": "case-files", "policy": policy % principal})
        found = {one.name: one for one in judged(register, open_plans([plan.write(tmp_path)])).resources}
        return found["case-files"].facts["access.external_undeclared"]

    partner = "arn:aws:iam::777788889999:root"
    assert isinstance(undeclared(full, partner), Known)
    withheld = undeclared(ci, partner)
    assert isinstance(withheld, Unknown)
    assert withheld.reason is UnknownReason.REDACTED
    everyone = undeclared(ci, "*")
    assert isinstance(everyone, Known)
    assert everyone.value == frozenset({"*"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tiers_only: true\nentries:\n  - {select: {name: a}, tier: T2, owner: x}\n", "no owner"),
        ("tiers_only: yes\nentries: []\n", "true or false"),
        ("tiers_only: true\nentries: []\nknown_principals: []\n", "no known_principals"),
    ],
    ids=["owner", "word", "principals"],
)
def test_a_register_of_tiers_only_has_nothing_else(text, words):
    with pytest.raises(CatalogueError, match=words):
        register_of(text)


def test_agreements_of_a_full_register_still_count():
    assert register_of(FULL).agreed(date(2026, 1, 1)) == frozenset({"777788889999"})
    assert register_of(FULL).withheld is None
