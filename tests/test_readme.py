"""The README's commands run, in order, as a newcomer would type them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tierwise.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_every_command_of_the_readme_works_in_an_empty_directory(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TIERWISE_DATA": str(tmp_path / "data")}
    ran = []
    for command in commands():
        # `make demo` makes the environment, which these tests already run in, and then calls this.
        line = "tierwise demo --history demo-report" if command == "make demo" else command.replace(".venv/bin/", "")
        words = shlex.split(line.split(">")[0])
        words[0] = str(Path(sys.executable).parent / words[0])
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert done.stdout.strip(), command
        ran.append(command)
        if "permissions" in command:
            assert json.loads(done.stdout)["Version"] == "2012-10-17"
    assert len(ran) >= 6
    assert (tmp_path / "tierwise.toml").is_file()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_named_in_the_readme_or_the_docs(name: str) -> None:
    pages = (
        README + "".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md")) + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    )
    assert f"tierwise {name}" in pages


def test_the_makefile_and_ci_call_the_same_checks() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")
    assert "make test" in README
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
