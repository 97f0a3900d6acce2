from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tierwise.catalogue.decisions import with_entry
from tierwise.catalogue.register import load_acceptances, load_corrections
from tierwise.connectors.inventory.files import lines
from tierwise.errors import CatalogueError
from tierwise.model.fact import NOT_COLLECTED, Known, Provenance
from tierwise.model.resource import Kind, Resource

TODAY = datetime.now(UTC).date()
SOON = (TODAY + timedelta(days=60)).isoformat()
BY = ("--reason", 'a reason: with "signs"', "--owner", "records", "--approver", "A. Name", "--role", "siro")
FILE = "acceptances.yaml"


@pytest.fixture
def scanned(tierwise, plan):
    """Judges the sample plan with more options, and gives its JSON."""

    def scan(*more):
        ran = tierwise("scan", "plan", plan, "--format", "json", *more)
        return json.loads(ran.out)

    return scan


def failing(told, control, resource):
    return next(one for one in told["findings"] if (one["control"], one["resource"]) == (control, resource))


def test_an_acceptance_is_written_shown_and_ends_with_its_day(tierwise, home, scanned):
    before = failing(scanned(), "ENC-02", "aws_s3_bucket.assessments")
    ran = tierwise("accept", before["fingerprint"], *BY, "--until", SOON)
    assert ran.code == 0
    assert "it accepts 1 finding: ENC-02 at T3 heightened" in ran.err
    later = (TODAY + timedelta(days=90)).isoformat()
    again = tierwise("accept", before["fingerprint"], *BY, "--until", later, "--file", "again.yaml")
    assert "already" not in again.err
    again = tierwise("accept", before["fingerprint"], *BY, "--until", later, "--file", "again.yaml")
    assert f"again.yaml:2 holds for that until {later} already; this one counts once it has ended" in again.err
    after = scanned("--acceptances", FILE)
    found = failing(after, "ENC-02", "aws_s3_bucket.assessments")
    assert (found["verdict"], found["accepted"]["approver"], found["accepted"]["role"]) == ("fail", "A. Name", "siro")
    assert found["accepted"]["reason"] == 'a reason: with "signs"'
    assert before["fingerprint"] not in after["gate"]["blocking"]
    assert failing(after, "OWN-06", "aws_s3_bucket.assessments")["verdict"] == "pass"
    (home / FILE).write_text(
        (home / FILE)
        .read_text()
        .replace(SOON, (TODAY - timedelta(days=1)).isoformat())
        .replace(TODAY.isoformat(), (TODAY - timedelta(days=60)).isoformat())
    )
    ended = scanned("--acceptances", FILE)
    back = failing(ended, "ENC-02", "aws_s3_bucket.assessments")
    assert back["accepted"] is None
    note = f"A. Name, siro accepted it until {TODAY - timedelta(days=1)}, as written in acceptances.yaml:2, not in a repository: not in force, as it has expired"
    assert back["lapsed"] == note
    for form in ("sarif", "junit", "html", "gitlab", "github", "csv"):
        shown = tierwise("scan", "plan", "plan.json", "--acceptances", FILE, "--format", form).out
        assert "ot in force, as it has expired" in " ".join(shown.split()), form
    public = tierwise("scan", "plan", "plan.json", "--acceptances", FILE, "--format", "json", "--audience", "public").out
    assert "A. Name" not in public
    assert before["fingerprint"] in ended["gate"]["blocking"]
    told = failing(ended, "OWN-06", "aws_s3_bucket.assessments")
    assert (told["verdict"], told["severity"]) == ("fail", "medium")
    assert "acceptances.yaml:2 expired" in told["actual"][0]["value"]


def test_a_planned_fix_keeps_from_blocking_until_its_day_under_its_ticket(tierwise, home, scanned):
    scanned()
    assert tierwise("accept", "--of", "ENC-02", "--on", "aws_s3_bucket.assessments", *BY, "--planned", "OPS-12", "--until", SOON).code == 0
    told = scanned("--acceptances", FILE)
    found = failing(told, "ENC-02", "aws_s3_bucket.assessments")
    assert found["accepted"]["planned"] == {"ticket": "OPS-12", "date": SOON}
    assert found["fingerprint"] not in told["gate"]["blocking"]
    shown = tierwise("scan", "plan", "plan.json", "--acceptances", FILE).out
    assert "A. Name, siro, fix planned in OPS-12" in " ".join(shown.split())
    (home / FILE).write_text((home / FILE).read_text().replace(SOON, "2020-02-01").replace(TODAY.isoformat(), "2020-01-01"))
    assert found["fingerprint"] in scanned("--acceptances", FILE)["gate"]["blocking"]


def test_every_format_for_people_names_who_accepted_and_their_role(tierwise, home, scanned):
    scanned()
    tierwise("accept", "--of", "ENC-02", "--on", "aws_s3_bucket.assessments", *BY, "--until", SOON)
    for form in ("console", "markdown", "sarif", "html", "csv", "junit", "gitlab"):
        shown = " ".join(tierwise("scan", "plan", "plan.json", "--acceptances", FILE, "--format", form).out.split())
        assert "A. Name, siro" in shown, form
        assert "as written in acceptances.yaml:2, not in a repository" in shown, form


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--role", "asset-owner", "--until", SOON), ("T3 heightened", "deputy-siro or above")),
        (("--until", (TODAY + timedelta(days=300)).isoformat()), ("6 months",)),
        (("--until", "2020-01-01"), ("has expired",)),
        (("--until", "never"), ("takes a date",)),
        (("--until", SOON, "--role", "boss"), ("--role is one of service-owner",)),
        (("--until", SOON, "--on", "*"), ("without patterns",)),
        (("--until", SOON, "--on", "nothing"), ("nothing of the last scan",)),
        (("--until", SOON, "--reason", " "), ("--reason missing",)),
        ((), ("--until missing",)),
        (("--until", SOON, "--on", ""), ("name both",)),
    ],
)
def test_what_would_not_be_in_force_is_refused_and_nothing_is_written(tierwise, home, scanned, more, words):
    scanned()
    tierwise("accept", "--of", "ENC-02", "--on", "aws_s3_bucket.assessments", *BY, *more).complains(2, *words)
    assert not (home / FILE).exists()


@pytest.mark.parametrize("name", ["ask.txt", "ask.html", "ask.odt"])
def test_a_request_is_a_page_and_no_entry(tierwise, home, scanned, name):
    scanned()
    ran = tierwise("accept", "--of", "ENC-02", "--on", "aws_s3_bucket.assessments", *BY, "--until", SOON, "--request", name)
    assert (ran.code, ran.out) == (0, f"{name}\n")
    assert "nothing is accepted until an entry is written and merged" in ran.err
    assert (home / name).stat().st_size > 1000
    assert not (home / FILE).exists()


def test_a_request_that_could_not_be_accepted_or_read_is_refused(tierwise, home, scanned):
    scanned()
    words = ("accept", "--of", "ENC-02", "--on", "aws_s3_bucket.assessments", *BY)
    tierwise(*words, "--until", SOON, "--request", "ask.docx").complains(2, "ends with .html, .odt, .txt, not 'ask.docx'")
    tierwise(*words, "--until", SOON, "--role", "asset-owner", "--request", "ask.odt").complains(2, "deputy-siro or above")
    assert not (home / "ask.odt").exists()


def test_check_tells_of_each_acceptance_whether_it_counts(tierwise, home, scanned):
    scanned()
    tierwise("accept", "--of", "ENC-02", "--on", "aws_s3_bucket.assessments", *BY, "--until", SOON)
    assert tierwise("accept", "--check").out.startswith(
        f"acceptances.yaml:2 (not in a repository): ENC-02 on aws_s3_bucket.assessments: in force until {SOON}, 1 finding"
    )
    text = (home / FILE).read_text()
    (home / FILE).write_text(
        text.replace("siro", "service-owner")
        + '  - {control: LOG-02, resource: gone, reason: r, owner: o, approver: "A. B", expires: 2020-01-01}\n'
    )
    ran = tierwise("accept", "--check")
    assert ran.code == 2
    assert (
        "not in force\n  its approver has to be deputy-siro or above; add role: (ENC-02 on aws_s3_bucket.assessments, T3 heightened)"
        in ran.out
    )
    over = "LOG-02 on gone: not in force: it has expired, and accepts nothing of the last scan; take it out"
    assert over in ran.out
    (home / FILE).write_text(
        'acceptances:\n  - {control: LOG-02, resource: gone, reason: r, owner: o, approver: "A. B", expires: 2020-01-01}\n'
    )
    alone = tierwise("accept", "--check")
    assert (alone.code, over in alone.out) == (2, True)


def test_check_tells_every_mistake_of_a_file_with_its_line(tierwise, home, scanned):
    scanned()
    entry = "  - {control: ENC-02, reson: r, owner: o, approver: A, role: boss, expires: 2026-02-30}\n"
    (home / FILE).write_text(f"acceptances:\n{entry * 4}")
    ran = tierwise("accept", "--check")
    told = ran.out.splitlines()
    assert (ran.code, ran.err) == (2, "")
    assert len(told) >= 16
    assert {line.split(":")[1] for line in told} == {"2", "3", "4", "5"}
    assert sum("unknown key 'reson' in an acceptance; did you mean 'reason'?" in line for line in told) == 4


def test_an_acceptance_that_accepts_nothing_is_told_by_the_scan(tierwise, home, scanned):
    scanned()
    (home / FILE).write_text(
        'acceptances:\n  - {control: LOG-02, resource: gone, reason: r, owner: o, approver: "A. B", expires: 2030-01-01}\n'
    )
    assert scanned("--acceptances", FILE)["notes"] == ["acceptances.yaml:2: the acceptance speaks of nothing that fails or is unknown here"]
    assert "speaks of nothing" in tierwise("scan", "plan", "plan.json", "--acceptances", FILE).out


def judged_with_unused(tierwise, home, tier):
    """A store of a tier that passes what somebody has accepted."""
    store = Resource("arn:aws:s3:::claims", Kind.OBJECT_STORE, "s3.bucket", "aws", "123456789012", "eu-west-2", "claims",
        tags=Known({"data-classification": tier}), facts={"encryption.at_rest": Known(value=True, via=Provenance("s3:GetEncryption"))})  # fmt: skip
    (home / "kept.jsonl").write_bytes(b"".join(lines([store], (), (), (), started=datetime.now(UTC), organisation=NOT_COLLECTED)))
    entry = f'{{control: ENC-01, resource: claims, reason: r, owner: o, approver: "A. B", role: siro, created: {TODAY}, expires: {SOON}}}'
    (home / FILE).write_text(f"acceptances:\n  - {entry}\n")
    return json.loads(tierwise("scan", "inventory", "kept.jsonl", "--acceptances", FILE, "--format", "json").out)


def test_an_acceptance_at_a_tier_that_is_not_asked_of_it_is_told_as_a_note(tierwise, home):
    told = judged_with_unused(tierwise, home, "T0")
    assert [one for one in told["findings"] if one["control"] == "OWN-06"] == []
    assert told["notes"] == ["acceptances.yaml:2: the acceptance speaks of nothing that fails or is unknown here"]


def test_an_acceptance_of_what_is_there_and_passes_is_a_finding(tierwise, home):
    told = judged_with_unused(tierwise, home, "T3")
    assert failing(told, "ENC-01", "arn:aws:s3:::claims")["verdict"] == "pass"
    found = failing(told, "OWN-06", "arn:aws:s3:::claims")
    assert (found["verdict"], found["actual"][0]["value"]) == ("fail", "[acceptances.yaml:2 unused]")
    assert told["notes"] == []


def test_a_correction_is_written_and_takes_the_evidence_away(tierwise, home, scanned):
    told = scanned()
    step = next(
        (one["id"], step)
        for one in told["resources"]
        for step in one["classification"]["trace"]
        if step["rule"] in ("name-words", "declared-tag") and step["source"].strip("*? ")
    )
    resource, evidence = step
    wrong = ("--rule", "identifier", "--source", "nowhere", "--reason", "r", "--approver", "a", "--until", SOON)
    tierwise("correct", resource, *wrong).complains(2, "has no such evidence", evidence["rule"])
    ran = tierwise(
        "correct",
        resource,
        "--rule",
        evidence["rule"],
        "--source",
        evidence["source"],
        "--reason",
        "wrong",
        "--approver",
        "A. Name",
        "--until",
        SOON,
    )
    assert ran.code == 0, ran.err
    (made,) = load_corrections(home / "corrections.yaml").corrections
    assert (made.resource, made.rule, made.source, made.expires.isoformat()) == (resource, evidence["rule"], evidence["source"], SOON)
    after = scanned("--corrections", "corrections.yaml")
    trace = next(one["classification"]["trace"] for one in after["resources"] if one["id"] == resource)
    assert evidence not in trace


ENTRY = {"control": "ENC-02", "resource": 'a "b": c', "reason": "x", "owner": "o", "approver": "A", "evidence": "", "expires": "2027-01-31"}
KEPT = "# kept\nacceptances:  # and this\n    # first\n    - control: EXP-01\n      resource: site\n      reason: r\n      owner: o\n      approver: C\n      expires: 2027-03-31\ncorrections: []\n"


@pytest.mark.parametrize(
    "before",
    [
        "",
        "corrections: []\n",
        KEPT,
        "acceptances:\n- {control: EXP-01, resource: site, reason: r, owner: o, approver: C, expires: 2027-03-31}\n",
    ],
)
def test_an_entry_is_added_and_every_other_line_stays(tmp_path, before):
    path = tmp_path / FILE
    path.write_text(with_entry(before, FILE, "acceptances", ENTRY))
    rules = load_acceptances(path)
    assert (rules[0].control, rules[0].resource) == ("ENC-02", 'a "b": c')
    assert len(rules) == 1 + before.count("EXP-01")
    left = path.read_text().splitlines()
    assert [line for line in before.splitlines() if line not in left] == []


@pytest.mark.parametrize("before", ["acceptances: []\n", "acceptances: [{control: x}]\n", "acceptances: none\n"])
def test_a_list_that_is_not_written_in_lines_is_left_to_people(before):
    with pytest.raises(CatalogueError, match="lines that begin with"):
        with_entry(before, FILE, "acceptances", ENTRY)
