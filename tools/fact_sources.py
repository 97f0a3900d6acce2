"""Which connectors can tell which fact: the facts that a connector's code names, in its package or in what that package imports.

Names of facts are written out wherever one is made (a test of the connectors holds that against what they make), so that nothing has to be
connected to, or kept in step by hand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tierwise.model.vocabulary import SPECS

SOURCES: Final = Path(__file__).resolve().parents[1] / "src"
PACKAGES: Final[Mapping[str, str]] = {
    "AWS": "tierwise.connectors.aws",
    "Azure": "tierwise.connectors.azure",
    "GCP": "tierwise.connectors.gcp",
    "Terraform": "tierwise.connectors.terraform",
}
_WITHIN: Final = ("tierwise.connectors.", "tierwise.access.")
"""What a connector imports to make facts; the rest makes none, or makes them of other facts."""
_NAMES: Final = frozenset(spec.name for spec in SPECS)


@cache
def told_by() -> Mapping[str, tuple[str, ...]]:
    """The connectors that can tell each fact; none for what only tags, the register or other facts say."""
    named = {title: _named(package) for title, package in PACKAGES.items()}
    return {spec.name: tuple(title for title, facts in named.items() if spec.name in facts) for spec in SPECS}


def _named(package: str) -> frozenset[str]:
    todo, seen, facts = list(_modules_in(package)), set[str](), set[str]()
    while todo:
        module = todo.pop()
        if module in seen:
            continue
        seen.add(module)
        tree = _parsed(module)
        facts.update(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
        todo.extend(one for one in _imported(tree) if one.startswith(_WITHIN) and _file(one).exists())
    return frozenset(facts) & _NAMES


def _modules_in(package: str) -> Iterator[str]:
    for file in sorted(SOURCES.joinpath(*package.split(".")).rglob("*.py")):
        yield ".".join(file.relative_to(SOURCES).with_suffix("").parts)


def _file(module: str) -> Path:
    return SOURCES.joinpath(*module.split(".")).with_suffix(".py")


@cache
def _parsed(module: str) -> ast.Module:
    return ast.parse(_file(module).read_bytes())


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)
