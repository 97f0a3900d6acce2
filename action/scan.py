"""The second step of the GitHub action: runs tierwise on the plans and tells the job what came of it.

Runs in the environment that the first step made. The inputs of the action come as `INPUT_*` variables, never as text of a script.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tierwise.reports.escape import command_data
from tierwise.reports.text import safe_text

RESULTS: Final = {0: "passed", 1: "failed", 3: "incomplete"}
OPTIONS: Final = {
    "INPUT_SOURCE_DIR": "--source-dir",
    "INPUT_MODE": "--gate",
    "INPUT_FAIL_ON": "--fail-on",
    "INPUT_PROFILE": "--profile",
    "INPUT_REGISTER": "--register",
    "INPUT_CORRECTIONS": "--corrections",
    "INPUT_ACCEPTANCES": "--acceptances",
    "INPUT_OVERRIDE": "--override",
    "INPUT_BASELINE": "--baseline",
    "INPUT_AUDIENCE": "--audience",
    "INPUT_CONFIG": "--config",
}


@dataclass(frozen=True, slots=True)
class Files:
    """What a run writes."""

    report: Path
    summary: Path
    annotations: Path
    sarif: str
    """As the input names it; empty for none."""

    def formats(self) -> Sequence[str]:
        """The files as values of `--format`."""
        found = [f"jsonl={self.report}", f"markdown={self.summary}", f"github={self.annotations}"]
        return [*found, f"sarif={self.sarif}"] if self.sarif else found


def main() -> int:
    """Run, report, and end as tierwise ended."""
    folder = Path(tempfile.mkdtemp(prefix="tierwise-", dir=os.environ["RUNNER_TEMP"]))
    files = Files(folder / "report.jsonl", folder / "summary.md", folder / "annotations.txt", os.environ["INPUT_SARIF"])
    # What a scan keeps for 'tierwise explain' stays in the job's own folder: runners may be shared.
    environment = {**os.environ, "TIERWISE_DATA": str(folder / "data")}
    ran = subprocess.run(  # noqa: S603 - words, of which no shell makes anything
        command(os.environ, files), env=environment, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False
    )
    sys.stderr.write(ran.stderr)
    sys.stderr.flush()
    result = RESULTS.get(ran.returncode)
    if result is None:
        told: Mapping[str, object] = {"result": "error", "exit-code": ran.returncode}
        page, annotations = no_verdict(ran.stderr), f"::error title=tierwise%3A nothing was judged::{command_data(ran.stderr.strip())}\n"
    else:
        told = {"result": result, "exit-code": ran.returncode, **counts(files.report)}
        told |= {"sarif": files.sarif, "summary": files.summary, "report": files.report}
        page, annotations = files.summary.read_text("utf-8"), files.annotations.read_text("utf-8")
    append("GITHUB_OUTPUT", "".join(output(name, str(value)) for name, value in told.items()))
    if wanted("INPUT_SUMMARY"):
        append("GITHUB_STEP_SUMMARY", page)
    if wanted("INPUT_ANNOTATIONS"):
        sys.stdout.write(annotations)
    return ran.returncode


def command(inputs: Mapping[str, str], files: Files) -> list[str]:
    """The command line of the scan."""
    tierwise = str(Path(sys.executable).with_name("tierwise"))
    words = [tierwise, "scan", "plan", "--findings", "fail,unknown", "--no-color"]
    for made in files.formats():
        words += ["--format", made]
    for name, option in OPTIONS.items():
        if inputs[name]:
            words += [option, inputs[name]]
    return [*words, "--", *(line.strip() for line in inputs["INPUT_PLAN"].splitlines() if line.strip())]


def wanted(name: str) -> bool:
    """A yes or no among the inputs."""
    return os.environ[name].strip().lower() not in {"false", "no", "0", ""}


def counts(report: Path) -> dict[str, int]:
    """What the first line of the report counts."""
    with report.open(encoding="utf-8") as lines:
        head: dict[str, Any] = json.loads(next(lines))
    verdicts = head["summary"]["verdicts"]
    return {
        "blocking": len(head["gate"]["blocking"]) if head["gate"]["result"] == "failed" else 0,
        "failed": verdicts["fail"],
        "unknown": verdicts["unknown"],
        "passed": verdicts["pass"],
    }


def no_verdict(errors: str) -> str:
    """The summary where nothing was judged: what tierwise said, as code of which nothing is live."""
    lines = "\n".join(f"    {safe_text(line)}" for line in errors.splitlines())
    return f"## tierwise: nothing was judged\n\n{lines}\n"


def output(name: str, value: str) -> str:
    """An entry of `GITHUB_OUTPUT`, whose end no value can forge."""
    end = uuid.uuid4().hex
    return f"{name}<<{end}\n{value}\n{end}\n"


def append(variable: str, text: str) -> None:
    """Append to one of the files that the runner reads after the step."""
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
