"""The scripts of the recipes, run as their platforms run them, with a terraform that shows the sample plan and the tierwise of this environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml

from tests.recipes.runner import ROOT
from tests.reports import sarifcheck
from tierwise.demo.estate import PLAN
from tierwise.reports.hcl import blocks
from tierwise.reports.markdown import MARKER

BIN = Path(sys.executable).parent
OWNER = "health-assessments"
CONFIGURATION = 'resource "aws_s3_bucket" "assessments" {\n}\n'
TERRAFORM = """\
#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in *"show -json"*) cat "$SHOWN" ;; esac
"""
GH = """\
#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in *--paginate*) printf %s "$COMMENTS" ;; esac
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A checkout with a configuration, and a machine with stand-ins for what talks to others."""

    checkout: Path
    tools: Path

    def bash(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script as pipelines do: the first command that fails ends it."""
        return self.run("bash", "-eo", "pipefail", "-c", script, **environment)

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {
            "PATH": os.pathsep.join([str(self.tools), str(BIN), os.environ["PATH"]]),
            "HOME": str(self.tools),
            "TIERWISE_DATA": str(self.tools / "data"),
            "CALLS": str(self.tools / "calls"),
            "SHOWN": str(self.tools / "shown.json"),
        }
        return subprocess.run(
            words, cwd=self.checkout, env={**own, **environment}, capture_output=True, text=True, check=False, timeout=120
        )

    def show(self, plan: bytes) -> None:
        """Let terraform show another plan."""
        (self.tools / "shown.json").write_bytes(plan)

    def calls(self) -> list[str]:
        """What the stand-ins were asked."""
        return (self.tools / "calls").read_text("utf-8").splitlines()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job(tmp_path / "checkout", tmp_path / "tools")
    (made.checkout / "infra").mkdir(parents=True)
    (made.checkout / "infra" / "data.tf").write_text(CONFIGURATION, "utf-8")
    made.tools.mkdir()
    for name, text in (("terraform", TERRAFORM), ("gh", GH)):
        (made.tools / name).write_text(text, "utf-8")
        (made.tools / name).chmod(0o755)
    made.show(PLAN.read_bytes())
    return made


def document(*path: str) -> Any:
    return yaml.safe_load(ROOT.joinpath("examples", *path).read_text("utf-8"))


def step(name: str) -> Mapping[str, Any]:
    """A step of the GitHub workflow by its name."""
    found: list[Mapping[str, Any]] = [
        one for each in document("github", "tierwise.yml")["jobs"].values() for one in each["steps"] if one["name"] == name
    ]
    return found[0]


def in_infra(one: Mapping[str, Any]) -> str:
    assert one["working-directory"] == "infra"
    return f"cd infra\n{one['run']}"


def test_github_plans_and_shows_the_plan_outside_of_the_checkout(job: Job) -> None:
    ran = job.bash(in_infra(step("Plan")), RUNNER_TEMP=str(job.tools))
    assert ran.returncode == 0, ran.stderr
    assert (job.tools / "plan.json").read_bytes() == PLAN.read_bytes()
    assert [call.split()[0] for call in job.calls()] == ["init", "plan", "show"]


def test_github_gives_a_fork_a_configuration_that_needs_neither_state_nor_credentials(job: Job) -> None:
    ran = job.bash(in_infra(step("Make a fork's plan one of the configuration alone")))
    assert ran.returncode == 0, ran.stderr
    made = (job.checkout / "infra" / "fork_override.tf").read_text("utf-8")
    assert [(block.kind, block.labels) for block in blocks(made)] == [("terraform", ()), ("provider", ("aws",))]


@pytest.mark.parametrize(
    ("comments", "call"), [("", "--method POST repos/o/r/issues/7/comments"), ("12\n13\n", "--method PATCH repos/o/r/issues/comments/12")]
)
def test_github_writes_one_comment_and_then_writes_it_anew(job: Job, comments: str, call: str) -> None:
    for folder, name in (("reports", "tierwise.sarif"), ("reports/_temp/tierwise-x", "summary.md")):
        (job.checkout / folder).mkdir(parents=True, exist_ok=True)
        (job.checkout / folder / name).write_text(name, "utf-8")
    assert job.bash(step("Gather the files")["run"]).returncode == 0
    assert [(job.checkout / name).read_text("utf-8") for name in ("tierwise.sarif", "summary.md")] == ["tierwise.sarif", "summary.md"]
    ran = job.bash(step("Write the comment, or write it anew")["run"], GH_REPO="o/r", NUMBER="7", COMMENTS=comments)
    assert ran.returncode == 0, ran.stderr
    assert f'startswith("{MARKER}")' in job.calls()[0]
    assert [f"{call} --field body=@summary.md" in one for one in job.calls()] == [False, True]


def gitlab(job: Job, visibility: str = "private") -> subprocess.CompletedProcess[str]:
    """Both jobs of the GitLab recipe, one after the other, with tierwise where its environment would be."""
    pipeline = document("gitlab", ".gitlab-ci.yml")
    home = job.tools / "tierwise"
    (home / "bin").mkdir(parents=True, exist_ok=True)
    (home / "bin" / "tierwise").symlink_to(BIN / "tierwise")
    assert job.bash("\n".join(pipeline["plan"]["script"])).returncode == 0
    variables = {"TIERWISE_HOME": str(home), "GITLAB_CI": "true", "CI_PROJECT_VISIBILITY": visibility}
    return job.bash("\n".join(pipeline["tierwise"]["script"]), **variables)


def test_gitlab_gets_code_quality_and_tests_that_name_file_and_line(job: Job) -> None:
    ran = gitlab(job)
    assert ran.returncode == 1, ran.stderr
    reports = document("gitlab", ".gitlab-ci.yml")["tierwise"]["artifacts"]["reports"]
    entries = json.loads((job.checkout / reports["codequality"]).read_text("utf-8"))
    located = {"path": "infra/data.tf", "lines": {"begin": 1}}
    assert [one for one in entries if one["location"] == located and one["severity"] in {"blocker", "critical"}]
    read = JUnitXml.fromstring((job.checkout / reports["junit"]).read_bytes())
    assert read.failures + read.errors == len(entries) + 1
    assert (job.checkout / "tierwise.md").read_text("utf-8").startswith(MARKER)
    assert OWNER in ran.stdout


def test_gitlab_names_nobody_in_a_public_project(job: Job) -> None:
    ran = gitlab(job, "public")
    assert ran.returncode == 1
    made = [(job.checkout / name).read_text("utf-8") for name in ("gl-code-quality-report.json", "tierwise.xml", "tierwise.md")]
    assert [text for text in (ran.stdout, *made) if OWNER in text] == []


def test_gitlab_does_not_pass_a_plan_that_cannot_be_read(job: Job) -> None:
    job.show(b"{")
    assert gitlab(job).returncode == 2


def azure(job: Job) -> subprocess.CompletedProcess[str]:
    """The plan and the judgement of the Azure recipe."""
    steps = document("azure", "azure-pipelines.yml")["jobs"][0]["steps"]
    variables = {"AGENT_TEMPDIRECTORY": str(job.tools), "servicePrincipalId": "x", "idToken": "x", "tenantId": "x"}
    (plan,) = [one["inputs"]["inlineScript"] for one in steps if one.get("displayName") == "Plan"]
    (judge,) = [one["bash"] for one in steps if one.get("displayName") == "Judge the plan"]
    (job.tools / "tierwise" / "bin").mkdir(parents=True)
    (job.tools / "tierwise" / "bin" / "tierwise").symlink_to(BIN / "tierwise")
    ran = job.bash(f"cd infra\n{plan}", **variables)
    assert ran.returncode == 0, ran.stderr
    return job.bash(judge, **variables)


def test_azure_gets_tests_a_summary_and_sarif(job: Job) -> None:
    ran = azure(job)
    assert ran.returncode == 1, ran.stderr
    reports = job.tools / "reports"
    assert [line for line in ran.stdout.splitlines() if "##" in line] == [f"##vso[task.uploadsummary]{reports}/tierwise.md"]
    assert (reports / "tierwise.md").read_text("utf-8").startswith(MARKER)
    assert JUnitXml.fromstring((reports / "tierwise.xml").read_bytes()).failures > 1
    assert sarifcheck.problems((reports / "tierwise.sarif").read_bytes()) == []


def test_azure_does_not_pass_a_plan_that_cannot_be_read_and_shows_no_summary(job: Job) -> None:
    job.show(b"")
    ran = azure(job)
    assert ran.returncode == 2
    assert "##vso" not in ran.stdout


def pre_commit(job: Job, hooks: list[dict[str, Any]], *words: str) -> subprocess.CompletedProcess[str]:
    """Hooks in a repository that holds the checkout; each as if its language were the machine's, since only pre-commit's own code makes environments."""
    local = [{**hook, "language": "system"} for hook in hooks]
    (job.checkout / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": local}]}), "utf-8")
    assert job.bash("git init -q . && git add -A").returncode == 0
    return job.run("pre-commit", "run", "--all-files", *words)


def test_the_hook_for_plans_judges_those_that_are_committed_and_nothing_else(job: Job, quiet_plan: bytes) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (job.checkout / "package.json").write_text("{}", "utf-8")
    assert "no files to check" in pre_commit(job, hooks, "tierwise-plan").stdout
    (job.checkout / "good.tfplan.json").write_bytes(quiet_plan)
    assert pre_commit(job, hooks, "tierwise-plan").returncode == 0
    (job.checkout / "bad.tfplan.json").write_bytes(PLAN.read_bytes())
    ran = pre_commit(job, hooks, "tierwise-plan")
    assert ran.returncode == 1
    assert "Gate failed" in ran.stdout


def test_the_hook_for_controls_checks_ones_own(job: Job) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    configured = document("pre-commit", ".pre-commit-config.yaml")["repos"][0]["hooks"]
    given = {hook["id"]: hook.get("args", []) for hook in configured}
    hooks = [{**hook, "args": given[hook["id"]]} for hook in hooks]
    controls = job.checkout / "controls" / "encryption"
    controls.mkdir(parents=True)
    (controls / "ENC-99.yaml").write_text("id: ENC-99\n", "utf-8")
    ran = pre_commit(job, hooks, "tierwise-controls")
    assert ran.returncode == 1
    assert "ENC-99.yaml" in ran.stdout


@pytest.mark.parametrize(("quiet", "code"), [(False, 1), (True, 0)])
def test_the_hook_before_a_push_plans_and_judges(job: Job, quiet_plan: bytes, quiet: bool, code: int) -> None:
    (job.checkout / "infra" / ".terraform").mkdir()
    if quiet:
        job.show(quiet_plan)
    hooks = document("pre-commit", ".pre-commit-config.yaml")["repos"][1]["hooks"]
    ran = pre_commit(job, hooks, "--hook-stage", "pre-push")
    assert ran.returncode == code, ran.stdout
    assert [call.split()[1] for call in job.calls()] == ["plan", "show"]


@pytest.fixture
def quiet_plan() -> bytes:
    """A plan that holds nothing to judge."""
    return json.dumps(
        {"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": {}}, "resource_changes": []}
    ).encode()
