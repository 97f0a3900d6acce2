import csv
import io
import json
from dataclasses import replace
from itertools import chain
from xml.etree import ElementTree as ET

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from msgspec import structs

from tests.reports.sample import ACCOUNT, BUCKET, DATABASE, PLANNED, finding, result_of, sample
from tests.reports.sample import text_of as as_text
from tierwise.cli.options import FORMATS
from tierwise.model.attestation import State
from tierwise.model.control import Severity
from tierwise.model.finding import Gate, Verdict
from tierwise.model.resource import REGISTER, Kind, Resource
from tierwise.reports import csv_report, github, gitlab, jsonl, junit, sarif
from tierwise.reports.audience import for_audience
from tierwise.reports.base import View, report_named, reports
from tierwise.reports.locate import index

PUBLIC = View(audience="public")
SOURCES = index(
    [
        ("infra/main.tf", 'module "store" {\n source = "./s,t:o%re"\n}\n'),
        ("infra/s,t:o%re/a.tf", 'resource "aws_s3_bucket" "records" {\n}\n'),
    ],
    "infra",
)


def text_of(name: str, view: View) -> str:
    made = reports()[name].render(sample(), view)
    return as_text(made)


def test_help_names_the_formats_that_there_are():
    assert set(FORMATS) == set(reports())


def test_each_format_is_found_by_its_name_alone():
    assert {name: report_named(name) for name in FORMATS} == reports()


@pytest.mark.parametrize("name", sorted(set(reports()) - {"console"}))
def test_no_format_shows_the_public_what_only_the_organisation_may_know(name):
    secrets = (ACCOUNT, "health-team", "livefact", "54321", "secretdataset", "secretreason", "a.senior", "old system", '"C3"')
    assert [word for word in secrets if word in text_of(name, PUBLIC)] == []
    assert "patients" in text_of(name, PUBLIC)


@pytest.mark.parametrize("name", ["json", "jsonl", "csv", "sarif", "junit", "gitlab", "markdown"])
def test_the_public_check_above_would_see_what_a_team_sees(name):
    assert ACCOUNT in text_of(name, View())


def test_ids_of_two_accounts_stay_apart_for_the_public_and_twice_is_once():
    first = replace(sample().resources[0], id="arn:aws:iam::111111111111:role/x", account="111111111111")
    second = replace(first, id="arn:aws:iam::222222222222:role/x", account="222222222222")
    findings = (finding(1, Verdict.FAIL, resource=first.id), finding(2, Verdict.FAIL, resource=second.id))
    once = for_audience(result_of(findings, held=(first, second)), "public")
    assert len({one.id for one in once.resources}) == 2
    assert {one.resource for one in once.findings} == set(once.classifications)
    assert for_audience(once, "public") == once


@pytest.mark.parametrize(("verdicts", "kept"), [({"fail"}, {"01", "02", "06", "07"}), ({"unknown"}, {"03"}), ({"pass"}, {"04"})])
def test_csv_and_jsonl_carry_the_verdicts_that_are_asked_for(verdicts, kept):
    view = View(verdicts=frozenset(verdicts))
    lines = [json.loads(line) for line in jsonl.render(sample(), view).splitlines()]
    assert {line["finding"]["control"] for line in lines if "finding" in line} == {f"ENC-{number}" for number in kept}
    assert {row["control"] for row in rows(view)} == {f"ENC-{number}" for number in kept}


@pytest.mark.parametrize("name", ["sarif", "junit", "gitlab", "github"])
def test_formats_for_problems_keep_to_the_verdicts_that_are_asked_for(name):
    text = text_of(name, View(verdicts=frozenset({"unknown"})))
    assert "way 3" in text
    assert "way 2" not in text
    assert "way 4" not in text_of(name, View(verdicts=frozenset({"pass", "fail"})))


def rows(view: View) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_report.render(sample(), view).decode(), newline=""), strict=True))


def test_csv_has_one_row_for_each_finding_with_its_verdict_and_place():
    found = rows(View(sources=SOURCES))
    assert [row["verdict"] for row in found] == [one.verdict.value for one in sample().findings]
    assert (found[6]["file"], found[6]["line"]) == ("infra/s,t:o%re/a.tf", "1")
    assert (found[0]["file"], found[0]["blocking"], found[2]["blocking"]) == ("", "yes", "no")
    assert (found[2]["unknown"], found[2]["settled_by"]) == ("encryption.at_rest: permission-denied", "s3:GetEncryptionConfiguration")


def test_a_formula_after_a_semicolon_is_neutralised_for_locales_that_split_there():
    one = finding(1, Verdict.FAIL, title='a;=HYPERLINK("x")')
    made = csv_report.render(result_of((one,)), View()).decode()
    assert ";=" not in made
    assert "a;'=HYPERLINK" in made


def test_csv_comes_in_pieces_that_are_the_whole():
    many = tuple(structs.replace(finding(1, Verdict.FAIL), fingerprint=f"{number:020x}") for number in range(4_500))
    pieces = list(csv_report.stream(result_of(many), View()))
    assert len(pieces) > 2
    assert len(list(csv.reader(io.StringIO(b"".join(pieces).decode(), newline="")))) == 4_501


@pytest.mark.parametrize("verdicts", [frozenset(), {"fail", "unknown"}, {"pass"}], ids=["all", "problems", "passed"])
@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_a_report_of_which_two_make_a_half_each_is_the_same(name, verdicts):
    made: list[int] = []

    def halves(places, make):
        made.append(len(places))
        return chain(make(places[: len(places) // 2]), make(places[len(places) // 2 :]))

    view = View(verdicts=frozenset(verdicts))
    assert reports()[name].render(sample(), replace(view, spread=halves)) == reports()[name].render(sample(), view)
    # What fails is counted, then come resources and findings, and as lines fixes too.
    assert len(made) == {"json": 3, "jsonl": 4}[name]
    assert min(made) > 1


def test_jsonl_begins_with_the_schema_and_ends_with_what_it_held():
    lines = [json.loads(line) for line in jsonl.render(sample(), View()).splitlines()]
    assert lines[0]["schema"] == "tierwise/scan/1"
    assert lines[0]["gate"]["result"] == "failed"
    held = [next(iter(line)) for line in lines[1:-1]]
    plurals = {"fix": "fixes", "pending": "pending"}
    words = ("resource", "finding", "fix", "change", "pending", "gap", "region")
    assert lines[-1]["end"] == {plurals.get(word, f"{word}s"): held.count(word) for word in words}
    assert {name: lines[-1]["end"][name] for name in ("findings", "changes", "pending")} == {"findings": 7, "changes": 1, "pending": 1}


def test_jsonl_findings_are_those_of_the_json_report():
    whole = json.loads(text_of("json", View()))
    lines = [json.loads(line) for line in jsonl.render(sample(), View()).splitlines()]
    assert [line["finding"] for line in lines if "finding" in line] == whole["findings"]
    assert [line["resource"] for line in lines if "resource" in line] == whole["resources"]


def cases(view: View) -> dict[str, ET.Element]:
    root = ET.fromstring(junit.render(sample(), view))
    return {str(case.get("name")): case for case in root.iter("testcase")}


def test_junit_shows_a_failure_an_error_for_the_unknown_and_skips_only_accepted_risks():
    found = cases(View())
    kinds = {name.split()[0]: [child.tag for child in case] for name, case in found.items()}
    assert kinds == {
        "gate": ["failure"],
        "ENC-01": ["failure"],
        "ENC-02": ["failure"],
        "ENC-03": ["error"],
        "ENC-06": ["skipped"],
        "ENC-07": ["failure"],
    }
    assert "a disk" in "".join(found[f"ENC-01 {BUCKET}"].itertext()).lower()


def test_junit_counts_what_it_holds():
    root = ET.fromstring(junit.render(sample(), View()))
    for suite in (root, *root.findall("testsuite")):
        for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(str(suite.get(attribute))) == len(list(suite.iter(tag))), (suite.get("name"), attribute)


def test_a_reader_of_junit_counts_the_same_from_the_cases_as_the_suites_say():
    read = JUnitXml.fromstring(junit.render(sample(), View()))
    told = (read.tests, read.failures, read.errors, read.skipped)
    read.update_statistics()
    assert told == (read.tests, read.failures, read.errors, read.skipped) == (6, 4, 1, 1)
    kinds = {(case.classname, type(result)) for suite in read for case in suite for result in case.result}
    assert kinds == {
        ("tierwise", Failure),
        *((f"encryption.ENC-{number:02}", Failure) for number in (1, 2, 7)),
        ("encryption.ENC-03", Error),
        ("encryption.ENC-06", Skipped),
    }


@pytest.mark.parametrize(("gate", "inner"), [("passed", []), ("failed", ["failure"]), ("incomplete", ["error"])])
def test_junit_has_the_gate_as_a_case_even_where_nothing_was_found(gate, inner):
    empty = replace(result_of(()), gate=Gate(gate, "full", Severity.HIGH))
    root = ET.fromstring(junit.render(empty, View()))
    assert [[child.tag for child in case] for case in root.iter("testcase")] == [inner]


def test_gitlab_entries_have_what_gitlab_requires_and_fingerprints_are_unique():
    entries = json.loads(gitlab.render(sample(), View(sources=SOURCES)))
    assert {tuple(sorted(one)) for one in entries} == {("check_name", "description", "fingerprint", "location", "severity")}
    severities = {one["check_name"]: one["severity"] for one in entries}
    assert severities == {"ENC-01": "blocker", "ENC-02": "minor", "ENC-03": "info", "ENC-06": "info", "ENC-07": "critical"}
    assert len({one["fingerprint"] for one in entries}) == len(entries)
    places = {one["check_name"]: one["location"] for one in entries}
    assert places["ENC-07"] == {"path": "infra/s,t:o%re/a.tf", "lines": {"begin": 1}}
    assert not places["ENC-01"]["path"].startswith(("/", "."))
    assert "Unknown whether" in next(one["description"] for one in entries if one["check_name"] == "ENC-03")


def test_an_unknown_that_blocks_keeps_its_severity_in_gitlab():
    unknown = finding(3, Verdict.UNKNOWN, Severity.HIGH)
    entries = json.loads(gitlab.render(result_of((unknown,), blocking=(unknown.fingerprint,)), View()))
    assert entries[0]["severity"] == "critical"


def test_gitlab_without_findings_is_an_empty_array():
    assert json.loads(gitlab.render(result_of(()), View())) == []


def test_workflow_commands_are_errors_only_where_the_gate_blocks():
    lines = github.render(sample(), View(sources=SOURCES)).splitlines()
    kinds = {line.split("%3A ")[1].split(" ")[0]: line.split(" ")[0] for line in lines[1:]}
    assert kinds == {"ENC-01": "::error", "ENC-07": "::warning", "ENC-02": "::warning", "ENC-06": "::notice", "ENC-03": "::notice"}
    assert lines[0].startswith("::error title=tierwise%3A gate failed::")


def test_a_path_is_escaped_as_a_property_of_a_command():
    line = next(line for line in github.render(sample(), View(sources=SOURCES)).splitlines() if "ENC-07" in line)
    assert line.startswith("::warning file=infra/s%2Ct%3Ao%25re/a.tf,line=1,endLine=2,title=")


def test_in_observe_mode_nothing_is_an_error():
    seen = replace(sample(), gate=replace(sample().gate, result="passed", mode="observe"))
    assert "::error" not in github.render(seen, View())


def test_more_annotations_than_github_shows_are_counted():
    many = tuple(structs.replace(finding(2, Verdict.FAIL, Severity.LOW), fingerprint=f"{number:020x}") for number in range(25))
    lines = github.render(result_of(many), View()).splitlines()
    assert sum(line.startswith("::warning") for line in lines) == 10
    assert lines[-1].startswith("tierwise: 15 more warnings")


def test_without_a_source_each_finding_still_has_a_stable_path():
    entries = json.loads(gitlab.render(sample(), View()))
    places = {one["check_name"]: one["location"]["path"] for one in entries}
    assert places["ENC-01"] == f"aws/{ACCOUNT}/eu-west-2/s3.bucket/patients"
    assert places["ENC-02"] == f"aws/{ACCOUNT}/eu-west-2/rds.instance/claims"
    assert places["ENC-07"] == "plan/module.store_a_.aws_s3_bucket.records_0_"
    assert {one.resource for one in sample().findings} == {BUCKET, DATABASE, PLANNED}


def test_sarif_and_the_rest_are_the_same_on_the_same_result():
    assert sarif.render(sample(), View()) == sarif.render(sample(), View())


def attested_result():
    """Two datasets: one with a stale and an attested verdict, one with nothing attested."""
    held = [Resource(f"dataset:{name}", Kind.DATASET, "dataset", REGISTER, "", "", name) for name in ("benefits", "visas")]
    stale, missing = (
        finding(number, Verdict.FAIL, resource=one.id, attested=state)
        for number, (one, state) in enumerate(zip(held, (State.STALE, State.MISSING), strict=True), 1)
    )
    return result_of((stale, missing, finding(3, Verdict.ATTESTED, resource=held[0].id, attested=State.ATTESTED)), held=tuple(held))


def test_formats_of_pipelines_say_how_what_is_attested_stands_and_count_it_apart():
    made = attested_result()
    run = json.loads(sarif.render(made, View()))["runs"][0]
    assert [one["properties"]["attested"] for one in run["results"]] == ["stale", "missing"]
    assert run["properties"]["attested"] == {"attested": 1, "stale": 1, "missing": 1, "rejected": 0, "open": 0}
    suites = ET.fromstring(junit.render(made, View()))
    assert {one.attrib["name"]: one.attrib["value"] for one in suites.iter("property")}["attested.stale"] == "1"
    texts = [case.text or "" for case in suites.iter("failure")]
    assert [("attested: stale" in text, "attested: missing" in text) for text in texts] == [
        (True, False),
        (False, True),
    ]
    told = [one["description"] for one in json.loads(gitlab.render(made, View()))]
    assert ["Its attestation is stale." in told[0], "Its attestation is missing." in told[1]] == [True, True]


def test_datasets_that_are_not_named_stay_apart():
    rows = list(csv.DictReader(io.StringIO(csv_report.render(attested_result(), View()).decode())))
    assert [one["resource"] for one in rows] == ["dataset-1", "dataset-2", "dataset-1"]
    assert [
        one["name"] for one in csv.DictReader(io.StringIO(csv_report.render(attested_result(), View(audience="restricted")).decode()))
    ] == [
        "benefits",
        "visas",
        "benefits",
    ]
