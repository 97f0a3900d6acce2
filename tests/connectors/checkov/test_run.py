from __future__ import annotations

import json

import pytest

from tests.connectors.checkov.fake import CANARY, NOT_A_PLAN, Fake, report
from tierwise.connectors.checkov.run import as_files, ask, find
from tierwise.errors import InputError, UsageError
from tierwise.model.opinion import Said

BUCKET = "aws_s3_bucket.b"


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plans" / "my plan"
    path.parent.mkdir()
    path.write_text('{"resource_changes": []}', "utf-8")
    return path


def answer(fake, plan, timeout=60.0):
    (found,) = ask(fake.path, [(plan, "")], timeout)
    return found


def test_a_report_gives_verdicts_alone(tmp_path, plan):
    found = answer(Fake(tmp_path / "bin", json.dumps(report({"CKV_AWS_19": [BUCKET]}, {"CKV2_AWS_6": [BUCKET]}))), plan)
    assert found.said == (
        Said("CKV_AWS_19", "What CKV_AWS_19 asks", BUCKET, passed=True),
        Said("CKV2_AWS_6", "What CKV2_AWS_6 asks", BUCKET, passed=False),
    )
    assert (found.source, found.version, found.trouble) == (str(plan), "3.3.30", "")
    assert CANARY not in repr(found)


def test_it_runs_at_home_in_an_empty_folder_without_the_callers_environment(tmp_path, plan, monkeypatch):
    monkeypatch.setenv("BC_API_KEY", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key")
    monkeypatch.setenv("CKV_FRAMEWORK", "all")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    (plan.parent / ".checkov.yaml").write_text("external-checks-dir: evil\n", "utf-8")
    fake = Fake(tmp_path / "bin", json.dumps(report()))
    answer(fake, plan)
    (call,) = fake.calls
    assert set(call["env"]) - {"LC_CTYPE"} <= {
        "PATH", "LANG", "LC_ALL", "SYSTEMROOT", "HOME", "TMPDIR", "LOG_LEVEL",
        "CKV_SKIP_PACKAGE_UPDATE_CHECK", "BC_SKIP_MAPPING", "DOWNLOAD_EXTERNAL_MODULES", "CHECKOV_MAX_IAC_FILE_SIZE",
    }  # fmt: skip
    assert call["env"]["HOME"] == call["cwd"] != str(plan.parent)
    assert call["here"] == ["plan.json"], "the suffix by which Checkov knows a plan"
    assert call["plan"] == plan.read_text("utf-8")
    assert call["argv"][:5] == ["--framework", "terraform_plan", "--output", "json", "--compact"]
    assert "--skip-download" in call["argv"]
    assert "--quiet" not in call["argv"], "with it the report has no passes"


def test_each_file_has_a_run_of_its_own(tmp_path, plan):
    other = plan.with_name("other.json")
    other.write_text("{}", "utf-8")
    fake = Fake(tmp_path / "bin", json.dumps(report({"CKV_AWS_19": [BUCKET]})))
    found = list(ask(fake.path, [(plan, "a#"), (other, "b#")], 60))
    assert [(one.source, one.prefix, len(one.said)) for one in found] == [(str(plan), "a#", 1), (str(other), "b#", 1)]
    assert [call["plan"] for call in fake.calls] == [plan.read_text("utf-8"), "{}"]


@pytest.mark.parametrize(
    ("out", "code", "words"),
    [
        (json.dumps(NOT_A_PLAN), 0, "did not take the file for a plan"),
        (json.dumps(report({"CKV_AWS_19": [BUCKET]}, errors=["/plan.json"])), 0, "could not parse the file"),
        ("Traceback (most recent call last):\n", 1, "exit code 1 and printed no report"),
        ("", 2, "exit code 2 and printed no report"),
        ('{"results": 5}', 0, "exit code 0 and printed no report"),
        (json.dumps(report({"CKV_AWS_19": [BUCKET]}))[:-9], 0, "printed no report"),
        ("[]", 0, "did not take the file for a plan"),
        (json.dumps([{**report({"CKV_AWS_19": [BUCKET]}), "check_type": "terraform"}]), 0, "did not take the file for a plan"),
    ],
)
def test_what_is_no_report_on_the_plan_is_trouble_and_no_verdict(tmp_path, plan, out, code, words):
    found = answer(Fake(tmp_path / "bin", out, code=code), plan)
    assert words in found.trouble
    assert found.said == ()


def test_of_several_reports_the_one_on_the_plan_is_read(tmp_path, plan):
    reports = [{**report({"CKV_AWS_1": [BUCKET]}), "check_type": "secrets"}, report({"CKV_AWS_19": [BUCKET]})]
    assert [one.check for one in answer(Fake(tmp_path / "bin", json.dumps(reports)), plan).said] == ["CKV_AWS_19"]


def test_a_record_that_contradicts_itself_or_has_an_odd_id_is_no_verdict(tmp_path, plan):
    made = report({"CKV_AWS_19": [BUCKET], "CKV AWS\n1": [BUCKET], "CKV_AWS_20": [BUCKET]})
    made["results"]["passed_checks"][2]["check_result"]["result"] = "UNKNOWN"
    assert [one.check for one in answer(Fake(tmp_path / "bin", json.dumps(made)), plan).said] == ["CKV_AWS_19"]


def test_a_run_that_does_not_end_is_stopped_with_all_that_it_started(tmp_path, plan):
    # The child holds standard output open: were it left running, the read would never end.
    hangs = "import signal, subprocess\nsubprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\nsignal.pause()"
    found = answer(Fake(tmp_path / "bin", "", before=hangs), plan, timeout=1.0)
    assert found.trouble == "Checkov did not end within 1 seconds and was stopped"


def test_without_checkov_one_line_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"Checkov is not installed; get it with 'uv tool install checkov'") as found:
        find(None)
    assert "\n" not in str(found.value)
    with pytest.raises(UsageError, match=r"nowhere is not an executable file; get it"):
        find(tmp_path / "nowhere")
    fake = Fake(tmp_path, "")
    assert find(None) == fake.path


def test_an_executable_that_does_not_run_is_told(tmp_path, plan):
    broken = tmp_path / "checkov"
    broken.write_bytes(b"\x00\x01")
    broken.chmod(0o755)
    with pytest.raises(UsageError, match="cannot be run"):
        list(ask(broken, [(plan, "")], 60))


def test_what_can_be_read_once_only_is_refused(tmp_path, plan):
    assert as_files([plan]) == (plan,)
    for path in ("-", tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match="takes files"):
            as_files([plan, path])
