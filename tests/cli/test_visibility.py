"""Who may read the reports of a pipeline where nobody has said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tierwise.cli.visibility import why_public

OWNER = "health-assessments"
EVENTS = {
    "public": ({"repository": {"private": False}}, "the repository is public"),
    "private": ({"repository": {"private": True}}, ""),
    "a word for a truth value": ({"repository": {"private": "true"}}, "does not say"),
    "no repository": ({"schedule": "0 1 * * *"}, "does not say"),
    "no object": (["repository"], "does not say"),
    "a repository that is no object": ({"repository": "private"}, "does not say"),
}


@pytest.mark.parametrize("name", EVENTS)
def test_github_tells_it_in_the_event_and_silence_is_public(tmp_path: Path, name: str) -> None:
    event, why = EVENTS[name]
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event), "utf-8")
    said = why_public({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(path)})
    assert said if why else not said
    assert why in said


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 200_000])
def test_an_event_that_cannot_be_read_is_public(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(text)
    assert "does not say" in why_public({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(path)})


def test_no_event_is_public() -> None:
    assert "does not say" in why_public({"GITHUB_ACTIONS": "true"})


@pytest.mark.parametrize(
    ("visibility", "public"), [("public", True), ("internal", False), ("private", False), ("", True), ("Private", True)]
)
def test_gitlab_tells_it_in_a_variable_and_silence_is_public(visibility: str, public: bool) -> None:
    assert bool(why_public({"GITLAB_CI": "true", "CI_PROJECT_VISIBILITY": visibility})) is public


def test_outside_of_such_a_pipeline_it_is_for_the_team() -> None:
    assert why_public({"CI": "true", "CI_PROJECT_VISIBILITY": "public"}) == ""


def test_a_scan_in_a_public_pipeline_leaves_owners_out_and_says_so(tierwise: Run, plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert OWNER in tierwise("scan", "plan", plan).out
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_PROJECT_VISIBILITY", "public")
    ran = tierwise("scan", "plan", plan)
    assert OWNER not in ran.out
    assert "as the project is public" in ran.err
    assert tierwise("scan", "plan", plan, "-q", "--format", "json=out.json").err == ""


STORE = "aws_s3_bucket.assessments"
LOOKS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "fixes": (("fixes",), (OWNER,), "ENC-02"),
    "explain": (("explain", STORE), (OWNER, "18,000 people", "provider-managed"), "T3 heightened"),
    "classify": (("classify",), ("(health-assessments)", "tag data-classification"), STORE),
    "why": (("classify", "--why", STORE), (OWNER, "18,000 people", "data-classification"), "T3 heightened"),
}


@pytest.mark.parametrize("name", LOOKS)
def test_what_looks_at_the_last_scan_shows_the_public_what_a_report_would(
    tierwise: Run, plan: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    command, own, everyones = LOOKS[name]
    tierwise("scan", "plan", plan)
    assert all(word in tierwise(*command).out for word in (*own, everyones))
    shown = tierwise(*command, "--audience", "public")
    assert (everyones in shown.out, [word for word in own if word in shown.out]) == (True, [])
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_PROJECT_VISIBILITY", "public")
    ran = tierwise(*command)
    assert ran.out == shown.out
    assert "as the project is public" in ran.err
    assert OWNER in tierwise("fixes", "--audience", "team").out


def test_an_owner_who_is_withheld_is_not_said_to_be_missing(tierwise: Run, plan: Path) -> None:
    tierwise("scan", "plan", plan)
    ran = tierwise("explain", STORE, "--audience", "public")
    assert "its owner declares it" in ran.out
    assert "none is named" not in ran.out


def test_lines_of_a_register_are_not_for_the_public(tierwise: Run, plan: Path) -> None:
    tierwise("scan", "plan", plan)
    tierwise("classify", "suggest", "--audience", "public").complains(2, "--audience team")
    assert tierwise("classify", "suggest", "--audience", "team").code == 0


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
def test_what_somebody_has_said_stands_in_a_public_pipeline(
    tierwise: Run, plan: Path, home: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_PROJECT_VISIBILITY", "public")
    if how == "variable":
        monkeypatch.setenv("TIERWISE_AUDIENCE", "team")
    if how == "file":
        (home / "tierwise.toml").write_text('audience = "team"\n', "utf-8")
    ran = tierwise("scan", "plan", plan, *(("--audience", "team") if how == "flag" else ()))
    assert OWNER in ran.out
    assert ran.err == ""
