"""Receivers are told by the command line: once, without secrets in sight, and without a word changing the scan."""

from __future__ import annotations

import json

import pytest

from tests.notify.conftest import receiver  # noqa: F401 - a fixture
from tests.reports.test_notice import NOW, THEN
from tests.store.worlds import SERIES
from tierwise.store.connect import open_store
from tierwise.store.save import save

TOKEN = "0123456789abcdef0123456789abcdef"
SETTINGS = """\
store = "kept.db"
[notify.team]
url-env = "TEAM_URL"
secret-file = "secret"
min-severity = "low"
allow-networks = ["127.0.0.0/8", "::1/128"]
[notify.chat]
kind = "slack"
url-env = "TEAM_URL"
min-tier = "T4"
allow-networks = ["127.0.0.0/8", "::1/128"]
"""


@pytest.fixture
def runs(home, receiver, monkeypatch):  # noqa: F811 - the fixture
    """Settings with two receivers, and two kept runs of which the second brings failures; the receiver."""
    (home / "tierwise.toml").write_text(SETTINGS)
    (home / "secret").write_text(f"{TOKEN}\n")
    monkeypatch.setenv("TEAM_URL", receiver.url)
    store = open_store("kept.db", home, create=True)
    for number, world in enumerate((THEN, NOW), 1):
        save(store, world.result(number), series=SERIES, controls=world.controls)
    return receiver


def test_each_receiver_is_told_once_and_signed_where_it_has_a_secret(tierwise, runs):
    ran = tierwise("notify")
    assert ran.code == 0, ran.err
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == ["team", "chat"]
    (_, first, body), *_ = runs.got
    told = json.loads(body)
    assert (told["schema"], told["delivery"]) == ("tierwise/notice/1", first["Tierwise-Delivery"])
    assert first["Tierwise-Signature"].startswith("t=")
    assert set(told["counts"]) == {"new", "worse", "became unknown", "fixed"}
    sent = len(runs.got)
    again = tierwise("notify")
    assert (again.code, len(runs.got)) == (0, sent)
    assert "team: has been told of run" in again.out


def test_a_receiver_may_be_called_anything(tierwise, runs, home):
    (home / "tierwise.toml").write_text(SETTINGS.replace("[notify.team]", '[notify."комáнда\\n\u2028"]'))
    ran = tierwise("notify")
    assert ran.code == 0, ran.err
    (_, head, body), *_ = runs.got
    assert head["Tierwise-Delivery"].isascii()
    assert json.loads(body)["delivery"] == head["Tierwise-Delivery"]
    assert "\u2028" not in ran.out + ran.err


def test_a_dry_run_prints_what_would_be_sent_and_needs_no_secret(tierwise, runs, home, monkeypatch):
    monkeypatch.delenv("TEAM_URL")
    (home / "secret").unlink()
    ran = tierwise("notify", "--dry-run", "--to", "team")
    assert (ran.code, runs.got) == (0, [])
    assert json.loads(ran.out)["findings"]
    assert "team: webhook would be sent" in ran.err
    tierwise("notify", "--dry-run", "--audience", "public").complains(2, "the public may not see")


def test_what_goes_wrong_is_told_without_the_url_and_may_be_tried_again(tierwise, runs):
    runs.status = 500
    ran = tierwise("notify", "--to", "team")
    ran.complains(2, "team has not been told of run", "it answered 500")
    assert "secret-path" not in ran.err
    runs.status = 200
    assert "team: told of run" in tierwise("notify", "--to", "team").out


def test_secrets_that_are_missing_or_none_are_told(tierwise, runs, home, monkeypatch):
    for break_it, words in (
        (lambda patch: patch.delenv("TEAM_URL"), "the environment has no TEAM_URL, which holds its url"),
        (lambda patch: patch.setenv("TEAM_URL", "http://localhost/secret-path"), "begins with https://"),
        (lambda patch: (home / "secret").write_text("short"), "fewer than 32 signs"),
        (lambda patch: (home / "secret").write_text("\n"), "the file of its secret is empty"),
        (lambda patch: (home / "secret").unlink(), "the file of its secret cannot be read"),
    ):
        with monkeypatch.context() as patch:
            break_it(patch)
            ran = tierwise("notify", "--to", "team")
        ran.complains(2, words)
        assert "secret-path" not in ran.err
    assert runs.got == []


def test_a_private_receiver_that_the_settings_do_not_allow_is_refused(tierwise, runs, home):
    (home / "tierwise.toml").write_text(SETTINGS.replace('allow-networks = ["127.0.0.0/8", "::1/128"]\n', ""))
    tierwise("notify", "--to", "team").complains(2, "private, local or reserved network", "allow-networks")
    assert runs.got == []


def test_a_scan_tells_after_it_is_kept_and_its_exit_code_is_its_own(tierwise, runs, plan, quiet_plan):
    assert tierwise("scan", "plan", quiet_plan, "--series", "plans", "-q").code == 0
    ran = tierwise("scan", "plan", plan, "--series", "plans", "-q", "--notify")
    assert ran.code == 1
    assert "team: told of run" in ran.err
    assert "team: nothing to tell" in tierwise("scan", "plan", quiet_plan, "--series", "plans", "-q", "--notify").err
    runs.status = 503
    ran = tierwise("scan", "plan", plan, "--series", "plans", "-q", "--notify", "--fail-on", "none")
    assert ran.code == 0
    assert "team has not been told of run" in ran.err
    assert "the scan is not touched by it; tell them later: tierwise notify --run" in ran.err
    assert "secret-path" not in ran.err


def test_a_scan_that_could_tell_nobody_says_so_before_it_reads(tierwise, home, plan):
    tierwise("scan", "plan", plan, "--notify").complains(2, "there are none", "[notify.NAME]")
    (home / "tierwise.toml").write_text(SETTINGS)
    tierwise("scan", "plan", plan, "--notify", "--store", "none").complains(2, "drop --store none")
    tierwise("notify", "--to", "taem").complains(2, "did you mean 'team'?")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('url = "https://hooks.example.org/T0/secret-path"', ("tierwise.toml:1: [notify.team] url has no place", "url-env")),
        ('url-env = "U"\nsecret = "secret-path"', ("secret has no place", "secret-env")),
        ("", ("names its url by either url-env or url-file",)),
        ('url-env = "U"\nurl-file = "u"', ("by either",)),
        ('url-env = "U"\nkind = "teams"', ("kind is one of webhook, slack, heartbeat, not 'teams'",)),
        ('url-env = "U"\nmin-severity = "hihg"', ("min-severity is one of",)),
        ('url-env = "U"\nkind = "slack"\nsecret-env = "S"', ("cannot check a signature",)),
        ('url-env = "U"\nallow-networks = ["10.0.0.1/8"]', ("allow-networks takes networks", "'10.0.0.1/8'")),
        ('url-env = "U"\nurl-evn = "U"', ("did you mean 'url-env'?",)),
    ],
)
def test_settings_with_mistakes_are_refused_with_their_place_and_no_secret(tierwise, home, table, words):
    (home / "tierwise.toml").write_text(f"[notify.team]\n{table}\n")
    ran = tierwise("notify", "--dry-run")
    ran.complains(2, *words)
    assert "secret-path" not in ran.err


def test_a_heartbeat_is_sent_of_each_run_though_nothing_changed_and_tells_nothing_of_it(tierwise, runs, home):
    (home / "tierwise.toml").write_text(
        'store = "kept.db"\n[notify.alive]\nkind = "heartbeat"\nurl-env = "TEAM_URL"\nallow-networks = ["127.0.0.0/8", "::1/128"]\n'
    )
    with_store = open_store("kept.db", home)
    save(with_store, NOW.result(3), series=SERIES, controls=NOW.controls)
    for run in ("last", "last~1"):
        assert "alive: told of run" in tierwise("notify", "--run", run).out
        assert "alive: has been told" in tierwise("notify", "--run", run).out
    bodies = [json.loads(body) for _, _, body in runs.got]
    assert [set(one) for one in bodies] == [{"schema", "delivery", "run"}] * 2
    assert [set(one["run"]) for one in bodies] == [{"id", "started", "gate"}] * 2
    assert bodies[0]["schema"] == "tierwise/heartbeat/1"
    assert bodies[0]["run"]["id"] != bodies[1]["run"]["id"]
