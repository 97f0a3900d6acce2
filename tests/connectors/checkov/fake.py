"""A small executable in Checkov's place: it prints what it is told to, in the shape that the real one prints (3.3.30), and notes how it was called."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CANARY = "canary-s3cr3t-value"
_SCRIPT = """#!{python}
import json, os, sys
with open({seen!r}, "a") as seen:
    plan = open(sys.argv[sys.argv.index("--file") + 1]).read()
    json.dump({{"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd(), "here": sorted(os.listdir(".")), "plan": plan}}, seen)
    seen.write("\\n")
sys.stderr.write({canary!r})
{before}
sys.stdout.write({out!r})
sys.exit({code})
"""


class Fake:
    """The executable, and how it was called."""

    def __init__(self, folder: Path, out: str, *, code: int = 1, before: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self._seen = folder / "checkov", folder / "seen.jsonl"
        script = _SCRIPT.format(python=sys.executable, seen=str(self._seen), canary=CANARY, before=before, out=out, code=code)
        self.path.write_text(script, "utf-8")
        self.path.chmod(0o755)

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._seen.read_text("utf-8").splitlines()] if self._seen.exists() else []


def record(check: str, address: str, *, passed: bool, title: str = "") -> dict[str, Any]:
    """One verdict with all that the real one prints beside it, values of the plan included."""
    return {
        "check_id": check,
        "bc_check_id": None,
        "check_name": title or f"What {check} asks",
        "check_result": {"result": "PASSED" if passed else "FAILED", "evaluated_keys": [CANARY], "entity": {"password": [CANARY]}},
        "code_block": [[1, f'  "password": "{CANARY}"\n']],
        "file_path": "/plan.json",
        "file_abs_path": "/plan.json",
        "repo_file_path": "/plan.json",
        "file_line_range": [1, 2],
        "resource": address,
        "evaluations": {"var": {"value": CANARY}},
        "check_class": "checkov.terraform.checks",
        "fixed_definition": CANARY,
        "entity_tags": {"secret": CANARY},
        "resource_address": address,
        "severity": None,
        "connected_node": {"annotations": CANARY},
        "guideline": None,
        "details": [CANARY],
    }


def report(
    passed: Mapping[str, Iterable[str]] | None = None,
    failed: Mapping[str, Iterable[str]] | None = None,
    *,
    errors: Iterable[str] = (),
    version: str = "3.3.30",
) -> dict[str, Any]:
    """A report on one plan; addresses by check."""

    def records(found: Mapping[str, Iterable[str]] | None, *, right: bool) -> list[dict[str, Any]]:
        return [record(check, address, passed=right) for check, addresses in (found or {}).items() for address in addresses]

    good, bad, unread = records(passed, right=True), records(failed, right=False), list(errors)
    return {
        "check_type": "terraform_plan",
        "results": {"passed_checks": good, "failed_checks": bad, "skipped_checks": [], "parsing_errors": unread},
        "summary": {
            "passed": len(good),
            "failed": len(bad),
            "skipped": 0,
            "parsing_errors": len(unread),
            "resource_count": 1,
            "checkov_version": version,
        },
        "url": "Add an api key",
    }


NOT_A_PLAN = {"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0, "resource_count": 0, "checkov_version": "3.3.30"}
"""All that is printed, with exit code 0, for a file that no runner takes."""
