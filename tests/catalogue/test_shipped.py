from __future__ import annotations

from pathlib import Path

import pytest

from tierwise.catalogue import shipped
from tierwise.errors import CatalogueError


def package(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = root / "src" / "tierwise"
    folder.mkdir(parents=True)
    monkeypatch.setattr(shipped, "files", lambda name: folder)
    return folder


def test_a_wheel_carries_the_files_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    inside = package(tmp_path, monkeypatch) / "_data" / "controls"
    inside.mkdir(parents=True)
    (tmp_path / "controls").mkdir()
    assert shipped.shipped_dir("controls") == inside


def test_a_checkout_has_them_at_its_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package(tmp_path, monkeypatch)
    (tmp_path / "profiles").mkdir()
    assert shipped.shipped_dir("profiles") == tmp_path / "profiles"


def test_an_installation_without_them_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package(tmp_path, monkeypatch)
    with pytest.raises(CatalogueError, match="has no controls; install it again"):
        shipped.shipped_dir("controls")


def test_files_are_listed_sorted_and_hidden_ones_passed_over(tmp_path: Path):
    for name in ("b/B.yaml", "a/A.yml", ".git/C.yaml", "a/.D.yaml", "a/readme.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [path.relative_to(tmp_path).as_posix() for path in shipped.yaml_files(tmp_path)] == ["a/A.yml", "b/B.yaml"]
