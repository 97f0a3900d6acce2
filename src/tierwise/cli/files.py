"""Where files of ours lie, and how results are written: whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tierwise.errors import UsageError

_PIECE = 1 << 18
"""Bytes of a file that are written at once."""


def data_dir() -> Path:
    """Where the last scan is kept: TIERWISE_DATA, else the user's data directory."""
    base = os.environ.get("TIERWISE_DATA")
    if base:
        return Path(base)
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "tierwise"


def write_atomically(path: Path, data: bytes | Iterable[bytes], *, private: bool = False) -> None:
    """Write beside the target, then rename; UsageError where the place cannot be written. `private`: readable by the user alone.

    A device, a pipe or a descriptor (`/dev/stdout`) is written to as it is, and never replaced.
    """
    name = ""
    try:
        if _is_stream(path):
            with path.open("wb") as stream:
                stream.writelines([data] if isinstance(data, bytes) else data)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with open(handle, "wb", buffering=_PIECE) as file:  # noqa: PTH123 - an open descriptor, not a path
            file.writelines([data] if isinstance(data, bytes) else data)
        if not private:
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException as error:
        # What was written so far would fill a full disk further.
        if name:
            Path(name).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise UsageError(f"cannot write {path}: {error.strerror or type(error).__name__}") from None


def _is_stream(path: Path) -> bool:
    if not path.exists():
        return False
    # Descriptors are links, whatever they lead to.
    return not (path.is_file() or path.is_dir()) or (path.is_symlink() and path.parent.resolve().parts[1:2] in (("dev",), ("proc",)))


def emit(made: str | bytes | Iterable[bytes]) -> None:
    """Write to stdout, bytes as they are; UsageError where it cannot be written. Where nobody reads on, what is left goes nowhere."""
    with _told():
        sys.stdout.flush()
    for piece in [made.encode("utf-8", "replace")] if isinstance(made, str) else [made] if isinstance(made, bytes) else made:
        with _told():
            sys.stdout.buffer.write(piece)
    with _told():
        sys.stdout.flush()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # What is still held back would fail again when the process ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            raise UsageError(f"cannot write to standard output: {error.strerror or type(error).__name__}") from None


def put(made: str | bytes, path: Path | None) -> None:
    """Write to a file, or to stdout where there is none."""
    if path is None:
        emit(made)
    else:
        write_atomically(path, made if isinstance(made, bytes) else made.encode("utf-8", "replace"))
