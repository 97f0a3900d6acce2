"""Runs Checkov on plan files, each in a process of its own, and reads the verdicts out of what it prints."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from tierwise.errors import InputError, UsageError
from tierwise.model.opinion import Answer, Said

TOOL: Final = "Checkov"
GET_IT: Final = "get it with 'uv tool install checkov' (or 'pipx install checkov'), or name an executable with --checkov-bin PATH"
_ARGUMENTS: Final = ("--framework", "terraform_plan", "--output", "json", "--compact", "--skip-download", "--skip-results-upload")
"""`--compact` leaves the code blocks out; `--skip-download` is `no` to the platform. Not `--quiet`: with it, JSON has no passes
(`Report.get_dict`, checkov 3.3.30)."""
_ENVIRONMENT: Final = {
    # Asks the package index for a newer release while it is imported (checkov/common/util/banner.py).
    "CKV_SKIP_PACKAGE_UPDATE_CHECK": "TRUE",
    "BC_SKIP_MAPPING": "TRUE",
    "DOWNLOAD_EXTERNAL_MODULES": "FALSE",
    "LOG_LEVEL": "CRITICAL",
}
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")
_CHECK: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_TITLE: Final = 300


class _Result(msgspec.Struct):
    result: str = ""


class _Record(msgspec.Struct):
    """Of a verdict only what says which, on what, and how it came out: code blocks, entities and tags are not decoded."""

    check_id: str = ""
    check_name: str | None = None
    check_result: _Result = msgspec.field(default_factory=_Result)
    resource: str = ""


class _Results(msgspec.Struct):
    passed_checks: list[_Record] = []
    failed_checks: list[_Record] = []
    parsing_errors: list[str] = []


class _Summary(msgspec.Struct):
    checkov_version: str = ""


class _Report(msgspec.Struct):
    check_type: str = ""
    results: _Results | None = None
    """Absent where no runner took the file: it is no plan to Checkov, which ends with exit code 0 all the same."""
    summary: _Summary = msgspec.field(default_factory=_Summary)
    checkov_version: str = ""
    """Where there are no results, the summary stands alone."""


def find(named: Path | None) -> Path:
    """The executable that was named, else `checkov` on the path; UsageError says how to get it."""
    found = shutil.which(str(named) if named is not None else TOOL.lower())
    if found is None:
        missing = f"{named} is not an executable file" if named is not None else "Checkov is not installed"
        raise UsageError(f"--with-checkov: {missing}; {GET_IT}")
    return Path(found).absolute()


def as_files(paths: Sequence[Path | str]) -> tuple[Path, ...]:
    """The paths of plans that Checkov can read for itself; InputError for what can be read only once."""
    found = tuple(path for path in paths if isinstance(path, Path) and path.is_file())
    if len(found) != len(paths):
        raise InputError(
            "--with-checkov takes files, for Checkov reads them once more\n  save the plan: terraform show -json plan.bin > plan.json"
        )
    return found


def ask(executable: Path, plans: Iterable[tuple[Path, str]], timeout: float) -> Iterator[Answer]:
    """What Checkov says of each plan, given by its file and the prefix of its resources' ids."""
    return (_asked(executable, path, prefix, timeout) for path, prefix in plans)


def _asked(executable: Path, path: Path, prefix: str, timeout: float) -> Answer:
    """One run, at home in an empty folder: a `.checkov.yaml` beside the plan could load code into it (`--external-checks-dir`)."""
    with tempfile.TemporaryDirectory(prefix="tierwise-checkov-") as home:
        # Checkov takes a file for a plan by its suffix alone.
        plan = Path(home, "plan.json")
        plan.symlink_to(path.absolute())
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= _ENVIRONMENT | {"HOME": home, "TMPDIR": home, "CHECKOV_MAX_IAC_FILE_SIZE": str(path.stat().st_size + 1)}
        command = [str(executable), *_ARGUMENTS, "--file", str(plan)]
        try:
            code, out = _run(command, home, environment, timeout)
        except subprocess.TimeoutExpired:
            return Answer(str(path), prefix, trouble=f"Checkov did not end within {timeout:g} seconds and was stopped")
        except OSError as error:
            raise UsageError(f"--with-checkov: {executable} cannot be run ({error.strerror or type(error).__name__}); {GET_IT}") from None
    return read(out, code, str(path), prefix)


def _run(command: Sequence[str], home: str, environment: dict[str, str], timeout: float) -> tuple[int, bytes]:
    """Exit code and standard output; what it writes to standard error could hold values of the plan and is dropped."""
    with subprocess.Popen(  # noqa: S603 - the executable that the user named
        command,
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            out, _ = process.communicate(timeout=timeout)
        except BaseException:
            _stop(process)
            raise
    return process.returncode, out


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The process and what it started."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()


def read(out: bytes, code: int, source: str, prefix: str) -> Answer:
    """The answer in Checkov's JSON; whatever is not a report on the plan is trouble, never a pass."""
    try:
        found = msgspec.json.decode(out, type=_Report | list[_Report])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Answer(source, prefix, trouble=f"Checkov ended with exit code {code} and printed no report")
    reports = [one for one in (found if isinstance(found, list) else [found]) if one.results is None or one.check_type == "terraform_plan"]
    version = next((said for one in reports if (said := one.summary.checkov_version or one.checkov_version)), "")[:40]
    results = [one.results for one in reports if one.results is not None]
    if not results:
        return Answer(source, prefix, version=version, trouble="Checkov did not take the file for a plan")
    if any(one.parsing_errors for one in results):
        return Answer(source, prefix, version=version, trouble="Checkov could not parse the file")
    said = (
        _said(record, passed)
        for one in results
        for records, passed in ((one.passed_checks, True), (one.failed_checks, False))
        for record in records
    )
    return Answer(source, prefix, tuple(one for one in said if one is not None), version)


def _said(record: _Record, passed: bool) -> Said | None:
    if not _CHECK.fullmatch(record.check_id) or record.check_result.result != ("PASSED" if passed else "FAILED"):
        return None
    return Said(record.check_id, (record.check_name or "")[:_MOST_TITLE], record.resource, passed)
