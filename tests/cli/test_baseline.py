"""`--baseline` and `--save-baseline`: files, revisions, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.connectors.terraform.plans import PlanBuilder

Git = Callable[..., str]
NAME = "tierwise-baseline.json"


@pytest.fixture
def git(home: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """`git("commit", ...)` in a repository of the working directory, with nothing of this machine's settings or pipeline."""
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    who = {f"GIT_{role}_{part}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def run(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=home, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    run("init", "-q", "-b", "main", ".")
    return run


@pytest.fixture
def saved(tierwise: Run, plan: Path, home: Path) -> Path:
    """The baseline of the sample plan, as a scan writes it."""
    assert tierwise("scan", "plan", plan, "-q", "--save-baseline", NAME).code == 1
    return home / NAME


def commit(git: Git, *files: str) -> None:
    git("add", "--force", *files)
    git("commit", "-q", "-m", "x")


def edit(path: Path) -> None:
    """Leaves one finding out, as a change would that hides what it brings."""
    document = json.loads(path.read_text("utf-8"))
    document["findings"] = document["findings"][1:]
    path.write_text(json.dumps(document), "utf-8")


def test_what_stands_in_a_saved_baseline_only_advises(tierwise: Run, plan: Path, saved: Path) -> None:
    ran = tierwise("scan", "plan", plan, "--gate", "full", "--baseline", saved)
    assert ran.code == 0
    assert "stand in the baseline" in ran.out


def test_a_resource_that_a_moved_block_renames_keeps_its_baseline(tierwise: Run, home: Path) -> None:
    table = {"name": "case-files", "tags": {"data-classification": "heightened"}, "billing_mode": "PAY_PER_REQUEST"}
    before = PlanBuilder()
    before.add("aws_dynamodb_table", "old", table)
    tierwise("scan", "plan", before.write(home), "-q", "--save-baseline", NAME)
    after = PlanBuilder()
    after.add("aws_dynamodb_table", "new", table, before=table, actions=("no-op",))
    after.changes[0]["previous_address"] = "aws_dynamodb_table.old"
    made = json.loads(tierwise("scan", "plan", after.write(home), "--gate", "full", "--baseline", NAME, "--format", "json").out)
    failed = [one for one in made["findings"] if one["verdict"] == "fail"]
    assert {one["control"] for one in failed} > {"ENC-02"}
    assert {one["in_baseline"] for one in failed} == {True}
    assert made["gate"]["result"] == "passed"


def test_what_does_not_stand_there_blocks(tierwise: Run, plan: Path, saved: Path) -> None:
    document = json.loads(saved.read_text("utf-8"))
    document["findings"] = [one for one in document["findings"] if one["control"] != "ENC-02"]
    saved.write_text(json.dumps(document), "utf-8")
    made = json.loads(tierwise("scan", "plan", plan, "--baseline", saved, "--format", "json").out)
    assert made["gate"]["result"] == "failed"
    assert {one["control"] for one in made["findings"] if one["fingerprint"] in made["gate"]["blocking"]} == {"ENC-02"}
    assert {one["in_baseline"] for one in made["findings"] if one["control"] == "ACC-01" and one["verdict"] == "fail"} == {True}


def test_a_saved_baseline_is_sorted_and_the_same_for_the_same_findings(tierwise: Run, plan: Path, saved: Path, home: Path) -> None:
    tierwise("scan", "plan", plan, "-q", "--save-baseline", "again.json")
    assert (home / "again.json").read_bytes() == saved.read_bytes()
    rows = [json.loads(line.rstrip(",")) for line in saved.read_text("utf-8").splitlines() if line.startswith('{"fingerprint"')]
    assert rows == sorted(rows, key=lambda one: (one["resource"], one["control"]))
    assert {one["verdict"] for one in rows} == {"fail", "unknown"}
    assert json.loads(saved.read_text("utf-8"))["findings"] == rows


@pytest.mark.parametrize("made", ["json", "jsonl", "inventory"])
def test_a_scan_of_any_form_serves_as_a_baseline(tierwise: Run, plan: Path, home: Path, made: str) -> None:
    option = ("--save-inventory", "then") if made == "inventory" else ("--format", f"{made}=then")
    tierwise("scan", "plan", plan, "-q", *option)
    ran = tierwise("scan", "plan", plan, "--gate", "full", "--baseline", "then")
    assert ran.code == 0, ran.err
    assert "3 findings at high or above stand in the baseline then" in ran.out


def test_a_revision_is_read_without_a_checkout(tierwise: Run, plan: Path, saved: Path, git: Git) -> None:
    commit(git, NAME)
    git("tag", "then")
    git("mv", NAME, "moved.json")
    commit(git, "moved.json")
    assert tierwise("scan", "plan", plan, "--gate", "full", "--baseline", "then").code == 0
    ran = tierwise("scan", "plan", plan, "--gate", "full", "--baseline", "main:moved.json")
    assert ran.code == 0
    assert "the baseline main:moved.json" in ran.out


def test_a_revision_reads_what_stands_beside_where_the_command_runs(
    tierwise: Run, plan: Path, saved: Path, git: Git, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = home / "stacks" / "a"
    stack.mkdir(parents=True)
    saved.rename(stack / NAME)
    commit(git, "stacks")
    monkeypatch.chdir(stack)
    assert tierwise("scan", "plan", plan, "--gate", "full", "--baseline", "HEAD").code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("empty", "--save-baseline")),
        ("{", ("cut short",)),
        ("[]", ("no JSON object",)),
        ('{"schema": "tierwise/baseline/9"}', ("tierwise/baseline/9", "tierwise/baseline/1")),
        ('{"schema": "tierwise/baseline/1", "profile": "p", "controls": {}}', ("missing 'findings'",)),
        ('{"schema": "tierwise/baseline/1", "profile": "p", "controls": {}, "findings": []}', ("profile 'p'",)),
        ('{"schema": "tierwise/baseline/1", "profile": "uk-gov-personal-data", "controls": {}, "findings": []}', ("without ACC-01",)),
        (f'{{"schema": "tierwise/baseline/1", "findings": {"[" * 9999}', ("cut short",)),
        ("resource_changes: []\n", ("cut short",)),
    ],
    ids=["empty", "brace", "list", "version", "bare", "profile", "controls", "deep", "yaml"],
)
def test_a_file_that_is_no_baseline_is_2(tierwise: Run, plan: Path, home: Path, text: str, words: tuple[str, ...]) -> None:
    (home / "b.json").write_text(text, "utf-8")
    tierwise("scan", "plan", plan, "--baseline", "b.json").complains(2, "b.json", *words)


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: it["findings"].pop(), ("not whole",)),
        (lambda it: it["summary"].update(coverage=0.5), ("incomplete", "coverage 50.0%")),
        (lambda it: it["gaps"][0].update(expected=False), ("incomplete", "1 listing failed")),
        (lambda it: it["run"].pop("controls"), ("does not say which controls",)),
        (lambda it: it["run"].update(profile="iso-27001-2022"), ("iso-27001-2022",)),
        (lambda it: it["run"]["controls"].update({"ENC-02": "0"}), ("ENC-02 asked for something else",)),
        (lambda it: it.pop("summary"), ("missing 'summary'",)),
    ],
    ids=["cut", "coverage", "gap", "old", "profile", "control", "part"],
)
def test_a_scan_that_is_not_whole_or_was_judged_otherwise_is_refused(
    tierwise: Run, plan: Path, home: Path, change: Callable[[dict[str, Any]], object], words: tuple[str, ...]
) -> None:
    tierwise("scan", "plan", plan, "-q", "--format", "json=then.json")
    made = json.loads((home / "then.json").read_text("utf-8"))
    made["findings"].sort(key=lambda one: one["verdict"] == "fail")
    (home / "then.json").write_text(json.dumps(made), "utf-8")
    changed(home / "then.json", change)
    tierwise("scan", "plan", plan, "--baseline", "then.json").complains(2, "then.json", *words)


def test_a_scan_without_some_of_its_verdicts_is_refused(tierwise: Run, plan: Path) -> None:
    tierwise("scan", "plan", plan, "-q", "--findings", "fail", "--format", "json=then.json")
    tierwise("scan", "plan", plan, "--baseline", "then.json").complains(2, "not whole", "--findings")


def test_lines_that_break_off_are_refused(tierwise: Run, plan: Path, home: Path) -> None:
    tierwise("scan", "plan", plan, "-q", "--format", "jsonl=then.jsonl")
    lines = (home / "then.jsonl").read_text("utf-8").splitlines(keepends=True)
    (home / "then.jsonl").write_text("".join(lines[:-1]), "utf-8")
    tierwise("scan", "plan", plan, "--baseline", "then.jsonl").complains(2, "not whole")


def test_an_incomplete_scan_saves_no_baseline_and_says_so(tierwise: Run, plan: Path, home: Path) -> None:
    document = json.loads(plan.read_text("utf-8"))
    document["errored"] = True
    plan.write_text(json.dumps(document), "utf-8")
    ran = tierwise("scan", "plan", plan, "-q", "--save-baseline", NAME)
    assert ran.code == 1
    assert "not written, since the scan is incomplete" in ran.err
    assert not (home / NAME).exists()


def test_an_inventory_that_saw_too_little_is_refused(tierwise: Run, plan: Path, home: Path) -> None:
    tierwise("scan", "plan", plan, "-q", "--save-inventory", "then.jsonl")
    gap = {"gap": {"provider": "aws", "account": "1", "region": "", "service": "s3", "reason": "permission-denied", "action": "s3:x"}}
    with (home / "then.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(gap) + "\n")
    tierwise("scan", "plan", plan, "--baseline", "then.jsonl").complains(2, "incomplete", "s3 in 1/global")


def test_a_name_that_is_nothing_is_2(tierwise: Run, plan: Path, git: Git) -> None:
    commit(git, "plan.json")
    tierwise("scan", "plan", plan, "--baseline", "nowhere").complains(2, "neither a file nor a revision", "--save-baseline")
    tierwise("scan", "plan", plan, "--baseline", "--upload-pack=x").complains(2, "neither a file nor a revision")
    tierwise("scan", "plan", plan, "--baseline", "HEAD").complains(2, f"no file '{NAME}'", "REF:PATH")


def test_a_target_without_a_baseline_is_2(tierwise: Run, plan: Path) -> None:
    tierwise("scan", "plan", plan, "--target", "main").complains(2, "--target", "--baseline")


def test_a_target_that_is_nothing_is_2(tierwise: Run, plan: Path, saved: Path, git: Git) -> None:
    commit(git, NAME)
    tierwise("scan", "plan", plan, "--baseline", NAME, "--target", "nowhere").complains(2, "nowhere is not in this clone")


def test_without_a_repository_only_a_file_will_do(tierwise: Run, plan: Path) -> None:
    tierwise("scan", "plan", plan, "--baseline", "main").complains(2, "no git repository")


def test_a_baseline_that_the_change_brings_is_refused(tierwise: Run, plan: Path, saved: Path, git: Git) -> None:
    commit(git, "plan.json")
    tierwise("scan", "plan", plan, "--baseline", NAME).complains(2, "is part of the change", "outside the working tree")
    git("add", NAME)
    tierwise("scan", "plan", plan, "--baseline", NAME).complains(2, "is part of the change")
    commit(git, NAME)
    assert tierwise("scan", "plan", plan, "--baseline", NAME).code == 0
    tierwise("scan", "plan", plan, "--baseline", NAME, "--target", "HEAD^").complains(2, "is part of the change")


def test_a_baseline_that_the_change_edits_is_refused(tierwise: Run, plan: Path, saved: Path, git: Git) -> None:
    commit(git, NAME)
    git("checkout", "-q", "-b", "feature")
    edit(saved)
    tierwise("scan", "plan", plan, "--baseline", NAME).complains(2, "is edited by the change", f":{NAME}")
    commit(git, NAME)
    tierwise("scan", "plan", plan, "--baseline", NAME, "--target", "main").complains(2, "is edited by the change")
    tierwise("scan", "plan", plan, "--baseline", "HEAD", "--target", "main").complains(2, "is edited by the change", "'HEAD' is part of")
    assert tierwise("scan", "plan", plan, "--baseline", "main", "--target", "main").code == 0


def test_a_baseline_that_moved_on_where_the_change_goes_is_not_edited_by_it(tierwise: Run, plan: Path, saved: Path, git: Git) -> None:
    commit(git, NAME)
    git("branch", "feature")
    edit(saved)
    commit(git, NAME)
    git("checkout", "-q", "feature")
    assert tierwise("scan", "plan", plan, "--baseline", NAME, "--target", "main").code == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_BASE_REF", "main"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
        ("CHANGE_TARGET", "main"),
    ],
)
def test_the_pipeline_says_where_the_change_goes(
    tierwise: Run, plan: Path, saved: Path, git: Git, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    commit(git, NAME)
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    edit(saved)
    commit(git, NAME)
    monkeypatch.setenv(name, value)
    tierwise("scan", "plan", plan, "--baseline", NAME).complains(2, "is edited by the change")
    git("update-ref", "-d", "refs/remotes/origin/main")
    tierwise("scan", "plan", plan, "--baseline", NAME).complains(2, "origin/main is not in this clone", "fetch-depth: 0", "--target")


def test_a_link_that_the_change_puts_in_the_baselines_place_is_an_edit(
    tierwise: Run, plan: Path, saved: Path, git: Git, home: Path
) -> None:
    (home / "other.json").write_text("{}", "utf-8")
    commit(git, NAME, "other.json")
    outside = home.parent / "outside.json"
    saved.rename(outside)
    saved.symlink_to(outside)
    assert tierwise("scan", "plan", plan, "-q", "--baseline", NAME).code == 0
    edit(outside)
    tierwise("scan", "plan", plan, "--baseline", NAME).complains(2, "is edited by the change")


def test_a_file_outside_the_working_tree_is_no_part_of_the_change(tierwise: Run, plan: Path, saved: Path, git: Git, home: Path) -> None:
    commit(git, "plan.json")
    outside = home.parent / "artefact.json"
    saved.rename(outside)
    assert tierwise("scan", "plan", plan, "--gate", "full", "--baseline", outside).code == 0


def test_a_file_outside_the_working_tree_asks_nothing_of_a_shallow_clone(
    tierwise: Run, plan: Path, saved: Path, git: Git, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(git, "plan.json")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    outside = home.parent / "artefact.json"
    saved.rename(outside)
    assert tierwise("scan", "plan", plan, "--gate", "full", "--baseline", outside).code == 0


def test_an_estate_has_no_change_that_could_edit_its_baseline(tierwise: Run, plan: Path, saved: Path, git: Git) -> None:
    commit(git, "plan.json")
    tierwise("scan", "plan", plan, "-q", "--save-inventory", "estate.jsonl")
    assert tierwise("scan", "inventory", "estate.jsonl", "--gate", "full", "--baseline", NAME).code == 0


def test_a_repository_that_git_may_not_read_is_2(tierwise: Run, plan: Path, saved: Path, home: Path) -> None:
    (home / ".git").mkdir()
    tierwise("scan", "plan", plan, "--baseline", NAME).complains(2, "git cannot read the repository")


def test_without_git_a_file_of_the_working_tree_is_2(
    tierwise: Run, plan: Path, saved: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(git, NAME)
    monkeypatch.setenv("PATH", "")
    tierwise("scan", "plan", plan, "--baseline", NAME).complains(2, "the git command is not here")
