"""The tables of a store. What changes from run to run is kept as spans: a row holds from the run `since` until the run `until`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    and_,
    case,
    func,
    insert,
    select,
    text,
    true,
)

from tierwise.model.history import row_of

META: Final = MetaData()
STORE = Table("store", META, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))
"""`schema`: the number of the last migration; `pruned`: the day of the last pruning."""

SERIES = Table(
    "series",
    META,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)
"""Runs of the same sources, by the same profile: what is compared with one another."""

RUNS = Table(
    "runs",
    META,
    Column("id", Text, primary_key=True),
    Column("series", ForeignKey("series.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("started", Text, nullable=False),
    Column("finished", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("sources", Text, nullable=False),
    Column("controls", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("coverage", Float, nullable=False),
    Column("resources", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("gaps", Integer, nullable=False),
    Column("open", Text, nullable=False),
    Column("pruned", Boolean, nullable=False),
    UniqueConstraint("series", "number"),
)

CONTROLS = Table("controls", META, Column("digest", Text, primary_key=True), Column("id", Text, primary_key=True), Column("text", Text))
"""What each control asked, in words, by the digest of what it asks."""


def _resource() -> list[Column[Any]]:
    return [
        Column("kind", Text, nullable=False),
        Column("provider", Text, nullable=False),
        Column("account", Text, nullable=False),
        Column("region", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("tier", Integer, nullable=False),
        Column("assumed", Boolean, nullable=False),
        Column("dataset", Text, nullable=False),
        Column("classification", Text, nullable=False),
        Column("passes", Text, nullable=False),
        Column("not_applicable", Text, nullable=False),
        Column("detail", Text, nullable=False),
    ]


def _facts() -> list[Column[Any]]:
    return [Column("tier", Integer, nullable=False), Column("detail", LargeBinary, nullable=False)]


def _finding() -> list[Column[Any]]:
    return [
        Column("control", Text, nullable=False),
        Column("family", Text, nullable=False),
        Column("resource", Text, nullable=False),
        Column("verdict", Text, nullable=False),
        Column("severity", Integer, nullable=False),
        Column("tier", Integer, nullable=False),
        Column("assumed", Boolean, nullable=False),
        Column("accepted", Text, nullable=False),
        Column("words", Text, nullable=False, server_default=""),
        Column("detail", Text, nullable=False),
    ]


def _spans(name: str, columns: Callable[[], list[Column[Any]]], *more: Index) -> Table:
    table = Table(
        name,
        META,
        Column("series", ForeignKey("series.id"), nullable=False),
        Column("key", Text, nullable=False),
        Column("since", Integer, nullable=False),
        Column("until", Integer),
        Column("state", Text, nullable=False),
        *columns(),
        PrimaryKeyConstraint("series", "key", "since"),
        Index(f"{name}_until", "series", "until"),
        Index(f"{name}_since", "series", "since"),
        *more,
    )
    # At most one span of a key is open: the database itself refuses another.
    still = table.c.until.is_(None)
    Index(f"{name}_open", table.c.series, table.c.key, unique=True, sqlite_where=still, postgresql_where=still)
    return table


RESOURCES = _spans("resources", _resource, Index("resources_dataset", "series", "dataset"))
"""Resources with their classification and the controls that they meet; `state` is a digest of all but `detail`, which holds the trace; either ends a span."""
FACTS = _spans("facts", _facts)
"""What was read and derived of each resource, as compressed JSON."""
FINDINGS = _spans("findings", _finding, Index("findings_resource", "series", "resource"))
"""What failed or was unknown, by fingerprint; `detail` is all of it that is not in `state` and that `words` does not name."""
WORDS = Table("words", META, Column("digest", Text, primary_key=True), Column("text", Text, nullable=False))
"""What very many findings have in their details alike, as JSON; a finding that names none has all of it itself."""

STANDINGS = Table(
    "standings",
    META,
    Column("series", ForeignKey("series.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("first_seen", Text, nullable=False),
    Column("opened", Text, nullable=False),
    Column("last_seen", Text),
    Column("ended", Text),
    Column("ending", Text),
    Column("row", Text),
    Column("verdict", Text),
    Column("days", Integer),
    Column("reopened", Integer, nullable=False),
    PrimaryKeyConstraint("series", "key"),
    Index("standings_ending", "series", "ending"),
)
"""Each fingerprint ever seen: when first, when it came back, when and how it ended (row, verdict and days are those of its end)."""

AGES = Table(
    "ages",
    META,
    Column("series", ForeignKey("series.id"), nullable=False),
    Column("row", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("failing", Integer, nullable=False),
    Column("back", Integer, nullable=False),
    PrimaryKeyConstraint("series", "row", "day"),
)
"""What stands at the last run of a series in numbers, by the day on which it was opened: what fails and nobody has accepted, and what of all came back."""

DAYS = Table(
    "days",
    META,
    Column("series", ForeignKey("series.id"), nullable=False),
    Column("day", Text, nullable=False),
    Column("coverage", Float, nullable=False),
    PrimaryKeyConstraint("series", "day"),
)
DAY_TIERS = Table(
    "day_tiers",
    META,
    Column("series", ForeignKey("series.id"), nullable=False),
    Column("day", Text, nullable=False),
    Column("row", Text, nullable=False),
    Column("resources", Integer, nullable=False),
    PrimaryKeyConstraint("series", "day", "row"),
)
DAY_COUNTS = Table(
    "day_counts",
    META,
    Column("series", ForeignKey("series.id"), nullable=False),
    Column("day", Text, nullable=False),
    Column("row", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("not_applicable", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("attested", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("series", "day", "row", "family"),
)
"""The last run of each day in numbers: trends read these and nothing else."""

GAPS = Table(
    "gaps",
    META,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("expected", Boolean, nullable=False),
)
COVERAGE = Table(
    "coverage",
    META,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("count", Integer, nullable=False),
)
UNKNOWNS = Table(
    "unknowns",
    META,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("row", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("findings", Integer, nullable=False),
)
"""Why verdicts stayed open, and the action that would settle them."""


SCANS = Table(
    "scans",
    META,
    Column("run", Text, primary_key=True),
    Column("started", Text, nullable=False),
    Column("touched", Text, nullable=False),
    Column("scope", Text, nullable=False),
)
"""Scans that have begun and not ended; `scope` is what they scan and by what, as JSON."""
UNITS = Table(
    "units",
    META,
    Column("run", ForeignKey("scans.run", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("below", Text, nullable=False),
    Column("items", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run", "name"),
)
"""What their units have read; dropped in the transaction that keeps the run."""


EARLIER = Table(
    "earlier",
    META,
    Column("scope", Text, primary_key=True),
    Column("run", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("version", Text, nullable=False),
)
"""Of each scope the last scan that has left something for the next; `scope` is a digest of what is scanned."""
EARLIER_UNITS = Table(
    "earlier_units",
    META,
    Column("scope", ForeignKey("earlier.scope", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("items", LargeBinary, nullable=False),
    PrimaryKeyConstraint("scope", "name"),
)
"""The resources of each of its units as they were read, as compressed JSON."""


NOTICES = Table(
    "notices",
    META,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("receiver", Text, nullable=False),
    Column("sent", Text, nullable=False),
    PrimaryKeyConstraint("run", "receiver"),
)
"""Which receiver of the settings has been told of which run, and when."""


def _staged(name: str, columns: Callable[[], list[Column[Any]]]) -> Table:
    return Table(
        f"staged_{name}",
        MetaData(),
        Column("key", Text, nullable=False),
        Column("state", Text, nullable=False),
        *columns(),
        prefixes=["TEMPORARY"],
    )


STAGED_RESOURCES = _staged("resources", _resource)
STAGED_FACTS = _staged("facts", _facts)
STAGED_FINDINGS = _staged("findings", _finding)
STAGED: Final = ((STAGED_RESOURCES, RESOURCES), (STAGED_FACTS, FACTS), (STAGED_FINDINGS, FINDINGS))
"""A run on its way into the spans: temporary tables of one connection, so that a killed save leaves nothing behind; looked for by their keys once all is there (`by_key`)."""


def by_key(connection: Connection, staged: Table) -> None:
    """Give a staged table the index on its keys, with what tells whether something has changed: the spans take no key twice."""
    connection.execute(text(f"CREATE INDEX {staged.name}_key ON {staged.name} (key, state)"))


def _with_units(connection: Connection) -> None:
    META.create_all(connection, [SCANS, UNITS])


def _with_notices(connection: Connection) -> None:
    META.create_all(connection, [NOTICES])


def _with_attested(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE day_counts ADD COLUMN attested INTEGER NOT NULL DEFAULT 0"))


def _with_earlier(connection: Connection) -> None:
    META.create_all(connection, [EARLIER, EARLIER_UNITS])


def count_ages(connection: Connection, which: ColumnElement[bool]) -> None:
    """Fill `ages`, which is empty, for some series (`which` is asked of findings)."""
    day = func.substr(STANDINGS.c.opened, 1, 10)
    fails = and_(FINDINGS.c.verdict == "fail", FINDINGS.c.accepted == "")
    counts = [func.sum(case((of, 1), else_=0)) for of in (fails, STANDINGS.c.reopened > 0)]
    own = (FINDINGS.c.series, FINDINGS.c.tier, FINDINGS.c.assumed, day)
    held = FINDINGS.join(STANDINGS, and_(STANDINGS.c.series == FINDINGS.c.series, STANDINGS.c.key == FINDINGS.c.key))
    asked = select(*own, *counts).select_from(held).where(which, FINDINGS.c.until.is_(None)).group_by(*own)
    found: dict[tuple[int, str, str], list[int]] = {}
    for series, tier, assumed, opened, failing, back in connection.execute(asked):
        # Those that are only assumed are one row, whatever tier is.
        both = found.setdefault((series, row_of(tier, assumed=assumed), opened), [0, 0])
        both[0] += failing
        both[1] += back
    rows = [dict(zip(AGES.c.keys(), (*key, *both), strict=True)) for key, both in found.items() if any(both)]
    if rows:
        connection.execute(insert(AGES), rows)


def _with_alike(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE findings ADD COLUMN words TEXT NOT NULL DEFAULT ''"))
    META.create_all(connection, [WORDS, AGES])
    count_ages(connection, true())


MIGRATIONS: Final[tuple[Callable[[Connection], None], ...]] = (_with_units, _with_notices, _with_attested, _with_earlier, _with_alike)
"""What brings a store from each schema to the next, the first one from 1 to 2. Never edited, only added to; a new store is made as it stands above."""
