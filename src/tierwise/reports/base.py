"""What a report is, and where the formats are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tierwise.model.control import Control
from tierwise.model.finding import ScanResult
from tierwise.reports.locate import SourceIndex


@dataclass(frozen=True, slots=True)
class View:
    """How a report is to be shown."""

    color: bool = False
    width: int = 100
    audience: str = "team"
    """`public` leaves out counts, categories, account ids, owners and live facts."""
    verdicts: frozenset[str] = frozenset()
    """Only these verdicts; empty for the format's default."""
    marking: str = ""
    """The organisation's own marking."""
    sources: SourceIndex | None = None
    """Where the blocks of the configuration stand (`--source-dir`), already read; reports open no file."""
    controls: Mapping[str, Control] = field(default_factory=dict)
    """The controls that judged, by id, for formats that explain them."""


@dataclass(frozen=True, slots=True)
class Report:
    """One output format. A module in this package exports one as `REPORT`."""

    name: str
    render: Callable[[ScanResult, View], str | bytes]
    about: str
    stream: Callable[[ScanResult, View], Iterator[bytes]] | None = None
    """The same output in pieces, for formats that need not be held whole."""


def reports() -> dict[str, Report]:
    """Every format by name."""
    import tierwise.reports as package

    found: dict[str, Report] = {}
    for info in pkgutil.iter_modules(package.__path__):
        report = getattr(importlib.import_module(f"{package.__name__}.{info.name}"), "REPORT", None)
        if isinstance(report, Report):
            found[report.name] = report
    return found
