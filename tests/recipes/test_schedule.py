"""The command that writes recipes for scans that run by themselves, and the recipes under the linters and schemas of their platforms."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from tests.recipes.runner import ROOT
from tests.recipes.scheduled import ALL, DIGEST, VALUES, lists, made
from tests.recipes.test_lint import run, scripts, zizmor
from tests.reports.sample import sample
from tierwise.cli.main import cli
from tierwise.cli.schedule import CLOUDS, FOLDER, PLACES, RECIPES, filled, read
from tierwise.reports.metrics import metrics


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes a recipe's files, some of their text changed, and gives the folder."""

    def write(name: str, *changes: tuple[str, str], cloud: str = "aws") -> Path:
        for file, text in made(name, cloud).items():
            for good, bad in changes:
                assert any(good in one for one in made(name, cloud).values())
                text = text.replace(good, bad)
            place = tmp_path / cloud / name / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
        return tmp_path / cloud / name

    return write


def test_every_file_is_in_a_recipe_and_every_placeholder_has_its_meaning() -> None:
    shipped = {path.relative_to(ROOT / FOLDER).as_posix() for path in (ROOT / FOLDER).rglob("*") if path.is_file()}
    asked_for = {f"requirements/{cloud}.txt" for cloud in CLOUDS}
    assert shipped == {source for one in RECIPES.values() for source in one.files.values()} | asked_for
    assert set(PLACES) == set(VALUES)
    assert [text for name, cloud in ALL for text in made(name, cloud).values() if "__" in text.replace("__init__", "")] == []


def test_a_file_says_which_of_its_lines_are_for_which_cloud_and_has_some_for_each_that_its_recipe_is_for() -> None:
    for one in RECIPES.values():
        texts = [(ROOT / FOLDER / source).read_text("utf-8") for source in one.files.values()]
        marks = [words.split() for text in texts for words in re.findall(r"^\s*#:(.*)$", text, re.MULTILINE)]
        assert {cloud for words in marks for cloud in words} == (set(one.clouds) if len(one.clouds) > 1 else set())
        # What is for some ends before the file does.
        assert marks[-1:] in ([], [[]])
    assert [text for name, cloud in ALL for text in made(name, cloud).values() if "#:" in text] == []


def test_what_is_installed_for_a_cloud_is_what_its_scans_and_the_store_need_by_hash() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for cloud in CLOUDS:
        text = (ROOT / FOLDER / f"requirements/{cloud}.txt").read_text("utf-8")
        pinned = re.findall(r"^([\w.-]+)==.*?\\\n +--hash=sha256:", text, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^\w", text, re.MULTILINE))
        wanted = [re.split(r"[\[>]", one)[0] for name in (cloud, "postgres") for one in extras.get(name, ())]
        assert set(wanted) <= set(pinned)
        assert [name for name in ("container", "github") if f"deploy/requirements/{cloud}.txt" not in str(read(name, cloud))] == []


def test_the_command_writes_what_is_shipped_filled_in_and_says_what_is_left(tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli, ["schedule", "kubernetes", "--set", f"image={VALUES['IMAGE']}", "--output", str(tmp_path)])
    assert ran.exit_code == 0
    text = (tmp_path / "cronjob.yaml").read_text("utf-8")
    assert f'image: "{VALUES["IMAGE"]}"\n' in text
    assert re.findall(r"^fill in (__\w+__): .+ \(--set .+=\.\.\.\)$", ran.stderr, re.MULTILINE) == ["__EXTERNAL_ID__", "__ROLE_ARN__"]
    shown = CliRunner().invoke(cli, ["schedule", "systemd", "--set", "external-id=x"])
    units = made("systemd")
    assert shown.stdout == "".join(f"# {file}\n{text.replace(VALUES['EXTERNAL_ID'], 'x')}" for file, text in units.items())
    assert shown.stderr == f"what has to be allowed: {CLOUDS['aws']}\n"


@pytest.mark.parametrize(
    ("cloud", "left"), [("azure", ["CLIENT_ID", "IMAGE", "MANAGEMENT_GROUP"]), ("gcp", ["IMAGE", "ORGANIZATION", "SERVICE_ACCOUNT"])]
)
def test_the_command_writes_for_another_cloud_and_says_what_is_left(cloud: str, left: list[str], tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli, ["schedule", "kubernetes", "--cloud", cloud, "--output", str(tmp_path)])
    assert ran.exit_code == 0
    assert filled((tmp_path / "cronjob.yaml").read_text("utf-8"), VALUES) == made("kubernetes", cloud)["cronjob.yaml"]
    assert re.findall(r"^fill in __(\w+)__: ", ran.stderr, re.MULTILINE) == left
    assert ran.stderr.endswith(f"what has to be allowed: {CLOUDS[cloud]}\n")
    words = [word for place in left for word in ("--set", f"{place.lower().replace('_', '-')}={VALUES[place]}")]
    whole = CliRunner().invoke(cli, ["schedule", "kubernetes", "--cloud", cloud, *words])
    assert (whole.stdout, whole.stderr) == (made("kubernetes", cloud)["cronjob.yaml"], f"what has to be allowed: {CLOUDS[cloud]}\n")
    image = CliRunner().invoke(cli, ["schedule", "container", "--cloud", cloud, "--set", f"python-digest={DIGEST}"])
    assert (image.stdout, image.stderr) == (made("container", cloud)["Containerfile"], "")


def test_the_commands_that_print_what_has_to_be_allowed_are_there() -> None:
    texts = [*CLOUDS.values(), *(text for name, cloud in ALL for text in made(name, cloud).values())]
    named = {found for text in texts for found in re.findall(r"tierwise (permissions \w+(?: --[a-z-]+)*)", text)}
    assert len(named) == 5
    assert {command: CliRunner().invoke(cli, command.split()).exit_code for command in named} == dict.fromkeys(named, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cron"], "there is no recipe 'cron'; there are container, ecs"),
        ([], "which recipe? there are container, ecs"),
        (["kubernetes", "--cloud", "google"], "there is no cloud 'google'; there are aws, azure, gcp"),
        (["ecs", "--cloud", "azure"], "ecs runs on AWS and scans AWS alone; for azure there are container, github, kubernetes, systemd"),
        (["lambda", "--cloud", "gcp"], "lambda runs on AWS and scans AWS alone; for gcp there are container, github"),
        (["kubernetes", "--set", "imagee=x"], "the recipe for aws has only external-id, image, role-arn to fill in"),
        (["kubernetes", "--cloud", "azure", "--set", "role-arn=x"], "for azure has only client-id, image, management-group to fill in"),
        (["ecs", "--set", "image=x"], "has nothing to fill in"),
        (["kubernetes", "--set", "image=x\n  privileged: true"], "write letters, digits and"),
        (["kubernetes", "--set", "image"], "at least one"),
        (["systemd", "--cloud", "gcp", "--set", "organization=organizations/5"], "'organizations/5' is not the number of the organisation"),
        (["kubernetes", "--cloud", "azure", "--set", "client-id=scanner"], "'scanner' is not the client id of the managed identity"),
        (["kubernetes", "--cloud", "gcp", "--set", "service-account=scanner"], "'scanner' is not the address of the service account"),
        (["kubernetes", "--output", "{taken}"], "there already"),
    ],
)
def test_what_cannot_be_written_is_refused(words: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "cronjob.yaml").write_text("mine")
    ran = CliRunner().invoke(cli, ["schedule", *(word.replace("{taken}", str(tmp_path)) for word in words)])
    assert ran.exit_code != 0
    assert said in str(ran.exception)
    assert (tmp_path / "cronjob.yaml").read_text() == "mine"


def test_templates_are_sound_to_cloudformations_linter_which_would_see_a_memory_that_there_is_not(written: Callable[..., Path]) -> None:
    """In one run, since the linter takes seconds to begin."""
    names = ("ecs", "lambda")
    good = [str(written(name) / "template.yaml") for name in names]
    wrong = Path(good[0]).with_name("wrong.yaml")
    wrong.write_text(made("ecs")["template.yaml"].replace('Memory: "1024"', 'Memory: "1000"'))
    ran = run("cfn-lint", "--format", "parseable", *good, str(wrong), cwd=wrong.parent)
    assert {line.rpartition(".yaml:")[0] for line in ran.stdout.splitlines() if line} == {str(wrong.with_suffix(""))}, ran.stdout


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_cron_job_is_sound_to_the_schemas_of_kubernetes(cloud: str, written: Callable[..., Path]) -> None:
    ran = run("kubernetes-validate", "--strict", "cronjob.yaml", cwd=written("kubernetes", cloud=cloud))
    assert ran.returncode == 0, ran.stderr


def test_the_schemas_of_kubernetes_would_see_a_word_that_there_is_not(written: Callable[..., Path]) -> None:
    wrong = written("kubernetes", ("concurrencyPolicy: Forbid", "concurrency: Forbid"))
    assert run("kubernetes-validate", "--strict", "cronjob.yaml", cwd=wrong).returncode != 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_pods_take_on_the_identity_of_their_cloud_and_hold_no_token_of_the_cluster(cloud: str) -> None:
    by_kind = {one["kind"]: one for one in yaml.safe_load_all(made("kubernetes", cloud)["cronjob.yaml"])}
    template = by_kind["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
    identity = {
        "aws": {"eks.amazonaws.com/role-arn": VALUES["ROLE_ARN"]},
        "azure": {"azure.workload.identity/client-id": VALUES["CLIENT_ID"]},
        "gcp": {"iam.gke.io/gcp-service-account": VALUES["SERVICE_ACCOUNT"]},
    }
    assert by_kind["ServiceAccount"]["metadata"]["annotations"] == identity[cloud]
    # The webhook of AKS changes pods with this label and no others (Azure/azure-workload-identity, pull request 695).
    assert (template["metadata"]["labels"].get("azure.workload.identity/use") == "true") == (cloud == "azure")
    assert template["spec"]["serviceAccountName"] == by_kind["ServiceAccount"]["metadata"]["name"]
    assert not template["spec"]["automountServiceAccountToken"]


def test_a_pod_that_ended_with_a_result_is_not_begun_again() -> None:
    (job,) = [one for one in yaml.safe_load_all(made("kubernetes")["cronjob.yaml"]) if one["kind"] == "CronJob"]
    (rule,) = job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    # 1, 2 and 3 as `tierwise scan --help` says; 4 (no usable credentials) may be a metadata server that has only begun.
    assert (rule["action"], rule["onExitCodes"]["values"]) == ("FailJob", [1, 2, 3])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_value_of_digits_stays_a_word(cloud: str) -> None:
    text = filled(read("kubernetes", cloud)["cronjob.yaml"], dict.fromkeys(VALUES, "5005"))
    documents = list(yaml.safe_load_all(text))
    (words,) = [one for one in lists(documents) if one[:1] == ["scan"]]
    (annotations,) = [one["metadata"]["annotations"] for one in documents if one["kind"] == "ServiceAccount"]
    assert "5005" in words
    assert {type(one) for one in (*words, *annotations.values())} == {str}
    steps = yaml.safe_load(filled(next(iter(read("github", cloud).values())), dict.fromkeys(VALUES, "5005")))["jobs"]["scan"]["steps"]
    assert (steps[0]["with"]["repository"], steps[0]["with"]["ref"]) == ("5005/tierwise", "5005")


@pytest.mark.parametrize(("name", "cloud"), [one for one in ALL if one[0] in ("container", "lambda")])
def test_images_are_sound_to_their_linter_and_end_as_somebody_else_than_root(name: str, cloud: str, written: Callable[..., Path]) -> None:
    ran = run("hadolint", "Containerfile", cwd=written(name, cloud=cloud))
    assert (ran.returncode, ran.stdout) == (0, "")
    users = re.findall(r"^USER (\S+)$", made(name, cloud)["Containerfile"], re.MULTILINE)
    assert users[-1] == "65532:65532"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_images_tool_is_installed_from_files_that_are_there(cloud: str) -> None:
    copied = re.findall(r"^COPY (\S+) ", made("container", cloud)["Containerfile"], re.MULTILINE)
    assert [source for source in copied if not source.startswith("--") and not (ROOT / source).exists()] == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_units_are_sound_to_systemd_and_confined_also_with_credentials_from_a_file(cloud: str, written: Callable[..., Path]) -> None:
    if shutil.which("systemd-analyze") is None:
        assert not os.environ.get("TIERWISE_REQUIRE_SYSTEMD"), "systemd-analyze is not installed; apt-get install systemd"
        pytest.skip("systemd-analyze is not installed")
    folder = written("systemd", ("/opt/tierwise/bin/tierwise", str(Path(sys.executable).parent / "tierwise")), cloud=cloud)
    units = ["tierwise.service", "tierwise.timer"]
    more = folder / "tierwise.service.d" / "override.conf"
    more.parent.mkdir()
    more.write_text("\n".join(re.findall(r"^#   (.+)$", made("systemd", cloud)["tierwise.service"], re.MULTILINE)) + "\n", "utf-8")
    assert "%d/" in more.read_text("utf-8")
    ran = subprocess.run(["systemd-analyze", "verify", *units], cwd=folder, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=20", units[0]]
    assert subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.fixture
def workflows(tmp_path: Path) -> list[Path]:
    """The workflow for each cloud, in one repository."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for cloud in CLOUDS:
        (text,) = made("github", cloud).values()
        (folder / f"{cloud}.yml").write_text(text, "utf-8")
    return sorted(folder.iterdir())


def test_the_workflows_pass_the_strictest_audit_and_their_schema(workflows: list[Path], tmp_path: Path) -> None:
    ran = zizmor(tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert [path for path in workflows if f"completed {path}" not in ran.stderr] == []
    checked = run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, workflows), cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout


def test_the_workflows_scripts_are_sound_to_shellcheck_and_their_actions_pinned(workflows: list[Path], tmp_path: Path) -> None:
    names = []
    for path in workflows:
        text = path.read_text("utf-8")
        assert [line for line in text.splitlines() if "uses:" in line and not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []
        for number, script in enumerate(scripts(yaml.safe_load(text))):
            names.append(f"{path.stem}-{number}.sh")
            (tmp_path / names[-1]).write_text(script, "utf-8")
    assert len(names) == 2 * len(CLOUDS)
    ran = run("shellcheck", "--shell=bash", "--severity=style", *names, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_page_names_every_recipe_and_every_figure() -> None:
    page = (ROOT / "docs/scheduled.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)
    assert set(RECIPES) == {row.strip("`") for row in rows if row.strip("`") in RECIPES}
    told = {name for row in rows for name in re.findall(r"`(tierwise_\w+)`", row)}
    assert told == {family.name for family in text_string_to_metric_families(metrics(sample(), "1").decode())}
