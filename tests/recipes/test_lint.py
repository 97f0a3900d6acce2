"""The recipes, the action and this project's own workflow, filled in as a user would, under the linters and schemas of their platforms."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.recipes.runner import ACTION, ROOT

BIN = Path(sys.executable).parent
COMMIT = "7616d80a15cfe6b3a2f2a0e3c4b5d6978695a4b3"
PLACES = {
    "action.yml": "action.yml",
    ".github/workflows/test.yml": ".github/workflows/test.yml",
    "examples/github/tierwise.yml": ".github/workflows/tierwise.yml",
    "examples/pre-commit/.pre-commit-config.yaml": ".pre-commit-config.yaml",
    "examples/gitlab/.gitlab-ci.yml": ".gitlab-ci.yml",
    "examples/azure/azure-pipelines.yml": "azure-pipelines.yml",
    ".pre-commit-hooks.yaml": ".pre-commit-hooks.yaml",
}
WORKFLOWS = (".github/workflows/test.yml", ".github/workflows/tierwise.yml")


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A repository with every recipe in its place; ORG and COMMIT, which only a user knows, filled in."""
    for source, target in PLACES.items():
        place = tmp_path / target
        place.parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / source).read_text("utf-8")
        place.write_text(text.replace("ORG", "example").replace("COMMIT", COMMIT), "utf-8")
    return tmp_path


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / words[0]), *words[1:]], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    return run("zizmor", "--offline", "--persona=auditor", "--strict-collection", "--collect=all", str(folder), cwd=folder)


def test_zizmor_has_nothing_to_say_in_its_strictest_mood(filled: Path) -> None:
    ran = zizmor(filled)
    assert ran.returncode == 0, ran.stdout
    audited = {target for target in PLACES.values() if f"completed {filled / target}" in ran.stderr}
    assert audited == set(PLACES.values()) - {".gitlab-ci.yml", "azure-pipelines.yml"}


@pytest.mark.parametrize(
    ("target", "good", "bad", "audit"),
    [
        (".github/workflows/tierwise.yml", "persist-credentials: false", "persist-credentials: true", "artipacked"),
        (".github/workflows/tierwise.yml", "permissions: {}", "permissions: write-all", "excessive-permissions"),
        (".github/workflows/tierwise.yml", "  pull_request:\n", "  pull_request_target:\n", "dangerous-triggers"),
        (".github/workflows/tierwise.yml", f"tierwise@{COMMIT}", "tierwise@main", "unpinned-uses"),
        ("action.yml", "-m venv --clear", "-m venv ${{ inputs.plan }}", "template-injection"),
    ],
)
def test_zizmor_would_see_what_these_recipes_must_not_do(filled: Path, target: str, good: str, bad: str, audit: str) -> None:
    text = (filled / target).read_text("utf-8")
    assert good in text
    (filled / target).write_text(text.replace(good, bad), "utf-8")
    ran = zizmor(filled)
    assert ran.returncode != 0
    assert f"[{audit}]" in ran.stdout


@pytest.mark.parametrize(
    ("schema", "target", "more"),
    [
        ("github-actions", "action.yml", ()),
        ("github-workflows", ".github/workflows/test.yml", ()),
        ("github-workflows", ".github/workflows/tierwise.yml", ()),
        ("gitlab-ci", ".gitlab-ci.yml", ("--data-transform", "gitlab-ci")),
        ("azure-pipelines", "azure-pipelines.yml", ("--data-transform", "azure-pipelines", "--regex-variant", "nonunicode")),
    ],
)
def test_a_recipe_is_valid_under_its_platforms_schema(filled: Path, schema: str, target: str, more: tuple[str, ...]) -> None:
    ran = run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *more, target, cwd=filled)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("command", "target"), [("validate-manifest", ".pre-commit-hooks.yaml"), ("validate-config", ".pre-commit-config.yaml")]
)
def test_pre_commit_accepts_the_hooks_and_the_configuration(filled: Path, command: str, target: str) -> None:
    ran = run("pre-commit", command, target, cwd=filled)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_example_names_hooks_that_there_are(filled: Path) -> None:
    hooks = {hook["id"] for hook in yaml.safe_load((filled / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    remote = yaml.safe_load((filled / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]
    assert {hook["id"] for hook in remote["hooks"]} == hooks


def scripts(value: Any) -> Iterator[str]:
    """Every script in a document: what `run`, `bash`, `script`, `before_script`, `inlineScript` and `sh -c '...'` hold."""
    match value:
        case dict():
            for key, inner in value.items():
                if key in {"run", "bash", "inlineScript"} and isinstance(inner, str):
                    yield inner
                elif key in {"script", "before_script"} and isinstance(inner, list):
                    yield "\n".join(inner)
                elif key == "entry" and (script := re.fullmatch(r"sh -c '(.*)'", inner)):
                    yield script[1]
                else:
                    yield from scripts(inner)
        case list():
            for inner in value:
                yield from scripts(inner)
        case _:
            return


def test_shellcheck_has_nothing_to_say_about_the_scripts_and_no_expression_stands_in_one(filled: Path, tmp_path: Path) -> None:
    names = []
    for target in PLACES.values():
        for number, script in enumerate(scripts(yaml.safe_load((filled / target).read_text("utf-8")))):
            assert "${{" not in script
            assert not re.search(r"\$\([A-Z][\w.]+\)", script), "an Azure macro is text of the script; use its variable"
            name = f"{target.replace('/', '-')}-{number}.sh"
            (tmp_path / name).write_text(f"{script}\n", "utf-8")
            names.append(name)
    assert len(names) >= 12
    ran = run("shellcheck", "--shell=bash", "--severity=style", *names, cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_page_on_pipelines_has_every_input_and_output_and_every_recipe() -> None:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    rows = [name for cells in re.findall(r"^\| (`[^|]+) \|", page, flags=re.MULTILINE) for name in re.findall(r"`([\w-]+)`", cells)]
    assert sorted(rows) == sorted([*ACTION["inputs"], *ACTION["outputs"]])
    assert [place for place in PLACES if place.startswith("examples/") and f"]({'../' + place})" not in page] == []


@pytest.mark.parametrize("target", WORKFLOWS)
def test_actions_of_others_are_pinned_to_a_commit_and_name_its_version(filled: Path, target: str) -> None:
    lines = [line for line in (filled / target).read_text("utf-8").splitlines() if "uses: " in line and "uses: ./" not in line]
    assert lines
    assert [line for line in lines if not re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []


@pytest.mark.parametrize("target", WORKFLOWS)
def test_workflows_give_the_action_inputs_that_it_has_and_use_outputs_that_it_has(filled: Path, target: str) -> None:
    text = (filled / target).read_text("utf-8")
    steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    (ours,) = [step for step in steps if step.get("id") == "tierwise"]
    assert set(ours["with"]) <= set(ACTION["inputs"])
    used = set(re.findall(r"steps\.tierwise\.outputs\.([\w-]+)", text))
    assert used
    assert used <= set(ACTION["outputs"])
