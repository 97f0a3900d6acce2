"""Files of attested evidence: every mistake with its line, evidence held to its hash, and rosters held to themselves."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tierwise.catalogue import attestations
from tierwise.catalogue.attestations import load_attestations
from tierwise.catalogue.schema import attestation_schema
from tierwise.catalogue.yamlfile import load, plain
from tierwise.errors import CatalogueError
from tierwise.model.attestation import Statement

PLAN = b"the plan\n"
GOOD = """attested:
  - about: incident-plan
    scope: {dataset: benefits}
    statement: IRP-14 names the dataset
    evidence: IRP-14 version 3
    file: plan.txt
    sha256: DIGEST
    maker: A. Maker
    role: asset owner
    approver: B. Approver
    made: 2026-01-06
  - about: clearance-bpss
    scope: {organisation: true}
    statement: all members hold BPSS, checked by HR
    evidence: HR-7
    maker: H. Resources
    role: head of vetting
    approver: B. Approver
    made: 2026-02-01
    group: caseworkers
    members: 2
    roster: roster.txt
""".replace("DIGEST", hashlib.sha256(PLAN).hexdigest())


def read(folder: Path, text: str = GOOD, plan: bytes = PLAN, roster: str = "u-1\nu-2\n") -> tuple[Statement, ...]:
    (folder / "plan.txt").write_bytes(plan)
    (folder / "roster.txt").write_text(roster)
    path = folder / "attestations.yaml"
    path.write_text(text)
    return load_attestations(path)


def test_what_is_right_stands(tmp_path: Path) -> None:
    plan, cleared = read(tmp_path)
    assert (plan.dataset, plan.made.isoformat(), plan.file, plan.refused, plan.unreadable) == (
        "benefits",
        "2026-01-06",
        "attestations.yaml:2",
        "",
        "",
    )
    assert (cleared.organisation, cleared.group, cleared.members, cleared.refused) == (True, "caseworkers", 2, "")


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"plan": b"another plan\n"}, "its evidence plan.txt is no longer what was attested"),
        ({"roster": "u-1\nu-2\n U-1 \n"}, "its roster roster.txt has people twice: lines 1 and 3"),
        ({"roster": "u-1\n\n"}, "its roster roster.txt has 1 people, not 2"),
        ({"text": GOOD.replace("approver: B. Approver", "approver: a. maker", 1)}, "it was approved by whoever made it"),
        (
            {"text": GOOD.replace("    made: 2026-01-06\n", "    made: 2026-01-06\n    rejected: the plan is a draft\n")},
            "rejected in review: the plan is a draft",
        ),
    ],
)
def test_what_does_not_count_says_why_and_leaves_the_rest(tmp_path: Path, changed: dict[str, str], refused: str) -> None:
    found = [one.refused for one in read(tmp_path, **changed)]  # type: ignore[arg-type]
    assert [one.startswith(refused) for one in found if one] == [True]


def test_evidence_that_cannot_be_read_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "plan.txt").unlink()
    plan, _ = load_attestations(tmp_path / "attestations.yaml")
    assert (plan.refused, plan.unreadable) == ("", "plan.txt")


def test_a_roster_that_is_too_large_to_be_counted_is_neither_right_nor_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attestations, "_MOST_ROSTER", 8)
    assert [(one.refused, one.unreadable) for one in read(tmp_path)] == [("", ""), ("", "")]
    assert [(one.refused, one.unreadable) for one in read(tmp_path, roster="u-1\nu-2\nu-3\n")][1] == ("", "roster.txt")


def test_nobody_on_a_roster_is_ever_named(tmp_path: Path) -> None:
    _, cleared = read(tmp_path, roster="very-secret-person\nvery-secret-person\n")
    assert "secret" not in repr(cleared)


MISTAKES = [
    ("about: incident-plan", "about: incident-plann", "2:12: unknown topic 'incident-plann'; did you mean 'incident-plan'?"),
    ("{dataset: benefits}", "{dataset: benefits, account: '1'}", "3:12: scope takes exactly one of dataset, account, organisation"),
    ("{dataset: benefits}", "{dataset: '*'}", "3:22: a pattern that matches every dataset says nothing; write organisation: true"),
    ("organisation: true", "organisation: false", "13:27: organisation takes true: it holds for all datasets; or name a dataset or an account"),
    ("    evidence: HR-7\n", "", "12:5: an attestation has no 'evidence'; add it"),
    ("    approver: B", "    aprover: B", "10:5: unknown key 'aprover' in an attestation; did you mean 'approver'?"),
    ("2026-01-06", "last week", "11:11: made takes a date such as 2027-01-31, not 'last week'"),
    ("    made: 2026-02-01\n", "    made: 2026-02-01\n    expires: 2026-01-01\n", "20:14: expires lies before the day on which it was made"),
    ("    members: 2\n", "", "12:5: clearance-bpss is attested of all members of a group: add 'members', and no person's name"),
    ("    made: 2026-01-06\n", "    made: 2026-01-06\n    group: all\n", "12:5: 'group' goes with clearance-bpss, clearance-sc, training; incident-plan is attested of data"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "problem"), MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, right: str, wrong: str, problem: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path, GOOD.replace(right, wrong, 1))
    assert [one.partition("attestations.yaml:")[2] for one in caught.value.problems] == [problem]


def test_hashes_are_asked_for_and_looked_at(tmp_path: Path) -> None:
    line = next(one for one in GOOD.splitlines(keepends=True) if "sha256" in one)
    for given, problem in (("", "needs its sha256"), ("    sha256: abc\n", "takes the 64 hexadecimal digits")):
        with pytest.raises(CatalogueError, match=problem):
            read(tmp_path, GOOD.replace(line, given))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        read(
            tmp_path, GOOD.replace("about: incident-plan", "about: x").replace("members: 2", "members: none").replace("2026-02-01", "soon")
        )
    assert len(caught.value.problems) == 3


def test_the_schema_takes_what_the_reader_takes_and_refuses_its_mistakes(tmp_path: Path) -> None:
    schema = json.loads(json.dumps(attestation_schema()))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    def valid(text: str) -> bool:
        (tmp_path / "a.yaml").write_text(text)
        document = json.loads(json.dumps(plain(load(tmp_path / "a.yaml")), default=str))
        return validator.is_valid(document)

    assert valid(GOOD)
    seen_by_a_schema = [one for one in MISTAKES if "'*'" not in one[1] and "expires" not in one[1] and "group: all" not in one[1]]
    assert [wrong for right, wrong, _ in seen_by_a_schema if valid(GOOD.replace(right, wrong, 1))] == []
