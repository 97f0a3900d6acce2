"""Plan addresses mapped to the blocks of `.tf` files that make them; pure, over texts that were read elsewhere."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tierwise.reports import hcl, tfjson
from tierwise.reports.hcl import Block

_PART: Final = re.compile(r'([^.\[\]"]+)(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])*(?:\.|\Z)')


@dataclass(frozen=True, slots=True)
class Spot:
    """A block in a file; lines count from 1."""

    path: str
    line: int
    end: int
    call: bool = field(default=False, compare=False)
    """Whether it is the call of a module, whose own files are not here."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What one directory of configuration declares: one module."""

    resources: Mapping[tuple[str, str, str], Spot]
    """By `managed` or `data`, type and name."""
    modules: Mapping[str, tuple[str, Spot]]
    """By call name: the source as written, and the call."""


@dataclass(frozen=True, slots=True)
class SourceIndex:
    """The blocks of a configuration by directory; `root` is the directory that was named."""

    root: str
    folders: Mapping[str, Folder] = field(default_factory=dict)
    holders: Mapping[tuple[str, ...], Sequence[str]] = field(default_factory=dict)
    """The directories that declare a resource (mode, type, name) or call a module (its name), so that no address looks through all."""
    again: Callable[[str], str] | None = field(default=None, repr=False)
    """Gives a file's text once more, or an empty one; texts are not kept, for a configuration may be large."""

    def missing(self) -> frozenset[str]:
        """The directories of local modules that are called and are not here."""
        wanted = {_called(folder, source) for folder, held in self.folders.items() for source, _ in held.modules.values()}
        return frozenset(one for one in wanted if one is not None and one not in self.folders)

    def beside(self, other: SourceIndex) -> SourceIndex:
        """The same with the directories of another."""
        holders = {key: [*self.holders.get(key, ()), *other.holders.get(key, ())] for key in {*self.holders, *other.holders}}
        return replace(self, folders={**self.folders, **other.folders}, holders=holders)

    def block(self, spot: Spot) -> str:
        """The lines of a block; empty where its file is not at hand any more."""
        text = self.again(spot.path) if self.again is not None else ""
        return "\n".join(text.split("\n")[spot.line - 1 : spot.end])


def index(files: Iterable[tuple[str, str]], root: str, again: Callable[[str], str] | None = None) -> SourceIndex:
    """The index of (path, text) pairs; paths use `/` and are shown as given. Override files never hide the block that they override."""
    resources: dict[str, dict[tuple[str, str, str], Spot]] = {}
    modules: dict[str, dict[str, tuple[str, Spot]]] = {}
    # Only blocks are kept of a text that has been read: a configuration may be large.
    read = [(path, tuple((tfjson if path.endswith(".json") else hcl).blocks(text))) for path, text in files]
    for path, found in sorted(read, key=lambda one: (_overrides(one[0]), one[0])):
        folder = posixpath.dirname(path)
        own, calls = resources.setdefault(folder, {}), modules.setdefault(folder, {})
        for block in found:
            spot = Spot(path, block.line, block.end, call=block.kind == "module")
            match block:
                case Block(kind="resource", labels=(type_, name)):
                    own.setdefault(("managed", type_, name), spot)
                case Block(kind="data", labels=(type_, name)):
                    own.setdefault(("data", type_, name), spot)
                case Block(kind="module", labels=(name,)):
                    calls.setdefault(name, (block.source, spot))
                case _:
                    pass
    folders = {folder: Folder(resources[folder], modules[folder]) for folder in resources}
    holders: dict[tuple[str, ...], list[str]] = {}
    for folder, held in folders.items():
        for key in (*held.resources, *((name,) for name in held.modules)):
            holders.setdefault(key, []).append(folder)
    return SourceIndex(posixpath.normpath(root) if root not in {"", "."} else "", folders, holders, again)


def _overrides(path: str) -> bool:
    stem = posixpath.basename(path).split(".", 1)[0]
    return stem == "override" or stem.endswith("_override")


def locate(sources: SourceIndex, address: str) -> Spot | None:
    """The block that an address comes from; where a module's source is not local, the call in the configuration; None where neither is found.

    The named directory is taken for the root module first; then any other directory, if exactly one leads to the address.
    """
    parts = address_parts(address)
    if parts is None:
        return None
    first = _follow(sources, sources.root, parts)
    if first is not None:
        return first
    calls, resource = parts
    others = [folder for folder in sources.holders.get(calls[:1] or resource, ()) if folder != sources.root]
    return _follow(sources, others[0], parts) if len(others) == 1 else None


def address_parts(address: str) -> tuple[tuple[str, ...], tuple[str, str, str]] | None:
    """The module calls and the (mode, type, name) of an address, without keys; None where it is no address of a resource."""
    names: list[str] = []
    at = 0
    while at < len(address):
        part = _PART.match(address, at)
        if part is None:
            return None
        names.append(part[1])
        at = part.end()
    calls: list[str] = []
    while len(names) > 2 and names[0] == "module":
        calls.append(names[1])
        names = names[2:]
    mode = "managed"
    if len(names) == 3 and names[0] == "data":
        mode, names = "data", names[1:]
    return (tuple(calls), (mode, names[0], names[1])) if len(names) == 2 else None


def _called(folder: str, source: str) -> str | None:
    """The directory of a module that is called from a directory; None where it is not local."""
    if not source.startswith(("./", "../")):
        return None
    joined = posixpath.normpath(posixpath.join(folder, source))
    return "" if joined == "." else joined


def _follow(sources: SourceIndex, folder: str, parts: tuple[tuple[str, ...], tuple[str, str, str]]) -> Spot | None:
    calls, resource = parts
    nearest: Spot | None = None
    for name in calls:
        here = sources.folders.get(folder)
        if here is None or name not in here.modules:
            return nearest
        source, nearest = here.modules[name]
        called = _called(folder, source)
        if called is None:
            return nearest
        folder = called
    here = sources.folders.get(folder)
    return here.resources.get(resource, nearest) if here is not None else nearest
