"""What a report is, and where the formats are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from tierwise.model.control import Control
from tierwise.model.finding import ScanResult
from tierwise.model.profile import Requirement

if TYPE_CHECKING:
    from tierwise.model.history import DayPoint
    from tierwise.reports.locate import SourceIndex

P = TypeVar("P")
T = TypeVar("T")


class Spread(Protocol):
    """Who makes what is made alike of very many, in their order: this process, or two."""

    def __call__(self, places: Sequence[P], make: Callable[[Sequence[P]], Iterable[T]], /) -> Iterable[T]:
        """What `make` gives of all places."""
        ...


def here(places: Sequence[P], make: Callable[[Sequence[P]], Iterable[T]]) -> Iterable[T]:
    """All of it made by this process."""
    return make(places)


@dataclass(frozen=True, slots=True)
class View:
    """How a report is to be shown."""

    color: bool = False
    width: int = 100
    audience: str = "team"
    """`public`, `team` or `restricted`; `docs/reports.md` has what each may see."""
    verdicts: frozenset[str] = frozenset()
    """Only these verdicts; empty for the format's default."""
    marking: str = ""
    """The organisation's own marking."""
    sources: SourceIndex | None = None
    """Where the blocks of the configuration stand (`--source-dir`), already read; reports open no file."""
    controls: Mapping[str, Control] = field(default_factory=dict)
    """The controls that judged, by id, for formats that explain them."""
    earlier: tuple[DayPoint, ...] = ()
    """What the store keeps of earlier days of the same scan, the earliest first."""
    spread: Spread = here
    measures: tuple[Requirement, ...] = ()
    """The NCSC's measures for bulk personal data with the controls that give evidence of each, for formats that show them as lights."""


@dataclass(frozen=True, slots=True)
class Report:
    """One output format. A module in this package exports one as `REPORT`."""

    name: str
    render: Callable[[ScanResult, View], str | bytes]
    about: str
    stream: Callable[[ScanResult, View], Iterator[bytes]] | None = None
    """The same output in pieces, for formats that need not be held whole."""
    pages: Callable[[ScanResult, View, str], Iterator[tuple[str, str]]] | None = None
    """The same output as files, for formats that grow beyond one: their names, relative to the folder of the first, whose name is given, and their texts."""


def reports() -> dict[str, Report]:
    """Every format by name."""
    import tierwise.reports as package

    found = (_in_module(info.name) for info in pkgutil.iter_modules(package.__path__))
    return {report.name: report for report in found if report is not None}


def report_named(name: str) -> Report:
    """One format, without importing the others; its module is called by the format, with `_report` where Python's own modules take the name."""
    import tierwise.reports as package

    modules = {info.name for info in pkgutil.iter_modules(package.__path__)}
    found = next((report for one in (f"{name}_report", name) if one in modules and (report := _in_module(one)) is not None), None)
    if found is None:
        raise KeyError(name)
    return found


def _in_module(name: str) -> Report | None:
    report = getattr(importlib.import_module(f"tierwise.reports.{name}"), "REPORT", None)
    return report if isinstance(report, Report) else None
