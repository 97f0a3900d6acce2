"""`docs/gate.md` shows what the tool takes and writes."""

from __future__ import annotations

import re
from pathlib import Path

from click import Command, Context, Group

from tests.cli.conftest import Run
from tierwise.catalogue.overrides import load_overrides
from tierwise.catalogue.register import load_register
from tierwise.cli.main import cli

PAGE = (Path(__file__).parents[2] / "docs/gate.md").read_text("utf-8")
SOURCE = """resource "aws_s3_bucket" "assessments" {
  bucket = "dcs-health-assessments"
}
resource "aws_s3_bucket_server_side_encryption_configuration" "assessments" {
  bucket = aws_s3_bucket.assessments.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
  }
}
"""


def block(first: str) -> str:
    """The sample that begins with a line."""
    found = re.search(rf"^```\w*\n({re.escape(first)}.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert found, first
    return found[1]


def test_the_sample_of_what_blocks_is_what_the_console_writes(tierwise: Run, plan: Path, home: Path) -> None:
    (home / "infra").mkdir()
    (home / "infra" / "data.tf").write_text(SOURCE, "utf-8")
    lines = [line.rstrip() for line in tierwise("scan", "plan", plan, "--source-dir", "infra", "--control", "ENC-02").out.splitlines()]
    sample = block("Blocks: 1 change to make").splitlines()
    start = lines.index(sample[0])
    assert lines[start : start + len(sample)] == sample


def test_the_sample_override_and_register_are_valid(tmp_path: Path) -> None:
    (tmp_path / "overrides.yaml").write_text(block("overrides:"), "utf-8")
    assert load_overrides(tmp_path / "overrides.yaml")["INC-1234"].by == "Priya Shah, duty manager"
    (tmp_path / "register.yaml").write_text(block("tiers_only: true"), "utf-8")
    assert len(load_register(tmp_path / "register.yaml").entries) == 2


def test_every_command_and_option_of_the_page_exists() -> None:
    for line in re.findall(r"^tierwise (.+)$", PAGE, flags=re.MULTILINE):
        words = line.split()
        command: Command | None = cli
        while isinstance(command, Group):
            command = command.get_command(Context(command), words.pop(0))
        assert command is not None, line
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
