"""What the recipes for scans that run by themselves start: their commands over recorded and stubbed clouds, their scripts, their handler."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from azure.identity import DefaultAzureCredential
from azure.identity._constants import EnvironmentVariables
from botocore.session import Session
from click.testing import CliRunner
from google.auth import environment_vars

from tests.connectors.azure import cloud as azure_cloud
from tests.connectors.azure import test_storage as azure_storage
from tests.connectors.gcp import cloud as gcp_cloud
from tests.connectors.gcp import test_storage as gcp_storage
from tests.recipes.scheduled import ALL, command, made
from tests.scan.estate import STARTED
from tests.scan.recording import Stand
from tests.scan.worlds import recorded, source
from tierwise.cli.main import cli
from tierwise.cli.schedule import CLOUDS, RECIPES
from tierwise.connectors.azure import session
from tierwise.connectors.gcp import connect

FAKE = """\
#!{python}
import json, os, signal, sys, time
with open(os.environ["CALLS"], "a") as calls:
    print(json.dumps([sys.argv[1:], os.getcwd()]), file=calls)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
time.sleep(float(os.environ["TAKES"]))
sys.exit(int(os.environ["CODE"]))
"""


def aws(monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """The recorded account in place of an organisation's; what was scanned is told by what was asked for."""
    asked: list[Any] = []

    def opened(config: Any, *_: Any, **__: Any) -> tuple[Any, ...]:
        asked.append(config)
        return (source(Stand(recorded())),)

    monkeypatch.setattr("tierwise.connectors.aws.connect.open_accounts", opened)
    monkeypatch.setattr("tierwise.cli.scan.utc_now", lambda: STARTED)
    return lambda: [(one.organization, bool(one.external_id)) for one in asked]


def azure(monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """A tenant with one storage account; what was scanned is told by where Resource Graph was asked to look."""
    row = azure_cloud.row(azure_storage.TYPE, "records", azure_storage.SAFE, kind="StorageV2", sku={"name": "Standard_LRS"})
    tenant = azure_cloud.Cloud([row], azure_storage.DOCS)
    monkeypatch.setattr("azure.identity.DefaultAzureCredential", lambda **_: azure_cloud.Credential())
    monkeypatch.setattr(session, "RequestsTransport", lambda **_: tenant.transport())
    return lambda: {tuple(one["managementGroups"]) for one in tenant.queries}


def gcp(monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """An organisation with one bucket; what was scanned is told by which inventories were listed."""
    prefix = "cloudresourcemanager.googleapis.com"
    project = gcp_cloud.asset(f"{prefix}/Project", f"//{prefix}/projects/{gcp_cloud.NUMBER}", gcp_cloud.project())
    stand = gcp_cloud.Cloud([project, gcp_storage.bucket(gcp_storage.SAFE, gcp_storage.READER)], gcp_storage.DOCS)
    monkeypatch.setattr("google.auth.default", lambda **_: (gcp_cloud.Token(), gcp_cloud.PROJECT))
    monkeypatch.setattr(connect, "transport", lambda: stand)
    return lambda: {path for _, path in stand.calls if path.endswith("/assets")}


STANDS = {"aws": aws, "azure": azure, "gcp": gcp}
SCANNED = {
    "aws": [(True, True)],
    "azure": {("departments",)},
    "gcp": {f"cloudasset/v1/organizations/{gcp_cloud.ORGANISATION}/assets"},
}


@pytest.mark.parametrize(("name", "cloud"), [one for one in ALL if RECIPES[one[0]].scans])
def test_the_command_of_a_recipe_scans_keeps_and_reports(name: str, cloud: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = STANDS[cloud](monkeypatch)
    monkeypatch.setenv("TIERWISE_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    words = [word.replace("/data", str(tmp_path)) for word in command(name, cloud)]
    ran = CliRunner().invoke(cli, words)
    # The recorded account has a place that may not be listed: 0 or 3, and never a failing gate.
    assert ran.exit_code in (0, 3), ran.output
    assert scanned() == SCANNED[cloud]
    since = words.index("--since")
    assert words[since : since + 4] == ["--since", "last", "--full-every", "7"]
    assert words[words.index("--resume") + 1] == "auto"
    assert (tmp_path / "store.db").exists()
    # One JSON document has at most a hundred thousand findings, which some eighty accounts have; lines have no end.
    assert not any(word.startswith("json=") for word in words)
    for path in (Path(word.partition("=")[2]) for word in words if word.startswith("jsonl=")):
        assert any("finding" in json.loads(line) for line in (tmp_path / path).read_text("utf-8").splitlines())
    for at, word in enumerate(words):
        if word == "--metrics":
            assert "tierwise_run_finished_timestamp_seconds" in (tmp_path / words[at + 1]).read_text("utf-8")


@pytest.mark.parametrize(
    ("takes", "code", "left", "told"),
    [
        (0, 0, 900, {"ended": True, "code": 0}),
        (0, 3, 900, {"ended": True, "code": 3}),
        (60, 0, 46, {"ended": False, "code": None}),
        (0, 2, 900, None),
        (0, 4, 900, None),
    ],
)
def test_the_function_scans_until_its_time_is_nearly_up(
    takes: float, code: int, left: float, told: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "tierwise"
    script.write_text(FAKE.format(python=sys.executable))
    script.chmod(0o755)
    for name, value in {"TAKES": takes, "CODE": code, "CALLS": tmp_path / "calls", "TIERWISE_SCAN": "aws --role 'a b'"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("PATH", str(tmp_path))
    names: dict[str, Any] = {}
    exec(compile(made("lambda")["handler.py"], "handler.py", "exec"), names)

    class Context:
        def get_remaining_time_in_millis(self) -> float:
            return left * 1000

    if told is None:
        with pytest.raises(RuntimeError, match=f"ended with {code}"):
            names["handler"]({}, Context())
    else:
        assert names["handler"]({}, Context()) == told
    assert json.loads((tmp_path / "calls").read_text()) == [["scan", "aws", "--role", "a b", "--resume", "auto"], "/tmp"]


def test_the_environment_of_a_recipe_is_what_the_sdks_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {cloud: set(re.findall(r"(\w+)=", _credentials(cloud))) for cloud in CLOUDS}
    assert named["aws"] == {Session().session_var_map["credentials_file"][1]}
    assert named["azure"] == set(EnvironmentVariables.CERT_VARS)
    assert named["gcp"] == {environment_vars.CREDENTIALS}
    (text,) = made("github", "azure").values()
    (step,) = [one for one in yaml.safe_load(text)["jobs"]["scan"]["steps"] if one["name"] == "Scan"]
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", step["env"]["AZURE_TOKEN_CREDENTIALS"])
    assert [type(one).__name__ for one in DefaultAzureCredential().credentials] == ["AzureCliCredential"]


def _credentials(cloud: str) -> str:
    """The environment that a unit's drop-in sets where credentials come from a file."""
    (line,) = re.findall(r"^#   Environment=(.+)$", made("systemd", cloud)["tierwise.service"], re.MULTILINE)
    return str(line)


@pytest.mark.parametrize(("code", "fails"), [(0, False), (3, False), (1, True), (2, True), (4, True)])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_workflows_step_fails_where_the_scan_did_and_not_where_something_could_not_be_seen(
    cloud: str, code: int, fails: bool, tmp_path: Path
) -> None:
    (text,) = made("github", cloud).values()
    (step,) = [one for one in yaml.safe_load(text)["jobs"]["scan"]["steps"] if one["name"] == "Scan"]
    for path, ends in ((tmp_path / "tierwise/bin/tierwise", code), (tmp_path / "az", 0)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >> "$CALLS"\nexit {ends}\n')
        path.chmod(0o755)
    environment = dict.fromkeys(step["env"], "a b") | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path), "CALLS": str(tmp_path / "calls"),
    }  # fmt: skip
    ran = subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], env=environment, check=False)
    assert (ran.returncode != 0) == fails
    *before, last = (tmp_path / "calls").read_text("utf-8").splitlines()
    assert last.startswith(f"tierwise scan {cloud} ")
    assert before == (["az account get-access-token --resource https://graph.microsoft.com --output none"] if cloud == "azure" else [])
