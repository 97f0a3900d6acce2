"""`--baseline FILE|REF`: where a baseline is read from, and that the change under judgement did not edit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tierwise.errors import InputError, UsageError

if TYPE_CHECKING:
    from tierwise.connectors.repository import Repository
    from tierwise.model.baseline import Baseline
    from tierwise.model.finding import ScanResult
    from tierwise.scan import Judging

DEFAULT: Final = "tierwise-baseline.json"
"""What is read, beside where the command runs, at a revision that is named without a path."""
_TARGETS: Final = {
    "GITHUB_BASE_REF": "origin/",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "origin/",
    "SYSTEM_PULLREQUEST_TARGETBRANCH": "origin/",
    "BITBUCKET_PR_DESTINATION_BRANCH": "origin/",
    "CHANGE_TARGET": "origin/",
}
"""How pipelines say where a change goes: GitHub Actions, GitLab (commit, then branch), Azure Pipelines, Bitbucket, Jenkins; and what goes before it."""

_HOW: Final = "write one with 'tierwise scan ... --save-baseline FILE', and commit it where the change goes to"


def read_against(text: str, judging: Judging, *, change: bool, target: str, environ: Mapping[str, str]) -> Baseline:
    """The baseline that `--baseline` names; InputError or UsageError where it cannot be used.

    `change`: what is judged is a change (a plan), so the baseline must be one that the change does not edit; a live scan has no change.
    """
    from tierwise.connectors.repository import repository_at
    from tierwise.evaluate.baseline import unlike

    path = Path(text)
    is_file = path.is_file()
    here = repository_at(Path.cwd()) if change or not is_file else None
    if is_file:
        raw = _bytes(path)
        if here is not None and (below := here.path_of(path)) is not None:
            _refuse_edited(here, path, below, raw, _start(here, target, environ).base)
    elif here is not None:
        raw, text = _at_revision(here, text, lambda: _start(here, target, environ) if change else None)
    else:
        raise InputError(f"--baseline {text!r} is no file, and there is no git repository here in which it could be a revision; {_HOW}")
    found = _read(raw, text, judging)
    problem = unlike(found, judging.profile.id, judging.controls)
    if problem:
        raise InputError(f"the baseline {text} does not fit: {problem}; {_HOW}")
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from None


def _read(raw: bytes, name: str, judging: Judging) -> Baseline:
    """The findings of a text; an inventory is judged as the scan is, at its own time."""
    from tierwise.connectors.inventory.baseline import is_inventory, read_baseline
    from tierwise.connectors.inventory.files import inventory_of
    from tierwise.evaluate.baseline import baseline_of
    from tierwise.evaluate.gate import unseen
    from tierwise.scan import scan

    if not is_inventory(raw):
        return read_baseline(raw, name, judging.gate)
    source = inventory_of(Path(name), raw)
    result = scan([source], replace(judging, baseline=None), started=source.started, jobs=1).result
    missing = unseen(result.gaps, result.coverage, judging.gate)
    if missing:
        raise InputError(f"{name}: the inventory is incomplete: {'; '.join(missing)}; scan again with the permissions that it names")
    return baseline_of(result, judging.controls, name)


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a change starts from."""

    base: str
    """The merge base of HEAD and where the change goes; HEAD itself where nobody says where that is: then only what is not committed is the change."""
    goal: str
    """The commit that the change goes to."""


def _start(here: Repository, target: str, environ: Mapping[str, str]) -> _Start:
    head = here.commit("HEAD")
    if head is None:
        raise InputError("the repository has no commit yet, so every file in it is part of the change; commit the baseline first")
    named = [target] if target else list(_targets(environ))
    for one in named or ["origin/HEAD"]:
        goal = here.commit(one)
        base = here.merge_base(head, goal) if goal else None
        if goal and base:
            return _Start(base, goal)
    if named:
        raise InputError(
            f"where the change starts from cannot be told: {' and '.join(named)} is not in this clone, or shares no history with HEAD;"
            " fetch it whole (git fetch --unshallow origin; on GitHub 'fetch-depth: 0'), or name another with --target"
        )
    return _Start(head, head)


def _targets(environ: Mapping[str, str]) -> Iterator[str]:
    for name, before in _TARGETS.items():
        if environ.get(name):
            yield before + environ[name].removeprefix("refs/heads/")


def _refuse_edited(here: Repository, path: Path, below: str, raw: bytes, base: str) -> None:
    """InputError where the change edits or brings the file: where it is not, byte for byte, what it was at the base."""
    before = here.file(base, below)
    if before is None:
        raise InputError(
            f"the baseline {path} is part of the change: commit {base[:12]}, from which the change starts, has no such file;"
            " commit it where the change goes to, or keep it outside the working tree"
        )
    # A checkout may write CR LF where the commit has LF (gitattributes(5), `eol`).
    if before.replace(b"\r\n", b"\n") != raw.replace(b"\r\n", b"\n"):
        raise InputError(
            f"the baseline {path} is edited by the change: commit {base[:12]}, from which the change starts, has another;"
            f" judge by that one with --baseline {base[:12]}:{below}"
        )


def _at_revision(here: Repository, text: str, start: Callable[[], _Start | None]) -> tuple[bytes, str]:
    """The file at a revision, and how it is called: `origin/main:tierwise-baseline.json`. InputError where the revision is part of the change."""
    revision, _, path = text.partition(":")
    commit = here.commit(revision)
    if commit is None:
        raise UsageError(f"--baseline {text!r} is neither a file nor a revision of this repository; {_HOW}")
    path = path or f"./{DEFAULT}"
    raw = here.file(commit, path)
    if raw is None:
        raise InputError(
            f"--baseline {text!r}: commit {commit[:12]} has no file {path.removeprefix('./')!r}; name another with REF:PATH, or {_HOW}"
        )
    change = start()
    if change is not None and here.holds(commit, "HEAD") and not here.holds(commit, change.goal) and here.file(change.base, path) != raw:
        raise InputError(
            f"the baseline {text} is edited by the change, which {revision!r} is part of; name a revision before it, such as the"
            f" {change.base[:12]} that the change starts from"
        )
    return raw, f"{revision}:{path.removeprefix('./')}"


def save_baseline(path: Path, result: ScanResult, judging: Judging) -> None:
    """Write what stands now; where the scan saw too little, write nothing and say so (it ends as incomplete or failed either way)."""
    from tierwise.cli.complaints import complain
    from tierwise.cli.files import write_atomically
    from tierwise.connectors.inventory.baseline import baseline_lines
    from tierwise.evaluate.baseline import baseline_of
    from tierwise.evaluate.gate import unseen

    missing = unseen(result.gaps, result.coverage, judging.gate)
    if missing:
        complain(f"{path} is not written, since the scan is incomplete: {'; '.join(missing)}")
        return
    write_atomically(path, baseline_lines(baseline_of(result, judging.controls, str(path))))
