"""Reads the Terraform and OpenTofu files under a directory for the index by which reports name file and line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tierwise.errors import UsageError
from tierwise.reports.locate import SourceIndex, index

MOST_FILES: Final = 20_000
MOST_BYTES: Final = 2 << 20
_ENDINGS: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")


def read_sources(folder: Path, here: Path) -> SourceIndex:
    """The index of a configuration; paths are shown from `here` where it holds the directory, as code hosts want them, else from the directory.

    The local modules that it calls are read with it wherever `here` holds them. Hidden directories (`.terraform`, `.git`) and links are passed over,
    as are files over 2 MiB. UsageError where nothing can be read.
    """
    top = holding_files(folder)
    base = here.resolve() if top.is_relative_to(here.resolve()) else top

    def again(path: str) -> str:
        file = base / path
        return _text(file) if file.is_file() else ""

    def read(files: Iterable[Path]) -> SourceIndex:
        return index(((path.relative_to(base).as_posix(), _text(path)) for path in files), top.relative_to(base).as_posix(), again)

    found, number = read(_files(top)), 0
    seen: set[str] = set()
    while wanted := sorted(one for one in found.missing() - seen if _is_within(base, one)):
        seen.update(wanted)
        files = [path for one in wanted for path in _files(base / one, below=False)]
        number += len(files)
        if number > MOST_FILES:
            raise UsageError(f"--source-dir {str(folder)!r} calls modules of more than {MOST_FILES:,} .tf files; name another directory")
        found = found.beside(read(files))
    return found


def _is_within(base: Path, folder: str) -> bool:
    """Whether a directory is in another one, reached without links and hidden ones."""
    place = base / folder
    return not any(part.startswith(".") for part in Path(folder).parts) and place.is_dir() and place.resolve() == place


def holding_files(folder: Path) -> Path:
    """The directory, resolved; UsageError where it is none or holds no file of a configuration."""
    if not folder.is_dir():
        raise UsageError(f"--source-dir {str(folder)!r} is not a directory; name the one with the root module's .tf files")
    top = folder.resolve()
    if next(_files(top), None) is None:
        raise UsageError(f"--source-dir {str(folder)!r} holds no .tf or .tofu file; name the directory of the root module")
    return top


def _files(top: Path, *, below: bool = True) -> Iterator[Path]:
    number = 0
    for place, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if below and not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if name.endswith(_ENDINGS) and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
                number += 1
                if number > MOST_FILES:
                    raise UsageError(
                        f"--source-dir {str(top)!r} holds more than {MOST_FILES:,} .tf files; name the root module's directory"
                    )
                yield path


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or type(error).__name__}") from None
