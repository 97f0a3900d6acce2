"""GitHub's runner, as far as a composite action of scripts needs it: expressions in mappings, bash, and the files that it reads after a step."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_OWN = ("AWS_", "GITHUB_", "GITLAB_", "INPUT_", "PYTHON", "RUNNER_", "TIERWISE_", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the action's steps left behind."""

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str


@dataclass(frozen=True, slots=True)
class Runner:
    """A job on a machine: its working directory, its folder for temporary files and its event."""

    workspace: Path
    temp: Path
    event: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def step(self, number: int, given: Mapping[str, str], steps: Mapping[str, Mapping[str, str]] | None = None) -> Ran:
        """One step of the action, with the inputs that its user gives."""
        step = ACTION["runs"]["steps"][number]
        assert set(step) == {"name", "shell", "env", "run"} | ({"id"} & set(step))
        assert step["shell"] == "bash"
        inputs = {name: str(given.get(name, one.get("default", ""))) for name, one in ACTION["inputs"].items()}
        assert set(given) <= set(inputs)
        files = {name: self.temp / f"{name}-{uuid.uuid4().hex}" for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "script")}
        for path in files.values():
            path.touch()
        files["script"].write_text(step["run"], "utf-8")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_OWN)},
            "HOME": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_PATH": str(self.event),
            "GITHUB_OUTPUT": str(files["GITHUB_OUTPUT"]),
            "GITHUB_STEP_SUMMARY": str(files["GITHUB_STEP_SUMMARY"]),
            "RUNNER_TEMP": str(self.temp),
            **self.environment,
            **{name: evaluated(str(value), inputs, steps or {}) for name, value in step["env"].items()},
        }
        # docs.github.com, "Workflow syntax": what 'shell: bash' runs.
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(files["script"])]
        ran = subprocess.run(
            words,
            cwd=self.workspace,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        summary = files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        return Ran(ran.returncode, ran.stdout, _read(files["GITHUB_OUTPUT"].read_text("utf-8")), summary)

    def scan(self, **given: str) -> Ran:
        """The step that judges, and what the action then gives to the job."""
        inputs = {name.replace("_", "-"): value for name, value in given.items()}
        ran = self.step(1, inputs)
        outputs = {name: evaluated(str(one["value"]), {}, {"scan": ran.outputs}) for name, one in ACTION["outputs"].items()}
        return Ran(ran.code, ran.log, outputs, ran.summary)


def evaluated(text: str, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]]) -> str:
    """A value with its expressions replaced; an output that a step did not set is empty, as on GitHub."""

    def one(match: re.Match[str]) -> str:
        match match[1].split("."):
            case ["inputs", name]:
                return inputs[name]
            case ["steps", step, "outputs", name]:
                return steps[step].get(name, "")
            case _:
                raise AssertionError(f"no such expression here: {match[0]}")

    return _EXPRESSION.sub(one, text)


def _read(text: str) -> dict[str, str]:
    """`GITHUB_OUTPUT` as the runner reads it: `name<<END`, lines, `END`."""
    return {name: value for name, _end, value in re.findall(r"^([\w-]+)<<(\w+)\n(.*?)\n\2$", text, flags=re.MULTILINE | re.DOTALL)}
