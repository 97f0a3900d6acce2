"""The recipes for scans that run by themselves: filled in, under the linters of their platforms, and their commands run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from tests.recipes.runner import ROOT
from tests.recipes.test_lint import run, zizmor
from tests.reports.sample import sample
from tests.scan.estate import STARTED
from tests.scan.recording import Stand
from tests.scan.worlds import recorded, source
from tierwise.cli.main import cli
from tierwise.cli.schedule import FOLDER, PLACES, RECIPES, filled, read
from tierwise.reports.metrics import metrics

DIGEST = "a" * 64
VALUES = {
    "COMMIT": "7616d80a15cfe6b3a2f2a0e3c4b5d6978695a4b3",
    "EXTERNAL_ID": "tierwise-7f3a",
    "IMAGE": f"registry.example/tierwise@sha256:{DIGEST}",
    "ORG": "example",
    "PYTHON_DIGEST": DIGEST,
    "ROLE_ARN": "arn:aws:iam::111111111111:role/tierwise",
}
FAKE = """\
#!{python}
import json, os, signal, sys, time
with open(os.environ["CALLS"], "a") as calls:
    print(json.dumps([sys.argv[1:], os.getcwd()]), file=calls)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
time.sleep(float(os.environ["TAKES"]))
sys.exit(int(os.environ["CODE"]))
"""


def made(name: str) -> dict[str, str]:
    return {file: filled(text, VALUES) for file, text in read(name).items()}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes a recipe's files, some of their text changed, and gives the folder."""

    def write(name: str, *changes: tuple[str, str]) -> Path:
        for file, text in made(name).items():
            for good, bad in changes:
                assert any(good in one for one in made(name).values())
                text = text.replace(good, bad)
            place = tmp_path / name / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
        return tmp_path / name

    return write


def test_every_file_is_in_a_recipe_and_every_placeholder_has_its_meaning() -> None:
    shipped = {path.relative_to(ROOT / FOLDER).as_posix() for path in (ROOT / FOLDER).rglob("*") if path.is_file()}
    assert shipped == {source for one in RECIPES.values() for source in one.files.values()}
    assert set(PLACES) == set(VALUES)
    assert [text for name in RECIPES for text in made(name).values() if "__" in text.replace("__init__", "")] == []


def test_the_command_writes_what_is_shipped_filled_in_and_says_what_is_left(tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli, ["schedule", "kubernetes", "--set", f"image={VALUES['IMAGE']}", "--output", str(tmp_path)])
    assert ran.exit_code == 0
    text = (tmp_path / "cronjob.yaml").read_text("utf-8")
    assert f"image: {VALUES['IMAGE']}\n" in text
    assert re.findall(r"^fill in (__\w+__): .+ \(--set .+=\.\.\.\)$", ran.stderr, re.MULTILINE) == ["__EXTERNAL_ID__", "__ROLE_ARN__"]
    shown = CliRunner().invoke(cli, ["schedule", "systemd", "--set", "external-id=x"])
    units = made("systemd")
    assert shown.stdout == "".join(f"# {file}\n{text.replace(VALUES['EXTERNAL_ID'], 'x')}" for file, text in units.items())
    assert shown.stderr == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cron"], "there is no recipe 'cron'; there are container, ecs"),
        ([], "which recipe? there are container, ecs"),
        (["kubernetes", "--set", "imagee=x"], "has only external-id, image, role-arn to fill in"),
        (["ecs", "--set", "image=x"], "has nothing to fill in"),
        (["kubernetes", "--set", "image=x\n  privileged: true"], "write letters, digits and"),
        (["kubernetes", "--set", "image"], "at least one"),
        (["kubernetes", "--output", "{taken}"], "there already"),
    ],
)
def test_what_cannot_be_written_is_refused(words: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "cronjob.yaml").write_text("mine")
    ran = CliRunner().invoke(cli, ["schedule", *(word.replace("{taken}", str(tmp_path)) for word in words)])
    assert ran.exit_code != 0
    assert said in str(ran.exception)
    assert (tmp_path / "cronjob.yaml").read_text() == "mine"


def test_templates_are_sound_to_cloudformations_linter_which_would_see_a_memory_that_there_is_not(written: Callable[..., Path]) -> None:
    """In one run, since the linter takes seconds to begin."""
    names = ("ecs", "lambda")
    good = [str(written(name) / "template.yaml") for name in names]
    wrong = Path(good[0]).with_name("wrong.yaml")
    wrong.write_text(made("ecs")["template.yaml"].replace('Memory: "1024"', 'Memory: "1000"'))
    ran = run("cfn-lint", "--format", "parseable", *good, str(wrong), cwd=wrong.parent)
    assert {line.rpartition(".yaml:")[0] for line in ran.stdout.splitlines() if line} == {str(wrong.with_suffix(""))}, ran.stdout


def test_the_cron_job_is_sound_to_the_schemas_of_kubernetes(written: Callable[..., Path]) -> None:
    ran = run("kubernetes-validate", "--strict", "cronjob.yaml", cwd=written("kubernetes"))
    assert ran.returncode == 0, ran.stderr
    wrong = written("kubernetes", ("concurrencyPolicy: Forbid", "concurrency: Forbid"))
    assert run("kubernetes-validate", "--strict", "cronjob.yaml", cwd=wrong).returncode != 0


@pytest.mark.parametrize("name", ["container", "lambda"])
def test_images_are_sound_to_their_linter_and_end_as_somebody_else_than_root(name: str, written: Callable[..., Path]) -> None:
    ran = run("hadolint", "Containerfile", cwd=written(name))
    assert (ran.returncode, ran.stdout) == (0, "")
    users = re.findall(r"^USER (\S+)$", made(name)["Containerfile"], re.MULTILINE)
    assert users[-1] == "65532:65532"


def test_the_images_tool_is_installed_from_files_that_are_there() -> None:
    copied = re.findall(r"^COPY (\S+) ", made("container")["Containerfile"], re.MULTILINE)
    assert [source for source in copied if not source.startswith("--") and not (ROOT / source).exists()] == []


def test_the_units_are_sound_to_systemd_and_confined(written: Callable[..., Path]) -> None:
    if shutil.which("systemd-analyze") is None:
        assert not os.environ.get("TIERWISE_REQUIRE_SYSTEMD"), "systemd-analyze is not installed; apt-get install systemd"
        pytest.skip("systemd-analyze is not installed")
    folder = written("systemd", ("/opt/tierwise/bin/tierwise", str(Path(sys.executable).parent / "tierwise")))
    units = ["tierwise.service", "tierwise.timer"]
    ran = subprocess.run(["systemd-analyze", "verify", *units], cwd=folder, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=20", units[0]]
    assert subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode == 0


def test_the_workflow_passes_the_strictest_audit_and_its_schema(written: Callable[..., Path]) -> None:
    folder = written("github")
    ran = zizmor(folder)
    assert ran.returncode == 0, ran.stdout
    (file,) = RECIPES["github"].files
    checked = run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", file, cwd=folder)
    assert checked.returncode == 0, checked.stdout


def _lists(node: Any) -> Iterator[list[Any]]:
    """Every list in a document."""
    if isinstance(node, list):
        yield node
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _lists(one)


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms: what they stand for is a value that a test fills in."""


_Template.add_multi_constructor("!", lambda _loader, _suffix, node: f"ref-{node.value}" if isinstance(node.value, str) else "ref")


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each scan that a recipe starts, by the recipe: the words after `tierwise`."""
    (document,) = [one for one in yaml.safe_load_all(made("kubernetes")["cronjob.yaml"]) if one["kind"] == "CronJob"]
    yield from (("kubernetes", one) for one in _lists(document) if one[:1] == ["scan"])
    template = yaml.load(made("ecs")["template.yaml"], _Template)
    yield from (("ecs", one) for one in _lists(template) if one[:1] == ["scan"])
    variables = yaml.load(made("lambda")["template.yaml"], _Template)["Resources"]["Function"]["Properties"]["Environment"]
    words = shlex.split(re.sub(r"\$\{\w+\}", "ref", variables["Variables"]["TIERWISE_SCAN"].removeprefix("ref-")))
    yield "lambda", ["scan", *words, "--resume", "auto"]
    line = re.search(r"^ExecStart=\S+ (.+)$", made("systemd")["tierwise.service"], re.MULTILINE)
    assert line
    yield "systemd", shlex.split(line[1])
    (workflow,) = made("github").values()
    (script,) = [step["run"] for step in yaml.safe_load(workflow)["jobs"]["scan"]["steps"] if "scan aws" in step.get("run", "")]
    words = shlex.split(script.partition("||")[0].replace("\\\n", " ").replace("$RUNNER_TEMP", "/data"))
    yield "github", words[1:]


COMMANDS = dict(commands())


def test_each_recipe_that_scans_has_one_command() -> None:
    assert set(COMMANDS) == set(RECIPES) - {"container"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_command_of_a_recipe_scans_keeps_and_reports(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def opened(config: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
        asked.append(config)
        return (source(Stand(recorded())),)

    monkeypatch.setattr("tierwise.connectors.aws.connect.open_accounts", opened)
    monkeypatch.setattr("tierwise.cli.scan.utc_now", lambda: STARTED)
    monkeypatch.setenv("TIERWISE_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    words = [word.replace("/data", str(tmp_path)) for word in COMMANDS[name]]
    ran = CliRunner().invoke(cli, words)
    # The recorded account has a place that may not be listed: 0 or 3, and never a failing gate.
    assert ran.exit_code in (0, 3), ran.output
    since = words.index("--since")
    assert words[since : since + 4] == ["--since", "last", "--full-every", "7"]
    (config,) = asked
    assert config.organization
    assert config.external_id
    assert (tmp_path / "store.db").exists()
    # One JSON document has at most a hundred thousand findings, which some eighty accounts have; lines have no end.
    assert not any(word.startswith("json=") for word in words)
    for path in (Path(word.partition("=")[2]) for word in words if word.startswith("jsonl=")):
        assert any("finding" in json.loads(line) for line in (tmp_path / path).read_text("utf-8").splitlines())
    for at, word in enumerate(words):
        if word == "--metrics":
            assert "tierwise_run_finished_timestamp_seconds" in (tmp_path / words[at + 1]).read_text("utf-8")


@pytest.mark.parametrize(
    ("takes", "code", "left", "told"),
    [
        (0, 0, 900, {"ended": True, "code": 0}),
        (0, 3, 900, {"ended": True, "code": 3}),
        (60, 0, 46, {"ended": False, "code": None}),
        (0, 2, 900, None),
        (0, 4, 900, None),
    ],
)
def test_the_function_scans_until_its_time_is_nearly_up(
    takes: float, code: int, left: float, told: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "tierwise"
    script.write_text(FAKE.format(python=sys.executable))
    script.chmod(0o755)
    for name, value in {"TAKES": takes, "CODE": code, "CALLS": tmp_path / "calls", "TIERWISE_SCAN": "aws --role 'a b'"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PATH", str(tmp_path))
    names: dict[str, Any] = {}
    exec(compile(made("lambda")["handler.py"], "handler.py", "exec"), names)

    class Context:
        def get_remaining_time_in_millis(self) -> float:
            return left * 1000

    if told is None:
        with pytest.raises(RuntimeError, match=f"ended with {code}"):
            names["handler"]({}, Context())
    else:
        assert names["handler"]({}, Context()) == told
    assert json.loads((tmp_path / "calls").read_text()) == [["scan", "aws", "--role", "a b", "--resume", "auto"], "/tmp"]


def test_the_page_names_every_recipe_and_every_figure() -> None:
    page = (ROOT / "docs/scheduled.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)
    assert set(RECIPES) == {row.strip("`") for row in rows if row.strip("`") in RECIPES}
    told = {name for row in rows for name in re.findall(r"`(tierwise_\w+)`", row)}
    assert told == {family.name for family in text_string_to_metric_families(metrics(sample(), "1").decode())}
