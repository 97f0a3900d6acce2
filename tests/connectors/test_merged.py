from __future__ import annotations

import subprocess

import pytest

from tierwise.catalogue.register import load_acceptances
from tierwise.classify.attest import Attested
from tierwise.classify.gather import signed
from tierwise.cli.settings import read_attestations, read_corrections
from tierwise.connectors.merged import NOT_YET, NOWHERE, with_commits
from tierwise.model.sensitivity import Tier

ONE = """\
  - control: ENC-01
    resource: claims
    reason: >-
      waits for
      its end
    owner: records
    approver: A. Name
    expires: 2027-01-31
"""
TWO = "  - {control: LOG-02, resource: archive, reason: r, owner: o, approver: B. Name, expires: 2027-02-28}\n"


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Runs git in a new repository, whatever this machine's own settings are."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")

    def run(*args, at="repo"):
        (tmp_path / at).mkdir(exist_ok=True)
        who = ("-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "init.defaultBranch=main")
        made = subprocess.run(["git", *who, *args], cwd=tmp_path / at, check=True, capture_output=True, text=True)
        return made.stdout.strip()

    run("init", "-q")
    return run


def said(path):
    return [one.merged for one in with_commits(path, load_acceptances(path))]


def test_each_entry_names_the_latest_commit_that_changed_it(git, tmp_path):
    path = tmp_path / "repo" / "acceptances.yaml"

    def commit(text, message):
        path.write_text(text)
        git("add", ".")
        git("commit", "-qm", message)
        return f"merged in {git('rev-parse', 'HEAD')[:12]}"

    first = commit(f"acceptances:\n{ONE}", "one")
    both = commit(f"acceptances:\n{TWO}\n  # why\n{ONE}", "another, above it")
    assert said(path) == [both, first]
    longer = commit(f"acceptances:\n{TWO}\n  # the reason\n{ONE.replace('its end', 'its replacement')}", "the reason's second line")
    assert said(path) == [both, longer]
    path.write_text(f"# new\nacceptances:\n{TWO}{ONE.replace('2027-01-31', '2027-03-31')}")
    assert said(path) == [both, NOT_YET]


def test_corrections_and_attestations_name_theirs(git, tmp_path):
    corrections, attestations = (tmp_path / "repo" / name for name in ("corrections.yaml", "attestations.yaml"))
    corrections.write_text(
        "corrections:\n  - {resource: claims, rule: name-words, source: claims, reason: r, approver: a, expires: 2027-01-31}\n"
        "attestations:\n  - {kind: pseudonymised, resource: claims, reason: r, approver: a, expires: 2027-01-31}\n"
    )
    attestations.write_text(
        "attested:\n  - {about: incident-plan, scope: {organisation: true}, statement: s, evidence: e, maker: m, role: r, approver: a, made: 2026-01-06}\n"
    )
    git("add", ".")
    git("commit", "-qm", "all")
    merged = f"merged in {git('rev-parse', 'HEAD')[:12]}"
    said = read_corrections(corrections)
    assert [one.merged for one in said.corrections] == [one.merged for one in said.attestations] == [merged]
    assert signed(said.corrections[0]) == f"Reason: r (approved by a, until 2027-01-31, {merged})"
    (step,) = Attested(said.attestations).steps(Tier.T2, at_risk=False)
    assert step.because.endswith(f"(approved by a, until 2027-01-31, {merged})")
    assert [one.written for one in read_attestations(attestations)] == [f"attestations.yaml:2, {merged}"]


def test_what_a_branch_brought_was_merged_in_the_merge(git, tmp_path):
    path = tmp_path / "repo" / "acceptances.yaml"
    path.write_text(f"acceptances:\n{ONE}")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "risk")
    path.write_text(f"acceptances:\n{ONE}{TWO}")
    git("commit", "-qam", "two")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "merged", "risk")
    merge, before = git("rev-parse", "HEAD"), git("rev-parse", "HEAD~1")
    assert said(path) == [f"merged in {before[:12]}", f"merged in {merge[:12]}"]
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}/repo", "../shallow")
    assert said(tmp_path / "shallow" / "acceptances.yaml") == ["in a commit that the history here does not have"] * 2


def test_where_there_is_no_commit_it_says_so(git, tmp_path):
    for name, words in (("repo", NOT_YET), ("elsewhere", NOWHERE)):
        path = tmp_path / name / "acceptances.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"acceptances:\n{ONE}")
        assert said(path) == [words]


def test_nothing_of_a_repository_runs_or_hides_a_commit(git, tmp_path):
    path, ran = tmp_path / "repo" / "acceptances.yaml", tmp_path / "ran"
    path.write_text(f"acceptances:\n{ONE}")
    (path.parent / ".gitattributes").write_text("*.yaml diff=mine filter=mine\n")
    git("add", ".")
    git("commit", "-qm", "one")
    commit = git("rev-parse", "HEAD")
    (path.parent / "passed-over").write_text(f"{commit}\n")
    for key, value in {
        "diff.mine.textconv": f"touch {ran}; cat",
        "filter.mine.clean": f"touch {ran}; cat",
        "filter.mine.smudge": f"touch {ran}; cat",
        "blame.ignoreRevsFile": "passed-over",
    }.items():
        git("config", key, value)
    assert said(path) == [f"merged in {commit[:12]}"]
    assert not ran.exists()


def test_a_repository_that_git_cannot_read_costs_the_commit_and_not_the_acceptance(tmp_path, monkeypatch):
    path = tmp_path / "acceptances.yaml"
    path.write_text(f"acceptances:\n{ONE}")
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (words,) = said(path)
    assert words.startswith("in a repository that cannot be read (git cannot read the repository of")
