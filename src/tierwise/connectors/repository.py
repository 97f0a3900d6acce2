"""Reads a git repository through the git command, without a shell: commits, merge bases and files at a commit; nothing is written."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tierwise.errors import InputError

_SECONDS: Final = 60
_HEADER: Final = re.compile(r"[0-9a-f]{40,64} \d+ \d+")
MOST_BYTES: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a directory lies in."""

    folder: Path
    top: Path
    """Its working tree's root."""

    def commit(self, revision: str) -> str | None:
        """The commit that a revision names, or None."""
        if revision.startswith("-"):
            return None
        found = _git(self.folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return found.stdout.decode().strip() if found.returncode == 0 else None

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits; None where the history that is here has none (a shallow clone)."""
        found = _git(self.folder, "merge-base", one, other)
        return found.stdout.decode().strip() if found.returncode == 0 else None

    def holds(self, ancestor: str, commit: str) -> bool:
        """Whether a commit is another one or has it in its history."""
        return _git(self.folder, "merge-base", "--is-ancestor", ancestor, commit).returncode == 0

    def file(self, commit: str, path: str) -> bytes | None:
        """What a file holds at a commit, as it is stored (no filter and no driver of the repository runs); None where there is none.

        `path` counts from the top, `./path` from the directory (gitrevisions(7), `<rev>:<path>`).
        """
        size = _git(self.folder, "cat-file", "-s", f"{commit}:{path}")
        if size.returncode:
            return None
        if int(size.stdout) > MOST_BYTES:
            raise InputError(f"{commit[:12]}:{path}: larger than {MOST_BYTES >> 20} MiB; that is no baseline")
        found = _git(self.folder, "cat-file", "blob", f"{commit}:{path}")
        return found.stdout if found.returncode == 0 else None

    def lines_from(self, commit: str, path: str) -> list[str] | None:
        """The commit that brought each line of a file as it is at a commit: where a branch was merged, the merge. None where there is no such file.

        No driver of the repository turns the file into another text, and no list of commits to pass over is obeyed (git-blame(1)).
        """
        plain = ("-c", "blame.ignoreRevsFile=", "blame", "--no-textconv", "--first-parent", "--root", "--porcelain")
        found = _git(self.folder, *plain, commit, "--", path)
        if found.returncode:
            return None
        # A line of the file follows its header and begins with a tab; the headers of others begin with the name of a commit.
        heads = (line for line in found.stdout.decode("utf-8", "replace").split("\n") if not line.startswith("\t"))
        return [line.partition(" ")[0] for line in heads if _HEADER.match(line)]

    def order(self, commit: str, path: str) -> list[str]:
        """The commits that changed a file, the latest first, each merge as one."""
        return _git(self.folder, "rev-list", "--first-parent", commit, "--", path).stdout.decode().split()

    def cut(self) -> frozenset[str]:
        """The commits at which the history that is here ends though there is more (a shallow clone)."""
        if _git(self.folder, "rev-parse", "--is-shallow-repository").stdout.strip() != b"true":
            return frozenset()
        return frozenset(_git(self.folder, "rev-list", "--max-parents=0", "HEAD").stdout.decode().split())

    def path_of(self, file: Path) -> str | None:
        """The path of a file below the top, by its name as given before by where links lead; None for one outside the working tree."""
        parent, name = os.path.split(os.path.abspath(file))  # noqa: PTH100 - Path.resolve would follow a link that the change may have put there
        for one in (Path(parent, name), Path(os.path.realpath(parent), name), Path(os.path.realpath(file))):
            if one.is_relative_to(self.top):
                return one.relative_to(self.top).as_posix()
        return None


def repository_at(folder: Path) -> Repository | None:
    """The repository of a directory; None where it lies in none. InputError where there is one that git cannot or may not read."""
    if not any((one / ".git").exists() for one in (folder, *folder.parents)):
        return None
    found = _git(folder, "rev-parse", "--show-toplevel")
    if found.returncode:
        said = (found.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[0]
        raise InputError(f"git cannot read the repository of {folder}: {said}")
    return Repository(folder, Path(os.fsdecode(found.stdout).rstrip("\n")))


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "--no-pager", "--literal-pathspecs", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - arguments as a list, no shell; a revision never begins with a hyphen
            command, cwd=folder, env=environment, capture_output=True, check=False, timeout=_SECONDS
        )
    except FileNotFoundError:
        raise InputError("the git command is not here; install git, or keep the baseline outside the repository's working tree") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"git {arguments[0]} did not answer within {_SECONDS} seconds") from None
