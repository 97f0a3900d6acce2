from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scan.recording import refused
from tierwise.connectors.aws import role
from tierwise.connectors.aws.calls import SDK_ERRORS
from tierwise.connectors.aws.session import Account


@pytest.fixture
def account(monkeypatch):
    """`account(error)` makes every call of an account end with an error; roles named in `roles` alone if it is given."""

    def fail(code: str, only: str = "") -> None:
        class Client:
            def __getattr__(self, method):
                def call(**_params):
                    if only and method != only:
                        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ada"}
                    raise refused(method, code)

                return call

        monkeypatch.setattr(Account, "client", lambda *_: Client())

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return fail


def test_no_credentials_is_4_and_says_where_it_looked(tierwise):
    tierwise("scan", "aws", "--region", "eu-west-2").complains(4, "no AWS credentials", "aws sso login", "tierwise demo")


def test_expired_credentials_are_4_and_say_how_to_renew(tierwise, home, account):
    account("ExpiredToken")
    tierwise("scan", "aws", "--region", "eu-west-2").complains(4, "expired", "aws sso login")


def test_refused_credentials_are_4(tierwise, home, account):
    account("InvalidClientTokenId")
    tierwise("scan", "aws", "--region", "eu-west-2").complains(4, "does not accept", "aws sts get-caller-identity")


def test_a_role_that_cannot_be_assumed_is_4_and_says_what_to_change(tierwise, home, account):
    account("AccessDenied", only="assume_role")
    ran = tierwise("scan", "aws", "--region", "eu-west-2", "--role-arn", "arn:aws:iam::210987654321:role/reader")
    ran.complains(4, "no role could be assumed", "arn:aws:iam::210987654321:role/reader", "trust policy")


def test_an_aws_profile_that_does_not_exist_is_4(tierwise, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    tierwise("scan", "aws", "--region", "eu-west-2").complains(4, "AWS_PROFILE")


def test_the_errors_above_are_those_that_the_connector_catches():
    assert isinstance(refused("GetCallerIdentity"), SDK_ERRORS)
    assert role.SESSION_NAME == "tierwise-scan"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--region", "eu-wset-2"), ("eu-wset-2", "did you mean 'eu-west-2'?")),
        (("--service", "s33"), ("s33", "did you mean 's3'?")),
        (("--account", "12345"), ("12 digits",)),
        (("--role-arn", "arn:aws:iam::1:role/x"), ("is not a role",)),
        (("--profile", "uk-gov-personl-data"), ("uk-gov-personl-data", "did you mean 'uk-gov-personal-data'?")),
        (("--control", "ENCC-02"), ("ENCC-02", "did you mean 'ENC-02'?")),
        (("--fail-on", "hihg"), ("did you mean 'high'?",)),
        (("--gate", "ful"), ("did you mean 'full'?",)),
        (("--audience", "publik"), ("did you mean 'public'?",)),
        (("--register", "nowhere.yaml"), ("nowhere.yaml",)),
        (("--config", "nowhere.toml"), ("nowhere.toml",)),
        (("--jobs", "0"), ("--jobs",)),
    ],
    ids=lambda value: value[0].strip("-") if isinstance(value, tuple) else "",
)
def test_a_name_that_does_not_exist_is_2_and_is_met_with_the_nearest(tierwise, args, words):
    tierwise("scan", "aws", *args).complains(2, *words)


BROKEN_BEFORE = (
    '{"resource_changes":[{"address":"aws_s3_bucket.b","type":"aws_s3_bucket","change":{"actions":["update"],"before":{"size":'
    + "9" * 5000
    + '},"after":{}}}]}'
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("plan.json",)),
        ("{", ("plan.json",)),
        ("[]", ("plan.json",)),
        ('{"format_version": "1.2"', ("plan.json",)),
        ('{"hello": 1}', ("terraform show -json",)),
        ("\x00\x01", ("plan.json",)),
        (BROKEN_BEFORE, ("resource_changes[0] ('aws_s3_bucket.b'): change.before", "terraform show -json")),
    ],
    ids=["empty", "brace", "list", "cut", "foreign", "binary", "broken-before"],
)
def test_a_file_that_is_no_plan_is_2(tierwise, home, text, words):
    (home / "plan.json").write_text(text, "utf-8")
    tierwise("scan", "plan", "plan.json").complains(2, *words)


STATE: dict[str, object] = {"format_version": "1.0", "values": {"root_module": {"resources": []}}}


def test_a_state_where_a_plan_was_meant_is_2(tierwise, home):
    (home / "terraform.tfstate").write_text('{"version": 4, "serial": 1, "lineage": "x", "resources": []}', "utf-8")
    tierwise("scan", "plan", "terraform.tfstate").complains(2, "raw state", "terraform show -json terraform.tfstate > state.json")
    (home / "state.json").write_text(json.dumps(STATE), "utf-8")
    tierwise("scan", "plan", "state.json", "--gate", "new").complains(2, "this is a state", "terraform show -json plan.bin", "--gate full")


def test_a_state_is_judged_whole_where_no_mode_is_asked_for(tierwise, home):
    values = {"bucket": "patient-records", "tags": {"data-classification": "special-category"}}
    module = {"resources": [{"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b", "values": values}]}
    (home / "state.json").write_text(json.dumps({**STATE, "values": {"root_module": module}}), "utf-8")
    ran = tierwise("scan", "plan", "state.json", "--format", "json", "--fail-on", "low")
    assert json.loads(ran.out)["resources"]
    assert ran.code == 1
    assert tierwise("scan", "plan", "state.json", "-q").code == tierwise("scan", "plan", "state.json", "-q", "--gate", "full").code


def test_a_plan_that_is_not_there_is_2(tierwise):
    tierwise("scan", "plan", "nowhere.json").complains(2, "nowhere.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "not json",
        '{"schema": "tierwise/inventory/9"}',
        '{"schema": "tierwise/inventory/1", "started": "yesterday"}',
        '{"schema": "tierwise/inventory/1", "started": "2026-01-15T09:00:00+00:00"}\n{"resource": {"id"',
        '{"schema": "tierwise/inventory/1", "started": "2026-01-15T09:00:00+00:00"}\n{"resource": {}}',
        '{"schema": "tierwise/inventory/1", "started": "2026-01-15T09:00:00+00:00"}\n[]',
    ],
    ids=["empty", "object", "text", "version", "time", "cut", "bare", "list"],
)
def test_a_file_that_is_no_inventory_is_2(tierwise, home, text):
    (home / "estate.jsonl").write_text(text, "utf-8")
    tierwise("scan", "inventory", "estate.jsonl").complains(2, "estate.jsonl")


@pytest.mark.parametrize("option", ["--register", "--corrections", "--acceptances", "--profile"])
@pytest.mark.parametrize("text", ["entries: [", "- just\n- a list\n", "\x00"], ids=["malformed", "list", "binary"])
def test_a_yaml_file_that_cannot_be_used_is_2(tierwise, plan, home, option, text):
    (home / "given.yaml").write_text(text, "utf-8")
    tierwise("scan", "plan", plan, option, "given.yaml").complains(2, "given.yaml")


def test_a_profile_is_read_from_a_file_of_any_name(tierwise, plan, home):
    (home / "mine").write_text("- just\n- a list\n", "utf-8")
    tierwise("scan", "plan", plan, "--profile", "mine").complains(2, "mine:1:1")


def test_a_settings_file_that_is_no_toml_is_2(tierwise, plan, home):
    (home / "tierwise.toml").write_text("profile = ", "utf-8")
    tierwise("scan", "plan", plan).complains(2, "tierwise.toml", "not valid TOML")


def test_a_settings_file_that_cannot_be_read_is_2_in_the_words_of_the_system(tierwise, plan, home):
    (home / "latin.toml").write_bytes(b"profile = '\xe9'\n")
    tierwise("scan", "plan", plan, "--config", "latin.toml").complains(2, "latin.toml", "byte 11 is not UTF-8")
    tierwise("scan", "plan", plan, "--config", home).complains(2, "Is a directory")


def test_every_problem_of_a_settings_file_is_told_with_its_line(tierwise, plan, home):
    (home / "tierwise.toml").write_text('schema = 1\nprofle = "x"\njobs = "many"\n\n[aws]\nregion = ["eu-west-2"]\n', "utf-8")
    tierwise("scan", "plan", plan).complains(
        2, "tierwise.toml:2", "did you mean 'profile'?", "tierwise.toml:3", "tierwise.toml:6", "'regions'"
    )


def test_many_problems_are_cut_to_six_lines(tierwise, plan, home):
    (home / "tierwise.toml").write_text("\n".join(f"wrong{number} = 1" for number in range(40)), "utf-8")
    tierwise("scan", "plan", plan).complains(2, "35 more problems")


def test_hostile_names_are_written_out_on_stderr(tierwise):
    ran = tierwise("scan", "plan", "\x1b[31mred\u202e.json")
    ran.complains(2, "\\x1b[31mred\\u202e.json")
    assert "\x1b" not in ran.err


def test_two_results_on_stdout_are_2(tierwise, plan):
    tierwise("scan", "plan", plan, "--format", "json", "--format", "console").complains(2, "two results", "stdout")


def test_an_unknown_format_and_an_unknown_verdict_are_2(tierwise, plan):
    tierwise("scan", "plan", plan, "--format", "jsno").complains(2, "did you mean 'json'?")
    tierwise("scan", "plan", plan, "--format", "json", "--findings", "fial").complains(2, "did you mean 'fail'?")


def test_a_place_that_cannot_be_written_is_2_and_leaves_nothing(tierwise, plan, home):
    (home / "taken").write_text("a file", "utf-8")
    ran = tierwise("scan", "plan", plan, "-q", "--format", "json=taken/out.json")
    ran.complains(2, "cannot write")
    assert (home / "taken").read_text("utf-8") == "a file"


def test_files_are_written_whole_or_not_at_all(tierwise, plan, home, monkeypatch):
    target = home / "out.json"
    target.write_text("before", "utf-8")
    replaced = []
    monkeypatch.setattr("pathlib.Path.replace", lambda self, to: replaced.append((self.read_bytes(), to)))
    tierwise("scan", "plan", plan, "-q", "--format", "json=out.json")
    assert target.read_text("utf-8") == "before"
    whole = next(data for data, to in replaced if to.name == "out.json")
    assert json.loads(whole)["schema"] == "tierwise/scan/1"


def test_what_is_kept_for_explain_is_readable_by_the_user_alone(tierwise, plan, home):
    tierwise("scan", "plan", plan, "-q")
    data = Path(os.environ["TIERWISE_DATA"])
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "last.jsonl").stat().st_mode) == 0o600


def test_explain_without_a_scan_says_what_to_run(tierwise):
    tierwise("explain", "patient-records").complains(2, "tierwise demo")


def test_a_bug_ends_with_70_and_a_file_and_no_traceback(tierwise, plan, monkeypatch, tmp_path):
    def broken(*_args, **_more):
        raise ZeroDivisionError("made for this test")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tierwise.scan.scan", broken)
    ran = tierwise("scan", "plan", plan)
    ran.complains(70, "this is a bug in tierwise")
    crash = next(tmp_path.glob("tierwise-crash-*"))
    assert "ZeroDivisionError: made for this test" in crash.read_text("utf-8")


def written_to(out: int, *words: str) -> tuple[int, str]:
    """How a command of a process of its own ends that writes to a descriptor, and what it says of it."""
    ran = subprocess.run([sys.executable, "-m", "tierwise", *words], stdout=out, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    return ran.returncode, ran.stderr


@pytest.mark.parametrize("words", [("facts", "list"), ("--help",)], ids=" ".join)
def test_a_listing_that_nobody_reads_on_ends_as_sigpipe_ends_a_program_and_not_as_a_failed_gate(home, words):
    reads, writes = os.pipe()
    os.close(reads)
    assert written_to(writes, *words) == (141, "")
    os.close(writes)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_listing_that_finds_no_room_is_no_bug(home):
    with Path("/dev/full").open("wb") as full:
        assert written_to(full.fileno(), "facts", "list") == (2, "error: cannot write: No space left on device\n")
