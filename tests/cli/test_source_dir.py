import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tierwise.cli import sources
from tierwise.cli.sources import read_sources
from tierwise.errors import UsageError
from tierwise.reports.locate import Spot, locate

BLOCK = 'resource "aws_s3_bucket" "assessments" {\n}\n'


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_reports_of_a_plan_name_file_and_line_from_where_the_command_ran(tierwise: Run, home: Path, plan: Path) -> None:
    write(home / "infra/data.tf", f"\n{BLOCK}")
    ran = tierwise("scan", "plan", plan, "--source-dir", "infra", "--format", "sarif")
    results = json.loads(ran.out)["runs"][0]["results"]
    places = {
        result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]: result["locations"][0]["physicalLocation"]
        for result in results
    }
    assert places["aws_s3_bucket.assessments"]["artifactLocation"]["uri"] == "infra/data.tf"
    assert places["aws_s3_bucket.assessments"]["region"]["startLine"] == 2
    assert places["aws_s3_bucket.evidence"]["artifactLocation"]["uri"] == "plan/aws_s3_bucket.evidence"


def test_help_of_a_sarif_rule_comes_from_the_control_that_judged(tierwise: Run, plan: Path) -> None:
    rules = json.loads(tierwise("scan", "plan", plan, "--format", "sarif").out)["runs"][0]["tool"]["driver"]["rules"]
    assert all("What each tier asks" in rule["help"]["markdown"] for rule in rules)


def test_every_format_is_written_to_its_file(tierwise: Run, home: Path, plan: Path) -> None:
    names = ("json", "jsonl", "markdown", "sarif", "junit", "gitlab", "github", "csv")
    tierwise("scan", "plan", plan, "--quiet", *(part for name in names for part in ("--format", f"{name}=out.{name}")))
    assert all((home / f"out.{name}").stat().st_size for name in names)
    rows = list(csv.reader(io.StringIO((home / "out.csv").read_text("utf-8"), newline="")))
    lines = (home / "out.jsonl").read_text("utf-8").splitlines()
    assert len(rows) - 1 == sum(line.startswith('{"finding"') for line in lines) > 10


def test_a_public_console_shows_no_owner_either(tierwise: Run, plan: Path) -> None:
    assert "health-assessments" in tierwise("scan", "plan", plan).out
    assert "health-assessments" not in tierwise("scan", "plan", plan, "--audience", "public").out


@pytest.mark.parametrize("name", ["absent", "plan.json", "empty"])
def test_a_source_directory_that_cannot_serve_is_an_error_that_says_how_to_mend_it(
    tierwise: Run, home: Path, plan: Path, name: str
) -> None:
    (home / "empty").mkdir()
    tierwise("scan", "plan", plan, "--source-dir", name).complains(2, "--source-dir", name, "name the")
    # Before anything is read: the plan is not there.
    tierwise("scan", "plan", "gone.json", "--source-dir", name).complains(2, "--source-dir", name, "name the")


@pytest.mark.parametrize("asked", [("--format", "sarff"), ("--findings", "failed"), ("--format", "json", "--format", "csv")])
def test_a_report_that_cannot_be_made_as_asked_is_told_before_anything_is_read(tierwise: Run, asked: tuple[str, ...]) -> None:
    tierwise("scan", "plan", "gone.json", *asked).complains(2, asked[0])


def test_hidden_directories_links_and_large_files_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "infra/ok.tofu", BLOCK)
    write(tmp_path / "infra/ok.tofu.json", '{"resource": {"aws_s3_bucket": {"json": {}}}}')
    write(tmp_path / "infra/.terraform/modules/m/main.tf", BLOCK.replace("assessments", "hidden"))
    write(tmp_path / "outside.tf", BLOCK.replace("assessments", "outside"))
    write(tmp_path / "infra/large.tf", BLOCK.replace("assessments", "large") + "#" * 200)
    (tmp_path / "infra/link.tf").symlink_to(tmp_path / "outside.tf")
    monkeypatch.setattr(sources, "MOST_BYTES", 100)
    index = read_sources(tmp_path / "infra", tmp_path)
    assert locate(index, "aws_s3_bucket.assessments") == Spot("infra/ok.tofu", 1, 2)
    assert locate(index, "aws_s3_bucket.json") == Spot("infra/ok.tofu.json", 1, 1)
    assert [locate(index, f"aws_s3_bucket.{name}") for name in ("hidden", "outside", "large")] == [None, None, None]


def test_a_directory_elsewhere_shows_paths_from_itself(tmp_path: Path) -> None:
    write(tmp_path / "a/infra/sub/main.tf", BLOCK)
    index = read_sources(tmp_path / "a/infra", tmp_path / "b")
    assert locate(index, "aws_s3_bucket.assessments") == Spot("sub/main.tf", 1, 2)


def test_more_files_than_any_configuration_has_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_FILES", 1)
    write(tmp_path / "a.tf", BLOCK)
    write(tmp_path / "b.tf", BLOCK)
    with pytest.raises(UsageError, match="more than 1"):
        read_sources(tmp_path, tmp_path)


def calling(source: str) -> str:
    return f'module "m" {{\n  source = "{source}"\n}}\n'


def test_modules_beside_the_root_module_are_read_as_far_as_the_working_directory_holds_them(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    write(repository / "live/prod/main.tf", calling("../../modules/a"))
    write(repository / "modules/a/main.tf", calling("./inner") + BLOCK)
    write(repository / "modules/a/inner/main.tf.json", '{"resource": {"aws_s3_bucket": {"json": {}}}}')
    write(repository / "modules/a/unused/main.tf", BLOCK.replace("assessments", "unused"))
    index = read_sources(repository / "live/prod", repository)
    assert locate(index, 'module.m["k"].aws_s3_bucket.assessments') == Spot("modules/a/main.tf", 4, 5)
    assert locate(index, 'module.m["k"].module.m.aws_s3_bucket.json') == Spot("modules/a/inner/main.tf.json", 1, 1)
    assert "modules/a/unused" not in index.folders
    call = Spot("main.tf", 1, 3)
    assert locate(read_sources(repository / "live/prod", tmp_path / "elsewhere"), "module.m.aws_s3_bucket.assessments") == call


@pytest.mark.parametrize("source", ["../../outside", "../.hidden", "../linked", "../gone"])
def test_a_module_outside_the_working_directory_hidden_or_behind_a_link_is_shown_at_its_call(tmp_path: Path, source: str) -> None:
    write(tmp_path / "repository/root/main.tf", calling(source))
    for place in ("outside", "repository/.hidden"):
        write(tmp_path / place / "main.tf", BLOCK)
    (tmp_path / "repository/linked").symlink_to(tmp_path / "outside")
    index = read_sources(tmp_path / "repository/root", tmp_path / "repository")
    assert locate(index, "module.m.aws_s3_bucket.assessments") == Spot("root/main.tf", 1, 3)


def test_modules_beside_it_of_more_files_than_any_configuration_has_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_FILES", 1)
    write(tmp_path / "root/main.tf", calling("../m"))
    write(tmp_path / "m/main.tf", calling("../n"))
    write(tmp_path / "n/main.tf", BLOCK)
    with pytest.raises(UsageError, match="more than 1"):
        read_sources(tmp_path / "root", tmp_path)
