"""Where the controls and profiles that come with tierwise lie: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tierwise.errors import CatalogueError


def shipped_dir(name: str) -> Path:
    """The folder `controls` or `profiles`; CatalogueError if the installation has neither form of it."""
    package = Path(str(files("tierwise")))
    for folder in (package / "_data" / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise CatalogueError([f"{name}:1:1: this installation of tierwise has no {name}; install it again"])


def yaml_files(folder: Path) -> tuple[Path, ...]:
    """The YAML files under a folder, sorted by path; hidden files are passed over."""
    found = (path for pattern in ("*.yaml", "*.yml") for path in folder.rglob(pattern))
    return tuple(sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)))
