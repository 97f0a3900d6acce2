from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shlex
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner, Result

from tests.browser import RULES, chromium
from tierwise.catalogue.register import parse_register
from tierwise.catalogue.yamlfile import load
from tierwise.classify.why import Case, Way, why
from tierwise.classify.worksheet import QUESTIONS
from tierwise.cli.demo import demo, way_in
from tierwise.cli.last import last_judged, last_outcome
from tierwise.cli.main import cli
from tierwise.cli.options import Options
from tierwise.connectors.terraform.source import open_plans
from tierwise.demo.areas.health import UNDERSTATED
from tierwise.demo.dates import STARTED
from tierwise.demo.estate import PLAN
from tierwise.errors import ScannerError
from tierwise.model.finding import Verdict
from tierwise.model.register import EMPTY_REGISTER
from tierwise.model.sensitivity import TierState
from tierwise.reports.base import View
from tierwise.reports.why import why_text
from tierwise.scan import scan

PAGE = (Path(__file__).parents[2] / "docs/classification.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n\$ (tierwise .*)\n((?s:.*?))```", PAGE)
ASSETS = "Asset ID,Asset name,Owner\nIAR-003,Staff payroll,hr\nIAR-005,dcs-complaints-archive,x\nIAR-004,Fleet management,transport\n"
EXIT_CODES = {"register check": 1}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Result, Path]]:
    """One run as a newcomer starts it: an empty home, no AWS variables, an unrelated directory; the home stays for the next commands."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith(("AWS_", "TIERWISE_", "XDG_"))]:
            patched.delenv(name)
        patched.setenv("HOME", str(home))
        patched.chdir(home)
        yield CliRunner().invoke(cli, ["demo", "--history", "sample"], catch_exceptions=False), home


def test_a_shell_that_does_not_find_the_command_is_shown_how(monkeypatch, tmp_path):
    monkeypatch.setattr("tierwise.cli.demo.which", lambda _: None)
    assert way_in(tmp_path / "tierwise") == "", "no environment of its own"
    (tmp_path / "activate").touch()
    assert way_in(tmp_path / "tierwise").startswith(f"  . {shlex.quote(str(tmp_path / 'activate'))} ")
    monkeypatch.setattr("tierwise.cli.demo.which", lambda _: "/usr/bin/tierwise")
    assert way_in(tmp_path / "tierwise") == ""


def test_a_newcomer_sees_the_sample_and_exit_code_0(shown):
    done, _ = shown
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("A sample:")


def test_the_parts_come_in_reading_order(shown):
    done, _ = shown
    parts = ("A sample:", "tierwise scan of aws:", "in each cloud", "on a Terraform plan", "Where to go from here", "tierwise explain")
    places = [done.stdout.rindex(part) for part in parts]
    assert places == sorted(places)


def test_three_weekly_runs_are_kept_and_shown_on_a_page(shown):
    done, home = shown
    page = (home / "sample" / "report.html").read_text("utf-8")
    assert all(f'<th scope="col">{day}' in page for day in ("2026-01-01", "2026-01-08", "2026-01-15 (this run)"))
    assert '<svg class="pygal-chart"' in page
    commands = re.findall(r"tierwise (\w+ --store \S+)", done.stdout)
    assert len(commands) == 2
    for command in commands:
        result = CliRunner().invoke(cli, command.split(), catch_exceptions=False)
        assert result.exit_code == 0
        assert "Open failures" in result.output or "open failures" in result.output


def findings(text: str) -> set[tuple[str, ...]]:
    """What a scan's JSON says of each pair; of what passed, a store keeps that it did and no more."""
    return {
        (
            one["resource"],
            one["control"],
            one["verdict"],
            *((one["fingerprint"], one["why"]) if one["verdict"] in ("fail", "unknown") else ()),
        )
        for one in json.loads(text)["findings"]
    }


def report(*words: str) -> str:
    result = CliRunner().invoke(cli, ["report", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_kept_run_is_shown_again_as_it_was(shown):
    kept = ("--store", "sample/history.db", "--run")
    today = report(*kept, "last", "--format", "json")
    again = report("--format", "json")
    assert findings(today) == findings(again)
    tiers = [{one["id"]: one["classification"]["tier"] for one in json.loads(text)["resources"]} for text in (today, again)]
    assert tiers[0] == tiers[1]
    assert json.loads(today)["requirements"] == json.loads(again)["requirements"] != []
    assert findings(report(*kept, "last~1", "--format", "json")) != findings(today)
    assert "is no run" in refused(*kept, "last~x")


def refused(*words: str) -> str:
    """What a command says that it cannot do."""
    with pytest.raises(ScannerError) as error:
        CliRunner().invoke(cli, ["report", *words], catch_exceptions=False)
    assert error.value.exit_code == 2
    return str(error.value)


def words_of(odt: Path) -> str:
    """The text of an OpenDocument text."""
    with zipfile.ZipFile(odt) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.text"
        root = ElementTree.fromstring(archive.read("content.xml"))
        ElementTree.fromstring(archive.read("styles.xml"))
    return "\n".join("".join(one.itertext()) for one in root.iter() if one.tag.endswith(("}p", "}h")))


JARGON = re.compile(
    r"\b(TLS|SSL|KMS|IAM|ACL|ARN|API|CIDR|VPC|HSM|MFA|RDS|S3|bucket|encrypt\w*|endpoint|principal|plaintext|firewall|replica\w*|snapshot|"
    r"immutab\w*|provenance|fact|ladder|rung|verdict|finding|fingerprint|tier T\d|T[0-4])\b",
    re.IGNORECASE,
)


def test_an_owner_reads_of_their_own_data_alone_and_no_word_that_must_be_looked_up(shown):
    _, home = shown
    report("owner", "--to", "benefits-payments", "--store", "sample/history.db", "--run", "last", "--output", "papers")
    text = words_of(home / "papers" / "owner-benefits-payments.odt")
    names = {"dcs-claims-sql", "dcs-claim-letters", "benefits-payments"}
    others = {"dcs-patient-records", "staff-payroll", "dcs-h7-files", "licensing-applications"}
    assert all(name in text for name in names)
    assert not any(name in text for name in others)
    for name in names:
        text = text.replace(name, "")
    assert JARGON.findall(text.rpartition("Made by tierwise")[0]) == []
    page = (home / "papers" / "owner-benefits-payments.html").read_text("utf-8")
    assert not any(name in page for name in others)


def test_an_owner_that_nobody_named_is_told_with_those_that_are_near(shown):
    assert "did you mean 'benefits-payments'" in refused("owner", "--to", "benefit-payments")


def test_a_board_reads_the_month_on_one_side_and_what_is_frozen_is_not_written_again(shown):
    _, home = shown
    words = ("board", "--month", "2026-01", "--store", "sample/history.db", "--output", "board")
    report(*words)
    assert "(draft)" in words_of(home / "board" / "board-2026-01.odt")
    report(*words, "--freeze")
    text = words_of(home / "board" / "board-2026-01.odt")
    assert "frozen on" in text
    for asked in (
        "What we can vouch for",
        "% of what had to be read was answered",
        "T4 exceptional",
        "up to 9,000,000",
        "J. Marlow",
        "Decisions asked of the board",
    ):
        assert asked in text
    assert "what follows is since its first" in text
    assert sides(home / "board" / "board-2026-01.html") == 1
    sums = (home / "board" / "board-2026-01.sha256").read_text("utf-8").split()
    assert sums[::2] == [hashlib.sha256((home / "board" / name).read_bytes()).hexdigest() for name in sums[1::2]]
    assert "is frozen" in refused(*words)
    assert "no run in 2026-03" in refused("board", "--month", "2026-03", "--store", "sample/history.db")
    assert "a month such as" in refused("board", "--month", "2026-13")


def sides(page: Path) -> int:
    """How many sides of A4 a page is when it is printed; on a screen no rule of accessibility is broken, and on a phone's no table is cut."""
    with chromium() as browser:
        opened = browser.new_page(viewport={"width": 320, "height": 900})
        opened.goto(page.as_uri())
        assert opened.evaluate("[...document.querySelectorAll('.wide')].filter(one => one.scrollWidth > one.clientWidth).length") == 0
        opened.set_viewport_size({"width": 1366, "height": 900})
        assert [one["id"] for one in Axe().run(opened, options=RULES).response["violations"]] == []
        return len(re.findall(rb"/Type ?/Page\b", opened.pdf(format="A4")))


def test_papers_are_not_for_the_public(shown):
    for words in (["owner", "--to", "licensing"], ["board", "--store", "sample/history.db"]):
        assert "the public may not see" in refused(*words, "--audience", "public")


def test_the_next_commands_exist_and_work_on_the_remembered_scan(shown):
    for command in (["explain", UNDERSTATED], ["fixes"], ["classify", "suggest"]):
        result = CliRunner().invoke(cli, command, catch_exceptions=False)
        assert result.exit_code == 0, command
        assert result.output
    assert "T3 heightened" in CliRunner().invoke(cli, ["explain", UNDERSTATED]).output


def test_the_remembered_scan_is_judged_with_the_sample_register(shown):
    assert "T4 exceptional" in CliRunner().invoke(cli, ["explain", "benefits-payments"], catch_exceptions=False).output


def test_classify_why_explains_each_resource_of_the_sample_in_every_cloud(shown):
    """Evidence, how strong, by which rule, what would change it; and what it says to write gives the tier that it promises."""
    outcome, judging = last_judged(Options(), None, tiers_only=True)
    assert {one.provider for one in outcome.result.resources} == {"aws", "azure", "gcp"}
    _explains_each(outcome.result, judging)
    planned = replace(judging, register=EMPTY_REGISTER)
    _explains_each(scan([open_plans([PLAN])], planned, started=STARTED, jobs=1).result, planned)


def _explains_each(result, judging):
    case = Case(result.resources, judging.profile, judging.register, judging.corrections, result.gaps, STARTED.date())
    view = View(width=200)
    assert result.resources
    for one in result.resources:
        told = why(one, case)
        assert told.classification == result.classifications[one.id], one.id
        assert told.changes, one.id
        assert told.pieces, one.id
        if told.classification.state is not TierState.ASSUMED:
            assert [piece for piece in told.pieces if piece.basis is not None and piece.strength], one.id
        _lines_keep_their_promise(told, case)
        page = why_text(told, view)
        assert all(f"rule      {piece.step.rule}" in page for piece in told.pieces), one.id
        assert "What would change it" in page


def _lines_keep_their_promise(told, case):
    for change in told.changes:
        for line in change.how if change.way is Way.SAY else ():
            more = parse_register(load(f"entries:\n  {line}\n"), "more.yaml")
            register = replace(case.register, entries=(*more.entries, *case.register.entries))
            again = why(told.resource, replace(case, register=register)).classification
            assert change.after is not None
            assert (again.tier, again.state) == (change.after.tier, change.after.state), line


def test_classify_lists_the_sample_with_how_far_it_is_described(shown):
    made = json.loads(CliRunner().invoke(cli, ["classify", "--format", "json"], catch_exceptions=False).stdout)
    assert made["summary"]["stores"] == len(made["stores"]) == sum(made["summary"]["by_state"].values())
    assert made["summary"]["confirmed"] == sum(one["confirmed"] for one in made["stores"]) > 0
    assert {one["provider"] for one in made["stores"]} == {"aws", "azure", "gcp"}
    conflicts = json.loads(CliRunner().invoke(cli, ["classify", "--conflicts", "--format", "json"], catch_exceptions=False).stdout)
    assert UNDERSTATED in {one["name"] for one in conflicts["stores"]}
    assert all(one["conflict"] for one in conflicts["stores"])


def test_each_cloud_has_a_column_and_each_compared_control_is_judged_in_all(shown):
    done, _ = shown
    section = done.stdout.split("in each cloud", 1)[1].split("\n\n", 1)[0].splitlines()
    assert re.findall(r"(AWS|Azure|Google Cloud) \(\d+\)", section[1]) == ["AWS", "Azure", "Google Cloud"]
    assert len(section) == 7
    for line in section[2:]:
        cells = re.findall(r"(\d+)/(\d+)/(\d+)", line)
        assert len(cells) == 3, line
        assert all(any(map(int, cell)) for cell in cells), line


def test_lines_of_the_sample_s_own_parts_fit_a_terminal(shown):
    done, _ = shown
    opening = done.stdout.split("tierwise scan of", 1)[0]
    table = done.stdout.split("The same controls in each cloud", 1)[1].split("The same controls on", 1)[0]
    assert all(len(line) <= 120 for line in (opening + table).splitlines())


def test_a_package_that_is_missing_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setattr("tierwise.cli.demo.find_spec", lambda name: None if name == "google.auth" else True)
    result = CliRunner().invoke(cli, ["demo"])
    assert "google-auth" in str(result.exception)
    assert "tierwise[demo]" in str(result.exception)


def test_json_of_the_plan_alone_is_one_document(tmp_path, monkeypatch):
    monkeypatch.setenv("TIERWISE_DATA", str(tmp_path))
    result = CliRunner().invoke(demo, ["--plan-only", "--format", "json"], catch_exceptions=False)
    assert result.exit_code == 0
    made = json.loads(result.stdout)
    ids = {one["id"]: one["classification"]["tier"] for one in made["resources"]}
    assert ids["aws_s3_bucket.assessments"] == "T3"
    custody = {one["id"]: one["facts"]["encryption.key_custody"] for one in made["resources"] if "encryption.key_custody" in one["facts"]}
    assert custody["aws_s3_bucket.assessments"]["value"] == "provider-managed"
    assert custody["aws_s3_bucket.evidence"]["value"] == "customer"
    assert custody["aws_db_instance.casework"]["between"] == ["provider-managed", "customer"]
    failed = {(one["resource"], one["control"]) for one in made["findings"] if one["verdict"] == "fail"}
    assert {("aws_s3_bucket.assessments", "ENC-02"), ("aws_iam_role.casework", "ACC-01")} <= failed
    assert ("aws_db_instance.casework", "ENC-02") in {
        (one["resource"], one["control"]) for one in made["findings"] if one["verdict"] == "unknown"
    }


def test_a_file_of_results_is_written_without_the_sample_talking(tmp_path, monkeypatch):
    monkeypatch.setenv("TIERWISE_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(demo, ["--plan-only", "--format", "json=out.json", "-q"], catch_exceptions=False)
    assert (result.exit_code, result.output) == (0, "")
    assert json.loads((tmp_path / "out.json").read_text())["schema"] == "tierwise/scan/1"


def test_contradicting_options_are_refused():
    result = CliRunner().invoke(cli, ["demo", "--live-only", "--plan-only"])
    assert "exclude each other" in str(result.exception)


def test_suggested_register_lines_are_yaml(shown):
    lines = CliRunner().invoke(cli, ["classify", "suggest"], catch_exceptions=False).stdout
    entries = yaml.safe_load(lines)["entries"]
    assert entries
    assert all(set(one["select"]) <= {"id", "name", "tag", "account"} and all(one["select"].values()) for one in entries)


def test_the_remembered_scan_gives_the_verdicts_that_the_demo_printed(shown):
    done, _ = shown
    again = last_outcome(Options(), None).result
    unknown = sum(1 for one in again.findings if one.verdict is Verdict.UNKNOWN)
    passed = sum(1 for one in again.findings if one.verdict is Verdict.PASS)
    assert f"{unknown} unknown, {passed} passed" in done.stdout


def test_the_page_on_classification_shows_what_is_printed(shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("assets.csv").write_text(ASSETS, "utf-8")
    assert len(BLOCKS) >= 8
    for command, lines in BLOCKS:
        if "classify import" in command:
            answer_no(Path("worksheet.csv"), "dcs-scratch")
        ran = CliRunner().invoke(cli, shlex.split(command)[1:], catch_exceptions=False)
        wanted = next((code for part, code in EXIT_CODES.items() if part in command), 0)
        assert ran.exit_code == wanted, command
        printed = [line.rstrip() for line in ran.output.splitlines()]
        missing = [line for line in lines.splitlines() if line != "..." and line.rstrip() not in printed]
        assert missing == [], command


def answer_no(path: Path, service: str) -> None:
    """Fill in the first question of one row, as its owner would."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["Service"] == service:
            row[QUESTIONS[0].title] = "no"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
