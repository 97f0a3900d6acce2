from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tierwise.catalogue.register import load_acceptances, load_corrections, load_register
from tierwise.catalogue.spreadsheet import COLUMNS
from tierwise.errors import CatalogueError
from tierwise.model.acceptance import Rank
from tierwise.model.register import (
    AcceptanceRule,
    Attestation,
    AttestationKind,
    Correction,
    DataCategory,
    Group,
    KnownPrincipal,
    Register,
    RegisterEntry,
    Selector,
)
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Category, Marking, PersonalData, Tier

FULL = """\
entries:
  - select: {account: "012345678901", name: "case-*", tag: service=gp, unit: Health, project: p-1, id: arn:x}
    dataset: GP referrals
    tier: T3
    categories: [C3, C3/criminal]
    subjects: 3000
    groups: [children, at-risk]
    controllers: 2
    linked: true
    marking: OFFICIAL-SENSITIVE [PERSONAL]
    personal_data: yes
    owner: A. Owner
    team: Platform
    asset_owner: B. Owner
    custodian: Records
    retention: P7Y
    retention_schedule: RS-4
    environment: production
    references: {iar-id: IAR-1, dpia-ref: D-2}
    regions: [eu-west-2, eu-west-1]
    known_principals:
      - {account: 999988887777, agreement: DSA 12, expires: 2027-01-31}
"""
SHEET = """\
id,name,tag,project,account,unit,dataset,tier,categories,subjects,groups,controllers,linked,marking,personal_data,owner,team,asset_owner,custodian,retention,retention_schedule,environment,references,regions,known_principals
arn:x,case-*,service=gp,p-1,012345678901,Health,GP referrals,T3,C3;C3/criminal,"3,000",children; at-risk,2,yes,OFFICIAL-SENSITIVE [PERSONAL],yes,A. Owner,Platform,B. Owner,Records,P7Y,RS-4,production,iar-id=IAR-1; dpia-ref=D-2,eu-west-2;eu-west-1,999988887777 DSA 12 2027-01-31
"""


def written(tmp_path: Path, text: str, name: str = "register.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, text: str, name: str = "register.yaml", load=load_register) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load(written(tmp_path, text, name))
    return [problem.partition(f"{name}:")[2] for problem in caught.value.problems]


def expected(source: str) -> RegisterEntry:
    return RegisterEntry(
        Selector("arn:x", "case-*", ("service", "gp"), "p-1", "012345678901", "Health"),
        dataset="GP referrals",
        tier=Tier.T3,
        categories=(DataCategory(Category.C3), DataCategory(Category.C3, "criminal")),
        subjects=3000,
        groups=frozenset({Group.CHILDREN, Group.AT_RISK}),
        controllers=2,
        linked=True,
        marking=Marking.OFFICIAL_SENSITIVE,
        marking_personal=True,
        personal_data=PersonalData.YES,
        owner="A. Owner",
        team="Platform",
        asset_owner="B. Owner",
        custodian="Records",
        retention_days=2555,
        retention_schedule="RS-4",
        environment="production",
        references={"iar-id": "IAR-1", "dpia-ref": "D-2"},
        regions=("eu-west-2", "eu-west-1"),
        principals=(KnownPrincipal("999988887777", "DSA 12", date(2027, 1, 31), source),),
        source="",
    )


def without_places(register: Register) -> RegisterEntry:
    (entry,) = register.entries
    principals = tuple(KnownPrincipal(one.account, one.agreement, one.expires) for one in entry.principals)
    return RegisterEntry(**{name: getattr(entry, name) for name in RegisterEntry.__slots__} | {"source": "", "principals": principals})


def test_every_field_is_read_from_yaml_and_from_csv_alike(tmp_path: Path) -> None:
    from_yaml = load_register(written(tmp_path, FULL))
    from_csv = load_register(written(tmp_path, SHEET, "register.csv"))
    assert without_places(from_yaml) == expected("")
    assert without_places(from_csv) == expected("")
    assert from_yaml.entries[0].source.endswith("register.yaml:2")
    assert from_csv.entries[0].source.endswith("register.csv:2")
    assert set(SHEET.splitlines()[0].split(",")) == set(COLUMNS)


def test_entries_are_kept_most_specific_first(tmp_path: Path) -> None:
    text = """\
entries:
  - {select: {unit: Health}, tier: T1}
  - {select: {account: "1"}, tier: T1}
  - {select: {name: "a-*"}, tier: T1}
  - {select: {name: "a-b-*"}, tier: T1}
  - {select: {tag: a=b}, tier: T1}
  - {select: {id: x}, tier: T1}
"""
    found = [entry.selector.words for entry in load_register(written(tmp_path, text)).entries]
    assert found == ["id=x", "name=a-b-*", "name=a-*", "tag=a=b", "account=1", "unit=Health"]


def test_a_unit_selects_what_lies_below_it_and_the_nearer_line_goes_first(tmp_path: Path) -> None:
    text = "entries:\n" + "".join(
        f"  - {{select: {{unit: {one}}}, tier: T1}}\n" for one in ("Health", "Health/Clinical", "Clin*", "Hea/*", "lth")
    )
    register = load_register(written(tmp_path, text))
    ward = Resource("a", Kind.OBJECT_STORE, "s3.bucket", "aws", "1", "eu-west-2", "a", unit="Root/Health/Clinical/Ward")
    assert [one.selector.unit for one in register.matching(ward)] == ["Health/Clinical", "Health", "Clin*"]
    assert [one.selector.unit for one in register.matching(replace(ward, unit="Clinical"))] == ["Clin*"]


def test_agreements_end(tmp_path: Path) -> None:
    text = 'entries: []\nknown_principals:\n  - {account: "1", agreement: A, expires: 2027-01-31}\n'
    register = load_register(written(tmp_path, text))
    assert register.agreed(date(2027, 1, 31)) == {"1"}
    assert register.agreed(date(2027, 2, 1)) == frozenset()


def test_unlimited_retention_never_ends(tmp_path: Path) -> None:
    register = load_register(written(tmp_path, "entries:\n  - {select: {name: x}, retention: unlimited}\n"))
    assert register.entries[0].retention_days == math.inf


def test_every_problem_is_told_with_its_place(tmp_path: Path) -> None:
    text = """\
entries:
  - {select: {accont: "1"}, tier: T3}
  - {select: {name: a}, teir: T3}
  - {select: {name: b}, tier: T7}
  - {select: {name: c}, categories: [C9], marking: secretive, retention: 7 years}
  - {select: {tag: service}, owner: x}
  - {select: {name: d}}
  - {tier: T1}
  - {select: {name: e}, known_principals: [{account: 1, agreement: A, expires: soon}]}
  - {select: {name: b}, subjects: many}
"""
    found = problems(tmp_path, text)
    assert [one.partition(":")[0] for one in found] == ["2", "3", "3", "4", "5", "5", "5", "6", "7", "8", "9", "10", "10"]
    joined = "\n".join(found)
    for hint in (
        "'account'",
        "'tier'",
        "unknown tier 'T7'",
        "'C9'",
        "'secretive'",
        "'7 years'",
        "key=value",
        "says nothing",
        "'select'",
        "'soon'",
        "'many'",
        "already selected at",
    ):
        assert hint in joined, hint


def test_csv_problems_are_told_with_their_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "name,teir\nx,T3\n", "register.csv")[0].startswith("1:1: unknown column 'teir'; did you mean 'tier'?")
    assert problems(tmp_path, "name,tier\nx,T3\ny,T9\n", "register.csv")[0].startswith("3:2: unknown tier 'T9'")
    assert problems(tmp_path, "name,tier\nx,T3,extra\n", "register.csv")[0].startswith("2:1: 3 cells")
    assert problems(tmp_path, "name,name\nx,y\n", "register.csv")[0].startswith("1:1: column 'name' stands twice")
    assert problems(tmp_path, "", "register.csv")[0].startswith("1:1: the file is empty")
    assert problems(tmp_path, 'name,tier\n"x,T3\n', "register.csv")[0].partition(": ")[2].startswith("not readable as CSV")


def test_a_csv_of_a_spreadsheet_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes("\ufeffName,Tier,Asset Owner\r\ncase-*,T2,B\r\n,,\r\n".encode())
    (entry,) = load_register(path).entries
    assert (entry.selector.name, entry.tier, entry.asset_owner) == ("case-*", Tier.T2, "B")


def test_a_file_that_is_not_there_is_a_user_error(tmp_path: Path) -> None:
    for name in ("none.yaml", "none.csv"):
        with pytest.raises(CatalogueError, match="cannot be read"):
            load_register(tmp_path / name)


DECISIONS = """\
corrections:
  - {resource: "biometrics-*", rule: name-words, source: name word biometrics, reason: a product, approver: A, expires: 2027-01-31}
attestations:
  - {kind: synthetic, dataset: Test patients, reason: generated, approver: B, expires: 2027-02-28}
acceptances:
  - {control: "EXP-*", resource: site-assets, reason: website, owner: O, approver: C, expires: 2027-03-31}
"""


def test_decisions_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, DECISIONS, "decisions.yaml")
    found = load_corrections(path)
    file = path.name
    assert found.corrections == (
        Correction("biometrics-*", "name-words", "name word biometrics", "a product", "A", date(2027, 1, 31), f"{file}:2"),
    )
    assert found.attestations == (
        Attestation(AttestationKind.SYNTHETIC, "generated", "B", date(2027, 2, 28), dataset="Test patients", file=f"{file}:4"),
    )
    assert load_acceptances(path) == (AcceptanceRule("website", "O", "C", date(2027, 3, 31), "EXP-*", "site-assets", "", f"{file}:6"),)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("corrections: [{resource: x, rule: name-word, source: s, reason: r, approver: a, expires: 2027-01-31}]", "name-words"),
        (
            "corrections: [{resource: x, rule: name-words, source: '*', reason: r, approver: a, expires: 2027-01-31}]",
            "would remove all of it",
        ),
        ("corrections: [{resource: x, rule: name-words, source: s, reason: r, expires: 2027-01-31}]", "'approver'"),
        ("attestations: [{kind: fake, resource: x, reason: r, approver: a, expires: 2027-01-31}]", "unknown kind 'fake'"),
        ("attestations: [{kind: published, reason: r, approver: a, expires: 2027-01-31}]", "says what it is about"),
        ("attestations: [{kind: published, resource: x, reason: r, approver: a, expires: never}]", "takes a date"),
        ("atestations: []", "'attestations'"),
    ],
)
def test_a_decision_without_a_name_a_date_or_a_subject_is_refused(tmp_path: Path, text: str, hint: str) -> None:
    assert hint in "\n".join(problems(tmp_path, text, "decisions.yaml", load_corrections))


ACCEPTED = "control: EXP-01, resource: x, reason: r, owner: o, approver: a"


def test_an_acceptance_may_wait_for_a_planned_fix_and_says_who_and_when(tmp_path: Path) -> None:
    text = f"acceptances: [{{{ACCEPTED}, role: siro, created: 2026-06-01, evidence: minutes 7, planned: {{ticket: OPS-12, date: 2026-09-01}}}}]"
    (rule,) = load_acceptances(written(tmp_path, text, "decisions.yaml"))
    assert (rule.ticket, rule.expires, rule.created) == ("OPS-12", date(2026, 9, 1), date(2026, 6, 1))
    assert (rule.role, rule.evidence) == (Rank.SIRO, "minutes 7")


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        ("", "either 'expires' or 'planned'"),
        ("expires: 2027-01-31, planned: {ticket: T, date: 2027-01-31}", "either 'expires' or 'planned'"),
        ("planned: {ticket: T}", "planned has no 'date'"),
        ("planned: {tiket: T, date: 2027-01-31}", "did you mean 'ticket'"),
        ("expires: 2027-01-31, created: 2027-02-01", "created lies after"),
        ("expires: 2027-01-31, role: boss", "unknown role 'boss'"),
    ],
)
def test_an_acceptance_ends_in_one_way_and_after_it_began(tmp_path: Path, more: str, hint: str) -> None:
    assert hint in "\n".join(problems(tmp_path, f"acceptances: [{{{ACCEPTED}, {more}}}]", "decisions.yaml", load_acceptances))


def test_an_acceptance_names_what_it_accepts(tmp_path: Path) -> None:
    text = "acceptances: [{control: EXP-01, reason: r, owner: o, approver: a, expires: 2027-01-31}]"
    assert "names a fingerprint" in problems(tmp_path, text, "decisions.yaml", load_acceptances)[0]
