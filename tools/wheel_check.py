"""Builds the wheel and runs from it: the shipped controls, profiles and the map of Checkov's checks must be inside."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Exit code 1 with the reason where the wheel is not whole."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([str(uv), "build", "--quiet", "--wheel", "--out-dir", name, str(ROOT)], check=True)
        wheel = next(folder.glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "site")
            shipped = {path for path in archive.namelist() if path.startswith("tierwise/_data/")}
        wanted = {
            f"tierwise/_data/{path.relative_to(ROOT)}" for top in ("controls", "deploy", "profiles") for path in (ROOT / top).rglob("*.*")
        }
        if wanted - shipped:
            print(f"not in the wheel: {sorted(wanted - shipped)}")
            return 1
        code = "import tierwise, sys; from tierwise.catalogue.controls import load_catalogue; "
        code += (
            "from tierwise.connectors.checkov.mapping import load_map; load_map(); print(len(load_catalogue().controls), tierwise.__file__)"
        )
        env = {**os.environ, "PYTHONPATH": str(folder / "site")}
        ran = subprocess.run([sys.executable, "-c", code], env=env, cwd=name, capture_output=True, text=True, check=False)
        if ran.returncode or str(folder) not in ran.stdout:
            print(f"the wheel does not run: {ran.stdout}{ran.stderr}")
            return 1
        print(f"wheel ok: {ran.stdout.split()[0]} controls")
    return 0


if __name__ == "__main__":
    sys.exit(main())
