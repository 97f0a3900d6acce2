"""What the declarations of every cloud share: stages, drafts of resources, and how facts follow from documents. No SDK, no provider."""

from __future__ import annotations

import importlib
import pkgutil
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import ModuleType
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from tierwise.model.fact import NOT_COLLECTED, AnyFact, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Inherited, Link, Resource
from tierwise.pack import packed, unpacked

Doc: TypeAlias = Mapping[str, Any]
"""A response as the SDK parses it; it never leaves the collector that asked for it."""


class Stage(IntEnum):
    """When a read is made."""

    SURVEY = 1
    """Ungated: listings, tags, links, sizes, names, schemas."""
    DETAIL = 2
    """Only for resources at whose highest possible tier a selected control needs one of its facts."""


class Declared(Protocol):
    """What every cloud's declaration of a read says."""

    @property
    def operation(self) -> str:
        """The name under which a draft keeps the answer."""
        ...

    @property
    def via(self) -> Provenance:
        """The provenance of what it answers: the call and the action that it needs."""
        ...

    @property
    def stage(self) -> Stage:
        """When it is made."""
        ...

    @property
    def facts(self) -> frozenset[str]:
        """Facts that cannot be known without it."""
        ...

    @property
    def yields(self) -> frozenset[str]:
        """Its facts, and the links that wait for it (`link_name`)."""
        ...


R = TypeVar("R", bound=Declared)
T = TypeVar("T")


@dataclass(slots=True)
class Draft:
    """A resource in the making, with the raw documents that its facts are made from."""

    resource: Resource
    docs: dict[str, Maybe[Doc | None]] = field(default_factory=dict)
    """By operation name: the answer, None for `not configured`, or why it is unknown."""

    def doc(self, read: Declared) -> Maybe[Doc | None]:
        """What a read answered; unknown (not collected) where it was not made."""
        return self.docs.get(read.operation, Unknown(NOT_COLLECTED.reason, read.via))


def always(_draft: Draft) -> bool:
    """A read that nothing makes needless."""
    return True


class Shapes(Protocol):
    """The pure half of a collector: what documents say."""

    @property
    def facts(self) -> Callable[[Draft], Mapping[str, AnyFact]]:
        """All facts that the documents so far allow."""
        ...

    @property
    def links(self) -> Callable[[Draft], tuple[Link, ...]]:
        """The links that they give."""
        ...

    @property
    def grants(self) -> Callable[[Draft], tuple[Grant, ...]]:
        """The grants that they hold, as evidence."""
        ...


def finished(shapes: Shapes, draft: Draft, unit: str, inherited: tuple[Inherited, ...] = ()) -> Resource:
    """The resource with what its documents so far say; `unit` is the organisational unit of its account."""
    resource = draft.resource
    return replace(
        resource,
        facts={**resource.facts, **shapes.facts(draft)},
        links=shapes.links(draft),
        grants=shapes.grants(draft),
        evidence=replace(resource.evidence, inherited=inherited) if inherited else resource.evidence,
        unit=unit,
    )


def due_in_survey(reads: Iterable[R]) -> tuple[R, ...]:
    """The reads that are made for every resource."""
    return tuple(read for read in reads if read.stage is Stage.SURVEY)


def due_in_detail(reads: Iterable[R], wanted: frozenset[str]) -> Iterator[R]:
    """The stage-2 reads that yield one of the wanted facts or links."""
    return (read for read in reads if read.stage is Stage.DETAIL and read.yields & wanted)


def needed(read: Declared, facts: frozenset[str] | None) -> bool:
    """Whether a scan for these facts makes a read (None: for all facts); stage-1 reads are always made."""
    return facts is None or read.stage is Stage.SURVEY or bool(read.facts & facts)


def field_of(doc: Maybe[Doc | None], *path: str, absent: object = None) -> Maybe[Any]:
    """The value at a path of a document: `absent` where a key is missing or nothing is configured, unknown where the read failed or something else than an object is on the path."""
    if isinstance(doc, Unknown):
        return doc
    at: Any = doc.value
    for key in path:
        if at is not None and not isinstance(at, Mapping):
            return Unknown(UnknownReason.UNPARSABLE, doc.via, f"the answer has no object that has {key}")
        if at is None or key not in at:
            return Known(absent, doc.via)
        at = at[key]
    return Known(at, doc.via)


def exported(package: ModuleType, kind: type[T]) -> tuple[T, ...]:
    """Every `COLLECTOR` (or member of `COLLECTORS`) of a package's modules, in module order."""
    found: list[T] = []
    for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        loaded = importlib.import_module(f"{package.__name__}.{module}")
        one = getattr(loaded, "COLLECTOR", None)
        if isinstance(one, kind):
            found.append(one)
        found.extend(getattr(loaded, "COLLECTORS", ()))
    return tuple(found)


SHARED: Final[ContextVar[str]] = ContextVar("SHARED", default="")
"""The name of the shared document that is being read here, if one is: what came of its calls counts once, whoever has read it."""


class _Warm:
    """Which shared documents are held as objects: those that were asked for last. The others are packed, which takes a tenth of the room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._held: OrderedDict[int, _Shared] = OrderedDict()
        self._lock = threading.Lock()

    def doc(self, shared: _Shared) -> Maybe[Doc | None]:
        """The document; what was asked for longest ago is packed in its place."""
        found = shared.doc
        if found is None:
            (found,) = unpacked(zlib.decompress(shared.packed))
        if shared.packed:
            with self._lock:
                if self._held.pop(id(shared), None) is None:
                    self._size += len(shared.packed)
                shared.doc, self._held[id(shared)] = found, shared
                while self._size > self._most and len(self._held) > 1:
                    cold = self._held.popitem(last=False)[1]
                    self._size, cold.doc = self._size - len(cold.packed), None
        return found


@dataclass(slots=True)
class _Shared:
    """A document that several resources share: as an object, packed, or both."""

    doc: Maybe[Doc | None] | None
    packed: bytes = b""
    """Empty for what is small."""


_SMALL: Final = 1 << 8
"""Bytes, packed, from which on it is worth it."""
_WARM: Final = _Warm(1 << 18)


def _shared(doc: Maybe[Doc | None]) -> _Shared:
    if isinstance(doc, Unknown) or doc.value is None:
        return _Shared(doc)
    made = zlib.compress(packed((doc,)), 1)
    return _Shared(doc, made if len(made) > _SMALL else b"")


@dataclass(slots=True)
class Once:
    """Documents that are read once and waited for by whoever else needs them."""

    place: str = ""
    """What they are of; with a document's name it is the document's own."""
    tried_again: frozenset[UnknownReason] = frozenset()
    """Why a document may not be known, and the next who asks for it has it read again."""
    _docs: dict[str, _Shared] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, name: str, make: Callable[[], Maybe[Doc | None]]) -> Maybe[Doc | None]:
        """The document of that name, made by the first who asks."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._docs:
                token = SHARED.set(f"{self.place}:{name}")
                try:
                    made = make()
                finally:
                    SHARED.reset(token)
                if isinstance(made, Unknown) and made.reason in self.tried_again:
                    return made
                self._docs[name] = _shared(made)
            return _WARM.doc(self._docs[name])
