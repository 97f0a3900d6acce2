"""Runs a real Checkov on the invented plan of the tests and writes its verdicts to tests/connectors/checkov/recorded.json; `--check` compares them.

With `--generated` it writes what it says of the plans in the folder `generated` of the test material, which come without its verdicts, to docs/checkov/generated.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Final

from tests.connectors.checkov.world import world
from tests.shared import shared_path
from tierwise.connectors.checkov.run import ask, find
from tools.checkov_agreement import RECORDED as GENERATED

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "tests" / "connectors" / "checkov" / "recorded.json"

PLANS: Final = (
    "t1_create_aws3.39.json",
    "t1_mixed_update_replace_delete_import_moved_removed_drift_check.json",
    "tfaws_s3bucket_v2.2.0_complete_plan.json",
)
"""Not the plan of 1,040 resources: its copies of four blocks would say the same thing three thousand times."""


def generated(executable: Path) -> str:
    """The verdicts on the plans that come without, as the test material has those on the others; a check a line."""
    files: list[str] = []
    for answer in ask(executable, [(shared_path("plans", "generated", name), "") for name in PLANS], 600):
        if answer.trouble:
            raise SystemExit(answer.trouble)
        checks: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"passed": [], "failed": []})
        for one in sorted(answer.said, key=lambda one: (one.check, one.address)):
            checks[one.check]["passed" if one.passed else "failed"].append(one.address)
        rows = ",\n   ".join(f"{json.dumps(check)}: {json.dumps(found)}" for check, found in checks.items())
        files.append(f' {json.dumps(Path(answer.source).name)}: {{"parsing_errors": [], "checks": {{\n   {rows}}}}}')
    return '{"files": {\n' + ",\n".join(files) + "}}\n"


def recorded(executable: Path) -> dict[str, object]:
    """The verdicts on the invented plan."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        path.write_text(json.dumps(world().document()), "utf-8")
        (answer,) = ask(executable, [(path, "")], 600)
    if answer.trouble:
        raise SystemExit(answer.trouble)
    verdicts = {
        word: sorted([one.check, one.address] for one in answer.said if one.passed is passed)
        for word, passed in (("passed", True), ("failed", False))
    }
    return {"version": answer.version, **verdicts}


def main(arguments: list[str]) -> int:
    """Writes the verdicts, or says how they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkov-bin", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--generated", action="store_true")
    options = parser.parse_args(arguments)
    if options.generated:
        GENERATED.write_text(generated(find(options.checkov_bin)), "utf-8")
        return 0
    found = recorded(find(options.checkov_bin))
    if not options.check:
        lines = [
            f' "{key}": {json.dumps(value)}' if key == "version" else f' "{key}": [\n  {_rows(value)}\n ]' for key, value in found.items()
        ]
        RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
        return 0
    kept = json.loads(RECORDED.read_text("utf-8"))
    differ = 0
    for word in ("passed", "failed"):
        now, then = {tuple(one) for one in found[word]}, {tuple(one) for one in kept[word]}  # type: ignore[attr-defined]
        for sign, ones in (("-", then - now), ("+", now - then)):
            differ += len(ones)
            for one in sorted(ones):
                print(f"{sign} {word}: {' '.join(one)}")
    print(f"Checkov {found['version']} (recorded: {kept['version']}): {differ} verdicts differ")
    return 1 if differ else 0


def _rows(value: object) -> str:
    return ",\n  ".join(json.dumps(one) for one in value) if isinstance(value, list) else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
