"""Attested evidence from the command line: written, checked, judged by tier, and counted apart in every format."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from tierwise.connectors.inventory.files import lines
from tierwise.model.attestation import TOPICS
from tierwise.model.fact import NOT_COLLECTED
from tierwise.model.resource import Kind, Resource

NOW = datetime.now(UTC).replace(microsecond=0)
BY = (
    "--statement",
    "the plan names it",
    "--evidence",
    "IRP-14",
    "--maker",
    "A. Maker",
    "--role",
    "asset owner",
    "--approver",
    "B. Approver",
)
REGISTER = """entries:
  - select: {name: benefits-*}
    dataset: benefits
    tier: T3
    asset_owner: director-payments
"""
FILE = "attestations.yaml"


@pytest.fixture
def estate(home):
    """Two stores of one dataset and one of none, as a saved inventory, with a register."""
    stores = [
        Resource(f"arn:aws:s3:::{name}", Kind.OBJECT_STORE, "s3.bucket", "aws", "123456789012", "eu-west-2", name)
        for name in ("benefits-live", "benefits-archive", "scratch")
    ]
    (home / "inventory.jsonl").write_bytes(b"".join(lines(stores, (), (), (), started=NOW, organisation=NOT_COLLECTED)))
    (home / "register.yaml").write_text(REGISTER)
    return home


@pytest.fixture
def scanned(tierwise, estate):
    """Judges the inventory with more options, and gives what it wrote."""

    def scan(*more, form="json"):
        return tierwise("scan", "inventory", "inventory.jsonl", "--register", "register.yaml", "--format", form, *more).out

    return scan


def of_dataset(out):
    return {one["control"]: one for one in json.loads(out)["findings"] if one["resource"] == "dataset:benefits"}


def test_without_a_file_no_dataset_is_judged(scanned):
    told = json.loads(scanned())
    assert {one["kind"] for one in told["resources"]} == {"object-store"}
    assert "attested" not in told["summary"]


def test_what_is_attested_is_counted_apart_and_what_is_missing_fails(tierwise, estate, scanned):
    (estate / "plan.txt").write_text("the plan")
    assert tierwise("attest", "incident-plan", "--dataset", "benefits", *BY, "--evidence-file", "plan.txt").code == 0
    out = scanned("--attestations", FILE)
    told = json.loads(out)
    Draft202012Validator(json.loads(files("tierwise.reports").joinpath("scan.schema.json").read_text())).validate(told)
    found = of_dataset(out)
    assert (found["INC-01"]["verdict"], found["INC-01"]["attested"], found["INC-01"]["tier"]) == ("attested", "attested", "T3")
    assert (found["INC-03"]["verdict"], found["INC-03"]["attested"]) == ("fail", "missing")
    assert not {one["verdict"] for one in found.values()} & {"pass"}
    assert told["summary"]["attested"] == {"attested": 1, "stale": 0, "missing": len(found) - 1, "rejected": 0, "open": 0}
    assert told["summary"]["verdicts"]["attested"] == 1
    (principle,) = [one for one in told["requirements"] if one["id"] == "P1"]
    assert (principle["coverage"], principle["attested"]["attested"], principle["attested"]["missing"]) == ("attested", 1, 5)
    (estate / "plan.txt").write_text("another plan")
    changed = of_dataset(scanned("--attestations", FILE))["INC-01"]
    assert (changed["verdict"], changed["attested"]) == ("fail", "rejected")
    assert "no longer what was attested" in changed["actual"][0]["via"]
    (estate / "plan.txt").unlink()
    assert of_dataset(scanned("--attestations", FILE))["INC-01"]["verdict"] == "unknown"


@pytest.mark.parametrize(("days", "told"), [(5, True), (29, True), (60, False)])
def test_an_acceptance_of_a_dataset_that_ends_soon_is_told(tierwise, estate, scanned, days, told):
    today, end = NOW.date(), NOW.date() + timedelta(days=days)
    entry = f'{{control: INC-01, resource: "dataset:benefits", reason: r, owner: o, approver: "A. B", role: siro, created: {today}, expires: {end}}}'
    (estate / "acceptances.yaml").write_text(f"acceptances:\n  - {entry}\n")
    (estate / FILE).write_text("attested: []\n")
    out = scanned("--attestations", FILE, "--acceptances", "acceptances.yaml")
    assert of_dataset(out)["INC-01"]["accepted"]["expires"] == str(end)
    note = f"acceptances.yaml:2: the acceptance of INC-01 on dataset:benefits ends on {end}"
    assert (note in json.loads(out)["notes"]) is told


def test_a_stale_one_fails_at_the_tier_that_says_so(tierwise, estate, scanned):
    made = (NOW.date() - timedelta(days=200)).isoformat()
    tierwise("attest", "incident-plan", "--organisation", *BY, "--made", made)
    assert of_dataset(scanned("--attestations", FILE))["INC-01"]["attested"] == "attested"
    (estate / "register.yaml").write_text(REGISTER.replace("T3", "T4"))
    found = of_dataset(scanned("--attestations", FILE))["INC-01"]
    assert (found["verdict"], found["attested"]) == ("fail", "stale")
    assert found["expected"] == "attested.incident_plan at most 183"


def test_the_scan_that_was_written_is_judged_again_to_the_same(tierwise, estate, scanned):
    tierwise("attest", "incident-plan", "--dataset", "benefits", *BY)
    out = scanned("--attestations", FILE)
    (estate / "inventory.jsonl").write_text(out)
    assert of_dataset(scanned("--attestations", FILE)) == of_dataset(out)
    assert {one["kind"] for one in json.loads(scanned())["resources"]} == {"object-store"}


def test_every_format_tells_it_and_the_public_is_told_nothing(tierwise, estate, scanned):
    tierwise("attest", "incident-plan", "--dataset", "benefits", *BY)
    more = ("--attestations", FILE)
    for form in ("console", "markdown"):
        assert "1 attested, 0 stale, 25 missing, 0 rejected" in " ".join(scanned(*more, form=form).split())
    rows = {(row["control"], row["attested"]) for row in csv.DictReader(io.StringIO(scanned(*more, form="csv")))}
    assert {("INC-01", "attested"), ("INC-03", "missing")} <= rows
    assert "dataset:benefits" not in scanned(*more, "--audience", "public", form="json")
    assert "1 are attested" in tierwise("explain", "dataset:benefits").out


def test_check_says_how_each_stands(tierwise, estate):
    tierwise("attest", "incident-plan", "--dataset", "benefits", *BY)
    assert tierwise("attest", "--check").code == 0
    tierwise("attest", "lessons", "--account", "123456789012", *BY, "--made", "2020-01-01", "--until", "2020-12-31")
    ran = tierwise("attest", "--check")
    assert ran.code == 2
    assert f"{FILE}:2: lessons of 123456789012: not in force: it ended on 2020-12-31" in ran.out
    assert "incident-plan of benefits: attested, 0 days old\n" in ran.out


@pytest.mark.parametrize(
    ("age", "code", "words"),
    [
        (200, 0, "attested, 200 days old, and stale from T4 exceptional on"),
        (4000, 2, "not in force: 4000 days old, which is too old for every tier that asks for it"),
    ],
)
def test_check_says_from_which_tier_one_is_too_old(tierwise, estate, age, code, words):
    tierwise("attest", "incident-plan", "--dataset", "benefits", *BY, "--made", (NOW - timedelta(days=age)).date().isoformat())
    ran = tierwise("attest", "--check")
    assert (ran.code, f"incident-plan of benefits: {words}\n" in ran.out) == (code, True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), ("say what is attested: access-review",)),
        (("incident-plann",), ("did you mean 'incident-plan'?",)),
        (("incident-plan", *BY), ("exactly one of --dataset, --account and --organisation",)),
        (("incident-plan", "--organisation"), ("--statement, --evidence, --maker, --role, --approver missing",)),
        (("training", "--organisation", *BY), ("--group, --members missing",)),
        (("incident-plan", "--organisation", *BY, "--approver", "a. maker"), ("nobody approves what they made",)),
        (("incident-plan", "--organisation", *BY, "--made", "today"), ("--made takes a date",)),
        (("incident-plan", "--organisation", *BY, "--evidence-file", "none.pdf"), ("cannot be read",)),
    ],
)
def test_what_would_not_count_is_not_written(tierwise, home, given, words):
    tierwise("attest", *given).complains(2, *words)
    assert not (home / FILE).exists()


def test_a_roster_is_counted_and_its_people_stand_nowhere(tierwise, estate, scanned):
    (estate / "roster.txt").write_text("very-secret-one\nvery-secret-two\nvery-secret-one\n")
    group = ("--group", "caseworkers", "--members", "2", "--roster", "roster.txt")
    ran = tierwise("attest", "training", "--organisation", *BY, *group)
    assert (ran.code, "its roster roster.txt has people twice: lines 1 and 3" in ran.err) == (0, True)
    out = scanned("--attestations", FILE)
    assert of_dataset(out)["PPL-02"]["attested"] == "rejected"
    assert "very-secret" not in out + ran.out + ran.err + (estate / FILE).read_text()


def test_check_tells_every_mistake_of_a_file_with_its_line(tierwise, estate):
    entry = "  - {about: incident-pln, scope: {dataset: x}, statement: s, evidence: e, maker: A, role: r, aprover: B, made: 2026-13-01, sha256: 0f}\n"
    (estate / FILE).write_text(f"attested:\n{entry * 3}")
    ran = tierwise("attest", "--check", "--file", FILE)
    told = ran.out.splitlines()
    assert (ran.code, ran.err) == (2, "")
    assert {line.split(":")[1] for line in told} == {"2", "3", "4"}
    for words in ("did you mean 'incident-plan'?", "did you mean 'approver'?", "made takes a date", "sha256 takes the 64"):
        assert sum(words in line for line in told) == 3, words


def test_what_may_be_attested_is_what_controls_ask_for():
    from tierwise.catalogue.controls import load_catalogue
    from tierwise.model.control import facts_in

    asked = {name for one in load_catalogue().controls.values() for rung in one.ladder.values() for name in facts_in(rung)}
    assert set(TOPICS.values()) == {name for name in asked if name.startswith("attested.")}
