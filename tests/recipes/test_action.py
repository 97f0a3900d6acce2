"""The GitHub action in a simulation of its steps, from a fresh environment: exit code, outputs, summary, annotations and SARIF."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.recipes.runner import ACTION, ROOT, Runner
from tests.reports import sarifcheck
from tierwise.demo.estate import PLAN
from tierwise.reports.markdown import MARKER

OWNER = "health-assessments"
CONFIGURATION = '\nresource "aws_s3_bucket" "assessments" {\n}\n'
PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")
TAKEN = "taken-from-the-working-directory"


@pytest.fixture(scope="session")
def temp(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of temporary files of a job in which the first step ran, once for all workers, beside files that it must not take."""
    top = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    job = top / "job"
    with FileLock(top / "job.lock"):
        if not (job / "done").exists():
            workspace = job / "workspace"
            workspace.mkdir(parents=True)
            for module in ("pip", "venv", "json", "click", "tierwise", "sitecustomize"):
                (workspace / f"{module}.py").write_text(f"open({str(job / TAKEN)!r}, 'w').close()\n", "utf-8")
            ran = Runner(workspace, job, job / "no-event").step(0, {"python": PYTHON})
            assert ran.code == 0, ran.log
            (job / "done").touch()
    return job


@pytest.fixture
def runner(temp: Path, tmp_path: Path) -> Runner:
    """A job of a private repository whose working directory has a configuration, and modules that nothing may take."""
    workspace = tmp_path / "workspace"
    (workspace / "infra").mkdir(parents=True)
    (workspace / "infra" / "data.tf").write_text(CONFIGURATION, "utf-8")
    (workspace / "plan.json").write_bytes(PLAN.read_bytes())
    for module in ("json", "click", "tierwise", "msgspec"):
        (workspace / f"{module}.py").write_text(f"open({str(tmp_path / TAKEN)!r}, 'w').close()\n", "utf-8")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"private": True}}), "utf-8")
    return Runner(workspace, temp, event)


@pytest.fixture(autouse=True)
def _nothing_is_taken_from_the_working_directory(temp: Path, tmp_path: Path) -> Iterator[None]:
    yield
    assert not (temp / TAKEN).exists()
    assert not (tmp_path / TAKEN).exists()


def annotated(log: str) -> dict[str, int]:
    kinds = re.findall(r"^::(\w+)", log, flags=re.MULTILINE)
    return {kind: kinds.count(kind) for kind in set(kinds)}


def test_a_plan_that_fails_ends_the_step_with_1_and_tells_why_everywhere(runner: Runner) -> None:
    ran = runner.scan(plan="plan.json", source_dir="infra")
    assert ran.code == 1, ran.log
    told = {name: ran.outputs[name] for name in ("result", "exit-code", "sarif")}
    assert told == {"result": "failed", "exit-code": "1", "sarif": "tierwise.sarif"}
    raw = (runner.workspace / "tierwise.sarif").read_bytes()
    assert sarifcheck.problems(raw) == []
    results = json.loads(raw)["runs"][0]["results"]
    assert [sum(one["kind"] == kind for one in results) for kind in ("fail", "open")] == [
        int(ran.outputs["failed"]),
        int(ran.outputs["unknown"]),
    ]
    blocking = [one for one in results if one["properties"]["blocking"]]
    assert len(blocking) == int(ran.outputs["blocking"]) > 0
    places = {one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]: one["locations"][0]["physicalLocation"] for one in results}
    assert places["aws_s3_bucket.assessments"]["artifactLocation"]["uri"] == "infra/data.tf"
    assert places["aws_s3_bucket.assessments"]["region"]["startLine"] == 2
    assert ran.summary.startswith(f"{MARKER}\n## tierwise: gate failed\n")
    assert ran.summary == Path(ran.outputs["summary"]).read_text("utf-8")
    # One error for each blocking finding and one for the gate.
    assert annotated(ran.log)["error"] == len(blocking) + 1
    assert "::error file=infra/data.tf,line=2," in ran.log
    assert "Gate failed" in ran.log
    assert OWNER in ran.summary


def test_a_plan_that_passes_ends_the_step_with_0_and_still_says_what_it_saw(runner: Runner) -> None:
    ran = runner.scan(plan="plan.json", mode="observe", sarif="out/own.sarif")
    assert ran.code == 0, ran.log
    told = {name: ran.outputs[name] for name in ("result", "exit-code", "blocking", "sarif")}
    assert told == {"result": "passed", "exit-code": "0", "blocking": "0", "sarif": "out/own.sarif"}
    raw = (runner.workspace / "out" / "own.sarif").read_bytes()
    assert sarifcheck.problems(raw) == []
    run = json.loads(raw)["runs"][0]
    assert run["properties"]["gate"] == "passed"
    assert len(run["results"]) == int(ran.outputs["failed"]) + int(ran.outputs["unknown"]) > 0
    assert ran.summary.startswith(f"{MARKER}\n## tierwise: gate passed\n")
    assert "error" not in annotated(ran.log)
    assert int(ran.outputs["passed"]) > 0


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("cut.json", PLAN.read_bytes()[:5000], "terraform show -json"),
        ("empty.json", b"", "terraform show -json"),
        ("absent.json", None, "absent.json"),
    ],
)
def test_a_plan_that_cannot_be_read_ends_the_step_with_2_and_leaves_no_sarif_that_would_close_alerts(
    runner: Runner, name: str, text: bytes | None, hint: str
) -> None:
    if text is not None:
        (runner.workspace / name).write_bytes(text)
    ran = runner.scan(plan=name)
    assert ran.code == 2, ran.log
    empty = dict.fromkeys(("blocking", "failed", "unknown", "passed", "sarif", "summary", "report"), "")
    assert ran.outputs == {"result": "error", "exit-code": "2", **empty}
    assert not (runner.workspace / "tierwise.sarif").exists()
    assert ran.summary.startswith("## tierwise: nothing was judged\n")
    assert hint in ran.summary
    assert annotated(ran.log) == {"error": 1}
    assert "Traceback" not in ran.log


def test_what_the_inputs_hold_is_never_part_of_a_script(runner: Runner) -> None:
    ran = runner.scan(plan="$(touch ran) `touch ran`\"; touch ran; '\n--audience=team", profile="$(touch ran)", baseline="-x; touch ran")
    assert ran.code == 2
    assert not (runner.workspace / "ran").exists()
    assert not [step for step in ACTION["runs"]["steps"] if "${{" in step["run"]]


def test_no_input_forges_an_output(runner: Runner) -> None:
    name = "own.sarif\nresult<<END\nforged\nEND"
    ran = runner.scan(plan="plan.json", mode="observe", sarif=name)
    assert (ran.code, ran.outputs["result"], ran.outputs["sarif"]) == (0, "passed", name)


def test_several_plans_are_one_change_and_files_that_nobody_wants_are_not_made(runner: Runner) -> None:
    (runner.workspace / "second plan.json").write_bytes(PLAN.read_bytes())
    one = runner.scan(plan="plan.json", fail_on="none")
    two = runner.scan(plan="plan.json\nsecond plan.json\n", fail_on="none", sarif="", summary="false", annotations="false")
    assert (one.code, two.code) == (0, 0)
    assert int(two.outputs["failed"]) == 2 * int(one.outputs["failed"])
    assert (two.outputs["sarif"], two.summary, annotated(two.log)) == ("", "", {})


def test_in_a_public_repository_nobody_is_named(runner: Runner) -> None:
    runner.event.write_text(json.dumps({"repository": {"private": False}}), "utf-8")
    ran = runner.scan(plan="plan.json")
    assert ran.code == 1
    assert OWNER not in ran.summary + ran.log + (runner.workspace / "tierwise.sarif").read_text("utf-8")
    assert OWNER in runner.scan(plan="plan.json", audience="team").summary


def test_an_interpreter_that_is_too_old_is_refused_with_a_hint(runner: Runner, tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    old.chmod(0o755)
    ran = runner.step(0, {"python": str(old)})
    assert ran.code == 2
    assert "actions/setup-python" in ran.log


def test_every_input_and_output_says_what_it_is() -> None:
    assert all(one["description"].strip() for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text("utf-8")))
    assert used == set(ACTION["inputs"])
