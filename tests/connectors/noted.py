"""Documents that note what is asked of them, so that a test knows which fields of a cloud's answers are read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tierwise.connectors.declared import Doc, field_of
from tierwise.model.fact import Known, Maybe, Unknown


class Noted(dict[str, Any]):
    """A document that adds the dotted path of whatever is asked of it to a set; lists are stepped into.

    Names of its `envelope` are not noted, and what stands under one is told as if it stood alone.
    """

    def __init__(self, body: Mapping[str, Any], seen: set[str], envelope: Collection[str] = (), path: tuple[str, ...] = ()) -> None:
        inner = ((name, one, path if not path and name in envelope else (*path, name)) for name, one in body.items())
        super().__init__({name: _noted(one, seen, envelope, below) for name, one, below in inner})
        self._seen, self._envelope, self._path = seen, envelope, path

    def note(self, *names: object) -> None:
        """Add a path from here."""
        if self._path or names[0] not in self._envelope:
            self._seen.add(".".join((*self._path, *(str(name) for name in names))))

    def get(self, name: str, default: Any = None) -> Any:
        self.note(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.note(name)
        return super().__contains__(name)


def _noted(value: Any, seen: set[str], envelope: Collection[str], path: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return Noted(value, seen, envelope, path)
    return [_noted(one, seen, envelope, path) for one in value] if isinstance(value, list) else value


def noting_field_of(doc: Maybe[Doc | None], *path: str, absent: object = None) -> Maybe[Any]:
    """`field_of`, which also notes what it would have asked had the document more; put it in the place of `fields.field_of`."""
    if not isinstance(doc, Unknown) and isinstance(doc.value, Noted) and path:
        for end in range(1, len(path) + 1):
            doc.value.note(*path[:end])
    return field_of(doc, *path, absent=absent)


def paths_in(value: Any, envelope: Collection[str] = (), path: tuple[str, ...] = ()) -> Iterator[str]:
    """The dotted paths of all that a document has."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            inner = path if not path and name in envelope else (*path, name)
            if inner:
                yield ".".join(inner)
            yield from paths_in(one, envelope, inner)
    elif isinstance(value, list):
        for one in value:
            yield from paths_in(one, envelope, path)


def noted(doc: Maybe[Doc], seen: set[str], envelope: Collection[str] = ()) -> Maybe[Doc]:
    """A document as one that notes."""
    return Known(Noted(doc.value, seen, envelope), doc.via) if isinstance(doc, Known) else doc
