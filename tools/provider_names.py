"""Writes the names of attributes and blocks that the Terraform providers publish, for the types of `kept_types` and of `terraform_types.yaml`.

The source is the npm package `@cdktf/provider-*`: code generated from a provider's own schema, one class for a type. Only names are taken.
Run it when a converter reads a new type: `python tools/provider_names.py [FOLDER]`; packages are fetched into the folder with `npm pack`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from tierwise.connectors.terraform.assemble import IDENTITY
from tierwise.connectors.terraform.converter import kept_types
from tierwise.connectors.terraform.providers import CLOUDS

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "tests" / "connectors" / "terraform" / "provider_names"

Tree: TypeAlias = dict[str, "Tree"]
"""Names by name; what has none inside is an attribute, or a map."""


@dataclass(frozen=True, slots=True)
class Package:
    """One release of a generated package."""

    major: int
    """Of the provider."""
    release: str
    """Of the package."""
    provider: str = ""
    """The provider's version, where the package says it only in words: the newest of a major when it was made."""
    beta: bool = False
    """Whether it is the beta provider's, of which only the types are taken that the other does not have."""


PACKAGES: Final[Mapping[str, tuple[Package, ...]]] = {
    "aws": (
        Package(2, "0.0.111", "~> 2.0"),
        Package(3, "5.0.52", "~> 3.0"),
        Package(4, "14.0.4"),
        Package(5, "19.65.1"),
        Package(6, "21.22.1"),
    ),
    "azuread": (Package(2, "12.6.1"), Package(3, "14.3.1")),
    "azurerm": (Package(2, "0.7.24"), Package(3, "12.27.0"), Package(4, "14.23.1")),
    "google": (
        Package(3, "0.4.44", "~> 3.0"),
        Package(4, "9.0.5"),
        Package(5, "13.32.1"),
        Package(6, "16.12.1"),
        Package(6, "16.12.1", beta=True),
    ),
}

_FUNCTION: Final = re.compile(r"^function (\w+)ToTerraform\(struct\) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_CLASS: Final = re.compile(r"^class (\w+) extends cdktf\.(\w+) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_ARGUMENT: Final = re.compile(r"^ +['\"]?(\w+)['\"]?: .*?(?:(?<![.\w])(\w+)ToTerraform\b.*)?$", re.MULTILINE)
_ATTRIBUTE: Final = re.compile(r"this\.(?:get\w*Attribute|interpolationForAttribute)\(['\"](\w+)['\"]")
_INSIDE: Final = re.compile(r"new (?:cdktf\.)?(\w+?)(?:OutputReference|List|Map)?\(this, ['\"](\w+)['\"]")
_TYPE: Final = re.compile(r"terraformResourceType: ['\"](\w+)['\"]")
_KIND: Final = {"TerraformResource": "", "TerraformDataSource": "data."}
_DEEPEST: Final = 12
"""Some blocks hold blocks of their own sort."""


def main(arguments: list[str]) -> int:
    """Fetch, read and write."""
    FOLDER.mkdir(exist_ok=True)
    wanted = kept_types(CLOUDS) | {IDENTITY}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments[0] if arguments else temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for provider, packages in PACKAGES.items():
            of_provider = {one for one in wanted if one.removeprefix("data.").startswith(f"{provider}_")}
            (FOLDER / f"{provider}.json").write_text(provider_text(folder, provider, packages, of_provider), encoding="utf-8")
    return 0


def provider_text(folder: Path, provider: str, packages: Iterable[Package], wanted: Iterable[str]) -> str:
    """The file of one provider: for each type, the names that all its versions have and those that only some have."""
    names: dict[str, dict[int, frozenset[str]]] = defaultdict(dict)
    made: dict[str, str] = {}
    for package in packages:
        name = f"{provider}-beta" if package.beta else provider
        file = fetched(folder, f"@cdktf/provider-{name}", package.release)
        made[f"{package.major} beta" if package.beta else str(package.major)] = (
            f"hashicorp/{name} {package.provider or version_of(file)}, by npm @cdktf/provider-{name} {package.release}"
        )
        for kind, paths in read(file):
            if not package.beta or kind not in names:
                names[kind][package.major] = paths
    lines = [f"  {json.dumps(kind)}: {json.dumps(by_versions(names[kind]))}" for kind in sorted(wanted) if kind in names]
    return f'{{"made from": {json.dumps(made, indent=1)},\n "types": {{\n' + ",\n".join(lines) + "\n}}\n"


def by_versions(names: Mapping[int, frozenset[str]]) -> dict[str, str]:
    """Names by the majors that have them: `"2 3": "acl versioning(enabled mfa_delete)"`."""
    found: dict[str, Tree] = defaultdict(dict)
    for path in sorted(frozenset().union(*names.values())):
        here = found[" ".join(str(major) for major in sorted(names) if path in names[major])]
        for name in path.split("."):
            here = here.setdefault(name, {})
    return {majors: _shown(tree) for majors, tree in sorted(found.items())}


def _shown(tree: Tree) -> str:
    return " ".join(f"{name}({_shown(inside)})" if inside else name for name, inside in tree.items())


def fetched(folder: Path, package: str, release: str) -> Path:
    """The archive of a package's release, fetched where it is not in the folder yet."""
    file = folder / f"{package.removeprefix('@').replace('/', '-')}-{release}.tgz"
    if not file.exists():
        subprocess.run(["npm", "pack", "--silent", f"{package}@{release}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return file


def version_of(file: Path) -> str:
    """The provider's version that a package names in its description."""
    with tarfile.open(file) as archive:
        member = archive.extractfile("package/package.json")
        if member is None:
            raise ValueError(f"{file} has no package.json")
        return str(json.load(member)["cdktf"]["provider"]["version"])


def read(file: Path) -> Iterator[tuple[str, frozenset[str]]]:
    """Each type of a package (`data.T` for a data source) with its paths, blocks included: `rule.status`."""
    with tarfile.open(file) as archive:
        for member in archive:
            if not (member.name.startswith("package/lib/") and member.name.endswith(".js")):
                continue
            code = archive.extractfile(member)
            if code is not None:
                yield from read_module(code.read().decode())


def read_module(code: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The types of one module of generated code; its source maps, which are longer than the code, are left out."""
    code = "\n".join(line for line in code.splitlines() if not line.startswith("//#"))
    structs = {_stem(name): body for name, body in _FUNCTION.findall(code)}
    classes = {_stem(name.removesuffix("OutputReference")): body for name, _base, body in _CLASS.findall(code) if not _is_list(name, code)}
    for name, base, body in _CLASS.findall(code):
        kind = _TYPE.search(body)
        if base in _KIND and kind is not None:
            tree = _members(name, structs, classes, 0)
            yield _KIND[base] + kind.group(1), frozenset(_paths(tree, ""))


def _is_list(name: str, code: str) -> bool:
    """Whether a class is but the list of another one."""
    return name.endswith(("List", "Map")) and f"class {name.removesuffix('List').removesuffix('Map')}OutputReference " in code


def _stem(name: str) -> str:
    return name[:1].lower() + name[1:]


def _members(name: str, structs: Mapping[str, str], classes: Mapping[str, str], depth: int) -> Tree:
    """What a struct takes and what its class gives."""
    found: Tree = {}
    if depth > _DEEPEST:
        return found
    body, struct = classes.get(_stem(name), ""), structs.get(_stem(name), "")
    _, _, synthesis = body.partition("synthesizeAttributes() {")
    written = struct or synthesis.partition("synthesizeHclAttributes() {")[0]
    for argument, inner in _ARGUMENT.findall(written.partition("return {\n")[2] if synthesis else written.rpartition("return {\n")[2]):
        _add(found, argument, _members(inner, structs, classes, depth + 1) if inner else {})
    for attribute in _ATTRIBUTE.findall(body):
        _add(found, attribute, {})
    for inner, attribute in _INSIDE.findall(body):
        _add(found, attribute, _members(inner, structs, classes, depth + 1))
    found.pop("timeouts", None)
    return found


def _add(tree: Tree, name: str, inside: Tree) -> None:
    here = tree.setdefault(name, {})
    for key, below in inside.items():
        _add(here, key, below)


def _paths(tree: Tree, before: str) -> Iterator[str]:
    for name, inside in tree.items():
        yield before + name
        yield from _paths(inside, f"{before}{name}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
