"""Runs the command line in a process of its own, and in this one, without anything of this machine's configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tierwise import beside
from tierwise.cli import main as entry
from tierwise.demo.estate import PLAN


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    def complains(self, code: int, *words: str) -> None:
        """Whether it ended as an error of the user's: right code, nothing on stdout, a short message without a traceback."""
        assert self.code == code, self.err
        assert self.out == ""
        assert self.err.startswith("error: ")
        assert len(self.err.splitlines()) <= 6
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and a clean environment; returns the directory."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "TIERWISE_", "MOTO_", "GITHUB_", "GITLAB_"))]:
        monkeypatch.delenv(name)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("TIERWISE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return work


@pytest.fixture
def tierwise(home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """`tierwise("scan", "plan", file)` in this process, through the entry point that the script uses.

    It has nothing made by a copy of this process (`beside`), in which lies what all tests before have left: to copy that costs more than most commands.
    """
    monkeypatch.setattr(beside, "_may_fork", lambda: False)

    def run(*args: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["tierwise", *map(str, args)])
        monkeypatch.setattr("signal.signal", lambda *_: None)
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            entry.main()
        made = capfdbinary.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, made.out.decode(), made.err.decode())

    return run


def in_a_process(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, in the same environment."""
    return subprocess.run([sys.executable, *args], capture_output=True, text=True, cwd=cwd, check=False, timeout=60)


@pytest.fixture
def plan(home: Path) -> Path:
    """The sample plan, which has failures and values known after apply."""
    path = home / "plan.json"
    path.write_bytes(PLAN.read_bytes())
    return path


@pytest.fixture
def quiet_plan(home: Path) -> Path:
    """A plan that holds nothing to judge."""
    path = home / "quiet.json"
    document: dict[str, Any] = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": [],
        "configuration": {"root_module": {}},
    }
    path.write_text(json.dumps(document), "utf-8")
    return path
