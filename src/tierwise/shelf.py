"""Holds very many things in little memory: the first few as they are, of more all in a file without a name; knows nothing of what they are."""

from __future__ import annotations

import os
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any, Final, Self, TypeAlias, TypeVar, overload

from tierwise.beside import in_two
from tierwise.errors import UsageError
from tierwise.pack import packed, unpacked

P = TypeVar("P")
T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")
H = TypeVar("H", bound=Hashable)

MOST = 10_000
"""How many things are held as they are, unless `holding` says otherwise."""
BATCH: Final = 32
"""How many are written and read together: what they share is written once."""
_CLOSE: Final = 8
"""The same of what is looked at in its order more often than by name."""
_FEW: Final = 1 << 12
"""How many are held of those that many are equal to."""
_NEAR: Final = 1_024
"""How many of what is made anew each time are kept, for those that are looked at again and again."""


@contextmanager
def holding(most: int) -> Iterator[None]:
    """Hold so many things as they are while the context lasts, where what is read bounds the memory that they take."""
    global MOST  # noqa: PLW0603 - one number for the whole process, as its memory is one
    before = MOST
    MOST = most
    try:
        yield
    finally:
        MOST = before


Pack: TypeAlias = tuple[int, bytes]
"""Things as a shelf writes them together: how many they are, and all of them."""


def packs(things: Iterable[Any], batch: int = BATCH) -> Iterator[Pack]:
    """Things in packs, as another process hands them to a shelf."""
    left = iter(things)
    while some := list(islice(left, batch)):
        yield len(some), packed(some)


class Shelf(Sequence[T]):
    """Things in the order in which they are put there. Where there are many, each is a copy of what was put there, made anew when it is looked at."""

    __slots__ = ("_batch", "_file", "_firsts", "_held", "_most", "_read", "_starts", "_written")

    def __init__(self, things: Iterable[T] = (), *, most: int | None = None, batch: int = BATCH) -> None:
        self._most = MOST if most is None else most
        self._batch = batch
        self._held: list[T] = []
        """All of them, or those that are not written yet."""
        self._file: Any = None
        self._starts = array("Q", [0])
        """Where each pack begins in the file, and where the last ends."""
        self._firsts = array("Q")
        """The place of the first of each pack."""
        self._written = 0
        self._read: tuple[int, list[T]] = (-1, [])
        """The pack that was looked at last."""
        for one in things:
            self.add(one)

    @property
    def many(self) -> bool:
        """Whether they are in a file."""
        return self._file is not None

    def add(self, one: T) -> None:
        """Put one behind the others."""
        self._held.append(one)
        if len(self._held) >= (self._most + 1 if self._file is None else self._batch):
            whole = len(self._held) // self._batch * self._batch
            self._write(packs(self._held[:whole], self._batch))
            del self._held[:whole]

    def take(self, made: Iterable[Pack]) -> None:
        """Put all of some packs behind the others."""
        self._write(chain(packs(self._held, self._batch), made))
        self._held.clear()

    def filled(self, made: Iterable[Pack]) -> Self:
        """The same shelf with all of some packs."""
        self.take(made)
        return self

    def put(self, place: int, one: T) -> int:
        """Put one in the place of another; its place, which is another where they are in a file."""
        if place >= self._written:
            self._held[place - self._written] = one
            return place
        self.add(one)
        return len(self) - 1

    def _write(self, made: Iterable[Pack]) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with the shelf
            for number, text in made:
                self._file.write(text)
                self._starts.append(self._starts[-1] + len(text))
                self._firsts.append(self._written)
                self._written += number
            self._file.flush()
        except OSError as error:
            raise UsageError(
                f"{tempfile.gettempdir()}: what is judged has no room there ({error.strerror or type(error).__name__})"
                "; name a folder that has: TMPDIR=FOLDER"
            ) from None

    def _at(self, pack: int) -> list[T]:
        if self._read[0] != pack:
            start, end = self._starts[pack], self._starts[pack + 1]
            # By its place, since a copy of this process has the same file open.
            self._read = pack, unpacked(os.pread(self._file.fileno(), end - start, start))
        return self._read[1]

    def __len__(self) -> int:
        return self._written + len(self._held)

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...

    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return Picked(self, range(*at.indices(len(self))))
        place = at + len(self) if at < 0 else at
        if place >= self._written:
            return self._held[place - self._written]
        if place < 0:
            raise IndexError(at)
        pack = bisect_right(self._firsts, place) - 1
        return self._at(pack)[place - self._firsts[pack]]

    def __iter__(self) -> Iterator[T]:
        return self.between(0, len(self))

    def between(self, first: int, last: int) -> Iterator[T]:
        """Those from one place up to another, pack by pack."""
        while first < min(last, self._written):
            pack = bisect_right(self._firsts, first) - 1
            start = self._firsts[pack]
            some = self._at(pack)[first - start : last - start]
            yield from some
            first += len(some)
        if first < last:
            yield from self._held[first - self._written : last - self._written]


def shelved(things: Iterable[T], *, most: int | None = None, batch: int = BATCH) -> Sequence[T]:
    """Things in their order: a few as a tuple, many on a shelf."""
    shelf = Shelf(things, most=most, batch=batch)
    return shelf if shelf.many else tuple(shelf)


class Alike(Sequence[H]):
    """Things that cannot be changed, of which very many are equal: those are held once, and of each place which of them it is."""

    __slots__ = ("_few", "_of", "_others", "_seen")

    def __init__(self, things: Iterable[H] = ()) -> None:
        self._few: list[H] = []
        self._seen: dict[H, int] = {}
        self._of = array("I")
        """By place: one of those, or behind them the place of another."""
        self._others: Shelf[H] = Shelf(most=0)
        for one in things:
            self.add(one)

    def add(self, one: H) -> None:
        """Put one behind the others."""
        self._of.append(self._which(one))

    def take(self, few: Sequence[H], of: Iterable[int]) -> None:
        """Put many behind the others: of each, which of a few it is."""
        self._of.extend(map([self._which(one) for one in few].__getitem__, of))

    def _which(self, one: H) -> int:
        which = self._seen.get(one)
        if which is None and len(self._few) < _FEW:
            which = self._seen[one] = len(self._few)
            self._few.append(one)
        elif which is None:
            which = _FEW + len(self._others)
            self._others.add(one)
        return which

    def __len__(self) -> int:
        return len(self._of)

    @overload
    def __getitem__(self, at: int) -> H: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[H]: ...

    def __getitem__(self, at: int | slice) -> H | Sequence[H]:
        if isinstance(at, slice):
            return Picked(self, range(*at.indices(len(self))))
        which = self._of[at]
        return self._few[which] if which < _FEW else self._others[which - _FEW]

    def __iter__(self) -> Iterator[H]:
        return map(self.__getitem__, range(len(self._of)))


class Picked(Sequence[T]):
    """Some of a sequence, in an order of their own."""

    __slots__ = ("_held", "_places")

    def __init__(self, held: Sequence[T], places: Sequence[int]) -> None:
        self._held = held
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...

    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        return Picked(self._held, self._places[at]) if isinstance(at, slice) else self._held[self._places[at]]

    def __iter__(self) -> Iterator[T]:
        held, places = self._held, self._places
        if isinstance(held, Shelf) and isinstance(places, range) and places.step == 1:
            return held.between(places.start, places.stop)
        return map(held.__getitem__, places)


def picked(held: Sequence[T], places: Iterable[int]) -> Sequence[T]:
    """Some of very many, in an order of their own in which they are looked at again: read once, in the order in which they lie there, and held one by one."""
    order = array("I", places)
    lying = sorted(range(len(order)), key=order.__getitem__)
    some: Shelf[T] = Shelf((held[order[at]] for at in lying), batch=1)
    back = array("I", bytes(4 * len(order)))
    for place, at in enumerate(lying):
        back[at] = place
    return Picked(some, back)


class Each(Sequence[U]):
    """What is made of each of a sequence, made when it is looked at; what was looked at by its place is kept for a while."""

    __slots__ = ("_held", "_make", "_near")

    def __init__(self, held: Sequence[T], make: Callable[[T], U]) -> None:
        self._held: Sequence[Any] = held
        self._make: Callable[[Any], U] = make
        self._near: dict[int, U] = {}

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, at: int) -> U: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[U]: ...

    def __getitem__(self, at: int | slice) -> U | Sequence[U]:
        if isinstance(at, slice):
            return Each(self._held[at], self._make)
        if at not in self._near:
            if len(self._near) >= _NEAR:
                self._near.clear()
            self._near[at] = self._make(self._held[at])
        return self._near[at]

    def __iter__(self) -> Iterator[U]:
        return map(self._make, self._held)


def each(things: Sequence[T], make: Callable[[T], U]) -> Sequence[U]:
    """What is made of each: of a tuple at once, of many whenever one is looked at."""
    return tuple([make(one) for one in things]) if isinstance(things, tuple | list) else Each(things, make)


class Named(Mapping[str, T]):
    """Things by name, in the order of a sequence that holds them."""

    __slots__ = ("held", "names")

    def __init__(self, names: dict[str, int], held: Sequence[T]) -> None:
        self.names = names
        """The place of each in `held`: the first name has the first."""
        self.held = held

    def __getitem__(self, name: str) -> T:
        return self.held[self.names[name]]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def values(self) -> ValuesView[T]:
        """Them, in their order."""
        return _Values(self)

    def items(self) -> ItemsView[str, T]:
        """The same with their names."""
        return _Items(self)


class _Values(ValuesView[T]):
    _mapping: Named[T]

    def __iter__(self) -> Iterator[T]:
        return iter(self._mapping.held)


class _Items(ItemsView[str, T]):
    _mapping: Named[T]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return zip(self._mapping.names, self._mapping.held, strict=True)


class Stock(Named[T]):
    """Things by name that come in one after the other, and may be put in place of one another."""

    __slots__ = ("_order", "_shelf", "_sorted")

    def __init__(self, things: Mapping[str, T] | None = None, *, most: int | None = None) -> None:
        self._sorted = 0
        """How many there were when they were put in the order of their names."""
        # One by one, since they are looked at in another order than that in which they come.
        self._shelf: Shelf[T] = Shelf(most=most, batch=1)
        self._order = array("Q")
        super().__init__({}, Picked(self._shelf, self._order))
        for name, one in (things or {}).items():
            self[name] = one

    @property
    def many(self) -> bool:
        """Whether they are in a file."""
        return self._shelf.many

    def __setitem__(self, name: str, one: T) -> None:
        if name in self.names:
            place = self.names[name]
            self._order[place] = self._shelf.put(self._order[place], one)
        else:
            self.names[name] = len(self.names)
            self._order.append(len(self._shelf))
            self._shelf.add(one)

    def extend(self, names: Sequence[str], made: Iterable[Pack]) -> None:
        """Put many behind the others, in packs of one; their names are new."""
        self._order.extend(range(len(self._shelf), len(self._shelf) + len(names)))
        self.names.update(zip(names, range(len(self.names), len(self.names) + len(names)), strict=True))
        self._shelf.take(made)

    def by_name(self) -> Sequence[T]:
        """Them in the order of their names. Where they are in it already no name is looked at, which would be a copy of it in another process."""
        return self.held if self._sorted == len(self) else Each(sorted(self.names), self.__getitem__)

    def sort(self) -> None:
        """Put them in the order of their names; many are written anew, since they are looked at in that order from now on."""
        self._sorted = len(self)
        names = sorted(self.names)
        self._order = array("Q", [self._order[self.names[name]] for name in names])
        if self.many:
            lying = Picked(self._shelf, self._order)
            self._shelf = Shelf[T](most=0, batch=_CLOSE).filled(in_two(lying, lambda some: packs(some, _CLOSE)))
            self._order = array("Q", range(len(names)))
        self.names = {name: place for place, name in enumerate(names)}
        self.held = Picked(self._shelf, self._order)


def few(things: Mapping[str, T]) -> bool:
    """Whether what is made of them is held as it is."""
    return not isinstance(things, Named) or (isinstance(things, Stock) and not things.many)


def changed(things: Mapping[str, T], make: Callable[[T], U]) -> Mapping[str, U]:
    """What is made of each: of few at once, of many whenever one is looked at."""
    if isinstance(things, Named) and not few(things):
        return Named(things.names, Each(things.held, make))
    return {name: make(one) for name, one in things.items()}


def renamed(things: Mapping[str, T], name: Callable[[str], str], make: Callable[[T], U]) -> Mapping[str, U]:
    """The same under other names, which are as different from each other."""
    if isinstance(things, Named) and not few(things):
        return Named({name(one): place for one, place in things.names.items()}, Each(things.held, make))
    return {name(key): make(one) for key, one in things.items()}


def near(things: Mapping[str, T], make: Callable[[T], U]) -> Mapping[str, U]:
    """What is made of each, made when it is looked at, however few they are."""
    return Named(places_of(things), Each(in_order(things), make))


def kept(things: Mapping[str, T], make: Callable[[range], Iterable[H]]) -> Mapping[str, H]:
    """What is made of each, by their names; `make` makes it of some by their places. Of many it is made by two processes, and of those that are equal one is kept."""
    every = range(len(things))
    if not isinstance(things, Named) or few(things):
        return dict(zip(things, make(every), strict=True))
    alike: Alike[H] = Alike()
    for some, of in in_two(every, lambda places: _told_apart(make(range(places[0], places[-1] + 1)))):
        alike.take(some, of)
    return Named(things.names, alike)


def _told_apart(things: Iterable[H]) -> Iterator[tuple[list[H], array[int]]]:
    """Those of some that are different, and of each which of them it is."""
    different: dict[H, int] = {}
    of = array("I", [different.setdefault(one, len(different)) for one in things])
    yield list(different), of


def kept_in_two(things: Mapping[str, T], make: Callable[[T], V], whole: Callable[[T, V], U]) -> Mapping[str, U]:
    """The same, made by two processes where there are enough; `whole` puts together what is kept of one and what was made of it.

    Of few the other process hands over what it made, of many it packs what is kept.
    """
    held = in_order(things)
    if few(things):
        return dict(zip(things, map(whole, held, in_two(held, lambda some: map(make, some))), strict=True))
    shelf: Shelf[U] = Shelf()
    shelf.take(in_two(held, lambda some: packs(whole(one, make(one)) for one in some)))
    return Named(places_of(things), shelf)


def made_in_two(places: Sequence[P], make: Callable[[Iterable[P]], Iterable[T]]) -> Shelf[T]:
    """What is made of each of a sequence, on a shelf, made by two processes where there are enough."""
    if len(places) <= MOST:
        return Shelf(make(places))
    return Shelf[T]().filled(in_two(places, lambda some: packs(make(some))))


def in_order(things: Mapping[str, T]) -> Sequence[T]:
    """Them, in their order."""
    return things.held if isinstance(things, Named) and not few(things) else tuple(things.values())


def places_of(things: Mapping[str, T]) -> dict[str, int]:
    """The place of each in that order, by its name."""
    return things.names if isinstance(things, Named) else {name: place for place, name in enumerate(things)}


def joined(things: Mapping[str, T], more: Mapping[str, T]) -> Mapping[str, T]:
    """Both, in the order of their names; none is called as another."""
    if isinstance(things, Named) and not few(things):
        names = [*things, *more]
        places = array("Q", sorted(range(len(names)), key=names.__getitem__))
        return Named({names[at]: place for place, at in enumerate(places)}, Picked(_Both(things.held, tuple(more.values())), places))
    return dict(sorted([*things.items(), *more.items()]))


class _Both(Sequence[T]):
    """One sequence after another."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Sequence[T], second: Sequence[T]) -> None:
        self._first = first
        self._second = second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...

    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return Picked(self, range(*at.indices(len(self))))
        return self._first[at] if at < len(self._first) else self._second[at - len(self._first)]
